#!/bin/sh
# vm: mem=560M alone=yes long=yes timeout=600
# Disks with offload_threads are taken away while kswapd writes to them: swapoff,
# at once reset, hot_remove and a new one, and in the end the module.
. /tests/lib.sh
begin offload_threads=2 num_devices=0
echo 0 >/proc/sys/vm/page-cluster

available() { echo $(($(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo) / 1024)); }
mib=$(($(available) * 6 / 5))
swap_on() {
	ok_if "$1: mkswap" mkswap "$dev"
	ok_if "$1: swapon" swapon -p "$2" "$dev"
}

new_disk 1G
stays=$disk
swap_on "the one that stays" 1
run_memfill -s 55 -w $mib 2
ok_in_time "more memory is in use than there is ($mib MiB)" 180 is_filled || exit

queued=0
for n in 1 2 3 4; do
	new_disk
	[ $((n % 2)) = 0 ] || set_to "$sys/comp_algorithm" zstd
	set_to "$sys/disksize" 512M
	swap_on "number $n" 10
	# Whatever the one before has left, and how dense the disks are: too much.
	more=$(($(available) + 100))
	echo "# number $n: $more MiB, $((more - 100)) available"
	run_bg memfill -s 6$n $more
	pages=$(vmstat pswpout)
	swapping() { [ "$(vmstat pswpout)" -gt $((pages + 3000)) ]; }
	ok_in_time "number $n is written to" 60 swapping
	expect_errno EBUSY "$sys/reset" 1
	queued=$((queued + $(offload queued)))
	ok_if "number $n: swapoff" swapoff "$dev"
	is "number $n: no request failed" "$(stat_of failed_reads) $(stat_of failed_writes)" "0 0"
	expect_errno OK "$sys/reset" 1
	is "number $n: is empty" "$(cat "$sys/initstate") $(stat_of mem_used_total)" "0 0"
	if [ $n -le 2 ]; then
		set_to "$sys/disksize" 64M
		rawio_ok "number $n works again" -S 16 -n 500 -s $n
	fi
	wait $bg && pass "number $n: every page is right" ||
		fail "number $n: every page is right" "$(cat "$bg_out")"
	drop_disk
done
holds "kswapd's writes were queued" $queued -gt 1000

memfill_verified "every page is right"
use_disk "$stays"
ok_if "swapoff" swapoff "$dev"
is "no request failed" "$(stat_of failed_reads) $(stat_of failed_writes)" "0 0"
is "all that was queued was done" "$(($(offload completed) + $(offload taken)))" "$(offload queued)"

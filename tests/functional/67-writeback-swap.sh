#!/bin/sh
# vm: mem=320M disk=512M alone=yes long=yes
# Swap written back: at rest, and under memory pressure while pages are swapped
# out and faulted in again; every page verified.
. /tests/lib.sh
begin
. /tests/functional/writeback.sh
kib() { field "$1:" "$2"; }
modprobe virtio_pci
modprobe virtio_blk
virtio() { [ -b /dev/vda ]; }
ok_in_time "there is a virtio disk" 10 virtio || exit
back=/dev/vda

backed_disk 512M
ok_if "mkswap" mkswap "$dev"
ok_if "swapon" swapon "$dev"

# At rest: all swapped out, all written back, all faulted in.
run_memfill -s 71 -p -w 16 2
ok_in_time "memory is swapped out" 60 is_filled || exit
set_to "$sys/idle" all
expect_errno OK "$sys/writeback" type=idle
objects=$(backing_stat objects)
holds "it is on the device" "$objects" -gt 3000
on_device "swap at rest"
is "reading it back is all that gets it" "$(bd reads)" 0
memfill_verified "every page comes back from the device"
holds "they were read there" "$(bd reads)" -gt 1000
few_left() { [ "$(backing_stat objects)" -le 300 ]; }
ok_if "freed swap frees blocks" eventually 10 few_left

# Under pressure: more memory than there is, and writeback all the time.
mib=$(($(kib MemAvailable /proc/meminfo) / 1024 * 5 / 4))
run_memfill -s 72 -l 2 $mib 2
runs=0 before=$(bd writes) reads=$(bd reads)
while kill -0 $memfill 2>/dev/null; do
	set_to "$sys/idle" all
	err=$(sysfs_write "$sys/writeback" idle)
	[ "$err" = OK ] || { fail "a run under pressure" "$err"; break; }
	runs=$((runs + 1))
	sleep 0.2
done
wait $memfill && pass "every page is right ($mib MiB)" || fail "every page is right ($mib MiB)" "$(cat "$memfill_out")"
explain <"$memfill_out"
echo "# $runs runs, $(($(bd writes) - before)) blocks written, $(($(bd reads) - reads)) read"
holds "there were several runs" $runs -ge 3
holds "much was written" $(($(bd writes) - before)) -gt 5000
# How much is read back is a matter of timing; the first half of this case, where
# all is, says how much it must be.
holds "and read" $(($(bd reads) - reads)) -gt 0
is "no errors" "$(errors) $(stat_of failed_reads) $(stat_of failed_writes)" "0 0 0 0 0"

# swapoff reads all of it back.
run_memfill -s 73 -p -w 4 2
ok_in_time "memory is swapped out again" 60 is_filled || exit
expect_errno OK "$sys/writeback" page_indexes=0-$(($(cat "$sys/disksize") / 4096 - 1))
expect_errno EBUSY "$sys/reset" 1
reads=$(bd reads)
ok_if "swapoff" swapoff "$dev"
holds "reads what is on the device" $(($(bd reads) - reads)) -gt 300
memfill_verified "every page is right after swapoff"
nothing_left "at the end"
expect_errno OK "$sys/reset" 1

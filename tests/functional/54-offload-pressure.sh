#!/bin/sh
# vm: mem=320M alone=yes long=yes timeout=900
# More memory in use than there is, kswapd's writes on other threads, every page
# verified: with idle CPUs, with busy ones, when a CPU goes away, and when
# everything is frozen as for a suspend.
. /tests/lib.sh
begin
kswapd=$(dirname "$(grep -lx kswapd0 /proc/[0-9]*/comm)")
kswapd_ns() { cut -d ' ' -f 1 "$kswapd/schedstat"; }
echo 0 >/proc/sys/vm/page-cluster

mib=$(($(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo) / 1024 * 6 / 5))
hogs=
busy() {
	local i
	for i in 1 2 3; do
		while :; do :; done &
		hogs="$hogs $!"
	done
	background="$background $hogs"
}
idle() {
	local p
	for p in $hogs; do kill "$p"; wait "$p"; done 2>/dev/null
	hogs=
}

# pressure MEMFILL-OPTION...: more memory in use than there is.
used_swap() { [ "$(vmstat pswpout)" -gt $((pages + 10000)) ]; }
pressure() {
	local ns freed
	pages=$(vmstat pswpout) ns=$(kswapd_ns) freed=$(vmstat pgsteal_kswapd)
	run_bg memfill -s 54 "$@" $mib 2
	ok_in_time "$what: memory runs over into swap ($mib MiB)" 120 used_swap || exit
	[ -z "${meanwhile:-}" ] || $meanwhile
	wait $bg && pass "$what: every page is right" || fail "$what: every page is right" "$(cat "$bg_out")"
	freed=$(($(vmstat pgsteal_kswapd) - freed))
	# How fast that is depends on the machine below: bench/ compares.
	echo "# $what: kswapd freed $freed pages and took $((($(kswapd_ns) - ns) / (freed + 1))) ns for each"
	explain <"$sys/offload_stat"
}
swap_on() {
	new_disk
	set_to "$sys/offload_threads" 2
	set_to "$sys/comp_algorithm" zstd
	set_to "$sys/disksize" 1G
	ok_if "$what: mkswap" mkswap "$dev"
	ok_if "$what: swapon" swapon "$dev"
}
swap_off() {
	ok_if "$what: swapoff" swapoff "$dev"
	is "$what: no read failed" "$(stat_of failed_reads)" 0
	# With the last of the reserves gone a write can: mm keeps the page then.
	is "$what: no write failed" "$(stat_of failed_writes)" 0
	is "$what: nothing is left in the queue" "$(offload pending)" 0
	is "$what: all that was queued was done" "$(($(offload completed) + $(offload taken)))" "$(offload queued)"
	drop_disk
}

# Tracepoints, for a second of it: each bio that is queued is taken out.
trace() {
	echo 256 >$tracing/buffer_size_kb
	echo 1 >$tracing/events/zram2/zram2_offload/enable
	echo 1 >$tracing/events/zram2/zram2_offload_take/enable
	sleep 1
	echo 0 >$tracing/events/zram2/enable
	grep -q "zram2_offload: $disk queued pages=[1-9]" $tracing/trace &&
		pass "$what: queued is an event" || fail "$what: queued is an event"
	grep -q "zram2_offload_take: $disk by=[a-z]* pages=[1-9][0-9]* waited_ns=[0-9]" $tracing/trace &&
		pass "$what: taken is an event" || fail "$what: taken is an event"
	echo 1 >$tracing/buffer_size_kb
}

what=idle
swap_on
meanwhile=trace
pressure -l 3
meanwhile=
holds "idle: kswapd's writes were queued" "$(offload queued)" -gt 4000
holds "idle: at most 256 pages, or one huge one" "$(offload deepest)" -le 512
holds "idle: a wake-up is for many pages" "$(offload wakeups)" -lt $(($(offload queued) / 2))
swap_off

what=busy
swap_on
busy
pressure
idle
holds "busy: kswapd's writes were queued" "$(offload queued)" -gt 4000
swap_off

what=disturbed
disturb() {
	local n=0
	while [ $n -lt 5 ]; do
		sysfs_write /sys/devices/system/cpu/cpu1/online 0 >/dev/null
		sleep 0.5
		sysfs_write /sys/devices/system/cpu/cpu1/online 1 >/dev/null
		sleep 0.5
		n=$((n + 1))
	done
	is "CPU 1 is back" "$(cat /sys/devices/system/cpu/cpu1/online)" 1
	log_mark
	expect_errno OK /sys/power/pm_test freezer
	expect_errno OK /sys/power/state freeze
	expect_errno OK /sys/power/pm_test none
	ok_if "the system was frozen" dmesg_has 'Freezing user space processes'
}
swap_on
meanwhile=disturb
pressure -l 6
swap_off

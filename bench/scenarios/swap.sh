#!/bin/sh
# bench: cpus=1,2 kernels=uml,6.12
# Swap through mm: out and in page by page, out as a range, unmap; and the CPU
# time of it all, what is freed later included.
. /bench/guest.sh

MIB=$(full 64 256)

one_round() {
	local disk name value before
	disk=/dev/$(disk_of $driver)
	[ $round != 0 ] || {
		make_disk $driver lz4 $((MIB * 5 / 4 << 20))
		mkswap $disk >/dev/null
	}
	swapon $disk || { problem "$driver: swapon"; return; }
	before=$(cpu_time)
	swapbench pages $MIB $LOAD/cputime >/tmp/swapbench || problem "$driver: swapbench"
	sleep 1
	put "lz4 total CPU" ms $((($(cpu_time) - before) / 1000000))
	swapoff $disk
	while read -r name value; do
		case $name in
		unmap_all) put "lz4 unmap" ms "$(calc "$value / 1000000")" ;;
		*_cpu) put "lz4 ${name%_cpu}" ns/page $value ;;
		*) put "lz4 ${name%_*} ${name##*_}" ns $value ;;
		esac
	done </tmp/swapbench
}

begin
echo 0 >/proc/sys/vm/page-cluster
echo N >/sys/module/zswap/parameters/enabled 2>/dev/null
alternate one_round
finish

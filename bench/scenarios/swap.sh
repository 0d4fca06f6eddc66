#!/bin/sh
# bench: cpus=1,2 kernels=uml,6.12
# Swap through mm: out and in page by page, out as a range, unmap; and the CPU
# time of it all, what is freed later included. Then one and four processes that
# unmap at the same time: the CPU time of each.
. /bench/guest.sh

MIB=$(full 64 256)
[ -z "$QUICK" ] || MIB=32

one_round() {
	local disk name value before codec=$1
	disk=/dev/$(disk_of $driver)
	# Anew: what memory it gets is luck, which one for all rounds would fix.
	make_disk $driver $codec $((MIB * 5 / 4 << 20))
	mkswap $disk >/dev/null
	swapon $disk || { problem "$driver: swapon"; return; }
	before=$(cpu_time)
	swapbench pages $MIB $LOAD/cputime >/tmp/swapbench || problem "$driver: swapbench"
	# What is freed later is part of it.
	sleep 1
	put "$codec total CPU" ms $((($(cpu_time) - before) / 1000000))
	churn
	[ $CPUS = 1 ] || side_by_side
	swapoff $disk
	while read -r name value; do
		case $name in
		unmap_all) put "$codec unmap" ms "$(calc "$value / 1000000")" ;;
		*_cpu) put "$codec ${name%_cpu}" ns/page $value ;;
		*) put "$codec ${name%_*} ${name##*_}" ns $value ;;
		esac
	done </tmp/swapbench
}

# What a process pays when four of them unmap at once, against one alone.
side_by_side() {
	local one four
	one=$(swapbench unmap $((MIB / 4)) 1 $LOAD/cputime) && sleep 1 &&
		four=$(swapbench unmap $((MIB / 4)) 4 $LOAD/cputime) || problem "$driver: swapbench unmap"
	one=${one#* } four=${four#* }
	put "$codec unmap-by-1" ns/page $one
	put "$codec unmap-by-4" ns/page $four
	put "$codec unmap-by-4 x1" ratio "$(calc "$four / $one")"
}

gc() { awk -v name="$1" '$1 == name { print $2 }' /sys/block/zramx0/gc_stat; }

# Out and in again: how many of the writes take a handle that was freed before.
churn() {
	local recycled deferred
	[ $driver/$codec/$round = zram2/lz4/1 ] || return 0
	recycled=$(gc recycled) deferred=$(gc deferred)
	swapbench pages $((MIB / 2)) >/dev/null
	note "zram2, out and in three times: $(calc "int(($(gc recycled) - $recycled) * 100 / (3 * $MIB / 2 * 256))") % of the writes" \
		"recycle a handle, $(calc "int(($(gc recycled) - $recycled) * 100 / ($(gc deferred) - $deferred))") % of the handles freed are recycled"
}

begin
echo 0 >/proc/sys/vm/page-cluster
echo N >/sys/module/zswap/parameters/enabled 2>/dev/null
for codec in $(codecs_of_both lz4 wklz); do alternate one_round "$codec"; done
finish

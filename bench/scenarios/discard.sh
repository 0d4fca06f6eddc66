#!/bin/sh
# bench: cpus=1
# Forgetting what was written: large and small discards, write-zeroes is alike.
. /bench/guest.sh

PAGES=$(full 16384 65536)

one_round() {
	local bs name
	[ $round != 0 ] || make_disk $driver lz4 $((PAGES * 4096))
	for bs in 1048576 4096; do
		case $bs in 4096) name=4k ;; *) name=1m ;; esac
		z2load op=write bs=65536 pages=$PAGES pass=$round
		z2load op=discard bs=$bs
		put "lz4 discard-$name" ns/page $cpu
		put "lz4 discard-$name wall" ns/page $ns
		[ "$(awk '{ print $1 }' "$(sys_of $driver)/mm_stat")" = 0 ] || problem "$driver: all is discarded"
	done
}

begin
alternate one_round
finish

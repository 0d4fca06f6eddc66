#!/bin/sh
# vm: mem=560M alone=yes long=yes
# Programs in swap that are killed all at once while another one swaps: their
# memory is there within a second, and nothing of the survivor is lost.
. /tests/lib.sh
begin
kib() { field "$1:" /proc/meminfo; }

for limit in 0 default; do
	new_disk 1G
	[ $limit = default ] || set_to "$sys/gc_limit" $limit
	ok_if "$limit: mkswap" mkswap "$dev"
	ok_if "$limit: swapon" swapon "$dev"
	victims=
	for seed in 1 2 3 4; do
		run_memfill -s $seed -p -w 90
		victims="$victims $memfill"
		ok_in_time "$limit: program $seed is swapped out" 120 is_filled || exit
	done
	run_bg memfill -s 5 -p -l 6 60 2
	survivor=$bg survivor_out=$bg_out
	sleep 3

	used=$(stat_of mem_used_total)
	before=$(kib MemAvailable)
	start=$(now_cs)
	# shellcheck disable=SC2086 # a list
	kill -9 $victims
	# The survivor has a seventh of it. A sixteenth of the machine could be kept
	# by a worker that sleeps: as much again.
	came_back() {
		[ $(($(kib MemAvailable) - before)) -ge $((used / 1024 / 2)) ] &&
			[ "$(stat_of mem_used_total)" -le $((used / 4)) ]
	}
	ok_if "$limit: the memory is back" eventually 20 came_back
	took=$(($(now_cs) - start))
	echo "# $limit: $((used / 1048576)) MiB after $took/100 s"
	eval "took_$limit=$took"
	wait $survivor && pass "$limit: every page of the other is right" ||
		fail "$limit: every page of the other is right" "$(cat "$survivor_out")"
	[ $limit = 0 ] || holds "$limit: frees were lazy" "$(gc deferred)" -gt 10000
	ok_if "$limit: swapoff" swapoff "$dev"
	ok_if "$limit: nothing is left but the header" eventually 10 only_header
	drop_disk
done
# Emulation makes a second of what is some milliseconds: without lazy freeing
# it takes what it takes, and lazy freeing one second more at most.
took=$((took_default - took_0))
took_within "lazily freed memory is back within a second" 100

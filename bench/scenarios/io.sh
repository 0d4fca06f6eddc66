#!/bin/sh
# bench: cpus=1 kernels=uml,6.12
# Plain I/O by one thread: each codec, sequential and random, in the kernel.
. /bench/guest.sh

# The slow ones are as exact with less of it.
pages_for() { case $1 in lz4hc | deflate) full 4096 16384 ;; *) full 16384 65536 ;; esac; }
# How often one reads and writes within a round: the less an operation takes, the
# larger is what a shared machine adds to it by chance.
reads_for() { case $1 in lz4 | wklz | lzo | lzo-rle) full 2 8 ;; *) full 1 4 ;; esac; }
writes_for() { case $1 in lz4 | wklz | lzo | lzo-rle) full 1 2 ;; *) echo 1 ;; esac; }
CODECS=$(full 'lz4 wklz zstd' 'lz4 wklz lzo lzo-rle lz4hc zstd deflate')

# take_turns N METRIC SETTING...: N runs of the load for each driver, one and the
# other in turn. Reads are what the thread takes, writes what all do.
take_turns() {
	local n=$1 metric=$2 turn=0 before; shift 2
	while [ $turn -lt $n ]; do
		turn=$((turn + 1)) seed=$((seed + 1))
		[ $round = 0 ] || round=${round%.*}.$turn
		for driver in $DRIVERS; do
			before=$(cpu_time)
			z2load "$@" seed=$seed pass=$seed
			case $metric in *write*)
				# It is part of the write, and of no read.
				settle
				cpu=$((($(cpu_time) - before) / pages))
			esac
			put "$metric" ns/page $cpu
			put "$metric wall" ns/page $ns
			put "$metric p50" ns $p50
			put "$metric p99" ns $p99
			put "$metric p99.9" ns $p999
		done
		turn_around
	done
}

# Both disks hold the same, and are made anew each time: which pages of the host
# it lies in makes a difference, and should be nobody's luck for long.
one_round() {
	local codec=$1 pages
	pages=$(pages_for $codec)
	for driver in $DRIVERS; do
		make_disk $driver $codec $((pages * 4096))
		z2load op=write bs=65536 pages=$pages pass=0
		settle
	done
	take_turns $(writes_for $codec) "$codec write-64k" op=write bs=65536
	for driver in $DRIVERS; do z2load op=verify bs=65536; done
	take_turns $(reads_for $codec) "$codec read-128k" op=read bs=131072
	take_turns $(reads_for $codec) "$codec randread-4k" op=randread bs=4096
	take_turns $(writes_for $codec) "$codec randwrite-4k" op=randwrite bs=4096
	for driver in $DRIVERS; do reset_disk $driver; done
	# An odd number of turns, so that each gets to be first.
	turn_around
}

begin
seed=0
for codec in $(codecs_of_both $CODECS); do
	for round in $(seq 0 $ROUNDS); do one_round "$codec"; done
done
finish

#!/bin/sh
# bench: cpus=1 kernels=uml,6.12
# Plain I/O by one thread: each codec, sequential and random, in the kernel.
. /bench/guest.sh

# The slow ones are as exact with less of it.
pages_for() { case $1 in lz4hc | deflate) full 4096 16384 ;; *) full 16384 65536 ;; esac; }
CODECS=$(full 'lz4 lzo-rle zstd' 'lz4 lzo lzo-rle lz4hc zstd deflate')

one_round() {
	local codec=$1 pages
	pages=$(pages_for $codec)
	[ $round != 0 ] || { make_disk $driver $codec $((pages * 4096)); z2load op=write bs=65536 pages=$pages pass=0; }

	z2load op=write bs=65536 pages=$pages pass=$((round + 1))
	figures "$codec write-64k"
	z2load op=verify bs=65536
	z2load op=read bs=131072
	figures "$codec read-128k"
	z2load op=randread bs=4096 seed=$((round + 1))
	figures "$codec randread-4k"
	z2load op=randwrite bs=4096 seed=$((round + 100)) pass=$((round + 100))
	figures "$codec randwrite-4k"
}

figures() {
	put "$1" ns/page $cpu
	put "$1 wall" ns/page $ns
	put "$1 p50" ns $p50
	put "$1 p99" ns $p99
	put "$1 p99.9" ns $p999
}

begin
for codec in $(codecs_of_both $CODECS); do
	alternate one_round "$codec"
done
finish

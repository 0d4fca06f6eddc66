#!/bin/sh
# bench: cpus=2
# How I/O scales with threads: 1, 2 and 4 of them on two CPUs. "x1" is the time
# a page takes compared with one thread's, of the same driver and round.
. /bench/guest.sh

PAGES=$(full 16384 65536)
CODECS=$(full lz4 'lz4 lzo-rle zstd')

one_round() {
	local codec=$1 threads op base
	[ $round != 0 ] || { make_disk $driver $codec $((PAGES * 4096)); z2load op=write bs=65536 pages=$PAGES threads=1 pass=0; }

	for op in write-65536 randread-4096 randwrite-4096; do
		for threads in 1 2 4; do
			z2load op=${op%-*} bs=${op#*-} threads=$threads seed=$((round * 8 + threads)) \
				pass=$((round * 8 + threads))
			[ $threads != 1 ] || base=$ns
			put "$codec $(short $op) $threads threads" ns/page $ns
			[ $threads = 1 ] || put "$codec $(short $op) $threads threads x1" ratio \
				"$(calc "$ns / $base")"
		done
	done
}

short() { echo "$1" | sed 's/65536/64k/; s/4096/4k/'; }

begin
for codec in $(codecs_of_both $CODECS); do
	alternate one_round $codec
done
finish

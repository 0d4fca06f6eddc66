#!/bin/sh
# bench: cpus=2
# How I/O scales with threads: 1, 2 and 4 of them on two CPUs. "x1" is the time
# a page takes compared with one thread's, of the same driver and round.
. /bench/guest.sh

pages_for() { case $1 in lz4hc | zstd | deflate) full 4096 16384 ;; *) full 16384 65536 ;; esac; }
CODECS=$(full lz4 'lz4 lzo lzo-rle lz4hc zstd deflate')

one_round() {
	local codec=$1 pages threads op base
	pages=$(pages_for $codec)
	[ $round != 0 ] || { make_disk $driver $codec $((pages * 4096)); z2load op=write bs=65536 pages=$pages threads=1 pass=0; }

	for op in write-65536 read-131072 randread-4096 randwrite-4096; do
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

short() { echo "$1" | sed 's/65536/64k/; s/131072/128k/; s/4096/4k/'; }

begin
for codec in $(codecs_of_both $CODECS); do
	alternate one_round $codec
done
finish

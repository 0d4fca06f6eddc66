#!/bin/sh
# bench: cpus=1 bins=fio
# What a user sees with fio: direct I/O by system calls, one at a time. What it
# writes is its own data, of much the same ratio; what it reads is ours.
. /bench/guest.sh

PAGES=$(full 8192 65536)

# run_fio NAME RW BLOCK
run_fio() {
	local before line n=0
	before=$(cpu_time)
	fio --name=bench --filename="/dev/$(disk_of $driver)" --direct=1 --ioengine=psync --thread --rw=$2 --bs=$3 \
		--size=$((PAGES * 4096)) --randseed=$((round + 1)) --buffer_compress_percentage=52 \
		--buffer_compress_chunk=4k --refill_buffers --output-format=terse --terse-version=3 \
		>/tmp/fio.out 2>/tmp/fio.err || { problem "$driver: fio $1: $(tail -n 1 /tmp/fio.err)"; return; }
	# What is freed later is part of it.
	settle
	put "$codec $1" ns/page $((($(cpu_time) - before) / PAGES))
	line=$(grep '^3;' /tmp/fio.out)
	# Fields of the terse format: time at 9, percentiles from 18 on; those of
	# writes are 41 further.
	case $2 in *write) n=41 ;; esac
	put "$codec $1 wall" ns/page "$(calc "int($(echo "$line" | cut -d ';' -f $((9 + n))) * 1000000 / $PAGES)")"
	echo "$line" | cut -d ';' -f $((18 + n))-$((37 + n)) | tr ';' '\n' |
		sed -n 's/^\(50\|99\)\.0*%=/\1 /p; s/^99\.90*%=/99.9 /p' | while read -r p value; do
		put "$codec $1 p$p" ns $((value * 1000))
	done
}

one_round() {
	local codec=$1
	[ $round != 0 ] || make_disk $driver $codec $((PAGES * 4096))
	z2load op=write bs=65536 pages=$PAGES pass=$round
	settle
	run_fio randread-4k randread 4k
	run_fio read-128k read 128k
	run_fio randwrite-4k randwrite 4k
	run_fio write-64k write 64k
}

begin
for codec in $(codecs_of_both lz4 wklz); do alternate one_round "$codec"; done
finish

#!/bin/sh
# bench: cpus=1
# Memory for the same data, and how time grows with its size. Memory is what
# mm_stat calls mem_used_total once nothing is left to be freed later;
# the slot table, the same for both, is not in it.
. /bench/guest.sh

ROUNDS=$(full 1 5)
CODECS=$(full 'lz4 wklz' 'lz4 wklz zstd')

# mm FIELD: of the current driver's mm_stat
mm() { awk "{ print \$$1 }" "$(sys_of $driver)/mm_stat"; }

one_round() {
	local codec=$1 mib=$2 pages=$(($2 * 256))
	[ $round != 0 ] || [ $mib -le 256 ] || return 0
	make_disk $driver $codec $((mib << 20))
	z2load op=write bs=65536 pages=$pages pass=0
	put "$codec ${mib}M write-64k" ns/page $cpu
	sleep 1
	put "$codec ${mib}M memory" MiB "$(calc "$(mm 3) / 1048576")"
	case $round/$driver/$codec in
	1/zram/wklz) ;;
	1/zram/* | 1/zram2/wklz) note "$codec, $mib MiB: $(awk -v p=$pages '{
		printf "ratio %.2f:1, %.1f %% incompressible, %.1f %% same-filled", $1 / $2, 100 * $8 / p, 100 * $6 / p
		}' "$(sys_of $driver)/mm_stat")" ;;
	esac
	z2load op=randread bs=4096
	put "$codec ${mib}M randread-4k" ns/page $cpu
	z2load op=randwrite bs=4096 pass=1
	put "$codec ${mib}M randwrite-4k" ns/page $cpu
	sleep 1
	put "$codec ${mib}M memory-rewritten" MiB "$(calc "$(mm 3) / 1048576")"
	reset_disk $driver
}

begin
for codec in $(codecs_of_both $CODECS); do
	for mib in $(full '64 256' '64 256 1024 2048'); do
		alternate one_round $codec $mib
	done
done
finish

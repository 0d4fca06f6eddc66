#!/bin/sh
# bench: cpus=1 kernels=6.12 bins=perf named=yes
# Where the time of plain I/O goes: samples by the part of the kernel that they
# hit, and the stacks for flame graphs. An emulated processor takes about as long
# for any instruction: this counts instructions, not what caches miss.
. /bench/guest.sh

PAGES=16384
SAMPLES=/dev/shm/perf.data
STACKS=/dev/shm/stacks

# fold: of the load generator's stacks one a line, with how often it was seen, the
# outermost function first. The part of the kernel that was hit goes before it.
# Whose a function is the kernel's list of symbols says.
fold() {
	awk '
		FNR == NR {
			if (NF < 4) next
			module = substr($4, 2, length($4) - 2)
			if (module ~ /^zram2?$/) part[$3] = "driver"
			else if (module ~ /compress/) part[$3] = "codec"
			else if (module ~ /^(zsmalloc|z2load)$/) part[$3] = module
			next
		}
		NF == 0 { if (ours) n[hit " " stack]++; stack = ""; ours = 0; next }
		/^[^ \t]/ { next }
		stack == "" { hit = $2 in part ? part[$2] : "kernel" }
		{
			stack = stack == "" ? $2 : $2 ";" stack
			if ($2 in part && part[$2] == "z2load") ours = 1
		}
		END { for (s in n) print s, n[s] }' /proc/kallsyms -
}

one_round() {
	local op=$1 recorder turn part samples
	shift
	make_disk $driver lz4 $((PAGES * 4096))
	z2load op=write bs=65536 pages=$PAGES pass=0
	settle
	perf record -q -a -g -e cpu-clock -F 1500 -o $SAMPLES 2>/dev/null >/dev/null &
	recorder=$!
	sleep 1
	for turn in 1 2; do z2load "$@" seed=$((round * 2 + turn)) pass=$((round * 2 + turn)); done
	kill -INT $recorder
	wait $recorder
	reset_disk $driver
	[ $round != 0 ] || return 0

	perf script -i $SAMPLES -F comm,ip,sym,dso 2>/dev/null | fold >$STACKS
	awk -v pages=$PAGES '
		{ n[$1] += $NF; n["total"] += $NF }
		END { for (part in n) print part, n[part] * 500 / pages }' $STACKS |
		while read -r part samples; do put "lz4 $op $part" "samples/1000 pages" "$samples"; done
	# Of one round, as an example.
	[ $round != 1 ] || sed "s/^[a-z0-9]* /P,$SCENARIO,$CPUS,$driver,lz4-$op,/" $STACKS
}

begin
note "user space and the load generator's own work are the same for both"
for op in write-64k read-128k randread-4k randwrite-4k; do
	case $op in
	write-64k) alternate one_round $op op=write bs=65536 ;;
	read-128k) alternate one_round $op op=read bs=131072 ;;
	*) alternate one_round $op op=${op%-4k} bs=4096 ;;
	esac
done
finish

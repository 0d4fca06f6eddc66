#!/bin/sh
# bench: kernels=6.12,7.2 cpus=2 mem=560M
# A program that writes 500 MB into less memory than that, on a kernel as
# distributions ship it, with nothing else to do and with both CPUs kept busy by
# others: what kswapd pays for a page that it frees, how often the program itself
# has to free memory (stalls), how long it takes in all, and how long its longest
# wait for a page is. zram2 has offload_threads on.
. /bench/guest.sh

POOL=16
MIB=500
CODECS='lz4 zstd'
THREADS=2

# As README advises; the in-tree driver's swap doesn't read ahead anyway.
echo 0 >/proc/sys/vm/page-cluster

# vm NAME-PATTERN: the sum of those counters
vm() { awk -v p="^$1" '$1 ~ p { n += $2 } END { printf "%.0f", n }' /proc/vmstat; }
kswapd_ns() { cut -d ' ' -f 1 "$(dirname "$(grep -lx kswapd0 /proc/[0-9]*/comm)")/schedstat"; }

# busy LOAD: others that take all the CPU they get.
hogs=
busy() {
	local i
	[ "$1" = busy ] || return 0
	for i in $(seq "$CPUS"); do
		while :; do :; done &
		hogs="$hogs $!"
	done
}
idle() {
	[ -z "$hogs" ] || kill $hogs
	wait
	hogs=
}

one_round() {
	local codec=$1 load=$2 disk freed stalls ns name value
	disk=/dev/$(disk_of $driver)
	[ $round != 0 ] || {
		make_disk $driver $codec 1G $THREADS
		mkswap $disk >/dev/null
	}
	swapon $disk || { problem "$driver: swapon"; return; }
	echo 3 >/proc/sys/vm/drop_caches
	busy $load
	freed=$(vm 'pgsteal_kswapd$') stalls=$(vm allocstall) ns=$(kswapd_ns)
	swapbench pressure $MIB >/tmp/swapbench || problem "$driver: swapbench"
	idle
	# kswapd goes on for a little while.
	sleep 1
	put "$codec $load kswapd per page" ns "$(calc "($(kswapd_ns) - $ns) / ($(vm 'pgsteal_kswapd$') - $freed)")"
	put "$codec $load stalls" count "$(calc "$(vm allocstall) - $stalls")"
	while read -r name value; do
		put "$codec $load ${name%_all}" ms "$(calc "$value / 1000000")"
	done </tmp/swapbench
	swapoff $disk
	[ $round$driver != "${ROUNDS}zram2" ] || note "$codec, $load, offload_stat at the end:" \
		"$(tr '\n' ',' <"$(sys_of zram2)/offload_stat" | sed 's/,$//; s/,/, /g')"
}

begin
for codec in $(codecs_of_both $CODECS); do
	for load in idle busy; do
		alternate one_round $codec $load
	done
done
finish

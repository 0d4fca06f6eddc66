#!/bin/sh
# bench: kernels=6.12 cpus=2 mem=560M
# A program that writes 500 MB into less memory than that, on a kernel as
# distributions ship it: what kswapd pays for a page that it frees, how often
# the program itself has to free memory (stalls), and how long it takes.
. /bench/guest.sh

POOL=16
MIB=500
CODECS='lz4 zstd'

# vm NAME-PATTERN: the sum of those counters
vm() { awk -v p="^$1" '$1 ~ p { n += $2 } END { printf "%.0f", n }' /proc/vmstat; }
kswapd_ns() { cut -d ' ' -f 1 "$(dirname "$(grep -lx kswapd0 /proc/[0-9]*/comm)")/schedstat"; }

one_round() {
	local codec=$1 disk freed stalls ns name value
	disk=/dev/$(disk_of $driver)
	[ $round != 0 ] || {
		make_disk $driver $codec 1G
		mkswap $disk >/dev/null
	}
	swapon $disk || { problem "$driver: swapon"; return; }
	echo 3 >/proc/sys/vm/drop_caches
	freed=$(vm 'pgsteal_kswapd$') stalls=$(vm allocstall) ns=$(kswapd_ns)
	swapbench pressure $MIB >/tmp/swapbench || problem "$driver: swapbench"
	# kswapd goes on for a little while.
	sleep 1
	put "$codec kswapd per page" ns "$(calc "($(kswapd_ns) - $ns) / ($(vm 'pgsteal_kswapd$') - $freed)")"
	put "$codec stalls" count "$(calc "$(vm allocstall) - $stalls")"
	while read -r name value; do
		put "$codec ${name%_all}" ms "$(calc "$value / 1000000")"
	done </tmp/swapbench
	swapoff $disk
}

begin
for codec in $(codecs_of_both $CODECS); do
	alternate one_round $codec
done
finish

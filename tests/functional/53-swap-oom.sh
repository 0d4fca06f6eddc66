#!/bin/sh
# vm: mem=320M alone=yes long=yes timeout=600
# How much fits into memory and swap before the kernel kills somebody, while a
# program that swaps in and out frees slots all the time: as much with lazy
# freeing as without.
. /tests/lib.sh
begin

# The kernel's report of a kill has a stack trace in it, which is no complaint
# here, if there is no other, but for the one that tests/vm/init forgives as well.
forgive_kill() {
	is "$1: the kernel says nothing else" "$(log_since | grep -c 'Call Trace')" \
		"$(log_since | grep -cE 'invoked oom-killer|swap_cluster_alloc_table')"
	is "$1: no warning" "$(log_since | grep -cE 'WARNING:|BUG:')" 0
	echo "z2-mark $CASE" >/dev/kmsg
}

for limit in 0 default; do
	log_mark
	new_disk 1G
	[ $limit = default ] || set_to "$sys/gc_limit" $limit
	ok_if "$limit: mkswap" mkswap "$dev"
	ok_if "$limit: swapon" swapon "$dev"
	run_bg memfill -s 1 -p -l 600 60
	churn=$bg
	run_bg sh -c 'echo 1000 >/proc/self/oom_score_adj && exec memfill -s 2 -r reached 2000'
	wait $bg
	is "$limit: the one that grows is killed" $? 137
	is "$limit: the other one isn't" "$(kill -0 $churn && echo alive)" alive
	eval "mib_$limit=$(cat reached)"
	echo "# $limit: $(cat reached) MiB"
	kill -9 $churn
	wait $churn 2>/dev/null
	ok_if "$limit: swapoff" swapoff "$dev"
	ok_if "$limit: nothing is left but the header" eventually 10 only_header
	drop_disk
	forgive_kill $limit
done
holds "it holds as much" $((mib_default * 100)) -ge $((mib_0 * 95))

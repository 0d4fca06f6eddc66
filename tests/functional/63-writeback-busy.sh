#!/bin/sh
# vm: long=yes
# A run on a slow device: statistics, reads, writes, frees and idle marks go on
# meanwhile, another run is refused, and a fatal signal, a reset or a removal ends it.
. /tests/lib.sh
begin
. /tests/functional/writeback.sh

null_disk slow 512 64 "$(speed 3)"
started() { [ "$(backing_stat blocks_used)" -gt 0 ]; }
# Pages that take a block each: blocks reserved for what is not written yet.
unwritten() { awk '$1 == "blocks_used" { n += $2 } $1 == "objects" { n -= $2 } END { print n }' "$sys/backing_stat"; }
# run_starts [OPTION]: 10 MiB that nothing compresses go to the device, which
# takes 4 s, up to 11 s on a slow machine; sets $run.
run_starts() {
	ok_if "data" blkop write "$dev" 0 10M 31
	run_bg sysfs_write "$@" "$sys/writeback" huge
	run=$bg run_out=$bg_out
	eventually 5 started || fail "timeout: a run begins"
}
still_on() { kill -0 $run 2>/dev/null && pass "$1" || fail "$1" "the run is over: $(cat "$run_out")"; }

backed_disk 24M writeback_batch_size=3
ok_if "other data" memory write "$dev" 16M 2M 32
ok_if "still other data" blkop write "$dev" 20M 64K 33
other=$(stat_of compr_data_size)
run_starts
timed cat "$sys"/*_stat "$sys/writeback_limit" "$sys/backing_dev" "$sys/disksize" >/dev/null
took_within "statistics are there at once" 50
before=$(bd blocks)
# Segments of 32 blocks: the batch, and one being filled.
most=0 n=0
while [ $n -lt 20 ]; do
	now=$(unwritten)
	[ "$now" -le $most ] || most=$now
	n=$((n + 1))
	sleep 0.02
done
holds "no more segments on their way than asked for" $most -le 128
holds "and not one by one" $most -ge 96
timed memory check "$dev" 16M 2M 32 >/dev/null && pass "what is in memory reads" || fail "what is in memory reads"
timed blkop write "$dev" 20M 64K 33 >/dev/null && pass "writes work" || fail "writes work"
took_within "at once" 100
timed blkop check "$dev" 20M 64K 33 >/dev/null && pass "what was written reads" || fail "what was written reads"
took_within "at once" 100
expect_errno EAGAIN "$sys/writeback" idle
expect_errno EAGAIN "$sys/writeback" page_index=6000
expect_errno OK "$sys/idle" all
still_on "the run is on all the time"
# Pages that are being written, have been, or will be.
ok_if "discards work" env BLKOP_STEP=5 blkop discard "$dev" 0 10M
ok_if "overwriting works" env BLKOP_STEP=5 blkop write "$dev" 4K 10236K 34
still_on "the run is still on"
holds "it goes on" "$(bd blocks)" -gt "$before"
wait $run
is "it ends well" "$(cat "$run_out")" OK
for what in "0 checkzero 0" "1 check 34" "2 check 31" "3 check 31" "4 check 31"; do
	set -- $what
	ok_if "of every 5th page from $1 on, all are right" \
		env BLKOP_STEP=5 blkop $2 "$dev" $(($1 * 4))K $((10240 - $1 * 4))K $3
done
# 512 pages were discarded; of the 512 overwritten those whose turn came later
# are there with their new data, the others are in memory.
holds "what was touched too late is not on the device" "$(backing_stat objects)" -lt 2048
holds "what was not touched is" "$(backing_stat objects)" -ge 1536
is "the others are in memory" $(($(backing_stat objects) * 4096 + $(stat_of compr_data_size) - other)) $((2048 * 4096))
is "no errors" "$(errors) $(stat_of failed_reads) $(stat_of failed_writes)" "0 0 0 0 0"
nothing_left "after a run"

# What stops a process for a while, or is handled by it, ends no run: it goes on
# with the rest, and writes nothing twice.
stopped() { grep -q '^State:.[Tt]' /proc/$run/status; }
frozen() { grep -qx 'frozen 1' "$WORK/cgroup/run/cgroup.events"; }
goes_on_after() {
	still_on "$1: the run is still on"
	wait $run
	is "$1: it ends well" "$(cat "$run_out")" OK
	is "$1: all is on the device" "$(backing_stat objects) $(bd blocks)" "2560 2560"
	is "$1: and was written once" $(($(bd writes) - before)) 2560
	ok_if "$1: all is right" blkop check "$dev" 0 10M 31
	nothing_left "$1"
}
mkdir cgroup
ok_if "cgroups" mount -t cgroup2 none "$WORK/cgroup"
mkdir cgroup/run
before=$(bd writes)
run_starts
kill -STOP $run
ok_if "SIGSTOP stops it" eventually 3 stopped
kill -CONT $run
ok_if "a debugger attaches" attach $run
ok_if "and once more" attach $run
echo $run >cgroup/run/cgroup.procs
echo 1 >cgroup/run/cgroup.freeze
ok_if "a cgroup freezes it" eventually 3 frozen
echo 0 >cgroup/run/cgroup.freeze
goes_on_after "stopped, traced, frozen"
rmdir cgroup/run
before=$(bd writes)
run_starts -a
goes_on_after "a hundred alarms a second"
before=$(bd writes)
ok_if "data" blkop write "$dev" 0 10M 31
run_bg sh -c 'trap : CHLD; sleep 0.5 & echo huge >"$1" && echo OK' sh "$sys/writeback"
run=$bg run_out=$bg_out
eventually 5 started || fail "a run begins"
sleep 1
goes_on_after "a shell's trapped SIGCHLD"

# A handler that is meant to interrupt system calls does. Ctrl-C sends SIGINT, which
# a shell has its background jobs ignore.
before=$(bd writes)
run_starts -t
kill $run
timed wait $run
is "such a signal interrupts a run" "$(cat "$run_out")" EINTR
took_within "within a few segments" 150
holds "something was written" $(($(bd writes) - before)) -gt 0
holds "not all" $(($(bd writes) - before)) -lt 2000
is "what was written is used" "$(bd blocks)" $(($(bd writes) - before))
is "the rest is in memory" "$(stat_of compr_data_size)" $(((2560 - $(bd blocks)) * 4096))
ok_if "all is right" blkop check "$dev" 0 10M 31
nothing_left "after a signal"
run_starts
kill -9 $run
timed wait $run
took_within "SIGKILL ends a run, too" 150
ok_if "all is right" blkop check "$dev" 0 10M 31
nothing_left "after SIGKILL"

# A reader whose reads are on their way to the slow device is one in passing.
for way in reset hot_remove; do
	ok_if "$way: data for the reader" blkop write "$dev" 16M 512K 35
	expect_errno OK "$sys/writeback" page_indexes=4096-4223
	run_starts -t
	run_bg blkop check "$dev" 16M 512K 35
	reader=$bg reader_out=$bg_out
	sleep 0.2
	if [ $way = reset ]; then
		timed expect_errno OK "$sys/reset" 1
	else
		timed expect_errno OK "$CONTROL/hot_remove" "$disk_id"
	fi
	took_within "$way doesn't wait for the whole run" 350
	wait $run
	is "$way: the run says why it ended" "$(cat "$run_out")" EBUSY
	wait $reader
	is "$way: the reader got its data" "$(cat "$reader_out")" OK
	ok_if "$way: the backing device is free" eventually 3 blkop sync "$back"
	if [ $way = reset ]; then
		is "reset: the disk has no size" "$(cat "$sys/disksize") $(cat "$sys/backing_dev")" "0 none"
		set_to "$sys/backing_dev" "$back"
		set_to "$sys/writeback_batch_size" 3
		set_to "$sys/disksize" 24M
		ok_if "reset: it is empty" blkop checkzero "$dev" 0 24M
	fi
done
null_gone slow

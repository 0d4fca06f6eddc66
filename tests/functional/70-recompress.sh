#!/bin/sh
# vm: uml=yes
# Recompression: what zram.rst shows, what it gains, what it leaves alone, what
# ends a run, and that disks go on meanwhile.
. /tests/lib.sh
begin
. /tests/functional/writeback.sh

# recomp_disk SIZE: lz4, then zstd and deflate.
recomp_disk() {
	new_disk
	set_to "$sys/comp_algorithm" lz4
	set_to "$sys/recomp_algorithm" "algo=zstd priority=1"
	set_to "$sys/recomp_algorithm" "algo=deflate priority=2"
	set_to "$sys/disksize" "$1"
}
compressed_size() { stat_of compr_data_size; }
# Without what is kept of freed objects.
used() { echo 1 >"$sys/compact"; stat_of mem_used_total; }
size=$(($(few 16) * 1048576))

# The attribute.
new_disk
is "at first there is no secondary algorithm" "$(cat "$sys/recomp_algorithm")" ""
expect_errno OK "$sys/recomp_algorithm" "algo=zstd priority=1"
expect_errno OK "$sys/recomp_algorithm" "algo=lz4hc priority=2"
is "they are shown by priority" "$(cat "$sys/recomp_algorithm")" "$(
	for chosen in zstd lz4hc; do
		[ $chosen = zstd ] && printf '#1: ' || printf '#2: '
		for algo in $(algorithms); do
			[ "$algo" = $chosen ] && printf '[%s] ' "$algo" || printf '%s ' "$algo"
		done
		echo
	done)"
expect_errno OK "$sys/recomp_algorithm" "algo=deflate priority=3"
expect_errno OK "$sys/recomp_algorithm" "priority=3 algo=lz4"
is "a priority has one algorithm" "$(grep -c '\[lz4\]' "$sys/recomp_algorithm")" 1
expect_errno OK "$sys/recomp_algorithm" "algo=lzo"
is "without a priority it is the first" "$(sed -n 's/^#1: .*\[\(.*\)\].*/\1/p' "$sys/recomp_algorithm")" lzo
expect_errno OK "$sys/reset" 1
is "reset forgets them" "$(cat "$sys/recomp_algorithm")" ""
drop_disk

# What it gains. Pages like those of memory, some of noise.
recomp_disk $((2 * size))
ok_if "data" memory write "$dev" 0 $size 71
ok_if "data that nobody can compress" blkop write "$dev" $size 256K 72
before=$(compressed_size)
memory=$(used)
expect_errno OK "$sys/recompress" "priority=1"
after=$(compressed_size)
echo "# $before bytes became $after; of $memory bytes of memory $(used) are left"
holds "objects shrink" "$after" -lt $((before * 95 / 100))
holds "and memory with them" "$(used)" -lt "$memory"
ok_if "the data are right" memory check "$dev" 0 $size 71
ok_if "all of them" blkop check "$dev" $size 256K 72
is "all that was stored is" "$(stat_of orig_data_size)" $((size + 262144))
expect_errno OK "$sys/recompress" "priority=1"
is "another run has nothing to do" "$(compressed_size)" "$after"
expect_errno OK "$sys/recompress" "algo=deflate"
holds "another algorithm makes nothing larger" "$(compressed_size)" -le "$after"
ok_if "the data are right" memory check "$dev" 0 $size 71
ok_if "overwriting works" memory write "$dev" 0 $size 73
ok_if "it reads back" memory check "$dev" 0 $size 73
ok_if "discard" blkop discard "$dev" 0 $((2 * size))
is "nothing is left" "$(compressed_size) $(stat_of orig_data_size)" "0 0"
drop_disk

# What is asked for.
recomp_disk 16M
ok_if "data" memory write "$dev" 0 1M 74
before=$(compressed_size)
expect_errno OK "$sys/recompress" "type=idle priority=1"
is "nothing is idle" "$(compressed_size)" "$before"
sleep 1
expect_errno OK "$sys/idle" all
ok_if "half is used again" memory check "$dev" 512K 512K 74
expect_errno OK "$sys/recompress" "type=idle priority=1"
half=$(compressed_size)
holds "idle pages shrink" "$half" -lt "$before"
expect_errno OK "$sys/idle" all
expect_errno OK "$sys/recompress" "type=idle priority=1"
holds "the others when they are idle" "$(compressed_size)" -lt "$half"
before=$(compressed_size)
expect_errno OK "$sys/recompress" "type=huge_idle priority=2"
expect_errno OK "$sys/recompress" "type=huge priority=2"
holds "raw pages first get a try" "$(compressed_size)" -le "$before"
ok_if "the data are right" memory check "$dev" 0 1M 74
drop_disk

recomp_disk 16M
ok_if "data" memory write "$dev" 0 1M 75
before=$(compressed_size)
expect_errno OK "$sys/recompress" "max_pages=0 priority=1"
is "max_pages=0 is nothing" "$(compressed_size)" "$before"
expect_errno OK "$sys/recompress" "max_pages=16 priority=1"
some=$(compressed_size)
holds "max_pages limits a run" $((before - some)) -lt 65536
expect_errno OK "$sys/recompress" "threshold=3000 priority=1"
most=$(compressed_size)
holds "a threshold leaves small objects alone" "$most" -le "$some"
expect_errno OK "$sys/recompress" "priority=1"
holds "which shrink without" "$(compressed_size)" -lt "$most"
ok_if "the data are right" memory check "$dev" 0 1M 75
drop_disk

# Parameters by priority.
shrunk_to() {
	new_disk
	set_to "$sys/comp_algorithm" lz4
	set_to "$sys/recomp_algorithm" "algo=deflate priority=1"
	set_to "$sys/recomp_algorithm" "algo=deflate priority=3"
	set_to "$sys/algorithm_params" "priority=1 level=1"
	set_to "$sys/algorithm_params" "priority=3 level=9"
	set_to "$sys/disksize" 16M
	memory write "$dev" 0 1M 76 >/dev/null || fail "data"
	set_to "$sys/recompress" "$1"
	shrunk=$(compressed_size)
	ok_if "$1: the data are right" memory check "$dev" 0 1M 76
	drop_disk
}
shrunk_to priority=1
fast=$shrunk
shrunk_to priority=3
holds "each priority has its level" "$shrunk" -lt "$fast"
shrunk_to algo=deflate
is "a name alone is the lowest priority with it" "$shrunk" "$fast"

# Another algorithm at a priority begins without the parameters of the last one.
new_disk
set_to "$sys/comp_algorithm" lz4
set_to "$sys/recomp_algorithm" "algo=lz4 priority=1"
set_to "$sys/algorithm_params" "priority=1 level=60"
set_to "$sys/recomp_algorithm" "algo=zstd priority=2"
set_to "$sys/algorithm_params" "priority=2 level=15"
set_to "$sys/recomp_algorithm" "algo=zstd priority=1"
set_to "$sys/recomp_algorithm" "algo=deflate priority=2"
expect_errno OK "$sys/disksize" 1M
drop_disk

# What nobody can compress is marked, and can be written back as such.
null_disk incompressible 512 16
new_disk
set_to "$sys/comp_algorithm" lz4
set_to "$sys/recomp_algorithm" "algo=zstd priority=1"
set_to "$sys/backing_dev" "$back"
set_to "$sys/disksize" 16M
ok_if "noise" blkop write "$dev" 0 1M 77
ok_if "other data" memory write "$dev" 4M 1M 78
expect_errno OK "$sys/writeback" type=incompressible
is "nothing is marked yet" "$(bd blocks)" 0
expect_errno OK "$sys/recompress" "type=huge priority=1"
expect_errno OK "$sys/writeback" type=incompressible
holds "what zstd gave up is marked and written" "$(bd blocks)" -ge 256
before=$(compressed_size)
expect_errno OK "$sys/recompress" "priority=1"
holds "the others are recompressed" "$(compressed_size)" -lt "$before"
expect_errno OK "$sys/writeback" page_indexes=1024-1279
ok_if "what was recompressed reads back from the device" memory check "$dev" 4M 1M 78
ok_if "so does the noise" blkop check "$dev" 0 1M 77
before=$(bd blocks)
expect_errno OK "$sys/recompress" "priority=1"
is "what is on the device stays there" "$(bd blocks)" "$before"
drop_disk
null_gone incompressible

# A run is long where everything is slow, or the algorithm is.
if [ $SLOW = 1 ]; then
	new_disk
	set_to "$sys/comp_algorithm" lz4
	set_to "$sys/recomp_algorithm" "algo=zstd priority=1"
	set_to "$sys/algorithm_params" "algo=zstd level=22"
	set_to "$sys/disksize" 64M
	ok_if "data" memory write "$dev" 0 32M 79
	before=$(compressed_size)
	shrinking() { [ "$(compressed_size)" -lt "$before" ]; }
	run_starts() {
		before=$(compressed_size)
		run_bg sysfs_write "$@" "$sys/recompress" priority=1
		run=$bg run_out=$bg_out
		eventually 20 shrinking || fail "timeout: a run begins"
	}
	stopped() { grep -q '^State:.[Tt]' /proc/$run/status; }
	still_on() { kill -0 $run 2>/dev/null && pass "$1" || fail "$1" "the run is over: $(cat "$run_out")"; }
	run_starts
	timed cat "$sys"/*_stat "$sys/disksize" "$sys/recomp_algorithm" >/dev/null
	took_within "statistics are there at once" 50
	expect_errno EAGAIN "$sys/recompress" priority=1
	expect_errno EAGAIN "$sys/recompress" "type=huge priority=1"
	ok_if "reading goes on" env BLKOP_STEP=7 BLKOP_FILL=memory blkop check "$dev" 0 32M 79
	ok_if "so do discards" env BLKOP_STEP=5 blkop discard "$dev" 0 32M
	ok_if "and writing" memory write "$dev" 40M 1M 80
	still_on "the run is on all the time"
	end_bg $run
	is "a fatal signal ends it" "$(cat "$run_out")" ""
	ok_if "nothing is lost" memory check "$dev" 40M 1M 80
	for what in 1 2 3 4; do
		ok_if "of every 5th page from $what on, all are right" env BLKOP_STEP=5 BLKOP_FILL=memory \
			blkop check "$dev" $((what * 4))K $((32768 - what * 4))K 79
	done
	# What only stops it for a while doesn't end it.
	run_starts -t
	kill -STOP $run
	ok_if "SIGSTOP stops it" eventually 3 stopped
	kill -CONT $run
	before=$(compressed_size)
	ok_if "SIGCONT has it go on" eventually 20 shrinking
	ok_if "a debugger attaches" attach $run
	before=$(compressed_size)
	ok_if "and it goes on" eventually 20 shrinking
	still_on "it is the same run"
	# A handler that is meant to interrupt system calls does.
	kill -TERM $run
	wait $run
	is "the errno of that" "$(cat "$run_out")" EINTR

	run_starts
	if timed sysfs_write "$sys/reset" 1 >/dev/null; then pass "reset during a run"; else fail "reset during a run"; fi
	wait $run
	is "the run is told" "$(cat "$run_out")" EBUSY
	is "nothing is left" "$(cat "$sys/initstate") $(cat "$sys/recomp_algorithm")" "0 "

	set_to "$sys/comp_algorithm" lz4
	set_to "$sys/recomp_algorithm" "algo=zstd priority=1"
	set_to "$sys/algorithm_params" "algo=zstd level=22"
	set_to "$sys/disksize" 64M
	ok_if "data" memory write "$dev" 0 32M 81
	run_starts
	ok_if "hot_remove during a run" sysfs_write "$CONTROL/hot_remove" "$disk_id"
	wait $run
	is "the run is told" "$(cat "$run_out")" EBUSY
	[ ! -e "$sys" ] && pass "the disk is gone" || fail "the disk is gone"
fi

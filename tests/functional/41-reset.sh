#!/bin/sh
# vm: uml=yes
# reset and hot_remove of a disk that others have open: one in passing is waited
# for, one that holds it exclusively, as mount and swapon do, is not.
. /tests/lib.sh
begin
new_disk

# wait_open: until the opener of $bg has the disk open.
has_open() { ls -l "/proc/$bg/fd" 2>/dev/null | grep -q "$dev\$"; }
hold() {
	run_bg opener "$@" -n 1 "$dev"
	ok_in_time "an opener opens it" 5 has_open || exit
}

# Two that come and go, so that the disk is open most of the time.
run_bg opener -h 20 -p 10 "$dev"
passing=$bg
run_bg opener -h 15 -p 5 "$dev"
passing="$passing $bg"
readers() {
	while cat "$sys/mm_stat" "$sys/io_stat" "$sys/initstate" "$sys/comp_algorithm" >/dev/null; do :; done
}
run_bg readers
n=0
rounds=$(few 20)
while [ $n -lt $rounds ]; do
	set_to "$sys/disksize" 4M
	[ "$(blkop checkzero "$dev" 0 4M)$(blkop write "$dev" 1M 256K $n)$(blkop check "$dev" 1M 256K $n)" = OKOKOK ] ||
		fail "round $n: the disk is empty and works"
	err=$(sysfs_write "$sys/reset" 1)
	[ "$err" = OK ] || { fail "round $n: reset while openers come and go" "$err"; break; }
	[ "$(cat "$sys/initstate") $(stat_of orig_data_size)" = "0 0" ] || fail "round $n: reset resets"
	n=$((n + 1))
done
is "resets while openers come and go" $n $rounds
kill -0 $bg && pass "attributes are readable meanwhile" || fail "attributes are readable meanwhile"
kill $passing $bg
wait $passing $bg

set_to "$sys/reset" 1
set_to "$sys/disksize" 4M
ok_if "data" blkop write "$dev" 0 1M 71

# An exclusive opener: no at once, whatever is asked for.
hold -x -h 60000
timed expect_errno EBUSY "$sys/reset" 1
took_within "that took less than a second" 100
timed expect_errno EBUSY "$CONTROL/hot_remove" "$disk_id"
took_within "that took less than a second" 100
ok_if "the data are still there" blkop check "$dev" 0 1M 71
end_bg $bg

[ "$DRIVER" = zram2 ] || exit 0

# One that leaves in time: reset waits, others may open the disk meanwhile, and
# whoever only reads attributes isn't kept waiting.
hold -h 60000
holder=$bg
run_bg sysfs_write "$sys/reset" 1
sleep 0.3
is "opening while a reset waits" "$(blkop check "$dev" 0 1M 71)" OK
timed cat "$sys/mm_stat" "$sys/disksize" >/dev/null
took_within "reading attributes while a reset waits takes no time" 50
kill -0 $bg && pass "the reset waits" || fail "the reset waits" "$(cat "$bg_out")"
kill $holder
wait $bg
is "the reset works when the opener has gone" "$(cat "$bg_out")" OK
is "the disk is reset" "$(cat "$sys/disksize")" 0

# One that stays: no, after some seconds, and all is as before.
set_to "$sys/disksize" 4M
ok_if "data again" blkop write "$dev" 0 1M 72
hold -h 60000
holder=$bg
for file in "$sys/reset" "$CONTROL/hot_remove"; do
	case $file in *reset) text=1 ;; *) text=$disk_id ;; esac
	timed expect_errno EBUSY "$file" "$text"
	holds "it waited for 5 seconds" $took -ge 400
	took_within "and not for much more" 700
	is "the disk can be opened again" "$(blkop check "$dev" 0 1M 72)" OK
done

# Who waits can be killed.
for file in "$sys/reset" "$CONTROL/hot_remove"; do
	case $file in *reset) text=1 ;; *) text=$disk_id ;; esac
	run_bg sysfs_write "$file" "$text"
	sleep 0.5
	kill -9 $bg
	timed wait $bg 2>/dev/null
	took_within "${file##*/} that waits can be killed" 100
	ok_if "the disk is as it was" blkop check "$dev" 0 1M 72
done
end_bg $holder
set_to "$sys/reset" 1

# Several at once: each either resets or is told that another one is at it.
n=0
while [ $n -lt "$(few 5)" ]; do
	set_to "$sys/disksize" 4M
	sysfs_write "$sys/reset" 1 >one & first=$!
	sysfs_write "$sys/reset" 1 >two & second=$!
	wait $first; wait $second
	matches "two resets at once, round $n" "$(sort one two | uniq | tr '\n' ' ')" '(EBUSY )?OK \|'
	n=$((n + 1))
done
is "the disk is reset" "$(cat "$sys/initstate")" 0
set_to "$sys/disksize" 4M
ok_if "the disk works" blkop write "$dev" 0 1M 73

#!/bin/sh
# Backing devices that fail: writes, reads, both, one that gets shorter, one
# that disappears. What can't be written stays in memory, what can't be read is
# an error to its reader, and neither loses or leaks anything.
. /tests/lib.sh
begin
. /tests/functional/writeback.sh
modprobe dm-mod
modprobe dm-flakey

null_disk nbbad 512 32
null=$back
first=$(($(margin) / 512))
size=$(sectors "$null")
good="0 $size linear $null 0"
# Fails all writes, and passes reads through.
no_writes="0 $size flakey $null 0 0 3600 1 error_writes"
nothing="0 $size error"

dm bad "$good"
backed_disk 16M
all_right() { is "$1" "$(memory tally "$dev" 0 4M 41)" "1024 right, 0 failed, 0 wrong"; }

# Writes fail: nothing has gone to the device, and it can be tried again.
dm bad "$no_writes"
ok_if "data" memory write "$dev" 0 4M 41
objects=$((1024 - $(stat_of same_pages)))
stored=$(stat_of compr_data_size)
set_to "$sys/writeback_limit" 5000
set_to "$sys/writeback_limit_enable" 1
log_mark
expect_errno EIO "$sys/writeback" page_indexes=0-4095
ok_if "the log says that writes fail" dmesg_has "$DRIVER: .*write failed"
ok_if "and that the run failed for that" dmesg_has "writeback: writes to the backing device failed \(-5\)"
holds "write_errors" "$(backing_stat write_errors)" -gt 0
is "limit_stops" "$(backing_stat limit_stops)" 0
is "nothing is on the device" "$(bd blocks) $(backing_stat objects)" "0 0"
is "nothing is counted as written" "$(bd writes)" 0
is "nothing is debited from the limit" "$(cat "$sys/writeback_limit")" 5000
is "all is in memory" "$(stat_of compr_data_size)" "$stored"
all_right "all is right"
dm bad "$good"
expect_errno OK "$sys/writeback" page_indexes=0-4095
is "once the device works all goes there" "$(stat_of compr_data_size) $(backing_stat objects)" "0 $objects"
all_right "and comes back"
is "no read failed" "$(stat_of failed_reads) $(backing_stat read_errors)" "0 0"

# Half of it fails: the other half gets there.
nothing_left "before half of the device fails"
ok_if "data" memory write "$dev" 0 4M 41
# Runs begin where the last one ended, so that only a pattern hits some of it.
i=0 table=
while [ $i -lt 32 ]; do
	case $((i % 2)) in
	0) table="$table$((i * size / 32)) $((size / 32)) linear $null $((i * size / 32))
" ;;
	1) table="$table$((i * size / 32)) $((size / 32)) error
" ;;
	esac
	i=$((i + 1))
done
dm bad "$table"
expect_errno EIO "$sys/writeback" page_indexes=0-4095
holds "some of it is on the device" "$(backing_stat objects)" -gt 0
holds "not all" "$(backing_stat objects)" -lt $objects
holds "the rest is in memory" "$(stat_of compr_data_size)" -gt 0
is "and what is there is all that is used" \
	"$(($(stat_of compr_data_size) + $(backing_stat live_bytes)))" "$stored"
all_right "half of it on a bad device, all is right"
dm bad "$good"
expect_errno OK "$sys/writeback" page_indexes=0-4095
on_device "the other half, later"

# Reads fail, and work again later: nothing is lost meanwhile.
dm bad "$nothing"
# The messages about writes have used up what may be said in 5 s.
sleep 5
log_mark
is "without the device nothing can be read" "$(memory tally "$dev" 0 4M 41)" \
	"$((1024 - objects)) right, $objects failed, 0 wrong"
ok_if "the log says that reads fail" dmesg_has "$DRIVER: .*read failed"
is "read_errors" "$(backing_stat read_errors)" "$objects"
is "failed_reads" "$(stat_of failed_reads)" "$objects"
is "check_errors" "$(backing_stat check_errors)" 0
is "a bio of many pages fails" "$(memory check "$dev" 0 64K 41 2>/dev/null)" EIO
ok_if "overwriting needs no reading" memory write "$dev" 0 256K 41
ok_if "nor does discarding" blkop discard "$dev" 3M 256K
ok_if "what was written is there" memory check "$dev" 0 256K 41
ok_if "what was discarded is gone" blkop checkzero "$dev" 3M 256K
is "writing back fails" "$(sysfs_write "$sys/writeback" huge_idle) $(sysfs_write "$sys/writeback" page_indexes=0-63)" "OK EIO"
dm bad "$good"
ok_if "data where they were discarded" memory write "$dev" 3M 256K 41
all_right "once the device works all is right"
expect_errno OK "$sys/writeback" page_indexes=0-4095
on_device "after read errors"

# A device that got shorter: what lies behind its end is an error.
nothing_left "before the device gets shorter"
short="0 $((first + 64)) linear $null 0"
dm bad "$short"
ok_if "data" memory write "$dev" 0 4M 41
expect_errno EIO "$sys/writeback" page_indexes=0-4095
all_right "with a device that got shorter all is right"
dm bad "$good"
expect_errno OK "$sys/writeback" page_indexes=0-4095
all_right "and when it is as long as before"
dm bad "$short"
wrong=$(memory tally "$dev" 0 4M 41)
matches "what lay behind the end can't be read" "$wrong" '[0-9]+ right, [1-9][0-9]{2} failed, 0 wrong\|'
dm bad "$good"
all_right "and can when it is back"

nothing_left "after all that"
drop_disk
dmsetup remove bad
null_gone nbbad

# A device that goes away, with data on it and a run on.
for how in idle busy; do
	[ $how = busy ] && null_disk nbgone 512 32 "$(speed 3)" || null_disk nbgone 512 32
	backed_disk 24M writeback_batch_size=2
	ok_if "$how: data" memory write "$dev" 0 1M 42
	expect_errno OK "$sys/writeback" page_indexes=0-255
	objects=$(backing_stat objects)
	ok_if "$how: more data" blkop write "$dev" 8M 6M 43
	if [ $how = busy ]; then
		run_bg sysfs_write "$sys/writeback" huge
		run=$bg run_out=$bg_out
		sleep 0.5
	fi
	set_to $NULLB/nbgone/power 0
	if [ $how = busy ]; then
		wait $run
		is "$how: the run that is on fails" "$(cat "$run_out")" EIO
		holds "$how: before, it wrote something" "$(backing_stat objects)" -gt "$objects"
	fi
	expect_errno EIO "$sys/writeback" huge
	is "$how: what was on the device can't be read" "$(memory tally "$dev" 0 1M 42)" \
		"$((256 - objects)) right, $objects failed, 0 wrong"
	matches "$how: what is in memory can" "$(blkop tally "$dev" 8M 6M 43)" \
		'[1-9][0-9]+ right, [0-9]+ failed, 0 wrong\|'
	nothing_left "$how"
	drop_disk
	null_gone nbgone
done

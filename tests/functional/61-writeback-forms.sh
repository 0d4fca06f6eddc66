#!/bin/sh
# Every way to say what is to be written back, idle marks and their age, the
# writeback limit, and the other attributes.
. /tests/lib.sh
begin
. /tests/functional/writeback.sh

null_disk forms 512 64
new_disk
is "backing_dev at first" "$(cat "$sys/backing_dev")" none
is "defaults: compressed, packing, batch, limit, enabled" \
	"$(cd "$sys" && cat compressed_writeback writeback_packing writeback_batch_size \
		writeback_limit writeback_limit_enable | tr '\n' ' ')" "1 1 32 0 0 "
matches "bd_stat without a backing device" "$(cat "$sys/bd_stat")" ' *0 +0 +0\|'
for word in no 0 off N yes 1 on Y; do
	case $word in no | 0 | off | N) value=0 ;; *) value=1 ;; esac
	set_to "$sys/compressed_writeback" $word
	set_to "$sys/writeback_packing" $word
	is "$word is understood" "$(cat "$sys/compressed_writeback" "$sys/writeback_packing" | tr -d '\n')" $value$value
done
drop_disk

# Pages 0 to 255 don't compress, most of 256 to 511 do, 512 to 575 hold one
# word each; nothing behind them.
fresh() {
	{ blkop discard "$dev" 0 16M && blkop write "$dev" 0 1M 11 && memory write "$dev" 1M 1M 12 &&
		blkop fill "$dev" 2M 256K 0x77; } >/dev/null || fail "$form: a fresh start"
	same=$(stat_of same_pages) huge=$(stat_of huge_pages)
	all=$((512 + 64 - same))
}
# written FORM COUNT: how many objects it takes to the device, the data verified.
written() {
	expect_errno OK "$sys/writeback" "$1"
	is "'$1': objects" "$(backing_stat objects)" "$2"
	is "'$1': all pages are right" "$(blkop tally "$dev" 0 1M 11) $(memory tally "$dev" 1M 1M 12)" \
		"256 right, 0 failed, 0 wrong 256 right, 0 failed, 0 wrong"
}
form=first
backed_disk 16M
fresh
holds "there are pages of each kind ($all, $huge huge, $same same-filled)" $((huge - 256)) -gt 0
holds "and such as are not huge" $((all - huge)) -gt 100

for form in idle type=idle huge_idle type=huge_idle; do
	fresh
	written $form 0
done
while read -r form count; do
	fresh
	set_to "$sys/idle" all
	case $count in all) count=$all ;; huge) count=$huge ;; esac
	written "$form" "$count"
done <<END
idle all
type=idle all
huge huge
type=huge huge
huge_idle huge
type=huge_idle huge
incompressible 0
type=incompressible 0
page_indexes=0-4095 all
END
fresh
while read -r count form; do
	written "$form" "$count"
done <<END
1 page_index=5
1 page_index=5
11 page_indexes=10-19
11 page_indexes=10-10
15 page_index=0 page_index=1 page_index=255 page_index=2
23 page_indexes=100-105 page_index=103 page_indexes=104-107
24   page_index=30	page_index=30  
24 page_index=512 page_indexes=520-530
24 page_indexes=3000-4095
END

form="idle marks that are lost"
fresh
set_to "$sys/idle" all
ok_if "32 pages are read" blkop check "$dev" 0 128K 11
ok_if "32 others are written" blkop write "$dev" 128K 128K 11
expect_errno OK "$sys/writeback" huge_idle
is "huge_idle: objects" "$(backing_stat objects)" $((huge - 64))
# That has verified nothing, and so read nothing: the other marks still stand.
written idle $((all - 64))
set_to "$sys/idle" all
written idle $all

form="marks by age"
fresh
set_to "$sys/idle" all
set_to "$sys/idle" 1000
written idle 0
fresh
sleep 5
ok_if "64 pages are read" blkop check "$dev" 0 256K 11
set_to "$sys/idle" 3
expect_errno OK "$sys/writeback" idle
is "what was used in the last 3 seconds stays" "$(backing_stat objects)" $((all - 64))

# Raw pages take a block each, so that the limit is felt at once.
form=limit
fresh
before=$(bd writes)
set_to "$sys/writeback_limit" 10
set_to "$sys/writeback_limit_enable" 1
log_mark
expect_errno EIO "$sys/writeback" type=huge
ok_if "the log says that it was the limit" dmesg_has "writeback: writeback_limit is reached \(-5\)"
is "limit_stops, write_errors" "$(backing_stat limit_stops) $(backing_stat write_errors)" "1 0"
is "as many blocks are written as the limit says" "$(($(bd writes) - before)) $(backing_stat objects)" "10 10"
is "nothing is left of it" "$(cat "$sys/writeback_limit")" 0
expect_errno EIO "$sys/writeback" type=huge
is "nothing more is written" "$(($(bd writes) - before)) $(backing_stat objects)" "10 10"
set_to "$sys/writeback_limit" 3
expect_errno EIO "$sys/writeback" type=huge
is "three more" "$(($(bd writes) - before)) $(backing_stat objects)" "13 13"
set_to "$sys/writeback_limit" 1000
written huge $huge
is "what was not needed is left" "$(cat "$sys/writeback_limit")" $((1000 - huge + 13))

fresh
set_to "$sys/writeback_limit" 37
expect_errno EIO "$sys/writeback" page_indexes=256-511
is "packed: the limit holds, to the block" "$(bd blocks) $(cat "$sys/writeback_limit")" "37 0"
holds "packed: more objects than blocks" "$(backing_stat objects)" -gt 45
set_to "$sys/writeback_limit" 1000
before=$(bd blocks)
written "page_indexes=0-4095" $all
is "packed: what was not needed is left" "$(cat "$sys/writeback_limit")" $((1000 - $(bd blocks) + before))
fresh
set_to "$sys/writeback_limit" 5
set_to "$sys/writeback_limit_enable" 0
written "page_indexes=0-4095" $all
is "a limit that is off is not used up" "$(cat "$sys/writeback_limit")" 5

form="batch size"
for batch in 1 500; do
	fresh
	set_to "$sys/writeback_batch_size" $batch
	is "batch size $batch is shown" "$(cat "$sys/writeback_batch_size")" $batch
	written "page_indexes=0-4095" $all
done

nothing_left "at the end"
is "no errors" "$(errors)" "0 0 0"
set_to "$sys/writeback_limit" 8
set_to "$sys/writeback_limit_enable" 1
set_to "$sys/reset" 1
is "reset: backing_dev, bd_stat, limit, enabled, batch" \
	"$(cd "$sys" && cat backing_dev bd_stat writeback_limit writeback_limit_enable writeback_batch_size | tr -s ' \n' ' ')" \
	"none 0 0 0 0 0 32 "
ok_if "the backing device is free" blkop sync "$back"
null_gone forms

# The writeback of a disk without a backing device says so.
new_disk 4M
expect_errno ENODEV "$sys/writeback" idle
drop_disk

#!/bin/sh
# vm: long=yes
# A backing device that is full: compaction while much of it is dead, "no
# space" otherwise, and in either case the data as they were.
. /tests/lib.sh
begin
. /tests/functional/writeback.sh

for mode in packed raw; do
	null_disk "nbfull$mode" 512 5
	[ $mode = packed ] && backed_disk 24M || backed_disk 24M compressed_writeback=0
	blocks=$(backing_stat blocks)
	is "$mode: blocks" "$blocks" 1024

	# More than fits: what doesn't stays in memory.
	ok_if "$mode: more data than fit" blkop write "$dev" 0 5M 61
	expect_errno ENOSPC "$sys/writeback" page_indexes=0-4095
	on=$(backing_stat objects)
	holds "$mode: the device is nearly full" "$(bd blocks)" -ge $((blocks * 9 / 10))
	is "$mode: what is not there is in memory" "$(stat_of compr_data_size)" $(((1280 - on) * 4096))
	ok_if "$mode: all is right" blkop check "$dev" 0 5M 61
	moved=$(backing_stat moved_bytes) before=$(bd writes)
	expect_errno ENOSPC "$sys/writeback" page_indexes=0-4095
	is "$mode: dense as it is, nothing is moved" "$(backing_stat moved_bytes) $(bd writes)" "$moved $before"

	# Room made is room at once.
	ok_if "$mode: a part is discarded" blkop discard "$dev" 0 1536K
	expect_errno OK "$sys/writeback" page_indexes=0-4095
	on_device "$mode, after a discard"
	ok_if "$mode: the rest is right" blkop check "$dev" 1536K 3584K 61
	nothing_left "$mode"
	drop_disk
	null_gone "nbfull$mode"
done

# Every other object is gone, but nearly no block is free: the others are moved
# together, and what they were kept from gets its place. Meanwhile what is moved
# may be read, and overwritten with what it already holds.
read_all() {
	local got
	while :; do
		got=$(BLKOP_FILL=memory BLKOP_STEP=2 blkop tally "$dev" 4K 16380K 62)
		echo "$got"
		[ "$got" = "2048 right, 0 failed, 0 wrong" ] || return 1
	done
}
write_some() {
	while BLKOP_FILL=memory BLKOP_STEP=14 blkop write "$dev" 4K 16380K 62; do :; done
}

for how in "512 alone" "4096 alone" "512 busy" "4096 busy"; do
	bs=${how% *} what="$how"
	null_disk nbholes $bs 5
	# Where objects don't straddle blocks, two of them must fit in one.
	[ $bs = 512 ] && backed_disk 16M || backed_disk 16M comp_algorithm=zstd
	ok_if "$what: data" memory write "$dev" 0 16M 62
	expect_errno ENOSPC "$sys/writeback" page_indexes=0-4095
	ok_if "$what: every other page is discarded" env BLKOP_STEP=2 blkop discard "$dev" 0 16M
	live=$(backing_stat live_bytes) objects=$(backing_stat objects) left=$(stat_of compr_data_size)
	holds "$what: most blocks are still in use" "$(bd blocks)" -ge 600
	holds "$what: though little is live" $((live * 100)) -lt $(((4 << 20) * 70))
	before=$(bd writes)
	set_to "$sys/writeback_limit" 100000
	set_to "$sys/writeback_limit_enable" 1
	case $how in *busy)
		run_bg read_all
		reader=$bg reader_out=$bg_out
		run_bg write_some
		writer=$bg
	esac
	err=$(sysfs_write "$sys/writeback" page_indexes=0-4095)
	case $how in *busy)
		kill -0 $reader $writer && pass "$what: all is right meanwhile" ||
			fail "$what: all is right meanwhile" "$(tail -n 1 "$reader_out")"
		kill $reader $writer
		wait $reader $writer
		# Since the run ended pages were overwritten, and left the device.
		[ "$err" != ENOSPC ] || err=$(sysfs_write "$sys/writeback" page_indexes=0-4095)
	esac
	moved=$(backing_stat moved_bytes)
	echo "# $what: $err, $(tr '\n' ' ' <"$sys/backing_stat")"
	case $err in
	OK) [ "${how#* }" = busy ] || on_device "$what" ;;
	ENOSPC) holds "$what: without space it is dense" "$(backing_stat live_bytes)" -ge $(((4 << 20) * 65 / 100)) ;;
	*) fail "$what: writing back" "$err" ;;
	esac
	holds "$what: something was moved" "$moved" -gt 100000
	holds "$what: more is on the device" "$(backing_stat objects)" -gt $((objects * 5 / 4))
	written=$(($(bd writes) - before)) debited=$((100000 - $(cat "$sys/writeback_limit")))
	holds "$what: what is moved counts as written" $((written * 4096)) -ge $((left - $(stat_of compr_data_size) + moved))
	# The limit is in blocks, and of the last one of each write a part may be used.
	holds "$what: and against the limit" $debited -ge $written
	holds "$what: not much more than that" $((debited * 100)) -le $((written * 125))
	ok_if "$what: the pages discarded are zeros" env BLKOP_STEP=2 blkop checkzero "$dev" 0 16M
	is "$what: the others are right" "$(BLKOP_FILL=memory BLKOP_STEP=2 blkop tally "$dev" 4K 16380K 62)" \
		"2048 right, 0 failed, 0 wrong"
	is "$what: no errors" "$(errors) $(stat_of failed_reads) $(stat_of failed_writes)" "0 0 0 0 0"
	nothing_left "$what"
	drop_disk
	null_gone nbholes
done

# What lies together is far apart by index, and a third of each block is gone:
# by index, no block would be empty before all have been gone through once.
row=960
for bs in 512 4096; do
	what="$bs rows"
	null_disk nbrows $bs 5
	backed_disk 12M comp_algorithm=lzo
	ok_if "$what: data" env BLKOP_RANDOM=1200 blkop write "$dev" 0 11520K 63
	err=OK i=0
	while [ $i -lt $row ] && [ "$err" = OK ]; do
		err=$(sysfs_write "$sys/writeback" \
			"page_index=$i page_index=$((i + row)) page_index=$((i + 2 * row))")
		i=$((i + 1))
	done
	is "$what: three objects a block, and the device is full" "$err $(bd blocks)" "OK $row"
	ok_if "$what: one of them is discarded" blkop discard "$dev" 7680K 3840K
	is "$what: no block is free of it" "$(bd blocks)" $row

	# The others take 640 blocks.
	ok_if "$what: more data" blkop write "$dev" 7680K 1M 64
	expect_errno OK "$sys/writeback" page_indexes=0-2879
	on_device "$what"
	holds "$what: something was moved" "$(backing_stat moved_bytes)" -gt 100000
	holds "$what: and for the next time there is room" "$(bd blocks)" -le $row
	ok_if "$what: more data than fit" blkop write "$dev" 8704K 1M 64
	expect_errno ENOSPC "$sys/writeback" page_indexes=0-2879
	holds "$what: it is nearly full" "$(bd blocks)" -ge $((row - 32))
	holds "$what: and what is kept for moving is still there" "$(bd blocks)" -le $row
	ok_if "$what: what was moved is right" env BLKOP_RANDOM=1200 blkop check "$dev" 0 7680K 63
	ok_if "$what: so is what came later" blkop check "$dev" 7680K 2M 64
	is "$what: no errors" "$(errors)" "0 0 0"
	nothing_left "$what"
	drop_disk
	null_gone nbrows
done

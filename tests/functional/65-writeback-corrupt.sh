#!/bin/sh
# vm: long=yes
# Bytes that change on the backing device: reading gives an error and never
# wrong data, it is counted, and what is not concerned stays readable.
. /tests/lib.sh
begin
. /tests/functional/writeback.sh

# count WORD: of what blkop has tallied, the sum over both kinds of pages.
count() { awk -v w="$1" '{ n += $w } END { print n }' counts; }

for bs in 512 4096; do for mode in packed raw; do
	what="$mode, $bs"
	null_disk "nbbits$mode$bs" $bs 32
	[ $mode = raw ] && backed_disk 16M compressed_writeback=0 || backed_disk 16M
	ok_if "$what: data" memory write "$dev" 0 2M 51
	ok_if "$what: random data" blkop write "$dev" 8M 512K 52
	same=$(stat_of same_pages)
	expect_errno OK "$sys/writeback" page_indexes=0-4095
	on_device "$what"
	objects=$(backing_stat objects) blocks=$(bd blocks)
	# On a new device all lies at the beginning, but for a gap here and there.
	first=$(margin) used=$(((blocks + 128) * 4096))

	# One byte in a block damages one object, or none if nothing is there.
	ok_if "$what: a byte changes in every block" blkop flip "$back" "$first" $used 5
	log_mark
	memory tally "$dev" 0 2M 51 >counts
	blkop tally "$dev" 8M 512K 52 >>counts
	is "$what: nothing is read wrong" "$(count 5)" 0
	failed=$(count 3)
	echo "# $what: $objects objects in $blocks blocks, $failed damaged"
	is "$what: what is not concerned is right" "$(count 1)" $((512 + 128 - failed))
	case $mode in
	raw) is "$what: each page is damaged" $failed $objects ;;
	*)
		holds "$what: at most one object a block is damaged" $failed -le "$blocks"
		holds "$what: many are" $failed -ge $((blocks / 4))
		;;
	esac
	is "$what: all raw pages are" "$(tail -n 1 counts)" "0 right, 128 failed, 0 wrong"
	is "$what: check_errors" "$(backing_stat check_errors)" $failed
	is "$what: failed_reads" "$(stat_of failed_reads)" $failed
	is "$what: read_errors" "$(backing_stat read_errors)" 0
	# No more than ten messages in 5 s: none may be left for the others.
	[ "$what" != "packed, 512" ] || ok_if "$what: the log says so" dmesg_has "$DRIVER: $disk: .*damaged"
	is "$what: a bio of many pages fails" "$(blkop check "$dev" 8M 64K 52 2>/dev/null)" EIO
	is "$what: so does reading to an odd buffer" "$(BLKOP_MEM=512 blkop check "$dev" 8M 64K 52 2>/dev/null)" EIO

	# It is the device that was wrong, and what it says is believed again.
	ok_if "$what: the bytes change back" blkop flip "$back" "$first" $used 5
	is "$what: all is right" "$(memory tally "$dev" 0 2M 51) $(blkop tally "$dev" 8M 512K 52)" \
		"512 right, 0 failed, 0 wrong 128 right, 0 failed, 0 wrong"

	dd if="$back" of=saved bs=4k skip=$((first / 4096)) count=$((blocks + 128)) iflag=direct 2>/dev/null
	# Whole blocks of something else: zeros, garbage, and other valid data.
	for with in zeros garbage shifted; do
		case $with in
		zeros) dd if=/dev/zero of="$back" bs=64k seek=$((first / 65536)) \
			count=$((used / 65536 + 1)) oflag=direct 2>/dev/null ;;
		garbage) blkop write "$back" "$first" $used 53 >/dev/null ;;
		shifted) dd if=saved of="$back" bs=4k seek=$((first / 4096 + 1)) oflag=direct 2>/dev/null ;;
		esac
		is "$what, $with: same-filled pages are right, the others errors" \
			"$(memory tally "$dev" 0 2M 51) $(blkop tally "$dev" 8M 512K 52)" \
			"$same right, $((512 - same)) failed, 0 wrong 0 right, 128 failed, 0 wrong"
	done
	ok_if "$what: what is damaged can be overwritten" memory write "$dev" 0 2M 54
	ok_if "$what: and is right then" memory check "$dev" 0 2M 54
	nothing_left "$what"
	drop_disk
	null_gone "nbbits$mode$bs"
done; done

#!/bin/sh
# vm: uml=yes
# Writing back and reading back: packed, one object a block, and uncompressed,
# on devices with blocks of 512 and of 4096 bytes.
. /tests/lib.sh
begin
. /tests/functional/writeback.sh

mib=$(few 4)
kib=$((mib * 1024))
for bs in 512 4096; do for mode in packed single raw; do
	what="$mode, $bs"
	# Half a minute each with all detectors on: two of them go all the ways.
	[ $SLOW = 1 ] || case $mode$bs in packed512 | raw4096) ;; *) continue ;; esac
	null_disk "nb$mode$bs" $bs 64
	case $mode in
	# Where objects don't straddle blocks, two of them must fit in one.
	packed) [ $bs = 512 ] && backed_disk 16M || backed_disk 16M comp_algorithm=zstd ;;
	single) backed_disk 16M writeback_packing=0 ;;
	raw) backed_disk 16M compressed_writeback=0 ;;
	esac
	is "$what: backing_dev shows it" "$(cat "$sys/backing_dev")" "$back"
	ok_if "$what: pages like those of memory" memory write "$dev" 0 ${mib}M 7
	ok_if "$what: pages that nothing compresses" blkop write "$dev" 8M 256K 8
	stored=$(stat_of compr_data_size)
	objects=$((kib / 4 + 64 - $(stat_of same_pages)))
	# The 256 KiB that nothing compresses are in it as well.
	holds "$what: the data compress" "$stored" -lt $(((kib * 3 / 4 + 256) * 1024))

	set_to "$sys/idle" all
	expect_errno OK "$sys/writeback" idle
	on_device "$what"
	is "$what: all is still stored" "$(stat_of orig_data_size)" $(((kib + 256) * 1024))
	is "$what: huge_pages are those in memory" "$(stat_of huge_pages)" 0
	is "$what: objects" "$(backing_stat objects)" $objects
	written=$(device_did written)
	echo "# $what: $objects objects of $stored bytes, $written written to $(bd blocks) blocks"
	is "$what: bd_stat says what was written" "$(bd writes)" $(((written + 4095) / 4096))
	case $mode$bs in
	packed512) holds "$what: compressed bytes + 4 %" $((written * 100)) -le $((stored * 104)) ;;
	packed4096) holds "$what: several share a block" $((written * 100)) -le $((objects * 4096 * 80)) ;;
	single*) is "$what: a block each" "$(bd blocks)" $objects ;;
	raw*) is "$what: a page each" "$written" $((objects * 4096)) ;;
	esac
	case $mode in
	raw) is "$what: live bytes" "$(backing_stat live_bytes)" $((objects * 4096)) ;;
	*) is "$what: live bytes" "$(backing_stat live_bytes)" "$stored" ;;
	esac

	# Pages that are far from each other are read one by one.
	before=$(device_did read)
	ok_if "$what: single pages read back" env BLKOP_FILL=memory BLKOP_STEP=5 blkop check "$dev" 0 ${mib}M 7
	read=$(($(device_did read) - before))
	pages=$(((kib / 4 + 4) / 5))
	holds "$what: they come from the device" $read -gt $((pages * 1024))
	case $mode$bs in
	packed512) holds "$what: only the sectors needed are read" $((read * 100)) -le $((pages * 4096 * 70)) ;;
	*) holds "$what: not more than the pages is read" $read -le $((pages * 4096)) ;;
	esac
	is "$what: bd_stat says what was read" "$(bd reads)" $(((read + 4095) / 4096))

	ok_if "$what: all reads back" memory check "$dev" 0 ${mib}M 7
	ok_if "$what: random bytes, too" blkop check "$dev" 8M 256K 8
	ok_if "$what: to an odd buffer" env BLKOP_FILL=memory BLKOP_MEM=1536 blkop check "$dev" 0 256K 7
	echo 3 >/proc/sys/vm/drop_caches
	dd if="$dev" of=direct bs=64k count=16 iflag=direct 2>/dev/null
	ok_if "$what: through the page cache" sh -c "dd if=$dev bs=64k count=16 2>/dev/null | cmp - direct"

	ok_if "$what: overwriting" memory write "$dev" 0 256K 9
	ok_if "$what: frees what was there" [ "$(backing_stat objects)" -lt $objects ]
	ok_if "$what: from an odd buffer" env BLKOP_MEM=512 blkop write "$dev" 8M 64K 10
	ok_if "$what: new pages" memory check "$dev" 0 256K 9
	ok_if "$what: new random pages" blkop check "$dev" 8M 64K 10
	ok_if "$what: the pages behind them" blkop check "$dev" 8256K 192K 8
	expect_errno OK "$sys/writeback" "page_indexes=0-4095"
	on_device "$what, again"
	ok_if "$what: new pages after writing them back" memory check "$dev" 0 256K 9
	nothing_left "$what"
	ok_if "$what: it reads as zeros" blkop checkzero "$dev" 0 16M
	is "$what: no errors" "$(errors)" "0 0 0"
	expect_errno OK "$sys/reset" 1
	is "$what: backing_dev after reset" "$(cat "$sys/backing_dev")" none
	drop_disk
	null_gone "nb$mode$bs"
done; done

#!/bin/sh
# The module, its control class, its disks and what they show at first.
. /tests/lib.sh

disks() { ls /sys/block | grep "^${DISK}[0-9]" | sort | tr '\n' ' '; }

log_mark
! load_zram2 num_devices=many 2>/dev/null &&
	pass "num_devices=many is refused" || fail "num_devices=many is refused"
ok_if "and the log says so" dmesg_has "$DRIVER: .many. invalid for parameter"

begin num_devices=3
is "num_devices=3 makes three disks" "$(disks)" "${DISK}0 ${DISK}1 ${DISK}2 "
is "mode of hot_add" "$(stat -c %a "$CONTROL/hot_add")" 400
is "mode of hot_remove" "$(stat -c %a "$CONTROL/hot_remove")" 200

is "reading hot_add gives the next id" "$(cat "$CONTROL/hot_add")" 3
expect_errno OK "$CONTROL/hot_remove" 1
is "the disk is gone" "$(disks)" "${DISK}0 ${DISK}2 ${DISK}3 "
is "a free id is used again" "$(cat "$CONTROL/hot_add")" 1

use_disk "${DISK}0"
while read -r name mode first; do
	if [ ! -e "$sys/$name" ]; then
		fail "there is $name"
		continue
	fi
	is "mode of $name" "$(stat -c %a "$sys/$name")" "$mode"
	[ -z "$first" ] ||
		is "$name at first" "$(tr -s ' \n' ' ' <"$sys/$name" | sed 's/^ //; s/ $//')" "$first"
done <<END
disksize 644 0
initstate 444 0
reset 200
compact 200
mem_limit 200
mem_used_max 200
comp_algorithm 644
algorithm_params 200
io_stat 444 0 0 0 0
mm_stat 444 0 0 0 0 0 0 0 0 0
debug_stat 444 version: 1 0 0
auto 644 0
mem_high 644
writeback_budget 644 0
auto_stat 444
size 444 0
END

# The format, columns included, is that of the in-tree driver.
n8='( {7}0)'
matches "format of io_stat" "$(cat "$sys/io_stat")" "( {7}0 ){2}0? {6,8}0( {8}0)?\|"
matches "format of mm_stat" "$(cat "$sys/mm_stat")" "$n8( $n8){8}\|"
matches "format of debug_stat" "$(cat "$sys/debug_stat")" "version: 1\|.*0 $n8\|"

# Some are chosen by the kernel's configuration, but their order is fixed.
matches "comp_algorithm lists all, one chosen" "$(algorithms)" \
	'(wklz )?(lzo-rle )?(lzo )?lz4 (lz4hc )?(zstd )?(deflate )?(842 )?\|'
is "one algorithm is chosen" "$(grep -o '\[' "$sys/comp_algorithm" | wc -l)" 1
if [ "$DRIVER" = zram2 ] && [ $SLOW = 1 ]; then
	is "no algorithm is missing" "$(algorithms)" "wklz lzo-rle lzo lz4 lz4hc zstd deflate "
fi

is "a disk without a size reads as empty" "$(blkop read "$dev" 0 4096)" "SHORT 0"
is "a disk without a size can't be written" "$(blkop write "$dev" 0 4096 2>/dev/null)" ENOSPC

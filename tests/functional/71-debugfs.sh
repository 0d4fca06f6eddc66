#!/bin/sh
# vm: uml=yes
# debugfs: block_state in the format of zram.rst, summary for people, and that
# neither is in anybody's way.
. /tests/lib.sh
begin
. /tests/functional/writeback.sh
debug=/sys/kernel/debug/$DRIVER

# state PAGE: what block_state says of it.
state() { awk -v page="$1" '$1 == page { print $3 }' "$debug/$disk/block_state"; }
# line NAME, pages NAME: the first number behind it in summary, and that of pages.
line() { awk -v name="$1" 'index($0, name) == 1 { sub(/^[^0-9]* /, "", $0); print $1; exit }' "$debug/$disk/summary"; }
pages() { awk -v name="$1" 'index($0, name) == 1 && $NF == "pages" { print $(NF - 1) }' "$debug/$disk/summary"; }

new_disk
is "there is a folder for the disk" "$(ls "$debug/$disk" | tr '\n' ' ')" "auto block_state summary "
is "for root alone" "$(stat -c '%a %a' "$debug/$disk/block_state" "$debug/$disk/summary" | tr '\n' ' ')" "400 400 400 400 "
is "a disk without a size has no state" "$(sysfs_write -r "$debug/$disk/block_state")" EINVAL
is "nor cold pages" "$(cat "$debug/$disk/auto")" "$disk has no backing device"
is "and a summary that says so" "$(cat "$debug/$disk/summary")" "$disk has no size yet"
drop_disk
[ ! -e "$debug/$disk" ] && pass "the folder goes with the disk" || fail "the folder goes with the disk"

# One page of each kind.
null_disk debugged 512 16
new_disk
set_to "$sys/comp_algorithm" lz4
set_to "$sys/recomp_algorithm" "algo=zstd priority=1"
set_to "$sys/backing_dev" "$back"
set_to "$sys/disksize" 64M
is "an empty disk has no lines" "$(cat "$debug/$disk/block_state")" ""
sleep 2
began=$(awk '{ print int($1) }' /proc/uptime)
ok_if "same-filled" blkop fill "$dev" 40K 4K 7
ok_if "noise" blkop write "$dev" 80K 4K 1
ok_if "noise that goes to the device" blkop write "$dev" 120K 4K 2
ok_if "a page that compresses" dd if="$0" of="$dev" bs=4K count=1 seek=40 oflag=direct
ok_if "one that is recompressed" dd if="$0" of="$dev" bs=4K count=1 seek=50 oflag=direct
ended=$(awk '{ print int($1) }' /proc/uptime)
set_to "$sys/writeback" page_index=30
is "a same-filled page" "$(state 10)" "s....."
is "a raw page" "$(state 20)" "..h..."
is "a raw page on the device" "$(state 30)" ".wh..."
is "a compressed page" "$(state 40)" "......"
set_to "$sys/idle" all
is "an idle raw page" "$(state 20)" "..hi.."
is "an idle page" "$(state 50)" "...i.."
ok_if "one is read" dd if="$dev" of=/dev/null bs=4K count=1 skip=40 iflag=direct
is "and no longer idle" "$(state 40)" "......"
set_to "$sys/recompress" "type=idle priority=1"
is "a recompressed page" "$(state 50)" "....r."
is "one that nobody can compress" "$(state 20)" "..h..n"
is "used pages have a line each, in order" "$(awk '{ print $1 }' "$debug/$disk/block_state" | tr '\n' ' ')" "10 20 30 40 50 "
# shellcheck disable=SC2016 # awk's
is "times are when they were used" "$(awk -v from=$((began - 1)) -v to=$((ended + 1)) \
	'$1 != 40 && ($2 < from || $2 > to) { print }' "$debug/$disk/block_state")" ""
format=' {10}[0-9 ][0-9] [0-9 ]{11}[0-9]\.[0-9]{6} [s.][w.][h.][i.][r.][n.]'
is "every line has the format" "$(grep -Evx "$format" "$debug/$disk/block_state")" ""

# The same columns as the driver that the document is of.
if [ "$DRIVER" = zram2 ] && modprobe zram num_devices=1 2>/dev/null && [ -e /sys/kernel/debug/zram/zram0/block_state ]; then
	echo 1M >/sys/block/zram0/disksize
	blkop fill /dev/zram0 40K 4K 7 >/dev/null
	theirs=$(cat /sys/kernel/debug/zram/zram0/block_state)
	ours=$(grep '^ *10 ' "$debug/$disk/block_state")
	# Older kernels know of fewer flags.
	for columns in 1-13 26 33-${#theirs}; do
		is "columns $columns are those of zram" "$(echo "$ours" | cut -c $columns)" "$(echo "$theirs" | cut -c $columns)"
	done
	rmmod zram
fi

# The summary says the same as the statistics.
is "pages stored" "$(pages stored)" 5
is "of them same-filled" "$(pages '  same-filled')" 1
is "compressed" "$(pages '  compressed in memory')" 2
is "raw" "$(pages '  raw in memory')" 1
is "on the device" "$(pages '  on backing device')" 1
is "incompressible" "$(pages incompressible)" 1
is "by algorithm" "$(awk '$1 == "lz4" || $1 == "zstd" { print $1, $2, $3 }' "$debug/$disk/summary" | tr '\n' ' ')" "lz4 0 1 zstd 1 1 "
holds "it fits a page of a terminal" "$(wc -l <"$debug/$disk/summary")" -le 40
holds "and its width" "$(awk '{ if (length > n) n = length } END { print n }' "$debug/$disk/summary")" -le 80
explain <"$debug/$disk/summary"
memory write "$dev" 1M 4M 3 >/dev/null || fail "more data"
echo 1 >"$sys/compact"
is "memory used is that of mm_stat" "$(line 'memory used')" "$(awk '{ n = int($3 * 10 / 1048576); printf "%d.%d", n / 10, n % 10 }' "$sys/mm_stat")"
is "and what is stored" "$(pages stored)" $(($(stat_of orig_data_size) / 4096))

# A long dump in many reads has every page once.
ok_if "every page is used" blkop fill "$dev" 0 64M 9
is "a long dump is whole" "$(awk '$1 != NR - 1 { bad++ } END { print NR, bad + 0 }' "$debug/$disk/block_state")" "16384 0"
is "byte by byte it is the same" "$(dd if="$debug/$disk/block_state" bs=1 count=200 2>/dev/null)" \
	"$(head -c 200 "$debug/$disk/block_state")"

# Who has the file open, or reads it, is in nobody's way.
exec 3<"$debug/$disk/block_state"
head -c 100 <&3 >/dev/null
run_bg sh -c "while :; do cat $debug/$disk/block_state $debug/$disk/summary >/dev/null; done"
reader=$bg
if timed blkop write "$dev" 0 1M 5 >/dev/null; then pass "writing during a dump"; else fail "writing during a dump"; fi
took_within "at once" 200
if timed sysfs_write "$sys/reset" 1 >/dev/null; then pass "reset during a dump"; else fail "reset during a dump"; fi
took_within "at once" 200
set_to "$sys/disksize" 64M
ok_if "it works again" blkop fill "$dev" 0 64M 9
if timed drop_disk; then pass "hot_remove during a dump"; fi
took_within "at once" 200
cat <&3 >/dev/null 2>&1 && fail "what is gone can't be read" || pass "what is gone can't be read"
exec 3<&-
end_bg $reader
null_gone debugged

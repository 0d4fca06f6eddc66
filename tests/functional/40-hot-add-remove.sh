#!/bin/sh
# vm: uml=yes
# Disks come and go, several at a time, while another one is busy.
. /tests/lib.sh
begin
disks() { ls /sys/block | grep -c "^${DISK}[0-9]"; }

new_disk 16M
busy_id=$disk_id busy_dev=$dev busy_sys=$sys
run_bg rawio -a -d "$busy_dev" -t "$(few 2)" -n 0 -s 61
busy=$bg busy_out=$bg_out

# come_and_go TIMES KEY: says what went wrong, as diagnostics, and fails.
come_and_go() {
	local n=0 id d err
	while [ $n -lt "$1" ]; do
		id=$(cat "$CONTROL/hot_add") || { echo "hot_add failed"; return 1; }
		d=/dev/$DISK$id
		for err in "$(sysfs_write "/sys/block/$DISK$id/disksize" 4M)" \
			"$(blkop write "$d" 1M 128K $(($2 + n)))" \
			"$(blkop check "$d" 1M 128K $(($2 + n)))" \
			"$(blkop checkzero "$d" 0 1M)" \
			"$(sysfs_write "$CONTROL/hot_remove" "$id")"; do
			[ "$err" = OK ] || { echo "round $n: disk $id: $err"; return 1; }
		done
		n=$((n + 1))
	done
}

ok_if "a disk comes and goes" come_and_go "$(few 10)" 100
run_bg come_and_go "$(few 20)" 1000
first=$bg first_out=$bg_out
run_bg come_and_go "$(few 20)" 2000
second=$bg second_out=$bg_out
ok_if "three at a time" come_and_go "$(few 20)" 3000
wait $first && pass "the second of them" || fail "the second of them" "$(cat "$first_out")"
wait $second && pass "the third of them" || fail "the third of them" "$(cat "$second_out")"
is "only the busy disk is left" "$(disks)" 1

# Two that remove the same disks: one of them succeeds, the other is told so.
remove_all() {
	local n=0 err
	while [ $n -lt "$1" ]; do
		for id in 1 2 3; do
			err=$(sysfs_write "$CONTROL/hot_remove" $id)
			case $err in OK) echo removed ;; ENODEV | EBUSY) ;; *) echo "disk $id: $err"; return 1 ;; esac
		done
		n=$((n + 1))
	done
}
run_bg remove_all "$(few 60)"
first=$bg first_out=$bg_out
run_bg remove_all "$(few 60)"
second=$bg second_out=$bg_out
added=0
while kill -0 $first 2>/dev/null || kill -0 $second 2>/dev/null; do
	[ "$(disks)" -ge 4 ] || { cat "$CONTROL/hot_add" >/dev/null && added=$((added + 1)); }
done
wait $first && wait $second && pass "two remove the same disks" ||
	fail "two remove the same disks" "$(sort "$first_out" "$second_out" | uniq -c)"
# A disk that is still on its way out has its number: the next may be above 3.
for id in $(ls /sys/block | sed -n "s/^$DISK\([0-9]\)/\1/p"); do
	[ "$id" = "$busy_id" ] || sysfs_write "$CONTROL/hot_remove" "$id"
done >rest
is "each is removed once" "$(cat "$first_out" "$second_out" rest | grep -cE '^(removed|OK)')" $added
is "only the busy disk is left of those" "$(disks)" 1

# As with udev, which opens whatever appears.
run_bg opener -h 10 -p 3 "/dev/${DISK}1" "/dev/${DISK}2" "/dev/${DISK}3"
passing=$bg
ok_if "while something opens them in passing" come_and_go "$(few 20)" 4000
is "only the busy disk is left then" "$(disks)" 1
kill $passing

# Removed without a reset, with data; and never set up at all.
new_disk 4M
ok_if "data on a disk to remove" blkop write "$dev" 0 "$(few 4)M"
expect_errno OK "$CONTROL/hot_remove" "$disk_id"
new_disk
expect_errno OK "$CONTROL/hot_remove" "$disk_id"
is "hot_remove of what is gone" "$(sysfs_write "$CONTROL/hot_remove" "$disk_id")" ENODEV

is "the busy disk can't be removed" "$(sysfs_write "$CONTROL/hot_remove" "$busy_id")" EBUSY
kill -0 $busy && pass "its requests go on" || fail "its requests go on" "$(cat "$busy_out")"
is "it can still be opened" "$(blkop read "$busy_dev" 0 4096)" OK
end_bg $busy && pass "and have all been right" || fail "and have all been right" "$(cat "$busy_out")"
is "no request failed" "$(awk '{ print $1, $2 }' "$busy_sys/io_stat")" "0 0"
expect_errno OK "$CONTROL/hot_remove" "$busy_id"
is "no disk is left" "$(disks)" 0

#!/bin/sh
# vm: mem=320M disk=512M alone=yes long=yes timeout=600
# Cold pages leave by themselves: with nothing set but a backing device, above
# mem_high, when the machine wants memory, and not when it is switched off, over its
# budget, or fails; by hand, reset and removal meanwhile.
. /tests/lib.sh
begin
. /tests/functional/writeback.sh
modprobe dm-mod
modprobe dm-flakey
modprobe virtio_pci
modprobe virtio_blk
virtio() { [ -b /dev/vda ]; }
ok_in_time "there is a virtio disk" 10 virtio || exit

auto_stat() { field "$1" "$sys/auto_stat"; }
mem_used() { stat_of mem_used_total; }
below_high() { [ "$(mem_used)" -le "$(cat "$sys/mem_high")" ]; }
is_in() { [ "$(auto_stat state)" = "$1" ]; }
some_left() { [ "$(auto_stat evicted_pages)" -gt 0 ]; }
says() { echo "# $disk: $(tr '\n' ' ' <"$sys/auto_stat")"; }

# Nothing but the device and the size.
back=/dev/vda
backed_disk 512M
is "auto is on" "$(cat "$sys/auto")" 1
ram=$(awk '/^MemTotal/ { print $2 * 1024 }' /proc/meminfo)
high=$(cat "$sys/mem_high")
holds "mem_high is two fifths of memory" "$high" -ge $((ram * 39 / 100))
holds "and no more" "$high" -le $((ram * 41 / 100))
# What rotates doesn't wear out.
[ "$(cat /sys/block/vda/queue/rotational)" = 1 ] && budget=0 || budget=$((1 << 30))
is "what may be written a day" "$(cat "$sys/writeback_budget")" $budget
ok_in_time "at first it is calm" 5 is_in calm
mib=$((high * 5 / 4 >> 20))
ok_if "more than that, which nothing compresses" blkop write "$dev" 0 ${mib}M 1
ok_in_time "pages leave until it is below" 60 below_high
ok_in_time "and then it is calm again" 30 is_in calm
says
evicted=$(auto_stat evicted_pages)
is "they are on the device" "$(backing_stat objects)" "$evicted"
is "all that is written is accounted for" "$(auto_stat written_total)" "$(device_did written)"
holds "no more than was wanted" "$(mem_used)" -ge $((high * 3 / 4))
first_disk=$disk first_id=$disk_id
written_at=$(now_cs)

# Switched off it stays.
null_disk nbauto 512 48
backed_disk 64M auto=0 mem_high=4M
is "auto is off" "$(cat "$sys/auto")" 0
is "of a small disk a GiB a day may be written" "$(cat "$sys/writeback_budget")" $((1 << 30))
ok_if "data above mem_high" blkop write "$dev" 0 16M 2
sleep 13
is "it stays in memory" "$(bd blocks) $(auto_stat evicted_pages) $(auto_stat state)" "0 0 off"
set_to "$sys/auto" 1
ok_in_time "switched on it leaves at once" 20 below_high
set_to "$sys/auto" 0
ok_in_time "switched off again" 5 is_in off
evicted=$(auto_stat evicted_pages)
ok_if "all is right" blkop check "$dev" 0 16M 2
is "what was read back is counted" "$(auto_stat refaults_device)" "$evicted"
evicted=$(auto_stat evicted_pages)
ok_if "more" blkop write "$dev" 32M 8M 3
sleep 13
is "nothing leaves then" "$(auto_stat evicted_pages)" "$evicted"
drop_disk

# A budget, which is lowered while it runs.
backed_disk 64M mem_high=2M writeback_budget=8M
before=$(device_did written)
ok_if "data above mem_high" blkop write "$dev" 0 16M 4
spent() { [ "$(auto_stat written_total)" -ge $((3 << 20)) ]; }
ok_in_time "pages leave" 30 spent
sleep 2
is "until the budget is used up" "$(auto_stat reason)" budget
written=$(auto_stat written_total)
holds "half a day's" "$written" -ge $((3 << 20))
holds "and no more" "$written" -le $((5 << 20))
is "the device says so, too" "$written" $(($(device_did written) - before))
set_to "$sys/writeback_budget" 1M
is "it is lowered" "$(cat "$sys/writeback_budget")" $((1 << 20))
sleep 2
holds "and nothing more is written" "$(auto_stat written_total)" -le $((written + 65536))
set_to "$sys/writeback_budget" 0
unlimited() { [ "$(auto_stat budget_left)" = unlimited ]; }
ok_in_time "no budget" 5 unlimited
ok_in_time "then the rest leaves" 30 below_high
ok_if "all is right" blkop check "$dev" 0 16M 4
drop_disk
null_gone nbauto

# By hand, while it is at work.
null_disk nbslow 512 48 "$(speed 3)"
# slowly_leaves: pages leave from a new disk, which takes some seconds.
slowly_leaves() {
	backed_disk 64M recomp_algorithm="algo=zstd priority=1" mem_high=1M
	ok_if "data" blkop write "$dev" 0 12M 5
	ok_if "data to recompress" memory write "$dev" 32M 2M 6
	ok_in_time "pages begin to leave" 30 some_left
}
slowly_leaves
is "it is above its mark" "$(auto_stat state)" high
expect_errno OK "$sys/idle" all
expect_errno OK "$sys/recompress" "priority=1 max_pages=50"
timed expect_errno OK "$sys/writeback" page_indexes=0-100
took_within "writeback has waited for a slice only" 500
expect_errno OK "$sys/recompress" "type=idle priority=1"
ok_in_time "the rest leaves" 60 below_high
ok_if "all is right" blkop check "$dev" 0 12M 5
ok_if "that, too" memory check "$dev" 32M 2M 6
drop_disk

# Reset, removal, and the module itself.
slowly_leaves
timed expect_errno OK "$sys/reset" 1
took_within "reset waits for what is on its way" 500
is "it is as new" "$(cat "$sys/auto") $(cat "$sys/disksize") $(auto_stat state)" "0 0 off"
drop_disk
slowly_leaves
timed expect_errno OK "$CONTROL/hot_remove" "$disk_id"
took_within "so does removal" 500

# Pages that were used two minutes ago, when the machine wants memory.
use_disk "$first_disk"
while [ $(($(now_cs) - written_at)) -lt 12500 ]; do sleep 1; done
before=$(auto_stat evicted_pages)
wants_memory() {
	echo 2 >/proc/sys/vm/drop_caches
	[ "$(auto_stat evicted_pages)" -gt "$before" ]
}
ok_in_time "a page leaves when the machine wants memory" 30 wants_memory
says
grep -q pressed "/sys/kernel/debug/$DRIVER/$disk/auto" && pass "debugfs says why" ||
	fail "debugfs says why" "$(cat "/sys/kernel/debug/$DRIVER/$disk/auto")"
ok_if "all is right" blkop check "$dev" 0 ${mib}M 1
is "and is read back from the device" "$(auto_stat refaults_device)" "$(auto_stat evicted_pages)"
disk_id=$first_id
drop_disk

# A device that fails.
back=/dev/nbslow
dm failing "0 $(sectors "$back") flakey $back 0 0 3600 1 error_writes"
log_mark
backed_disk 64M mem_high=1M
ok_if "data" blkop write "$dev" 0 8M 7
ok_in_time "with a device that fails it is off" 40 is_in off
is "and says why" "$(auto_stat reason)" write_errors
ok_if "so does the log" dmesg_has "zram2: $disk: writes to the backing device fail, for 60 s no page leaves"
is "nothing has left" "$(auto_stat evicted_pages) $(bd blocks) $(auto_stat written_total)" "0 0 0"
ok_if "all is right" blkop check "$dev" 0 8M 7
drop_disk
dmsetup remove failing || fail "nothing holds the device that fails"

# Who stands in for zram writes nothing by itself.
back=/dev/nbslow
slowly_leaves
ok_if "the module can go meanwhile" unload_zram2
CONTROL=/sys/class/zram-control DISK=zram
begin drop_in=1 num_devices=0
new_disk
set_to "$sys/backing_dev" "$back"
set_to "$sys/disksize" 16M
is "in the place of zram it is off" "$(cat "$sys/auto") $(auto_stat state)" "0 off"
set_to "$sys/auto" 1
ok_in_time "until it is switched on" 5 is_in calm
set_to "$sys/reset" 1

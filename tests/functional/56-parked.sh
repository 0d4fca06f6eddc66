#!/bin/sh
# vm: mem=560M alone=yes timeout=600
# A disk at its mem_limit with a backing device: writes wait until pages have left, and
# fail once nothing can leave. So does swap.
. /tests/lib.sh
begin
. /tests/functional/writeback.sh

parked() { field "$1" "$sys/parked_stat"; }

# Four at once write six times what mem_limit has room for.
null_disk nbparked 512 64
backed_disk 96M
set_to "$sys/mem_limit" 4M
write_four() {
	local at pids=
	for at in 0 8 16 24; do
		memory write "$dev" ${at}M 8M "$1$at" >"out.$at" 2>"done.$at" &
		pids="$pids $!"
	done
	wait $pids
}
check_four() {
	local at
	for at in 0 8 16 24; do
		is "writer at $at MiB succeeds, $1" "$(cat out.$at)" OK
		ok_if "all it wrote is right, $1" memory check "$dev" ${at}M 8M "$1$at"
	done
}
for round in 1 2; do
	write_four $round
	check_four $round
done
holds "the memory used keeps to the limit" "$(stat_of mem_used_total)" -le 4194304
holds "pages are on the device" "$(backing_stat objects)" -gt 4000
holds "writes have waited" "$(parked total)" -gt 0
is "none does now, none failed" "$(parked waiting) $(parked failed)" "0 0"
is "no request failed" "$(stat_of failed_reads) $(stat_of failed_writes)" "0 0"
echo "# parked: $(tr '\n' ' ' <"$sys/parked_stat")"

# By hand at the same time.
run_bg sysfs_write "$sys/writeback" page_indexes=0-8191
write_four 3
wait $bg
check_four 3

# While a CPU goes and comes, and everything is frozen.
write_on() { until [ -e stop ]; do write_four 4; done; }
before=$(parked total)
run_bg write_on
cpu=/sys/devices/system/cpu/cpu1/online
for n in 0 1 0 1; do
	[ ! -w $cpu ] || set_to $cpu $n
	sleep 0.3
done
if [ -e /sys/power/pm_test ]; then
	log_mark
	expect_errno OK /sys/power/pm_test freezer
	expect_errno OK /sys/power/state freeze
	expect_errno OK /sys/power/pm_test none
	ok_if "the system was frozen" dmesg_has 'Freezing user space processes'
fi
touch stop
wait $bg
check_four 4
holds "writes have waited meanwhile" "$(parked total)" -gt "$before"
is "none failed" "$(parked failed)" 0
nothing_left "four writers"
drop_disk
null_gone nbparked

# Until nothing can leave: then writes fail, all that was stored is right, and what is
# discarded makes room.
null_disk nbsmall 512 5
backed_disk 32M
set_to "$sys/mem_limit" 2M
err=$(blkop write "$dev" 0 32M 41 2>failure)
done=$(sed -n 's/ bytes done//p' failure)
is "writing more than there is room for fails" "$err" EIO
holds "but not before both are full" "${done:-0}" -ge $((5 << 20))
holds "some have waited for it in vain" "$(parked failed)" -ge 1
ok_if "what was stored is right" blkop check "$dev" 0 "$done" 41
timed blkop write "$dev" 24M 4M 42 2>/dev/null >err
is "it fails again" "$(cat err)" EIO
took_within "at once" 100
ok_if "pages of one word need no room" blkop fill "$dev" 24M 1M 0x55
ok_if "what was stored is right still" blkop check "$dev" 0 "$done" 41
ok_if "a half is discarded" blkop discard "$dev" 0 3M
ok_if "as much can be written" blkop write "$dev" 24M 2M 43
ok_if "and is right" blkop check "$dev" 24M 2M 43
ok_if "as is the rest" blkop check "$dev" 3M $((done - (3 << 20))) 41
nothing_left "when it was full"

# writeback_limit holds for these pages, too.
set_to "$sys/writeback_limit" 64
set_to "$sys/writeback_limit_enable" 1
is "writeback_limit ends it" "$(blkop write "$dev" 0 8M 44 2>/dev/null)" EIO
is "it is used up" "$(cat "$sys/writeback_limit")" 0
set_to "$sys/writeback_limit" 100000
ok_if "a new one is heeded at once" blkop write "$dev" 8M 2M 45
drop_disk
null_gone nbsmall

# A device that doesn't answer: writers fail after ten seconds, and not before.
modprobe dm-mod
null_disk nbhang 512 32
null=$back
dm parkedhang "0 $(sectors "$null") linear $null 0"
backed_disk 32M
set_to "$sys/mem_limit" 1M
ok_if "data" blkop write "$dev" 0 4M 46
hang() { dmsetup suspend --noflush --nolockfs parkedhang || fail "the backing device hangs"; }
answer() { dmsetup resume parkedhang || fail "the backing device answers"; }
waits() { [ "$(parked waiting)" -gt 0 ]; }
settled() { [ "$(parked waiting)" = 0 ]; }
hang
run_bg blkop write "$dev" 8M 4M 47
ok_if "a write waits" eventually 5 waits
ok_if "what isn't there is read meanwhile" blkop checkzero "$dev" 16M 4M
rmmod "$DRIVER" 2>/dev/null && fail "the module stays" || pass "the module stays"
expect_errno EBUSY "$sys/reset" 1
answer
wait $bg
is "the write ends when the device answers" "$(cat "$bg_out")" OK
ok_if "and is right" blkop check "$dev" 8M 4M 47
hang
run_bg blkop write "$dev" 12M 4M 48
ok_if "a write waits" eventually 5 waits
expect_errno EBUSY "$CONTROL/hot_remove" "$disk_id"
answer
wait $bg
is "it ends, too" "$(cat "$bg_out")" OK
hang
timed blkop write "$dev" 16M 4M 49 2>/dev/null >err
is "writes fail when it hangs" "$(cat err)" EIO
holds "only after ten seconds" $took -ge 950
took_within "and not much later" 2000
answer
ok_if "nobody waits" eventually 10 settled
ok_if "what was stored is right" blkop check "$dev" 0 4M 46
ok_if "what came later, too" blkop check "$dev" 8M 4M 47
drop_disk
dmsetup remove parkedhang
null_gone nbhang

# Swap that is larger than its mem_limit: no page is lost, and mm is never told that a
# write has failed. Taken away while pages leave.
null_disk nbswap 512 256
backed_disk 256M
set_to "$sys/mem_limit" 8M
ok_if "mkswap" mkswap "$dev"
ok_if "swapon" swapon "$dev"
log_mark
mib=64
run_memfill -s 48 -p -w $mib 2
ok_in_time "memory is swapped out" 120 is_filled || exit
holds "it is on the disk" "$(stat_of orig_data_size)" -ge $((mib * 800000))
holds "within the limit" "$(stat_of mem_used_total)" -le 8388608
holds "swap has waited for room" "$(parked total)" -gt 0
is "and never in vain" "$(parked failed)" 0
memfill_verified "every page comes back"
run_memfill -s 49 -p -w $mib 2
ok_in_time "memory is swapped out again" 120 is_filled || exit
ok_if "swapoff with pages in both places" swapoff "$dev"
memfill_verified "every page has come back before swapoff ended"
dmesg_has "Write-error on swap-device" && fail "no write to swap failed" || pass "no write to swap failed"
is "no request failed" "$(stat_of failed_reads) $(stat_of failed_writes)" "0 0"
echo "# parked: $(tr '\n' ' ' <"$sys/parked_stat")"
expect_errno OK "$sys/reset" 1
drop_disk
null_gone nbswap

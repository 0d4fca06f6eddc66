#!/bin/sh
# vm: uml=yes
# offload_threads and offload_stat: what can be set when, what it means to others.
. /tests/lib.sh
begin
all_zero() { is "$1: offload_stat is all zeroes" "$(awk '{ n += $2 } END { print NR ":" n }' "$sys/offload_stat")" 13:0; }

new_disk
is "off at first" "$(cat "$sys/offload_threads")" 0
all_zero "new"
for threads in 1 64 0 2; do
	expect_errno OK "$sys/offload_threads" $threads
	is "it is shown" "$(cat "$sys/offload_threads")" $threads
done
set_to "$sys/disksize" 16M
for threads in 0 2 3; do expect_errno EBUSY "$sys/offload_threads" $threads; done
is "as it was" "$(cat "$sys/offload_threads")" 2
is "its names" "$(awk '{ printf "%s ", $1 }' "$sys/offload_stat")" \
	"pending queued completed taken inline_same inline_full inline_late inline_first deepest wakeups queue_us longest_us page_ns "

# What isn't kswapd's goes its usual way.
rawio_ok "requests" -S "$(few 16)" -t 2 -n "$(few 2000)" -s 54
ok_if "mkswap" mkswap "$dev"
ok_if "swapon" swapon "$dev"
run_memfill -s 54 -p -w 4
ok_in_time "memory is swapped out" 60 is_filled || exit
memfill_verified "every page comes back"
is "nothing of that was queued" "$(offload queued) $(offload pending)" "0 0"
expect_errno EBUSY "$sys/reset" 1
ok_if "swapoff" swapoff "$dev"

expect_errno OK "$sys/reset" 1
is "reset sets it to the default" "$(cat "$sys/offload_threads")" 0
all_zero "after reset"
drop_disk

# The administrator's CPUs and nice value.
queue=/sys/devices/virtual/workqueue/zram2_offload
if [ -d $queue ]; then
	expect_errno OK $queue/nice -5
	expect_errno OK $queue/cpumask 1
else
	fail "the workqueue can be configured" "there is no $queue"
fi

# The default, of new devices and of those that were reset.
begin num_devices=1 offload_threads=3
is "the module's parameter" "$(cat /sys/module/zram2/parameters/offload_threads)" 3
use_disk "${DISK}0"
is "a new device has it" "$(cat "$sys/offload_threads")" 3
set_to "$sys/offload_threads" 0
expect_errno OK "$sys/reset" 1
is "and so has one that was reset" "$(cat "$sys/offload_threads")" 3
unload_zram2
if load_zram2 offload_threads=65 2>/dev/null; then
	fail "no more than 64 threads by default"
else
	pass "no more than 64 threads by default"
fi
ok_if "the log says why" dmesg_has 'zram2: offload_threads: '

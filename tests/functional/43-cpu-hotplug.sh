#!/bin/sh
# CPUs go away and come back while requests run, and so does everything when the
# system is frozen as for a suspend; what was freed and not yet given back is lost
# in neither.
. /tests/lib.sh
nothing_kept() { [ "$(gc pending) $(stat_of mem_used_total)" = "0 0" ]; }
# gc_adds_up WHEN: with all freed, everything that was freed later is accounted for.
gc_adds_up() {
	blkop discard "$dev" 0 8M >/dev/null
	ok_if "$1: all memory comes back" eventually 10 nothing_kept
	is "$1: each freed page was taken again or freed" "$(($(gc recycled) + $(gc freed)))" "$(gc deferred)"
}
cpu=/sys/devices/system/cpu/cpu1/online
[ -w $cpu ] || { fail "there is a second CPU that can be taken away"; exit; }
begin
new_disk
every=$(algorithms)
drop_disk

for algo in $every; do
	new_disk 8M "$algo"
	run_bg rawio -a -d "$dev" -t 3 -n 0 -s 81
	busy=$bg busy_out=$bg_out
	n=0
	while [ $n -lt 4 ]; do
		sleep 0.1
		[ "$(sysfs_write $cpu 0)" = OK ] || fail "$algo: CPU 1 goes away"
		sleep 0.1
		[ "$(sysfs_write $cpu 1)" = OK ] || fail "$algo: CPU 1 comes back"
		n=$((n + 1))
	done
	end_bg $busy && pass "$algo: every block is right" ||
		fail "$algo: every block is right" "$(cat "$busy_out")"
	matches "$algo: requests went through meanwhile" "$(cat "$busy_out")" 'rawio: [1-9][0-9]+ requests.*'
	is "$algo: no request failed" "$(stat_of failed_reads) $(stat_of failed_writes)" "0 0"
	gc_adds_up "$algo"
	drop_disk
done

# Set up with one CPU, used with two; and removed with one.
sysfs_write $cpu 0 >/dev/null
new_disk 8M
sysfs_write $cpu 1 >/dev/null
rawio_ok "a disk set up before a CPU came" -a -t 4 -n 100 -s 82
sysfs_write $cpu 0 >/dev/null
rawio_ok "works after it has gone" -a -t 2 -n 100 -s 83
drop_disk
is "CPU 1 is back" "$(sysfs_write $cpu 1)" OK

# What a CPU keeps when it goes.
new_disk 8M
for round in 1 2 3; do
	ok_if "write on CPU 1" busybox taskset 2 blkop write "$dev" 0 8M $round
	ok_if "free there" busybox taskset 2 blkop discard "$dev" 0 8M
	is "and it goes" "$(sysfs_write $cpu 0)" OK
	gc_adds_up "round $round"
	is "it comes back" "$(sysfs_write $cpu 1)" OK
done
holds "frees were lazy" "$(gc deferred)" -gt 1000

# Frozen with requests on their way and pages kept.
if [ -e /sys/power/pm_test ]; then
	run_bg rawio -a -d "$dev" -t 3 -n 0 -s 84
	busy=$bg busy_out=$bg_out
	sleep 0.2
	log_mark
	expect_errno OK /sys/power/pm_test freezer
	expect_errno OK /sys/power/state freeze
	expect_errno OK /sys/power/pm_test none
	ok_if "the system was frozen" dmesg_has 'Freezing user space processes'
	sleep 0.2
	end_bg $busy && pass "frozen: every block is right" || fail "frozen: every block is right" "$(cat "$busy_out")"
	gc_adds_up "frozen"
else
	echo "# this kernel can't be frozen for a test"
fi
drop_disk
is "CPU 1 comes back at the end" "$(sysfs_write $cpu 1)" OK

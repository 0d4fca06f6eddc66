#!/bin/sh
# Guest side of make kunit: loads the suites, which run at once, and turns what
# they left in debugfs (KTAP) into results, one for a test case. What a case
# printed before it failed is shown with it.

# Suites make allocations of their own task fail: any of them, without a stack
# trace. No other task is affected.
for fault in failslab fail_page_alloc; do
	cd "/sys/kernel/debug/$fault" || continue
	echo 0 >verbose
	echo N >ignore-gfp-wait
	echo Y >task-filter
	echo 100 >probability
	echo -1 >./times
	[ ! -e min-order ] || echo 0 >min-order
	[ ! -e ignore-gfp-highmem ] || echo N >ignore-gfp-highmem
done
cd /tmp

# How many times as long as usual threads are waited for: the host knows.
slow=$(sed -n 's/.*\bz2\.slow=\([0-9]*\).*/\1/p' /proc/cmdline)
slow=${slow:-1}

# modprobe sleeps for as long as a case takes, which is no hang: a million
# operations can be more than a minute on a busy machine.
[ ! -w /proc/sys/kernel/hung_task_timeout_secs ] || echo $((300 * slow)) >/proc/sys/kernel/hung_task_timeout_secs

modprobe zram2_kunit slow=$slow || echo "not ok - kunit: zram2_kunit.ko loads"
set -- /sys/kernel/debug/kunit/*/results
[ -e "$1" ] || { echo "not ok - kunit: there are suites"; exit 1; }

for results; do
	suite=${results%/results}
	awk -v suite="${suite##*/}" -f /tests/vm/ktap.awk "$results"
done
exit 0

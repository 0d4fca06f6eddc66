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

# modprobe sleeps for as long as a case takes, which is no hang: a million
# operations can be more than a minute on a busy machine.
[ ! -w /proc/sys/kernel/hung_task_timeout_secs ] || echo 300 >/proc/sys/kernel/hung_task_timeout_secs

modprobe zram2_kunit || echo "not ok - kunit: zram2_kunit.ko loads"
set -- /sys/kernel/debug/kunit/*/results
[ -e "$1" ] || { echo "not ok - kunit: there are suites"; exit 1; }

for results; do
	suite=${results%/results}
	suite=${suite##*/}
	awk -v suite="$suite" '
		function name(line) { sub(/^ *(not )?ok [0-9]+ (- )?/, "", line); return line }
		/^    1\.\.[0-9]+/ { sub(/.*\.\./, ""); planned = $0; next }
		/^    (not )?ok [0-9]+ / {
			seen++
			if ($0 ~ /# SKIP/) skipped++
			else if ($0 ~ /^    ok/) passed++
			if ($0 ~ /^    ok/) print "ok - " suite ": " name($0)
			else { print "not ok - " suite ": " name($0); printf "%s", said }
			said = ""
			next
		}
		/^    / && !/^    (KTAP version|# Subtest:|# module:)/ { said = said "    " $0 "\n" }
		END {
			if (seen < planned || !seen) print "not ok - " suite ": all of its " planned + 0 " cases ran"
			printf "%s: %d passed, %d failed, %d skipped\n", suite, passed, seen - passed - skipped, skipped
		}' "$results"
done
exit 0

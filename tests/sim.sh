#!/bin/bash
# What leaves for the backing device by itself, tried out on made-up machines: the
# units that decide are compiled in user space, with sanitizers, and run through hours
# and months of each trace in seconds. It prints figures (what is read back and
# written, the time that takes, the longest wait of a writer, how often the worker ran,
# slots looked at for a page that left), and whether each trace keeps its promises.
. "$(dirname "$0")/lib/common.sh"
. "$Z2_TOP/tests/lib/stubs.sh"
cd "$Z2_TOP"

need_packages gcc libc6-dev
units=(score decay heat wear clock pace policy)

compiled() {
	gcc -std=gnu11 -g -O2 -Wall -Wextra -Wno-sign-compare -Werror \
		-fsanitize=undefined -fno-sanitize-recover=all -include tests/sim/kernel.h -I "$Z2_SCRATCH/include" -I include \
		-o "$Z2_SCRATCH/sim" tests/sim/*.c "${units[@]/#/src/}" -lm
}

# A minute of CPU is more than it may ever take: a trace that doesn't end isn't waited for.
traces() {
	local status=0 line
	(ulimit -t 60; exec "$Z2_SCRATCH/sim") >"$Z2_SCRATCH/traces" 2>"$Z2_SCRATCH/said" || status=$?
	while IFS= read -r line; do
		case $line in
		'ok - '*) pass "sim: ${line#ok - }" ;;
		'not ok - '*) fail "sim: ${line#not ok - }" ;;
		*) printf '%s\n' "$line" ;;
		esac
	done <"$Z2_SCRATCH/traces"
	[ $status -le 1 ] && [ ! -s "$Z2_SCRATCH/said" ] || { fail "sim: it runs to its end"; because <"$Z2_SCRATCH/said"; }
}

units=("${units[@]/%/.c}")
stubs_make "$Z2_SCRATCH/include" "${units[@]/#/src/}" include/zram2/*.h
check "sim: ${#units[@]} units compile in user space without a warning" compiled
[ ! -x "$Z2_SCRATCH/sim" ] || traces
verdict

#!/bin/bash
# Everything: lint, kernel differences, simulations, wklz in user space, unit tests, a
# whole system, functional tests on each kernel. Sets itself up on a fresh Debian 12;
# the last line says how it went. Long cases go round the older kernels from day to
# day, unless FULL says that all are to run on each.
. "$(dirname "$0")/lib/common.sh"

# User-mode Linux keeps one CPU busy, and leaves one to the virtual machines; then
# there is a second one for them.
if [ "${1:-}" = beside ]; then
	part kunit
	part systest
	part vmtest
	exit
fi

# Of the commit, so that it is the same each time that this one is checked.
day=$(git -C "$Z2_TOP" log -1 --format=%ct 2>/dev/null) || day=$(date +%s)
[ -n "${FULL:-}" ] || export VM_ROUND=$((day / 86400))
export VM_SHARED=$Z2_SCRATCH/shared
mkdir "$VM_SHARED"

part lint
part compat
part sim
MINUTES=0 part fuzz
beside "$Z2_TOP/tests/check.sh" beside
part vmtest
beside_end || fail "what runs beside ends well"
verdict

#!/bin/bash
# Everything: lint, kernel differences, unit tests, functional tests on each
# kernel. Sets itself up on a fresh Debian 12; the last line says how it went.
. "$(dirname "$0")/lib/common.sh"

# User-mode Linux keeps one CPU busy, and leaves one to the virtual machines; then
# there is a second one for them. What is printed there comes when it is through,
# its progress meanwhile.
if [ "${1:-}" = beside ]; then
	"$Z2_TOP/tests/kunit.sh" || fail "kunit ran to its end"
	"$Z2_TOP/tests/vmtest.sh" || fail "vmtest ran to its end"
	exit
fi

# All of it, and not only the script, is to end with us.
beside=
trap '[ -z "$beside" ] || kill -- "-$beside" 2>/dev/null; cleanup' EXIT

# Failures are counted where they happen; a part fails when it could not go on,
# and the others are still worth running.
"$Z2_TOP/tests/lint.sh" || fail "lint ran to its end"
"$Z2_TOP/tests/compat.sh" || fail "compat ran to its end"

export VM_SHARED=$Z2_SCRATCH/shared
mkdir "$VM_SHARED"
setsid "$Z2_TOP/tests/check.sh" beside >"$Z2_SCRATCH/beside" </dev/null &
beside=$!
"$Z2_TOP/tests/vmtest.sh" || fail "vmtest ran to its end"
wait "$beside" || fail "what runs beside ends well"
beside=
cat "$Z2_SCRATCH/beside"
verdict

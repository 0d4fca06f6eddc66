#!/bin/bash
# What to run before each commit: lint, the unit tests but for the slow ones, and the
# functional cases that run on user-mode Linux, but for the long ones.
. "$(dirname "$0")/lib/common.sh"

export QUICK=1
if [ "${1:-}" = beside ]; then
	part lint
	part vmtest uml
	exit
fi

export VM_SHARED=$Z2_SCRATCH/shared
mkdir "$VM_SHARED"
beside "$Z2_TOP/tests/quick.sh" beside
part kunit
beside_end || fail "what runs beside ends well"
verdict

#!/bin/bash
# The unit tests: user-mode Linux with KASAN, lockdep, kmemleak and fault
# injection loads zram2_kunit.ko, which runs its suites. Then the functional
# cases that ask for that kernel, with the same detectors on.
. "$(dirname "$0")/lib/common.sh"
. "$Z2_TOP/tests/lib/vm.sh"

target_get uml
modules=$Z2_TOP/build/uml
if with_lock build-uml build_module uml "$modules" KUNIT=1; then
	pass "uml: the module and its suites build without a warning"
	vm_image uml "$modules" '' "$Z2_SCRATCH/kunit.cpio" vm/kunit.sh
	say "running the suites on $(target_about uml)"
	VM_DOUBTS=$Z2_SCRATCH/doubts
	: >"$VM_DOUBTS"
	vm_boot uml "$Z2_SCRATCH/kunit.cpio" 1800 1500M 2 ignore_loglevel "kunit.filter_glob=${SUITE:-*}"
	for suite in $(vm_doubted); do
		VM_DOUBTS='' vm_boot uml "$Z2_SCRATCH/kunit.cpio" 900 1500M 2 ignore_loglevel "kunit.filter_glob=$suite"
	done
	[ -n "${SUITE:-}" ] || "$Z2_TOP/tests/vmtest.sh" uml
else
	fail "uml: the module and its suites build without a warning"
fi
verdict

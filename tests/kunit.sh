#!/bin/bash
# The unit tests: user-mode Linux with KASAN, lockdep, kmemleak and fault
# injection loads zram2_kunit.ko, which runs its suites. Then the functional
# cases that ask for that kernel, with the same detectors on. With TARGET=kcsan
# only the suites, where data races are looked for. With QUICK only the suites as well,
# without their slow cases.
. "$(dirname "$0")/lib/common.sh"
. "$Z2_TOP/tests/lib/vm.sh"

target=${TARGET:-uml}
case $target in uml | kcsan) ;; *) die "no such kernel: $target" ;; esac
target_get "$target"
modules=$Z2_TOP/build/$target
if vm_build "$target"; then
	pass "$target: the module and its suites build without a warning"
	vm_image "$target" "$modules" '' "$Z2_SCRATCH/kunit.cpio" vm/kunit.sh
	say "running the suites on $(target_about "$target")"
	VM_DOUBTS=$Z2_SCRATCH/doubts
	: >"$VM_DOUBTS"
	args=(1500M 2 ignore_loglevel)
	[ -z "${QUICK:-}" ] || args+=('kunit.filter=speed>slow')
	vm_boot "$target" "$Z2_SCRATCH/kunit.cpio" 1800 "${args[@]}" "kunit.filter_glob=${SUITE:-*}"
	for suite in $(vm_doubted); do
		ln -sf kunit.cpio "$Z2_SCRATCH/$suite-again.cpio"
		VM_DOUBTS='' vm_boot "$target" "$Z2_SCRATCH/$suite-again.cpio" 900 "${args[@]}" "kunit.filter_glob=$suite"
	done
	[ -n "${SUITE:-}${QUICK:-}" ] || [ "$target" != uml ] || "$Z2_TOP/tests/vmtest.sh" uml
else
	fail "$target: the module and its suites build without a warning"
fi
verdict

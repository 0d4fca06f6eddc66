#!/bin/bash
# Everything at once, for a long time: the functional case 90-torture in
# user-mode Linux with all detectors, on stock kernels, or on one that looks for data
# races.
# usage: torture.sh [all | uml | 6.1 | 6.12 | 7.2 | kcsan]...   MINUTES=N SEED=N
. "$(dirname "$0")/lib/common.sh"
. "$Z2_TOP/tests/lib/vm.sh"

minutes=${MINUTES:-10} seed=${SEED:-1}
[[ $minutes =~ ^[1-9][0-9]*$ && $seed =~ ^[0-9]+$ ]] || die "MINUTES and SEED are numbers"
case=$Z2_TOP/tests/functional/90-torture.sh

torture() {
	local target=$1 modules=$Z2_TOP/build/$1
	target_get "$target"
	if ! with_lock "build-$target" build_module "$target" "$modules"; then
		fail "$target: the module builds without a warning"
		return 0
	fi
	vm_image "$target" "$modules" '' "$Z2_SCRATCH/torture.cpio" functional/90-torture.sh
	say "$target: $minutes minutes with seed $seed on $(target_about "$target")"
	# Setting up, and seeing that all is right, takes its time too.
	vm_boot "$target" "$Z2_SCRATCH/torture.cpio" $((minutes * 180 + 900)) "$(case_option "$case" mem 1G)" 2 \
		quiet log_buf_len=16M "z2.seconds=$((minutes * 60))" "z2.seed=$seed"
	rm -f "$Z2_SCRATCH/torture.cpio"
}

case ${*:-uml} in all) set -- uml "${Z2_SERIES[@]}" kcsan ;; esac
for target in "${@:-uml}"; do
	case " ${Z2_SERIES[*]} uml kcsan " in *" $target "*) ;; *) die "no such kernel: $target" ;; esac
	torture "$target"
done
verdict

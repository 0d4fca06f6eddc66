#!/bin/bash
# Runs the functional tests in virtual machines on stock kernels.
# usage: vmtest.sh [all | 6.1 | 6.12 | 7.2 | uml]...   CASE=NAME picks one case
. "$(dirname "$0")/lib/common.sh"
. "$Z2_TOP/tests/lib/vm.sh"

# What a case may ask for in its header, e.g. "# vm: mem=560M smp=1 alone=yes":
#   mem smp      the machine          alone=yes   a boot of its own
#   named=yes    only if CASE names it
#   long=yes     takes a minute or more: not for each kernel each time, see vm_due()
#   kernels=A,B  only on these        uml=yes     on user-mode Linux as well
#   timeout=S    seconds it may take  bins=A,B    more programs of this machine
#   extra=A,B    what tests/lib/tools.sh has for it
#   log=16M      what the kernel keeps of its messages, of a case with its own boot
#   disk=64M     an empty virtio disk, /dev/vda (not on user-mode Linux)
# Cases that ask for the same machine share one boot. Two of us with the same
# directory in VM_SHARED share the work: each takes machines that are still to run.
shared=${VM_SHARED:-$Z2_SCRATCH}
VM_CASE_SECONDS=300
wanted() {
	local case=$1 target=$2 kernels
	[ "${CASE:-}" = "$(basename "$case" .sh)" ] ||
		{ [ -z "${CASE:-}" ] && [ "$(case_option "$case" named no)" = no ] && vm_due "$case" "$target"; } || return 1
	if [ "$target" = uml ]; then
		[ "$(case_option "$case" uml no)" = yes ]
	else
		kernels=$(case_option "$case" kernels "$target")
		[[ ,$kernels, == *,$target,* ]]
	fi
}

machine_of() {
	local mem=1G alone=-
	[ "$(case_option "$1" alone no)" = no ] || alone=$(basename "$1" .sh)
	echo "$(case_option "$1" mem $mem) $(case_option "$1" smp 2) $(case_option "$1" disk -) $alone $(case_option "$1" extra -) $(case_option "$1" bins -)"
}

# run_machine NAME TARGET MEM SMP DISK ALONE EXTRA BINS CASE...: one boot.
run_machine() {
	local image=$Z2_SCRATCH/$1.cpio target=$2 mem=$3 smp=$4 disk=$5 extra=$7 bins=$8
	local case limit=120 scripts=() args=()
	shift 8
	[ "$target" != uml ] || args=(quiet)
	for case; do
		[ "$(case_option "$case" log -)" = - ] || args+=("log_buf_len=$(case_option "$case" log -)")
		scripts+=("functional/$(basename "$case")")
		limit=$((limit + $(case_option "$case" timeout $VM_CASE_SECONDS)))
	done
	[ "$extra" != - ] || extra=
	[ "$bins" != - ] || bins=
	VM_EXTRA=${extra//,/ } vm_image "$target" "$Z2_TOP/build/$target" "${bins//,/ }" "$image" "${scripts[@]}"
	say "$target: booting a machine of $mem, $smp CPUs, for ${#scripts[@]} cases"
	VM_DISK=$disk vm_boot "$target" "$image" "$limit" "$mem" "$smp" "${args[@]}"
	rm -f "$image"
}

run_target() {
	local target=$1 case cases machine n=0
	target_get "$target"
	for case in "$Z2_TOP"/tests/functional/[0-9]*.sh; do
		! wanted "$case" "$target" || echo "$(machine_of "$case")|$case"
	done | sort >"$Z2_SCRATCH/$target.cases"
	[ -s "$Z2_SCRATCH/$target.cases" ] || { say "$target: no case to run"; return 0; }

	VM_DOUBTS=$Z2_SCRATCH/doubts
	cut -d '|' -f 1 "$Z2_SCRATCH/$target.cases" | sort -u >"$Z2_SCRATCH/$target.machines"
	while read -r -a machine -u 4; do
		n=$((n + 1))
		if ! mkdir "$shared/$target.$n" 2>/dev/null; then
			[ -d "$shared/$target.$n" ] || die "no directory $shared to share work by"
			continue
		fi
		if ! vm_build "$target"; then
			fail "$target: the module builds without a warning"
			return 0
		fi
		: >"$VM_DOUBTS"
		mapfile -t cases < <(awk -F '|' -v m="${machine[*]}" '$1 == m { print $2 }' "$Z2_SCRATCH/$target.cases")
		run_machine "vm$n" "$target" "${machine[@]}" "${cases[@]}"
		for case in $(vm_doubted); do
			VM_DOUBTS='' run_machine "$case-again" "$target" "${machine[@]}" "$Z2_TOP/tests/functional/$case.sh"
		done
	done 4<"$Z2_SCRATCH/$target.machines"
}

case ${*:-all} in all) set -- "${Z2_SERIES[@]}" ;; esac
for target; do
	case " ${Z2_SERIES[*]} uml " in *" $target "*) ;; *) die "no such kernel: $target" ;; esac
	run_target "$target"
done
verdict

#!/bin/bash
# Style, include rules, sparse, builds without a warning for each kernel, and what
# the packages' files say.
. "$(dirname "$0")/lib/common.sh"
. "$Z2_TOP/tests/lib/kernels.sh"
. "$Z2_TOP/tests/lib/packaging.sh"
cd "$Z2_TOP"

need_packages perl shellcheck sparse gawk groff-base rpm
shopt -s nullglob
code=(src/*.[ch] include/*/*.[ch] kunit/*.[ch] tests/{compat,fuzz,sim}/*.[ch] tests/lib/*.c)
units=(src/*.c include/zram2/*.h)
scripts=(tests/*.sh tests/lib/*.sh tests/vm/*.sh tests/vm/init tests/demo/*.sh tests/functional/*.sh tests/system/*.sh tests/system/run tests/system/at-power-off bench/*.sh bench/*/*.sh .ci/run dist/zram2-swap dist/preflight)

style() {
	printf '%s\n' "${code[@]}" | xargs -P "$(nproc)" -n 16 \
		perl "$Z2_CACHE/uml/source/scripts/checkpatch.pl" --no-tree --strict --terse --no-summary --show-types \
		--max-line-length=100 -f >"$Z2_SCRATCH/style" 2>&1 || true
	rm -f .checkpatch-camelcase.*
	gawk 'NR == FNR { if (!/^#/) rules["^" $2 ":[0-9]+: [A-Z]+:" $1 ":"]; next }
		{ for (r in rules) if ($0 ~ r) next; print; bad = 1 }
		END { exit bad }' tests/checkpatch.ignore "$Z2_SCRATCH/style"
}

# Only what sparse says of our files: the kernel's own headers are not ours.
sparse_clean() {
	local target=$1 dir=$Z2_TOP/build/$1-sparse
	rm -rf "$dir"
	with_lock "build-$target-sparse" build_module "$target" "$dir" C=2 "CF=-Wno-unknown-attribute" >/dev/null 2>&1 || true
	! grep -q ' \*\*\* ' "$dir/.log" || { echo "it does not build"; return 1; }
	! grep 'sparse is not available' "$dir/.log" || return 1
	# Newer kernels name files from the module's directory on.
	! grep -E "^($dir/|\.\./|[a-z])[^ ]*: (warning|error):" "$dir/.log"
}

parse_all() {
	local script status=0
	for script in "${scripts[@]}"; do bash -n "$script" || status=1; done
	return $status
}

# Not told to shellcheck, and so not its findings: errexit is on, what the
# cases source gives them variables, their file names are the kernel's.
shell_style() {
	local dialect=$1; shift
	printf '%s\n' "$@" | xargs -P "$(nproc)" -n 8 \
		shellcheck -s "$dialect" -S warning -e SC1090,SC1091,SC2034,SC2154,SC2164,SC2010,SC3043 -x
}

[ ${#units[@]} -gt 0 ] || die "there is no source to check"
check "include rules (tests/layers.txt)" gawk -f tests/include-rules.awk tests/layers.txt "${units[@]}"
check "no reserve waits for itself (include/zram2/reserves.h)" \
	gawk -f tests/reserves.awk include/zram2/reserves.h src/*.c
check "${#scripts[@]} scripts parse" parse_all
check "shellcheck" shell_style bash tests/*.sh tests/lib/*.sh
check "shellcheck of the guest's scripts" shell_style dash \
	dist/zram2-swap dist/preflight tests/vm/init tests/vm/*.sh tests/demo/guest.sh tests/functional/*.sh \
	tests/system/*.sh tests/system/run tests/system/at-power-off
"$Z2_TOP/tests/selftest.sh"
check "one version everywhere" versions_agree
check "zram2(4) has every attribute, parameter and event, and no other" manual_complete
check "zram2(4) knows every error that bad input gives" manual_errors
check "zram2(4) renders without a warning" manual_renders
check "the .spec files parse" specs_parse

with_lock uml built_source
check "checkpatch --strict of ${#code[@]} files" style
for series in "${Z2_SERIES[@]}"; do
	target_get "$series"
	check "builds for $(target_about "$series") without a warning (W=1)" \
		with_lock "build-$series" build_module "$series" "$Z2_TOP/build/$series"
	check "sparse is silent on $series" sparse_clean "$series"
done
"$Z2_TOP/tests/compile-only.sh"
verdict

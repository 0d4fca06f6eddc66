#!/bin/bash
# How much of src/ the unit tests and the functional cases run: both in one boot
# of user-mode Linux that counts, then a table of lines by file.
. "$(dirname "$0")/lib/common.sh"
. "$Z2_TOP/tests/lib/vm.sh"

goal=85
modules=$Z2_TOP/build/uml-cov
counts=$modules/counts

# The torture is left out: what it happens to run differs each time.
scripts=(vm/kunit.sh)
limit=1800
for case in "$Z2_TOP"/tests/functional/[0-9]*.sh; do
	[ "$(case_option "$case" uml no)" = yes ] && [ "$(case_option "$case" alone no)" = no ] || continue
	scripts+=("functional/$(basename "$case")")
	limit=$((limit + $(case_option "$case" timeout 300)))
done

# table DIR: adds up the objects' listings of our sources. A line that two modules
# have counts once, and as run if it was in either.
table() {
	find "$1" -name '*.gcov' -exec gawk -v sources="$(cd "$Z2_TOP/src" && echo *.c)" '
		BEGIN { n = split(sources, name, " "); for (i = 1; i <= n; i++) ours[name[i]] }
		function base(path) { sub(/.*\//, "", path); return path }
		{ split($0, part, ":"); count = part[1]; line = part[2] + 0; gsub(/ /, "", count) }
		line == 0 {
			if (part[3] == "Source") file = base(part[4]) in ours ? base(part[4]) : ""
			next
		}
		file == "" || count == "-" { next }
		!((file, line) in seen) { seen[file, line]; lines[file]++ }
		count !~ /^[#=]/ && !((file, line) in ran) { ran[file, line]; run[file]++ }
		END {
			sort = "sort"
			for (file in lines) {
				printf "%-22s %6d %6d %6.1f %%\n", file, lines[file], run[file], run[file] * 100 / lines[file] | sort
				all += lines[file]; done += run[file]
			}
			close(sort)
			if (all) printf "%-22s %6d %6d %6.1f %%\n", "total", all, done, done * 100 / all
		}' {} +
}

need_packages gawk gcc
target_get uml-cov
# Counters take room on the stack, too.
with_lock build-uml-cov build_module uml-cov "$modules" KUNIT=1 GCOV_PROFILE=y KCFLAGS=-Wno-frame-larger-than || die "the module does not build"
rm -rf "$counts"
mkdir -p "$counts"
vm_image uml-cov "$modules" '' "$Z2_SCRATCH/coverage.cpio" "${scripts[@]}" vm/coverage.sh
say "running the suites and ${#scripts[@]} cases on $(target_about uml-cov)"
vm_boot uml-cov "$Z2_SCRATCH/coverage.cpio" "$limit" 1500M 2 quiet "z2.counts=$counts"
rm -f "$Z2_SCRATCH/coverage.cpio"

# What the compiler says of an object lies beside it, in the build. Sources are
# where gcov looks for them: here, or one up and in src.
[ -n "$(find "$counts" -name '*.gcda')" ] || die "nothing was counted"
cp "$modules"/src/*.c "$counts/src/"
for data in "$counts"/*/*.gcda; do
	object=${data#"$counts/"}
	[ -e "$modules/${object%.gcda}.gcno" ] || continue
	cp "$modules/${object%.gcda}.gcno" "$(dirname "$data")/"
	(cd "$(dirname "$data")" && gcov -p "$(basename "$data")" >/dev/null 2>&1) || die "gcov cannot read $object"
done
echo "file                    lines    run"
table "$counts" | tee "$counts/table"
percent=$(sed -n 's/^total .* \([0-9]*\)\.[0-9] %$/\1/p' "$counts/table")
check "of src/ $goal % are run by the tests: ${percent:-0} %" [ "${percent:-0}" -ge "$goal" ]
verdict

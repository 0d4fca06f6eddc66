#!/bin/bash
# The forms of kernel interfaces in include/compat/, those too that no kernel has
# which the tests boot. tests/compat/eras says what the probes have to find in the
# headers of each kernel (tests/compat/headers: what these declare, and stubs that
# behave as that kernel does at its worst); each wrapper is then built with the
# flags that the probes gave, and run with sanitizers.
. "$(dirname "$0")/lib/common.sh"
. "$Z2_TOP/tests/lib/kernels.sh"
. "$Z2_TOP/tests/lib/stubs.sh"
cd "$Z2_TOP"

need_packages make gcc libc6-dev
dir=tests/compat
mapfile -t excerpts < <(cd $dir/headers && printf '%s\n' * | sort -V)
mapfile -t headers < <(printf '%s\n' "${excerpts[@]%-*}" | sort -u)
mapfile -t macros < <(grep -oE 'Z2_(HAVE|EXPORTS)_[A-Z0-9_]+' include/compat/probe.mk | sort -u)
declare -A built=()

# header_path HEADER: where a kernel's tree has it.
header_path() {
	case $1 in
	symvers) echo Module.symvers ;;
	class) echo include/linux/device/class.h ;;
	*) echo "include/linux/$1.h" ;;
	esac
}

# excerpt_of HEADER KERNEL: the newest that isn't newer.
excerpt_of() {
	local name found=
	for name in "${excerpts[@]}"; do
		[ "${name%-*}" = "$1" ] || continue
		name=${name##*-}; name=${name%.h}
		[ "$(printf '%s\n' "$name" "$2" | sort -V | tail -n 1)" = "$2" ] && found=$name
	done
	ls "$dir/headers/$1-$found"{,.h} 2>/dev/null
}

# tree_make TREE KERNEL [HEADER=VERSION...]: the headers of that kernel.
tree_make() {
	local tree=$1 kernel=$2 header from at to; shift 2
	for header in "${headers[@]}"; do
		at=$kernel
		for from; do [ "${from%=*}" != "$header" ] || at=${from#*=}; done
		to=$tree/$(header_path "$header")
		mkdir -p "${to%/*}"
		cp "$(excerpt_of "$header" "$at")" "$to"
	done
	stubs_make "$tree/include" include/compat/*.h include/zram2/pool.h src/pool.c
}

# probe TREE [UNIT]: the flags that a unit is compiled with there.
probe() {
	printf 'include %s/include/compat/probe.mk\nall:\n\t@echo $(z2-flags) $(CFLAGS_%s.o)\n' "$Z2_TOP" "${2:-none}" |
		make -s -f - srctree="$1" objtree="$1" zram2-root="$Z2_TOP"
}
found_in() { probe "$1" | tr ' ' '\n' | sed -n 's/^-D//p' | sort | paste -sd' '; }

# found_are TREE MACRO...: these and no others.
found_are() {
	local tree=$1 wanted found; shift
	wanted=$(printf 'Z2_HAVE_%s\n' "$@" | sed 's/HAVE_\(LZ4_RESET_HC\)/EXPORTS_\1/' | sort | paste -sd' ')
	found=$(found_in "$tree")
	[ "$found" = "$wanted" ] || { printf 'wanted %s\nfound  %s\n' "$wanted" "$found"; return 1; }
}

# compiled TREE UNIT OPTION...: gcc with what the kernel's build would give it.
compiled() {
	local tree=$1 unit=$2 flags; shift 2
	flags=$(probe "$tree" "$unit")
	flags+=$(sed -n 's/^[^\t]*\t\([A-Za-z0-9_]*\)\t.*/ -DSTUB_EXPORTS_\1/p' "$tree/Module.symvers" | tr -d '\n')
	# shellcheck disable=SC2086 # a list of flags
	gcc -std=gnu11 -g -O1 -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare -Werror \
		-include $dir/kernel.h -I "$tree/include" -I $dir $flags "$@"
}

behaves() {
	compiled "$@" -o "$Z2_SCRATCH/test" -fsanitize=address,undefined -fno-sanitize-recover=all &&
		timeout 120 "$Z2_SCRATCH/test"
}

# wrappers_behave TREE TITLE: what comes out the same of the preprocessor was run
# for an older kernel.
wrappers_behave() {
	local tree=$1 title=$2 test unit shift sum
	for test in "$dir"/*_test.c; do
		unit=$(basename "$test" _test.c)
		for shift in 12 16; do
			# What doesn't even come through the preprocessor is said by what follows.
			sum=$({ compiled "$tree" "$unit" -E -P -DPAGE_SHIFT=$shift "$test" 2>&1 || true; } | sha256sum)
			[ -z "${built[$sum]:-}" ] || continue
			built[$sum]=1
			check "compat: $title: $unit, pages of $((1 << (shift - 10))) KiB" \
				behaves "$tree" "$unit" -DPAGE_SHIFT=$shift "$test"
		done
	done
}

eras() {
	local kernel words word tree title from now=" " this n=0
	while read -r kernel words; do
		this=$now from=()
		for word in $words; do
			case $word in
			+*) this+="${word#+} " ;;
			-*) this=${this/ ${word#-} / } ;;
			*) from+=("$word") ;;
			esac
		done
		[ ${#from[@]} -gt 0 ] || now=$this
		n=$((n + 1)) tree=$Z2_SCRATCH/tree$n title="$kernel${from[*]:+ with ${from[*]}}"
		tree_make "$tree" "$kernel" "${from[@]}"
		# shellcheck disable=SC2086 # a list of macros
		check "compat: $title: what the probes find" found_are "$tree" $this
		wrappers_behave "$tree" "$title"
	done < <(grep -E '^[0-9]' $dir/eras)
	newest=$tree
}

# Without any form that we know, a build has to say which interface it was.
gone_is_said() {
	local what=$1 unit=$2 header=$3 names=$4 tree=$Z2_SCRATCH/gone
	rm -rf "$tree"; cp -r "$newest" "$tree"
	sed -i "s/\\b$names\\b/&_of_tomorrow/" "$tree/$(header_path "$header")"
	compiled "$tree" "$unit" -E -x c /dev/null >/dev/null 2>"$Z2_SCRATCH/gone.log" && { echo "it builds"; return 1; }
	grep -F "error: #error \"$what: " "$Z2_SCRATCH/gone.log" || { cat "$Z2_SCRATCH/gone.log"; return 1; }
}
gone() {
	local n=0 what unit header names
	while IFS='|' read -r what unit header names; do
		n=$((n + 1))
		check "compat: $what of an unknown form is said" gone_is_said "$what" "$unit" "$header" "$names"
	done <<-'EOF'
		zs_malloc()|pool|zsmalloc|zs_malloc
		zs_obj_read_begin()|pool|zsmalloc|zs_obj_read_begin
		zs_obj_read_begin()|sysfs_algo|zsmalloc|zs_obj_read_begin
		blk_alloc_disk()|disk|blkdev|blk_alloc_disk
		->rw_page()|disk|blkdev|BLK_FEAT_SYNCHRONOUS
		struct block_device_operations|disk|blkdev|open
		shrinker_alloc()|gc|shrinker|shrinker_alloc
		bdev_rot()|backing|blkdev|bdev_rot
		kthread_run_worker()|gc|kthread|kthread_run_worker
		struct class_attribute|main|class|show
		LZ4_streamDecode_t|codec_lz4|lz4|LZ4_STREAMDECODESIZE
	EOF
	check "compat: each #error has its test" [ "$n" = "$(cat include/compat/*.h | grep -c '#error')" ]
}

# A comma would end the probe's expression, unseen.
comma_is_noticed() {
	! printf 'include %s/include/compat/probe.mk\nx := $(call z2-has,X,zsmalloc.h,pool, size_t)\nall:\n' "$Z2_TOP" |
		make -s -f - srctree="$newest" objtree="$newest" zram2-root="$Z2_TOP" >"$Z2_SCRATCH/comma" 2>&1
	grep 'the probe for X has a comma' "$Z2_SCRATCH/comma"
}

# Each header of a kernel that is booted declares what one of the excerpts does.
real_headers() {
	local series=$1 common header tree=$Z2_SCRATCH/real excerpt known status=0
	local root; root=$(target_dir "$series")
	common=$(ls -d "$root"/{headers,chroot}/usr/src/linux-headers-*-common 2>/dev/null)
	for header in "${headers[@]}"; do
		[ "$header" != symvers ] || continue
		known=
		for excerpt in "$dir/headers/$header"-*; do
			rm -rf "$tree"; mkdir -p "$tree/include/linux/device"
			cp "$excerpt" "$tree/$(header_path "$header")"
			known+="<$(found_in "$tree")>"
		done
		cp "$common/$(header_path "$header")" "$tree/$(header_path "$header")" 2>/dev/null ||
			: >"$tree/$(header_path "$header")"
		[[ $known = *"<$(found_in "$tree")>"* ]] || { echo "$header.h: $(found_in "$tree")"; status=1; }
	done
	return $status
}

listed() {
	local macro status=0
	for macro in "${macros[@]}"; do
		grep -q "\`${macro#Z2_*_}\`" CONTRIBUTING.md || { echo "$macro"; status=1; }
	done
	return $status
}

eras
gone
check "compat: a comma in a probe is noticed" comma_is_noticed
check "compat: CONTRIBUTING.md lists each of ${#macros[@]} macros" listed
for series in "${Z2_SERIES[@]}"; do
	target_get "$series"
	check "compat: the headers of $(target_about "$series") are of known forms" real_headers "$series"
done
verdict

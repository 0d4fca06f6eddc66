#!/bin/bash
# What no kernel here is: the module is compiled for 32 bits, and against the
# declarations of interfaces that are still to come (tests/compat/). Nothing of
# it is run.
. "$(dirname "$0")/lib/common.sh"
. "$Z2_TOP/tests/lib/kernels.sh"

need_packages make gcc flex bison bc rsync
with_lock uml built_headers i386 || die "no 32-bit headers"

# compile DIR OBJECT VARIABLE=VALUE...: an object of the module, or all of them
# for zram2.o. Nothing is linked but those. A warning is a failure.
compile() {
	local dir=$Z2_TOP/build/$1 object=$2; shift 2
	rm -rf "$dir"
	mkdir -p "$dir"
	rsync -a --exclude='*.o' "$Z2_TOP"/{dkms.conf,src,include} "$dir/"
	make -C "$(target_dir i386)/build" ARCH=i386 M="$dir/src" -j"$(nproc)" W=1 "$@" "$object" >"$dir/.log" 2>&1 &&
		! has_warnings "$dir/.log" || { cat "$dir/.log"; return 1; }
}

# A 64-bit division that isn't one of math64.h's calls libgcc, which the kernel
# doesn't have. Where gcc at -O2 knows better, at -Os it calls as clang does.
no_libgcc() {
	local object calls bad=0
	for object in "$Z2_TOP/build/$1"/src/*.o; do
		[ "${object##*/}" != zram2.o ] || continue
		calls=$(nm -u "$object" | grep -owE '__u?(div|mod|divmod)di[34]' | sort -u | paste -sd ' ')
		[ -z "$calls" ] || { echo "$(basename "$object" .o).c calls $calls"; bad=1; }
	done
	return $bad
}

for level in -O2 -Os; do
	check "compiles for 32 bits without a warning (W=1, $level)" compile "i386$level" zram2.o KCFLAGS=$level
	check "divides there by what the kernel has ($level)" no_libgcc "i386$level"
done
# Each test kernel since 6.12 exports LZ4_resetStreamHC(), which isn't known here.
for unit in codec_lz4 codec_lz4hc; do
	check "$unit.c compiles against the LZ4 library's 1.10" compile "$unit" $unit.o \
		KCFLAGS="-include $Z2_TOP/tests/compat/lz4-1.10.h -DZ2_EXPORTS_LZ4_RESET_HC"
done
verdict

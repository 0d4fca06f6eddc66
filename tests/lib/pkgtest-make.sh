# make install and make uninstall, for pkgtest.sh, and what they say where
# something is missing.
# shellcheck shell=bash

# says WHAT STATUS TEXT COMMAND...: fails or not, with these words (none: silent).
says() {
	local what=$1 want=$2 text=$3 out status=0; shift 3
	out=$("$@" 2>&1) || status=$?
	[ $status -le 1 ] || want=none
	if [ "$status" = "$want" ] && { [ -z "$text$out" ] || { [ -n "$text" ] && [[ $out = *"$text"* ]]; }; }; then
		pass "$what"
	else
		fail "$what"
		indent <<<"status $status: $out"
	fi
}

# A command of that name that does so much.
pretend() { printf '#!/bin/sh\n%s\n' "$2" >"$bin/$1"; chmod +x "$bin/$1"; }

preflight_says() {
	local bin=$Z2_SCRATCH/bin kdir=$Z2_SCRATCH/kdir key=$Z2_SCRATCH/mok.pub
	mkdir -p "$bin" "$kdir"
	ln -s "$(command -v grep)" "$bin/grep"
	local run=(env PATH="$bin" MOK_KEYS="$key" "$Z2_TOP/dist/preflight")
	pretend id 'echo 1000'
	says "preflight: who isn't root is told so" 1 "only root" "${run[@]}" build 6.1-x "$kdir"
	pretend id 'echo 0'
	says "preflight: no dkms" 1 "dkms is missing: apt install dkms" "${run[@]}" build 6.1-x "$kdir"
	says "preflight: no dkms, to remove" 1 "dkms is missing" "${run[@]}" remove
	pretend dkms true
	says "preflight: no headers" 1 "the headers of the kernel 6.1-x are missing: apt install linux-headers-6.1-x" \
		"${run[@]}" build 6.1-x "$kdir"
	: >"$kdir/Makefile"
	echo '# CONFIG_ZSMALLOC is not set' >"$kdir/.config"
	says "preflight: no zsmalloc" 1 "the kernel 6.1-x has no zsmalloc (CONFIG_ZSMALLOC)" "${run[@]}" build 6.1-x "$kdir"
	echo CONFIG_ZSMALLOC=m >"$kdir/.config"
	says "preflight: all is there" 0 "" "${run[@]}" build 6.1-x "$kdir"

	says "preflight: no mokutil, nothing to say" 0 "" "${run[@]}" signature
	pretend mokutil 'echo "SecureBoot disabled"'
	says "preflight: no Secure Boot" 0 "" "${run[@]}" signature
	pretend mokutil '[ "$1" = --sb-state ] && echo "SecureBoot enabled" || echo "$2 is not enrolled"'
	says "preflight: Secure Boot, and no key" 0 "signed the module with no key" "${run[@]}" signature
	: >"$key"
	says "preflight: Secure Boot, and a key to be enrolled" 0 "mokutil --import $key, reboot" "${run[@]}" signature
	pretend mokutil '[ "$1" = --sb-state ] && echo "SecureBoot enabled" || echo "$2 is already enrolled"'
	says "preflight: Secure Boot, and a key it knows" 0 "" "${run[@]}" signature
}

make_install_in() {
	local before=$Z2_SCRATCH/before
	source_tree "$VERSION" "$ROOT/tmp/zram2"
	root_files >"$before"
	if in_root make -s -C /tmp/zram2 install KVER=0.1-none >"$Z2_SCRATCH/said" 2>&1; then
		fail "make install: not for a kernel without headers"
	else
		check "make install: not for a kernel without headers" grep -q 'headers of the kernel 0.1-none are missing' "$Z2_SCRATCH/said"
	fi
	check "make install: nothing is changed then" as_before "$before"
	works "make install" in_root make -C /tmp/zram2 install || return 0
	check "make install: dkms has it installed" installed "$VERSION"
	check "make install: there is a module" module_take "$(module_path)" "$Z2_SCRATCH/make"
	check "make install: of this version and kernel" module_is "$VERSION" "$Z2_SCRATCH/make/src/zram2.ko"
	check "make install: the manual is there" as_root test -s "$ROOT/usr/share/man/man4/zram2.4"
	works "make install: once more" in_root make -C /tmp/zram2 install || return 0
	check "make install: it is there once" installed "$VERSION"
	check "make install: no zram.ko" test -z "$(module_path zram)"
	works "make install DROP_IN=1" in_root make -C /tmp/zram2 install DROP_IN=1 || return 0
	check "make install DROP_IN=1: zram.ko" test -n "$(module_path zram)"
	check "make install DROP_IN=1: which is zram2" drop_in_is_zram2
	check "make install DROP_IN=1: beside zram2.ko" installed "$VERSION"
	as_root sed -i "s/^PACKAGE_VERSION=.*/PACKAGE_VERSION=\"$NEXT\"/" "$ROOT/tmp/zram2/dkms.conf"
	works "make install: a higher version" in_root make -C /tmp/zram2 install || return 0
	check "make install: dkms has only that one" installed "$NEXT"
	check "make install: nothing of the old one is left" as_root test ! -e "$ROOT/usr/src/zram2-$VERSION"
	works "make uninstall" in_root make -C /tmp/zram2 uninstall || return 0
	check "make uninstall: nothing is left behind" as_before "$before"
}

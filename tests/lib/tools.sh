# Programs made for the in-tree zram, unmodified, for the cases that run them on
# zram2. Taken out of Debian's packages and not installed, since that would
# start their services on this machine.
# shellcheck shell=bash

tools_dir=$Z2_CACHE/tools

# tools_get DIR PACKAGE...: the packages' files, fetched once.
tools_get() {
	local dir=$tools_dir/$1; shift
	[ "$(cat "$dir.of" 2>/dev/null)" != "$*" ] || return 0
	rm -rf "$dir" "$dir.of"
	apt_refresh bookworm && heavy "fetching $*" apt_extract bookworm "$dir" "$@" || die "cannot fetch $*"
	echo "$*" >"$dir.of"
}

# What a case asks for by extra=NAME in its header: extra_NAME ROOT puts it
# into the guest's root.

# zram-tools, systemd-zram-generator, fio and the kernel's own selftests.
extra_zram_tools() {
	local root=$1 d=$tools_dir/zram-tools
	need_packages bash bc fio systemd
	with_lock tools tools_get zram-tools zram-tools systemd-zram-generator
	with_lock uml built_source
	vm_add_programs "$root" bash bc fio systemd-detect-virt /lib/systemd/systemd-makefs \
		"$d/lib/systemd/system-generators/zram-generator" "$d/usr/sbin/zramswap"
	mkdir -p "$root/lib/systemd" "$root/tests/selftests"
	ln -s /usr/local/sbin/systemd-makefs "$root/lib/systemd/systemd-makefs"
	ln -sf /usr/local/sbin/bash "$root/bin/bash"
	ln -sf /usr/local/sbin/bc "$root/bin/bc"
	cp -r "$Z2_CACHE/uml/source/tools/testing/selftests/zram" "$root/tests/selftests/"
}

# fio, with all of its engines.
extra_fio() {
	need_packages fio
	vm_add_programs "$1" fio
}

# udev, with its own rules.
extra_udev() {
	local root=$1 d=$tools_dir/udev
	need_packages systemd
	with_lock tools tools_get udev udev
	vm_add_programs "$root" "$d/bin/udevadm"
	mkdir -p "$root/usr/lib/udev/rules.d" "$root/etc/udev"
	cp "$d"/lib/udev/rules.d/{50-udev-default,60-block,60-persistent-storage}.rules /usr/lib/udev/rules.d/99-systemd.rules \
		"$root/usr/lib/udev/rules.d/"
	ln -s /usr/local/sbin/udevadm "$root/usr/local/sbin/systemd-udevd"
}

# zram.ko, and what has modprobe take it: a case puts it in its place by itself.
extra_drop_in() {
	local root=$1 dir=$Z2_TOP/build/$target-drop-in
	with_lock "build-$target-drop-in" build_module "$target" "$dir" DROP_IN=1 || die "zram.ko does not build"
	mkdir -p "$root/lib/modules/drop-in"
	strip -g -o "$root/lib/modules/drop-in/zram.ko" "$dir/src/zram.ko"
	ln -s kmod "$root/usr/local/sbin/depmod"
}

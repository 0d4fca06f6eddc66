#!/bin/bash
# A real system: Debian 13 with systemd, udev and the .deb, which its own dkms has
# built, booted twice from one disk. First swap by the service that comes with the
# module, with an upgrade of the package under it; then zram2 in place of zram, for
# systemd-zram-generator and zram-tools. Both times it is powered off with swap in use.
. "$(dirname "$0")/lib/common.sh"
. "$Z2_TOP/tests/lib/vm.sh"
. "$Z2_TOP/tests/lib/packaging.sh"
. "$Z2_TOP/tests/lib/debs.sh"
. "$Z2_TOP/tests/lib/roots.sh"
. "$Z2_TOP/tests/lib/system.sh"

suite=trixie
disk=$Z2_SCRATCH/system.disk

install_deb() { in_root dpkg -i "/mnt/zram2-dkms_$1_all.deb"; }

# In emulation dkms takes five minutes to build the module (measured), here one tenth
# of it. So the next version is built here, too, and taken along in the form in which
# dkms's own postinst looks for modules that somebody else has built.
prebuild_next() {
	local tarball=zram2-$NEXT.dkms.tar.gz
	install_deb "$NEXT" || return 1
	in_root dkms mktarball "zram2/$NEXT" -k "$KVER" --archive "$tarball" || return 1
	as_root cp "$ROOT/var/lib/dkms/zram2/$NEXT/tarball/$tarball" "$Z2_SCRATCH/" || return 1
	in_root dpkg -P zram2-dkms || return 1
	as_root install -D -m 644 "$Z2_SCRATCH/$tarball" "$ROOT/usr/share/zram2-dkms/$tarball"
}

# What the tests need there: their scripts and programs, and the .deb to upgrade to.
add_tests() {
	local t=$ROOT/tests
	with_lock programs vm_programs
	as_root mkdir -p "$t"
	as_root cp -r "$Z2_TOP/tests/system" "$Z2_TOP/tests/functional/lib.sh" "$t/"
	as_root chmod -R a+rx "$t"
	as_root mv "$t/system/zram2-test@.service" "$ROOT/etc/systemd/system/"
	as_root install -D "$t/system/at-power-off" "$ROOT/usr/lib/systemd/system-shutdown/at-power-off"
	as_root cp "$Z2_TOP"/build/progs/* "$ROOT/usr/local/sbin/"
	as_root cp "$PACKAGES/zram2-dkms_${NEXT}_all.deb" "$ROOT/root/"
	printf '%s\n' "$VERSION" "$NEXT" | as_root tee "$t/versions" >/dev/null
}

# What the console shows of a boot, from the first message to the last.
no_splats() { ! grep -aE -A 40 -f "$Z2_TOP/tests/vm/splats" "$(system_log "$suite" "$1")"; }
no_failed_unit() { ! grep -aE '\[.*FAILED|timed out|[Nn]ot all (swaps|file systems)|Unable to finalize' "$(system_log "$suite" "$1")"; }
stopped() { grep -aqE "(Stopped|Deactivated swap).*$2" "$(system_log "$suite" "$1")"; }

boot() {
	local name=$1; shift
	system_boot "$suite" "$name" "$disk" 400
	check "$name: the kernel has nothing to complain about" no_splats "$name"
	check "$name: no unit fails, neither at boot nor at power-off" no_failed_unit "$name"
	for unit; do check "$name: systemd stops $unit" stopped "$name" "$unit"; done
}

need_packages "${VM_PACKAGES[@]}"
debs_open
system_get "$suite" || die "no system to boot"
works "the .deb builds" build_debs || die "nothing to install"
root_unpack "$suite" system.tar || die "no system to install it in"
works "dkms builds what to upgrade to" prebuild_next || die "nothing to upgrade to"
works "the .deb installs, dkms builds for $KVER" install_deb "$VERSION" || die "nothing to boot"
check "swap at boot is turned on" in_root systemctl enable zram2-swap.service
add_tests
cp "$ROOT/boot/initrd.img-$KVER" "$Z2_SCRATCH/initrd"
heavy "making a disk of it" system_image "$disk" || die "no disk to boot from"
root_close

boot service zram2-swap dev-zram0.swap
boot drop-in dev-zram0.swap systemd-zram-setup@zram0
verdict

#!/bin/bash
# The packages: built, installed in clean systems of each suite, booted on the
# kernel they were built for, upgraded, removed without a trace.
# usage: pkgtest.sh [all | bookworm | trixie | sid]...
. "$(dirname "$0")/lib/common.sh"
. "$Z2_TOP/tests/lib/vm.sh"
. "$Z2_TOP/tests/lib/packaging.sh"
. "$Z2_TOP/tests/lib/debs.sh"
. "$Z2_TOP/tests/lib/roots.sh"

MODULE_FILES=$Z2_SCRATCH/module-files

# What of the sources is in a package's tree is what the module is built from.
module_files() { (cd "$Z2_TOP" && git ls-files Makefile dkms.conf src include) | sort; }
tree_is_module() { diff "$MODULE_FILES" <(sed -n "s|.*/usr/src/zram2-$VERSION/\(.*[^/]\)$|\1|p" | sort); }

deb_says() { dpkg-deb "$1" "$PACKAGES/zram2-dkms_${VERSION}_all.deb"; }
deb_payload() { deb_says -c | tree_is_module; }
deb_conffiles() { [ "$(dpkg-deb -I "$PACKAGES/zram2-dkms_${VERSION}_all.deb" conffiles)" = /etc/zram2-swap.conf ]; }

# A system without systemd, as ours are, runs nothing of this.
deb_stops_swap() {
	local script
	script=$(dpkg-deb -I "$PACKAGES/zram2-dkms_${VERSION}_all.deb" prerm)
	grep -q 'deb-systemd-invoke stop.*zram2-swap.service' <<<"$script" || { echo "$script"; return 1; }
}

lintian_clean() {
	local said
	said=$(lintian --allow-root --fail-on error,warning,info "$Z2_SCRATCH/deb/zram2_$VERSION"_*.changes 2>&1) || { echo "$said"; return 1; }
}

# installed VERSION: dkms has that version and no other, for this kernel.
installed() {
	local status
	status=$(in_root dkms status zram2)
	[[ $status = *"$1, $KVER, "*": installed"* && $(wc -l <<<"$status") = 1 ]] || { echo "dkms says: $status"; return 1; }
}

module_path() { as_root find "$ROOT/lib/modules/$KVER/" -path '*/updates/*' -name "${1:-zram2}.ko*"; }

# The module, as the machine would load it: OUT/src/zram2.ko.
module_take() {
	local path=$1 out=$2
	mkdir -p "$out/src"
	case $path in
	*.xz) xz -dc "$path" ;;
	*.zst) zstd -dc "$path" ;;
	*) cat "$path" ;;
	esac >"$out/src/zram2.ko"
	[ -s "$out/src/zram2.ko" ]
}

module_is() {
	local version=$1 ko=$2
	[ "$(modinfo -F version "$ko")" = "$version" ] || { modinfo "$ko"; return 1; }
	[[ $(modinfo -F vermagic "$ko") = "$KVER "* ]] || { modinfo "$ko"; return 1; }
}

dkms_log() { echo "$ROOT/var/lib/dkms/zram2/$VERSION/$KVER/x86_64/log/make.log"; }
no_warnings() { [ -s "$(dkms_log)" ] && ! has_warnings "$(dkms_log)"; }
swap_off_by_default() { [ -z "$(as_root find "$ROOT/etc/systemd" -name 'zram2-swap*')" ]; }

# Says what is there that wasn't in BEFORE, or not any more.
as_before() {
	root_files >"$Z2_SCRATCH/after"
	diff "$1" "$Z2_SCRATCH/after" && ! root_knows_module
}

# A failed build is worth the name of what it failed at.
install_deb() {
	local version=$1 what=$2 log name
	works "$what" in_root dpkg -i "/mnt/zram2-dkms_${version}_all.deb" && return
	log=$ROOT/var/lib/dkms/zram2/$version/build/make.log
	[ ! -e "$log" ] || name=$(broken_interface "$log") || name="see: $(tail -n 3 "$log")"
	[ -z "${name:-}" ] || fail "$what: the kernel's interface has changed: $name"
	return 1
}

boot_built() {
	local suite=$1 out=$Z2_SCRATCH/built-$1
	VM_EXTRA='' vm_image "$suite" "$out" mkswap "$Z2_SCRATCH/$suite.cpio" vm/package.sh
	vm_boot "$suite" "$Z2_SCRATCH/$suite.cpio" 300 512M 2 "z2.version=$VERSION"
	rm -f "$Z2_SCRATCH/$suite.cpio"
}

deb_in() {
	local suite=$1 path before=$Z2_SCRATCH/before
	root_files >"$before"
	install_deb "$VERSION" "$suite: the .deb installs, dkms builds for $KVER" || return 0
	check "$suite: dkms has it installed" installed "$VERSION"
	check "$suite: depmod knows it" root_knows_module
	check "$suite: without a warning of the compiler" no_warnings
	check "$suite: swap at boot is off" swap_off_by_default
	path=$(module_path)
	if check "$suite: there is a module" module_take "$path" "$Z2_SCRATCH/built-$suite" &&
	   [ -s "$Z2_SCRATCH/built-$suite/src/zram2.ko" ]; then
		check "$suite: of this version and kernel" module_is "$VERSION" "$Z2_SCRATCH/built-$suite/src/zram2.ko"
		boot_built "$suite"
	fi

	drop_in_deb_in "$suite"

	as_root sed -i 's/^size=.*/size=25%/' "$ROOT/etc/zram2-swap.conf"
	install_deb "$NEXT" "$suite: a higher version replaces it" || return 0
	check "$suite: dkms has only that one" installed "$NEXT"
	check "$suite: nothing of the old one is left" as_root test ! -e "$ROOT/usr/src/zram2-$VERSION"
	module_take "$(module_path)" "$Z2_SCRATCH/next-$suite"
	check "$suite: the module is the new one's" module_is "$NEXT" "$Z2_SCRATCH/next-$suite/src/zram2.ko"
	check "$suite: a changed configuration stays" as_root grep -qx 'size=25%' "$ROOT/etc/zram2-swap.conf"

	works "$suite: it can be removed" in_root dpkg -r zram2-dkms || return 0
	check "$suite: the configuration is still there" as_root test -e "$ROOT/etc/zram2-swap.conf"
	check "$suite: the module is not" test -z "$(module_path)"
	works "$suite: it can be purged" in_root dpkg -P zram2-dkms || return 0
	check "$suite: nothing is left behind" as_before "$before"
}

# zram.ko comes with a package of its own, and with nothing else.
drop_in_deb_in() {
	local suite=$1
	check "$suite: there is no zram.ko" test -z "$(module_path zram)"
	works "$suite: zram2-drop-in-dkms installs" in_root dpkg -i "/mnt/zram2-drop-in-dkms_${VERSION}_all.deb" || return 0
	check "$suite: it has zram.ko" test -n "$(module_path zram)"
	check "$suite: which is zram2" drop_in_is_zram2
	check "$suite: zram2.ko is there as well" test -n "$(module_path)"
	works "$suite: it can be purged" in_root dpkg -P zram2-drop-in-dkms || return 0
	check "$suite: zram.ko is gone" test -z "$(module_path zram)"
}
drop_in_is_zram2() {
	[ "$(in_root modinfo -k "$KVER" -F version zram)" = "$VERSION" ] &&
		[[ $(in_root modinfo -k "$KVER" -F description zram) = zram2:* ]]
}

# What autopkgtest-pkg-dkms runs, on a repository of this one package.
autopkgtest_in() {
	local suite=$1
	(cd "$PACKAGES" && dpkg-scanpackages --multiversion . >Packages 2>/dev/null)
	echo "deb [trusted=yes] file:/mnt ./" | as_root tee "$ROOT/etc/apt/sources.list" >/dev/null
	works "$suite: apt knows the package" in_root apt-get -q update || return 0
	works "$suite: dkms's own test of packages" in_root sh -c 'cd /tmp && exec /usr/lib/dkms/dkms-autopkgtest zram2-dkms'
	in_root dpkg -P zram2-dkms >/dev/null 2>&1 || true
}

# An interface that is not what it was is named, ours by include/compat and
# others by the compiler: doctor FILE SED_SCRIPT NAME.
doctored() {
	local header=$1 script=$2 name=$3 file log found
	file=$(as_root find "$ROOT"/usr/src/linux-headers-*-common/include/linux -path "*/linux/$header")
	as_root cp "$file" "$Z2_SCRATCH/header"
	as_root sed -i "$script" "$file"
	check "the doctored $header is another one" as_root sh -c '! cmp -s "$1" "$2"' sh "$Z2_SCRATCH/header" "$file"
	if heavy "building with a doctored $header" in_root dpkg -i "/mnt/zram2-dkms_${VERSION}_all.deb" 2>/dev/null; then
		fail "a build with a doctored $header fails"
	else
		log=$ROOT/var/lib/dkms/zram2/$VERSION/build/make.log
		found=$(as_root cat "$log" >"$Z2_SCRATCH/make.log" && broken_interface "$Z2_SCRATCH/make.log") || found="nothing"
		check "a build with a doctored $header names $name" test "${found#"$name"}" != "$found"
		say "  it says: $found"
	fi
	as_root cp "$Z2_SCRATCH/header" "$file"
	in_root dpkg -P zram2-dkms >/dev/null 2>&1 || true
}

. "$Z2_TOP/tests/lib/pkgtest-rpm.sh"
. "$Z2_TOP/tests/lib/pkgtest-make.sh"

run_suite() {
	local suite=$1
	say "$suite: $(target_about "$suite")"
	root_open "$suite" || { fail "$suite: there is a clean system"; return 0; }
	deb_in "$suite"
	case $suite in
	bookworm)
		rpm_in
		make_install_in
		doctored blkdev.h 's/\brw_page\b/rw_other/' '->rw_page()'
		doctored zsmalloc.h 's/\bzs_compact\b/zs_squeeze/' 'zs_compact()'
		;;
	trixie) autopkgtest_in "$suite" ;;
	esac
	root_close
}

case ${*:-all} in all) set -- "${Z2_SUITES[@]}" ;; esac
for suite; do
	case " ${Z2_SUITES[*]} " in *" $suite "*) ;; *) die "no such suite: $suite" ;; esac
done

need_packages lintian rpm rpmlint groff-base xz-utils zstd
debs_open
module_files >"$MODULE_FILES"

check "one version everywhere" versions_agree
check "zram2(4) has every attribute, parameter and event, and no other" manual_complete
check "zram2(4) knows every error that bad input gives" manual_errors
check "zram2(4) renders without a warning" manual_renders
check "the .spec files parse" specs_parse
check "erasing the .rpm turns swap off first" spec_stops_swap
check "rpmlint of the .spec files" rpmlint -c "$Z2_TOP/rpm/rpmlint.toml" "$Z2_TOP"/rpm/*.spec
preflight_says
works "the .deb builds" build_debs || die "nothing to install"
check "the .deb has what the module is built from, and no more" deb_payload
check "its configuration is a conffile" deb_conffiles
check "removing it turns swap off first" deb_stops_swap
check "lintian" lintian_clean

for suite; do
	target_get "$suite"
	run_suite "$suite"
done
verdict

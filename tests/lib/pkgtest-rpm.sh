# The .rpm, for pkgtest.sh: built, installed, upgraded and erased with rpm in a
# clean system that has dkms. What the packages require is another
# distribution's, so that nobody asks for it here.
# shellcheck shell=bash

rpm_sources() {
	local version spec
	for version in "$VERSION" "$NEXT"; do
		[ -d "$Z2_SCRATCH/deb/zram2-$version" ] || return 1
		mkdir -p "$PACKAGES/rpm-$version"
		tar -C "$Z2_SCRATCH/deb" -czf "$PACKAGES/rpm-$version/zram2-$version.tar.gz" "zram2-$version"
		cp "$Z2_SCRATCH/deb/zram2-$version"/rpm/*.spec "$PACKAGES/rpm-$version/"
	done
}

# rpm_build VERSION STAGE SPEC OPTION...
rpm_build() {
	local version=$1 stage=$2 spec=$3; shift 3
	in_root rpmbuild "-b$stage" --nodeps --define "_topdir /mnt/rpmbuild" --define "_sourcedir /mnt/rpm-$version" \
		"$@" "/mnt/rpm-$version/$spec"
}

rpm_of() { echo "/mnt/rpmbuild/RPMS/noarch/$1-$2-1.noarch.rpm"; }
rpm_query() { in_root rpm -qp "$@"; }
rpm_tool() { in_root rpm --force-debian --nodeps "$@"; }
rpm_both() { rpm_tool "$1" "$(rpm_of zram2 "$2")" "$(rpm_of zram2-dkms "$2")"; }

rpm_payload() { rpm_query -lv "$(rpm_of zram2-dkms "$VERSION")" | grep -v '^d' | tree_is_module; }
# Whether manuals are compressed is up to the distribution.
rpm_system_files() {
	diff - <(rpm_query -lv "$(rpm_of zram2 "$VERSION")" | grep -v '^d' | sed 's/.* //' | grep -v /licenses/ | sed 's/\.gz$//' | sort) <<-END
		/etc/zram2-swap.conf
		/usr/lib/systemd/system/zram2-swap.service
		/usr/lib/udev/rules.d/59-zram2.rules
		/usr/lib/zram2/zram2-swap
		/usr/share/doc/zram2/README.md
		/usr/share/doc/zram2/zram2-drop-in.conf
		/usr/share/man/man4/zram2.4
	END
}
rpm_config() { [ "$(rpm_query -c "$(rpm_of zram2 "$VERSION")")" = /etc/zram2-swap.conf ]; }
rpm_needs() {
	local needs want
	needs=$(rpm_query --requires "$(rpm_of zram2-dkms "$VERSION")")
	for want in "dkms >= 3.0" gcc make kernel-devel "zram2 = $VERSION"; do
		grep -qx "$want" <<<"$needs" || { echo "it doesn't require $want, but"; echo "$needs"; return 1; }
	done
}
rpms_clean() {
	rpmlint -c "$Z2_TOP/rpm/rpmlint.toml" "$PACKAGES"/rpmbuild/RPMS/noarch/*-"$VERSION"-1.noarch.rpm
}

# What kmodtool hands to the akmod's spec is handed to it here, and what it would
# write around it is not there.
akmod_builds() {
	rpm_build "$VERSION" i zram2-kmod.spec --define "kernel_versions ${KVER}___/lib/modules/$KVER/build" \
		--define "kmodinstdir_prefix /lib/modules" --define "kmodinstdir_postfix extra/zram2" \
		--define "_unpackaged_files_terminate_build 0" || return 1
	[ -n "$(as_root find "$PACKAGES/rpmbuild" -path "*/lib/modules/$KVER/extra/zram2/zram2.ko")" ]
}

rpm_in() {
	local before=$Z2_SCRATCH/before
	rpm_sources || { fail "rpm: there are sources"; return 0; }
	works "rpm: the .rpm builds" rpm_build "$VERSION" b zram2-dkms.spec || return 0
	works "rpm: that of a higher version" rpm_build "$NEXT" b zram2-dkms.spec || return 0
	works "rpm: the akmod's spec packs its source" rpm_build "$VERSION" s zram2-kmod.spec || return 0
	works "rpm: the akmod's spec builds and installs the module" akmod_builds || return 0
	check "rpm: zram2-dkms has what the module is built from, and no more" rpm_payload
	check "rpm: zram2 has what belongs to the system" rpm_system_files
	check "rpm: its configuration is one" rpm_config
	check "rpm: it requires what dkms needs" rpm_needs
	check "rpm: rpmlint" rpms_clean

	# Of a package that each system with rpm has, filesystem.
	in_root mkdir -p /usr/share/licenses /usr/share/man/man4
	root_files >"$before"
	works "rpm: they install, dkms builds for $KVER" rpm_both -i "$VERSION" || return 0
	check "rpm: dkms has it installed" installed "$VERSION"
	check "rpm: there is a module" module_take "$(module_path)" "$Z2_SCRATCH/rpm"
	check "rpm: of this version and kernel" module_is "$VERSION" "$Z2_SCRATCH/rpm/src/zram2.ko"
	works "rpm: a higher version replaces them" rpm_both -U "$NEXT" || return 0
	check "rpm: dkms has only that one" installed "$NEXT"
	works "rpm: they can be erased" rpm_tool -e zram2-dkms zram2 || return 0
	check "rpm: nothing is left behind" as_before "$before"
}

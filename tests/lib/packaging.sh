# What the packages' files have to say that the sources say as well: cheap
# enough for lint.
# shellcheck shell=bash

package_version() { make -s -C "$Z2_TOP" version; }

# The version is written down in dkms.conf, and where a format wants it literally.
versions_agree() {
	local version where found status=0
	version=$(package_version)
	[ -n "$version" ] || { echo "dkms.conf has no PACKAGE_VERSION"; return 1; }
	while IFS=: read -r where found; do
		[ "$found" = "$version" ] || { echo "$where has ${found:-none}, dkms.conf has $version"; status=1; }
	done <<-END
		debian/changelog:$(sed -n '1s/^zram2 (\([^)]*\)).*/\1/p' "$Z2_TOP/debian/changelog")
		rpm/zram2-dkms.spec:$(sed -n 's/^Version: *//p' "$Z2_TOP/rpm/zram2-dkms.spec")
		rpm/zram2-dkms.spec, changelog:$(grep -A 1 '^%changelog' "$Z2_TOP/rpm/zram2-dkms.spec" | sed -n 's/^\*.* - \(.*\)-[0-9]*$/\1/p')
		rpm/zram2-kmod.spec:$(sed -n 's/^Version: *//p' "$Z2_TOP/rpm/zram2-kmod.spec")
		rpm/zram2-kmod.spec, changelog:$(grep -A 1 '^%changelog' "$Z2_TOP/rpm/zram2-kmod.spec" | sed -n 's/^\*.* - \(.*\)-[0-9]*$/\1/p')
		CHANGES.md:$(sed -n 's/^## \([^ ]*\).*/\1/p' "$Z2_TOP/CHANGES.md" | head -n 1)
	END
	return $status
}

# Everything that can be set or read, "section name mode" a line, as the sources
# have it. RW, RO and WO are rw, r and w.
interfaces_in_sources() {
	sed -n 's/^static DEVICE_ATTR_\(RW\|RO\|WO\)(\(.*\));/Attributes \2 \1/p' "$Z2_TOP"/src/sysfs*.c |
		sed 's/RW$/rw/; s/RO$/r/; s/WO$/w/'
	sed -n 's/^module_param(\([a-z_]*\),.*/Module \1/p' "$Z2_TOP"/src/*.c
	sed -n 's/^static struct class_attribute class_attr_\([a-z_]*\) = __ATTR\(.*\);/\1 \2/p' "$Z2_TOP/src/main.c" |
		sed 's/\([a-z_]*\) _WO.*/Control \1 w/; s/\([a-z_]*\) (.*NULL)/Control \1 r/'
	sed -n 's/.*debugfs_create_file("\([a-z_]*\)".*/debugfs \1/p' "$Z2_TOP"/src/*.c
	sed -n 's/^TRACE_EVENT(\([a-z0-9_]*\),$/Tracepoints \1/p' "$Z2_TOP/include/zram2/trace.h"
}

# The same as zram2(4) has it: the items of those sections.
interfaces_in_manual() {
	awk '/^\.S[hs] / { section = $2 }
		section ~ /^(Module|Control|Attributes|debugfs|Tracepoints)$/ && /^\.It/ {
			print section, $3 ($4 == "Pq" ? " " $5 : "")
		}' "$Z2_TOP/dist/zram2.4"
}

manual_complete() {
	interfaces_in_sources | sort >"$Z2_SCRATCH/sources"
	interfaces_in_manual | sort >"$Z2_SCRATCH/manual"
	# Nothing found is nothing compared.
	for section in Attributes Module Control debugfs Tracepoints; do
		grep -q "^$section " "$Z2_SCRATCH/sources" || { echo "no $section found in the sources"; return 1; }
	done
	# < is in the sources alone, > in the manual alone.
	diff "$Z2_SCRATCH/sources" "$Z2_SCRATCH/manual"
}

# What is refused, by the list that 30-bad-input.sh goes through. EACCES there is the
# kernel's own, for what can't be read or written at all.
manual_errors() {
	local errors missing
	errors=$(awk '/^[a-z]/ { print $3 }' "$Z2_TOP/tests/functional/bad-input.txt" | grep -v '^EACCES$' | sort -u)
	[ -n "$errors" ] || return 1
	missing=$(grep -vxFf <(awk '$1 == ".It" && $3 == "Er" { for (i = 4; i <= NF; i++) print $i }' "$Z2_TOP/dist/zram2.4") <<<"$errors") || return 0
	echo "not in the manual: $missing"
	return 1
}

# groff says what is wrong on stderr, and succeeds.
manual_renders() {
	local said
	said=$(groff -ww -b -mandoc -Tutf8 "$Z2_TOP/dist/zram2.4" 2>&1 >"$Z2_SCRATCH/manual.txt") || return 1
	[ -z "$said" ] || { echo "$said"; return 1; }
	[ -s "$Z2_SCRATCH/manual.txt" ]
}

# The akmod's needs kmodtool, which writes most of it, to say more than this.
specs_parse() {
	local spec said status=0
	for spec in "$Z2_TOP"/rpm/*.spec; do
		said=$(rpmspec -q --srpm --qf '%{name} %{version} %{license} %{summary}\n' "$spec" 2>&1) || status=1
		[[ $said = *"zram2-"*" $(package_version) GPL-2.0-only "* && $said != *warning:* ]] || status=1
		echo "$said"
	done
	return $status
}

# With macros as systemd-rpm-macros has them, which is nowhere on Debian.
spec_stops_swap() {
	local script
	script=$(rpmspec --parse --define 'systemd_preun() stop-unit %1' "$Z2_TOP/rpm/zram2-dkms.spec" 2>/dev/null |
		sed -n '/^%preun -n zram2$/,/^%/p')
	grep -qx 'stop-unit zram2-swap.service' <<<"$script" || { echo "$script"; return 1; }
}

# broken_interface LOG: which interface of the kernel a build failed at, by our own
# words for it (include/compat) or by what the compiler and modpost name.
broken_interface() {
	sed -n 's/.*error: #error "\(.*\)"$/\1/p' "$1" | head -n 1 | grep . ||
		sed -nE "s/.*error: .*(implicit declaration of|too (few|many) arguments to|incompatible type for argument [0-9]+ of|passing argument [0-9]+ of) (function )?['‘]([A-Za-z0-9_]+)['’].*/\4()/p
			s/.*error: ['‘](.*)['’] has no member named ['‘]([A-Za-z0-9_]+)['’].*/\1: \2/p
			s/.*error: ['‘]([A-Za-z0-9_]+)['’] undeclared.*/\1/p
			s/.*error: initialization of .* from incompatible pointer type.*/an operation's type/p
			s/.*ERROR: modpost: \"([A-Za-z0-9_]+)\".* undefined!.*/\1/p" "$1" | head -n 1 | grep .
}

# The .deb of the sources as they are here, and one of a higher version to
# upgrade to. Both end up in PACKAGES.
# shellcheck shell=bash

VERSION=$(package_version)
NEXT=$VERSION.1
PACKAGES=$Z2_SCRATCH/packages

# debs_open: what build_debs and source_tree begin with.
debs_open() {
	need_packages build-essential debhelper dh-dkms dpkg-dev git
	mkdir -p "$PACKAGES"
	make -s -C "$Z2_TOP" dist >/dev/null
}

# source_tree VERSION DIR: the sources as make dist packs them, of that version.
source_tree() {
	local version=$1 dir=$2
	mkdir -p "$dir"
	tar -C "$dir" --strip-components=1 -xzf "$Z2_TOP/build/zram2-$VERSION.tar.gz"
	[ "$version" != "$VERSION" ] || return 0
	sed -i "s/^PACKAGE_VERSION=.*/PACKAGE_VERSION=\"$version\"/" "$dir/dkms.conf"
	sed -i "1s/(.*)/($version)/" "$dir/debian/changelog"
	sed -i "s/^\(Version: *\).*/\1$version/" "$dir"/rpm/*.spec
}

build_debs() {
	local version
	for version in "$VERSION" "$NEXT"; do
		source_tree "$version" "$Z2_SCRATCH/deb/zram2-$version"
		(cd "$Z2_SCRATCH/deb/zram2-$version" && dpkg-buildpackage -us -uc) || return 1
	done
	cp "$Z2_SCRATCH"/deb/*.deb "$PACKAGES/"
}

# The kernels that the module is built for and booted on. A target is 6.1,
# 6.12, 7.2 (stock Debian kernels, here), uml, uml-fast, uml-up, uml-cov, kcsan (see
# built.sh), or a suite: bookworm, trixie, sid. Each has a directory in the cache:
#   release    the kernel's own version        package   where it came from
#   vmlinuz    what boots                      image/    a tree with lib/modules
#   root.tar   of a suite: a minimal system with dkms and the headers of its kernel
# shellcheck shell=bash

. "$Z2_TOP/tests/lib/apt.sh"
. "$Z2_TOP/tests/lib/built.sh"

Z2_SERIES=(6.1 6.12 7.2)
Z2_SUITES=(bookworm trixie sid)

target_dir() { echo "$Z2_CACHE/kernels/$1"; }
target_release() { cat "$(target_dir "$1")/release"; }
target_about() { echo "Linux $(target_release "$1") ($(cat "$(target_dir "$1")/package"))"; }

# Where a series comes from: suites in order of preference, the suffix of the
# metapackages, and what its version must look like.
series_suites() { case $1 in 6.*) echo bookworm ;; 7.*) echo sid trixie-backports ;; *) echo "$1" ;; esac; }
series_suffix() { case $1 in 6.12) echo 6.12-amd64 ;; *) echo amd64 ;; esac; }
series_pattern() { case $1 in 6.*) echo "$1.*" ;; 7.*) echo "7.*" ;; *) echo "[0-9]*" ;; esac; }

# What the tests need in a suite's system besides: the .rpm is tried in one.
suite_tools() { case $1 in bookworm) echo rpm ;; esac; }

# target_get TARGET...: has it in the cache, the newest there is. Looks for a
# newer one at most once a day; without a network what is there will do.
target_get() {
	local target
	need_packages xz-utils kmod ca-certificates
	for target; do
		case $target in
		uml* | kcsan) with_lock uml built_get "$target" ;;
		*) with_lock "kernel-$target" series_get "$target" ;;
		esac || die "no kernel for $target"
	done
}

series_get() {
	local series=$1 dir suite package
	dir=$(target_dir "$series")
	[ -z "$(find "$dir/ready" -mtime -1 2>/dev/null)" ] || return 0
	for suite in $(series_suites "$series"); do
		apt_refresh "$suite" || continue
		package=$(apt_field "$suite" "linux-image-$(series_suffix "$series")" Version)
		# shellcheck disable=SC2254 # a pattern it is
		case $package in $(series_pattern "$series")) ;; *) continue ;; esac
		if [ "$(cat "$dir/package" 2>/dev/null)" != "$suite $package" ]; then
			rm -rf "$dir.new"
			heavy "fetching Linux $package from $suite" series_fetch "$series" "$suite" "$dir.new" || continue
			echo "$suite $package" >"$dir.new/package"
			as_root rm -rf "$dir"
			mv "$dir.new" "$dir"
		fi
		touch "$dir/ready"
		return 0
	done
	[ -e "$dir/ready" ] && say "no newer kernel $series to be had: using $(target_about "$series")"
}

# Called where errexit is off (heavy ... ||): each step says for itself that
# the rest is pointless without it.
series_fetch() {
	local series=$1 suite=$2 dir=$3 names image headers
	image=$(apt_depends "$suite" "linux-image-$(series_suffix "$series")" '^linux-image-')
	[ -n "$image" ] || return 1
	headers=${image/image/headers}
	mkdir -p "$dir"
	echo "${image#linux-image-}" >"$dir/release"

	names=$(apt_closure "$suite" "$image" '^linux-(binary|modules|base-)')
	# shellcheck disable=SC2086 # a list of names
	apt_extract "$suite" "$dir/image" $names || return 1
	[ -e "$dir/image/lib" ] || ln -s usr/lib "$dir/image/lib"
	find "$dir/image" -name 'vmlinuz*' -exec mv {} "$dir/vmlinuz" \;
	find "$dir/image" -name '*.ko.xz' -exec xz -d -T2 {} +
	[ -e "$dir/vmlinuz" ] && depmod -b "$dir/image" "${image#linux-image-}" || return 1

	# Headers whose compiler and tools run here are unpacked; newer ones
	# need their own suite's compiler and C library. What a package is
	# installed in is made anew for each test.
	if [ "$series" = "$suite" ]; then
		# shellcheck disable=SC2046 # a list of names
		chroot_make "$suite" "$dir/chroot" "$headers" dkms $(suite_tools "$suite") || return 1
		as_root tar -C "$dir/chroot" --one-file-system -cf "$dir/root.tar" . || return 1
		as_root rm -rf "$dir/chroot"
	elif [ "$suite" = bookworm ]; then
		names=$(apt_closure "$suite" "$headers" '^linux-(headers|kbuild|compiler|base-)')
		# shellcheck disable=SC2086
		apt_extract "$suite" "$dir/headers" $names || return 1
		# The packages' makefiles name /usr/src.
		grep -rlI --include=Makefile --include=.kernelvariables /usr/src "$dir/headers/usr/src/$headers" |
			xargs -r sed -i "s|/usr/src|$(target_dir "$series")/headers/usr/src|"
	else
		chroot_make "$suite" "$dir/chroot" make sparse "$headers" || return 1
		checker_valid "$dir/chroot"/usr/src/linux-headers-*-common/scripts
	fi
}

# The makefile of 7.x asks this script whether sparse works, and the headers
# packages forgot it.
checker_valid() {
	[ -e "$1/checker-valid.sh" ] || {
		printf '#!/bin/sh\necho 1\n' | as_root tee "$1/checker-valid.sh" >/dev/null
		as_root chmod +x "$1/checker-valid.sh"
	}
}

# chroot_make SUITE DIR PACKAGE...: a minimal system of that suite.
chroot_make() {
	local suite=$1 dir=$2 base=${1%-backports}; shift 2
	local proxy; eval "$(apt-config shell proxy Acquire::http::Proxy)"
	need_packages debootstrap
	as_root env ${proxy:+http_proxy="$proxy"} debootstrap --variant=minbase --include=ca-certificates \
		"$base" "$dir" "$(apt_mirror Debian)" || return 1
	apt_sources "$base" | as_root tee "$dir/etc/apt/sources.list" >/dev/null
	# Asking for the base by name would set its updates back.
	local release=()
	[ "$base" = "$suite" ] || {
		apt_sources "$suite" | as_root tee -a "$dir/etc/apt/sources.list" >/dev/null
		release=(-t "$suite")
	}
	# How to get at the mirror, as this machine does.
	apt-config dump | grep -iE '^Acquire::(https?|ftp|Check)' | as_root tee "$dir/etc/apt/apt.conf.d/00host" >/dev/null || true
	in_chroot "$dir" apt-get -q update || return 1
	in_chroot "$dir" env DEBIAN_FRONTEND=noninteractive \
		apt-get -q install -y --no-install-recommends "${release[@]}" "$@" || return 1
	in_chroot "$dir" apt-get clean
	as_root rm -rf "$dir"/var/lib/apt/lists
}

# in_chroot DIR COMMAND...: with /proc, which objtool reads, and with the
# module's build directory on /mnt. The mounts vanish with the namespace.
in_chroot() {
	local dir=$1; shift
	as_root unshare --mount sh -ec '
		mount -t proc proc "$1/proc"
		[ -z "$2" ] || mount --bind "$2" "$1/mnt"
		dir=$1; shift 2; exec chroot "$dir" "$@"' sh "$dir" "${Z2_CHROOT_MNT:-}" "$@"
}

# build_module TARGET DIR [VARIABLE=VALUE...]: copies the sources to DIR and
# builds them there; what has not changed is not built again. A warning is a
# failure, and forgets what was built, so that it comes again.
build_module() {
	local target=$1 dir=$2 log key; shift 2
	need_packages make gcc libc6-dev rsync
	key="$(target_about "$target") $(cat "$(target_dir "$target")/key" 2>/dev/null) $Z2_CACHE"
	[ "$(cat "$dir/.key" 2>/dev/null)" = "$key" ] || as_root rm -rf "$dir"
	mkdir -p "$dir"
	echo "$key" >"$dir/.key"
	rsync -a --delete --exclude='.*' --exclude='*.o' --exclude='*.ko' --exclude='*.mod' --exclude='*.mod.c' \
		--exclude='*.a' --exclude=Module.symvers --exclude=modules.order \
		"$Z2_TOP"/{Makefile,dkms.conf,src,include,kunit} "$dir/"
	rm -f "$dir"/*/*.ko
	log=$dir/.log
	if ! heavy "building zram2 for $(target_about "$target")" \
		run_make "$target" "$dir" "$log" W=1 "$@" || has_warnings "$log"; then
		as_root rm -rf "$dir"/{src,kunit,.key}
		return 1
	fi
}

run_make() {
	local target=$1 dir=$2 log=$3 kdir at=$2; shift 3
	kdir=$(target_dir "$target")/headers/usr/src/linux-headers-$(target_release "$target")
	local run=()
	case $target in
	uml*) kdir=$(target_dir "$target")/build; set -- ARCH=um "$@" ;;
	kcsan) kdir=$(target_dir "$target")/build; set -- ARCH=x86_64 "$@" ;;
	# The headers of some hold a vmlinux, and then want type information made.
	6.*) need_packages gcc-12 libelf1 libssl3 pahole ;;
	*)
		run=(in_chroot "$(target_dir "$target")/chroot") at=/mnt
		kdir=/lib/modules/$(target_release "$target")/build
		;;
	esac
	Z2_CHROOT_MNT=$dir "${run[@]}" make -C "$at" -j"$(nproc)" KDIR="$kdir" module "$@" 2>&1 | tee "$log"
}

# That the compiler is a point release newer than the kernel's is no news, nor is
# that pahole came after a kernel that does without type information.
has_warnings() {
	grep -iE '(^|[^-])warning:' "$1" | grep -vE '(compiler|pahole version) differs from the one used' >"$1.warnings" || return 1
	indent <"$1.warnings" >&2
}

# Kernels built from the newest 7.x source package. User-mode Linux in four
# flavours: uml with every detector on (KUnit runs there), uml-cov that counts the
# lines run, uml-fast and uml-up without either (benchmarks; up is for one CPU
# only). kcsan is one for QEMU that looks for data races, which user-mode Linux
# can't. All are targets like the stock kernels, see kernels.sh.
# shellcheck shell=bash

built_fragments() {
	echo "$Z2_TOP/bench/uml.config"
	case $1 in
	uml) echo "$Z2_TOP/kunit/.kunitconfig" ;;
	uml-up) echo "$Z2_TOP/bench/uml-up.config" ;;
	uml-cov) echo "$Z2_TOP/kunit/coverage.config" ;;
	kcsan) echo "$Z2_TOP/kunit/kcsan.config" ;;
	esac
}
built_arch() { case $1 in uml*) echo um ;; i386) echo i386 ;; *) echo x86_64 ;; esac; }
built_binary() { case $1 in uml*) echo build/linux ;; *) echo build/arch/x86/boot/bzImage ;; esac; }

built_get() {
	local target=$1 dir key fragments arch
	arch=$(built_arch "$target")
	dir=$(target_dir "$target")
	mapfile -t fragments < <(built_fragments "$target")
	built_source
	key="$(cat "$Z2_CACHE/uml/package") $(grep -hv '^#' "${fragments[@]}" | sha256sum | cut -c 1-16)"
	[ "$(cat "$dir/key" 2>/dev/null)" != "$key" ] || return 0

	need_packages make gcc libc6-dev flex bison bc libelf-dev libssl-dev
	mkdir -p "$dir/build"
	rm -f "$dir/key"
	heavy "configuring Linux ($target)" built_configure "$arch" "$dir/build" "${fragments[@]}" || return 1
	built_lost_options "$dir/build/.config" "${fragments[@]}" || return 1
	heavy "building Linux ($target; some minutes, once)" \
		make -C "$Z2_CACHE/uml/source" ARCH="$arch" O="$dir/build" -j"$(nproc)" || return 1
	rm -rf "$dir/image"
	heavy "installing its modules" make -C "$Z2_CACHE/uml/source" ARCH="$arch" O="$dir/build" \
		INSTALL_MOD_PATH="$dir/image" modules_install || return 1
	ln -sf "$(built_binary "$target")" "$dir/vmlinuz"
	cp "$dir/build/include/config/kernel.release" "$dir/release"
	cp "$Z2_CACHE/uml/package" "$dir/package"
	echo "$key" >"$dir/key"
}

# built_headers i386: as much of a kernel as modules are compiled with, which
# takes half a minute. What is exported is not known without the rest.
built_headers() {
	local dir fragment=$Z2_TOP/tests/$1.config key arch
	arch=$(built_arch "$1")
	dir=$(target_dir "$1")
	built_source
	key="$(cat "$Z2_CACHE/uml/package") $(grep -v '^#' "$fragment" | sha256sum | cut -c 1-16)"
	[ "$(cat "$dir/key" 2>/dev/null)" != "$key" ] || return 0

	rm -rf "$dir"
	mkdir -p "$dir/build"
	heavy "configuring Linux ($1)" built_configure "$arch" "$dir/build" "$fragment" || return 1
	built_lost_options "$dir/build/.config" "$fragment" || return 1
	heavy "preparing its headers" \
		make -C "$Z2_CACHE/uml/source" ARCH="$arch" O="$dir/build" -j"$(nproc)" modules_prepare || return 1
	echo "$key" >"$dir/key"
}

# The source of the newest 7.x, unpacked once.
built_source() {
	local dir=$Z2_CACHE/uml suite name package
	mkdir -p "$dir"
	[ -z "$(find "$dir/ready" -mtime -1 2>/dev/null)" ] || return 0
	for suite in sid trixie-backports; do
		apt_refresh "$suite" || continue
		name=$(apt_depends "$suite" linux-source '^linux-source-7')
		[ -n "$name" ] || continue
		package="$suite $(apt_field "$suite" "$name" Version)"
		if [ "$(cat "$dir/package" 2>/dev/null)" != "$package" ]; then
			heavy "fetching $name ($package)" built_fetch "$suite" "$name" || continue
			# What was built from the old tree depends on its files.
			rm -rf "$dir/source" "$(target_dir uml)"{,-fast,-up,-cov} "$(target_dir kcsan)"
			mv "$dir/source.new" "$dir/source"
			echo "$package" >"$dir/package"
		fi
		touch "$dir/ready"
		return 0
	done
	[ -e "$dir/ready" ] || die "no source of Linux 7.x to be had"
	say "no newer source to be had: using $(cat "$dir/package")"
}

built_fetch() {
	local dir=$Z2_CACHE/uml
	rm -rf "$dir/unpack" "$dir/source.new"
	mkdir "$dir/source.new"
	apt_extract "$1" "$dir/unpack" "$2" || return 1
	tar -xf "$dir/unpack/usr/src/$2.tar.xz" -C "$dir/source.new" --strip-components=1 || return 1
	rm -rf "$dir/unpack"
}

built_configure() {
	local arch=$1 build=$2; shift 2
	make -C "$Z2_CACHE/uml/source" ARCH="$arch" O="$build" tinyconfig || return 1
	(cd "$Z2_CACHE/uml/source" && scripts/kconfig/merge_config.sh -m -O "$build" "$build/.config" "$@") || return 1
	make -C "$Z2_CACHE/uml/source" ARCH="$arch" O="$build" olddefconfig
}

# An option that a new kernel renamed or dropped would take a detector away
# unnoticed. The last fragment that names an option has the say.
built_lost_options() {
	local config=$1; shift
	awk '
		NR == FNR { if (/^CONFIG_/) got[$1] = 1; next }
		/^CONFIG_/ { split($1, a, "="); want[a[1]] = $1 }
		END {
			for (o in want) {
				off = want[o] ~ /=n$/
				if (off ? (o "=y") in got || (o "=m") in got : !(want[o] in got)) {
					print "the configuration lost " want[o]
					bad = 1
				}
			}
			exit bad
		}' "$config" "$@" >&2
}

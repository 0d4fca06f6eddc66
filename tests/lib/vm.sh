# Test machines: an initramfs with what a run needs, booted in QEMU (stock
# kernels) or as user-mode Linux. Results come through a channel of their own,
# so that no kernel message can garble a line; tests/vm/init is the other end.
# shellcheck shell=bash

. "$Z2_TOP/tests/lib/kernels.sh"
. "$Z2_TOP/tests/lib/tools.sh"

VM_PACKAGES=(qemu-system-x86 busybox-static cpio kmod gcc libc6-dev e2fsprogs xfsprogs btrfs-progs f2fs-tools
	dmsetup util-linux mount dash)
# Programs of this machine that guests use; a case asks for more by bins=.
VM_PROGRAMS=(kmod mke2fs e2fsck mkfs.xfs mkfs.btrfs mkfs.f2fs dmsetup swapon swapoff zramctl losetup blkdiscard lsblk mount umount)
# Modules that guests find under /lib/modules, with what they depend on. Some
# are built in or absent on some kernels.
VM_MODULES=(zram zsmalloc lz4_compress lz4hc_compress lz4_decompress lzo_compress lzo_decompress zstd_compress
	zstd_decompress zlib_deflate zlib_inflate lz4 lz4hc lzo lzo-rle zstd deflate 842 ext4 xfs btrfs f2fs msdos nls_cp437
	null_blk virtio_blk virtio_pci loop dm-mod dm-flakey dm-delay dm-zero brd crc32c libcrc32c crc32c-intel crc32 crc32-pclmul crypto-crc32c crypto-crc32)

# vm_root TARGET ROOT: a root for a guest. The files are those of the target's
# tree, which another run may be about to make anew.
vm_root() {
	vm_tree "$1"
	cp -al "$(target_dir "$1")/guest/." "$2"
}

# vm_tree TARGET: the part of the guest's root that is the same for all runs.
vm_tree() {
	local target=$1 dir release key path m
	dir=$(target_dir "$target")
	release=$(target_release "$target")
	need_packages "${VM_PACKAGES[@]}"
	key=$(sha256sum - "$Z2_TOP/tests/lib/vm.sh" <<<"$release $(cat "$dir/key" 2>/dev/null)" | cut -c 1-64 | paste -sd -)
	[ "$(cat "$dir/guest.key" 2>/dev/null)" != "$key" ] || return 0

	rm -rf "$dir/guest"
	mkdir -p "$dir"/guest/{bin,sbin,usr/bin,usr/local/sbin,lib/modules/"$release",proc,sys,dev,tmp,run,etc,mnt}
	cp "$(command -v busybox)" "$dir/guest/bin/busybox"
	cp /etc/mke2fs.conf "$dir/guest/etc/" 2>/dev/null || true
	# Debian's busybox shell takes its own applets before what is in PATH.
	vm_add_programs "$dir/guest" dash "${VM_PROGRAMS[@]}"
	mv "$dir/guest/usr/local/sbin/dash" "$dir/guest/bin/sh"
	for m in modprobe insmod rmmod lsmod modinfo; do ln -s kmod "$dir/guest/usr/local/sbin/$m"; done
	for m in ext2 ext3 ext4; do ln -s mke2fs "$dir/guest/usr/local/sbin/mkfs.$m"; done
	ln -s /usr/local/sbin/kmod "$dir/guest/sbin/modprobe" # the kernel calls it by this path
	for m in "${VM_MODULES[@]}"; do
		modprobe -S "$release" -d "$dir/image" --show-depends "$m" 2>/dev/null || true
	done | sed -n 's/^insmod \([^ ]*\).*/\1/p' | sort -u | while read -r path; do
		path=${path#*/lib/modules/}
		mkdir -p "$dir/guest/lib/modules/$(dirname "$path")"
		cp "$dir/image/lib/modules/$path" "$dir/guest/lib/modules/$path"
	done
	cp "$dir/image/lib/modules/$release"/modules.{order,builtin,builtin.modinfo} "$dir/guest/lib/modules/$release/" 2>/dev/null || true
	echo "$key" >"$dir/guest.key"
}

# vm_build TARGET: the module, in build/TARGET; for user-mode Linux and kcsan with its
# suites. Of those who share work by VM_SHARED one builds: that removes what the
# others take.
vm_build() { with_lock "build-$1" vm_build_once "$1" "${VM_SHARED:-$Z2_SCRATCH}/$1.built"; }
vm_build_once() {
	local target=$1 done=$2 suites=()
	[ ! -e "$done" ] || return 0
	case $target in uml | kcsan) suites=(KUNIT=1) ;; esac
	build_module "$target" "$Z2_TOP/build/$target" "${suites[@]}" && : >"$done"
}

# vm_add_programs ROOT PROGRAM...: with the libraries they load.
vm_add_programs() {
	local root=$1 p lib; shift
	for p; do
		p=$(PATH=$PATH:/usr/sbin:/sbin command -v "$p") || die "$p is not on this machine"
		cp -L "$p" "$root/usr/local/sbin/"
		# Scripts and static programs load none.
		{ ldd "$p" 2>/dev/null | grep -o '/[^ ]*' || true; } | while read -r lib; do
			mkdir -p "$root$(dirname "$lib")"
			[ -e "$root$lib" ] || cp -L "$lib" "$root$lib"
		done
	done
}

# vm_programs: compiles the C programs of the functional tests, statically, and
# build/uml-signals.so, with which user-mode Linux is three times as fast.
vm_programs() {
	local c out=$Z2_TOP/build/progs
	mkdir -p "$out"
	for c in "$Z2_TOP"/tests/functional/progs/*.c; do
		[ ! -e "$c" ] || vm_compile "$out/$(basename "$c" .c)" "$c" -static -pthread
	done
	vm_compile "$Z2_TOP/build/uml-signals.so" "$Z2_TOP/tests/lib/uml-signals.c" -Wextra -shared -fPIC
}

# vm_compile OUT SOURCE OPTION...: unless OUT is newer.
vm_compile() { [ "$1" -nt "$2" ] || gcc -O2 -Wall "${@:3}" -o "$1" "$2" || die "cannot compile $2"; }

# vm_image TARGET MODULES_DIR "PROGRAM..." OUT SCRIPT...: an initramfs that
# runs the scripts in order. Paths of scripts are relative to tests/. With
# VM_EXTRA=NAME... more is in it, see tools.sh. With VM_CASE_SECONDS that is how long
# a script may take that says nothing else.
vm_image() {
	local target=$1 modules=$2 programs=$3 out=$4 root release extra script limit; shift 4
	with_lock programs vm_programs
	release=$(target_release "$target")
	root=$(mktemp -d "$Z2_SCRATCH/root.XXXXXX")
	with_lock "guest-$target" vm_root "$target" "$root"
	mkdir -p "$root/tests/bin" "$root/lib/modules/$release/updates"
	# shellcheck disable=SC2086
	[ -z "$programs" ] || vm_add_programs "$root" $programs
	for extra in ${VM_EXTRA:-}; do "extra_$extra" "$root"; done
	make -s -C "$Z2_TOP" install-files DESTDIR="$root"
	find "$modules" -maxdepth 2 -name 'zram2*.ko' -exec cp {} "$root/lib/modules/$release/updates/" \;
	strip -g "$root/lib/modules/$release/updates"/*.ko 2>/dev/null || true
	# Written anew, never through the hard links to the shared tree.
	depmod -b "$root" "$release"
	cp -r "$Z2_TOP"/tests/{functional,demo,vm} "$root/tests/"
	chmod +x "$root"/tests/*/*.sh "$root/tests/vm/init"
	[ ! -e "$root/tests/functional/lib.sh" ] || ln -s functional/lib.sh "$root/tests/lib.sh"
	mv "$root/tests/vm/splats" "$root/tests/splats"
	cp "$Z2_TOP"/build/progs/* "$root/usr/local/sbin/" 2>/dev/null || true
	ln -s tests/vm/init "$root/init"
	for script; do
		limit=-
		[ -z "${VM_CASE_SECONDS:-}" ] || limit=$(case_option "$Z2_TOP/tests/$script" timeout "$VM_CASE_SECONDS")
		echo "/tests/$script $limit"
	done >"$root/tests/run"
	(cd "$root" && find . | LC_ALL=C sort | cpio --quiet -o -H newc --owner=0:0) >"$out"
	rm -rf "$root"
}

# vm_slow: how many times as long as on an idle machine of 2020 things take now, at
# least 1, at most 10. All CPUs are asked at once, since machines have two. Limits of
# time, here and in the machines, are multiplied by it.
VM_LOOP_US=500000
vm_slow() {
	local begin=${EPOCHREALTIME/[.,]/} pids=() i n slow
	for ((n = 0; n < $(nproc); n++)); do
		(for ((i = 0; i < 300000; i++)); do :; done) &
		pids+=($!)
	done
	wait "${pids[@]}"
	slow=$(((${EPOCHREALTIME/[.,]/} - begin + VM_LOOP_US - 1) / VM_LOOP_US))
	echo $((slow < 10 ? slow : 10))
}

# vm_boot TARGET IMAGE SECONDS MEM SMP [KERNEL_ARGUMENT...]: boots it, reports
# every result as it comes. The log of the console is kept in build/logs, under the
# image's name. With VM_DISK=SIZE there is an empty virtio disk, with VM_DISK=/PATH
# that file is one, which keeps what is written to it.
#
# A kernel that dies before it runs our init is booted again: emulation with
# several threads sometimes lets one CPU run into code that another one is just
# patching ("int3" in the first seconds), which is before any module is loaded.
vm_boot() {
	local attempt slow target=$1 image=$2 limit=$3 log; shift 3
	log=$Z2_TOP/build/logs/$target-$(basename "$image" .cpio).log
	slow=$(vm_slow)
	[ "$slow" = 1 ] || say "$target: this machine is slow or busy: $slow times as long for everything"
	for attempt in 1 2 last; do
		vm_boot_once "$attempt" "$target" "$image" $((limit * slow)) "$@" "z2.slow=$slow"
		! grep -aq '^VM START' "$log.results" || return 0
		[ $attempt = last ] || mv "$log" "$log.dead$attempt"
	done
}

vm_boot_once() {
	local attempt=$1 target=$2 image=$3 limit=$4 mem=$5 smp=$6
	local disk=${VM_DISK:--} dir log results pid drive=() cpu; shift 6
	# With erms the kernel clears and copies pages byte by byte, each emulated.
	cpu=max,-erms,-fsrm
	dir=$(target_dir "$target")
	mkdir -p "$Z2_TOP/build/logs"
	log=$Z2_TOP/build/logs/$target-$(basename "$image" .cpio).log
	results=$log.results
	: >"$log"; : >"$results"
	case $disk in
	- | /*) ;;
	*) truncate -s "$disk" "$image.disk"; disk=$image.disk ;;
	esac
	if [ "$disk" != - ]; then
		drive=(-drive "file=$disk,if=none,id=disk,format=raw,cache=unsafe"
			-device "virtio-blk-pci,drive=disk")
	fi
	case $target in
	uml*)
		# The debug flavour prints test progress on its console.
		TMPDIR=/dev/shm timeout -k 5 "$limit" env LD_PRELOAD="$Z2_TOP/build/uml-signals.so" \
			"$dir/vmlinuz" seccomp=on ncpus="$smp" mem="$mem" initrd="$image" \
			con=null con0=null,fd:1 con1=null,fd:3 z2.results=tty1 panic=-1 "$@" \
			</dev/null >"$log" 2>&1 3>>"$results" &
		;;
	*)
		timeout -k 5 "$limit" qemu-system-x86_64 -accel tcg,thread=multi -cpu "$cpu" -smp "$smp" -m "$mem" \
			-display none -nodefaults -no-reboot -kernel "$dir/vmlinuz" -initrd "$image" \
			-serial "file:$log" -serial "file:$results" "${drive[@]}" \
			-append "console=ttyS0 panic=-1 oops=panic quiet mitigations=off z2.results=ttyS1 $*" \
			</dev/null >>"$log.qemu" 2>&1 &
		;;
	esac
	pid=$! Z2_VM_PID=$!
	tail -n +1 -f --pid=$pid "$results" | VM_PID=$pid vm_report "$target" "$log" "$attempt"
	wait $pid 2>/dev/null || true
	Z2_VM_PID=''
	rm -f "$image.disk"
}

# Machines are shared, and a time limit that the load has something to do with can
# fail for that alone. Only the test knows which of its checks are of that kind, and
# says so: "CASE: timeout: ...". Where VM_DOUBTS names a file, those are noted there
# for another run of their cases that has the last word, and are listed at the end,
# with the log. All others fail at once: data, counters, leaks, what the kernel says.
vm_failure() {
	local target=$1 what=$2 log=$3
	if [ -n "${VM_DOUBTS:-}" ] && [[ $what =~ ^[^:]+:\ timeout:\  ]]; then
		printf '[%4d s] not ok, to be tried again - %s: %s\n' "$(elapsed)" "$target" "$what"
		echo "r $target: $what (${log#"$Z2_TOP"/})" >>"$Z2_TALLY"
		echo "$what" >>"$VM_DOUBTS"
	else
		fail "$target: $what"
	fi
}
# vm_doubted: the cases that want another run.
vm_doubted() { cut -d : -f 1 "$VM_DOUBTS" | sort -u; }

# vm_report TARGET CONSOLE_LOG 1|2|last: turns the guest's lines into counted
# results. A case that hangs has the guest say in its log where; a minute later VM_PID
# is ended, since a guest whose clock stands still doesn't end itself.
vm_report() {
	local target=$1 log=$2 attempt=$3 line current='booting' ended='' failed='' why=0 status deadline=''
	while true; do
		status=0
		IFS= read -r -t "${VM_QUIET_SECONDS:-15}" line || status=$?
		if [ $status -gt 128 ]; then
			say "  still: $current on $target (console: $(tail -n 1 "$log" | tr -d '\r' | cut -c 1-70))"
			if [ -n "$deadline" ] && [ "$(elapsed)" -ge "$deadline" ]; then
				deadline=''
				say "$target: $current hangs: this machine is ended"
				kill "$VM_PID"
			fi
			continue
		fi
		[ $status -eq 0 ] || break
		case $line in
		'ok - '*) pass "$target: ${line#ok - }"; why=0 ;;
		'not ok - '*) vm_failure "$target" "${line#not ok - }" "$log"; failed=1 why=$BECAUSE_LINES ;;
		'VM START '*) say "$target: Linux ${line#VM START } is up"; current='between cases' ;;
		'VM END') ended=1 ;;
		'# case '*' start '*)
			current=${line#\# case } current=${current%% start *} failed='' deadline=${line##* }
			if [ "$deadline" = - ]; then deadline=''; else deadline=$(($(elapsed) + deadline + 60)); fi
			;;
		'# case '*' end rc='*)
			case $line in *' rc=0 '*) ;; *)
				[ -n "$failed" ] || fail "$target: $current ends well (${line#* end })" ;;
			esac
			say "$target: $current took ${line#*seconds=} s"
			current='between cases'
			;;
		*)	# What follows a failure explains it.
			why=$((why - 1))
			if [ $why -ge 0 ]; then because <<<"$line"; else indent <<<"$line"; fi
			;;
		esac
	done
	if [ "$current" = booting ] && [ "$attempt" != last ]; then
		say "$target: the kernel did not come up; once more"
		tail -n 3 "$log" | tr -d '\r' | indent
		return 0
	fi
	[ -n "$ended" ] || {
		fail "$target: the machine runs to the end (it stopped in: $current; log: ${log#"$Z2_TOP"/})"
		tail -n 60 "$log" | tr -d '\r' | indent
		vm_last_words "$log" | because
	}
}

# vm_last_words CONSOLE_LOG: why a machine may have stopped: what its kernel complained
# of first, or else what it said last.
vm_last_words() {
	local complaint
	complaint=$(grep -aEm 1 -A $((BECAUSE_LINES - 1)) -f "$Z2_TOP/tests/vm/splats" "$1") ||
		complaint=$(tail -n $BECAUSE_LINES "$1")
	tr -d '\r' <<<"$complaint"
}

# case_option CASE NAME DEFAULT: from its "# vm: name=value ..." line.
case_option() {
	local value
	value=$(sed -n 's/^# vm: *//p' "$1" | tr ' ' '\n' | sed -n "s/^$2=//p" | head -n 1)
	echo "${value:-$3}"
}

# vm_due CASE TARGET: is it to run there? Long cases always do on the newest kernel and
# on user-mode Linux. Where VM_ROUND is a number (make check), each of them comes to
# each of the others once in VM_ROUNDS rounds. make quick leaves them out.
VM_ROUNDS=4
vm_due() {
	local case=$1 target=$2 n t=0
	[ "$(case_option "$case" long no)" = yes ] || return 0
	[ -z "${QUICK:-}" ] || return 1
	case $target in uml | "${Z2_SERIES[-1]}") return 0 ;; esac
	[ -n "${VM_ROUND:-}" ] || return 0
	n=$(grep -l '^# vm:.*\blong=yes' "$(dirname "$case")"/[0-9]*.sh | grep -nxF "$case" | cut -d : -f 1)
	while [ "${Z2_SERIES[t]}" != "$target" ]; do t=$((t + 1)); done
	[ $(((VM_ROUND + n + t) % VM_ROUNDS)) = 0 ]
}

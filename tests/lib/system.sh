# A system that boots: a suite's clean one (roots.sh) with systemd as its first
# process, Debian's own kernel in it, and the tools that zram2 can stand in for.
# Kept in the suite's directory as system.tar, which goes when the suite has a newer
# kernel.
# shellcheck shell=bash

SYSTEM_PACKAGES=(systemd-sysv dbus systemd-zram-generator zram-tools)
# What its initramfs needs to find the disk; Debian's default has a bit of everything,
# which takes long to unpack in emulation.
SYSTEM_DRIVERS=(virtio_pci virtio_blk ext4)

# system_get SUITE: has it in the cache.
system_get() { target_get "$1" && with_lock "system-$1" system_make "$1"; }
system_make() {
	local suite=$1 dir key
	dir=$(target_dir "$suite")
	key=$(sha256sum <"$Z2_TOP/tests/lib/system.sh")
	[ "$(cat "$dir/system.key" 2>/dev/null)" != "$key" ] || return 0
	root_unpack "$suite" root.tar || return 1
	heavy "installing ${SYSTEM_PACKAGES[*]}" system_install "$dir/system.tar" || return 1
	root_close
	echo "$key" >"$dir/system.key"
}

system_install() {
	in_root apt-get -q update || return 1
	in_root apt-get -q install -y --no-install-recommends "${SYSTEM_PACKAGES[@]}" || return 1
	in_root apt-get clean
	# Its turn comes in one of the tests; the generator, which has nothing to be
	# turned off, makes swap from the first boot on.
	in_root systemctl disable zramswap.service || return 1
	in_root sh -c 'echo MODULES=list >/etc/initramfs-tools/conf.d/modules; printf "%s\n" "$@" >>/etc/initramfs-tools/modules' \
		sh "${SYSTEM_DRIVERS[@]}" || return 1
	in_root update-initramfs -u -k "$KVER" || return 1
	as_root rm -rf "$ROOT"/var/lib/apt/lists "$ROOT"/usr/share/{man,doc,locale}/*
	as_root tar -C "$ROOT" --one-file-system -cf "$1" .
}

# system_image OUT: a disk with ROOT as it is now.
system_image() { truncate -s 3G "$1" && as_root mke2fs -q -F -t ext4 -L root -d "$ROOT" "$1"; }

# system_boot SUITE NAME DISK SECONDS: boots it, with tests/system/NAME.sh run when
# it is up. It ends by itself, as a system does that is told to power off.
system_boot() {
	local suite=$1 name=$2 disk=$3 seconds=$4
	cp "$Z2_SCRATCH/initrd" "$Z2_SCRATCH/$name.cpio"
	VM_DISK=$disk vm_boot "$suite" "$Z2_SCRATCH/$name.cpio" "$seconds" 1G 2 root=/dev/vda rw loglevel=5 \
		systemd.show_status=1 systemd.wants="zram2-test@$name.service"
}
# system_log SUITE NAME: what its console showed then.
system_log() { echo "$Z2_TOP/build/logs/$1-$2.log"; }

# Clean systems to install packages in: a suite's root.tar (kernels.sh), unpacked
# anew for whoever wants one and thrown away afterwards.
# shellcheck shell=bash

# root_unpack SUITE FILE: one of the files in the suite's directory; sets ROOT, and
# KVER to the kernel it has headers of.
root_unpack() {
	ROOT=$Z2_SCRATCH/root-$1 KVER=$(target_release "$1")
	mkdir "$ROOT"
	heavy "unpacking a system of $1" as_root tar -C "$ROOT" -xf "$(target_dir "$1")/$2"
}

# root_open SUITE: unpacks it, and has it take that kernel for the running one, as
# a machine would.
root_open() {
	root_unpack "$1" root.tar || return 1
	as_root mv "$ROOT/usr/bin/uname" "$ROOT/usr/bin/uname.real"
	as_root tee "$ROOT/usr/bin/uname" >/dev/null <<-END
		#!/bin/sh
		[ "\$*" != -r ] || { echo $KVER; exit; }
		exec uname.real "\$@"
	END
	as_root chmod 755 "$ROOT/usr/bin/uname"
	# Where a kernel has no such lists dkms takes it for one that isn't installed.
	in_root depmod "$KVER"
}

root_close() { as_root rm -rf --one-file-system "$ROOT"; }

# in_root COMMAND...: with the packages on /mnt, and nothing of our environment.
in_root() {
	Z2_CHROOT_MNT=$PACKAGES in_chroot "$ROOT" env -i LC_ALL=C.UTF-8 HOME=/root DEBIAN_FRONTEND=noninteractive \
		PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

# All that a package could leave behind: names of files, and links with what
# they point to. Not the logs and lists of who installs it, nor what dkms makes
# for itself once, its key; nor depmod's lists, which dkms makes or takes away as
# it sees fit: what they know is looked at below.
root_files() {
	(cd "$ROOT" && as_root find . -xdev \( -path ./proc -o -path ./tmp -o -path ./run -o -path ./mnt -o -path ./root \
		-o -path ./var/log -o -path ./var/cache -o -path ./var/lib/dpkg -o -path ./var/lib/apt -o -path ./var/lib/rpm \
		-o -path './var/lib/dkms/mok.*' -o -path './*lib/modules/*/modules.*' -o -name '*.pyc' -o -name __pycache__ \) -prune -o -printf '%p %l\n' | sort)
}

# Does modules.dep, or one of its like, of that kernel know of the module?
root_knows_module() { as_root grep -rlaE '/zram2\.ko|\bzram2\b' "$ROOT/lib/modules/$KVER/" --include='modules.*'; }

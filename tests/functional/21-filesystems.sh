#!/bin/sh
# ext4, xfs and btrfs, with files compared after they have left the page cache.
. /tests/lib.sh
begin

# Files of many sizes, from what is at hand.
mkdir files
cp /bin/busybox files/program
i=0
while [ $i -lt 80 ]; do
	dd if=/bin/busybox of=files/small.$i bs=1000 skip=$i count=$((i % 23 + 1)) 2>/dev/null
	i=$((i + 1))
done
head -c 2048k /dev/urandom >files/random
head -c 2048k /dev/zero >files/zeros
dd if=files/program of=files/sparse bs=4k seek=5000 count=10 2>/dev/null
(cd files && md5sum * >../sums)

# compare WHAT: with a cold page cache.
compare() {
	echo 3 >/proc/sys/vm/drop_caches
	(cd mnt/files && md5sum -c ../../sums) >compared 2>&1 && pass "$1" ||
		fail "$1" "$(grep -v ': OK' compared)"
}

mkdir mnt
for fs in ext4 xfs btrfs; do
	modprobe $fs
	new_disk 320M
	ok_if "$fs: mkfs" "mkfs.$fs" -q "$dev"
	ok_if "$fs: mount" mount -t $fs -o discard "$dev" mnt || exit
	ok_if "$fs: files are copied" cp -r files mnt/
	sync
	compare "$fs: files"
	ok_if "$fs: and again to another place" cp -r mnt/files mnt/copy
	rm -r mnt/files
	mv mnt/copy mnt/files
	ok_if "$fs: unmount" umount mnt
	ok_if "$fs: mount again" mount -t $fs -o discard "$dev" mnt || exit
	compare "$fs: files after mounting again"

	sync
	full=$(stat_of orig_data_size)
	rm -r mnt/files
	sync
	ok_if "$fs: fstrim" fstrim mnt
	lower() { [ "$(stat_of orig_data_size)" -lt $((full - 4000000)) ]; }
	ok_if "$fs: what is deleted is given back" eventually 20 lower
	is "$fs: a mounted disk is not reset" "$(sysfs_write "$sys/reset" 1)" EBUSY
	ok_if "$fs: unmount" umount mnt
	is "$fs: nothing failed" "$(stat_of failed_reads) $(stat_of failed_writes)" "0 0"
	drop_disk
done

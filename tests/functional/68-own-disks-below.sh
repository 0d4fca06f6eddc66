#!/bin/sh
# Disks of zram2 are no backing device of one another, nor is what lies on them:
# mapped devices, several deep, and loop devices on a disk or on a file there.
. /tests/lib.sh
begin
. /tests/functional/writeback.sh
modprobe dm-mod
modprobe loop
modprobe ext4

new_disk 64M
below=$dev below_id=$disk_id
new_disk
# refused WHAT: $back is not taken, and free afterwards.
refused() {
	log_mark
	expect_errno EINVAL "$sys/backing_dev" "$back"
	ok_if "$1: the log says why" dmesg_has 'backing_dev: .*zram2'
	is "$1: there is no backing device" "$(cat "$sys/backing_dev")" none
}
taken() {
	expect_errno OK "$sys/backing_dev" "$back"
	is "$1" "$(cat "$sys/backing_dev")" "$(readlink -f "$back")"
	set_to "$sys/reset" 1
}
on_loop() { back=$(losetup -f) && losetup "$back" "$1" || fail "a loop device on $1"; }

back=$below
refused "a disk itself"
dm one "0 $(sectors "$below") linear $below 0"
refused "a linear mapping"
dm two "0 4096 linear /dev/mapper/one 0"
refused "a mapping of a mapping"
null_disk nbside 512 16
side=$back
dm three "0 4096 linear $side 0
4096 4096 linear /dev/mapper/two 0"
refused "a mapping of several, the last of them ours"
on_loop /dev/mapper/two
loop=$back
refused "a loop device on a mapping"
dm four "0 4096 linear $loop 0"
refused "a mapping of a loop device"
dmsetup remove four
losetup -d "$loop"
for name in three two one; do dmsetup remove $name; done

on_loop "$below"
refused "a loop device on a disk"
losetup -d "$back"
mkdir mnt
mkfs.ext4 -q "$below" && mount -t ext4 "$below" mnt || fail "a file system on a disk"
dd if=/dev/zero of=mnt/image bs=64k count=64 2>/dev/null
on_loop mnt/image
refused "a loop device on a file on a disk"
losetup -d "$back"
umount mnt

# What has nothing of ours below is taken as before.
back=$side
taken "a disk of another driver"
dm one "0 4096 linear $side 0"
dm two "0 4096 linear /dev/mapper/one 0"
taken "a mapping of a mapping of it"
on_loop /dev/mapper/two
loop=$back
taken "a loop device on that"
losetup -d "$loop"
dmsetup remove two
dmsetup remove one
dd if=/dev/zero of=image bs=64k count=64 2>/dev/null
on_loop image
taken "a loop device on a file in memory"
losetup -d "$back"
mkfs.ext4 -q "$side" && mount -t ext4 "$side" mnt || fail "a file system on another driver's disk"
dd if=/dev/zero of=mnt/image bs=64k count=64 2>/dev/null
on_loop mnt/image
taken "a loop device on a file there"
losetup -d "$back"
umount mnt
drop_disk
set_to "$CONTROL/hot_remove" "$below_id"
null_gone nbside

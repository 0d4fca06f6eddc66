#!/bin/sh
# What the kernel's own tests of its zram do (tools/testing/selftests/zram):
# a file system filled with zeros until it is full, and swap on and off, each on
# a small disk with a memory limit, and then reset and removal.
. /tests/lib.sh
begin num_devices=1
use_disk "${DISK}0"

case " $(algorithms) " in *" lzo "*) algo=lzo ;; *) algo=lz4 ;; esac
expect_errno OK "$sys/comp_algorithm" $algo
expect_errno OK "$sys/disksize" 2097152
expect_errno OK "$sys/mem_limit" 2M
ok_if "mkfs" mkfs.ext4 -q "$dev"
modprobe ext4
mkdir mnt
ok_if "mount" mount -t ext4 "$dev" mnt || exit
kib=0
while dd if=/dev/zero of=mnt/file bs=64k count=1 seek=$((kib / 64)) conv=notrunc 2>/dev/null; do
	kib=$((kib + 64))
done
sync
holds "a file takes most of the disk" $kib -ge 512
holds "zeros compress" "$(stat_of mem_used_total)" -lt $((kib * 1024))
ok_if "unmount" umount mnt
expect_errno OK "$sys/reset" 1
is "the disk has no size then" "$(cat "$sys/disksize")" 0

expect_errno OK "$sys/disksize" 1048576
expect_errno OK "$sys/mem_limit" 1M
ok_if "mkswap" mkswap "$dev"
ok_if "swapon" swapon "$dev"
matches "it is swap" "$(cat /proc/swaps)" ".*$dev .*"
ok_if "swapoff" swapoff "$dev"
expect_errno OK "$sys/reset" 1
expect_errno OK "$CONTROL/hot_remove" 0
[ ! -e "$sys" ] && pass "the disk is gone" || fail "the disk is gone"

#!/bin/sh
# vm: disk=64M
# What can be a backing device and what can't: a disk with interrupts of its
# own, mapped devices, tiny ones, another disk of ours; wrong paths, devices in
# use, of no size, read-only. What is left alone there, and what others wrote.
. /tests/lib.sh
begin
. /tests/functional/writeback.sh
modprobe dm-mod

# round WHAT: everything to the device and back.
round() {
	ok_if "$1: pages like those of memory" memory write "$dev" 0 "$2" 21
	expect_errno OK "$sys/writeback" page_indexes=0-4095
	on_device "$1"
	ok_if "$1: they read back" memory check "$dev" 0 "$2" 21
	ok_if "$1: one by one" env BLKOP_FILL=memory BLKOP_STEP=7 blkop check "$dev" 0 "$2" 21
	is "$1: no errors" "$(errors)" "0 0 0"
	nothing_left "$1"
}

modprobe virtio_pci
modprobe virtio_blk
virtio() { [ -b /dev/vda ]; }
ok_in_time "there is a virtio disk" 10 virtio || exit
back=/dev/vda
backed_disk 16M
is "virtio: backing_dev shows it" "$(cat "$sys/backing_dev")" /dev/vda
before=$(device_did written)
round virtio 16M
holds "virtio: the disk has been written to" $(($(device_did written) - before)) -gt 4000000
ok_if "virtio: many requests at a time, as one comes back" \
	rawio -a -d "$dev" -t 2 -n 150 -s 62
expect_errno OK "$sys/writeback" page_indexes=0-4095
run_bg rawio -a -d "$dev" -t 2 -n 0 -s 63
busy=$bg busy_out=$bg_out
n=0
while [ $n -lt 8 ]; do
	expect_errno OK "$sys/writeback" page_indexes=0-4095
	n=$((n + 1))
done
holds "virtio: writeback finds something meanwhile" "$(backing_stat objects)" -gt 10
end_bg $busy && pass "virtio: every block is right" || fail "virtio: every block is right" "$(cat "$busy_out")"
is "virtio: no errors" "$(errors) $(stat_of failed_reads) $(stat_of failed_writes)" "0 0 0 0 0"
nothing_left virtio

# Only one can have it, and not who has mounted it or swaps to it.
new_disk
expect_errno EBUSY "$sys/backing_dev" /dev/vda
is "what can't be had is not shown" "$(cat "$sys/backing_dev")" none
first=$disk_id
drop_disk
set_to "$CONTROL/hot_remove" $((first - 1))
ok_if "swap on the virtio disk" sh -c "mkswap /dev/vda && swapon /dev/vda"
new_disk
expect_errno EBUSY "$sys/backing_dev" /dev/vda
swapoff /dev/vda
expect_errno OK "$sys/backing_dev" /dev/vda

# What is wrong leaves what was right.
ln -s /dev/vda link
mknod nodriver b 250 77
mknod chardev c 1 3
: >file
null_disk ro 512 4
blockdev --setro "$back"
other=$(cat "/sys/class/$DRIVER-control/hot_add")
echo 8M >"/sys/block/$DISK$other/disksize"
while read -r errno path; do
	expect_errno "$errno" "$sys/backing_dev" "$path"
	is "backing_dev is as it was" "$(cat "$sys/backing_dev")" /dev/vda
done <<END
ENOENT $WORK/nosuch
EISDIR
ENOTDIR $WORK/file/vda
ENOTBLK $WORK/file
ENOTBLK $WORK/chardev
EISDIR $WORK
ENXIO $WORK/nodriver
EINVAL $dev
EINVAL /dev/$DISK$other
EBUSY /dev/vda
EROFS $back
END
null_gone ro
expect_errno OK "/sys/class/$DRIVER-control/hot_remove" $other
expect_errno OK "$sys/disksize" 4M
expect_errno EBUSY "$sys/backing_dev" /dev/vda
set_to "$sys/reset" 1
expect_errno OK "$sys/backing_dev" "$WORK/link"
drop_disk

# Mapped devices, some of them tiny: of 1 MiB nothing is used, and beyond that
# there are 3 KiB, 1 block, 5 blocks, 1 MiB - 512.
null_disk nbdm 512 16
null=$back
dm part "0 $((2048 + 7)) linear $null 0"
new_disk
expect_errno EINVAL "$sys/backing_dev" "$back"
drop_disk
for blocks in 1 5 255; do
	dm part "0 $((2048 + blocks * 8 + 7)) linear $null 9"
	backed_disk 1M
	is "$blocks blocks: that many" "$(backing_stat blocks)" $blocks
	ok_if "$blocks blocks: data" blkop write "$dev" 0 1M 22
	expect_errno ENOSPC "$sys/writeback" huge
	holds "$blocks blocks: most of them are used" "$(bd blocks)" -ge $((blocks - blocks / 8))
	ok_if "$blocks blocks: all is right" blkop check "$dev" 0 1M 22
	nothing_left "$blocks blocks"
	drop_disk
done
dm part "0 $(sectors "$null") linear $null 0"
backed_disk 16M
round "linear mapping" 8M
drop_disk
dmsetup remove part
null_gone nbdm

# Pages that each look like the beginning of something (ext4, LVM, md, swap): none
# of them comes to where that is looked for.
head -c 4096 /dev/urandom >page
for at in "1080 \123\357" "512 LABELONE" "0 \374\116\053\251" "4086 SWAPSPACE2"; do
	# shellcheck disable=SC2059 # a format it is
	printf "${at#* }" | dd of=page bs=1 seek="${at% *}" conv=notrunc 2>/dev/null
done
n=0
while [ $n -lt 256 ]; do
	cat page
	n=$((n + 1))
done >pages
for mib in 3 32; do
	null_disk nbsign 512 $mib
	ends=$((mib > 16 ? 1024 : 512))K
	backed_disk $((mib + 1))M
	n=0
	while [ $n -le $mib ]; do
		dd if=pages of="$dev" bs=1M seek=$n oflag=direct 2>/dev/null || fail "$mib MiB: pages"
		n=$((n + 1))
	done
	expect_errno ENOSPC "$sys/writeback" huge
	holds "$mib MiB: most of it is used" "$(backing_stat objects)" -ge $((mib * 256 / 2))
	ok_if "$mib MiB: not the first $ends" blkop checkzero "$back" 0 $ends
	ok_if "$mib MiB: not the last $ends" blkop checkzero "$back" $((mib * 1024 - ${ends%K}))K $ends
	ok_if "$mib MiB: the pages are right" sh -c "dd if=$dev bs=1M count=1 iflag=direct 2>/dev/null | cmp - pages"
	drop_disk
	null_gone nbsign
done

# What somebody who has it open wrote before, and is still in the page cache, is
# not written over what is stored there later.
null_disk nbcache 512 32
exec 9<>"$back"
ok_if "cached: others write" dd if=/dev/urandom of="$back" bs=1M count=12
backed_disk 16M
ok_if "cached: data" blkop write "$dev" 0 8M 23
expect_errno OK "$sys/writeback" huge
is "cached: they are on the device" "$(backing_stat objects)" 2048
sync
echo 3 >/proc/sys/vm/drop_caches
ok_if "cached: they are right" blkop check "$dev" 0 8M 23
is "cached: no errors" "$(errors)" "0 0 0"
drop_disk
exec 9>&-
null_gone nbcache

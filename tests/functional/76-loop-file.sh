#!/bin/sh
# vm: mem=320M disk=768M alone=yes long=yes
# The set-up of Raspberry Pi OS: a sparse file on ext4 behind a loop device with
# direct I/O is the backing device, all is marked idle before swapon, and timers
# mark and write back what wasn't used since.
. /tests/lib.sh
begin
. /tests/functional/writeback.sh
modprobe virtio_pci
modprobe virtio_blk
modprobe ext4
virtio() { [ -b /dev/vda ]; }
ok_if "there is a virtio disk" eventually 10 virtio || exit

mkdir root
ok_if "a root on it" sh -c "mkfs.ext4 -q /dev/vda && mount /dev/vda root" || exit
ok_if "a sparse file there" truncate -s 256M root/swap
taken() { du -k root/swap | cut -f 1; }
holds "takes nothing" "$(taken)" -lt 100
modprobe loop
back=$(losetup --find --show --direct-io=on root/swap)
[ -b "$back" ] || { fail "a loop device"; exit; }
is "uses direct I/O" "$(cat "/sys/class/block/${back#/dev/}/loop/dio")" 1

backed_disk 256M
ok_if "mkswap" mkswap "$dev"
expect_errno OK "$sys/idle" all
ok_if "swapon" swapon --discard --priority 100 "$dev"
# Of what mkswap wrote swapon has read the one page that it hasn't discarded.
expect_errno OK "$sys/writeback" idle
is "nothing of that is idle any more" "$(bd writes)" 0

# Both timers, faster: one marks, the other one writes what is still marked.
timers() {
	while sleep 1; do
		sysfs_write "$sys/idle" 1
		sysfs_write "$sys/writeback" huge_idle
		sysfs_write "$sys/idle" 2
		sysfs_write "$sys/writeback" idle
	done
}
run_bg timers
timers=$bg timers_out=$bg_out
mib=$(($(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo) / 1024 * 5 / 4))
run_memfill -s 76 -w "$mib" 2
ok_if "more memory is in use than there is ($mib MiB)" eventually 180 is_filled
# All of it: the coldest pages, which go first, are files of this machine's root, and
# nobody reads these again.
written() { [ "$(backing_stat objects)" -gt 3000 ] && [ "$(stat_of compr_data_size)" = 0 ]; }
ok_if "the timers write back" eventually 60 written
holds "the file takes what was written" "$(taken)" -gt 1000
holds "and no more than is in use" "$(taken)" -le $(($(bd writes) * 4 + 1024))
memfill_verified "every page is right"
holds "many of them from the file" "$(bd reads)" -gt 1000
kill $timers
# The loop may be in the middle of a run.
wait $timers
is "no run failed" "$(grep -vc '^OK$' "$timers_out")" 0
is "no errors" "$(errors) $(stat_of failed_reads) $(stat_of failed_writes)" "0 0 0 0 0"

ok_if "swapoff" swapoff "$dev"
expect_errno OK "$sys/reset" 1
ok_if "the loop device goes" losetup --detach "$back"
ok_if "the root goes" umount root
ok_if "and is sound" e2fsck -fn /dev/vda

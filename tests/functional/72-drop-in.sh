#!/bin/sh
# vm: extra=zram_tools,drop_in bins=mkswap long=yes timeout=720
# drop_in=1: programs made for the in-tree zram, unmodified, on zram2; what
# happens when both are wanted; and native disks beside a loaded in-tree zram.
. /tests/lib.sh
begin
unload_zram2
CONTROL=/sys/class/zram-control

disks() { ls /sys/block | grep "^$1[0-9]" | sort | tr '\n' ' '; }
zramctls() { zramctl --bytes --raw --noheadings --output "$@"; }

# Either, not both.
log_mark
ok_if "the kernel's own zram loads" modprobe zram num_devices=4
is "drop_in=1 is refused then" "$(modprobe zram2 drop_in=1 2>&1 | grep -o 'Device or resource busy')" "Device or resource busy"
ok_if "and the log says why" dmesg_has "zram2: drop_in=1: the kernel's own zram is there, unload it first"
! loaded && pass "nothing stays loaded" || fail "nothing stays loaded"
is "zram's disks are as they were" "$(disks zram)" "zram0 zram1 zram2 zram3 "
is "it works" "$(cat /sys/class/zram-control/hot_add)" 4
# Nothing on kernels whose zram has no such attribute.
streams() { [ ! -e /sys/block/zram0/max_comp_streams ] || cat /sys/block/zram0/max_comp_streams; }
zrams_streams=$(streams)

# Native disks beside it: zramctl knows its own from ours.
ok_if "zram2 loads beside it" modprobe zram2 num_devices=2
echo 8M >/sys/block/zram1/disksize
echo 16M >/sys/block/zramx1/disksize
is "zramctl lists zram's disks, and no other" "$(zramctls NAME,DISKSIZE)" "/dev/zram1 8388608"
ok_if "zramctl sets one up" sh -c 'zramctl --find --size 4M >found'
is "which is zram's" "$(cat found)" /dev/zram0
is "ours are as they were" "$(cat /sys/block/zramx0/disksize /sys/block/zramx1/disksize | tr '\n' ' ')" "0 16777216 "
ok_if "zram2 goes" rmmod zram2
ok_if "zram goes" rmmod zram

log_mark
ok_if "drop_in=1 loads" modprobe zram2 drop_in=1 num_devices=2
is "its disks are called" "$(disks zram)" "zram0 zram1 "
[ -d /sys/class/zram-control ] && [ ! -e /sys/class/zram2-control ] && pass "so is the control class" || fail "so is the control class"
is "and the folder in debugfs" "$(ls /sys/kernel/debug/zram | tr '\n' ' ')" "zram0 zram1 "
is "pages are written back as zram does" "$(cat /sys/block/zram0/compressed_writeback)" 0
is "zram isn't loaded now" "$(modprobe zram 2>&1 | grep -o 'Device or resource busy')" "Device or resource busy"
is "nor once more" "$(modprobe zram num_devices=4 2>&1 | grep -o 'Device or resource busy')" "Device or resource busy"
is "our disks are as they were" "$(disks zram)" "zram0 zram1 "
is "the kernel has nothing to say of it" "$(log_since | grep -c 'sysfs: cannot create')" 0

# zramctl: find, list, every column, reset.
ok_if "zramctl --find" sh -c 'zramctl --find --size 64M --algorithm zstd >found'
is "gives a disk" "$(cat found)" /dev/zram0
ok_if "a file on it" blkop write /dev/zram0 0 4M 1
ok_if "and zeroes" blkop fill /dev/zram0 8M 1M 0
use_disk zram0
while read -r column expected; do
	is "column $column" "$(zramctls "$column" /dev/zram0)" "$expected"
done <<END
NAME /dev/zram0
DISKSIZE 67108864
DATA 5242880
COMPR $(stat_of compr_data_size)
ALGORITHM zstd
STREAMS $zrams_streams
ZERO-PAGES 256
TOTAL $(stat_of mem_used_total)
MEM-LIMIT 0
MEM-USED $(stat_of mem_used_max)
MIGRATED 0
MOUNTPOINT
END
echo 32M >/sys/block/zram0/mem_limit
is "a limit shows" "$(zramctls MEM-LIMIT)" 33554432
ok_if "a second one" sh -c 'zramctl --find --size 8M >found'
is "gives the next disk" "$(cat found)" /dev/zram1
ok_if "a third one" sh -c 'zramctl --find --size 8M >found'
is "gives one that it adds" "$(cat found)" /dev/zram2
is "all are listed" "$(zramctls NAME | sort | tr '\n' ' ')" "/dev/zram0 /dev/zram1 /dev/zram2 "
ok_if "mkswap" mkswap /dev/zram1
ok_if "swapon" swapon /dev/zram1
is "swap shows as its mount point" "$(zramctls NAME,MOUNTPOINT | grep zram1)" "/dev/zram1 [SWAP]"
zramctl --reset /dev/zram1 2>/dev/null && fail "swap can't be reset" || pass "swap can't be reset"
ok_if "swapoff" swapoff /dev/zram1
ok_if "zramctl --reset" zramctl --reset /dev/zram0 /dev/zram1 /dev/zram2
is "nothing is listed" "$(zramctls NAME)" ""
is "and removes them, as is zramctl's way" "$(disks zram)" ""

# Streams, on kernels whose own zram has the attribute.
is "a disk is added" "$(cat /sys/class/zram-control/hot_add)" 0
is "max_comp_streams as in the kernel's own zram" "$(streams)" "$zrams_streams"
use_disk zram0
disk_id=0
if [ -n "$zrams_streams" ]; then
	is "it is the number of CPUs" "$(streams)" "$(nproc)"
	expect_errno OK "$sys/max_comp_streams" 7
	expect_errno OK "$sys/max_comp_streams" many
	is "what is written is ignored" "$(streams)" "$(nproc)"
	ok_if "zramctl --streams" sh -c 'zramctl --find --size 64M --streams 2 >found'
	is "sets a disk up" "$(cat found) $(zramctls DISKSIZE)" "/dev/zram0 67108864"
	is "and shows them" "$(zramctls STREAMS)" "$(nproc)"
	set_to "$sys/reset" 1
fi

# The number that a size begins with counts, and the log says what didn't.
while IFS='|' read -r attribute text field value; do
	log_mark
	expect_errno OK "$sys/$attribute" "$text"
	is "$attribute is" "$([ $field = size ] && cat "$sys/disksize" || stat_of $field)" $value
	ok_if "$text: the log says so" dmesg_has "zram2: zram0: $attribute: taken as [0-9]* bytes, ignoring '"
	[ $attribute != disksize ] || set_to "$sys/reset" 1
done <<END
disksize|1.5G|size|4096
disksize|4.1e+09|size|4096
disksize|512 M|size|4096
disksize|8M 9M|size|8388608
mem_limit|16Mb/s|mem_limit|16777216
END
for text in x .5G -1; do expect_errno EINVAL "$sys/disksize" "$text"; done
expect_errno EINVAL "$sys/gc_limit" 1.5M
drop_disk

# File systems, and fio with its own check.
for fs in ext4 xfs btrfs f2fs; do
	ok_if "a disk for $fs" zramctl --find --size 400M
	ok_if "mkfs.$fs" mkfs.$fs /dev/zram0
	mkdir -p "$WORK/$fs"
	modprobe $fs 2>/dev/null
	if ok_if "mount $fs" mount -t $fs /dev/zram0 "$WORK/$fs"; then
		cp -r /usr/local/sbin "$WORK/$fs/files"
		# A mounted btrfs has a device number of its own, which zramctl knows nothing of.
		[ $fs = btrfs ] || is "zramctl shows where $fs is mounted" "$(zramctls MOUNTPOINT)" "$WORK/$fs"
		echo 3 >/proc/sys/vm/drop_caches
		ok_if "$fs: files read back" diff -r /usr/local/sbin "$WORK/$fs/files"
		ok_if "umount" umount "$WORK/$fs"
	fi
	ok_if "reset" zramctl --reset /dev/zram0
done
ok_if "a disk for fio" zramctl --find --size 64M
[ -b /dev/zram0 ] || exit
ok_if "fio verifies what it writes" fio --name=verify --filename=/dev/zram0 --direct=1 --ioengine=psync \
	--rw=randwrite --bsrange=4k-64k --size=32M --verify=crc32c --buffer_compress_percentage=60 --minimal
ok_if "reset" zramctl --reset /dev/zram0
ok_if "the module goes" rmmod zram2

# The example for modprobe: who asks for zram gets zram2.
mkdir -p /etc/modprobe.d
cp /usr/share/doc/zram2/zram2-drop-in.conf /etc/modprobe.d/
ok_if "modprobe zram num_devices=3" modprobe zram num_devices=3
is "loads zram2" "$(lsmod | awk '$1 ~ /^zram/ { print $1 }')" zram2
is "with its parameters" "$(disks zram)" "zram0 zram1 zram2 "
ok_if "once more" modprobe zram
ok_if "modprobe -r zram" modprobe -r zram
! loaded && pass "unloads it" || fail "unloads it"

# The kernel's own selftests. They load zram, or find it loaded.
for how in 'modprobe zram num_devices=0' true; do
	$how
	(cd /tests/selftests/zram && timeout $((60 * PATIENCE)) bash ./zram.sh) >selftests 2>&1
	is "the kernel's selftests pass ($how)" "$(grep -c ': \[PASS\]' selftests) $(grep -c FAIL selftests)" "2 0"
	grep -q 'zram01 : \[PASS\]' selftests || explain <selftests
	modprobe -r zram
done
ls -d /dev/zram* >/dev/null 2>&1 && fail "they leave nothing behind" || pass "they leave nothing behind"

# zram-tools: what its service runs.
mkdir -p /etc/default
printf 'ALGO=zstd\nSIZE=64\nPRIORITY=77\n' >/etc/default/zramswap
ok_if "zramswap start" zramswap start
is "there is swap" "$(awk '/zram0/ { print $1, $3, $5 }' /proc/swaps)" "/dev/zram0 65532 77"
is "with its algorithm" "$(zramctls NAME,ALGORITHM,MOUNTPOINT)" "/dev/zram0 zstd [SWAP]"
ok_if "zramswap status" zramswap status
ok_if "zramswap restart" zramswap restart
ok_if "zramswap stop" zramswap stop
is "there is no swap" "$(grep -c zram /proc/swaps)" 0
! loaded && pass "and no module" || fail "and no module"

# systemd-zram-generator: as a generator, then what its unit runs.
mkdir -p /etc/systemd units
printf '[zram0]\nzram-size = 48\ncompression-algorithm = lz4\nswap-priority = 55\n' >/etc/systemd/zram-generator.conf
ok_if "zram-generator makes units" zram-generator "$WORK/units" "$WORK/units" "$WORK/units"
ok_if "among them the swap" grep -q '^Priority=55' "$WORK/units/dev-zram0.swap"
is "and has the module loaded" "$(lsmod | awk '$1 ~ /^zram/ { print $1 }')" zram2
ok_if "its setup" zram-generator --setup-device zram0
is "its size and algorithm" "$(zramctls NAME,DISKSIZE,ALGORITHM)" "/dev/zram0 50331648 lz4"
ok_if "swapon as its unit does" swapon --priority 55 /dev/zram0
is "there is swap" "$(awk '/zram0/ { print $1, $5 }' /proc/swaps)" "/dev/zram0 55"
ok_if "swapoff" swapoff /dev/zram0
ok_if "its reset" zram-generator --reset-device zram0
is "nothing is set up" "$(zramctls NAME)" ""
ok_if "modprobe -r zram" modprobe -r zram
rm -f /etc/modprobe.d/zram2-drop-in.conf

# zram.ko, for what looks at the module's name and knows no other.
[ ! -e /sys/module/zram ] || fail "the name is free"
cp /lib/modules/drop-in/zram.ko "/lib/modules/$(uname -r)/updates/"
depmod
named() { lsmod | awk '$1 ~ /^zram/ { print $1 }' | sort | tr '\n' ' '; }
is "modprobe takes it, and not the kernel's own" "$(modinfo -F description zram)" "zram2: compressed RAM block devices"
ok_if "modinfo -p knows num_devices" sh -c 'modinfo -p zram | grep -q ^num_devices:'

# As the Linux Test Project's zram01 and zram02 do.
log_mark
ok_if "modprobe zram num_devices=4" modprobe zram num_devices=4
ok_if "lsmod | grep zram" sh -c 'lsmod | grep -q "^zram "'
is "it is there alone" "$(named)" "zram "
[ -d /sys/module/zram ] && pass "/sys/module/zram" || fail "/sys/module/zram"
is "num_devices is what was asked for" "$(cat /sys/module/zram/parameters/num_devices) $(disks zram)" "4 zram0 zram1 zram2 zram3 "
[ -d /sys/class/zram-control ] && pass "/sys/class/zram-control" || fail "/sys/class/zram-control"
for use_disk_of in zram0 zram1; do
	use_disk $use_disk_of
	set_to "$sys/comp_algorithm" lzo
	set_to "$sys/disksize" 40M
done
ok_if "mkswap" mkswap /dev/zram0
ok_if "swapon" swapon /dev/zram0
ok_if "mkfs" mkfs.ext4 -q /dev/zram1
mkdir -p "$WORK/named"
ok_if "mount" mount /dev/zram1 "$WORK/named"
for how in rmmod 'modprobe -r'; do
	$how zram 2>/dev/null && fail "$how zram while in use" || pass "$how zram while in use"
done
is "all are there" "$(disks zram)" "zram0 zram1 zram2 zram3 "
is "zram2 doesn't stand in for what does" "$(modprobe zram2 drop_in=1 2>&1 | grep -o 'Device or resource busy')" "Device or resource busy"
ok_if "swapoff" swapoff /dev/zram0
ok_if "umount" umount "$WORK/named"
ok_if "rmmod zram" rmmod zram
is "all is gone" "$(named)$(disks zram)$(ls -d /sys/module/zram /sys/class/zram-control 2>/dev/null)" ""

# As distributions' scripts have it.
echo 'options zram num_devices=3' >/etc/modprobe.d/zram.conf
ok_if "modprobe zram" modprobe zram
is "has its options" "$(disks zram)" "zram0 zram1 zram2 "
ok_if "zramctl" sh -c 'zramctl --find --size 8M --algorithm lz4 >found'
is "finds a disk" "$(cat found)" /dev/zram0
ok_if "modprobe -r zram" modprobe -r zram
is "all is gone" "$(named)" ""
rm /etc/modprobe.d/zram.conf
(cd /tests/selftests/zram && timeout $((60 * PATIENCE)) bash ./zram.sh) >selftests 2>&1
is "the kernel's selftests pass" "$(grep -c ': \[PASS\]' selftests) $(grep -c FAIL selftests)" "2 0"
grep -q 'zram01 : \[PASS\]' selftests || explain <selftests
[ ! -d /sys/module/zram ] || rmmod zram

# It and a native zram2 know nothing of each other.
ok_if "zram2 loads" modprobe zram2 num_devices=1 offload_threads=1
ok_if "zram loads beside it" modprobe zram offload_threads=1
is "both are there" "$(named)$(disks zram)$(disks zramx)" "zram zram2 zram0 zramx0 "
echo 8M >/sys/block/zram0/disksize
echo 8M >/sys/block/zramx0/disksize
ok_if "a disk of one" blkop write /dev/zram0 0 4M 5
ok_if "a disk of the other" blkop write /dev/zramx0 0 4M 6
ok_if "have their own data" blkop check /dev/zram0 0 4M 5
ok_if "each" blkop check /dev/zramx0 0 4M 6
is "and their own events" "$(cd $tracing/events && ls -d zram zram2 | tr '\n' ' ')" "zram zram2 "
ok_if "one goes" rmmod zram
ok_if "the other has its data" blkop check /dev/zramx0 0 4M 6
ok_if "and goes" rmmod zram2
is "the kernel has nothing to say of it" "$(log_since | grep -Eic 'cannot create|could not create|duplicate')" 0
rm "/lib/modules/$(uname -r)/updates/zram.ko"
depmod

# With ours gone the kernel's own zram is as welcome as before.
ok_if "the kernel's own zram loads again" modprobe zram
is "it is the one" "$(lsmod | awk '$1 ~ /^zram/ { print $1 }')" zram
ok_if "and goes" rmmod zram

#!/bin/sh
# Guest side of make pkgtest: the module that a package's dkms built, on the
# kernel it was built for. The command line has z2.version=VERSION.
. /tests/lib.sh

wanted=$(sed -n 's/.*z2\.version=\([^ ]*\).*/\1/p' /proc/cmdline)
ok_if "modprobe zram2 num_devices=4" modprobe zram2 num_devices=4 || exit
is "four disks" "$(echo /sys/block/zramx*)" "/sys/block/zramx0 /sys/block/zramx1 /sys/block/zramx2 /sys/block/zramx3"
is "it says its version" "$(cat /sys/module/zram2/version)" "$wanted"

use_disk zramx3
for algorithm in $(algorithms); do
	set_to "$sys/comp_algorithm" "$algorithm"
	set_to "$sys/disksize" 16M
	ok_if "$algorithm: data" blkop fill "$dev" 0 1M 7
	ok_if "$algorithm: noise" blkop write "$dev" 4M 1M 1
	ok_if "$algorithm: it reads back" blkop check "$dev" 4M 1M 1
	set_to "$sys/reset" 1
done
use_disk zramx0
set_to "$sys/disksize" 64M
ok_if "mkswap" mkswap "$dev"
ok_if "swapon" swapon --discard "$dev"
ok_if "swapoff" swapoff "$dev"

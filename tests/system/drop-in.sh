#!/bin/sh
# zram2 in place of the kernel's own zram: swap at boot by systemd-zram-generator,
# and zram-tools.
. /tests/system/lib.sh

setup=systemd-zram-setup@zram0.service
swap_is() { is "$1" "$(swap zram0) $(zramctl --raw --noheadings --output ALGORITHM /dev/zram0)" "$2"; }
module() { lsmod | awk '$1 ~ /^zram/ { printf "%s ", $1 }'; }

no_failed_units "after boot"
is "zram2 is loaded, and zram isn't" "$(module)" "zram2 "
is "the version of the upgrade" "$(loaded_version)" "$next"
swap_is "swap as the generator is configured" "131068 55 zstd"
is "by its units" "$(property ActiveState $setup) $(property ActiveState dev-zram0.swap)" "active active"
is "and none by our service" "$(property ActiveState zram2-swap.service)" inactive

swap_out 3
ok_if "its swap is stopped" systemctl stop dev-zram0.swap
swapped_in "after the stop"
ok_if "its setup is stopped" systemctl stop $setup
is "the disk is empty" "$(cat /sys/block/zram0/initstate)" 0
ok_if "the module goes" rmmod zram2

# An empty file: the package has one of its own for who has none.
generator=/etc/systemd/zram-generator.conf
mv $generator "$WORK/"
: >$generator
ok_if "the generator is turned off" systemctl daemon-reload
printf 'ALGO=lz4\nSIZE=64\nPRIORITY=77\n' >/etc/default/zramswap
ok_if "zramswap starts" systemctl start zramswap.service
is "with zram2" "$(module)" "zram2 "
swap_is "swap as it is configured" "65532 77 lz4"
swap_out 4 16
ok_if "zramswap restarts" systemctl restart zramswap.service
swapped_in "after the restart"
swap_is "swap once more" "65532 77 lz4"
ok_if "zramswap stops" systemctl stop zramswap.service
is "there is no swap and no module" "$(swap zram0)$(module)" ""

mv "$WORK/${generator##*/}" $generator
ok_if "the generator is turned on again" systemctl daemon-reload
ok_if "the generator's swap starts" systemctl start dev-zram0.swap
swap_is "swap as at boot" "131068 55 zstd"
no_failed_units "in the end"
in_use_at_power_off

#!/bin/sh
# Swap at boot by zram2-swap.service, beside that of the kernel's own zram, which
# systemd-zram-generator makes; udev's rule; the package upgraded while swap is on.
. /tests/system/lib.sh

service=zram2-swap.service
total=$(awk '$1 == "MemTotal:" { print $2 }' /proc/meminfo)
wanted="$(((total * 50 / 100 + 3) / 4 * 4 - 4)) 100"

no_failed_units "after boot"
is "swap of half the memory, at the priority of its configuration" "$(swap zramx0)" "$wanted"
is "by the service" "$(property ActiveState $service)" active
use_disk zramx0
is "with its algorithm" "$(grep -o '\[.*\]' "$sys/comp_algorithm")" "[zstd]"
holds "before swap.target is reached" "$(property ActiveEnterTimestampMonotonic $service)" \
	-le "$(property ActiveEnterTimestampMonotonic swap.target)"
is "by the module that dkms has built" "$(modinfo -n zram2 | grep -o /updates/dkms/) $(loaded_version)" "/updates/dkms/ $version"
ok_if "beside swap of the kernel's own zram" grep -q '^/dev/zram0 ' /proc/swaps

# udev: 59-zram2.rules.
udevadm settle --timeout=60
properties=$(udevadm info --query=property "$sys")
ok_if "udev knows the disk" sh -c 'echo "$1" | grep -q "^TAGS=.*systemd"' sh "$properties"
is "the rule is in force" "$(echo "$properties" | grep -c '^UDEV_DISABLE_PERSISTENT_STORAGE_RULES_FLAG=1')" 1
is "it has not looked into the disk" "$(echo "$properties" | grep -c '^ID_FS')" 0
is "nor watches it" "$(ls /run/udev/watch 2>/dev/null | grep -c "b$(cat "$sys/dev")")" 0

# Stop and start, with pages in it.
swap_out 1
holds "they are there" "$(stat_of orig_data_size)" -gt 4000000
ok_if "the service stops" systemctl stop $service
is "swap is off and the disk is empty" "$(swap zramx0) $(cat "$sys/initstate")" " 0"
swapped_in "after the stop"
n=0 longest=0
while [ $n -lt 5 ]; do
	set_to "$sys/disksize" 64M
	udevadm trigger --action=change "$sys"
	timed set_to "$sys/reset" 1
	[ "$took" -le $longest ] || longest=$took
	n=$((n + 1))
done
echo "# longest reset: $longest/100 s"
holds "no reset is kept waiting by udev" "$longest" -lt 100
ok_if "the service starts" systemctl start $service
is "swap is on again" "$(swap zramx0)" "$wanted"

# The upgrade.
swap_out 2
holds "pages are in it again" "$(stat_of orig_data_size)" -gt 4000000
since=$(property ActiveEnterTimestampMonotonic $service)
timed dpkg -i "/root/zram2-dkms_${next}_all.deb" >dpkg 2>&1 && pass "the package is upgraded" || fail "the package is upgraded" "$(cat dpkg)"
echo "# in $((took / 100)) s"
is "swap stays on" "$(swap zramx0)" "$wanted"
is "the service wasn't touched" "$(property ActiveState $service) $(property ActiveEnterTimestampMonotonic $service)" "active $since"
is "the loaded module is the old one, the next is the new one" "$(loaded_version) $(module_version)" "$version $next"
is "dkms has that one only" "$(dkms status zram2)" "zram2/$next, $(uname -r), x86_64: installed"
swapped_in "after the upgrade"
ok_if "the service stops" systemctl stop $service
ok_if "the module goes" rmmod zram2
ok_if "the service starts" systemctl start $service
is "swap is on, with the new module" "$(swap zramx0) $(loaded_version)" "$wanted $next"
no_failed_units "in the end"

# For the next boot, as its administrator would do it.
ok_if "the service is turned off" systemctl disable $service
cp /usr/share/doc/zram2-dkms/zram2-drop-in.conf /etc/modprobe.d/ || fail "there is an example for modprobe.d"
printf '[zram0]\nzram-size = 128\ncompression-algorithm = zstd\nswap-priority = 55\n' >/etc/systemd/zram-generator.conf
in_use_at_power_off

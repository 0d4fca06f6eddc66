#!/bin/sh
# vm: extra=udev bins=mkswap
# Set up by udev's rules, as the Arch wiki has it, and a second "add" event on
# the live disk; then zramctl, hot_add and hot_remove in a loop while udev looks
# at all that comes. Under both names.
. /tests/lib.sh
begin
unload_zram2

# The wiki's rule, and what systemd-udevd and mkswap of that time made of it.
rule() {
	cat >/etc/udev/rules.d/99-zram.rules <<-END
		ACTION=="add", KERNEL=="${1}0", ATTR{comp_algorithm}="zstd", ATTR{disksize}="32M", RUN="$(command -v mkswap) -U clear /dev/%k", TAG+="systemd"
	END
}
event() {
	udevadm trigger --settle --action=add "$sys"
}

come_and_go() {
	local n=0 id err
	while [ $n -lt 15 ]; do
		id=$(cat "$CONTROL/hot_add") || { echo "hot_add failed"; return 1; }
		for err in "$(sysfs_write "/sys/block/$DISK$id/disksize" 8M)" \
			"$(mkfs.ext4 -q "/dev/$DISK$id" 2>&1 && echo OK)" \
			"$(sysfs_write "/sys/block/$DISK$id/reset" 1)" \
			"$(sysfs_write "$CONTROL/hot_remove" "$id")"; do
			[ "$err" = OK ] || { echo "round $n: $DISK$id: $err"; return 1; }
		done
		n=$((n + 1))
	done
}
zramctl_does() {
	local n=0 found
	while [ $n -lt 15 ]; do
		found=$(zramctl --find --size 8M) && mkswap "$found" >/dev/null && zramctl --reset "$found" ||
			{ echo "round $n: ${found:-none found}"; return 1; }
		n=$((n + 1))
	done
}

systemd-udevd --daemon || fail "udev starts"
ok_if "udev answers" udevadm control --ping --timeout=20
mkdir -p /etc/udev/rules.d
for DISK in zramx zram; do
	rule $DISK
	udevadm control --reload
	case $DISK in
	zramx) load_zram2 num_devices=1 ;;
	zram) load_zram2 num_devices=1 drop_in=1 ;;
	esac || { fail "$DISK: the module loads"; exit; }
	CONTROL=$(echo /sys/class/zram*-control)
	ok_if "$DISK: udev settles" udevadm settle --timeout=60
	use_disk ${DISK}0
	is "$DISK: the rule sets it up" "$(cat "$sys/disksize") $(grep -o '\[.*\]' "$sys/comp_algorithm")" "33554432 [zstd]"
	ok_if "$DISK: and it is swap" swapon --priority 77 "$dev"
	run_memfill -s 77 -p -w 8
	ok_if "$DISK: which is used" eventually 60 is_filled
	log_mark
	n=0
	while [ $n -lt 5 ]; do
		event || fail "$DISK: another add event"
		n=$((n + 1))
	done
	ok_if "$DISK: the disk refuses what the rule asks for once more" dmesg_has "zram2: ${DISK}0: "
	is "$DISK: and stays as it is" "$(cat "$sys/disksize") $(grep -o '\[.*\]' "$sys/comp_algorithm") $(awk -v d="$dev" '$1 == d { print $5 }' /proc/swaps)" \
		"33554432 [zstd] 77"
	memfill_verified "$DISK: every page is right"
	ok_if "$DISK: swapoff" swapoff "$dev"
	rm /etc/udev/rules.d/99-zram.rules
	udevadm control --reload
	expect_errno OK "$sys/reset" 1

	# What udev opens to look for labels or watches is in nobody's way.
	run_bg sh -c "while sleep 0.1; do udevadm trigger --action=change --subsystem-match=block; done"
	events=$bg
	ok_if "$DISK: disks come and go under udev's eyes" come_and_go
	[ $DISK = zramx ] || ok_if "zram: zramctl finds disks and resets them under udev's eyes" zramctl_does
	kill $events
	ok_if "$DISK: udev settles in the end" udevadm settle --timeout=60
	is "$DISK: none is set up" "$(cat /sys/block/"$DISK"[0-9]*/disksize 2>/dev/null | grep -vcx 0)" 0
	unload_zram2 && pass "$DISK: the module goes" || fail "$DISK: the module goes"
done
udevadm control --exit

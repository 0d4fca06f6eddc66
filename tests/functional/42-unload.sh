#!/bin/sh
# The module unloads with disks in every state, and gives all memory back.
. /tests/lib.sh

# Kilobytes in use, without what the page cache can give back and what the CPUs
# keep on their lists of free pages.
in_use() {
	echo 3 >/proc/sys/vm/drop_caches
	awk '/^(MemFree|Cached|Buffers):/ { free += $2 } /^MemTotal:/ { total = $2 }
		$1 == "count:" { free += $2 * 4 }
		END { print total - free }' /proc/meminfo /proc/zoneinfo
}
# Some of it comes back a little later: the least of what is seen in 3 s.
settled() {
	local least i=0 now
	least=$(in_use)
	while [ $i -lt 6 ]; do
		sleep 0.5
		now=$(in_use)
		[ $now -ge $least ] || least=$now
		i=$((i + 1))
	done
	echo $least
}

# round: disks of every algorithm, full, emptied, reset, bare, and gone.
round() {
	begin
	new_disk
	for algo in $(algorithms); do
		new_disk 16M "$algo"
		dd if=/bin/busybox of="$dev" bs=64k count=8 oflag=direct 2>/dev/null
		blkop write "$dev" 8M 1M >/dev/null
		blkop discard "$dev" 8M 512K >/dev/null
	done
	new_disk 512M
	blkop write "$dev" 0 16M >/dev/null
	blkop discard "$dev" 0 16M >/dev/null
	new_disk 8M
	blkop write "$dev" 0 4M >/dev/null
	set_to "$sys/reset" 1
	unload_zram2 || fail "the module unloads, full of disks"
}

# The table alone of the largest disk takes 2 MiB; what the kernel caches for
# itself wanders by less than that.
round
before=$(settled)
round
round
round
no_more() { [ $(($(in_use) - before)) -lt 1000 ]; }
ok_if "memory in use has not grown" eventually 10 no_more
echo "# in use: $before KiB before, $(in_use) KiB after"
# CPUs hand in what they have counted once a second.
no_pool_page() { [ "$(awk '$1 == "nr_zspages" { print $2 }' /proc/vmstat)" = 0 ]; }
ok_if "no page of the pools is left" eventually 10 no_pool_page

# What shows of the module: each must be there while it is loaded, or looking
# for it afterwards would mean nothing.
traces() {
	case $1 in
	disk) grep -E " ${DISK}[0-9]+\$" /proc/partitions ;;
	"control class") ls -d "$CONTROL" ;;
	"device number") grep -E " $DISK\$" /proc/devices ;;
	"CPU hotplug state") grep -E "block/${DRIVER}[-:]" /sys/devices/system/cpu/hotplug/states ;;
	esac
}
begin
new_disk 4M
for what in disk "control class" "device number" "CPU hotplug state"; do
	ok_if "there is a $what" traces "$what"
done
[ "$DRIVER" != zram2 ] ||
	ok_if "what is kept of freed pages is told of CPUs" grep -q block/zram2-gc:dead /sys/devices/system/cpu/hotplug/states
ok_if "the module unloads" unload_zram2
for what in disk "control class" "device number" "CPU hotplug state"; do
	is "no $what is left" "$(traces "$what" 2>/dev/null)" ""
done

# While a disk is open, the module stays, and works.
begin
new_disk 4M
run_bg opener -h 60000 -n 1 "$dev"
holds_module() { [ "$(awk -v name="$DRIVER" '$1 == name { print $3 }' /proc/modules)" -gt 0 ]; }
ok_in_time "an opener holds the module" 5 holds_module || exit
unload_zram2 2>/dev/null && fail "it is not unloaded under an opener" ||
	pass "it is not unloaded under an opener"
ok_if "the disk works" blkop write "$dev" 0 1M
end_bg $bg
ok_if "then it unloads" unload_zram2

# Init is ended half way, while a disk is open already: it waits for who has it.
quick() {
	until [ -b "/dev/${DISK}0" ]; do :; done
	exec 9<"/dev/${DISK}0" && echo opened
	sleep 2
}
run_bg quick
opened=$bg opened_out=$bg_out
run_bg modprobe "$DRIVER" num_devices=5000
has_opened() { grep -q opened "$opened_out"; }
ok_if "a disk is opened while the module loads" eventually 20 has_opened
kill -9 $bg
wait $bg 2>/dev/null
if loaded; then fail "it isn't loaded"; else pass "it isn't loaded"; fi
has_closed() { ! kill -0 $opened 2>/dev/null; }
ok_if "it has waited for who had the disk open" has_closed
is "no disk is left of it" "$(ls /sys/block | grep -c "^${DISK}[0-9]")" 0

# Loading and unloading without a pause.
n=0
while [ $n -lt 10 ] && load_zram2 num_devices=4 && unload_zram2; do n=$((n + 1)); done
is "loaded and unloaded" $n 10

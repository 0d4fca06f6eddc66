#!/bin/sh
# Guest side of make demo: four disks under real load, then a table.

failed=0
ok() { echo "ok - demo: $1"; }
not_ok() { echo "not ok - demo: $1"; failed=1; }
# proves WHAT COMMAND...
proves() { what=$1; shift; if "$@"; then ok "$what"; else not_ok "$what"; fi; }
seconds() { read -r up _ </proc/uptime; echo "${up%.*}"; }
mib() { awk -v b="$1" 'BEGIN { printf "%.1f MiB", b / 1048576 }'; }

# set_up DISK ALGORITHM SIZE
set_up() {
	echo "$2" >"/sys/block/$1/comp_algorithm" && echo "$3" >"/sys/block/$1/disksize"
}

# row DISK USE SECONDS: what the disk says of itself, kept for the table.
row() {
	algorithm=$(sed 's/.*\[\(.*\)\].*/\1/' "/sys/block/$1/comp_algorithm")
	awk -v disk="$1" -v use="$2" -v time="$3" -v algorithm="$algorithm" '
		function mib(b) { return sprintf("%.1f", b / 1048576) }
		{
			# The ratio counts all memory used, the allocator waste included.
			printf "  %-7s %-24s %-8s %8s %10s %7s %11s %8s %6d\n", disk, use, algorithm,
				mib($1), mib($2), $3 ? sprintf("%.2f", $1 / $3) : "-", mib($6 * 4096), mib($3), time
		}' "/sys/block/$1/mm_stat" >>/tmp/table
}

proves "modprobe zram2 num_devices=4" modprobe zram2 num_devices=4 || exit 1
proves "there are zramx0 to zramx3" test -b /dev/zramx0 -a -b /dev/zramx1 -a -b /dev/zramx2 -a -b /dev/zramx3

total=$(awk '/^MemTotal/ { print int($2 / 1024) }' /proc/meminfo)
fill=$((total * 135 / 100))
echo "1. swap on zramx0: a program fills $fill MiB on a machine of $total MiB"
began=$(seconds)
proves "swap of 1 GiB" sh -c 'echo 1G >/sys/block/zramx0/disksize && mkswap /dev/zramx0 >/dev/null && swapon -p 100 /dev/zramx0'
memfill -w "$fill" >/tmp/memfill 2>&1 &
filler=$!
while ! grep -q filled /tmp/memfill && kill -0 $filler 2>/dev/null; do
	sleep 1
	n=$((${n:-0} + 1))
	[ $((n % 5)) -ne 0 ] || echo "   swapped out: $(awk '/zramx0/ { print int($4 / 1024) }' /proc/swaps) MiB"
done
row zramx0 "swap, $fill MiB of memory" $(($(seconds) - began))
swapped=$(awk '/zramx0/ { print int($4 / 1024) }' /proc/swaps)
proves "more memory in use than the machine has: $swapped MiB are in compressed swap" test "${swapped:-0}" -gt $((fill - total))
echo "   filled; now every page is read back and checked"
kill -USR1 $filler
proves "every one of the $((fill * 256)) pages came back as it was" wait $filler
proves "swapoff" swapoff /dev/zramx0

echo "2. ext4 on zramx1: a file tree is copied, then compared after a new mount"
began=$(seconds)
set_up zramx1 zstd 256M && mkfs.ext4 -q /dev/zramx1 && mkdir -p /mnt/tree && mount /dev/zramx1 /mnt/tree || not_ok "ext4 on zramx1"
cp -a /lib /usr /bin /mnt/tree/
umount /mnt/tree
echo 3 >/proc/sys/vm/drop_caches
mount /dev/zramx1 /mnt/tree
files=$(find /mnt/tree -type f | wc -l)
same() { for d in lib usr bin; do diff -rq "/$d" "/mnt/tree/$d" || return 1; done; }
proves "$files files are the same after the copy" same
row zramx1 "ext4, $files files" $(($(seconds) - began))
proves "the file system is clean" sh -c 'umount /mnt/tree && e2fsck -fn /dev/zramx1 >/tmp/fsck 2>&1'

echo "3. zramx2: 64 MiB of zeros; zramx3: 16 MiB of random data"
began=$(seconds)
set_up zramx2 lzo-rle 64M
dd if=/dev/zero of=/dev/zramx2 bs=1M count=64 2>/dev/null
sync
row zramx2 "64 MiB of zeros" $(($(seconds) - began))
read -r _ _ used _ _ zeros _ </sys/block/zramx2/mm_stat
proves "all $zeros pages of zeros are known as such and take no memory of their own" \
	test "$zeros" -eq 16384 -a "$used" -lt 65536
began=$(seconds)
set_up zramx3 lz4 16M
dd if=/dev/urandom of=/tmp/random bs=1M count=16 2>/dev/null
dd if=/tmp/random of=/dev/zramx3 bs=1M 2>/dev/null
sync
echo 3 >/proc/sys/vm/drop_caches
proves "random data comes back as it was" cmp /tmp/random /dev/zramx3
row zramx3 "16 MiB of random data" $(($(seconds) - began))

echo
echo "  disk    use                      codec      stored compressed   ratio same-filled   memory   time"
echo "                                                MiB        MiB                  MiB      MiB      s"
cat /tmp/table
echo
for disk in zramx0 zramx1 zramx2 zramx3; do echo 1 >/sys/block/$disk/reset || not_ok "reset of $disk"; done
proves "all memory is given back: the module unloads" modprobe -r zram2
exit $failed

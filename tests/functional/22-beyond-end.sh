#!/bin/sh
# A file system that is larger than its disk: what lies beyond the end can't be
# read. On 6.1 mm asks the driver for single pages, past the block layer's look
# at where the disk ends.
. /tests/lib.sh
begin

# A FAT of 8192 clusters of 4 KiB on a disk of 256, with two files of 16 KiB: one
# begins at cluster 10, on the disk, and one at 6000.
put() { printf "$2" | dd of="$dev" bs=1 seek="$1" conv=notrunc 2>/dev/null; }
entry() { put "$1" "$2"; put $(($1 + 11)) '\040'; put $(($1 + 26)) "$3\000\100\000\000"; }
new_disk 1M
put 0 '\353\074\220zram2   \000\020\001\001\000\001\200\000\000\040\370\004\000'
put 510 '\125\252'
put 4096 '\370\377\377\377'
put $((4096 + 10 * 2)) '\013\000\014\000\015\000\377\377'
put $((4096 + 6000 * 2)) '\161\027\162\027\163\027\377\377'
entry $((5 * 4096)) 'INSIDE     ' '\012\000'
entry $((5 * 4096 + 32)) 'BEYOND     ' '\160\027'
put $((14 * 4096)) 'first page'
put $((17 * 4096)) 'last page'
sync

modprobe msdos
modprobe nls_cp437
mkdir mnt
ok_if "a file system larger than the disk is mounted" mount -t msdos -o ro,codepage=437 "$dev" mnt || exit
echo 3 >/proc/sys/vm/drop_caches
is "a file on the disk is read" "$(tr -d '\000' <mnt/inside)" "first pagelast page"
cat mnt/beyond >out 2>&1 && fail "one beyond its end is not" || pass "one beyond its end is not"
matches "that is an I/O error" "$(cat out)" '.*(I/O|Input/output) error.*'
umount mnt
ok_if "the disk works" blkop write "$dev" 0 1M
ok_if "all of it" blkop check "$dev" 0 1M

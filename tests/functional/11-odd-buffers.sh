#!/bin/sh
# vm: uml=yes
# Buffers at odd multiples of 512 bytes: a page of the disk is then in two
# pages of memory. The in-tree driver corrupts such data.
. /tests/lib.sh
begin
new_disk 16M

# Each alone, so that one says what is wrong: a write from an odd place that is
# read to an even one, and the reverse.
places="512 1024 2048 3584"
[ $SLOW = 1 ] || places=512
for mem in $places; do
	for pages in 1 2 16; do
		len=$((pages * 4096))
		ok_if "$pages pages written from page + $mem" env BLKOP_MEM=$mem blkop write "$dev" 64K $len 7
		ok_if "$pages pages so written" blkop check "$dev" 64K $len 7
		ok_if "$pages pages to overwrite" blkop write "$dev" 1M $len 8
		ok_if "$pages pages read to page + $mem" env BLKOP_MEM=$mem blkop check "$dev" 1M $len 8
	done
done
ok_if "the neighbours are untouched" blkop checkzero "$dev" 0 64K

ok_if "same-filled pages from odd places" env BLKOP_MEM=1536 blkop fill "$dev" 2M 64K 0x1234
is "are recognised" "$(stat_of same_pages)" 16
ok_if "nothing but what was written is stored" [ "$(stat_of orig_data_size)" = $((48 * 4096)) ]

rawio_ok "random requests, four threads" -S "$(few 16)" -t 4 -n "$(few 1000)" -s 5
rawio_ok "random requests that race" -R -S 2 -t 4 -n "$(few 500)" -s 6
rawio_ok "one thread, vectors only" -S "$(few 16)" -t 1 -m v -n "$(few 500)" -s 7

# What is no multiple of a block on the device, or of 512 in memory, is for
# the block layer to refuse.
before=$(snapshot)
while read -r op mem at len; do
	is "$op at $at of $len bytes, memory + $mem" \
		"$(BLKOP_MEM=$mem blkop "$op" "$dev" "$at" "$len" 2>/dev/null)" EINVAL
done <<END
read 0 512 4096
write 0 512 4096
read 0 2048 4096
write 0 4096 512
write 0 4096 6144
read 0 0 2048
write 0 3584 8192
discard 0 512 4096
discard 0 4096 512
zeroout 0 512 4096
zeroout 0 0 1024
write 1 0 4096
read 100 0 4096
END
is "and nothing has changed" "$(snapshot)" "$before"
is "invalid_io" "$(stat_of invalid_io)" 0

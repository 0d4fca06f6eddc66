#!/bin/sh
# vm: uml=yes
# What is discarded or zeroed reads back as zeros and takes no memory.
. /tests/lib.sh
begin
new_disk 8M

pages() { echo $(($(stat_of orig_data_size) / 4096)); }

ops="discard zeroout punch zero"
[ $SLOW = 1 ] || ops="discard punch"
for op in $ops; do
	ok_if "data to $op" blkop write "$dev" 0 1M 21
	is "pages before $op" "$(pages)" 256
	freed=$(stat_of notify_free)

	ok_if "$op of one page" blkop $op "$dev" 16K 4K
	ok_if "it reads as zeros" blkop checkzero "$dev" 16K 4K
	is "pages after it" "$(pages)" 255
	ok_if "$op of 400 KiB" blkop $op "$dev" 32K 400K
	ok_if "they read as zeros" blkop checkzero "$dev" 32K 400K
	is "pages after it" "$(pages)" 155
	is "notify_free counts them" $(($(stat_of notify_free) - freed)) 101

	ok_if "data before them" blkop check "$dev" 0 16K 21
	ok_if "data between" blkop check "$dev" 20K 12K 21
	ok_if "data behind" blkop check "$dev" 432K 592K 21
	ok_if "$op of the whole disk" blkop $op "$dev" 0 8M
	ok_if "it reads as zeros" blkop checkzero "$dev" 0 8M
	is "nothing is stored" "$(stat_of orig_data_size) $(stat_of compr_data_size)" "0 0"
	is "$op past the end" "$(blkop $op "$dev" 8M 4K)" EINVAL
done

# Freed lazily or not, the memory comes back.
pool_empty() { [ "$(stat_of mem_used_total)" -le 65536 ]; }
ok_if "the pool is as good as empty" eventually 10 pool_empty

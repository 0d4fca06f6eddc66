#!/bin/sh
# Setting up a disk, what the block layer is told about it, and reset.
. /tests/lib.sh
begin
new_disk

while read -r text bytes; do
	set_to "$sys/disksize" "$text"
	is "disksize of $text" "$(cat "$sys/disksize")" "$bytes"
	is "sectors of $text" "$(cat "$sys/size")" $((bytes / 512))
	is "initstate after disksize" "$(cat "$sys/initstate")" 1
	set_to "$sys/reset" 1
	is "disksize after reset" "$(cat "$sys/disksize")" 0
	is "sectors after reset" "$(cat "$sys/size")" 0
	is "initstate after reset" "$(cat "$sys/initstate")" 0
done <<END
1048576 1048576
0x100000 1048576
512K 524288
512k 524288
3M 3145728
1g 1073741824
1 4096
4097 8192
END

# Without the newline that echo adds, as programs write it.
is "disksize without a newline" "$(sysfs_write -n "$sys/disksize" 64M)" OK
is "disksize of it" "$(cat "$sys/disksize")" 67108864

while read -r name value; do
	is "queue/$name" "$(cat "$sys/queue/$name")" "$value"
done <<END
logical_block_size 4096
physical_block_size 4096
hw_sector_size 4096
minimum_io_size 4096
optimal_io_size 4096
discard_granularity 4096
stable_writes 1
rotational 0
write_cache write through
fua 0
zoned none
END
is "dma_alignment" "$(cat "$sys/queue/dma_alignment" 2>/dev/null || echo 511)" 511
holds "discard_max_bytes" "$(cat "$sys/queue/discard_max_bytes")" -ge 67108864
holds "write_zeroes_max_bytes" "$(cat "$sys/queue/write_zeroes_max_bytes")" -ge 67108864
is "no room for partitions" "$(cat "$sys/ext_range")" 1
is "reading a partition table" "$(blkop reread "$dev")" EINVAL
is "adding a partition" "$(blkop addpart "$dev" 0 0)" EINVAL
is "fsync" "$(blkop sync "$dev")" OK
is "secure discard" "$(blkop secdiscard "$dev" 0 4096)" EOPNOTSUPP

# What a reset must bring back, and a new size must not.
for algo in $(algorithms); do other=$algo; done
default=$(cat "$sys/comp_algorithm")
set_to "$sys/mem_limit" 8M
ok_if "some data" blkop write "$dev" 0 1M
is "mem_limit is shown" "$(stat_of mem_limit)" 8388608
is "orig_data_size" "$(stat_of orig_data_size)" 1048576
expect_errno OK "$sys/reset" 1
is "mm_stat after reset" "$(tr -s ' ' <"$sys/mm_stat")" " 0 0 0 0 0 0 0 0 0"
is "stat after reset" "$(tr -s ' ' <"$sys/stat" | tr -d ' 0')" ""

set_to "$sys/comp_algorithm" "$other"
matches "choosing $other" "$(cat "$sys/comp_algorithm")" ".*\[$other\] \|"
set_to "$sys/disksize" 1M
matches "it stays chosen" "$(cat "$sys/comp_algorithm")" ".*\[$other\] \|"
ok_if "the new disk is empty" blkop checkzero "$dev" 0 1M
is "reading stores nothing" "$(stat_of orig_data_size)" 0
expect_errno OK "$sys/reset" 65535
is "comp_algorithm after reset" "$(cat "$sys/comp_algorithm")" "$default"
expect_errno OK "$sys/reset" 1

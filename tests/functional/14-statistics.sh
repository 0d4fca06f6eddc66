#!/bin/sh
# mm_stat of pages of every kind, compaction, and the high-water mark.
. /tests/lib.sh
begin
new_disk 16M

ok_if "64 pages of zeros" blkop fill "$dev" 0 256K 0
is "they are same-filled and take no memory" \
	"$(stat_of orig_data_size) $(stat_of same_pages) $(stat_of compr_data_size) $(stat_of mem_used_total)" \
	"262144 64 0 0"
ok_if "64 pages of one word each" blkop fill "$dev" 256K 256K 0xdeadbeef12345678
is "so are they" \
	"$(stat_of orig_data_size) $(stat_of same_pages) $(stat_of compr_data_size) $(stat_of mem_used_total)" \
	"524288 128 0 0"
ok_if "they read back" blkop checkfill "$dev" 256K 256K 0xdeadbeef12345678

ok_if "32 pages that nothing compresses" blkop write "$dev" 1M 128K
is "they are stored raw" \
	"$(stat_of huge_pages) $(stat_of huge_pages_since) $(stat_of compr_data_size)" "32 32 131072"
holds "they take memory" "$(stat_of mem_used_total)" -ge 131072
ok_if "zeros over half of them" blkop fill "$dev" 1M 64K 0
is "huge_pages falls, huge_pages_since does not" \
	"$(stat_of huge_pages) $(stat_of huge_pages_since) $(stat_of same_pages)" "16 32 144"
is "orig_data_size stays as it is when pages are overwritten" "$(stat_of orig_data_size)" 655360
ok_if "the others read back" blkop check "$dev" 1088K 64K

# Text compresses: neither raw nor same-filled. Programs do, on the whole.
head -c 1024k /bin/busybox >program
ok_if "1 MiB of a program" dd if=program of="$dev" bs=64k seek=32 oflag=direct
compressed=$(($(stat_of compr_data_size) - 65536))
holds "it takes less than that" $compressed -lt 900000
holds "and more than nothing" $compressed -gt 100000
is "orig_data_size counts it" "$(stat_of orig_data_size)" $((655360 + 1048576))
ok_if "reads change nothing" dd if="$dev" of=/dev/null bs=1M
is "orig_data_size after reading all" "$(stat_of orig_data_size)" $((655360 + 1048576))

# The high-water mark stays up until told otherwise.
ok_if "4 MiB more" blkop write "$dev" 8M 4M
most=$(stat_of mem_used_max)
holds "mem_used_max is at least mem_used_total" "$most" -ge "$(stat_of mem_used_total)"
ok_if "discarded again" blkop discard "$dev" 8M 4M
less() { [ "$(stat_of mem_used_total)" -lt $((most - 3000000)) ]; }
ok_if "mem_used_total falls" eventually 10 less
is "mem_used_max stays" "$(stat_of mem_used_max)" "$most"
expect_errno OK "$sys/mem_used_max" 0
holds "mem_used_max after 0 is that of now" "$(stat_of mem_used_max)" -lt $((most - 3000000))
is "mem_used_max is what is used now" "$(stat_of mem_used_max)" "$(stat_of mem_used_total)"

# Three of four objects gone leave pages that are mostly holes.
i=0
while [ $i -lt 16 ]; do cat program; i=$((i + 1)); done | dd of="$dev" bs=1M oflag=direct 2>/dev/null
ok_if "holes" blkop holes "$dev" 0 4M
sum=$(md5sum <"$dev")
before=$(stat_of pages_compacted)
expect_errno OK "$sys/compact" 1
holds "compact gives pages back" "$(stat_of pages_compacted)" -gt "$before"
is "all reads back after it" "$(md5sum <"$dev")" "$sum"
expect_errno OK "$sys/compact" anything

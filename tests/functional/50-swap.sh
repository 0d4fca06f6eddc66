#!/bin/sh
# vm: uml=yes
# Swap: every page verified, memory given back as swap entries are freed, and
# swapoff with pages on it.
. /tests/lib.sh
begin
new_disk 64M
ok_if "mkswap" mkswap "$dev"
ok_if "swapon" swapon "$dev"

mib=$(few 24)
# swapped_out SEED: that much memory of a process that waits.
swapped_out() {
	run_memfill -s "$1" -p -w $mib 2
	ok_in_time "memory is swapped out, seed $1" 60 is_filled || exit
	# Newer kernels keep pages of zeros to themselves.
	holds "it is on the disk, seed $1" "$(stat_of orig_data_size)" -ge $((mib * 800000))
	holds "it is compressed, seed $1" "$(stat_of compr_data_size)" -lt $((mib * 700000))
}
# Kernels before 6.15 keep up to 64 freed entries a CPU back.
few_left() { [ "$(stat_of orig_data_size)" -le 1048576 ]; }
pool_empty() { [ "$(stat_of mem_used_total)" -le "$1" ]; }

swapped_out 91
timed expect_errno EBUSY "$sys/reset" 1
took_within "reset of swap says so at once" 100
timed expect_errno EBUSY "$CONTROL/hot_remove" "$disk_id"
took_within "hot_remove of swap says so at once" 100
memfill_verified "every page comes back from swap"
ok_if "freed entries free what they stored" eventually 10 few_left
ok_if "and their memory" eventually 10 pool_empty 4194304
holds "notify_free counts them" "$(stat_of notify_free)" -ge $((mib * 200))

swapped_out 92
kill -9 $memfill
wait $memfill 2>/dev/null
ok_if "a killed process frees what it stored" eventually 10 few_left

swapped_out 93
ok_if "swapoff with pages on it" swapoff "$dev"
ok_if "nothing is left but the header" eventually 10 only_header
memfill_verified "every page has come back before swapoff ended"

# Overwritten before they are freed: entries of one process used by the next.
ok_if "swapon again" swapon -d "$dev"
for seed in 94 95; do
	swapped_out $seed
	memfill_verified "every page, seed $seed"
done
is "no request failed" "$(stat_of failed_reads) $(stat_of failed_writes)" "0 0"
ok_if "swapoff" swapoff "$dev"
ok_if "nothing is left at the end" eventually 10 only_header
ok_if "nor in the pool" eventually 10 pool_empty 131072
expect_errno OK "$sys/reset" 1

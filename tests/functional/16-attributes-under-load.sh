#!/bin/sh
# vm: uml=yes
# Attributes are read and written while requests run: nothing disturbs those.
. /tests/lib.sh
begin
new_disk 16M
run_bg rawio -d "$dev" -S "$(few 16)" -t 2 -n 0 -s 17
busy=$bg busy_out=$bg_out

used() { [ "$(stat_of orig_data_size)" -gt 65536 ]; }
ok_in_time "requests run" 20 used || exit
n=0
rounds=$(few 12)
while [ $n -lt "$rounds" ]; do
	set_to "$sys/compact" 1
	set_to "$sys/mem_limit" 1G
	set_to "$sys/mem_used_max" 0
	set_to "$sys/mem_limit" 0
	for refused in "disksize 1M" "comp_algorithm lz4" "algorithm_params algo=lz4 level=2"; do
		[ "$(sysfs_write "$sys/${refused%% *}" "${refused#* }")" = EBUSY ] || fail "$refused is refused"
	done
	for attribute in disksize initstate comp_algorithm io_stat mm_stat debug_stat stat; do
		[ "$(sysfs_write -r "$sys/$attribute" | head -n 1)" = OK ] || fail "$attribute is read"
	done
	n=$((n + 1))
done
is "rounds of attributes" $n "$rounds"
end_bg $busy && pass "all requests were right" || fail "all requests were right" "$(cat "$busy_out")"
explain <"$busy_out"
is "no request failed" "$(stat_of failed_reads) $(stat_of failed_writes)" "0 0"
matches "the disk is as large as ever" "$(cat "$sys/disksize")" "16777216\|"

#!/bin/sh
# vm: mem=560M smp=2 alone=yes long=yes
# More memory in use than there is, on two swap disks that are taken away and
# brought back meanwhile, every page verified.
. /tests/lib.sh
begin
kib() { field "$1:" "$2"; }

new_disk 512M
first=$dev
ok_if "mkswap" mkswap "$first"
ok_if "swapon" swapon "$first"
new_disk 512M zstd
second=$dev
ok_if "mkswap of a second" mkswap "$second"

mib=$(($(kib MemAvailable /proc/meminfo) / 1024 * 6 / 5))
run_bg memfill -s 96 -l 2 $mib 2
memfill=$bg
swapping() { [ $(($(kib SwapTotal /proc/meminfo) - $(kib SwapFree /proc/meminfo))) -gt 50000 ]; }
ok_in_time "memory runs over into swap ($mib MiB)" 60 swapping || exit

ok_if "swapon of the second disk" swapon "$second"
ok_if "swapoff of the first" swapoff "$first"
ok_if "swapon of the first disk" swapon "$first"
ok_if "swapoff of the second" swapoff "$second"
wait $memfill && pass "every page is right" || fail "every page is right" "$(cat "$bg_out")"
explain <"$bg_out"

for disk in "${first#/dev/}" "${second#/dev/}"; do
	use_disk "$disk"
	is "$disk: no request failed" "$(stat_of failed_reads) $(stat_of failed_writes)" "0 0"
	holds "$disk: was used" "$(stat_of notify_free)" -gt 1000
done
ok_if "swapoff" swapoff "$first"
left() { [ "$(stat_of mem_used_total)" -le 262144 ]; }
for disk in "${first#/dev/}" "${second#/dev/}"; do
	use_disk "$disk"
	ok_if "$disk: nothing is left but the header" eventually 20 only_header
	ok_if "$disk: the memory has come back" eventually 20 left
done

#!/bin/sh
# CPUs go away and come back while requests run.
. /tests/lib.sh
cpu=/sys/devices/system/cpu/cpu1/online
[ -w $cpu ] || { fail "there is a second CPU that can be taken away"; exit; }
begin
new_disk
every=$(algorithms)
drop_disk

for algo in $every; do
	new_disk 8M "$algo"
	run_bg rawio -a -d "$dev" -t 3 -n 0 -s 81
	busy=$bg busy_out=$bg_out
	n=0
	while [ $n -lt 4 ]; do
		sleep 0.1
		[ "$(sysfs_write $cpu 0)" = OK ] || fail "$algo: CPU 1 goes away"
		sleep 0.1
		[ "$(sysfs_write $cpu 1)" = OK ] || fail "$algo: CPU 1 comes back"
		n=$((n + 1))
	done
	end_bg $busy && pass "$algo: every block is right" ||
		fail "$algo: every block is right" "$(cat "$busy_out")"
	matches "$algo: requests went through meanwhile" "$(cat "$busy_out")" 'rawio: [1-9][0-9]+ requests.*'
	is "$algo: no request failed" "$(stat_of failed_reads) $(stat_of failed_writes)" "0 0"
	drop_disk
done

# Set up with one CPU, used with two; and removed with one.
sysfs_write $cpu 0 >/dev/null
new_disk 8M
sysfs_write $cpu 1 >/dev/null
rawio_ok "a disk set up before a CPU came" -a -t 4 -n 100 -s 82
sysfs_write $cpu 0 >/dev/null
rawio_ok "works after it has gone" -a -t 2 -n 100 -s 83
drop_disk
is "CPU 1 comes back at the end" "$(sysfs_write $cpu 1)" OK

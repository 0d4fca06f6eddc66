# What the functional cases have to check with, in a system that is up: whatever the
# test leaves is for that system to clean up.
. /tests/lib.sh
trap 'exit $((failures > 0))' EXIT
{ read -r version && read -r next; } </tests/versions

# swap NAME: its size in KiB and its priority.
swap() { awk -v d="/dev/$1" '$1 == d { print $3, $5 }' /proc/swaps; }
property() { systemctl show --value --property="$1" "$2"; }
# no_failed_units WHEN
no_failed_units() { is "$1: no unit has failed" "$(systemctl list-units --failed --plain --no-legend)" ""; }
# The module that modprobe would load.
module_version() { modinfo -F version zram2; }
loaded_version() { cat /sys/module/zram2/version; }

# swap_out SEED [MIB]: has that much memory swapped out.
swap_out() {
	run_memfill -s "$1" -p -w "${2:-32}" 2
	ok_if "memory is swapped out" eventually 60 is_filled
}
# swapped_in WHAT: what it was is right.
swapped_in() { memfill_verified "$1: every page is right"; }
# in_use_at_power_off: by a unit of its own, which is stopped as any other is.
in_use_at_power_off() {
	ok_if "a program is started" systemd-run --quiet --unit=memory sh -c 'exec memfill -s 9 -p -w 32 >/run/memory'
	memfill_out=/run/memory
	ok_if "whose memory is swapped out at power-off" eventually 60 is_filled
}

#!/bin/sh
# reset and hot_remove while the backing device doesn't answer: they can be
# killed, the log says what they wait for, other disks aren't held up, and once
# the device answers all is as it was.
. /tests/lib.sh
begin
. /tests/functional/writeback.sh
modprobe dm-mod

null_disk nbhung 512 64
null=$back
dm hung "0 $(sectors "$null") linear $null 0"
backed_disk 16M
hung_sys=$sys hung_dev=$dev hung_id=$disk_id
ok_if "data" memory write "$dev" 0 16M 81

# hang: from now on what is written there waits, and a run of writeback for it.
hang() {
	dmsetup suspend --noflush --nolockfs hung || fail "the backing device hangs"
	run_bg sysfs_write "$hung_sys/writeback" page_indexes=0-4095
	run=$bg run_out=$bg_out
	sleep 1
	ok_if "a run of writeback hangs" still_waits $run
}
answer() { dmsetup resume hung || fail "the backing device answers"; }

# has_ended PID: a shell's wait might wait for ever.
has_ended() { [ ! -e "/proc/$1" ] || grep -q '^State:.Z' "/proc/$1/status"; }
still_waits() { ! has_ended "$1"; }

for file in "$hung_sys/reset" "$CONTROL/hot_remove"; do
	case $file in *reset) text=1 ;; *) text=$hung_id ;; esac
	what=${file##*/}
	hang
	log_mark
	run_bg sysfs_write "$file" "$text"
	waiting=$bg
	says() { dmesg_has "zram2: $(block_name "$hung_dev"): waiting for a run of writeback"; }
	ok_if "$what: after some seconds the log says what it waits for" eventually 15 says
	ok_if "$what waits" still_waits $waiting
	is "$what: it says so once" "$(log_since | grep -c ': waiting for')" 1

	# Another disk meanwhile, with nothing behind it.
	new_disk 4M
	ok_if "$what: it works" blkop write "$dev" 0 1M
	expect_errno OK "$CONTROL/hot_remove" "$disk_id"
	ok_if "the run still hangs" still_waits $run

	kill -9 $waiting
	ok_if "$what can be killed" eventually 5 has_ended $waiting
	answer
	ok_if "$what: the run ends" eventually 10 has_ended $run
	ok_if "$what: the data are right" memory check "$hung_dev" 0 16M 81
	dev=$hung_dev sys=$hung_sys disk_id=$hung_id
	expect_errno OK "$sys/writeback" page_indexes=0-4095
	on_device "$what, then writeback"
	ok_if "$what: the data are right there, too" memory check "$dev" 0 16M 81
	is "$what: no errors" "$(errors)" "0 0 0"
	ok_if "data anew" memory write "$dev" 0 16M 81
done

# Who isn't killed gets what he asked for, when the device answers.
hang
run_bg sysfs_write "$sys/reset" 1
sleep 1
ok_if "reset waits" still_waits $bg
answer
wait $bg
is "and goes on when the device answers" "$(cat "$bg_out")" OK
wait $run
is "the run has been ended" "$(cat "$run_out")" EBUSY
is "the disk is reset" "$(cat "$sys/initstate")" 0
drop_disk
dmsetup remove hung
null_gone nbhung

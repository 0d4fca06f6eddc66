# What the scenarios share; each sources it first. A scenario runs in a guest,
# measures both drivers in turn, and prints what it got, one figure a line:
#
#   R,scenario,CPUs,metric,unit,driver,round,value
#
# The host collects those lines, see run.sh. QUICK=1 asks for fewer and
# smaller runs; ROUNDS is how often each driver is measured.
# shellcheck shell=dash disable=SC3043

set -u
. /bench/settings

SCENARIO=${0##*/}
SCENARIO=${SCENARIO%.sh}
CPUS=$(nproc)
DRIVERS='zram zram2'
LOAD=/sys/module/z2load/parameters
POOL=16384
failed=0

# disk_of DRIVER, sys_of DRIVER
disk_of() { case $1 in zram) echo zram0 ;; zram2) echo zramx0 ;; esac; }
sys_of() { echo "/sys/block/$(disk_of "$1")"; }

# full SMALL FULL: the one that this run asks for. QEMU emulates its processor,
# which takes ten times as long.
full() {
	if [ -n "$QUICK" ] || ! grep -q 'User Mode Linux' /proc/cpuinfo; then echo "$1"; else echo "$2"; fi
}

# calc EXPRESSION: with fractions.
calc() { awk "BEGIN { print $1 }"; }

problem() {
	echo "not ok - $SCENARIO: $*"
	failed=1
}

# put METRIC UNIT VALUE: one figure of the current driver and round. What is
# measured in round 0 only warms up.
put() { [ "$round" = 0 ] || echo "R,$SCENARIO,$CPUS,$1,$2,$driver,$round,$3"; }

# note TEXT: what the table says above this scenario's figures.
note() { echo "N,$SCENARIO,$CPUS,$*"; }

# cpu_time: nanoseconds of CPU time that all tasks together took so far; of
# user-mode Linux only the kernel's, which its host counts far better.
cpu_time() {
	local ns
	ns=$(cat $LOAD/cputime)
	[ "$ns" != 0 ] || ns=$(awk '/^cpu/ { ns += $8 } END { printf "%.0f", ns }' /proc/schedstat)
	echo $ns
}

# begin: both drivers and the load generator, loaded anew. Host memory that
# the guest has never touched is slow the first time: touch it once.
begin() {
	local d disk
	if [ ! -e /run/bench-warm ]; then
		dd if=/dev/zero of=/dev/shm/warm bs=1M count=$(($(sed -n 's/^MemAvailable: *\([0-9]*\) kB/\1/p' /proc/meminfo) * 7 / 10240)) 2>/dev/null
		rm -f /dev/shm/warm
		: >/run/bench-warm
	fi
	modprobe zram num_devices=1 && modprobe zram2 num_devices=1 &&
		insmod /bench/z2load.ko pool=$POOL || {
		problem "the modules load"
		dmesg | tail -n 5
		exit 1
	}
	for d in $DRIVERS; do
		disk=$(disk_of "$d")
		[ -b "/dev/$disk" ] || mknod "/dev/$disk" b "$(cut -d : -f 1 "/sys/block/$disk/dev")" \
			"$(cut -d : -f 2 "/sys/block/$disk/dev")"
	done
}

finish() {
	local d
	for d in $DRIVERS; do echo 1 >"$(sys_of "$d")/reset"; done
	rmmod z2load zram zram2
	exit $failed
}

# codec_on DRIVER CODEC: what that driver has of it. wklz is ours alone, and is
# compared with the in-tree driver's lz4.
codec_on() { case $1/$2 in zram/wklz) echo lz4 ;; *) echo "$2" ;; esac; }

# make_disk DRIVER CODEC BYTES [THREADS]: with so many offload_threads where
# there is such a thing.
make_disk() {
	local sys
	sys=$(sys_of "$1")
	echo 1 >"$sys/reset" && codec_on "$1" "$2" >"$sys/comp_algorithm" &&
		{ [ ! -e "$sys/offload_threads" ] || echo "${4:-0}" >"$sys/offload_threads"; } &&
		echo "$3" >"$sys/disksize" || {
		problem "$1 gets a $2 disk of $3 bytes"
		exit 1
	}
}
reset_disk() { echo 1 >"$(sys_of "$1")/reset"; }

# codecs_of_both NAME...: those that both drivers have.
codecs_of_both() {
	local c d have
	for c; do
		have=1
		for d in $DRIVERS; do
			tr -d '[]' <"$(sys_of "$d")/comp_algorithm" | tr ' ' '\n' | grep -qx "$(codec_on "$d" "$c")" || have=
		done
		[ -z "$have" ] || echo "$c"
	done
}

# z2load NAME=VALUE...: runs the load generator on the current driver's disk;
# sets ns, cpu (a page), p50 p99 p999 max (nanoseconds).
z2load() {
	local setting line
	echo "/dev/$(disk_of "$driver")" >$LOAD/dev
	for setting; do echo "${setting#*=}" >"$LOAD/${setting%%=*}"; done
	echo 1 >$LOAD/run || { problem "$driver: load $*"; return 1; }
	line=$(cat $LOAD/run)
	IFS=, read -r ns cpu p50 p99 p999 max errors _ <<-EOF
		$line
	EOF
	[ "$errors" = 0 ] || problem "$driver: load $*: $errors errors"
}

# settle: what was freed later than it was asked for has been freed now.
settle() { sleep 0.4; }

# turn_around: who was first is last the next time.
turn_around() { DRIVERS="${DRIVERS#* } ${DRIVERS%% *}"; }

# alternate FUNCTION ARGUMENT...: warms up, then runs it for each driver in
# turn, ROUNDS times; who is first changes from round to round.
alternate() {
	round=0
	while [ $round -le "$ROUNDS" ]; do
		for driver in $DRIVERS; do "$@"; done
		turn_around
		round=$((round + 1))
	done
}

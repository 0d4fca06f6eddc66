# What the cases share; each sources it first. A check prints a line that
# begins with "ok - " or "not ok - ", what explains it follows in lines that
# begin with "# ", and a case that fails a check exits with 1.
#
# The names below may be set from outside, to run a case on the in-tree driver:
# DRIVER=zram DISK=zram.

set -u
umask 077

DRIVER=${DRIVER:-zram2}
DISK=${DISK:-zramx}
CONTROL=${CONTROL:-/sys/class/$DRIVER-control}

CASE=${0##*/}
CASE=${CASE%.sh}
WORK=/tmp/$CASE
rm -rf "$WORK"
mkdir -p "$WORK"
cd "$WORK" || exit 1

failures=0
background=""
bg_count=0

# How much slower this machine is than those the sizes are made for.
SLOW=1
grep -q 'User Mode Linux' /proc/cpuinfo && SLOW=16
case $(uname -r) in *kcsan) SLOW=4 ;; esac

# How many times as long things may take here: the host knows how busy it is.
PATIENCE=$(sed -n 's/.*\bz2\.slow=\([0-9]*\).*/\1/p' /proc/cmdline)
PATIENCE=$((SLOW * ${PATIENCE:-1}))

# few N: N, or less of it where everything is slow, but at least 1.
few() { echo $((($1 + SLOW - 1) / SLOW)); }

# Where the events are; init has mounted it, where the kernel has any.
tracing=/sys/kernel/tracing
# Names of processes cost a probe in the scheduler. QEMU 7.2 sometimes goes on running
# code of one CPU that another one has patched, for ever then: the less the better.
[ ! -e $tracing/options/record-cmd ] || echo 0 >$tracing/options/record-cmd

explain() { sed 's/^/# /'; }

# Every check has the status of its result: cases stop where going on makes no
# sense, as in "ok_if ... || exit".

pass() { echo "ok - $CASE: $1"; }

# fail WHAT [WHY]
fail() {
	echo "not ok - $CASE: $1"
	[ $# -lt 2 ] || printf '%s\n' "$2" | explain
	failures=$((failures + 1))
	return 1
}

# ok_if WHAT COMMAND...: that the command succeeds; shows its output if not.
ok_if() {
	local what=$1 out; shift
	if out=$("$@" 2>&1); then pass "$what"; else fail "$what" "$* failed:
$out"; fi
}

# rawio_ok WHAT ARGUMENT...: that rawio on the disk finds nothing wrong; says
# what it did, seed included.
rawio_ok() {
	local what=$1 status=0; shift
	rawio -d "$dev" "$@" >rawio.out 2>&1 || status=$?
	if [ $status = 0 ]; then pass "$what"; else fail "$what"; fi
	explain <rawio.out
	return $status
}

# is WHAT GOT EXPECTED
is() {
	if [ "$2" = "$3" ]; then pass "$1"; else fail "$1" "got '$2' and not '$3'"; fi
}

# holds WHAT GOT OPERATOR LIMIT: compares numbers, as test does.
holds() {
	if test "$2" "$3" "$4"; then pass "$1"; else fail "$1" "$2 is not $3 $4"; fi
}

# matches WHAT TEXT PATTERN: all of the text, by an extended regular expression.
matches() {
	if printf '%s\n' "$2" | tr '\n' '|' | grep -Eqx -- "$3"; then
		pass "$1"
	else
		fail "$1" "'$2' does not look like '$3'"
	fi
}

# expect_errno ERRNO FILE TEXT: what writing TEXT and a newline gives.
expect_errno() {
	is "'$3' to ${2##*/}: $1" "$(sysfs_write "$2" "$3")" "$1"
}

# A change that has to work for the rest to make sense.
set_to() {
	local err
	err=$(sysfs_write "$1" "$2") || fail "'$2' to ${1##*/} works" "$err"
}

# eventually SECONDS COMMAND...: tries until it succeeds.
eventually() {
	local left=$(($1 * 10 * PATIENCE)); shift
	until "$@"; do
		left=$((left - 1))
		[ $left -gt 0 ] || return 1
		sleep 0.1
	done
}

now_cs() { local up rest; read -r up rest </proc/uptime; echo "${up%.*}${up#*.}"; }

# timed COMMAND...: its status; $took is set to its time in 1/100 s.
timed() {
	local start status=0
	start=$(now_cs)
	"$@" || status=$?
	took=$(($(now_cs) - start))
	return $status
}

# A check that begins with "timeout: " may fail because the machine is busy, and has
# a second try then. Those are about when something happens, and never about what:
# data, counters, leaks, and what the kernel says.

# ok_in_time WHAT SECONDS COMMAND...: that it succeeds before long.
ok_in_time() {
	local what=$1; shift
	if eventually "$@"; then pass "$what"; else fail "timeout: $what" "$*"; fi
}

# took_within WHAT CS: what $took may be.
took_within() {
	local most=$(($2 * PATIENCE))
	if [ $took -le $most ]; then pass "$1"; else fail "timeout: $1" "$took/100 s, and not $most"; fi
}

# run_bg COMMAND...: in the background; sets $bg to its pid, $bg_out to the file
# with its output.
run_bg() {
	bg_count=$((bg_count + 1))
	bg_out=$WORK/out.$bg_count
	"$@" >"$bg_out" 2>&1 &
	bg=$!
	background="$background $bg"
}

# end_bg PID: asks it to end; its status.
end_bg() { kill "$1" 2>/dev/null; wait "$1"; }

# run_memfill ARGUMENT...: has memory filled, in the background; sets $memfill to its
# pid, $memfill_out to what it says. With -w or -p it waits when it is filled, until
# memfill_verified WHAT has it look whether every page is right.
run_memfill() {
	run_bg memfill "$@"
	memfill=$bg memfill_out=$bg_out
}
is_filled() { grep -qs filled "$memfill_out"; }
memfill_verified() {
	kill -USR1 "$memfill"
	wait "$memfill" && pass "$1" || fail "$1" "$(cat "$memfill_out")"
}

# The kernel's messages since the last mark.
log_mark() { echo "$CASE: mark" >/dev/kmsg; }
log_since() {
	dmesg | awk -v mark="$CASE: mark" '
		index($0, mark) { n = 0; marked = 1; next }
		{ line[n++] = $0 }
		END {
			if (!marked) print "zram2: BUG: the mark in the log is lost"
			for (i = 0; i < n; i++) print line[i]
		}'
}
dmesg_has() { log_since | grep -Eq -- "$1"; }

load_zram2() { modprobe "$DRIVER" "$@"; }
unload_zram2() { rmmod "$DRIVER"; }
loaded() { grep -q "^$DRIVER " /proc/modules; }

# begin [PARAMETER...]: the module afresh, without disks unless asked.
begin() {
	! loaded || unload_zram2
	[ $# -gt 0 ] || set -- num_devices=0
	load_zram2 "$@" && [ -d "$CONTROL" ] && return
	fail "the module loads" "$(dmesg | tail -n 5)"
	exit 1
}

# use_disk NAME: sets $disk, $sys and $dev.
use_disk() {
	disk=$1 sys=/sys/block/$1 dev=/dev/$1
	[ -b "$dev" ] || fail "there is $dev"
}

# new_disk [SIZE [ALGORITHM]]: adds a disk and uses it.
new_disk() {
	local id
	id=$(cat "$CONTROL/hot_add") || { fail "a disk is added"; exit 1; }
	use_disk "$DISK$id"
	disk_id=$id
	[ $# -lt 2 ] || set_to "$sys/comp_algorithm" "$2"
	[ $# -lt 1 ] || set_to "$sys/disksize" "$1"
}

drop_disk() { set_to "$CONTROL/hot_remove" "$disk_id"; }

algorithms() { tr -d '[]' <"$sys/comp_algorithm"; }

# What follows is asked thousands of times: without a program to be started,
# which takes long with all detectors.

# column N FILE: of its first line.
column() {
	local n=$1 line
	read -r line <"$2"
	# shellcheck disable=SC2086 # words
	set -- $line
	eval "echo \"\${$n}\""
}

# stat_of FIELD: by its name in zram.rst, from the file that has it.
stat_of() {
	local file field=0 name names
	for file in io_stat mm_stat; do
		case $file in
		io_stat) names="failed_reads failed_writes invalid_io notify_free" ;;
		mm_stat) names="orig_data_size compr_data_size mem_used_total mem_limit mem_used_max
			same_pages pages_compacted huge_pages huge_pages_since" ;;
		esac
		field=0
		for name in $names; do
			field=$((field + 1))
			[ "$name" != "$1" ] || { column $field "$sys/$file"; return; }
		done
	done
	return 1
}
# field NAME FILE: of a file with a name and a number in each line.
field() {
	local name value _
	while read -r name value _; do
		[ "$name" != "$1" ] || { echo "$value"; return; }
	done <"$2"
}
gc() { field "$1" "$sys/gc_stat"; }
offload() { field "$1" "$sys/offload_stat"; }
# A long file, which a shell reads byte by byte.
vmstat() { awk -v name="$1" '$1 == name { print $2 }' /proc/vmstat; }

# After swapoff: mkswap's header is all that may be stored. What swap asked to be
# freed and wasn't would be there still.
only_header() { [ "$(stat_of orig_data_size)" -le 65536 ]; }

# Everything about a disk that can be read, to see that nothing has changed.
# What was freed is given back in the background: that is waited for.
gc_settled() { [ ! -e "$sys/gc_stat" ] || grep -qx 'pending 0' "$sys/gc_stat"; }
snapshot() {
	eventually 10 gc_settled
	ls /sys/block
	grep -s . "$sys"/* "$sys"/queue/* | grep -Ev '/(stat|auto_stat|inflight|uevent):'
}

# Leaves nothing behind, whatever the case ended with: what runs in the
# background, mounts and swap first, since the module can't go before them.
finish() {
	local status=$? p
	trap - EXIT
	cd /
	for p in $background; do kill -9 "$p" 2>/dev/null; done
	wait
	while read -r _ p _; do
		case $p in "$WORK"/*) umount "$p" || fail "$p is unmounted" ;; esac
	done <<-END
		$(tac /proc/mounts)
	END
	grep -o "^/dev/${DISK}[0-9]*" /proc/swaps | while read -r p; do swapoff "$p"; done
	if loaded; then ok_if "the module unloads" unload_zram2; fi
	rm -rf "$WORK"
	[ $failures -eq 0 ] || status=1
	exit $status
}
trap finish EXIT
trap 'exit 130' INT TERM

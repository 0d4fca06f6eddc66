# What 90-torture.sh does at once; sourced after lib.sh and writeback.sh. Each
# loop_* runs as a process of its own until there is a file stop, and ends with
# 1 when something happened that must not, having said what.

STOP=$WORK/stop
running() { [ ! -e "$STOP" ]; }

# start NAME COMMAND...: a part of the load; "exec" before a program that is to
# be asked to end. All of it is in a cgroup, to be
# frozen as a whole, and has random numbers of its own.
LOAD=/sys/fs/cgroup/load SQUEEZE=/sys/fs/cgroup/squeeze
parts=""
part() { echo 0 >$LOAD/cgroup.procs; "$@"; }
start() {
	local name=$1; shift
	r=$((r + 7919))
	run_bg part "$@"
	parts="$parts $name:$bg:$bg_out"
}

# rand N: sets n to one of 0..N-1. pick WORD...: sets picked to one of them.
rand() {
	r=$(((r * 1103515245 + 12345) % 2147483648))
	n=$((r / 65536 % $1))
}
pick() {
	rand $#
	shift $n
	picked=$1
}

# pause N: for up to N tenths of a second.
pause() { rand "$1"; sleep "$((n / 10)).$((n % 10))"; }

# Who holds a name keeps the others who want it out. Fails when it is time to stop.
take() {
	while running; do
		! mkdir "$WORK/taken.$1" 2>/dev/null || return 0
		sleep 0.2
	done
	return 1
}
give() { rmdir "$WORK/taken.$1"; }

# excuse FILE LETTER: from now on requests may fail, or may not; see pagemodel.
excuse() {
	local letter number=0 last=-
	[ ! -s "$WORK/$1" ] || read -r letter number last <"$WORK/$1"
	[ "$2" = - ] || last=$2
	echo "$2 $((number + 1)) $last" >"$WORK/$1.new"
	mv "$WORK/$1.new" "$WORK/$1"
}

# did WHAT: it has been done once more. times_done WHAT: since the start.
did() { echo >>"$WORK/did.$1"; }
times_done() { cat "$WORK/did.$1" 2>/dev/null | wc -l; }

# said ERRNO ALLOWED... : is it one of them?
said() {
	local err=$1 allowed; shift
	for allowed; do [ "$err" != "$allowed" ] || return 0; done
	return 1
}
# store FILE TEXT ERRNO...: OK, ENOMEM and EINTR are always right, and the others
# named; sets $stored to which. ENODEV is that of an open file whose disk was
# removed.
store() {
	local file=$1 text=$2; shift 2
	stored=$(sysfs_write "$file" "$text")
	said "$stored" OK ENOMEM EINTR "$@" && return
	echo "'$text' to $file: $stored"
	return 1
}

# Everything that goes through the slots, on all disks, often two at a time. What
# has worked is noted: all of it is to, now and then.
POSTS="idle-all idle-1 writeback-idle writeback-huge writeback-huge_idle writeback-incompressible
	writeback-pages recompress recompress-idle compact gc_limit batch_size limit no_limit"
loop_post() {
	local bad=0 first d post
	while running; do
		pick "$@"
		d=/sys/block/$picked
		# shellcheck disable=SC2086 # words
		pick $POSTS
		post=$picked
		case $post in
		idle-all) store "$d/idle" all ;;
		idle-1) store "$d/idle" 1 ;;
		writeback-idle) store "$d/writeback" idle EAGAIN EIO ENOSPC ENODEV ;;
		writeback-huge_idle) store "$d/writeback" huge_idle EAGAIN EIO ENOSPC ENODEV ;;
		writeback-pages)
			rand 400
			first=$n
			store "$d/writeback" "page_index=$n page_indexes=$first-$((first + 40))" EAGAIN EIO ENOSPC ENODEV
			;;
		writeback-*) store "$d/writeback" "type=${post#*-}" EAGAIN EIO ENOSPC ENODEV ;;
		recompress)
			pick "type=idle priority=1" "type=huge priority=2" "type=huge_idle" "priority=1 threshold=1000" \
				"algo=zstd max_pages=50"
			store "$d/recompress" "$picked" EAGAIN ENOSPC
			;;
		recompress-idle) store "$d/recompress" "type=idle priority=2" EAGAIN ENOSPC ;;
		compact) store "$d/compact" 1 ;;
		gc_limit)
			pick 0 4096 64K 1M 16M
			store "$d/gc_limit" "$picked"
			;;
		batch_size)
			pick 1 2 7 32 100
			store "$d/writeback_batch_size" "$picked"
			;;
		limit)	# Not for long: most runs would end at once.
			pick 10 200
			store "$d/writeback_limit" "$picked" && store "$d/writeback_limit_enable" 1 && pause 10 &&
				store "$d/writeback_limit_enable" 0
			;;
		no_limit) store "$d/writeback_limit_enable" 0 && store "$d/mem_used_max" 0 ;;
		esac || bad=1
		[ "$stored" != OK ] || did "$post"
	done
	return $bad
}

# A disk that is full for a moment.
loop_limit() {
	local d=/sys/block/$1 bad=0
	while running; do
		excuse limit w
		pick 4K 256K 1M
		store "$d/mem_limit" "$picked" || bad=1
		pause 10
		store "$d/mem_limit" 0 || bad=1
		excuse limit -
		pause 30
	done
	return $bad
}

# To its end; opening it and reading on take memory.
readable() {
	local text
	text=$(cat "$1" 2>&1 >/dev/null) && return
	case $text in *'Cannot allocate memory' | *'Out of memory') return 0 ;; esac
	echo "$1: $text"
	return 1
}
loop_readers() {
	local victim d bad=0
	while running; do
		pick "$@"
		d=$picked
		rand 4
		case $n in
		0) cat "/sys/block/$d"/*_stat >/dev/null || bad=1 ;;
		1) readable "/sys/kernel/debug/$DRIVER/$d/summary" || bad=1 ;;
		2) readable "/sys/kernel/debug/$DRIVER/$d/block_state" || bad=1 ;;
		3)	# All that can be read of anything, killed in the midst of it.
			cat /sys/block/"$DISK"*/* /sys/kernel/debug/$DRIVER/*/* >/dev/null 2>&1 &
			victim=$!
			pause 3
			kill -9 $victim 2>/dev/null
			wait $victim
			;;
		esac
	done
	return $bad
}

# Processes that are killed at work: readers of a disk, runs, who wants a reset.
loop_kills() {
	local victim swap=$1 spare=$2; shift 2
	while running; do
		pick "$@"
		rand 7
		case $n in
		0) blkop tally "/dev/$picked" 0 4M ;;
		1) dd if="/dev/$picked" of=/dev/null bs=64k ;;
		2) sysfs_write "/sys/block/$picked/writeback" page_indexes=0-2000 ;;
		3) sysfs_write "/sys/block/$picked/recompress" priority=1 ;;
		4) opener -h 50 -p 10 "/dev/$picked" ;;
		5) sysfs_write "/sys/block/$swap/reset" 1 ;;
		6) dd if=/dev/urandom of="/dev/$spare" bs=64k oflag=direct conv=notrunc ;;
		esac >/dev/null 2>&1 &
		victim=$!
		pause 6
		kill -9 $victim 2>/dev/null
		wait $victim
	done
	return 0
}

# Memory that a cgroup has no room for: what is swapped out, in and freed.
loop_swap() {
	local size=$1 fill status bad=0
	while running; do
		rand 10000
		sh -c "echo 0 >$SQUEEZE/cgroup.procs && exec memfill -s $((n + 1)) -l 2 $size 2" >memfill.out 2>&1 &
		fill=$!
		rand 3
		[ $n -gt 0 ] || { pause 60; kill -9 $fill; } 2>/dev/null
		wait $fill
		status=$?
		[ $status != 0 ] || did memfill
		said $status 0 137 || { echo "memfill ended with $status: $(cat memfill.out)"; bad=1; }
	done
	return $bad
}

# Disks that come and go: with data, as swap, or never used. Allocations may
# fail, and then there is no disk; whatever there is works.
loop_disks() {
	local id d bad=0
	while running; do
		id=$(cat "$CONTROL/hot_add" 2>/dev/null) || { sleep 0.2; continue; }
		did hot_add
		d=/sys/block/$DISK$id
		pick wklz lz4 zstd lzo-rle deflate
		store "$d/comp_algorithm" "$picked" EINVAL || bad=1
		rand 3
		if [ $n -gt 0 ] && [ "$(sysfs_write "$d/disksize" 4M)" = OK ]; then
			if [ $n = 1 ]; then
				pagemodel -d "/dev/$DISK$id" -n 40 -s "$r" -e "$WORK/alloc" >disks.out ||
					{ cat disks.out; bad=1; }
			elif mkswap "/dev/$DISK$id" >/dev/null 2>&1 && swapon -p 100 "/dev/$DISK$id" 2>/dev/null; then
				did swapon
				pause 20
				until swapoff "/dev/$DISK$id"; do sleep 0.2; done
			fi
		fi
		store "$CONTROL/hot_remove" "$id" EBUSY || bad=1
		while [ -d "$d" ]; do
			sleep 0.2
			store "$CONTROL/hot_remove" "$id" EBUSY || bad=1
		done
	done
	return $bad
}

# A file system; what is in it is verified each time it is mounted again. It is
# told of every failed write, and would be right to be damaged: so none may.
files_right() {
	[ ! -s "$WORK/sums" ] || (cd "$WORK/mnt" && sha256sum -c "$WORK/sums" >"$WORK/sums.out" 2>&1) ||
		{ echo "sha256sum ended with $?:"; grep -v ': OK$' "$WORK/sums.out"; return 1; }
}
loop_files() {
	local dev=$1 k dir bad=0
	while take reliable; do
		mount "$dev" "$WORK/mnt" || { echo "it can't be mounted"; give reliable; return 1; }
		files_right || bad=1
		[ ! -s "$WORK/sums" ] || did files
		rand 8
		dir=$WORK/mnt/$n
		rm -rf "${dir:?}"
		mkdir "$dir"
		# When it is full, what there was room for.
		for k in 1 2 3 4; do
			rand 40
			case $k in
			1) dd if=/dev/urandom bs=16k count=$((n + 1)) of="$dir/noise" ;;
			2) dd if=/bin/busybox bs=16k count=$((n + 1)) of="$dir/program" ;;
			3) cat /tests/functional/*.sh >"$dir/text" ;;
			4) dmesg >"$dir/log" ;;
			esac 2>/dev/null
		done
		(cd "$WORK/mnt" && find . -type f -exec sha256sum {} +) >"$WORK/sums"
		sync "$WORK/mnt"
		files_right || bad=1
		umount "$WORK/mnt" || { echo "umount: $?"; bad=1; }
		give reliable
		pause 10
	done
	return $bad
}

# let_in DISK PAGES: writes them back; fails while another run keeps it out, or a limit
# is in force. $bad is the caller's.
let_in() {
	store "/sys/block/$1/writeback" "page_indexes=$2" EAGAIN EIO ENOSPC || bad=1
	case $stored in EAGAIN | ENOSPC) ! running ;; esac
}

# The backing device of one disk fails or is slow for a while, as the device
# mapper makes it, or has bad blocks, as null_blk does: what has been written there
# can't be read then.
loop_backing() {
	local name=$1 null=$2 size=$3 disk=$4 turn=$5 bad=0 how
	while running; do
		pause 20
		# So that there is something to read, and something to write.
		eventually 5 let_in "$disk" 0-200
		# One after the other: a few rounds are to see them all.
		turn=$((turn + 1))
		case $((turn % 4)) in
		0) how=slow ;;
		1) how=error ;;
		2) how=badblocks ;;
		3) how=writes ;;
		esac
		[ $how = slow ] || excuse backing r
		take still || break
		case $how in
		error) dm "$name" "0 $size error" ;;
		badblocks) bad_blocks "$null" + "$size" || bad=1 ;;
		writes) dm "$name" "0 $size flakey $null 0 0 3600 1 error_writes" ;;
		slow) dm "$name" "0 $size delay $null 0 30" ;;
		esac
		give still
		blkop tally "/dev/$disk" 0 1M >/dev/null
		eventually 5 let_in "$disk" 200-400
		pause 10
		until mkdir "$WORK/taken.still" 2>/dev/null; do sleep 0.2; done
		backing_works "$name" "$null" "$size" || bad=1
		give still
		did "backing-$how"
		[ $how = slow ] || excuse backing -
	done
	return $bad
}
backing_works() {
	dm "$1" "0 $3 linear $2 0"
	bad_blocks "$2" - "$3"
}
# bad_blocks NULL +|- SECTORS: each second megabyte, of which requests across its
# edge fail as well; from the second on, for the first is never used.
bad_blocks() {
	local file=$NULLB/${1#/dev/}/badblocks first=2048
	while [ $first -lt "$3" ]; do
		echo "$2$first-$((first + 2047))" >"$file" || { echo "bad blocks: $2$first"; return 1; }
		first=$((first + 4096))
	done
}

# Allocations made under the module's functions fail, whoever calls them.
FAULTS=/sys/kernel/debug FAULTS_MAX=1000000000
faults_done() { echo $((FAULTS_MAX - $(cat "$FAULTS/$1/times"))); }
faults() { local f; for f in failslab fail_page_alloc; do echo "$1" >$FAULTS/$f/probability; done; }
faults_begin() {
	local text f
	[ -d $FAULTS/failslab ] && [ -d $FAULTS/fail_page_alloc ] || return
	# As text: an address has too many digits for a shell's arithmetic.
	text=$(awk -v m="[$DRIVER]" '$4 == m && tolower($2) == "t" { print $1 }' /proc/kallsyms | sort)
	for f in failslab fail_page_alloc; do
		echo 0 >$FAULTS/$f/verbose
		echo $FAULTS_MAX >$FAULTS/$f/times
		echo 0 >$FAULTS/$f/probability
	done
	for f in failslab fail_page_alloc; do
		echo N >$FAULTS/$f/ignore-gfp-wait
		echo N >$FAULTS/$f/task-filter
		echo "0x$(echo "$text" | head -n 1)" >$FAULTS/$f/require-start
		echo "0x$(echo "$text" | tail -n 1 | sed 's/...$/fff/')" >$FAULTS/$f/require-end
	done
	echo 0 >$FAULTS/fail_page_alloc/min-order
	echo N >$FAULTS/fail_page_alloc/ignore-gfp-highmem
}
loop_faults() {
	while take reliable; do
		excuse alloc w
		faults 1
		# Where an I/O takes long, as many as elsewhere.
		pause $((SLOW > 1 ? 400 : 40))
		faults 0
		excuse alloc -
		give reliable
		pause 20
	done
	return 0
}

loop_hotplug() {
	local cpu=/sys/devices/system/cpu/cpu1/online bad=0
	while running; do
		# EBUSY is said while everything is being frozen.
		store $cpu 0 EBUSY || bad=1
		[ "$(cat $cpu)" = 1 ] || did hotplug
		pause 10
		store $cpu 1 EBUSY || bad=1
		pause 20
	done
	until [ "$(cat $cpu)" = 1 ]; do echo 1 >$cpu; sleep 0.1; done
	return $bad
}

# As for a suspend, or only what is in the cgroups. Nobody can be frozen who
# waits for a backing device that is just being exchanged, and nothing is as long
# as the kernel runs modprobe, which it does for whoever opens a disk that is gone.
loop_freeze() {
	local err bad=0
	while running; do
		pause 40
		err=
		if [ -w /sys/power/pm_test ]; then
			take still || break
			echo freezer >/sys/power/pm_test
			err=$(sysfs_write /sys/power/state freeze)
			said "$err" OK EBUSY EAGAIN || { echo "freeze: $err"; bad=1; }
			[ "$err" != OK ] || did suspend
			echo none >/sys/power/pm_test
			give still
		fi
		if [ "$err" != OK ]; then
			pick $LOAD $SQUEEZE
			echo 1 >"$picked/cgroup.freeze"
			pause 10
			! grep -qx 'frozen 1' "$picked/cgroup.events" || did freeze
			echo 0 >"$picked/cgroup.freeze"
		fi
	done
	return $bad
}

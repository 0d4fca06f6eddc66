#!/bin/sh
# vm: uml=yes mem=512M alone=yes long=yes timeout=1800 log=16M
# Everything at once: swap, a file system and raw disks whose every page is
# verified, while whatever can be written, read, killed, frozen, taken away or
# made to fail is. In the end nothing is lost, all counters agree, and all that
# was taken has been given back. z2.seconds= and z2.seed= on the kernel's command
# line say how long, and which random numbers.
. /tests/lib.sh
argument() { sed -n "s/.*\b$1=\([0-9]*\).*/\1/p" /proc/cmdline; }
seconds=$(argument z2.seconds) seed=$(argument z2.seed)
[ -n "$seconds" ] || { [ $SLOW = 1 ] && seconds=30 || seconds=60; }
# Of the disks not all kernels get the same kind first.
seed=${seed:-$(uname -r | cut -d . -f 2)}
begin
. /tests/functional/writeback.sh
. /tests/functional/torture.sh
# The kernel itself can't load any while everything is being frozen.
for m in dm-mod dm-flakey dm-delay ext4; do modprobe $m 2>/dev/null; done
[ ! -w /sys/module/suspend/parameters/pm_test_delay ] || echo 1 >/sys/module/suspend/parameters/pm_test_delay
# Who is in the midst of a request of 32 pages is frozen when it has ended.
[ ! -w /sys/power/pm_freeze_timeout ] || echo $((20000 * PATIENCE)) >/sys/power/pm_freeze_timeout

# With all detectors an allocation takes as long as a page elsewhere.
if [ $SLOW = 1 ]; then mib=16 pause=2000; else mib=2 pause=20000; fi
echo +memory >/sys/fs/cgroup/cgroup.subtree_control
mkdir -p $LOAD $SQUEEZE "$WORK/mnt"
echo 0 >/proc/sys/vm/page-cluster

now() { local t; t=$(now_cs); echo $((t / 100)); }

pages() { awk -v name="$1" 'index($0, name) == 1 && $NF == "pages" { print $(NF - 1) }' "$debug/summary"; }
lines() { awk -v flags="$1" '$3 ~ flags { n++ } END { print n + 0 }' "$debug/block_state"; }

# disk NAME SIZE [ATTRIBUTE=VALUE...]: sets NAME to the disk.
disk() {
	local name=$1 size=$2 set; shift 2
	new_disk
	for set; do set_to "$sys/${set%%=*}" "${set#*=}"; done
	set_to "$sys/recomp_algorithm" "algo=zstd priority=1"
	set_to "$sys/recomp_algorithm" "algo=deflate priority=2"
	set_to "$sys/disksize" "$size"
	eval "$name=$disk ${name}_id=$disk_id"
	all="$all $disk"
}

# agree WHAT: what counts the same says the same, when nothing is going on.
agree() {
	local stored objects used
	debug=/sys/kernel/debug/$DRIVER/$disk
	ok_if "$1: what is kept of freed pages is freed" eventually 20 gc_settled
	is "$1: freed pages are all recycled or freed" $(($(gc recycled) + $(gc freed))) "$(gc deferred)"
	stored=$(($(stat_of orig_data_size) / 4096))
	objects=$(backing_stat objects)
	used=$(bd blocks)
	is "$1: stored pages = same-filled + in memory + on the device" \
		$(($(stat_of same_pages) + $(pages '  compressed in memory') + $(stat_of huge_pages) + objects)) "$stored"
	is "$1: in slots: pages, same-filled, raw, on the device" \
		"$(pages stored) $(pages '  same-filled') $(pages '  raw in memory') $(pages '  on backing device')" \
		"$stored $(stat_of same_pages) $(stat_of huge_pages) $objects"
	recompressed=$((recompressed + $(lines '^....r')))
	is "$1: in block_state" "$(lines .) $(lines ^s) $(lines ^..h) $(lines ^.w)" \
		"$stored $(stat_of same_pages) $(($(stat_of huge_pages) + $(lines ^.wh))) $objects"
	is "$1: nothing waits for offload" "$(offload pending)" 0
	is "$1: all that was queued was done" $(($(offload completed) + $(offload taken))) "$(offload queued)"
	if [ "$(cat "$sys/compressed_writeback" "$sys/writeback_packing" | tr -d '\n')" = 11 ]; then
		holds "$1: blocks in use hold what is live" $((used * 4096)) -ge "$(backing_stat live_bytes)"
		holds "$1: no block is in use for nothing" "$used" -le $((objects * 2))
	else
		is "$1: a block for each object" "$used" "$objects"
	fi
	is "$1: nothing was damaged" "$(backing_stat check_errors)" 0
}

# empty WHAT: discarded, there is nothing, in no counter.
empty() {
	ok_if "$1: discard" blkop discard "$dev" 0 "$(cat "$sys/disksize")"
	ok_if "$1: it reads as zeroes" blkop checkzero "$dev" 0 "$(cat "$sys/disksize")"
	ok_if "$1: what was freed is given back" eventually 20 gc_settled
	is "$1: nothing is stored" "$(stat_of orig_data_size) $(stat_of compr_data_size) $(stat_of same_pages) $(stat_of huge_pages)" \
		"0 0 0 0"
	is "$1: no memory is used" "$(stat_of mem_used_total)" 0
	is "$1: nothing is on the device" "$(bd blocks) $(backing_stat objects) $(backing_stat live_bytes)" "0 0 0"
	is "$1: nothing waits to be freed" "$(gc pending) $(gc pending_bytes)" "0 0"

	# A counter that is below zero is shown as zero.
	ok_if "$1: a page that can't be compressed, and one of zeroes" \
		eval 'blkop write "$dev" 0 4096 && blkop fill "$dev" 4096 4096 0'
	is "$1: they alone are counted" \
		"$(stat_of orig_data_size) $(stat_of compr_data_size) $(stat_of same_pages) $(stat_of huge_pages)" "8192 4096 1 1"
	ok_if "$1: discard them" blkop discard "$dev" 0 8192
}

# counters: of a disk that holds nothing, those that aren't zero.
counters() {
	local file
	for file in io_stat mm_stat bd_stat backing_stat gc_stat offload_stat parked_stat; do
		awk -v file=$file '{ for (i = 1; i <= NF; i++) if ($i ~ /^[1-9][0-9]*$/) { print file ": " $0; next } }
			END { if (!NR) print file " says nothing" }' "$sys/$file" 2>&1
	done
}

attributes="disksize initstate reset mem_limit mem_used_max compact gc_limit gc_stat offload_threads offload_stat
	io_stat mm_stat debug_stat comp_algorithm algorithm_params recomp_algorithm recompress backing_dev idle
	writeback writeback_limit writeback_limit_enable writeback_batch_size compressed_writeback
	writeback_packing bd_stat backing_stat parked_stat"

gone() { ! kill -0 "$1" 2>/dev/null; }
explain_processes() {
	local p
	echo "# $what: $1 still runs"
	for p in /proc/[0-9]*; do
		[ ! -s "$p/cmdline" ] || echo "$p: $(tr '\0' ' ' <"$p/cmdline" | cut -c 1-100): $(cut -d ' ' -f 3 "$p/stat" 2>/dev/null)" \
			"$(head -n 4 "$p/stack" 2>/dev/null | tr '\n' ' ')"
	done | explain
}

# wait_for NAME:PID:OUTPUT: how a part of the load ended.
wait_for() {
	local name=${1%%:*} pid=${1#*:} out
	out=${pid#*:} pid=${pid%%:*}
	# Who waits for what, if it takes so long that something may be wrong.
	eventually "$(few 120)" gone "$pid" || explain_processes "$name"
	wait "$pid"
	is "$what: $name ends well" $? 0 && case $name in raw* | fuzz) ;; *) return ;; esac
	explain <"$out"
}

# round NUMBER SECONDS: the disks are set up in another way each time.
round() {
	local number=$1 limit=$2 p end=0 first_part shape=$(($1 + seed))
	what="round $1" all="" parts="" r=$((seed * 1000 + $1))
	rm -f "$STOP" "$WORK/sums"
	: >"$WORK/sums"
	for p in alloc backing limit; do excuse $p -; done

	null_disk "far$1" $((shape % 2 ? 512 : 4096)) 32 40
	far=$back
	null_disk "bad$1" 512 16
	bad=$back bad_size=$(sectors "$back")
	dm bad "0 $bad_size linear $bad 0"
	bad_back=$back
	# Much smaller than the disk: what is in its blocks has to be moved.
	null_disk "raw$1" 4096 $(((mib + 7) / 8 + 1))
	raw=$back
	null_disk "fuzz$1" 512 8
	fuzz_back=$back

	pick wklz lz4 lzo-rle zstd
	[ $SLOW = 1 ] && size=256M || size=64M
	# One of the two has a backing device, which can be relied upon.
	if [ $((shape % 2)) = 1 ]; then
		disk swap $size comp_algorithm="$picked" offload_threads=2
		disk files $((8 + mib * 2))M backing_dev="$far"
	else
		disk swap $size comp_algorithm="$picked" offload_threads=$((shape / 2 % 2)) backing_dev="$far"
		disk files $((8 + mib * 2))M
	fi
	disk raw1 ${mib}M backing_dev="$bad_back" compressed_writeback=$((shape % 2))
	disk raw2 ${mib}M backing_dev="$raw" writeback_packing=$((shape / 2 % 2))
	pick wklz lz4 lz4hc deflate
	disk raw3 ${mib}M comp_algorithm="$picked"
	new_disk
	fuzz=$disk fuzz_id=$disk_id
	ok_if "$what: mkswap" mkswap "/dev/$swap"
	ok_if "$what: swapon" swapon -p 10 "/dev/$swap"
	ok_if "$what: a file system" mke2fs -q -F -t ext4 -m 0 "/dev/$files"

	start raw1 exec pagemodel -d "/dev/$raw1" -t 2 -n 0 -p $pause -s "$r" -e "$WORK/alloc" -e "$WORK/backing"
	start raw2 exec pagemodel -d "/dev/$raw2" -t 2 -n 0 -p $pause -s "$r" -e "$WORK/alloc"
	start raw3 exec pagemodel -d "/dev/$raw3" -t 3 -n 0 -p $pause -s "$r" -e "$WORK/alloc" -e "$WORK/limit"
	models=$parts parts=""
	! faults_begin || start faults loop_faults
	start files loop_files "/dev/$files"
	# shellcheck disable=SC2086 # a list
	start post1 loop_post $all
	# shellcheck disable=SC2086
	[ $SLOW != 1 ] || start post2 loop_post $all
	start limit loop_limit "$raw3"
	start backing loop_backing bad "$bad" "$bad_size" "$raw1" $number
	# shellcheck disable=SC2086
	start readers loop_readers $all
	start kills loop_kills "$swap" "$fuzz" "$raw1" "$raw2" "$raw3"
	start swap1 loop_swap $((mib * 2))
	start disks loop_disks
	[ ! -w /sys/devices/system/cpu/cpu1/online ] || start hotplug loop_hotplug
	first_part=$parts parts=""
	# shellcheck disable=SC2046 # a list
	start fuzz exec sysfs_fuzz -s "$r" -p 5000 -w "$fuzz_back" $(printf "/sys/block/$fuzz/%s\n" $attributes)
	models="$models $parts" parts=$first_part

	run_bg loop_freeze
	freezer=$bg freezer_out=$bg_out
	# kswapd has something to do, too, where filling memory takes no minutes, or
	# there are some.
	if [ $SLOW = 1 ] || [ $seconds -ge 300 ]; then
		p=$(($(awk '$1 == "MemAvailable:" { print $2 }' /proc/meminfo) / 1024 - 60))
		start swap memfill -s "$r" -l $((limit - 5)) $p 2
	fi

	echo ${mib}M >$SQUEEZE/memory.high
	echo "# $what: it begins, $(now) s after start"
	sleep "$limit"
	: >"$STOP"
	echo "# $what: it ends, $(now) s after start"
	wait $freezer
	is "$what: freezing ends well" $? 0 || explain <"$freezer_out"
	for p in $LOAD $SQUEEZE; do echo 0 >$p/cgroup.freeze; done
	# What is over the limit is let go only very slowly.
	echo max >$SQUEEZE/memory.high
	for p in $parts; do wait_for "$p"; done
	# Nothing fails any more: what is there now must be read.
	injected=0
	if [ -d $FAULTS/failslab ]; then
		faults 0
		echo "# $what: made to fail: $(faults_done failslab) allocations, $(faults_done fail_page_alloc) of pages"
		injected=$(($(faults_done failslab) + $(faults_done fail_page_alloc)))
		failed_allocations=$((failed_allocations + injected))
	fi
	backing_works bad "$bad" "$bad_size" || fail "$what: the backing device works again"
	for p in alloc backing limit; do excuse $p -; done
	for p in $models; do
		p=${p#*:}
		kill "${p%%:*}"
	done
	for p in $models; do wait_for "$p"; done
	quiet
}

# Nothing runs any more.
quiet() {
	local p
	ok_if "$what: the file system is whole" e2fsck -f -n "/dev/$files"
	ok_if "$what: and is mounted" mount "/dev/$files" mnt
	ok_if "$what: every file is right" files_right
	ok_if "$what: umount" umount mnt
	ok_if "$what: swapoff" swapoff "/dev/$swap"

	for p in swap files raw1 raw2 raw3; do
		eval "use_disk \$$p"
		agree "$what: $p"
		written=$((written + $(bd writes))) read_back=$((read_back + $(bd reads)))
		moved=$((moved + $(backing_stat moved_bytes)))
		case $p in
		raw1)
			echo "# $p: errors $(errors), $(stat_of failed_reads) reads and $(stat_of failed_writes) writes failed"
			failed_io=$((failed_io + $(backing_stat read_errors) + $(backing_stat write_errors)))
			;;
		*)
			is "$what: $p: no read failed" "$(stat_of failed_reads) $(backing_stat read_errors)" "0 0"
			holds "$what: $p: no more writes to the device failed than allocations" \
				"$(backing_stat write_errors)" -le $injected
			;;
		esac
		case $p in
		files) is "$what: $p: no write failed" "$(stat_of failed_writes)" 0 ;;
		raw2) holds "$what: $p: no more writes failed than allocations" "$(stat_of failed_writes)" -le $injected ;;
		swap) queued=$((queued + $(offload queued))) ;;
		esac
		empty "$what: $p"
		expect_errno OK "$sys/reset" 1
		is "$what: $p: no counter says anything after a reset" "$(counters)" ""
	done
	use_disk "$fuzz"
	ok_if "$what: the fuzzed disk can be reset" eventually 10 expect_reset
	set_to "$sys/disksize" 4M
	rawio_ok "$what: and works" -n 50 -t 2 -s "$r"
	for p in swap files raw1 raw2 raw3 fuzz; do
		eval "set_to $CONTROL/hot_remove \$${p}_id"
	done
	is "$what: no disk is left" "$(ls /sys/block | grep -c "^$DISK")" 0
	ok_if "$what: nothing holds the mapped device" dmsetup remove bad
	for p in far bad raw fuzz; do null_gone "$p$number"; done
	ok_if "$what: nor those below" rmmod null_blk
	modprobe null_blk nr_devices=0
	unload_zram2 || fail "$what: the module unloads"
	# CPUs hand in what they have counted once a second.
	ok_if "$what: no page of the pools is left, no leak" eventually 10 no_pool_page
	load_zram2 num_devices=0
}
no_pool_page() { [ "$(vmstat nr_zspages)" = 0 ]; }
expect_reset() { [ "$(sysfs_write "$sys/reset" 1)" = OK ]; }

# Rounds of a minute, since the way the disks are set up matters as well, and what
# it takes to look at it all afterwards counts as time: longer ones where that
# takes many minutes.
length=60
[ $SLOW = 1 ] || [ $seconds -lt 600 ] || length=300
echo "# seed $seed, $seconds seconds"
failed_allocations=0 failed_io=0 written=0 read_back=0 moved=0 recompressed=0 queued=0
swapped=$(vmstat pswpout)
number=0 end=$(($(now) + seconds))
while left=$((end - $(now))) && [ $left -gt 0 ]; do
	number=$((number + 1))
	round $number $((left < 30 ? 30 : left < length * 3 / 2 ? left : length))
done

# A torture in which nothing happens would find nothing. A short one may not come
# to everything.
swapped=$(($(vmstat pswpout) - swapped))
echo "# pages: $swapped swapped out, $written written back, $read_back read back, $moved bytes moved there;" \
	"made to fail: $failed_allocations allocations, $failed_io requests to the backing device; $queued writes went through offload's queue;" \
	"$recompressed pages were recompressed in the end"
all_done="swapon memfill files"
broken="backing-slow backing-error backing-badblocks backing-writes"
posts=0
for p in $POSTS; do posts=$((posts + $(times_done $p))); done
for p in $POSTS hot_add $all_done $broken hotplug suspend freeze; do echo "$p $(times_done $p)"; done | tr '\n' ',' | sed 's/^/# done: /;s/,$/\n/;s/,/, /g'
# Short of memory it turns itself off, and would find nothing.
[ ! -w /sys/kernel/debug/kmemleak ] || ok_if "leaks are looked for to the end" sh -c 'echo scan >/sys/kernel/debug/kmemleak'
# A minute of a slow machine is all too short.
[ $seconds -ge 120 ] || [ $SLOW = 1 ] || exit 0
holds "disks came and went" "$(times_done hot_add)" -gt 0
holds "pages were swapped out" $swapped -gt 1000
holds "pages were written back" $written -gt 100
holds "pages were read back" $read_back -gt 10
holds "the backing device was made to fail" $failed_io -gt 0
[ $seconds -ge 120 ] || exit 0
# Of a hundred, which of them came and on which disk, is chance.
[ $posts -lt 300 ] || all_done="$POSTS $all_done"
[ $number -lt 4 ] || all_done="$all_done $broken"
for p in $all_done; do holds "done at all: $p" "$(times_done $p)" -gt 0; done
[ -w /sys/power/pm_test ] && p=suspend || p=freeze
holds "done at all: $p" "$(times_done $p)" -gt 0
[ ! -w /sys/devices/system/cpu/cpu1/online ] || holds "done at all: hotplug" "$(times_done hotplug)" -gt 0
holds "pages were recompressed" $recompressed -gt 0
[ $SLOW != 1 ] || holds "kswapd's writes went through offload's queue" $queued -gt 0
[ ! -d $FAULTS/failslab ] || holds "allocations were made to fail" $failed_allocations -gt 0

#!/bin/sh
# vm: bins=mkswap timeout=200
# The examples of zram.rst, in its order, and what it says of each; on zram2 as a
# drop-in, and on the driver that the document is of, where this kernel has what
# Linux 7.2 has.
. /tests/lib.sh
begin
. /tests/functional/writeback.sh
unload_zram2
DISK=zram

# example WHAT ERRNO ATTRIBUTE TEXT
example() { is "$who: $1" "$(sysfs_write "$sys/$3" "$4")" "$2"; }
# fresh SIZE [ATTRIBUTE=VALUE...]: zram0 as new.
fresh() {
	local size=$1 set; shift
	set_to "$sys/reset" 1
	for set; do set_to "$sys/${set%%=*}" "${set#*=}"; done
	[ "$size" = 0 ] || set_to "$sys/disksize" "$size"
}
has() { [ -e "$sys/$1" ]; }
selected() { sed -n 's/.*\[\(.*\)\].*/\1/p' "$sys/comp_algorithm"; }

setting_up() {
	is "$who: num_devices=4 makes four" "$(ls /sys/block | grep -c '^zram[0-9]')" 4
	use_disk zram0
	[ -b /dev/zram3 ] && pass "$who: zram0 to zram3" || fail "$who: zram0 to zram3"
	matches "$who: 2) algorithms, one in brackets" "$(cat "$sys/comp_algorithm")" '([a-z0-9-]+ )*\[[a-z0-9-]+\] ([a-z0-9-]+ )*\|'
	example "2) select zstd" OK comp_algorithm zstd
	is "$who: it is selected" "$(selected)" zstd
	example "2) an unknown one" EINVAL comp_algorithm foo
	echo words and words >/etc/dictionary
	if has algorithm_params; then
		example "3) a dictionary" OK algorithm_params "algo=zstd dict=/etc/dictionary"
		example "3) by priority" OK algorithm_params "priority=0 dict=/etc/dictionary"
		example "3) and a level" OK algorithm_params "algo=zstd level=8 dict=/etc/dictionary"
		example "3) an algorithm that isn't selected" EINVAL algorithm_params "algo=lz4 level=8"
	fi
	fresh 0
	for size in 52428800 256K 512M 1G; do
		example "4) disksize $size" OK disksize $size
		is "$who: initstate" "$(cat "$sys/initstate")" 1
		example "4) not twice" EBUSY disksize 1M
		example "4) nor another algorithm" EBUSY comp_algorithm zstd
		example "10) reset" OK reset 1
		is "$who: the size is gone" "$(cat "$sys/disksize") $(cat "$sys/initstate")" "0 0"
	done
	fresh 1G
	for limit in 52428800 256K 512M 1G 0; do
		example "5) mem_limit $limit" OK mem_limit $limit
	done
	is "$who: no limit" "$(stat_of mem_limit)" 0
	example "5) at any time" OK mem_limit 50M
	is "$who: 50 MB" "$(stat_of mem_limit)" 52428800
	fresh 64M
	echo 128M >/sys/block/zram1/disksize
	ok_if "$who: 6) mkswap" mkswap /dev/zram0
	ok_if "$who: 6) swapon" swapon /dev/zram0
	ok_if "$who: 6) mkfs.ext4" mkfs.ext4 -q /dev/zram1
	modprobe ext4 2>/dev/null
	mkdir -p "$WORK/tmp"
	ok_if "$who: 6) mount" mount /dev/zram1 "$WORK/tmp"
	example "10) not in use" EBUSY reset 1
	is "$who: 7) hot_add" "$(cat /sys/class/zram-control/hot_add)" 4
	is "$who: 7) hot_remove" "$(sysfs_write /sys/class/zram-control/hot_remove 4)" OK
	is "$who: 7) not what is in use" "$(sysfs_write /sys/class/zram-control/hot_remove 0)" EBUSY
	ok_if "$who: 9) swapoff" swapoff /dev/zram0
	ok_if "$who: 9) umount" umount /dev/zram1
	example "10) reset" OK reset 1
	is "$who: 10) reset zram1" "$(sysfs_write /sys/block/zram1/reset 1)" OK
}

statistics() {
	fresh 64M comp_algorithm=lz4
	while read -r name mode; do
		has "$name" || { fail "$who: 8) there is $name"; continue; }
		is "$who: 8) mode of $name" "$(stat -c %a "$sys/$name")" "$mode"
	done <<-END
		disksize 644
		initstate 444
		reset 200
		mem_used_max 200
		mem_limit 200
		writeback_limit 644
		writeback_limit_enable 644
		comp_algorithm 644
		compact 200
		debug_stat 444
		backing_dev 644
		idle 200
		io_stat 444
		mm_stat 444
		bd_stat 444
	END
	ok_if "$who: data" memory write "$dev" 0 4M 1
	ok_if "$who: noise" blkop write "$dev" 8M 64K 1
	ok_if "$who: zeroes" blkop fill "$dev" 16M 1M 0
	size=$(stat_of orig_data_size)
	is "$who: 8) orig_data_size" "$size" $((4194304 + 65536 + 1048576))
	holds "$who: 8) compr_data_size" "$(stat_of compr_data_size)" -lt "$size"
	holds "$who: 8) mem_used_total has overhead" "$(stat_of mem_used_total)" -ge "$(stat_of compr_data_size)"
	holds "$who: 8) same_pages" "$(stat_of same_pages)" -ge 256
	holds "$who: 8) huge_pages" "$(stat_of huge_pages)" -ge 16
	is "$who: 8) huge_pages_since" "$(stat_of huge_pages_since)" "$(stat_of huge_pages)"
	ok_if "$who: overwrite noise" blkop fill "$dev" 8M 64K 0
	holds "$who: 8) huge_pages_since stays" "$(stat_of huge_pages_since)" -gt "$(stat_of huge_pages)"
	freed=$(stat_of notify_free)
	ok_if "$who: discard" blkop discard "$dev" 0 1M
	is "$who: 8) notify_free" "$(stat_of notify_free)" $((freed + 256))
	ok_if "$who: discard the rest" blkop discard "$dev" 0 64M
	example "8) compact" OK compact 1
	most=$(stat_of mem_used_max)
	example "8) mem_used_max" OK mem_used_max 0
	holds "$who: 8) begins anew" "$(stat_of mem_used_max)" -lt "$most"
	example "8) and takes nothing else" EINVAL mem_used_max 1
}

idle_and_writeback() {
	fresh 64M backing_dev="$back"
	is "$who: the backing device is shown" "$(cat "$sys/backing_dev")" "$back"
	ok_if "$who: noise" blkop write "$dev" 0 1M 2
	ok_if "$who: data" memory write "$dev" 4M 1M 2
	incompressible=$(stat_of huge_pages)
	example "idle all" OK idle all
	ok_if "$who: some are used" blkop read "$dev" 0 512K
	# The document's 86400 is longer than this machine is up, and that makes
	# every page idle in zram 7.2.
	age=86400
	[ "$who" = zram2 ] || age=$(awk '{ print int($1) - 2 }' /proc/uptime)
	example "idle $age" OK idle "$age"
	example "writeback idle" OK writeback idle
	is "$who: no page is so old" "$(bd blocks)" 0
	example "idle all" OK idle all
	ok_if "$who: some are used" blkop read "$dev" 0 512K
	example "writeback huge_idle" OK writeback huge_idle
	is "$who: raw pages that were not used" "$(bd blocks)" $((incompressible - 128))
	example "writeback huge" OK writeback huge
	is "$who: the other raw pages" "$(bd blocks)" "$incompressible"
	before=$(bd blocks)
	example "writeback idle" OK writeback idle
	holds "$who: the idle ones" "$(bd blocks)" -gt "$before"
	is "$who: bd_writes counts 4K units" "$(bd writes)" "$(bd blocks)"
	ok_if "$who: it reads back" blkop check "$dev" 0 1M 2
	holds "$who: bd_reads counts 4K units" "$(bd reads)" -ge 256
	ok_if "$who: so does the data" memory check "$dev" 4M 1M 2

	fresh 64M backing_dev="$back"
	ok_if "$who: noise" blkop write "$dev" 0 8M 3
	example "page_index=1251" OK writeback page_index=1251
	is "$who: that page" "$(bd blocks)" 1
	if [ $new = 1 ]; then
		example "two ranges" OK writeback "page_indexes=1-100 page_indexes=200-300"
		is "$who: those pages" "$(bd blocks)" 202
		example "a mix" OK writeback "page_index=42 page_index=99 page_indexes=100-200 page_indexes=500-700"
		is "$who: and those" "$(bd blocks)" $((202 + 99 + 201))
		example "type=idle" OK writeback type=idle
		example "a range that isn't there" ERANGE writeback page_indexes=16000-17000
	fi
	ok_if "$who: all reads back" blkop check "$dev" 0 8M 3

	fresh 64M backing_dev="$back"
	ok_if "$who: noise" blkop write "$dev" 0 1M 4
	is "$who: no limit at first" "$(cat "$sys/writeback_limit_enable")" 0
	example "a limit in force" OK writeback_limit_enable 1
	example "of nothing" EIO writeback huge
	is "$who: nothing is written" "$(bd blocks)" 0
	example "of 100 blocks" OK writeback_limit 100
	example "is reached" EIO writeback huge
	is "$who: so many are written" "$(bd blocks) $(cat "$sys/writeback_limit")" "100 0"
	example "more" OK writeback_limit $((400 << 20 >> 12))
	example "is enough" OK writeback huge
	is "$who: what is left" "$(bd blocks) $(cat "$sys/writeback_limit")" "256 $((102400 - 156))"
	example "no limit any more" OK writeback_limit_enable 0
	fresh 0
	# The document says so, and zram 7.2 doesn't do so.
	[ "$who" = zram ] || is "$who: reset forgets it" "$(cat "$sys/writeback_limit")" 0
	if [ $new = 1 ]; then
		is "$who: compressed_writeback at first" "$(cat "$sys/compressed_writeback")" 0
		example "compressed_writeback yes" OK compressed_writeback yes
		is "$who: it is on" "$(cat "$sys/compressed_writeback")" 1
		is "$who: writeback_batch_size at first" "$(cat "$sys/writeback_batch_size")" 32
		example "writeback_batch_size" OK writeback_batch_size 64
		is "$who: it is that" "$(cat "$sys/writeback_batch_size")" 64
		set_to "$sys/disksize" 1M
		example "compressed_writeback is for before" EBUSY compressed_writeback no
		fresh 0
	fi
}

recompression() {
	has recompress || { echo "# $who has no recompression on this kernel"; return; }
	fresh 0
	example "zstd, priority 1" OK recomp_algorithm "algo=zstd priority=1"
	example "deflate, priority 2" OK recomp_algorithm "algo=deflate priority=2"
	is "$who: they are shown" "$(sed 's/\(#[0-9]: \).*\[\(.*\)\].*/\1\2/' "$sys/recomp_algorithm" | tr '\n' ' ')" "#1: zstd #2: deflate "
	set_to "$sys/comp_algorithm" lz4
	set_to "$sys/disksize" 64M
	ok_if "$who: data" memory write "$dev" 0 1M 5
	set_to "$sys/idle" all
	while read -r text; do
		before=$(stat_of compr_data_size)
		example "recompress $text" OK recompress "$text"
		echo "# $before bytes became $(stat_of compr_data_size)"
	done <<-END
		type=huge_idle priority=1 max_pages=42
		type=huge_idle priority=1
		type=huge priority=2
		threshold=3000 priority=1
		type=idle threshold=2000 priority=1
		type=idle priority=1
	END
	example "no such priority" EINVAL recompress "type=idle priority=3"
	ok_if "$who: it reads back" memory check "$dev" 0 1M 5
}

null_disk documented 4096 64
new=0
modprobe zram num_devices=4
[ ! -e /sys/block/zram0/compressed_writeback ] || new=1
if [ $new = 1 ]; then
	who="zram"
	setting_up
	statistics
	idle_and_writeback
	recompression
	set_to "$sys/reset" 1
fi
rmmod zram

new=1
who="zram2"
ok_if "zram2 as a drop-in" modprobe zram2 drop_in=1 num_devices=4
setting_up
statistics
idle_and_writeback
recompression
set_to "$sys/reset" 1
null_gone documented

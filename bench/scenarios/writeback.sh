#!/bin/sh
# bench: cpus=1
# Writing all pages back, compressed, to a disk in memory of unlimited speed and
# to one of 100 MB/s; reading all back from the latter in order, and some from
# the former at random, with logical blocks of 512 and of 4096 bytes.
. /bench/guest.sh

PAGES=$(full 16384 65536)
RANDOM_READS=2048
NULLB=/sys/kernel/config/nullb

# null_disk BLOCKSIZE MB/S: one for the current driver; sets $back, $name.
null_disk() {
	name=$driver-bench
	back=/dev/$name
	[ ! -d $NULLB/$name ] || rmdir $NULLB/$name
	mkdir $NULLB/$name && echo "$1" >$NULLB/$name/blocksize &&
		echo $((PAGES / 256 + 64)) >$NULLB/$name/size &&
		echo 1 >$NULLB/$name/memory_backed && echo "$2" >$NULLB/$name/mbps &&
		echo 1 >$NULLB/$name/power || { problem "null_blk gives a disk"; exit 1; }
	[ -b $back ] || mknod $back b $(tr : ' ' <"/sys/block/$name/dev")
	# It gives what may be done in 1/50 s, and never does a larger request.
	[ "$2" = 0 ] || echo 16 >/sys/block/$name/queue/max_sectors_kb
	# Its memory is taken page by page when first written: before, not while
	# it is measured.
	dd if=/dev/zero of=$back bs=1M oflag=direct 2>/dev/null
}

# sectors read|written: by the backing disk so far
sectors() {
	local field=3
	[ "$1" = read ] || field=7
	awk -v f=$field '{ print $f }' /sys/block/$name/stat
}

# backed_disk BLOCKSIZE MB/S: a full disk with all of it marked idle.
backed_disk() {
	local sys
	sys=$(sys_of $driver)
	echo 1 >$sys/reset
	null_disk "$@"
	echo lz4 >$sys/comp_algorithm && echo $back >$sys/backing_dev &&
		echo 1 >$sys/compressed_writeback && echo $((PAGES * 4096)) >$sys/disksize ||
		{ problem "$driver: a backed disk"; exit 1; }
	z2load op=write bs=65536 pages=$PAGES pass=0
	cp $sys/mm_stat /tmp/mm_stat
	echo all >$sys/idle
}

# A disk that has been written through still has all its memory; one of the
# two drivers' is all that fits.
drop_disk() {
	reset_disk $driver
	rmdir $NULLB/$name
}

write_back() {
	local before
	before=$(sectors written)
	put "$1 writeback" ms "$(calc "$(timed "$(sys_of $driver)/writeback" idle) / 1000000")"
	put "$1 sectors" sectors $(($(sectors written) - before))
	[ "$(awk '{ print $1 }' "$(sys_of $driver)/bd_stat")" != 0 ] || problem "$driver: nothing is written back"
}

# Back again one after the other; what is read stays on the disk.
random_read() {
	local before
	before=$(sectors read)
	z2load op=randread bs=4096 pages=$RANDOM_READS seed=$((round + 1))
	put "$1 randread-bytes" bytes/page $((($(sectors read) - before) * 512 / RANDOM_READS))
	put "$1 randread" ns/page $ns
}

one_round() {
	[ $round != 0 ] || [ -z "$QUICK" ] || return 0
	backed_disk 512 0
	write_back "fast 512"
	random_read "fast 512"
	[ $round != 1 ] || [ $driver != zram ] ||
		note "$PAGES pages, $(awk '{ printf "%.2f:1, %d same-filled", $1 / $2, $6 }' /tmp/mm_stat)"
	drop_disk

	backed_disk 4096 0
	write_back "fast 4096"
	random_read "fast 4096"
	drop_disk

	backed_disk 512 100
	write_back "100MB/s"
	z2load op=read bs=131072 pages=$PAGES
	put "100MB/s read-128k" ms "$(calc "$ns * $PAGES / 1000000")"
	drop_disk
}

begin
modprobe null_blk nr_devices=0
mount -t configfs none /sys/kernel/config 2>/dev/null
alternate one_round
rmmod null_blk 2>/dev/null
finish

# What the writeback cases share, beside lib.sh; sourced after it.

modprobe null_blk nr_devices=0
NULLB=/sys/kernel/config/nullb
[ -d $NULLB ] || mount -t configfs none /sys/kernel/config
# What a case that stopped half way has left.
[ ! -e /dev/mapper/control ] || dmsetup remove_all --force
for d in $NULLB/*/; do [ ! -d "$d" ] || rmdir "$d"; done

# Nobody but dmsetup itself makes nodes here.
export DM_DISABLE_UDEV=1

# shellcheck disable=SC2046 # two numbers
node() { [ -b "/dev/$1" ] || mknod "/dev/$1" b $(tr : ' ' <"/sys/block/$1/dev"); }

# null_disk NAME BLOCKSIZE MIB [MB/S]: a disk in memory, of that speed at most;
# sets $back to its path.
null_disk() {
	mkdir "$NULLB/$1" && echo "$2" >"$NULLB/$1/blocksize" && echo "$3" >"$NULLB/$1/size" &&
		echo 1 >"$NULLB/$1/memory_backed" && echo "${4:-0}" >"$NULLB/$1/mbps" &&
		echo 1 >"$NULLB/$1/power" || { fail "null_blk gives a disk"; exit 1; }
	back=/dev/$1
	node "$1"
	# It gives what may be done in 1/50 s, and never does a larger request.
	[ $# -lt 4 ] || echo 16 >"/sys/block/$1/queue/max_sectors_kb"
}
# speed MB/S: of a device that is slow so that something can be done meanwhile: as much
# slower as the machine is, but 1 at least.
speed() { echo $((($1 + PATIENCE - 1) / PATIENCE)); }
null_gone() { rmdir "$NULLB/$1" || fail "nothing holds the backing device $1"; }

# dm NAME TABLE: a disk of the device mapper, or another table for it, as of
# now; sets $back to its path.
dm() {
	if [ -e "/dev/mapper/$1" ]; then
		dmsetup suspend --noflush --nolockfs "$1" && dmsetup reload "$1" --table "$2" &&
			dmsetup resume "$1"
	else
		dmsetup create "$1" --table "$2"
	fi || { fail "device mapper: $2"; exit 1; }
	back=/dev/mapper/$1
}
# What sysfs calls the disk behind a path.
block_name() { local path; path=$(readlink -f "$1"); echo "${path#/dev/}"; }
sectors() { cat "/sys/class/block/$(block_name "$1")/size"; }

# margin: bytes at each end of $back that are never used.
margin() {
	local bytes=$(($(sectors "$back") / 16 / 256 * 131072))
	[ $bytes -ge 524288 ] || bytes=524288
	[ $bytes -le 8388608 ] || bytes=8388608
	echo $bytes
}

# device_did read|written: bytes, as $back counts them itself.
device_did() {
	local field=3
	[ "$1" = read ] || field=7
	awk -v f=$field '{ printf "%d\n", $f * 512 }' "/sys/class/block/$(block_name "$back")/stat"
}

# backed_disk SIZE [ATTRIBUTE=VALUE...]: a disk with $back behind it.
backed_disk() {
	local size=$1 set; shift
	new_disk
	set_to "$sys/backing_dev" "$back" || exit 1
	for set; do set_to "$sys/${set%%=*}" "${set#*=}"; done
	set_to "$sys/disksize" "$size"
}

# bd blocks|reads|writes: from bd_stat.
bd() {
	case $1 in
	blocks) column 1 "$sys/bd_stat" ;;
	reads) column 2 "$sys/bd_stat" ;;
	writes) column 3 "$sys/bd_stat" ;;
	esac
}
backing_stat() { field "$1" "$sys/backing_stat"; }
errors() { echo "$(backing_stat read_errors) $(backing_stat write_errors) $(backing_stat check_errors)"; }

# memory OPERATION...: blkop with pages like those of memory, most compress.
memory() { BLKOP_FILL=memory blkop "$@"; }

# on_device WHAT: that all that can be is there, and nothing in memory.
on_device() { is "$1: nothing is left in memory" "$(stat_of compr_data_size)" 0; }
# nothing_left WHAT: that a disk emptied has given all blocks back.
nothing_left() {
	ok_if "$1: discard" blkop discard "$dev" 0 "$(cat "$sys/disksize")"
	is "$1: no block is in use" "$(bd blocks) $(backing_stat objects) $(backing_stat live_bytes)" "0 0 0"
}

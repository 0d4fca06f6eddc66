#!/bin/sh
# vm: long=yes
# Bad input to every attribute, from bad-input.txt: the errno, a line in the
# kernel log that says what was wrong, and nothing changed.
. /tests/lib.sh
begin
. /tests/functional/writeback.sh
null_disk nbinput 512 8
table=${0%/*}/bad-input.txt
ten=oooooooooo
long=$(printf "%s" $ten $ten $ten $ten $ten $ten $ten $ten $ten $ten)
long=$long$long

# The driver reports few messages in a short time, which is as it should be;
# trying again later is safe since a bad input changes nothing.  Nothing that is
# refused takes long.
refused() {
	local answer
	answer=$(timeout $((10 * SLOW)) sysfs_write -k "$1" "$2")
	err=${answer%%
*}
	said=$(printf '%s\n' "$answer" | sed '1d; / callbacks suppressed$/d')
}
RATELIMIT_SECONDS=5

# A message is one line that names the driver and the disk or, of the control
# class, the attribute, and has something to say.
check_message() {
	local what=$1 subject=$2
	case $said in
	"$DRIVER: $subject: "*" "*) ;;
	*) fail "$what: the log says why" "it says '$said'"; return ;;
	esac
	is "$what: in one line" "$(printf '%s\n' "$said" | wc -l)" 1
}

check_row() {
	local attribute=$1 errno=$2 input=$3 file subject what
	what="$state $attribute '$input'"
	case $attribute in
	hot_*) file=$CONTROL/$attribute subject=$attribute ;;
	*) file=$sys/$attribute subject=$disk ;;
	esac
	case $input in
	'(empty)') input= ;;
	*'(long)') input=${input%'(long)'}$long ;;
	ID*) input=$disk_id${input#ID} ;;
	read)
		is "$what" "$(sysfs_write -r "$file")" "$errno"
		return
		;;
	*) input=$(printf '%b' "$input") ;;
	esac

	refused "$file" "$input"
	is "$what" "$err" "$errno"
	[ "$errno" != EACCES ] || return
	if [ -z "$said" ] && [ "$DRIVER" = zram2 ]; then
		sleep $RATELIMIT_SECONDS
		refused "$file" "$input"
	fi
	[ "$DRIVER" != zram2 ] || check_message "$what" "$subject"
	after=$(snapshot)
	[ "$after" = "$before" ] && return
	printf '%s\n' "$before" >before
	printf '%s\n' "$after" >after
	fail "$what: nothing changes" "$(diff before after)"
	[ "$state" != new ] || set_to "$sys/reset" 1
	before=$(snapshot)
}

# What opening alone would do harm to, or wait for.
mkfifo fifo
mknod tty c 5 0

for state in new set swap backed recomp; do
	new_disk
	case $state in
	new)
		set_to "$sys/comp_algorithm" lz4
		;;
	*)
		set_to "$sys/comp_algorithm" lz4
		[ $state != backed ] || set_to "$sys/backing_dev" "$back"
		[ $state != recomp ] || set_to "$sys/recomp_algorithm" "algo=zstd priority=1"
		set_to "$sys/disksize" 4M
		set_to "$sys/mem_limit" 3M
		ok_if "$state: mkswap" mkswap "$dev"
		ok_if "$state: data" blkop write "$dev" 64K 512K 51
		[ $state != swap ] || ok_if "swapon" swapon "$dev"
		;;
	esac
	sleep 1
	before=$(snapshot)
	failed=$failures
	rows=0
	while read -r when attribute errno input; do
		[ "$when" = $state ] || continue
		check_row "$attribute" "$errno" "$input"
		rows=$((rows + 1))
	done <"$table"
	holds "$state: there are rows" $rows -ge 5
	[ $state != swap ] || ok_if "swapoff" swapoff "$dev"
	[ $state = new ] || ok_if "$state: the data are as they were" blkop check "$dev" 64K 512K 51

	# What can't be read shows by its effect: no bad parameter has stuck.
	if [ $state = new ]; then
		set_to "$sys/disksize" 1M
		dd if=/bin/busybox of="$dev" bs=64k count=8 oflag=direct 2>/dev/null
		size=$(stat_of compr_data_size)
		drop_disk
		new_disk 1M lz4
		dd if=/bin/busybox of="$dev" bs=64k count=8 oflag=direct 2>/dev/null
		is "algorithm_params are those of an untouched disk" "$(stat_of compr_data_size)" "$size"
	fi
	drop_disk
done

# A parameter that only the codec can judge is refused at the latest when the
# codec starts, and the disk can still be set up otherwise.
new_disk
every=$(algorithms)
echo dictionary >dictionary
while read -r algo errno params; do
	case " $every " in *" $algo "*) ;; *) continue ;; esac
	set_to "$sys/comp_algorithm" "$algo"
	refused "$sys/algorithm_params" "algo=$algo $params"
	[ "$err" != OK ] || refused "$sys/disksize" 1M
	is "$algo with $params" "$err" "$errno"
	[ "$DRIVER" != zram2 ] || check_message "$algo with $params" "$disk"
	is "the disk has no size" "$(cat "$sys/disksize")" 0
	set_to "$sys/reset" 1
done <<END
deflate EINVAL deflate.winbits=99
deflate EINVAL deflate.winbits=7
deflate EINVAL level=99
wklz EINVAL level=0
wklz EINVAL level=4
wklz EINVAL level=-1
wklz EOPNOTSUPP dict=$WORK/dictionary
lzo EOPNOTSUPP dict=$WORK/dictionary
END
set_to "$sys/comp_algorithm" lz4

# What is refused for its type isn't even opened: who waits for somebody at the
# other end of a FIFO goes on waiting.
mkfifo other
run_bg cat other
reader=$bg
sleep 0.5
expect_errno ENOTBLK "$sys/backing_dev" "$WORK/other"
sleep 0.5
kill -0 $reader 2>/dev/null && pass "a FIFO is not opened as a backing device" || fail "a FIFO is not opened as a backing device"
run_bg sh -c 'echo >fifo'
writer=$bg
sleep 0.5
expect_errno EINVAL "$sys/algorithm_params" "algo=lz4 dict=$WORK/fifo"
sleep 0.5
kill -0 $writer 2>/dev/null && pass "nor as a dictionary" || fail "nor as a dictionary"

expect_errno OK "$sys/disksize" 1M
ok_if "the disk works" blkop write "$dev" 0 1M

#!/bin/sh
# Every algorithm, and what algorithm_params does to it.
. /tests/lib.sh
begin
new_disk
every=$(algorithms)
drop_disk

for algo in $every; do
	new_disk 4M "$algo"
	rawio_ok "$algo: random requests verified" -a -t 2 -n 100 -s 11
	drop_disk
done

# compressed FILE ALGORITHM [PARAMETERS]: sets $size to what it takes.
compressed() {
	local what="$2${3:+ $3}"
	new_disk
	set_to "$sys/comp_algorithm" "$2"
	[ $# -lt 3 ] || set_to "$sys/algorithm_params" "algo=$2 $3"
	set_to "$sys/disksize" "$(stat -c %s "$1")"
	dd if="$1" of="$dev" bs=64K oflag=direct 2>/dev/null
	size=$(stat_of compr_data_size)
	cmp "$1" "$dev" && pass "$what: reads back" || fail "$what: reads back"
	drop_disk
}

# smaller FILE ALGORITHM PARAMETERS PARAMETERS: the latter compress better.
smaller() {
	local first
	compressed "$1" "$2" "$3"
	first=$size
	compressed "$1" "$2" "$4"
	holds "$2: $4 compresses better than $3" "$size" -lt "$first"
}

head -c 512k /bin/busybox >program
# Pages that a dictionary has, byte for byte.
head -c 32k program >dictionary
for i in 1 2 3 4 5 6 7 8; do cat dictionary; done >repeated

for algo in $every; do
	case $algo in
	wklz) smaller program wklz level=1 level=3 ;;
	lz4) smaller program lz4 level=20 level=1 ;;
	lz4hc) smaller program lz4hc level=1 level=9 ;;
	zstd) smaller program zstd level=1 level=8 ;;
	deflate)
		smaller program deflate level=1 level=9
		smaller program deflate deflate.winbits=-9 deflate.winbits=-13
		compressed program deflate deflate.winbits=13
		;;
	esac
	case $algo in
	lz4 | lz4hc | zstd)
		compressed repeated "$algo"
		plain=$size
		new_disk
		set_to "$sys/comp_algorithm" "$algo"
		err=$(sysfs_write "$sys/algorithm_params" "algo=$algo dict=$WORK/dictionary")
		[ "$err" != OK ] || err=$(sysfs_write "$sys/disksize" 1M)
		drop_disk
		case $algo-$(uname -r)-$err in
		zstd-6.1.*-EOPNOTSUPP)
			pass "zstd: this kernel has no dictionaries, and says so" ;;
		*-OK)
			compressed repeated "$algo" "level=3 dict=$WORK/dictionary"
			holds "$algo: a dictionary helps" "$size" -lt $((plain / 4)) ;;
		*)
			fail "$algo: dict= is accepted" "$err" ;;
		esac
		;;
	esac
done

# Parameters belong to a set-up: reset forgets them.
new_disk
case " $every " in *" zstd "*) algo=zstd ;; *) algo=lz4 ;; esac
compressed program "$algo"
plain=$size
new_disk
set_to "$sys/comp_algorithm" "$algo"
set_to "$sys/algorithm_params" "priority=0 level=9"
set_to "$sys/reset" 1
set_to "$sys/comp_algorithm" "$algo"
set_to "$sys/disksize" 512K
dd if=program of="$dev" bs=64K oflag=direct 2>/dev/null
is "$algo: reset forgets the level" "$(stat_of compr_data_size)" "$plain"

# They belong to an algorithm as well: another one at the same priority begins
# with none, and the same one again keeps them.
new_disk
while read -r first params second; do
	case " $every " in *" $first "*) ;; *) continue ;; esac
	case " $every " in *" $second "*) ;; *) continue ;; esac
	compressed program "$second"
	plain=$size
	new_disk
	set_to "$sys/comp_algorithm" "$first"
	set_to "$sys/algorithm_params" "algo=$first $params"
	set_to "$sys/comp_algorithm" "$second"
	expect_errno OK "$sys/disksize" 512K
	dd if=program of="$dev" bs=64K oflag=direct 2>/dev/null
	is "$first $params, then $second: it has no parameters" "$(stat_of compr_data_size)" "$plain"
	drop_disk
done <<END
zstd level=15 deflate
lz4 dict=$WORK/dictionary lzo
lz4 level=60 zstd
deflate level=9 lz4
wklz level=3 lz4
lz4 level=60 wklz
END
compressed program lz4 level=60
plain=$size
new_disk
set_to "$sys/comp_algorithm" lz4
set_to "$sys/algorithm_params" "algo=lz4 level=60"
set_to "$sys/comp_algorithm" lz4
set_to "$sys/disksize" 512K
dd if=program of="$dev" bs=64K oflag=direct 2>/dev/null
is "lz4 again keeps its level" "$(stat_of compr_data_size)" "$plain"

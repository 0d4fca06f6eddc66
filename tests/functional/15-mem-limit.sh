#!/bin/sh
# vm: uml=yes
# A full disk: writes fail, what is stored stays, and discards make room.
. /tests/lib.sh
begin
new_disk 32M
mib=$(few 4)
limit=$((mib * 1048576))
set_to "$sys/mem_limit" ${mib}M
is "mem_limit is shown" "$(stat_of mem_limit)" $limit

# fill OFFSET KEY: pages nothing compresses, until the disk refuses; sets $done.
fill() {
	err=$(blkop write "$dev" "$1" 8M "$2" 2>failure)
	done=$(sed -n 's/ bytes done//p' failure)
	is "writing past the limit fails" "$err" EIO
	holds "but not before it is near" "${done:-0}" -ge $((limit - 300000))
	holds "and not far behind" "${done:-0}" -le $limit
}
within_limit() {
	holds "the memory used keeps to the limit" "$(stat_of mem_used_total)" -le $limit
}

fill 0 31
within_limit
holds "failed_writes" "$(stat_of failed_writes)" -gt 0
is "failed_reads" "$(stat_of failed_reads)" 0
ok_if "what was stored reads back" blkop check "$dev" 0 "$done" 31
is "it fails again" "$(blkop write "$dev" 16M 1M 32 2>/dev/null)" EIO
ok_if "pages of one word need no room" blkop fill "$dev" 24M 1M 0x55
ok_if "and read back" blkop checkfill "$dev" 24M 1M 0x55

# An overwrite either succeeds or leaves what was there.
err=$(blkop write "$dev" 0 4K 33 2>/dev/null)
case $err in
OK) ok_if "the overwritten page is new" blkop check "$dev" 0 4K 33 ;;
EIO) ok_if "the page not overwritten is old" blkop check "$dev" 0 4K 31 ;;
*) fail "overwriting at the limit" "$err" ;;
esac
ok_if "the pages behind it are as they were" blkop check "$dev" 4K $((done - 4096)) 31

# Room made is room at once.
half=$((limit / 2))
ok_if "half is discarded" blkop discard "$dev" 0 $half
ok_if "writes work again" blkop write "$dev" 8M $((half - 155648)) 34
ok_if "the new pages read back" blkop check "$dev" 8M $((half - 155648)) 34
ok_if "and so do the old" blkop check "$dev" $half $((done - half)) 31
for key in $(seq 35 $((34 + $(few 4)))); do
	ok_if "all is discarded, round $key" blkop discard "$dev" 0 32M
	fill 0 "$key"
	ok_if "what was stored reads back, round $key" blkop check "$dev" 0 "$done" "$key"
done

# Several writers at the limit at once.
ok_if "all is discarded" blkop discard "$dev" 0 32M
pids=
for at in 0 8 16 24; do
	blkop write "$dev" ${at}M 6M $at >full.$at 2>done.$at &
	pids="$pids $!"
done
wait $pids
all=0
for at in 0 8 16 24; do
	done=$(sed -n 's/ bytes done//p' done.$at)
	ok_if "writer at $at MiB: what was stored reads back" blkop check "$dev" ${at}M "$done" $at
	all=$((all + done))
done
holds "together they had nearly all of it" $all -ge $((limit - 500000))
within_limit

set_to "$sys/mem_limit" $((limit * 2))
ok_if "a higher limit makes room" blkop write "$dev" 30M $half 39
set_to "$sys/mem_limit" 0
is "no limit is shown as 0" "$(stat_of mem_limit)" 0
ok_if "no limit, no failure" blkop write "$dev" 0 ${mib}M 40
ok_if "all of it reads back" blkop check "$dev" 0 ${mib}M 40

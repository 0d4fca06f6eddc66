#!/bin/sh
# vm: uml=yes
# Lazy freeing: kept for a while, taken again by writers, given back when idle,
# when memory is short, when told to.
. /tests/lib.sh
begin
new_disk 64M
total=$(awk '$1 == "MemTotal:" { print $2 * 1024 }' /proc/meminfo)
size=$(($(few 16) * 1048576))
limit=$((total / 16))
[ $limit -le 268435456 ] || limit=268435456
holds "gc_limit is a sixteenth of memory" "$(cat "$sys/gc_limit")" -ge $limit
holds "or 256 MiB" "$(cat "$sys/gc_limit")" -le $((limit + limit / 8))
is "nothing is kept at first" "$(gc pending) $(gc pending_bytes)" "0 0"
set_to "$sys/gc_limit" 64M

# Kept, and then not.
ok_if "write" blkop write "$dev" 0 $size 1
used=$(stat_of mem_used_total)
ok_if "discard" blkop discard "$dev" 0 $size
deferred=$(gc deferred)
holds "frees are deferred" "$deferred" -ge $((size / 4096 - 1))
nothing_kept() { [ "$(gc pending)" = 0 ] && [ "$(stat_of mem_used_total)" = 0 ]; }
if timed eventually 10 nothing_kept; then pass "the memory comes back by itself"; else
	fail "the memory comes back by itself" "$(cat "$sys/gc_stat")"
fi
took_within "within a second" 100
is "deferred ones were freed" "$(gc freed)" "$(gc deferred)"

# Overwriting: what the first pass frees the next one takes.
ok_if "write" blkop write "$dev" 0 $size 2
recycled=$(gc recycled)
for key in 3 4 5 6; do blkop write "$dev" 0 $size $key >/dev/null || fail "overwrite $key"; done
ok_if "the last one reads back" blkop check "$dev" 0 $size 6
share=$((($(gc recycled) - recycled) * 100 / (4 * size / 4096)))
echo "# under churn $share % of the writes recycle a handle"
holds "most overwrites recycle" $share -ge 50

# What must come at once.
ok_if "discard" blkop discard "$dev" 0 $size
expect_errno OK "$sys/compact" 1
is "compact gives all back" "$(gc pending) $(stat_of mem_used_total)" "0 0"

ok_if "write" blkop write "$dev" 0 $size 7
ok_if "discard" blkop discard "$dev" 0 $size
expect_errno OK "$sys/gc_limit" 0
is "gc_limit 0 gives all back" "$(gc pending) $(stat_of mem_used_total)" "0 0"
before=$(gc deferred)
ok_if "write" blkop write "$dev" 0 $size 8
ok_if "discard" blkop discard "$dev" 0 $size
is "and frees at once from then on" \
	"$(gc deferred) $(gc pending) $(stat_of mem_used_total)" "$before 0 0"
holds "that is counted" "$(gc sync_limit)" -ge $((size / 4096 - 1))

# The bound.
expect_errno OK "$sys/gc_limit" 1M
is "gc_limit is shown" "$(cat "$sys/gc_limit")" 1048576
ok_if "write" blkop write "$dev" 0 $size 9
run_bg blkop discard "$dev" 0 $size
most=0
while kill -0 $bg 2>/dev/null; do
	now=$(gc pending_bytes)
	[ "$now" -le $most ] || most=$now
done
wait $bg && pass "discard" || fail "discard" "$(cat "$bg_out")"
now=$(gc pending_bytes)
[ "$now" -le $most ] || most=$now
holds "never more than the limit is kept" $most -le 1048576

# A write that would fail flushes first.
set_to "$sys/gc_limit" 64M
eventually 10 nothing_kept
ok_if "write" blkop write "$dev" 0 $size 10
set_to "$sys/mem_limit" "$(stat_of mem_used_total)"
ok_if "discard" blkop discard "$dev" 0 $size
ok_if "as much as was freed can be written at once" blkop write "$dev" 32M $((size - 262144)) 11
ok_if "it reads back" blkop check "$dev" 32M $((size - 262144)) 11
is "no write failed" "$(stat_of failed_writes)" 0
set_to "$sys/mem_limit" 0

# The shrinker, which the event tells from the worker. That may be first, and
# then it is tried again.
event=$tracing/events/$DRIVER/${DRIVER}_gc/enable
by_shrinker() { [ ! -e "$event" ] || grep -q "${DRIVER}_gc: $disk by=shrinker" $tracing/trace; }
shrunk() {
	blkop write "$dev" 0 $size 12 >/dev/null && blkop discard "$dev" 0 $size >/dev/null || return 1
	echo 2 >/proc/sys/vm/drop_caches
	echo 2 >/proc/sys/vm/drop_caches
	[ "$(gc pending)" -lt $((size / 4096 / 4)) ] && by_shrinker
}
[ ! -e "$event" ] || echo 1 >"$event"
ok_if "the shrinker gives it back" eventually 10 shrunk
[ ! -e "$event" ] || echo 0 >"$event"

# Reset with frees pending.
ok_if "write" blkop write "$dev" 0 $size 13
ok_if "discard" blkop discard "$dev" 0 $size
expect_errno OK "$sys/reset" 1
is "after reset gc_stat is all zeroes" "$(awk '{ n += $2 } END { print n }' "$sys/gc_stat")" 0
holds "and gc_limit the default" "$(cat "$sys/gc_limit")" -ge $limit

#!/bin/sh
# Tracepoints: what they say of a run of writeback, of what is read back, of gc,
# and of recompression.
. /tests/lib.sh
begin
. /tests/functional/writeback.sh

is "there are these" "$(ls $tracing/events/zram2 | grep zram2_ | tr '\n' ' ')" \
	"zram2_auto zram2_gc zram2_offload zram2_offload_take zram2_parked zram2_readback zram2_readback_done zram2_recompress zram2_writeback zram2_writeback_done "

# traced COMMAND...: what is traced while it runs goes to the file trace.
traced() {
	echo >$tracing/trace
	echo 1 >$tracing/events/zram2/enable
	"$@" || fail "$*"
	echo 0 >$tracing/events/zram2/enable
	grep -v '^#' $tracing/trace | sed 's/.*: zram2_/zram2_/' >trace
}
# total EVENT FIELD: its sum.
total() {
	awk -v event="$1:" -v field="$2" '$1 == event {
		for (i = 2; i <= NF; i++) if (index($i, field "=") == 1) n += substr($i, length(field) + 2) }
		END { print n + 0 }' trace
}
events() { grep -c "^$1: $disk " trace; }

null_disk traced 512 32
new_disk
set_to "$sys/comp_algorithm" lz4
set_to "$sys/recomp_algorithm" "algo=zstd priority=1"
set_to "$sys/backing_dev" "$back"
set_to "$sys/disksize" 64M
ok_if "data" memory write "$dev" 0 4M 1
stored=$(($(stat_of orig_data_size) / 4096 - $(stat_of same_pages)))
bytes=$(stat_of compr_data_size)

traced set_to "$sys/recompress" "priority=1 max_pages=100"
is "a page that is recompressed is an event" "$(events zram2_recompress)" 100
is "all with that priority" "$(grep -c 'priority=1$' trace)" 100
shrunk=$(awk '{ for (i in v) delete v[i]; for (i = 3; i <= NF; i++) { split($i, f, "="); v[f[1]] = f[2] }
	if (v["new_size"]) n += v["size"] - v["new_size"] } END { print n + 0 }' trace)
is "sizes add up" "$(stat_of compr_data_size)" $((bytes - shrunk))

traced set_to "$sys/writeback" page_indexes=0-1023
is "each write that begins ends" "$(events zram2_writeback)" "$(events zram2_writeback_done)"
holds "there are some" "$(events zram2_writeback)" -ge 10
is "every object is in one" "$(total zram2_writeback objects)" "$stored"
is "every one is installed" "$(total zram2_writeback_done installed)" "$stored"
is "bytes are those that the device was sent" "$(total zram2_writeback bytes)" "$(device_did written)"
is "nothing failed" "$(total zram2_writeback_done err)" 0

before=$(device_did read)
traced memory check "$dev" 0 4M 1
is "each read that begins ends" "$(events zram2_readback)" "$(events zram2_readback_done)"
is "every object is in one" "$(total zram2_readback objects)" "$stored"
is "bytes are those that were read" "$(total zram2_readback bytes)" $(($(device_did read) - before))

ok_if "more data" memory write "$dev" 8M 4M 2
discard() { blkop discard "$dev" 8M 4M >/dev/null && echo 1 >"$sys/compact"; }
traced discard
holds "what is freed at once is an event" "$(grep -c "^zram2_gc: $disk by=flush" trace)" -ge 1
settled() { [ "$(gc pending)" = 0 ]; }
ok_if "more data" memory write "$dev" 8M 4M 3
discard() { blkop discard "$dev" 8M 4M >/dev/null && eventually 10 settled; }
traced discard
holds "so is what the worker frees" "$(grep -c "^zram2_gc: $disk by=worker" trace)" -ge 1
drop_disk
null_gone traced

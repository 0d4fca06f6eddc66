#!/bin/sh
# That the model checker of 90-torture notices what it is there to notice: pages
# that change behind its back, pages that are what they were before, and requests
# that fail without a reason.
. /tests/lib.sh
begin

# model STATUS MISHAP WHAT [OPTION...]: how it ends when that happens meanwhile.
model() {
	new_disk 16M
	status=$1 mishap=$2 what=$3; shift 3
	run_bg pagemodel -d "$dev" -t 2 -n 400 -p 2000 -s 19 "$@"
	"$mishap"
	wait $bg
	is "$what" $? "$status"
	explain <"$bg_out"
	drop_disk
}
nothing() { :; }
garbage() {
	sleep 0.3
	dd if=/dev/urandom of="$dev" bs=4K count=1024 conv=notrunc 2>/dev/null
}
old_pages() {
	sleep 0.2
	dd if="$dev" of=before bs=4K count=1024 2>/dev/null
	sleep 0.4
	dd if=before of="$dev" bs=4K conv=notrunc 2>/dev/null
}
no_room() {
	sleep 0.2
	set_to "$sys/mem_limit" 64K
}

model 0 nothing "without a mishap all pages are well"
model 1 garbage "pages from elsewhere are noticed"
model 1 old_pages "so are pages that have become older"
model 1 no_room "and requests that fail"

echo "w 7 w" >writes
echo "r 7 r" >reads
echo "- 8 w" >before
model 0 no_room "which is all right where writes may fail" -e reads -e writes
model 1 no_room "but not where reads may" -e reads
model 1 no_room "nor where writes might have failed before" -e before

#!/bin/sh
# vm: extra=fio timeout=400
# fio over pages that are written back, while more are, by each way to do I/O
# that a database or a virtual machine would use, and with fio's own check.
. /tests/lib.sh
begin
. /tests/functional/writeback.sh

null_disk nbfio 4096 128
backed_disk 64M

# fio_does NAME ENGINE ARGUMENT...: with a header and a checksum in each block.
fio_does() {
	local name=$1 engine=$2; shift 2
	ok_if "$engine: $name" fio --name=verify --filename="$dev" --direct=1 --ioengine="$engine" --iodepth=16 \
		--bs=4k --size=24M --verify=crc32c --verify_fatal=1 --buffer_compress_percentage=60 --minimal "$@"
}
all=0-$((64 * 256 - 1))
write_back() {
	while sysfs_write "$sys/writeback" page_indexes=$all; do sleep 0.1; done
}

for engine in io_uring libaio pvsync2; do
	fio_does "blocks in any order" $engine --rw=randwrite --do_verify=0 || continue
	expect_errno OK "$sys/writeback" page_indexes=$all
	on_device $engine
	reads=$(bd reads)
	fio_does "read back and verified" $engine --rw=randread
	holds "$engine: from the device" $(($(bd reads) - reads)) -gt 1000

	reads=$(bd reads) writes=$(bd writes)
	run_bg write_back
	fio_does "half reads, half writes, while they are written back" $engine --rw=randrw --verify_backlog=64
	kill $bg
	wait $bg
	is "$engine: every run ends well" "$(grep -vc '^OK$' "$bg_out")" 0
	holds "$engine: much was written back meanwhile" $(($(bd writes) - writes)) -gt 300
	holds "$engine: and read there" $(($(bd reads) - reads)) -gt 300
	nothing_left $engine
done
is "no errors" "$(errors) $(stat_of failed_reads) $(stat_of failed_writes)" "0 0 0 0 0"
expect_errno OK "$sys/reset" 1
drop_disk
null_gone nbfio

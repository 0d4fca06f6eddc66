/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What can run out, and who waits for it then.
 *
 * When memory is out, reclaim may wait for us: what a bio needs must come back
 * without any.  So whoever holds something of what is listed here waits only
 * for what is listed as its "waits", and these lines have no cycle.  That, and
 * that every mempool, bio_set and workqueue of src/ has a "made" line, is
 * checked by tests/reserves.awk.
 *
 * reserve	name, how much of it
 * made		the file and the call, for what is allocated in advance
 * taken	by whom, in which context
 * waits	what a holder may wait for; "-" for nothing of ours
 *
 * reserve	run, one a device (pp_lock)
 * taken	writeback, recompression: tasks that write to sysfs, which have nothing
 *		swapped out meanwhile; room_worker; reset
 * waits	memory segments bios buffers write_worker slot part stream device
 *
 * reserve	segments, writeback_batch_size + 2 a run, as many as there is memory for;
 *		two for room_worker are always there
 * taken	by the run, which goes on with those it got; back when written
 * waits	bios write_worker device
 *
 * reserve	bios, Z2_RESERVE_BIOS a backing device
 * made		backing.c bioset_init(&backing->ios
 * taken	for writes, by the run; never under submit_bio(), where earlier
 *		bios would wait on the task's own list: so it needs no rescuer.
 *		Reads bring their own bio, and can't use these up
 * waits	write_worker device
 *
 * reserve	parked, Z2_RESERVE_PARKED a device
 * made		parked.c mempool_init_kmalloc_pool(&parked->pool
 * taken	by a write that finds no room, under submit_bio() or by read_worker; if
 *		there is none it fails at once.  It is ended by room_worker, or after ten
 *		seconds in which nothing was stored or left: so a circle through "memory"
 *		and a run, such as a recompression that waits for kswapd, has an end
 * waits	-
 *
 * reserve	room_worker, a rescuer a device with a backing device
 * made		make_room.c alloc_workqueue("z2room/%.15s"
 * taken	by what makes room for parked writes, and stores them then; allocates as
 *		kswapd does, without waiting
 * waits	run segments bios buffers bounce write_worker slot part stream device
 *
 * reserve	write_worker, a rescuer a backing device
 * made		backing.c alloc_workqueue("z2%s/%.15s"
 * taken	by writes that have ended, to install what they wrote
 * waits	slot part
 *
 * reserve	auto_worker, a rescuer a disk
 * made		auto.c alloc_workqueue("z2auto/%.15s"
 * taken	by a slice, which is a run that gives way to others; whoever calls it
 *		doesn't wait
 * waits	run
 *
 * reserve	requests, Z2_RESERVE_REQUESTS a device
 * made		io.c mempool_init_kmalloc_pool(&dev->requests
 * taken	by a bio that meets the backing device, under submit_bio(), one a
 *		bio and with nothing else held; back when the bio ends
 * waits	read_worker bounce slot part memory stream device
 *
 * reserve	read_worker, a rescuer a backing device
 * made		backing.c alloc_workqueue("z2%s/%.15s"
 * taken	by reads that have ended, and by what can't wait under submit_bio()
 * waits	bounce slot part buffers memory stream device
 *
 * reserve	bounce, Z2_RESERVE_BOUNCE pages a device
 * made		device.c mempool_init_page_pool(&dev->bounce
 * taken	for data that isn't one aligned page: under submit_bio() and by
 *		read_worker
 * waits	slot part buffers memory stream device
 *
 * reserve	part, the lock of a slot of which a part is written (z2_page_modify())
 * taken	under submit_bio() for pages in memory, else by read_worker
 * waits	buffers memory stream device
 *
 * reserve	buffers, Z2_RESERVE_BUFFERS a device
 * made		device.c mempool_init_kmalloc_pool(&dev->buffers
 * taken	to read one object: by read_worker and by the run
 * waits	stream device
 *
 * reserve	memory, what GFP_NOIO waits for: reclaim, that is, writes to swap
 *		by others.  Those are of whole pages, which only swap has the
 *		slot of: reclaim never waits for a "part"
 * taken	by whoever may wait for it; not by offload_worker, nor by kswapd
 * waits	queued parked slot stream
 *
 * reserve	queued, Z2_OFFLOAD_QUEUE_PAGES a device
 * taken	by kswapd's writes; when it is full they are carried out at once.
 *		When the workers are late, every submitter carries out some
 * waits	offload_worker slot stream
 *
 * reserve	offload_worker, a rescuer
 * made		offload.c alloc_workqueue("%s"
 * taken	by what is queued; allocates as kswapd does, without waiting
 * waits	slot stream
 *
 * reserve	slot, the lock of any other slot, one at a time
 * taken	by everybody, and for as long as a page takes to unpack
 * waits	stream
 *
 * reserve	stream, two a CPU and algorithm: to compress, to decompress
 * taken	by everybody; allocates with GFP_NOWAIT only
 * waits	-
 *
 * reserve	magazines, one for 1 KiB of gc_limit (depot)
 * taken	by what frees an object, in any context; without one it is freed
 *		at once
 * waits	-
 *
 * reserve	gc_worker, a thread (a delayed work of gc)
 * made		gc.c kthread_run_worker(0
 * taken	by what empties the depot; only reset waits for it
 * waits	-
 *
 * reserve	device, the backing device, which has reserves of its own.  It is
 *		none of our disks
 * taken	by what is read and written there
 * waits	-
 */
#ifndef ZRAM2_RESERVES_H
#define ZRAM2_RESERVES_H

/* One would do for progress; with so many, writes still overlap. */
#define Z2_RESERVE_BIOS		16

/* One of each would do as well: two, so that not all wait for one slow read. */
#define Z2_RESERVE_BOUNCE	2
#define Z2_RESERVE_BUFFERS	2
#define Z2_RESERVE_REQUESTS	4

/* As many as kswapd, a few tasks that reclaim, and a file system's writeback want. */
#define Z2_RESERVE_PARKED	16

#endif

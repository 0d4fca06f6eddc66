/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A device: its state, and the objects of the units that work for it.
 *
 * Lock order, outermost first:
 *   z2_device.pp_lock                 one post-processing run at a time
 *   registry mutex (lifecycle)        finding a device
 *   disk->open_mutex                  open and close against claiming
 *   z2_device.config_lock             configuration and state; never held over
 *                                     I/O, nor taken by the I/O path
 *   make_room's list of devices       for the notifier of OOM kills
 *   slot lock                         one at a time
 *   codec stream                      one at a time, whatever it is for
 *   gc's own (see there), offload's lane, the block map's, the list of parked writes,
 *   auto's
 *   z2_device.writeback_lock
 *   the pool's bounce page (some kernels)
 *   zsmalloc's own
 */
#ifndef ZRAM2_DEVICE_H
#define ZRAM2_DEVICE_H

#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/mempool.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/refcount.h>
#include <linux/rwsem.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>

#include <zram2/codec.h>
#include <zram2/meter.h>
#include <zram2/slot.h>
#include <zram2/stats.h>

struct dentry;
struct gendisk;
struct z2_auto;
struct z2_backing;
struct z2_gc;
struct z2_hand;
struct z2_make_room;
struct z2_offload;
struct z2_parked;
struct z2_pool;
struct z2_recompress_resume;

/* One primary algorithm and three for recompression, as in-tree. */
#define Z2_CODECS_MAX	4
#define Z2_PRIMARY	0
#define Z2_SECONDARY	1

/* Of auto and writeback_budget, while the user hasn't said anything. */
#define Z2_AUTO_UNSET	(-1)
#define Z2_BUDGET_UNSET	U64_MAX

/**
 * enum z2_state - what a device is doing
 * @Z2_CONFIGURING: has no size; attributes can be set, nothing can be stored
 * @Z2_LIVE: has a size and stores pages
 * @Z2_RESETTING: claimed by a reset or removal: no opens, no configuration
 */
enum z2_state {
	Z2_CONFIGURING,
	Z2_LIVE,
	Z2_RESETTING,
};

/**
 * struct z2_algo - what the user chose for a priority
 * @ops: the algorithm, NULL for none
 * @params: its parameters; @params.dict is a vmalloc of ours
 */
struct z2_algo {
	const struct z2_codec_ops *ops;
	struct z2_codec_params params;
};

/**
 * struct z2_device - a zram2 device
 * @disk: its disk; fixed
 * @id: number in its name; fixed
 * @debugfs: its folder there; fixed
 * @config_lock: see the lock order above
 * @state: changed by z2_device_move() only; read anywhere
 * @state_wait: woken when @state changes, an opener goes, or @pp_lock is free
 * @refs: the registry's, and one of each who wants to remove it
 * @algos: the user's choices; under @config_lock, fixed while live
 * @disksize: bytes; under @config_lock, 0 unless live
 * @table: the slots; valid while live or resetting, fixed then
 * @pool: the stored objects; likewise
 * @gc: those that were freed but are kept for a while; likewise
 * @codecs: by priority; likewise
 * @bounce: pages for data that isn't one aligned page in memory; fixed
 * @requests: bios that wait for the backing device; fixed
 * @buffers: for one object and the sectors it lies in; fixed
 * @offload_threads: workers for kswapd's writes, 0 for none; under
 *	@config_lock, fixed while live
 * @offload: their queue, or NULL; valid and fixed like @table
 * @backing: where pages are written back to, or NULL; under @config_lock,
 *	fixed while live
 * @hand: finds what is cold, or NULL without @backing; valid and fixed like @table,
 *	what is in it under @pp_lock
 * @mover: moves cold pages to @backing by itself, or NULL without it; valid and
 *	fixed like @table
 * @meter: what it is told; has no lock
 * @auto_wanted: 0 or 1 if the user has said so, or Z2_AUTO_UNSET; under @config_lock,
 *	WRITE_ONCE
 * @high_pages: pages of the pool above which cold pages leave, 0 for what is usual;
 *	WRITE_ONCE
 * @parked: writes that wait for room; fixed
 * @make_room: who makes some, or NULL without a backing device; fixed while live
 * @pp_lock: held by whoever scans slots and moves what they hold; reset takes
 *	it after the move to resetting, which ends a run at its next segment
 * @pp_slice: somebody holds it, or is about to take it, for no longer than a slice
 * @pp_suspended: slices end at once, and none begins
 * @pp_gives_way: the run which is on is a slice; under @pp_lock
 * @pp_done: objects that the run which is on has dealt with; under @pp_lock
 * @pp_noio: what its task's allocations were allowed before; under @pp_lock
 * @recompress_resume: where a recompression goes on that a signal has interrupted,
 *	or NULL; kmalloc'd; under @pp_lock, or where no run can be on
 * @writeback_lock: protects what begins with writeback_limit
 * @writeback_limit: 4 KiB blocks that may still be written
 * @writeback_limit_enable: whether that counts
 * @writeback_limit_changes: how often either was set: what was debited before
 *	is not credited after
 * @writeback_limit_stops: runs that it ended
 * @writeback_budget: bytes a day that cold pages may take by themselves, 0 for no
 *	limit, Z2_BUDGET_UNSET for what is usual
 * @writeback_debit: bytes that were written, or will be, and that nobody has accounted
 *	for yet; below zero if they weren't after all
 * @writeback_batch_size: bios in flight; WRITE_ONCE
 * @compressed_writeback: write objects as they are stored; under
 *	@config_lock, fixed while live
 * @writeback_packing: several objects in a block; likewise
 * @stats: counters; fixed
 * @gc_limit: bytes that @gc may keep; under @config_lock
 * @limit_pages: pages the pool may take, 0 for no limit; WRITE_ONCE
 * @stuck: nothing can leave for the backing device; set by @make_room, cleared by
 *	whatever may change that; WRITE_ONCE
 * @max_used_pages: most that the pool ever took; away from what every page reads,
 *	for while the pool grows every writer changes it
 */
struct z2_device {
	struct gendisk *disk;
	int id;
	struct dentry *debugfs;

	struct rw_semaphore config_lock;
	enum z2_state state;
	wait_queue_head_t state_wait;
	refcount_t refs;
	struct z2_algo algos[Z2_CODECS_MAX];
	u64 disksize;

	struct z2_slot_table *table;
	struct z2_pool *pool;
	struct z2_gc *gc;
	struct z2_codec *codecs[Z2_CODECS_MAX];
	mempool_t bounce;
	mempool_t requests;
	mempool_t buffers;

	unsigned int offload_threads;
	struct z2_offload *offload;

	struct z2_backing *backing;
	struct z2_hand *hand;
	struct z2_auto *mover;
	struct z2_meter meter;
	s8 auto_wanted;
	unsigned long high_pages;
	struct z2_parked *parked;
	struct z2_make_room *make_room;
	bool pp_slice;
	bool pp_suspended;
	struct mutex pp_lock;		/* see the lock order; protects the next four */
	bool pp_gives_way;
	unsigned long pp_done;
	unsigned int pp_noio;
	struct z2_recompress_resume *recompress_resume;
	spinlock_t writeback_lock;	/* protects what begins with writeback_limit */
	u64 writeback_limit;
	bool writeback_limit_enable;
	unsigned int writeback_limit_changes;
	u64 writeback_limit_stops;
	u64 writeback_budget;
	s64 writeback_debit;
	unsigned int writeback_batch_size;
	bool compressed_writeback;
	bool writeback_packing;

	struct z2_stats __percpu *stats;
	u64 gc_limit;
	unsigned long limit_pages;
	bool stuck;
	atomic_long_t max_used_pages ____cacheline_aligned_in_smp;
};

/**
 * z2_bytes_to_pages() - as many pages as hold so many bytes
 * @bytes: any number; adding to it first could overflow
 */
static inline u64 z2_bytes_to_pages(u64 bytes)
{
	return (bytes >> PAGE_SHIFT) + !!(bytes & (PAGE_SIZE - 1));
}

/**
 * z2_device_stored_size() - bytes that an object takes on the backing device
 * @dev: the device, live
 * @obj: an object, there or to be written there
 */
static inline u32 z2_device_stored_size(const struct z2_device *dev, const struct z2_object *obj)
{
	if (z2_object_is(obj, Z2_SLOT_HUGE) || !dev->compressed_writeback)
		return PAGE_SIZE;
	return z2_object_size(obj);
}

void z2_device_init(bool stand_in, unsigned int threads);
bool z2_device_drop_in(void);

struct z2_device *z2_device_create(int id);
void z2_device_destroy(struct z2_device *dev);

enum z2_state z2_device_state(const struct z2_device *dev);
int z2_device_move(struct z2_device *dev, enum z2_state to);

void z2_device_set_algo(struct z2_device *dev, unsigned int prio, const struct z2_codec_ops *ops);
int z2_device_find_algo(const struct z2_device *dev, const char *name, int prio,
			unsigned int first, const char **why);
void z2_device_set_params(struct z2_device *dev, unsigned int prio,
			  const struct z2_codec_params *params);
void z2_device_reset_config(struct z2_device *dev);

#endif

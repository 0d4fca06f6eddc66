// SPDX-License-Identifier: GPL-2.0
/*
 * A run of writeback: which objects, how far, and what to do when the device
 * is full.
 *
 * Slots are taken in the order of their index, so that what is read together
 * later lies together.  When free blocks run out though much of the used ones
 * is dead, the run compacts: it moves the live objects of the sparsest blocks
 * to new ones, for which some blocks are always kept free.
 */
#include <linux/errno.h>

#include <zram2/backing.h>
#include <zram2/device.h>
#include <zram2/page.h>
#include <zram2/pool.h>
#include <zram2/readback.h>
#include <zram2/scan.h>
#include <zram2/segment.h>
#include <zram2/slot.h>
#include <zram2/writeback.h>

/* Slots between two looks at whether to stop. */
#define STOP_SLOTS	256

/* Compaction stays possible: a segment of each kind, less on a tiny device. */
#define KEEP_BLOCKS	64
#define KEEP_SHARE	8

/* Above this share of live bytes there is little to be gained by moving them. */
#define COMPACT_PERCENT	70

/* What a compaction is to gain: the cost of its scan is spread over so much. */
#define COMPACT_SHARE	16

/* The bytes of an object in memory, as they are to be stored on the device. */
static int copy_object(struct z2_device *dev, unsigned long index, const struct z2_object *obj,
		       void *bytes)
{
	if (!dev->compressed_writeback)
		return z2_page_unpack(dev, index, obj, bytes);
	z2_pool_load(dev->pool, obj->word, bytes, z2_object_size(obj));
	return 0;
}

/* Put an object that was taken into a segment; a damaged one stays as it is. */
static void write_taken(struct z2_segments *segs, unsigned long index,
			const struct z2_object *obj, void *bytes)
{
	struct z2_device *dev = segs->dev;

	if (copy_object(dev, index, obj, bytes)) {
		z2_scan_untake(dev, index);
		return;
	}
	z2_segments_commit(segs, index, z2_device_stored_size(dev, obj));
	z2_slot_read_unlock(dev->table, index);
}

static bool in_sparse_block(struct z2_device *dev, const struct z2_object *obj, unsigned int below)
{
	struct z2_extent extent = z2_location_extent(obj->word, z2_device_stored_size(dev, obj));
	u32 block, last = z2_extent_last_block(&extent);

	for (block = extent.block; block <= last; block++)
		if (z2_blockmap_live(z2_backing_map(dev->backing), block) < below)
			return true;
	return false;
}

/* An object on the device, to another place there. */
static int move_object(struct z2_segments *segs, unsigned long index, unsigned int below)
{
	struct z2_device *dev = segs->dev;
	struct z2_object obj;
	void *bytes;
	u32 size;
	int err;

	if (!z2_scan_take(dev, index, Z2_SCAN_BACKING, &obj))
		return 0;
	if (!in_sparse_block(dev, &obj, below)) {
		z2_scan_untake(dev, index);
		return 0;
	}
	z2_readback_pin(dev, &obj);
	z2_slot_read_unlock(dev->table, index);

	size = z2_device_stored_size(dev, &obj);
	bytes = z2_segments_room(segs, size, &err);
	if (bytes)
		err = z2_readback_bytes(dev, &obj, bytes);
	z2_readback_unpin(dev, &obj);
	if (!err) {
		z2_segments_commit(segs, index, size);
		atomic64_add(size, &z2_backing_stats(dev->backing)->moved_bytes);
		return 0;
	}

	z2_slot_read_lock(dev->table, index);
	z2_scan_untake(dev, index);
	/* What can't be read stays where it is; its reader is told. */
	return bytes ? 0 : err;
}

static u64 free_blocks(struct z2_device *dev)
{
	struct z2_blockmap_stats stats = z2_blockmap_stats(z2_backing_map(dev->backing));

	return stats.blocks - stats.used;
}

static bool worth_compacting(struct z2_device *dev)
{
	struct z2_blockmap_stats stats = z2_blockmap_stats(z2_backing_map(dev->backing));
	u64 live = stats.bytes >> Z2_BLOCK_SHIFT;

	return live * 100 < stats.blocks * COMPACT_PERCENT;
}

/*
 * One pass over the slots, from where the last one ended.  Returns 0 if there
 * are more free blocks afterwards.
 */
static int compact(struct z2_segments *segs, unsigned long *cursor)
{
	struct z2_device *dev = segs->dev;
	struct z2_blockmap *map = z2_backing_map(dev->backing);
	unsigned long nr = z2_slot_table_nr(dev->table), i;
	u64 want = z2_blockmap_stats(map).blocks / COMPACT_SHARE + 1;
	unsigned int keep = segs->keep;
	atomic64_t *moved_bytes = &z2_backing_stats(dev->backing)->moved_bytes;
	bool gains = false;
	unsigned int below;
	u64 before;
	s64 moved;
	int err = 0;

	/* What was reserved too much, or freed meanwhile, may do. */
	z2_segments_flush(segs);
	before = free_blocks(dev);
	if (before > keep)
		return 0;
	/* With an object a block there are no holes between objects. */
	below = dev->writeback_packing && worth_compacting(dev) ? z2_blockmap_sparse(map, want) : 0;
	if (!below)
		return -ENOSPC;

	segs->keep = 0;
	moved = atomic64_read(moved_bytes);
	for (i = 0; i < nr && !err; i++) {
		if (!(i % STOP_SLOTS)) {
			err = z2_scan_stop(dev);
			if (free_blocks(dev) >= before + want)
				break;
		}
		if (!gains && atomic64_read(moved_bytes) - moved > (s64)keep * 2 * Z2_BLOCK_SIZE) {
			/* Objects that can't share a block gain nothing. */
			z2_segments_flush(segs);
			gains = free_blocks(dev) > before;
			if (!gains)
				break;
		}
		if (!err)
			err = move_object(segs, *cursor, below);
		if (++*cursor == nr)
			*cursor = 0;
	}
	segs->keep = keep;
	z2_segments_flush(segs);
	if (err && err != -ENOSPC)
		return err;
	return free_blocks(dev) > keep ? 0 : -ENOSPC;
}

/**
 * struct writeback_run - a run
 * @segs: its segments
 * @cursor: where compaction goes on
 * @dense: compaction has gained nothing
 * @left: some objects were left in memory, since no run of free blocks is long
 *	enough for them
 */
struct writeback_run {
	struct z2_segments segs;
	unsigned long cursor;
	bool dense;
	bool left;
};

/* No run of free blocks is long enough.  Returns 0 if there may be one now. */
static int writeback_make_space(struct writeback_run *run)
{
	int err = -ENOSPC;

	if (!run->dense)
		err = compact(&run->segs, &run->cursor);
	if (err == -ENOSPC)
		run->dense = true;
	return err;
}

/* Take a slot if it is wanted, and put what it holds into a segment. */
static int write_slot(struct writeback_run *run, unsigned long index, unsigned int what)
{
	struct z2_segments *segs = &run->segs;
	struct z2_device *dev = segs->dev;
	bool compacted = false;
	struct z2_object obj;
	void *bytes;
	int err;

	while (z2_scan_take(dev, index, what, &obj)) {
		bytes = z2_segments_try_room(segs, z2_device_stored_size(dev, &obj));
		if (bytes) {
			write_taken(segs, index, &obj, bytes);
			return 0;
		}

		/* Not with the slot locked: making room waits for writes. */
		z2_scan_untake(dev, index);
		bytes = z2_segments_room(segs, z2_device_stored_size(dev, &obj), &err);
		if (bytes) {
			err = 0;
		} else if (err == -ENOSPC && !compacted) {
			err = writeback_make_space(run);
			compacted = true;
		}
		/* What is free lies in runs that are too short: for others they will do. */
		if (err == -ENOSPC && free_blocks(dev) > segs->keep) {
			run->left = true;
			return 0;
		}
		err = err ?: z2_scan_stop(dev);
		if (err)
			return err;
	}
	return 0;
}

static int run_job(struct writeback_run *run, const struct z2_writeback_job *job)
{
	struct z2_device *dev = run->segs.dev;
	unsigned long last = min(job->last, z2_slot_table_nr(dev->table) - 1);
	unsigned long index;
	int err;

	for (index = job->first; index <= last; index++) {
		if (!(index % STOP_SLOTS)) {
			err = z2_scan_stop(dev);
			if (err)
				return err;
		}
		err = write_slot(run, index, job->what);
		if (err)
			return err;
	}
	return 0;
}

static const char *reason(int err)
{
	switch (err) {
	case -EINTR:
		return "interrupted";
	case -EBUSY:
		return "the device is being reset";
	case -ENOSPC:
		return "the backing device is full";
	case -EIO:
		return "the limit is reached, or a write failed";
	}
	return "not all was written";
}

/**
 * z2_writeback_run() - write objects back
 * @dev: the device
 * @jobs: which; may reach beyond the table
 * @nr: how many jobs
 * @why: what went wrong
 *
 * What can't be written stays in memory.  A write that fails doesn't end the
 * run, nor does an object for which no run of free blocks is long enough while
 * others may fit; both are reported at its end.
 *
 * Context: process, may sleep; long; ends early for a signal or a reset.
 * Return: 0; -EINVAL if the device is not live; -ENODEV without a backing
 * device; -EAGAIN while another run is on; -ENOSPC; -EIO at the limit or after
 * a failed write; -EINTR; -EBUSY; -ENOMEM.
 */
int z2_writeback_run(struct z2_device *dev, const struct z2_writeback_job *jobs, unsigned int nr,
		     const char **why)
{
	struct writeback_run run = {};
	unsigned long next = 0, nr_slots;
	unsigned int i;
	u64 blocks;
	int err, flushed;

	err = z2_scan_begin(dev, why);
	if (err)
		return err;
	if (!dev->backing) {
		*why = "there is no backing device";
		err = -ENODEV;
		goto end;
	}

	blocks = z2_blockmap_stats(z2_backing_map(dev->backing)).blocks;
	z2_segments_init(&run.segs, dev, READ_ONCE(dev->writeback_batch_size),
			 min_t(u64, KEEP_BLOCKS, blocks / KEEP_SHARE));
	nr_slots = z2_slot_table_nr(dev->table);
	for (i = 0; i < nr && !err; i++) {
		/*
		 * The mark says that a slot is unchanged since it was taken, if
		 * it was taken once: nothing may be on its way from the slots
		 * that a job goes over again.
		 */
		if (jobs[i].first < next)
			z2_segments_flush(&run.segs);
		next = max(next, min(jobs[i].last, nr_slots - 1) + 1);
		err = run_job(&run, &jobs[i]);
	}
	flushed = z2_segments_finish(&run.segs);
	err = err ?: flushed;
	if (!err && run.left)
		err = -ENOSPC;
	if (err)
		*why = reason(err);
end:
	z2_scan_end(dev);
	return err;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * A run of writeback: which objects, how far, and what to do when the device
 * is full.
 *
 * Slots are taken in the order of their index, so that what is read together
 * later lies together.  When free blocks run out the device is compacted, for
 * which some blocks are always kept free.
 */
#include <linux/errno.h>

#include <zram2/backing.h>
#include <zram2/compact.h>
#include <zram2/device.h>
#include <zram2/hand.h>
#include <zram2/page.h>
#include <zram2/pool.h>
#include <zram2/scan.h>
#include <zram2/segment.h>
#include <zram2/slot.h>
#include <zram2/writeback.h>

/* Compaction stays possible: a segment of each kind, less on a tiny device. */
#define KEEP_BLOCKS	64
#define KEEP_SHARE	8

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
static bool write_taken(struct z2_segments *segs, unsigned long index,
			const struct z2_object *obj, void *bytes)
{
	struct z2_device *dev = segs->dev;

	if (copy_object(dev, index, obj, bytes)) {
		z2_scan_untake(dev, index);
		return false;
	}
	z2_segments_commit(segs, index, obj);
	z2_slot_read_unlock(dev->table, index);
	return true;
}

/* No run of free blocks is long enough.  Returns 0 if there may be one now. */
static int writeback_make_space(struct z2_writeback *run)
{
	int err = -ENOSPC;

	if (!run->dense)
		err = z2_compact_run(run->segs);
	if (err == -ENOSPC)
		run->dense = true;
	return err;
}

/* Take a slot if it is wanted: by hand for what it is, else for its score. */
static bool take_slot(const struct z2_writeback *run, unsigned long index, unsigned int what,
		      struct z2_object *obj)
{
	return run->lap ? z2_hand_take(run->lap, index, obj) :
			  z2_scan_take(run->segs->dev, index, what, obj);
}

/* Put what a slot holds into a segment.  Returns whether that was done, or an errno. */
static int write_slot(struct z2_writeback *run, unsigned long index, unsigned int what)
{
	struct z2_segments *segs = run->segs;
	struct z2_device *dev = segs->dev;
	bool compacted = false;
	struct z2_object obj;
	void *bytes;
	int err;

	while (take_slot(run, index, what, &obj)) {
		bytes = z2_segments_try_room(segs, z2_device_stored_size(dev, &obj));
		if (bytes)
			return write_taken(segs, index, &obj, bytes);

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
		if (err == -ENOSPC && z2_blockmap_free(z2_backing_map(dev->backing)) > segs->keep) {
			run->left = true;
			return 0;
		}
		err = err ?: z2_scan_stop(dev);
		if (err)
			return err;
	}
	return 0;
}

/**
 * z2_writeback_keep() - blocks that stay free
 * @dev: the device, with a backing device
 */
unsigned int z2_writeback_keep(const struct z2_device *dev)
{
	u64 blocks = z2_blockmap_stats(z2_backing_map(dev->backing)).blocks;

	return min_t(u64, KEEP_BLOCKS, blocks / KEEP_SHARE);
}

/**
 * z2_writeback_slot() - write back what a slot holds, if it is still so cold
 * @run: the run
 * @index: a slot that the lap has found
 *
 * Context: process, may sleep; waits for writes, and for compaction.
 * Return: 1 if it is on its way, 0 if it stays; -ENOSPC; -EDQUOT at the writeback
 * limit; -ENOMEM; what z2_scan_stop() says.
 */
int z2_writeback_slot(struct z2_writeback *run, unsigned long index)
{
	return write_slot(run, index, 0);
}

/**
 * z2_writeback_end() - wait for what is on its way
 * @run: the run
 *
 * Context: process, may sleep.
 * Return: 0; -ENOSPC if something was left because no run of free blocks is long
 * enough; the errno of the last write that failed.
 */
int z2_writeback_end(struct z2_writeback *run)
{
	return z2_segments_finish(run->segs) ?: run->left ? -ENOSPC : 0;
}

static int run_job(struct z2_writeback *run, const struct z2_writeback_job *job)
{
	struct z2_device *dev = run->segs->dev;
	unsigned long last = min(job->last, z2_slot_table_nr(dev->table) - 1);
	unsigned long index;
	int err;

	for (index = job->first; index <= last; index++) {
		if (!(index % Z2_SCAN_STOP_SLOTS)) {
			err = z2_scan_stop(dev);
			if (err)
				return err;
		}
		err = write_slot(run, index, job->what);
		if (err < 0)
			return err;
	}
	return 0;
}

/**
 * z2_writeback_segments() - segments as writeback uses them
 * @segs: what to set up
 * @dev: the device, with a backing device
 * @batch: most bios in flight, at least 1
 */
void z2_writeback_segments(struct z2_segments *segs, struct z2_device *dev, unsigned int batch)
{
	z2_segments_init(segs, dev, batch, z2_writeback_keep(dev));
}

static bool old_enough(struct z2_device *dev, unsigned long index, s64 age, u32 now)
{
	return z2_scan_age(now, z2_slot_access_time(dev->table, index)) >= age;
}

/**
 * z2_writeback_sweep() - write some old objects back
 * @segs: from z2_writeback_segments(), with the post-processing lock held
 * @next: the slot to begin at; set to where to go on, 0 at the end of the table
 * @age: seconds since the last access; what was used since stays
 * @most: objects to be written
 *
 * What was taken may still be on its way, see z2_segments_rest(): until then, and
 * while the lock is held, no slot may be gone over twice.
 *
 * Context: process, may sleep, but waits for no memory; ends early for a reset.
 * Return: 0; -ENOSPC if the device is full; -EDQUOT; -ENOMEM; -EBUSY.
 */
int z2_writeback_sweep(struct z2_segments *segs, unsigned long *next, s64 age, unsigned long most)
{
	struct z2_writeback run = { .segs = segs };
	struct z2_device *dev = segs->dev;
	unsigned long nr = z2_slot_table_nr(dev->table), done = dev->pp_done;
	u32 now = z2_slot_now();

	for (; *next < nr && dev->pp_done - done < most; ++*next) {
		int ret = 0;

		if (!(*next % Z2_SCAN_STOP_SLOTS))
			ret = z2_scan_stop(dev);
		if (!ret && old_enough(dev, *next, age, now))
			ret = write_slot(&run, *next, 0);
		if (ret < 0)
			return ret;
	}
	if (*next == nr)
		*next = 0;
	return run.left ? -ENOSPC : 0;
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
	}
	return "no memory";
}

/* What a run is reported as: @err ended it, @failed is of the last write that did. */
static int writeback_result(struct z2_device *dev, int err, int failed, const char **why)
{
	if (err == -EDQUOT) {
		spin_lock(&dev->writeback_lock);
		dev->writeback_limit_stops++;
		spin_unlock(&dev->writeback_lock);
		*why = failed ? "writeback_limit is reached, and writes failed before" :
				"writeback_limit is reached";
		/* As in-tree, which tells neither from the other. */
		return -EIO;
	}
	/* A call that is restarted would not tell of it. */
	if (failed && (!err || err == -ERESTARTSYS)) {
		*why = "writes to the backing device failed";
		return -EIO;
	}
	if (err)
		*why = reason(err);
	return err;
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
 * A run that a signal has interrupted is to be begun again, and goes on with what
 * is in memory still.
 *
 * Context: process, may sleep; long; ends early for a signal or a reset.
 * Return: 0; -EINVAL if the device is not live; -ENODEV without a backing
 * device; -EAGAIN while another run is on; -ENOSPC; -EIO at the limit or after
 * a failed write; -EINTR; -ERESTARTSYS; -EBUSY; -ENOMEM.
 */
int z2_writeback_run(struct z2_device *dev, const struct z2_writeback_job *jobs, unsigned int nr,
		     const char **why)
{
	struct z2_segments segs;
	struct z2_writeback run = { .segs = &segs };
	unsigned long next = 0, nr_slots;
	unsigned int i;
	int err;

	err = z2_scan_begin(dev, why);
	if (err)
		return err;
	if (!dev->backing) {
		*why = "there is no backing device";
		err = -ENODEV;
		goto end;
	}

	z2_writeback_segments(&segs, dev, READ_ONCE(dev->writeback_batch_size));
	nr_slots = z2_slot_table_nr(dev->table);
	for (i = 0; i < nr && !err; i++) {
		/*
		 * The mark says that a slot is unchanged since it was taken, if
		 * it was taken once: nothing may be on its way from the slots
		 * that a job goes over again.
		 */
		if (jobs[i].first < next)
			z2_segments_flush(&segs);
		next = max(next, min(jobs[i].last, nr_slots - 1) + 1);
		err = run_job(&run, &jobs[i]);
	}
	if (!err && run.left)
		err = -ENOSPC;
	err = writeback_result(dev, err, z2_segments_finish(&segs), why);
end:
	z2_scan_end(dev);
	return err;
}

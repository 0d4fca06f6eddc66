// SPDX-License-Identifier: GPL-2.0
/*
 * A run of recompression.
 *
 * A candidate is unpacked under its slot's lock, which is then let go: the slow
 * algorithm runs while the page can be read, written and freed.  The result
 * takes the object's place if the slot's mark still stands.
 */
#define pr_fmt(fmt) "zram2: " fmt

#include <linux/blkdev.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/topology.h>

#include <zram2/codec.h>
#include <zram2/device.h>
#include <zram2/page.h>
#include <zram2/pool.h>
#include <zram2/recompress.h>
#include <zram2/room.h>
#include <zram2/scan.h>
#include <zram2/slot.h>
#include <zram2/trace.h>

/* Slots between two looks at whether to stop, where nothing else is done. */
#define STOP_SLOTS	1024

/* Sizes of objects are told apart by a 64th of a page. */
#define BUCKETS		(64 + 1)

/**
 * struct z2_recompress_resume - a run that a signal has interrupted
 * @job: what it was asked for
 * @task: who had asked; only compared
 * @started: when that task did, as its place in memory is used again
 * @next: the slot to go on with
 * @left: pages that may still be tried
 *
 * Its call is restarted.  A new scan alone would count pages anew, and try again
 * what nothing was gained by, perhaps until the next signal.
 */
struct z2_recompress_resume {
	struct z2_recompress_job job;
	const struct task_struct *task;
	u64 started;
	unsigned long next;
	u64 left;
};

/**
 * struct run - a run
 * @dev: the device, with the post-processing lock held
 * @job: what is asked for
 * @from: the smallest bucket of sizes to take
 * @to: the largest
 * @next: the slot to look at next
 * @left: pages that may still be tried
 * @last: no other algorithm has a higher priority
 * @failed: an object could not be unpacked or compressed
 * @data: a page's contents
 * @packed: the same, compressed
 */
struct run {
	struct z2_device *dev;
	const struct z2_recompress_job *job;
	unsigned int from;
	unsigned int to;
	unsigned long next;
	u64 left;
	bool last;
	bool failed;
	void *data;
	void *packed;
};

static unsigned int bucket_of(const struct z2_object *obj)
{
	return z2_object_size(obj) * (BUCKETS - 1) / PAGE_SIZE;
}

static bool wanted(const struct run *run, const struct z2_object *obj)
{
	return !z2_object_is(obj, Z2_SLOT_INCOMPRESSIBLE) &&
	       z2_object_prio(obj) < run->job->prio &&
	       z2_object_size(obj) >= run->job->threshold &&
	       bucket_of(obj) >= run->from && bucket_of(obj) <= run->to;
}

static bool in_smaller_class(struct z2_pool *pool, unsigned int size, unsigned int than)
{
	const struct z2_pool_classes *classes = z2_pool_classes(pool);

	if (size >= z2_pool_huge_size(pool))
		return false;
	return !classes->nr || z2_pool_class(classes, size) < z2_pool_class(classes, than);
}

/*
 * Compress into run->packed.  Returns the length, 0 if nothing would be gained
 * by it, or an errno.
 */
static int compress(struct run *run, unsigned int old_size)
{
	struct z2_device *dev = run->dev;
	struct z2_codec *codec = dev->codecs[run->job->prio];
	struct z2_stream *stream = z2_codec_get(codec, Z2_COMPRESS);
	unsigned int threshold = run->job->threshold;
	int len = z2_codec_compress(codec, stream, run->data);

	if (len >= 0 && (!in_smaller_class(dev->pool, len, old_size) ||
			 (threshold && len >= threshold)))
		len = 0;
	/* Room is looked for without the stream: swap may want it meanwhile. */
	if (len > 0)
		memcpy(run->packed, stream->buffer, len);
	z2_codec_put(stream);
	return len;
}

/* The new object instead of the old one, if nobody has touched that since. */
static void install(struct z2_device *dev, unsigned long index, const struct z2_object *taken,
		    struct z2_room *room, unsigned int prio)
{
	const struct z2_object new = z2_object_make(room->handle, room->size, 0, prio);
	struct z2_object old;

	if (z2_page_lock_taken(dev, index, taken, &old))
		z2_page_exchange(dev, index, &old, &new);
	else
		z2_room_drop(dev, room);
}

/* The object stays.  It was touched, so that it isn't idle any more. */
static void leave(struct z2_device *dev, unsigned long index, bool incompressible)
{
	struct z2_object obj;

	z2_slot_read_lock(dev->table, index);
	obj = z2_slot_get(dev->table, index);
	if (z2_object_is(&obj, Z2_SLOT_PP)) {
		z2_slot_unmark(dev->table, index, Z2_SLOT_PP | Z2_SLOT_IDLE);
		if (incompressible)
			z2_slot_mark(dev->table, index, Z2_SLOT_INCOMPRESSIBLE);
	}
	z2_slot_read_unlock(dev->table, index);
}

/* An object whose contents are in run->data. */
static int recompress(struct run *run, unsigned long index, const struct z2_object *obj)
{
	struct z2_device *dev = run->dev;
	struct z2_room room = {};
	int len, err;

	len = compress(run, z2_object_size(obj));
	trace_zram2_recompress(dev->disk->disk_name, index, z2_object_size(obj), max(len, 0),
			       run->job->prio);
	/* Whatever comes of it, the time is spent. */
	run->left--;
	dev->pp_done++;
	if (len <= 0) {
		leave(dev, index, !len && run->last);
		if (len) {
			pr_err_ratelimited("%s: page %lu can't be recompressed (%d)\n",
					   dev->disk->disk_name, index, len);
			run->failed = true;
		}
		return 0;
	}

	err = z2_room_find(dev, &room, len, numa_mem_id());
	if (err) {
		leave(dev, index, false);
		return err;
	}
	z2_pool_store(dev->pool, room.handle, run->packed, len);
	install(dev, index, obj, &room, run->job->prio);
	return 0;
}

/* Take a slot if it is wanted. */
static int try_slot(struct run *run, unsigned long index)
{
	struct z2_device *dev = run->dev;
	struct z2_object obj = { .state = z2_slot_peek(dev->table, index) };

	if (!wanted(run, &obj) || !z2_scan_take(dev, index, run->job->what, &obj))
		return 0;
	if (!wanted(run, &obj)) {
		z2_scan_untake(dev, index);
		return 0;
	}
	if (z2_page_unpack(dev, index, &obj, run->data)) {
		z2_scan_untake(dev, index);
		run->failed = true;
		return 0;
	}
	z2_slot_read_unlock(dev->table, index);

	cond_resched();
	return recompress(run, index, &obj) ?: z2_scan_stop(dev);
}

/* All slots from the next one on, for objects in these buckets. */
static int pass(struct run *run, unsigned int from, unsigned int to)
{
	unsigned long nr = z2_slot_table_nr(run->dev->table);
	int err = 0;

	run->from = from;
	run->to = to;
	while (run->next < nr && run->left && !err) {
		if (!(run->next % STOP_SLOTS)) {
			cond_resched();
			err = z2_scan_stop(run->dev);
			if (err)
				break;
		}
		err = try_slot(run, run->next++);
	}
	return err;
}

/* How many candidates there are in each bucket. */
static int count(const struct run *run, unsigned long *buckets)
{
	unsigned long index, nr = z2_slot_table_nr(run->dev->table);
	int err;

	for (index = 0; index < nr; index++) {
		struct z2_object obj = { .state = z2_slot_peek(run->dev->table, index) };

		if (!(index % STOP_SLOTS)) {
			cond_resched();
			err = z2_scan_stop(run->dev);
			if (err)
				return err;
		}
		if (z2_scan_wanted(&obj, run->job->what) && wanted(run, &obj))
			buckets[bucket_of(&obj)]++;
	}
	return 0;
}

/*
 * The largest objects have most to give, so that they come first where not all
 * can be tried: those above some bucket, then as many of that one as are left.
 */
static int run_limited(struct run *run)
{
	unsigned long buckets[BUCKETS] = {};
	unsigned int b = BUCKETS;
	u64 sum = 0;
	int err;

	err = count(run, buckets);
	if (err)
		return err;
	while (b && sum + buckets[b - 1] <= run->left)
		sum += buckets[--b];
	run->next = 0;
	err = pass(run, b, BUCKETS - 1);
	if (err || !b)
		return err;
	run->next = 0;
	return pass(run, b - 1, b - 1);
}

static bool same_job(const struct z2_recompress_job *a, const struct z2_recompress_job *b)
{
	return a->what == b->what && a->prio == b->prio && a->threshold == b->threshold &&
	       a->max_pages == b->max_pages;
}

/* Go on where the same task was interrupted at the same job, if it was. */
static void resume(struct run *run)
{
	struct z2_recompress_resume *old = run->dev->recompress_resume;

	run->dev->recompress_resume = NULL;
	if (old && old->task == current && old->started == current->start_time &&
	    same_job(&old->job, run->job)) {
		run->next = old->next;
		run->left = old->left;
	}
	kfree(old);
}

/* Without memory for it a new run begins instead, which takes longer. */
static void keep_for_resume(const struct run *run)
{
	struct z2_recompress_resume *new = kzalloc_obj(*new);

	if (!new)
		return;
	*new = (struct z2_recompress_resume){
		.job = *run->job,
		.task = current,
		.started = current->start_time,
		.next = run->next,
		.left = run->left,
	};
	run->dev->recompress_resume = new;
}

static bool is_last(const struct z2_device *dev, unsigned int prio)
{
	while (++prio < Z2_CODECS_MAX)
		if (dev->codecs[prio])
			return false;
	return true;
}

static int check_job(struct z2_device *dev, const struct z2_recompress_job *job, const char **why)
{
	if (!dev->codecs[job->prio])
		*why = "no algorithm has that priority";
	else if (job->threshold >= z2_pool_huge_size(dev->pool))
		*why = "the threshold is above what objects can shrink to";
	else
		return 0;
	return -EINVAL;
}

static const char *reason(int err)
{
	switch (err) {
	case -EINTR:
		return "interrupted";
	case -EBUSY:
		return "the device is being reset";
	case -EIO:
		return "a page is damaged or can't be compressed";
	case -ENOSPC:
		return "mem_limit is reached";
	}
	return "no memory";
}

/**
 * z2_recompress_run() - compress objects again, with a secondary algorithm
 * @dev: the device
 * @job: which, and how
 * @why: what went wrong
 *
 * An object is exchanged only for one of a smaller size class; until it is, both
 * take memory, and count for mem_limit.  One that the
 * algorithm of the highest priority can't make smaller is marked as
 * incompressible and not tried again until its page is written.  One that is
 * damaged, or that the algorithm fails at, stays as it is and is reported at
 * the end.
 *
 * A run that a signal has interrupted is to be begun again by the same task, and
 * goes on where it was.
 *
 * Context: process, may sleep; long; takes the post-processing lock, and holds
 * no slot's lock while it compresses; ends early for a signal or a reset.
 * Return: 0; -EINVAL if the device is not live, has no such algorithm, or for a
 * threshold from the size of raw pages on; -EAGAIN while another run is on;
 * -ENOMEM; -ENOSPC at mem_limit; -EIO; -EINTR; -ERESTARTSYS; -EBUSY.
 */
int z2_recompress_run(struct z2_device *dev, const struct z2_recompress_job *job,
		      const char **why)
{
	struct run run = {
		.dev = dev,
		.job = job,
		.to = BUCKETS - 1,
		.left = job->max_pages,
	};
	int err;

	err = z2_scan_begin(dev, why);
	if (err)
		return err;
	err = check_job(dev, job, why);
	if (err)
		goto end;

	run.last = is_last(dev, job->prio);
	run.data = kmalloc_array(2, PAGE_SIZE, GFP_KERNEL);
	if (run.data) {
		run.packed = run.data + PAGE_SIZE;
		resume(&run);
		err = job->max_pages < z2_slot_table_nr(dev->table) ?
			run_limited(&run) : pass(&run, 0, BUCKETS - 1);
		/* A call that is restarted would not tell of what has failed. */
		if (run.failed && (!err || err == -ERESTARTSYS))
			err = -EIO;
		if (err == -ERESTARTSYS)
			keep_for_resume(&run);
	} else {
		err = -ENOMEM;
	}
	kfree(run.data);
	if (err)
		*why = reason(err);
end:
	z2_scan_end(dev);
	return err;
}

// SPDX-License-Identifier: GPL-2.0
/* Writes that wait for room; see the header. */
#define pr_fmt(fmt) "zram2: " fmt

#include <linux/blkdev.h>
#include <linux/errno.h>
#include <linux/list.h>
#include <linux/math64.h>
#include <linux/mempool.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include <zram2/device.h>
#include <zram2/parked.h>
#include <zram2/reserves.h>
#include <zram2/trace.h>

/**
 * struct waiting - a write
 * @node: on the list
 * @bio: it
 * @iter: where it goes on
 * @start: when the bio came, for accounting
 * @since: when it began to wait
 */
struct waiting {
	struct list_head node;
	struct bio *bio;
	struct bvec_iter iter;
	unsigned long start;
	u64 since;
};

/**
 * struct z2_parked - the writes of a device
 * @ops: what they need; fixed
 * @pool: where struct waiting comes from
 * @lock: protects what follows; a leaf but for what @ops->kick takes
 * @list: oldest first; the one that is being tried isn't there
 * @progress: when a page has left, or a write was stored, or the first one came
 * @stats: counters
 */
struct z2_parked {
	const struct z2_parked_ops *ops;
	mempool_t pool;

	spinlock_t lock;	/* protects what follows */
	struct list_head list;
	u64 progress;
	struct z2_parked_stats stats;
};

/* Off the list: it ends. */
static void parked_end(struct z2_device *dev, struct waiting *waiting, int err)
{
	struct z2_parked *parked = dev->parked;
	u64 us = div_u64(parked->ops->now() - waiting->since, NSEC_PER_USEC);
	unsigned long start = waiting->start;
	struct bio *bio = waiting->bio;

	trace_zram2_parked(dev->disk->disk_name, waiting->iter.bi_sector, us, err);
	if (err)
		pr_err_ratelimited("%s: sector %llu can't be stored (%d), after %llu us\n",
				   dev->disk->disk_name, (u64)waiting->iter.bi_sector, err, us);
	spin_lock(&parked->lock);
	parked->stats.waiting--;
	parked->stats.failed += !!err;
	parked->stats.longest_us = max(parked->stats.longest_us, us);
	spin_unlock(&parked->lock);
	mempool_free(waiting, &parked->pool);
	/* Last: with the bio's end the device may go. */
	parked->ops->end(dev, bio, start, err);
}

/**
 * z2_parked_add() - have a write wait for room
 * @dev: the device
 * @bio: the write; no longer the caller's, if this succeeds
 * @iter: where it goes on
 * @start: what bio_start_io_acct() has returned
 *
 * Context: process, also under submit_bio(): doesn't wait; fit for reclaim.
 * Return: whether it waits; not if there is no memory to note it in.
 */
bool z2_parked_add(struct z2_device *dev, struct bio *bio, const struct bvec_iter *iter,
		   unsigned long start)
{
	struct z2_parked *parked = dev->parked;
	struct waiting *waiting = mempool_alloc(&parked->pool, GFP_NOWAIT | __GFP_NOWARN);

	if (!waiting)
		return false;
	*waiting = (struct waiting){
		.bio = bio,
		.iter = *iter,
		.start = start,
		.since = parked->ops->now(),
	};
	spin_lock(&parked->lock);
	if (!parked->stats.waiting)
		parked->progress = waiting->since;
	parked->stats.waiting++;
	parked->stats.total++;
	list_add_tail(&waiting->node, &parked->list);
	/* With the lock: nobody can end it, and have the device go, before that. */
	parked->ops->kick(dev);
	spin_unlock(&parked->lock);
	return true;
}

static struct waiting *parked_take_first(struct z2_parked *parked)
{
	struct waiting *waiting;

	spin_lock(&parked->lock);
	waiting = list_first_entry_or_null(&parked->list, struct waiting, node);
	if (waiting)
		list_del(&waiting->node);
	spin_unlock(&parked->lock);
	return waiting;
}

/**
 * z2_parked_retry() - try writes that wait, until there is no room for one
 * @dev: the device
 *
 * In their order; that one stays the first.  The caller sees to it that nobody else does
 * the same.
 *
 * Context: process, not under submit_bio(); may wait for I/O; fit for reclaim.
 * Return: whether any still wait.
 */
bool z2_parked_retry(struct z2_device *dev)
{
	struct z2_parked *parked = dev->parked;
	struct waiting *waiting;

	while ((waiting = parked_take_first(parked))) {
		int err = parked->ops->resume(dev, waiting->bio, &waiting->iter);

		if (err == -ENOSPC || err == -ENOMEM) {
			spin_lock(&parked->lock);
			list_add(&waiting->node, &parked->list);
			spin_unlock(&parked->lock);
			return true;
		}
		z2_parked_progress(dev);
		parked_end(dev, waiting, err);
	}
	return false;
}

/**
 * z2_parked_progress() - a page has left
 * @dev: the device
 *
 * Those who wait have hope again.
 *
 * Context: process.
 */
void z2_parked_progress(struct z2_device *dev)
{
	struct z2_parked *parked = dev->parked;

	spin_lock(&parked->lock);
	parked->progress = parked->ops->now();
	spin_unlock(&parked->lock);
}

/* End those on the list that have waited for so long; more may come meanwhile. */
static unsigned int parked_fail(struct z2_device *dev, u64 patience)
{
	struct z2_parked *parked = dev->parked;
	struct waiting *waiting, *next;
	unsigned int failed = 0;
	LIST_HEAD(overdue);
	u64 now;

	spin_lock(&parked->lock);
	now = parked->ops->now();
	list_for_each_entry_safe(waiting, next, &parked->list, node) {
		if (now - max(waiting->since, parked->progress) < patience)
			break;
		list_move_tail(&waiting->node, &overdue);
	}
	spin_unlock(&parked->lock);

	list_for_each_entry_safe(waiting, next, &overdue, node) {
		list_del(&waiting->node);
		failed++;
		parked_end(dev, waiting, -ENOSPC);
	}
	return failed;
}

/**
 * z2_parked_expire() - end writes for which nothing has been done in a long time
 * @dev: the device, which stays: the caller sees to that
 *
 * One that is just being tried is left alone.
 *
 * Context: process, doesn't wait.
 * Return: how many have failed.
 */
unsigned int z2_parked_expire(struct z2_device *dev)
{
	return parked_fail(dev, Z2_PARKED_PATIENCE_NS);
}

/**
 * z2_parked_fail_all() - end all writes that wait, for no room will be made
 * @dev: the device, which stays: the caller sees to that
 *
 * Context: process, doesn't wait.
 */
void z2_parked_fail_all(struct z2_device *dev)
{
	parked_fail(dev, 0);
}

/**
 * z2_parked_any() - does a write wait?
 * @dev: the device
 *
 * Context: process.
 */
bool z2_parked_any(struct z2_device *dev)
{
	return z2_parked_stats(dev).waiting;
}

/**
 * z2_parked_stats() - what became of writes that found no room
 * @dev: the device
 *
 * Context: process.
 */
struct z2_parked_stats z2_parked_stats(struct z2_device *dev)
{
	struct z2_parked *parked = dev->parked;
	struct z2_parked_stats stats;

	spin_lock(&parked->lock);
	stats = parked->stats;
	spin_unlock(&parked->lock);
	return stats;
}

/**
 * z2_parked_clear_stats() - begin to count anew, after a reset
 * @dev: the device, with none that waits
 *
 * Context: process.
 */
void z2_parked_clear_stats(struct z2_device *dev)
{
	struct z2_parked *parked = dev->parked;

	spin_lock(&parked->lock);
	WARN_ON_ONCE(parked->stats.waiting);
	parked->stats = (struct z2_parked_stats){};
	spin_unlock(&parked->lock);
}

/**
 * z2_parked_attach() - have writes of a device wait for room
 * @dev: the device
 * @ops: what they need
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int z2_parked_attach(struct z2_device *dev, const struct z2_parked_ops *ops)
{
	struct z2_parked *parked = kzalloc_obj(*parked);

	if (!parked)
		return -ENOMEM;
	parked->ops = ops;
	spin_lock_init(&parked->lock);
	INIT_LIST_HEAD(&parked->list);
	if (mempool_init_kmalloc_pool(&parked->pool, Z2_RESERVE_PARKED, sizeof(struct waiting))) {
		kfree(parked);
		return -ENOMEM;
	}
	dev->parked = parked;
	return 0;
}

/**
 * z2_parked_detach() - undo z2_parked_attach()
 * @dev: the device, with none that waits
 *
 * Context: process, may sleep.
 */
void z2_parked_detach(struct z2_device *dev)
{
	mempool_exit(&dev->parked->pool);
	kfree(dev->parked);
	dev->parked = NULL;
}

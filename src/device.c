// SPDX-License-Identifier: GPL-2.0
/* What a device is made of, its states and its configuration. */
#include <linux/err.h>
#include <linux/lockdep.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include <zram2/blockmap.h>
#include <zram2/device.h>
#include <zram2/params.h>
#include <zram2/reserves.h>

/* As in-tree; a bio is up to 128 KiB here, and was a page there. */
#define DEFAULT_BATCH_SIZE	32

/*
 * What lazily freed objects may take: enough for a large program's exit.  The
 * pool frees some 2.9 GB a second, so that it is gone in a tenth of a second.
 */
#define GC_LIMIT_MAX		SZ_256M
#define GC_LIMIT_SHARE		16

/* Written once at module init. */
static bool drop_in;
static unsigned int default_threads;

/**
 * z2_device_init() - decide what new devices are like
 * @stand_in: they stand in for the in-tree driver's, and have its defaults
 * @threads: their offload_threads
 *
 * Context: process, at module init, before there is a device.
 */
void z2_device_init(bool stand_in, unsigned int threads)
{
	drop_in = stand_in;
	default_threads = threads;
}

/**
 * z2_device_drop_in() - do devices stand in for the in-tree driver's?
 *
 * Context: any.
 */
bool z2_device_drop_in(void)
{
	return drop_in;
}

/**
 * z2_device_state() - what a device is doing
 * @dev: the device
 *
 * Context: any; without the config lock the answer may be old.
 */
enum z2_state z2_device_state(const struct z2_device *dev)
{
	return READ_ONCE(dev->state);
}

static bool may_move(enum z2_state from, enum z2_state to)
{
	switch (to) {
	case Z2_CONFIGURING:	/* a reset has ended */
		return from == Z2_RESETTING;
	case Z2_LIVE:		/* brought up, or a reset was given up */
		return from == Z2_CONFIGURING || from == Z2_RESETTING;
	case Z2_RESETTING:	/* a second reset loses against the first */
		return from == Z2_CONFIGURING || from == Z2_LIVE;
	}
	return false;
}

/**
 * z2_device_move() - change a device's state
 * @dev: the device, with the config lock held for writing
 * @to: the new state
 *
 * Context: process.
 * Return: 0, or -EBUSY if that isn't possible from the present state, which
 * then stays.
 */
int z2_device_move(struct z2_device *dev, enum z2_state to)
{
	lockdep_assert_held_write(&dev->config_lock);

	if (!may_move(dev->state, to))
		return -EBUSY;
	WRITE_ONCE(dev->state, to);
	wake_up_all(&dev->state_wait);
	return 0;
}

static const struct z2_codec_params no_params = {
	.level = Z2_PARAM_UNSET,
	.winbits = Z2_PARAM_UNSET,
};

/**
 * z2_device_set_params() - replace the parameters of a priority
 * @dev: the device, with the config lock held for writing, not live
 * @prio: which algorithm
 * @params: the parameters; the device owns the dictionary from here on
 */
void z2_device_set_params(struct z2_device *dev, unsigned int prio,
			  const struct z2_codec_params *params)
{
	vfree(dev->algos[prio].params.dict);
	dev->algos[prio].params = *params;
}

/**
 * z2_device_set_algo() - choose the algorithm of a priority
 * @dev: the device, with the config lock held for writing, not live
 * @prio: which
 * @ops: the algorithm, NULL for none
 *
 * Parameters mean something else to another algorithm, if anything: it begins
 * with none.  The same one again keeps them.
 */
void z2_device_set_algo(struct z2_device *dev, unsigned int prio, const struct z2_codec_ops *ops)
{
	if (dev->algos[prio].ops == ops)
		return;
	dev->algos[prio].ops = ops;
	z2_device_set_params(dev, prio, &no_params);
}

/**
 * z2_device_find_algo() - which of a device's algorithms is meant
 * @dev: the device, with the config lock held
 * @name: its name, or NULL
 * @prio: its priority, or Z2_PARAM_UNSET
 * @first: the lowest priority there is to find, and what is meant by neither
 *	name nor priority
 * @why: what went wrong
 *
 * Of several priorities with the same algorithm a name means the lowest.
 *
 * Return: a priority, which may have no algorithm if no name is given;
 * -EINVAL if it is out of range, or if the algorithm isn't used there.
 */
int z2_device_find_algo(const struct z2_device *dev, const char *name, int prio,
			unsigned int first, const char **why)
{
	unsigned int p;

	if (prio != Z2_PARAM_UNSET && (prio < (int)first || prio >= Z2_CODECS_MAX)) {
		*why = "the priority is out of range";
		return -EINVAL;
	}
	if (!name)
		return prio == Z2_PARAM_UNSET ? first : prio;

	for (p = first; p < Z2_CODECS_MAX; p++) {
		const struct z2_codec_ops *ops = dev->algos[p].ops;

		if (prio != Z2_PARAM_UNSET && prio != p)
			continue;
		if (ops && !strcmp(ops->name, name))
			return p;
	}
	*why = "the device doesn't use that algorithm there";
	return -EINVAL;
}

/**
 * z2_device_reset_config() - back to what a new device has
 * @dev: the device, with the config lock held for writing or not yet known to
 *	anybody
 */
void z2_device_reset_config(struct z2_device *dev)
{
	unsigned int prio;

	for (prio = 0; prio < Z2_CODECS_MAX; prio++) {
		z2_device_set_algo(dev, prio, NULL);
		/* They may have been set for a priority without an algorithm. */
		z2_device_set_params(dev, prio, &no_params);
	}
	z2_device_set_algo(dev, Z2_PRIMARY,
			   drop_in ? z2_codec_of_kernel() : z2_codec_default());
	kfree(dev->recompress_resume);
	dev->recompress_resume = NULL;
	dev->gc_limit = min_t(u64, GC_LIMIT_MAX,
			      ((u64)totalram_pages() << PAGE_SHIFT) / GC_LIMIT_SHARE);
	WRITE_ONCE(dev->limit_pages, 0);
	WRITE_ONCE(dev->stuck, false);
	WRITE_ONCE(dev->writeback_batch_size, DEFAULT_BATCH_SIZE);
	dev->writeback_limit = 0;
	dev->writeback_limit_enable = false;
	dev->writeback_limit_stops = 0;
	dev->writeback_budget = Z2_BUDGET_UNSET;
	dev->writeback_debit = 0;
	WRITE_ONCE(dev->auto_wanted, Z2_AUTO_UNSET);
	WRITE_ONCE(dev->high_pages, 0);
	dev->compressed_writeback = !drop_in;
	dev->writeback_packing = true;
	dev->offload_threads = default_threads;
	atomic_long_set(&dev->max_used_pages, 0);
	z2_stats_clear(dev->stats);
}

/**
 * z2_device_create() - a device without a disk
 * @id: its number
 *
 * Context: process, may sleep.
 * Return: the device, configuring, or ERR_PTR(-ENOMEM).
 */
struct z2_device *z2_device_create(int id)
{
	struct z2_device *dev;

	dev = kzalloc_obj(*dev);
	if (!dev)
		return ERR_PTR(-ENOMEM);
	dev->stats = z2_stats_create();
	if (!dev->stats)
		goto free_device;
	if (mempool_init_page_pool(&dev->bounce, Z2_RESERVE_BOUNCE, 0))
		goto free_stats;
	if (mempool_init_kmalloc_pool(&dev->buffers, Z2_RESERVE_BUFFERS, PAGE_SIZE + Z2_BLOCK_SIZE))
		goto exit_bounce;

	dev->id = id;
	init_rwsem(&dev->config_lock);
	init_waitqueue_head(&dev->state_wait);
	refcount_set(&dev->refs, 1);
	mutex_init(&dev->pp_lock);
	spin_lock_init(&dev->writeback_lock);
	z2_meter_init(&dev->meter);
	dev->state = Z2_CONFIGURING;
	z2_device_reset_config(dev);
	return dev;

exit_bounce:
	mempool_exit(&dev->bounce);
free_stats:
	z2_stats_destroy(dev->stats);
free_device:
	kfree(dev);
	return ERR_PTR(-ENOMEM);
}

/**
 * z2_device_destroy() - free a device
 * @dev: the device, without contents and without a disk
 *
 * Context: process, may sleep.
 */
void z2_device_destroy(struct z2_device *dev)
{
	z2_device_reset_config(dev);
	mempool_exit(&dev->buffers);
	mempool_exit(&dev->bounce);
	z2_stats_destroy(dev->stats);
	kfree(dev);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * From nothing to a live device and back, in phases.
 *
 * Bring-up makes what a live device needs, lowest first, and publishes it by
 * the move to Z2_LIVE and then the capacity.  Taking down, for a reset or a
 * removal alike:
 *
 *   claim     no new opener, no configuration      (z2_disk_claim)
 *   drain     the last opener goes, and with it the last bio; a run of
 *             post-processing ends at its next segment
 *   dismantle nobody is left who could look at it; offload's workers go first
 *
 * then a reset moves on to Z2_CONFIGURING, and a removal stays claimed while
 * the disk goes away.
 */
#include <linux/blkdev.h>
#include <linux/err.h>
#include <linux/part_stat.h>
#include <linux/sched/clock.h>
#include <linux/xarray.h>

#include <zram2/backing.h>
#include <zram2/codec.h>
#include <zram2/debugfs.h>
#include <zram2/device.h>
#include <zram2/disk.h>
#include <zram2/gc.h>
#include <zram2/io.h>
#include <zram2/lifecycle.h>
#include <zram2/offload.h>
#include <zram2/page.h>
#include <zram2/pool.h>
#include <zram2/slot.h>
#include <zram2/stats.h>

/* All devices by number; see the lock order in the device's header. */
static DEFINE_XARRAY_ALLOC(devices);
static DEFINE_MUTEX(registry);

static void run_bio(void *dev, struct bio *bio)
{
	z2_io_execute(dev, bio);
}

/*
 * local_clock() is the cheapest of clocks where the TSC isn't good enough for the
 * others, and a queue's purpose isn't defeated by a few microseconds' error.
 */
static const struct z2_offload_ops offload_ops = {
	.run = run_bio,
	.now = local_clock,
};

static void dismantle(struct z2_device *dev)
{
	unsigned int prio;

	/* First: what it carries out needs all the rest. */
	z2_offload_destroy(dev->offload);
	dev->offload = NULL;
	/* Frees the objects, into gc and on into the pool. */
	z2_slot_table_destroy(dev->table);
	dev->table = NULL;
	z2_gc_destroy(dev->gc);
	dev->gc = NULL;
	z2_pool_destroy(dev->pool);
	dev->pool = NULL;
	for (prio = 0; prio < Z2_CODECS_MAX; prio++) {
		z2_codec_destroy(dev->codecs[prio]);
		dev->codecs[prio] = NULL;
	}
}

static int create_codecs(struct z2_device *dev, const char **why)
{
	unsigned int prio;

	for (prio = 0; prio < Z2_CODECS_MAX; prio++) {
		const struct z2_algo *algo = &dev->algos[prio];
		struct z2_codec *codec;

		if (!algo->ops)
			continue;
		codec = z2_codec_create(algo->ops, &algo->params);
		if (IS_ERR(codec)) {
			*why = "the algorithm refuses its parameters or has no memory";
			return PTR_ERR(codec);
		}
		dev->codecs[prio] = codec;
	}
	return 0;
}

static int assemble(struct z2_device *dev, u64 nr_pages, const char **why)
{
	int err;

	/* An index must fit a long, and the table the address space. */
	*why = "no memory for so many pages";
	if (nr_pages > ULONG_MAX / sizeof(struct z2_slot))
		return -ENOMEM;
	dev->table = z2_slot_table_create(nr_pages, z2_page_release, dev);
	if (IS_ERR(dev->table)) {
		err = PTR_ERR(dev->table);
		dev->table = NULL;
		return err;
	}
	dev->pool = z2_pool_create(dev->disk->disk_name);
	if (IS_ERR(dev->pool)) {
		err = PTR_ERR(dev->pool);
		dev->pool = NULL;
		goto undo;
	}
	dev->gc = z2_gc_create(dev->pool, dev->gc_limit, dev->disk->disk_name);
	if (IS_ERR(dev->gc)) {
		err = PTR_ERR(dev->gc);
		dev->gc = NULL;
		goto undo;
	}
	if (dev->offload_threads) {
		dev->offload = z2_offload_create(dev->disk->disk_name, &offload_ops, dev,
						 dev->offload_threads);
		if (IS_ERR(dev->offload)) {
			err = PTR_ERR(dev->offload);
			dev->offload = NULL;
			goto undo;
		}
	}
	err = create_codecs(dev, why);
	if (err)
		goto undo;
	/* Swap looks when it is switched on, and for that there must be a size. */
	*why = "the disk can't be told whether it is synchronous";
	err = z2_disk_set_synchronous(dev, !dev->offload);
	if (err)
		goto undo;
	return 0;

undo:
	dismantle(dev);
	return err;
}

/**
 * z2_lifecycle_start() - make a device live
 * @dev: the device, configuring
 * @disksize: bytes; rounded up to whole pages
 * @why: what went wrong
 *
 * Context: process, may sleep; takes the config lock.
 * Return: 0; -EINVAL for no size; -EBUSY if it is live or being reset;
 * -ENOMEM; what an algorithm says about its parameters.
 */
int z2_lifecycle_start(struct z2_device *dev, u64 disksize, const char **why)
{
	int err;

	if (!disksize) {
		*why = "a disk of no size";
		return -EINVAL;
	}

	down_write(&dev->config_lock);
	if (dev->state != Z2_CONFIGURING) {
		*why = "the device is in use, reset it first";
		err = -EBUSY;
		goto unlock;
	}
	err = assemble(dev, z2_bytes_to_pages(disksize), why);
	if (err)
		goto unlock;

	dev->disksize = z2_bytes_to_pages(disksize) << PAGE_SHIFT;
	z2_device_move(dev, Z2_LIVE);
	set_capacity_and_notify(dev->disk, dev->disksize >> SECTOR_SHIFT);
unlock:
	up_write(&dev->config_lock);
	return err;
}

static int drain(struct z2_device *dev)
{
	int err = z2_disk_wait_closed(dev);

	if (err)
		return err;
	/* What can't be written any more is about to be forgotten anyway. */
	sync_blockdev(dev->disk->part0);
	return 0;
}

/* Claimed and drained: give back all that bring-up made. */
static void take_down(struct z2_device *dev)
{
	struct z2_backing *backing;

	/* A run that was on has seen the state; none can begin any more. */
	mutex_lock(&dev->pp_lock);
	mutex_unlock(&dev->pp_lock);

	down_write(&dev->config_lock);
	set_capacity_and_notify(dev->disk, 0);
	part_stat_set_all(dev->disk->part0, 0);
	dismantle(dev);
	backing = dev->backing;
	dev->backing = NULL;
	dev->disksize = 0;
	z2_device_reset_config(dev);
	up_write(&dev->config_lock);

	/* Not with the config lock: closing takes a disk's open_mutex. */
	z2_backing_close(backing);
}

/**
 * z2_lifecycle_reset() - forget all data and configuration
 * @dev: the device
 * @why: what went wrong
 *
 * Context: process; sleeps up to five seconds for a passing opener.
 * Return: 0; -EBUSY if it is mounted, used for swap, being reset, or stays
 * open; -EINTR if killed while it waits.
 */
int z2_lifecycle_reset(struct z2_device *dev, const char **why)
{
	int err = z2_disk_claim(dev);

	if (err) {
		*why = "the device is in use";
		return err;
	}
	err = drain(dev);
	if (err) {
		*why = "somebody keeps the device open";
		z2_disk_unclaim(dev);
		return err;
	}
	take_down(dev);
	z2_disk_unclaim(dev);
	return 0;
}

/**
 * z2_lifecycle_add() - a new device
 * @groups: attributes of its disk
 *
 * Context: process, may sleep; takes the registry.
 * Return: its number, or an errno.
 */
int z2_lifecycle_add(const struct attribute_group **groups)
{
	struct z2_device *dev;
	u32 id;
	int err;

	mutex_lock(&registry);
	err = xa_alloc(&devices, &id, NULL, XA_LIMIT(0, MINORMASK), GFP_KERNEL);
	if (err)
		goto unlock;
	dev = z2_device_create(id);
	if (IS_ERR(dev)) {
		err = PTR_ERR(dev);
		goto free_id;
	}
	err = z2_io_attach(dev);
	if (err)
		goto destroy;
	err = z2_disk_add(dev, groups);
	if (err)
		goto detach;

	z2_debugfs_add(dev);
	/* The place is reserved, so that this needs no memory. */
	xa_store(&devices, id, dev, GFP_KERNEL);
	mutex_unlock(&registry);
	return id;

detach:
	z2_io_detach(dev);
destroy:
	z2_device_destroy(dev);
free_id:
	xa_erase(&devices, id);
unlock:
	mutex_unlock(&registry);
	return err;
}

/* Claimed and drained: the disk goes, then the device. */
static void remove_claimed(struct z2_device *dev)
{
	int id = dev->id;

	take_down(dev);
	z2_debugfs_remove(dev);
	z2_disk_del(dev);
	/* Until here others may find it, and see that it is claimed. */
	mutex_lock(&registry);
	xa_erase(&devices, id);
	mutex_unlock(&registry);
	z2_disk_put(dev);
	z2_io_detach(dev);
	z2_device_destroy(dev);
}

/**
 * z2_lifecycle_remove() - remove a device
 * @id: its number
 *
 * Context: process; sleeps up to five seconds for a passing opener.
 * Return: 0; -ENODEV if there is none of that number; as a reset otherwise.
 */
int z2_lifecycle_remove(int id)
{
	struct z2_device *dev;
	int err = -ENODEV;

	/*
	 * Only who has claimed a device may free it, and claiming is done under
	 * the mutex: a second remover finds it claimed, or not at all.
	 */
	mutex_lock(&registry);
	dev = xa_load(&devices, id);
	if (dev)
		err = z2_disk_claim(dev);
	mutex_unlock(&registry);
	if (err)
		return err;

	err = drain(dev);
	if (err) {
		z2_disk_unclaim(dev);
		return err;
	}
	remove_claimed(dev);
	return 0;
}

/**
 * z2_lifecycle_remove_all() - remove all devices, at module exit
 *
 * Nobody has a disk open, for that would hold the module, and nobody can add
 * one; but somebody may be resetting one, and is waited for.
 *
 * Context: process, may sleep.
 */
void z2_lifecycle_remove_all(void)
{
	struct z2_device *dev;
	unsigned long id;

	xa_for_each(&devices, id, dev) {
		while (z2_disk_claim(dev))
			wait_event(dev->state_wait, z2_device_state(dev) != Z2_RESETTING);
		remove_claimed(dev);
	}
	xa_destroy(&devices);
}

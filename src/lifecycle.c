// SPDX-License-Identifier: GPL-2.0
/*
 * From nothing to a live device and back, in phases.
 *
 * Bring-up makes what a live device needs, lowest first, and publishes it by
 * the move to Z2_LIVE and then the capacity.  Taking down, for a reset or a
 * removal alike:
 *
 *   claim     when the last opener has gone, and with him the last bio: no new
 *             opener, no configuration             (z2_disk_claim)
 *   drain     a run of post-processing ends at its next segment, when what it
 *             has written is on the device
 *   dismantle nobody is left who could look at it; offload's workers go first, and
 *             who makes room for writes
 *
 * then a reset moves on to Z2_CONFIGURING, and a removal stays claimed while
 * the disk goes away.  Until it is drained a device can be given back as it was.
 */
#define pr_fmt(fmt) "zram2: " fmt

#include <linux/blkdev.h>
#include <linux/err.h>
#include <linux/part_stat.h>
#include <linux/printk.h>
#include <linux/sched/clock.h>
#include <linux/xarray.h>

#include <zram2/auto.h>
#include <zram2/backing.h>
#include <zram2/codec.h>
#include <zram2/debugfs.h>
#include <zram2/device.h>
#include <zram2/disk.h>
#include <zram2/gc.h>
#include <zram2/hand.h>
#include <zram2/io.h>
#include <zram2/lifecycle.h>
#include <zram2/make_room.h>
#include <zram2/offload.h>
#include <zram2/page.h>
#include <zram2/parked.h>
#include <zram2/pool.h>
#include <zram2/slot.h>
#include <zram2/stats.h>

/* All devices by number; see the lock order in the device's header. */
static DEFINE_XARRAY_ALLOC(devices);
static DEFINE_MUTEX(registry);

/* A backing device may take so long before the log says what is waited for. */
#define QUIET_TIME	(5 * HZ)

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
	z2_auto_destroy(dev->mover);
	dev->mover = NULL;
	z2_hand_destroy(dev->hand);
	dev->hand = NULL;
	z2_make_room_destroy(dev->make_room);
	dev->make_room = NULL;
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
	if (dev->backing) {
		dev->hand = z2_hand_create(nr_pages);
		if (IS_ERR(dev->hand)) {
			err = PTR_ERR(dev->hand);
			dev->hand = NULL;
			goto undo;
		}
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
	if (dev->backing) {
		dev->make_room = z2_make_room_create(dev);
		if (!dev->make_room) {
			err = -ENOMEM;
			goto undo;
		}
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
	if (dev->backing) {
		dev->mover = z2_auto_create(dev);
		if (IS_ERR(dev->mover)) {
			err = PTR_ERR(dev->mover);
			dev->mover = NULL;
			goto undo;
		}
	}
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
	z2_auto_kick(dev);
unlock:
	up_write(&dev->config_lock);
	return err;
}

/* The end of a run, which has seen the state; none can begin any more. */
static int lifecycle_drain(struct z2_device *dev, bool killable)
{
	long left;

	if (killable)
		left = wait_event_killable_timeout(dev->state_wait,
						   mutex_trylock(&dev->pp_lock), QUIET_TIME);
	else
		left = wait_event_timeout(dev->state_wait, mutex_trylock(&dev->pp_lock),
					  QUIET_TIME);
	if (left < 0)
		return -EINTR;
	if (!left) {
		pr_warn_ratelimited("%s: waiting for a run of writeback or recompress to end\n",
				    dev->disk->disk_name);
		if (!killable)
			mutex_lock(&dev->pp_lock);
		else if (mutex_lock_killable(&dev->pp_lock))
			return -EINTR;
	}
	mutex_unlock(&dev->pp_lock);
	return 0;
}

static int lifecycle_claim(struct z2_device *dev, const char **why)
{
	int err = z2_disk_claim(dev);

	*why = "the device is in use";
	if (err)
		return err;
	err = lifecycle_drain(dev, true);
	if (err) {
		*why = "killed while writeback was ending";
		z2_disk_unclaim(dev);
		/* What moves cold pages has seen it claimed, and gone to sleep. */
		down_read(&dev->config_lock);
		z2_auto_kick(dev);
		up_read(&dev->config_lock);
	}
	return err;
}

/* Claimed and drained: give back all that bring-up made. */
static void take_down(struct z2_device *dev)
{
	struct z2_backing *backing;

	down_write(&dev->config_lock);
	set_capacity_and_notify(dev->disk, 0);
	part_stat_set_all(dev->disk->part0, 0);
	dismantle(dev);
	backing = dev->backing;
	dev->backing = NULL;
	dev->disksize = 0;
	z2_device_reset_config(dev);
	z2_parked_clear_stats(dev);
	up_write(&dev->config_lock);

	/* Not with the config lock: closing takes a disk's open_mutex. */
	z2_backing_close(backing);
}

/**
 * z2_lifecycle_reset() - forget all data and configuration
 * @dev: the device
 * @why: what went wrong
 *
 * Context: process; sleeps up to five seconds for a passing opener, and for as
 * long as writes to the backing device take.
 * Return: 0; -EBUSY if it is mounted, used for swap, being reset, or stays
 * open; -EINTR if killed while it waits.  On error all is as it was.
 */
int z2_lifecycle_reset(struct z2_device *dev, const char **why)
{
	int err = lifecycle_claim(dev, why);

	if (err)
		return err;
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

static void lifecycle_put(struct z2_device *dev)
{
	if (!refcount_dec_and_test(&dev->refs))
		return;
	z2_disk_put(dev);
	z2_io_detach(dev);
	z2_device_destroy(dev);
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
	lifecycle_put(dev);
}

/**
 * z2_lifecycle_remove() - remove a device
 * @id: its number
 *
 * Context: process; sleeps as a reset does.
 * Return: 0; -ENODEV if there is none of that number; as a reset otherwise.
 */
int z2_lifecycle_remove(int id)
{
	struct z2_device *dev;
	const char *why;
	int err;

	/*
	 * Only who has claimed a device may remove it, and who finds it claimed
	 * may be the last to look at it.  Not claimed under the mutex: others
	 * don't wait for a device that hangs.
	 */
	mutex_lock(&registry);
	dev = xa_load(&devices, id);
	if (dev)
		refcount_inc(&dev->refs);
	mutex_unlock(&registry);
	if (!dev)
		return -ENODEV;

	err = lifecycle_claim(dev, &why);
	if (!err)
		remove_claimed(dev);
	lifecycle_put(dev);
	return err;
}

/**
 * z2_lifecycle_remove_all() - remove all devices, at module exit
 *
 * Or when its init has failed: then somebody may have a disk open, which holds
 * the module only once it is up, and is waited for.  So is whoever is resetting
 * a disk.  Nobody can add or remove one.
 *
 * Context: process, may sleep, for as long as it takes.
 */
void z2_lifecycle_remove_all(void)
{
	struct z2_device *dev;
	unsigned long id;

	xa_for_each(&devices, id, dev) {
		z2_disk_claim_last(dev);
		lifecycle_drain(dev, false);
		remove_claimed(dev);
	}
	xa_destroy(&devices);
}

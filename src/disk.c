// SPDX-License-Identifier: GPL-2.0
/*
 * The disk of a device: limits, operations, and who has it open.
 *
 * A disk is claimed for a reset or removal when nobody has it open, and nobody
 * can open it from then on.  Whoever has it open either holds it exclusively
 * (swap, a mounted file system), then the claim fails, or is just passing (udev
 * looks at every disk that changes), then he is waited for.  Meanwhile nothing
 * has changed yet: others may open it, and a run of post-processing goes on.
 */
#include <linux/blkdev.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/highmem.h>
#include <linux/jiffies.h>
#include <linux/printk.h>
#include <linux/rwsem.h>
#include <linux/sched/signal.h>

#include <zram2/device.h>
#include <zram2/disk.h>
#include <zram2/io.h>
#include <zram2/offload.h>
#include <zram2/page.h>
#include <zram2/slot.h>
#include <zram2/stats.h>

/* What file systems and swap may count on, whatever PAGE_SIZE is. */
#define LOGICAL_BLOCK_SIZE	4096

/* udev's probing of a disk takes milliseconds; five seconds on a busy machine. */
#define CLOSE_TIMEOUT		(5 * HZ)

static int major;
static const char *prefix;

static int open_disk(struct gendisk *disk)
{
	struct z2_device *dev = disk->private_data;

	/* disk->open_mutex is held, and by disk_try_claim() as well. */
	return z2_device_state(dev) == Z2_RESETTING ? -EBUSY : 0;
}

static void release_disk(struct gendisk *disk)
{
	struct z2_device *dev = disk->private_data;

	wake_up_all(&dev->state_wait);
}

Z2_COMPAT_OPEN(disk_open, open_disk)
Z2_COMPAT_RELEASE(disk_release, release_disk)

static bool aligned(sector_t sector, unsigned int bytes)
{
	return IS_ALIGNED(sector << SECTOR_SHIFT | bytes, LOGICAL_BLOCK_SIZE);
}

/*
 * The slots end where the disk does, and a disk without a size has none.  The
 * block layer looks before us, but neither at ->rw_page() nor, on 6.1, at bios
 * for a disk of no size.
 *
 * Of the other ways to a slot, swapon checks that swap lies within the disk,
 * before it tells us of freed pages; writeback, recompress and debugfs go
 * through the table themselves, as far as it reaches.
 */
static bool disk_covers(struct gendisk *disk, sector_t sector, sector_t sectors)
{
	sector_t capacity = get_capacity(disk);

	return sectors <= capacity && sector <= capacity - sectors;
}

static void disk_submit_bio(struct bio *bio)
{
	struct gendisk *disk = bio->bi_bdev->bd_disk;
	struct z2_device *dev = disk->private_data;

	if (unlikely(!aligned(bio->bi_iter.bi_sector, bio->bi_iter.bi_size) ||
		     !disk_covers(disk, bio->bi_iter.bi_sector, bio_sectors(bio)))) {
		z2_stats_inc(dev->stats, Z2_STAT_INVALID_IO);
		bio_io_error(bio);
		return;
	}
	if (dev->offload)
		z2_offload_submit(dev->offload, bio);
	else
		z2_io_execute(dev, bio);
}

/* One page without a bio, where mm still asks for that; see the compat header. */
static int rw_page(struct gendisk *disk, sector_t sector, struct page *page, enum req_op op)
{
	struct z2_device *dev = disk->private_data;
	unsigned long index = sector / (PAGE_SIZE >> SECTOR_SHIFT);

	if (sector % (PAGE_SIZE >> SECTOR_SHIFT))
		return -EOPNOTSUPP;
	if (!disk_covers(disk, sector, PAGE_SIZE >> SECTOR_SHIFT))
		return -EIO;
	if (op_is_write(op))
		return z2_page_write(dev, index, page, z2_slot_now());
	if (z2_page_read(dev, index, page, NULL, z2_slot_now()))
		return -EIO;
	flush_dcache_page(page);
	return 0;
}

Z2_COMPAT_RW_PAGE(disk_rw_page, rw_page)

/* Context: under swap's locks, in newer kernels with interrupts off. */
static void disk_slot_free_notify(struct block_device *bdev, unsigned long index)
{
	z2_page_free(bdev->bd_disk->private_data, index);
}

static const struct block_device_operations disk_ops = {
	.owner = THIS_MODULE,
	.open = disk_open,
	.release = disk_release,
	.submit_bio = disk_submit_bio,
	Z2_COMPAT_RW_PAGE_OP(disk_rw_page)
	.swap_slot_free_notify = disk_slot_free_notify,
};

/* For a disk that completes later: all but what can't. */
static const struct block_device_operations asynchronous_ops = {
	.owner = THIS_MODULE,
	.open = disk_open,
	.release = disk_release,
	.submit_bio = disk_submit_bio,
	.swap_slot_free_notify = disk_slot_free_notify,
};

/**
 * z2_disk_is_ours() - is it a disk of this module?
 * @devt: the number of any disk or partition
 */
bool z2_disk_is_ours(dev_t devt)
{
	return MAJOR(devt) == major;
}

/**
 * z2_disk_set_synchronous() - does a write end before its submission returns?
 * @dev: the device, without a capacity, so that there is no I/O
 * @synchronous: what to tell others
 *
 * Swap asks when it is switched on.
 *
 * Context: process, may sleep; with the config lock, takes the queue's limits
 * lock.
 * Return: 0 or an errno, nothing has changed then.
 */
int z2_disk_set_synchronous(struct z2_device *dev, bool synchronous)
{
	int err = z2_compat_set_synchronous(dev->disk->queue, synchronous);

	if (!err)
		WRITE_ONCE(dev->disk->fops, synchronous ? &disk_ops : &asynchronous_ops);
	return err;
}

/*
 * Who closes a disk counts himself out first, and waits for pages that are
 * being read then, with open_mutex held: he is gone when he gives it back.  As
 * the backing device may hang then, nobody waits for that mutex.
 *
 * Return: 0; -EAGAIN if somebody has it open, or is opening or closing it;
 * -EBUSY if somebody holds it exclusively or has claimed it.
 */
static int disk_try_claim(struct z2_device *dev)
{
	struct gendisk *disk = dev->disk;
	int err = -EAGAIN;

	if (z2_device_state(dev) == Z2_RESETTING)
		return -EBUSY;
	if (!mutex_trylock(&disk->open_mutex))
		return -EAGAIN;
	if (READ_ONCE(disk->part0->bd_holder)) {
		err = -EBUSY;
	} else if (!disk_openers(disk)) {
		down_write(&dev->config_lock);
		err = z2_device_move(dev, Z2_RESETTING);
		up_write(&dev->config_lock);
	}
	mutex_unlock(&disk->open_mutex);
	return err;
}

/* Let whoever is opening or closing the disk go on: mostly that takes no time. */
static void disk_pause(void)
{
	usleep_range(200, 1000);
}

/**
 * z2_disk_claim() - claim a disk, and keep openers out from then on
 * @dev: the device
 *
 * Moves the device to resetting, once nobody has it open.
 *
 * Context: process; sleeps up to five seconds, holding nothing; takes
 * open_mutex and the config lock.
 * Return: 0; -EBUSY if somebody holds it exclusively or has claimed it, which
 * is said at once, or still has it open after that time; -EINTR if killed.
 */
int z2_disk_claim(struct z2_device *dev)
{
	unsigned long end = jiffies + CLOSE_TIMEOUT;
	struct gendisk *disk = dev->disk;
	int err;

	while ((err = disk_try_claim(dev)) == -EAGAIN) {
		long left = end - jiffies;

		if (left <= 0)
			return -EBUSY;
		if (disk_openers(disk))
			wait_event_killable_timeout(dev->state_wait, !disk_openers(disk), left);
		else
			disk_pause();
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	return err;
}

static bool disk_is_idle(struct z2_device *dev)
{
	return !disk_openers(dev->disk) && z2_device_state(dev) != Z2_RESETTING;
}

/**
 * z2_disk_claim_last() - claim a disk before the module goes
 * @dev: the device, which nobody can remove meanwhile
 *
 * Waits for as long as it takes, for all who have it open or are resetting it.
 *
 * Context: process, may sleep; takes open_mutex and the config lock.
 */
void z2_disk_claim_last(struct z2_device *dev)
{
	while (disk_try_claim(dev)) {
		if (!wait_event_timeout(dev->state_wait, disk_is_idle(dev), CLOSE_TIMEOUT)) {
			pr_warn_ratelimited("zram2: %s: unloading waits until nobody uses it\n",
					    dev->disk->disk_name);
			wait_event(dev->state_wait, disk_is_idle(dev));
		}
		disk_pause();
	}
}

/**
 * z2_disk_unclaim() - let openers in again
 * @dev: the device, claimed; goes back to what it was
 *
 * Context: process, may sleep; takes the config lock.
 */
void z2_disk_unclaim(struct z2_device *dev)
{
	down_write(&dev->config_lock);
	z2_device_move(dev, dev->disksize ? Z2_LIVE : Z2_CONFIGURING);
	up_write(&dev->config_lock);
}

/**
 * z2_disk_add() - give a device its disk and show it
 * @dev: the device
 * @groups: attributes of the disk
 *
 * Context: process, may sleep.
 * Return: 0 or an errno.
 */
int z2_disk_add(struct z2_device *dev, const struct attribute_group **groups)
{
	const struct z2_compat_limits limits = {
		.block_size = LOGICAL_BLOCK_SIZE,
		.page_size = PAGE_SIZE,
		/* Zeroes for a part of a page are the block layer's to write. */
		.write_zeroes = PAGE_SIZE == LOGICAL_BLOCK_SIZE,
		.synchronous = true,
	};
	struct gendisk *disk = z2_compat_alloc_disk(&limits);
	int err;

	if (IS_ERR(disk))
		return PTR_ERR(disk);

	disk->major = major;
	disk->first_minor = dev->id;
	disk->minors = 1;
	/* swap_slot_free_notify() counts from the start of what is opened. */
	disk->flags |= GENHD_FL_NO_PART;
	disk->fops = &disk_ops;
	disk->private_data = dev;
	snprintf(disk->disk_name, sizeof(disk->disk_name), "%s%d", prefix, dev->id);
	dev->disk = disk;

	err = device_add_disk(NULL, disk, groups);
	if (err) {
		put_disk(disk);
		dev->disk = NULL;
	}
	return err;
}

/**
 * z2_disk_del() - take a disk away
 * @dev: the device, claimed and closed
 *
 * Waits for attributes that are being read or written.  Whoever still finds the
 * device can try to claim it, and fails.
 *
 * Context: process, may sleep.
 */
void z2_disk_del(struct z2_device *dev)
{
	del_gendisk(dev->disk);
}

/**
 * z2_disk_put() - free a disk
 * @dev: the device, whose disk was taken away, and which nobody finds any more
 *
 * Context: process, may sleep.
 */
void z2_disk_put(struct z2_device *dev)
{
	put_disk(dev->disk);
	dev->disk = NULL;
}

/**
 * z2_disk_init() - get a major number
 * @name: what disks are called, before their number; kept
 *
 * Context: process, at module init.
 * Return: 0 or an errno.
 */
int z2_disk_init(const char *name)
{
	int ret = register_blkdev(0, name);

	if (ret < 0)
		return ret;
	major = ret;
	prefix = name;
	return 0;
}

/**
 * z2_disk_exit() - undo z2_disk_init(), when all disks are gone
 */
void z2_disk_exit(void)
{
	unregister_blkdev(major, prefix);
}

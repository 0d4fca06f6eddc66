// SPDX-License-Identifier: GPL-2.0
/* The fake block device; see the header. */
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/highmem.h>
#include <linux/hrtimer.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "fake_bdev.h"
#include "fixture.h"

#define PAGE_SECTORS_MASK	(PAGE_SECTORS - 1)

/**
 * struct fake_io - a bio on its way
 * @fake: the device
 * @bio: the bio
 * @fails: how it will end
 * @node: on @fake->held
 * @timer: completes it
 */
struct fake_io {
	struct z2t_bdev *fake;
	struct bio *bio;
	bool fails;
	struct list_head node;
	struct hrtimer timer;
};

/* Between the device's memory, which is there already, and a bio's. */
static void transfer(struct z2t_bdev *fake, struct bio *bio)
{
	struct bvec_iter iter;
	struct bio_vec bv;
	sector_t sector = bio->bi_iter.bi_sector;

	bio_for_each_segment(bv, bio, iter) {
		unsigned int done, n;

		for (done = 0; done < bv.bv_len; done += n) {
			unsigned int at = (sector & PAGE_SECTORS_MASK) << SECTOR_SHIFT;
			struct page *page = xa_load(&fake->pages, sector >> PAGE_SECTORS_SHIFT);

			n = min_t(unsigned int, bv.bv_len - done, PAGE_SIZE - at);
			if (op_is_write(bio_op(bio)))
				memcpy_page(page, at, bv.bv_page, bv.bv_offset + done, n);
			else if (page)
				memcpy_page(bv.bv_page, bv.bv_offset + done, page, at, n);
			else
				memzero_page(bv.bv_page, bv.bv_offset + done, n);
			sector += n >> SECTOR_SHIFT;
		}
	}
}

static void complete_io(struct fake_io *io)
{
	struct z2t_bdev *fake = io->fake;
	struct bio *bio = io->bio;
	unsigned long flags;

	if (io->fails)
		bio->bi_status = BLK_STS_IOERR;
	else
		transfer(fake, bio);
	kfree(io);

	/* Counted before it ends: who waits for the end may look at once. */
	spin_lock_irqsave(&fake->lock, flags);
	fake->in_flight--;
	wake_up_all(&fake->wait);
	spin_unlock_irqrestore(&fake->lock, flags);
	bio_endio(bio);
}

static enum hrtimer_restart complete_timer(struct hrtimer *timer)
{
	complete_io(container_of(timer, struct fake_io, timer));
	return HRTIMER_NORESTART;
}

static void complete_from_irq(struct fake_io *io, unsigned int delay_us)
{
	hrtimer_setup(&io->timer, complete_timer, CLOCK_MONOTONIC, HRTIMER_MODE_REL);
	hrtimer_start(&io->timer, ns_to_ktime(delay_us * NSEC_PER_USEC), HRTIMER_MODE_REL);
}

/* What a write will fill. */
static void make_pages(struct z2t_bdev *fake, struct bio *bio)
{
	unsigned long first = bio->bi_iter.bi_sector >> PAGE_SECTORS_SHIFT;
	unsigned long last = (bio_end_sector(bio) - 1) >> PAGE_SECTORS_SHIFT;

	for (; first <= last; first++) {
		struct page *page;

		if (xa_load(&fake->pages, first))
			continue;
		page = alloc_page(GFP_NOIO | __GFP_ZERO | __GFP_NOFAIL);
		/* Another write to the same page may have been quicker. */
		if (xa_cmpxchg(&fake->pages, first, NULL, page, GFP_NOIO | __GFP_NOFAIL))
			__free_page(page);
	}
}

static struct z2t_request describe(struct bio *bio)
{
	struct z2t_request req = {
		.write = op_is_write(bio_op(bio)),
		.sector = bio->bi_iter.bi_sector,
		.bytes = bio->bi_iter.bi_size,
	};
	struct bvec_iter iter;
	struct bio_vec bv;

	bio_for_each_bvec(bv, bio, iter) {
		if (!req.vecs++)
			req.page = bv.bv_page;
	}
	return req;
}

static void accept(struct z2t_bdev *fake, struct bio *bio)
{
	struct z2t_request req = describe(bio);
	u64 *fail = req.write ? &fake->fail_writes : &fake->fail_reads;
	enum z2t_completion how = req.write ? READ_ONCE(fake->writes) : READ_ONCE(fake->reads);
	struct fake_io *io;
	unsigned int delay;
	unsigned long flags;

	if (fake->on_submit)
		fake->on_submit(fake, &req);
	io = kzalloc_obj(*io, GFP_NOIO | __GFP_NOFAIL);
	io->fake = fake;
	io->bio = bio;
	if (req.write)
		make_pages(fake, bio);

	spin_lock_irqsave(&fake->lock, flags);
	if (fake->nr < Z2T_LOG_MAX)
		fake->log[fake->nr] = req;
	fake->nr++;
	fake->in_flight++;
	fake->most_in_flight = max(fake->most_in_flight, fake->in_flight);
	io->fails = *fail & 1;
	*fail >>= 1;
	delay = fake->delay_us ? z2t_random(&fake->rng) % fake->delay_us : 0;
	if (how == Z2T_HELD) {
		list_add_tail(&io->node, &fake->held);
		fake->nr_held++;
	}
	wake_up_all(&fake->wait);
	spin_unlock_irqrestore(&fake->lock, flags);

	if (how == Z2T_INLINE)
		complete_io(io);
	else if (how == Z2T_IRQ)
		complete_from_irq(io, delay);
}

static void submit(struct bio *bio)
{
	unsigned int fail_nth = current->fail_nth, onward = current->make_it_fail;

	/* Tests of failing allocations don't mean the fake's. */
	current->fail_nth = 0;
	current->make_it_fail = 0;
	accept(bio->bi_bdev->bd_disk->private_data, bio);
	current->make_it_fail = onward;
	current->fail_nth = fail_nth;
}

static const struct block_device_operations fake_ops = {
	.owner = THIS_MODULE,
	.submit_bio = submit,
};

/**
 * z2t_bdev_forget() - begin a new record
 * @fake: the device, with nothing in flight
 */
void z2t_bdev_forget(struct z2t_bdev *fake)
{
	spin_lock_irq(&fake->lock);
	fake->nr = 0;
	fake->most_in_flight = fake->in_flight;
	spin_unlock_irq(&fake->lock);
}

static void count(struct z2t_bdev *fake, bool write, unsigned int *requests, u64 *bytes)
{
	unsigned int i;

	*requests = 0;
	*bytes = 0;
	spin_lock_irq(&fake->lock);
	WARN_ON(fake->nr > Z2T_LOG_MAX);
	for (i = 0; i < min_t(unsigned int, fake->nr, Z2T_LOG_MAX); i++) {
		if (fake->log[i].write != write)
			continue;
		*bytes += fake->log[i].bytes;
		(*requests)++;
	}
	spin_unlock_irq(&fake->lock);
}

/**
 * z2t_bdev_bytes() - bytes recorded
 * @fake: the device
 * @write: written, or read
 */
u64 z2t_bdev_bytes(struct z2t_bdev *fake, bool write)
{
	unsigned int requests;
	u64 bytes;

	count(fake, write, &requests, &bytes);
	return bytes;
}

/**
 * z2t_bdev_requests() - requests recorded
 * @fake: the device
 * @write: writes, or reads
 */
unsigned int z2t_bdev_requests(struct z2t_bdev *fake, bool write)
{
	unsigned int requests;
	u64 bytes;

	count(fake, write, &requests, &bytes);
	return requests;
}

static bool patiently(struct z2t_bdev *fake, unsigned int *what, unsigned int value)
{
	return wait_event_timeout(fake->wait, READ_ONCE(*what) == value,
				  msecs_to_jiffies(Z2T_PATIENCE_MS));
}

/**
 * z2t_bdev_wait_held() - wait until so many requests are held
 * @fake: the device
 * @nr: how many
 *
 * Return: false if that doesn't happen.
 */
bool z2t_bdev_wait_held(struct z2t_bdev *fake, unsigned int nr)
{
	return patiently(fake, &fake->nr_held, nr);
}

/**
 * z2t_bdev_wait_idle() - wait until nothing is in flight
 * @fake: the device
 *
 * Return: false if that doesn't happen.
 */
bool z2t_bdev_wait_idle(struct z2t_bdev *fake)
{
	return patiently(fake, &fake->in_flight, 0);
}

/**
 * z2t_bdev_release() - complete a request that is held
 * @fake: the device
 * @nth: which, 0 is the oldest
 */
void z2t_bdev_release(struct z2t_bdev *fake, unsigned int nth)
{
	struct fake_io *io, *found = NULL;

	spin_lock_irq(&fake->lock);
	list_for_each_entry(io, &fake->held, node) {
		if (nth--)
			continue;
		found = io;
		list_del(&found->node);
		fake->nr_held--;
		break;
	}
	spin_unlock_irq(&fake->lock);
	if (!WARN_ON(!found))
		complete_from_irq(found, 0);
}

/**
 * z2t_bdev_release_all() - hold nothing any more
 * @fake: the device
 */
void z2t_bdev_release_all(struct z2t_bdev *fake)
{
	WRITE_ONCE(fake->reads, Z2T_IRQ);
	WRITE_ONCE(fake->writes, Z2T_IRQ);
	while (READ_ONCE(fake->nr_held))
		z2t_bdev_release(fake, 0);
}

/**
 * z2t_bdev_damage() - change a byte
 * @fake: the device
 * @at: which; it has been written
 * @difference: bits to flip
 */
void z2t_bdev_damage(struct z2t_bdev *fake, u64 at, u8 difference)
{
	struct page *page = xa_load(&fake->pages, at >> PAGE_SHIFT);

	if (!WARN_ON(!page))
		*((u8 *)page_address(page) + at % PAGE_SIZE) ^= difference;
}

/**
 * z2t_bdev_shrink() - be shorter than one said
 * @fake: the device
 * @bytes: new size
 */
void z2t_bdev_shrink(struct z2t_bdev *fake, u64 bytes)
{
	set_capacity(fake->disk, bytes >> SECTOR_SHIFT);
}

/**
 * z2t_bdev_unplug() - be removed while in use
 * @fake: the device
 */
void z2t_bdev_unplug(struct z2t_bdev *fake)
{
	fake->dead = true;
	blk_mark_disk_dead(fake->disk);
}

static void forget_data(struct z2t_bdev *fake)
{
	unsigned long index;
	struct page *page;

	xa_for_each(&fake->pages, index, page)
		__free_page(page);
	xa_destroy(&fake->pages);
}

/**
 * z2t_bdev_destroy() - remove a device
 * @fake: the device, used by nobody any more; NULL is fine
 */
void z2t_bdev_destroy(struct z2t_bdev *fake)
{
	if (!fake)
		return;
	z2t_bdev_release_all(fake);
	WARN_ON(!z2t_bdev_wait_idle(fake));
	/* The last timer may still be on its way through bio_endio(). */
	synchronize_rcu();
	bdev_fput(fake->file);
	del_gendisk(fake->disk);
	put_disk(fake->disk);
	forget_data(fake);
	vfree(fake);
}

/**
 * z2t_bdev_renew() - make a device that was used as good as new
 * @fake: the device, with nothing in flight
 * @bytes: its size; costs nothing until it is written
 * @block_size: its logical block, 512 to 4096
 *
 * Disks take long to come and go.  Completions come from interrupts.
 *
 * Return: false if that isn't possible.
 */
bool z2t_bdev_renew(struct z2t_bdev *fake, u64 bytes, unsigned int block_size)
{
	struct queue_limits limits;

	if (fake->dead)
		return false;
	limits = queue_limits_start_update(fake->disk->queue);
	limits.logical_block_size = block_size;
	limits.physical_block_size = block_size;
	limits.io_min = block_size;
	if (queue_limits_commit_update(fake->disk->queue, &limits))
		return false;
	set_capacity(fake->disk, bytes >> SECTOR_SHIFT);
	forget_data(fake);
	fake->reads = Z2T_IRQ;
	fake->writes = Z2T_IRQ;
	fake->delay_us = 0;
	fake->fail_reads = 0;
	fake->fail_writes = 0;
	fake->on_submit = NULL;
	fake->private = NULL;
	z2t_bdev_forget(fake);
	return true;
}

static struct gendisk *add_fake_disk(struct z2t_bdev *fake)
{
	struct queue_limits limits = { .max_hw_sectors = UINT_MAX };
	static atomic_t serial;
	struct gendisk *disk;
	int err;

	disk = blk_alloc_disk(&limits, NUMA_NO_NODE);
	if (IS_ERR(disk))
		return disk;
	snprintf(disk->disk_name, DISK_NAME_LEN, "z2fake%d", atomic_inc_return(&serial));
	disk->fops = &fake_ops;
	disk->flags = GENHD_FL_NO_PART;
	disk->private_data = fake;
	err = add_disk(disk);
	if (err) {
		put_disk(disk);
		return ERR_PTR(err);
	}
	return disk;
}

/**
 * z2t_bdev_create() - a device of zeroes
 * @bytes: see z2t_bdev_renew()
 * @block_size: likewise
 *
 * Return: the device, or NULL.
 */
struct z2t_bdev *z2t_bdev_create(u64 bytes, unsigned int block_size)
{
	struct z2t_bdev *fake = vzalloc(sizeof(*fake));

	if (!fake)
		return NULL;
	spin_lock_init(&fake->lock);
	INIT_LIST_HEAD(&fake->held);
	init_waitqueue_head(&fake->wait);
	xa_init(&fake->pages);
	fake->disk = add_fake_disk(fake);
	if (IS_ERR(fake->disk))
		goto free_fake;
	fake->file = bdev_file_open_by_dev(disk_devt(fake->disk), BLK_OPEN_READ | BLK_OPEN_WRITE,
					   NULL, NULL);
	if (IS_ERR(fake->file))
		goto del_disk;
	fake->bdev = file_bdev(fake->file);
	if (z2t_bdev_renew(fake, bytes, block_size))
		return fake;
	z2t_bdev_destroy(fake);
	return NULL;

del_disk:
	del_gendisk(fake->disk);
	put_disk(fake->disk);
free_fake:
	vfree(fake);
	return NULL;
}

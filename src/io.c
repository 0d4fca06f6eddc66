// SPDX-License-Identifier: GPL-2.0
/*
 * Executing a whole bio, slot by slot.
 *
 * A slot's part of a bio is a chunk.  If it is a whole page that lies in one
 * page of memory, it goes straight through.  Otherwise - data that straddles
 * pages because the buffer isn't page aligned, or less than a page where
 * PAGE_SIZE is above the disk's block size - it goes through a bounce page.
 *
 * Most bios end before z2_io_execute() returns.  One that meets a page on the
 * backing device becomes a request: whole pages are read back asynchronously,
 * neighbours together, and whatever would have to wait is left, with the rest
 * of the bio, to a worker: under submit_bio() nobody may wait for I/O.  A write
 * that finds no room is parked, as long as somebody can make some.
 */
#define pr_fmt(fmt) "zram2: " fmt

#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/bvec.h>
#include <linux/errno.h>
#include <linux/highmem.h>
#include <linux/mempool.h>
#include <linux/printk.h>
#include <linux/timekeeping.h>

#include <zram2/backing.h>
#include <zram2/device.h>
#include <zram2/io.h>
#include <zram2/make_room.h>
#include <zram2/page.h>
#include <zram2/parked.h>
#include <zram2/readback.h>
#include <zram2/reserves.h>
#include <zram2/slot.h>
#include <zram2/stats.h>

#define SECTORS_PER_PAGE	(PAGE_SIZE >> SECTOR_SHIFT)

/**
 * struct request - a bio that doesn't end at once
 * @dev: the device
 * @bio: the bio
 * @start: when it came, for accounting
 * @pending: batches being read back, and whoever goes through the bio
 * @err: of what failed; any will do
 * @rest: where the worker goes on
 * @work: the worker
 */
struct request {
	struct z2_device *dev;
	struct bio *bio;
	unsigned long start;
	atomic_t pending;
	int err;
	struct bvec_iter rest;
	struct work_struct work;
};

/**
 * struct walk - going through a bio
 * @dev: the device
 * @bio: the bio
 * @iter: where the present chunk's data begins
 * @index: the present chunk's slot
 * @offset: bytes into the slot
 * @len: bytes
 * @may_wait: for I/O
 * @now: when it is carried out, for the slots
 * @start: when the bio came
 * @req: NULL as long as the bio can end at once
 * @batch: what is being gathered for reading back, or NULL
 */
struct walk {
	struct z2_device *dev;
	struct bio *bio;
	struct bvec_iter iter;
	unsigned long index;
	unsigned int offset;
	unsigned int len;
	bool may_wait;
	u32 now;
	unsigned long start;
	struct request *req;
	struct z2_readback *batch;
};

/* Of a chunk: 0, an errno, or Z2_PAGE_BACKED: go on in the worker. */
typedef int (*chunk_fn)(struct walk *walk);

static void copy_to_bio(struct bio *bio, struct bvec_iter iter, const void *src, unsigned int len)
{
	while (len) {
		struct bio_vec bv = bio_iter_iovec(bio, iter);

		bv.bv_len = min(bv.bv_len, len);
		memcpy_to_bvec(&bv, src);
		flush_dcache_page(bv.bv_page);
		bio_advance_iter_single(bio, &iter, bv.bv_len);
		src += bv.bv_len;
		len -= bv.bv_len;
	}
}

static void copy_from_bio(void *dst, struct bio *bio, struct bvec_iter iter, unsigned int len)
{
	while (len) {
		struct bio_vec bv = bio_iter_iovec(bio, iter);

		bv.bv_len = min(bv.bv_len, len);
		memcpy_from_bvec(dst, &bv);
		bio_advance_iter_single(bio, &iter, bv.bv_len);
		dst += bv.bv_len;
		len -= bv.bv_len;
	}
}

/* The page that holds all of a chunk's data and nothing else, if there is one. */
static struct page *direct_page(const struct walk *walk)
{
	struct bio_vec bv = bio_iter_iovec(walk->bio, walk->iter);

	/* The iterator never gives more than a page's worth of one page. */
	return walk->len == PAGE_SIZE && bv.bv_len == PAGE_SIZE ? bv.bv_page : NULL;
}

static void end_bio(struct z2_device *dev, struct bio *bio, unsigned long start, int err)
{
	if (err) {
		if (op_is_write(bio_op(bio)))
			z2_stats_inc(dev->stats, Z2_STAT_FAILED_WRITES);
		else
			z2_stats_inc(dev->stats, Z2_STAT_FAILED_READS);
		bio->bi_status = err == -EOPNOTSUPP ? BLK_STS_NOTSUPP : BLK_STS_IOERR;
	}
	bio_end_io_acct(bio, start);
	bio_endio(bio);
}

static void put_request(struct request *req)
{
	struct z2_device *dev = req->dev;
	struct bio *bio = req->bio;
	unsigned long start = req->start;
	int err;

	if (!atomic_dec_and_test(&req->pending))
		return;
	/* With the bio's end the device may go, and what requests come from. */
	err = READ_ONCE(req->err);
	mempool_free(req, &dev->requests);
	end_bio(dev, bio, start, err);
}

static void batch_done(void *ctx, int err)
{
	struct request *req = ctx;

	if (err)
		WRITE_ONCE(req->err, err);
	put_request(req);
}

static void submit_batch(struct walk *walk)
{
	if (!walk->batch)
		return;
	atomic_inc(&walk->req->pending);
	z2_readback_submit(walk->batch);
	walk->batch = NULL;
}

/* Gather what is pinned for reading back; false if there is no memory. */
static bool read_back(struct walk *walk, const struct z2_object *obj, struct page *page)
{
	if (walk->batch && z2_readback_add(walk->batch, obj, page))
		return true;
	submit_batch(walk);
	walk->batch = z2_readback_start(walk->dev, DIV_ROUND_UP(walk->iter.bi_size, PAGE_SIZE),
					batch_done, walk->req);
	return walk->batch && z2_readback_add(walk->batch, obj, page);
}

static int read_chunk(struct walk *walk)
{
	struct page *page = direct_page(walk);
	struct z2_device *dev = walk->dev;
	struct z2_object obj;
	int ret;

	if (!page) {
		page = mempool_alloc(&dev->bounce, GFP_NOIO);
		ret = z2_page_read(dev, walk->index, page, walk->may_wait ? &obj : NULL,
				   walk->now);
		if (ret == Z2_PAGE_BACKED && walk->may_wait) {
			ret = z2_readback_page(dev, &obj, page);
			z2_readback_unpin(dev, &obj);
		}
		if (!ret)
			copy_to_bio(walk->bio, walk->iter, page_address(page) + walk->offset,
				    walk->len);
		mempool_free(page, &dev->bounce);
		return ret;
	}

	/* The next one is often read next: on its way while this is decompressed. */
	z2_page_prefetch(dev, walk->index + 1);
	/* Without a request there is nothing yet that could wait for the read. */
	ret = z2_page_read(dev, walk->index, page, walk->req ? &obj : NULL, walk->now);
	if (ret == Z2_PAGE_BACKED && walk->req) {
		if (read_back(walk, &obj, page))
			return 0;
		if (walk->may_wait)
			ret = z2_readback_page(dev, &obj, page);
		z2_readback_unpin(dev, &obj);
	}
	flush_dcache_page(page);
	return ret;
}

static void overlay(void *arg, void *page)
{
	const struct walk *walk = arg;

	copy_from_bio(page + walk->offset, walk->bio, walk->iter, walk->len);
}

static int write_chunk(struct walk *walk)
{
	struct page *page = direct_page(walk);
	struct z2_device *dev = walk->dev;
	int ret;

	if (page)
		return z2_page_write(dev, walk->index, page, walk->now);

	page = mempool_alloc(&dev->bounce, GFP_NOIO);
	if (walk->len == PAGE_SIZE) {
		copy_from_bio(page_address(page), walk->bio, walk->iter, walk->len);
		ret = z2_page_write(dev, walk->index, page, walk->now);
	} else {
		ret = z2_page_modify(dev, walk->index, page, overlay, walk, walk->may_wait,
				     walk->now);
	}
	mempool_free(page, &dev->bounce);
	return ret;
}

/* Discarding so many pages takes a microsecond. */
#define RESCHED_PAGES	64

/*
 * Discard and write-zeroes.  The part of a page that a discard covers is left
 * alone: it would cost memory, and a discard is there to save some.
 * Write-zeroes never comes for a part, see the disk's limits.
 */
static int discard_chunk(struct walk *walk)
{
	if (walk->len == PAGE_SIZE)
		z2_page_free(walk->dev, walk->index);
	if (!(walk->index % RESCHED_PAGES))
		cond_resched();
	return 0;
}

/* Chunk by chunk, until one can't be done here. */
static int go(struct walk *walk, chunk_fn fn)
{
	int ret = 0;

	while (walk->iter.bi_size) {
		sector_t sector = walk->iter.bi_sector;

		walk->index = sector / SECTORS_PER_PAGE;
		walk->offset = (sector % SECTORS_PER_PAGE) << SECTOR_SHIFT;
		walk->len = min_t(unsigned int, PAGE_SIZE - walk->offset, walk->iter.bi_size);
		ret = fn(walk);
		if (ret)
			break;
		bio_advance_iter(walk->bio, &walk->iter, walk->len);
	}
	submit_batch(walk);
	return ret;
}

/*
 * A write has failed.  One that found no room is left to whoever makes some; others end
 * here.  Either way the device may be gone afterwards.
 */
static void fail_write(const struct walk *walk, int err)
{
	struct z2_device *dev = walk->dev;

	/* Nobody else has a part in the request: nothing is read back for a write. */
	if (walk->req)
		mempool_free(walk->req, &dev->requests);
	if ((err == -ENOSPC || err == -ENOMEM) && z2_make_room_possible(dev) &&
	    z2_parked_add(dev, walk->bio, &walk->iter, walk->start))
		return;
	pr_err_ratelimited("%s: page %lu can't be stored (%d)\n", dev->disk->disk_name,
			   walk->index, err);
	end_bio(dev, walk->bio, walk->start, err);
}

/* A parked write is tried again. */
static int resume_write(struct z2_device *dev, struct bio *bio, struct bvec_iter *iter)
{
	struct walk walk = {
		.dev = dev,
		.bio = bio,
		.iter = *iter,
		.may_wait = true,
		.now = z2_slot_now(),
	};
	int err = go(&walk, write_chunk);

	*iter = walk.iter;
	return err;
}

static const struct z2_parked_ops parked_ops = {
	.resume = resume_write,
	.end = end_bio,
	.kick = z2_make_room_kick,
	.now = ktime_get_ns,
};

static void rest_work(struct work_struct *work)
{
	struct request *req = container_of(work, struct request, work);
	struct walk walk = {
		.dev = req->dev,
		.bio = req->bio,
		.iter = req->rest,
		.may_wait = true,
		.now = z2_slot_now(),
		.start = req->start,
		.req = req,
	};
	bool write = op_is_write(bio_op(req->bio));
	int err = go(&walk, write ? write_chunk : read_chunk);

	if (err && write) {
		fail_write(&walk, err);
		return;
	}
	if (err)
		WRITE_ONCE(req->err, err);
	put_request(req);
}

/*
 * The bio won't end at once.  Waiting for memory is safe: this bio has nothing
 * in flight yet, and holds none of the reserves.
 */
static void make_request(struct walk *walk)
{
	struct request *req = mempool_alloc(&walk->dev->requests, GFP_NOIO);

	*req = (struct request){
		.dev = walk->dev,
		.bio = walk->bio,
		.start = walk->start,
		.pending = ATOMIC_INIT(1),
	};
	INIT_WORK(&req->work, rest_work);
	walk->req = req;
}

static void read_or_write(struct walk *walk, chunk_fn fn)
{
	int ret = go(walk, fn);

	if (ret == Z2_PAGE_BACKED && !walk->req) {
		make_request(walk);
		ret = go(walk, fn);
	}
	if (ret < 0 && fn == write_chunk) {
		fail_write(walk, ret);
		return;
	}
	if (!walk->req) {
		end_bio(walk->dev, walk->bio, walk->start, ret);
	} else if (ret == Z2_PAGE_BACKED) {
		walk->req->rest = walk->iter;
		z2_backing_defer(walk->dev->backing, &walk->req->work);
	} else {
		batch_done(walk->req, ret);
	}
}

/**
 * z2_io_execute() - carry out a bio
 * @dev: the device, live
 * @bio: read, write, discard or write-zeroes of any size, in whole sectors
 *	and within the disk; ended when it is done
 *
 * A read or write that fails half way leaves what it did.  A write for which there is
 * no room ends when there is some, if pages can leave for the backing device.
 *
 * Context: process, may sleep, doesn't wait for I/O; fit for reclaim.
 */
void z2_io_execute(struct z2_device *dev, struct bio *bio)
{
	struct walk walk = {
		.dev = dev,
		.bio = bio,
		.iter = bio->bi_iter,
		.now = z2_slot_now(),
		.start = bio_start_io_acct(bio),
	};

	switch (bio_op(bio)) {
	case REQ_OP_READ:
		read_or_write(&walk, read_chunk);
		break;
	case REQ_OP_WRITE:
		read_or_write(&walk, write_chunk);
		break;
	case REQ_OP_DISCARD:
	case REQ_OP_WRITE_ZEROES:
		end_bio(dev, bio, walk.start, go(&walk, discard_chunk));
		break;
	default:
		end_bio(dev, bio, walk.start, -EOPNOTSUPP);
	}
}

/**
 * z2_io_attach() - prepare a device for bios
 * @dev: the device
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int z2_io_attach(struct z2_device *dev)
{
	int err = mempool_init_kmalloc_pool(&dev->requests, Z2_RESERVE_REQUESTS,
					    sizeof(struct request));

	if (err)
		return err;
	err = z2_parked_attach(dev, &parked_ops);
	if (err)
		mempool_exit(&dev->requests);
	return err;
}

/**
 * z2_io_detach() - undo z2_io_attach()
 * @dev: the device, to which no bio comes any more
 */
void z2_io_detach(struct z2_device *dev)
{
	z2_parked_detach(dev);
	mempool_exit(&dev->requests);
}

// SPDX-License-Identifier: GPL-2.0
/* Reading objects back; see the header. */
#define pr_fmt(fmt) "zram2: " fmt

#include <linux/blkdev.h>
#include <linux/errno.h>
#include <linux/highmem.h>
#include <linux/mempool.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include <zram2/backing.h>
#include <zram2/codec.h>
#include <zram2/device.h>
#include <zram2/readback.h>
#include <zram2/slot.h>
#include <zram2/trace.h>

/* As long as what was written by one bio can be read by one. */
#define READ_PAGES_MAX	DIV_ROUND_UP(SZ_128K + 2 * Z2_BLOCK_SIZE, PAGE_SIZE)
#define ITEMS_MAX	64U

/**
 * struct item - an object to be read
 * @obj: what it is and where
 * @page: where it goes
 */
struct item {
	struct z2_object obj;
	struct page *page;
};

/**
 * struct z2_readback - neighbours on the device that are read by one bio
 * @dev: the device
 * @done: told when all are read
 * @ctx: its argument
 * @work: for when there is no memory to read them together
 * @start: first byte on the device to be read
 * @end: behind the last one
 * @raw: pages that are read straight into place; others go through pages of
 *	the bio's own
 * @nr: items
 * @items: the objects
 * @items_max: room for them
 * @vecs: the bio's
 * @vecs_max: room for them
 * @io: the read; last, for old bios end with an array
 *
 * For one page, as swap reads it, it is 0.4 KB, and for as many as fit 2.4 KB;
 * nothing is cleared that is written before it is read.
 */
struct z2_readback {
	struct z2_device *dev;
	z2_readback_done_fn done;
	void *ctx;
	struct work_struct work;
	u64 start;
	u64 end;
	bool raw;
	unsigned int nr;
	struct item *items;
	unsigned int items_max;
	struct bio_vec *vecs;
	unsigned int vecs_max;
	struct z2_backing_io io;
};

static struct z2_extent readback_extent(struct z2_device *dev, const struct z2_object *obj)
{
	return z2_location_extent(obj->word, z2_device_stored_size(dev, obj));
}

static u64 readback_first_byte(const struct z2_extent *extent)
{
	return ((u64)extent->block << Z2_BLOCK_SHIFT) + extent->offset;
}

/**
 * z2_readback_pin() - keep an object on the device until it is read
 * @dev: the device
 * @obj: an object in a slot that is locked
 *
 * Context: process, interrupts on or off.
 */
void z2_readback_pin(struct z2_device *dev, const struct z2_object *obj)
{
	struct z2_extent extent = readback_extent(dev, obj);

	z2_blockmap_pin(z2_backing_map(dev->backing), &extent);
}

/**
 * z2_readback_unpin() - the object has been read, or won't be
 * @dev: the device
 * @obj: as it was pinned
 *
 * Context: process, interrupts on or off.
 */
void z2_readback_unpin(struct z2_device *dev, const struct z2_object *obj)
{
	struct z2_extent extent = readback_extent(dev, obj);

	z2_blockmap_unpin(z2_backing_map(dev->backing), &extent);
}

/* What was read is the object, and not what a broken device made of it? */
static int readback_check(struct z2_device *dev, const struct z2_object *obj, const void *bytes)
{
	if (z2_backing_check(bytes, z2_device_stored_size(dev, obj)) ==
	    z2_location_check(obj->word))
		return 0;
	atomic64_inc(&z2_backing_stats(dev->backing)->check_errors);
	pr_err_ratelimited("%s: backing device: block %u: the data is damaged\n",
			   dev->disk->disk_name, (u32)obj->word);
	return -EIO;
}

static int readback_decode(struct z2_device *dev, struct z2_stream *stream,
			   const struct z2_object *obj, const void *bytes, struct page *page)
{
	struct z2_codec *codec = dev->codecs[z2_object_prio(obj)];
	void *dst;
	int err;

	err = readback_check(dev, obj, bytes);
	if (err)
		return err;
	dst = kmap_local_page(page);
	err = z2_codec_decompress(codec, stream, bytes, z2_object_size(obj), dst);
	kunmap_local(dst);
	flush_dcache_page(page);
	if (err) {
		atomic64_inc(&z2_backing_stats(dev->backing)->check_errors);
		pr_err_ratelimited("%s: backing device: block %u: can't be decompressed (%d)\n",
				   dev->disk->disk_name, (u32)obj->word, err);
	}
	return err;
}

static int readback_check_page(struct z2_device *dev, const struct z2_object *obj,
			       struct page *page)
{
	void *bytes = kmap_local_page(page);
	int err = readback_check(dev, obj, bytes);

	kunmap_local(bytes);
	flush_dcache_page(page);
	return err;
}

/* Bytes of the bounce pages, gathered into @gather if they lie in two. */
static const void *readback_bounced(const struct z2_readback *rb, unsigned int at,
				    unsigned int size, void *gather)
{
	unsigned int offset = at % PAGE_SIZE;
	const void *first = page_address(rb->vecs[at / PAGE_SIZE].bv_page) + offset;
	unsigned int here = PAGE_SIZE - offset;

	if (size <= here)
		return first;
	memcpy(gather, first, here);
	memcpy(gather + here, page_address(rb->vecs[at / PAGE_SIZE + 1].bv_page), size - here);
	return gather;
}

static int readback_finish_item(const struct z2_readback *rb, const struct item *item)
{
	struct z2_device *dev = rb->dev;
	struct z2_extent extent = readback_extent(dev, &item->obj);
	struct z2_stream *stream;
	const void *bytes;
	int err;

	if (rb->raw)
		return readback_check_page(dev, &item->obj, item->page);

	stream = z2_codec_get(dev->codecs[z2_object_prio(&item->obj)], Z2_DECOMPRESS);
	bytes = readback_bounced(rb, readback_first_byte(&extent) - rb->start, extent.size,
				 stream->buffer);
	err = readback_decode(dev, stream, &item->obj, bytes, item->page);
	z2_codec_put(stream);
	return err;
}

static void readback_free_bounce(struct z2_readback *rb)
{
	unsigned int i;

	for (i = 0; i < rb->io.bio.bi_vcnt && !rb->raw; i++)
		__free_page(rb->vecs[i].bv_page);
}

static void readback_finish(struct z2_readback *rb, int err)
{
	unsigned int i;

	trace_zram2_readback_done(rb->dev->disk->disk_name, rb->start, err);
	for (i = 0; i < rb->nr; i++)
		z2_readback_unpin(rb->dev, &rb->items[i].obj);
	/* Once all is done the device may go. */
	rb->done(rb->ctx, err);
	kfree(rb);
}

static void readback_io_done(struct z2_backing_io *io)
{
	struct z2_readback *rb = io->private;
	int err = blk_status_to_errno(io->bio.bi_status);
	unsigned int i;

	for (i = 0; i < rb->nr && !err; i++)
		err = readback_finish_item(rb, &rb->items[i]);
	readback_free_bounce(rb);
	bio_uninit(&io->bio);
	readback_finish(rb, err);
}

/* No memory: one by one, with the buffers that are kept for that. */
static void readback_singly(struct work_struct *work)
{
	struct z2_readback *rb = container_of(work, struct z2_readback, work);
	unsigned int i;
	int err = 0;

	for (i = 0; i < rb->nr && !err; i++)
		err = z2_readback_page(rb->dev, &rb->items[i].obj, rb->items[i].page);
	readback_finish(rb, err);
}

/**
 * z2_readback_start() - a batch without objects
 * @dev: the device
 * @most: how many will be added at most; it may not hold so many
 * @done: told when the batch has been read
 * @ctx: its argument
 *
 * Context: any; doesn't wait.
 * Return: the batch, or NULL without memory.
 */
struct z2_readback *z2_readback_start(struct z2_device *dev, unsigned int most,
				      z2_readback_done_fn done, void *ctx)
{
	unsigned int items = min(most, ITEMS_MAX);
	/* Packed ones begin and end within a page. */
	unsigned int vecs = min_t(unsigned int, items + 1, READ_PAGES_MAX);
	struct z2_readback *rb;

	rb = kmalloc(sizeof(*rb) + vecs * sizeof(*rb->vecs) + items * sizeof(*rb->items),
		     GFP_NOWAIT | __GFP_NOWARN);
	if (!rb)
		return NULL;
	rb->dev = dev;
	rb->done = done;
	rb->ctx = ctx;
	INIT_WORK(&rb->work, readback_singly);
	rb->nr = 0;
	rb->vecs = (struct bio_vec *)(rb + 1);
	rb->vecs_max = vecs;
	rb->items = (struct item *)(rb->vecs + vecs);
	rb->items_max = items;
	return rb;
}

/**
 * z2_readback_add() - read this as well
 * @rb: the batch
 * @obj: the object, pinned; the batch unpins it
 * @page: where to
 *
 * Return: whether it was added; not if it is no neighbour of what is there.
 */
bool z2_readback_add(struct z2_readback *rb, const struct z2_object *obj, struct page *page)
{
	struct z2_device *dev = rb->dev;
	struct z2_extent extent = readback_extent(dev, obj);
	unsigned int unit = z2_backing_unit(dev->backing);
	u64 start = round_down(readback_first_byte(&extent), unit);
	u64 end = round_up(readback_first_byte(&extent) + extent.size, unit);
	bool raw = extent.size == PAGE_SIZE;

	if (!rb->nr) {
		rb->start = start;
		rb->end = end;
		rb->raw = raw;
	} else if (rb->nr == rb->items_max || rb->raw != raw ||
		   end - rb->start > (u64)rb->vecs_max * PAGE_SIZE) {
		return false;
	} else if (raw ? start != rb->end : start < rb->start || start > rb->end) {
		return false;
	}
	rb->end = max(rb->end, end);
	rb->items[rb->nr++] = (struct item){ .obj = *obj, .page = page };
	return true;
}

static bool readback_add_pages(struct z2_readback *rb)
{
	unsigned int left = rb->end - rb->start;
	unsigned int i;

	for (i = 0; left; i++) {
		unsigned int len = min_t(unsigned int, left, PAGE_SIZE);
		struct page *page = rb->raw ? rb->items[i].page :
					      alloc_page(GFP_NOWAIT | __GFP_NOWARN);

		if (!page)
			return false;
		__bio_add_page(&rb->io.bio, page, len, 0);
		left -= len;
	}
	return true;
}

/**
 * z2_readback_submit() - read a batch
 * @rb: the batch, with an object at least; not the caller's any more
 *
 * Context: process, also under submit_bio(): doesn't wait.
 */
void z2_readback_submit(struct z2_readback *rb)
{
	struct z2_backing *backing = rb->dev->backing;

	trace_zram2_readback(rb->dev->disk->disk_name, rb->start, rb->end - rb->start, rb->nr);
	z2_backing_io_init(&rb->io, backing, REQ_OP_READ, rb->vecs, rb->vecs_max);
	if (!readback_add_pages(rb)) {
		readback_free_bounce(rb);
		bio_uninit(&rb->io.bio);
		z2_backing_defer(backing, &rb->work);
		return;
	}
	rb->io.done = readback_io_done;
	rb->io.private = rb;
	z2_backing_io_submit(&rb->io, rb->start >> SECTOR_SHIFT);
}

/* Read the sectors of an object into @buffer; returns where it begins there. */
static void *readback_read_sectors(struct z2_device *dev, const struct z2_object *obj,
				   void *buffer, int *err)
{
	struct z2_backing *backing = dev->backing;
	struct z2_extent extent = readback_extent(dev, obj);
	unsigned int unit = z2_backing_unit(backing);
	u64 start = round_down(readback_first_byte(&extent), unit);
	u64 end = round_up(readback_first_byte(&extent) + extent.size, unit);

	*err = z2_backing_read(backing, start >> SECTOR_SHIFT, buffer, end - start);
	return buffer + (readback_first_byte(&extent) - start);
}

/**
 * z2_readback_bytes() - read an object as it is stored
 * @dev: the device
 * @obj: the object, pinned; stays so
 * @bytes: z2_device_stored_size() bytes
 *
 * Context: process; waits for the I/O.
 * Return: 0, -EIO if the bytes are damaged, what the device said.
 */
int z2_readback_bytes(struct z2_device *dev, const struct z2_object *obj, void *bytes)
{
	void *buffer = mempool_alloc(&dev->buffers, GFP_NOIO);
	void *found;
	int err;

	found = readback_read_sectors(dev, obj, buffer, &err);
	err = err ?: readback_check(dev, obj, found);
	if (!err)
		memcpy(bytes, found, z2_device_stored_size(dev, obj));
	mempool_free(buffer, &dev->buffers);
	return err;
}

/**
 * z2_readback_page() - read a page
 * @dev: the device
 * @obj: the object, pinned; stays so
 * @page: where to
 *
 * Context: process, not under submit_bio(): waits for the I/O.
 * Return: 0, -EIO if the bytes are damaged, what the device said.
 */
int z2_readback_page(struct z2_device *dev, const struct z2_object *obj, struct page *page)
{
	bool raw = z2_device_stored_size(dev, obj) == PAGE_SIZE;
	void *buffer = mempool_alloc(&dev->buffers, GFP_NOIO);
	struct z2_stream *stream;
	void *found;
	int err;

	found = readback_read_sectors(dev, obj, buffer, &err);
	if (err)
		goto free_buffer;
	if (raw) {
		err = readback_check(dev, obj, found);
		if (!err)
			memcpy_to_page(page, 0, found, PAGE_SIZE);
	} else {
		stream = z2_codec_get(dev->codecs[z2_object_prio(obj)], Z2_DECOMPRESS);
		err = readback_decode(dev, stream, obj, found, page);
		z2_codec_put(stream);
	}
free_buffer:
	mempool_free(buffer, &dev->buffers);
	return err;
}

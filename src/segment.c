// SPDX-License-Identifier: GPL-2.0
/* Segments; see the header. */
#include <linux/blkdev.h>
#include <linux/err.h>
#include <linux/gfp.h>
#include <linux/minmax.h>
#include <linux/slab.h>

#include <zram2/backing.h>
#include <zram2/device.h>
#include <zram2/page.h>
#include <zram2/segment.h>
#include <zram2/slot.h>
#include <zram2/trace.h>

/*
 * 128 KiB, or less where memory isn't to be had in such pieces: larger writes
 * gain nothing on flash, and what a signal or a reset waits for stays short.
 */
#define SEGMENT_BYTES	SZ_128K
#define SEGMENT_BLOCKS	(SEGMENT_BYTES / Z2_BLOCK_SIZE)

/* For objects of 128 bytes; a segment of smaller ones is shorter. */
#define ENTRIES_MAX	(SEGMENT_BYTES / 128)

/**
 * struct entry - an object in a segment
 * @index: its slot
 * @obj: what was taken there
 * @location: where it will be
 */
struct entry {
	unsigned long index;
	struct z2_object obj;
	u64 location;
};

/**
 * struct z2_segment - a run of blocks and what is to be written there
 * @segs: whose
 * @node: on @segs->idle
 * @page: the buffer, physically contiguous
 * @order: its size
 * @first: the first block
 * @blocks: reserved
 * @debited: they were debited from the writeback limit
 * @limit_changes: which limit that was, see struct z2_device
 * @fill: how far it is filled
 * @entries: the objects
 *
 * Owned by the run while open, by the completion while in flight.
 */
struct z2_segment {
	struct z2_segments *segs;
	struct list_head node;
	struct page *page;
	unsigned int order;
	u32 first;
	unsigned int blocks;
	bool debited;
	unsigned int limit_changes;
	struct z2_segment_fill fill;
	struct entry entries[ENTRIES_MAX];
};

static struct z2_segment *segment_alloc(struct z2_segments *segs)
{
	const gfp_t gfp = segs->gfp | __GFP_NOWARN;
	struct z2_segment *seg = kvmalloc(sizeof(*seg), gfp);
	unsigned int order = get_order(SEGMENT_BYTES);

	if (!seg)
		return NULL;
	seg->segs = segs;
	for (;;) {
		seg->page = alloc_pages(gfp | (order ? __GFP_COMP : 0), order);
		if (seg->page || !order)
			break;
		order--;
	}
	if (!seg->page) {
		kvfree(seg);
		return NULL;
	}
	seg->order = order;
	return seg;
}

static void segment_free(struct z2_segment *seg)
{
	__free_pages(seg->page, seg->order);
	kvfree(seg);
}

/*
 * Blocks that may still be written; debited first, and given back if not used.  The
 * limit is the user's, the debit is for whoever keeps account of wear.
 */
static unsigned int debit_limit(struct z2_device *dev, struct z2_segment *seg, unsigned int want)
{
	unsigned int got = want;

	spin_lock(&dev->writeback_lock);
	seg->debited = dev->writeback_limit_enable;
	seg->limit_changes = dev->writeback_limit_changes;
	if (seg->debited) {
		got = min_t(u64, want, dev->writeback_limit);
		dev->writeback_limit -= got;
	}
	dev->writeback_debit += (s64)got * Z2_BLOCK_SIZE;
	spin_unlock(&dev->writeback_lock);
	return got;
}

static void credit_limit(struct z2_device *dev, const struct z2_segment *seg, unsigned int blocks)
{
	spin_lock(&dev->writeback_lock);
	if (seg->debited && seg->limit_changes == dev->writeback_limit_changes)
		dev->writeback_limit += blocks;
	dev->writeback_debit -= (s64)blocks * Z2_BLOCK_SIZE;
	spin_unlock(&dev->writeback_lock);
}

/* Give back the tail of what was reserved. */
static void segment_shrink(struct z2_segment *seg, unsigned int blocks)
{
	struct z2_device *dev = seg->segs->dev;
	unsigned int surplus = seg->blocks - blocks;

	if (!surplus)
		return;
	z2_blockmap_unreserve(z2_backing_map(dev->backing), seg->first + blocks, surplus);
	credit_limit(dev, seg, surplus);
	seg->blocks = blocks;
}

/* The slot's object is where it was written now, if nobody has touched it since. */
static bool install(struct z2_device *dev, const struct entry *entry)
{
	struct z2_extent extent = z2_location_extent(entry->location,
						     z2_device_stored_size(dev, &entry->obj));
	struct z2_object old, new;

	if (!z2_page_lock_taken(dev, entry->index, &entry->obj, &old))
		return false;
	new = z2_object_make(entry->location, z2_object_size(&old),
			     (old.state & (Z2_SLOT_HUGE | Z2_SLOT_INCOMPRESSIBLE)) |
			     Z2_SLOT_BACKING, z2_object_prio(&old));
	z2_blockmap_add(z2_backing_map(dev->backing), &extent);
	z2_page_exchange(dev, entry->index, &old, &new);
	return true;
}

static void forget(struct z2_device *dev, const struct entry *entry)
{
	z2_slot_read_lock(dev->table, entry->index);
	z2_slot_unmark(dev->table, entry->index, Z2_SLOT_PP);
	z2_slot_read_unlock(dev->table, entry->index);
}

static void segment_done(struct z2_backing_io *io)
{
	struct z2_segment *seg = io->private;
	struct z2_segments *segs = seg->segs;
	struct z2_device *dev = segs->dev;
	int err = blk_status_to_errno(io->bio.bi_status);
	unsigned int i, installed = 0, left = 0, left_bytes = 0;

	z2_backing_io_free(io);
	for (i = 0; i < seg->fill.nr; i++) {
		const struct entry *entry = &seg->entries[i];

		if (err) {
			forget(dev, entry);
		} else if (install(dev, entry)) {
			installed++;
			if (!z2_object_is(&entry->obj, Z2_SLOT_BACKING)) {
				left++;
				left_bytes += z2_object_size(&entry->obj);
			}
		}
	}
	trace_zram2_writeback_done(dev->disk->disk_name, seg->first, installed, err);
	z2_blockmap_unreserve(z2_backing_map(dev->backing), seg->first, seg->blocks);
	/* What was not written is not worn. */
	if (err)
		credit_limit(dev, seg, seg->blocks);

	spin_lock(&segs->lock);
	list_add(&seg->node, &segs->idle);
	segs->in_flight--;
	segs->left += left;
	segs->left_bytes += left_bytes;
	if (err)
		segs->err = err;
	/* Under the lock: the waiter may free @segs as soon as it has it. */
	wake_up(&segs->wait);
	spin_unlock(&segs->lock);
}

static void segment_submit(struct z2_segment *seg)
{
	struct z2_segments *segs = seg->segs;
	struct z2_backing *backing = segs->dev->backing;
	unsigned int bytes = round_up(seg->fill.len, z2_backing_unit(backing));
	struct z2_backing_io *io;

	memset(page_address(seg->page) + seg->fill.len, 0, bytes - seg->fill.len);
	segment_shrink(seg, DIV_ROUND_UP(seg->fill.len, Z2_BLOCK_SIZE));

	wait_event(segs->wait, READ_ONCE(segs->in_flight) < segs->batch);
	/* May wait for memory, hence never fails. */
	io = z2_backing_io_alloc(backing, REQ_OP_WRITE | segs->opf, 1, GFP_NOIO);
	__bio_add_page(&io->bio, seg->page, bytes, 0);
	io->done = segment_done;
	io->private = seg;
	trace_zram2_writeback(segs->dev->disk->disk_name, seg->first, bytes, seg->fill.nr);

	spin_lock(&segs->lock);
	segs->in_flight++;
	spin_unlock(&segs->lock);
	z2_backing_io_submit(io, (sector_t)seg->first << (Z2_BLOCK_SHIFT - SECTOR_SHIFT));
}

static struct z2_segment *pop_idle(struct z2_segments *segs)
{
	struct z2_segment *seg;

	spin_lock(&segs->lock);
	seg = list_first_entry_or_null(&segs->idle, struct z2_segment, node);
	if (seg)
		list_del(&seg->node);
	spin_unlock(&segs->lock);
	return seg;
}

static void put_idle(struct z2_segment *seg)
{
	spin_lock(&seg->segs->lock);
	list_add(&seg->node, &seg->segs->idle);
	spin_unlock(&seg->segs->lock);
}

/* An idle segment, a new one, or the next that is done. */
static struct z2_segment *get_segment(struct z2_segments *segs)
{
	struct z2_segment *seg = pop_idle(segs);

	/* Both kinds can be open while the batch is being written. */
	if (!seg && segs->nr < segs->batch + Z2_SEGMENT_KINDS) {
		seg = segment_alloc(segs);
		if (seg)
			segs->nr++;
	}
	if (!seg && READ_ONCE(segs->in_flight))
		wait_event(segs->wait, (seg = pop_idle(segs)));
	/* The last one may have been done since we looked. */
	return seg ?: pop_idle(segs);
}

/* A segment of @min blocks at least, and of its buffer's size at most. */
static struct z2_segment *open_segment(struct z2_segments *segs, unsigned int min,
				       unsigned int keep, int *err)
{
	struct z2_device *dev = segs->dev;
	struct z2_segment *seg = get_segment(segs);
	unsigned int want, got;
	int blocks = 0;

	if (!seg) {
		*err = -ENOMEM;
		return NULL;
	}
	want = min_t(unsigned int, PAGE_SIZE << seg->order, SEGMENT_BYTES) / Z2_BLOCK_SIZE;
	got = debit_limit(dev, seg, want);
	if (got >= min)
		blocks = z2_blockmap_reserve(z2_backing_map(dev->backing), min, got, keep,
					     &seg->first);
	credit_limit(dev, seg, got - max(blocks, 0));
	if (blocks <= 0) {
		*err = blocks ?: -EDQUOT;
		put_idle(seg);
		return NULL;
	}
	seg->blocks = blocks;
	seg->fill = (struct z2_segment_fill){};
	return seg;
}

/* Where in a segment that is filled up to @len an object would begin. */
static unsigned int place(const struct z2_segments *segs, unsigned int len, u32 size)
{
	bool straddles = len % Z2_BLOCK_SIZE + size > Z2_BLOCK_SIZE;

	if (!segs->dev->writeback_packing || size == PAGE_SIZE ||
	    (straddles && z2_backing_unit(segs->dev->backing) == Z2_BLOCK_SIZE))
		return round_up(len, Z2_BLOCK_SIZE);
	return len;
}

static bool fits(const struct z2_segment *seg, const struct z2_segment_fill *fill, u32 size)
{
	return fill->nr < ENTRIES_MAX &&
	       place(seg->segs, fill->len, size) + size <= seg->blocks * Z2_BLOCK_SIZE;
}

static struct z2_segment **open_for(struct z2_segments *segs, u32 size)
{
	return &segs->open[size == PAGE_SIZE];
}

/* Submit what is open, or give it back if nothing came into it. */
static void submit_open(struct z2_segment **open)
{
	struct z2_segment *seg = *open;

	*open = NULL;
	if (!seg)
		return;
	if (seg->fill.nr) {
		segment_submit(seg);
	} else {
		segment_shrink(seg, 0);
		put_idle(seg);
	}
}

static void submit_all(struct z2_segments *segs)
{
	unsigned int i;

	for (i = 0; i < Z2_SEGMENT_KINDS; i++)
		submit_open(&segs->open[i]);
}

/**
 * z2_segments_try_room() - where to put an object's bytes, if there is room
 * @segs: the segments
 * @size: bytes; PAGE_SIZE for a raw page
 *
 * Context: process, doesn't wait.
 * Return: @size bytes, until the next call; NULL without an open segment that
 * they fit.
 */
void *z2_segments_try_room(struct z2_segments *segs, u32 size)
{
	struct z2_segment *seg = *open_for(segs, size);
	unsigned int at;
	void *data;

	if (!seg || !fits(seg, &seg->fill, size))
		return NULL;
	at = place(segs, seg->fill.len, size);
	data = page_address(seg->page);
	/* Between objects lies nothing of ours that could leak to the disk. */
	memset(data + seg->fill.len, 0, at - seg->fill.len);
	seg->fill.len = at;
	return data + at;
}

/**
 * z2_segments_room() - make room for an object, and say where
 * @segs: the segments
 * @size: bytes; PAGE_SIZE for a raw page
 * @err: why there is none
 *
 * A segment that is full is submitted.
 *
 * Context: process, no slot locked; waits for writes to end.
 * Return: @size bytes, until the next call; NULL: -ENOMEM, -ENOSPC without
 * a run of free blocks that is long enough, -EDQUOT at the writeback limit.
 */
void *z2_segments_room(struct z2_segments *segs, u32 size, int *err)
{
	unsigned int min = DIV_ROUND_UP(size, Z2_BLOCK_SIZE);
	struct z2_segment **open = open_for(segs, size);
	void *room = z2_segments_try_room(segs, size);

	if (room)
		return room;
	submit_open(open);
	*open = open_segment(segs, min, segs->keep, err);
	if (!*open && *err == -EDQUOT) {
		/* The other kind may have debited more than it needs. */
		submit_all(segs);
		*open = open_segment(segs, min, segs->keep, err);
	}
	return z2_segments_try_room(segs, size);
}

/**
 * z2_segments_open_longest() - begin a segment on the longest run of free blocks
 * @segs: the segments, none open; for packed objects
 *
 * Takes no heed of the blocks that must stay free.
 *
 * Context: process; waits for writes to end.
 * Return: 0; -ENOMEM, -ENOSPC without free blocks, -EDQUOT at the writeback
 * limit.
 */
int z2_segments_open_longest(struct z2_segments *segs)
{
	struct z2_segment **open = open_for(segs, 0);
	unsigned int min = SEGMENT_BLOCKS;
	int err = 0;

	do {
		*open = open_segment(segs, min, 0, &err);
	} while (!*open && err != -ENOMEM && --min);
	return *open ? 0 : err;
}

/**
 * z2_segments_fill() - would an object find room?
 * @segs: the segments, with one open for packed objects
 * @fill: how far that would be filled; grows by the object if it has room
 * @size: bytes
 *
 * Return: false as well if no segment is open for its kind.
 */
bool z2_segments_fill(struct z2_segments *segs, struct z2_segment_fill *fill, u32 size)
{
	const struct z2_segment *seg = *open_for(segs, size);

	if (!seg || !fits(seg, fill, size))
		return false;
	fill->len = place(segs, fill->len, size) + size;
	fill->nr++;
	return true;
}

/**
 * z2_segments_commit() - the object's bytes are there
 * @segs: the segments
 * @index: its slot, with the post-processing mark
 * @obj: what was taken there; room was made for its stored size
 */
void z2_segments_commit(struct z2_segments *segs, unsigned long index,
			const struct z2_object *obj)
{
	u32 size = z2_device_stored_size(segs->dev, obj);
	struct z2_segment *seg = *open_for(segs, size);
	struct z2_extent extent = {
		.block = seg->first + seg->fill.len / Z2_BLOCK_SIZE,
		.offset = seg->fill.len % Z2_BLOCK_SIZE,
		.size = size,
	};
	void *data = page_address(seg->page) + seg->fill.len;

	seg->entries[seg->fill.nr++] = (struct entry){
		.index = index,
		.obj = *obj,
		.location = z2_location_make(&extent, z2_backing_check(data, size)),
	};
	seg->fill.len += size;
	segs->dev->pp_done++;
}

/**
 * z2_segments_flush() - write what is open and wait for all writes
 * @segs: the segments
 *
 * Context: process, may sleep.
 */
void z2_segments_flush(struct z2_segments *segs)
{
	submit_all(segs);
	wait_event(segs->wait, !READ_ONCE(segs->in_flight));
	/* The last one lets go of @segs when it lets go of the lock. */
	spin_lock(&segs->lock);
	spin_unlock(&segs->lock);
}

/**
 * z2_segments_init() - no segments yet
 * @segs: what to set up
 * @dev: the device; used with its post-processing lock held
 * @batch: most bios in flight, at least 1
 * @keep: free blocks that must stay on the device
 */
void z2_segments_init(struct z2_segments *segs, struct z2_device *dev, unsigned int batch,
		      unsigned int keep)
{
	*segs = (struct z2_segments){
		.dev = dev,
		.batch = batch,
		.keep = keep,
		/* Whoever is to free memory may wait for this run: it asks once. */
		.gfp = GFP_KERNEL | __GFP_NORETRY,
	};
	spin_lock_init(&segs->lock);
	INIT_LIST_HEAD(&segs->idle);
	init_waitqueue_head(&segs->wait);
}

/**
 * z2_segments_prepare() - allocate one of each kind in advance
 * @segs: the segments, none yet
 *
 * From then on others are had only while memory is at hand, and those two do for
 * a run: it never fails for want of memory.
 *
 * Context: process, may sleep; not for who frees memory.
 * Return: 0 or -ENOMEM.
 */
int z2_segments_prepare(struct z2_segments *segs)
{
	while (segs->nr < Z2_SEGMENT_KINDS) {
		struct z2_segment *seg = segment_alloc(segs);

		if (!seg)
			return -ENOMEM;
		put_idle(seg);
		segs->nr++;
	}
	segs->gfp = GFP_NOWAIT | __GFP_NOMEMALLOC;
	return 0;
}

static void segments_shrink(struct z2_segments *segs, unsigned int left)
{
	z2_segments_flush(segs);
	while (segs->nr > left) {
		segment_free(pop_idle(segs));
		segs->nr--;
	}
}

/**
 * z2_segments_rest() - flush, and free all segments but those prepared
 * @segs: the segments; good for another run
 *
 * Context: process, may sleep.
 * Return: 0, or the errno of the last write that failed.
 */
int z2_segments_rest(struct z2_segments *segs)
{
	int err;

	segments_shrink(segs, Z2_SEGMENT_KINDS);
	err = segs->err;
	segs->err = 0;
	return err;
}

/**
 * z2_segments_finish() - flush, and free all segments
 * @segs: the segments
 *
 * Context: process, may sleep.
 * Return: 0, or the errno of the last write that failed.
 */
int z2_segments_finish(struct z2_segments *segs)
{
	segments_shrink(segs, 0);
	return segs->err;
}

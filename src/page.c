// SPDX-License-Identifier: GPL-2.0
/*
 * One page into a slot and out of it: same-filled, compressed or raw.
 *
 * A write does all its work before it takes the slot lock, and holds the lock
 * only to exchange the old object for the new one.  A read holds it, shared,
 * until the page is decompressed.
 */
#define pr_fmt(fmt) "zram2: " fmt

#include <linux/blkdev.h>
#include <linux/errno.h>
#include <linux/highmem.h>
#include <linux/printk.h>

#include <zram2/backing.h>
#include <zram2/codec.h>
#include <zram2/device.h>
#include <zram2/gc.h>
#include <zram2/meter.h>
#include <zram2/page.h>
#include <zram2/pattern.h>
#include <zram2/pool.h>
#include <zram2/readback.h>
#include <zram2/room.h>
#include <zram2/slot.h>
#include <zram2/stats.h>

/* What comes back so soon had better stayed. */
#define YOUNG_SECONDS	120

/**
 * z2_page_account() - count an object in or out
 * @dev: the device
 * @obj: the object
 * @sign: 1 before it comes into a slot, -1 when it has left it, so that no
 *	counter falls below zero
 *
 * Context: any.
 */
void z2_page_account(struct z2_device *dev, const struct z2_object *obj, int sign)
{
	s64 *count = z2_stats_get(dev->stats);

	count[Z2_STAT_PAGES_STORED] += sign;
	if (z2_object_is(obj, Z2_SLOT_SAME)) {
		count[Z2_STAT_SAME_PAGES] += sign;
	} else if (!z2_object_is(obj, Z2_SLOT_BACKING)) {
		/* The block map counts what is there. */
		count[Z2_STAT_COMPR_SIZE] += sign * (s64)z2_object_size(obj);
		if (z2_object_is(obj, Z2_SLOT_HUGE))
			count[Z2_STAT_HUGE_PAGES] += sign;
	}
	z2_stats_put(dev->stats);
}

/**
 * z2_page_release() - give up what a slot held
 * @arg: the device
 * @obj: the object, no longer in its slot
 *
 * The release callback of the slot table, hence the untyped argument.
 *
 * Context: process, interrupts on or off.
 */
void z2_page_release(void *arg, const struct z2_object *obj)
{
	struct z2_device *dev = arg;

	if (z2_object_empty(obj))
		return;
	z2_page_account(dev, obj, -1);
	/* Room in memory, or on the backing device. */
	if (unlikely(READ_ONCE(dev->stuck)))
		WRITE_ONCE(dev->stuck, false);
	if (z2_object_is(obj, Z2_SLOT_BACKING)) {
		struct z2_extent extent = z2_location_extent(obj->word,
							     z2_device_stored_size(dev, obj));

		z2_blockmap_remove(z2_backing_map(dev->backing), &extent);
	} else if (!z2_object_is(obj, Z2_SLOT_SAME)) {
		z2_gc_free(dev->gc, obj->word, z2_object_size(obj));
	}
}

/*
 * Has nobody touched what was taken?  One that was on the device already may
 * have been read: it stays there, and what was read is as good a copy.
 */
static bool page_unchanged(const struct z2_object *taken, const struct z2_object *now)
{
	if (!z2_object_is(taken, Z2_SLOT_BACKING))
		return z2_object_is(now, Z2_SLOT_PP);
	return now->word == taken->word && !((now->state ^ taken->state) & ~Z2_SLOT_MARKS);
}

/**
 * z2_page_lock_taken() - lock a slot for an exchange, if its contents still stand
 * @dev: the device, with the post-processing lock held
 * @index: a slot that z2_scan_take() took
 * @taken: what it held then
 * @old: set to what it holds
 *
 * Context: process, may sleep; takes the slot lock for writing, which
 * z2_page_exchange() gives back.
 * Return: whether the slot is locked; not if it has been touched since.
 */
bool z2_page_lock_taken(struct z2_device *dev, unsigned long index,
			const struct z2_object *taken, struct z2_object *old)
{
	z2_slot_write_lock(dev->table, index);
	*old = z2_slot_get(dev->table, index);
	if (page_unchanged(taken, old))
		return true;
	z2_slot_write_unlock(dev->table, index);
	return false;
}

/**
 * z2_page_exchange() - the same contents in another object
 * @dev: the device
 * @index: the slot, as z2_page_lock_taken() left it
 * @old: what it holds; released
 * @new: what it holds from here on
 *
 * Context: process; unlocks the slot.
 */
void z2_page_exchange(struct z2_device *dev, unsigned long index, const struct z2_object *old,
		      const struct z2_object *new)
{
	z2_page_account(dev, new, 1);
	z2_slot_relocate(dev->table, index, *new);
	z2_slot_write_unlock(dev->table, index);
	z2_page_release(dev, old);
}

static int make_raw(struct z2_device *dev, struct page *page, struct z2_object *new)
{
	struct z2_room room = {};
	void *src;
	int err;

	err = z2_room_find(dev, &room, PAGE_SIZE, page_to_nid(page));
	if (err)
		return err;

	src = kmap_local_page(page);
	z2_pool_store(dev->pool, room.handle, src, PAGE_SIZE);
	kunmap_local(src);

	z2_stats_inc(dev->stats, Z2_STAT_HUGE_PAGES_SINCE);
	*new = z2_object_make(room.handle, PAGE_SIZE, Z2_SLOT_HUGE, Z2_PRIMARY);
	return 0;
}

/*
 * Compress into the stream and copy into the pool, in @room if that is large
 * enough.  Returns the length; -E2BIG if the page must be stored raw, or
 * -EAGAIN if *need bytes of room have to be found without the stream.
 */
static int compress_into(struct z2_device *dev, struct page *page, struct z2_room *room,
			 unsigned int *need)
{
	struct z2_codec *codec = dev->codecs[Z2_PRIMARY];
	struct z2_stream *stream = z2_codec_get(codec, Z2_COMPRESS);
	void *src = kmap_local_page(page);
	int len, ret;

	len = z2_codec_compress(codec, stream, src);
	kunmap_local(src);
	ret = len;
	if (len < 0)
		goto put_stream;
	if (len >= z2_pool_huge_size(dev->pool)) {
		ret = -E2BIG;
		goto put_stream;
	}

	*need = len;
	if (room->handle && !z2_room_fits(dev, room, len))
		z2_room_drop(dev, room);
	if (!room->handle) {
		ret = z2_room_try(dev, room, len, page_to_nid(page));
		if (ret) {
			ret = -EAGAIN;
			goto put_stream;
		}
		ret = len;
	}
	z2_pool_store(dev->pool, room->handle, stream->buffer, len);

put_stream:
	z2_codec_put(stream);
	return ret;
}

static int make_compressed(struct z2_device *dev, struct page *page, struct z2_object *new)
{
	struct z2_room room = {};
	unsigned int need;
	int ret;

	/*
	 * The page's owner may change it meanwhile, so that a second try can
	 * need more room than the first: hence a loop.
	 */
	while ((ret = compress_into(dev, page, &room, &need)) == -EAGAIN) {
		ret = z2_room_find(dev, &room, need, page_to_nid(page));
		if (ret)
			break;
	}
	if (ret >= 0) {
		*new = z2_object_make(room.handle, ret, 0, Z2_PRIMARY);
		return 0;
	}

	z2_room_drop(dev, &room);
	return ret == -E2BIG ? make_raw(dev, page, new) : ret;
}

/* An object with the page's contents, not in a slot yet. */
static int make_object(struct z2_device *dev, struct page *page, struct z2_object *new)
{
	void *src = kmap_local_page(page);
	unsigned long fill;
	bool same = z2_pattern_find(src, &fill);

	kunmap_local(src);
	if (same) {
		*new = z2_object_make(fill, 0, Z2_SLOT_SAME, Z2_PRIMARY);
		return 0;
	}

	/* Compressing it would take longer than all the rest, and for nothing. */
	if (unlikely(READ_ONCE(dev->stuck)) && z2_room_none(dev))
		return -ENOSPC;
	return make_compressed(dev, page, new);
}

/**
 * z2_page_write() - store a page
 * @dev: the device, live
 * @index: the slot
 * @page: the contents
 * @now: when, see z2_slot_now()
 *
 * On error the slot keeps what it held.
 *
 * Context: process, may sleep; fit for reclaim.  Takes a codec stream and the
 * slot lock, one after the other.
 * Return: 0, -ENOMEM, -ENOSPC past mem_limit, -EIO if the codec fails.
 */
int z2_page_write(struct z2_device *dev, unsigned long index, struct page *page, u32 now)
{
	struct z2_object old, new;
	int err;

	z2_slot_prefetch(dev->table, index);
	err = make_object(dev, page, &new);
	if (err)
		return err;

	z2_page_account(dev, &new, 1);
	z2_slot_write_lock(dev->table, index);
	old = z2_slot_replace_unlock(dev->table, index, new, now);
	z2_page_release(dev, &old);
	return 0;
}

/**
 * z2_page_prefetch() - a page may be read soon
 * @dev: the device, live
 * @index: the slot; one beyond the device will do
 *
 * Reading page after page takes 2 to 5 % less with it (lz4, user-mode Linux), at
 * random the same.
 *
 * Context: any.
 */
void z2_page_prefetch(struct z2_device *dev, unsigned long index)
{
	struct z2_object obj = z2_slot_glance(dev->table, index);

	if (!z2_object_empty(&obj) && !z2_object_is(&obj, Z2_SLOT_SAME | Z2_SLOT_BACKING))
		z2_pool_prefetch(obj.word);
}

static int read_compressed(struct z2_device *dev, const struct z2_object *obj, void *dst)
{
	struct z2_codec *codec = dev->codecs[z2_object_prio(obj)];
	struct z2_stream *stream = z2_codec_get(codec, Z2_DECOMPRESS);
	unsigned int size = z2_object_size(obj);
	bool quick = z2_codec_quick(codec);
	const void *src;
	int err;

	src = z2_pool_map(dev->pool, obj->word, size, stream->buffer, quick);
	err = z2_codec_decompress(codec, stream, src, size, dst);
	z2_pool_unmap(dev->pool, obj->word, size, src, quick);
	z2_codec_put(stream);
	return err;
}

/**
 * z2_page_unpack() - the contents of an object in memory
 * @dev: the device
 * @index: its slot, locked
 * @obj: what the slot holds; empty will do, on the backing device won't
 * @dst: PAGE_SIZE bytes
 *
 * Context: process, may sleep; takes a codec stream.
 * Return: 0, or -EIO if the stored bytes are damaged.
 */
int z2_page_unpack(struct z2_device *dev, unsigned long index, const struct z2_object *obj,
		   void *dst)
{
	int err = 0;

	if (z2_object_empty(obj) || z2_object_is(obj, Z2_SLOT_SAME))
		z2_pattern_fill(dst, obj->word);
	else if (z2_object_is(obj, Z2_SLOT_HUGE))
		z2_pool_load(dev->pool, obj->word, dst, PAGE_SIZE);
	else
		err = read_compressed(dev, obj, dst);

	if (err)
		pr_err_ratelimited("%s: page %lu can't be decompressed (%d)\n",
				   dev->disk->disk_name, index, err);
	return err;
}

/* For who learns from it what had better stayed in memory. */
static void note_read(struct z2_device *dev, unsigned long index, const struct z2_object *obj,
		      u32 now)
{
	u32 used = z2_slot_access_time(dev->table, index);

	z2_meter_read(&dev->meter, z2_object_size(obj), used, now);
	if (!z2_object_is(obj, Z2_SLOT_BACKING))
		return;
	z2_stats_inc(dev->stats, Z2_STAT_REFAULTS);
	if (now - min(now, used) < YOUNG_SECONDS)
		z2_stats_inc(dev->stats, Z2_STAT_REFAULTS_YOUNG);
}

/**
 * z2_page_read() - get a page back
 * @dev: the device, live
 * @index: the slot
 * @page: what to fill; zeroes for an empty slot
 * @backed: what to read if it isn't in memory; NULL if that is of no use
 * @now: when, see z2_slot_now()
 *
 * Context: process, may sleep, but doesn't wait for I/O.  Takes the slot lock,
 * and a codec stream under it.
 * Return: 0; -EIO if the stored bytes are damaged; Z2_PAGE_BACKED if it is on
 * the backing device: @backed is set and pinned then, see readback.
 */
int z2_page_read(struct z2_device *dev, unsigned long index, struct page *page,
		 struct z2_object *backed, u32 now)
{
	struct z2_object obj;
	void *dst;
	int ret;

	z2_slot_read_lock(dev->table, index);
	obj = z2_slot_get(dev->table, index);
	if (z2_object_is(&obj, Z2_SLOT_BACKING)) {
		ret = Z2_PAGE_BACKED;
		if (backed) {
			*backed = obj;
			z2_readback_pin(dev, &obj);
		}
	} else {
		dst = kmap_local_page(page);
		ret = z2_page_unpack(dev, index, &obj, dst);
		kunmap_local(dst);
	}
	/* Whoever has no use for it comes again: it is read once. */
	if (!z2_object_empty(&obj) && (ret != Z2_PAGE_BACKED || backed)) {
		if (dev->meter.reads)
			note_read(dev, index, &obj, now);
		z2_slot_touch(dev->table, index, now);
	}
	z2_slot_read_unlock(dev->table, index);
	return ret;
}

/**
 * z2_page_modify() - change a part of a page
 * @dev: the device, live
 * @index: the slot
 * @page: memory to work in, lowmem; holds the new contents afterwards
 * @modify: called with the old contents, changes them
 * @arg: handed to @modify
 * @may_wait: for I/O, if the page is on the backing device
 * @now: when, see z2_slot_now()
 *
 * Holds the slot lock throughout, so that of writes to different parts of a
 * page none undoes another.  On error the slot keeps what it held.
 *
 * Context: process, may sleep; fit for reclaim.
 * Return: 0; Z2_PAGE_BACKED if it would have to wait but mustn't; what reading
 * or writing returned.
 */
int z2_page_modify(struct z2_device *dev, unsigned long index, struct page *page,
		   z2_page_modify_fn modify, void *arg, bool may_wait, u32 now)
{
	struct z2_object old, new;
	int ret;

	z2_slot_write_lock(dev->table, index);
	old = z2_slot_get(dev->table, index);
	if (!z2_object_is(&old, Z2_SLOT_BACKING))
		ret = z2_page_unpack(dev, index, &old, page_address(page));
	else if (may_wait)
		ret = z2_readback_page(dev, &old, page);
	else
		ret = Z2_PAGE_BACKED;
	if (ret)
		goto unlock;
	modify(arg, page_address(page));
	ret = make_object(dev, page, &new);
	if (ret)
		goto unlock;

	z2_page_account(dev, &new, 1);
	/* Whoever frees the page meanwhile means the parts that stay as well. */
	old = z2_slot_relocate(dev->table, index, new);
	z2_slot_touch(dev->table, index, now);
unlock:
	z2_slot_write_unlock(dev->table, index);
	if (!ret)
		z2_page_release(dev, &old);
	return ret;
}

/**
 * z2_page_free() - forget a page
 * @dev: the device, live
 * @index: the slot; whoever reads it later gets zeroes
 *
 * Context: process, interrupts on or off; never sleeps.
 */
void z2_page_free(struct z2_device *dev, unsigned long index)
{
	z2_stats_inc(dev->stats, Z2_STAT_NOTIFY_FREE);
	z2_slot_free(dev->table, index);
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Room in the pool for an object, whoever makes it: from what was freed before,
 * else new; never more than mem_limit, and counted in mem_used_max.
 */
#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/gfp.h>

#include <zram2/device.h>
#include <zram2/gc.h>
#include <zram2/meter.h>
#include <zram2/pool.h>
#include <zram2/room.h>

/* How often what others keep freeing is given back before we fail. */
#define FLUSHES		3

static bool room_over_limit(struct z2_device *dev)
{
	unsigned long limit = READ_ONCE(dev->limit_pages);
	unsigned long used = z2_pool_pages(dev->pool);
	long max = atomic_long_read(&dev->max_used_pages);

	while (used > max && !atomic_long_try_cmpxchg(&dev->max_used_pages, &max, used))
		;
	z2_meter_pool(&dev->meter, used);
	return limit && used > limit;
}

static int room_take(struct z2_device *dev, struct z2_room *room, unsigned int size, gfp_t gfp,
		     int nid)
{
	int err = 0;

	room->handle = z2_gc_take(dev->gc, size);
	if (!room->handle)
		err = z2_pool_alloc(dev->pool, size, gfp, nid, &room->handle);
	if (err)
		return err;
	if (room_over_limit(dev)) {
		z2_room_drop(dev, room);
		return -ENOSPC;
	}
	room->size = size;
	return 0;
}

/**
 * z2_room_none() - is mem_limit as good as reached?
 * @dev: the device, live
 *
 * What an object needs that finds no place among others: some pages at once.
 *
 * Context: any.
 */
bool z2_room_none(struct z2_device *dev)
{
	unsigned long limit = READ_ONCE(dev->limit_pages);

	return limit && z2_pool_pages(dev->pool) + Z2_POOL_PAGES_AT_ONCE > limit;
}

/**
 * z2_room_try() - room for an object, if it is to be had at once
 * @dev: the device, live
 * @room: empty; set on success
 * @size: bytes, up to PAGE_SIZE
 * @nid: the memory node to prefer
 *
 * For who holds a codec stream: kswapd, which would free memory, may want that
 * very stream.
 *
 * Context: process; never waits for memory.
 * Return: 0, -ENOMEM, -ENOSPC past mem_limit.
 */
int z2_room_try(struct z2_device *dev, struct z2_room *room, unsigned int size, int nid)
{
	return room_take(dev, room, size, GFP_NOWAIT, nid);
}

/**
 * z2_room_find() - room for an object
 * @dev: the device, live
 * @room: empty; set on success
 * @size: bytes, up to PAGE_SIZE
 * @nid: the memory node to prefer
 *
 * What is kept of freed objects goes before this fails.  Other writers may free,
 * or take, more of them meanwhile.
 *
 * Context: process, may sleep; fit for reclaim; without a codec stream.
 * Return: 0, -ENOMEM, -ENOSPC past mem_limit.
 */
int z2_room_find(struct z2_device *dev, struct z2_room *room, unsigned int size, int nid)
{
	int tries = FLUSHES, err;

	do {
		err = room_take(dev, room, size, GFP_NOIO, nid);
	} while (err && tries-- && z2_gc_flush(dev->gc));
	return err;
}

/**
 * z2_room_fits() - is this the room for an object of that size?
 * @dev: the device
 * @room: not empty
 * @size: bytes of the object
 *
 * It must be of just its size class, for that is where it is freed to.
 */
bool z2_room_fits(struct z2_device *dev, const struct z2_room *room, unsigned int size)
{
	const struct z2_pool_classes *classes = z2_pool_classes(dev->pool);

	/* Without known classes the size itself has to do. */
	if (!classes->nr)
		return room->size >= size;
	return z2_pool_class(classes, room->size) == z2_pool_class(classes, size);
}

/**
 * z2_room_drop() - room that isn't needed after all
 * @dev: the device
 * @room: it; empty afterwards, and may be before
 *
 * Context: process, interrupts on or off.
 */
void z2_room_drop(struct z2_device *dev, struct z2_room *room)
{
	if (room->handle)
		z2_pool_free(dev->pool, room->handle);
	room->handle = 0;
}

// SPDX-License-Identifier: GPL-2.0
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/numa.h>

#include <zram2/codec.h>
#include <zram2/device.h>
#include <zram2/gc.h>
#include <zram2/pool.h>
#include <zram2/room.h>

#include "fixture.h"

static int room_init(struct kunit *test)
{
	test->priv = z2t_device_start(test, &z2_codec_lzo, 8);
	return 0;
}

/* What is taken is of the pool, and counted; what is dropped is gone. */
static void room_is_counted(struct kunit *test)
{
	struct z2_device *dev = test->priv;
	struct z2_room room = {};
	long most;

	KUNIT_ASSERT_EQ(test, z2_room_find(dev, &room, 1000, NUMA_NO_NODE), 0);
	KUNIT_EXPECT_NE(test, room.handle, 0);
	KUNIT_EXPECT_EQ(test, room.size, 1000);
	most = z2_pool_pages(dev->pool);
	KUNIT_EXPECT_GT(test, most, 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&dev->max_used_pages), most);

	z2_room_drop(dev, &room);
	KUNIT_EXPECT_EQ(test, room.handle, 0);
	KUNIT_EXPECT_EQ(test, z2_pool_pages(dev->pool), 0);
	/* Nothing is there to drop. */
	z2_room_drop(dev, &room);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&dev->max_used_pages), most);
}

/* Past the limit there is none, in either way, and nothing is left of the try. */
static void room_at_the_limit(struct kunit *test)
{
	struct z2_device *dev = test->priv;
	struct z2_room first = {}, room = {};
	unsigned long used;

	KUNIT_ASSERT_EQ(test, z2_room_try(dev, &first, PAGE_SIZE, NUMA_NO_NODE), 0);
	used = z2_pool_pages(dev->pool);
	WRITE_ONCE(dev->limit_pages, used);
	KUNIT_EXPECT_EQ(test, z2_room_try(dev, &room, PAGE_SIZE, NUMA_NO_NODE), -ENOSPC);
	KUNIT_EXPECT_EQ(test, room.handle, 0);
	KUNIT_EXPECT_EQ(test, z2_room_find(dev, &room, PAGE_SIZE, NUMA_NO_NODE), -ENOSPC);
	KUNIT_EXPECT_EQ(test, room.handle, 0);
	KUNIT_EXPECT_EQ(test, z2_pool_pages(dev->pool), used);

	/* It is the limit itself that may be used up, and not a page more. */
	z2_room_drop(dev, &first);
	KUNIT_EXPECT_EQ(test, z2_room_find(dev, &room, PAGE_SIZE, NUMA_NO_NODE), 0);
	z2_room_drop(dev, &room);
}

/* What is kept of freed objects makes room, of their size or of another one. */
static void room_of_freed_objects(struct kunit *test)
{
	struct z2_device *dev = test->priv;
	struct z2_room room = {};
	unsigned long handle;

	KUNIT_ASSERT_EQ(test, z2_room_find(dev, &room, PAGE_SIZE, NUMA_NO_NODE), 0);
	handle = room.handle;
	WRITE_ONCE(dev->limit_pages, z2_pool_pages(dev->pool));
	z2_gc_free(dev->gc, handle, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, z2_room_try(dev, &room, PAGE_SIZE, NUMA_NO_NODE), 0);
	KUNIT_EXPECT_EQ(test, room.handle, handle);

	z2_gc_free(dev->gc, handle, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, z2_room_find(dev, &room, 16, NUMA_NO_NODE), 0);
	z2_room_drop(dev, &room);
}

/* An object that was made anew may have another length: only of its class. */
static void room_fits_its_class(struct kunit *test)
{
	struct z2_device *dev = test->priv;
	const struct z2_pool_classes *classes = z2_pool_classes(dev->pool);
	struct z2_room room = { .size = 1000 };
	unsigned int size;

	if (!classes->nr)
		kunit_skip(test, "this kernel's size classes aren't known");
	for (size = 1; size <= PAGE_SIZE; size++)
		KUNIT_EXPECT_EQ_MSG(test, z2_room_fits(dev, &room, size),
				    z2_pool_class(classes, size) == z2_pool_class(classes, 1000),
				    "%u bytes", size);
}

static struct kunit_case room_cases[] = {
	KUNIT_CASE(room_is_counted),
	KUNIT_CASE(room_at_the_limit),
	KUNIT_CASE(room_of_freed_objects),
	KUNIT_CASE(room_fits_its_class),
	{}
};

static struct kunit_suite room_suite = {
	.name = "zram2_room",
	.init = room_init,
	.test_cases = room_cases,
};

kunit_test_suite(room_suite);

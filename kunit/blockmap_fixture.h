/* SPDX-License-Identifier: GPL-2.0 */
/* What the suites of the block map share. */
#ifndef ZRAM2_KUNIT_BLOCKMAP_FIXTURE_H
#define ZRAM2_KUNIT_BLOCKMAP_FIXTURE_H

#include <kunit/test.h>
#include <linux/err.h>
#include <linux/types.h>

#include <zram2/blockmap.h>

/* Groups of 1024 blocks and a part of one. */
#define NR_BLOCKS	4500

static inline struct z2_blockmap *map_create(struct kunit *test, u64 blocks)
{
	struct z2_blockmap *map = z2_blockmap_create(blocks);

	KUNIT_ASSERT_FALSE(test, IS_ERR(map));
	return map;
}

static inline void expect_stats(struct kunit *test, struct z2_blockmap *map, u64 used,
				u64 objects, u64 bytes)
{
	struct z2_blockmap_stats stats = z2_blockmap_stats(map);

	KUNIT_EXPECT_EQ(test, stats.used, used);
	KUNIT_EXPECT_EQ(test, stats.objects, objects);
	KUNIT_EXPECT_EQ(test, stats.bytes, bytes);
}

static inline struct z2_extent extent(u32 block, u16 offset, u32 size)
{
	return (struct z2_extent){ .block = block, .offset = offset, .size = size };
}

/* Put an object on blocks that are reserved by the caller. */
static inline void add(struct z2_blockmap *map, u32 block, u16 offset, u32 size)
{
	struct z2_extent ext = extent(block, offset, size);

	z2_blockmap_add(map, &ext);
}

#endif

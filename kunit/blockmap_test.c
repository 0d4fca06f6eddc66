// SPDX-License-Identifier: GPL-2.0
/* The map of blocks in use. */
#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include <zram2/blockmap.h>

#include "fixture.h"

/* Groups of 1024 blocks and a part of one. */
#define NR_BLOCKS	4500
#define RUN_MAX		40
#define OBJECTS_MAX	4096
#define PINS_MAX	64

#define TERABYTE_BLOCKS	BIT(40 - Z2_BLOCK_SHIFT)

static struct z2_blockmap *map_create(struct kunit *test, u64 blocks)
{
	struct z2_blockmap *map = z2_blockmap_create(blocks);

	KUNIT_ASSERT_FALSE(test, IS_ERR(map));
	return map;
}

static void expect_stats(struct kunit *test, struct z2_blockmap *map, u64 used, u64 objects,
			 u64 bytes)
{
	struct z2_blockmap_stats stats = z2_blockmap_stats(map);

	KUNIT_EXPECT_EQ(test, stats.used, used);
	KUNIT_EXPECT_EQ(test, stats.objects, objects);
	KUNIT_EXPECT_EQ(test, stats.bytes, bytes);
}

static u64 free_blocks(struct z2_blockmap *map)
{
	struct z2_blockmap_stats stats = z2_blockmap_stats(map);

	return stats.blocks - stats.used;
}

static struct z2_extent extent(u32 block, u16 offset, u32 size)
{
	return (struct z2_extent){ .block = block, .offset = offset, .size = size };
}

/* Put an object on blocks that are reserved by the caller. */
static void add(struct z2_blockmap *map, u32 block, u16 offset, u32 size)
{
	struct z2_extent ext = extent(block, offset, size);

	z2_blockmap_add(map, &ext);
}

static void drop(struct z2_blockmap *map, u32 block, u16 offset, u32 size)
{
	struct z2_extent ext = extent(block, offset, size);

	z2_blockmap_remove(map, &ext);
}

/* Reservations. */

static const u64 map_sizes[] = { 1, 63, 64, 1023, 1024, 1025, 4096, NR_BLOCKS };

static void size_desc(const u64 *blocks, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%llu blocks", *blocks);
}

KUNIT_ARRAY_PARAM(size, map_sizes, size_desc);

/* Each block is handed out once, none beyond the end, and all come back. */
static void blockmap_hands_out_each_block(struct kunit *test)
{
	const u64 blocks = *(const u64 *)test->param_value;
	struct z2_blockmap *map = map_create(test, blocks);
	u8 *taken = kunit_kzalloc(test, blocks, GFP_KERNEL);
	unsigned int round;
	int len, i;
	u32 first;

	KUNIT_ASSERT_NOT_NULL(test, taken);
	KUNIT_EXPECT_EQ(test, z2_blockmap_stats(map).blocks, blocks);
	for (round = 0; round < 2; round++) {
		u64 total = 0;

		expect_stats(test, map, 0, 0, 0);
		while ((len = z2_blockmap_reserve(map, 1, 7, 0, &first)) > 0) {
			KUNIT_ASSERT_LE(test, len, 7);
			KUNIT_ASSERT_LE(test, first + len, blocks);
			for (i = 0; i < len; i++)
				KUNIT_ASSERT_EQ(test, taken[first + i]++, round);
			total += len;
			expect_stats(test, map, total, 0, 0);
		}
		KUNIT_EXPECT_EQ(test, total, blocks);
		z2_blockmap_unreserve(map, 0, blocks);
	}
	expect_stats(test, map, 0, 0, 0);
	z2_blockmap_destroy(map);
	z2_blockmap_destroy(NULL);
}

/* A run is as long as asked where there is room: segments rely on it. */
static void blockmap_runs_are_long(struct kunit *test)
{
	struct z2_blockmap *map = map_create(test, NR_BLOCKS);
	u32 first, expect = 0;

	while (expect + 32 <= NR_BLOCKS) {
		KUNIT_ASSERT_EQ(test, z2_blockmap_reserve(map, 1, 32, 0, &first), 32);
		KUNIT_ASSERT_EQ(test, first, expect);
		expect += 32;
	}
	KUNIT_EXPECT_EQ(test, z2_blockmap_reserve(map, 1, 32, 0, &first), NR_BLOCKS % 32);

	/* A hole is filled by what fits, the rest of the run lies elsewhere. */
	z2_blockmap_unreserve(map, 100, 5);
	z2_blockmap_unreserve(map, 2000, 32);
	KUNIT_EXPECT_EQ(test, z2_blockmap_reserve(map, 1, 32, 0, &first), 5);
	KUNIT_EXPECT_EQ(test, first, 100);
	KUNIT_EXPECT_EQ(test, z2_blockmap_reserve(map, 1, 32, 0, &first), 32);
	KUNIT_EXPECT_EQ(test, first, 2000);
	KUNIT_EXPECT_EQ(test, z2_blockmap_reserve(map, 1, 32, 0, &first), -ENOSPC);
	z2_blockmap_unreserve(map, 0, NR_BLOCKS);
	expect_stats(test, map, 0, 0, 0);
	z2_blockmap_destroy(map);
}

/* Next-fit: what was freed last is not written again at once. */
static void blockmap_goes_round(struct kunit *test)
{
	struct z2_blockmap *map = map_create(test, 256);
	u32 first, i;

	for (i = 0; i < 3 * 256 / 32; i++) {
		KUNIT_ASSERT_EQ(test, z2_blockmap_reserve(map, 1, 32, 0, &first), 32);
		KUNIT_ASSERT_EQ(test, first, i * 32 % 256);
		z2_blockmap_unreserve(map, first, 32);
	}
	z2_blockmap_destroy(map);
}

/* The only free block may lie behind, in the group that the last run was in. */
static void blockmap_finds_what_is_behind(struct kunit *test)
{
	static const u32 places[] = { 0, 1, 40, 48 };
	u64 blocks;
	int i, j;

	for (blocks = 50; blocks <= 50 + 2 * 1024; blocks += 1024) {
		struct z2_blockmap *map = map_create(test, blocks);
		u32 base = blocks - 50, first;

		while (z2_blockmap_reserve(map, 1, 1024, 0, &first) > 0)
			;
		for (i = 0; i < ARRAY_SIZE(places); i++) {
			for (j = 0; j < ARRAY_SIZE(places); j++) {
				z2_blockmap_unreserve(map, base + places[i], 1);
				KUNIT_EXPECT_EQ(test, z2_blockmap_reserve(map, 1, 9, 0, &first), 1);
				KUNIT_EXPECT_EQ(test, first, base + places[i]);
				z2_blockmap_unreserve(map, base + places[j], 1);
				KUNIT_EXPECT_EQ(test, z2_blockmap_reserve(map, 1, 9, 0, &first), 1);
				KUNIT_EXPECT_EQ(test, first, base + places[j]);
			}
		}
		z2_blockmap_destroy(map);
	}
}

static void blockmap_keeps(struct kunit *test)
{
	struct z2_blockmap *map = map_create(test, 100);
	unsigned int total = 0;
	u32 first;
	int len;

	KUNIT_EXPECT_EQ(test, z2_blockmap_reserve(map, 1, 32, 100, &first), -ENOSPC);
	KUNIT_EXPECT_EQ(test, z2_blockmap_reserve(map, 1, 32, U32_MAX, &first), -ENOSPC);
	KUNIT_EXPECT_EQ(test, z2_blockmap_reserve(map, 1, 32, 99, &first), 1);
	z2_blockmap_unreserve(map, first, 1);
	while ((len = z2_blockmap_reserve(map, 1, 80, 10, &first)) > 0)
		total += len;
	KUNIT_EXPECT_EQ(test, total, 90);
	expect_stats(test, map, 90, 0, 0);
	while ((len = z2_blockmap_reserve(map, 1, 80, 0, &first)) > 0)
		total += len;
	KUNIT_EXPECT_EQ(test, total, 100);
	z2_blockmap_unreserve(map, 0, 100);
	expect_stats(test, map, 0, 0, 0);
	z2_blockmap_destroy(map);
}

/* Runs that are too short are passed over, wherever the next one begins. */
static void blockmap_runs_are_long_enough(struct kunit *test)
{
	/* Of 1, 2, 3 and 5 blocks, one of them up to a group's end. */
	static const struct { u32 first, nr; } runs[] = {
		{ 10, 1 }, { 20, 3 }, { 1022, 2 }, { 1100, 5 }, { 3000, 2 }, { NR_BLOCKS - 1, 1 },
	};
	struct z2_blockmap *map = map_create(test, NR_BLOCKS);
	unsigned int i, round;
	u32 first;

	while (z2_blockmap_reserve(map, 1, 1024, 0, &first) > 0)
		;
	for (round = 0; round < 3; round++) {
		for (i = 0; i < ARRAY_SIZE(runs); i++)
			z2_blockmap_unreserve(map, runs[i].first, runs[i].nr);
		KUNIT_EXPECT_EQ(test, z2_blockmap_reserve(map, 6, 32, 0, &first), -ENOSPC);
		KUNIT_EXPECT_EQ(test, z2_blockmap_reserve(map, 4, 32, 0, &first), 5);
		KUNIT_EXPECT_EQ(test, first, 1100);
		KUNIT_EXPECT_EQ(test, z2_blockmap_reserve(map, 4, 32, 0, &first), -ENOSPC);
		KUNIT_EXPECT_EQ(test, z2_blockmap_reserve(map, 3, 3, 0, &first), 3);
		KUNIT_EXPECT_EQ(test, first, 20);
		/* Two of 2 blocks are left, and two of 1. */
		KUNIT_EXPECT_EQ(test, z2_blockmap_reserve(map, 2, 4, 5, &first), -ENOSPC);
		KUNIT_EXPECT_EQ(test, z2_blockmap_reserve(map, 2, 4, 4, &first), 2);
		KUNIT_EXPECT_EQ(test, z2_blockmap_reserve(map, 2, 4, 3, &first), -ENOSPC);
		KUNIT_EXPECT_EQ(test, z2_blockmap_reserve(map, 2, 4, 0, &first), 2);
		KUNIT_EXPECT_EQ(test, z2_blockmap_reserve(map, 2, 4, 0, &first), -ENOSPC);
		/* What failed is forgotten as soon as it isn't so any more. */
		z2_blockmap_unreserve(map, 11, 1);
		KUNIT_EXPECT_EQ(test, z2_blockmap_reserve(map, 2, 4, 0, &first), 2);
		KUNIT_EXPECT_EQ(test, first, 10);
		KUNIT_EXPECT_EQ(test, z2_blockmap_reserve(map, 1, 4, 0, &first), 1);
		KUNIT_EXPECT_EQ(test, first, NR_BLOCKS - 1);
		KUNIT_EXPECT_EQ(test, z2_blockmap_reserve(map, 1, 4, 0, &first), -ENOSPC);
	}
	z2_blockmap_unreserve(map, 0, NR_BLOCKS);
	expect_stats(test, map, 0, 0, 0);
	z2_blockmap_destroy(map);
}

/* What refers to a block. */

static void blockmap_counts_objects(struct kunit *test)
{
	struct z2_blockmap *map = map_create(test, 16);
	u32 first;

	KUNIT_ASSERT_EQ(test, z2_blockmap_reserve(map, 1, 4, 0, &first), 4);
	KUNIT_ASSERT_EQ(test, first, 0);

	add(map, 0, 0, 1000);
	expect_stats(test, map, 4, 1, 1000);
	KUNIT_EXPECT_EQ(test, z2_blockmap_live(map, 0), 1000);
	/* One that lies on two blocks, one byte on the second. */
	add(map, 0, 1000, 3097);
	expect_stats(test, map, 4, 2, 4097);
	KUNIT_EXPECT_EQ(test, z2_blockmap_live(map, 0), 4096);
	KUNIT_EXPECT_EQ(test, z2_blockmap_live(map, 1), 1);
	/* One that ends exactly where a block does. */
	add(map, 1, 1, 4095);
	KUNIT_EXPECT_EQ(test, z2_blockmap_live(map, 1), 4096);
	KUNIT_EXPECT_EQ(test, z2_blockmap_live(map, 2), 0);
	add(map, 3, 0, 4096);
	expect_stats(test, map, 4, 4, 12288);
	/* What was never in use has no counts at all. */
	KUNIT_EXPECT_EQ(test, z2_blockmap_live(map, 15), 0);

	/* Nothing came to lie on the third. */
	z2_blockmap_unreserve(map, 0, 4);
	expect_stats(test, map, 3, 4, 12288);

	drop(map, 0, 0, 1000);
	expect_stats(test, map, 3, 3, 11288);
	KUNIT_EXPECT_EQ(test, z2_blockmap_live(map, 0), 3096);
	drop(map, 0, 1000, 3097);
	expect_stats(test, map, 2, 2, 8191);
	drop(map, 1, 1, 4095);
	expect_stats(test, map, 1, 1, 4096);
	drop(map, 3, 0, 4096);
	expect_stats(test, map, 0, 0, 0);
	KUNIT_EXPECT_EQ(test, z2_blockmap_live(map, 3), 0);
	z2_blockmap_destroy(map);
}

/* As many objects as fit a block, a byte each, and a reader of each. */
static void blockmap_counts_many(struct kunit *test)
{
	struct z2_blockmap *map = map_create(test, 1);
	unsigned int i, round;
	u32 first;

	KUNIT_ASSERT_EQ(test, z2_blockmap_reserve(map, 1, 1, 0, &first), 1);
	for (i = 0; i < Z2_BLOCK_SIZE; i++)
		add(map, 0, i, 1);
	for (round = 0; round < 16; round++) {
		for (i = 0; i < Z2_BLOCK_SIZE; i++) {
			struct z2_extent ext = extent(0, i, 1);

			z2_blockmap_pin(map, &ext);
		}
	}
	z2_blockmap_unreserve(map, 0, 1);
	expect_stats(test, map, 1, Z2_BLOCK_SIZE, Z2_BLOCK_SIZE);
	for (i = 0; i < Z2_BLOCK_SIZE; i++)
		drop(map, 0, i, 1);
	expect_stats(test, map, 1, 0, 0);
	for (i = 0; i < 16 * Z2_BLOCK_SIZE; i++) {
		struct z2_extent ext = extent(0, i % Z2_BLOCK_SIZE, 1);

		KUNIT_ASSERT_EQ(test, z2_blockmap_stats(map).used, 1);
		z2_blockmap_unpin(map, &ext);
	}
	expect_stats(test, map, 0, 0, 0);
	z2_blockmap_destroy(map);
}

/* So many references were counted once; the next one made it zero. */
#define REFS_COUNTED	BIT(19)

/*
 * More readers than the count holds: the block stays in use with all that lies
 * there, and for good.  Its neighbour has one less, and is counted to the end.
 */
static void blockmap_counts_saturate(struct kunit *test)
{
	struct z2_blockmap *map = map_create(test, 3);
	struct z2_extent many = extent(0, 0, 20), most = extent(1, 0, 20);
	unsigned int i;
	u32 first;

	KUNIT_ASSERT_EQ(test, z2_blockmap_reserve(map, 1, 3, 0, &first), 3);
	z2_blockmap_add(map, &many);
	z2_blockmap_add(map, &most);
	z2_blockmap_unreserve(map, 0, 3);
	for (i = 0; i < REFS_COUNTED + 10; i++)
		z2_blockmap_pin(map, &many);
	/* With its object two less than what can't be told from more. */
	for (i = 0; i < REFS_COUNTED - 3; i++)
		z2_blockmap_pin(map, &most);
	expect_stats(test, map, 2, 2, 40);

	/* As readers end, nothing is freed below the objects. */
	for (i = 0; i < REFS_COUNTED + 10; i++)
		z2_blockmap_unpin(map, &many);
	for (i = 0; i < REFS_COUNTED - 3; i++)
		z2_blockmap_unpin(map, &most);
	expect_stats(test, map, 2, 2, 40);
	KUNIT_EXPECT_EQ(test, z2_blockmap_live(map, 0), 20);
	KUNIT_EXPECT_EQ(test, z2_blockmap_live(map, 1), 20);
	KUNIT_EXPECT_EQ(test, z2_blockmap_reserve(map, 1, 3, 0, &first), 1);
	KUNIT_EXPECT_EQ(test, first, 2);
	z2_blockmap_unreserve(map, 2, 1);

	z2_blockmap_remove(map, &most);
	expect_stats(test, map, 1, 1, 20);
	z2_blockmap_remove(map, &many);
	expect_stats(test, map, 1, 0, 0);
	KUNIT_EXPECT_EQ(test, z2_blockmap_live(map, 0), 0);
	KUNIT_EXPECT_EQ(test, z2_blockmap_reserve(map, 1, 3, 0, &first), 2);
	KUNIT_EXPECT_EQ_MSG(test, first, 1, "the saturated block is nobody's");
	z2_blockmap_unreserve(map, 1, 2);
	z2_blockmap_destroy(map);
}

/* Nobody gets blocks that somebody reads, though their object is gone. */
static void blockmap_pin_keeps_blocks(struct kunit *test)
{
	struct z2_blockmap *map = map_create(test, 8);
	struct z2_extent ext = extent(2, 4000, 200);
	u32 first;

	KUNIT_ASSERT_EQ(test, z2_blockmap_reserve(map, 1, 8, 0, &first), 8);
	z2_blockmap_add(map, &ext);
	z2_blockmap_unreserve(map, 0, 8);
	z2_blockmap_pin(map, &ext);
	z2_blockmap_pin(map, &ext);
	z2_blockmap_remove(map, &ext);
	expect_stats(test, map, 2, 0, 0);

	/* Four behind them, two before, none where they are. */
	KUNIT_EXPECT_EQ(test, z2_blockmap_reserve(map, 1, 8, 0, &first), 2);
	KUNIT_EXPECT_EQ(test, first, 0);
	KUNIT_EXPECT_EQ(test, z2_blockmap_reserve(map, 1, 8, 0, &first), 4);
	KUNIT_EXPECT_EQ(test, first, 4);
	KUNIT_EXPECT_EQ(test, z2_blockmap_reserve(map, 1, 8, 0, &first), -ENOSPC);

	z2_blockmap_unpin(map, &ext);
	KUNIT_EXPECT_EQ(test, z2_blockmap_reserve(map, 1, 8, 0, &first), -ENOSPC);
	z2_blockmap_unpin(map, &ext);
	KUNIT_EXPECT_EQ(test, z2_blockmap_reserve(map, 1, 8, 0, &first), 2);
	KUNIT_EXPECT_EQ(test, first, 2);
	z2_blockmap_unreserve(map, 0, 8);
	expect_stats(test, map, 0, 0, 0);
	z2_blockmap_destroy(map);
}

static void extent_last_block(struct kunit *test)
{
	static const struct { u16 offset; u32 size, more; } cases[] = {
		{ 0, 1, 0 }, { 0, 4096, 0 }, { 1, 4095, 0 }, { 1, 4096, 1 }, { 4095, 1, 0 },
		{ 4095, 2, 1 }, { 4095, 4096, 1 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct z2_extent ext = extent(U32_MAX - 1, cases[i].offset, cases[i].size);

		KUNIT_EXPECT_EQ_MSG(test, z2_extent_last_block(&ext), U32_MAX - 1 + cases[i].more,
				    "case %u", i);
	}
}

/* Which blocks to empty. */

static void put_blocks(struct kunit *test, struct z2_blockmap *map, unsigned int nr, u32 live)
{
	u32 first;

	while (nr--) {
		KUNIT_ASSERT_EQ(test, z2_blockmap_reserve(map, 1, 1, 0, &first), 1);
		add(map, first, 0, live);
		z2_blockmap_unreserve(map, first, 1);
	}
}

/* @below blocks' worth of gain must be had, by what z2_blockmap_sparse() says. */
static void blockmap_sparse_thresholds(struct kunit *test)
{
	struct z2_blockmap *map = map_create(test, 2000);
	unsigned int below;

	KUNIT_EXPECT_EQ_MSG(test, z2_blockmap_sparse(map, 1), 0, "nothing there to be moved");
	put_blocks(test, map, 50, Z2_BLOCK_SIZE);
	KUNIT_EXPECT_EQ_MSG(test, z2_blockmap_sparse(map, 1), 0, "full blocks free nothing");
	put_blocks(test, map, 1, 100);
	KUNIT_EXPECT_EQ_MSG(test, z2_blockmap_sparse(map, 1), 0,
			    "one block's objects take a block again");

	/* 11 blocks of 100 bytes: ten are gained. */
	put_blocks(test, map, 10, 100);
	below = z2_blockmap_sparse(map, 10);
	KUNIT_EXPECT_GT(test, below, 100);
	KUNIT_EXPECT_LE(test, below, 256);

	/* With 20 of 1000 bytes it is 31 blocks, whose 21100 bytes take 6. */
	put_blocks(test, map, 20, 1000);
	KUNIT_EXPECT_EQ_MSG(test, z2_blockmap_sparse(map, 10), below, "the sparsest do");
	below = z2_blockmap_sparse(map, 11);
	KUNIT_EXPECT_GT(test, below, 1000);
	KUNIT_EXPECT_LE(test, below, 1024);
	KUNIT_EXPECT_EQ(test, z2_blockmap_sparse(map, 25), below);

	/* Nothing gains 26; nearly full blocks make it no better. */
	put_blocks(test, map, 10, 4090);
	KUNIT_EXPECT_EQ(test, z2_blockmap_sparse(map, 26), below);
	KUNIT_EXPECT_EQ(test, z2_blockmap_sparse(map, U64_MAX), below);

	/* Half full ones do. */
	put_blocks(test, map, 100, 2048);
	below = z2_blockmap_sparse(map, 26);
	KUNIT_EXPECT_GT(test, below, 2048);
	KUNIT_EXPECT_LE(test, below, 2304);
	z2_blockmap_destroy(map);
}

/* No memory. */

static void blockmap_create_without_memory(struct kunit *test)
{
	unsigned int nth, errors = 0;
	bool failed = true;

	z2t_assert_faults(test);
	for (nth = 1; failed; nth++) {
		struct z2_blockmap *map;

		z2t_fault_arm(nth, nth % 2);
		map = z2_blockmap_create(100000);
		failed = z2t_fault_disarm();
		if (IS_ERR(map)) {
			KUNIT_EXPECT_EQ(test, PTR_ERR(map), -ENOMEM);
			KUNIT_EXPECT_TRUE(test, failed);
			errors++;
		} else {
			z2_blockmap_destroy(map);
		}
	}
	KUNIT_EXPECT_GE_MSG(test, errors, 4, "the map and three arrays");
}

static void blockmap_reserve_without_memory(struct kunit *test)
{
	struct z2_blockmap *map = map_create(test, 2048);
	u32 first;
	int len;

	z2t_assert_faults(test);
	z2t_fault_arm(1, true);
	len = z2_blockmap_reserve(map, 1, 32, 0, &first);
	KUNIT_EXPECT_TRUE(test, z2t_fault_disarm());
	KUNIT_EXPECT_EQ(test, len, -ENOMEM);
	expect_stats(test, map, 0, 0, 0);

	/* In a group that is in use already nothing is needed. */
	KUNIT_ASSERT_EQ(test, z2_blockmap_reserve(map, 1, 32, 0, &first), 32);
	z2t_fault_arm(1, true);
	len = z2_blockmap_reserve(map, 1, 32, 0, &first);
	KUNIT_EXPECT_FALSE(test, z2t_fault_disarm());
	KUNIT_EXPECT_EQ(test, len, 32);
	z2_blockmap_unreserve(map, 0, 64);
	expect_stats(test, map, 0, 0, 0);
	z2_blockmap_destroy(map);
}

/* Against a plain model. */

/**
 * struct model - what a map should say
 * @test: the test
 * @map: the map
 * @rng: makes choices
 * @refs: of each block
 * @live: bytes of each block
 * @objects: those there are
 * @nr_objects: how many
 * @pins: extents that are pinned
 * @nr_pins: how many
 * @used: blocks with references
 * @bytes: of all objects
 */
struct model {
	struct kunit *test;
	struct z2_blockmap *map;
	u64 rng;
	unsigned int refs[NR_BLOCKS];
	unsigned int live[NR_BLOCKS];
	struct z2_extent objects[OBJECTS_MAX];
	unsigned int nr_objects;
	struct z2_extent pins[PINS_MAX];
	unsigned int nr_pins;
	unsigned int used;
	u64 bytes;
};

static void model_ref(struct model *m, u32 block, int delta)
{
	if (!m->refs[block])
		m->used++;
	m->refs[block] += delta;
	if (!m->refs[block])
		m->used--;
}

static void model_extent(struct model *m, const struct z2_extent *ext, int refs, int bytes)
{
	int here = min_t(int, ext->size, Z2_BLOCK_SIZE - ext->offset), there = ext->size - here;

	model_ref(m, ext->block, refs);
	m->live[ext->block] += bytes * here;
	if (there) {
		model_ref(m, ext->block + 1, refs);
		m->live[ext->block + 1] += bytes * there;
	}
	m->bytes += (s64)bytes * ext->size;
}

/* Is there a run of so many free blocks in one group? */
static bool model_has_run(const struct model *m, unsigned int min)
{
	unsigned int len = 0;
	u32 i;

	for (i = 0; i < NR_BLOCKS && len < min; i++) {
		if (!(i % 1024))
			len = 0;
		len = m->refs[i] ? 0 : len + 1;
	}
	return len >= min;
}

/* As a segment does it: reserve, put objects there, drop the reservation. */
static void model_write(struct model *m)
{
	unsigned int min = z2t_random(&m->rng) % 2 ? 1 : 1 + z2t_random(&m->rng) % RUN_MAX;
	unsigned int want = min + z2t_random(&m->rng) % RUN_MAX;
	unsigned int keep = z2t_random(&m->rng) % 4 ? 0 : z2t_random(&m->rng) % NR_BLOCKS;
	unsigned int nr_free = NR_BLOCKS - m->used;
	struct kunit *test = m->test;
	unsigned int i, at = 0;
	u32 first;
	int len;

	len = z2_blockmap_reserve(m->map, min, want, keep, &first);
	if (nr_free < keep + min || !model_has_run(m, min)) {
		KUNIT_ASSERT_EQ(test, len, -ENOSPC);
		return;
	}
	KUNIT_ASSERT_GE(test, len, (int)min);
	KUNIT_ASSERT_LE(test, len, want);
	KUNIT_ASSERT_LE(test, len, nr_free - keep);
	KUNIT_ASSERT_LE(test, first + len, NR_BLOCKS);
	/* Never shorter than it could be, but for the end of a group. */
	if (len < want && len < nr_free - keep && (first + len) % 1024 && first + len < NR_BLOCKS)
		KUNIT_ASSERT_GT(test, m->refs[first + len], 0);
	for (i = 0; i < len; i++) {
		KUNIT_ASSERT_EQ(test, m->refs[first + i], 0);
		model_ref(m, first + i, 1);
	}

	while (m->nr_objects < OBJECTS_MAX) {
		struct z2_extent ext;

		at += z2t_random(&m->rng) % 3 ? 0 : z2t_random(&m->rng) % 5000;
		ext = extent(first + at / Z2_BLOCK_SIZE, at % Z2_BLOCK_SIZE,
			     1 + z2t_random(&m->rng) % Z2_BLOCK_SIZE);
		if (at + ext.size > len * Z2_BLOCK_SIZE)
			break;
		at += ext.size;
		z2_blockmap_add(m->map, &ext);
		model_extent(m, &ext, 1, 1);
		m->objects[m->nr_objects++] = ext;
	}
	for (i = 0; i < len; i++)
		model_ref(m, first + i, -1);
	z2_blockmap_unreserve(m->map, first, len);
}

static void model_remove(struct model *m)
{
	unsigned int i;

	if (!m->nr_objects)
		return;
	i = z2t_random(&m->rng) % m->nr_objects;
	z2_blockmap_remove(m->map, &m->objects[i]);
	model_extent(m, &m->objects[i], -1, -1);
	m->objects[i] = m->objects[--m->nr_objects];
}

static void model_pin(struct model *m)
{
	struct z2_extent *ext = &m->pins[m->nr_pins];

	if (!m->nr_objects || m->nr_pins == PINS_MAX)
		return;
	*ext = m->objects[z2t_random(&m->rng) % m->nr_objects];
	z2_blockmap_pin(m->map, ext);
	model_extent(m, ext, 1, 0);
	m->nr_pins++;
}

static void model_unpin(struct model *m)
{
	unsigned int i;

	if (!m->nr_pins)
		return;
	i = z2t_random(&m->rng) % m->nr_pins;
	z2_blockmap_unpin(m->map, &m->pins[i]);
	model_extent(m, &m->pins[i], -1, 0);
	m->pins[i] = m->pins[--m->nr_pins];
}

/* Each block with few live bytes is found, and how many objects it may have. */
static void model_check_next_sparse(struct model *m)
{
	unsigned int below = 1 + z2t_random(&m->rng) % Z2_BLOCK_SIZE, refs;
	u64 next = z2_blockmap_next_sparse(m->map, 0, below, &refs);
	u32 i;

	for (i = 0; i < NR_BLOCKS; i++) {
		if (!m->live[i] || m->live[i] >= below)
			continue;
		KUNIT_ASSERT_EQ(m->test, next, i);
		KUNIT_ASSERT_EQ(m->test, refs, m->refs[i]);
		next = z2_blockmap_next_sparse(m->map, i + 1, below, &refs);
	}
	KUNIT_ASSERT_EQ(m->test, next, NR_BLOCKS);
}

/* Moving what lies on blocks with less than the threshold gains something. */
static void model_check_sparse(struct model *m)
{
	u64 want = 1 + z2t_random(&m->rng) % 300;
	unsigned int below = z2_blockmap_sparse(m->map, want);
	u64 blocks = 0, bytes = 0;
	u32 i;

	KUNIT_ASSERT_LE(m->test, below, Z2_BLOCK_SIZE);
	for (i = 0; i < NR_BLOCKS; i++) {
		if (m->live[i] && m->live[i] < below) {
			blocks++;
			bytes += m->live[i];
		}
	}
	if (below)
		KUNIT_ASSERT_GT(m->test, blocks, (bytes + Z2_BLOCK_SIZE - 1) / Z2_BLOCK_SIZE);
}

static void model_check(struct model *m)
{
	u32 i;

	expect_stats(m->test, m->map, m->used, m->nr_objects, m->bytes);
	for (i = 0; i < NR_BLOCKS; i++)
		KUNIT_ASSERT_EQ(m->test, z2_blockmap_live(m->map, i), m->live[i]);
	model_check_sparse(m);
	model_check_next_sparse(m);
}

KUNIT_DEFINE_ACTION_WRAPPER(vfree_action, vfree, const void *);

static void blockmap_against_model(struct kunit *test)
{
	struct model *m = vzalloc(sizeof(*m));
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, m);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, vfree_action, m), 0);
	m->test = test;
	m->map = map_create(test, NR_BLOCKS);
	for (i = 0; i < 30000; i++) {
		/* Filling up and emptying take turns. */
		unsigned int fill = i / 5000 % 2 ? 1 : 12;
		unsigned int r = z2t_random(&m->rng) % 100;

		if (r < fill)
			model_write(m);
		else if (r < 80)
			model_remove(m);
		else if (r < 90)
			model_pin(m);
		else
			model_unpin(m);
		if (!(i % 1000))
			model_check(m);
	}
	KUNIT_EXPECT_GT(test, m->nr_objects, 0);
	while (m->nr_pins)
		model_unpin(m);
	while (m->nr_objects)
		model_remove(m);
	model_check(m);
	expect_stats(test, m->map, 0, 0, 0);
	z2_blockmap_destroy(m->map);
}

/* Threads that reserve, add, pin and remove at once leave nothing. */
struct crowd {
	struct z2_blockmap *map;
	atomic_t *owners;
	atomic_t wrong;
};

static void crowd_loop(void *arg)
{
	struct crowd *c = arg;
	int i, len, b;
	u32 first;

	for (i = 0; i < 300; i++) {
		struct z2_extent ext;

		len = z2_blockmap_reserve(c->map, 1, 3, 0, &first);
		if (len < 0)
			continue;
		for (b = 0; b < len; b++)
			if (atomic_inc_return(&c->owners[first + b]) != 1)
				atomic_inc(&c->wrong);
		ext = extent(first, 96, (len - 1) * Z2_BLOCK_SIZE + 100);
		z2_blockmap_add(c->map, &ext);
		z2_blockmap_pin(c->map, &ext);
		z2_blockmap_unreserve(c->map, first, len);
		z2_blockmap_remove(c->map, &ext);
		for (b = 0; b < len; b++)
			atomic_dec(&c->owners[first + b]);
		z2_blockmap_unpin(c->map, &ext);
	}
}

static void blockmap_crowd(struct kunit *test)
{
	struct crowd *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);
	struct z2t_thread *threads[4];
	int i;

	KUNIT_ASSERT_NOT_NULL(test, c);
	/* Small, so that they meet, and each group comes and goes. */
	c->map = map_create(test, 1030);
	c->owners = kunit_kcalloc(test, 1030, sizeof(*c->owners), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, c->owners);
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		threads[i] = z2t_spawn(test, crowd_loop, c);
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		KUNIT_ASSERT_TRUE(test, z2t_join(threads[i]));
	KUNIT_EXPECT_EQ(test, atomic_read(&c->wrong), 0);
	expect_stats(test, c->map, 0, 0, 0);
	z2_blockmap_destroy(c->map);
}

/* A terabyte. */

static u64 free_memory(void)
{
	struct sysinfo info;

	si_meminfo(&info);
	return (u64)info.freeram * info.mem_unit;
}

static void blockmap_terabyte_is_cheap(struct kunit *test)
{
	u64 before = free_memory(), taken;
	struct z2_blockmap *map = map_create(test, TERABYTE_BLOCKS);
	u32 first;

	taken = before - free_memory();
	KUNIT_EXPECT_LE_MSG(test, (s64)taken, (s64)(40 << 20), "an empty map");
	KUNIT_EXPECT_GE_MSG(test, taken, (u64)(32 << 20), "the measurement sees a bit a block");

	/* Counts exist for what is in use only. */
	KUNIT_EXPECT_EQ(test, z2_blockmap_reserve(map, 1, 32, 0, &first), 32);
	add(map, first + 31, 0, 4096);
	z2_blockmap_unreserve(map, first, 32);
	expect_stats(test, map, 1, 1, 4096);
	KUNIT_EXPECT_EQ(test, z2_blockmap_live(map, TERABYTE_BLOCKS - 1), 0);
	z2_blockmap_destroy(map);
}

/* Nanoseconds that a search takes which fails, with and without something freed. */
static u64 failure_cost(struct kunit *test, struct z2_blockmap *map, bool change)
{
	unsigned int rounds = 2000, i;
	u64 begin = ktime_get_ns();
	u32 first;

	for (i = 0; i < rounds; i++) {
		if (change) {
			KUNIT_ASSERT_EQ(test, z2_blockmap_reserve(map, 1, 1, 0, &first), 1);
			z2_blockmap_unreserve(map, first, 1);
		}
		KUNIT_ASSERT_EQ(test, z2_blockmap_reserve(map, 4, 32, 0, &first), -ENOSPC);
	}
	return div_u64(ktime_get_ns() - begin, rounds);
}

/* Nanoseconds that a run takes, freed again so that the state stays as it is. */
static u64 reserve_cost(struct kunit *test, struct z2_blockmap *map, unsigned int want)
{
	unsigned int rounds = 20000, i;
	u64 begin = ktime_get_ns();
	u32 first;
	int len;

	for (i = 0; i < rounds; i++) {
		len = z2_blockmap_reserve(map, 1, want, 0, &first);
		KUNIT_ASSERT_GT(test, len, 0);
		z2_blockmap_unreserve(map, first, len);
	}
	return div_u64(ktime_get_ns() - begin, rounds);
}

/*
 * A full terabyte would take a gigabyte of counts.  So many of its blocks it is,
 * and for a search that goes through them all it is enough to be noticed.
 */
#define FULL_BLOCKS	BIT(20)

static void reserve_all(struct z2_blockmap *map)
{
	u32 first;

	while (z2_blockmap_reserve(map, 1, 1024, 0, &first) > 0)
		cond_resched();
}

/* Finding a run costs the same on an empty map and on a full, fragmented one. */
static void blockmap_full_and_fragmented(struct kunit *test)
{
	struct z2_blockmap *map = map_create(test, FULL_BLOCKS);
	u64 room, holes, last, known, changed, scan;
	u32 block, first;

	reserve_all(map);
	KUNIT_ASSERT_EQ(test, free_blocks(map), 0);
	z2_blockmap_unreserve(map, 1024, 1000);
	room = reserve_cost(test, map, 1);
	reserve_all(map);

	/* Half of the groups are full, each run is one block. */
	for (block = 1000; block < FULL_BLOCKS; block += 2 * 1024)
		z2_blockmap_unreserve(map, block, 1);
	KUNIT_ASSERT_EQ(test, free_blocks(map), FULL_BLOCKS / 2048);
	holes = reserve_cost(test, map, 32);

	/* That no run is long enough isn't found out anew for each object. */
	for (block = 0; block < FULL_BLOCKS; block += 8)
		if (block / 1024 % 2)
			z2_blockmap_unreserve(map, block, 3);
	scan = ktime_get_ns();
	KUNIT_ASSERT_EQ(test, z2_blockmap_reserve(map, 4, 32, 0, &first), -ENOSPC);
	scan = ktime_get_ns() - scan;
	known = failure_cost(test, map, false);
	changed = failure_cost(test, map, true);
	kunit_info(test, "ns a run that isn't there: %llu at first, %llu then, %llu after a change",
		   scan, known, changed);
	KUNIT_EXPECT_LT(test, known, 2 * room);
	KUNIT_EXPECT_LT(test, changed, scan / 20);

	/* The worst: the only free block always lies behind. */
	reserve_all(map);
	z2_blockmap_unreserve(map, 5, 1);
	last = reserve_cost(test, map, 32);

	kunit_info(test, "ns a run: %llu with room, %llu fragmented, %llu the last free block",
		   room, holes, last);
	KUNIT_EXPECT_LT(test, holes, 5 * room);
	KUNIT_EXPECT_LT(test, last, 5 * room);
	z2_blockmap_destroy(map);
}

static struct kunit_case blockmap_cases[] = {
	KUNIT_CASE_PARAM(blockmap_hands_out_each_block, size_gen_params),
	KUNIT_CASE(blockmap_runs_are_long),
	KUNIT_CASE(blockmap_goes_round),
	KUNIT_CASE(blockmap_finds_what_is_behind),
	KUNIT_CASE(blockmap_keeps),
	KUNIT_CASE(blockmap_runs_are_long_enough),
	KUNIT_CASE(blockmap_counts_objects),
	KUNIT_CASE(blockmap_counts_many),
	KUNIT_CASE(blockmap_counts_saturate),
	KUNIT_CASE(blockmap_pin_keeps_blocks),
	KUNIT_CASE(extent_last_block),
	KUNIT_CASE(blockmap_sparse_thresholds),
	KUNIT_CASE(blockmap_create_without_memory),
	KUNIT_CASE(blockmap_reserve_without_memory),
	KUNIT_CASE(blockmap_against_model),
	KUNIT_CASE(blockmap_crowd),
	KUNIT_CASE(blockmap_terabyte_is_cheap),
	KUNIT_CASE_SLOW(blockmap_full_and_fragmented),
	{}
};

static struct kunit_suite blockmap_suite = {
	.name = "zram2_blockmap",
	.test_cases = blockmap_cases,
};

kunit_test_suite(blockmap_suite);

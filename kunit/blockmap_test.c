// SPDX-License-Identifier: GPL-2.0
/* The map of blocks in use. */
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/slab.h>

#include <zram2/blockmap.h>

#include "blockmap_fixture.h"
#include "fixture.h"

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
	/* The counts of one group are kept. */
	z2t_fault_arm(1, true);
	len = z2_blockmap_reserve(map, 1, 1024, 0, &first);
	KUNIT_EXPECT_TRUE(test, z2t_fault_disarm());
	KUNIT_ASSERT_EQ(test, len, 1024);
	z2t_fault_arm(1, true);
	len = z2_blockmap_reserve(map, 1, 32, 0, &first);
	KUNIT_EXPECT_TRUE(test, z2t_fault_disarm());
	KUNIT_EXPECT_EQ(test, len, -ENOMEM);
	expect_stats(test, map, 1024, 0, 0);

	/* Once a group is empty, they are again. */
	z2_blockmap_unreserve(map, 0, 1024);
	z2t_fault_arm(1, true);
	len = z2_blockmap_reserve(map, 1, 32, 0, &first);
	KUNIT_EXPECT_TRUE(test, z2t_fault_disarm());
	KUNIT_ASSERT_EQ(test, len, 32);

	/* In a group that is in use already nothing is needed. */
	z2t_fault_arm(1, true);
	len = z2_blockmap_reserve(map, 1, 32, 0, &first);
	KUNIT_EXPECT_FALSE(test, z2t_fault_disarm());
	KUNIT_EXPECT_EQ(test, len, 32);
	z2_blockmap_unreserve(map, 1024, 64);
	expect_stats(test, map, 0, 0, 0);
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
	{}
};

static struct kunit_suite blockmap_suite = {
	.name = "zram2_blockmap",
	.test_cases = blockmap_cases,
};

kunit_test_suite(blockmap_suite);

// SPDX-License-Identifier: GPL-2.0
/*
 * Compaction: that it gains blocks, or leaves all as it is; and what happens to
 * objects while they are moved.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/sort.h>
#include <linux/string.h>

#include <zram2/compact.h>
#include <zram2/page.h>
#include <zram2/scan.h>
#include <zram2/segment.h>
#include <zram2/writeback.h>

#include "backed.h"
#include "fixture.h"

static struct z2t_backed *backed(struct kunit *test, u64 blocks)
{
	const struct z2t_backed_config config = { .blocks = blocks, .block_size = 512 };

	return z2t_backed_create(test, &config);
}

static u64 free_blocks(struct z2t_backed *t)
{
	return z2_blockmap_free(z2_backing_map(t->dev->backing));
}

/* As a run of writeback does it, that would like to have one block more. */
static int compact(struct z2t_backed *t)
{
	struct z2_segments segs;
	const char *why;
	int err;

	KUNIT_ASSERT_EQ(t->test, z2_scan_begin(t->dev, &why), 0);
	z2_segments_init(&segs, t->dev, 4, free_blocks(t));
	err = z2_compact_run(&segs);
	KUNIT_EXPECT_EQ(t->test, z2_segments_finish(&segs), 0);
	z2_scan_end(t->dev);
	return err;
}

static u64 live_percent(struct z2t_backed *t)
{
	struct z2_blockmap_stats stats = z2t_backed_stats(t);

	return stats.bytes * 100 / (stats.blocks * Z2_BLOCK_SIZE);
}

/* So many fill a device of 32 blocks but for what is kept free. */
#define SPARSE_PAGES	112

/* Every other object goes: half of the bytes are live, but no block is free. */
static void make_sparse(struct z2t_backed *t, unsigned long nr)
{
	unsigned long i;

	z2t_backed_write_all(t, nr, Z2T_SMALL);
	KUNIT_ASSERT_EQ(t->test, z2t_backed_run(t, 0, 0, ULONG_MAX), 0);
	for (i = 0; i < nr; i += 2)
		z2_page_free(t->dev, i);
}

static void compact_moves(struct kunit *test)
{
	struct z2t_backed *t = backed(test, 32);
	struct z2_backing_stats *stats = z2_backing_stats(t->dev->backing);
	u64 written, moved;
	unsigned long i;

	make_sparse(t, SPARSE_PAGES);
	KUNIT_EXPECT_GE(test, z2t_backed_stats(t).used, 25);
	written = atomic64_read(&stats->write_bytes);
	for (i = 200; i < 230; i++)
		KUNIT_ASSERT_EQ(test, z2t_backed_write(t, i, Z2T_SMALL, i), 0);
	t->dev->writeback_limit_enable = true;
	t->dev->writeback_limit = 1000;
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), 0);
	KUNIT_EXPECT_EQ(test, z2t_backed_count(t), SPARSE_PAGES / 2 + 30);

	/* What it moved is counted, and was written like anything else. */
	moved = atomic64_read(&stats->moved_bytes);
	KUNIT_EXPECT_GT(test, moved, 0);
	KUNIT_EXPECT_LE(test, moved, SPARSE_PAGES / 2 * 1024);
	KUNIT_EXPECT_GE(test, atomic64_read(&stats->write_bytes) - written, moved + 30 * Z2T_SMALL);
	KUNIT_EXPECT_LE(test, t->dev->writeback_limit,
			1000 - (moved + 30 * Z2T_SMALL) / Z2_BLOCK_SIZE);

	for (i = 0; i < SPARSE_PAGES; i++)
		KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, i, i % 2 ? Z2T_SMALL : 0, i));
	for (i = 200; i < 230; i++)
		KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, i, Z2T_SMALL, i));
	z2t_backed_expect_empty(t);
}

/* What compaction can't read or finds damaged stays where it is. */
static void compact_around_damage(struct kunit *test)
{
	struct z2t_backed *t = backed(test, 32);
	struct z2_backing_stats *stats = z2_backing_stats(t->dev->backing);
	struct z2_extent damaged;
	unsigned long i;

	make_sparse(t, SPARSE_PAGES);
	damaged = z2t_backed_extent(t, 1);
	z2t_bdev_damage(t->fake, z2t_backed_byte(&damaged), 1);
	for (i = 200; i < 230; i++)
		KUNIT_ASSERT_EQ(test, z2t_backed_write(t, i, Z2T_SMALL, i), 0);
	t->fake->fail_reads = BIT(1) | BIT(3);
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), 0);
	KUNIT_EXPECT_GE(test, atomic64_read(&stats->check_errors), 1);
	KUNIT_EXPECT_EQ(test, atomic64_read(&stats->read_errors), 2);
	KUNIT_EXPECT_EQ(test, z2t_backed_count(t), SPARSE_PAGES / 2 + 30);
	KUNIT_EXPECT_EQ(test, z2t_backed_extent(t, 1).block, damaged.block);
	/* Undone, it is readable again: nobody took its block. */
	z2t_bdev_damage(t->fake, z2t_backed_byte(&damaged), 1);
	for (i = 1; i < SPARSE_PAGES; i += 2)
		KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, i, Z2T_SMALL, i));
	z2t_backed_expect_empty(t);
}

/**
 * struct churn - random pages and what they should hold
 * @bytes: of each page; 0 for a free one
 * @seed: of each page
 * @rng: makes choices
 */
struct churn {
	u16 bytes[Z2T_PAGES];
	u32 seed[Z2T_PAGES];
	u64 rng;
};

static void churn_pages(struct z2t_backed *t, struct churn *c, unsigned int nr)
{
	while (nr--) {
		unsigned long i = z2t_random(&c->rng) % Z2T_PAGES;

		c->bytes[i] = 0;
		if (z2t_random(&c->rng) % 2)
			c->bytes[i] = z2t_random(&c->rng) % 8 ? 100 + z2t_random(&c->rng) % 2500 :
								Z2T_RAW;
		c->seed[i] = z2t_random(&c->rng);
		if (c->bytes[i])
			KUNIT_ASSERT_EQ(t->test, z2t_backed_write(t, i, c->bytes[i], c->seed[i]),
					0);
		else
			z2_page_free(t->dev, i);
	}
}

/* A device is never full while less than 70 % of it is live. */
static void compact_churn(struct kunit *test)
{
	struct churn *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);
	struct z2t_backed *t = backed(test, 50);
	unsigned int round, full = 0;
	unsigned long i;

	KUNIT_ASSERT_NOT_NULL(test, c);
	churn_pages(t, c, 150);
	for (round = 0; round < 12; round++) {
		int err;

		err = z2t_backed_run(t, 0, 0, ULONG_MAX);
		if (err) {
			KUNIT_EXPECT_EQ(test, err, -ENOSPC);
			KUNIT_EXPECT_GE_MSG(test, live_percent(t), 69, "round %u", round);
			full++;
		}
		churn_pages(t, c, 25);
	}
	kunit_info(test, "%u of 12 runs ended at a full device, %lld bytes moved of %lld written",
		   full, atomic64_read(&z2_backing_stats(t->dev->backing)->moved_bytes),
		   atomic64_read(&z2_backing_stats(t->dev->backing)->write_bytes));
	KUNIT_EXPECT_GT(test, atomic64_read(&z2_backing_stats(t->dev->backing)->moved_bytes), 0);
	for (i = 0; i < Z2T_PAGES; i++)
		KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, i, c->bytes[i], c->seed[i]));
	z2t_backed_expect_empty(t);
}

/*
 * Objects of a block far apart in index: page i, i + THIRD and i + 2 * THIRD, of
 * 1300 bytes each.  Without the last ones 62 % of the used blocks are live, and
 * the objects that come first by index are all in different blocks.
 */
#define THIRD		80
/* Of these nothing compresses: with what the algorithm adds, 1300 bytes are stored. */
#define THIRD_BYTES	1200
#define THIRDS_BLOCKS	91	/* and 11 that are kept */

/* A run, hence a segment, for what is to lie together. */
static int write_together(struct z2t_backed *t, unsigned long first, unsigned long stride)
{
	struct z2_writeback_job jobs[3] = {};
	const char *why;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(jobs); i++) {
		jobs[i].first = first + i * stride;
		jobs[i].last = jobs[i].first;
	}
	return z2_writeback_run(t->dev, jobs, ARRAY_SIZE(jobs), &why);
}

static void write_thirds(struct z2t_backed *t)
{
	unsigned long i;

	z2t_backed_write_all(t, 3 * THIRD, THIRD_BYTES);
	for (i = 0; i < THIRD; i++)
		KUNIT_ASSERT_EQ(t->test, write_together(t, i, THIRD), 0);
	KUNIT_ASSERT_EQ(t->test, z2t_backed_stats(t).used, THIRD);
}

static void free_last_third(struct z2t_backed *t)
{
	unsigned long i;

	for (i = 2 * THIRD; i < 3 * THIRD; i++)
		z2_page_free(t->dev, i);
	KUNIT_ASSERT_EQ_MSG(t->test, free_blocks(t), 11, "as many as are kept");
}

static const unsigned int block_sizes[] = { 512, 4096 };

static void block_size_desc(const unsigned int *size, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u", *size);
}

KUNIT_ARRAY_PARAM(block_size, block_sizes, block_size_desc);

static void compact_thirds(struct kunit *test)
{
	const struct z2t_backed_config config = {
		.blocks = THIRDS_BLOCKS, .block_size = *(const unsigned int *)test->param_value,
	};
	struct z2t_backed *t = z2t_backed_create(test, &config);
	unsigned long i;

	write_thirds(t);
	free_last_third(t);

	/* The live objects take 54 blocks, of 80: some 20 pages more have room. */
	for (i = 2 * THIRD; i < 2 * THIRD + 20; i++)
		KUNIT_ASSERT_EQ(test, z2t_backed_write(t, i, Z2T_RAW, i), 0);
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), 0);
	KUNIT_EXPECT_EQ(test, z2t_backed_count(t), 2 * THIRD + 20);
	KUNIT_EXPECT_GE(test, free_blocks(t), 11);

	/* With 20 more it is full, and what is kept is still there for the next time. */
	for (; i < 2 * THIRD + 40; i++)
		KUNIT_ASSERT_EQ(test, z2t_backed_write(t, i, Z2T_RAW, i), 0);
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), -ENOSPC);
	KUNIT_EXPECT_GE(test, free_blocks(t), 11);
	for (i = 0; i < 2 * THIRD + 40; i++)
		KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, i, i < 2 * THIRD ? THIRD_BYTES :
									       Z2T_RAW, i));
	z2t_backed_expect_empty(t);
}

/* Random layouts. */

/**
 * struct layout - how to fill a device, and what to free
 * @name: says so
 * @block_size: the device's logical block
 * @smallest: object, about
 * @largest: object, about
 * @raw_every: of so many pages one is raw; 0 for none
 * @stride: three pages that lie together are so far apart; 1 for neighbours
 * @freed: percent of the pages, at random
 * @in_rows: instead the last one of each three
 */
struct layout {
	const char *name;
	unsigned int block_size;
	unsigned int smallest;
	unsigned int largest;
	unsigned int raw_every;
	unsigned int stride;
	unsigned int freed;
	bool in_rows;
};

static const struct layout layouts[] = {
	{ "512 random", 512, 100, 3000, 0, 1, 50 },
	{ "512 random, few free", 512, 100, 3000, 9, 1, 15 },
	{ "512 halves", 512, 1900, 2200, 0, 1, 50 },
	{ "512 small, nearly all free", 512, 40, 200, 0, 1, 90 },
	{ "512 strided", 512, 1200, 1400, 0, 80, 0, true },
	{ "512 large", 512, 2800, 3800, 0, 1, 40 },
	{ "4096 random", 4096, 100, 3000, 0, 1, 50 },
	{ "4096 random, few free", 4096, 100, 3000, 9, 1, 15 },
	{ "4096 halves", 4096, 1900, 2200, 0, 1, 50 },
	{ "4096 strided", 4096, 1200, 1400, 0, 80, 0, true },
	{ "4096 unshareable", 4096, 2100, 3000, 0, 1, 50 },
};

static void layout_desc(const struct layout *layout, char *desc)
{
	strscpy(desc, layout->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(layout, layouts, layout_desc);

/**
 * struct pages - what pages should hold
 * @bytes: of each; 0 for a free one
 * @rng: makes choices
 */
struct pages {
	u16 bytes[Z2T_PAGES];
	u64 rng;
};

static void write_layout(struct z2t_backed *t, const struct layout *layout, struct pages *p)
{
	unsigned long i;

	for (i = 0; i < Z2T_PAGES; i++) {
		p->bytes[i] = layout->smallest +
			      z2t_random(&p->rng) % (layout->largest - layout->smallest);
		if (layout->raw_every && !(z2t_random(&p->rng) % layout->raw_every))
			p->bytes[i] = Z2T_RAW;
		KUNIT_ASSERT_EQ(t->test, z2t_backed_write(t, i, p->bytes[i], i), 0);
	}
	for (i = 0; i < layout->stride && layout->stride > 1; i++)
		if (write_together(t, i, layout->stride))
			break;
	z2t_backed_run(t, 0, 0, ULONG_MAX);
}

static void free_some(struct z2t_backed *t, const struct layout *layout, struct pages *p)
{
	unsigned long i;

	for (i = 0; i < Z2T_PAGES; i++) {
		bool last = i / layout->stride == 2;

		if (layout->in_rows ? last : z2t_random(&p->rng) % 100 < layout->freed) {
			z2_page_free(t->dev, i);
			p->bytes[i] = 0;
		}
	}
}

#define PROPERTY_BLOCKS	80

static int cmp_cost(const void *a, const void *b)
{
	const u32 *one = a, *other = b;

	return *one < *other ? -1 : *one > *other;
}

/*
 * Nothing could be gained: there is no run of free blocks that the objects of
 * more blocks would surely fit, whatever way they are packed.
 */
static void expect_dense(struct z2t_backed *t, const struct layout *layout)
{
	u32 costs[PROPERTY_BLOCKS] = {}, total = 0, largest = 0, waste;
	unsigned int run = 0, longest = 0, nr = 0, n;
	unsigned long i;
	u32 b;

	for (i = 0; i < Z2T_PAGES; i++) {
		struct z2_extent ext;

		if (!z2t_backed_on_device(t, i))
			continue;
		ext = z2t_backed_extent(t, i);
		largest = max(largest, ext.size);
		for (b = ext.block; b <= z2_extent_last_block(&ext); b++)
			costs[b] += ext.size;
	}
	for (b = 0; b < PROPERTY_BLOCKS; b++) {
		run = costs[b] ? 0 : run + 1;
		longest = max(longest, run);
		if (costs[b])
			costs[nr++] = costs[b];
	}
	sort(costs, nr, sizeof(*costs), cmp_cost, NULL);
	/* Where objects don't straddle blocks, each block may have a gap. */
	waste = layout->block_size == Z2_BLOCK_SIZE ? min(largest, Z2_BLOCK_SIZE / 2) : 0;
	for (n = 0; n < nr && n < min(longest, 8U); n++) {
		total += costs[n];
		if (n)
			KUNIT_EXPECT_GT_MSG(t->test, total, n * (Z2_BLOCK_SIZE - waste),
					    "%u blocks' objects fit %u blocks", n + 1, n);
	}
}

static void compact_gains_or_refuses(struct kunit *test)
{
	const struct layout *layout = test->param_value;
	const struct z2t_backed_config config = {
		.blocks = PROPERTY_BLOCKS, .block_size = layout->block_size,
	};
	struct z2t_backed *t = z2t_backed_create(test, &config);
	struct pages *p = kunit_kzalloc(test, sizeof(*p), GFP_KERNEL);
	unsigned int round, passes = 0;
	unsigned long i;
	u64 at_first;

	KUNIT_ASSERT_NOT_NULL(test, p);
	p->rng = layout - layouts;
	for (round = 0; round < 3; round++) {
		u64 before, after;
		int err;

		write_layout(t, layout, p);
		free_some(t, layout, p);
		at_first = free_blocks(t);
		do {
			before = free_blocks(t);
			err = compact(t);
			after = free_blocks(t);
			if (err)
				KUNIT_ASSERT_EQ(test, err, -ENOSPC);
			/* Never less, and what it says it has gained it has. */
			KUNIT_ASSERT_GE(test, after, before + !err);
			passes++;
		} while (!err);
		expect_dense(t, layout);
		kunit_info(test, "%llu of %u blocks free, then %llu; %lld bytes live", at_first,
			   PROPERTY_BLOCKS, after, z2t_backed_stats(t).bytes);
		for (i = 0; i < Z2T_PAGES; i++)
			KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, i, p->bytes[i], i));
	}
	if (layout->smallest < Z2_BLOCK_SIZE / 2)
		KUNIT_EXPECT_GT_MSG(test, passes, 3, "nothing was ever gained");
	z2t_backed_expect_empty(t);
}

/* What happens while objects are moved. */

static void compact_while(struct z2t_backed *t,
			  void (*on_submit)(struct z2t_bdev *fake, const struct z2t_request *req))
{
	u64 before;

	make_sparse(t, SPARSE_PAGES);
	before = free_blocks(t);
	t->fake->private = t;
	t->fake->on_submit = on_submit;
	KUNIT_EXPECT_EQ(t->test, compact(t), 0);
	t->fake->on_submit = NULL;
	KUNIT_EXPECT_GT(t->test, free_blocks(t), before);
}

static void touch_all(struct z2t_bdev *fake, const struct z2t_request *req)
{
	struct z2t_backed *t = fake->private;
	unsigned long i;

	for (i = 0; i < Z2T_PAGES && req->write; i++) {
		z2_slot_read_lock(t->dev->table, i);
		z2_slot_touch(t->dev->table, i, z2_slot_now());
		z2_slot_read_unlock(t->dev->table, i);
	}
}

/* Who reads a page meanwhile doesn't keep it where it was. */
static void compact_what_is_read(struct kunit *test)
{
	struct z2t_backed *t = backed(test, 32);
	unsigned long i;

	compact_while(t, touch_all);
	for (i = 0; i < SPARSE_PAGES; i++)
		KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, i, i % 2 ? Z2T_SMALL : 0, i));
	z2t_backed_expect_empty(t);
}

static void rewrite_some(struct z2t_bdev *fake, const struct z2t_request *req)
{
	struct z2t_backed *t = fake->private;
	unsigned long i;

	for (i = 1; i < SPARSE_PAGES && req->write; i += 6)
		KUNIT_EXPECT_EQ(t->test, z2t_backed_write(t, i, Z2T_SMALL, 1000 + i), 0);
	for (i = 3; i < SPARSE_PAGES && req->write; i += 6)
		z2_page_free(t->dev, i);
}

/* What is rewritten or freed meanwhile is not brought back. */
static void compact_what_is_replaced(struct kunit *test)
{
	struct z2t_backed *t = backed(test, 32);
	unsigned long i;

	compact_while(t, rewrite_some);
	for (i = 1; i < SPARSE_PAGES; i += 6) {
		KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, i, Z2T_SMALL, 1000 + i));
		KUNIT_EXPECT_FALSE(test, z2t_backed_on_device(t, i));
	}
	for (i = 3; i < SPARSE_PAGES; i += 6)
		KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, i, 0, 0));
	for (i = 5; i < SPARSE_PAGES; i += 6)
		KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, i, Z2T_SMALL, i));
	z2t_backed_expect_empty(t);
}

static void interrupt(struct z2t_bdev *fake, const struct z2t_request *req)
{
	if (req->write)
		send_sig(SIGINT, current, 0);
}

/* A signal ends it at the next segment; what that has gained is gained. */
static void compact_interrupted(struct kunit *test)
{
	struct z2t_backed *t = backed(test, THIRDS_BLOCKS);
	unsigned long i;
	u64 before;

	write_thirds(t);
	free_last_third(t);
	before = free_blocks(t);
	z2t_bdev_forget(t->fake);
	t->fake->on_submit = interrupt;
	allow_signal(SIGINT);
	KUNIT_EXPECT_EQ(test, compact(t), -ERESTARTSYS);
	flush_signals(current);
	disallow_signal(SIGINT);
	t->fake->on_submit = NULL;
	/* After 16 objects, which is in one of the first segments. */
	KUNIT_EXPECT_LE(test, z2t_bdev_requests(t->fake, true), 4);
	KUNIT_EXPECT_GT(test, free_blocks(t), before);
	for (i = 0; i < 2 * THIRD; i++)
		KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, i, THIRD_BYTES, i));
	z2t_backed_expect_empty(t);
}

/* Whichever allocation fails: all is as it was, or moved. */
static void compact_without_memory(struct kunit *test)
{
	struct z2t_backed *t = backed(test, 32);
	unsigned int nth, refused = 0;
	bool failed = true;
	unsigned long i;

	z2t_assert_faults(test);
	/* One by one at first; each object's reading has some of its own. */
	for (nth = 1; failed; nth += 1 + nth / 4) {
		u64 before;
		int err;

		make_sparse(t, SPARSE_PAGES);
		before = free_blocks(t);
		z2t_fault_arm(nth, true);
		err = compact(t);
		failed = z2t_fault_disarm();
		if (err)
			KUNIT_EXPECT_EQ(test, err, -ENOMEM);
		KUNIT_EXPECT_TRUE(test, failed || !err);
		KUNIT_EXPECT_GE(test, free_blocks(t), before + !err);
		refused += !!err;
		for (i = 0; i < SPARSE_PAGES; i++)
			KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, i, i % 2 ? Z2T_SMALL : 0, i));
		z2t_backed_expect_empty(t);
	}
	KUNIT_EXPECT_GE_MSG(test, refused, 4, "three arrays of the plan, and a segment");
}

/* What fails to be written stays where it was, and is still there. */
static void compact_write_error(struct kunit *test)
{
	struct z2t_backed *t = backed(test, 32);
	struct z2_segments segs;
	unsigned long i;
	const char *why;
	u64 before;

	make_sparse(t, SPARSE_PAGES);
	before = free_blocks(t);
	t->fake->fail_writes = U64_MAX;
	KUNIT_ASSERT_EQ(test, z2_scan_begin(t->dev, &why), 0);
	z2_segments_init(&segs, t->dev, 4, before);
	KUNIT_EXPECT_EQ(test, z2_compact_run(&segs), -ENOSPC);
	KUNIT_EXPECT_EQ(test, z2_segments_finish(&segs), -EIO);
	z2_scan_end(t->dev);
	t->fake->fail_writes = 0;
	KUNIT_EXPECT_EQ(test, free_blocks(t), before);
	for (i = 0; i < SPARSE_PAGES; i++)
		KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, i, i % 2 ? Z2T_SMALL : 0, i));
	z2t_backed_expect_empty(t);
}

static struct kunit_case compact_cases[] = {
	KUNIT_CASE(compact_moves),
	KUNIT_CASE(compact_around_damage),
	KUNIT_CASE(compact_churn),
	KUNIT_CASE_PARAM(compact_thirds, block_size_gen_params),
	KUNIT_CASE_PARAM_ATTR(compact_gains_or_refuses, layout_gen_params,
			      { .speed = KUNIT_SPEED_SLOW }),
	KUNIT_CASE(compact_what_is_read),
	KUNIT_CASE(compact_what_is_replaced),
	KUNIT_CASE(compact_interrupted),
	KUNIT_CASE_SLOW(compact_without_memory),
	KUNIT_CASE(compact_write_error),
	{}
};

static struct kunit_suite compact_suite = {
	.name = "zram2_compact",
	.exit = z2t_backed_exit,
	.suite_exit = z2t_backed_drop,
	.test_cases = compact_cases,
};

kunit_test_suite(compact_suite);

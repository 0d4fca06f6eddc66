// SPDX-License-Identifier: GPL-2.0
/* Packing into segments, how they are written, limits, errors and races. */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <zram2/page.h>
#include <zram2/scan.h>
#include <zram2/segment.h>
#include <zram2/writeback.h>

#include "backed.h"
#include "fixture.h"

#define NR_PAGES	40
#define NR_BLOCKS	512
#define MIXED_RAW_EVERY	8

static struct z2t_backed *backed(struct kunit *test, const struct z2t_backed_config *config)
{
	return z2t_backed_create(test, config);
}

static struct z2t_backed *plain(struct kunit *test)
{
	static const struct z2t_backed_config config = {
		.blocks = NR_BLOCKS, .block_size = 512,
	};

	return z2t_backed_create(test, &config);
}

/* Layout. */

static const struct z2t_backed_config layouts[] = {
	{ NR_BLOCKS, 512 },
	{ NR_BLOCKS, 1024 },
	{ NR_BLOCKS, 4096 },
	{ NR_BLOCKS, 512, .unpacked = true },
	{ NR_BLOCKS, 512, .uncompressed = true },
	{ NR_BLOCKS, 4096, .uncompressed = true },
};

static void layout_desc(const struct z2t_backed_config *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u%s%s", c->block_size,
		 c->unpacked ? " unpacked" : "", c->uncompressed ? " uncompressed" : "");
}

KUNIT_ARRAY_PARAM(layout, layouts, layout_desc);

/* From 90 bytes to nearly a page, and some raw pages. */
static unsigned int mixed_bytes(unsigned long index)
{
	return index % MIXED_RAW_EVERY ? 30 + index * 613 % 3300 : Z2T_RAW;
}

/* All in a few bios, since each takes its time. */
static void expect_mixed(struct z2t_backed *t)
{
	struct z2t_reader *reader = z2t_reader_create(t);
	unsigned long i, n, nr;

	for (i = 0; i < NR_PAGES; i += nr) {
		nr = min(NR_PAGES - i, Z2T_READ_MAX);
		z2t_reader_start(t, reader, i, nr);
		KUNIT_ASSERT_TRUE(t->test, z2t_reader_wait(reader));
		KUNIT_EXPECT_EQ(t->test, reader->err, 0);
		for (n = 0; n < nr; n++) {
			z2t_backed_data(t->expected, mixed_bytes(i + n), i + n);
			KUNIT_EXPECT_MEMEQ(t->test, (u8 *)z2t_reader_page(reader, n), t->expected,
					   PAGE_SIZE);
		}
	}
}

static u64 position(const struct z2_extent *ext)
{
	return ((u64)ext->block << Z2_BLOCK_SHIFT) + ext->offset;
}

/* One object, after the last one of its kind. */
static void expect_place(struct z2t_backed *t, const struct z2t_backed_config *c,
			 const struct z2_extent *ext, u64 last_end)
{
	bool page = ext->size == PAGE_SIZE;

	/* Nothing lies in between but the rest of a block, and segments' ends. */
	KUNIT_EXPECT_GE(t->test, position(ext), last_end);
	if (page || c->unpacked)
		KUNIT_EXPECT_EQ(t->test, ext->offset, 0);
	if (page || c->unpacked || c->block_size == Z2_BLOCK_SIZE)
		KUNIT_EXPECT_LE(t->test, ext->offset + ext->size, Z2_BLOCK_SIZE);
}

static void expect_requests(struct z2t_backed *t, const struct z2t_backed_config *c)
{
	unsigned int i;

	KUNIT_ASSERT_LT(t->test, t->fake->nr, Z2T_LOG_MAX);
	for (i = 0; i < t->fake->nr; i++) {
		const struct z2t_request *req = &t->fake->log[i];

		KUNIT_EXPECT_TRUE(t->test, req->write);
		KUNIT_EXPECT_GT(t->test, req->bytes, 0);
		KUNIT_EXPECT_LE(t->test, req->bytes, SZ_128K);
		KUNIT_EXPECT_EQ(t->test, req->bytes % c->block_size, 0);
		KUNIT_EXPECT_EQ(t->test, req->sector % (Z2_BLOCK_SIZE >> SECTOR_SHIFT), 0);
	}
}

static void segment_layout(struct kunit *test)
{
	const struct z2t_backed_config *c = test->param_value;
	struct z2t_backed *t = backed(test, c);
	u64 ends[2] = {}, bytes = 0, written, gaps = 0;
	struct z2_object before[NR_PAGES];
	struct z2_blockmap_stats stats;
	u8 in_block[NR_BLOCKS] = {};
	unsigned int used = 0, b;
	unsigned long i;

	for (i = 0; i < NR_PAGES; i++) {
		KUNIT_ASSERT_EQ(test, z2t_backed_write(t, i, mixed_bytes(i), i), 0);
		before[i] = z2t_backed_object(t, i);
	}
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), 0);
	KUNIT_EXPECT_EQ(test, t->fake->in_flight, 0);

	for (i = 0; i < NR_PAGES; i++) {
		struct z2_object obj = z2t_backed_object(t, i);
		struct z2_extent ext = z2t_backed_extent(t, i);
		bool page = ext.size == PAGE_SIZE;

		KUNIT_ASSERT_TRUE(test, z2t_backed_on_device(t, i));
		KUNIT_EXPECT_EQ_MSG(test, obj.state, before[i].state | Z2_SLOT_BACKING,
				    "size, flags and codec stay");
		KUNIT_EXPECT_EQ(test, page, c->uncompressed || !(i % MIXED_RAW_EVERY));
		expect_place(t, c, &ext, ends[page]);
		if (ends[page] && !page)
			gaps += position(&ext) - ends[page];
		ends[page] = position(&ext) + ext.size;
		bytes += ext.size;
		for (b = ext.block; b <= z2_extent_last_block(&ext); b++)
			in_block[b]++;
	}
	for (b = 0; b < NR_BLOCKS; b++)
		used += !!in_block[b];

	stats = z2t_backed_stats(t);
	KUNIT_EXPECT_EQ(test, stats.objects, NR_PAGES);
	KUNIT_EXPECT_EQ(test, stats.bytes, bytes);
	KUNIT_EXPECT_EQ(test, stats.used, used);
	if (c->unpacked || c->uncompressed)
		KUNIT_EXPECT_EQ_MSG(test, used, NR_PAGES, "one object a block");

	expect_requests(t, c);
	written = z2t_bdev_bytes(t->fake, true);
	KUNIT_EXPECT_EQ(test, written,
			atomic64_read(&z2_backing_stats(t->dev->backing)->write_bytes));
	KUNIT_EXPECT_GE(test, written, bytes);
	/* Where objects may straddle blocks, they lie back to back in a segment. */
	if (!c->unpacked && c->block_size < Z2_BLOCK_SIZE)
		KUNIT_EXPECT_LE(test, written, bytes + t->fake->nr * c->block_size);
	if (!c->unpacked && !c->uncompressed && c->block_size == Z2_BLOCK_SIZE)
		KUNIT_EXPECT_LT_MSG(test, used, NR_PAGES * 3 / 4, "several in a block");

	expect_mixed(t);
	z2t_backed_expect_empty(t);
}

/* As many small objects as a page has room for lie there, not fewer. */
static void segment_is_dense(struct kunit *test)
{
	struct z2t_backed *t = plain(test);
	struct z2_blockmap_stats stats;

	z2t_backed_write_all(t, NR_PAGES, Z2T_SMALL);
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), 0);
	stats = z2t_backed_stats(t);
	/* Neighbours all: one segment, one bio, no block more than it takes. */
	KUNIT_EXPECT_EQ(test, stats.used, (stats.bytes + Z2_BLOCK_SIZE - 1) / Z2_BLOCK_SIZE);
	KUNIT_EXPECT_EQ(test, t->fake->nr, 1);
	KUNIT_EXPECT_EQ(test, t->fake->log[0].bytes, round_up(stats.bytes, 512));
	KUNIT_EXPECT_EQ(test, t->fake->log[0].vecs, 1);
	z2t_backed_expect_empty(t);
}

/* Full segments are 128 KiB; raw pages and packed ones don't mix. */
static void segment_is_large(struct kunit *test)
{
	struct z2t_backed *t = plain(test);
	unsigned int i, full = 0;

	z2t_backed_write_all(t, NR_PAGES, Z2T_RAW);
	KUNIT_EXPECT_EQ(test, z2t_backed_write(t, 20, Z2T_SMALL, 20), 0);
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), 0);
	KUNIT_EXPECT_EQ(test, t->fake->nr, 3);
	for (i = 0; i < t->fake->nr; i++)
		full += t->fake->log[i].bytes == SZ_128K;
	KUNIT_EXPECT_EQ(test, full, 1);
	KUNIT_EXPECT_EQ(test, z2t_bdev_bytes(t->fake, true),
			(NR_PAGES - 1) * PAGE_SIZE + 1024);
	KUNIT_EXPECT_EQ(test, z2t_backed_stats(t).used, NR_PAGES);
	z2t_backed_expect_empty(t);
}

/* What is written beside objects is zero, not what memory held before. */
static void segment_leaks_nothing(struct kunit *test)
{
	static const struct z2t_backed_config config = {
		.blocks = NR_BLOCKS, .block_size = 4096,
	};
	struct z2t_backed *t = backed(test, &config);
	unsigned int b, round;
	unsigned long i;

	/* The second time segments' memory has been used; by larger objects. */
	for (round = 0; round < 2; round++) {
		const unsigned long first = 64 + z2_backing_margin(0) / PAGE_SIZE;
		u8 *mask = kunit_kzalloc(test, 80 * Z2_BLOCK_SIZE, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, mask);
		z2t_backed_write_all(t, NR_PAGES, round ? 1500 : 3000);
		KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), 0);
		if (!round)
			continue;
		for (i = 0; i < NR_PAGES; i++) {
			struct z2_extent ext = z2t_backed_extent(t, i);
			u64 at = position(&ext) - 64 * Z2_BLOCK_SIZE;

			KUNIT_ASSERT_LE(test, at + ext.size, 80 * Z2_BLOCK_SIZE);
			memset(mask + at, 1, ext.size);
		}
		for (b = 0; b < 80; b++) {
			struct page *page = xa_load(&t->fake->pages, first + b);
			unsigned int at, dirt = 0;

			for (at = 0; page && at < PAGE_SIZE; at++)
				dirt += !mask[b * PAGE_SIZE + at] && ((u8 *)page_address(page))[at];
			KUNIT_EXPECT_EQ_MSG(test, dirt, 0, "block %u", b);
		}
	}
	z2t_backed_expect_empty(t);
}

/*
 * Where pages are larger than a block: an object passes over runs of free
 * blocks that are too short for it, and smaller ones take them.
 */
static void segment_short_runs(struct kunit *test)
{
	static const struct z2t_backed_config config = { .blocks = 48, .block_size = 512 };
	struct z2t_backed *t = backed(test, &config);
	struct z2_blockmap *map = z2_backing_map(t->dev->backing);
	const u32 large = 3 * Z2_BLOCK_SIZE - 100;
	struct z2_segments segs;
	int err = 0;
	u32 first;

	z2t_backed_fragment(t, 2);
	KUNIT_ASSERT_EQ(test, z2t_backed_stats(t).used, 16);
	/* One of the runs, far away, is long enough: of 5 blocks. */
	z2_blockmap_unreserve(map, 32, 1);
	z2_segments_init(&segs, t->dev, 1, 4);
	KUNIT_EXPECT_NOT_NULL(test, z2_segments_room(&segs, large, &err));
	KUNIT_EXPECT_EQ(test, z2t_backed_stats(t).used, 15 + 5);
	KUNIT_EXPECT_EQ(test, z2_blockmap_reserve(map, 3, 3, 0, &first), -ENOSPC);
	z2_segments_flush(&segs);
	KUNIT_EXPECT_EQ(test, z2t_backed_stats(t).used, 15);

	/* Without it there is nothing for this one, though for others. */
	KUNIT_ASSERT_EQ(test, z2_blockmap_reserve(map, 5, 5, 0, &first), 5);
	KUNIT_EXPECT_NULL(test, z2_segments_room(&segs, large, &err));
	KUNIT_EXPECT_EQ(test, err, -ENOSPC);
	KUNIT_EXPECT_NOT_NULL(test, z2_segments_room(&segs, 2 * Z2_BLOCK_SIZE, &err));
	KUNIT_EXPECT_NOT_NULL(test, z2_segments_room(&segs, Z2T_SMALL, &err));

	/* A limit that is too low is told from a device that is full. */
	z2_segments_flush(&segs);
	z2_blockmap_unreserve(map, 30, 5);
	t->dev->writeback_limit_enable = true;
	t->dev->writeback_limit = 2;
	KUNIT_EXPECT_NULL(test, z2_segments_room(&segs, large, &err));
	KUNIT_EXPECT_EQ(test, err, -EDQUOT);
	KUNIT_EXPECT_EQ(test, t->dev->writeback_limit, 2);
	KUNIT_EXPECT_NOT_NULL(test, z2_segments_room(&segs, 2 * Z2_BLOCK_SIZE, &err));
	KUNIT_EXPECT_EQ(test, z2_segments_finish(&segs), 0);
	KUNIT_EXPECT_EQ(test, t->dev->writeback_limit, 2);
	KUNIT_ASSERT_EQ(test, z2_blockmap_reserve(map, 5, 5, 0, &first), 5);
	z2_blockmap_unreserve(map, 30, 2);
	z2_blockmap_unreserve(map, 33, 2);
	z2t_backed_defragment(t, 2);
	z2t_backed_expect_empty(t);
}

/* Batching. */

struct run {
	struct z2t_backed *t;
	struct z2_writeback_job jobs[2];
	unsigned int nr;
	int err;
	const char *why;
};

static void run_thread(void *arg)
{
	struct run *run = arg;

	run->err = z2_writeback_run(run->t->dev, run->jobs, run->nr, &run->why);
}

static struct z2t_thread *start_run(struct z2t_backed *t, struct run *run)
{
	*run = (struct run){ .t = t, .jobs = { { .last = ULONG_MAX } }, .nr = 1 };
	return z2t_spawn(t->test, run_thread, run);
}

static const unsigned int batches[] = { 1, 2, 5 };

static void batch_desc(const unsigned int *batch, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u", *batch);
}

KUNIT_ARRAY_PARAM(batch, batches, batch_desc);

/* As many in flight as asked, and never more; in whatever order they end. */
static void segment_batch(struct kunit *test)
{
	const unsigned int batch = *(const unsigned int *)test->param_value;
	struct run *run = kunit_kzalloc(test, sizeof(*run), GFP_KERNEL);
	struct z2t_backed *t = plain(test);
	struct z2t_thread *thread;
	unsigned int left, i;

	z2t_backed_fragment(t, 1);
	z2t_backed_write_all(t, 16, Z2T_RAW);
	t->dev->writeback_batch_size = batch;
	t->fake->writes = Z2T_HELD;
	thread = start_run(t, run);
	for (left = 16; left; left--) {
		KUNIT_ASSERT_TRUE(test, z2t_bdev_wait_held(t->fake, min(batch, left)));
		if (left == 16)
			KUNIT_EXPECT_TRUE(test, z2t_blocked(thread));
		KUNIT_EXPECT_EQ(test, READ_ONCE(t->fake->nr_held), min(batch, left));
		z2t_bdev_release(t->fake, left % min(batch, left));
	}
	KUNIT_ASSERT_TRUE(test, z2t_join(thread));
	KUNIT_EXPECT_EQ(test, run->err, 0);
	KUNIT_EXPECT_EQ(test, t->fake->most_in_flight, batch);
	KUNIT_EXPECT_EQ(test, t->fake->nr, 16);
	for (i = 0; i < 16; i++) {
		KUNIT_EXPECT_TRUE(test, z2t_backed_on_device(t, i));
		KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, i, Z2T_RAW, i));
	}
	z2t_backed_defragment(t, 1);
	z2t_backed_expect_empty(t);
}

/* Ended from the submitter's stack, and from interrupts in any order. */
static void segment_completions(struct kunit *test)
{
	struct z2t_backed *t = plain(test);
	unsigned int round;
	unsigned long i;

	z2t_backed_fragment(t, 3);
	t->dev->writeback_batch_size = 8;
	for (round = 0; round < 2; round++) {
		t->fake->writes = round ? Z2T_IRQ : Z2T_INLINE;
		t->fake->delay_us = 2000;
		z2t_bdev_forget(t->fake);
		for (i = 0; i < NR_PAGES; i++)
			KUNIT_ASSERT_EQ(test, z2t_backed_write(t, i, mixed_bytes(i), i), 0);
		KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), 0);
		KUNIT_EXPECT_LE(test, t->fake->most_in_flight, 8);
		if (!round)
			KUNIT_EXPECT_EQ(test, t->fake->most_in_flight, 1);
		KUNIT_EXPECT_EQ(test, z2t_backed_count(t), NR_PAGES);
		expect_mixed(t);
	}
	z2t_backed_defragment(t, 3);
	z2t_backed_expect_empty(t);
}

/* The limit. */

static void set_limit(struct z2t_backed *t, u64 blocks)
{
	t->dev->writeback_limit_enable = true;
	t->dev->writeback_limit = blocks;
}

static void expect_limit(struct z2t_backed *t, u64 blocks)
{
	KUNIT_EXPECT_EQ(t->test, t->dev->writeback_limit, blocks);
}

static void segment_limit(struct kunit *test)
{
	struct z2t_backed *t = plain(test);
	unsigned long i;

	z2t_backed_write_all(t, NR_PAGES, Z2T_RAW);
	set_limit(t, 0);
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), -EIO);
	KUNIT_EXPECT_EQ(test, t->fake->nr, 0);

	/* In the middle of a segment, and behind a whole one. */
	set_limit(t, 5);
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), -EIO);
	expect_limit(t, 0);
	KUNIT_EXPECT_EQ(test, z2t_backed_count(t), 5);
	KUNIT_EXPECT_EQ(test, z2t_backed_stats(t).used, 5);
	set_limit(t, 33);
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), -EIO);
	expect_limit(t, 0);
	KUNIT_EXPECT_EQ(test, z2t_backed_count(t), 38);
	KUNIT_EXPECT_EQ(test, z2t_bdev_bytes(t->fake, true), 38 * PAGE_SIZE);

	/* What a run doesn't need stays. */
	set_limit(t, 100);
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), 0);
	expect_limit(t, 100 - (NR_PAGES - 38));
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), 0);
	expect_limit(t, 100 - (NR_PAGES - 38));
	for (i = 0; i < NR_PAGES; i++)
		KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, i, Z2T_RAW, i));
	z2t_backed_expect_empty(t);
	expect_limit(t, 100 - (NR_PAGES - 38));
}

/* Packed objects use blocks up, and two kinds share what there is. */
static void segment_limit_packed(struct kunit *test)
{
	struct z2t_backed *t = plain(test);
	struct z2_blockmap_stats stats;

	z2t_backed_write_all(t, NR_PAGES, Z2T_SMALL);
	set_limit(t, 2);
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), -EIO);
	stats = z2t_backed_stats(t);
	KUNIT_EXPECT_EQ(test, stats.used, 2);
	/* Nothing more would have fitted. */
	KUNIT_EXPECT_GT(test, stats.bytes, 2 * Z2_BLOCK_SIZE - 1200);
	expect_limit(t, 0);

	z2t_backed_write_all(t, 1, Z2T_RAW);
	set_limit(t, 6);
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), -EIO);
	expect_limit(t, 0);
	stats = z2t_backed_stats(t);
	KUNIT_EXPECT_EQ(test, stats.used, 8);
	z2t_backed_expect_empty(t);
}

/* Both are -EIO to users, who are told by the reason, and by what is counted. */
static void segment_limit_or_failure(struct kunit *test)
{
	const struct z2_writeback_job job = { .last = ULONG_MAX };
	struct z2t_backed *t = plain(test);
	const char *why = "";
	u64 stops;

	z2t_backed_write_all(t, NR_PAGES, Z2T_RAW);
	stops = t->dev->writeback_limit_stops;
	t->fake->fail_writes = 1;
	KUNIT_EXPECT_EQ(test, z2_writeback_run(t->dev, &job, 1, &why), -EIO);
	KUNIT_EXPECT_STREQ(test, why, "writes to the backing device failed");
	KUNIT_EXPECT_EQ(test, t->dev->writeback_limit_stops, stops);

	set_limit(t, 3);
	KUNIT_EXPECT_EQ(test, z2_writeback_run(t->dev, &job, 1, &why), -EIO);
	KUNIT_EXPECT_STREQ(test, why, "writeback_limit is reached");
	KUNIT_EXPECT_EQ(test, t->dev->writeback_limit_stops, stops + 1);

	/* What fails is given back to the limit, when the run has ended. */
	set_limit(t, 3);
	t->fake->fail_writes = 1;
	KUNIT_EXPECT_EQ(test, z2_writeback_run(t->dev, &job, 1, &why), -EIO);
	KUNIT_EXPECT_STREQ(test, why, "writeback_limit is reached, and writes failed before");
	KUNIT_EXPECT_EQ(test, t->dev->writeback_limit_stops, stops + 2);
	z2t_backed_expect_empty(t);
}

/* Without the limit nothing is debited, whatever it says. */
static void segment_limit_off(struct kunit *test)
{
	struct z2t_backed *t = plain(test);

	z2t_backed_write_all(t, 4, Z2T_RAW);
	t->dev->writeback_limit = 1;
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), 0);
	KUNIT_EXPECT_EQ(test, z2t_backed_count(t), 4);
	expect_limit(t, 1);
	z2t_backed_expect_empty(t);
}

/* Errors. */

/* What can't be written stays, unmarked, and the others go on. */
static void segment_write_error(struct kunit *test)
{
	struct z2t_backed *t = plain(test);
	struct z2_backing_stats *stats = z2_backing_stats(t->dev->backing);
	unsigned int bytes;
	unsigned long i;

	z2t_backed_fragment(t, 1);
	for (bytes = Z2T_SMALL; bytes <= Z2T_RAW; bytes += Z2T_RAW - Z2T_SMALL) {
		unsigned int nr = bytes == Z2T_RAW ? 6 : 24, used, errors;

		z2t_bdev_forget(t->fake);
		atomic64_set(&stats->write_errors, 0);
		atomic64_set(&stats->write_bytes, 0);
		used = z2t_backed_stats(t).used;
		z2t_backed_write_all(t, nr, bytes);
		set_limit(t, 100);
		t->fake->fail_writes = BIT(0) | BIT(2) | BIT(4);
		KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), -EIO);
		errors = 3;
		KUNIT_EXPECT_EQ(test, t->fake->nr, 6);
		KUNIT_EXPECT_EQ(test, atomic64_read(&stats->write_errors), errors);
		KUNIT_EXPECT_LT(test, z2t_backed_count(t), nr);
		KUNIT_EXPECT_GT(test, z2t_backed_count(t), 0);
		/* Those that failed hold no block, and cost nothing. */
		KUNIT_EXPECT_EQ(test, z2t_backed_stats(t).used, used + 3);
		expect_limit(t, 97);
		for (i = 0; i < nr; i++)
			KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, i, bytes, i));

		/* The next run takes them. */
		KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), 0);
		KUNIT_EXPECT_EQ(test, z2t_backed_count(t), nr);
		KUNIT_EXPECT_EQ(test, atomic64_read(&stats->write_errors), errors);
		for (i = 0; i < nr; i++)
			KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, i, bytes, i));
		for (i = 0; i < nr; i++)
			z2_page_free(t->dev, i);
	}
	z2t_backed_defragment(t, 1);
	z2t_backed_expect_empty(t);
}

/* All fail: an unplugged device, one that became shorter. */
static void segment_device_gone(struct kunit *test)
{
	struct z2t_backed *t = plain(test);
	unsigned long i;

	for (i = 0; i < NR_PAGES; i++)
		KUNIT_ASSERT_EQ(test, z2t_backed_write(t, i, mixed_bytes(i), i), 0);
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, 0, 9), 0);
	KUNIT_EXPECT_EQ(test, z2t_backed_count(t), 10);

	z2t_bdev_shrink(t->fake, z2_backing_margin(0) + 40 * Z2_BLOCK_SIZE);
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), -EIO);
	z2t_bdev_unplug(t->fake);
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), -EIO);
	/* What is still in memory is as it was. */
	for (i = 0; i < NR_PAGES; i++)
		if (!z2t_backed_on_device(t, i))
			KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, i, mixed_bytes(i), i));
	KUNIT_EXPECT_LT(test, z2t_backed_count(t), NR_PAGES);
	z2t_backed_expect_empty(t);
}

/* Races with what is done to slots in the meantime. */

enum deed {
	DEED_NOTHING,
	DEED_REWRITE,
	DEED_FREE,
	DEED_READ,
	DEED_FILL,
	DEED_FREE_AND_WRITE,
	DEEDS
};

static void do_deed(struct z2t_backed *t, unsigned long index, unsigned int bytes)
{
	struct kunit *test = t->test;

	switch (index % DEEDS) {
	case DEED_REWRITE:
		KUNIT_EXPECT_EQ(test, z2t_backed_write(t, index, bytes, 1000 + index), 0);
		break;
	case DEED_FREE:
		z2_page_free(t->dev, index);
		break;
	case DEED_READ:
		KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, index, bytes, index));
		break;
	case DEED_FILL:
		KUNIT_EXPECT_EQ(test, z2t_backed_write(t, index, 0, 0), 0);
		break;
	case DEED_FREE_AND_WRITE:
		z2_page_free(t->dev, index);
		KUNIT_EXPECT_EQ(test, z2t_backed_write(t, index, bytes, 1000 + index), 0);
		break;
	}
}

static void expect_deed(struct z2t_backed *t, unsigned long index, unsigned int bytes)
{
	unsigned int deed = index % DEEDS;
	bool gone = deed == DEED_FREE || deed == DEED_FILL;
	u64 seed = deed == DEED_REWRITE || deed == DEED_FREE_AND_WRITE ? 1000 + index : index;

	KUNIT_EXPECT_EQ_MSG(t->test, z2t_backed_on_device(t, index), deed == DEED_NOTHING,
			    "page %lu", index);
	KUNIT_EXPECT_TRUE_MSG(t->test, z2t_backed_holds(t, index, gone ? 0 : bytes, seed),
			      "page %lu", index);
}

/* Only what nobody touched goes to the device; the rest holds no block there. */
static void segment_slots_change_meanwhile(struct kunit *test)
{
	struct z2t_backed *t = plain(test);
	struct run *run = kunit_kzalloc(test, sizeof(*run), GFP_KERNEL);
	unsigned int bytes;
	unsigned long i;

	for (bytes = Z2T_SMALL; bytes <= Z2T_RAW; bytes += Z2T_RAW - Z2T_SMALL) {
		struct z2_blockmap_stats stats;
		struct z2t_thread *thread;
		u64 expected = 0;

		z2t_backed_write_all(t, 18, bytes);
		t->fake->writes = Z2T_HELD;
		thread = start_run(t, run);
		KUNIT_ASSERT_TRUE(test, z2t_bdev_wait_held(t->fake, 1));
		KUNIT_ASSERT_TRUE(test, z2t_blocked(thread));
		for (i = 0; i < 18; i++)
			do_deed(t, i, bytes);
		z2t_bdev_release_all(t->fake);
		KUNIT_ASSERT_TRUE(test, z2t_join(thread));
		KUNIT_EXPECT_EQ(test, run->err, 0);

		for (i = 0; i < 18; i++) {
			expect_deed(t, i, bytes);
			if (i % DEEDS == DEED_NOTHING)
				expected += z2t_backed_extent(t, i).size;
		}
		stats = z2t_backed_stats(t);
		KUNIT_EXPECT_EQ(test, stats.objects, 3);
		KUNIT_EXPECT_EQ(test, stats.bytes, expected);
		z2t_backed_expect_empty(t);
	}
}

static void rewrite_first(struct z2t_bdev *fake, const struct z2t_request *req)
{
	struct z2t_backed *t = fake->private;

	fake->on_submit = NULL;
	KUNIT_EXPECT_EQ(t->test, z2t_backed_write(t, 0, Z2T_RAW, 1000), 0);
}

/*
 * Two jobs name a page that is written in between: the mark that the second
 * sets says nothing of what the first took.
 */
static void segment_taken_twice(struct kunit *test)
{
	struct run *run = kunit_kzalloc(test, sizeof(*run), GFP_KERNEL);
	struct z2t_backed *t = plain(test);
	struct z2t_thread *thread;

	z2t_backed_fragment(t, 1);
	z2t_backed_write_all(t, 4, Z2T_RAW);
	t->fake->private = t;
	t->fake->on_submit = rewrite_first;
	t->fake->writes = Z2T_HELD;
	*run = (struct run){ .t = t, .jobs = { { .last = 3 }, { .last = 0 } }, .nr = 2 };
	thread = z2t_spawn(test, run_thread, run);
	KUNIT_ASSERT_TRUE(test, z2t_blocked(thread));
	z2t_bdev_release_all(t->fake);
	KUNIT_ASSERT_TRUE(test, z2t_join(thread));
	KUNIT_EXPECT_EQ(test, run->err, 0);
	KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, 0, Z2T_RAW, 1000));
	KUNIT_EXPECT_EQ(test, z2t_backed_count(t), 4);
	z2t_backed_defragment(t, 1);
	z2t_backed_expect_empty(t);
}

/* Frees slots in the moment that they are locked for what was written. */
struct chase {
	struct z2t_backed *t;
	unsigned long nr;
	bool caught[NR_PAGES];
};

static void chase_thread(void *arg)
{
	struct chase *chase = arg;
	struct z2_slot_table *table = chase->t->dev->table;
	unsigned long i;

	for (i = 0; i < chase->nr; i++) {
		while (!(z2_slot_peek(table, i) & Z2_SLOT_BACKING)) {
			if (z2_slot_write_trylock(table, i)) {
				z2_slot_write_unlock(table, i);
				cond_resched();
				continue;
			}
			z2_slot_free(table, i);
			chase->caught[i] = true;
			break;
		}
	}
}

/* A free is never lost, whatever the slot is locked for. */
static void segment_free_while_installed(struct kunit *test)
{
	struct z2t_backed *t = plain(test);
	struct chase *chase = kunit_kzalloc(test, sizeof(*chase), GFP_KERNEL);
	struct run *run = kunit_kzalloc(test, sizeof(*run), GFP_KERNEL);
	unsigned int round, caught = 0;
	unsigned long i;

	/* On a machine with other work it may take long to meet. */
	for (round = 0; round < 8 || (!caught && round < 2000); round++) {
		struct z2t_thread *thread, *chaser;

		*chase = (struct chase){ .t = t, .nr = 32 };
		z2t_backed_write_all(t, 32, 40);
		t->fake->writes = Z2T_HELD;
		thread = start_run(t, run);
		KUNIT_ASSERT_TRUE(test, z2t_bdev_wait_held(t->fake, 1));
		chaser = z2t_spawn(test, chase_thread, chase);
		z2t_bdev_release_all(t->fake);
		KUNIT_ASSERT_TRUE(test, z2t_join(thread));
		KUNIT_ASSERT_TRUE(test, z2t_join(chaser));
		for (i = 0; i < 32; i++) {
			struct z2_object obj = z2t_backed_object(t, i);

			if (!chase->caught[i])
				continue;
			caught++;
			KUNIT_EXPECT_EQ_MSG(test, obj.state, 0, "page %lu", i);
		}
		z2t_backed_expect_empty(t);
	}
	kunit_info(test, "%u frees met a locked slot", caught);
	KUNIT_EXPECT_GT_MSG(test, caught, 0, "nothing was tested");
}

static struct kunit_case segment_cases[] = {
	KUNIT_CASE_PARAM(segment_layout, layout_gen_params),
	KUNIT_CASE(segment_is_dense),
	KUNIT_CASE(segment_is_large),
	KUNIT_CASE(segment_leaks_nothing),
	KUNIT_CASE(segment_short_runs),
	KUNIT_CASE_PARAM(segment_batch, batch_gen_params),
	KUNIT_CASE(segment_completions),
	KUNIT_CASE(segment_limit),
	KUNIT_CASE(segment_limit_packed),
	KUNIT_CASE(segment_limit_or_failure),
	KUNIT_CASE(segment_limit_off),
	KUNIT_CASE(segment_write_error),
	KUNIT_CASE(segment_device_gone),
	KUNIT_CASE(segment_slots_change_meanwhile),
	KUNIT_CASE(segment_taken_twice),
	KUNIT_CASE(segment_free_while_installed),
	{}
};

static struct kunit_suite segment_suite = {
	.name = "zram2_segment",
	.exit = z2t_backed_exit,
	.suite_exit = z2t_backed_drop,
	.test_cases = segment_cases,
};

kunit_test_suite(segment_suite);

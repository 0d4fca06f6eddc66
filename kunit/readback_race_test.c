// SPDX-License-Identifier: GPL-2.0
/*
 * What happens to slots while they are read back: a reader gets what a page
 * held at some moment of the read, and never an error.
 */
#include <kunit/test.h>
#include <linux/blkdev.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/file.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <zram2/lifecycle.h>
#include <zram2/page.h>
#include <zram2/scan.h>
#include <zram2/writeback.h>

#include "backed.h"
#include "fixture.h"

/* Pages that are read, and those that take the place of what is freed. */
#define NR_READ		12
#define FIRST_OTHER	100

static struct z2t_backed *backed(struct kunit *test, u64 blocks)
{
	const struct z2t_backed_config config = { .blocks = blocks, .block_size = 512 };

	return z2t_backed_create(test, &config);
}

enum deed {
	DEED_FREE,
	DEED_REWRITE,
	DEED_WRITE_BACK_AGAIN,
	DEED_FILL,
	DEEDS
};

static const enum deed deeds[] = { DEED_FREE, DEED_REWRITE, DEED_WRITE_BACK_AGAIN, DEED_FILL };

static void deed_desc(const enum deed *deed, char *desc)
{
	static const char *const names[] = { "freed", "rewritten", "moved", "filled" };

	strscpy(desc, names[*deed], KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(deed, deeds, deed_desc);

static void do_deed(struct z2t_backed *t, enum deed deed, unsigned long index, unsigned int bytes)
{
	struct kunit *test = t->test;

	switch (deed) {
	case DEED_FREE:
		z2_page_free(t->dev, index);
		break;
	case DEED_REWRITE:
		KUNIT_EXPECT_EQ(test, z2t_backed_write(t, index, bytes, 1000 + index), 0);
		break;
	case DEED_WRITE_BACK_AGAIN:
		KUNIT_EXPECT_EQ(test, z2t_backed_write(t, index, bytes, 2000 + index), 0);
		KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, index, index), 0);
		break;
	default:
		KUNIT_EXPECT_EQ(test, z2t_backed_write(t, index, 0, 0), 0);
	}
}

/* Everything that is read goes, and the device fills up with something else. */
static void race_slots_change(struct kunit *test)
{
	const enum deed deed = *(const enum deed *)test->param_value;
	struct z2t_backed *t = backed(test, 40);
	struct z2t_reader *reader = z2t_reader_create(t);
	unsigned int bytes, i;

	for (bytes = Z2T_SMALL; bytes <= Z2T_RAW; bytes += Z2T_RAW - Z2T_SMALL) {
		struct z2_blockmap_stats stats;
		u64 live;

		z2t_backed_write_all(t, NR_READ, bytes);
		KUNIT_ASSERT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), 0);
		live = z2t_backed_stats(t).used;
		t->fake->reads = Z2T_HELD;
		z2t_reader_start(t, reader, 0, NR_READ);
		KUNIT_ASSERT_TRUE(test, z2t_bdev_wait_held(t->fake, 1));
		/* From here on only that one is held. */
		t->fake->reads = Z2T_IRQ;

		for (i = 0; i < NR_READ; i++)
			do_deed(t, deed, i, bytes);
		for (i = 0; i < 40; i++)
			KUNIT_ASSERT_EQ(test, z2t_backed_write(t, FIRST_OTHER + i, Z2T_RAW, i), 0);
		KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, FIRST_OTHER, ULONG_MAX), -ENOSPC);
		stats = z2t_backed_stats(t);
		KUNIT_EXPECT_GE_MSG(test, stats.used, 33, "it is full");
		KUNIT_EXPECT_LE_MSG(test, stats.bytes, (40 - live) * Z2_BLOCK_SIZE,
				    "what is read has its blocks for itself");

		z2t_bdev_release_all(t->fake);
		KUNIT_ASSERT_TRUE(test, z2t_reader_wait(reader));
		KUNIT_EXPECT_EQ(test, reader->err, 0);
		for (i = 0; i < NR_READ; i++) {
			z2t_backed_data(t->expected, bytes, i);
			KUNIT_EXPECT_MEMEQ(test, (u8 *)z2t_reader_page(reader, i), t->expected,
					   PAGE_SIZE);
		}
		/* And the others are whole. */
		for (i = 0; i < 40; i++)
			KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, FIRST_OTHER + i, Z2T_RAW, i));
		z2t_backed_expect_empty(t);
	}
}

/* Compaction moves what is being read. */
static void race_compaction(struct kunit *test)
{
	struct z2t_backed *t = backed(test, 32);
	struct z2t_reader *reader = z2t_reader_create(t);
	struct z2_extent before, after;
	unsigned int i;

	z2t_backed_write_all(t, 112, Z2T_SMALL);
	KUNIT_ASSERT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), 0);
	/* What is left of the first block is alone there. */
	for (i = 1; i < 112; i++)
		if (i < 9 || i % 3)
			z2_page_free(t->dev, i);
	before = z2t_backed_extent(t, 0);
	t->fake->reads = Z2T_HELD;
	z2t_reader_start(t, reader, 0, 1);
	KUNIT_ASSERT_TRUE(test, z2t_bdev_wait_held(t->fake, 1));
	/* From here on only that one is held. */
	t->fake->reads = Z2T_IRQ;

	for (i = 200; i < 214; i++)
		KUNIT_ASSERT_EQ(test, z2t_backed_write(t, i, Z2T_RAW, i), 0);
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), 0);
	after = z2t_backed_extent(t, 0);
	KUNIT_EXPECT_TRUE(test, before.block != after.block || before.offset != after.offset);

	z2t_bdev_release_all(t->fake);
	KUNIT_ASSERT_TRUE(test, z2t_reader_wait(reader));
	KUNIT_EXPECT_EQ(test, reader->err, 0);
	z2t_backed_data(t->expected, Z2T_SMALL, 0);
	KUNIT_EXPECT_MEMEQ(test, (u8 *)z2t_reader_page(reader, 0), t->expected, PAGE_SIZE);
	z2t_backed_expect_empty(t);
}

/*
 * Threads.  A page's versions follow each other; each fourth is a free.  A
 * reader knows which was there before it began, and which had been begun when
 * it ended.
 */
#define NR_HOT		16
#define WRITES		300
/* How much meets depends on the machine: go on until this many have. */
#define BACKING_READS	20
#define BACKING_READS_MS	15000

enum hot_wrong { WRITE_FAILED, RUN_FAILED, READ_FAILED, READ_WRONG, NR_WRONG };

struct hot {
	struct z2t_backed *t;
	struct z2t_reader *reader;
	struct page *page;
	u8 *expected;
	atomic_t *begun;
	atomic_t *ended;
	atomic_t *stop;
	atomic_t *wrong;
	u64 rng;
};

static bool is_free(unsigned int version)
{
	return version % 4 == 0;
}

static void hot_data(void *page, unsigned long index, unsigned int version)
{
	z2t_backed_data(page, (index + version) % 5 ? 200 : Z2T_RAW, index * 100000 + version);
	*(u32 *)page = version;
}

static bool hot_enough(const struct hot *hot, unsigned int writes, unsigned long end)
{
	if (writes < WRITES)
		return false;
	return z2t_bdev_requests(hot->t->fake, false) > BACKING_READS || time_after(jiffies, end);
}

static void hot_writer(void *arg)
{
	unsigned long end = jiffies + msecs_to_jiffies(BACKING_READS_MS);
	struct hot *hot = arg;
	unsigned int i;

	for (i = 0; !hot_enough(hot, i, end); i++) {
		unsigned long index = z2t_random(&hot->rng) % NR_HOT;
		unsigned int version = atomic_inc_return(&hot->begun[index]);

		if (is_free(version)) {
			z2_page_free(hot->t->dev, index);
		} else {
			hot_data(page_address(hot->page), index, version);
			if (z2_page_write(hot->t->dev, index, hot->page, z2_slot_now()))
				atomic_inc(&hot->wrong[WRITE_FAILED]);
		}
		atomic_set(&hot->ended[index], version);
		/* Leave writeback the time to take it, and readers to look. */
		usleep_range(2000, 3000);
	}
	atomic_set(hot->stop, 1);
}

static void hot_writeback(void *arg)
{
	const struct z2_writeback_job job = { .last = ULONG_MAX };
	struct hot *hot = arg;
	const char *why = NULL;

	while (!atomic_read(hot->stop)) {
		int err = z2_writeback_run(hot->t->dev, &job, 1, &why);

		if (err) {
			kunit_info(hot->t->test, "a run failed: %d, %s", err, why);
			atomic_inc(&hot->wrong[RUN_FAILED]);
		}
		usleep_range(1000, 2000);
	}
}

/* What was read is a version from @from to @to. */
static bool hot_matches(struct hot *hot, const u8 *data, unsigned long index, unsigned int from,
			unsigned int to)
{
	unsigned int version = *(const u32 *)data;

	if (!memchr_inv(data, 0, PAGE_SIZE))
		return to / 4 * 4 >= from;
	if (version < from || version > to || is_free(version))
		return false;
	hot_data(hot->expected, index, version);
	return !memcmp(hot->expected, data, PAGE_SIZE);
}

static void hot_reader(void *arg)
{
	struct hot *hot = arg;
	unsigned int n;

	while (!atomic_read(hot->stop)) {
		unsigned long first = z2t_random(&hot->rng) % NR_HOT;
		unsigned int nr = 1 + z2t_random(&hot->rng) % (NR_HOT - first), from[NR_HOT];

		for (n = 0; n < nr; n++)
			from[n] = atomic_read(&hot->ended[first + n]);
		z2t_reader_start(hot->t, hot->reader, first, nr);
		if (!z2t_reader_wait(hot->reader) || hot->reader->err) {
			kunit_info(hot->t->test, "pages %lu to %lu: %d", first, first + nr - 1,
				   hot->reader->err);
			atomic_inc(&hot->wrong[READ_FAILED]);
			return;
		}
		for (n = 0; n < nr; n++)
			if (!hot_matches(hot, z2t_reader_page(hot->reader, n), first + n, from[n],
					 atomic_read(&hot->begun[first + n]))) {
				kunit_info(hot->t->test, "page %lu, from version %u to %u: %*ph",
					   first + n, from[n], atomic_read(&hot->begun[first + n]),
					   16, z2t_reader_page(hot->reader, n));
				atomic_inc(&hot->wrong[READ_WRONG]);
			}
	}
}

static void race_threads(struct kunit *test)
{
	static void (*const loops[])(void *arg) = {
		hot_writer, hot_writeback, hot_reader, hot_reader,
	};
	/* Room for all pages and for what readers still hold of older versions. */
	struct z2t_backed *t = backed(test, 96);
	struct z2t_thread *threads[ARRAY_SIZE(loops)];
	atomic_t *shared = kunit_kcalloc(test, 2 * NR_HOT + 1 + NR_WRONG, sizeof(*shared),
					 GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, shared);
	t->fake->delay_us = 5000;
	for (i = 0; i < ARRAY_SIZE(loops); i++) {
		struct hot *hot = kunit_kzalloc(test, sizeof(*hot), GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, hot);
		hot->t = t;
		hot->reader = z2t_reader_create(t);
		hot->page = z2t_page_alloc(test, 0);
		hot->expected = page_address(z2t_page_alloc(test, 0));
		hot->begun = shared;
		hot->ended = shared + NR_HOT;
		hot->stop = shared + 2 * NR_HOT;
		hot->wrong = shared + 2 * NR_HOT + 1;
		hot->rng = i + 1;
		threads[i] = z2t_spawn(test, loops[i], hot);
	}
	for (i = 0; i < ARRAY_SIZE(loops); i++)
		KUNIT_ASSERT_TRUE_MSG(test, z2t_join(threads[i]), Z2T_TIMEOUT);
	for (i = 0; i < NR_WRONG; i++)
		KUNIT_EXPECT_EQ(test, atomic_read(&shared[2 * NR_HOT + 1 + i]), 0);
	kunit_info(test, "%u reads and %u writes of the backing device",
		   z2t_bdev_requests(t->fake, false), z2t_bdev_requests(t->fake, true));
	KUNIT_EXPECT_GT(test, z2t_bdev_requests(t->fake, false), BACKING_READS);
	z2t_backed_expect_empty(t);
}

/* Reset and removal with reads in flight. */

struct takedown {
	struct z2_device *dev;
	bool remove;
	int err;
};

static void take_down(void *arg)
{
	struct takedown *down = arg;
	const char *why;

	down->err = down->remove ? z2_lifecycle_remove(down->dev->id) :
				   z2_lifecycle_reset(down->dev, &why);
}

static const bool removals[] = { false, true };

static void removal_desc(const bool *remove, char *desc)
{
	strscpy(desc, *remove ? "hot_remove" : "reset", KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(removal, removals, removal_desc);

static void race_taken_down(struct kunit *test)
{
	struct takedown *down = kunit_kzalloc(test, sizeof(*down), GFP_KERNEL);
	struct z2t_backed *t = backed(test, 32);
	struct z2t_reader *reader = z2t_reader_create(t);
	struct z2t_thread *taker;
	struct file *opener;

	down->dev = t->dev;
	down->remove = *(const bool *)test->param_value;
	z2t_backed_write_all(t, 8, Z2T_SMALL);
	KUNIT_ASSERT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), 0);
	opener = bdev_file_open_by_dev(disk_devt(t->dev->disk), BLK_OPEN_READ, NULL, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(opener));
	t->fake->reads = Z2T_HELD;
	z2t_reader_start(t, reader, 0, 8);
	KUNIT_EXPECT_TRUE(test, z2t_bdev_wait_held(t->fake, 1));

	taker = z2t_spawn(test, take_down, down);
	/* It waits for who reads, who is not to notice. */
	msleep(100);
	KUNIT_EXPECT_FALSE(test, z2t_done(taker));
	KUNIT_EXPECT_EQ(test, z2_device_state(t->dev), Z2_LIVE);
	z2t_bdev_release_all(t->fake);
	KUNIT_EXPECT_TRUE(test, z2t_reader_wait(reader));
	KUNIT_EXPECT_EQ(test, reader->err, 0);
	z2t_backed_data(t->expected, Z2T_SMALL, 7);
	KUNIT_EXPECT_MEMEQ(test, (u8 *)z2t_reader_page(reader, 7), t->expected, PAGE_SIZE);
	bdev_fput(opener);

	KUNIT_ASSERT_TRUE(test, z2t_join(taker));
	KUNIT_EXPECT_EQ(test, down->err, 0);
	if (!down->remove)
		KUNIT_EXPECT_EQ(test, z2_lifecycle_remove(t->dev->id), 0);
	z2t_backed_removed(t);
}

static struct kunit_case race_cases[] = {
	KUNIT_CASE_PARAM(race_slots_change, deed_gen_params),
	KUNIT_CASE(race_compaction),
	KUNIT_CASE(race_threads),
	KUNIT_CASE_PARAM(race_taken_down, removal_gen_params),
	{}
};

static struct kunit_suite race_suite = {
	.name = "zram2_readback_race",
	.exit = z2t_backed_exit,
	.suite_exit = z2t_backed_drop,
	.test_cases = race_cases,
};

kunit_test_suite(race_suite);

// SPDX-License-Identifier: GPL-2.0
/*
 * Runs of recompression.  The secondary algorithms are zstd and deflate with a
 * hook in front, where a test can look around, fail, or hold a run.
 */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/errno.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <zram2/codec.h>
#include <zram2/device.h>
#include <zram2/gc.h>
#include <zram2/lifecycle.h>
#include <zram2/page.h>
#include <zram2/pool.h>
#include <zram2/recompress.h>
#include <zram2/scan.h>
#include <zram2/slot.h>
#include <zram2/stats.h>

#include "fixture.h"

#define NR_PAGES	48UL

/* What pages are made of. */
enum kind {
	FILLED,		/* zeroes */
	TEXT,		/* every algorithm makes it smaller, the secondary ones more so */
	SYMBOLS,	/* 32 different bytes: lzo can't, Huffman coding can */
	NOISE,		/* nobody can */
	KINDS
};

/**
 * struct hook - what happens before a secondary algorithm compresses
 * @nr: how often it did
 * @fn: called first, if not NULL; what it returns is what comes of it if not 0
 * @entered: completed by hold()
 * @go: ends hold()
 */
static struct {
	unsigned int nr;
	int (*fn)(void);
	struct completion entered;
	struct completion go;
} hook;

static int run_hook(void)
{
	hook.nr++;
	return hook.fn ? hook.fn() : 0;
}

static int compress_zstd(void *ctx, const void *src, void *dst)
{
	return run_hook() ?: z2_codec_zstd.compress(ctx, src, dst);
}

static int compress_deflate(void *ctx, const void *src, void *dst)
{
	return run_hook() ?: z2_codec_deflate.compress(ctx, src, dst);
}

static struct z2_codec_ops hooked_zstd, hooked_deflate;

/* Holds the first page of a run. */
static int hold(void)
{
	if (hook.nr == 1) {
		complete_all(&hook.entered);
		wait_for_completion(&hook.go);
	}
	return 0;
}

static void hook_set(int (*fn)(void))
{
	hook.nr = 0;
	hook.fn = fn;
	init_completion(&hook.entered);
	init_completion(&hook.go);
}

/**
 * struct recomp - what the tests share
 * @test: the test
 * @dev: a live device: lzo, then zstd and deflate
 * @page: for data
 * @data: its address
 * @expected: a page more
 */
struct recomp {
	struct kunit *test;
	struct z2_device *dev;
	struct page *page;
	u8 *data;
	u8 *expected;
};

/* One for all tests: to make one takes long where all detectors are on. */
static struct z2_device *shared;

static int start(struct z2_device *dev)
{
	const char *why;

	down_write(&dev->config_lock);
	z2_device_set_algo(dev, Z2_PRIMARY, &z2_codec_lzo);
	z2_device_set_algo(dev, 1, &hooked_zstd);
	z2_device_set_algo(dev, 2, &hooked_deflate);
	up_write(&dev->config_lock);
	return z2_lifecycle_start(dev, NR_PAGES << PAGE_SHIFT, &why);
}

static int recompress_suite_init(struct kunit_suite *suite)
{
	hooked_zstd = z2_codec_zstd;
	hooked_zstd.compress = compress_zstd;
	hooked_deflate = z2_codec_deflate;
	hooked_deflate.compress = compress_deflate;
	hook_set(NULL);
	shared = z2t_device_add();
	return IS_ERR(shared) ? PTR_ERR(shared) : start(shared);
}

static void recompress_suite_exit(struct kunit_suite *suite)
{
	if (!IS_ERR_OR_NULL(shared))
		z2_lifecycle_remove(shared->id);
}

static int recompress_init(struct kunit *test)
{
	struct recomp *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->test = test;
	t->page = z2t_page_alloc(test, 0);
	t->data = page_address(t->page);
	t->expected = kunit_kmalloc(test, PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->expected);
	t->dev = shared;
	z2t_device_clean(t->dev);
	hook_set(NULL);
	test->priv = t;
	return 0;
}

/* What a test that failed left held. */
static void recompress_exit(struct kunit *test)
{
	complete_all(&hook.go);
}

/* The first @bytes of a page are of that kind, the others zeroes. */
static void make_part(u8 *page, enum kind kind, unsigned int bytes, u64 seed)
{
	static const enum z2t_fill fills[] = {
		[FILLED] = Z2T_ZERO,
		[TEXT] = Z2T_TEXT,
		[SYMBOLS] = Z2T_RANDOM,
		[NOISE] = Z2T_RANDOM,
	};
	unsigned int i;

	memset(page, 0, PAGE_SIZE);
	z2t_fill(page, bytes, fills[kind], seed);
	for (i = 0; i < bytes && kind == SYMBOLS; i++)
		page[i] &= 0x1f;
}

static void write_part(struct recomp *t, unsigned long index, enum kind kind, unsigned int bytes)
{
	make_part(t->data, kind, bytes, index);
	KUNIT_ASSERT_EQ(t->test, z2_page_write(t->dev, index, t->page, z2_slot_now()), 0);
}

static void write_page(struct recomp *t, unsigned long index, enum kind kind)
{
	write_part(t, index, kind, PAGE_SIZE);
}

static void expect_part(struct recomp *t, unsigned long index, enum kind kind, unsigned int bytes)
{
	memset(t->data, 0x77, PAGE_SIZE);
	KUNIT_EXPECT_EQ(t->test, z2_page_read(t->dev, index, t->page, NULL, z2_slot_now()), 0);
	make_part(t->expected, kind, bytes, index);
	KUNIT_EXPECT_TRUE_MSG(t->test, !memcmp(t->data, t->expected, PAGE_SIZE), "page %lu", index);
}

static void expect_page(struct recomp *t, unsigned long index, enum kind kind)
{
	expect_part(t, index, kind, PAGE_SIZE);
}

static struct z2_object look(struct recomp *t, unsigned long index)
{
	struct z2_object obj;

	z2_slot_read_lock(t->dev->table, index);
	obj = z2_slot_get(t->dev->table, index);
	z2_slot_read_unlock(t->dev->table, index);
	/* No mark survives whatever took the slot. */
	KUNIT_EXPECT_FALSE(t->test, z2_object_is(&obj, Z2_SLOT_PP));
	return obj;
}

static unsigned int prio_of(struct recomp *t, unsigned long index)
{
	struct z2_object obj = look(t, index);

	return z2_object_prio(&obj);
}

static bool is_marked(struct recomp *t, unsigned long index, u32 mark)
{
	struct z2_object obj = look(t, index);

	return z2_object_is(&obj, mark);
}

static void mark_idle(struct recomp *t, unsigned long index)
{
	z2_slot_read_lock(t->dev->table, index);
	z2_slot_mark(t->dev->table, index, Z2_SLOT_IDLE);
	z2_slot_read_unlock(t->dev->table, index);
}

static int run_job(struct recomp *t, const struct z2_recompress_job *job)
{
	const char *why = NULL;
	int err;

	hook.nr = 0;
	err = z2_recompress_run(t->dev, job, &why);
	KUNIT_EXPECT_EQ_MSG(t->test, !err, !why, "an error and its reason go together");
	return err;
}

/* With a priority, most pages if LIMITED, and whatever else is asked for. */
#define LIMITED(prio_, pages, ...) \
	(&(struct z2_recompress_job){ .prio = prio_, .max_pages = pages, __VA_ARGS__ })
#define JOB(prio_, ...)	LIMITED(prio_, U64_MAX, __VA_ARGS__)

static u64 total(struct recomp *t, enum z2_stat stat)
{
	return z2_stats_sum(t->dev->stats, stat);
}

/* The counters are those of what the slots hold. */
static void expect_counted(struct recomp *t)
{
	u64 stored = 0, bytes = 0, huge = 0;
	unsigned long i;

	for (i = 0; i < NR_PAGES; i++) {
		struct z2_object obj = look(t, i);

		stored += !z2_object_empty(&obj);
		if (z2_object_is(&obj, Z2_SLOT_SAME))
			continue;
		bytes += z2_object_size(&obj);
		huge += z2_object_is(&obj, Z2_SLOT_HUGE);
	}
	KUNIT_EXPECT_EQ(t->test, total(t, Z2_STAT_PAGES_STORED), stored);
	KUNIT_EXPECT_EQ(t->test, total(t, Z2_STAT_COMPR_SIZE), bytes);
	KUNIT_EXPECT_EQ(t->test, total(t, Z2_STAT_HUGE_PAGES), huge);
}

static void expect_nothing_left(struct recomp *t)
{
	unsigned long i;

	for (i = 0; i < NR_PAGES; i++) {
		z2_page_free(t->dev, i);
		KUNIT_EXPECT_EQ(t->test, look(t, i).state, 0);
	}
	expect_counted(t);
	KUNIT_EXPECT_EQ(t->test, z2t_device_pages(t->dev), 0);
}

/* What comes of it. */

static void recompress_shrinks(struct kunit *test)
{
	struct recomp *t = test->priv;
	const struct z2_pool_classes *classes = z2_pool_classes(t->dev->pool);
	struct z2_object before[4 * KINDS];
	unsigned long i;
	u64 bytes;

	for (i = 0; i < 4 * KINDS; i++) {
		write_page(t, i, i % KINDS);
		before[i] = look(t, i);
	}
	KUNIT_EXPECT_EQ(test, total(t, Z2_STAT_HUGE_PAGES), 8);
	bytes = total(t, Z2_STAT_COMPR_SIZE);

	KUNIT_EXPECT_EQ(test, run_job(t, JOB(1)), 0);
	KUNIT_EXPECT_EQ_MSG(test, hook.nr, 12, "all but the same-filled ones");
	for (i = 0; i < 4 * KINDS; i++) {
		struct z2_object obj = look(t, i);

		if (i % KINDS == TEXT || i % KINDS == SYMBOLS) {
			KUNIT_EXPECT_EQ(test, z2_object_prio(&obj), 1);
			KUNIT_EXPECT_FALSE(test, z2_object_is(&obj, Z2_SLOT_HUGE));
			KUNIT_EXPECT_LT(test, z2_pool_class(classes, z2_object_size(&obj)),
					z2_pool_class(classes, z2_object_size(&before[i])));
		} else {
			KUNIT_EXPECT_EQ(test, obj.word, before[i].word);
			KUNIT_EXPECT_EQ(test, obj.state, before[i].state);
		}
		expect_page(t, i, i % KINDS);
	}
	KUNIT_EXPECT_EQ(test, total(t, Z2_STAT_HUGE_PAGES), 4);
	KUNIT_EXPECT_EQ_MSG(test, total(t, Z2_STAT_HUGE_PAGES_SINCE), 8, "they were written so");
	KUNIT_EXPECT_LT(test, total(t, Z2_STAT_COMPR_SIZE), bytes);
	expect_counted(t);

	/* What one secondary algorithm made can be made over by the next. */
	KUNIT_EXPECT_EQ(test, run_job(t, JOB(2)), 0);
	KUNIT_EXPECT_EQ(test, hook.nr, 12);
	for (i = 0; i < 4 * KINDS; i++)
		expect_page(t, i, i % KINDS);
	expect_counted(t);
	expect_nothing_left(t);
}

/* The algorithm of the highest priority gives a page up for good. */
static void recompress_marks_incompressible(struct kunit *test)
{
	struct recomp *t = test->priv;

	write_page(t, 1, NOISE);
	write_page(t, 2, SYMBOLS);
	KUNIT_EXPECT_EQ(test, run_job(t, JOB(1)), 0);
	KUNIT_EXPECT_FALSE_MSG(test, is_marked(t, 1, Z2_SLOT_INCOMPRESSIBLE), "there is another");
	KUNIT_EXPECT_EQ(test, run_job(t, JOB(2)), 0);
	KUNIT_EXPECT_TRUE(test, is_marked(t, 1, Z2_SLOT_INCOMPRESSIBLE));
	KUNIT_EXPECT_TRUE(test, is_marked(t, 1, Z2_SLOT_HUGE));
	expect_page(t, 1, NOISE);
	KUNIT_EXPECT_TRUE_MSG(test, is_marked(t, 1, Z2_SLOT_INCOMPRESSIBLE), "read or not");

	KUNIT_EXPECT_EQ(test, run_job(t, JOB(1)), 0);
	KUNIT_EXPECT_EQ_MSG(test, hook.nr, 0, "nobody tries again");
	write_page(t, 1, SYMBOLS);
	KUNIT_EXPECT_FALSE(test, is_marked(t, 1, Z2_SLOT_INCOMPRESSIBLE));
	KUNIT_EXPECT_EQ(test, run_job(t, JOB(1)), 0);
	KUNIT_EXPECT_EQ(test, prio_of(t, 1), 1);
	expect_page(t, 1, SYMBOLS);
	expect_nothing_left(t);
}

/* What a run takes. */

static void recompress_takes_what_is_asked(struct kunit *test)
{
	struct recomp *t = test->priv;

	write_page(t, 0, FILLED);
	write_page(t, 1, TEXT);
	write_page(t, 2, SYMBOLS);
	write_page(t, 3, TEXT);
	write_page(t, 4, SYMBOLS);
	KUNIT_EXPECT_EQ(test, run_job(t, JOB(1, .what = Z2_SCAN_IDLE)), 0);
	KUNIT_EXPECT_EQ(test, hook.nr, 0);

	mark_idle(t, 3);
	mark_idle(t, 4);
	KUNIT_EXPECT_EQ(test, run_job(t, JOB(1, .what = Z2_SCAN_IDLE | Z2_SCAN_HUGE)), 0);
	KUNIT_EXPECT_EQ(test, hook.nr, 1);
	KUNIT_EXPECT_EQ(test, prio_of(t, 4), 1);
	KUNIT_EXPECT_FALSE_MSG(test, is_marked(t, 4, Z2_SLOT_IDLE), "it was touched");
	KUNIT_EXPECT_EQ(test, run_job(t, JOB(1, .what = Z2_SCAN_IDLE)), 0);
	KUNIT_EXPECT_EQ(test, hook.nr, 1);
	KUNIT_EXPECT_EQ(test, prio_of(t, 3), 1);
	KUNIT_EXPECT_EQ(test, run_job(t, JOB(1, .what = Z2_SCAN_HUGE)), 0);
	KUNIT_EXPECT_EQ(test, hook.nr, 1);
	KUNIT_EXPECT_EQ(test, prio_of(t, 2), 1);
	KUNIT_EXPECT_EQ(test, run_job(t, JOB(1)), 0);
	KUNIT_EXPECT_EQ(test, hook.nr, 1);
	KUNIT_EXPECT_EQ(test, run_job(t, JOB(1)), 0);
	KUNIT_EXPECT_EQ_MSG(test, hook.nr, 0, "not what has that priority already");

	/* A lower priority doesn't undo a higher one. */
	write_page(t, 1, TEXT);
	KUNIT_EXPECT_EQ(test, run_job(t, JOB(2)), 0);
	KUNIT_EXPECT_EQ(test, prio_of(t, 1), 2);
	KUNIT_EXPECT_EQ(test, run_job(t, JOB(1)), 0);
	KUNIT_EXPECT_EQ(test, hook.nr, 0);

	/* The mark goes even if nothing is gained. */
	write_page(t, 5, NOISE);
	mark_idle(t, 5);
	KUNIT_EXPECT_EQ(test, run_job(t, JOB(1, .what = Z2_SCAN_IDLE)), 0);
	KUNIT_EXPECT_FALSE(test, is_marked(t, 5, Z2_SLOT_IDLE));
	expect_nothing_left(t);
}

/* Smaller objects are left alone, and what stays above it is given up. */
static void recompress_threshold(struct kunit *test)
{
	struct recomp *t = test->priv;
	const unsigned int huge = z2_pool_huge_size(t->dev->pool);
	struct z2_object small, large;
	unsigned int between;

	write_part(t, 1, SYMBOLS, 1000);
	write_part(t, 2, SYMBOLS, 2400);
	small = look(t, 1);
	large = look(t, 2);
	between = z2_object_size(&small) + 1;
	KUNIT_ASSERT_GT(test, z2_object_size(&large), between);

	KUNIT_EXPECT_EQ(test, run_job(t, JOB(1, .threshold = z2_object_size(&large) + 1)), 0);
	KUNIT_EXPECT_EQ(test, hook.nr, 0);
	KUNIT_EXPECT_EQ(test, run_job(t, JOB(1, .threshold = z2_object_size(&large))), 0);
	KUNIT_EXPECT_EQ_MSG(test, hook.nr, 1, "equal is enough");
	KUNIT_EXPECT_EQ(test, prio_of(t, 2), 1);

	/* It would shrink, but not below the threshold. */
	write_part(t, 2, SYMBOLS, 2400);
	KUNIT_EXPECT_EQ(test, run_job(t, JOB(1, .threshold = between)), 0);
	KUNIT_EXPECT_EQ(test, hook.nr, 1);
	KUNIT_EXPECT_EQ(test, prio_of(t, 2), 0);
	KUNIT_EXPECT_FALSE(test, is_marked(t, 2, Z2_SLOT_INCOMPRESSIBLE));
	KUNIT_EXPECT_EQ(test, run_job(t, JOB(2, .threshold = between)), 0);
	KUNIT_EXPECT_TRUE(test, is_marked(t, 2, Z2_SLOT_INCOMPRESSIBLE));
	KUNIT_EXPECT_EQ(test, prio_of(t, 1), 0);

	KUNIT_EXPECT_EQ(test, run_job(t, JOB(1, .threshold = huge)), -EINVAL);
	KUNIT_EXPECT_EQ(test, run_job(t, JOB(1, .threshold = UINT_MAX)), -EINVAL);
	KUNIT_EXPECT_EQ(test, run_job(t, JOB(1, .threshold = huge - 1)), 0);
	expect_part(t, 1, SYMBOLS, 1000);
	expect_part(t, 2, SYMBOLS, 2400);
	expect_nothing_left(t);
}

/* So many are tried, the largest first, whatever their order. */
static void recompress_max_pages(struct kunit *test)
{
	struct recomp *t = test->priv;
	unsigned long i, done = 0;

	/* From 600 to 2500 bytes; 7 and 20 have no factor in common. */
	for (i = 0; i < 20; i++)
		write_part(t, i, SYMBOLS, 600 + i * 7 % 20 * 100);
	KUNIT_EXPECT_EQ(test, run_job(t, LIMITED(1, 0)), 0);
	KUNIT_EXPECT_EQ(test, hook.nr, 0);
	KUNIT_EXPECT_EQ(test, run_job(t, LIMITED(1, 5)), 0);
	KUNIT_EXPECT_EQ(test, hook.nr, 5);
	for (i = 0; i < 20; i++)
		KUNIT_EXPECT_EQ_MSG(test, prio_of(t, i), i * 7 % 20 >= 15, "page %lu", i);

	/* Among objects of a size in the order of their index. */
	for (i = 20; i < 30; i++)
		write_part(t, i, SYMBOLS, 3000);
	KUNIT_EXPECT_EQ(test, run_job(t, LIMITED(1, 4)), 0);
	KUNIT_EXPECT_EQ(test, hook.nr, 4);
	for (i = 20; i < 30; i++)
		done += prio_of(t, i);
	KUNIT_EXPECT_EQ(test, done, 4);

	/* As many as there are, and more. */
	KUNIT_EXPECT_EQ(test, run_job(t, LIMITED(1, 21)), 0);
	KUNIT_EXPECT_EQ(test, hook.nr, 21);
	write_page(t, 31, SYMBOLS);
	KUNIT_EXPECT_EQ(test, run_job(t, LIMITED(1, NR_PAGES + 1)), 0);
	KUNIT_EXPECT_EQ(test, hook.nr, 1);

	/* What comes to nothing counts as well. */
	for (i = 40; i < 44; i++)
		write_page(t, i, NOISE);
	KUNIT_EXPECT_EQ(test, run_job(t, LIMITED(2, 3, .what = Z2_SCAN_HUGE)), 0);
	KUNIT_EXPECT_EQ(test, hook.nr, 3);
	for (i = 0; i < 20; i++)
		expect_part(t, i, SYMBOLS, 600 + i * 7 % 20 * 100);
	expect_nothing_left(t);
}

/*
 * mem_limit and mem_used_max.  The pool is empty but for one large object, so
 * that a smaller one takes pages of its own.
 */
static void recompress_at_the_limit(struct kunit *test)
{
	struct recomp *t = test->priv;
	unsigned long used;
	u64 size;

	write_page(t, 1, SYMBOLS);
	used = z2t_device_pages(t->dev);
	size = total(t, Z2_STAT_COMPR_SIZE);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&t->dev->max_used_pages), used);

	mark_idle(t, 1);
	WRITE_ONCE(t->dev->limit_pages, used);
	KUNIT_EXPECT_EQ(test, run_job(t, JOB(1)), -ENOSPC);
	KUNIT_EXPECT_EQ(test, hook.nr, 1);
	KUNIT_EXPECT_EQ(test, prio_of(t, 1), 0);
	KUNIT_EXPECT_FALSE(test, is_marked(t, 1, Z2_SLOT_INCOMPRESSIBLE));
	KUNIT_EXPECT_EQ(test, total(t, Z2_STAT_COMPR_SIZE), size);
	KUNIT_EXPECT_EQ(test, z2t_device_pages(t->dev), used);
	expect_page(t, 1, SYMBOLS);

	/* Without one both were there for a moment. */
	WRITE_ONCE(t->dev->limit_pages, 0);
	atomic_long_set(&t->dev->max_used_pages, 0);
	KUNIT_EXPECT_EQ(test, run_job(t, JOB(1)), 0);
	KUNIT_EXPECT_EQ(test, prio_of(t, 1), 1);
	KUNIT_EXPECT_GT(test, atomic_long_read(&t->dev->max_used_pages), used);
	expect_page(t, 1, SYMBOLS);
	expect_nothing_left(t);
}

/* What ends a run. */

struct run {
	struct recomp *t;
	struct z2_recompress_job job;
	int err;
};

static void run_thread(void *arg)
{
	struct run *run = arg;
	const char *why;

	run->err = z2_recompress_run(run->t->dev, &run->job, &why);
}

/* A run that is held at its first page. */
static struct z2t_thread *start_held(struct recomp *t, struct run **run)
{
	struct z2t_thread *thread;

	*run = kunit_kzalloc(t->test, sizeof(**run), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(t->test, *run);
	(*run)->t = t;
	(*run)->job = *JOB(1);
	hook_set(hold);
	thread = z2t_spawn(t->test, run_thread, *run);
	KUNIT_ASSERT_TRUE(t->test, wait_for_completion_timeout(&hook.entered,
							       msecs_to_jiffies(Z2T_PATIENCE_MS)));
	return thread;
}

static void recompress_refuses(struct kunit *test)
{
	struct recomp *t = test->priv;
	struct z2_device *other = z2t_device_create(test);
	struct z2t_thread *thread;
	const char *why = NULL;
	struct run *run;

	KUNIT_EXPECT_EQ(test, z2_recompress_run(other, JOB(1), &why), -EINVAL);
	KUNIT_EXPECT_NOT_NULL(test, why);
	KUNIT_EXPECT_EQ_MSG(test, run_job(t, JOB(3)), -EINVAL, "no such algorithm");

	write_page(t, 1, TEXT);
	thread = start_held(t, &run);
	KUNIT_EXPECT_EQ(test, z2_recompress_run(t->dev, JOB(1), &why), -EAGAIN);
	/* Who reads statistics or writes attributes isn't kept waiting. */
	KUNIT_EXPECT_TRUE(test, down_write_trylock(&t->dev->config_lock));
	up_write(&t->dev->config_lock);
	KUNIT_EXPECT_TRUE_MSG(test, z2_slot_write_trylock(t->dev->table, 1), "nor a writer");
	z2_slot_write_unlock(t->dev->table, 1);
	complete_all(&hook.go);
	KUNIT_ASSERT_TRUE(test, z2t_join(thread));
	KUNIT_EXPECT_EQ(test, run->err, 0);
	KUNIT_EXPECT_EQ(test, prio_of(t, 1), 1);
	expect_nothing_left(t);
}

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

/* A reset or removal waits for the page that is being compressed, no longer. */
static void recompress_taken_down(struct kunit *test)
{
	struct takedown *down = kunit_kzalloc(test, sizeof(*down), GFP_KERNEL);
	struct recomp *t = test->priv;
	struct z2t_thread *thread, *taker;
	unsigned long i;
	struct run *run;

	KUNIT_ASSERT_NOT_NULL(test, down);
	t->dev = z2t_device_create(test);
	KUNIT_ASSERT_EQ(test, start(t->dev), 0);
	down->dev = t->dev;
	down->remove = *(const bool *)test->param_value;
	for (i = 0; i < 10; i++)
		write_page(t, i, TEXT);
	thread = start_held(t, &run);
	taker = z2t_spawn(test, take_down, down);
	KUNIT_EXPECT_TRUE(test, z2t_blocked(taker));
	KUNIT_EXPECT_EQ(test, z2_device_state(t->dev), Z2_RESETTING);

	complete_all(&hook.go);
	KUNIT_ASSERT_TRUE(test, z2t_join(thread));
	KUNIT_ASSERT_TRUE(test, z2t_join(taker));
	KUNIT_EXPECT_EQ(test, run->err, -EBUSY);
	KUNIT_EXPECT_EQ(test, down->err, 0);
	KUNIT_EXPECT_EQ(test, hook.nr, 1);
}

/* What happens to a page while it is compressed again. */

enum event {
	NOTHING,
	USED,
	WRITTEN,
	FREED,
	FREED_AND_WRITTEN,
	FREED_WHILE_LOCKED,
	EVENTS
};

static const enum event events[] = {
	NOTHING, USED, WRITTEN, FREED, FREED_AND_WRITTEN, FREED_WHILE_LOCKED
};

static void event_desc(const enum event *event, char *desc)
{
	static const char *const names[EVENTS] = {
		"nothing", "read", "written", "freed", "freed and written", "freed while locked",
	};

	strscpy(desc, names[*event], KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(event, events, event_desc);

static void recompress_races(struct kunit *test)
{
	const enum event event = *(const enum event *)test->param_value;
	struct recomp *t = test->priv;
	struct z2t_thread *thread;
	enum kind now = TEXT;
	struct run *run;

	write_page(t, 7, TEXT);
	thread = start_held(t, &run);
	switch (event) {
	case USED:
		expect_page(t, 7, TEXT);
		break;
	case WRITTEN:
		now = SYMBOLS;
		write_page(t, 7, now);
		break;
	case FREED:
		now = FILLED;
		z2_page_free(t->dev, 7);
		break;
	case FREED_AND_WRITTEN:
		/* The same bytes: the handle may be the same as well. */
		z2_page_free(t->dev, 7);
		write_page(t, 7, TEXT);
		break;
	case FREED_WHILE_LOCKED:
		now = FILLED;
		z2_slot_read_lock(t->dev->table, 7);
		break;
	default:
		break;
	}
	complete_all(&hook.go);
	if (event == FREED_WHILE_LOCKED) {
		/* The run waits to put the new object there. */
		KUNIT_EXPECT_TRUE(test, z2t_blocked(thread));
		z2_page_free(t->dev, 7);
		z2_slot_read_unlock(t->dev->table, 7);
	}
	KUNIT_ASSERT_TRUE(test, z2t_join(thread));
	KUNIT_EXPECT_EQ(test, run->err, 0);
	KUNIT_EXPECT_EQ(test, prio_of(t, 7), event == NOTHING);
	KUNIT_EXPECT_EQ(test, !look(t, 7).state, now == FILLED);
	expect_page(t, 7, now);
	expect_counted(t);

	/* It is a candidate again. */
	hook_set(NULL);
	KUNIT_EXPECT_EQ(test, run_job(t, JOB(1)), 0);
	KUNIT_EXPECT_EQ(test, hook.nr, event != NOTHING && now != FILLED);
	expect_page(t, 7, now);
	expect_nothing_left(t);
}

/* What goes wrong. */

/* Whichever allocation fails, all data is there and nothing is lost. */
static void recompress_without_memory(struct kunit *test)
{
	struct recomp *t = test->priv;
	unsigned int nth, onward, refused = 0;

	z2t_assert_faults(test);
	for (onward = 0; onward < 2; onward++) {
		bool failed = true;

		for (nth = 1; failed; nth++) {
			unsigned long i;
			int err;

			for (i = 0; i < 6; i++)
				write_page(t, i, i % 2 ? TEXT : SYMBOLS);
			/* So that new objects need new memory. */
			z2_gc_flush(t->dev->gc);
			z2t_fault_arm(nth, onward);
			err = run_job(t, JOB(1));
			failed = z2t_fault_disarm();
			refused += err == -ENOMEM;
			if (err)
				KUNIT_EXPECT_EQ(test, err, -ENOMEM);
			KUNIT_EXPECT_TRUE(test, failed || !err);
			for (i = 0; i < 6; i++) {
				KUNIT_EXPECT_FALSE(test, is_marked(t, i, Z2_SLOT_INCOMPRESSIBLE));
				expect_page(t, i, i % 2 ? TEXT : SYMBOLS);
			}
			expect_counted(t);
			expect_nothing_left(t);
		}
	}
	KUNIT_EXPECT_GE_MSG(test, refused, 2, "the buffers, and the objects");
}

static int fail_odd(void)
{
	return hook.nr % 2 ? -EIO : 0;
}

/* An algorithm that fails leaves the page as it was, and the run goes on. */
static void recompress_codec_fails(struct kunit *test)
{
	struct recomp *t = test->priv;
	unsigned long i;

	for (i = 0; i < 6; i++)
		write_page(t, i, TEXT);
	hook_set(fail_odd);
	KUNIT_EXPECT_EQ(test, run_job(t, JOB(2)), -EIO);
	KUNIT_EXPECT_EQ(test, hook.nr, 6);
	for (i = 0; i < 6; i++) {
		KUNIT_EXPECT_EQ(test, prio_of(t, i), i % 2 ? 2 : 0);
		KUNIT_EXPECT_FALSE(test, is_marked(t, i, Z2_SLOT_INCOMPRESSIBLE));
		expect_page(t, i, TEXT);
	}
	hook_set(NULL);
	KUNIT_EXPECT_EQ(test, run_job(t, JOB(2)), 0);
	KUNIT_EXPECT_EQ(test, hook.nr, 3);
	expect_nothing_left(t);
}

/* So does an object that can't be unpacked: nobody recompresses garbage. */
static void recompress_damaged(struct kunit *test)
{
	struct recomp *t = test->priv;
	struct z2_object obj;

	write_page(t, 1, TEXT);
	write_page(t, 2, TEXT);
	obj = look(t, 1);
	memset(t->data, 0xff, PAGE_SIZE);
	z2_pool_store(t->dev->pool, obj.word, t->data, z2_object_size(&obj));
	KUNIT_EXPECT_EQ(test, run_job(t, JOB(1)), -EIO);
	KUNIT_EXPECT_EQ(test, hook.nr, 1);
	KUNIT_EXPECT_EQ(test, look(t, 1).word, obj.word);
	KUNIT_EXPECT_EQ(test, look(t, 1).state, obj.state);
	KUNIT_EXPECT_EQ(test, prio_of(t, 2), 1);
	expect_page(t, 2, TEXT);
	expect_nothing_left(t);
}

/* Others write, read and free what runs go over, again and again. */

struct churn {
	struct recomp *t;
	unsigned long first;
	enum kind kinds[NR_PAGES / 2];
	u64 rng;
	unsigned int wrong;
};

static void churn_thread(void *arg)
{
	struct churn *c = arg;
	struct page *page = alloc_page(GFP_KERNEL);
	u8 *expected = kmalloc(PAGE_SIZE, GFP_KERNEL);
	unsigned int n;

	for (n = 0; n < 400 && page && expected; n++) {
		unsigned long i = z2t_random(&c->rng) % ARRAY_SIZE(c->kinds);
		unsigned long index = c->first + i;

		make_part(expected, c->kinds[i], PAGE_SIZE, index);
		c->wrong += z2_page_read(c->t->dev, index, page, NULL, z2_slot_now()) ||
			    memcmp(page_address(page), expected, PAGE_SIZE);
		c->kinds[i] = z2t_random(&c->rng) % KINDS;
		make_part(page_address(page), c->kinds[i], PAGE_SIZE, index);
		if (c->kinds[i] == FILLED)
			z2_page_free(c->t->dev, index);
		else
			c->wrong += !!z2_page_write(c->t->dev, index, page, z2_slot_now());
	}
	c->wrong += n < 400;
	kfree(expected);
	if (page)
		__free_page(page);
}

static void recompress_churn(struct kunit *test)
{
	struct churn *churn = kunit_kcalloc(test, 2, sizeof(*churn), GFP_KERNEL);
	struct recomp *t = test->priv;
	struct z2t_thread *threads[2];
	unsigned int n, runs = 0;
	unsigned long i;

	KUNIT_ASSERT_NOT_NULL(test, churn);
	for (n = 0; n < 2; n++) {
		churn[n].t = t;
		churn[n].first = n * NR_PAGES / 2;
		churn[n].rng = n + 1;
		threads[n] = z2t_spawn(test, churn_thread, &churn[n]);
	}
	while (!z2t_done(threads[0]) || !z2t_done(threads[1])) {
		KUNIT_EXPECT_EQ(test, run_job(t, JOB(1 + runs % 2)), 0);
		runs++;
	}
	kunit_info(test, "%u runs", runs);
	for (n = 0; n < 2; n++) {
		KUNIT_ASSERT_TRUE(test, z2t_join(threads[n]));
		KUNIT_EXPECT_EQ(test, churn[n].wrong, 0);
		for (i = 0; i < NR_PAGES / 2; i++)
			expect_page(t, churn[n].first + i, churn[n].kinds[i]);
	}
	expect_counted(t);
	expect_nothing_left(t);
}

static struct kunit_case recompress_cases[] = {
	KUNIT_CASE(recompress_shrinks),
	KUNIT_CASE(recompress_marks_incompressible),
	KUNIT_CASE(recompress_takes_what_is_asked),
	KUNIT_CASE(recompress_threshold),
	KUNIT_CASE(recompress_max_pages),
	KUNIT_CASE(recompress_at_the_limit),
	KUNIT_CASE(recompress_refuses),
	KUNIT_CASE_PARAM(recompress_taken_down, removal_gen_params),
	KUNIT_CASE_PARAM(recompress_races, event_gen_params),
	KUNIT_CASE(recompress_without_memory),
	KUNIT_CASE(recompress_codec_fails),
	KUNIT_CASE(recompress_damaged),
	KUNIT_CASE(recompress_churn),
	{}
};

static struct kunit_suite recompress_suite = {
	.name = "zram2_recompress",
	.suite_init = recompress_suite_init,
	.suite_exit = recompress_suite_exit,
	.init = recompress_init,
	.exit = recompress_exit,
	.test_cases = recompress_cases,
};

kunit_test_suite(recompress_suite);

// SPDX-License-Identifier: GPL-2.0
/*
 * What signals do to a run of recompression.  The first secondary algorithm is
 * zstd with a hook in front, which sends them.
 */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/rwsem.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

#include <zram2/codec.h>
#include <zram2/device.h>
#include <zram2/lifecycle.h>
#include <zram2/page.h>
#include <zram2/recompress.h>
#include <zram2/slot.h>

#include "fixture.h"

/* So many objects a run deals with, at least, before a signal has it restarted. */
#define RESTART_OBJECTS	16

/* Enough for three calls. */
#define NR_PAGES	40UL

/**
 * struct hook - what happens before a page is compressed again
 * @nr: how often it did since the run began
 * @signal: sent to the task at the third page, or 0
 * @fail: the first page fails
 */
static struct {
	unsigned int nr;
	int signal;
	bool fail;
} hook;

static struct z2_codec_ops hooked_zstd;

static int hooked_compress(void *ctx, const void *src, void *dst)
{
	hook.nr++;
	if (hook.nr == 3 && hook.signal)
		send_sig(hook.signal, current, 1);
	return hook.fail && hook.nr == 1 ? -EIO : z2_codec_zstd.compress(ctx, src, dst);
}

/* One for all tests: to make one takes long where all detectors are on. */
static struct z2_device *shared;

static int signal_suite_init(struct kunit_suite *suite)
{
	const char *why;

	hooked_zstd = z2_codec_zstd;
	hooked_zstd.compress = hooked_compress;
	shared = z2t_device_add();
	if (IS_ERR(shared))
		return PTR_ERR(shared);
	down_write(&shared->config_lock);
	z2_device_set_algo(shared, Z2_PRIMARY, &z2_codec_lzo);
	z2_device_set_algo(shared, 1, &hooked_zstd);
	/* So that zstd marks nothing as incompressible. */
	z2_device_set_algo(shared, 2, &z2_codec_deflate);
	up_write(&shared->config_lock);
	return z2_lifecycle_start(shared, NR_PAGES << PAGE_SHIFT, &why);
}

static void signal_suite_exit(struct kunit_suite *suite)
{
	if (!IS_ERR_OR_NULL(shared))
		z2_lifecycle_remove(shared->id);
}

static int signal_init(struct kunit *test)
{
	z2t_device_clean(shared);
	return 0;
}

static void write_pages(struct kunit *test, enum z2t_fill fill)
{
	struct page *page = z2t_page_alloc(test, 0);
	unsigned long i;

	for (i = 0; i < NR_PAGES; i++) {
		z2t_fill(page_address(page), PAGE_SIZE, fill, i + 1);
		KUNIT_ASSERT_EQ(test, z2_page_write(shared, i, page, z2_slot_now()), 0);
	}
}

static bool pages_are_right(struct kunit *test, enum z2t_fill fill)
{
	struct page *page = z2t_page_alloc(test, 0), *expected = z2t_page_alloc(test, 0);
	unsigned long i;

	for (i = 0; i < NR_PAGES; i++) {
		z2t_fill(page_address(expected), PAGE_SIZE, fill, i + 1);
		if (z2_page_read(shared, i, page, NULL, z2_slot_now()) ||
		    memcmp(page_address(page), page_address(expected), PAGE_SIZE))
			return false;
	}
	return true;
}

/* Pages that were compressed again. */
static unsigned int recompressed(void)
{
	unsigned int n = 0;
	unsigned long i;

	for (i = 0; i < NR_PAGES; i++) {
		struct z2_object obj = { .state = z2_slot_peek(shared->table, i) };

		n += z2_object_prio(&obj) == 1;
	}
	return n;
}

static int run(u64 max_pages)
{
	const struct z2_recompress_job job = { .prio = 1, .max_pages = max_pages };
	const char *why;

	hook.nr = 0;
	return z2_recompress_run(shared, &job, &why);
}

static int run_interrupted(int signal, u64 max_pages)
{
	int err;

	hook.signal = signal;
	allow_signal(signal);
	err = run(max_pages);
	flush_signals(current);
	disallow_signal(signal);
	hook.signal = 0;
	return err;
}

/* A signal has a run restarted, which goes on with the rest. */
static void recompress_interrupted(struct kunit *test)
{
	write_pages(test, Z2T_TEXT);
	KUNIT_EXPECT_EQ(test, run_interrupted(SIGINT, U64_MAX), -ERESTARTSYS);
	KUNIT_EXPECT_EQ(test, hook.nr, RESTART_OBJECTS);
	KUNIT_EXPECT_EQ_MSG(test, recompressed(), RESTART_OBJECTS, "what was done stays done");
	KUNIT_EXPECT_EQ(test, run(U64_MAX), 0);
	KUNIT_EXPECT_EQ(test, hook.nr, NR_PAGES - RESTART_OBJECTS);
	KUNIT_EXPECT_EQ(test, recompressed(), NR_PAGES);
	KUNIT_EXPECT_TRUE(test, pages_are_right(test, Z2T_TEXT));
}

/* A fatal one ends it at once. */
static void recompress_killed(struct kunit *test)
{
	write_pages(test, Z2T_TEXT);
	KUNIT_EXPECT_EQ(test, run_interrupted(SIGKILL, U64_MAX), -EINTR);
	KUNIT_EXPECT_EQ(test, hook.nr, 3);
	KUNIT_EXPECT_EQ(test, recompressed(), 3);
	KUNIT_EXPECT_TRUE(test, pages_are_right(test, Z2T_TEXT));
}

/* What has failed is told of, though the call might have been restarted. */
static void recompress_interrupted_after_failure(struct kunit *test)
{
	write_pages(test, Z2T_TEXT);
	hook.fail = true;
	KUNIT_EXPECT_EQ(test, run_interrupted(SIGINT, U64_MAX), -EIO);
	hook.fail = false;
	KUNIT_EXPECT_EQ(test, hook.nr, RESTART_OBJECTS);
	KUNIT_EXPECT_NULL(test, shared->recompress_resume);
}

/* Pages that stay as they are, and so are candidates of every new scan. */
static const u64 limits[] = { U64_MAX, NR_PAGES - 5 };

static void limit_desc(const u64 *limit, char *desc)
{
	strscpy(desc, *limit < NR_PAGES ? "limited" : "unlimited", KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(limit, limits, limit_desc);

/* However often a run is interrupted, it ends, and tries each page once. */
static void recompress_interrupted_often(struct kunit *test)
{
	u64 limit = *(const u64 *)test->param_value;
	unsigned int calls = 0, tried = 0;
	int err;

	write_pages(test, Z2T_RANDOM);
	do {
		err = run_interrupted(SIGINT, limit);
		tried += hook.nr;
	} while (err == -ERESTARTSYS && ++calls < 10);
	KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_EQ(test, calls, 2);
	KUNIT_EXPECT_EQ(test, tried, min_t(u64, limit, NR_PAGES));
}

static void run_in_thread(void *err)
{
	*(int *)err = run(U64_MAX);
}

/* Another task's run, and another run of the same task, are new ones. */
static void recompress_interrupted_for_good(struct kunit *test)
{
	int *err = kunit_kzalloc(test, sizeof(*err), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, err);
	write_pages(test, Z2T_RANDOM);
	KUNIT_EXPECT_EQ(test, run_interrupted(SIGINT, U64_MAX), -ERESTARTSYS);
	KUNIT_ASSERT_TRUE(test, z2t_join(z2t_spawn(test, run_in_thread, err)));
	KUNIT_EXPECT_EQ(test, *err, 0);
	KUNIT_EXPECT_EQ_MSG(test, hook.nr, NR_PAGES, "another task");

	KUNIT_EXPECT_EQ(test, run_interrupted(SIGINT, U64_MAX), -ERESTARTSYS);
	KUNIT_EXPECT_EQ(test, run(NR_PAGES), 0);
	KUNIT_EXPECT_EQ_MSG(test, hook.nr, NR_PAGES, "another job");
	KUNIT_EXPECT_EQ(test, run(U64_MAX), 0);
	KUNIT_EXPECT_EQ_MSG(test, hook.nr, NR_PAGES, "which has ended the first one");
}

static struct kunit_case signal_cases[] = {
	KUNIT_CASE(recompress_interrupted),
	KUNIT_CASE(recompress_killed),
	KUNIT_CASE(recompress_interrupted_after_failure),
	KUNIT_CASE_PARAM(recompress_interrupted_often, limit_gen_params),
	KUNIT_CASE(recompress_interrupted_for_good),
	{}
};

static struct kunit_suite signal_suite = {
	.name = "zram2_recompress_signal",
	.suite_init = signal_suite_init,
	.suite_exit = signal_suite_exit,
	.init = signal_init,
	.test_cases = signal_cases,
};

kunit_test_suite(signal_suite);

// SPDX-License-Identifier: GPL-2.0
/* The worker that moves cold pages, a slice at a time and at any time of day. */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/timekeeping.h>

#include <zram2/auto.h>
#include <zram2/hand.h>
#include <zram2/pool.h>
#include <zram2/scan.h>

#include "backed.h"
#include "fixture.h"

#define HOUR	3600

static void undo(void *arg)
{
	struct z2_device *dev = arg;

	z2_auto_destroy(dev->mover);
	dev->mover = NULL;
	z2_hand_destroy(dev->hand);
	dev->hand = NULL;
	dev->high_pages = 0;
	dev->auto_wanted = Z2_AUTO_UNSET;
	dev->writeback_budget = Z2_BUDGET_UNSET;
}

/* A device of which pages may leave, though it was without a backing device when it began. */
static struct z2t_backed *movable_within(struct kunit *test, u64 blocks, u64 budget)
{
	const struct z2t_backed_config config = { .blocks = blocks, .block_size = 512 };
	struct z2t_backed *t = z2t_backed_create(test, &config);
	struct z2_device *dev = t->dev;

	dev->writeback_budget = budget;
	dev->hand = z2_hand_create(Z2T_PAGES);
	KUNIT_ASSERT_FALSE(test, IS_ERR(dev->hand));
	dev->mover = z2_auto_create(dev);
	if (IS_ERR(dev->mover))
		dev->mover = NULL;
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, undo, dev), 0);
	KUNIT_ASSERT_NOT_NULL(test, dev->mover);
	return t;
}

static struct z2t_backed *movable(struct kunit *test, u64 blocks)
{
	return movable_within(test, blocks, 0);
}

/* What the worker does, at a time that isn't now. */
static u32 slice(struct z2t_backed *t, u32 later)
{
	u32 next;

	KUNIT_ASSERT_TRUE(t->test, z2_scan_begin_slice(t->dev));
	next = z2_auto_slice(t->dev->mover, z2_slot_now() + later, ktime_get_seconds() + later);
	z2_scan_end_slice(t->dev);
	/* Its own time would be earlier than ours. */
	WRITE_ONCE(t->dev->meter.mark, ULONG_MAX);
	return next;
}

static unsigned long pages(struct z2t_backed *t)
{
	return z2t_device_pages(t->dev);
}

static void auto_is_calm(struct kunit *test)
{
	struct z2t_backed *t = movable(test, 512);

	z2t_backed_write_all(t, Z2T_PAGES, Z2T_RAW);
	KUNIT_EXPECT_EQ(test, slice(t, HOUR), Z2_POLICY_NEVER);
	KUNIT_EXPECT_EQ(test, slice(t, 24 * HOUR), Z2_POLICY_NEVER);
	KUNIT_EXPECT_EQ(test, z2t_backed_count(t), 0);
	KUNIT_EXPECT_EQ(test, z2_auto_stats(t->dev->mover).state, Z2_POLICY_CALM);
	KUNIT_EXPECT_TRUE(test, z2_auto_can_evict(t->dev));
	z2t_backed_expect_empty(t);
}

static void auto_keeps_below_the_mark(struct kunit *test)
{
	struct z2t_backed *t = movable(test, 512);
	struct z2_auto_round rounds[Z2_AUTO_ROUNDS];
	struct z2_auto_stats stats;
	unsigned int i, nr;

	z2t_backed_write_all(t, Z2T_PAGES, Z2T_RAW);
	t->dev->high_pages = Z2T_PAGES / 2;
	KUNIT_EXPECT_LE(test, slice(t, HOUR), 100);
	for (i = 0; i < 20 && slice(t, HOUR + i) != Z2_POLICY_NEVER; i++)
		;
	KUNIT_EXPECT_LE(test, pages(t), t->dev->high_pages);
	/* As many as are wanted, and no more. */
	KUNIT_EXPECT_GE(test, pages(t), t->dev->high_pages * 3 / 4);

	stats = z2_auto_stats(t->dev->mover);
	KUNIT_EXPECT_EQ(test, stats.state, Z2_POLICY_CALM);
	KUNIT_EXPECT_EQ(test, stats.pages, z2t_backed_count(t));
	KUNIT_EXPECT_EQ(test, stats.bytes, stats.pages << PAGE_SHIFT);
	KUNIT_EXPECT_EQ(test, stats.written, z2t_bdev_bytes(t->fake, true));
	nr = z2_auto_rounds(t->dev->mover, rounds);
	KUNIT_ASSERT_GE(test, nr, 2);
	KUNIT_EXPECT_EQ(test, rounds[0].state, Z2_POLICY_HIGH);
	KUNIT_EXPECT_GT(test, rounds[0].pages, 0);
	KUNIT_EXPECT_EQ(test, rounds[0].looked, Z2T_PAGES);
	KUNIT_EXPECT_EQ(test, rounds[nr - 1].state, Z2_POLICY_CALM);
	for (i = 0; i < Z2T_PAGES; i++)
		KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, i, Z2T_RAW, i));
	z2t_backed_expect_empty(t);
}

/* A write above the mark calls the worker, which does it by itself. */
static void auto_is_called(struct kunit *test)
{
	struct z2t_backed *t = movable(test, 512);
	unsigned int i;

	t->dev->high_pages = Z2T_PAGES / 2;
	z2_auto_kick(t->dev);
	for (i = 0; i < Z2T_PATIENCE_MS && READ_ONCE(t->dev->meter.mark) == ULONG_MAX; i += 20)
		msleep(20);
	KUNIT_ASSERT_EQ(test, t->dev->meter.mark, Z2T_PAGES / 2);
	z2t_backed_write_all(t, Z2T_PAGES, Z2T_RAW);
	/* They have to be ten seconds old, which a whole page is cold after. */
	for (i = 0; i < 12000 + Z2T_PATIENCE_MS && !z2_auto_stats(t->dev->mover).pages; i += 100)
		msleep(100);
	KUNIT_EXPECT_GT_MSG(test, z2_auto_stats(t->dev->mover).pages, 0, Z2T_TIMEOUT);
	KUNIT_EXPECT_GE(test, i, 8000);
	z2t_backed_expect_empty(t);
}

static void auto_takes_the_coldest(struct kunit *test)
{
	struct z2t_backed *t = movable(test, 512);
	u32 now = z2_slot_now();
	unsigned long i;

	/* Every third was used half an hour later, every other of the rest is small. */
	for (i = 0; i < Z2T_PAGES; i++) {
		z2t_backed_write(t, i, i % 3 == 1 ? Z2T_SMALL : Z2T_RAW, i);
		z2_slot_read_lock(t->dev->table, i);
		z2_slot_touch(t->dev->table, i, i % 3 == 2 ? now + HOUR / 2 : now);
		z2_slot_read_unlock(t->dev->table, i);
	}
	t->dev->high_pages = pages(t) - Z2T_PAGES / 8;
	for (i = 0; i < 20 && slice(t, HOUR + i) != Z2_POLICY_NEVER; i++)
		;
	KUNIT_EXPECT_GT(test, z2t_backed_count(t), Z2T_PAGES / 16);
	for (i = 0; i < Z2T_PAGES; i++)
		if (i % 3)
			KUNIT_EXPECT_FALSE_MSG(test, z2t_backed_on_device(t, i), "page %lu", i);
	z2t_backed_expect_empty(t);
}

static void auto_leaves_the_young(struct kunit *test)
{
	struct z2t_backed *t = movable(test, 512);
	struct z2_auto_stats stats;

	z2t_backed_write_all(t, Z2T_PAGES, Z2T_RAW);
	t->dev->high_pages = Z2T_PAGES / 2;
	slice(t, 0);
	stats = z2_auto_stats(t->dev->mover);
	KUNIT_EXPECT_EQ(test, stats.state, Z2_POLICY_HIGH);
	KUNIT_EXPECT_EQ(test, stats.reason, Z2_POLICY_YOUNG);
	KUNIT_EXPECT_EQ(test, z2t_backed_count(t), 0);
	z2t_backed_expect_empty(t);
}

static void auto_is_switched_off(struct kunit *test)
{
	struct z2t_backed *t = movable(test, 512);

	z2t_backed_write_all(t, Z2T_PAGES, Z2T_RAW);
	t->dev->high_pages = Z2T_PAGES / 2;
	t->dev->auto_wanted = 0;
	KUNIT_EXPECT_EQ(test, slice(t, HOUR), Z2_POLICY_NEVER);
	KUNIT_EXPECT_EQ(test, z2_auto_stats(t->dev->mover).state, Z2_POLICY_OFF);
	KUNIT_EXPECT_EQ(test, z2t_backed_count(t), 0);
	KUNIT_EXPECT_FALSE(test, z2_auto_can_evict(t->dev));
	t->dev->auto_wanted = 1;
	slice(t, HOUR);
	KUNIT_EXPECT_GT(test, z2t_backed_count(t), 0);
	KUNIT_EXPECT_TRUE(test, z2_auto_can_evict(t->dev));
	z2t_backed_expect_empty(t);
}

static void auto_has_a_budget(struct kunit *test)
{
	struct z2t_backed *t = movable_within(test, 512, 64 * PAGE_SIZE);
	struct z2_auto_stats stats;
	u32 i;

	z2t_backed_write_all(t, Z2T_PAGES, Z2T_RAW);
	t->dev->high_pages = Z2T_PAGES / 4;
	for (i = 0; i < 20; i++)
		slice(t, HOUR + i);
	/* Half a day's is in hand at first, and it is overdrawn by a segment at most. */
	stats = z2_auto_stats(t->dev->mover);
	KUNIT_EXPECT_EQ(test, stats.reason, Z2_POLICY_WEAR);
	KUNIT_EXPECT_EQ(test, stats.budget, 64 * PAGE_SIZE);
	KUNIT_EXPECT_GE(test, z2t_backed_count(t), 32);
	KUNIT_EXPECT_LE(test, z2t_backed_count(t), 40);
	KUNIT_EXPECT_EQ(test, stats.written, z2t_bdev_bytes(t->fake, true));

	/* Lowered: there is no more in hand than the new one has. */
	i = z2t_backed_count(t);
	t->dev->writeback_budget = PAGE_SIZE;
	slice(t, HOUR + 20);
	KUNIT_EXPECT_EQ(test, z2t_backed_count(t), i);
	/* A day later there is some again; by hand it may be overdrawn. */
	t->dev->writeback_budget = 64 * PAGE_SIZE;
	slice(t, 2 * HOUR);
	slice(t, 26 * HOUR);
	KUNIT_EXPECT_GT(test, z2t_backed_count(t), i);
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), 0);
	KUNIT_EXPECT_EQ(test, z2t_backed_count(t), Z2T_PAGES);
	stats = z2_auto_stats(t->dev->mover);
	KUNIT_EXPECT_EQ(test, stats.written, z2t_bdev_bytes(t->fake, true));
	KUNIT_EXPECT_LT(test, stats.left, 0);
	z2t_backed_expect_empty(t);
}

static void auto_heeds_the_limit(struct kunit *test)
{
	struct z2t_backed *t = movable(test, 512);
	struct z2_auto_stats stats;

	z2t_backed_write_all(t, Z2T_PAGES, Z2T_RAW);
	t->dev->high_pages = Z2T_PAGES / 2;
	t->dev->writeback_limit_enable = true;
	t->dev->writeback_limit = 8 * (PAGE_SIZE / Z2_BLOCK_SIZE);
	KUNIT_EXPECT_GT(test, slice(t, HOUR), 1000);
	KUNIT_EXPECT_EQ(test, z2t_backed_count(t), 8);
	stats = z2_auto_stats(t->dev->mover);
	KUNIT_EXPECT_STREQ(test, z2_auto_reason_name(stats.reason, stats.obstacle),
			   "writeback_limit");
	KUNIT_EXPECT_FALSE(test, z2_auto_can_evict(t->dev));
	z2t_backed_expect_empty(t);
}

static void auto_rests_when_writes_fail(struct kunit *test)
{
	struct z2t_backed *t = movable(test, 512);
	struct z2_auto_stats stats;
	unsigned int i;

	z2t_backed_write_all(t, Z2T_PAGES, Z2T_RAW);
	t->dev->high_pages = Z2T_PAGES / 2;
	t->fake->fail_writes = U64_MAX;
	for (i = 0; i < 10 && z2_auto_stats(t->dev->mover).state != Z2_POLICY_OFF; i++)
		slice(t, HOUR + i);
	stats = z2_auto_stats(t->dev->mover);
	KUNIT_EXPECT_EQ(test, stats.state, Z2_POLICY_OFF);
	KUNIT_EXPECT_EQ(test, stats.reason, Z2_POLICY_ERRORS);
	KUNIT_EXPECT_EQ(test, stats.pages, 0);
	KUNIT_EXPECT_EQ_MSG(test, stats.written, 0, "what was not written is not worn");
	KUNIT_EXPECT_EQ(test, z2t_backed_count(t), 0);
	KUNIT_EXPECT_FALSE(test, z2_auto_can_evict(t->dev));

	t->fake->fail_writes = 0;
	KUNIT_EXPECT_GT(test, slice(t, HOUR + i), 30000);
	KUNIT_EXPECT_EQ(test, z2t_backed_count(t), 0);
	slice(t, HOUR + i + 61);
	slice(t, HOUR + i + 63);
	KUNIT_EXPECT_GT(test, z2t_backed_count(t), 0);
	for (i = 0; i < Z2T_PAGES; i++)
		KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, i, Z2T_RAW, i));
	z2t_backed_expect_empty(t);
}

static void auto_fills_the_device(struct kunit *test)
{
	struct z2t_backed *t = movable(test, 64 * (PAGE_SIZE / Z2_BLOCK_SIZE));
	struct z2_auto_stats stats;
	unsigned int i;

	z2t_backed_write_all(t, Z2T_PAGES, Z2T_RAW);
	t->dev->high_pages = Z2T_PAGES / 4;
	for (i = 0; i < 20; i++)
		slice(t, HOUR + i);
	stats = z2_auto_stats(t->dev->mover);
	KUNIT_EXPECT_EQ(test, stats.state, Z2_POLICY_HIGH);
	KUNIT_EXPECT_EQ(test, stats.reason, Z2_POLICY_DEVICE_FULL);
	KUNIT_EXPECT_GE(test, z2t_backed_count(t), 48);
	for (i = 0; i < Z2T_PAGES; i++)
		KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, i, Z2T_RAW, i));
	z2t_backed_expect_empty(t);
}

static void run_slice(void *arg)
{
	slice(arg, HOUR);
}

static void run_by_hand(void *arg)
{
	KUNIT_EXPECT_EQ(((struct z2t_backed *)arg)->test, z2t_backed_run(arg, 0, 0, ULONG_MAX), 0);
}

/* A run by hand waits for a slice, which ends for it; a slice doesn't wait for a run. */
static void auto_gives_way(struct kunit *test)
{
	struct z2t_backed *t = movable(test, 512);
	struct z2t_thread *mover, *hand;

	z2t_backed_write_all(t, Z2T_PAGES, Z2T_RAW);
	t->dev->high_pages = 1;
	t->fake->writes = Z2T_HELD;
	mover = z2t_spawn(test, run_slice, t);
	KUNIT_ASSERT_TRUE(test, z2t_bdev_wait_held(t->fake, 1));
	hand = z2t_spawn(test, run_by_hand, t);
	KUNIT_EXPECT_TRUE_MSG(test, z2t_blocked(hand), "it waits");
	t->fake->writes = Z2T_INLINE;
	z2t_bdev_release_all(t->fake);
	KUNIT_ASSERT_TRUE(test, z2t_join(mover));
	KUNIT_ASSERT_TRUE(test, z2t_join(hand));
	KUNIT_EXPECT_EQ(test, z2t_backed_count(t), Z2T_PAGES);
	KUNIT_EXPECT_LT_MSG(test, z2_auto_stats(t->dev->mover).pages, Z2T_PAGES / 2,
			    "the slice has ended for it");

	z2t_backed_write_all(t, Z2T_PAGES, Z2T_RAW);
	t->fake->writes = Z2T_HELD;
	hand = z2t_spawn(test, run_by_hand, t);
	/* All of them, in segments of 32 blocks. */
	KUNIT_ASSERT_TRUE(test, z2t_bdev_wait_held(t->fake, Z2T_PAGES * PAGE_SIZE / SZ_128K));
	KUNIT_EXPECT_FALSE(test, z2_scan_begin_slice(t->dev));
	KUNIT_EXPECT_EQ_MSG(test, z2_scan_stop(t->dev), 0, "that was none of its business");
	t->fake->writes = Z2T_INLINE;
	z2t_bdev_release_all(t->fake);
	KUNIT_ASSERT_TRUE(test, z2t_join(hand));
	z2t_backed_expect_empty(t);
}

/* Before the machine sleeps nothing more is begun. */
static void auto_sleeps(struct kunit *test)
{
	struct z2t_backed *t = movable(test, 512);

	t->dev->pp_suspended = true;
	KUNIT_EXPECT_FALSE(test, z2_scan_begin_slice(t->dev));
	t->dev->pp_suspended = false;
	KUNIT_ASSERT_TRUE(test, z2_scan_begin_slice(t->dev));
	KUNIT_EXPECT_EQ(test, z2_scan_stop(t->dev), 0);
	t->dev->pp_suspended = true;
	KUNIT_EXPECT_EQ(test, z2_scan_stop(t->dev), -EAGAIN);
	t->dev->pp_suspended = false;
	z2_scan_end_slice(t->dev);
	KUNIT_EXPECT_EQ_MSG(test, z2t_backed_run(t, 0, 0, ULONG_MAX), 0, "by hand as ever");
}

static void auto_without_memory(struct kunit *test)
{
	struct z2t_backed *t = movable(test, 512);
	struct z2_device *dev = t->dev;
	unsigned int nth;

	z2t_assert_faults(test);
	z2_auto_destroy(dev->mover);
	for (nth = 1; ; nth++) {
		z2t_fault_arm(nth, false);
		dev->mover = z2_auto_create(dev);
		if (!z2t_fault_disarm())
			break;
		/* Names for debugfs and the like it can do without. */
		if (!IS_ERR(dev->mover))
			z2_auto_destroy(dev->mover);
		dev->mover = NULL;
		KUNIT_ASSERT_NULL(test, dev->meter.reads);
	}
	KUNIT_ASSERT_FALSE(test, IS_ERR(dev->mover));
	KUNIT_EXPECT_GT(test, nth, 3);
}

static struct kunit_case auto_cases[] = {
	KUNIT_CASE(auto_is_calm),
	KUNIT_CASE(auto_keeps_below_the_mark),
	KUNIT_CASE(auto_takes_the_coldest),
	KUNIT_CASE(auto_leaves_the_young),
	KUNIT_CASE(auto_is_switched_off),
	KUNIT_CASE(auto_has_a_budget),
	KUNIT_CASE(auto_heeds_the_limit),
	KUNIT_CASE(auto_rests_when_writes_fail),
	KUNIT_CASE(auto_fills_the_device),
	KUNIT_CASE(auto_gives_way),
	KUNIT_CASE(auto_sleeps),
	KUNIT_CASE(auto_without_memory),
	KUNIT_CASE_SLOW(auto_is_called),
	{}
};

static struct kunit_suite auto_suite = {
	.name = "zram2_auto",
	.exit = z2t_backed_exit,
	.suite_exit = z2t_backed_drop,
	.test_cases = auto_cases,
};

kunit_test_suite(auto_suite);

// SPDX-License-Identifier: GPL-2.0
/* What the data path and reclaim tell: the meter, and the demand. */
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/shrinker.h>
#include <linux/workqueue.h>

#include <zram2/demand.h>
#include <zram2/meter.h>

#include "fixture.h"

/**
 * struct demand_test - a meter, and whoever it calls
 * @meter: it
 * @work: counts
 * @calls: how often it ran
 * @demand: what is wanted
 */
struct demand_test {
	struct z2_meter meter;
	struct delayed_work work;
	unsigned int calls;
	struct z2_demand *demand;
};

static void count_call(struct work_struct *work)
{
	struct demand_test *t = container_of(work, struct demand_test, work.work);

	z2_meter_begin(&t->meter);
	t->calls++;
}

static int demand_init(struct kunit *test)
{
	struct demand_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	INIT_DELAYED_WORK(&t->work, count_call);
	z2_meter_init(&t->meter);
	KUNIT_ASSERT_EQ(test, z2_meter_open(&t->meter, system_wq, &t->work), 0);
	test->priv = t;
	return 0;
}

static void demand_exit(struct kunit *test)
{
	struct demand_test *t = test->priv;

	if (!t)
		return;
	if (!IS_ERR_OR_NULL(t->demand)) {
		z2_demand_mute(t->demand);
		cancel_delayed_work_sync(&t->work);
		z2_demand_destroy(t->demand);
	}
	cancel_delayed_work_sync(&t->work);
	z2_meter_close(&t->meter);
}

/* How often was somebody called since the last time? */
static unsigned int calls(struct demand_test *t)
{
	unsigned int n;

	flush_delayed_work(&t->work);
	n = t->calls;
	t->calls = 0;
	return n;
}

static void meter_calls_above_the_mark(struct kunit *test)
{
	struct demand_test *t = test->priv;

	z2_meter_pool(&t->meter, ULONG_MAX);
	KUNIT_EXPECT_EQ(test, calls(t), 0);
	t->meter.mark = 100;
	z2_meter_pool(&t->meter, 100);
	KUNIT_EXPECT_EQ(test, calls(t), 0);
	z2_meter_pool(&t->meter, 101);
	KUNIT_EXPECT_EQ(test, calls(t), 1);
	z2_meter_pool(&t->meter, 101);
	KUNIT_EXPECT_EQ(test, calls(t), 1);

	/* Whoever waits for something is called at once all the same. */
	queue_delayed_work(system_wq, &t->work, 1000 * HZ);
	z2_meter_call(&t->meter);
	KUNIT_EXPECT_FALSE(test, timer_pending(&t->work.timer));
	KUNIT_EXPECT_EQ(test, calls(t), 1);
}

static void meter_that_is_closed(struct kunit *test)
{
	struct z2_meter meter;

	z2_meter_init(&meter);
	z2_meter_pool(&meter, ULONG_MAX);
	z2_meter_call(&meter);
	KUNIT_EXPECT_EQ(test, meter.called, 0);
}

static void meter_counts_reads(struct kunit *test)
{
	struct demand_test *t = test->priv;
	u32 *seen = kunit_kcalloc(test, Z2_SCORES, sizeof(u32), GFP_KERNEL);
	u32 *reads = kunit_kcalloc(test, Z2_SCORES, sizeof(u32), GFP_KERNEL);
	unsigned int i, sum;

	KUNIT_ASSERT_NOT_NULL(test, seen);
	KUNIT_ASSERT_NOT_NULL(test, reads);
	for (i = 0; i < 3; i++)
		z2_meter_read(&t->meter, 1000, 100, 1100);
	z2_meter_read(&t->meter, PAGE_SIZE, 1200, 1100);
	z2_meter_read(&t->meter, 0, 100, 1100);
	z2_meter_collect(&t->meter, seen, reads);
	KUNIT_EXPECT_EQ(test, reads[z2_score(1000, 1000)], 3);
	KUNIT_EXPECT_EQ(test, reads[z2_score(0, PAGE_SIZE)], 1);
	for (i = 0, sum = 0; i < Z2_SCORES; i++)
		sum += reads[i];
	KUNIT_EXPECT_EQ(test, sum, 4);

	/* A night doesn't make it older, unless it was used after that. */
	z2_meter_slept(&t->meter, 41000, 40000);
	z2_meter_read(&t->meter, 1000, 500, 41500);
	z2_meter_read(&t->meter, 1000, 41000, 41500);
	z2_meter_read(&t->meter, 1000, 40999, 41000);
	z2_meter_collect(&t->meter, seen, reads);
	KUNIT_EXPECT_EQ(test, reads[z2_score(1000, 1000)], 1);
	KUNIT_EXPECT_EQ(test, reads[z2_score(500, 1000)], 1);
	KUNIT_EXPECT_EQ(test, reads[z2_score(0, 1000)], 1);
	z2_meter_collect(&t->meter, seen, reads);
	for (i = 0, sum = 0; i < Z2_SCORES; i++)
		sum += reads[i];
	KUNIT_EXPECT_EQ(test, sum, 0);
}

static void demand_is_counted(struct kunit *test)
{
	struct demand_test *t = test->priv;
	u32 now = 1000000;

	t->demand = z2_demand_create(&t->meter, "test");
	KUNIT_ASSERT_FALSE(test, IS_ERR(t->demand));

	/* Nothing is known yet: somebody is to look, once in a while. */
	KUNIT_EXPECT_EQ(test, z2_demand_count(t->demand, now), SHRINK_EMPTY);
	KUNIT_EXPECT_EQ(test, calls(t), 1);
	KUNIT_EXPECT_EQ(test, z2_demand_count(t->demand, now + 9), SHRINK_EMPTY);
	KUNIT_EXPECT_EQ(test, calls(t), 0);

	z2_demand_offer(t->demand, Z2_POLICY_CALM, 1000);
	KUNIT_EXPECT_EQ(test, z2_demand_count(t->demand, now + 9), 1000);
	KUNIT_EXPECT_EQ(test, z2_demand_ask(t->demand, 300), 0);
	KUNIT_EXPECT_EQ(test, calls(t), 1);
	KUNIT_EXPECT_EQ_MSG(test, z2_demand_count(t->demand, now + 9), 700, "that is on its way");
	KUNIT_EXPECT_EQ(test, z2_demand_ask(t->demand, 600), 0);
	KUNIT_EXPECT_EQ_MSG(test, z2_demand_count(t->demand, now + 9), SHRINK_EMPTY, "too little");
	KUNIT_EXPECT_EQ(test, z2_demand_take(t->demand), 900);
	KUNIT_EXPECT_EQ(test, z2_demand_take(t->demand), 0);
	calls(t);

	/* At work it isn't called, and what it frees is told once. */
	z2_demand_offer(t->demand, Z2_POLICY_PRESSED, 1000);
	z2_demand_freed(t->demand, 50);
	z2_demand_freed(t->demand, 20);
	KUNIT_EXPECT_EQ(test, z2_demand_ask(t->demand, 10), 70);
	KUNIT_EXPECT_EQ(test, z2_demand_ask(t->demand, 10), 0);
	KUNIT_EXPECT_EQ(test, calls(t), 0);

	z2_demand_offer(t->demand, Z2_POLICY_OFF, 1000);
	KUNIT_EXPECT_EQ(test, z2_demand_count(t->demand, now + 1000), SHRINK_EMPTY);
	KUNIT_EXPECT_EQ(test, calls(t), 0);
}

static struct kunit_case demand_cases[] = {
	KUNIT_CASE(meter_calls_above_the_mark),
	KUNIT_CASE(meter_that_is_closed),
	KUNIT_CASE(meter_counts_reads),
	KUNIT_CASE(demand_is_counted),
	{}
};

static struct kunit_suite demand_suite = {
	.name = "zram2_demand",
	.init = demand_init,
	.exit = demand_exit,
	.test_cases = demand_cases,
};

kunit_test_suite(demand_suite);

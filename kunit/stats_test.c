// SPDX-License-Identifier: GPL-2.0
#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/irqflags.h>
#include <linux/kthread.h>

#include <zram2/stats.h>

#include "fixture.h"

#define NR_ADDS	20000

struct stats_test {
	struct z2_stats __percpu *stats;
	int cpu;
};

KUNIT_DEFINE_ACTION_WRAPPER(destroy_action, z2_stats_destroy, struct z2_stats __percpu *);

static int stats_init(struct kunit *test)
{
	struct stats_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->stats = z2_stats_create();
	KUNIT_ASSERT_NOT_NULL(test, (__force void *)t->stats);
	test->priv = t;
	return kunit_add_action_or_reset(test, destroy_action, (__force void *)t->stats);
}

static void expect_all_zero(struct kunit *test, const struct z2_stats __percpu *stats)
{
	int i;

	for (i = 0; i < Z2_STAT_NR; i++)
		KUNIT_EXPECT_EQ_MSG(test, z2_stats_sum(stats, i), 0, "counter %d", i);
}

/* Each counter counts for itself. */
static void stats_count(struct kunit *test)
{
	struct stats_test *t = test->priv;
	int i;

	expect_all_zero(test, t->stats);
	for (i = 0; i < Z2_STAT_NR; i++) {
		z2_stats_add(t->stats, i, 1000 + i);
		z2_stats_inc(t->stats, i);
		z2_stats_add(t->stats, i, -500);
	}
	for (i = 0; i < Z2_STAT_NR; i++)
		KUNIT_EXPECT_EQ(test, z2_stats_sum(t->stats, i), 501 + i);
	z2_stats_clear(t->stats);
	expect_all_zero(test, t->stats);
}

static void stats_limits(struct kunit *test)
{
	struct stats_test *t = test->priv;

	z2_stats_add(t->stats, Z2_STAT_COMPR_SIZE, S64_MAX);
	KUNIT_EXPECT_EQ(test, z2_stats_sum(t->stats, Z2_STAT_COMPR_SIZE), S64_MAX);
	KUNIT_EXPECT_EQ(test, z2_stats_sum(t->stats, Z2_STAT_PAGES_STORED), 0);
	KUNIT_EXPECT_EQ(test, z2_stats_sum(t->stats, Z2_STAT_SAME_PAGES), 0);

	/* Counted down first: shown as zero, and not forgotten. */
	z2_stats_add(t->stats, Z2_STAT_PAGES_STORED, -5);
	KUNIT_EXPECT_EQ(test, z2_stats_sum(t->stats, Z2_STAT_PAGES_STORED), 0);
	z2_stats_add(t->stats, Z2_STAT_PAGES_STORED, 7);
	KUNIT_EXPECT_EQ(test, z2_stats_sum(t->stats, Z2_STAT_PAGES_STORED), 2);
}

/* Up on one CPU and down on another. */
static void count_on_cpu(void *arg)
{
	struct stats_test *t = arg;
	int i;

	set_cpus_allowed_ptr(current, cpumask_of(t->cpu));
	for (i = 0; i < NR_ADDS; i++) {
		if (i % 2) {
			z2_stats_add(t->stats, Z2_STAT_PAGES_STORED, t->cpu ? -1 : 2);
		} else {
			unsigned long flags;

			local_irq_save(flags);
			z2_stats_inc(t->stats, Z2_STAT_NOTIFY_FREE);
			local_irq_restore(flags);
		}
	}
}

static void stats_across_cpus(struct kunit *test)
{
	struct stats_test *t = test->priv;
	struct z2t_thread *threads[4];
	struct stats_test *args = kunit_kcalloc(test, ARRAY_SIZE(threads), sizeof(*args),
						GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, args);
	KUNIT_ASSERT_GE_MSG(test, num_online_cpus(), 2, "boot with two CPUs");
	for (i = 0; i < ARRAY_SIZE(threads); i++) {
		args[i].stats = t->stats;
		args[i].cpu = i % 2;
		threads[i] = z2t_spawn(test, count_on_cpu, &args[i]);
	}
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		KUNIT_EXPECT_TRUE(test, z2t_join(threads[i]));

	KUNIT_EXPECT_EQ(test, z2_stats_sum(t->stats, Z2_STAT_PAGES_STORED), NR_ADDS);
	KUNIT_EXPECT_EQ(test, z2_stats_sum(t->stats, Z2_STAT_NOTIFY_FREE), 2 * NR_ADDS);
	KUNIT_EXPECT_GT(test, per_cpu_ptr(t->stats, 0)->count[Z2_STAT_PAGES_STORED], 0);
	KUNIT_EXPECT_LT(test, per_cpu_ptr(t->stats, 1)->count[Z2_STAT_PAGES_STORED], 0);
	z2_stats_clear(t->stats);
	expect_all_zero(test, t->stats);
}

static struct kunit_case stats_cases[] = {
	KUNIT_CASE(stats_count),
	KUNIT_CASE(stats_limits),
	KUNIT_CASE(stats_across_cpus),
	{}
};

static struct kunit_suite stats_suite = {
	.name = "zram2_stats",
	.init = stats_init,
	.test_cases = stats_cases,
};

kunit_test_suite(stats_suite);

// SPDX-License-Identifier: GPL-2.0
#include <kunit/test.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/sizes.h>

#include <zram2/policy.h>

#include "fixture.h"

#define DAY	86400u
#define MIB	((u64)SZ_1M)
#define GIB	((u64)SZ_1G)

static const struct z2_pace_io quiet;

/* A disk of which everything may leave: 256 MiB of pages unused for an hour. */
struct policy_test {
	struct z2_policy policy;
	struct z2_policy_in in;
	struct z2_score_hist pool;
	u32 reads[Z2_SCORES];
};

static struct policy_test *policy_fixture(struct kunit *test)
{
	struct policy_test *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	z2_policy_init(&f->policy, 64 * GIB, false, 1000, 1000);
	f->policy.heat.reads = 1000;
	z2_score_add(&f->pool, z2_score(3600, PAGE_SIZE), 256 * MIB);
	z2_policy_survey(&f->policy, &f->pool, 1000);
	f->in = (struct z2_policy_in){
		.now = 1000, .boot = 1000, .pool = 256 * MIB, .high = GIB, .limit = 2 * GIB,
		.room = 10 * GIB, .batch = 32,
	};
	return f;
}

static struct z2_policy_plan plan(struct policy_test *f)
{
	return z2_policy_plan(&f->policy, &f->in);
}

/* @seconds later, in which nothing was read. */
static struct z2_policy_plan plan_later(struct policy_test *f, u32 seconds)
{
	f->in.now += seconds;
	f->in.boot += seconds;
	z2_policy_reads(&f->policy, f->reads, &quiet, f->in.now);
	return plan(f);
}

static void policy_is_calm(struct kunit *test)
{
	struct policy_test *f = policy_fixture(test);
	int i;

	for (i = 0; i < 7 * 24; i++) {
		struct z2_policy_plan p = plan_later(f, 3600);

		KUNIT_EXPECT_EQ(test, p.state, Z2_POLICY_CALM);
		KUNIT_EXPECT_EQ(test, p.bytes, 0);
		KUNIT_EXPECT_EQ(test, p.next_ms, Z2_POLICY_NEVER);
		KUNIT_EXPECT_FALSE(test, p.fail);
	}
}

static void policy_serves_reclaim(struct kunit *test)
{
	struct policy_test *f = policy_fixture(test);
	struct z2_policy_plan p;

	f->in.demand = MIB;
	p = plan(f);
	KUNIT_EXPECT_EQ(test, p.state, Z2_POLICY_PRESSED);
	KUNIT_EXPECT_EQ(test, p.reason, Z2_POLICY_NONE);
	KUNIT_EXPECT_EQ(test, p.bytes, MIB);
	KUNIT_EXPECT_EQ(test, p.score, z2_score(3600, PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, p.next_ms, 1000);
	KUNIT_EXPECT_TRUE(test, p.background);
	KUNIT_EXPECT_LE(test, p.in_flight, 2);
	KUNIT_EXPECT_EQ(test, p.freeable, 256 * MIB);

	/* No more than a part of the pool at once. */
	f->in.demand = GIB;
	KUNIT_EXPECT_EQ(test, plan(f).bytes, 4 * MIB);
	f->in.demand = 0;
	z2_policy_took(&f->policy, z2_score(3600, PAGE_SIZE), 256 * MIB - 4096);
	p = plan(f);
	KUNIT_EXPECT_EQ(test, p.bytes, 4096);
	KUNIT_EXPECT_EQ(test, p.freeable, 4096);
	z2_policy_took(&f->policy, z2_score(3600, PAGE_SIZE), 4096);
	KUNIT_EXPECT_EQ(test, plan(f).state, Z2_POLICY_CALM);
}

static void policy_drops_old_demand(struct kunit *test)
{
	struct policy_test *f = policy_fixture(test);

	f->in.demand = 8 * MIB;
	plan(f);
	f->in.demand = 0;
	KUNIT_EXPECT_EQ(test, plan_later(f, 9).state, Z2_POLICY_PRESSED);
	KUNIT_EXPECT_EQ(test, plan_later(f, 1).state, Z2_POLICY_CALM);
}

/* In above the mark, out an eighth below; a page more or less changes nothing. */
static void policy_high_has_a_band(struct kunit *test)
{
	struct policy_test *f = policy_fixture(test);
	u64 low = GIB - GIB / 8;
	int i;

	f->in.pool = GIB;
	KUNIT_EXPECT_EQ(test, plan(f).state, Z2_POLICY_CALM);
	f->in.pool = GIB + 1;
	KUNIT_EXPECT_EQ(test, plan(f).state, Z2_POLICY_HIGH);
	KUNIT_EXPECT_EQ(test, plan(f).bytes, GIB + 1 - low);
	for (i = 0; i < 10; i++) {
		f->in.pool = GIB + (i & 1 ? 4096 : -4096);
		KUNIT_EXPECT_EQ(test, plan(f).state, Z2_POLICY_HIGH);
	}
	f->in.pool = low + 1;
	KUNIT_EXPECT_EQ(test, plan(f).state, Z2_POLICY_HIGH);
	KUNIT_EXPECT_EQ(test, plan(f).bytes, 1);
	KUNIT_EXPECT_EQ(test, plan(f).next_ms, 100);
	for (i = 0; i < 10; i++) {
		f->in.pool = low + (i & 1 ? 4096 : 0);
		KUNIT_EXPECT_EQ(test, plan(f).state, Z2_POLICY_CALM);
	}
}

static void policy_full_ends_below_the_limit(struct kunit *test)
{
	struct policy_test *f = policy_fixture(test);

	f->in.high = 4 * GIB;
	f->in.pool = 2 * GIB + 1;
	KUNIT_EXPECT_EQ(test, plan(f).state, Z2_POLICY_CALM);
	f->in.own_limit = true;
	KUNIT_EXPECT_EQ(test, plan(f).state, Z2_POLICY_FULL);
	f->in.pool = 2 * GIB - 32 * MIB;
	KUNIT_EXPECT_EQ(test, plan(f).state, Z2_POLICY_FULL);
	f->in.pool = 2 * GIB - 64 * MIB;
	KUNIT_EXPECT_EQ(test, plan(f).state, Z2_POLICY_CALM);
	f->in.parked = 4096;
	KUNIT_EXPECT_EQ(test, plan(f).state, Z2_POLICY_FULL);
	KUNIT_EXPECT_GE(test, plan(f).bytes, f->in.pool / 64);
	KUNIT_EXPECT_FALSE(test, plan(f).background);
	f->in.parked = GIB;
	KUNIT_EXPECT_EQ(test, plan(f).bytes, GIB);
	f->in.parked = 0;
	KUNIT_EXPECT_EQ(test, plan(f).state, Z2_POLICY_CALM);
}

/* What is read now and then stays, however cold the rest is. */
static void policy_keeps_what_is_read(struct kunit *test)
{
	struct policy_test *f = policy_fixture(test);
	unsigned int hot = z2_score(3600, PAGE_SIZE), i;
	struct z2_policy_plan p;

	for (i = 0; i < 300; i++) {
		f->reads[hot] = 10;
		plan_later(f, 1);
	}
	f->in.demand = MIB;
	p = plan(f);
	KUNIT_EXPECT_EQ(test, p.state, Z2_POLICY_PRESSED);
	KUNIT_EXPECT_EQ(test, p.reason, Z2_POLICY_REFAULTS);
	KUNIT_EXPECT_EQ(test, p.score, hot + 1);
	KUNIT_EXPECT_EQ(test, p.freeable, 0);
	/* 10 reads of 500 us are 0.5 %: too much for others' sake, and not for our own. */
	f->in.pool = 2 * GIB;
	p = plan(f);
	KUNIT_EXPECT_EQ(test, p.state, Z2_POLICY_HIGH);
	KUNIT_EXPECT_EQ(test, p.reason, Z2_POLICY_FLOOR);
	KUNIT_EXPECT_LE(test, p.score, hot);
	for (i = 0; i < 300; i++) {
		f->reads[hot] = 100;
		plan_later(f, 1);
	}
	p = plan(f);
	KUNIT_EXPECT_EQ(test, p.reason, Z2_POLICY_REFAULTS);
	KUNIT_EXPECT_EQ(test, p.score, hot + 1);
	/* Where reads cost more than foretold it is raised, here by half of that. */
	f->policy.pace.backoff = 16;
	KUNIT_EXPECT_EQ(test, plan(f).score, hot + 1 + 8);
	f->in.parked = 4096;
	p = plan(f);
	KUNIT_EXPECT_EQ(test, p.reason, Z2_POLICY_NONE);
	KUNIT_EXPECT_EQ(test, p.score, hot);
}

/* Just used: not for the machine, hardly for the mark, but for a writer that waits. */
static void policy_keeps_what_is_young(struct kunit *test)
{
	struct policy_test *f = policy_fixture(test);
	struct z2_policy_plan p;

	memset(&f->pool, 0, sizeof(f->pool));
	z2_score_add(&f->pool, z2_score(60, PAGE_SIZE), 256 * MIB);
	z2_policy_survey(&f->policy, &f->pool, 1000);
	f->in.demand = MIB;
	p = plan(f);
	KUNIT_EXPECT_EQ(test, p.reason, Z2_POLICY_YOUNG);
	KUNIT_EXPECT_EQ(test, p.score, z2_score(120, PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, p.min_age, 30);
	f->in.pool = GIB + 1;
	p = plan(f);
	KUNIT_EXPECT_LE(test, p.score, z2_score(60, PAGE_SIZE));
	KUNIT_EXPECT_EQ(test, p.min_age, 2);
	f->in.parked = 1;
	KUNIT_EXPECT_EQ(test, plan(f).min_age, 0);
}

/* Of what is there, just so much leaves as is wanted. */
static void policy_takes_the_coldest(struct kunit *test)
{
	struct policy_test *f = policy_fixture(test);
	unsigned int score;

	memset(&f->pool, 0, sizeof(f->pool));
	for (score = 0; score < 100; score++)
		z2_score_add(&f->pool, score, 10 * MIB);
	z2_policy_survey(&f->policy, &f->pool, 1000);
	f->in.parked = 4096;
	f->in.pool = 64 * 35 * MIB;
	KUNIT_EXPECT_EQ(test, plan(f).score, 96);
	/* What left since the survey counts no more. */
	z2_policy_took(&f->policy, 99, 10 * MIB);
	KUNIT_EXPECT_EQ(test, plan(f).score, 95);
}

static void policy_waits_for_statistics(struct kunit *test)
{
	struct policy_test *f = policy_fixture(test);
	u64 taken = 0;
	int i;

	f->policy.heat.reads = 63;
	f->in.demand = GIB;
	for (i = 0; i < 600; i++) {
		struct z2_policy_plan p = plan_later(f, 1);

		if (!p.bytes)
			KUNIT_EXPECT_EQ(test, p.reason, Z2_POLICY_NO_STATISTICS);
		taken += p.bytes;
		z2_policy_took(&f->policy, z2_score(3600, PAGE_SIZE), p.bytes);
	}
	KUNIT_EXPECT_LE(test, taken, 11 * f->in.pool / 64);
	KUNIT_EXPECT_GE(test, taken, 9 * f->in.pool / 64);
	/* Above the mark there is no time for that. */
	f->in.pool = 2 * GIB;
	KUNIT_EXPECT_EQ(test, plan(f).bytes, GIB + GIB / 8);
	f->policy.heat.reads = 64;
	f->in.pool = 256 * MIB;
	KUNIT_EXPECT_EQ(test, plan(f).bytes, 4 * MIB);
}

static void policy_keeps_to_the_budget(struct kunit *test)
{
	struct policy_test *f = policy_fixture(test);
	struct z2_policy_plan p;

	z2_wear_init(&f->policy.wear, 4 * GIB, 1000);
	z2_wear_spend(&f->policy.wear, GIB);
	f->in.demand = MIB;
	p = plan(f);
	KUNIT_EXPECT_EQ(test, p.bytes, 0);
	KUNIT_EXPECT_EQ(test, p.reason, Z2_POLICY_WEAR);
	KUNIT_EXPECT_EQ(test, p.freeable, 0);
	f->in.pool = 3 * GIB;
	p = plan(f);
	KUNIT_EXPECT_EQ(test, p.bytes, GIB);
	KUNIT_EXPECT_EQ(test, p.reason, Z2_POLICY_WEAR);
	z2_wear_spend(&f->policy.wear, GIB);
	KUNIT_EXPECT_EQ(test, plan(f).bytes, 0);
	f->in.parked = 4096;
	p = plan(f);
	KUNIT_EXPECT_FALSE(test, p.fail);
	KUNIT_EXPECT_EQ(test, p.bytes, f->in.pool / 64);
	z2_wear_spend(&f->policy.wear, 4 * GIB);
	p = plan(f);
	KUNIT_EXPECT_EQ(test, p.bytes, 0);
	KUNIT_EXPECT_TRUE(test, p.fail);
	KUNIT_EXPECT_EQ(test, p.reason, Z2_POLICY_WEAR);
}

/* In the background a budget lasts for hours. */
static void policy_spends_evenly(struct kunit *test)
{
	struct policy_test *f = policy_fixture(test);

	z2_wear_init(&f->policy.wear, 1000 * GIB, 1000);
	f->in.pool = 1000 * GIB;
	f->in.high = 2000 * GIB;
	f->in.room = 4000 * GIB;
	f->in.demand = 1000 * GIB;
	KUNIT_EXPECT_EQ(test, plan(f).bytes, 250 * GIB / 3600);
	z2_wear_init(&f->policy.wear, 4 * GIB, 1000);
	KUNIT_EXPECT_EQ(test, plan(f).bytes, MIB);
	z2_wear_init(&f->policy.wear, 0, 1000);
	KUNIT_EXPECT_EQ(test, plan(f).bytes, f->in.pool / 64);
}

static void policy_when_the_device_is_full(struct kunit *test)
{
	struct policy_test *f = policy_fixture(test);
	struct z2_policy_plan p;

	f->in.live = f->in.room - f->in.room / 8 + 1;
	f->in.demand = MIB;
	p = plan(f);
	KUNIT_EXPECT_EQ(test, p.bytes, 0);
	KUNIT_EXPECT_EQ(test, p.reason, Z2_POLICY_DEVICE_FULL);
	KUNIT_EXPECT_EQ(test, p.freeable, 0);
	f->in.pool = 2 * GIB;
	KUNIT_EXPECT_EQ(test, plan(f).bytes, GIB + GIB / 8);
	f->in.live = f->in.room - 4096;
	KUNIT_EXPECT_EQ(test, plan(f).bytes, 4096);
	f->in.live = f->in.room;
	KUNIT_EXPECT_EQ(test, plan(f).bytes, 0);
	f->in.parked = 4096;
	p = plan(f);
	KUNIT_EXPECT_EQ(test, p.state, Z2_POLICY_FULL);
	KUNIT_EXPECT_EQ(test, p.reason, Z2_POLICY_DEVICE_FULL);
	KUNIT_EXPECT_TRUE(test, p.fail);
}

/* Nothing in the pool that could leave: writers are told so at once. */
static void policy_fails_where_nothing_can_leave(struct kunit *test)
{
	struct policy_test *f = policy_fixture(test);

	memset(&f->pool, 0, sizeof(f->pool));
	z2_policy_survey(&f->policy, &f->pool, 1000);
	f->in.parked = 4096;
	KUNIT_EXPECT_TRUE(test, plan(f).fail);
	/* Nobody has looked: then it is tried. */
	f->policy.survey_known = false;
	KUNIT_EXPECT_FALSE(test, plan(f).fail);
	f->in.off = true;
	KUNIT_EXPECT_EQ(test, plan(f).state, Z2_POLICY_OFF);
	KUNIT_EXPECT_TRUE(test, plan(f).fail);
	KUNIT_EXPECT_EQ(test, plan(f).next_ms, Z2_POLICY_NEVER);
}

static void policy_gives_up_on_a_device(struct kunit *test)
{
	const struct z2_pace_io failed = { .writes = 3, .failed = 3 };
	struct policy_test *f = policy_fixture(test);
	struct z2_policy_plan p;

	f->in.pool = 2 * GIB;
	KUNIT_EXPECT_EQ(test, plan(f).state, Z2_POLICY_HIGH);
	z2_policy_reads(&f->policy, NULL, &failed, f->in.now);
	p = plan(f);
	KUNIT_EXPECT_EQ(test, p.state, Z2_POLICY_OFF);
	KUNIT_EXPECT_EQ(test, p.reason, Z2_POLICY_ERRORS);
	KUNIT_EXPECT_EQ(test, p.bytes, 0);
	KUNIT_EXPECT_EQ(test, p.next_ms, 60000);
	KUNIT_EXPECT_EQ(test, plan_later(f, 59).state, Z2_POLICY_OFF);
	KUNIT_EXPECT_EQ(test, plan_later(f, 1).state, Z2_POLICY_HIGH);
}

static void policy_rests_when_nothing_is_found(struct kunit *test)
{
	struct policy_test *f = policy_fixture(test);

	f->in.pool = 2 * GIB;
	plan(f);
	KUNIT_EXPECT_FALSE(test, z2_policy_wants_survey(&f->policy, 1009));
	KUNIT_EXPECT_TRUE(test, z2_policy_wants_survey(&f->policy, 1010));
	z2_policy_lap(&f->policy, f->in.pool, 0, 4096);
	KUNIT_EXPECT_TRUE(test, z2_policy_wants_survey(&f->policy, 1000));
	z2_policy_survey(&f->policy, &f->pool, 1000);
	KUNIT_EXPECT_GT(test, plan(f).bytes, 0);
	z2_policy_lap(&f->policy, f->in.pool, 0, 4096);
	KUNIT_EXPECT_EQ(test, plan(f).bytes, 0);
	KUNIT_EXPECT_EQ(test, plan(f).next_ms, 1000);
	/* There is more in it now, or somebody wants it more. */
	f->in.pool += f->in.pool / 32;
	KUNIT_EXPECT_GT(test, plan(f).bytes, 0);
	z2_policy_lap(&f->policy, f->in.pool, 0, 4096);
	z2_policy_lap(&f->policy, f->in.pool, 0, 4096);
	KUNIT_EXPECT_EQ(test, plan(f).bytes, 0);
	f->in.parked = 4096;
	KUNIT_EXPECT_GT(test, plan(f).bytes, 0);
	z2_policy_lap(&f->policy, f->in.pool, 0, 4096);
	z2_policy_lap(&f->policy, f->in.pool, 0, 4096);
	KUNIT_EXPECT_GT(test, plan(f).bytes, 0);
	KUNIT_EXPECT_EQ(test, plan(f).next_ms, 100);
	/* Less than was wanted is something. */
	z2_policy_lap(&f->policy, f->in.pool, 4096, 8192);
	KUNIT_EXPECT_TRUE(test, z2_policy_wants_survey(&f->policy, 1000));
	KUNIT_EXPECT_EQ(test, z2_pace_empty(&f->policy.pace), 0);
}

/* Eight hours of sleep pay for what may be written, and are no idleness. */
static void policy_after_a_night(struct kunit *test)
{
	struct policy_test *f = policy_fixture(test), *g = policy_fixture(test);
	struct z2_policy_plan p, q;
	unsigned int i;

	for (i = 0; i < 100; i++) {
		f->reads[80] = 3;
		g->reads[80] = 3;
		plan_later(f, 1);
		plan_later(g, 1);
	}
	f->in.boot += DAY / 3;
	f->in.demand = MIB;
	g->in.demand = MIB;
	p = plan(f);
	q = plan(g);
	KUNIT_EXPECT_EQ(test, p.score, q.score);
	KUNIT_EXPECT_EQ(test, p.bytes, q.bytes);
	KUNIT_EXPECT_EQ(test, p.reason, q.reason);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&f->policy.wear, Z2_WEAR_NEED),
			z2_wear_left(&g->policy.wear, Z2_WEAR_NEED) + 64 * GIB / 3);
}

/* Reads of a swapoff teach nothing, but cost what they cost. */
static void policy_learns_nothing_from_swapoff(struct kunit *test)
{
	const struct z2_pace_io io = { .reads = 1000, .read_us = 1000000 };
	struct policy_test *f = policy_fixture(test);

	z2_policy_reads(&f->policy, NULL, &io, 1001);
	KUNIT_EXPECT_EQ(test, z2_heat_rate(&f->policy.heat, 0), 0);
	KUNIT_EXPECT_GT(test, z2_pace_stall(&f->policy.pace), 0);
}

/* Any numbers, in any order: nothing is divided by zero, and plans are sane. */
static void policy_has_ends(struct kunit *test)
{
	static const u64 numbers[] = { 0, 1, 4096, GIB, U64_MAX / 2, U64_MAX - 1, U64_MAX };
	struct policy_test *f = policy_fixture(test);
	u64 seed = 42;
	int i;

#define ANY	numbers[z2t_random(&seed) % ARRAY_SIZE(numbers)]
	for (i = 0; i < 20000; i++) {
		struct z2_pace_io io = {
			.reads = ANY, .read_us = ANY, .writes = ANY, .write_us = ANY,
			.failed = ANY % 3 ? 0 : ANY,
		};
		struct z2_policy_plan p;

		if (i % 500 == 0)
			z2_policy_init(&f->policy, ANY, ANY & 1, ANY, ANY);
		if (i % 50 == 0)
			z2_wear_limit(&f->policy.wear, ANY, ANY);
		f->reads[z2t_random(&seed) % Z2_SCORES] = ANY;
		f->pool.bytes[z2t_random(&seed) % Z2_SCORES] = ANY;
		f->in = (struct z2_policy_in){
			.now = i % 3 ? f->in.now + 1 : ANY, .boot = ANY, .off = ANY % 7 == 1,
			.pool = ANY, .high = ANY, .limit = ANY, .own_limit = ANY & 1,
			.demand = ANY, .parked = ANY & 1 ? ANY : 0, .live = ANY, .room = ANY,
			.batch = ANY,
		};
		z2_policy_reads(&f->policy, i & 1 ? f->reads : NULL, &io, f->in.now);
		z2_policy_survey(&f->policy, &f->pool, f->in.now);
		p = plan(f);
		KUNIT_EXPECT_LE(test, p.score, Z2_SCORES);
		KUNIT_EXPECT_LE(test, p.state, Z2_POLICY_FULL);
		KUNIT_EXPECT_TRUE(test, !p.bytes || p.in_flight);
		KUNIT_EXPECT_LE(test, p.bytes, z2_wear_left(&f->policy.wear, Z2_WEAR_MUST));
		KUNIT_EXPECT_GE(test, p.next_ms, 100);
		if (p.state <= Z2_POLICY_CALM)
			KUNIT_EXPECT_EQ(test, p.bytes, 0);
		z2_policy_took(&f->policy, ANY, ANY);
		z2_policy_lap(&f->policy, ANY, ANY, ANY);
	}
#undef ANY
}

static struct kunit_case policy_cases[] = {
	KUNIT_CASE(policy_is_calm),
	KUNIT_CASE(policy_serves_reclaim),
	KUNIT_CASE(policy_drops_old_demand),
	KUNIT_CASE(policy_high_has_a_band),
	KUNIT_CASE(policy_full_ends_below_the_limit),
	KUNIT_CASE(policy_keeps_what_is_read),
	KUNIT_CASE(policy_keeps_what_is_young),
	KUNIT_CASE(policy_takes_the_coldest),
	KUNIT_CASE(policy_waits_for_statistics),
	KUNIT_CASE(policy_keeps_to_the_budget),
	KUNIT_CASE(policy_spends_evenly),
	KUNIT_CASE(policy_when_the_device_is_full),
	KUNIT_CASE(policy_fails_where_nothing_can_leave),
	KUNIT_CASE(policy_gives_up_on_a_device),
	KUNIT_CASE(policy_rests_when_nothing_is_found),
	KUNIT_CASE(policy_after_a_night),
	KUNIT_CASE(policy_learns_nothing_from_swapoff),
	KUNIT_CASE(policy_has_ends),
	{}
};

static struct kunit_suite policy_suite = {
	.name = "zram2_policy",
	.test_cases = policy_cases,
};

kunit_test_suite(policy_suite);

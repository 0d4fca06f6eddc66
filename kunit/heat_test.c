// SPDX-License-Identifier: GPL-2.0
#include <kunit/test.h>
#include <linux/limits.h>
#include <linux/math64.h>

#include <zram2/decay.h>
#include <zram2/heat.h>

#include "fixture.h"

struct heat_test {
	struct z2_heat heat;
	u32 reads[Z2_SCORES];
};

static struct heat_test *heat_fixture(struct kunit *test)
{
	struct heat_test *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, f);
	z2_heat_init(&f->heat);
	return f;
}

/* @per_score reads at each score that is a multiple of 10, every @seconds. */
static void steady(struct heat_test *f, u32 per_score, u32 seconds, u32 times)
{
	unsigned int i;

	memset(f->reads, 0, sizeof(f->reads));
	for (i = 0; i < Z2_SCORES; i += 10)
		f->reads[i] = per_score;
	while (times--)
		z2_heat_fold(&f->heat, f->reads, seconds);
}

/* To a few per cent: what is nearly there yet counts as there. */
static bool heat_near(u64 value, u64 wanted)
{
	return value * 100 <= wanted * 104 && value * 100 >= wanted * 96;
}

static void heat_predicts_a_steady_rate(struct kunit *test)
{
	struct heat_test *f = heat_fixture(test);
	unsigned int score;

	steady(f, 3, 1, 1200);
	for (score = 0; score <= 120; score++)
		KUNIT_EXPECT_TRUE(test, heat_near(z2_heat_rate(&f->heat, score),
						  3000 * (13 - DIV_ROUND_UP(score, 10))));
	KUNIT_EXPECT_EQ(test, z2_heat_rate(&f->heat, 121), 0);
}

/* What comes is believed within two minutes, what ended after an hour. */
static void heat_reacts_at_once_and_forgets_slowly(struct kunit *test)
{
	struct heat_test *f = heat_fixture(test);

	steady(f, 10, 10, 2000);
	KUNIT_EXPECT_TRUE(test, heat_near(z2_heat_rate(&f->heat, 120), 1000));
	steady(f, 40, 10, 12);
	KUNIT_EXPECT_TRUE(test, heat_near(z2_heat_rate(&f->heat, 120), 2500));
	steady(f, 0, 10, 12);
	KUNIT_EXPECT_GT(test, z2_heat_rate(&f->heat, 120), 1000);
	steady(f, 0, 10, 360);
	KUNIT_EXPECT_GT(test, z2_heat_rate(&f->heat, 120), 450);
	steady(f, 0, 10, 8 * 360);
	KUNIT_EXPECT_LT(test, z2_heat_rate(&f->heat, 120), 10);
	KUNIT_EXPECT_EQ(test, f->heat.reads, 13 * (10 * 2000 + 40 * 12));
}

/* Reads of an hour in which nobody asked are a rate and not a burst. */
static void heat_spreads_what_comes_late(struct kunit *test)
{
	struct heat_test *f = heat_fixture(test);

	steady(f, 3600, 3600, 1);
	KUNIT_EXPECT_LE(test, z2_heat_rate(&f->heat, 120), 1010);
	KUNIT_EXPECT_GE(test, z2_heat_rate(&f->heat, 120), 990);
}

/* At most as much reading as is allowed, and no score lower would do. */
static void heat_cuts_where_reads_get_too_many(struct kunit *test)
{
	static const u32 latency[] = { 100, 500, 10000 };
	struct heat_test *f = heat_fixture(test);
	unsigned int last = 0, i;

	steady(f, 1, 1, 4000);
	for (i = 0; i < ARRAY_SIZE(latency); i++) {
		unsigned int cut = z2_heat_cut(&f->heat, latency[i], 1000);

		KUNIT_EXPECT_GE(test, cut, last);
		last = cut;
		KUNIT_EXPECT_LE(test, (u64)z2_heat_rate(&f->heat, cut) * latency[i], 1000000);
		if (cut > 0)
			KUNIT_EXPECT_GT(test, (u64)z2_heat_rate(&f->heat, cut - 1) * latency[i],
					1000000);
	}
	/* 0.1 reads a second: those at 120 are too many already. */
	KUNIT_EXPECT_EQ(test, last, 121);
	/* 13 a second in all, and 2 of them. */
	KUNIT_EXPECT_EQ(test, z2_heat_cut(&f->heat, 100, 2000), 0);
	KUNIT_EXPECT_EQ(test, z2_heat_cut(&f->heat, 500, 1010), 101);
}

static void heat_cut_has_ends(struct kunit *test)
{
	struct heat_test *f = heat_fixture(test);

	KUNIT_EXPECT_EQ(test, z2_heat_cut(&f->heat, U32_MAX, 0), 0);
	f->reads[Z2_SCORES - 1] = 100;
	z2_heat_fold(&f->heat, f->reads, 0);
	KUNIT_EXPECT_EQ(test, z2_heat_cut(&f->heat, U32_MAX, 0), Z2_SCORES);
	KUNIT_EXPECT_EQ(test, z2_heat_cut(&f->heat, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, z2_heat_cut(&f->heat, U32_MAX, U32_MAX), 0);
	KUNIT_EXPECT_EQ(test, z2_heat_rate(&f->heat, UINT_MAX), 0);

	memset(f->reads, 0, sizeof(f->reads));
	f->reads[0] = 100;
	z2_heat_init(&f->heat);
	z2_heat_fold(&f->heat, f->reads, 1);
	KUNIT_EXPECT_EQ(test, z2_heat_cut(&f->heat, 1000000, 1), 1);
}

static void heat_never_wraps(struct kunit *test)
{
	struct heat_test *f = heat_fixture(test);
	int i;

	memset(f->reads, 0xff, sizeof(f->reads));
	for (i = 0; i < 100; i++)
		z2_heat_fold(&f->heat, f->reads, 0);
	KUNIT_EXPECT_EQ(test, f->heat.reads, U32_MAX);
	KUNIT_EXPECT_EQ(test, z2_heat_rate(&f->heat, 0), U32_MAX);
	for (i = 0; i < 20; i++)
		z2_heat_fold(&f->heat, f->reads, U32_MAX);
	KUNIT_EXPECT_EQ(test, z2_heat_cut(&f->heat, U32_MAX, 1), Z2_SCORES);

	/* Nor is it stuck there. */
	memset(f->reads, 0, sizeof(f->reads));
	z2_heat_fold(&f->heat, f->reads, U32_MAX);
	KUNIT_EXPECT_EQ(test, z2_heat_rate(&f->heat, 0), 0);
}

static struct kunit_case heat_cases[] = {
	KUNIT_CASE(heat_predicts_a_steady_rate),
	KUNIT_CASE(heat_reacts_at_once_and_forgets_slowly),
	KUNIT_CASE(heat_spreads_what_comes_late),
	KUNIT_CASE(heat_cuts_where_reads_get_too_many),
	KUNIT_CASE(heat_cut_has_ends),
	KUNIT_CASE(heat_never_wraps),
	{}
};

static struct kunit_suite heat_suite = {
	.name = "zram2_heat",
	.test_cases = heat_cases,
};

kunit_test_suite(heat_suite);

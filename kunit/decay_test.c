// SPDX-License-Identifier: GPL-2.0
#include <kunit/test.h>
#include <linux/limits.h>
#include <linux/math64.h>

#include <zram2/decay.h>

#include "fixture.h"

static const u32 half_lives[] = { 1, 10, 120, 3600, 65535 };

static void half_life_desc(const u32 *half_life, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u s", *half_life);
}

KUNIT_ARRAY_PARAM(half_life, half_lives, half_life_desc);

static u64 after(u32 seconds, u32 half_life, u64 sum, u64 events)
{
	struct z2_decay decay = z2_decay_over(seconds, half_life);

	return z2_decay_add(&decay, sum, events);
}

static bool decay_near(u64 value, u64 wanted, u32 permille)
{
	u64 off = div_u64(wanted, 1000) * permille;

	return value <= wanted + off && value + off >= wanted;
}

/* In one step, and in as many as there are seconds. */
static void decay_halves(struct kunit *test)
{
	const u32 half_life = *(const u32 *)test->param_value;
	u64 sum = 1ull << 50;
	u32 i;

	KUNIT_EXPECT_EQ(test, after(0, half_life, sum, 0), sum);
	KUNIT_EXPECT_EQ(test, after(half_life, half_life, sum, 0), sum / 2);
	KUNIT_EXPECT_EQ(test, after(5 * half_life, half_life, sum, 0), sum / 32);
	for (i = 0; i < half_life; i++)
		sum = after(1, half_life, sum, 0);
	KUNIT_EXPECT_TRUE_MSG(test, decay_near(sum, 1ull << 49, 2), "%llu", sum);
}

/* Whatever the steps, and also when they are all told at once. */
static void decay_knows_a_steady_rate(struct kunit *test)
{
	const u32 half_life = *(const u32 *)test->param_value;
	static const u32 steps[] = { 1, 7, 60, 1000, 100000 };
	int i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		u64 sum = 0;
		u32 seconds, rate;

		for (seconds = 0; seconds < 12 * half_life; seconds += steps[i])
			sum = after(steps[i], half_life, sum, 50 * steps[i]);
		rate = z2_decay_rate(sum, half_life, 1000);
		KUNIT_EXPECT_TRUE_MSG(test, decay_near(rate, 50000, 10),
				      "steps of %u s: %u", steps[i], rate);
	}
}

static void decay_counts_at_once(struct kunit *test)
{
	const u32 half_life = *(const u32 *)test->param_value;

	KUNIT_EXPECT_EQ(test, after(0, half_life, 0, 3), 3ull << Z2_DECAY_SHIFT);
	KUNIT_EXPECT_EQ(test, after(0, half_life, 5, 1), (1ull << Z2_DECAY_SHIFT) + 5);
}

static void decay_forgets_all(struct kunit *test)
{
	const u32 half_life = *(const u32 *)test->param_value;

	KUNIT_EXPECT_EQ(test, after(U32_MAX, half_life, Z2_DECAY_MAX, 0), 0);
	KUNIT_EXPECT_LE(test, after(32 * half_life, half_life, Z2_DECAY_MAX, 0),
			Z2_DECAY_MAX >> 32);
}

/* Neither sums nor rates wrap, whatever comes in. */
static void decay_has_ends(struct kunit *test)
{
	const u32 half_life = *(const u32 *)test->param_value;
	static const u32 steps[] = { 0, 1, 31, U32_MAX / 2, U32_MAX };
	int i;

	for (i = 0; i < ARRAY_SIZE(steps); i++) {
		struct z2_decay decay = z2_decay_over(steps[i], half_life);

		KUNIT_EXPECT_LE(test, decay.keep, 1ull << 32);
		KUNIT_EXPECT_LE(test, decay.weigh, 1ull << 32);
		KUNIT_EXPECT_LE(test, z2_decay_add(&decay, U64_MAX, U64_MAX), Z2_DECAY_MAX);
		KUNIT_EXPECT_EQ(test, z2_decay_add(&decay, 0, 0), 0);
	}
	KUNIT_EXPECT_EQ(test, after(0, half_life, U64_MAX, U64_MAX), Z2_DECAY_MAX);
	KUNIT_EXPECT_EQ(test, z2_decay_rate(0, half_life, 1000), 0);
	KUNIT_EXPECT_GT(test, z2_decay_rate(128 * Z2_DECAY_MAX, half_life, 1), 1u << 24);
}

static void decay_rate_is_limited(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, z2_decay_rate(128 * Z2_DECAY_MAX, 1, 1000), U32_MAX);
	KUNIT_EXPECT_EQ(test, z2_decay_rate(U64_MAX, 1, 1000), U32_MAX);
}

static struct kunit_case decay_cases[] = {
	KUNIT_CASE_PARAM(decay_halves, half_life_gen_params),
	KUNIT_CASE_PARAM(decay_knows_a_steady_rate, half_life_gen_params),
	KUNIT_CASE_PARAM(decay_counts_at_once, half_life_gen_params),
	KUNIT_CASE_PARAM(decay_forgets_all, half_life_gen_params),
	KUNIT_CASE_PARAM(decay_has_ends, half_life_gen_params),
	KUNIT_CASE(decay_rate_is_limited),
	{}
};

static struct kunit_suite decay_suite = {
	.name = "zram2_decay",
	.test_cases = decay_cases,
};

kunit_test_suite(decay_suite);

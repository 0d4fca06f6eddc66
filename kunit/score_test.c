// SPDX-License-Identifier: GPL-2.0
#include <kunit/test.h>
#include <linux/limits.h>
#include <linux/mm.h>

#include <zram2/score.h>

#include "fixture.h"

static const u32 sizes[] = { 1, 32, 400, PAGE_SIZE / 4, PAGE_SIZE / 3, PAGE_SIZE };

static void score_size_desc(const u32 *size, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u", *size);
}

KUNIT_ARRAY_PARAM(size, sizes, score_size_desc);

/* Four to an octave, as far as a whole page's 2^24 seconds. */
static void score_counts_quarters(struct kunit *test)
{
	unsigned int octave;

	for (octave = 3; octave < 24; octave++) {
		u32 seconds = 1u << octave;
		unsigned int quarter;

		for (quarter = 0; quarter < 4; quarter++) {
			u32 from = seconds + quarter * (seconds / 4);

			KUNIT_EXPECT_EQ(test, z2_score(from - 1, PAGE_SIZE),
					4 * (octave + 8) + quarter);
			KUNIT_EXPECT_EQ(test, z2_score(from - 2, PAGE_SIZE),
					4 * (octave + 8) + quarter - 1);
		}
	}
}

/* Twice the size counts as much as twice the age. */
static void score_is_of_the_product(struct kunit *test)
{
	u32 age;

	for (age = 4; age < 1u << 22; age = age * 3 / 2) {
		KUNIT_EXPECT_EQ(test, z2_score(age - 1, PAGE_SIZE),
				z2_score(2 * age - 1, PAGE_SIZE / 2));
		KUNIT_EXPECT_EQ(test, z2_score(age - 1, PAGE_SIZE),
				z2_score(age - 1, PAGE_SIZE / 4) + 8);
	}
}

static void score_has_ends(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, z2_score(0, 0), 0);
	KUNIT_EXPECT_EQ(test, z2_score(0, 1), 0);
	KUNIT_EXPECT_EQ(test, z2_score(U32_MAX, 0), 0);
	KUNIT_EXPECT_EQ(test, z2_score(U32_MAX, PAGE_SIZE), Z2_SCORES - 1);
	KUNIT_EXPECT_EQ(test, z2_score(U32_MAX, U32_MAX), Z2_SCORES - 1);
	KUNIT_EXPECT_EQ(test, z2_score(0, U32_MAX), z2_score(U32_MAX - 1, 1));
}

/* With the age that is given for it an object has a score, and a second earlier not. */
static void score_has_an_age(struct kunit *test)
{
	const u32 size = *(const u32 *)test->param_value;
	unsigned int score;
	u32 last = 0;

	for (score = 0; score < Z2_SCORES; score++) {
		u32 age = z2_score_age(score, size);

		KUNIT_EXPECT_GE(test, age, last);
		last = age;
		if (age == U32_MAX)
			continue;
		KUNIT_EXPECT_GE_MSG(test, z2_score(age, size), score, "score %u", score);
		if (age > 0)
			KUNIT_EXPECT_LT(test, z2_score(age - 1, size), score);
	}
	KUNIT_EXPECT_EQ(test, z2_score_age(Z2_SCORES, size), U32_MAX);
}

static void score_age_of_nothing(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, z2_score_age(0, 0), 0);
	KUNIT_EXPECT_EQ(test, z2_score_age(1, 0), U32_MAX);
	KUNIT_EXPECT_EQ(test, z2_score_age(UINT_MAX, PAGE_SIZE), U32_MAX);
	KUNIT_EXPECT_EQ(test, z2_score_age(Z2_SCORES - 1, U32_MAX),
			DIV_ROUND_UP_ULL(7ull << (29 + Z2_SCORE_SHIFT), U32_MAX) - 1);
}

/* A whole one is large for a stack. */
static struct z2_score_hist *hist_of(struct kunit *test)
{
	struct z2_score_hist *hist = kunit_kzalloc(test, sizeof(*hist), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, hist);
	return hist;
}

static void score_threshold_lets_enough_through(struct kunit *test)
{
	struct z2_score_hist *hist = hist_of(test);
	u64 seed = 19, wanted;
	int i;

	for (i = 0; i < 500; i++)
		z2_score_add(hist, z2t_random(&seed) % Z2_SCORES, z2t_random(&seed) % 4096);

	for (wanted = 1; wanted < z2_score_above(hist, 0); wanted += 1 + wanted / 7) {
		unsigned int score = z2_score_best(hist, wanted);

		KUNIT_EXPECT_GE(test, z2_score_above(hist, score), wanted);
		KUNIT_EXPECT_LT(test, z2_score_above(hist, score + 1), wanted);
	}
	KUNIT_EXPECT_EQ(test, z2_score_best(hist, z2_score_above(hist, 0) + 1), 0);
}

/* The first bin and the last, and what is beyond. */
static void score_hist_has_ends(struct kunit *test)
{
	struct z2_score_hist *hist = hist_of(test);

	KUNIT_EXPECT_EQ(test, z2_score_best(hist, 0), Z2_SCORES - 1);
	KUNIT_EXPECT_EQ(test, z2_score_best(hist, 1), 0);
	KUNIT_EXPECT_EQ(test, z2_score_above(hist, 0), 0);

	z2_score_add(hist, 0, 10);
	z2_score_add(hist, Z2_SCORES - 1, 20);
	z2_score_add(hist, Z2_SCORES, 1);
	z2_score_add(hist, UINT_MAX, 1);
	KUNIT_EXPECT_EQ(test, z2_score_above(hist, 0), 32);
	KUNIT_EXPECT_EQ(test, z2_score_above(hist, 1), 22);
	KUNIT_EXPECT_EQ(test, z2_score_above(hist, Z2_SCORES - 1), 22);
	KUNIT_EXPECT_EQ(test, z2_score_above(hist, Z2_SCORES), 0);
	KUNIT_EXPECT_EQ(test, z2_score_above(hist, UINT_MAX), 0);
	KUNIT_EXPECT_EQ(test, z2_score_best(hist, 22), Z2_SCORES - 1);
	KUNIT_EXPECT_EQ(test, z2_score_best(hist, 23), 0);

	z2_score_take(hist, UINT_MAX, 2);
	KUNIT_EXPECT_EQ(test, z2_score_above(hist, 1), 20);
	z2_score_take(hist, Z2_SCORES - 1, U64_MAX);
	z2_score_take(hist, 5, 1);
	KUNIT_EXPECT_EQ(test, z2_score_above(hist, 0), 10);
}

static void score_hist_never_wraps(struct kunit *test)
{
	struct z2_score_hist *hist = hist_of(test);

	z2_score_add(hist, 3, U64_MAX);
	z2_score_add(hist, 3, 2);
	z2_score_add(hist, 7, U64_MAX - 1);
	KUNIT_EXPECT_EQ(test, z2_score_above(hist, 0), U64_MAX);
	KUNIT_EXPECT_EQ(test, z2_score_best(hist, U64_MAX), 3);
	KUNIT_EXPECT_EQ(test, z2_score_best(hist, U64_MAX - 1), 7);
}

static struct kunit_case score_cases[] = {
	KUNIT_CASE(score_counts_quarters),
	KUNIT_CASE(score_is_of_the_product),
	KUNIT_CASE(score_has_ends),
	KUNIT_CASE_PARAM(score_has_an_age, size_gen_params),
	KUNIT_CASE(score_age_of_nothing),
	KUNIT_CASE(score_threshold_lets_enough_through),
	KUNIT_CASE(score_hist_has_ends),
	KUNIT_CASE(score_hist_never_wraps),
	{}
};

static struct kunit_suite score_suite = {
	.name = "zram2_score",
	.test_cases = score_cases,
};

kunit_test_suite(score_suite);

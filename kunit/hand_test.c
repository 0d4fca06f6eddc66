// SPDX-License-Identifier: GPL-2.0
/* The hand that looks for cold pages, on tables that are made up. */
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/prandom.h>
#include <linux/slab.h>

#include <zram2/clock.h>
#include <zram2/device.h>
#include <zram2/hand.h>
#include <zram2/scan.h>

#include "fixture.h"

/* Not a multiple of a cluster. */
#define SLOTS		(5 * Z2_HAND_CLUSTER + 77)
#define TABLES		1000
#define MOVES		200

/* Beside the oldest sleep, so that all of the clock is in use. */
#define BEGINNING	100000

/**
 * struct hand_test - a table and a hand
 * @test: the test
 * @dev: of a device, just what the hand looks at
 * @clock: waking time
 * @now: boot time
 * @rnd: where all that is made up comes from
 * @found: slots that a lap has found
 * @truth: what is in the table
 * @part: what a survey says
 */
struct hand_test {
	struct kunit *test;
	struct z2_device dev;
	struct z2_clock clock;
	u32 now;
	struct rnd_state rnd;
	unsigned long *found;
	struct z2_score_hist truth;
	struct z2_score_hist part;
};

static void no_release(void *ctx, const struct z2_object *obj)
{
}

static void hand_test_end(void *arg)
{
	struct hand_test *t = arg;

	z2_hand_destroy(t->dev.hand);
	z2_slot_table_destroy(t->dev.table);
}

static struct hand_test *hand_test_begin(struct kunit *test, unsigned long slots)
{
	struct hand_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->test = test;
	t->now = BEGINNING;
	z2_clock_init(&t->clock);
	prandom_seed_state(&t->rnd, 1);
	t->found = kunit_kcalloc(test, BITS_TO_LONGS(slots), sizeof(long), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->found);
	t->dev.table = z2_slot_table_create(slots, no_release, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(t->dev.table));
	t->dev.hand = z2_hand_create(slots);
	KUNIT_ASSERT_FALSE(test, IS_ERR(t->dev.hand));
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, hand_test_end, t), 0);
	return t;
}

static u32 below(struct hand_test *t, u32 limit)
{
	return prandom_u32_state(&t->rnd) % limit;
}

static void put(struct hand_test *t, unsigned long index, u32 size, u32 flags, u32 when)
{
	z2_slot_write_lock(t->dev.table, index);
	z2_slot_replace_unlock(t->dev.table, index, z2_object_make(1, size, flags, 0), when);
}

static void relocate(struct hand_test *t, unsigned long index, u32 size, u32 flags)
{
	z2_slot_write_lock(t->dev.table, index);
	z2_slot_relocate(t->dev.table, index, z2_object_make(1, size, flags, 0));
	z2_slot_write_unlock(t->dev.table, index);
}

static void touch(struct hand_test *t, unsigned long index)
{
	z2_slot_read_lock(t->dev.table, index);
	if (z2_slot_access_time(t->dev.table, index))
		z2_slot_touch(t->dev.table, index, t->now);
	z2_slot_read_unlock(t->dev.table, index);
}

/* The hand is told of none of it. */
static void move(struct hand_test *t)
{
	unsigned long index = below(t, SLOTS);
	struct z2_object obj = { .state = z2_slot_peek(t->dev.table, index) };
	u32 size = 1 + below(t, PAGE_SIZE);

	switch (below(t, 8)) {
	case 0:
		put(t, index, PAGE_SIZE, Z2_SLOT_HUGE, t->now);
		break;
	case 1:
		put(t, index, 0, Z2_SLOT_SAME, t->now);
		break;
	case 2:
		z2_slot_free(t->dev.table, index);
		break;
	case 3:
		touch(t, index);
		break;
	case 4:
		/* Smaller, and as old as it was. */
		if (!z2_scan_wanted(&obj, 0))
			break;
		relocate(t, index, 1 + below(t, z2_object_size(&obj)), 0);
		break;
	default:
		put(t, index, size, 0, t->now);
	}
}

/* Without the hand: by what is said of scores and ages alone. */
static bool is_cold(struct hand_test *t, unsigned long index, unsigned int score, u32 min_age)
{
	struct z2_object obj = { .state = z2_slot_peek(t->dev.table, index) };
	u32 used = z2_slot_access_time(t->dev.table, index);
	u32 age = z2_clock_age(&t->clock, t->now, used);

	return z2_scan_wanted(&obj, 0) && age >= min_age &&
	       z2_score(age, z2_object_size(&obj)) >= score;
}

/* What a slot held comes to the device, or doesn't after all. */
static void take(struct hand_test *t, const struct z2_hand_lap *lap, unsigned long index)
{
	struct z2_object obj;

	KUNIT_ASSERT_TRUE(t->test, z2_hand_take(lap, index, &obj));
	z2_scan_untake(&t->dev, index);
	if (below(t, 2))
		relocate(t, index, z2_object_size(&obj), Z2_SLOT_BACKING);
}

static void find_all(struct hand_test *t, struct z2_hand_lap *lap, unsigned int score,
		     u32 min_age, bool taken)
{
	unsigned long index;

	bitmap_zero(t->found, SLOTS);
	z2_hand_begin(lap, &t->dev, &t->clock, t->now, score, min_age);
	while (lap->left) {
		if (!z2_hand_next(lap, &index))
			continue;
		KUNIT_ASSERT_FALSE_MSG(t->test, __test_and_set_bit(index, t->found),
				       "slot %lu twice in a lap", index);
		if (taken)
			take(t, lap, index);
	}
}

static void hand_misses_nothing(struct kunit *test)
{
	struct hand_test *t = hand_test_begin(test, SLOTS);
	u64 passed = 0, found = 0;
	unsigned int table, i;

	for (table = 0; table < TABLES; table++) {
		/* Seldom things that are far back, so that hands pass over much. */
		unsigned int score = 16 + below(t, 96);
		u32 min_age = below(t, 2) ? 0 : below(t, 5000);
		unsigned long *want = kunit_kcalloc(test, BITS_TO_LONGS(SLOTS), sizeof(long),
						    GFP_KERNEL);
		struct z2_hand_lap lap;

		KUNIT_ASSERT_NOT_NULL(test, want);
		for (i = below(t, MOVES); i > 0; i--)
			move(t);
		t->now += below(t, 1000);
		if (!below(t, 10)) {
			u32 slept = below(t, 20000);

			t->now += slept;
			z2_clock_slept(&t->clock, t->now, slept);
		}
		if (!below(t, 4))
			z2_hand_survey(&t->dev, &t->clock, t->now, 2 * Z2_HAND_CLUSTER,
				       &t->part);

		for (i = 0; i < SLOTS; i++)
			if (is_cold(t, i, score, min_age))
				__set_bit(i, want);
		find_all(t, &lap, score, min_age, below(t, 3) == 0);
		KUNIT_ASSERT_TRUE_MSG(test, bitmap_equal(want, t->found, SLOTS),
				      "table %u, score %u, age %u: %u and not %u", table, score,
				      min_age, bitmap_weight(t->found, SLOTS),
				      bitmap_weight(want, SLOTS));
		KUNIT_ASSERT_GE(test, lap.looked + lap.passed, (u64)SLOTS);
		passed += lap.passed;
		found += bitmap_weight(want, SLOTS);
		kunit_kfree(test, want);
	}
	KUNIT_EXPECT_GT_MSG(test, passed, (u64)SLOTS * TABLES / 20, "bounds are of use");
	KUNIT_EXPECT_GT(test, found, (u64)TABLES);
}

/* A lap goes on where the last one was left, once round. */
static void hand_goes_on(struct kunit *test)
{
	struct hand_test *t = hand_test_begin(test, SLOTS);
	struct z2_hand_lap lap;
	unsigned long index, i;

	for (i = 0; i < SLOTS; i++)
		put(t, i, 1000, 0, 1);
	z2_hand_begin(&lap, &t->dev, &t->clock, t->now, 1, 0);
	for (i = 0; i < 700; i++) {
		KUNIT_ASSERT_TRUE(test, z2_hand_next(&lap, &index));
		KUNIT_ASSERT_EQ(test, index, i);
	}
	KUNIT_EXPECT_EQ(test, lap.left, SLOTS - 700);
	KUNIT_EXPECT_EQ(test, lap.looked, 2 * Z2_HAND_CLUSTER);

	z2_hand_begin(&lap, &t->dev, &t->clock, t->now, 1, 0);
	for (i = 0; i < SLOTS; i++) {
		KUNIT_ASSERT_TRUE(test, z2_hand_next(&lap, &index));
		KUNIT_ASSERT_EQ(test, index, (700 + i) % SLOTS);
	}
	KUNIT_EXPECT_EQ(test, lap.left, 0);
	KUNIT_EXPECT_FALSE(test, z2_hand_next(&lap, &index));
}

/* Clusters of which it is known that they are young cost nothing. */
static void hand_passes_over(struct kunit *test)
{
	struct hand_test *t = hand_test_begin(test, SLOTS);
	struct z2_hand_lap lap;
	unsigned long i;

	for (i = 0; i < SLOTS; i++)
		put(t, i, 1000, 0, t->now - 10);
	put(t, 3 * Z2_HAND_CLUSTER, 1000, 0, t->now - 5000);
	find_all(t, &lap, 1, 1000, false);
	KUNIT_EXPECT_EQ(test, bitmap_weight(t->found, SLOTS), 1);
	KUNIT_EXPECT_EQ_MSG(test, lap.looked, SLOTS, "nothing is known");
	KUNIT_EXPECT_EQ(test, lap.passed, 0);

	find_all(t, &lap, 1, 1000, false);
	KUNIT_EXPECT_EQ(test, bitmap_weight(t->found, SLOTS), 1);
	KUNIT_EXPECT_EQ(test, lap.looked, Z2_HAND_CLUSTER);
	KUNIT_EXPECT_EQ(test, lap.passed, SLOTS - Z2_HAND_CLUSTER);

	/* Of the same age, but smaller than what is looked for: known by their size. */
	i = z2_score(5000, PAGE_SIZE / 2);
	find_all(t, &lap, i, 0, false);
	KUNIT_EXPECT_EQ(test, lap.passed, SLOTS);

	/* What has come since may be of any size: then it has to be looked at again. */
	put(t, 7, PAGE_SIZE, Z2_SLOT_HUGE, t->now);
	t->now += 5000;
	i = z2_score(5000, PAGE_SIZE);
	find_all(t, &lap, i, 0, false);
	KUNIT_EXPECT_EQ(test, bitmap_weight(t->found, SLOTS), 1);
	KUNIT_EXPECT_TRUE(test, test_bit(7, t->found));
	KUNIT_EXPECT_EQ(test, lap.looked, SLOTS);
}

static void hand_spares_the_touched(struct kunit *test)
{
	struct hand_test *t = hand_test_begin(test, SLOTS);
	struct z2_hand_lap lap;
	struct z2_object obj;
	unsigned long index;

	put(t, 5, 1000, 0, t->now - 5000);
	put(t, 6, 1000, 0, t->now - 5000);
	put(t, 7, 1000, 0, t->now - 5000);
	z2_hand_begin(&lap, &t->dev, &t->clock, t->now, 1, 1000);
	KUNIT_ASSERT_TRUE(test, z2_hand_next(&lap, &index));
	KUNIT_EXPECT_EQ(test, index, 5);
	touch(t, 5);
	KUNIT_EXPECT_FALSE(test, z2_hand_take(&lap, 5, &obj));
	KUNIT_EXPECT_FALSE(test, z2_slot_peek(t->dev.table, 5) & Z2_SLOT_PP);
	z2_slot_free(t->dev.table, 6);
	KUNIT_EXPECT_FALSE(test, z2_hand_take(&lap, 6, &obj));

	KUNIT_ASSERT_TRUE(test, z2_hand_next(&lap, &index));
	KUNIT_EXPECT_EQ(test, index, 7);
	KUNIT_ASSERT_TRUE(test, z2_hand_take(&lap, 7, &obj));
	KUNIT_EXPECT_EQ(test, z2_object_size(&obj), 1000);
	KUNIT_EXPECT_TRUE(test, z2_slot_peek(t->dev.table, 7) & Z2_SLOT_PP);
	z2_slot_read_unlock(t->dev.table, 7);
	/* What is taken is not found again. */
	find_all(t, &lap, 1, 1000, false);
	KUNIT_EXPECT_EQ(test, bitmap_weight(t->found, SLOTS), 0);
}

/* Ages as swap makes them: what is next to each other came together. */
static void fill_by_age(struct hand_test *t, unsigned long slots)
{
	unsigned long i;
	u32 age = 1;

	for (i = 0; i < slots; i++) {
		if (!(i % Z2_HAND_CLUSTER))
			age += below(t, 300);
		put(t, i, 100 + below(t, 3900), 0, t->now - age - below(t, 4));
	}
}

static void hand_surveys(struct kunit *test)
{
	const unsigned long slots = 320 * Z2_HAND_CLUSTER;
	struct hand_test *t = hand_test_begin(test, slots);
	unsigned int round, score;
	u64 all;

	fill_by_age(t, slots);
	put(t, 1, 0, Z2_SLOT_SAME, 1);
	put(t, 2, 4000, Z2_SLOT_BACKING, 1);
	z2_hand_survey(&t->dev, &t->clock, t->now, slots, &t->truth);
	all = z2_score_above(&t->truth, 0);
	KUNIT_EXPECT_EQ_MSG(test, z2_score_above(&t->truth, z2_score(t->now - 1, 4000)), 0,
			    "neither counts");
	for (round = 0; round < 16; round++) {
		z2_hand_survey(&t->dev, &t->clock, t->now, slots / 16, &t->part);
		for (score = 0; score < Z2_SCORES; score++) {
			u64 is = z2_score_above(&t->part, score);
			u64 want = z2_score_above(&t->truth, score);

			KUNIT_ASSERT_LE_MSG(test, max(is, want) - min(is, want), all / 20,
					    "round %u, score %u: %llu, not %llu of %llu", round,
					    score, is, want, all);
		}
	}
}

/* All together they have seen all: 16 sixteenths make the whole. */
static void hand_surveys_turn_round(struct kunit *test)
{
	const unsigned long slots = 4 * Z2_HAND_CLUSTER;
	struct hand_test *t = hand_test_begin(test, slots);
	struct z2_score_hist sum = {};
	unsigned int round, score;

	fill_by_age(t, slots);
	z2_hand_survey(&t->dev, &t->clock, t->now, slots, &t->truth);
	for (round = 0; round < 4; round++) {
		z2_hand_survey(&t->dev, &t->clock, t->now, Z2_HAND_CLUSTER, &t->part);
		for (score = 0; score < Z2_SCORES; score++)
			sum.bytes[score] += t->part.bytes[score] / 4;
	}
	KUNIT_EXPECT_MEMEQ(test, &sum, &t->truth, sizeof(sum));
}

static struct kunit_case hand_cases[] = {
	KUNIT_CASE(hand_goes_on),
	KUNIT_CASE(hand_passes_over),
	KUNIT_CASE(hand_spares_the_touched),
	KUNIT_CASE_SLOW(hand_misses_nothing),
	KUNIT_CASE_SLOW(hand_surveys),
	KUNIT_CASE(hand_surveys_turn_round),
	{}
};

static struct kunit_suite hand_suite = {
	.name = "zram2_hand",
	.test_cases = hand_cases,
};

kunit_test_suite(hand_suite);

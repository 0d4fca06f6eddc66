// SPDX-License-Identifier: GPL-2.0
#include <kunit/test.h>
#include <linux/limits.h>
#include <linux/sizes.h>

#include <zram2/wear.h>

#include "fixture.h"

#define DAY	86400u
#define GIB	((u64)SZ_1G)

static void wear_begins_with_half_a_day(struct kunit *test)
{
	struct z2_wear wear;

	z2_wear_init(&wear, GIB, 1000);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_NEED), GIB / 2);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_SPARE), GIB / 4);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_MUST), 3 * GIB / 2);
}

static void wear_default_is_of_the_capacity(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, z2_wear_default(0, false), GIB);
	KUNIT_EXPECT_EQ(test, z2_wear_default(20 * GIB, false), GIB);
	KUNIT_EXPECT_EQ(test, z2_wear_default(256 * GIB, false), 64 * GIB / 5);
	KUNIT_EXPECT_EQ(test, z2_wear_default(256 * GIB, true), 0);
	KUNIT_EXPECT_LE(test, z2_wear_default(U64_MAX, false), Z2_WEAR_MAX);
}

/* What a day brings is the same in one step and in many, to the byte. */
static void wear_pays_in_what_a_day_brings(struct kunit *test)
{
	static const u64 budgets[] = { 1, 86399, 86401, GIB, GIB + 1, 12345678901ull };
	static const u32 steps[] = { 1, 7, 3600, DAY };
	int i, j;

	for (i = 0; i < ARRAY_SIZE(budgets); i++) {
		for (j = 0; j < ARRAY_SIZE(steps); j++) {
			struct z2_wear wear;
			u32 now = 50;

			z2_wear_init(&wear, budgets[i], now);
			while (now < 50 + DAY) {
				now += min(steps[j], 50 + DAY - now);
				z2_wear_refill(&wear, now);
			}
			KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_NEED),
					budgets[i] / 2 + budgets[i]);
		}
	}
}

/* Two days' are saved, and what is spent of it is gone. */
static void wear_rolls_over(struct kunit *test)
{
	struct z2_wear wear;

	z2_wear_init(&wear, GIB, 0);
	z2_wear_refill(&wear, DAY);
	z2_wear_refill(&wear, 2 * DAY);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_NEED), 2 * GIB);
	z2_wear_refill(&wear, 30 * DAY);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_NEED), 2 * GIB);
	z2_wear_spend(&wear, GIB / 2);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_NEED), 3 * GIB / 2);
	z2_wear_refund(&wear, GIB / 4);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_NEED), 7 * GIB / 4);
	KUNIT_EXPECT_EQ(test, wear.written, GIB / 4);
	z2_wear_refund(&wear, GIB);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_NEED), 2 * GIB);
	KUNIT_EXPECT_EQ(test, wear.written, 0);
}

static void wear_keeps_a_reserve_and_owes_a_day(struct kunit *test)
{
	struct z2_wear wear;

	z2_wear_init(&wear, GIB, 0);
	z2_wear_spend(&wear, GIB / 4);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_SPARE), 0);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_NEED), GIB / 4);
	z2_wear_spend(&wear, GIB / 4 + GIB);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_SPARE), 0);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_NEED), 0);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_MUST), 0);
	/* Owed is owed: half a day later there still is nothing. */
	z2_wear_refill(&wear, DAY / 2);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_NEED), 0);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_MUST), GIB / 2);
}

/* A limit below what was spent already, or saved, leaves nothing and wraps nowhere. */
static void wear_lowered_below_what_is_spent(struct kunit *test)
{
	struct z2_wear wear;

	z2_wear_init(&wear, 100 * GIB, 0);
	z2_wear_spend(&wear, 149 * GIB);
	z2_wear_limit(&wear, GIB, 10);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_SPARE), 0);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_NEED), 0);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_MUST), 0);
	z2_wear_refill(&wear, 10 + DAY / 2);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_MUST), GIB / 2);

	z2_wear_init(&wear, 100 * GIB, 0);
	z2_wear_limit(&wear, 1, 0);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_NEED), 2);
	z2_wear_spend(&wear, U64_MAX);
	z2_wear_limit(&wear, 1, 0);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_MUST), 0);
}

static void wear_without_a_limit(struct kunit *test)
{
	struct z2_wear wear;

	z2_wear_init(&wear, 0, 0);
	z2_wear_spend(&wear, 1ull << 50);
	z2_wear_refill(&wear, DAY);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_SPARE), U64_MAX);
	KUNIT_EXPECT_EQ(test, wear.written, 1ull << 50);
	/* What was spent then isn't owed now. */
	z2_wear_limit(&wear, GIB, 2 * DAY);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_NEED), GIB / 2);
	z2_wear_limit(&wear, 0, 3 * DAY);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_NEED), U64_MAX);
}

static void wear_when_time_jumps(struct kunit *test)
{
	struct z2_wear wear;

	z2_wear_init(&wear, GIB, 5 * DAY);
	z2_wear_refill(&wear, 4 * DAY);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_NEED), GIB / 2);
	z2_wear_refill(&wear, 4 * DAY);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_NEED), GIB / 2);

	/* 32 bits of seconds end. */
	z2_wear_init(&wear, GIB, U32_MAX - DAY / 8);
	z2_wear_refill(&wear, DAY / 8 - 1);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_NEED), 3 * GIB / 4);
	z2_wear_refill(&wear, DAY / 8 - 1 + U32_MAX / 2);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_NEED), 2 * GIB);
}

static void wear_has_ends(struct kunit *test)
{
	struct z2_wear wear;
	int i;

	z2_wear_init(&wear, U64_MAX, 0);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_NEED), Z2_WEAR_MAX / 2);
	z2_wear_refill(&wear, U32_MAX / 2);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_MUST), 3 * Z2_WEAR_MAX);
	z2_wear_refund(&wear, U64_MAX);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_NEED), 2 * Z2_WEAR_MAX);
	for (i = 0; i < 20; i++)
		z2_wear_spend(&wear, U64_MAX);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_MUST), 0);
	KUNIT_EXPECT_EQ(test, wear.written, U64_MAX);
	z2_wear_limit(&wear, U64_MAX, 0);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_MUST), 0);

	/* A byte a day. */
	z2_wear_init(&wear, 1, 0);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_NEED), 0);
	z2_wear_refill(&wear, DAY - 1);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_NEED), 0);
	z2_wear_refill(&wear, DAY);
	KUNIT_EXPECT_EQ(test, z2_wear_left(&wear, Z2_WEAR_NEED), 1);
}

/* A year of somebody who takes all that he may. */
static void wear_holds_for_a_year(struct kunit *test)
{
	struct z2_wear wear;
	u32 now;

	z2_wear_init(&wear, GIB, 0);
	for (now = 0; now < 365 * DAY; now += 600) {
		z2_wear_refill(&wear, now);
		z2_wear_spend(&wear, z2_wear_left(&wear, Z2_WEAR_NEED));
	}
	KUNIT_EXPECT_LE(test, wear.written, 365 * GIB + GIB / 2);
	KUNIT_EXPECT_GE(test, wear.written, 365 * GIB);
}

static struct kunit_case wear_cases[] = {
	KUNIT_CASE(wear_begins_with_half_a_day),
	KUNIT_CASE(wear_default_is_of_the_capacity),
	KUNIT_CASE(wear_pays_in_what_a_day_brings),
	KUNIT_CASE(wear_rolls_over),
	KUNIT_CASE(wear_keeps_a_reserve_and_owes_a_day),
	KUNIT_CASE(wear_lowered_below_what_is_spent),
	KUNIT_CASE(wear_without_a_limit),
	KUNIT_CASE(wear_when_time_jumps),
	KUNIT_CASE(wear_has_ends),
	KUNIT_CASE(wear_holds_for_a_year),
	{}
};

static struct kunit_suite wear_suite = {
	.name = "zram2_wear",
	.test_cases = wear_cases,
};

kunit_test_suite(wear_suite);

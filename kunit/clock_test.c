// SPDX-License-Identifier: GPL-2.0
#include <kunit/test.h>
#include <linux/limits.h>

#include <zram2/clock.h>

#include "fixture.h"

#define HOUR	3600u

static void clock_without_a_sleep(struct kunit *test)
{
	struct z2_clock clock;

	z2_clock_init(&clock);
	KUNIT_EXPECT_EQ(test, z2_clock_age(&clock, 1000, 300), 700);
	KUNIT_EXPECT_EQ(test, z2_clock_cutoff(&clock, 1000, 700), 300);
	KUNIT_EXPECT_EQ(test, z2_clock_cutoff(&clock, 1000, 0), 1000);
	KUNIT_EXPECT_EQ(test, z2_clock_cutoff(&clock, 1000, 1000), 0);
	KUNIT_EXPECT_EQ(test, z2_clock_cutoff(&clock, 1000, 1001), 0);
}

/* In the morning all is as old as it was in the evening. */
static void clock_does_not_count_a_night(struct kunit *test)
{
	struct z2_clock clock;
	u32 evening = 10 * HOUR, morning = evening + 8 * HOUR;

	z2_clock_init(&clock);
	z2_clock_slept(&clock, morning, 8 * HOUR);
	KUNIT_EXPECT_EQ(test, z2_clock_age(&clock, morning, evening), 0);
	KUNIT_EXPECT_EQ(test, z2_clock_age(&clock, morning, evening - 60), 60);
	KUNIT_EXPECT_EQ(test, z2_clock_age(&clock, morning + 5, evening - 60), 65);
	KUNIT_EXPECT_EQ(test, z2_clock_age(&clock, morning + 5, morning + 1), 4);
	/* What was used while it fell asleep. */
	KUNIT_EXPECT_EQ(test, z2_clock_age(&clock, morning + 5, evening + 2 * HOUR), 5);

	KUNIT_EXPECT_EQ(test, z2_clock_cutoff(&clock, morning + 5, 4), morning + 1);
	KUNIT_EXPECT_EQ(test, z2_clock_cutoff(&clock, morning + 5, 65), evening - 60);
	KUNIT_EXPECT_EQ(test, z2_clock_cutoff(&clock, morning + 5, 10 * HOUR + 6), 0);
}

/* A page is older than an age just when it was used at the cutoff of that, or earlier. */
static void clock_cutoff_fits_the_age(struct kunit *test)
{
	struct z2_clock clock;
	u32 now = 100, age, then;
	u64 seed = 7;
	int i;

	z2_clock_init(&clock);
	for (i = 0; i < 40; i++) {
		u32 length = 1 + z2t_random(&seed) % 200;

		now += length + z2t_random(&seed) % 100;
		z2_clock_slept(&clock, now, length);
		now += z2t_random(&seed) % 50;
		for (age = 1; age < now; age = age * 5 / 4 + 1) {
			u32 cutoff = z2_clock_cutoff(&clock, now, age);

			if (cutoff)
				KUNIT_EXPECT_GE(test, z2_clock_age(&clock, now, cutoff), age);
			KUNIT_EXPECT_LT(test, z2_clock_age(&clock, now, cutoff + 1), age);
		}
		for (then = 1; then < now; then++)
			KUNIT_EXPECT_GE(test, z2_clock_age(&clock, now, then - 1),
					z2_clock_age(&clock, now, then));
	}
}

/* More sleeps than are told apart: none of them is ever taken for idleness. */
static void clock_remembers_all_sleep(struct kunit *test)
{
	struct z2_clock clock;
	u32 now = 1000, awake = 0;
	int i;

	z2_clock_init(&clock);
	for (i = 0; i < 1000; i++) {
		now += 90;
		z2_clock_slept(&clock, now, 60);
		awake += 30;
		KUNIT_EXPECT_LE(test, clock.nr, Z2_CLOCK_SLEEPS);
		KUNIT_EXPECT_EQ(test, z2_clock_age(&clock, now, 1000), awake);
		/* The last one is exact, and an hour ago nearly. */
		KUNIT_EXPECT_EQ(test, z2_clock_age(&clock, now, now - 90), 30);
		if (awake > HOUR) {
			KUNIT_EXPECT_LE(test, z2_clock_age(&clock, now, now - 3 * HOUR), HOUR);
			KUNIT_EXPECT_GE(test, z2_clock_age(&clock, now, now - 3 * HOUR), HOUR / 2);
		}
	}
}

static void clock_that_jumps(struct kunit *test)
{
	struct z2_clock clock;

	z2_clock_init(&clock);
	KUNIT_EXPECT_EQ(test, z2_clock_age(&clock, 10, 20), 0);
	KUNIT_EXPECT_EQ(test, z2_clock_age(&clock, U32_MAX, 0), U32_MAX);

	/* It can't sleep for longer than it is up, nor twice at once. */
	z2_clock_slept(&clock, 100, U32_MAX);
	KUNIT_EXPECT_EQ(test, z2_clock_age(&clock, 110, 0), 10);
	z2_clock_slept(&clock, 100, 50);
	z2_clock_slept(&clock, 90, 50);
	z2_clock_slept(&clock, 120, 0);
	KUNIT_EXPECT_EQ(test, z2_clock_age(&clock, 130, 0), 30);
	/* A time before the last sleep. */
	KUNIT_EXPECT_EQ(test, z2_clock_age(&clock, 50, 0), 0);
	KUNIT_EXPECT_EQ(test, z2_clock_age(&clock, 50, 60), 0);

	z2_clock_slept(&clock, U32_MAX, U32_MAX);
	KUNIT_EXPECT_EQ(test, z2_clock_age(&clock, U32_MAX, 0), 0);
	KUNIT_EXPECT_EQ(test, z2_clock_cutoff(&clock, U32_MAX, U32_MAX), 0);
	KUNIT_EXPECT_EQ(test, z2_clock_cutoff(&clock, 0, 1), 0);
}

static struct kunit_case clock_cases[] = {
	KUNIT_CASE(clock_without_a_sleep),
	KUNIT_CASE(clock_does_not_count_a_night),
	KUNIT_CASE(clock_cutoff_fits_the_age),
	KUNIT_CASE(clock_remembers_all_sleep),
	KUNIT_CASE(clock_that_jumps),
	{}
};

static struct kunit_suite clock_suite = {
	.name = "zram2_clock",
	.test_cases = clock_cases,
};

kunit_test_suite(clock_suite);

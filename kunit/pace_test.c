// SPDX-License-Identifier: GPL-2.0
#include <kunit/test.h>
#include <linux/limits.h>

#include <zram2/pace.h>

#include "fixture.h"

#define TARGET	1000

static void read_for(struct z2_pace *pace, u32 seconds, u32 reads, u32 us)
{
	struct z2_pace_io io = { .reads = reads, .read_us = (u64)reads * us };

	while (seconds--) {
		z2_pace_fold(pace, &io, pace->now + 1);
		z2_pace_judge(pace, TARGET);
	}
}

static void written(struct z2_pace *pace, u32 writes, u32 failed, u32 us, u32 seconds)
{
	struct z2_pace_io io = { .writes = writes, .failed = failed, .write_us = (u64)writes * us };

	z2_pace_fold(pace, &io, pace->now + seconds);
}

static void pace_learns_latency(struct kunit *test)
{
	struct z2_pace pace;

	z2_pace_init(&pace, true, 0);
	KUNIT_EXPECT_EQ(test, z2_pace_read_us(&pace), 10000);
	z2_pace_init(&pace, false, 0);
	KUNIT_EXPECT_EQ(test, z2_pace_read_us(&pace), 500);
	KUNIT_EXPECT_EQ(test, z2_pace_write_us(&pace), 0);
	read_for(&pace, 1, 1, 100);
	KUNIT_EXPECT_EQ(test, z2_pace_read_us(&pace), 450);
	/* The same, one by one or together. */
	read_for(&pace, 30, 1, 100);
	KUNIT_EXPECT_LE(test, z2_pace_read_us(&pace), 110);
	read_for(&pace, 1, 30, 500);
	KUNIT_EXPECT_GE(test, z2_pace_read_us(&pace), 490);
	KUNIT_EXPECT_LE(test, z2_pace_read_us(&pace), 500);
	/* No reads say nothing of reads. */
	written(&pace, 10, 0, 7, 1);
	KUNIT_EXPECT_GE(test, z2_pace_read_us(&pace), 490);
}

static void pace_measures_stall(struct kunit *test)
{
	struct z2_pace pace;

	z2_pace_init(&pace, false, 0);
	KUNIT_EXPECT_EQ(test, z2_pace_stall(&pace), 0);
	read_for(&pace, 100, 20, 100);
	KUNIT_EXPECT_GE(test, z2_pace_stall(&pace), 1950);
	KUNIT_EXPECT_LE(test, z2_pace_stall(&pace), 2050);
	read_for(&pace, 10, 0, 0);
	KUNIT_EXPECT_LE(test, z2_pace_stall(&pace), 1025);
	read_for(&pace, 400, 0, 0);
	KUNIT_EXPECT_EQ(test, z2_pace_stall(&pace), 0);
}

/* Twice as high each ten seconds, down again in four minutes. */
static void pace_backs_off(struct kunit *test)
{
	struct z2_pace pace;

	z2_pace_init(&pace, false, 0);
	read_for(&pace, 9, 100, 500);
	KUNIT_EXPECT_EQ(test, pace.backoff, 0);
	read_for(&pace, 1, 100, 500);
	KUNIT_EXPECT_EQ(test, pace.backoff, 4);
	read_for(&pace, 20, 100, 500);
	KUNIT_EXPECT_EQ(test, pace.backoff, 12);
	read_for(&pace, 300, 100, 500);
	KUNIT_EXPECT_EQ(test, pace.backoff, Z2_PACE_BACKOFF_MAX);
	read_for(&pace, 60, 0, 0);
	KUNIT_EXPECT_LT(test, pace.backoff, Z2_PACE_BACKOFF_MAX);
	KUNIT_EXPECT_GT(test, pace.backoff, 16);
	read_for(&pace, 300, 0, 0);
	KUNIT_EXPECT_EQ(test, pace.backoff, 0);
}

/* Between the target and twice that nothing changes, so that nothing swings. */
static void pace_leaves_well_alone(struct kunit *test)
{
	struct z2_pace pace;

	z2_pace_init(&pace, false, 0);
	read_for(&pace, 20, 100, 500);
	KUNIT_EXPECT_EQ(test, pace.backoff, 8);
	z2_pace_init(&pace, false, 0);
	pace.backoff = 8;
	read_for(&pace, 100, 3, 500);
	pace.backoff = 8;
	read_for(&pace, 1000, 3, 500);
	KUNIT_EXPECT_EQ(test, pace.backoff, 8);
}

/* Above 5 % it is too much, also where there is no target. */
static void pace_backs_off_whatever_the_target(struct kunit *test)
{
	struct z2_pace_io io = { .reads = 100, .read_us = 60000 };
	struct z2_pace pace;
	u32 now;

	z2_pace_init(&pace, false, 0);
	for (now = 0; now < 100; now++) {
		z2_pace_fold(&pace, &io, now);
		z2_pace_judge(&pace, U32_MAX);
	}
	KUNIT_EXPECT_GT(test, pace.backoff, 0);
}

static void pace_gives_up_on_a_device(struct kunit *test)
{
	struct z2_pace pace;
	u32 wait = 60;
	int i;

	z2_pace_init(&pace, false, 0);
	written(&pace, 1, 1, 10, 1);
	written(&pace, 1, 1, 10, 1);
	written(&pace, 2, 1, 10, 1);
	written(&pace, 2, 2, 10, 1);
	KUNIT_EXPECT_EQ(test, z2_pace_broken(&pace), 0);
	for (i = 0; i < 10; i++) {
		written(&pace, 3, 3, 10, 0);
		KUNIT_EXPECT_EQ(test, z2_pace_broken(&pace), wait);
		written(&pace, 0, 0, 0, wait - 1);
		KUNIT_EXPECT_EQ(test, z2_pace_broken(&pace), 1);
		written(&pace, 0, 0, 0, 1);
		KUNIT_EXPECT_EQ(test, z2_pace_broken(&pace), 0);
		wait = min(2 * wait, 3600u);
	}
	/* A success is no proof yet; as long a time without failures is. */
	written(&pace, 1, 0, 10, 1);
	written(&pace, 3, 3, 10, 1);
	KUNIT_EXPECT_EQ(test, z2_pace_broken(&pace), 3600);
	written(&pace, 1, 0, 10, 7200);
	written(&pace, 3, 3, 10, 0);
	KUNIT_EXPECT_EQ(test, z2_pace_broken(&pace), 60);
}

static void pace_waits_when_nothing_is_found(struct kunit *test)
{
	struct z2_pace_io none = { };
	struct z2_pace pace;
	u32 wait = 1;
	int i;

	z2_pace_init(&pace, false, 5);
	z2_pace_lap(&pace, false);
	KUNIT_EXPECT_EQ(test, z2_pace_empty(&pace), 0);
	z2_pace_lap(&pace, true);
	z2_pace_lap(&pace, false);
	KUNIT_EXPECT_EQ(test, z2_pace_empty(&pace), 0);
	for (i = 0; i < 10; i++) {
		z2_pace_lap(&pace, false);
		KUNIT_EXPECT_EQ(test, z2_pace_empty(&pace), wait);
		z2_pace_fold(&pace, &none, pace.now + wait);
		KUNIT_EXPECT_EQ(test, z2_pace_empty(&pace), 0);
		wait = min(2 * wait, 64u);
	}
	z2_pace_retry(&pace);
	z2_pace_lap(&pace, false);
	z2_pace_lap(&pace, false);
	KUNIT_EXPECT_EQ(test, z2_pace_empty(&pace), 1);
}

/* One more each time, half when the device can't keep up. */
static void pace_opens_a_window(struct kunit *test)
{
	struct z2_pace pace;
	int i;

	z2_pace_init(&pace, false, 0);
	KUNIT_EXPECT_EQ(test, z2_pace_window(&pace, 32), 1);
	for (i = 0; i < 40; i++)
		written(&pace, 10, 0, 100, 0);
	KUNIT_EXPECT_EQ(test, z2_pace_window(&pace, 64), 41);
	KUNIT_EXPECT_EQ(test, z2_pace_window(&pace, 32), 32);
	KUNIT_EXPECT_EQ(test, z2_pace_window(&pace, 0), 1);
	for (i = 0; i < 4; i++)
		written(&pace, 10, 0, 1000, 0);
	KUNIT_EXPECT_LE(test, z2_pace_window(&pace, 64), 6);
	for (i = 0; i < 20; i++)
		written(&pace, 10, 0, 10000, 0);
	KUNIT_EXPECT_EQ(test, z2_pace_window(&pace, 64), 1);
	/* So slow for good, it is what that device can do. */
	for (i = 0; i < 2000; i++)
		written(&pace, 10, 0, 10000, 0);
	KUNIT_EXPECT_EQ(test, z2_pace_window(&pace, 64), 64);
}

static void pace_when_time_jumps(struct kunit *test)
{
	struct z2_pace_io none = { };
	struct z2_pace pace;

	z2_pace_init(&pace, false, 1000);
	read_for(&pace, 100, 100, 500);
	KUNIT_EXPECT_EQ(test, pace.backoff, Z2_PACE_BACKOFF_MAX);
	/* Back: as if no time went by. */
	z2_pace_fold(&pace, &none, 10);
	KUNIT_EXPECT_EQ(test, pace.now, 1100);
	z2_pace_judge(&pace, TARGET);
	KUNIT_EXPECT_EQ(test, pace.backoff, Z2_PACE_BACKOFF_MAX);
	/* On: nobody read anything meanwhile. */
	z2_pace_fold(&pace, &none, 1100 + U32_MAX / 2);
	z2_pace_judge(&pace, TARGET);
	KUNIT_EXPECT_EQ(test, pace.backoff, 0);
	KUNIT_EXPECT_EQ(test, z2_pace_stall(&pace), 0);
	/* 32 bits of seconds end. */
	z2_pace_init(&pace, false, U32_MAX - 5);
	read_for(&pace, 20, 100, 500);
	KUNIT_EXPECT_EQ(test, pace.now, 14);
	KUNIT_EXPECT_EQ(test, pace.backoff, 8);
}

static void pace_has_ends(struct kunit *test)
{
	struct z2_pace_io most = {
		.reads = U32_MAX, .read_us = U64_MAX, .writes = U32_MAX, .write_us = U64_MAX,
		.failed = U32_MAX - 1,
	};
	struct z2_pace_io odd = { .failed = U32_MAX, .write_us = U64_MAX, .read_us = U64_MAX };
	struct z2_pace_io slow = {
		.reads = 1, .read_us = U64_MAX, .writes = 1, .write_us = U64_MAX,
	};
	struct z2_pace pace;
	int i;

	z2_pace_init(&pace, false, 0);
	for (i = 0; i < 3000; i++) {
		z2_pace_fold(&pace, &most, i);
		z2_pace_fold(&pace, &odd, i);
		z2_pace_fold(&pace, &slow, i);
		z2_pace_judge(&pace, i & 1 ? 0 : U32_MAX);
		KUNIT_EXPECT_LE(test, pace.backoff, Z2_PACE_BACKOFF_MAX);
		KUNIT_EXPECT_GE(test, z2_pace_window(&pace, UINT_MAX), 1);
	}
	KUNIT_EXPECT_EQ(test, z2_pace_broken(&pace), 0);
	KUNIT_EXPECT_GT(test, z2_pace_stall(&pace), 1000000);
	KUNIT_EXPECT_LE(test, z2_pace_read_us(&pace), 1000000000);
	for (i = 0; i < 100; i++) {
		most.failed = U32_MAX;
		z2_pace_fold(&pace, &most, U32_MAX / 2);
		KUNIT_EXPECT_LE(test, z2_pace_broken(&pace), 3600);
	}
}

static struct kunit_case pace_cases[] = {
	KUNIT_CASE(pace_learns_latency),
	KUNIT_CASE(pace_measures_stall),
	KUNIT_CASE(pace_backs_off),
	KUNIT_CASE(pace_leaves_well_alone),
	KUNIT_CASE(pace_backs_off_whatever_the_target),
	KUNIT_CASE(pace_gives_up_on_a_device),
	KUNIT_CASE(pace_waits_when_nothing_is_found),
	KUNIT_CASE(pace_opens_a_window),
	KUNIT_CASE(pace_when_time_jumps),
	KUNIT_CASE(pace_has_ends),
	{}
};

static struct kunit_suite pace_suite = {
	.name = "zram2_pace",
	.test_cases = pace_cases,
};

kunit_test_suite(pace_suite);

// SPDX-License-Identifier: GPL-2.0
/* Choosing slots, and marking them idle. */
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/timekeeping.h>

#include <zram2/page.h>
#include <zram2/scan.h>

#include "backed.h"
#include "fixture.h"

/* What the slots hold, in this order. */
enum kind {
	EMPTY,
	FILLED,
	SMALL,
	HUGE,
	SMALL_BACKED,
	HUGE_BACKED,
	KINDS
};

static struct z2t_backed *one_of_each(struct kunit *test)
{
	static const struct z2t_backed_config config = { .blocks = 32, .block_size = 512 };
	struct z2t_backed *t = z2t_backed_create(test, &config);

	KUNIT_ASSERT_EQ(test, z2t_backed_write(t, SMALL_BACKED, Z2T_SMALL, 1), 0);
	KUNIT_ASSERT_EQ(test, z2t_backed_write(t, HUGE_BACKED, Z2T_RAW, 2), 0);
	KUNIT_ASSERT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), 0);
	KUNIT_ASSERT_EQ(test, z2t_backed_write(t, FILLED, 0, 0), 0);
	KUNIT_ASSERT_EQ(test, z2t_backed_write(t, SMALL, Z2T_SMALL, 3), 0);
	KUNIT_ASSERT_EQ(test, z2t_backed_write(t, HUGE, Z2T_RAW, 4), 0);
	return t;
}

/* Which slots are taken, as bits; they are put back. */
static unsigned int taken(struct z2t_backed *t, unsigned int what)
{
	unsigned int bits = 0;
	unsigned long i;

	for (i = 0; i < KINDS; i++) {
		struct z2_object obj, now;

		if (!z2_scan_take(t->dev, i, what, &obj))
			continue;
		bits |= BIT(i);
		now = z2_slot_get(t->dev->table, i);
		KUNIT_EXPECT_EQ(t->test, now.word, obj.word);
		KUNIT_EXPECT_EQ(t->test, now.state, obj.state | Z2_SLOT_PP);
		z2_slot_unmark(t->dev->table, i, Z2_SLOT_PP);
		z2_slot_read_unlock(t->dev->table, i);
	}
	return bits;
}

static void mark(struct z2t_backed *t, unsigned long index, u32 mark)
{
	z2_slot_read_lock(t->dev->table, index);
	z2_slot_mark(t->dev->table, index, mark);
	z2_slot_read_unlock(t->dev->table, index);
}

static void scan_takes(struct kunit *test)
{
	struct z2t_backed *t = one_of_each(test);
	struct z2_object obj;

	KUNIT_EXPECT_EQ(test, taken(t, 0), BIT(SMALL) | BIT(HUGE));
	KUNIT_EXPECT_EQ(test, taken(t, Z2_SCAN_HUGE), BIT(HUGE));
	KUNIT_EXPECT_EQ(test, taken(t, Z2_SCAN_IDLE), 0);
	KUNIT_EXPECT_EQ(test, taken(t, Z2_SCAN_INCOMPRESSIBLE), 0);
	KUNIT_EXPECT_EQ(test, taken(t, Z2_SCAN_BACKING), BIT(SMALL_BACKED) | BIT(HUGE_BACKED));
	KUNIT_EXPECT_EQ(test, taken(t, Z2_SCAN_BACKING | Z2_SCAN_HUGE), BIT(HUGE_BACKED));

	mark(t, SMALL, Z2_SLOT_IDLE);
	KUNIT_EXPECT_EQ(test, taken(t, Z2_SCAN_IDLE), BIT(SMALL));
	KUNIT_EXPECT_EQ(test, taken(t, Z2_SCAN_IDLE | Z2_SCAN_HUGE), 0);
	mark(t, HUGE, Z2_SLOT_IDLE | Z2_SLOT_INCOMPRESSIBLE);
	KUNIT_EXPECT_EQ(test, taken(t, Z2_SCAN_IDLE), BIT(SMALL) | BIT(HUGE));
	KUNIT_EXPECT_EQ(test, taken(t, Z2_SCAN_IDLE | Z2_SCAN_HUGE), BIT(HUGE));
	KUNIT_EXPECT_EQ(test, taken(t, Z2_SCAN_INCOMPRESSIBLE), BIT(HUGE));

	/* Once: what is taken is no candidate until it is put back or touched. */
	KUNIT_ASSERT_TRUE(test, z2_scan_take(t->dev, SMALL, 0, &obj));
	z2_slot_read_unlock(t->dev->table, SMALL);
	KUNIT_EXPECT_EQ(test, taken(t, 0), BIT(HUGE));
	KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, SMALL, Z2T_SMALL, 3));
	KUNIT_EXPECT_EQ(test, taken(t, 0), BIT(SMALL) | BIT(HUGE));
	z2t_backed_expect_empty(t);
	KUNIT_EXPECT_EQ(test, taken(t, 0), 0);
	KUNIT_EXPECT_EQ(test, taken(t, Z2_SCAN_BACKING), 0);
}

static unsigned int idle(struct z2t_backed *t)
{
	unsigned int bits = 0;
	unsigned long i;

	for (i = 0; i < KINDS; i++)
		if (z2_slot_peek(t->dev->table, i) & Z2_SLOT_IDLE)
			bits |= BIT(i);
	return bits;
}

static void scan_marks_idle(struct kunit *test)
{
	struct z2t_backed *t = one_of_each(test);

	KUNIT_EXPECT_EQ(test, z2_scan_mark_idle(t->dev, 3600), 0);
	KUNIT_EXPECT_EQ(test, idle(t), 0);
	KUNIT_EXPECT_EQ(test, z2_scan_mark_idle(t->dev, -1), 0);
	KUNIT_EXPECT_EQ_MSG(test, idle(t), BIT(SMALL) | BIT(HUGE), "only what takes memory");

	/* What is used is not idle any more. */
	KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, SMALL, Z2T_SMALL, 3));
	KUNIT_EXPECT_EQ(test, idle(t), BIT(HUGE));
	KUNIT_EXPECT_EQ(test, z2t_backed_write(t, HUGE, Z2T_RAW, 5), 0);
	KUNIT_EXPECT_EQ(test, idle(t), 0);

	/* By age: one of them is used again after a while. */
	msleep(2100);
	KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, SMALL, Z2T_SMALL, 3));
	z2_scan_mark_idle(t->dev, 1);
	KUNIT_EXPECT_EQ(test, idle(t), BIT(HUGE));
	/* A longer age takes marks away. */
	z2_scan_mark_idle(t->dev, 3600);
	KUNIT_EXPECT_EQ(test, idle(t), 0);
	z2t_backed_expect_empty(t);
}

/* What was used after the scan had looked at the clock is as young as can be. */
static void scan_age(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, z2_scan_age(100, 40), 60);
	KUNIT_EXPECT_EQ(test, z2_scan_age(100, 100), 0);
	KUNIT_EXPECT_EQ(test, z2_scan_age(100, 101), 0);
	KUNIT_EXPECT_EQ(test, z2_scan_age(U32_MAX, 0), (s64)U32_MAX);
}

static struct kunit_case scan_cases[] = {
	KUNIT_CASE(scan_age),
	KUNIT_CASE(scan_takes),
	KUNIT_CASE(scan_marks_idle),
	{}
};

static struct kunit_suite scan_suite = {
	.name = "zram2_scan",
	.exit = z2t_backed_exit,
	.suite_exit = z2t_backed_drop,
	.test_cases = scan_cases,
};

kunit_test_suite(scan_suite);

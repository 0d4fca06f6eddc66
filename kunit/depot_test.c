// SPDX-License-Identifier: GPL-2.0
/* Handles here are numbers: the depot doesn't look into them. */
#include <kunit/test.h>
#include <linux/bitmap.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/slab.h>

#include <zram2/depot.h>

#define CLASSES	4
#define ROOM	5000
#define BATCH	32

static int depot_init(struct kunit *test)
{
	struct z2_depot *depot = z2_depot_create(CLASSES);

	KUNIT_ASSERT_NOT_NULL(test, depot);
	test->priv = depot;
	return 0;
}

static void depot_exit(struct kunit *test)
{
	z2_depot_destroy(test->priv);
}

/* Handles @first up to @first + @nr.  Returns how many found room. */
static unsigned long put(struct z2_depot *depot, unsigned int class, unsigned long first,
			 unsigned long nr)
{
	unsigned long done, handle;

	for (done = 0; done < nr; done++) {
		handle = first + done;
		if (z2_depot_put(depot, class, &handle, 1))
			break;
	}
	return done;
}

static void depot_returns_what_was_put(struct kunit *test)
{
	static const unsigned long three[] = { 11, 12, 13 };
	struct z2_depot *depot = test->priv;
	unsigned long got[BATCH];

	KUNIT_ASSERT_EQ(test, z2_depot_supply(depot, ROOM), 0);
	KUNIT_EXPECT_FALSE(test, z2_depot_has(depot, 2));
	KUNIT_EXPECT_EQ(test, z2_depot_take(depot, 2, got, BATCH), 0);
	KUNIT_EXPECT_EQ(test, z2_depot_put(depot, 2, three, 3), 0);
	KUNIT_EXPECT_TRUE(test, z2_depot_has(depot, 2));
	KUNIT_EXPECT_FALSE(test, z2_depot_has(depot, 1));
	KUNIT_EXPECT_EQ(test, z2_depot_take(depot, 1, got, BATCH), 0);
	KUNIT_EXPECT_EQ(test, z2_depot_take(depot, 2, got, 2), 2);
	KUNIT_EXPECT_EQ(test, z2_depot_take(depot, 2, got + 2, BATCH), 1);
	KUNIT_EXPECT_EQ(test, got[0] + got[1] + got[2], 11 + 12 + 13);
	KUNIT_EXPECT_NE(test, got[0], got[1]);
	KUNIT_EXPECT_FALSE(test, z2_depot_has(depot, 2));
}

/* Without magazines there is no room, with them for as much as was asked for. */
static void depot_has_an_end(struct kunit *test)
{
	static const unsigned long two[] = { 1, 2 };
	struct z2_depot *depot = test->priv;
	unsigned int class, nr, i;
	unsigned long *seen = kunit_kcalloc(test, BITS_TO_LONGS(2 * ROOM), sizeof(long),
					    GFP_KERNEL);
	unsigned long got[BATCH], done, all = 0;

	KUNIT_ASSERT_NOT_NULL(test, seen);
	KUNIT_EXPECT_EQ(test, z2_depot_put(depot, 0, two, 2), 2);
	KUNIT_ASSERT_EQ(test, z2_depot_supply(depot, ROOM), 0);
	/* As much again is enough already. */
	KUNIT_ASSERT_EQ(test, z2_depot_supply(depot, ROOM / 2), 0);
	/* A handle of each of the others takes a magazine. */
	for (class = 1; class < CLASSES; class++)
		KUNIT_EXPECT_EQ(test, put(depot, class, class, 1), 1);
	done = put(depot, 0, CLASSES, 2 * ROOM - CLASSES);
	KUNIT_EXPECT_GE(test, done, ROOM);
	KUNIT_EXPECT_LT(test, done, ROOM + ROOM / 4);
	/* Of two handles for the room of one the first is left. */
	KUNIT_EXPECT_EQ(test, z2_depot_take(depot, 0, got, 1), 1);
	KUNIT_EXPECT_EQ(test, z2_depot_put(depot, 0, two, 2), 1);
	KUNIT_EXPECT_EQ(test, z2_depot_take(depot, 0, got + 1, 1), 1);
	KUNIT_EXPECT_EQ(test, got[1], two[1]);
	KUNIT_EXPECT_EQ(test, z2_depot_put(depot, 0, got, 1), 0);
	KUNIT_EXPECT_EQ(test, z2_depot_put(depot, 0, two, 2), 2);

	while ((nr = z2_depot_take_next(depot, &class, got, BATCH)))
		for (i = 0; i < nr; i++, all++) {
			KUNIT_EXPECT_LT(test, got[i], 2 * ROOM);
			KUNIT_EXPECT_FALSE(test, test_and_set_bit(got[i] % (2 * ROOM), seen));
			KUNIT_EXPECT_EQ(test, class, got[i] < CLASSES ? got[i] : 0);
		}
	KUNIT_EXPECT_EQ(test, all, CLASSES - 1 + done);
	/* The room is there again, for any class. */
	KUNIT_EXPECT_GE(test, put(depot, 3, 0, 2 * ROOM), ROOM);
	while (z2_depot_take(depot, 3, got, BATCH))
		;
}

/* In lots that don't fit the magazines: the last ones put are the first taken. */
static void depot_in_lots(struct kunit *test)
{
	struct z2_depot *depot = test->priv;
	unsigned long *all = kunit_kcalloc(test, ROOM, sizeof(*all), GFP_KERNEL);
	unsigned long lot[BATCH], next = 1;
	unsigned int nr = 0, n, i, round;

	KUNIT_ASSERT_NOT_NULL(test, all);
	KUNIT_ASSERT_EQ(test, z2_depot_supply(depot, ROOM), 0);
	for (round = 0; round < 400; round++) {
		for (i = 0; i < 1 + round % 13; i++)
			lot[i] = next++;
		KUNIT_ASSERT_EQ(test, z2_depot_put(depot, 1, lot, i), 0);
		while (i)
			all[nr++] = lot[--i];
		/* Every now and then all of them, else less than was put. */
		do {
			n = z2_depot_take(depot, 1, lot, 1 + round % (round % 97 ? 9 : BATCH));
			KUNIT_ASSERT_LE(test, n, nr);
			KUNIT_EXPECT_EQ_MSG(test, !n, !nr, "none, though there are some");
			nr -= n;
			KUNIT_EXPECT_MEMEQ(test, lot, all + nr, n * sizeof(*lot));
		} while (n && !(round % 97));
		KUNIT_EXPECT_EQ(test, z2_depot_has(depot, 1), !!nr);
	}
	KUNIT_EXPECT_GT(test, nr, 0);
	while ((n = z2_depot_take(depot, 1, lot, BATCH)))
		nr -= n;
	KUNIT_EXPECT_EQ(test, nr, 0);
}

/* While there is much of it, each class gives the same share. */
static void depot_takes_turns(struct kunit *test)
{
	static const unsigned long had[CLASSES] = { 500, 2500, 0, 1000 };
	struct z2_depot *depot = test->priv;
	unsigned long taken[CLASSES] = {}, got[BATCH], all = 0;
	unsigned int class, nr;

	KUNIT_ASSERT_EQ(test, z2_depot_supply(depot, ROOM), 0);
	for (class = 0; class < CLASSES; class++)
		KUNIT_ASSERT_EQ(test, put(depot, class, 0, had[class]), had[class]);
	while (all < 2000) {
		nr = z2_depot_take_next(depot, &class, got, BATCH);
		KUNIT_ASSERT_GT(test, nr, 0);
		taken[class] += nr;
		all += nr;
	}
	/* Half of it all is gone: of each class a third to three quarters. */
	for (class = 0; class < CLASSES; class++) {
		KUNIT_EXPECT_GE(test, taken[class], had[class] / 3);
		KUNIT_EXPECT_LE(test, taken[class], had[class] * 3 / 4);
	}
	while (z2_depot_take_next(depot, &class, got, BATCH))
		;
	for (class = 0; class < CLASSES; class++)
		KUNIT_EXPECT_FALSE(test, z2_depot_has(depot, class));
}

/* What fails leaves what was there. */
static void depot_without_memory(struct kunit *test)
{
	struct z2_depot *depot = test->priv;
	unsigned long handle = 7;

	KUNIT_ASSERT_EQ(test, z2_depot_supply(depot, 100), 0);
	KUNIT_EXPECT_EQ(test, z2_depot_put(depot, 1, &handle, 1), 0);
	/* More than there is in any machine. */
	KUNIT_EXPECT_EQ(test, z2_depot_supply(depot, ULONG_MAX / 16), -ENOMEM);
	handle = 0;
	KUNIT_EXPECT_EQ(test, z2_depot_take(depot, 1, &handle, 1), 1);
	KUNIT_EXPECT_EQ(test, handle, 7);
	KUNIT_EXPECT_EQ(test, z2_depot_supply(depot, ROOM), 0);
	KUNIT_EXPECT_GE(test, put(depot, 1, 0, ROOM), ROOM);
	while (z2_depot_take(depot, 1, &handle, 1))
		;
}

static struct kunit_case depot_cases[] = {
	KUNIT_CASE(depot_returns_what_was_put),
	KUNIT_CASE(depot_has_an_end),
	KUNIT_CASE(depot_in_lots),
	KUNIT_CASE(depot_takes_turns),
	KUNIT_CASE(depot_without_memory),
	{}
};

static struct kunit_suite depot_suite = {
	.name = "zram2_depot",
	.init = depot_init,
	.exit = depot_exit,
	.test_cases = depot_cases,
};

kunit_test_suite(depot_suite);

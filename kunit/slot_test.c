// SPDX-License-Identifier: GPL-2.0
/* The slot table: what slots hold. */
#include <kunit/test.h>
#include <linux/kernel.h>
#include <linux/stddef.h>

#include <zram2/slot.h>

#include "fixture.h"
#include "slot_fixture.h"

/* Layout and contents. */

static void slot_is_16_bytes(struct kunit *test)
{
	static const u32 fields[] = {
		Z2_SLOT_SIZE_MASK, Z2_SLOT_SAME, Z2_SLOT_BACKING, Z2_SLOT_HUGE,
		Z2_SLOT_INCOMPRESSIBLE, Z2_SLOT_IDLE, Z2_SLOT_PP, Z2_SLOT_PRIO_MASK,
		Z2_SLOT_WRITER, Z2_SLOT_WAITERS, Z2_SLOT_FREE, Z2_SLOT_READERS,
	};
	u32 all = 0;
	int i;

	KUNIT_EXPECT_EQ(test, sizeof(struct z2_slot), 16);
	KUNIT_EXPECT_EQ(test, offsetof(struct z2_slot, word), 0);
	KUNIT_EXPECT_EQ(test, sizeof_field(struct z2_slot, word), 8);

	/* No field overlaps another, and together they are the word. */
	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		KUNIT_EXPECT_EQ_MSG(test, all & fields[i], 0, "field %d", i);
		all |= fields[i];
	}
	KUNIT_EXPECT_EQ(test, all, U32_MAX);
	KUNIT_EXPECT_EQ(test, Z2_SLOT_CONTENT | Z2_SLOT_LOCKED | Z2_SLOT_WAITERS | Z2_SLOT_FREE,
			U32_MAX);
	KUNIT_EXPECT_EQ(test, Z2_SLOT_CONTENT & (Z2_SLOT_LOCKED | Z2_SLOT_WAITERS | Z2_SLOT_FREE),
			0);
	KUNIT_EXPECT_GE(test, Z2_SLOT_SIZE_MASK, PAGE_SIZE);
	KUNIT_EXPECT_GE(test, MAX_READERS, 15);
}

static void slot_begins_empty(struct kunit *test)
{
	struct slot_test *t = test->priv;
	unsigned long i;

	KUNIT_EXPECT_EQ(test, z2_slot_table_nr(t->table), NR_SLOTS);
	for (i = 0; i < NR_SLOTS; i++) {
		struct z2_object obj = get(t, i);

		expect_empty(test, &obj);
		KUNIT_EXPECT_EQ(test, z2_slot_access_time(t->table, i), 0);
		z2_slot_free(t->table, i);
	}
	KUNIT_EXPECT_EQ(test, atomic_read(&t->released), 0);
}

static const u32 flag_sets[] = {
	0, Z2_SLOT_SAME, Z2_SLOT_HUGE, Z2_SLOT_BACKING, Z2_SLOT_INCOMPRESSIBLE,
	Z2_SLOT_BACKING | Z2_SLOT_HUGE, Z2_SLOT_HUGE | Z2_SLOT_INCOMPRESSIBLE,
	Z2_SLOT_SAME | Z2_SLOT_BACKING | Z2_SLOT_HUGE | Z2_SLOT_INCOMPRESSIBLE,
};

static void flags_desc(const u32 *flags, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "flags %x", *flags >> Z2_SLOT_SIZE_BITS);
}

KUNIT_ARRAY_PARAM(flags, flag_sets, flags_desc);

/* Each combination of limits goes in, reads back, and is what a free gives up. */
static void slot_keeps_every_field(struct kunit *test)
{
	static const u64 words[] = { 0, 1, 1ull << 63, U64_MAX, 0x0123456789abcdef };
	static const u32 sizes[] = { 0, 1, 2, PAGE_SIZE / 2, PAGE_SIZE - 1, PAGE_SIZE };
	const u32 flags = *(const u32 *)test->param_value;
	struct slot_test *t = test->priv;
	unsigned int frees = 0;
	int w, s, p;

	for (w = 0; w < ARRAY_SIZE(words); w++) {
		for (s = 0; s < ARRAY_SIZE(sizes); s++) {
			for (p = 0; p < 4; p++) {
				struct z2_object obj, want;

				want = z2_object_make(words[w], sizes[s], flags, p);
				if (z2_object_empty(&want))
					continue;
				KUNIT_EXPECT_EQ(test, z2_object_size(&want), sizes[s]);
				KUNIT_EXPECT_EQ(test, z2_object_prio(&want), p);
				KUNIT_EXPECT_EQ(test, want.state & ~(Z2_SLOT_SIZE_MASK |
								    Z2_SLOT_PRIO_MASK), flags);

				obj = replace(t, 3, want);
				expect_empty(test, &obj);
				obj = get(t, 3);
				expect_object(test, &obj, &want);

				z2_slot_free(t->table, 3);
				frees++;
				expect_object(test, &t->last, &want);
				KUNIT_EXPECT_EQ(test, atomic_read(&t->released), frees);
				obj = get(t, 3);
				expect_empty(test, &obj);
			}
		}
	}
	KUNIT_EXPECT_GT(test, frees, 0);
}

static void slot_object_predicates(struct kunit *test)
{
	struct z2_object obj = z2_object_make(5, 0, 0, 0);

	KUNIT_EXPECT_TRUE(test, z2_object_empty(&obj));
	/* Same-filled with zeroes is not the same as empty. */
	obj = z2_object_make(0, 0, Z2_SLOT_SAME, 0);
	KUNIT_EXPECT_FALSE(test, z2_object_empty(&obj));
	KUNIT_EXPECT_TRUE(test, z2_object_is(&obj, Z2_SLOT_SAME));
	KUNIT_EXPECT_FALSE(test, z2_object_is(&obj, Z2_SLOT_HUGE));
	KUNIT_EXPECT_TRUE(test, z2_object_is(&obj, Z2_SLOT_HUGE | Z2_SLOT_SAME));
	obj = z2_object_make(0, 0, Z2_SLOT_BACKING, 0);
	KUNIT_EXPECT_FALSE(test, z2_object_empty(&obj));
	obj = z2_object_make(0, 1, 0, 0);
	KUNIT_EXPECT_FALSE(test, z2_object_empty(&obj));
}

/* Slots next to each other don't touch each other. */
static void slot_neighbours(struct kunit *test)
{
	struct slot_test *t = test->priv;
	unsigned long i;

	for (i = 0; i < NR_SLOTS; i++)
		replace(t, i, z2_object_make(100 + i, 1 + i, 0, i % 4));
	z2_slot_free(t->table, 4);
	for (i = 0; i < NR_SLOTS; i++) {
		struct z2_object obj = get(t, i);

		KUNIT_EXPECT_EQ(test, obj.word, i == 4 ? 0 : 100 + i);
		KUNIT_EXPECT_EQ(test, z2_object_size(&obj), i == 4 ? 0 : 1 + i);
	}
	KUNIT_EXPECT_EQ(test, t->last.word, 104);
}

static void slot_marks(struct kunit *test)
{
	const struct z2_object want = z2_object_make(7, PAGE_SIZE, Z2_SLOT_HUGE, 3);
	struct slot_test *t = test->priv;
	struct z2_object obj;

	replace(t, 0, want);
	z2_slot_read_lock(t->table, 0);
	z2_slot_mark(t->table, 0, Z2_SLOT_IDLE);
	z2_slot_mark(t->table, 0, Z2_SLOT_PP);
	z2_slot_mark(t->table, 0, Z2_SLOT_INCOMPRESSIBLE);
	obj = z2_slot_get(t->table, 0);
	KUNIT_EXPECT_EQ(test, obj.state, want.state | Z2_SLOT_MARKS | Z2_SLOT_INCOMPRESSIBLE);
	/* A read ends what says "unused since", not what it says of the data. */
	z2_slot_touch(t->table, 0, z2_slot_now());
	obj = z2_slot_get(t->table, 0);
	KUNIT_EXPECT_EQ(test, obj.state, want.state | Z2_SLOT_INCOMPRESSIBLE);
	z2_slot_mark(t->table, 0, Z2_SLOT_MARKS);
	z2_slot_read_unlock(t->table, 0);

	/* A write ends all of them. */
	obj = replace(t, 0, want);
	KUNIT_EXPECT_EQ(test, obj.state, want.state | Z2_SLOT_MARKS | Z2_SLOT_INCOMPRESSIBLE);
	obj = get(t, 0);
	expect_object(test, &obj, &want);

	/* A free gives them up with the object. */
	z2_slot_write_lock(t->table, 0);
	z2_slot_mark(t->table, 0, Z2_SLOT_PP);
	z2_slot_write_unlock(t->table, 0);
	z2_slot_free(t->table, 0);
	KUNIT_EXPECT_EQ(test, t->last.state, want.state | Z2_SLOT_PP);
	obj = get(t, 0);
	expect_empty(test, &obj);
}

static void slot_access_time(struct kunit *test)
{
	struct slot_test *t = test->priv;
	u32 before, written;

	before = z2t_now();
	replace(t, 1, z2_object_make(1, 1, 0, 0));
	written = z2_slot_access_time(t->table, 1);
	KUNIT_EXPECT_GE(test, written, before);
	KUNIT_EXPECT_LE(test, written, z2t_now());

	z2_slot_write_lock(t->table, 1);
	z2_slot_touch(t->table, 1, written + 1);
	z2_slot_relocate(t->table, 1, z2_object_make(2, 2, 0, 0));
	z2_slot_write_unlock(t->table, 1);
	KUNIT_EXPECT_EQ_MSG(test, z2_slot_access_time(t->table, 1), written + 1,
			    "moving is no use");
	get(t, 1);
	KUNIT_EXPECT_EQ_MSG(test, z2_slot_access_time(t->table, 1), written + 1,
			    "a look is no use");
	z2_slot_read_lock(t->table, 1);
	z2_slot_touch(t->table, 1, written + 2);
	z2_slot_read_unlock(t->table, 1);
	KUNIT_EXPECT_EQ(test, z2_slot_access_time(t->table, 1), written + 2);

	z2_slot_free(t->table, 1);
	KUNIT_EXPECT_EQ(test, z2_slot_access_time(t->table, 1), 0);
}

/* The table. */

static void slot_table_destroy_releases(struct kunit *test)
{
	struct slot_test *t = test->priv;

	replace(t, 0, z2_object_make(1, 1, 0, 0));
	replace(t, 3, z2_object_make(0, 0, Z2_SLOT_SAME, 0));
	replace(t, NR_SLOTS - 1, z2_object_make(3, 0, Z2_SLOT_BACKING, 0));
	z2_slot_table_destroy(t->table);
	t->table = NULL;
	KUNIT_EXPECT_EQ(test, atomic_read(&t->released), 3);
	z2_slot_table_destroy(NULL);
}

static void slot_table_without_memory(struct kunit *test)
{
	static const unsigned long impossible[] = {
		ULONG_MAX, ULONG_MAX / 16, 1ul << (BITS_PER_LONG - 8),
	};
	struct slot_test *t = test->priv;
	unsigned int i, nth, errors = 0;
	bool failed = true;

	for (i = 0; i < ARRAY_SIZE(impossible); i++)
		KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(z2_slot_table_create(impossible[i],
									   note_release, t)),
				-ENOMEM);

	z2t_assert_faults(test);
	for (nth = 1; failed; nth++) {
		struct z2_slot_table *table;

		z2t_fault_arm(nth, nth % 2);
		table = z2_slot_table_create(1000, note_release, t);
		failed = z2t_fault_disarm();
		if (IS_ERR(table)) {
			KUNIT_EXPECT_EQ(test, PTR_ERR(table), -ENOMEM);
			KUNIT_EXPECT_TRUE(test, failed);
			errors++;
			continue;
		}
		KUNIT_EXPECT_EQ(test, z2_slot_table_nr(table), 1000);
		z2_slot_table_destroy(table);
	}
	KUNIT_EXPECT_GE_MSG(test, errors, 2, "the table and the slots are two allocations");
}

static struct kunit_case slot_cases[] = {
	KUNIT_CASE(slot_is_16_bytes),
	KUNIT_CASE(slot_begins_empty),
	KUNIT_CASE_PARAM(slot_keeps_every_field, flags_gen_params),
	KUNIT_CASE(slot_object_predicates),
	KUNIT_CASE(slot_neighbours),
	KUNIT_CASE(slot_marks),
	KUNIT_CASE(slot_access_time),
	KUNIT_CASE(slot_table_destroy_releases),
	KUNIT_CASE(slot_table_without_memory),
	{}
};

static struct kunit_suite slot_suite = {
	.name = "zram2_slot",
	.init = slot_init,
	.exit = slot_exit,
	.test_cases = slot_cases,
};

kunit_test_suite(slot_suite);

// SPDX-License-Identifier: GPL-2.0
#include <kunit/test.h>
#include <linux/mm.h>

#include <zram2/pattern.h>

#include "fixture.h"

#define WORDS	(PAGE_SIZE / sizeof(unsigned long))

static const unsigned long values[] = {
	0, ~0ul, 1, 1ul << (BITS_PER_LONG - 1), 0x0101010101010101ul, 0xdeadbeefcafef00dul,
};

static void value_desc(const unsigned long *value, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%lx", *value);
}

KUNIT_ARRAY_PARAM(value, values, value_desc);

static void pattern_fills_a_page(struct kunit *test)
{
	const unsigned long *value = test->param_value;
	unsigned long *page = z2t_guarded_alloc(test, PAGE_SIZE);
	unsigned long found = ~*value;
	unsigned int i;

	z2_pattern_fill(page, *value);
	for (i = 0; i < WORDS; i++)
		KUNIT_EXPECT_EQ(test, page[i], *value);
	KUNIT_EXPECT_TRUE(test, z2t_guards_intact(page, PAGE_SIZE));

	KUNIT_EXPECT_TRUE(test, z2_pattern_find(page, &found));
	KUNIT_EXPECT_EQ(test, found, *value);
	KUNIT_EXPECT_TRUE(test, z2t_guards_intact(page, PAGE_SIZE));
}

/* One bit in any word makes a difference, and the result is left alone. */
static void pattern_sees_each_word(struct kunit *test)
{
	const unsigned long *value = test->param_value;
	unsigned long *page = z2t_guarded_alloc(test, PAGE_SIZE);
	unsigned int i;

	z2_pattern_fill(page, *value);
	for (i = 0; i < WORDS; i++) {
		unsigned long bit = 1ul << (i * 7 % BITS_PER_LONG);
		unsigned long found = 0x5a5a;

		page[i] ^= bit;
		KUNIT_EXPECT_FALSE_MSG(test, z2_pattern_find(page, &found), "word %u", i);
		KUNIT_EXPECT_EQ(test, found, 0x5a5a);
		page[i] ^= bit;
	}
	KUNIT_EXPECT_TRUE(test, z2_pattern_find(page, &(unsigned long){ 0 }));
}

/* Repeats, but with a period above a word. */
static void pattern_longer_than_a_word(struct kunit *test)
{
	unsigned long *page = z2t_guarded_alloc(test, PAGE_SIZE);
	unsigned long found;
	unsigned int i, period;

	for (period = 2; period <= 16; period *= 2) {
		for (i = 0; i < WORDS; i++)
			page[i] = i % period;
		KUNIT_EXPECT_FALSE(test, z2_pattern_find(page, &found));
	}
	/* The same, with equal words at both ends. */
	page[WORDS - 1] = page[0];
	KUNIT_EXPECT_FALSE(test, z2_pattern_find(page, &found));
}

/* A page that ends where memory does: KASAN sees a look past it. */
static void pattern_stays_within(struct kunit *test)
{
	unsigned long *page = kunit_kmalloc(test, PAGE_SIZE, GFP_KERNEL);
	unsigned long found;

	KUNIT_ASSERT_NOT_NULL(test, page);
	z2_pattern_fill(page, 42);
	KUNIT_EXPECT_TRUE(test, z2_pattern_find(page, &found));
	KUNIT_EXPECT_EQ(test, found, 42);
}

static struct kunit_case pattern_cases[] = {
	KUNIT_CASE_PARAM(pattern_fills_a_page, value_gen_params),
	KUNIT_CASE_PARAM(pattern_sees_each_word, value_gen_params),
	KUNIT_CASE(pattern_longer_than_a_word),
	KUNIT_CASE(pattern_stays_within),
	{}
};

static struct kunit_suite pattern_suite = {
	.name = "zram2_pattern",
	.test_cases = pattern_cases,
};

kunit_test_suite(pattern_suite);

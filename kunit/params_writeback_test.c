// SPDX-License-Identifier: GPL-2.0
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/string.h>

#include <zram2/params.h>

#define NR_PAGES	100
#define RANGES		3

/* What writeback may be asked for, of a disk of NR_PAGES. */
struct writeback_case {
	const char *text;
	int ret;
	struct z2_params_range want[RANGES];
};

static const struct writeback_case writeback_cases[] = {
	{ "idle", 1, { { Z2_TYPE_IDLE, 0, 99 } } },
	{ "type=idle\n", 1, { { Z2_TYPE_IDLE, 0, 99 } } },
	{ " type=huge ", 1, { { Z2_TYPE_HUGE, 0, 99 } } },
	{ "huge_idle", 1, { { Z2_TYPE_HUGE_IDLE, 0, 99 } } },
	{ "type=incompressible", 1, { { Z2_TYPE_INCOMPRESSIBLE, 0, 99 } } },
	{ "page_index=0", 1, { { Z2_TYPE_ANY, 0, 0 } } },
	{ "page_index=99", 1, { { Z2_TYPE_ANY, 99, 99 } } },
	{ "page_indexes=0-99", 1, { { Z2_TYPE_ANY, 0, 99 } } },
	{ "page_indexes=7-7", 1, { { Z2_TYPE_ANY, 7, 7 } } },
	{ "page_index=3 page_indexes=10-20\n", 2,
	  { { Z2_TYPE_ANY, 3, 3 }, { Z2_TYPE_ANY, 10, 20 } } },
	{ "page_index=1 page_index=1 page_index=2", 3,
	  { { Z2_TYPE_ANY, 1, 1 }, { Z2_TYPE_ANY, 1, 1 }, { Z2_TYPE_ANY, 2, 2 } } },
	{ "page_index=4 type=idle", 2, { { Z2_TYPE_ANY, 4, 4 }, { Z2_TYPE_IDLE, 0, 99 } } },

	{ "", -EINVAL },
	{ "\n ", -EINVAL },
	{ "all", -EINVAL },
	{ "type=", -EINVAL },
	{ "type=all", -EINVAL },
	{ "Idle", -EINVAL },
	{ "type=idle page_index=4", -EINVAL },
	{ "page_index=", -EINVAL },
	{ "page_index=x", -EINVAL },
	{ "page_index=-1", -EINVAL },
	{ "page_index=3-4", -EINVAL },
	{ "page_indexes=5", -EINVAL },
	{ "page_indexes=5-", -EINVAL },
	{ "page_indexes=-5", -EINVAL },
	{ "page_indexes=1-2-3", -EINVAL },
	{ "pages=1", -EINVAL },
	{ "page_index=1 page_index=x", -EINVAL },
	{ "page_index=100", -ERANGE },
	{ "page_indexes=0-100", -ERANGE },
	{ "page_indexes=5-4", -ERANGE },
	{ "page_index=99999999999999999999", -ERANGE },
};

static void writeback_desc(const struct writeback_case *c, char *desc)
{
	strscpy(desc, c->text, KUNIT_PARAM_DESC_SIZE);
	strreplace(desc, '\n', '_');
}

KUNIT_ARRAY_PARAM(writeback, writeback_cases, writeback_desc);

static void params_writeback(struct kunit *test)
{
	const struct writeback_case *c = test->param_value;
	char *text = kunit_kstrdup(test, c->text, GFP_KERNEL);
	struct z2_params_range ranges[RANGES] = {};
	const char *why = NULL;
	int i, ret;

	KUNIT_ASSERT_NOT_NULL(test, text);
	ret = z2_params_writeback(text, NR_PAGES, ranges, RANGES, &why);
	KUNIT_ASSERT_EQ(test, ret, c->ret);
	KUNIT_EXPECT_EQ(test, !why, ret > 0);
	for (i = 0; i < ret; i++) {
		KUNIT_EXPECT_EQ(test, ranges[i].type, c->want[i].type);
		KUNIT_EXPECT_EQ(test, ranges[i].first, c->want[i].first);
		KUNIT_EXPECT_EQ(test, ranges[i].last, c->want[i].last);
	}
}

static void params_age(struct kunit *test)
{
	static const struct { const char *text; int err; s64 want; } rows[] = {
		{ "all", 0, -1 }, { "all\n", 0, -1 }, { "0", 0, 0 }, { "3600\n", 0, 3600 },
		{ "4294967295", 0, U32_MAX }, { "", -EINVAL }, { "ALL", -EINVAL },
		{ "-1", -EINVAL }, { "1h", -EINVAL }, { "4294967296", -EINVAL },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *why = NULL;
		s64 got = 77;

		KUNIT_EXPECT_EQ_MSG(test, z2_params_age(rows[i].text, &got, &why), rows[i].err,
				    "'%s'", rows[i].text);
		KUNIT_EXPECT_EQ(test, got, rows[i].err ? 77 : rows[i].want);
		KUNIT_EXPECT_EQ(test, !why, !rows[i].err);
	}
}

static void params_numbers(struct kunit *test)
{
	static const struct { const char *text; int err; u64 want; } rows[] = {
		{ "0", 0, 0 }, { "17\n", 0, 17 }, { "18446744073709551615", 0, U64_MAX },
		{ "", -EINVAL }, { "-1", -EINVAL }, { "0x10", -EINVAL }, { "1K", -EINVAL },
		{ "18446744073709551616", -ERANGE },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *why = NULL;
		u64 got = 77;

		KUNIT_EXPECT_EQ_MSG(test, z2_params_u64(rows[i].text, &got, &why), rows[i].err,
				    "'%s'", rows[i].text);
		KUNIT_EXPECT_EQ(test, got, rows[i].err ? 77 : rows[i].want);
		KUNIT_EXPECT_EQ(test, !why, !rows[i].err);
	}
}

static void params_bool(struct kunit *test)
{
	static const struct { const char *text; int err; bool want; } rows[] = {
		{ "1", 0, true }, { "0\n", 0, false }, { "yes", 0, true }, { "off", 0, false },
		{ "", -EINVAL }, { "2", -EINVAL }, { "maybe", -EINVAL },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *why = NULL;
		bool got = true;

		KUNIT_EXPECT_EQ_MSG(test, z2_params_bool(rows[i].text, &got, &why), rows[i].err,
				    "'%s'", rows[i].text);
		KUNIT_EXPECT_EQ(test, got, rows[i].err ? true : rows[i].want);
		KUNIT_EXPECT_EQ(test, !why, !rows[i].err);
	}
}

static struct kunit_case params_writeback_cases[] = {
	KUNIT_CASE_PARAM(params_writeback, writeback_gen_params),
	KUNIT_CASE(params_age),
	KUNIT_CASE(params_numbers),
	KUNIT_CASE(params_bool),
	{}
};

static struct kunit_suite params_writeback_suite = {
	.name = "zram2_params_writeback",
	.test_cases = params_writeback_cases,
};

kunit_test_suite(params_writeback_suite);

// SPDX-License-Identifier: GPL-2.0
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <zram2/params.h>

#include "fixture.h"

#define UNTOUCHED	0x5a5a5a5a

/* Names a case in the log; text that would break its line is shown escaped. */
static void text_desc(const char *text, char *desc)
{
	char copy[48];
	char *p;

	strscpy(copy, text, sizeof(copy));
	for (p = copy; *p; p++)
		if (*p == '\n' || *p == '\t' || *p == '#')
			*p = '_';
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "'%s'", copy);
}

/* A refusal says why, and an acceptance doesn't. */
static void expect_result(struct kunit *test, int got, int err, const char *why)
{
	KUNIT_EXPECT_EQ(test, got, err);
	if (err)
		KUNIT_EXPECT_NOT_NULL(test, why);
	else
		KUNIT_EXPECT_NULL(test, why);
}

/* Sizes. */
struct size_case {
	const char *text;
	int err;
	u64 bytes;
};

static const struct size_case size_cases[] = {
	{ "0", 0, 0 },
	{ "0\n", 0, 0 },
	{ "1", 0, 1 },
	{ "00017", 0, 17 },
	{ "4096\n", 0, 4096 },
	{ "  4096", 0, 4096 },
	{ "4096 \t", 0, 4096 },
	{ "512M", 0, 512ull << 20 },
	{ "512m", 0, 512ull << 20 },
	{ "512MB", 0, 512ull << 20 },
	{ "512MiB\n", 0, 512ull << 20 },
	{ "512mib", 0, 512ull << 20 },
	{ "3k", 0, 3072 },
	{ "3K", 0, 3072 },
	{ "2G", 0, 2ull << 30 },
	{ "2T", 0, 2ull << 40 },
	{ "2P", 0, 2ull << 50 },
	{ "2E", 0, 2ull << 60 },
	{ "7B", 0, 7 },
	{ "15E", 0, 15ull << 60 },
	{ "0E", 0, 0 },
	{ "0x1000", 0, 0x1000 },
	{ "0X1000", 0, 0x1000 },
	{ "0xfF", 0, 0xff },
	{ "0x1E", 0, 0x1e },
	{ "0x10K", 0, 0x10 << 10 },
	{ "0xffffffffffffffff", 0, U64_MAX },
	{ "18446744073709551615", 0, U64_MAX },
	{ "18014398509481983K", 0, U64_MAX - 1023 },

	{ "", -EINVAL },
	{ "\n", -EINVAL },
	{ " ", -EINVAL },
	{ "abc", -EINVAL },
	{ "K", -EINVAL },
	{ "-1", -EINVAL },
	{ "+1", -EINVAL },
	{ "0x", -EINVAL },
	{ "0xg", -EINVAL },
	{ "1.5G", -EINVAL },
	{ "1,000", -EINVAL },
	{ "12a", -EINVAL },
	{ "12KK", -EINVAL },
	{ "12Ki", -EINVAL },
	{ "12KiBx", -EINVAL },
	{ "12 K", -EINVAL },
	{ "12 13", -EINVAL },
	{ "1 2\n", -EINVAL },
	{ "12K\n3", -EINVAL },
	{ "1Z", -EINVAL },
	{ "18446744073709551616", -ERANGE },
	{ "99999999999999999999999999", -ERANGE },
	{ "0x10000000000000000", -ERANGE },
	{ "16E", -ERANGE },
	{ "18014398509481984K", -ERANGE },
	{ "17179869184G", -ERANGE },
};

static void size_desc(const struct size_case *c, char *desc)
{
	text_desc(c->text, desc);
}

KUNIT_ARRAY_PARAM(size, size_cases, size_desc);

static void params_size(struct kunit *test)
{
	const struct size_case *c = test->param_value;
	const char *why = NULL;
	u64 bytes = UNTOUCHED;
	int err;

	err = z2_params_size(c->text, &bytes, &why);
	expect_result(test, err, c->err, why);
	KUNIT_EXPECT_EQ(test, bytes, c->err ? UNTOUCHED : c->bytes);
}

/* The number that a text begins with, and what follows it. */
static void params_size_begins(struct kunit *test)
{
	static const struct {
		const char *text;
		u64 bytes;
		const char *rest;
		int err;
	} cases[] = {
		{ "512M", 512ull << 20, "" },
		{ " 512M\n", 512ull << 20, "" },
		{ "1.5G\n", 1, ".5G\n" },
		{ "4.1e+09\n", 4, ".1e+09\n" },
		{ "512 M\n", 512, "M\n" },
		{ "1Mx", SZ_1M, "x" },
		{ "1M 2M", SZ_1M, "2M" },
		{ "4e+09", 4ull << 60, "+09" },
		{ "1,000", 1, ",000" },
		{ "-1", 0, "", -EINVAL },
		{ ".5G", 0, "", -EINVAL },
		{ "x", 0, "", -EINVAL },
		{ "", 0, "", -EINVAL },
		{ "16E", 0, "", -ERANGE },
		{ "99999999999999999999.5", 0, "", -ERANGE },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *why = NULL, *rest = "";
		u64 bytes = 0;
		int err = z2_params_size_begins(cases[i].text, &bytes, &rest, &why);

		expect_result(test, err, cases[i].err, why);
		KUNIT_EXPECT_EQ_MSG(test, bytes, cases[i].bytes, "'%s'", cases[i].text);
		KUNIT_EXPECT_STREQ_MSG(test, rest, cases[i].rest, "'%s'", cases[i].text);
	}
}

/* Numbers. */
struct number_case {
	const char *text;
	int err;
	unsigned int value;
};

static const struct number_case uint_cases[] = {
	{ "0", 0, 0 },
	{ "1\n", 0, 1 },
	{ "010", 0, 10 },
	{ "+7", 0, 7 },
	{ "4294967295", 0, UINT_MAX },
	{ "4294967296", -ERANGE },
	{ "-1", -EINVAL },
	{ "", -EINVAL },
	{ "\n", -EINVAL },
	{ "1 ", -EINVAL },
	{ " 1", -EINVAL },
	{ "0x10", -EINVAL },
	{ "1K", -EINVAL },
	{ "ten", -EINVAL },
};

static void number_desc(const struct number_case *c, char *desc)
{
	text_desc(c->text, desc);
}

KUNIT_ARRAY_PARAM(uint, uint_cases, number_desc);

static void params_uint(struct kunit *test)
{
	const struct number_case *c = test->param_value;
	unsigned int value = UNTOUCHED;
	const char *why = NULL;
	int err;

	err = z2_params_uint(c->text, &value, &why);
	expect_result(test, err, c->err, why);
	KUNIT_EXPECT_EQ(test, value, c->err ? UNTOUCHED : c->value);
}

static const struct number_case zero_cases[] = {
	{ "0", 0 },
	{ "0\n", 0 },
	{ "00", 0 },
	{ "1", -EINVAL },
	{ "-0", -EINVAL },
	{ "", -EINVAL },
	{ "\n", -EINVAL },
	{ "x", -EINVAL },
	{ "0x", -EINVAL },
	{ "0 0", -EINVAL },
	{ "99999999999999999999", -EINVAL },
};

KUNIT_ARRAY_PARAM(zero, zero_cases, number_desc);

static void params_zero(struct kunit *test)
{
	const struct number_case *c = test->param_value;
	const char *why = NULL;
	int err;

	err = z2_params_zero(c->text, &why);
	expect_result(test, err, c->err, why);
}

static const struct number_case reset_cases[] = {
	{ "1", 0 },
	{ "1\n", 0 },
	{ "2", 0 },
	{ "65535", 0 },
	{ "0", -EINVAL },
	{ "0\n", -EINVAL },
	{ "", -EINVAL },
	{ "yes", -EINVAL },
	{ "-1", -EINVAL },
	{ "1 1", -EINVAL },
	{ "65536", -ERANGE },
	{ "99999999999999999999", -ERANGE },
};

KUNIT_ARRAY_PARAM(reset, reset_cases, number_desc);

static void params_reset(struct kunit *test)
{
	const struct number_case *c = test->param_value;
	const char *why = NULL;
	int err;

	err = z2_params_reset(c->text, &why);
	expect_result(test, err, c->err, why);
}

/* Names of algorithms. */
static void params_algo_name(struct kunit *test)
{
	char name[Z2_PARAMS_ALGO_MAX + 2];
	const char *why = NULL;
	int err;

	err = z2_params_algo_name("lz4", &why);
	expect_result(test, err, 0, why);
	err = z2_params_algo_name("lz4\n", &why);
	expect_result(test, err, 0, why);
	err = z2_params_algo_name("", &why);
	expect_result(test, err, -EINVAL, why);
	why = NULL;
	err = z2_params_algo_name("\n", &why);
	expect_result(test, err, -EINVAL, why);

	memset(name, 'x', sizeof(name));
	name[Z2_PARAMS_ALGO_MAX - 1] = 0;
	why = NULL;
	err = z2_params_algo_name(name, &why);
	expect_result(test, err, 0, why);
	name[Z2_PARAMS_ALGO_MAX - 1] = 'x';
	name[Z2_PARAMS_ALGO_MAX] = 0;
	err = z2_params_algo_name(name, &why);
	expect_result(test, err, -E2BIG, why);
	name[Z2_PARAMS_ALGO_MAX] = 'x';
	name[Z2_PARAMS_ALGO_MAX + 1] = 0;
	why = NULL;
	err = z2_params_algo_name(name, &why);
	expect_result(test, err, -E2BIG, why);
}

/* Parameters of an algorithm. */
#define UNSET	Z2_PARAM_UNSET

struct algo_case {
	const char *text;
	int err;
	struct z2_algo_params want;
};

static const struct algo_case algo_cases[] = {
	{ "level=3", 0, { .prio = UNSET, .level = 3, .winbits = UNSET } },
	{ "level=3\n", 0, { .prio = UNSET, .level = 3, .winbits = UNSET } },
	{ "level=-7", 0, { .prio = UNSET, .level = -7, .winbits = UNSET } },
	{ "level=0", 0, { .prio = UNSET, .level = 0, .winbits = UNSET } },
	{ "priority=0 level=1", 0, { .prio = 0, .level = 1, .winbits = UNSET } },
	{ "priority=-1", 0, { .prio = -1, .level = UNSET, .winbits = UNSET } },
	{ "algo=zstd", 0, { .algo = "zstd", .prio = UNSET, .level = UNSET, .winbits = UNSET } },
	{ "dict=/etc/d", 0, { .dict = "/etc/d", .prio = UNSET, .level = UNSET, .winbits = UNSET } },
	{ "dict=\"/a b\" level=2", 0,
	  { .dict = "/a b", .prio = UNSET, .level = 2, .winbits = UNSET } },
	{ "deflate.winbits=-12", 0, { .prio = UNSET, .level = UNSET, .winbits = -12 } },
	{ "algo=deflate  priority=2 level=9 dict=/x deflate.winbits=15\n", 0,
	  { .algo = "deflate", .dict = "/x", .prio = 2, .level = 9, .winbits = 15 } },
	{ " level=5 algo=lz4", 0,
	  { .algo = "lz4", .prio = UNSET, .level = 5, .winbits = UNSET } },
	{ "level=1 level=2", 0, { .prio = UNSET, .level = 2, .winbits = UNSET } },
	{ "level=2147483647", 0, { .prio = UNSET, .level = INT_MAX, .winbits = UNSET } },

	{ "", -EINVAL },
	{ "\n", -EINVAL },
	{ "   ", -EINVAL },
	{ "level", -EINVAL },
	{ "level=", -EINVAL },
	{ "level= 3", -EINVAL },
	{ "=3", -EINVAL },
	{ "level=x", -EINVAL },
	{ "level=3x", -EINVAL },
	{ "level=0x3", -EINVAL },
	{ "level=1.5", -EINVAL },
	{ "algo=", -EINVAL },
	{ "dict=", -EINVAL },
	{ "priority=one", -EINVAL },
	{ "deflate.winbits=wide", -EINVAL },
	{ "winbits=15", -EINVAL },
	{ "Level=3", -EINVAL },
	{ "level=3 colour=red", -EINVAL },
	{ "level=3 level=x", -EINVAL },
	{ "level=2147483648", -ERANGE },
	{ "level=-2147483649", -ERANGE },
	{ "priority=99999999999999999999", -ERANGE },
};

static void algo_desc(const struct algo_case *c, char *desc)
{
	text_desc(c->text, desc);
}

KUNIT_ARRAY_PARAM(algo, algo_cases, algo_desc);

static void params_algo(struct kunit *test)
{
	static const struct z2_algo_params untouched = {
		.algo = "a", .dict = "d", .prio = UNTOUCHED, .level = UNTOUCHED,
		.winbits = UNTOUCHED,
	};
	const struct algo_case *c = test->param_value;
	const struct z2_algo_params *want = c->err ? &untouched : &c->want;
	char *text = kunit_kstrdup(test, c->text, GFP_KERNEL);
	struct z2_algo_params params = untouched;
	const char *why = NULL;
	int err;

	KUNIT_ASSERT_NOT_NULL(test, text);
	err = z2_params_algo(text, &params, &why);
	expect_result(test, err, c->err, why);
	KUNIT_EXPECT_STREQ(test, params.algo ?: "", want->algo ?: "");
	KUNIT_EXPECT_STREQ(test, params.dict ?: "", want->dict ?: "");
	KUNIT_EXPECT_EQ(test, !params.algo, !want->algo);
	KUNIT_EXPECT_EQ(test, !params.dict, !want->dict);
	KUNIT_EXPECT_EQ(test, params.prio, want->prio);
	KUNIT_EXPECT_EQ(test, params.level, want->level);
	KUNIT_EXPECT_EQ(test, params.winbits, want->winbits);
}

/* Secondary algorithms. */
struct recomp_algo_case {
	const char *text;
	int err;
	const char *algo;
	int prio;
};

static const struct recomp_algo_case recomp_algo_cases[] = {
	{ "algo=zstd priority=1", 0, "zstd", 1 },
	{ "algo=zstd priority=1\n", 0, "zstd", 1 },
	{ "priority=3 algo=lz4hc", 0, "lz4hc", 3 },
	{ "  algo=zstd", 0, "zstd", UNSET },
	{ "algo=nosuch priority=-7", 0, "nosuch", -7 },
	{ "algo=a algo=b", 0, "b", UNSET },

	{ "", -EINVAL },
	{ "\n", -EINVAL },
	{ "priority=1", -EINVAL },
	{ "zstd", -EINVAL },
	{ "algo", -EINVAL },
	{ "algo=", -EINVAL },
	{ "algo=zstd priority", -EINVAL },
	{ "algo=zstd priority=", -EINVAL },
	{ "algo=zstd priority=x", -EINVAL },
	{ "algo=zstd priority=0x1", -EINVAL },
	{ "algo=zstd level=3", -EINVAL },
	{ "algo=zstd 1", -EINVAL },
	{ "algo=zstd priority=2147483648", -ERANGE },
};

static void recomp_algo_desc(const struct recomp_algo_case *c, char *desc)
{
	text_desc(c->text, desc);
}

KUNIT_ARRAY_PARAM(recomp_algo, recomp_algo_cases, recomp_algo_desc);

static void params_recomp_algo(struct kunit *test)
{
	const struct recomp_algo_case *c = test->param_value;
	char *text = kunit_kstrdup(test, c->text, GFP_KERNEL);
	const char *algo = "untouched", *why = NULL;
	int prio = UNTOUCHED, err;

	KUNIT_ASSERT_NOT_NULL(test, text);
	err = z2_params_recomp_algo(text, &algo, &prio, &why);
	expect_result(test, err, c->err, why);
	KUNIT_EXPECT_STREQ(test, algo, c->err ? "untouched" : c->algo);
	KUNIT_EXPECT_EQ(test, prio, c->err ? UNTOUCHED : c->prio);
}

static void params_recomp_algo_too_long(struct kunit *test)
{
	char text[sizeof("algo=") + Z2_PARAMS_ALGO_MAX] = "algo=";
	const char *algo, *why = NULL;
	int prio, err;

	memset(text + strlen("algo="), 'x', Z2_PARAMS_ALGO_MAX);
	err = z2_params_recomp_algo(text, &algo, &prio, &why);
	expect_result(test, err, -E2BIG, why);
}

/* Recompression. */
struct recompress_case {
	const char *text;
	int err;
	struct z2_recompress_params want;
};

#define ALL	.max_pages = U64_MAX, .prio = UNSET

static const struct recompress_case recompress_cases[] = {
	{ "", 0, { ALL } },
	{ "\n", 0, { ALL } },
	{ "type=idle", 0, { .type = Z2_TYPE_IDLE, ALL } },
	{ "type=huge\n", 0, { .type = Z2_TYPE_HUGE, ALL } },
	{ "type=huge_idle", 0, { .type = Z2_TYPE_HUGE_IDLE, ALL } },
	{ "threshold=3000", 0, { .threshold = 3000, ALL } },
	{ "threshold=0", 0, { ALL } },
	{ "max_pages=42", 0, { .max_pages = 42, .prio = UNSET } },
	{ "max_pages=0", 0, { .max_pages = 0, .prio = UNSET } },
	{ "max_pages=18446744073709551615", 0, { ALL } },
	{ "priority=2", 0, { .max_pages = U64_MAX, .prio = 2 } },
	{ "priority=-1", 0, { .max_pages = U64_MAX, .prio = -1 } },
	{ "algo=zstd", 0, { .algo = "zstd", ALL } },
	{ "algo=zstd  priority=1 max_pages=7 threshold=9 type=idle\n", 0,
	  { .type = Z2_TYPE_IDLE, .threshold = 9, .max_pages = 7, .algo = "zstd", .prio = 1 } },
	{ "type=idle type=huge", 0, { .type = Z2_TYPE_HUGE, ALL } },

	{ "idle", -EINVAL },
	{ "type", -EINVAL },
	{ "type=", -EINVAL },
	{ "type=IDLE", -EINVAL },
	{ "type=incompressible", -EINVAL },
	{ "type=idle,huge", -EINVAL },
	{ "type=idle huge", -EINVAL },
	{ "threshold", -EINVAL },
	{ "threshold=-1", -EINVAL },
	{ "threshold=2K", -EINVAL },
	{ "threshold=0x10", -EINVAL },
	{ "max_pages=-1", -EINVAL },
	{ "max_pages=all", -EINVAL },
	{ "priority=one", -EINVAL },
	{ "algo=", -EINVAL },
	{ "page_index=1", -EINVAL },
	{ "type=idle colour=red", -EINVAL },
	{ "threshold=4294967296", -ERANGE },
	{ "max_pages=18446744073709551616", -ERANGE },
	{ "priority=99999999999", -ERANGE },
};

static void recompress_desc(const struct recompress_case *c, char *desc)
{
	text_desc(c->text, desc);
}

KUNIT_ARRAY_PARAM(recompress, recompress_cases, recompress_desc);

static void params_recompress(struct kunit *test)
{
	static const struct z2_recompress_params untouched = {
		.type = Z2_TYPE_INCOMPRESSIBLE, .threshold = UNTOUCHED,
		.max_pages = UNTOUCHED, .algo = "a", .prio = UNTOUCHED,
	};
	const struct recompress_case *c = test->param_value;
	const struct z2_recompress_params *want = c->err ? &untouched : &c->want;
	char *text = kunit_kstrdup(test, c->text, GFP_KERNEL);
	struct z2_recompress_params params = untouched;
	const char *why = NULL;
	int err;

	KUNIT_ASSERT_NOT_NULL(test, text);
	err = z2_params_recompress(text, &params, &why);
	expect_result(test, err, c->err, why);
	KUNIT_EXPECT_EQ(test, params.type, want->type);
	KUNIT_EXPECT_EQ(test, params.threshold, want->threshold);
	KUNIT_EXPECT_EQ(test, params.max_pages, want->max_pages);
	KUNIT_EXPECT_EQ(test, !params.algo, !want->algo);
	KUNIT_EXPECT_STREQ(test, params.algo ?: "", want->algo ?: "");
	KUNIT_EXPECT_EQ(test, params.prio, want->prio);
}

static const struct path_case {
	const char *name;
	const char *text;
	size_t len;
	const char *want;
} path_cases[] = {
	{ "plain", "/dev/sda", 8, "/dev/sda" },
	{ "newline", "/dev/sda\n", 9, "/dev/sda" },
	{ "two newlines", "/a\n\n", 4, "/a\n" },
	{ "nothing", "", 0, "" },
	{ "only a newline", "\n", 1, "" },
	/* What comes after a zero isn't in the copy. */
	{ "zero before the newline", "x\0\0\n", 4, "x" },
	{ "zero first", "\0\n", 2, "" },
};

static void path_desc(const struct path_case *c, char *desc)
{
	strscpy(desc, c->name, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(path, path_cases, path_desc);

static void params_path(struct kunit *test)
{
	const struct path_case *c = test->param_value;
	char *path = z2_params_path(c->text, c->len);

	KUNIT_ASSERT_NOT_NULL(test, path);
	KUNIT_EXPECT_STREQ(test, path, c->want);
	kfree(path);
}

static struct kunit_case params_cases[] = {
	KUNIT_CASE_PARAM(params_path, path_gen_params),
	KUNIT_CASE_PARAM(params_size, size_gen_params),
	KUNIT_CASE(params_size_begins),
	KUNIT_CASE_PARAM(params_uint, uint_gen_params),
	KUNIT_CASE_PARAM(params_zero, zero_gen_params),
	KUNIT_CASE_PARAM(params_reset, reset_gen_params),
	KUNIT_CASE(params_algo_name),
	KUNIT_CASE_PARAM(params_algo, algo_gen_params),
	KUNIT_CASE_PARAM(params_recomp_algo, recomp_algo_gen_params),
	KUNIT_CASE(params_recomp_algo_too_long),
	KUNIT_CASE_PARAM(params_recompress, recompress_gen_params),
	{}
};

static struct kunit_suite params_suite = {
	.name = "zram2_params",
	.test_cases = params_cases,
};

kunit_test_suite(params_suite);

// SPDX-License-Identifier: GPL-2.0
#include <linux/array_size.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/string.h>

#include <zram2/codec.h>
#include <zram2/params.h>

#include "wklz_answers.h"
#include "wklz_pages.h"

/**
 * z2t_wklz_open() - begin to work at a level
 * @wklz: to be set up
 * @level: 1 to Z2T_WKLZ_LEVELS
 *
 * Return: 0 or an errno.
 */
int z2t_wklz_open(struct z2t_wklz *wklz, int level)
{
	void *shared = NULL;
	int err;

	wklz->params = (struct z2_codec_params){ .level = level, .winbits = Z2_PARAM_UNSET };
	wklz->ctx = NULL;
	err = z2_codec_wklz.setup(&wklz->params, &shared);
	if (err)
		return err;
	wklz->ctx = z2_codec_wklz.ctx_create(&wklz->params, shared);
	return PTR_ERR_OR_ZERO(wklz->ctx);
}

/**
 * z2t_wklz_close() - undo z2t_wklz_open(), also one that failed
 * @wklz: what it set up
 */
void z2t_wklz_close(struct z2t_wklz *wklz)
{
	if (!IS_ERR(wklz->ctx))
		z2_codec_wklz.ctx_destroy(wklz->ctx);
	z2_codec_wklz.teardown(NULL);
}

/**
 * z2t_wklz_pack() - compress a page
 * @wklz: the level
 * @page: PAGE_SIZE bytes
 * @dst: room for Z2_CODEC_DST_MAX
 *
 * Return: the length; PAGE_SIZE or more if the page doesn't pay.
 */
int z2t_wklz_pack(struct z2t_wklz *wklz, const u8 *page, u8 *dst)
{
	return z2_codec_wklz.compress(wklz->ctx, page, dst);
}

/**
 * z2t_wklz_unpack() - decompress a page
 * @wklz: any level
 * @src: what z2t_wklz_pack() wrote, or anything
 * @len: how many bytes
 * @page: PAGE_SIZE bytes
 *
 * Return: 0 or an errno.
 */
int z2t_wklz_unpack(struct z2t_wklz *wklz, const u8 *src, size_t len, u8 *page)
{
	return z2_codec_wklz.decompress(wklz->ctx, src, len, page);
}

/**
 * struct answer - what is written for a page
 * @len: the length; 0 for a page that doesn't pay
 * @sum: z2t_wklz_sum() of it
 */
struct answer {
	u32 len;
	u32 sum;
};

/* For each kind, seed 0 and level, with pages of 4 KiB on 64 bits. */
static const struct answer answers[Z2T_WKLZ_KINDS][Z2T_WKLZ_LEVELS] = {
	[Z2T_WKLZ_ZERO] = { { 7, 0x3d8010b1 }, { 7, 0x3d8010b1 }, { 7, 0x3d8010b1 } },
	[Z2T_WKLZ_LINES] = { { 40, 0xdc86555c }, { 40, 0xdc86555c }, { 40, 0xdc86555c } },
	[Z2T_WKLZ_REGION] = { { 1065, 0x3c0e9b36 }, { 1065, 0x3c0e9b36 }, { 1065, 0x3c0e9b36 } },
	[Z2T_WKLZ_REGIONS] = { { 1214, 0xef1f907f }, { 1214, 0xef1f907f }, { 1214, 0xef1f907f } },
	[Z2T_WKLZ_NUMBERS] = { { 2263, 0x8cf1a851 }, { 2263, 0x8cf1a851 }, { 2263, 0x8cf1a851 } },
	[Z2T_WKLZ_REALS] = { { 3198, 0xe6ef8b4b }, { 3177, 0x8d19ada6 }, { 3198, 0xe6ef8b4b } },
	[Z2T_WKLZ_TEXT] = { { 1820, 0xce666827 }, { 1820, 0xce666827 }, { 1820, 0xce666827 } },
	[Z2T_WKLZ_CODE] = { { 3401, 0xab36e2f3 }, { 3382, 0x5ab72e28 }, { 3382, 0x5ab72e28 } },
	[Z2T_WKLZ_RECORDS] = { { 807, 0xd329e387 }, { 807, 0xd329e387 }, { 807, 0xd329e387 } },
	[Z2T_WKLZ_LONER] = { { 351, 0xc082da7c }, { 351, 0xc082da7c }, { 46, 0x9812c4ef } },
	[Z2T_WKLZ_HALF] = { { 2091, 0xd3a2086c }, { 2091, 0xd3a2086c }, { 2091, 0xd3a2086c } },
	[Z2T_WKLZ_MIXED] = { { 2150, 0xd70b6a47 }, { 2150, 0xd70b6a47 }, { 1087, 0x72ae064d } },
	[Z2T_WKLZ_RANDOM] = {},
};

/* The sums of more pages of all kinds and levels. */
static const struct {
	u32 page_size;
	u32 bits;
	u32 sum;
} totals[] = {
	{ 4096, 64, 0x108eb995 },
	{ 4096, 32, 0x017e08db },
	{ 16384, 64, 0xc6c06afb },
	{ 65536, 64, 0xdf10d150 },
	{ 65536, 32, 0xa337af9e },
};

#define SEEDS	8

static struct answer ask(struct z2t_wklz *wklz, const u8 *page, u8 *dst)
{
	int len = z2t_wklz_pack(wklz, page, dst);

	if (len <= 0 || len >= PAGE_SIZE)
		return (struct answer){};
	return (struct answer){ .len = len, .sum = z2t_wklz_sum(0, dst, len) };
}

/* The lines of the table above as they would have to be. */
static unsigned int check_kinds(struct z2t_wklz *levels, u8 *page, u8 *dst,
				void (*say)(void *arg, const char *line), void *arg)
{
	unsigned int kind, level, wrong = 0;

	for (kind = 0; kind < Z2T_WKLZ_KINDS; kind++) {
		const struct answer *known = answers[kind];
		struct answer now[Z2T_WKLZ_LEVELS];
		char line[100];

		z2t_wklz_fill(page, PAGE_SIZE, kind, 0);
		for (level = 0; level < Z2T_WKLZ_LEVELS; level++)
			now[level] = ask(&levels[level], page, dst);
		if (!memcmp(now, known, sizeof(now)))
			continue;
		wrong++;
		snprintf(line, sizeof(line),
			 "%-8s { { %u, 0x%08x }, { %u, 0x%08x }, { %u, 0x%08x } },",
			 z2t_wklz_name(kind), now[0].len, now[0].sum, now[1].len, now[1].sum,
			 now[2].len, now[2].sum);
		say(arg, line);
	}
	return wrong;
}

static unsigned int check_total(struct z2t_wklz *levels, u8 *page, u8 *dst,
				void (*say)(void *arg, const char *line), void *arg)
{
	unsigned int kind, level, seed, i;
	char line[100];
	u32 sum = 0;

	for (kind = 0; kind < Z2T_WKLZ_KINDS; kind++) {
		for (seed = 1; seed <= SEEDS; seed++) {
			z2t_wklz_fill(page, PAGE_SIZE, kind, seed);
			for (level = 0; level < Z2T_WKLZ_LEVELS; level++) {
				struct answer now = ask(&levels[level], page, dst);

				sum = z2t_wklz_sum(sum, dst, now.len);
			}
		}
	}
	for (i = 0; i < ARRAY_SIZE(totals); i++)
		if (totals[i].page_size == PAGE_SIZE && totals[i].bits == BITS_PER_LONG &&
		    totals[i].sum == sum)
			return 0;
	snprintf(line, sizeof(line), "total { %lu, %u, 0x%08x },", PAGE_SIZE, BITS_PER_LONG, sum);
	say(arg, line);
	return 1;
}

/**
 * z2t_wklz_answers() - is what is written what it was?
 * @page: PAGE_SIZE bytes to work in
 * @dst: Z2_CODEC_DST_MAX bytes to work in
 * @say: called with each line of the tables that would have to be another
 * @arg: handed to @say
 *
 * Return: the number of these lines.
 */
unsigned int z2t_wklz_answers(u8 *page, u8 *dst, void (*say)(void *arg, const char *line),
			      void *arg)
{
	struct z2t_wklz levels[Z2T_WKLZ_LEVELS];
	unsigned int i, wrong = 0;

	for (i = 0; i < Z2T_WKLZ_LEVELS; i++)
		wrong += !!z2t_wklz_open(&levels[i], i + 1);
	if (wrong) {
		say(arg, "not all levels can be had");
	} else {
		if (PAGE_SIZE == 4096 && BITS_PER_LONG == 64)
			wrong += check_kinds(levels, page, dst, say, arg);
		wrong += check_total(levels, page, dst, say, arg);
	}
	for (i = 0; i < Z2T_WKLZ_LEVELS; i++)
		z2t_wklz_close(&levels[i]);
	return wrong;
}

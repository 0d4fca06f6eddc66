// SPDX-License-Identifier: GPL-2.0
#include <linux/array_size.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>
#include <linux/unaligned.h>

#include "fill.h"
#include "wklz_pages.h"

#define WORD	sizeof(u64)
#define LINE	64

static void put_word(u8 *page, size_t nr, u64 word)
{
	put_unaligned_le64(word, page + nr * WORD);
}

/* Each line is zero, but for one of eight. */
static void fill_lines(u8 *page, size_t len, u64 seed)
{
	size_t at;

	memset(page, 0, len);
	for (at = 0; at + LINE <= len; at += LINE) {
		u64 r = z2t_random(&seed);

		if (r % 8 == 0)
			put_word(page + at, r >> 8 & 7, r >> 16 & (r & 0x800 ? 0xffff : ~0ull));
	}
}

static u64 pointer_into(u64 region, u64 r)
{
	return 0x00007f0000000000 + (region << 24) + (r & 0xfff8);
}

/* Objects of a heap: a pointer or two, a length, flags, nothing. */
static void fill_regions(u8 *page, size_t len, u64 seed, unsigned int regions)
{
	size_t i;

	for (i = 0; i < len / WORD; i++) {
		u64 r = z2t_random(&seed), word = 0;

		switch (r >> 61) {
		case 0:
		case 1:
			break;
		case 2:
			word = r & 0x3f;
			break;
		case 3:
			word = (r & 7) << 32 | 1;
			break;
		default:
			word = pointer_into((r >> 20) % regions, r);
		}
		put_word(page, i, word);
	}
}

/* Half of them are 32 bits wide, some are negative, some need a bit more. */
static void fill_numbers(u8 *page, size_t len, u64 seed)
{
	size_t i;

	for (i = 0; i < len / WORD; i++) {
		u64 r = z2t_random(&seed);
		u64 small = r >> 8 & (r & 0x10 ? 0xff : r & 0x20 ? 0xffff : 0xffffff);

		if (r & 1)
			small |= (r >> 40 & 0xff) << 32;
		else if ((r & 6) == 6)
			small = -small;
		put_word(page, i, small);
	}
}

/* Of about the same size; every other one is a round number. */
static void fill_reals(u8 *page, size_t len, u64 seed)
{
	size_t i;

	for (i = 0; i < len / WORD; i++) {
		u64 r = z2t_random(&seed);
		u64 fraction = i % 2 ? (r & 0xff) << 44 : r >> 12;

		put_word(page, i, 0x3ff0000000000000 + ((r & 0x7) << 52) + fraction);
	}
}

/* Bytes of a few instructions, with operands of which some come often. */
static void fill_code(u8 *page, size_t len, u64 seed)
{
	static const struct {
		u8 len;
		u8 operand;
		u8 bytes[3];
	} often[] = {
		{ 1, 0, { 0x55 } }, { 3, 0, { 0x48, 0x89, 0xe5 } }, { 1, 4, { 0xe8 } },
		{ 3, 1, { 0x48, 0x8b, 0x45 } }, { 3, 1, { 0x48, 0x83, 0xec } },
		{ 2, 4, { 0x0f, 0x84 } }, { 1, 1, { 0x74 } }, { 3, 4, { 0x48, 0x8d, 0x05 } },
		{ 2, 0, { 0x31, 0xc0 } }, { 1, 0, { 0xc3 } }, { 3, 1, { 0x8b, 0x44, 0x24 } },
		{ 3, 0, { 0x0f, 0x1f, 0x00 } },
	};
	size_t at = 0;

	while (at < len) {
		u64 r = z2t_random(&seed);
		unsigned int op = r % ARRAY_SIZE(often), i;

		for (i = 0; i < often[op].len && at < len; i++)
			page[at++] = often[op].bytes[i];
		r = r >> 32 & (r & 0x10000 ? 0xffff00ff : 0xf8);
		for (i = 0; i < often[op].operand && at < len; i++)
			page[at++] = r >> 8 * i;
	}
}

/* Structures of 40 bytes, so that words of a kind are five apart. */
static void fill_records(u8 *page, size_t len, u64 seed)
{
	u64 vtable = pointer_into(1, z2t_random(&seed));
	size_t i;

	for (i = 0; i < len / WORD; i++) {
		u64 r = z2t_random(&seed);
		const u64 fields[] = {
			vtable, i / 5, pointer_into(2 + (r & 1), r), 0x4048f5c28f5c28f6, r & 0xff,
		};

		put_word(page, i, fields[i % ARRAY_SIZE(fields)]);
	}
}

static void fill_loner(u8 *page, size_t len, u64 seed)
{
	u64 word = z2t_random(&seed), other = z2t_random(&seed);
	size_t i;

	/* Different in one byte, or altogether. */
	if (seed & 1)
		other = word ^ ((other & 0xff) | 1) << 8 * (other >> 61);
	for (i = 0; i < len / WORD; i++)
		put_word(page, i, word);
	put_word(page, z2t_random(&seed) % (len / WORD), other);
}

/* Up to 512 bytes of a kind, and some of them once more. */
static void fill_mixed(u8 *page, size_t len, u64 seed)
{
	size_t at = 0, n;

	for (; at < len; at += n) {
		u64 r = z2t_random(&seed);

		n = min_t(size_t, WORD * (1 + r % LINE), len - at);
		if (at >= n && r >> 8 & 1)
			memcpy(page + at, page + (r >> 16) % (at - n + 1), n);
		else
			z2t_wklz_fill(page + at, n, (r >> 32) % Z2T_WKLZ_MIXED, r);
	}
}

/**
 * z2t_wklz_fill() - make up a page
 * @page: where to
 * @len: bytes, a multiple of 8
 * @kind: what kind
 * @seed: same seed, same bytes, on every machine
 */
void z2t_wklz_fill(u8 *page, size_t len, enum z2t_wklz_kind kind, u64 seed)
{
	u64 from = (seed + 1) * 0x9e3779b97f4a7c15 + kind;

	switch (kind) {
	case Z2T_WKLZ_LINES:
		return fill_lines(page, len, from);
	case Z2T_WKLZ_REGION:
		return fill_regions(page, len, from, 1);
	case Z2T_WKLZ_REGIONS:
		return fill_regions(page, len, from, 24);
	case Z2T_WKLZ_NUMBERS:
		return fill_numbers(page, len, from);
	case Z2T_WKLZ_REALS:
		return fill_reals(page, len, from);
	case Z2T_WKLZ_TEXT:
		return z2t_fill(page, len, Z2T_TEXT, from);
	case Z2T_WKLZ_CODE:
		return fill_code(page, len, from);
	case Z2T_WKLZ_RECORDS:
		return fill_records(page, len, from);
	case Z2T_WKLZ_LONER:
		return fill_loner(page, len, from);
	case Z2T_WKLZ_HALF:
		memset(page, 0, len);
		return z2t_fill(page, len / 2, Z2T_RANDOM, from);
	case Z2T_WKLZ_MIXED:
		return fill_mixed(page, len, from);
	case Z2T_WKLZ_RANDOM:
		return z2t_fill(page, len, Z2T_RANDOM, from);
	default:
		memset(page, 0, len);
	}
}

/**
 * z2t_wklz_name() - for messages
 * @kind: a kind of page
 */
const char *z2t_wklz_name(enum z2t_wklz_kind kind)
{
	static const char *const names[] = {
		[Z2T_WKLZ_ZERO] = "zero",
		[Z2T_WKLZ_LINES] = "lines",
		[Z2T_WKLZ_REGION] = "region",
		[Z2T_WKLZ_REGIONS] = "regions",
		[Z2T_WKLZ_NUMBERS] = "numbers",
		[Z2T_WKLZ_REALS] = "reals",
		[Z2T_WKLZ_TEXT] = "text",
		[Z2T_WKLZ_CODE] = "code",
		[Z2T_WKLZ_RECORDS] = "records",
		[Z2T_WKLZ_LONER] = "loner",
		[Z2T_WKLZ_HALF] = "half",
		[Z2T_WKLZ_MIXED] = "mixed",
		[Z2T_WKLZ_RANDOM] = "random",
	};

	return names[kind];
}

/**
 * z2t_wklz_craft() - make up what the word stage could have written, nearly
 * @unit: where to; 4 KiB
 * @seed: same seed, same bytes
 *
 * It promises more words than there are bytes, which all are of one kind more often
 * than damage makes them.
 *
 * Return: how many bytes, which may be as few as its header has.
 */
size_t z2t_wklz_craft(u8 *unit, u64 seed)
{
	static const u8 tags[] = { 0x00, 0x33, 0x44, 0x88, 0x99, 0xbb, 0xcc, 0xff };
	const size_t header = 6, most = 4096;
	u64 from = (seed + 1) * 0x9e3779b97f4a7c15, r = z2t_random(&from);
	size_t len = header, masks, after;

	switch (r & 3) {
	case 0:
		len += r >> 8 & 0xff;
		break;
	case 1:
		len = most - (r >> 8 & 0x3f);
		break;
	default:
		len += (r >> 8) % (most - header);
	}
	z2t_fill(unit, len, Z2T_RANDOM, from);
	masks = header + (r >> 24) % (len - header + 1) / (r & 4 ? 1 : 16);
	put_unaligned_le32(r & 8 ? ~0u : r >> 32, unit);
	put_unaligned_le16(masks - header, unit + 4);
	after = min_t(size_t, masks + 2 * 32, len);
	if (r & 0x10)
		memset(unit + masks, 0xff, after - masks);
	if (r & 0x20)
		memset(unit + after, tags[r >> 61], len - after);
	return len;
}

/**
 * z2t_wklz_sum() - a checksum, the same on every machine
 * @sum: of what comes before; 0 to begin with
 * @bytes: to be added
 * @len: how many
 */
u32 z2t_wklz_sum(u32 sum, const u8 *bytes, size_t len)
{
	size_t i;

	/* FNV-1a of what is there, and of how much. */
	sum ^= 0x811c9dc5;
	for (i = 0; i < len; i++)
		sum = (sum ^ bytes[i]) * 0x01000193;
	return (sum ^ (u32)len) * 0x01000193;
}

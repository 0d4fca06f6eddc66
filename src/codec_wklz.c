// SPDX-License-Identifier: GPL-2.0
/*
 * wklz: Wilson and Kaplan's words, then Lempel and Ziv, for pages of memory.
 *
 * Memory that a program works with is words: zero, a small number, a pointer
 * into where others point, a copy of its neighbour.  To look at it in words of 64
 * bits is faster than to look for equal bytes, and finds more.  Where it doesn't
 * pay, text and code mostly, it is given up early for LZ.
 *
 * The format
 * ----------
 * All numbers are little-endian.  The first byte is 0 or 1:
 *
 *   0	an LZ4 block of the page (wklz_lz.c says what that is).
 *   1	units of 4 KiB, in words.  The lengths of all units but the last come
 *	first, 16 bits each; then the units.
 *
 * A unit is 32 groups of 16 words:
 *
 *   groups	32 bits: which groups have a word that isn't zero; bit 0 is the first
 *   length	16 bits: how many bytes the payload has
 *   payload	what is stored of words, in order
 *   masks	16 bits for each of these groups: which of its words aren't zero
 *   tags	4 bits for each of these words; the first of a byte is the lower
 *		half, and each group begins with a byte of its own
 *   index	one byte for some tags, the first one last
 *
 * A word of which nothing is said is zero.  For the others, the tag says how many
 * bytes of payload make its low bytes, and where the upper ones come from:
 *
 *    0 to 3	1 to 4 bytes; zero
 *    4 to 8	0 to 4 bytes; the recent word
 *    9 to 11	0 to 2 bytes; the indexed word: an index byte b says that it is
 *		b + 1 words before this one.  From here on the recent word is as far
 *		back as this was
 *   12		8 bytes, the word
 *   13		4 bytes, which are the upper half; the lower is zero
 *   14		4 bytes, which are the upper half, and 2 for the lowest two
 *   15		6 bytes; zero
 *
 * The recent word is at first the one before; that of the unit's first is zero.
 * Payload, masks, tags, and index are as long as that says, to the byte, or the
 * unit is damaged.
 */
#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/limits.h>
#include <linux/lz4.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <zram2/codec.h>
#include <zram2/params.h>
#include <zram2/wklz_lz.h>
#include <zram2/wklz_words.h>

enum {
	MODE_LZ = 0,
	MODE_WORDS = 1,
};

#define UNITS	(PAGE_SIZE / Z2_WKLZ_UNIT)
#define HEADER	(1 + 2 * (UNITS - 1))

/* A search through a page: see z2_wklz_lz_pack(). */
#define LZ_STEP		64
#define LZ_STEP_FAST	96

/**
 * struct wklz_level - how hard to try
 * @limits: when words are given up
 * @step: of the LZ stage
 * @both: try both, and take the shorter
 */
struct wklz_level {
	struct z2_wklz_limits limits;
	unsigned int step;
	bool both;
};

static const struct wklz_level levels[] = {
	{ .limits = { { 60, 56, 54, 52, 52 } }, .step = LZ_STEP_FAST },
	{ .limits = { { 56, 50, 42, 40, 40 } }, .step = LZ_STEP },
	{ .limits = { { 255, 255, 255, 255, 255 } }, .step = LZ_STEP, .both = true },
};

/**
 * struct wklz_ctx - a CPU's memory
 * @level: of the codec's parameters
 * @packer: to compress in, like @seen
 * @seen: the LZ stage's
 * @unpacker: to decompress in
 */
struct wklz_ctx {
	const struct wklz_level *level;
	struct z2_wklz_packer packer;
	u16 seen[Z2_WKLZ_LZ_POSITIONS];
	struct z2_wklz_unpacker unpacker;
};

static int wklz_setup(struct z2_codec_params *params, void **shared)
{
	BUILD_BUG_ON((HEADER + UNITS * Z2_WKLZ_WORDS_MAX) > Z2_CODEC_DST_MAX);
	BUILD_BUG_ON(PAGE_SIZE % Z2_WKLZ_UNIT);
	BUILD_BUG_ON((PAGE_SIZE - 1) > U16_MAX);
	if (params->dict)
		return -EOPNOTSUPP;
	if (params->level == Z2_PARAM_UNSET)
		params->level = 2;
	return params->level >= 1 && params->level <= ARRAY_SIZE(levels) ? 0 : -EINVAL;
}

static void wklz_teardown(void *shared)
{
}

static void *wklz_ctx_create(const struct z2_codec_params *params, void *shared)
{
	struct wklz_ctx *ctx = kvzalloc_obj(*ctx);

	if (!ctx)
		return ERR_PTR(-ENOMEM);
	ctx->level = &levels[params->level - 1];
	return ctx;
}

static void wklz_ctx_destroy(void *ctx)
{
	kvfree(ctx);
}

/* All units, or 0 if one of them doesn't pay. */
static size_t words_compress(struct wklz_ctx *ctx, const u8 *src, u8 *dst)
{
	size_t len = HEADER, unit;
	unsigned int i;

	/* 64 bits at a time, it would be slower than LZ on the others. */
	if (!IS_ENABLED(CONFIG_64BIT))
		return 0;
	for (i = 0; i < UNITS; i++) {
		unit = z2_wklz_words_pack(&ctx->packer, &ctx->level->limits,
					  src + i * Z2_WKLZ_UNIT, dst + len);
		if (!unit)
			return 0;
		if (i + 1 < UNITS)
			put_unaligned_le16(unit, dst + 1 + 2 * i);
		len += unit;
	}
	dst[0] = MODE_WORDS;
	return len < PAGE_SIZE ? len : 0;
}

/* In less than @max bytes, or 0. */
static size_t lz_compress(struct wklz_ctx *ctx, const u8 *src, u8 *dst, size_t max)
{
	size_t len = z2_wklz_lz_pack(ctx->seen, ctx->level->step, src, PAGE_SIZE, dst + 1,
				     max - 2);

	dst[0] = MODE_LZ;
	return len ? len + 1 : 0;
}

static int wklz_compress(void *context, const void *src, void *dst)
{
	struct wklz_ctx *ctx = context;
	size_t len = words_compress(ctx, src, dst), lz;

	if (len && ctx->level->both) {
		lz = lz_compress(ctx, src, dst + PAGE_SIZE, len);
		if (lz) {
			memcpy(dst, dst + PAGE_SIZE, lz);
			len = lz;
		}
	} else if (!len) {
		len = lz_compress(ctx, src, dst, PAGE_SIZE);
	}
	/* The caller stores a page as it is that isn't smaller. */
	return len ?: PAGE_SIZE;
}

static int words_decompress(struct wklz_ctx *ctx, const u8 *src, size_t len, u8 *dst)
{
	const u8 *lens = src + 1;
	unsigned int i;
	size_t unit;
	int err;

	if (len < HEADER)
		return -EIO;
	src += HEADER;
	len -= HEADER;
	for (i = 0; i < UNITS; i++) {
		unit = i + 1 < UNITS ? get_unaligned_le16(lens + 2 * i) : len;
		if (unit > len)
			return -EIO;
		err = z2_wklz_words_unpack(&ctx->unpacker, src, unit, dst + i * Z2_WKLZ_UNIT);
		if (err)
			return err;
		src += unit;
		len -= unit;
	}
	return 0;
}

/* The kernel's, where it has one: it is looked after by more people. */
static int lz_decompress(const u8 *src, size_t len, u8 *dst)
{
#if IS_ENABLED(CONFIG_LZ4_DECOMPRESS)
	return LZ4_decompress_safe(src, dst, len, PAGE_SIZE) == PAGE_SIZE ? 0 : -EIO;
#else
	return z2_wklz_lz_unpack(src, len, dst, PAGE_SIZE);
#endif
}

static int wklz_decompress(void *ctx, const void *src, size_t len, void *dst)
{
	if (!len)
		return -EIO;
	switch (*(const u8 *)src) {
	case MODE_LZ:
		return lz_decompress(src + 1, len - 1, dst);
	case MODE_WORDS:
		return words_decompress(ctx, src, len, dst);
	default:
		return -EIO;
	}
}

const struct z2_codec_ops z2_codec_wklz = {
	.name = "wklz",
	.quick = true,
	.setup = wklz_setup,
	.teardown = wklz_teardown,
	.ctx_create = wklz_ctx_create,
	.ctx_destroy = wklz_ctx_destroy,
	.compress = wklz_compress,
	.decompress = wklz_decompress,
};

// SPDX-License-Identifier: GPL-2.0
/*
 * LZ4: the level is its acceleration, 1 and up; a dictionary if given.
 *
 * What the library works in is memory of a size that it names: its types may
 * be incomplete.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/lz4.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <zram2/codec.h>
#include <zram2/params.h>

/**
 * struct lz4_ctx - a CPU's memory
 * @params: the codec's
 * @primed: a compressor that has read the dictionary, shared; NULL without one
 * @state: the compressor's own, overwritten by @primed for each page
 * @decode: where decompression finds the dictionary
 */
struct lz4_ctx {
	const struct z2_codec_params *params;
	const void *primed;
	u8 state[LZ4_MEM_COMPRESS] __aligned(8);
	u8 decode[LZ4_MEM_DECOMPRESS] __aligned(8);
};

static int lz4_setup(struct z2_codec_params *params, void **shared)
{
	void *primed;

	BUILD_BUG_ON(LZ4_COMPRESSBOUND(PAGE_SIZE) > Z2_CODEC_DST_MAX);
	if (params->level == Z2_PARAM_UNSET)
		params->level = LZ4_ACCELERATION_DEFAULT;
	if (!params->dict)
		return 0;

	primed = kvzalloc(LZ4_MEM_COMPRESS, GFP_KERNEL);
	if (!primed)
		return -ENOMEM;
	/* It takes the last 64 KiB of a longer one, nothing of a tiny one. */
	if (!LZ4_loadDict(primed, params->dict, params->dict_len)) {
		kvfree(primed);
		return -EINVAL;
	}
	*shared = primed;
	return 0;
}

static void lz4_teardown(void *shared)
{
	kvfree(shared);
}

static void *lz4_ctx_create(const struct z2_codec_params *params, void *shared)
{
	struct lz4_ctx *ctx = kvzalloc_obj(*ctx);

	if (!ctx)
		return ERR_PTR(-ENOMEM);
	ctx->params = params;
	ctx->primed = shared;
	return ctx;
}

static void lz4_ctx_destroy(void *ctx)
{
	kvfree(ctx);
}

static int lz4_compress(void *context, const void *src, void *dst)
{
	struct lz4_ctx *ctx = context;
	int level = ctx->params->level;
	int len;

	if (ctx->primed) {
		memcpy(ctx->state, ctx->primed, LZ4_MEM_COMPRESS);
		len = LZ4_compress_fast_continue((LZ4_stream_t *)ctx->state, src, dst, PAGE_SIZE,
						 Z2_CODEC_DST_MAX, level);
	} else {
		len = LZ4_compress_fast(src, dst, PAGE_SIZE, Z2_CODEC_DST_MAX, level,
					ctx->state);
	}
	return len ?: -EIO;
}

static int lz4_decompress(void *context, const void *src, size_t len, void *dst)
{
	struct lz4_ctx *ctx = context;
	LZ4_streamDecode_t *decode = (LZ4_streamDecode_t *)ctx->decode;
	int out;

	if (ctx->primed) {
		LZ4_setStreamDecode(decode, ctx->params->dict, ctx->params->dict_len);
		out = LZ4_decompress_safe_continue(decode, src, dst, len, PAGE_SIZE);
	} else {
		out = LZ4_decompress_safe(src, dst, len, PAGE_SIZE);
	}
	return out == PAGE_SIZE ? 0 : -EIO;
}

const struct z2_codec_ops z2_codec_lz4 = {
	.name = "lz4",
	.quick = true,
	.setup = lz4_setup,
	.teardown = lz4_teardown,
	.ctx_create = lz4_ctx_create,
	.ctx_destroy = lz4_ctx_destroy,
	.compress = lz4_compress,
	.decompress = lz4_decompress,
};

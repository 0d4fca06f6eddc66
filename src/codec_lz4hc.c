// SPDX-License-Identifier: GPL-2.0
/*
 * LZ4 HC: slower and smaller than LZ4, read by the same decompressor.  As for
 * its memory, see codec_lz4.c.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/lz4.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include <zram2/codec.h>
#include <zram2/params.h>

/**
 * struct lz4hc_ctx - a CPU's memory
 * @params: the codec's
 * @state: the compressor's own
 * @decode: where decompression finds the dictionary
 */
struct lz4hc_ctx {
	const struct z2_codec_params *params;
	u8 state[LZ4HC_MEM_COMPRESS] __aligned(8);
	u8 decode[LZ4_MEM_DECOMPRESS] __aligned(8);
};

static int lz4hc_setup(struct z2_codec_params *params, void **shared)
{
	BUILD_BUG_ON(LZ4_COMPRESSBOUND(PAGE_SIZE) > Z2_CODEC_DST_MAX);
	if (params->level == Z2_PARAM_UNSET)
		params->level = LZ4HC_DEFAULT_CLEVEL;
	return 0;
}

static void lz4hc_teardown(void *shared)
{
}

static void *lz4hc_ctx_create(const struct z2_codec_params *params, void *shared)
{
	struct lz4hc_ctx *ctx = kvzalloc_obj(*ctx);

	if (!ctx)
		return ERR_PTR(-ENOMEM);
	ctx->params = params;
	return ctx;
}

static void lz4hc_ctx_destroy(void *ctx)
{
	kvfree(ctx);
}

static int lz4hc_compress(void *context, const void *src, void *dst)
{
	struct lz4hc_ctx *ctx = context;
	const struct z2_codec_params *params = ctx->params;
	LZ4_streamHC_t *state = (LZ4_streamHC_t *)ctx->state;
	int len;

	if (params->dict) {
		/* Its chains point into the dictionary: made anew for each page. */
		LZ4_resetStreamHC(state, params->level);
		LZ4_loadDictHC(state, params->dict, params->dict_len);
		len = LZ4_compress_HC_continue(state, src, dst, PAGE_SIZE,
					       Z2_CODEC_DST_MAX);
	} else {
		len = LZ4_compress_HC(src, dst, PAGE_SIZE, Z2_CODEC_DST_MAX, params->level,
				      state);
	}
	return len ?: -EIO;
}

static int lz4hc_decompress(void *context, const void *src, size_t len, void *dst)
{
	struct lz4hc_ctx *ctx = context;
	const struct z2_codec_params *params = ctx->params;
	LZ4_streamDecode_t *decode = (LZ4_streamDecode_t *)ctx->decode;
	int out;

	if (params->dict) {
		LZ4_setStreamDecode(decode, params->dict, params->dict_len);
		out = LZ4_decompress_safe_continue(decode, src, dst, len, PAGE_SIZE);
	} else {
		out = LZ4_decompress_safe(src, dst, len, PAGE_SIZE);
	}
	return out == PAGE_SIZE ? 0 : -EIO;
}

const struct z2_codec_ops z2_codec_lz4hc = {
	.name = "lz4hc",
	.quick = true,
	.setup = lz4hc_setup,
	.teardown = lz4hc_teardown,
	.ctx_create = lz4hc_ctx_create,
	.ctx_destroy = lz4hc_ctx_destroy,
	.compress = lz4hc_compress,
	.decompress = lz4hc_decompress,
};

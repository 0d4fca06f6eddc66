// SPDX-License-Identifier: GPL-2.0
/* LZO1X, plain and with run-length encoding of zeroes: no parameters. */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/lzo.h>
#include <linux/mm.h>

#include <zram2/codec.h>
#include <zram2/params.h>

static int lzo_setup(struct z2_codec_params *params, void **shared)
{
	BUILD_BUG_ON(lzo1x_worst_compress(PAGE_SIZE) > Z2_CODEC_DST_MAX);
	return params->dict ? -EOPNOTSUPP : 0;
}

static void lzo_teardown(void *shared)
{
}

/* The context is the compressor's hash table; decompression needs none. */
static void *lzo_ctx_create(const struct z2_codec_params *params, void *shared)
{
	void *mem = kvzalloc(LZO1X_MEM_COMPRESS, GFP_KERNEL);

	return mem ?: ERR_PTR(-ENOMEM);
}

static void lzo_ctx_destroy(void *ctx)
{
	kvfree(ctx);
}

static int lzo_compress(void *ctx, const void *src, void *dst)
{
	size_t len = Z2_CODEC_DST_MAX;

	return lzo1x_1_compress(src, PAGE_SIZE, dst, &len, ctx) == LZO_E_OK ? len : -EIO;
}

static int lzorle_compress(void *ctx, const void *src, void *dst)
{
	size_t len = Z2_CODEC_DST_MAX;

	return lzorle1x_1_compress(src, PAGE_SIZE, dst, &len, ctx) == LZO_E_OK ? len : -EIO;
}

static int lzo_decompress(void *ctx, const void *src, size_t len, void *dst)
{
	size_t out = PAGE_SIZE;

	if (lzo1x_decompress_safe(src, len, dst, &out) != LZO_E_OK || out != PAGE_SIZE)
		return -EIO;
	return 0;
}

const struct z2_codec_ops z2_codec_lzo = {
	.name = "lzo",
	.quick = true,
	.setup = lzo_setup,
	.teardown = lzo_teardown,
	.ctx_create = lzo_ctx_create,
	.ctx_destroy = lzo_ctx_destroy,
	.compress = lzo_compress,
	.decompress = lzo_decompress,
};

const struct z2_codec_ops z2_codec_lzorle = {
	.name = "lzo-rle",
	.quick = true,
	.setup = lzo_setup,
	.teardown = lzo_teardown,
	.ctx_create = lzo_ctx_create,
	.ctx_destroy = lzo_ctx_destroy,
	.compress = lzorle_compress,
	.decompress = lzo_decompress,
};

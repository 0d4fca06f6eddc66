// SPDX-License-Identifier: GPL-2.0
/*
 * LZ4 without a dictionary, by the calls and with the memory of the in-tree
 * driver.  What zram2's own codec_lz4 makes of it is not what is compared with.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/lz4.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include "measure.h"

static int lz4_setup(struct z2_codec_params *params, void **shared)
{
	return 0;
}

static void lz4_teardown(void *shared)
{
}

static void *lz4_ctx_create(const struct z2_codec_params *params, void *shared)
{
	return vmalloc(LZ4_MEM_COMPRESS) ?: ERR_PTR(-ENOMEM);
}

static void lz4_ctx_destroy(void *ctx)
{
	vfree(ctx);
}

static int lz4_compress(void *ctx, const void *src, void *dst)
{
	return LZ4_compress_fast(src, dst, PAGE_SIZE, Z2_CODEC_DST_MAX,
				 LZ4_ACCELERATION_DEFAULT, ctx) ?: -EIO;
}

static int lz4_decompress(void *ctx, const void *src, size_t len, void *dst)
{
	return LZ4_decompress_safe(src, dst, len, PAGE_SIZE) == PAGE_SIZE ? 0 : -EIO;
}

const struct z2_codec_ops in_tree_lz4 = {
	.name = "lz4",
	.setup = lz4_setup,
	.teardown = lz4_teardown,
	.ctx_create = lz4_ctx_create,
	.ctx_destroy = lz4_ctx_destroy,
	.compress = lz4_compress,
	.decompress = lz4_decompress,
};

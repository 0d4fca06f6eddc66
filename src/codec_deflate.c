// SPDX-License-Identifier: GPL-2.0
/* Deflate: level 0 to 9, winbits as zlib counts them (negative: no header). */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/zlib.h>

#include <zram2/codec.h>
#include <zram2/params.h>

/* A window of 2 KiB without header, as the kernel's crypto API has it. */
#define DEFAULT_WINBITS	(-11)

/*
 * Of memory for as many symbols as a page can have (64 << level): a level more
 * doubles what a stream takes, and saves a ten thousandth of what is stored.
 */
#define MEM_LEVEL	(PAGE_SHIFT - 6 < MAX_MEM_LEVEL ? PAGE_SHIFT - 6 : MAX_MEM_LEVEL)

/**
 * struct deflate_ctx - a CPU's states
 * @compress: workspace and state of compression
 * @decompress: the same for decompression
 */
struct deflate_ctx {
	struct z_stream_s compress;
	struct z_stream_s decompress;
};

static int deflate_setup(struct z2_codec_params *params, void **shared)
{
	int bits;

	if (params->dict)
		return -EOPNOTSUPP;
	if (params->level == Z2_PARAM_UNSET)
		params->level = Z_DEFAULT_COMPRESSION;
	if (params->winbits == Z2_PARAM_UNSET)
		params->winbits = DEFAULT_WINBITS;

	bits = abs(params->winbits);
	if (bits < 9 || bits > MAX_WBITS)
		return -EINVAL;
	if (params->level < Z_DEFAULT_COMPRESSION || params->level > Z_BEST_COMPRESSION)
		return -EINVAL;
	return 0;
}

static void deflate_teardown(void *shared)
{
}

static void deflate_ctx_destroy(void *context)
{
	struct deflate_ctx *ctx = context;

	if (!ctx)
		return;
	kvfree(ctx->compress.workspace);
	kvfree(ctx->decompress.workspace);
	kfree(ctx);
}

static void *deflate_ctx_create(const struct z2_codec_params *params, void *shared)
{
	struct deflate_ctx *ctx;

	ctx = kzalloc_obj(*ctx);
	if (!ctx)
		return ERR_PTR(-ENOMEM);

	ctx->compress.workspace = kvzalloc(zlib_deflate_workspacesize(params->winbits, MEM_LEVEL),
					   GFP_KERNEL);
	ctx->decompress.workspace = kvzalloc(zlib_inflate_workspacesize(), GFP_KERNEL);
	if (!ctx->compress.workspace || !ctx->decompress.workspace)
		goto no_memory;

	if (zlib_deflateInit2(&ctx->compress, params->level, Z_DEFLATED, params->winbits,
			      MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK ||
	    zlib_inflateInit2(&ctx->decompress, params->winbits) != Z_OK) {
		deflate_ctx_destroy(ctx);
		return ERR_PTR(-EINVAL);
	}
	return ctx;

no_memory:
	deflate_ctx_destroy(ctx);
	return ERR_PTR(-ENOMEM);
}

static int deflate_compress(void *context, const void *src, void *dst)
{
	struct z_stream_s *stream = &((struct deflate_ctx *)context)->compress;

	if (zlib_deflateReset(stream) != Z_OK)
		return -EIO;
	stream->next_in = src;
	stream->avail_in = PAGE_SIZE;
	stream->next_out = dst;
	stream->avail_out = Z2_CODEC_DST_MAX;
	return zlib_deflate(stream, Z_FINISH) == Z_STREAM_END ? stream->total_out : -EIO;
}

static int deflate_decompress(void *context, const void *src, size_t len, void *dst)
{
	struct z_stream_s *stream = &((struct deflate_ctx *)context)->decompress;

	if (zlib_inflateReset(stream) != Z_OK)
		return -EIO;
	stream->next_in = src;
	stream->avail_in = len;
	stream->next_out = dst;
	stream->avail_out = PAGE_SIZE;
	if (zlib_inflate(stream, Z_FINISH) != Z_STREAM_END || stream->total_out != PAGE_SIZE)
		return -EIO;
	return 0;
}

const struct z2_codec_ops z2_codec_deflate = {
	.name = "deflate",
	.setup = deflate_setup,
	.teardown = deflate_teardown,
	.ctx_create = deflate_ctx_create,
	.ctx_destroy = deflate_ctx_destroy,
	.compress = deflate_compress,
	.decompress = deflate_decompress,
};

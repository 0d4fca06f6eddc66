// SPDX-License-Identifier: GPL-2.0
/*
 * Zstandard.  Without a dictionary the contexts lie in workspaces of a size
 * known beforehand; with one the library allocates by itself, for which it
 * wants an allocator: when the dictionary is loaded, and at a context's first
 * page.  What that takes depends on the parameters, never on the contents.
 */
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/zstd.h>

#include <zram2/codec.h>
#include <zram2/params.h>

/**
 * struct zstd_shared - what all streams share
 * @params: for pages, from the level
 * @cdict: the dictionary made ready for compression, or NULL
 * @ddict: the same for decompression
 * @no_memory: an allocation has failed, of which the library says nothing
 */
struct zstd_shared {
	zstd_parameters params;
	zstd_cdict *cdict;
	zstd_ddict *ddict;
	bool no_memory;
};

/**
 * struct zstd_ctx - a CPU's contexts
 * @shared: the codec's
 * @cctx: for compression
 * @dctx: for decompression
 * @cmem: what @cctx lies in, NULL if the library allocated it
 * @dmem: the same for @dctx
 */
struct zstd_ctx {
	const struct zstd_shared *shared;
	zstd_cctx *cctx;
	zstd_dctx *dctx;
	void *cmem;
	void *dmem;
};

static void *zstd_alloc(void *opaque, size_t size)
{
	struct zstd_shared *shared = opaque;
	void *mem = kvzalloc(size, GFP_KERNEL | __GFP_NOWARN);

	if (!mem)
		WRITE_ONCE(shared->no_memory, true);
	return mem;
}

static void zstd_free(void *opaque, void *mem)
{
	kvfree(mem);
}

static zstd_custom_mem zstd_allocator(struct zstd_shared *shared)
{
	return (zstd_custom_mem){
		.customAlloc = zstd_alloc,
		.customFree = zstd_free,
		.opaque = shared,
	};
}

static void codec_zstd_teardown(void *arg)
{
	struct zstd_shared *shared = arg;

	if (!shared)
		return;
	zstd_free_cdict(shared->cdict);
	zstd_free_ddict(shared->ddict);
	kfree(shared);
}

static int load_dict(struct zstd_shared *shared, const struct z2_codec_params *params)
{
	zstd_compression_parameters cparams;

	if (!Z2_ZSTD_DICT)
		return -EOPNOTSUPP;

	cparams = zstd_get_cparams(params->level, PAGE_SIZE, params->dict_len);
	shared->cdict = zstd_create_cdict_byreference(params->dict, params->dict_len, cparams,
						      zstd_allocator(shared));
	shared->ddict = zstd_create_ddict_byreference(params->dict, params->dict_len,
						      zstd_allocator(shared));
	if (shared->cdict && shared->ddict)
		return 0;
	return shared->no_memory ? -ENOMEM : -EINVAL;
}

static int codec_zstd_setup(struct z2_codec_params *params, void **arg)
{
	struct zstd_shared *shared;
	int err;

	shared = kzalloc_obj(*shared);
	if (!shared)
		return -ENOMEM;

	if (params->level == Z2_PARAM_UNSET)
		params->level = zstd_default_clevel();
	/* The library brings a level out of range to the nearest it has. */
	shared->params = zstd_get_params(params->level, PAGE_SIZE);

	if (params->dict) {
		err = load_dict(shared, params);
		if (err) {
			codec_zstd_teardown(shared);
			return err;
		}
	}
	*arg = shared;
	return 0;
}

static void codec_zstd_ctx_destroy(void *context)
{
	struct zstd_ctx *ctx = context;

	if (!ctx)
		return;
	if (ctx->shared->cdict) {
		zstd_free_cctx(ctx->cctx);
		zstd_free_dctx(ctx->dctx);
	}
	kvfree(ctx->cmem);
	kvfree(ctx->dmem);
	kfree(ctx);
}

static void *codec_zstd_ctx_create(const struct z2_codec_params *params, void *arg)
{
	struct zstd_shared *shared = arg;
	struct zstd_ctx *ctx;
	size_t size;

	ctx = kzalloc_obj(*ctx);
	if (!ctx)
		return ERR_PTR(-ENOMEM);
	ctx->shared = shared;

	if (shared->cdict) {
		ctx->cctx = zstd_create_cctx_advanced(zstd_allocator(shared));
		ctx->dctx = zstd_create_dctx_advanced(zstd_allocator(shared));
	} else {
		size = zstd_cctx_workspace_bound(&shared->params.cParams);
		ctx->cmem = kvzalloc(size, GFP_KERNEL);
		if (ctx->cmem)
			ctx->cctx = zstd_init_cctx(ctx->cmem, size);
		size = zstd_dctx_workspace_bound();
		ctx->dmem = kvzalloc(size, GFP_KERNEL);
		if (ctx->dmem)
			ctx->dctx = zstd_init_dctx(ctx->dmem, size);
	}
	if (!ctx->cctx || !ctx->dctx) {
		codec_zstd_ctx_destroy(ctx);
		return ERR_PTR(-ENOMEM);
	}
	return ctx;
}

static int codec_zstd_compress(void *context, const void *src, void *dst)
{
	struct zstd_ctx *ctx = context;
	const struct zstd_shared *shared = ctx->shared;
	size_t len;

	if (shared->cdict)
		len = zstd_compress_using_cdict(ctx->cctx, dst, Z2_CODEC_DST_MAX, src, PAGE_SIZE,
						shared->cdict);
	else
		len = zstd_compress_cctx(ctx->cctx, dst, Z2_CODEC_DST_MAX, src, PAGE_SIZE,
					 &shared->params);
	return zstd_is_error(len) ? -EIO : len;
}

static int codec_zstd_decompress(void *context, const void *src, size_t len, void *dst)
{
	struct zstd_ctx *ctx = context;
	const struct zstd_shared *shared = ctx->shared;
	size_t out;

	if (shared->ddict)
		out = zstd_decompress_using_ddict(ctx->dctx, dst, PAGE_SIZE, src, len,
						  shared->ddict);
	else
		out = zstd_decompress_dctx(ctx->dctx, dst, PAGE_SIZE, src, len);
	return out == PAGE_SIZE ? 0 : -EIO;
}

const struct z2_codec_ops z2_codec_zstd = {
	.name = "zstd",
	.setup = codec_zstd_setup,
	.teardown = codec_zstd_teardown,
	.ctx_create = codec_zstd_ctx_create,
	.ctx_destroy = codec_zstd_ctx_destroy,
	.compress = codec_zstd_compress,
	.decompress = codec_zstd_decompress,
};

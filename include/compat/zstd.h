/* SPDX-License-Identifier: GPL-2.0 */
/* zstd, forced into codec_zstd.c. */
#ifndef Z2_COMPAT_ZSTD_H
#define Z2_COMPAT_ZSTD_H

#include <linux/errno.h>
#include <linux/zstd.h>

/*
 * zstd_default_clevel(): exported since 6.12; the library's own default has
 * been 3 (ZSTD_CLEVEL_DEFAULT) in every kernel.
 */
#ifndef Z2_HAVE_ZSTD_DEFAULT_CLEVEL
static inline int zstd_default_clevel(void)
{
	return 3;
}
#endif

/*
 * Dictionaries: exported since 6.12.  Without them the types are empty and
 * nothing can be created, so that codec_zstd.c refuses a dictionary by itself.
 */
#ifdef Z2_HAVE_ZSTD_CDICT
#define Z2_ZSTD_DICT 1
#else
#define Z2_ZSTD_DICT 0
typedef struct z2_zstd_dict zstd_cdict;
typedef struct z2_zstd_dict zstd_ddict;
typedef struct {
	void *(*customAlloc)(void *opaque, size_t size);
	void (*customFree)(void *opaque, void *address);
	void *opaque;
} zstd_custom_mem;

#define zstd_get_cparams(level, size, dict_size) (zstd_get_params(level, size).cParams)

static inline zstd_cdict *zstd_create_cdict_byreference(const void *dict, size_t len,
							zstd_compression_parameters cparams,
							zstd_custom_mem mem)
{
	return NULL;
}

static inline zstd_ddict *zstd_create_ddict_byreference(const void *dict, size_t len,
							zstd_custom_mem mem)
{
	return NULL;
}

static inline zstd_cctx *zstd_create_cctx_advanced(zstd_custom_mem mem)
{
	return NULL;
}

static inline zstd_dctx *zstd_create_dctx_advanced(zstd_custom_mem mem)
{
	return NULL;
}

static inline size_t zstd_free_cctx(zstd_cctx *cctx)
{
	return 0;
}

static inline size_t zstd_free_dctx(zstd_dctx *dctx)
{
	return 0;
}

static inline size_t zstd_free_cdict(zstd_cdict *dict)
{
	return 0;
}

static inline size_t zstd_free_ddict(zstd_ddict *dict)
{
	return 0;
}

static inline size_t zstd_compress_using_cdict(zstd_cctx *cctx, void *dst, size_t cap,
					       const void *src, size_t len,
					       const zstd_cdict *dict)
{
	return -EOPNOTSUPP;
}

static inline size_t zstd_decompress_using_ddict(zstd_dctx *dctx, void *dst, size_t cap,
						 const void *src, size_t len,
						 const zstd_ddict *dict)
{
	return -EOPNOTSUPP;
}
#endif

#endif

/* SPDX-License-Identifier: GPL-2.0 */
#pragma once
#include "zstd_types.h"

int zstd_default_clevel(void);

typedef struct stub_dict zstd_cdict;
typedef struct stub_dict zstd_ddict;
typedef struct {
	void *(*customAlloc)(void *opaque, size_t size);
	void (*customFree)(void *opaque, void *address);
	void *opaque;
} zstd_custom_mem;

zstd_compression_parameters zstd_get_cparams(int level,
	unsigned long long estimated_src_size, size_t dict_size);
zstd_cctx *zstd_create_cctx_advanced(zstd_custom_mem custom_mem);
size_t zstd_free_cctx(zstd_cctx *cctx);
/**
 * zstd_create_cdict_byreference() - of a dictionary
 */
zstd_cdict *zstd_create_cdict_byreference(const void *dict, size_t dict_size,
					  zstd_compression_parameters cparams,
					  zstd_custom_mem custom_mem);
size_t zstd_free_cdict(zstd_cdict *cdict);
zstd_ddict *zstd_create_ddict_byreference(const void *dict, size_t dict_size,
					  zstd_custom_mem custom_mem);
size_t zstd_free_ddict(zstd_ddict *ddict);
zstd_dctx *zstd_create_dctx_advanced(zstd_custom_mem custom_mem);
size_t zstd_free_dctx(zstd_dctx *dctx);
size_t zstd_compress_using_cdict(zstd_cctx *cctx, void *dst, size_t dst_capacity,
	const void *src, size_t src_size, const zstd_cdict *cdict);
size_t zstd_decompress_using_ddict(zstd_dctx *dctx, void *dst, size_t dst_capacity,
	const void *src, size_t src_size, const zstd_ddict *ddict);

#define STUB_DICT

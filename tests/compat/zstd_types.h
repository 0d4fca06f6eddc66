/* SPDX-License-Identifier: GPL-2.0 */
/* What linux/zstd.h has in every form. */
#ifndef STUB_ZSTD_TYPES_H
#define STUB_ZSTD_TYPES_H

typedef struct stub_cctx zstd_cctx;
typedef struct stub_dctx zstd_dctx;
typedef struct {
	int level;
	size_t size;
	size_t dict_size;
} zstd_compression_parameters;
typedef struct {
	zstd_compression_parameters cParams;
} zstd_parameters;

zstd_parameters zstd_get_params(int level, unsigned long long estimated_src_size);
unsigned int zstd_is_error(size_t code);

#endif

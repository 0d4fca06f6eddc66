/* SPDX-License-Identifier: GPL-2.0 */
#pragma once
enum zs_mapmode {
	ZS_MM_RW,
	ZS_MM_RO,
	ZS_MM_WO
};

struct zs_pool;

unsigned long zs_malloc(struct zs_pool *pool, size_t size, gfp_t flags);
void *zs_map_object(struct zs_pool *pool, unsigned long handle,
			enum zs_mapmode mm);
void zs_unmap_object(struct zs_pool *pool, unsigned long handle);
unsigned int zs_lookup_class_index(struct zs_pool *pool, unsigned int size);

#define STUB_MAP
#define STUB_LOOKUP_ADDS	0

/* SPDX-License-Identifier: GPL-2.0 */
/* Memory for stored objects.  pool.c alone knows that it is zsmalloc. */
#ifndef ZRAM2_POOL_H
#define ZRAM2_POOL_H

#include <linux/gfp.h>
#include <linux/types.h>

struct z2_pool;

/* zsmalloc has no more size classes, whatever the page size. */
#define Z2_POOL_CLASSES_MAX	257

struct z2_pool *z2_pool_create(const char *name);
void z2_pool_destroy(struct z2_pool *pool);

int z2_pool_alloc(struct z2_pool *pool, size_t size, gfp_t gfp, int nid, unsigned long *handle);
void z2_pool_free(struct z2_pool *pool, unsigned long handle);
void z2_pool_store(struct z2_pool *pool, unsigned long handle, const void *src, size_t size);
void z2_pool_load(struct z2_pool *pool, unsigned long handle, void *dst, size_t size);
const void *z2_pool_map(struct z2_pool *pool, unsigned long handle, size_t size, void *bounce);
void z2_pool_unmap(struct z2_pool *pool, unsigned long handle, size_t size, const void *mem);

unsigned int z2_pool_classes(const struct z2_pool *pool);
unsigned int z2_pool_class(const struct z2_pool *pool, size_t size);
size_t z2_pool_class_size(const struct z2_pool *pool, unsigned int class);

size_t z2_pool_huge_size(const struct z2_pool *pool);
unsigned long z2_pool_pages(struct z2_pool *pool);
unsigned long z2_pool_pages_compacted(struct z2_pool *pool);
void z2_pool_compact(struct z2_pool *pool);

#endif

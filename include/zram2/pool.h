/* SPDX-License-Identifier: GPL-2.0 */
/* Memory for stored objects.  pool.c alone knows that it is zsmalloc. */
#ifndef ZRAM2_POOL_H
#define ZRAM2_POOL_H

#include <linux/gfp.h>
#include <linux/math.h>
#include <linux/mm.h>
#include <linux/prefetch.h>
#include <linux/types.h>

struct z2_pool;

/* zsmalloc has no more size classes, whatever the page size. */
#define Z2_POOL_CLASSES_MAX	257

/* Pages that it takes for a few objects at once; a kernel can be built for up to 16. */
#define Z2_POOL_PAGES_AT_ONCE	8

/* Classes begin at such sizes only: those that hold a handle in front. */
#define Z2_POOL_CLASS_UNIT	sizeof(unsigned long)

/**
 * struct z2_pool_classes - size classes: the room of any object of a class does
 * for any other of that class
 * @nr: how many there are; 0 if no object has room for another
 * @size: the largest object of each, bytes
 * @of: by size in units of Z2_POOL_CLASS_UNIT, rounded up
 */
struct z2_pool_classes {
	unsigned int nr;
	u32 size[Z2_POOL_CLASSES_MAX];
	u16 of[PAGE_SIZE / Z2_POOL_CLASS_UNIT + 1];
};

struct z2_pool *z2_pool_create(const char *name);
void z2_pool_destroy(struct z2_pool *pool);

int z2_pool_alloc(struct z2_pool *pool, size_t size, gfp_t gfp, int nid, unsigned long *handle);
void z2_pool_free(struct z2_pool *pool, unsigned long handle);
void z2_pool_store(struct z2_pool *pool, unsigned long handle, const void *src, size_t size);
void z2_pool_load(struct z2_pool *pool, unsigned long handle, void *dst, size_t size);
const void *z2_pool_map(struct z2_pool *pool, unsigned long handle, size_t size, void *bounce,
			bool quick);
void z2_pool_unmap(struct z2_pool *pool, unsigned long handle, size_t size, const void *mem,
		   bool quick);

const struct z2_pool_classes *z2_pool_classes(const struct z2_pool *pool);

size_t z2_pool_huge_size(const struct z2_pool *pool);
unsigned long z2_pool_pages(struct z2_pool *pool);
unsigned long z2_pool_pages_compacted(struct z2_pool *pool);
void z2_pool_compact(struct z2_pool *pool);

/**
 * z2_pool_prefetch() - an object will soon be used, or freed
 * @handle: it; may be none any more, or anything else
 *
 * zsmalloc's handle is the address of where it keeps an object's location.
 * That memory is seldom in the cache, is the first that anything done with an
 * object waits for, and the only one that can be named without the allocator's
 * locks.  A processor ignores what it can't fetch.
 */
static inline void z2_pool_prefetch(unsigned long handle)
{
	prefetch((const void *)handle);
}

/**
 * z2_pool_class() - the size class of an object
 * @classes: of its pool
 * @size: bytes, 1 to PAGE_SIZE
 *
 * Return: 0 to @classes->nr - 1.
 */
static inline unsigned int z2_pool_class(const struct z2_pool_classes *classes, size_t size)
{
	return classes->of[DIV_ROUND_UP(size, Z2_POOL_CLASS_UNIT)];
}

#endif

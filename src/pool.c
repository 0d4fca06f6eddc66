// SPDX-License-Identifier: GPL-2.0
/* The pool: zsmalloc, and what differs between its versions, behind one name. */
#include <linux/cache.h>
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/prefetch.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/zsmalloc.h>

#include <zram2/pool.h>

/*
 * As much of an object as is fetched at once: a per cent less for reading a page
 * back (lz4, lzo), and no less with three times as much.
 */
#define PREFETCH_BYTES	512

/**
 * struct z2_pool - memory for stored objects
 * @zs: the allocator; has its own locks
 * @huge_size: objects of this many bytes or more take a page of their own;
 *	fixed at creation
 * @handle_size: what to add to a size before its class is looked up; fixed
 * @bounce: what z2_pool_load() copies through, in the kernels that need that
 * @classes: of @zs; fixed
 */
struct z2_pool {
	struct zs_pool *zs;
	size_t huge_size;
	unsigned int handle_size;
	struct z2_compat_zs_bounce bounce;
	struct z2_pool_classes classes;
};

static unsigned int class_at(const struct z2_pool *pool, size_t size)
{
	return z2_compat_zs_class(pool->zs, size + pool->handle_size);
}

/* The huge size is where a class begins, if we look classes up as we should. */
static bool class_begins_at_huge(const struct z2_pool *pool)
{
	return class_at(pool, pool->huge_size - 1) != class_at(pool, pool->huge_size);
}

/*
 * Sizes that grow come to classes that grow.  If it can't be made out where
 * they begin, no object has room for another one.
 */
static void number_classes(struct z2_pool *pool)
{
	struct z2_pool_classes *classes = &pool->classes;
	unsigned int theirs, last = UINT_MAX;
	size_t size;

	BUILD_BUG_ON(Z2_POOL_CLASSES_MAX < Z2_COMPAT_ZS_CLASSES);
	if (!class_begins_at_huge(pool))
		pool->handle_size = sizeof(unsigned long);
	if (WARN_ON_ONCE(!class_begins_at_huge(pool) ||
			 (pool->huge_size - 1) % Z2_POOL_CLASS_UNIT))
		return;
	for (size = Z2_POOL_CLASS_UNIT; size <= PAGE_SIZE; size += Z2_POOL_CLASS_UNIT) {
		theirs = class_at(pool, size);
		classes->nr += theirs != last;
		last = theirs;
		classes->of[size / Z2_POOL_CLASS_UNIT] = classes->nr - 1;
		classes->size[classes->nr - 1] = size;
	}
}

/**
 * z2_pool_create() - an empty pool
 * @name: shown by zsmalloc's own statistics
 *
 * Context: process, may sleep.
 * Return: the pool, or ERR_PTR(-ENOMEM).
 */
struct z2_pool *z2_pool_create(const char *name)
{
	struct z2_pool *pool = kvzalloc_obj(*pool);

	if (!pool)
		return ERR_PTR(-ENOMEM);
	if (z2_compat_zs_bounce_init(&pool->bounce))
		goto free_pool;
	pool->zs = zs_create_pool(name);
	if (!pool->zs)
		goto exit_bounce;
	pool->huge_size = zs_huge_class_size(pool->zs);
	number_classes(pool);
	return pool;

exit_bounce:
	z2_compat_zs_bounce_exit(&pool->bounce);
free_pool:
	kvfree(pool);
	return ERR_PTR(-ENOMEM);
}

/**
 * z2_pool_destroy() - free a pool
 * @pool: the pool, all of whose objects have been freed; NULL is fine
 *
 * Context: process, may sleep.
 */
void z2_pool_destroy(struct z2_pool *pool)
{
	if (!pool)
		return;
	zs_destroy_pool(pool->zs);
	z2_compat_zs_bounce_exit(&pool->bounce);
	kvfree(pool);
}

/**
 * z2_pool_alloc() - room for an object
 * @pool: the pool
 * @size: bytes, 1 to PAGE_SIZE
 * @gfp: how hard to try; zone modifiers are added here
 * @nid: preferred node, where the kernel lets one choose
 * @handle: set to what names the object; never 0
 *
 * Context: as @gfp says; process otherwise.
 * Return: 0 or -ENOMEM.
 */
int z2_pool_alloc(struct z2_pool *pool, size_t size, gfp_t gfp, int nid, unsigned long *handle)
{
	unsigned long h = z2_compat_zs_malloc(pool->zs, size,
					      gfp | __GFP_NOWARN | __GFP_HIGHMEM | __GFP_MOVABLE,
					      nid);

	if (IS_ERR_VALUE(h))
		return (long)h;
	*handle = h;
	return 0;
}

/**
 * z2_pool_free() - give an object's room back
 * @pool: the pool
 * @handle: the object
 *
 * Context: process, interrupts on or off; takes zsmalloc's locks.
 */
void z2_pool_free(struct z2_pool *pool, unsigned long handle)
{
	zs_free(pool->zs, handle);
}

/**
 * z2_pool_store() - write an object
 * @pool: the pool
 * @handle: the object
 * @src: its bytes
 * @size: how many, up to what was allocated; beyond, it is undefined afterwards
 *
 * Context: process or atomic.
 */
void z2_pool_store(struct z2_pool *pool, unsigned long handle, const void *src, size_t size)
{
	zs_obj_write(pool->zs, handle, (void *)src, size);
}

/**
 * z2_pool_map() - look at an object
 * @pool: the pool
 * @handle: the object
 * @size: its bytes
 * @bounce: PAGE_SIZE bytes for when it doesn't lie in one piece, whatever @size
 *	is; the object may begin anywhere in it
 * @quick: the caller is done in a few microseconds, and doesn't sleep meanwhile
 *
 * Others may sleep until they call z2_pool_unmap(); all stay on the CPU's stack of
 * local mappings: others made meanwhile are undone first.
 *
 * Before 6.15 zsmalloc lets nobody look at an object but with preemption off.  The
 * quick ones do that, for a few microseconds, as the in-tree driver does for all; the
 * others get a copy, and preemption is off while that is made.
 *
 * Return: its bytes, to read only.
 */
const void *z2_pool_map(struct z2_pool *pool, unsigned long handle, size_t size, void *bounce,
			bool quick)
{
	const void *mem = z2_compat_zs_read_begin(pool->zs, handle, size, bounce, quick);
	size_t line;

	/*
	 * A stored object is seldom in the cache, and a processor fetches lines
	 * ahead only when it has waited for a few: fetch the first ones at once.
	 */
	for (line = SMP_CACHE_BYTES; mem != bounce && line < min_t(size_t, size, PREFETCH_BYTES);
	     line += SMP_CACHE_BYTES)
		prefetch(mem + line);
	return mem;
}

/**
 * z2_pool_unmap() - done with what z2_pool_map() returned
 * @pool: the pool
 * @handle: the object
 * @size: as mapped
 * @mem: as returned
 * @quick: as mapped
 */
void z2_pool_unmap(struct z2_pool *pool, unsigned long handle, size_t size, const void *mem,
		   bool quick)
{
	z2_compat_zs_read_end(pool->zs, handle, size, (void *)mem, quick);
}

/**
 * z2_pool_load() - copy an object out
 * @pool: the pool
 * @handle: the object
 * @dst: where to; nothing beyond @size is written
 * @size: its bytes
 *
 * Needs no memory, and so can't fail.
 *
 * Context: process, may sleep for other loads.
 */
void z2_pool_load(struct z2_pool *pool, unsigned long handle, void *dst, size_t size)
{
	void *copy = z2_compat_zs_bounce_get(&pool->bounce, dst, size);
	const void *mem = z2_pool_map(pool, handle, size, copy, false);

	if (mem != dst)
		memcpy(dst, mem, size);
	z2_pool_unmap(pool, handle, size, mem, false);
	z2_compat_zs_bounce_put(&pool->bounce, copy);
}

/**
 * z2_pool_classes() - the pool's size classes
 * @pool: the pool
 *
 * Return: fixed for the life of the pool.
 */
const struct z2_pool_classes *z2_pool_classes(const struct z2_pool *pool)
{
	return &pool->classes;
}

/**
 * z2_pool_huge_size() - from which size on an object takes a page of its own
 * @pool: the pool
 *
 * Return: bytes; compressing to that much or more saves nothing.
 */
size_t z2_pool_huge_size(const struct z2_pool *pool)
{
	return pool->huge_size;
}

/**
 * z2_pool_pages() - memory used
 * @pool: the pool
 *
 * Context: any.
 * Return: pages.
 */
unsigned long z2_pool_pages(struct z2_pool *pool)
{
	return zs_get_total_pages(pool->zs);
}

/**
 * z2_pool_pages_compacted() - memory freed by compaction so far
 * @pool: the pool
 *
 * Return: pages.
 */
unsigned long z2_pool_pages_compacted(struct z2_pool *pool)
{
	struct zs_pool_stats stats;

	zs_pool_stats(pool->zs, &stats);
	return atomic_long_read(&stats.pages_compacted);
}

/**
 * z2_pool_compact() - gather objects so that whole pages become free
 * @pool: the pool
 *
 * Context: process, may sleep; long.
 */
void z2_pool_compact(struct z2_pool *pool)
{
	zs_compact(pool->zs);
}

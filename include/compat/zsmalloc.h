/* SPDX-License-Identifier: GPL-2.0 */
/* zsmalloc, forced into pool.c. */
#ifndef Z2_COMPAT_ZSMALLOC_H
#define Z2_COMPAT_ZSMALLOC_H

#include <linux/atomic.h>
#include <linux/math.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/zsmalloc.h>

/*
 * zs_malloc(): the node came with 6.16.
 */
#ifdef Z2_HAVE_ZS_MALLOC_NID
#define z2_compat_zs_malloc(pool, size, gfp, nid) zs_malloc(pool, size, gfp, nid)
#elif defined(Z2_HAVE_ZS_MALLOC)
#define z2_compat_zs_malloc(pool, size, gfp, nid) zs_malloc(pool, size, gfp)
#else
#error "zs_malloc(): takes something else than pool, size, flags, and perhaps a node"
#endif

/*
 * Which size class would an object of @size bytes come from?
 *   newest      zs_lookup_class_index() adds the handle that zsmalloc puts in
 *               front of an object
 *   since 6.2   it leaves that to the caller
 *   before      nobody tells; mm/zsmalloc.c rounds what is above 32 bytes
 *               (ZS_MIN_ALLOC_SIZE) up to a 256th of a page
 *               (ZS_SIZE_CLASS_DELTA), and merges some of those classes
 * Headers don't tell the first two apart: pool.c tries.
 */
#define Z2_COMPAT_ZS_CLASSES	257

static inline unsigned int z2_compat_zs_class(struct zs_pool *pool, unsigned int size)
{
#ifdef Z2_HAVE_ZS_CLASS_INDEX
	return zs_lookup_class_index(pool, size);
#else
	return size <= 32 ? 0 : DIV_ROUND_UP(size - 32, PAGE_SIZE >> 8);
#endif
}

/*
 * Access to an object, which is copied to @copy if it spans two pages:
 *   before 6.15   zs_map_object(), returns with preemption off
 *   6.15 to 6.19  zs_obj_read_begin(pool, handle, copy), which copies all of the
 *                 size class, with zsmalloc's handle in front: up to PAGE_SIZE,
 *                 however short the object
 *   since 7.0     zs_obj_read_begin(pool, handle, len, copy), which copies @len
 * With the oldest form whoever isn't @quick gets a copy of any object, unmapped at
 * once: preemption must not stay off while a codec takes its time, or sleeps.
 */
#if defined(Z2_HAVE_ZS_OBJ_READ_LEN)
#define z2_compat_zs_read_begin(pool, handle, len, copy, quick) \
	zs_obj_read_begin(pool, handle, len, copy)
#define z2_compat_zs_read_end(pool, handle, len, mem, quick) \
	zs_obj_read_end(pool, handle, len, mem)
#elif defined(Z2_HAVE_ZS_OBJ_READ)
#define z2_compat_zs_read_begin(pool, handle, len, copy, quick) \
	zs_obj_read_begin(pool, handle, copy)
#define z2_compat_zs_read_end(pool, handle, len, mem, quick) \
	zs_obj_read_end(pool, handle, mem)
#elif defined(Z2_HAVE_ZS_MAP_OBJECT)
static inline void *z2_compat_zs_read_begin(struct zs_pool *pool, unsigned long handle,
					    size_t len, void *copy, bool quick)
{
	void *mem = zs_map_object(pool, handle, ZS_MM_RO);

	if (quick)
		return mem;
	memcpy(copy, mem, len);
	zs_unmap_object(pool, handle);
	return copy;
}

static inline void z2_compat_zs_read_end(struct zs_pool *pool, unsigned long handle,
					 size_t len, void *mem, bool quick)
{
	if (quick)
		zs_unmap_object(pool, handle);
}

static inline void zs_obj_write(struct zs_pool *pool, unsigned long handle, void *mem, size_t len)
{
	memcpy(zs_map_object(pool, handle, ZS_MM_WO), mem, len);
	zs_unmap_object(pool, handle);
}
#else
#error "zs_obj_read_begin(): neither that nor zs_map_object() is there"
#endif

/*
 * Where a reader gets @copy from that has room for @len bytes at @dst and no
 * more.  From 6.15 to 6.19 it is a page of the pool's own, one reader at a time;
 * otherwise @dst does.
 */
#if defined(Z2_HAVE_ZS_OBJ_READ) && !defined(Z2_HAVE_ZS_OBJ_READ_LEN)
struct z2_compat_zs_bounce {
	/* Held from _get() to _put(): what is in @page. */
	struct mutex lock;
	void *page;
};

static inline int z2_compat_zs_bounce_init(struct z2_compat_zs_bounce *bounce)
{
	mutex_init(&bounce->lock);
	bounce->page = kmalloc(PAGE_SIZE, GFP_KERNEL);
	return bounce->page ? 0 : -ENOMEM;
}

static inline void z2_compat_zs_bounce_exit(struct z2_compat_zs_bounce *bounce)
{
	kfree(bounce->page);
}

static inline void *z2_compat_zs_bounce_get(struct z2_compat_zs_bounce *bounce, void *dst,
					    size_t len)
{
	if (len == PAGE_SIZE)
		return dst;
	mutex_lock(&bounce->lock);
	return bounce->page;
}

static inline void z2_compat_zs_bounce_put(struct z2_compat_zs_bounce *bounce, void *copy)
{
	if (copy == bounce->page)
		mutex_unlock(&bounce->lock);
}
#else
struct z2_compat_zs_bounce {};

static inline int z2_compat_zs_bounce_init(struct z2_compat_zs_bounce *bounce)
{
	return 0;
}

static inline void z2_compat_zs_bounce_exit(struct z2_compat_zs_bounce *bounce)
{
}

static inline void *z2_compat_zs_bounce_get(struct z2_compat_zs_bounce *bounce, void *dst,
					    size_t len)
{
	return dst;
}

static inline void z2_compat_zs_bounce_put(struct z2_compat_zs_bounce *bounce, void *copy)
{
}
#endif

#endif

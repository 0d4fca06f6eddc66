/* SPDX-License-Identifier: GPL-2.0 */
/*
 * zsmalloc as each kernel has it, at its worst: classes are merged, objects lie
 * where the test wants them to, what may be copied is, and what is returned is
 * gone when it is given back.  linux/zsmalloc.h has chosen the form.
 */
#ifndef STUB_ZSMALLOC_H
#define STUB_ZSMALLOC_H

/* In front of an object that has no page of its own. */
#define STUB_HANDLE	sizeof(unsigned long)
#define STUB_DELTA	(PAGE_SIZE >> 8)
/* The last class that isn't huge, as with pages of 4 KiB. */
#define STUB_LAST	202
#define STUB_HUGE	255

/**
 * struct zs_pool - where objects come from
 * @at: offset in its page of the next object
 * @objects: not yet freed
 */
struct zs_pool {
	size_t at;
	long objects;
};

struct zs_pool_stats {
	atomic_long_t pages_compacted;
};

/**
 * struct stub_object - what a handle is the address of
 * @class_size: its room, handle included
 * @handle_size: of the handle in front
 * @at: offset of the handle in the first page
 * @pages: that it lies in
 * @mapped: what zs_map_object() returned
 * @mode: how
 * @readers: between zs_obj_read_begin() and _end()
 * @kmaps: of these, what has the page mapped
 */
struct stub_object {
	size_t class_size;
	size_t handle_size;
	size_t at;
	u8 *pages[2];
	u8 *mapped;
	int mode;
	int readers;
	int kmaps;
};

static inline struct stub_object *stub_object(unsigned long handle)
{
	return (struct stub_object *)handle;
}

/* Of @size bytes, handle included. */
static inline unsigned int stub_class(size_t size)
{
	unsigned int class = size <= 32 ? 0 : DIV_ROUND_UP(size - 32, STUB_DELTA);

	if (class > STUB_LAST)
		return STUB_HUGE;
	if (class > 64)
		class = DIV_ROUND_UP(class, 3) * 3;
	return class < STUB_LAST ? class : STUB_LAST;
}

static inline size_t stub_class_size(unsigned int class)
{
	return class == STUB_HUGE ? PAGE_SIZE : 32 + class * STUB_DELTA;
}

/* @len bytes from @pos in the first of the pages on, all in one page. */
static inline void stub_copy_part(struct stub_object *obj, size_t pos, u8 *mem, size_t len,
				  bool out)
{
	u8 *bytes = obj->pages[pos / PAGE_SIZE] + pos % PAGE_SIZE;

	if (out)
		memcpy(mem, bytes, len);
	else
		memcpy(bytes, mem, len);
}

static inline void stub_copy(struct stub_object *obj, size_t at, void *mem, size_t len, bool out)
{
	size_t pos = obj->at + at, first = 0;

	if (pos < PAGE_SIZE)
		first = min_t(size_t, len, PAGE_SIZE - pos);
	CHECK(at + len <= obj->class_size);
	stub_copy_part(obj, pos, mem, first, out);
	stub_copy_part(obj, pos + first, (u8 *)mem + first, len - first, out);
}

struct zs_pool *zs_create_pool(const char *name)
{
	return kzalloc(sizeof(struct zs_pool), GFP_KERNEL);
}

void zs_destroy_pool(struct zs_pool *pool)
{
	might_sleep();
	CHECK(!pool->objects);
	kfree(pool);
}

size_t zs_huge_class_size(struct zs_pool *pool)
{
	return stub_class_size(STUB_LAST) - (STUB_HANDLE - 1);
}

unsigned long zs_get_total_pages(struct zs_pool *pool)
{
	return pool->objects;
}

unsigned long zs_compact(struct zs_pool *pool)
{
	might_sleep();
	return 0;
}

void zs_pool_stats(struct zs_pool *pool, struct zs_pool_stats *stats)
{
	stats->pages_compacted.counter = 0;
}

#ifdef STUB_LOOKUP_ADDS
unsigned int zs_lookup_class_index(struct zs_pool *pool, unsigned int size)
{
	return stub_class(size + STUB_LOOKUP_ADDS);
}
#endif

#ifdef STUB_NID
unsigned long zs_malloc(struct zs_pool *pool, size_t size, gfp_t flags, const int nid)
#else
unsigned long zs_malloc(struct zs_pool *pool, size_t size, gfp_t flags)
#endif
{
	struct stub_object *obj = kzalloc(sizeof(*obj), flags);
	unsigned int class = stub_class(size + STUB_HANDLE);
	int i;

#ifdef STUB_NID
	CHECK(nid == 1);
#endif
	CHECK(flags & __GFP_NOWARN && flags & __GFP_HIGHMEM && flags & __GFP_MOVABLE);
	if (!obj)
		return (unsigned long)-ENOMEM;
	obj->class_size = stub_class_size(class);
	obj->handle_size = class == STUB_HUGE ? 0 : STUB_HANDLE;
	obj->at = class == STUB_HUGE ? 0 : pool->at;
	for (i = 0; i < 2; i++)
		obj->pages[i] = memset(malloc(PAGE_SIZE), 0xee, PAGE_SIZE);
	pool->objects++;
	return (unsigned long)obj;
}

void zs_free(struct zs_pool *pool, unsigned long handle)
{
	struct stub_object *obj = stub_object(handle);

	CHECK(!obj->mapped && !obj->readers && !obj->kmaps);
	pool->objects--;
	free(obj->pages[0]);
	free(obj->pages[1]);
	kfree(obj);
}

#ifdef STUB_MAP
void *zs_map_object(struct zs_pool *pool, unsigned long handle, enum zs_mapmode mode)
{
	struct stub_object *obj = stub_object(handle);

	CHECK(!stub_preempt_off);
	stub_preempt_off++;
	obj->mode = mode;
	obj->mapped = memset(malloc(obj->class_size), 0x5a, obj->class_size);
	if (mode != ZS_MM_WO)
		stub_copy(obj, 0, obj->mapped, obj->class_size, true);
	return obj->mapped + obj->handle_size;
}

void zs_unmap_object(struct zs_pool *pool, unsigned long handle)
{
	struct stub_object *obj = stub_object(handle);

	CHECK(obj->mapped);
	if (obj->mode != ZS_MM_RO)
		stub_copy(obj, obj->handle_size, obj->mapped + obj->handle_size,
			  obj->class_size - obj->handle_size, false);
	free(obj->mapped);
	obj->mapped = NULL;
	stub_preempt_off--;
}
#else
/* Maps @len bytes from @at on, or copies them if they span two pages. */
static inline void *stub_read_begin(struct stub_object *obj, size_t at, size_t len, void *copy)
{
	obj->readers++;
	if (obj->at + at + len <= PAGE_SIZE) {
		obj->kmaps++;
		return obj->pages[0] + obj->at + at;
	}
	stub_copy(obj, at, copy, len, true);
	return copy;
}

static inline void stub_read_end(struct stub_object *obj, size_t at, size_t len, void *mem)
{
	if (obj->at + at + len <= PAGE_SIZE) {
		CHECK(mem == obj->pages[0] + obj->at + at);
		obj->kmaps--;
	}
	CHECK(obj->readers--);
}

#ifdef STUB_READ_CLASS
void *zs_obj_read_begin(struct zs_pool *pool, unsigned long handle, void *local_copy)
{
	struct stub_object *obj = stub_object(handle);

	return (u8 *)stub_read_begin(obj, 0, obj->class_size, local_copy) + obj->handle_size;
}

void zs_obj_read_end(struct zs_pool *pool, unsigned long handle, void *handle_mem)
{
	struct stub_object *obj = stub_object(handle);

	stub_read_end(obj, 0, obj->class_size, (u8 *)handle_mem - obj->handle_size);
}
#else
void *zs_obj_read_begin(struct zs_pool *pool, unsigned long handle, size_t mem_len,
			void *local_copy)
{
	struct stub_object *obj = stub_object(handle);

	return stub_read_begin(obj, obj->handle_size, mem_len, local_copy);
}

void zs_obj_read_end(struct zs_pool *pool, unsigned long handle, size_t mem_len, void *handle_mem)
{
	struct stub_object *obj = stub_object(handle);

	stub_read_end(obj, obj->handle_size, mem_len, handle_mem);
}
#endif

void zs_obj_write(struct zs_pool *pool, unsigned long handle, void *handle_mem, size_t mem_len)
{
	struct stub_object *obj = stub_object(handle);

	stub_copy(obj, obj->handle_size, handle_mem, mem_len, false);
}
#endif

#endif

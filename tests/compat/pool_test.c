// SPDX-License-Identifier: GPL-2.0
/* src/pool.c on each form of zsmalloc, every buffer as small as it may be. */
#include "zsmalloc.h"
#include "../../src/pool.c"

static u8 byte_of(size_t size, size_t i)
{
	return size * 31 + i * 7 + (i >> 8);
}

static void expect_bytes(const u8 *mem, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		CHECK(mem[i] == byte_of(size, i));
}

static void expect_untouched(const struct stub_object *obj)
{
	size_t from = obj->at + obj->handle_size, to = obj->at + obj->class_size;
	size_t pos = from - min_t(size_t, from, 64);
	size_t end = min_t(size_t, to + 64, 2 * PAGE_SIZE);

	for (; pos < end; pos++)
		if (pos < from || pos >= to)
			CHECK(obj->pages[pos / PAGE_SIZE][pos % PAGE_SIZE] == 0xee);
}

/* The oldest form has preemption off for whoever is quick, and for nobody else. */
static void look(struct z2_pool *pool, unsigned long handle, size_t size, bool quick)
{
	u8 *bounce = malloc(PAGE_SIZE);
	const u8 *mem = z2_pool_map(pool, handle, size, bounce, quick);

	if (!quick)
		might_sleep();
#ifdef STUB_MAP
	CHECK(stub_preempt_off == quick);
	CHECK((mem == bounce) == !quick);
#endif
	expect_bytes(mem, size);
	z2_pool_unmap(pool, handle, size, mem, quick);
	CHECK(!stub_preempt_off);
	free(bounce);
}

static void store_and_read(struct z2_pool *pool, size_t size)
{
	u8 *src = malloc(size), *dst = malloc(size);
	unsigned long handle;
	size_t i;

	CHECK(!z2_pool_alloc(pool, size, GFP_NOIO, 1, &handle));
	for (i = 0; i < size; i++)
		src[i] = byte_of(size, i);
	z2_pool_store(pool, handle, src, size);

	/* There is no memory any more. */
	stub_fail_alloc = 0;
	stub_allocs = 0;
	z2_pool_load(pool, handle, dst, size);
	expect_bytes(dst, size);

	look(pool, handle, size, false);
	look(pool, handle, size, true);
	CHECK(!stub_allocs);
	stub_fail_alloc = -1;

	expect_untouched(stub_object(handle));
	z2_pool_free(pool, handle);
	CHECK(!stub_preempt_off);
	free(src);
	free(dst);
}

/*
 * Each size at offsets where it and its class fit into the page, just don't, the
 * class alone doesn't, and where only the handle is in the first page.
 */
static void every_size_everywhere(struct z2_pool *pool)
{
	size_t size, i;

	for (size = 1; size <= PAGE_SIZE; size += (PAGE_SIZE >> 12) * (PAGE_SIZE >> 12)) {
		size_t class_size = stub_class_size(stub_class(size + STUB_HANDLE));
		const size_t at[] = {
			0, PAGE_SIZE - class_size, PAGE_SIZE - class_size + 16,
			PAGE_SIZE - STUB_HANDLE - size, PAGE_SIZE - class_size / 2,
			PAGE_SIZE - 16, PAGE_SIZE - 8,
		};

		for (i = 0; i < ARRAY_SIZE(at); i++) {
			if (at[i] >= PAGE_SIZE)
				continue;
			pool->zs->at = at[i] & ~7ul;
			store_and_read(pool, size);
		}
	}
	pool->zs->at = 0;
	store_and_read(pool, PAGE_SIZE);
}

/* What is taken for the same class is the same room. */
static void classes_are_theirs(struct z2_pool *pool)
{
	const struct z2_pool_classes *classes = z2_pool_classes(pool);
	size_t size;

	CHECK(classes->nr > 1);
	for (size = 1; size <= PAGE_SIZE; size++) {
		size_t largest = classes->size[z2_pool_class(classes, size)];

		CHECK(stub_class(size + STUB_HANDLE) == stub_class(largest + STUB_HANDLE));
	}
	size = z2_pool_huge_size(pool);
	CHECK(z2_pool_class(classes, size) != z2_pool_class(classes, size - 1));
}

static void without_memory(void)
{
	struct z2_pool *pool;
	unsigned long handle = 1;
	int nth;

	for (nth = 0; ; nth++) {
		stub_fail_alloc = nth;
		pool = z2_pool_create("none");
		stub_fail_alloc = -1;
		if (!IS_ERR(pool))
			break;
		CHECK(PTR_ERR(pool) == -ENOMEM);
	}
	CHECK(nth >= 2);
	stub_fail_alloc = 0;
	CHECK(z2_pool_alloc(pool, 100, GFP_NOIO, 1, &handle) == -ENOMEM && handle == 1);
	stub_fail_alloc = -1;
	z2_pool_destroy(pool);
	z2_pool_destroy(NULL);
}

int main(void)
{
	struct z2_pool *pool = z2_pool_create("test");

	CHECK(!IS_ERR(pool));
	every_size_everywhere(pool);
	classes_are_theirs(pool);
	CHECK(!z2_pool_pages(pool) && !z2_pool_pages_compacted(pool));
	z2_pool_compact(pool);
	z2_pool_destroy(pool);
	without_memory();
	return 0;
}

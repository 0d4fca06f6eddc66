// SPDX-License-Identifier: GPL-2.0
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/irqflags.h>
#include <linux/kernel.h>
#include <linux/numa.h>
#include <linux/slab.h>

#include <zram2/pool.h>

#include "fixture.h"

#define NR_OBJECTS	300

/**
 * struct pool_test - what the tests share
 * @pool: the pool under test
 * @handles: of objects that are in it; 0 for none
 * @sizes: of these
 * @buf: a page of data
 * @bounce: another
 */
struct pool_test {
	struct z2_pool *pool;
	unsigned long handles[NR_OBJECTS];
	unsigned int sizes[NR_OBJECTS];
	u8 *buf;
	u8 *bounce;
};

static int pool_init(struct kunit *test)
{
	struct pool_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->buf = z2t_guarded_alloc(test, PAGE_SIZE);
	t->bounce = z2t_guarded_alloc(test, PAGE_SIZE);
	t->pool = z2_pool_create("z2kunit");
	KUNIT_ASSERT_FALSE(test, IS_ERR(t->pool));
	test->priv = t;
	return 0;
}

static void free_all(struct pool_test *t)
{
	int i;

	for (i = 0; i < NR_OBJECTS; i++)
		if (t->handles[i])
			z2_pool_free(t->pool, t->handles[i]);
	memset(t->handles, 0, sizeof(t->handles));
}

static void pool_exit(struct kunit *test)
{
	struct pool_test *t = test->priv;

	if (!t)
		return;
	free_all(t);
	z2_pool_destroy(t->pool);
}

/* Object @i is @size bytes that nobody else has. */
static int put(struct pool_test *t, int i, size_t size)
{
	int err = z2_pool_alloc(t->pool, size, GFP_KERNEL, NUMA_NO_NODE, &t->handles[i]);

	if (err)
		return err;
	t->sizes[i] = size;
	z2t_fill(t->buf, PAGE_SIZE, Z2T_RANDOM, i);
	z2_pool_store(t->pool, t->handles[i], t->buf, size);
	return 0;
}

static void expect_there(struct kunit *test, int i)
{
	struct pool_test *t = test->priv;
	size_t size = t->sizes[i];
	const u8 *mem;
	int quick;

	z2t_fill(t->buf, PAGE_SIZE, Z2T_RANDOM, i);
	memset(t->bounce, 0x77, PAGE_SIZE);
	z2_pool_load(t->pool, t->handles[i], t->bounce, size);
	KUNIT_EXPECT_MEMEQ(test, t->bounce, t->buf, size);
	/* Not a byte beyond. */
	if (size < PAGE_SIZE)
		KUNIT_EXPECT_NULL(test, memchr_inv(t->bounce + size, 0x77, PAGE_SIZE - size));
	KUNIT_EXPECT_TRUE(test, z2t_guards_intact(t->bounce, PAGE_SIZE));

	for (quick = 0; quick < 2; quick++) {
		mem = z2_pool_map(t->pool, t->handles[i], size, t->bounce, quick);
		if (!quick)
			might_sleep();
		KUNIT_EXPECT_MEMEQ(test, mem, t->buf, size);
		z2_pool_unmap(t->pool, t->handles[i], size, mem, quick);
		might_sleep();
	}
}

/* From the smallest to a page, all at once: none touches another. */
static void pool_keeps_objects(struct kunit *test)
{
	struct pool_test *t = test->priv;
	int i, nr = 0;
	u64 rng = 3;

	KUNIT_EXPECT_EQ(test, z2_pool_pages(t->pool), 0);
	for (i = 0; i < NR_OBJECTS; i++) {
		size_t size = i < 40 ? i + 1 :
			      i < 80 ? PAGE_SIZE - (i - 40) :
			      1 + z2t_random(&rng) % PAGE_SIZE;

		KUNIT_ASSERT_EQ(test, put(t, i, size), 0);
		KUNIT_EXPECT_NE(test, t->handles[i], 0);
	}
	KUNIT_EXPECT_GT(test, z2_pool_pages(t->pool), NR_OBJECTS / 3);
	for (i = 0; i < NR_OBJECTS; i++)
		expect_there(test, i);

	/* Every second one goes; those that stay do not notice. */
	for (i = 0; i < NR_OBJECTS; i += 2) {
		z2_pool_free(t->pool, t->handles[i]);
		t->handles[i] = 0;
	}
	for (i = 1; i < NR_OBJECTS; i += 2, nr++)
		expect_there(test, i);
	KUNIT_EXPECT_EQ(test, nr, NR_OBJECTS / 2);

	free_all(t);
	KUNIT_EXPECT_EQ(test, z2_pool_pages(t->pool), 0);
}

static void pool_rewrites(struct kunit *test)
{
	struct pool_test *t = test->priv;

	KUNIT_ASSERT_EQ(test, put(t, 0, 3000), 0);
	KUNIT_ASSERT_EQ(test, put(t, 1, 3000), 0);
	expect_there(test, 0);
	/* Less than there is room for, as when a page shrank meanwhile. */
	z2t_fill(t->buf, PAGE_SIZE, Z2T_RANDOM, 0);
	t->buf[0] ^= 0xff;
	z2_pool_store(t->pool, t->handles[0], t->buf, 100);
	z2_pool_load(t->pool, t->handles[0], t->bounce, 100);
	KUNIT_EXPECT_MEMEQ(test, t->bounce, t->buf, 100);
	expect_there(test, 1);
}

/* From this size on an object has a page of its own, below it doesn't. */
static void pool_huge_size(struct kunit *test)
{
	struct pool_test *t = test->priv;
	size_t huge = z2_pool_huge_size(t->pool);
	int i;

	KUNIT_ASSERT_GT(test, huge, PAGE_SIZE / 2);
	KUNIT_ASSERT_LE(test, huge, PAGE_SIZE);
	for (i = 0; i < NR_OBJECTS; i++)
		KUNIT_ASSERT_EQ(test, put(t, i, huge), 0);
	KUNIT_EXPECT_EQ(test, z2_pool_pages(t->pool), NR_OBJECTS);
	free_all(t);
	for (i = 0; i < NR_OBJECTS; i++)
		KUNIT_ASSERT_EQ(test, put(t, i, huge - 1), 0);
	KUNIT_EXPECT_LT(test, z2_pool_pages(t->pool), NR_OBJECTS);
}

static void pool_compacts(struct kunit *test)
{
	struct pool_test *t = test->priv;
	unsigned long pages;
	int i;

	for (i = 0; i < NR_OBJECTS; i++)
		KUNIT_ASSERT_EQ(test, put(t, i, 400), 0);
	for (i = 0; i < NR_OBJECTS; i++) {
		if (i % 8) {
			z2_pool_free(t->pool, t->handles[i]);
			t->handles[i] = 0;
		}
	}
	pages = z2_pool_pages(t->pool);
	KUNIT_EXPECT_EQ(test, z2_pool_pages_compacted(t->pool), 0);
	z2_pool_compact(t->pool);
	KUNIT_EXPECT_LT(test, z2_pool_pages(t->pool), pages);
	KUNIT_EXPECT_EQ(test, z2_pool_pages_compacted(t->pool), pages - z2_pool_pages(t->pool));
	for (i = 0; i < NR_OBJECTS; i += 8)
		expect_there(test, i);
}

/* As a free from swap does it. */
static void pool_frees_from_atomic_context(struct kunit *test)
{
	struct pool_test *t = test->priv;
	unsigned long flags;
	int i;

	for (i = 0; i < 20; i++)
		KUNIT_ASSERT_EQ(test, put(t, i, 200 * (i + 1)), 0);
	local_irq_save(flags);
	for (i = 0; i < 20; i++)
		z2_pool_free(t->pool, t->handles[i]);
	local_irq_restore(flags);
	memset(t->handles, 0, sizeof(t->handles));
	KUNIT_EXPECT_EQ(test, z2_pool_pages(t->pool), 0);
}

static void pool_without_memory(struct kunit *test)
{
	struct pool_test *t = test->priv;
	unsigned int nth, errors = 0;
	bool failed;

	z2t_assert_faults(test);
	/* Hundreds of size classes: each of the first few, then some. */
	for (nth = 1, failed = true; failed; nth += 1 + nth / 4) {
		struct z2_pool *pool;

		z2t_fault_arm(nth, nth % 2);
		pool = z2_pool_create("z2kunit2");
		failed = z2t_fault_disarm();
		if (IS_ERR(pool)) {
			KUNIT_EXPECT_EQ(test, PTR_ERR(pool), -ENOMEM);
			KUNIT_EXPECT_TRUE(test, failed);
			errors++;
			continue;
		}
		KUNIT_EXPECT_EQ(test, z2_pool_pages(pool), 0);
		KUNIT_EXPECT_EQ(test, z2_pool_huge_size(pool), z2_pool_huge_size(t->pool));
		z2_pool_destroy(pool);
	}
	KUNIT_EXPECT_GE(test, errors, 2);

	errors = 0;
	for (nth = 1, failed = true; failed; nth++) {
		unsigned long handle = 0x5a5a;
		int err;

		/* A class that spans pages, so that each of these may fail. */
		z2t_fault_arm(nth, nth % 2);
		err = z2_pool_alloc(t->pool, 2720, GFP_NOIO, NUMA_NO_NODE, &handle);
		failed = z2t_fault_disarm();
		if (!err) {
			z2_pool_free(t->pool, handle);
			continue;
		}
		KUNIT_EXPECT_EQ(test, err, -ENOMEM);
		KUNIT_EXPECT_EQ(test, handle, 0x5a5a);
		KUNIT_EXPECT_EQ(test, z2_pool_pages(t->pool), 0);
		errors++;
	}
	KUNIT_EXPECT_GE(test, errors, 3);
	KUNIT_EXPECT_EQ(test, z2_pool_pages(t->pool), 0);
	z2_pool_destroy(NULL);
}

static struct kunit_case pool_cases[] = {
	KUNIT_CASE(pool_keeps_objects),
	KUNIT_CASE(pool_rewrites),
	KUNIT_CASE(pool_huge_size),
	KUNIT_CASE(pool_compacts),
	KUNIT_CASE(pool_frees_from_atomic_context),
	KUNIT_CASE(pool_without_memory),
	{}
};

static struct kunit_suite pool_suite = {
	.name = "zram2_pool",
	.init = pool_init,
	.exit = pool_exit,
	.test_cases = pool_cases,
};

kunit_test_suite(pool_suite);

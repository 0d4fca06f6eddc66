// SPDX-License-Identifier: GPL-2.0
#include <kunit/test.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <zram2/codec.h>
#include <zram2/device.h>
#include <zram2/gc.h>
#include <zram2/lifecycle.h>
#include <zram2/page.h>
#include <zram2/pool.h>
#include <zram2/slot.h>
#include <zram2/stats.h>

#include "fixture.h"

#define NR_PAGES	16

/**
 * struct page_test - what the tests share
 * @test: the test
 * @dev: a live device
 * @page: data to write, and its address
 * @data: the same
 * @back_page: data read, and its address
 * @back: the same
 * @stop: ends threads that loop
 * @wrong: what threads found wrong
 */
struct page_test {
	struct kunit *test;
	struct z2_device *dev;
	struct page *page;
	u8 *data;
	struct page *back_page;
	u8 *back;
	bool stop;
	atomic_t wrong;
};

static void init_pages(struct kunit *test, struct page_test *t)
{
	t->test = test;
	t->page = z2t_page_alloc(test, 0);
	t->data = page_address(t->page);
	t->back_page = z2t_page_alloc(test, 0);
	t->back = page_address(t->back_page);
}

/* One for all tests, clean at the beginning of each. */
static struct z2_device *shared;

static int page_suite_init(struct kunit_suite *suite)
{
	shared = z2t_device_start_shared(&z2_codec_lzo, NR_PAGES);
	return PTR_ERR_OR_ZERO(shared);
}

static void page_suite_exit(struct kunit_suite *suite)
{
	if (!IS_ERR_OR_NULL(shared))
		z2_lifecycle_remove(shared->id);
}

static int page_init(struct kunit *test)
{
	struct page_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	init_pages(test, t);
	t->dev = shared;
	z2t_device_clean(t->dev);
	test->priv = t;
	return 0;
}

static int write_page(struct page_test *t, unsigned long index, enum z2t_fill fill, u64 seed)
{
	z2t_fill(t->data, PAGE_SIZE, fill, seed);
	return z2_page_write(t->dev, index, t->page, z2_slot_now());
}

static int read_page(struct page_test *t, unsigned long index)
{
	return z2_page_read(t->dev, index, t->back_page, NULL, z2_slot_now());
}

static void expect_page(struct page_test *t, unsigned long index, enum z2t_fill fill, u64 seed)
{
	struct kunit *test = t->test;

	memset(t->back, 0x77, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, read_page(t, index), 0);
	z2t_fill(t->data, PAGE_SIZE, fill, seed);
	KUNIT_EXPECT_MEMEQ(test, t->back, t->data, PAGE_SIZE);
}

static u64 count(struct page_test *t, enum z2_stat stat)
{
	return z2_stats_sum(t->dev->stats, stat);
}

static struct z2_object look(struct page_test *t, unsigned long index)
{
	struct z2_object obj;

	z2_slot_read_lock(t->dev->table, index);
	obj = z2_slot_get(t->dev->table, index);
	z2_slot_read_unlock(t->dev->table, index);
	return obj;
}

/* With everything freed nothing is counted, and the pool is empty. */
static void expect_nothing_left(struct page_test *t)
{
	struct kunit *test = t->test;
	unsigned long i;

	for (i = 0; i < NR_PAGES; i++) {
		z2_page_free(t->dev, i);
		expect_page(t, i, Z2T_ZERO, 0);
	}
	KUNIT_EXPECT_EQ(test, count(t, Z2_STAT_PAGES_STORED), 0);
	KUNIT_EXPECT_EQ(test, count(t, Z2_STAT_COMPR_SIZE), 0);
	KUNIT_EXPECT_EQ(test, count(t, Z2_STAT_SAME_PAGES), 0);
	KUNIT_EXPECT_EQ(test, count(t, Z2_STAT_HUGE_PAGES), 0);
	KUNIT_EXPECT_EQ(test, z2t_device_pages(t->dev), 0);
}

/* Every kind over every kind: contents, what the slot says, counters. */
static void page_overwrites(struct kunit *test)
{
	struct page_test *t = test->priv;
	unsigned int from, to, huge_since = 0;

	for (from = 0; from < Z2T_FILLS; from++) {
		for (to = 0; to < Z2T_FILLS; to++) {
			struct z2_object obj;

			KUNIT_EXPECT_EQ(test, write_page(t, 5, from, 1), 0);
			expect_page(t, 5, from, 1);
			KUNIT_EXPECT_EQ(test, write_page(t, 5, to, 2), 0);
			expect_page(t, 5, to, 2);
			huge_since += (from == Z2T_RANDOM) + (to == Z2T_RANDOM);

			obj = look(t, 5);
			KUNIT_EXPECT_EQ(test, z2_object_is(&obj, Z2_SLOT_SAME), to == Z2T_ZERO);
			KUNIT_EXPECT_EQ(test, z2_object_is(&obj, Z2_SLOT_HUGE), to == Z2T_RANDOM);
			KUNIT_EXPECT_EQ(test, count(t, Z2_STAT_PAGES_STORED), 1);
			KUNIT_EXPECT_EQ(test, count(t, Z2_STAT_SAME_PAGES), to == Z2T_ZERO);
			KUNIT_EXPECT_EQ(test, count(t, Z2_STAT_HUGE_PAGES), to == Z2T_RANDOM);
			KUNIT_EXPECT_EQ(test, count(t, Z2_STAT_HUGE_PAGES_SINCE), huge_since);
			KUNIT_EXPECT_EQ(test, count(t, Z2_STAT_COMPR_SIZE), z2_object_size(&obj));
			KUNIT_EXPECT_EQ(test, z2t_device_pages(t->dev) > 0, to != Z2T_ZERO);
			if (to == Z2T_RANDOM)
				KUNIT_EXPECT_EQ(test, z2_object_size(&obj), PAGE_SIZE);
		}
	}
	expect_nothing_left(t);
	KUNIT_EXPECT_EQ(test, count(t, Z2_STAT_NOTIFY_FREE), NR_PAGES);
}

static void page_slots_are_separate(struct kunit *test)
{
	struct page_test *t = test->priv;
	unsigned long i;

	for (i = 0; i < NR_PAGES; i++)
		KUNIT_EXPECT_EQ(test, write_page(t, i, i % Z2T_FILLS, i), 0);
	KUNIT_EXPECT_EQ(test, count(t, Z2_STAT_PAGES_STORED), NR_PAGES);
	z2_page_free(t->dev, 6);
	for (i = 0; i < NR_PAGES; i++)
		expect_page(t, i, i == 6 ? Z2T_ZERO : i % Z2T_FILLS, i);
	expect_nothing_left(t);
}

/* A page of one word, not only of zeroes, is kept as that word. */
static void page_same_filled(struct kunit *test)
{
	static const unsigned long words[] = { 0, 1, ~0ul, 0xdeadbeefcafef00d };
	struct page_test *t = test->priv;
	int i;

	for (i = 0; i < ARRAY_SIZE(words); i++) {
		struct z2_object obj;

		memset_l((unsigned long *)t->data, words[i], PAGE_SIZE / sizeof(long));
		KUNIT_EXPECT_EQ(test, z2_page_write(t->dev, i, t->page, z2_slot_now()), 0);
		obj = look(t, i);
		KUNIT_EXPECT_EQ(test, obj.word, words[i]);
		KUNIT_EXPECT_FALSE(test, z2_object_empty(&obj));
		memset(t->back, 0x77, PAGE_SIZE);
		KUNIT_EXPECT_EQ(test, read_page(t, i), 0);
		KUNIT_EXPECT_MEMEQ(test, t->back, t->data, PAGE_SIZE);
	}
	KUNIT_EXPECT_EQ(test, z2t_device_pages(t->dev), 0);
	expect_nothing_left(t);
}

/* What a read of the slot changes. */
static void page_read_touches(struct kunit *test)
{
	struct page_test *t = test->priv;
	struct z2_object obj;

	KUNIT_EXPECT_EQ(test, write_page(t, 0, Z2T_TEXT, 1), 0);
	z2_slot_write_lock(t->dev->table, 0);
	z2_slot_mark(t->dev->table, 0, Z2_SLOT_MARKS);
	z2_slot_write_unlock(t->dev->table, 0);
	expect_page(t, 0, Z2T_TEXT, 1);
	obj = look(t, 0);
	KUNIT_EXPECT_FALSE(test, z2_object_is(&obj, Z2_SLOT_MARKS));

	/* One that was never written stays so. */
	expect_page(t, 1, Z2T_ZERO, 0);
	KUNIT_EXPECT_EQ(test, z2_slot_access_time(t->dev->table, 1), 0);
}

/* mem_limit. */

static void page_past_the_limit(struct kunit *test)
{
	struct page_test *t = test->priv;
	unsigned long used, i;
	u64 size;

	KUNIT_EXPECT_EQ(test, write_page(t, 0, Z2T_TEXT, 1), 0);
	KUNIT_EXPECT_EQ(test, write_page(t, 1, Z2T_RANDOM, 2), 0);
	KUNIT_EXPECT_EQ(test, write_page(t, 2, Z2T_ZERO, 3), 0);
	used = z2t_device_pages(t->dev);
	size = count(t, Z2_STAT_COMPR_SIZE);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&t->dev->max_used_pages), used);

	/* Not a page more, until there is room: for raw pages... */
	WRITE_ONCE(t->dev->limit_pages, used);
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_EQ(test, write_page(t, i, Z2T_RANDOM, 9), -ENOSPC);
		KUNIT_EXPECT_EQ(test, z2t_device_pages(t->dev), used);
	}
	/* ... and, well below, for compressed ones. */
	WRITE_ONCE(t->dev->limit_pages, 1);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ(test, write_page(t, i, Z2T_TEXT, 9), -ENOSPC);
	expect_page(t, 0, Z2T_TEXT, 1);
	expect_page(t, 1, Z2T_RANDOM, 2);
	expect_page(t, 2, Z2T_ZERO, 3);
	expect_page(t, 3, Z2T_ZERO, 0);
	KUNIT_EXPECT_EQ(test, count(t, Z2_STAT_PAGES_STORED), 3);
	KUNIT_EXPECT_EQ(test, count(t, Z2_STAT_COMPR_SIZE), size);
	KUNIT_EXPECT_EQ(test, count(t, Z2_STAT_HUGE_PAGES), 1);
	KUNIT_EXPECT_EQ(test, count(t, Z2_STAT_HUGE_PAGES_SINCE), 1);

	/* What needs no memory is welcome still, and a free makes room. */
	KUNIT_EXPECT_EQ(test, write_page(t, 2, Z2T_ZERO, 0), 0);
	WRITE_ONCE(t->dev->limit_pages, used);
	z2_page_free(t->dev, 1);
	KUNIT_EXPECT_EQ(test, write_page(t, 0, Z2T_RANDOM, 9), 0);
	expect_page(t, 0, Z2T_RANDOM, 9);
	WRITE_ONCE(t->dev->limit_pages, 0);
	KUNIT_EXPECT_EQ(test, write_page(t, 1, Z2T_RANDOM, 8), 0);
	KUNIT_EXPECT_EQ(test, write_page(t, 2, Z2T_RANDOM, 7), 0);
	expect_nothing_left(t);
}

/* Changing a part. */

struct stamp {
	unsigned int offset;
	unsigned int len;
	u8 byte;
	bool nap;
};

static void put_stamp(void *arg, void *page)
{
	const struct stamp *s = arg;

	memset(page + s->offset, s->byte, s->len);
	/* Time for others to do what they must not. */
	if (s->nap)
		usleep_range(100, 200);
}

static int modify_page(struct page_test *t, unsigned long index, struct stamp *s)
{
	return z2_page_modify(t->dev, index, t->back_page, put_stamp, s, false, z2_slot_now());
}

/* Each access is noted with the time that the caller gives. */
static void page_notes_the_time(struct kunit *test)
{
	struct page_test *t = test->priv;
	struct z2_slot_table *table = t->dev->table;
	struct stamp s = { .offset = 5, .len = 10, .byte = 1 };

	z2t_fill(t->data, PAGE_SIZE, Z2T_TEXT, 1);
	KUNIT_EXPECT_EQ(test, z2_page_write(t->dev, 0, t->page, 1001), 0);
	KUNIT_EXPECT_EQ(test, z2_slot_access_time(table, 0), 1001);
	KUNIT_EXPECT_EQ(test, z2_page_read(t->dev, 0, t->back_page, NULL, 1002), 0);
	KUNIT_EXPECT_EQ(test, z2_slot_access_time(table, 0), 1002);
	KUNIT_EXPECT_EQ(test, z2_page_modify(t->dev, 0, t->back_page, put_stamp, &s, false, 1003),
			0);
	KUNIT_EXPECT_EQ(test, z2_slot_access_time(table, 0), 1003);
}

static void page_modifies(struct kunit *test)
{
	struct page_test *t = test->priv;
	struct stamp s = { .offset = 1000, .len = 24, .byte = 0xee };
	unsigned int fill;
	u64 stored = 0;

	for (fill = 0; fill < Z2T_FILLS; fill++) {
		KUNIT_EXPECT_EQ(test, write_page(t, fill, fill, 4), 0);
		put_stamp(&s, t->data);
		KUNIT_EXPECT_EQ(test, 0, modify_page(t, fill, &s));
		KUNIT_EXPECT_MEMEQ(test, t->back, t->data, PAGE_SIZE);
		memset(t->back, 0x77, PAGE_SIZE);
		KUNIT_EXPECT_EQ(test, read_page(t, fill), 0);
		KUNIT_EXPECT_MEMEQ(test, t->back, t->data, PAGE_SIZE);
	}
	/* A slot without contents is one of zeroes. */
	KUNIT_EXPECT_EQ(test, modify_page(t, 9, &s), 0);
	memset(t->data, 0, PAGE_SIZE);
	put_stamp(&s, t->data);
	KUNIT_EXPECT_EQ(test, read_page(t, 9), 0);
	KUNIT_EXPECT_MEMEQ(test, t->back, t->data, PAGE_SIZE);

	KUNIT_EXPECT_EQ(test, count(t, Z2_STAT_PAGES_STORED), Z2T_FILLS + 1);
	for (fill = 0; fill < NR_PAGES; fill++) {
		struct z2_object obj = look(t, fill);

		stored += z2_object_size(&obj);
	}
	KUNIT_EXPECT_EQ(test, count(t, Z2_STAT_COMPR_SIZE), stored);

	/* No room: the old contents stay, and the slot is not left locked. */
	WRITE_ONCE(t->dev->limit_pages, 1);
	s.len = 300;
	KUNIT_EXPECT_EQ(test, write_page(t, Z2T_ZERO, Z2T_ZERO, 4), 0);
	KUNIT_EXPECT_EQ(test, -ENOSPC, modify_page(t, Z2T_RANDOM, &s));
	KUNIT_EXPECT_EQ(test, modify_page(t, Z2T_ZERO, &s), -ENOSPC);
	expect_page(t, Z2T_ZERO, Z2T_ZERO, 4);
	KUNIT_EXPECT_EQ(test, read_page(t, Z2T_RANDOM), 0);
	z2t_fill(t->data, PAGE_SIZE, Z2T_RANDOM, 4);
	memset(t->data + 1000, 0xee, 24);
	KUNIT_EXPECT_MEMEQ(test, t->back, t->data, PAGE_SIZE);
	WRITE_ONCE(t->dev->limit_pages, 0);
	expect_nothing_left(t);
}

/* Two threads, each with a part of the page of its own: both survive. */
struct modifier {
	struct page_test *t;
	struct page *page;
	unsigned int offset;
};

static void modify_part(void *arg)
{
	struct modifier *m = arg;
	struct stamp s = { .offset = m->offset, .len = 64, .nap = true };
	unsigned int i;

	for (i = 1; i <= 50; i++) {
		s.byte = i;
		if (z2_page_modify(m->t->dev, 3, m->page, put_stamp, &s, false, z2_slot_now()))
			atomic_inc(&m->t->wrong);
		/* Nobody else writes there. */
		if (z2_page_read(m->t->dev, 3, m->page, NULL, z2_slot_now()) ||
		    memchr_inv(page_address(m->page) + m->offset, i, 64))
			atomic_inc(&m->t->wrong);
	}
}

static void page_modified_by_two(struct kunit *test)
{
	struct page_test *t = test->priv;
	struct modifier *m = kunit_kcalloc(test, 2, sizeof(*m), GFP_KERNEL);
	struct z2t_thread *threads[2];
	int i;

	KUNIT_ASSERT_NOT_NULL(test, m);
	KUNIT_ASSERT_EQ(test, write_page(t, 3, Z2T_TEXT, 1), 0);
	for (i = 0; i < 2; i++) {
		m[i] = (struct modifier){ t, z2t_page_alloc(test, 0), 500 + 64 * i };
		threads[i] = z2t_spawn(test, modify_part, &m[i]);
	}
	for (i = 0; i < 2; i++)
		KUNIT_EXPECT_TRUE(test, z2t_join(threads[i]));
	KUNIT_EXPECT_EQ(test, atomic_read(&t->wrong), 0);
	KUNIT_EXPECT_EQ(test, read_page(t, 3), 0);
	z2t_fill(t->data, PAGE_SIZE, Z2T_TEXT, 1);
	memset(t->data + 500, 50, 128);
	KUNIT_EXPECT_MEMEQ(test, t->back, t->data, PAGE_SIZE);
	expect_nothing_left(t);
}

/* Reads, writes and frees of one slot at the same time. */

#define VERSIONS	3

static enum z2t_fill version_fill(unsigned int version)
{
	return Z2T_RANDOM + version;
}

struct racer {
	struct page_test *t;
	struct page *page;
	u8 *versions[VERSIONS];
};

static void race_read(void *arg)
{
	struct racer *r = arg;
	u8 *got = page_address(r->page);

	while (!READ_ONCE(r->t->stop)) {
		int i, known = 0;

		if (z2_page_read(r->t->dev, 8, r->page, NULL, z2_slot_now()))
			atomic_inc(&r->t->wrong);
		for (i = 0; i < VERSIONS; i++)
			known += !memcmp(got, r->versions[i], PAGE_SIZE);
		if (!known && memchr_inv(got, 0, PAGE_SIZE))
			atomic_inc(&r->t->wrong);
	}
}

static void race_write(void *arg)
{
	struct racer *r = arg;
	unsigned long end = jiffies + msecs_to_jiffies(Z2T_PATIENCE_MS / 2);
	unsigned int i;

	/* Until the others have had their share as well. */
	for (i = 0; i < 120 || (count(r->t, Z2_STAT_NOTIFY_FREE) < 20 && time_before(jiffies, end));
	     i++) {
		memcpy(page_address(r->page), r->versions[i % VERSIONS], PAGE_SIZE);
		if (z2_page_write(r->t->dev, 8, r->page, z2_slot_now()))
			atomic_inc(&r->t->wrong);
		cond_resched();
	}
	WRITE_ONCE(r->t->stop, true);
}

static void race_free(void *arg)
{
	struct racer *r = arg;
	unsigned long flags;

	while (!READ_ONCE(r->t->stop)) {
		local_irq_save(flags);
		z2_page_free(r->t->dev, 8);
		local_irq_restore(flags);
		cond_resched();
	}
}

static void page_freed_while_read(struct kunit *test)
{
	static void (*const roles[])(void *) = { race_read, race_read, race_write, race_free };
	struct page_test *t = test->priv;
	struct racer *racers = kunit_kcalloc(test, ARRAY_SIZE(roles), sizeof(*racers), GFP_KERNEL);
	struct z2t_thread *threads[ARRAY_SIZE(roles)];
	int i, v;

	KUNIT_ASSERT_NOT_NULL(test, racers);
	for (i = 0; i < ARRAY_SIZE(roles); i++) {
		racers[i].t = t;
		racers[i].page = z2t_page_alloc(test, 0);
		for (v = 0; v < VERSIONS; v++) {
			racers[i].versions[v] = kunit_kmalloc(test, PAGE_SIZE, GFP_KERNEL);
			KUNIT_ASSERT_NOT_NULL(test, racers[i].versions[v]);
			z2t_fill(racers[i].versions[v], PAGE_SIZE, version_fill(v), v);
		}
	}
	for (i = 0; i < ARRAY_SIZE(roles); i++)
		threads[i] = z2t_spawn(test, roles[i], &racers[i]);
	for (i = 0; i < ARRAY_SIZE(roles); i++)
		KUNIT_EXPECT_TRUE(test, z2t_join(threads[i]));
	KUNIT_EXPECT_EQ(test, atomic_read(&t->wrong), 0);
	KUNIT_EXPECT_GT(test, count(t, Z2_STAT_NOTIFY_FREE), 0);
	expect_nothing_left(t);
}

/* What is stored is damaged: the read fails, with no harm to the slot. */
static void page_damaged(struct kunit *test)
{
	struct page_test *t = test->priv;
	struct stamp s = { .offset = 0, .len = 10, .byte = 1 };
	struct z2_object obj;
	u64 size;

	KUNIT_EXPECT_EQ(test, write_page(t, 0, Z2T_TEXT, 1), 0);
	obj = look(t, 0);
	memset(t->data, 0xff, PAGE_SIZE);
	z2_pool_store(t->dev->pool, obj.word, t->data, z2_object_size(&obj));
	size = count(t, Z2_STAT_COMPR_SIZE);
	KUNIT_EXPECT_EQ(test, read_page(t, 0), -EIO);
	KUNIT_EXPECT_EQ(test, modify_page(t, 0, &s), -EIO);
	KUNIT_EXPECT_EQ(test, count(t, Z2_STAT_COMPR_SIZE), size);
	KUNIT_EXPECT_EQ(test, write_page(t, 0, Z2T_TEXT, 2), 0);
	expect_page(t, 0, Z2T_TEXT, 2);
	expect_nothing_left(t);
}

/* An algorithm that does as it is told. */

static int fake_len;

static int fake_setup(struct z2_codec_params *params, void **shared)
{
	return 0;
}

static void fake_teardown(void *shared)
{
}

static void *fake_ctx_create(const struct z2_codec_params *params, void *shared)
{
	return &fake_len;
}

static void fake_ctx_destroy(void *ctx)
{
}

static int fake_compress(void *ctx, const void *src, void *dst)
{
	if (fake_len > 0)
		memset(dst, 0xcc, min_t(size_t, fake_len, Z2_CODEC_DST_MAX));
	return fake_len;
}

static int fake_decompress(void *ctx, const void *src, size_t len, void *dst)
{
	memset(dst, 0xdd, PAGE_SIZE);
	return len == fake_len && !memchr_inv(src, 0xcc, len) ? 0 : -EIO;
}

static const struct z2_codec_ops fake_ops = {
	.name = "fake",
	.setup = fake_setup,
	.teardown = fake_teardown,
	.ctx_create = fake_ctx_create,
	.ctx_destroy = fake_ctx_destroy,
	.compress = fake_compress,
	.decompress = fake_decompress,
};

/* Where compressed ends and raw begins; a codec that fails. */
static void page_compressed_sizes(struct kunit *test)
{
	struct page_test *t = test->priv;
	int huge, i;

	t->dev = z2t_device_start(test, &fake_ops, NR_PAGES);
	huge = z2_pool_huge_size(t->dev->pool);
	{
		const int lens[] = { 1, 100, PAGE_SIZE / 2, huge - 1, huge, PAGE_SIZE,
				     PAGE_SIZE + 1, Z2_CODEC_DST_MAX };

		for (i = 0; i < ARRAY_SIZE(lens); i++) {
			bool raw = lens[i] >= huge;
			struct z2_object obj;

			fake_len = lens[i];
			KUNIT_EXPECT_EQ(test, write_page(t, 1, Z2T_TEXT, 1), 0);
			obj = look(t, 1);
			KUNIT_EXPECT_EQ(test, z2_object_is(&obj, Z2_SLOT_HUGE), raw);
			KUNIT_EXPECT_EQ(test, z2_object_size(&obj), raw ? PAGE_SIZE : lens[i]);
			KUNIT_EXPECT_EQ(test, read_page(t, 1), 0);
			if (!raw)
				memset(t->data, 0xdd, PAGE_SIZE);
			KUNIT_EXPECT_MEMEQ(test, t->back, t->data, PAGE_SIZE);
		}
	}

	/* Raw now; the codec gives up, and that stays. */
	fake_len = -EIO;
	KUNIT_EXPECT_EQ(test, write_page(t, 1, Z2T_TEXT, 2), -EIO);
	KUNIT_EXPECT_EQ(test, write_page(t, 2, Z2T_TEXT, 2), -EIO);
	expect_page(t, 1, Z2T_TEXT, 1);
	KUNIT_EXPECT_EQ(test, count(t, Z2_STAT_PAGES_STORED), 1);
	expect_nothing_left(t);
}

/* Allocations that fail, one or all from one on. */
static void page_without_memory(struct kunit *test)
{
	struct page_test *t = test->priv;
	struct stamp s = { .offset = 0, .len = 8, .byte = 9 };
	unsigned int fill, nth, onward, errors = 0;

	z2t_assert_faults(test);
	for (fill = 0; fill < Z2T_FILLS; fill++) {
		for (onward = 0; onward < 2; onward++) {
			bool failed = true;

			for (nth = 1; failed; nth++) {
				int err;

				/* Empty again, so that there is something to allocate. */
				z2_page_free(t->dev, 0);
				z2_page_free(t->dev, 1);
				KUNIT_ASSERT_EQ(test, write_page(t, 0, Z2T_TEXT, 99), 0);
				z2_gc_flush(t->dev->gc);
				z2t_fill(t->data, PAGE_SIZE, fill, nth);
				z2t_fault_arm(nth, onward);
				err = z2_page_write(t->dev, 0, t->page, z2_slot_now());
				failed = z2t_fault_disarm();
				KUNIT_EXPECT_TRUE(test, !err || err == -ENOMEM);
				KUNIT_EXPECT_TRUE(test, !err || failed);
				errors += !!err;
				expect_page(t, 0, err ? Z2T_TEXT : fill, err ? 99 : nth);
				KUNIT_EXPECT_EQ(test, count(t, Z2_STAT_PAGES_STORED), 1);

				z2t_fault_arm(nth, onward);
				err = modify_page(t, 1, &s);
				failed |= z2t_fault_disarm();
				KUNIT_EXPECT_TRUE(test, !err || err == -ENOMEM);
				if (err)
					expect_page(t, 1, Z2T_ZERO, 0);
				KUNIT_EXPECT_EQ(test, count(t, Z2_STAT_PAGES_STORED), err ? 1 : 2);
			}
		}
	}
	/* A raw page fails at once, a compressed one where none is left. */
	KUNIT_EXPECT_GE(test, errors, 3);
	expect_nothing_left(t);
}

/* For pages that change: of two tries the second finds far less. */
static unsigned int tries;

static int shrinking_compress(void *ctx, const void *src, void *dst)
{
	fake_len = tries++ & 1 ? 100 : 3000;
	return fake_compress(ctx, src, dst);
}

static const struct z2_codec_ops shrinking_ops = {
	.name = "shrinking",
	.setup = fake_setup,
	.teardown = fake_teardown,
	.ctx_create = fake_ctx_create,
	.ctx_destroy = fake_ctx_destroy,
	.compress = shrinking_compress,
	.decompress = fake_decompress,
};

/* No small object gets the room that was found for a large one. */
static void page_shrinks_meanwhile(struct kunit *test)
{
	struct page_test *t = test->priv;
	unsigned long i;

	t->dev = z2t_device_start(test, &shrinking_ops, NR_PAGES);
	tries = 0;
	z2t_fill(t->data, PAGE_SIZE, Z2T_TEXT, 1);
	for (i = 0; i < NR_PAGES; i++) {
		struct z2_object obj;
		int err;

		/* With the stream there is no memory, without there is. */
		z2t_fault_arm(1, false);
		err = z2_page_write(t->dev, i, t->page, z2_slot_now());
		KUNIT_EXPECT_TRUE(test, z2t_fault_disarm());
		KUNIT_EXPECT_EQ(test, err, 0);
		obj = look(t, i);
		KUNIT_EXPECT_EQ(test, z2_object_size(&obj), 100);
	}
	KUNIT_EXPECT_EQ(test, tries, 2 * NR_PAGES);
	/* zsmalloc takes up to 8 at a time; room of 3000 bytes for each would be 12. */
	KUNIT_EXPECT_LE(test, z2_pool_pages(t->dev->pool), 8);
	for (i = 0; i < NR_PAGES; i++)
		z2_page_free(t->dev, i);
	expect_nothing_left(t);
}

static struct kunit_case page_cases[] = {
	KUNIT_CASE(page_overwrites),
	KUNIT_CASE(page_slots_are_separate),
	KUNIT_CASE(page_same_filled),
	KUNIT_CASE(page_read_touches),
	KUNIT_CASE(page_past_the_limit),
	KUNIT_CASE(page_notes_the_time),
	KUNIT_CASE(page_modifies),
	KUNIT_CASE(page_modified_by_two),
	KUNIT_CASE(page_freed_while_read),
	KUNIT_CASE(page_damaged),
	KUNIT_CASE(page_compressed_sizes),
	KUNIT_CASE(page_without_memory),
	KUNIT_CASE(page_shrinks_meanwhile),
	{}
};

static struct kunit_suite page_suite = {
	.name = "zram2_page",
	.suite_init = page_suite_init,
	.suite_exit = page_suite_exit,
	.init = page_init,
	.test_cases = page_cases,
};

kunit_test_suite(page_suite);

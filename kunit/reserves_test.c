// SPDX-License-Identifier: GPL-2.0
/* Progress when all that is kept for bad times is in use. */
#include <kunit/test.h>
#include <linux/blkdev.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/mempool.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <zram2/io.h>
#include <zram2/page.h>
#include <zram2/readback.h>
#include <zram2/reserves.h>
#include <zram2/scan.h>
#include <zram2/segment.h>
#include <zram2/writeback.h>

#include "backed.h"
#include "fixture.h"

/**
 * struct held_pool - a mempool without memory, of which the test holds the rest
 * @pool: it
 * @alloc: what it allocated with
 * @nr: elements held
 * @elements: these
 */
struct held_pool {
	mempool_t *pool;
	mempool_alloc_t *alloc;
	unsigned int nr;
	void *elements[4];
};

enum { BOUNCE, BUFFERS, REQUESTS, POOLS };

/* All is given back at the end of a test, however it ends. */
static struct held_pool pools[POOLS];

static void *no_memory(gfp_t gfp, void *data)
{
	return NULL;
}

static void take_pool(struct kunit *test, struct held_pool *held, mempool_t *pool)
{
	KUNIT_ASSERT_LE(test, pool->min_nr, ARRAY_SIZE(held->elements));
	held->pool = pool;
	held->alloc = pool->alloc;
	/* KASAN goes by the function: it isn't exchanged before they are out. */
	for (held->nr = 0; held->nr < pool->min_nr; held->nr++) {
		z2t_fault_arm(1, true);
		held->elements[held->nr] = mempool_alloc(pool, GFP_NOWAIT | __GFP_NOWARN);
		z2t_fault_disarm();
		if (!held->elements[held->nr])
			break;
	}
	pool->alloc = no_memory;
	KUNIT_ASSERT_EQ(test, held->nr, pool->min_nr);
}

static void put_one(struct held_pool *held)
{
	mempool_free(held->elements[--held->nr], held->pool);
}

static void put_pools(void)
{
	struct held_pool *held;

	for (held = pools; held < pools + POOLS; held++) {
		if (!held->pool)
			continue;
		held->pool->alloc = held->alloc;
		while (held->nr)
			put_one(held);
		held->pool = NULL;
	}
}

static void reserves_exit(struct kunit *test)
{
	put_pools();
	z2t_backed_exit(test);
}

static struct z2t_backed *backed(struct kunit *test)
{
	const struct z2t_backed_config config = { .blocks = 256, .block_size = 512 };

	z2t_assert_faults(test);
	return z2t_backed_create(test, &config);
}

static void let_go(struct z2_backing_io *io)
{
	z2_backing_io_free(io);
}

/* Every bio that can count on memory waits for the device, until it is let go. */
static void hold_bios(struct z2t_backed *t)
{
	struct page *page = z2t_page_alloc(t->test, 0);
	unsigned int i;

	t->fake->reads = Z2T_HELD;
	for (i = 0; i < Z2_RESERVE_BIOS; i++) {
		struct z2_backing_io *io;
		bool failed;

		z2t_fault_arm(1, true);
		io = z2_backing_io_alloc(t->dev->backing, REQ_OP_READ, 1, GFP_NOIO);
		failed = z2t_fault_disarm();
		KUNIT_ASSERT_TRUE_MSG(t->test, failed, "it is one of the reserve");
		__bio_add_page(&io->bio, page, PAGE_SIZE, 0);
		io->done = let_go;
		z2_backing_io_submit(io, 0);
	}
	KUNIT_ASSERT_TRUE(t->test, z2t_bdev_wait_held(t->fake, Z2_RESERVE_BIOS));
	t->fake->reads = Z2T_IRQ;
}

/**
 * struct lone - a read that has no memory
 * @t: the device
 * @index: what it reads
 * @page: where to
 * @modify: it changes a part of the page as well, with the slot's lock held
 * @err: what came of it
 */
struct lone {
	struct z2t_backed *t;
	unsigned long index;
	struct page *page;
	bool modify;
	int err;
};

/* Something that needs no room in the pool. */
static void blank(void *arg, void *page)
{
	memset(page, 0, PAGE_SIZE);
}

/* As the worker does that finishes a bio for which there is no memory. */
static void read_alone(void *arg)
{
	struct lone *lone = arg;
	struct z2_device *dev = lone->t->dev;
	struct z2_object obj;

	if (lone->modify) {
		z2t_fault_arm(1, true);
		lone->err = z2_page_modify(dev, lone->index, lone->page, blank, NULL, true,
					   z2_slot_now());
		z2t_fault_disarm();
		return;
	}
	lone->err = z2_page_read(dev, lone->index, lone->page, &obj, z2_slot_now());
	if (lone->err != Z2_PAGE_BACKED)
		return;
	z2t_fault_arm(1, true);
	lone->err = z2_readback_page(dev, &obj, lone->page);
	z2t_fault_disarm();
	z2_readback_unpin(dev, &obj);
}

static const bool kinds[] = { false, true };

static void kind_desc(const bool *modify, char *desc)
{
	strscpy(desc, *modify ? "a part is written" : "read", KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(kind, kinds, kind_desc);

/*
 * All bios of the reserve belong to others, who may be waiting for what this
 * reader holds: it gets its page before any of them ends.
 */
static void reserves_lone_read(struct kunit *test)
{
	struct z2t_backed *t = backed(test);
	struct lone *lone = kunit_kzalloc(test, sizeof(*lone), GFP_KERNEL);
	struct z2t_thread *thread;

	KUNIT_ASSERT_NOT_NULL(test, lone);
	*lone = (struct lone){
		.t = t,
		.index = 3,
		.page = z2t_page_alloc(test, 0),
		.modify = *(const bool *)test->param_value,
		.err = -EINPROGRESS,
	};
	z2t_backed_prepare(t, 8, Z2T_SMALL);
	hold_bios(t);
	thread = z2t_spawn(test, read_alone, lone);
	KUNIT_EXPECT_TRUE_MSG(test, z2t_join(thread), "it waits for a bio that others hold");
	KUNIT_EXPECT_EQ(test, READ_ONCE(t->fake->nr_held), Z2_RESERVE_BIOS);
	z2t_bdev_release_all(t->fake);
	KUNIT_ASSERT_TRUE(test, z2t_join(thread));
	KUNIT_EXPECT_EQ(test, lone->err, 0);
	if (!lone->modify) {
		z2t_backed_data(t->expected, Z2T_SMALL, lone->index);
		KUNIT_EXPECT_MEMEQ(test, (u8 *)page_address(lone->page), t->expected, PAGE_SIZE);
	}
	KUNIT_ASSERT_TRUE(test, z2t_bdev_wait_idle(t->fake));
	z2t_backed_expect_empty(t);
}

/*
 * Everything at once, while the device is slow: who reads pages, in one piece
 * and in two, who writes parts of some and who writes others back, with one of
 * each reserve and nothing else.
 */
#define ROUNDS		30
#define NR_READ		12
#define FIRST_PART	40
#define FIRST_WRITTEN	80
#define NR_WRITTEN	16

struct load {
	struct z2t_backed *t;
	struct z2t_reader *reader;
	unsigned int shift;
	unsigned int failed;
};

/* Pages whose data begin @shift bytes into a page of memory. */
static bool read_shifted(struct load *load, unsigned int nr)
{
	struct z2t_reader *reader = load->reader;
	struct bio *bio = &reader->bio;
	u8 *mem = page_address(reader->memory);
	unsigned int i, len;

	bio_init(bio, load->t->dev->disk->part0, reader->vecs, ARRAY_SIZE(reader->vecs),
		 REQ_OP_READ);
	bio->bi_end_io = z2t_reader_end;
	bio->bi_private = reader;
	reinit_completion(&reader->done);
	for (i = 0; i < nr * PAGE_SIZE; i += len) {
		u8 *at = mem + load->shift + i;

		len = min_t(unsigned int, PAGE_SIZE - offset_in_page(at), nr * PAGE_SIZE - i);
		__bio_add_page(bio, virt_to_page(at), len, offset_in_page(at));
	}
	submit_bio(bio);
	return z2t_reader_wait(reader) && !reader->err;
}

static void load_read(void *arg)
{
	struct load *load = arg;
	u8 *expected = kmalloc(PAGE_SIZE, GFP_KERNEL | __GFP_NOFAIL);
	unsigned int round, i;

	for (round = 0; round < ROUNDS && !load->failed; round++) {
		u8 *mem = page_address(load->reader->memory) + load->shift;

		load->failed += !read_shifted(load, NR_READ);
		for (i = 0; i < NR_READ; i++) {
			z2t_backed_data(expected, Z2T_SMALL, i);
			load->failed += !!memcmp(mem + i * PAGE_SIZE, expected, PAGE_SIZE);
		}
	}
	kfree(expected);
}

static void fill_part(void *arg, void *page)
{
	memset(page, 0x5a, 512);
}

static void load_modify(void *arg)
{
	struct load *load = arg;
	struct page *page = load->reader->memory;
	unsigned int round;

	for (round = 0; round < ROUNDS; round++)
		load->failed += !!z2_page_modify(load->t->dev, FIRST_PART + round % 4, page,
						 fill_part, NULL, true, z2_slot_now());
}

static void load_write_back(void *arg)
{
	static const struct z2_writeback_job job = { .first = FIRST_PART, .last = ULONG_MAX };
	struct load *load = arg;
	unsigned int round, i;
	const char *why;

	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < NR_WRITTEN; i++) {
			z2t_backed_data(page_address(load->reader->memory), Z2T_SMALL, round + i);
			load->failed += !!z2_page_write(load->t->dev, FIRST_WRITTEN + i,
							load->reader->memory, z2_slot_now());
		}
		load->failed += !!z2_writeback_run(load->t->dev, &job, 1, &why);
	}
}

static void reserves_all_at_once(struct kunit *test)
{
	static const struct { void (*fn)(void *arg); unsigned int shift; } loads[] = {
		{ load_read, 0 }, { load_read, 0 }, { load_read, 512 }, { load_read, 1536 },
		{ load_read, 2560 }, { load_modify }, { load_write_back },
	};
	struct z2t_thread *threads[ARRAY_SIZE(loads)];
	struct load *load = kunit_kcalloc(test, ARRAY_SIZE(loads), sizeof(*load), GFP_KERNEL);
	struct z2t_backed *t = backed(test);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, load);
	z2t_backed_prepare(t, FIRST_PART + 4, Z2T_SMALL);
	t->fake->delay_us = 2000;
	take_pool(test, &pools[BOUNCE], &t->dev->bounce);
	take_pool(test, &pools[BUFFERS], &t->dev->buffers);
	take_pool(test, &pools[REQUESTS], &t->dev->requests);
	hold_bios(t);
	for (i = 0; i < ARRAY_SIZE(loads); i++) {
		load[i].t = t;
		load[i].reader = z2t_reader_create(t);
		load[i].shift = loads[i].shift;
		threads[i] = z2t_spawn(test, loads[i].fn, &load[i]);
	}
	KUNIT_EXPECT_TRUE_MSG(test, z2t_blocked(threads[0]), "there is nothing");
	z2t_bdev_release(t->fake, 0);
	for (i = 0; i < POOLS; i++)
		put_one(&pools[i]);
	for (i = 0; i < ARRAY_SIZE(loads); i++) {
		KUNIT_ASSERT_TRUE_MSG(test, z2t_join(threads[i]), "of load %u is no end", i);
		KUNIT_EXPECT_EQ_MSG(test, load[i].failed, 0, "load %u", i);
	}
	put_pools();
	z2t_bdev_release_all(t->fake);
	KUNIT_ASSERT_TRUE(test, z2t_bdev_wait_idle(t->fake));
	z2t_backed_expect_empty(t);
}

/* A device that hangs, and has a worker wait for it, is of no concern to others. */

static void close_backing(void *backing)
{
	z2_backing_close(backing);
}

static void reserves_other_device_hangs(struct kunit *test)
{
	struct z2t_backed *t = backed(test);
	struct load *load = kunit_kzalloc(test, sizeof(*load), GFP_KERNEL);
	struct z2t_thread *closer, *reader;
	struct z2_backing *other;
	struct z2t_bdev *fake;
	const char *why;

	KUNIT_ASSERT_NOT_NULL(test, load);
	load->t = t;
	load->reader = z2t_reader_create(t);
	load->shift = 512;
	z2t_backed_prepare(t, NR_READ, Z2T_SMALL);
	fake = z2t_bdev_create(32 << 20, 512);
	KUNIT_ASSERT_NOT_NULL(test, fake);
	other = z2_backing_attach(fake->bdev, &why);
	t->fake->reads = Z2T_HELD;
	reader = z2t_spawn(test, load_read, load);
	KUNIT_EXPECT_TRUE(test, z2t_bdev_wait_held(t->fake, 1));
	closer = z2t_spawn(test, close_backing, IS_ERR(other) ? NULL : other);
	KUNIT_EXPECT_TRUE_MSG(test, z2t_join(closer), "it waits for the other device");
	z2t_bdev_release_all(t->fake);
	KUNIT_EXPECT_TRUE(test, z2t_join(closer));
	KUNIT_EXPECT_TRUE(test, z2t_join(reader));
	KUNIT_EXPECT_FALSE(test, IS_ERR(other));
	KUNIT_EXPECT_EQ(test, load->failed, 0);
	z2t_bdev_destroy(fake);
	z2t_backed_expect_empty(t);
}

/* A run that was prepared for it takes no memory at all, and all leaves. */
static void reserves_prepared_run(struct kunit *test)
{
	struct z2t_backed *t = backed(test);
	struct z2_segments segs;
	unsigned long next = 0;
	const char *why;
	bool failed;
	int err;

	z2t_backed_write_all(t, 80, Z2T_RAW);
	z2t_backed_write_all(t, 20, Z2T_SMALL);
	z2_writeback_segments(&segs, t->dev, 8);
	KUNIT_ASSERT_EQ(test, z2_segments_prepare(&segs), 0);
	KUNIT_ASSERT_EQ(test, z2_scan_begin(t->dev, &why), 0);
	z2t_fault_arm(1, true);
	err = z2_writeback_sweep(&segs, &next, 0, 1000);
	failed = z2t_fault_disarm();
	KUNIT_EXPECT_EQ(test, z2_segments_rest(&segs), 0);
	z2_scan_end(t->dev);
	KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_EQ(test, next, 0);
	KUNIT_EXPECT_TRUE_MSG(test, failed, "it has asked for more");
	KUNIT_EXPECT_EQ(test, z2t_backed_count(t), 80);
	KUNIT_EXPECT_EQ(test, segs.nr, Z2_SEGMENT_KINDS);
	KUNIT_EXPECT_EQ(test, z2_segments_finish(&segs), 0);
	KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, 19, Z2T_SMALL, 19));
	KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, 79, Z2T_RAW, 79));
}

static struct kunit_case reserves_cases[] = {
	KUNIT_CASE_PARAM(reserves_lone_read, kind_gen_params),
	KUNIT_CASE_SLOW(reserves_all_at_once),
	KUNIT_CASE(reserves_other_device_hangs),
	KUNIT_CASE(reserves_prepared_run),
	{}
};

static struct kunit_suite reserves_suite = {
	.name = "zram2_reserves",
	.exit = reserves_exit,
	.suite_exit = z2t_backed_drop,
	.test_cases = reserves_cases,
};

kunit_test_suite(reserves_suite);

// SPDX-License-Identifier: GPL-2.0
#include <kunit/test.h>
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/bvec.h>
#include <linux/err.h>
#include <linux/irqflags.h>
#include <linux/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <zram2/codec.h>
#include <zram2/device.h>
#include <zram2/io.h>
#include <zram2/lifecycle.h>
#include <zram2/pool.h>
#include <zram2/slot.h>
#include <zram2/stats.h>

#include "fixture.h"

/*
 * z2_io_execute() takes what the disk's block size would never let through:
 * any number of sectors, anywhere.  That is how a kernel with pages above
 * 4 KiB calls it, and on this one it is the same path.
 */
#define NR_PAGES	8
#define DISK_SIZE	(NR_PAGES * PAGE_SIZE)
#define SECTORS		(PAGE_SIZE >> SECTOR_SHIFT)
#define MEM_ORDER	3
#define MEM_PAGES	BIT(MEM_ORDER)
#define MEM_SIZE	(MEM_PAGES * PAGE_SIZE)
#define MAX_VECS	(MEM_SIZE >> SECTOR_SHIFT)
/* What memory holds that a bio must not touch. */
#define CANARY		0x77

/**
 * enum layout - how a bio's memory is cut into vectors
 * @BY_PAGE: a vector a page, as most are; pages in no order
 * @WHOLE: one vector of several pages
 * @BY_SECTOR: 512 bytes each
 * @RAGGED: any multiples of 512 bytes, over the ends of pages too
 * @BY_BYTE: any lengths: only those of a bio must add up to sectors
 */
enum layout {
	BY_PAGE,
	WHOLE,
	BY_SECTOR,
	RAGGED,
	BY_BYTE,
	LAYOUTS
};

/**
 * struct io_test - what the tests share
 * @test: the test
 * @dev: a live device
 * @shadow: what it should hold
 * @buf: data that goes in or came out
 * @piece: pages in one piece
 * @rng: makes choices
 * @bio: the bio
 * @vecs: its memory
 * @ended: how often it ended
 */
struct io_test {
	struct kunit *test;
	struct z2_device *dev;
	u8 *shadow;
	u8 *buf;
	struct page *piece;
	u64 rng;
	struct bio bio;
	struct bio_vec vecs[MAX_VECS];
	int ended;
};

static struct io_test *make_io_test(struct kunit *test, struct z2_device *dev)
{
	struct io_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->test = test;
	t->dev = dev;
	t->shadow = kunit_kzalloc(test, DISK_SIZE, GFP_KERNEL);
	t->buf = kunit_kmalloc(test, DISK_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->shadow);
	KUNIT_ASSERT_NOT_NULL(test, t->buf);
	t->piece = z2t_page_alloc(test, MEM_ORDER);
	memset(page_address(t->piece), CANARY, MEM_SIZE);
	return t;
}

/* One for all tests, clean at the beginning of each. */
static struct z2_device *shared;

static int io_suite_init(struct kunit_suite *suite)
{
	shared = z2t_device_start_shared(&z2_codec_lzo, NR_PAGES);
	return PTR_ERR_OR_ZERO(shared);
}

static void io_suite_exit(struct kunit_suite *suite)
{
	if (!IS_ERR_OR_NULL(shared))
		z2_lifecycle_remove(shared->id);
}

static int io_init(struct kunit *test)
{
	z2t_device_clean(shared);
	test->priv = make_io_test(test, shared);
	return 0;
}

/* The vector for @len bytes, at @at of memory, as the layout has it. */
static unsigned int cut(struct io_test *t, enum layout layout, unsigned int at, unsigned int len,
			struct bio_vec *vec)
{
	unsigned int page = at / PAGE_SIZE, offset = at % PAGE_SIZE;

	switch (layout) {
	case BY_PAGE:
		page = (page * 5 + 3) % MEM_PAGES;
		len = min_t(unsigned int, len, PAGE_SIZE - offset);
		break;
	case BY_SECTOR:
		len = SECTOR_SIZE;
		break;
	case RAGGED:
		len = min_t(unsigned int, len, (1 + z2t_random(&t->rng) % 12) * SECTOR_SIZE);
		break;
	case BY_BYTE:
		len = min_t(unsigned int, len, SECTOR_SIZE + z2t_random(&t->rng) % (3 * PAGE_SIZE));
		break;
	default:
		break;
	}
	bvec_set_page(vec, t->piece + page, len, offset);
	return len;
}

static void end_io(struct bio *bio)
{
	struct io_test *t = bio->bi_private;

	t->ended++;
}

static blk_status_t execute(struct io_test *t, enum req_op op, unsigned int nr_vecs,
			    sector_t sector, unsigned int len)
{
	blk_status_t status;

	bio_init(&t->bio, t->dev->disk->part0, t->vecs, MAX_VECS, op);
	t->bio.bi_vcnt = nr_vecs;
	t->bio.bi_iter.bi_sector = sector;
	t->bio.bi_iter.bi_size = len;
	t->bio.bi_end_io = end_io;
	t->bio.bi_private = t;
	t->ended = 0;
	z2_io_execute(t->dev, &t->bio);
	KUNIT_EXPECT_EQ(t->test, t->ended, 1);
	status = t->bio.bi_status;
	bio_uninit(&t->bio);
	return status;
}

/* @len bytes between @buf and the disk, through memory that begins at @at. */
static blk_status_t transfer(struct io_test *t, enum req_op op, enum layout layout,
			     unsigned int at, sector_t sector, unsigned int len)
{
	unsigned int done, n, nr = 0;
	blk_status_t status;

	for (done = 0; done < len; done += n, nr++) {
		n = cut(t, layout, at + done, len - done, &t->vecs[nr]);
		if (op == REQ_OP_WRITE)
			memcpy(bvec_virt(&t->vecs[nr]), t->buf + done, n);
	}
	status = execute(t, op, nr, sector, len);

	for (done = 0, nr = 0; done < len; done += n, nr++) {
		void *mem = bvec_virt(&t->vecs[nr]);

		n = t->vecs[nr].bv_len;
		if (op == REQ_OP_WRITE)
			KUNIT_EXPECT_MEMEQ(t->test, mem, t->buf + done, n);
		else
			memcpy(t->buf + done, mem, n);
		memset(mem, CANARY, n);
	}
	return status;
}

static void write_and_shadow(struct io_test *t, enum layout layout, unsigned int at,
			     sector_t sector, unsigned int len)
{
	u64 r = z2t_random(&t->rng);

	z2t_fill(t->buf, len, r % Z2T_FILLS, r);
	KUNIT_EXPECT_EQ(t->test, (__force int)transfer(t, REQ_OP_WRITE, layout, at, sector, len),
			0);
	memcpy(t->shadow + (sector << SECTOR_SHIFT), t->buf, len);
}

static void read_and_compare(struct io_test *t, enum layout layout, unsigned int at,
			     sector_t sector, unsigned int len)
{
	memset(t->buf, ~CANARY, len);
	KUNIT_EXPECT_EQ(t->test, (__force int)transfer(t, REQ_OP_READ, layout, at, sector, len),
			0);
	KUNIT_EXPECT_MEMEQ(t->test, t->buf, t->shadow + (sector << SECTOR_SHIFT), len);
}

static void expect_disk(struct io_test *t)
{
	read_and_compare(t, WHOLE, 0, 0, DISK_SIZE);
}

static const enum layout layouts[] = { BY_PAGE, WHOLE, BY_SECTOR, RAGGED, BY_BYTE };

static void layout_desc(const enum layout *layout, char *desc)
{
	static const char *const names[] = { "by page", "whole", "by sector", "ragged", "by byte" };

	strscpy(desc, names[*layout], KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(layout, layouts, layout_desc);

/* Each offset in memory, each on the disk, lengths around one and two pages. */
static void io_any_offset(struct kunit *test)
{
	static const unsigned int lens[] = { 1, 5, 8, 12, 17, 24 };
	const enum layout *layout = test->param_value;
	struct io_test *t = test->priv;
	unsigned int at, sector, i;

	for (at = 0; at < SECTORS; at++) {
		for (sector = 0; sector < SECTORS; sector++) {
			/* Half of the lengths for one offset, half for the next. */
			for (i = at % 2; i < ARRAY_SIZE(lens); i += 2) {
				sector_t first = SECTORS * (i % 4) + sector;
				unsigned int len = lens[i] << SECTOR_SHIFT;

				write_and_shadow(t, *layout, at << SECTOR_SHIFT, first, len);
				read_and_compare(t, *layout, at << SECTOR_SHIFT, first, len);
			}
		}
		expect_disk(t);
		KUNIT_EXPECT_NULL_MSG(test, memchr_inv(page_address(t->piece), CANARY, MEM_SIZE),
				      "memory beside a bio's was written");
	}
}

/* Written in one way, read in another; up to the end of the disk. */
static void io_any_size(struct kunit *test)
{
	struct io_test *t = test->priv;
	unsigned int i;

	for (i = 0; i < 150; i++) {
		u64 r = z2t_random(&t->rng);
		unsigned int sector = r % (NR_PAGES * SECTORS);
		unsigned int most = NR_PAGES * SECTORS - sector;
		unsigned int len = 1 + (r >> 16) % most;
		unsigned int at = (r >> 32) % (NR_PAGES * SECTORS - len + 1);

		write_and_shadow(t, (r >> 48) % LAYOUTS, at << SECTOR_SHIFT, sector,
				 len << SECTOR_SHIFT);
		read_and_compare(t, (r >> 52) % LAYOUTS, at << SECTOR_SHIFT, sector,
				 len << SECTOR_SHIFT);
	}
	expect_disk(t);
	KUNIT_EXPECT_NULL(test, memchr_inv(page_address(t->piece), CANARY, MEM_SIZE));
}

/* A page on the disk whose memory is in two pieces, cut at each byte. */
static void io_cut_anywhere(struct kunit *test)
{
	static const unsigned int firsts[] = { 1, 511, 513, 684, 1000, 2047, 3412, 4095 };
	struct io_test *t = test->priv;
	unsigned int i, at;

	for (i = 0; i < ARRAY_SIZE(firsts); i++) {
		const unsigned int first = firsts[i] * (PAGE_SIZE / SZ_4K);

		/* The pieces: at the ends of two pages, at their beginnings, in one. */
		for (at = 0; at < 3; at++) {
			const sector_t sector = SECTORS + at;

			bvec_set_page(&t->vecs[0], t->piece + 1, first,
				      at == 0 ? PAGE_SIZE - first : 0);
			bvec_set_page(&t->vecs[1], t->piece + (at == 2 ? 1 : 4), PAGE_SIZE - first,
				      at == 1 ? 0 : first);
			z2t_fill(t->shadow, PAGE_SIZE, Z2T_RANDOM, i * 3 + at);
			memcpy(bvec_virt(&t->vecs[0]), t->shadow, first);
			memcpy(bvec_virt(&t->vecs[1]), t->shadow + first, PAGE_SIZE - first);
			KUNIT_EXPECT_EQ(test, (__force int)execute(t, REQ_OP_WRITE, 2, sector,
								   PAGE_SIZE), 0);
			memset(page_address(t->piece), CANARY, MEM_SIZE);
			KUNIT_EXPECT_EQ(test, (__force int)execute(t, REQ_OP_READ, 2, sector,
								   PAGE_SIZE), 0);
			KUNIT_EXPECT_MEMEQ(test, bvec_virt(&t->vecs[0]), t->shadow, first);
			KUNIT_EXPECT_MEMEQ(test, bvec_virt(&t->vecs[1]), t->shadow + first,
					   PAGE_SIZE - first);
			memset(bvec_virt(&t->vecs[0]), CANARY, first);
			memset(bvec_virt(&t->vecs[1]), CANARY, PAGE_SIZE - first);
			KUNIT_EXPECT_NULL_MSG(test,
					      memchr_inv(page_address(t->piece), CANARY, MEM_SIZE),
					      "memory beside a bio's was written");
		}
	}
}

/* All that a bio reads or writes was used when it came, in whatever pieces. */
static void io_notes_the_time(struct kunit *test)
{
	static const enum req_op ops[] = { REQ_OP_WRITE, REQ_OP_READ };
	struct io_test *t = test->priv;
	unsigned int i, index, layout;
	u32 before = z2t_now(), used;

	memset(t->buf, 1, DISK_SIZE);
	for (layout = 0; layout < LAYOUTS; layout++) {
		for (i = 0; i < ARRAY_SIZE(ops); i++) {
			for (index = 2; index < 5; index++) {
				z2_slot_write_lock(t->dev->table, index);
				z2_slot_touch(t->dev->table, index, 0);
				z2_slot_write_unlock(t->dev->table, index);
			}
			KUNIT_EXPECT_EQ(test, (__force int)transfer(t, ops[i], layout, 512,
								    2 * SECTORS + 1,
								    2 * PAGE_SIZE), 0);
			for (index = 2; index < 5; index++) {
				used = z2_slot_access_time(t->dev->table, index);
				KUNIT_EXPECT_GE(test, used, before);
				KUNIT_EXPECT_LE(test, used, z2t_now());
				KUNIT_EXPECT_EQ(test, used, z2_slot_access_time(t->dev->table, 2));
			}
		}
	}
}

static void io_empty_disk_is_zero(struct kunit *test)
{
	struct io_test *t = test->priv;
	unsigned int layout;

	for (layout = 0; layout < LAYOUTS; layout++)
		read_and_compare(t, layout, 3 << SECTOR_SHIFT, 5, 20 << SECTOR_SHIFT);
	KUNIT_EXPECT_EQ(test, z2_stats_sum(t->dev->stats, Z2_STAT_PAGES_STORED), 0);
}

/* Two threads, neighbouring sectors of the same page. */
static void write_own_sectors(void *arg)
{
	struct io_test *t = arg;
	unsigned int first = t->rng % SECTORS, i;

	for (i = 0; i < 60; i++) {
		write_and_shadow(t, i % LAYOUTS, 0, SECTORS + first, SECTOR_SIZE);
		read_and_compare(t, i % LAYOUTS, SECTOR_SIZE, SECTORS + first, SECTOR_SIZE);
		/* And two, which for one of the threads lie in two pages. */
		write_and_shadow(t, i % LAYOUTS, 0, 3 * SECTORS - 2 + first, SECTOR_SIZE * 2);
		read_and_compare(t, BY_PAGE, 0, 3 * SECTORS - 2 + first, SECTOR_SIZE * 2);
	}
}

static void io_two_writers(struct kunit *test)
{
	struct io_test *t = test->priv, *writers[2];
	struct z2t_thread *threads[2];
	int i, s;

	for (i = 0; i < 2; i++) {
		writers[i] = make_io_test(test, t->dev);
		/* The first sector but one, and the one after the next. */
		writers[i]->rng = (0x100 + i) * SECTORS + 2 * i + 1;
	}
	for (i = 0; i < 2; i++)
		threads[i] = z2t_spawn(test, write_own_sectors, writers[i]);
	for (i = 0; i < 2; i++)
		KUNIT_ASSERT_TRUE(test, z2t_join(threads[i]));
	/* No sector has two writers. */
	for (s = 0; s < DISK_SIZE; s++)
		t->shadow[s] = writers[0]->shadow[s] | writers[1]->shadow[s];
	expect_disk(t);
}

/* Discard. */

static void io_discard(struct kunit *test)
{
	struct io_test *t = test->priv;
	unsigned int i, sector, len;

	for (i = 0; i < 40; i++) {
		u64 r = z2t_random(&t->rng);
		unsigned int page;

		write_and_shadow(t, WHOLE, 0, 0, DISK_SIZE);
		sector = r % (NR_PAGES * SECTORS);
		len = 1 + (r >> 16) % (NR_PAGES * SECTORS - sector);
		KUNIT_EXPECT_EQ(test, (__force int)execute(t, REQ_OP_DISCARD, 0, sector,
							   len << SECTOR_SHIFT), 0);
		/* Whole pages go, a part of one stays. */
		for (page = 0; page < NR_PAGES; page++)
			if (page * SECTORS >= sector && (page + 1) * SECTORS <= sector + len)
				memset(t->shadow + page * PAGE_SIZE, 0, PAGE_SIZE);
		expect_disk(t);
	}
	KUNIT_EXPECT_EQ(test, (__force int)execute(t, REQ_OP_WRITE_ZEROES, 0, 0, DISK_SIZE), 0);
	memset(t->shadow, 0, DISK_SIZE);
	expect_disk(t);
	KUNIT_EXPECT_EQ(test, z2_stats_sum(t->dev->stats, Z2_STAT_PAGES_STORED), 0);
	KUNIT_EXPECT_EQ(test, z2t_device_pages(t->dev), 0);
}

/* Errors. */

static void io_unknown_operation(struct kunit *test)
{
	struct io_test *t = test->priv;

	write_and_shadow(t, WHOLE, 0, 0, DISK_SIZE);
	KUNIT_EXPECT_EQ(test, (__force int)execute(t, REQ_OP_SECURE_ERASE, 0, 0, DISK_SIZE),
			(__force int)BLK_STS_NOTSUPP);
	expect_disk(t);
}

/* What was written before it failed stays written, the rest is as before. */
static void io_write_fails_half_way(struct kunit *test)
{
	struct io_test *t = test->priv;
	struct z2_stats __percpu *stats = t->dev->stats;

	z2t_fill(t->buf, DISK_SIZE, Z2T_RANDOM, 1);
	KUNIT_EXPECT_EQ(test, (__force int)transfer(t, REQ_OP_WRITE, WHOLE, 0, 0, 3 * PAGE_SIZE),
			0);
	memcpy(t->shadow, t->buf, 3 * PAGE_SIZE);

	/* A page of zeroes, which takes no room, then one that does. */
	memset(t->buf, 0, PAGE_SIZE);
	z2t_fill(t->buf + PAGE_SIZE, 2 * PAGE_SIZE, Z2T_RANDOM, 2);
	WRITE_ONCE(t->dev->limit_pages, 1);
	KUNIT_EXPECT_EQ(test, (__force int)transfer(t, REQ_OP_WRITE, BY_PAGE, 0, 0,
						    3 * PAGE_SIZE), (__force int)BLK_STS_IOERR);
	KUNIT_EXPECT_EQ(test, z2_stats_sum(stats, Z2_STAT_FAILED_WRITES), 1);
	memset(t->shadow, 0, PAGE_SIZE);
	expect_disk(t);

	/* The same for a part of a page. */
	KUNIT_EXPECT_EQ(test, (__force int)transfer(t, REQ_OP_WRITE, RAGGED, 0, SECTORS + 1,
						    SECTOR_SIZE), (__force int)BLK_STS_IOERR);
	KUNIT_EXPECT_EQ(test, z2_stats_sum(stats, Z2_STAT_FAILED_WRITES), 2);
	expect_disk(t);
	KUNIT_EXPECT_EQ(test, z2_stats_sum(stats, Z2_STAT_FAILED_READS), 0);
	KUNIT_EXPECT_EQ(test, z2_stats_sum(stats, Z2_STAT_INVALID_IO), 0);
}

static void io_read_fails(struct kunit *test)
{
	struct io_test *t = test->priv;
	struct z2_object obj;
	u8 *junk = kunit_kmalloc(test, PAGE_SIZE, GFP_KERNEL);
	unsigned int layout;

	KUNIT_ASSERT_NOT_NULL(test, junk);
	z2t_fill(t->buf, DISK_SIZE, Z2T_TEXT, 1);
	KUNIT_EXPECT_EQ(test, (__force int)transfer(t, REQ_OP_WRITE, WHOLE, 0, 0, DISK_SIZE), 0);
	z2_slot_read_lock(t->dev->table, 2);
	obj = z2_slot_get(t->dev->table, 2);
	z2_slot_read_unlock(t->dev->table, 2);
	memset(junk, 0xff, PAGE_SIZE);
	z2_pool_store(t->dev->pool, obj.word, junk, z2_object_size(&obj));

	for (layout = 0; layout < LAYOUTS; layout++) {
		KUNIT_EXPECT_EQ(test, (__force int)transfer(t, REQ_OP_READ, layout, 0, SECTORS,
							    3 * PAGE_SIZE),
				(__force int)BLK_STS_IOERR);
		KUNIT_EXPECT_EQ(test, z2_stats_sum(t->dev->stats, Z2_STAT_FAILED_READS),
				layout + 1);
	}
	/* A part of it can't be kept, so that it can't be replaced either. */
	KUNIT_EXPECT_EQ(test, (__force int)transfer(t, REQ_OP_WRITE, WHOLE, 0, 2 * SECTORS,
						    SECTOR_SIZE), (__force int)BLK_STS_IOERR);
	/* All of it can. */
	KUNIT_EXPECT_EQ(test, (__force int)transfer(t, REQ_OP_WRITE, WHOLE, 0, 2 * SECTORS,
						    PAGE_SIZE), 0);
	KUNIT_EXPECT_EQ(test, (__force int)transfer(t, REQ_OP_READ, WHOLE, 0, 0, DISK_SIZE), 0);
}

/* Through the disk: what isn't whole blocks is refused and counted. */
static void io_disk_refuses_parts(struct kunit *test)
{
	static const struct {
		sector_t sector;
		unsigned int len;
	} bad[] = {
		{ 1, 4096 }, { 0, 512 }, { 0, 4096 + 512 }, { 7, 512 }, { 4, 4096 },
	};
	struct io_test *t = test->priv;
	unsigned int i, op;

	write_and_shadow(t, WHOLE, 0, 0, DISK_SIZE);
	for (i = 0; i < 2 * ARRAY_SIZE(bad); i++) {
		op = i % 2 ? REQ_OP_WRITE : REQ_OP_READ;
		bio_init(&t->bio, t->dev->disk->part0, t->vecs, MAX_VECS, op);
		__bio_add_page(&t->bio, t->piece, bad[i / 2].len, 0);
		t->bio.bi_iter.bi_sector = bad[i / 2].sector;
		KUNIT_EXPECT_EQ(test, submit_bio_wait(&t->bio), -EIO);
		bio_uninit(&t->bio);
		KUNIT_EXPECT_EQ(test, z2_stats_sum(t->dev->stats, Z2_STAT_INVALID_IO), i + 1);
	}
	expect_disk(t);

	bio_init(&t->bio, t->dev->disk->part0, t->vecs, MAX_VECS, REQ_OP_READ);
	__bio_add_page(&t->bio, t->piece, 8192, 0);
	t->bio.bi_iter.bi_sector = 8;
	KUNIT_EXPECT_EQ(test, submit_bio_wait(&t->bio), 0);
	bio_uninit(&t->bio);
	KUNIT_EXPECT_MEMEQ(test, page_address(t->piece), t->shadow + 4096, 8192);
}

/* What swap calls, in the context it calls from. */
static void io_swap_notifies(struct kunit *test)
{
	struct io_test *t = test->priv;
	struct gendisk *disk = t->dev->disk;
	unsigned long flags;

	write_and_shadow(t, WHOLE, 0, 0, DISK_SIZE);
	local_irq_save(flags);
	disk->fops->swap_slot_free_notify(disk->part0, 3);
	disk->fops->swap_slot_free_notify(disk->part0, 3);
	local_irq_restore(flags);
	memset(t->shadow + 3 * PAGE_SIZE, 0, PAGE_SIZE);
	expect_disk(t);
	KUNIT_EXPECT_EQ(test, z2_stats_sum(t->dev->stats, Z2_STAT_NOTIFY_FREE), 2);
}

static struct kunit_case io_cases[] = {
	KUNIT_CASE_PARAM(io_any_offset, layout_gen_params),
	KUNIT_CASE(io_any_size),
	KUNIT_CASE(io_cut_anywhere),
	KUNIT_CASE(io_notes_the_time),
	KUNIT_CASE(io_empty_disk_is_zero),
	KUNIT_CASE(io_two_writers),
	KUNIT_CASE(io_discard),
	KUNIT_CASE(io_unknown_operation),
	KUNIT_CASE(io_write_fails_half_way),
	KUNIT_CASE(io_read_fails),
	KUNIT_CASE(io_disk_refuses_parts),
	KUNIT_CASE(io_swap_notifies),
	{}
};

static struct kunit_suite io_suite = {
	.name = "zram2_io",
	.suite_init = io_suite_init,
	.suite_exit = io_suite_exit,
	.init = io_init,
	.test_cases = io_cases,
};

kunit_test_suite(io_suite);

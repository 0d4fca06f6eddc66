// SPDX-License-Identifier: GPL-2.0
/* Reading back: what is read, and where from; errors, and races. */
#include <kunit/test.h>
#include <linux/blkdev.h>
#include <linux/bvec.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <zram2/io.h>
#include <zram2/lifecycle.h>
#include <zram2/page.h>
#include <zram2/readback.h>
#include <zram2/scan.h>
#include <zram2/slot.h>
#include <zram2/stats.h>
#include <zram2/writeback.h>

#include "backed.h"
#include "fixture.h"

#define SECTORS		(PAGE_SIZE >> SECTOR_SHIFT)

static struct z2t_backed *backed(struct kunit *test, unsigned int block_size)
{
	const struct z2t_backed_config config = { .blocks = 256, .block_size = block_size };

	return z2t_backed_create(test, &config);
}

static void expect_read(struct z2t_backed *t, struct z2t_reader *reader, unsigned int nr,
			unsigned int bytes, u64 seed)
{
	unsigned int i;

	KUNIT_ASSERT_TRUE(t->test, z2t_reader_wait(reader));
	KUNIT_EXPECT_EQ(t->test, reader->err, 0);
	KUNIT_EXPECT_FALSE_MSG(t->test, reader->in_irq, "nothing is decompressed there");
	for (i = 0; i < nr; i++) {
		z2t_backed_data(t->expected, bytes, seed + i);
		KUNIT_EXPECT_MEMEQ(t->test, (u8 *)z2t_reader_page(reader, i), t->expected,
				   PAGE_SIZE);
	}
}

/* What is read. */

static const unsigned int block_sizes[] = { 512, 4096 };

static void block_size_desc(const unsigned int *size, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u", *size);
}

KUNIT_ARRAY_PARAM(block_size, block_sizes, block_size_desc);

/* The device's blocks that an object lies in, and no others. */
static void readback_reads_what_it_needs(struct kunit *test)
{
	const unsigned int unit = *(const unsigned int *)test->param_value;
	struct z2t_backed *t = backed(test, unit);
	unsigned long i;
	u64 total = 0;

	z2t_backed_prepare(t, 12, Z2T_SMALL);
	for (i = 0; i < 12; i++) {
		struct z2_extent ext = z2t_backed_extent(t, i);
		u64 start = round_down(z2t_backed_byte(&ext), unit);
		u64 end = round_up(z2t_backed_byte(&ext) + ext.size, unit);

		z2t_bdev_forget(t->fake);
		KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, i, Z2T_SMALL, i));
		KUNIT_ASSERT_EQ(test, t->fake->nr, 1);
		KUNIT_EXPECT_FALSE(test, t->fake->log[0].write);
		KUNIT_EXPECT_EQ(test, t->fake->log[0].sector, start >> SECTOR_SHIFT);
		KUNIT_EXPECT_EQ(test, t->fake->log[0].bytes, end - start);
		total += end - start;
	}
	KUNIT_EXPECT_EQ(test, atomic64_read(&z2_backing_stats(t->dev->backing)->read_bytes),
			total);
	/* Still there: a read changes nothing. */
	KUNIT_EXPECT_EQ(test, z2t_backed_count(t), 12);
	z2t_backed_expect_empty(t);
}

/* Neighbours in a bio are one read. */
static void readback_neighbours(struct kunit *test)
{
	const unsigned int unit = *(const unsigned int *)test->param_value;
	struct z2t_reader *reader;
	struct z2t_backed *t = backed(test, unit);
	struct z2_extent first, last;

	reader = z2t_reader_create(t);
	z2t_backed_prepare(t, 32, Z2T_SMALL);
	z2t_reader_start(t, reader, 0, 32);
	expect_read(t, reader, 32, Z2T_SMALL, 0);
	KUNIT_EXPECT_EQ(test, t->fake->nr, 1);
	first = z2t_backed_extent(t, 0);
	last = z2t_backed_extent(t, 31);
	KUNIT_EXPECT_EQ(test, t->fake->log[0].bytes,
			round_up(z2t_backed_byte(&last) + last.size - z2t_backed_byte(&first),
				 unit));

	/* A part of them, in the middle. */
	z2t_bdev_forget(t->fake);
	z2t_reader_start(t, reader, 9, 5);
	expect_read(t, reader, 5, Z2T_SMALL, 9);
	KUNIT_EXPECT_EQ(test, t->fake->nr, 1);
	KUNIT_EXPECT_LE(test, t->fake->log[0].bytes, 5 * 1024 + 2 * unit);
	z2t_backed_expect_empty(t);
}

/* Pages in memory, empty ones and others between them don't go to the device. */
static void readback_mixed_bio(struct kunit *test)
{
	struct z2t_backed *t = backed(test, 512);
	struct z2t_reader *reader = z2t_reader_create(t);

	z2t_backed_prepare(t, 12, Z2T_SMALL);
	z2_page_free(t->dev, 2);
	KUNIT_EXPECT_EQ(test, z2t_backed_write(t, 5, Z2T_SMALL, 500), 0);
	KUNIT_EXPECT_EQ(test, z2t_backed_write(t, 6, Z2T_RAW, 600), 0);
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, Z2_SCAN_HUGE, 0, ULONG_MAX), 0);
	z2t_bdev_forget(t->fake);

	z2t_reader_start(t, reader, 0, 12);
	KUNIT_ASSERT_TRUE(test, z2t_reader_wait(reader));
	KUNIT_EXPECT_EQ(test, reader->err, 0);
	KUNIT_EXPECT_FALSE(test, memchr_inv(z2t_reader_page(reader, 2), 0, PAGE_SIZE));
	z2t_backed_data(t->expected, Z2T_SMALL, 500);
	KUNIT_EXPECT_MEMEQ(test, (u8 *)z2t_reader_page(reader, 5), t->expected, PAGE_SIZE);
	z2t_backed_data(t->expected, Z2T_RAW, 600);
	KUNIT_EXPECT_MEMEQ(test, (u8 *)z2t_reader_page(reader, 6), t->expected, PAGE_SIZE);
	z2t_backed_data(t->expected, Z2T_SMALL, 11);
	KUNIT_EXPECT_MEMEQ(test, (u8 *)z2t_reader_page(reader, 11), t->expected, PAGE_SIZE);
	KUNIT_EXPECT_LE(test, t->fake->nr, 5);
	z2t_backed_expect_empty(t);
}

/* Raw pages arrive in the reader's own, without a detour. */
static void readback_raw_is_direct(struct kunit *test)
{
	struct z2t_backed *t = backed(test, 512);
	struct z2t_reader *reader = z2t_reader_create(t);

	z2t_backed_prepare(t, 10, Z2T_RAW);
	z2t_reader_start(t, reader, 3, 4);
	expect_read(t, reader, 4, Z2T_RAW, 3);
	KUNIT_ASSERT_EQ(test, t->fake->nr, 1);
	KUNIT_EXPECT_EQ(test, t->fake->log[0].bytes, 4 * PAGE_SIZE);
	KUNIT_EXPECT_PTR_EQ(test, t->fake->log[0].page, virt_to_page(z2t_reader_page(reader, 0)));
	z2t_backed_expect_empty(t);
}

/* Written as whole pages, also what compresses. */
static void readback_uncompressed(struct kunit *test)
{
	const struct z2t_backed_config config = {
		.blocks = 64, .block_size = 4096, .uncompressed = true,
	};
	struct z2t_backed *t = z2t_backed_create(test, &config);
	struct z2t_reader *reader = z2t_reader_create(t);

	z2t_backed_prepare(t, 10, Z2T_SMALL);
	z2t_reader_start(t, reader, 0, 10);
	expect_read(t, reader, 10, Z2T_SMALL, 0);
	KUNIT_ASSERT_EQ(test, t->fake->nr, 1);
	KUNIT_EXPECT_PTR_EQ(test, t->fake->log[0].page, virt_to_page(z2t_reader_page(reader, 0)));
	z2t_backed_expect_empty(t);
}

/* From interrupts in any order, and from the submitter's stack. */
static void readback_completions(struct kunit *test)
{
	struct z2t_backed *t = backed(test, 512);
	struct z2t_reader *reader = z2t_reader_create(t);
	unsigned int round;

	z2t_backed_fragment(t, 2);
	z2t_backed_write_all(t, 24, Z2T_SMALL);
	KUNIT_ASSERT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), 0);
	for (round = 0; round < 4; round++) {
		t->fake->reads = round ? Z2T_IRQ : Z2T_INLINE;
		t->fake->delay_us = 3000;
		z2t_bdev_forget(t->fake);
		z2t_reader_start(t, reader, 0, 24);
		expect_read(t, reader, 24, Z2T_SMALL, 0);
		/* Three runs of two blocks, each a read. */
		KUNIT_EXPECT_EQ(test, t->fake->nr, 3);
	}
	z2t_backed_defragment(t, 2);
	z2t_backed_expect_empty(t);
}

/* Buffers and writes that need a worker. */

static void end_execute(struct bio *bio)
{
	complete(bio->bi_private);
}

/* Any part of the disk, to or from any part of memory. */
static int execute(struct z2t_backed *t, enum req_op op, sector_t sector, void *mem,
		   unsigned int len)
{
	DECLARE_COMPLETION_ONSTACK(done);
	struct bio_vec vecs[3];
	struct bio bio;
	int err;

	bio_init(&bio, t->dev->disk->part0, vecs, ARRAY_SIZE(vecs), op);
	bio.bi_iter.bi_sector = sector;
	bio.bi_end_io = end_execute;
	bio.bi_private = &done;
	__bio_add_page(&bio, virt_to_page(mem), len, offset_in_page(mem));
	z2_io_execute(t->dev, &bio);
	KUNIT_EXPECT_TRUE(t->test, wait_for_completion_timeout(&done,
							       msecs_to_jiffies(Z2T_PATIENCE_MS)));
	err = blk_status_to_errno(bio.bi_status);
	bio_uninit(&bio);
	return err;
}

static void readback_unaligned(struct kunit *test)
{
	struct z2t_backed *t = backed(test, 512);
	u8 *mem = page_address(z2t_page_alloc(test, 2));
	unsigned int i;

	z2t_backed_prepare(t, 4, Z2T_SMALL);
	for (i = 512; i < PAGE_SIZE; i += 1536) {
		memset(mem, 0x77, 4 * PAGE_SIZE);
		KUNIT_EXPECT_EQ(test, execute(t, REQ_OP_READ, SECTORS, mem + i, 2 * PAGE_SIZE), 0);
		z2t_backed_data(t->expected, Z2T_SMALL, 1);
		KUNIT_EXPECT_MEMEQ(test, mem + i, t->expected, PAGE_SIZE);
		z2t_backed_data(t->expected, Z2T_SMALL, 2);
		KUNIT_EXPECT_MEMEQ(test, mem + i + PAGE_SIZE, t->expected, PAGE_SIZE);
		KUNIT_EXPECT_NULL(test, memchr_inv(mem, 0x77, i));
		KUNIT_EXPECT_NULL(test, memchr_inv(mem + i + 2 * PAGE_SIZE, 0x77, PAGE_SIZE));
	}
	/* A few sectors of a page. */
	KUNIT_EXPECT_EQ(test, execute(t, REQ_OP_READ, 3 * SECTORS + 1, mem, 1024), 0);
	z2t_backed_data(t->expected, Z2T_SMALL, 3);
	KUNIT_EXPECT_MEMEQ(test, mem, t->expected + 512, 1024);
	z2t_backed_expect_empty(t);
}

static void readback_partial_write(struct kunit *test)
{
	struct z2t_backed *t = backed(test, 512);
	u8 *mem = page_address(z2t_page_alloc(test, 2));
	u32 before = z2t_now();
	unsigned int bytes;

	for (bytes = Z2T_SMALL; bytes <= Z2T_RAW; bytes += Z2T_RAW - Z2T_SMALL) {
		z2t_backed_prepare(t, 4, bytes);
		memset(mem, 0x5a, 4 * PAGE_SIZE);
		/* The last sector of one, all of the next, the first of the third. */
		KUNIT_EXPECT_EQ(test, execute(t, REQ_OP_WRITE, 2 * SECTORS - 1, mem,
					      PAGE_SIZE + 1024), 0);
		KUNIT_EXPECT_EQ(test, z2t_backed_count(t), 1);
		KUNIT_EXPECT_GE(test, z2_slot_access_time(t->dev->table, 1), before);
		KUNIT_EXPECT_EQ(test, execute(t, REQ_OP_READ, 0, mem, 4 * PAGE_SIZE), 0);
		z2t_backed_data(t->expected, bytes, 1);
		KUNIT_EXPECT_MEMEQ(test, mem + PAGE_SIZE, t->expected, PAGE_SIZE - 512);
		KUNIT_EXPECT_NULL(test, memchr_inv(mem + 2 * PAGE_SIZE - 512, 0x5a,
						   PAGE_SIZE + 1024));
		z2t_backed_data(t->expected, bytes, 3);
		KUNIT_EXPECT_MEMEQ(test, mem + 3 * PAGE_SIZE + 512, t->expected + 512,
				   PAGE_SIZE - 512);
		z2t_backed_expect_empty(t);
	}

	/* What it stands on can't be read: it fails, and all is as before. */
	z2t_backed_prepare(t, 2, Z2T_SMALL);
	t->fake->fail_reads = 1;
	KUNIT_EXPECT_EQ(test, execute(t, REQ_OP_WRITE, 1, mem, 512), -EIO);
	KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, 0, Z2T_SMALL, 0));
	KUNIT_EXPECT_EQ(test, z2_stats_sum(t->dev->stats, Z2_STAT_FAILED_WRITES), 1);
	z2t_backed_expect_empty(t);
}

/* Full of raw pages, the first and the last of the device are as they were. */
static void readback_margins(struct kunit *test)
{
	const struct z2t_backed_config config = { .blocks = 64, .block_size = 512 };
	struct z2t_backed *t = z2t_backed_create(test, &config);
	sector_t first = z2_backing_margin(0) >> SECTOR_SHIFT;
	sector_t end = first + 64 * (Z2_BLOCK_SIZE >> SECTOR_SHIFT);
	unsigned int i;

	z2t_backed_write_all(t, 80, Z2T_RAW);
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), -ENOSPC);
	KUNIT_EXPECT_GT(test, t->fake->nr, 0);
	for (i = 0; i < t->fake->nr; i++) {
		const struct z2t_request *req = &t->fake->log[i];

		KUNIT_EXPECT_GE(test, req->sector, first);
		KUNIT_EXPECT_LE(test, req->sector + (req->bytes >> SECTOR_SHIFT), end);
	}
	KUNIT_EXPECT_EQ(test, bdev_nr_sectors(t->fake->bdev) - end, first);
	for (i = 0; i < 80; i++)
		KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, i, Z2T_RAW, i));
	z2t_backed_expect_empty(t);
}

/* Errors. */

static void readback_error(struct kunit *test)
{
	struct z2t_backed *t = backed(test, 512);
	struct z2_backing_stats *stats = z2_backing_stats(t->dev->backing);
	struct z2t_reader *reader = z2t_reader_create(t);
	unsigned int bytes;
	unsigned long i;

	for (bytes = Z2T_SMALL; bytes <= Z2T_RAW; bytes += Z2T_RAW - Z2T_SMALL) {
		z2t_backed_prepare(t, 8, bytes);
		atomic64_set(&stats->read_errors, 0);
		z2_stats_clear(t->dev->stats);
		t->fake->fail_reads = 1;
		z2t_reader_start(t, reader, 0, 8);
		KUNIT_ASSERT_TRUE(test, z2t_reader_wait(reader));
		KUNIT_EXPECT_EQ(test, reader->err, -EIO);
		KUNIT_EXPECT_EQ(test, atomic64_read(&stats->read_errors), 1);
		KUNIT_EXPECT_EQ(test, z2_stats_sum(t->dev->stats, Z2_STAT_FAILED_READS), 1);
		/* It was the device's fault, not the data's. */
		KUNIT_EXPECT_EQ(test, atomic64_read(&stats->check_errors), 0);
		z2t_reader_start(t, reader, 0, 8);
		expect_read(t, reader, 8, bytes, 0);
		for (i = 0; i < 8; i++)
			z2_page_free(t->dev, i);
	}

	/* The device is not there any more. */
	z2t_backed_prepare(t, 2, Z2T_SMALL);
	z2t_bdev_unplug(t->fake);
	z2t_reader_start(t, reader, 0, 2);
	KUNIT_ASSERT_TRUE(test, z2t_reader_wait(reader));
	KUNIT_EXPECT_EQ(test, reader->err, -EIO);
	z2_stats_clear(t->dev->stats);
	KUNIT_EXPECT_EQ(test, z2t_backed_stats(t).objects, 2);
	for (i = 0; i < 2; i++)
		z2_page_free(t->dev, i);
	KUNIT_EXPECT_EQ(test, z2t_backed_stats(t).used, 0);
}

static const struct z2t_backed_config damages[] = {
	{ 256, 512 }, { 256, 4096 }, { 256, 512, .uncompressed = true },
};

static void damage_desc(const struct z2t_backed_config *c, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u%s", c->block_size,
		 c->uncompressed ? " uncompressed" : "");
}

KUNIT_ARRAY_PARAM(damage, damages, damage_desc);

/* A damaged byte of an object is an error, one beside it is none. */
static void readback_damage(struct kunit *test)
{
	struct z2t_backed *t = z2t_backed_create(test, test->param_value);
	struct z2_backing_stats *stats = z2_backing_stats(t->dev->backing);
	struct z2t_reader *reader = z2t_reader_create(t);
	unsigned int i, errors = 0;
	u64 rng = 3;

	KUNIT_ASSERT_EQ(test, z2t_backed_write(t, 0, Z2T_SMALL, 0), 0);
	KUNIT_ASSERT_EQ(test, z2t_backed_write(t, 1, Z2T_RAW, 1), 0);
	KUNIT_ASSERT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), 0);
	for (i = 0; i < 24; i++) {
		unsigned long index = i % 2;
		struct z2_extent ext = z2t_backed_extent(t, index);
		u64 first = z2t_backed_byte(&ext);
		/* The ends, and anywhere. */
		unsigned int at = i < 2 ? 0 : i < 4 ? ext.size - 1 :
				  z2t_random(&rng) % ext.size;
		u8 delta = 1 << z2t_random(&rng) % 8;

		z2t_bdev_damage(t->fake, first + at, delta);
		z2t_reader_start(t, reader, index, 1);
		KUNIT_ASSERT_TRUE(test, z2t_reader_wait(reader));
		KUNIT_EXPECT_EQ_MSG(test, reader->err, -EIO, "byte %u", at);
		errors++;
		KUNIT_EXPECT_EQ(test, atomic64_read(&stats->check_errors), errors);
		z2t_bdev_damage(t->fake, first + at, delta);
	}
	KUNIT_EXPECT_EQ(test, z2_stats_sum(t->dev->stats, Z2_STAT_FAILED_READS), errors);

	if (z2t_backed_extent(t, 0).size < PAGE_SIZE) {
		struct z2_extent ext = z2t_backed_extent(t, 0);

		z2t_bdev_damage(t->fake, z2t_backed_byte(&ext) + ext.size, 0xff);
	}
	KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, 0, Z2T_SMALL, 0));
	KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, 1, Z2T_RAW, 1));
	KUNIT_EXPECT_EQ(test, atomic64_read(&stats->check_errors), errors);
	z2t_backed_expect_empty(t);
}

/* One bad page of a bio is one bad bio; the next read of the others is fine. */
static void readback_damage_of_one(struct kunit *test)
{
	struct z2t_backed *t = backed(test, 512);
	struct z2t_reader *reader = z2t_reader_create(t);
	struct z2_extent ext;

	z2t_backed_prepare(t, 8, Z2T_SMALL);
	ext = z2t_backed_extent(t, 4);
	z2t_bdev_damage(t->fake, z2t_backed_byte(&ext) + 10, 0x10);
	z2t_reader_start(t, reader, 0, 8);
	KUNIT_ASSERT_TRUE(test, z2t_reader_wait(reader));
	KUNIT_EXPECT_EQ(test, reader->err, -EIO);
	z2t_reader_start(t, reader, 0, 4);
	expect_read(t, reader, 4, Z2T_SMALL, 0);
	z2t_reader_start(t, reader, 5, 3);
	expect_read(t, reader, 3, Z2T_SMALL, 5);
	/* A page that can't be read can be written. */
	KUNIT_EXPECT_EQ(test, z2t_backed_write(t, 4, Z2T_SMALL, 44), 0);
	KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, 4, Z2T_SMALL, 44));
	z2t_backed_expect_empty(t);
}

/* Whichever allocation of the reader fails, it gets its data. */
static void readback_without_memory(struct kunit *test)
{
	struct z2t_backed *t = backed(test, 512);
	struct z2t_reader *reader = z2t_reader_create(t);
	unsigned int nth, onward, bytes, failures = 0;

	z2t_assert_faults(test);
	for (bytes = Z2T_SMALL; bytes <= Z2T_RAW; bytes += Z2T_RAW - Z2T_SMALL) {
		z2t_backed_prepare(t, 20, bytes);
		for (onward = 0; onward < 2; onward++) {
			bool failed = true;

			for (nth = 1; failed; nth++) {
				z2t_fault_arm(nth, onward);
				z2t_reader_start(t, reader, 0, 20);
				failed = z2t_fault_disarm();
				failures += failed;
				expect_read(t, reader, 20, bytes, 0);
			}
		}
		z2t_backed_expect_empty(t);
	}
	KUNIT_EXPECT_GE_MSG(test, failures, 8, "request, batch, bounce pages");
}

static struct kunit_case readback_cases[] = {
	KUNIT_CASE_PARAM(readback_reads_what_it_needs, block_size_gen_params),
	KUNIT_CASE_PARAM(readback_neighbours, block_size_gen_params),
	KUNIT_CASE(readback_mixed_bio),
	KUNIT_CASE(readback_raw_is_direct),
	KUNIT_CASE(readback_uncompressed),
	KUNIT_CASE(readback_completions),
	KUNIT_CASE(readback_unaligned),
	KUNIT_CASE(readback_partial_write),
	KUNIT_CASE(readback_margins),
	KUNIT_CASE(readback_error),
	KUNIT_CASE_PARAM(readback_damage, damage_gen_params),
	KUNIT_CASE(readback_damage_of_one),
	KUNIT_CASE(readback_without_memory),
	{}
};

static struct kunit_suite readback_suite = {
	.name = "zram2_readback",
	.exit = z2t_backed_exit,
	.suite_exit = z2t_backed_drop,
	.test_cases = readback_cases,
};

kunit_test_suite(readback_suite);

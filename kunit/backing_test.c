// SPDX-License-Identifier: GPL-2.0
/* The backing device: check bits, locations, reads and writes. */
#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/math64.h>
#include <linux/pagemap.h>
#include <linux/preempt.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include <zram2/backing.h>

#include "fake_bdev.h"
#include "fixture.h"

/* Check bits. */

static u8 *buffer(struct kunit *test, size_t len)
{
	u8 *buf = kunit_kzalloc(test, len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	return buf;
}

/* The sum is of integers modulo this. */
#define CHECK_PRIME	1048573

static u32 modulo(s64 value)
{
	s32 rest;

	div_s64_rem(value, CHECK_PRIME, &rest);
	return rest < 0 ? rest + CHECK_PRIME : rest;
}

/* What a one more at @at adds to the check of @len bytes. */
static u32 weight(u8 *zeroes, size_t len, size_t at)
{
	s64 check = z2_backing_check(zeroes, len);

	zeroes[at] = 1;
	check = z2_backing_check(zeroes, len) - check;
	zeroes[at] = 0;
	return modulo(check);
}

static void check_fits(struct kunit *test)
{
	u8 *data = buffer(test, PAGE_SIZE);
	u32 last = 0;
	size_t len;

	for (len = 0; len <= PAGE_SIZE; len++) {
		u32 check = z2_backing_check(data, len);

		KUNIT_ASSERT_EQ(test, check >> Z2_CHECK_BITS, 0);
		/* Zeroes, as of a sector that was never written, of another length. */
		if (len)
			KUNIT_ASSERT_NE(test, check, last);
		last = check;
	}
	memset(data, 0xff, PAGE_SIZE);
	for (len = PAGE_SIZE - 8; len <= PAGE_SIZE; len++)
		KUNIT_EXPECT_EQ(test, z2_backing_check(data, len) >> Z2_CHECK_BITS, 0);
}

/*
 * A byte that changes from x to y changes the check by y - x times a weight
 * that neither the other bytes nor x have a say in.  This is what allows to
 * look at every change of every byte below.
 */
static void check_is_linear(struct kunit *test)
{
	u8 *zeroes = buffer(test, PAGE_SIZE), *data = buffer(test, PAGE_SIZE + 8);
	unsigned int i;
	u64 rng = 1;

	for (i = 0; i < 3000; i++) {
		size_t len = i % 3 ? 1 + z2t_random(&rng) % PAGE_SIZE : PAGE_SIZE;
		size_t at = z2t_random(&rng) % len;
		u8 *bytes = data + i % 8, old;
		s64 check;
		s32 change;

		if (!(i % 100))
			z2t_fill(data, PAGE_SIZE + 8, i % 200 ? Z2T_RANDOM : Z2T_TEXT, i);
		check = z2_backing_check(bytes, len);
		old = bytes[at];
		bytes[at] = z2t_random(&rng);
		change = bytes[at] - old;
		check = z2_backing_check(bytes, len) - check;
		KUNIT_ASSERT_EQ(test, modulo(check),
				modulo((s64)weight(zeroes, len, at) * change));
		KUNIT_ASSERT_EQ(test, !check, !change);
	}
}

static unsigned int missed(u32 weight)
{
	unsigned int nr = 0;
	int change;

	for (change = 1; change < 256; change++)
		nr += !modulo((s64)weight * change) + !modulo((s64)weight * -change);
	return nr;
}

/* Each change of each byte of an object of 4096, and of the ends of all others. */
static void check_finds_every_byte(struct kunit *test)
{
	u8 *zeroes = buffer(test, PAGE_SIZE);
	size_t at, len;

	for (at = 0; at < PAGE_SIZE; at++)
		KUNIT_ASSERT_EQ(test, missed(weight(zeroes, PAGE_SIZE, at)), 0);
	for (len = 1; len < PAGE_SIZE; len += 1 + len / 64)
		for (at = len > 9 ? len - 9 : 0; at < len; at++)
			KUNIT_ASSERT_EQ(test, missed(weight(zeroes, len, at)), 0);
}

/* The same by trying, where that is quick. */
static void check_finds_every_byte_of_few(struct kunit *test)
{
	u8 *data = buffer(test, 32);
	unsigned int len, at, delta;

	z2t_fill(data, 32, Z2T_RANDOM, 5);
	for (len = 1; len <= 32; len++) {
		u32 check = z2_backing_check(data, len);

		for (at = 0; at < len; at++) {
			for (delta = 1; delta < 256; delta++) {
				data[at] ^= delta;
				KUNIT_ASSERT_NE(test, z2_backing_check(data, len), check);
				data[at] ^= delta;
			}
		}
	}
}

/* Garbage passes once in a million: among 200,000 two would be bad luck. */
static void check_refuses_garbage(struct kunit *test)
{
	u8 *data = buffer(test, 64);
	unsigned int i, passed = 0;
	u64 rng = 7;

	for (i = 0; i < 200000; i++) {
		u64 r = z2t_random(&rng);

		memcpy(data + i % 7 * 8, &r, 8);
		passed += z2_backing_check(data, 64) == 0x12345;
	}
	KUNIT_EXPECT_LE(test, passed, 3);
}

/* Locations. */

static void location_keeps_its_parts(struct kunit *test)
{
	static const u32 blocks[] = { 0, 1, 1u << 31, U32_MAX };
	static const u16 offsets[] = { 0, 1, 2048, 4095 };
	static const u32 checks[] = { 0, 1, 0x80000, 0xfffff };
	int b, o, c;

	for (b = 0; b < ARRAY_SIZE(blocks); b++) {
		for (o = 0; o < ARRAY_SIZE(offsets); o++) {
			for (c = 0; c < ARRAY_SIZE(checks); c++) {
				struct z2_extent in = { blocks[b], offsets[o], 77 }, out;
				u64 location = z2_location_make(&in, checks[c]);

				out = z2_location_extent(location, 99);
				KUNIT_EXPECT_EQ(test, out.block, in.block);
				KUNIT_EXPECT_EQ(test, out.offset, in.offset);
				KUNIT_EXPECT_EQ(test, out.size, 99);
				KUNIT_EXPECT_EQ(test, z2_location_check(location), checks[c]);
			}
		}
	}
}

/* Opening. */

static void destroy_fake(void *fake)
{
	z2t_bdev_destroy(fake);
}

static struct z2t_bdev *fake_create(struct kunit *test, u64 bytes, unsigned int block_size)
{
	struct z2t_bdev *fake = z2t_bdev_create(bytes, block_size);

	KUNIT_ASSERT_NOT_NULL(test, fake);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, destroy_fake, fake), 0);
	return fake;
}

/* Where signatures of others lie on devices of a size, see MARGIN_SHARE. */
static void backing_margin(struct kunit *test)
{
	static const struct { u64 bytes, margin; } sizes[] = {
		{ 0, SZ_512K }, { SZ_1M, SZ_512K }, { SZ_8M, SZ_512K }, { SZ_16M, SZ_1M },
		{ SZ_16M + SZ_2M - 1, SZ_1M }, { SZ_64M, SZ_4M }, { SZ_128M - 1, SZ_8M - SZ_128K },
		{ SZ_128M, SZ_8M }, { 1ull << 50, SZ_8M },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		KUNIT_EXPECT_EQ_MSG(test, z2_backing_margin(sizes[i].bytes), sizes[i].margin,
				    "%llu bytes", sizes[i].bytes);
}

static void backing_attach(struct kunit *test)
{
	static const struct { u64 bytes, blocks; } sizes[] = {
		{ 512, 0 }, { SZ_1M, 0 }, { SZ_1M + 4095, 0 }, { SZ_1M + 4096, 1 },
		{ SZ_1M + 7680, 1 }, { SZ_2M, 256 }, { SZ_16M, (SZ_16M - SZ_2M) / 4096 },
		{ (1ull << 34) + 3584, (1 << 22) - SZ_16M / 4096 },
	};
	struct z2t_bdev *fake = fake_create(test, 4096, 512);
	struct z2_backing *backing;
	const char *why;
	char *path;
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		why = NULL;
		KUNIT_ASSERT_TRUE(test, z2t_bdev_renew(fake, sizes[i].bytes, 512));
		backing = z2_backing_attach(fake->bdev, &why);
		KUNIT_EXPECT_NOT_NULL(test, why);
		if (!sizes[i].blocks) {
			KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(backing), -EINVAL);
			continue;
		}
		KUNIT_ASSERT_FALSE(test, IS_ERR(backing));
		KUNIT_EXPECT_EQ(test, z2_blockmap_stats(z2_backing_map(backing)).blocks,
				sizes[i].blocks);
		z2_backing_close(backing);
	}
	z2_backing_close(NULL);

	KUNIT_ASSERT_TRUE(test, z2t_bdev_renew(fake, SZ_2M, 2048));
	backing = z2_backing_attach(fake->bdev, &why);
	KUNIT_ASSERT_FALSE(test, IS_ERR(backing));
	KUNIT_EXPECT_EQ(test, z2_backing_unit(backing), 2048);
	path = buffer(test, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, z2_backing_path(backing, path, PAGE_SIZE), 10);
	KUNIT_EXPECT_STREQ(test, path, "(attached)");
	z2_backing_close(backing);

	set_disk_ro(fake->disk, true);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(z2_backing_attach(fake->bdev, &why)), -EROFS);
	set_disk_ro(fake->disk, false);
}

static void backing_attach_without_memory(struct kunit *test)
{
	struct z2t_bdev *fake = fake_create(test, SZ_2M, 512);
	unsigned int nth, errors = 0;
	struct z2_backing *first;
	bool failed = true;
	const char *why;

	/* The kernel complains when it can't make the slab for such bios. */
	first = z2_backing_attach(fake->bdev, &why);
	KUNIT_ASSERT_FALSE(test, IS_ERR(first));
	z2t_assert_faults(test);
	/* From the tenth on it's one bio of the reserve after another. */
	for (nth = 1; failed; nth += nth < 10 ? 1 : 4) {
		struct z2_backing *backing;

		why = NULL;
		z2t_fault_arm(nth, nth % 2);
		backing = z2_backing_attach(fake->bdev, &why);
		failed = z2t_fault_disarm();
		if (IS_ERR(backing)) {
			KUNIT_EXPECT_EQ(test, PTR_ERR(backing), -ENOMEM);
			KUNIT_EXPECT_STREQ(test, why, "no memory");
			KUNIT_EXPECT_TRUE(test, failed);
			errors++;
		} else {
			z2_backing_close(backing);
		}
	}
	z2_backing_close(first);
	KUNIT_EXPECT_GE_MSG(test, errors, 6, "itself, the map, the reserve of bios");
}

/* Reads and writes. */

struct ended {
	struct completion done;
	bool in_task;
	blk_status_t status;
};

static void note_end(struct z2_backing_io *io)
{
	struct ended *ended = io->private;

	ended->in_task = in_task();
	ended->status = io->bio.bi_status;
	z2_backing_io_free(io);
	complete(&ended->done);
}

static blk_status_t transfer(struct kunit *test, struct z2_backing *backing, enum req_op op,
			     struct page *page, sector_t sector, bool wait)
{
	struct ended ended = {};
	struct z2_backing_io *io;

	if (wait && op == REQ_OP_READ)
		return errno_to_blk_status(z2_backing_read(backing, sector, page_address(page),
							   PAGE_SIZE));
	io = z2_backing_io_alloc(backing, op, 1, GFP_NOIO);
	KUNIT_ASSERT_NOT_NULL(test, io);
	__bio_add_page(&io->bio, page, PAGE_SIZE, 0);
	init_completion(&ended.done);
	io->done = note_end;
	io->private = &ended;
	z2_backing_io_submit(io, sector);
	wait_for_completion(&ended.done);
	KUNIT_EXPECT_TRUE(test, ended.in_task);
	return ended.status;
}

/* From whatever context the device completes, done() runs in a task. */
static void backing_io(struct kunit *test)
{
	struct z2t_bdev *fake = fake_create(test, SZ_2M, 512);
	struct page *page = z2t_page_alloc(test, 0);
	u8 *data = page_address(page), *copy = buffer(test, PAGE_SIZE);
	struct z2_backing *backing;
	struct z2_backing_stats *stats;
	unsigned int i;
	const char *why;

	backing = z2_backing_attach(fake->bdev, &why);
	KUNIT_ASSERT_FALSE(test, IS_ERR(backing));
	stats = z2_backing_stats(backing);
	for (i = 0; i < 8; i++) {
		bool wait = i & 1, fails = i & 2;

		fake->reads = i & 4 ? Z2T_IRQ : Z2T_INLINE;
		fake->writes = fake->reads;
		z2t_fill(data, PAGE_SIZE, Z2T_RANDOM, i);
		memcpy(copy, data, PAGE_SIZE);
		fake->fail_writes = fails;
		KUNIT_EXPECT_EQ(test, !transfer(test, backing, REQ_OP_WRITE, page, 8 * i, wait),
				!fails);
		memset(data, 0, PAGE_SIZE);
		fake->fail_reads = fails;
		KUNIT_EXPECT_EQ(test, !transfer(test, backing, REQ_OP_READ, page, 8 * i, wait),
				!fails);
		if (!fails)
			KUNIT_EXPECT_MEMEQ(test, data, copy, PAGE_SIZE);
	}
	KUNIT_EXPECT_EQ(test, atomic64_read(&stats->read_bytes), 8 * PAGE_SIZE);
	KUNIT_EXPECT_EQ_MSG(test, atomic64_read(&stats->write_bytes), 4 * PAGE_SIZE,
			    "what is on the device counts");
	KUNIT_EXPECT_EQ(test, atomic64_read(&stats->read_errors), 4);
	KUNIT_EXPECT_EQ(test, atomic64_read(&stats->write_errors), 4);
	KUNIT_EXPECT_EQ(test, fake->in_flight, 0);
	for (i = 0; i < fake->nr; i++)
		KUNIT_EXPECT_EQ(test, fake->log[i].sector,
				(z2_backing_margin(SZ_2M) >> SECTOR_SHIFT) + i / 2 * 8);
	z2_backing_close(backing);
}

/* The page cache of a device that another has open as well. */
static void backing_drops_page_cache(struct kunit *test)
{
	struct z2t_bdev *fake = fake_create(test, SZ_2M, 512);
	struct address_space *mapping = fake->file->f_mapping;
	u8 *data = buffer(test, PAGE_SIZE);
	struct z2_backing *backing;
	const char *why;
	loff_t pos = 0;

	fake->fail_writes = 1;
	z2t_fill(data, PAGE_SIZE, Z2T_RANDOM, 1);
	KUNIT_ASSERT_EQ(test, kernel_write(fake->file, data, PAGE_SIZE, &pos), PAGE_SIZE);
	KUNIT_ASSERT_EQ_MSG(test, fake->nr, 0, "it is in the cache");
	backing = z2_backing_attach(fake->bdev, &why);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(backing), -EIO);
	if (!IS_ERR(backing))
		z2_backing_close(backing);

	pos = SZ_1M;
	KUNIT_ASSERT_EQ(test, kernel_write(fake->file, data, PAGE_SIZE, &pos), PAGE_SIZE);
	z2t_bdev_forget(fake);
	backing = z2_backing_attach(fake->bdev, &why);
	KUNIT_ASSERT_FALSE(test, IS_ERR(backing));
	KUNIT_EXPECT_EQ_MSG(test, z2t_bdev_bytes(fake, true), PAGE_SIZE, "it is written out");
	KUNIT_EXPECT_EQ_MSG(test, mapping->nrpages, 0, "and dropped");
	z2_backing_close(backing);
}

/* What close waits for: all of done(), not only what it tells others. */

struct late {
	struct completion called;
	bool returned;
};

static void end_late(struct z2_backing_io *io)
{
	struct late *late = io->private;

	z2_backing_io_free(io);
	complete(&late->called);
	msleep(100);
	WRITE_ONCE(late->returned, true);
}

static void backing_close_waits_for_done(struct kunit *test)
{
	static const enum req_op ops[] = { REQ_OP_READ, REQ_OP_WRITE };
	struct z2t_bdev *fake = fake_create(test, SZ_2M, 512);
	struct page *page = z2t_page_alloc(test, 0);
	int i;

	for (i = 0; i < ARRAY_SIZE(ops); i++) {
		struct z2_backing *backing;
		struct z2_backing_io *io;
		struct late late = {};
		const char *why;

		init_completion(&late.called);
		backing = z2_backing_attach(fake->bdev, &why);
		KUNIT_ASSERT_FALSE(test, IS_ERR(backing));
		io = z2_backing_io_alloc(backing, ops[i], 1, GFP_NOIO);
		__bio_add_page(&io->bio, page, PAGE_SIZE, 0);
		io->done = end_late;
		io->private = &late;
		z2_backing_io_submit(io, 0);
		wait_for_completion(&late.called);
		z2_backing_close(backing);
		KUNIT_EXPECT_TRUE(test, READ_ONCE(late.returned));
	}
}

static struct kunit_case backing_cases[] = {
	KUNIT_CASE(check_fits),
	KUNIT_CASE(check_is_linear),
	KUNIT_CASE(check_finds_every_byte),
	KUNIT_CASE(check_finds_every_byte_of_few),
	KUNIT_CASE(check_refuses_garbage),
	KUNIT_CASE(location_keeps_its_parts),
	KUNIT_CASE(backing_margin),
	KUNIT_CASE(backing_attach),
	KUNIT_CASE_SLOW(backing_attach_without_memory),
	KUNIT_CASE(backing_io),
	KUNIT_CASE(backing_close_waits_for_done),
	KUNIT_CASE(backing_drops_page_cache),
	{}
};

static struct kunit_suite backing_suite = {
	.name = "zram2_backing",
	.test_cases = backing_cases,
};

kunit_test_suite(backing_suite);

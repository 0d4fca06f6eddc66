// SPDX-License-Identifier: GPL-2.0
/* Writes that find no room: who ends them, when, and how. */
#include <kunit/test.h>
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/errno.h>
#include <linux/mempool.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/wait.h>

#include <zram2/device.h>
#include <zram2/io.h>
#include <zram2/lifecycle.h>
#include <zram2/make_room.h>
#include <zram2/page.h>
#include <zram2/parked.h>
#include <zram2/reserves.h>
#include <zram2/scan.h>
#include <zram2/stats.h>

#include "backed.h"
#include "fixture.h"

#define SECTORS		(PAGE_SIZE >> SECTOR_SHIFT)
#define MS		NSEC_PER_MSEC

/* The list, with a clock and room of the test's own. */

#define ITEMS		24

/**
 * struct list_test - what the tests of the list share
 * @dev: a device
 * @bios: each its own number's worth of sectors
 * @order: their numbers, as they have ended
 * @err: how each of them has
 * @ended: how many have
 * @room: so many sectors can be stored
 * @broken: the number of one that fails for another reason
 * @kicked: how often
 * @now: the clock
 */
struct list_test {
	struct z2_device *dev;
	struct bio bios[ITEMS];
	unsigned int order[ITEMS];
	int err[ITEMS];
	unsigned int ended;
	unsigned int room;
	int broken;
	unsigned int kicked;
	u64 now;
};

static struct list_test *list_test;

static int list_resume(struct z2_device *dev, struct bio *bio, struct bvec_iter *iter)
{
	if (bio - list_test->bios == list_test->broken)
		return -EIO;
	for (; iter->bi_size; iter->bi_size -= SECTOR_SIZE) {
		if (!list_test->room)
			return iter->bi_sector & 1 ? -ENOSPC : -ENOMEM;
		list_test->room--;
		iter->bi_sector++;
	}
	return 0;
}

static void list_end(struct z2_device *dev, struct bio *bio, unsigned long start, int err)
{
	unsigned int nr = bio - list_test->bios;

	list_test->order[list_test->ended++] = nr;
	list_test->err[nr] = err;
}

static void list_kick(struct z2_device *dev)
{
	list_test->kicked++;
}

static u64 list_now(void)
{
	return list_test->now;
}

static const struct z2_parked_ops list_ops = {
	.resume = list_resume,
	.end = list_end,
	.kick = list_kick,
	.now = list_now,
};

static struct list_test *list_create(struct kunit *test)
{
	struct list_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, t);
	list_test = t;
	t->dev = z2t_device_create(test);
	t->broken = -1;
	t->now = 1000 * MS;
	for (i = 0; i < ITEMS; i++)
		t->bios[i].bi_iter.bi_size = (i + 1) * SECTOR_SIZE;
	/* It has one already, for its own bios. */
	z2_parked_detach(t->dev);
	KUNIT_ASSERT_EQ(test, z2_parked_attach(t->dev, &list_ops), 0);
	return t;
}

static bool list_park(struct list_test *t, unsigned int nr)
{
	return z2_parked_add(t->dev, &t->bios[nr], &t->bios[nr].bi_iter, 0);
}

/* Oldest first, each from where it was, and none before the one that has no room. */
static void parked_in_order(struct kunit *test)
{
	struct list_test *t = list_create(test);
	unsigned int i;

	KUNIT_EXPECT_FALSE(test, z2_parked_retry(t->dev));
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_TRUE(test, list_park(t, i));
	KUNIT_EXPECT_EQ(test, t->kicked, 8);
	KUNIT_EXPECT_TRUE(test, z2_parked_any(t->dev));

	/* The first three take 6 sectors, and of the fourth 3 are stored. */
	t->room = 9;
	KUNIT_EXPECT_TRUE(test, z2_parked_retry(t->dev));
	KUNIT_EXPECT_EQ(test, t->ended, 3);
	KUNIT_EXPECT_TRUE(test, z2_parked_retry(t->dev));
	KUNIT_EXPECT_EQ(test, t->ended, 3);
	t->room = 1;
	KUNIT_EXPECT_TRUE(test, z2_parked_retry(t->dev));
	KUNIT_EXPECT_EQ(test, t->ended, 4);

	/* Another error is the end of it, and of nothing else. */
	t->broken = 4;
	t->room = 1000;
	KUNIT_EXPECT_TRUE(test, list_park(t, 8));
	KUNIT_EXPECT_FALSE(test, z2_parked_retry(t->dev));
	KUNIT_EXPECT_EQ(test, t->ended, 9);
	for (i = 0; i < 9; i++) {
		KUNIT_EXPECT_EQ(test, t->order[i], i);
		KUNIT_EXPECT_EQ(test, t->err[i], i == 4 ? -EIO : 0);
	}
	KUNIT_EXPECT_EQ(test, z2_parked_stats(t->dev).waiting, 0);
	KUNIT_EXPECT_EQ(test, z2_parked_stats(t->dev).total, 9);
	KUNIT_EXPECT_EQ(test, z2_parked_stats(t->dev).failed, 1);
	z2_parked_clear_stats(t->dev);
	KUNIT_EXPECT_EQ(test, z2_parked_stats(t->dev).total, 0);
}

/* So long without any progress, and not before; what came later has its own time. */
static void parked_expires(struct kunit *test)
{
	struct list_test *t = list_create(test);

	KUNIT_EXPECT_EQ(test, z2_parked_expire(t->dev), 0);
	list_park(t, 0);
	t->now += 4000 * MS;
	list_park(t, 1);
	t->now += 5999 * MS;
	KUNIT_EXPECT_EQ(test, z2_parked_expire(t->dev), 0);
	t->now += MS;
	KUNIT_EXPECT_EQ(test, z2_parked_expire(t->dev), 1);
	KUNIT_EXPECT_EQ(test, t->err[0], -ENOSPC);
	KUNIT_EXPECT_EQ(test, z2_parked_stats(t->dev).longest_us, 10 * USEC_PER_SEC);

	/* A page that has left is progress, and so is a write that was stored. */
	t->now += 3999 * MS;
	z2_parked_progress(t->dev);
	t->now += 9999 * MS;
	KUNIT_EXPECT_EQ(test, z2_parked_expire(t->dev), 0);
	list_park(t, 2);
	t->room = 2;
	KUNIT_EXPECT_TRUE(test, z2_parked_retry(t->dev));
	KUNIT_EXPECT_EQ(test, t->ended, 2);
	t->now += 9999 * MS;
	KUNIT_EXPECT_EQ(test, z2_parked_expire(t->dev), 0);
	t->now += MS;
	KUNIT_EXPECT_EQ(test, z2_parked_expire(t->dev), 1);
	KUNIT_EXPECT_EQ(test, t->err[2], -ENOSPC);

	/* However long nothing was to be done: the time begins with the first. */
	t->now += 3600 * 1000ULL * MS;
	list_park(t, 3);
	KUNIT_EXPECT_EQ(test, z2_parked_expire(t->dev), 0);
	z2_parked_fail_all(t->dev);
	KUNIT_EXPECT_EQ(test, t->ended, 4);
	KUNIT_EXPECT_FALSE(test, z2_parked_any(t->dev));
	KUNIT_EXPECT_EQ(test, z2_parked_stats(t->dev).failed, 3);
}

/* Without memory as many wait as were counted on, and the next one is refused. */
static void parked_without_memory(struct kunit *test)
{
	struct list_test *t;
	unsigned int i, added = 0;

	z2t_assert_faults(test);
	t = list_create(test);
	for (i = 0; i < ITEMS; i++) {
		z2t_fault_arm(1, true);
		added += list_park(t, i);
		z2t_fault_disarm();
	}
	KUNIT_EXPECT_EQ(test, added, Z2_RESERVE_PARKED);
	KUNIT_EXPECT_EQ(test, t->kicked, added);
	t->room = 1000;
	KUNIT_EXPECT_FALSE(test, z2_parked_retry(t->dev));
	KUNIT_EXPECT_EQ(test, t->ended, added);
}

/* Writes to a disk at its limit, with a backing device. */

/**
 * struct writer - a write
 * @bio: it
 * @vec: its memory
 * @page: likewise
 * @done: it has ended
 * @err: how
 */
struct writer {
	struct bio bio;
	struct bio_vec vec;
	struct page *page;
	struct completion done;
	int err;
};

static void writer_end(struct bio *bio)
{
	struct writer *w = bio->bi_private;

	w->err = blk_status_to_errno(bio->bi_status);
	complete(&w->done);
}

static struct writer *writer_create(struct z2t_backed *t)
{
	struct writer *w = kunit_kzalloc(t->test, sizeof(*w), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(t->test, w);
	w->page = z2t_page_alloc(t->test, 0);
	init_completion(&w->done);
	return w;
}

/* From the first sector of a page on. */
static void writer_start(struct z2t_backed *t, struct writer *w, unsigned long index,
			 unsigned int bytes, u64 seed)
{
	reinit_completion(&w->done);
	z2t_backed_data(page_address(w->page), bytes, seed);
	bio_init(&w->bio, t->dev->disk->part0, &w->vec, 1, REQ_OP_WRITE);
	w->bio.bi_iter.bi_sector = index * SECTORS;
	w->bio.bi_end_io = writer_end;
	w->bio.bi_private = w;
	__bio_add_page(&w->bio, w->page, PAGE_SIZE, 0);
	submit_bio(&w->bio);
}

/* A part of a page, which the disk's block size would never let through. */
static void writer_start_part(struct z2t_backed *t, struct writer *w, unsigned long index,
			      unsigned int sector, u64 seed)
{
	reinit_completion(&w->done);
	z2t_backed_data(page_address(w->page), Z2T_RAW, seed);
	bio_init(&w->bio, t->dev->disk->part0, &w->vec, 1, REQ_OP_WRITE);
	w->bio.bi_iter.bi_sector = index * SECTORS + sector;
	w->bio.bi_end_io = writer_end;
	w->bio.bi_private = w;
	__bio_add_page(&w->bio, w->page, SECTOR_SIZE, sector * SECTOR_SIZE);
	z2_io_execute(t->dev, &w->bio);
}

static bool writer_ended(struct writer *w)
{
	return completion_done(&w->done);
}

static int writer_wait(struct z2t_backed *t, struct writer *w)
{
	KUNIT_ASSERT_TRUE_MSG(t->test,
			      wait_for_completion_timeout(&w->done,
							  msecs_to_jiffies(Z2T_PATIENCE_MS)),
			      "a write that was parked ends");
	bio_uninit(&w->bio);
	return w->err;
}

static int write(struct z2t_backed *t, struct writer *w, unsigned long index, unsigned int bytes,
		 u64 seed)
{
	writer_start(t, w, index, bytes, seed);
	return writer_wait(t, w);
}

static void destroy_make_room(void *arg)
{
	struct z2t_backed *t = arg;

	z2t_bdev_release_all(t->fake);
	if (!t->dev)
		return;
	z2_make_room_destroy(t->dev->make_room);
	t->dev->make_room = NULL;
	WRITE_ONCE(t->dev->limit_pages, 0);
	WRITE_ONCE(t->dev->stuck, false);
	z2_parked_clear_stats(t->dev);
}

/* FULL raw pages are stored, and there is room for no more. */
#define FULL	48UL

static struct z2t_backed *full(struct kunit *test, u64 blocks)
{
	const struct z2t_backed_config config = { .blocks = blocks, .block_size = 512 };
	struct z2t_backed *t = z2t_backed_create(test, &config);

	t->dev->make_room = z2_make_room_create(t->dev);
	KUNIT_ASSERT_NOT_NULL(test, t->dev->make_room);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, destroy_make_room, t), 0);
	z2t_backed_write_all(t, FULL, Z2T_RAW);
	/* What is kept of freed objects is room, too. */
	WRITE_ONCE(t->dev->limit_pages, z2t_device_pages(t->dev));
	return t;
}

static void expect_all(struct z2t_backed *t, unsigned long first, unsigned long nr)
{
	unsigned long i;

	for (i = first; i < first + nr; i++)
		KUNIT_EXPECT_TRUE_MSG(t->test, z2t_backed_holds(t, i, Z2T_RAW, i), "page %lu", i);
}

/* As long as there is room on the device, no write fails. */
static void parked_until_pages_leave(struct kunit *test)
{
	struct z2t_backed *t = full(test, 256);
	struct writer *w = writer_create(t);
	unsigned long i;

	for (i = FULL; i < 3 * FULL; i++)
		KUNIT_EXPECT_EQ(test, write(t, w, i, Z2T_RAW, i), 0);
	KUNIT_EXPECT_GE(test, z2t_backed_count(t), FULL);
	KUNIT_EXPECT_LE(test, z2t_device_pages(t->dev), t->dev->limit_pages);
	KUNIT_EXPECT_GE(test, z2_parked_stats(t->dev).total, 1);
	KUNIT_EXPECT_EQ(test, z2_parked_stats(t->dev).failed, 0);
	KUNIT_EXPECT_EQ(test, z2_parked_stats(t->dev).waiting, 0);
	KUNIT_EXPECT_EQ(test, z2_stats_sum(t->dev->stats, Z2_STAT_FAILED_WRITES), 0);
	expect_all(t, 0, 3 * FULL);
}

/* What was used long ago goes first. */
static void parked_oldest_leave(struct kunit *test)
{
	struct z2t_backed *t = full(test, 256);
	struct writer *w = writer_create(t);
	unsigned long i;

	for (i = 0; i < FULL; i++) {
		bool old = i % 4 == 1;

		z2_slot_read_lock(t->dev->table, i);
		/* Of all others the last access is yet to come. */
		z2_slot_touch(t->dev->table, i, old ? 0 : z2_slot_now() + 1000);
		z2_slot_read_unlock(t->dev->table, i);
	}
	KUNIT_EXPECT_EQ(test, write(t, w, FULL, Z2T_RAW, FULL), 0);
	for (i = 0; i < FULL; i++)
		KUNIT_EXPECT_EQ_MSG(test, z2t_backed_on_device(t, i), i % 4 == 1, "page %lu", i);
	expect_all(t, 0, FULL + 1);
}

/* A device that is full: the write fails, nothing is lost, and the next fails at once. */
static void parked_device_full(struct kunit *test)
{
	struct z2t_backed *t = full(test, 32);
	struct writer *w = writer_create(t);
	unsigned long i;
	u64 total;
	int err = 0;

	for (i = FULL; i < 3 * FULL && !err; i++)
		err = write(t, w, i, Z2T_RAW, i);
	KUNIT_EXPECT_EQ(test, err, -EIO);
	KUNIT_EXPECT_GE(test, i, FULL + 24);
	KUNIT_EXPECT_EQ(test, z2_parked_stats(t->dev).failed, 1);
	expect_all(t, 0, i - 1);
	KUNIT_EXPECT_TRUE(test, t->dev->stuck);
	KUNIT_EXPECT_FALSE(test, z2_make_room_possible(t->dev));

	total = z2_parked_stats(t->dev).total;
	KUNIT_EXPECT_EQ(test, write(t, w, i, Z2T_RAW, i), -EIO);
	KUNIT_EXPECT_EQ(test, z2_parked_stats(t->dev).total, total);
	/* What needs no room has it. */
	KUNIT_EXPECT_EQ(test, write(t, w, i, 0, 0), 0);
	KUNIT_EXPECT_TRUE(test, t->dev->stuck);

	/* A page that is freed is room for another. */
	for (i = 0; z2t_backed_on_device(t, i); i++)
		;
	z2_page_free(t->dev, i);
	KUNIT_EXPECT_FALSE(test, t->dev->stuck);
	KUNIT_EXPECT_EQ(test, write(t, w, i, Z2T_RAW, 1), 0);
	KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, i, Z2T_RAW, 1));
}

/* A device that fails is left alone for a while, and what it should take stays. */
static void parked_device_fails(struct kunit *test)
{
	struct z2t_backed *t = full(test, 256);
	struct writer *w = writer_create(t);

	t->fake->fail_writes = ~0ULL;
	KUNIT_EXPECT_EQ(test, write(t, w, FULL, Z2T_RAW, FULL), -EIO);
	KUNIT_EXPECT_FALSE(test, z2_make_room_possible(t->dev));
	KUNIT_EXPECT_FALSE(test, t->dev->stuck);
	KUNIT_EXPECT_EQ(test, z2t_backed_count(t), 0);
	KUNIT_EXPECT_EQ(test, z2_stats_sum(t->dev->stats, Z2_STAT_FAILED_WRITES), 1);
	t->fake->fail_writes = 0;
	expect_all(t, 0, FULL);
	KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, FULL, 0, 0));
}

/* Some of its writes fail: others are as good. */
static void parked_device_fails_once(struct kunit *test)
{
	struct z2t_backed *t = full(test, 256);
	struct writer *w = writer_create(t);

	t->fake->fail_writes = 1;
	KUNIT_EXPECT_EQ(test, write(t, w, FULL, Z2T_RAW, FULL), 0);
	expect_all(t, 0, FULL + 1);
}

/* How many writes the pages leave in depends on what memory segments got. */
static bool wait_some_held(struct z2t_backed *t)
{
	return wait_event_timeout(t->fake->wait, READ_ONCE(t->fake->nr_held),
				  msecs_to_jiffies(Z2T_PATIENCE_MS));
}

/* A write waits while the device holds what is to leave; returns it. */
static struct writer *park_one(struct z2t_backed *t, unsigned long index)
{
	struct writer *w = writer_create(t);

	t->fake->writes = Z2T_HELD;
	writer_start(t, w, index, Z2T_RAW, 1000 + index);
	KUNIT_ASSERT_TRUE(t->test, wait_some_held(t));
	KUNIT_ASSERT_FALSE(t->test, writer_ended(w));
	return w;
}

/* What is done to a page whose write waits comes before that, and is seen at once. */
static void parked_and_overwritten(struct kunit *test)
{
	struct z2t_backed *t = full(test, 256);
	struct writer *w = park_one(t, 7), *other = writer_create(t);

	KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, 7, Z2T_RAW, 7));
	KUNIT_EXPECT_EQ(test, write(t, other, 7, 0, 0), 0);
	KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, 7, 0, 0));
	/* That has made a page of room: what was written then is stored, not the old. */
	z2_page_free(t->dev, 7);
	z2_page_free(t->dev, 8);
	KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, 7, 0, 0));
	z2t_bdev_release_all(t->fake);
	KUNIT_EXPECT_EQ(test, writer_wait(t, w), 0);
	KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, 7, Z2T_RAW, 1007));
	KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, 8, 0, 0));
	expect_all(t, 0, 7);
	expect_all(t, 9, FULL - 9);
}

/* Of writes to parts of a page none undoes another, whichever of them waited. */
static void parked_parts(struct kunit *test)
{
	struct z2t_backed *t = full(test, 256);
	struct writer *first = writer_create(t), *second = writer_create(t);
	struct writer *third = writer_create(t);
	unsigned int sector;

	t->fake->writes = Z2T_HELD;
	writer_start_part(t, first, 5, 1, 2001);
	KUNIT_ASSERT_TRUE(test, wait_some_held(t));
	writer_start_part(t, second, 5, 2, 2002);
	KUNIT_EXPECT_EQ(test, z2_parked_stats(t->dev).waiting, 2);
	/* One that finds room meanwhile. */
	WRITE_ONCE(t->dev->limit_pages, 0);
	writer_start_part(t, third, 5, 3, 2003);
	KUNIT_EXPECT_EQ(test, writer_wait(t, third), 0);
	KUNIT_EXPECT_FALSE(test, writer_ended(first));
	z2t_bdev_release_all(t->fake);
	KUNIT_EXPECT_EQ(test, writer_wait(t, first), 0);
	KUNIT_EXPECT_EQ(test, writer_wait(t, second), 0);

	z2t_backed_holds(t, 5, Z2T_RAW, 5);
	for (sector = 0; sector < SECTORS; sector++) {
		bool part = sector >= 1 && sector <= 3;

		z2t_backed_data(t->expected, Z2T_RAW, part ? 2000 + sector : 5);
		KUNIT_EXPECT_MEMEQ(test, t->data + sector * SECTOR_SIZE,
				   t->expected + sector * SECTOR_SIZE, SECTOR_SIZE);
	}
}

/* Whoever reads doesn't wait for those who write, wherever the page is. */
static void parked_readers_go_on(struct kunit *test)
{
	struct z2t_backed *t = full(test, 256);
	struct z2t_reader *reader = z2t_reader_create(t);
	struct writer *w;
	unsigned long i;

	KUNIT_ASSERT_EQ(test, z2t_backed_run(t, 0, 0, 15), 0);
	KUNIT_ASSERT_EQ(test, z2t_backed_count(t), 16);
	/* The room that made is used up. */
	WRITE_ONCE(t->dev->limit_pages, 0);
	for (i = FULL; i < FULL + 16; i++)
		KUNIT_ASSERT_EQ(test, z2t_backed_write(t, i, Z2T_RAW, i), 0);
	WRITE_ONCE(t->dev->limit_pages, z2t_device_pages(t->dev));

	w = park_one(t, FULL + 16);
	z2t_reader_start(t, reader, 0, 32);
	KUNIT_ASSERT_TRUE(test, z2t_reader_wait(reader));
	KUNIT_EXPECT_EQ(test, reader->err, 0);
	KUNIT_EXPECT_FALSE(test, writer_ended(w));
	z2t_backed_data(t->expected, Z2T_RAW, 3);
	KUNIT_EXPECT_MEMEQ(test, z2t_reader_page(reader, 3), t->expected, PAGE_SIZE);
	z2t_bdev_release_all(t->fake);
	KUNIT_EXPECT_EQ(test, writer_wait(t, w), 0);
}

/* A run by hand that is on is waited for; it makes room as well. */
static void parked_during_a_run(struct kunit *test)
{
	struct z2t_backed *t = full(test, 256);
	struct writer *w = writer_create(t);
	const char *why;

	KUNIT_ASSERT_EQ(test, z2_scan_begin(t->dev, &why), 0);
	writer_start(t, w, FULL, Z2T_RAW, FULL);
	msleep(50);
	KUNIT_EXPECT_FALSE(test, writer_ended(w));
	KUNIT_EXPECT_EQ(test, z2t_backed_count(t), 0);
	z2_page_free(t->dev, 3);
	KUNIT_EXPECT_EQ(test, writer_wait(t, w), 0);
	z2_scan_end(t->dev);
	KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, FULL, Z2T_RAW, FULL));
}

static void try_remove(void *arg)
{
	struct z2t_backed *t = arg;

	KUNIT_EXPECT_EQ(t->test, z2_lifecycle_remove(t->dev->id), 0);
}

/* The device hangs: those who wait can be told, and it can be removed when it answers. */
static void parked_and_removed(struct kunit *test)
{
	struct z2t_backed *t = full(test, 256);
	struct writer *w = park_one(t, FULL), *other = writer_create(t);
	struct z2t_thread *thread;

	writer_start(t, other, FULL + 1, Z2T_RAW, 1);
	KUNIT_EXPECT_EQ(test, z2_parked_stats(t->dev).waiting, 2);
	z2_parked_fail_all(t->dev);
	KUNIT_EXPECT_EQ(test, writer_wait(t, w), -EIO);
	KUNIT_EXPECT_EQ(test, writer_wait(t, other), -EIO);
	expect_all(t, 0, FULL);

	thread = z2t_spawn(test, try_remove, t);
	msleep(50);
	KUNIT_EXPECT_FALSE(test, z2t_done(thread));
	z2t_bdev_release_all(t->fake);
	KUNIT_ASSERT_TRUE(test, z2t_join(thread));
	z2t_backed_removed(t);
}

/* Memory that can't be had is no reason to fail while the device has room. */
static void parked_without_any_memory(struct kunit *test)
{
	struct z2t_backed *t;
	struct writer *w;
	unsigned long i;

	z2t_assert_faults(test);
	t = full(test, 256);
	w = writer_create(t);
	WRITE_ONCE(t->dev->limit_pages, 0);
	for (i = FULL; i < FULL + 8; i++) {
		z2t_fault_arm(1, true);
		writer_start(t, w, i, Z2T_RAW, i);
		z2t_fault_disarm();
		KUNIT_EXPECT_EQ(test, writer_wait(t, w), 0);
	}
	KUNIT_EXPECT_EQ(test, z2_parked_stats(t->dev).total, 8);
	KUNIT_EXPECT_EQ(test, z2_parked_stats(t->dev).failed, 0);
	expect_all(t, 0, FULL + 8);
}

/* Of what an image of hibernation knows the place of, nothing is written over. */
static void parked_hibernating(struct kunit *test)
{
	struct z2t_backed *t = full(test, 256);
	struct writer *w = writer_create(t);
	const char *why;

	/* It waits for a run by hand when that begins. */
	KUNIT_ASSERT_EQ(test, z2_scan_begin(t->dev, &why), 0);
	writer_start(t, w, FULL, Z2T_RAW, FULL);
	z2_make_room_hibernate(true);
	z2_scan_end(t->dev);
	KUNIT_EXPECT_EQ(test, writer_wait(t, w), -EIO);
	KUNIT_EXPECT_FALSE(test, z2_make_room_possible(t->dev));
	KUNIT_EXPECT_EQ(test, write(t, w, FULL, Z2T_RAW, FULL), -EIO);
	KUNIT_EXPECT_EQ(test, z2_parked_stats(t->dev).total, 1);
	KUNIT_EXPECT_EQ(test, z2t_backed_count(t), 0);
	z2_make_room_hibernate(false);
	KUNIT_EXPECT_EQ(test, write(t, w, FULL, Z2T_RAW, FULL), 0);
	expect_all(t, 0, FULL + 1);
}

/* Before a kill: what can leave does so, and what that frees is told; but not for ever. */
static void parked_oom(struct kunit *test)
{
	struct z2t_backed *t = full(test, 1024);
	unsigned int round;

	WRITE_ONCE(t->dev->limit_pages, 0);
	for (round = 0; round < 5; round++) {
		z2t_backed_write_all(t, FULL, Z2T_RAW);
		KUNIT_EXPECT_GE(test, z2t_device_pages(t->dev), FULL);
		KUNIT_EXPECT_GE(test, z2_make_room_oom(), FULL);
		KUNIT_EXPECT_EQ(test, z2t_device_pages(t->dev), 0);
		/* All has left: for a moment nobody looks for more. */
		msleep(200);
	}
	z2t_backed_write_all(t, FULL, Z2T_RAW);
	KUNIT_EXPECT_EQ_MSG(test, z2_make_room_oom(), 0, Z2T_TIMEOUT);
	expect_all(t, 0, FULL);
}

static struct kunit_case parked_cases[] = {
	KUNIT_CASE(parked_in_order),
	KUNIT_CASE(parked_expires),
	KUNIT_CASE(parked_without_memory),
	KUNIT_CASE(parked_until_pages_leave),
	KUNIT_CASE(parked_oldest_leave),
	KUNIT_CASE(parked_device_full),
	KUNIT_CASE(parked_device_fails),
	KUNIT_CASE(parked_device_fails_once),
	KUNIT_CASE(parked_and_overwritten),
	KUNIT_CASE(parked_parts),
	KUNIT_CASE(parked_readers_go_on),
	KUNIT_CASE(parked_during_a_run),
	KUNIT_CASE(parked_and_removed),
	KUNIT_CASE(parked_without_any_memory),
	KUNIT_CASE(parked_hibernating),
	KUNIT_CASE(parked_oom),
	{}
};

static struct kunit_suite parked_suite = {
	.name = "zram2_parked",
	.exit = z2t_backed_exit,
	.suite_exit = z2t_backed_drop,
	.test_cases = parked_cases,
};

kunit_test_suite(parked_suite);

// SPDX-License-Identifier: GPL-2.0
/* A live device on a fake backing device; see the header. */
#include <linux/blkdev.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <zram2/codec.h>
#include <zram2/lifecycle.h>
#include <zram2/page.h>
#include <zram2/stats.h>
#include <zram2/writeback.h>

#include "backed.h"
#include "fixture.h"

/*
 * Disks, tables and pools take long to come and go with all detectors on: the
 * tests of a suite share them, and each begins and ends with them empty.
 */
static struct z2_device *shared;
static struct z2t_bdev *shared_fake;

/* The slab that bios come from lives as long as somebody has one attached. */
static struct z2_backing *shared_slab;

static void drop_fake(void)
{
	z2_backing_close(shared_slab);
	shared_slab = NULL;
	z2t_bdev_destroy(shared_fake);
	shared_fake = NULL;
}

/**
 * z2t_backed_drop() - remove what tests share
 * @suite: unused; a suite calls this at its exit
 */
void z2t_backed_drop(struct kunit_suite *suite)
{
	/* -ENODEV: the test removed it. */
	if (shared)
		z2_lifecycle_remove(shared->id);
	shared = NULL;
	drop_fake();
}

/**
 * z2t_backed_removed() - the test has removed or reset the device
 * @t: the device
 */
void z2t_backed_removed(struct z2t_backed *t)
{
	if (!t->dev)
		return;
	t->dev = NULL;
	shared = NULL;
}

static void renew_fake(struct z2t_backed *t, u64 bytes, unsigned int block_size)
{
	const char *why;

	if (shared_fake && !z2t_bdev_renew(shared_fake, bytes, block_size))
		drop_fake();
	if (!shared_fake)
		shared_fake = z2t_bdev_create(bytes, block_size);
	KUNIT_ASSERT_NOT_NULL(t->test, shared_fake);
	if (!shared_slab) {
		shared_slab = z2_backing_attach(shared_fake->bdev, &why);
		if (IS_ERR(shared_slab))
			shared_slab = NULL;
	}
	t->fake = shared_fake;
}

static void renew_device(struct z2t_backed *t)
{
	const char *why = "";

	if (!shared) {
		shared = z2t_device_add();
		KUNIT_ASSERT_NOT_ERR_OR_NULL(t->test, shared);
		down_write(&shared->config_lock);
		z2_device_set_algo(shared, Z2_PRIMARY, &z2_codec_lzo);
		up_write(&shared->config_lock);
		KUNIT_ASSERT_EQ_MSG(t->test, z2_lifecycle_start(shared, Z2T_PAGES << PAGE_SHIFT,
								&why), 0, "%s", why);
	}
	t->dev = shared;
}

/* As if it had been there before the device became live. */
static void attach(struct z2t_backed *t, const struct z2t_backed_config *config)
{
	struct z2_device *dev = t->dev;
	struct z2_backing *backing;
	const char *why = "";

	backing = z2_backing_attach(t->fake->bdev, &why);
	KUNIT_ASSERT_FALSE_MSG(t->test, IS_ERR(backing), "%s", why);
	dev->compressed_writeback = !config->uncompressed;
	dev->writeback_packing = !config->unpacked;
	dev->writeback_batch_size = 32;
	dev->writeback_limit = 0;
	dev->writeback_limit_enable = false;
	z2_stats_clear(dev->stats);
	dev->backing = backing;
	KUNIT_ASSERT_EQ(t->test, z2t_backed_stats(t).blocks, config->blocks);
}

static void detach(void *arg)
{
	struct z2t_backed *t = arg;
	unsigned long i;

	/* Threads are gone, and with them whoever might begin some I/O. */
	WARN_ON(!z2t_bdev_wait_idle(t->fake));
	if (!t->dev)
		return;
	for (i = 0; i < Z2T_PAGES; i++)
		z2_page_free(t->dev, i);
	z2_backing_close(t->dev->backing);
	t->dev->backing = NULL;
}

/**
 * z2t_backed_create() - a live device of Z2T_PAGES and an empty backing device
 * @test: whose end empties both.  Its suite has z2t_backed_exit() and
 *	z2t_backed_drop()
 * @config: what is wanted
 */
struct z2t_backed *z2t_backed_create(struct kunit *test, const struct z2t_backed_config *config)
{
	struct z2t_backed *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->test = test;
	t->page = z2t_page_alloc(test, 0);
	t->data = page_address(t->page);
	t->expected = kunit_kmalloc(test, PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->expected);

	/* Small enough for the margin not to depend on it. */
	renew_fake(t, (config->blocks << Z2_BLOCK_SHIFT) + 2 * z2_backing_margin(0),
		   config->block_size);
	test->priv = t;
	renew_device(t);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, detach, t), 0);
	attach(t, config);
	return t;
}

/**
 * z2t_backed_exit() - let go of what a test that failed left
 * @test: the test
 *
 * Threads and the backing device wait for I/O that is held.
 */
void z2t_backed_exit(struct kunit *test)
{
	struct z2t_backed *t = test->priv;

	if (t)
		z2t_bdev_release_all(t->fake);
}

/**
 * z2t_backed_data() - make up a page
 * @page: where to
 * @bytes: that don't compress, the others do: the size of the object is a
 *	little above that
 * @seed: same seed, same data
 */
void z2t_backed_data(void *page, unsigned int bytes, u64 seed)
{
	memset(page, 0, PAGE_SIZE);
	z2t_fill(page, round_up(bytes, 8), bytes ? Z2T_RANDOM : Z2T_ZERO, seed);
}

/**
 * z2t_backed_write() - write a page
 * @t: the device
 * @index: which
 * @bytes: see z2t_backed_data()
 * @seed: likewise
 */
int z2t_backed_write(struct z2t_backed *t, unsigned long index, unsigned int bytes, u64 seed)
{
	z2t_backed_data(t->data, bytes, seed);
	return z2_page_write(t->dev, index, t->page, z2_slot_now());
}

/**
 * z2t_backed_write_all() - write pages, whose seed is their index
 * @t: the device
 * @nr: how many
 * @bytes: see z2t_backed_data()
 */
void z2t_backed_write_all(struct z2t_backed *t, unsigned long nr, unsigned int bytes)
{
	unsigned long i;

	for (i = 0; i < nr; i++)
		KUNIT_ASSERT_EQ(t->test, z2t_backed_write(t, i, bytes, i), 0);
}

/**
 * z2t_backed_run() - write back
 * @t: the device
 * @what: Z2_SCAN_*
 * @first: first page
 * @last: last page
 */
int z2t_backed_run(struct z2t_backed *t, unsigned int what, unsigned long first,
		   unsigned long last)
{
	struct z2_writeback_job job = { .what = what, .first = first, .last = last };
	const char *why = NULL;
	int err = z2_writeback_run(t->dev, &job, 1, &why);

	KUNIT_EXPECT_EQ_MSG(t->test, !err, !why, "an error and its reason go together");
	return err;
}

/**
 * z2t_backed_prepare() - pages on the backing device, and nothing recorded yet
 * @t: the device
 * @nr: how many
 * @bytes: see z2t_backed_data()
 */
void z2t_backed_prepare(struct z2t_backed *t, unsigned long nr, unsigned int bytes)
{
	z2t_backed_write_all(t, nr, bytes);
	KUNIT_ASSERT_EQ(t->test, z2t_backed_run(t, 0, 0, ULONG_MAX), 0);
	KUNIT_ASSERT_EQ(t->test, z2t_backed_count(t), nr);
	z2t_bdev_forget(t->fake);
}

/**
 * z2t_backed_object() - what a slot holds
 * @t: the device
 * @index: the slot
 */
struct z2_object z2t_backed_object(struct z2t_backed *t, unsigned long index)
{
	struct z2_object obj;

	z2_slot_read_lock(t->dev->table, index);
	obj = z2_slot_get(t->dev->table, index);
	z2_slot_read_unlock(t->dev->table, index);
	return obj;
}

/**
 * z2t_backed_on_device() - is a page on the backing device?
 * @t: the device
 * @index: the slot
 */
bool z2t_backed_on_device(struct z2t_backed *t, unsigned long index)
{
	struct z2_object obj = z2t_backed_object(t, index);

	/* No mark survives whatever took the slot. */
	KUNIT_EXPECT_FALSE(t->test, z2_object_is(&obj, Z2_SLOT_PP));
	return z2_object_is(&obj, Z2_SLOT_BACKING);
}

/**
 * z2t_backed_count() - how many pages are on the backing device?
 * @t: the device
 */
unsigned int z2t_backed_count(struct z2t_backed *t)
{
	unsigned long i;
	unsigned int nr = 0;

	for (i = 0; i < z2_slot_table_nr(t->dev->table); i++)
		nr += z2t_backed_on_device(t, i);
	return nr;
}

/**
 * z2t_backed_extent() - where a page is
 * @t: the device
 * @index: the slot, on the backing device
 */
struct z2_extent z2t_backed_extent(struct z2t_backed *t, unsigned long index)
{
	struct z2_object obj = z2t_backed_object(t, index);

	return z2_location_extent(obj.word, z2_device_stored_size(t->dev, &obj));
}

/**
 * z2t_backed_byte() - where on the backing device an object begins
 * @extent: the object's
 */
u64 z2t_backed_byte(const struct z2_extent *extent)
{
	return z2_backing_margin(0) + ((u64)extent->block << Z2_BLOCK_SHIFT) + extent->offset;
}

/**
 * z2t_backed_stats() - of the block map
 * @t: the device
 */
struct z2_blockmap_stats z2t_backed_stats(struct z2t_backed *t)
{
	return z2_blockmap_stats(z2_backing_map(t->dev->backing));
}

/**
 * z2t_backed_fragment() - leave short runs of free blocks only
 * @t: the device, with an empty backing device
 * @run: blocks; between two such runs one is in use
 */
void z2t_backed_fragment(struct z2t_backed *t, unsigned int run)
{
	struct z2_blockmap *map = z2_backing_map(t->dev->backing);
	u64 blocks = z2_blockmap_stats(map).blocks;
	u32 first, block;

	while (z2_blockmap_stats(map).used < blocks)
		KUNIT_ASSERT_GT(t->test, (int)z2_blockmap_reserve(map, 1, blocks, 0, &first), 0);
	for (block = 0; block + run < blocks; block += run + 1)
		z2_blockmap_unreserve(map, block, run);
}

/**
 * z2t_backed_defragment() - undo z2t_backed_fragment()
 * @t: the device
 * @run: as it was
 */
void z2t_backed_defragment(struct z2t_backed *t, unsigned int run)
{
	struct z2_blockmap *map = z2_backing_map(t->dev->backing);
	u64 blocks = z2_blockmap_stats(map).blocks;
	u32 block;

	for (block = 0; block + run < blocks; block += run + 1)
		z2_blockmap_unreserve(map, block + run, 1);
	z2_blockmap_unreserve(map, block, blocks - block);
}

/**
 * z2t_backed_expect_empty() - free all pages, and see that nothing is left
 * @t: the device, with nothing in flight
 */
void z2t_backed_expect_empty(struct z2t_backed *t)
{
	struct z2_stats __percpu *stats = t->dev->stats;
	struct z2_blockmap_stats map;
	unsigned long i;

	for (i = 0; i < z2_slot_table_nr(t->dev->table); i++) {
		struct z2_object obj;

		z2_page_free(t->dev, i);
		obj = z2t_backed_object(t, i);
		KUNIT_EXPECT_EQ(t->test, obj.state, 0);
	}
	map = z2t_backed_stats(t);
	KUNIT_EXPECT_EQ(t->test, map.used, 0);
	KUNIT_EXPECT_EQ(t->test, map.objects, 0);
	KUNIT_EXPECT_EQ(t->test, map.bytes, 0);
	KUNIT_EXPECT_EQ(t->test, z2t_device_pages(t->dev), 0);
	KUNIT_EXPECT_EQ(t->test, z2_stats_sum(stats, Z2_STAT_PAGES_STORED), 0);
	KUNIT_EXPECT_EQ(t->test, z2_stats_sum(stats, Z2_STAT_COMPR_SIZE), 0);
	KUNIT_EXPECT_EQ(t->test, z2_stats_sum(stats, Z2_STAT_HUGE_PAGES), 0);
	KUNIT_EXPECT_EQ(t->test, READ_ONCE(t->fake->in_flight), 0);
}

/**
 * z2t_reader_end() - a reader's bio has ended
 * @bio: with the reader as its private
 */
void z2t_reader_end(struct bio *bio)
{
	struct z2t_reader *reader = bio->bi_private;

	reader->err = blk_status_to_errno(bio->bi_status);
	reader->in_irq = !in_task();
	complete(&reader->done);
}

/**
 * z2t_reader_create() - a reader with memory
 * @t: the device
 */
struct z2t_reader *z2t_reader_create(struct z2t_backed *t)
{
	struct z2t_reader *reader = kunit_kzalloc(t->test, sizeof(*reader), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(t->test, reader);
	reader->memory = z2t_page_alloc(t->test, Z2T_READ_ORDER);
	init_completion(&reader->done);
	return reader;
}

/**
 * z2t_reader_start() - begin to read pages
 * @t: the device
 * @reader: with nothing in flight
 * @first: first page
 * @nr: how many, up to Z2T_READ_MAX
 */
void z2t_reader_start(struct z2t_backed *t, struct z2t_reader *reader, unsigned long first,
		      unsigned int nr)
{
	unsigned int i;

	bio_init(&reader->bio, t->dev->disk->part0, reader->vecs, ARRAY_SIZE(reader->vecs),
		 REQ_OP_READ);
	reader->bio.bi_iter.bi_sector = first << (PAGE_SHIFT - SECTOR_SHIFT);
	reader->bio.bi_end_io = z2t_reader_end;
	reader->bio.bi_private = reader;
	reinit_completion(&reader->done);
	/* From the last page on, so that none merges with the next. */
	for (i = 0; i < nr; i++) {
		memset(z2t_reader_page(reader, i), 0x77, PAGE_SIZE);
		__bio_add_page(&reader->bio, reader->memory + Z2T_READ_MAX - 1 - i, PAGE_SIZE, 0);
	}
	submit_bio(&reader->bio);
}

/**
 * z2t_reader_wait() - wait until it has read
 * @reader: the reader
 *
 * Return: false if it doesn't.
 */
bool z2t_reader_wait(struct z2t_reader *reader)
{
	if (!wait_for_completion_timeout(&reader->done, msecs_to_jiffies(Z2T_PATIENCE_MS)))
		return false;
	bio_uninit(&reader->bio);
	return true;
}

/**
 * z2t_reader_page() - what was read
 * @reader: the reader
 * @nth: page
 */
void *z2t_reader_page(struct z2t_reader *reader, unsigned int nth)
{
	return page_address(reader->memory + Z2T_READ_MAX - 1 - nth);
}

/**
 * z2t_backed_holds() - read a page, from wherever it is
 * @t: the device
 * @index: which
 * @bytes: see z2t_backed_data()
 * @seed: likewise
 *
 * Return: whether it holds that.
 */
bool z2t_backed_holds(struct z2t_backed *t, unsigned long index, unsigned int bytes, u64 seed)
{
	struct bio_vec vec;
	struct bio bio;
	int err;

	memset(t->data, 0x77, PAGE_SIZE);
	bio_init(&bio, t->dev->disk->part0, &vec, 1, REQ_OP_READ);
	bio.bi_iter.bi_sector = index << (PAGE_SHIFT - SECTOR_SHIFT);
	__bio_add_page(&bio, t->page, PAGE_SIZE, 0);
	err = submit_bio_wait(&bio);
	bio_uninit(&bio);
	KUNIT_EXPECT_EQ_MSG(t->test, err, 0, "page %lu", index);
	z2t_backed_data(t->expected, bytes, seed);
	return !err && !memcmp(t->data, t->expected, PAGE_SIZE);
}

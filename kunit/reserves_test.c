// SPDX-License-Identifier: GPL-2.0
/* Progress when all that is kept for bad times is in use. */
#include <kunit/test.h>
#include <linux/blkdev.h>
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "backed.h"
#include "fixture.h"

static struct z2t_backed *backed(struct kunit *test)
{
	const struct z2t_backed_config config = { .blocks = 256, .block_size = 512 };

	return z2t_backed_create(test, &config);
}

#define ROUNDS		30
#define NR_READ		12

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

static struct kunit_case reserves_cases[] = {
	KUNIT_CASE(reserves_other_device_hangs),
	{}
};

static struct kunit_suite reserves_suite = {
	.name = "zram2_reserves",
	.exit = z2t_backed_exit,
	.suite_exit = z2t_backed_drop,
	.test_cases = reserves_cases,
};

kunit_test_suite(reserves_suite);

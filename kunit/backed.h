/* SPDX-License-Identifier: GPL-2.0 */
/* A live device on a fake backing device, pages in it, and readers. */
#ifndef ZRAM2_KUNIT_BACKED_H
#define ZRAM2_KUNIT_BACKED_H

#include <kunit/test.h>
#include <linux/bio.h>
#include <linux/completion.h>
#include <linux/types.h>

#include <zram2/backing.h>
#include <zram2/device.h>
#include <zram2/slot.h>

#include "fake_bdev.h"

/**
 * struct z2t_backed_config - what is wanted
 * @blocks: of 4 KiB on the backing device
 * @block_size: its logical block
 * @uncompressed: written back as whole pages
 * @unpacked: an object a block
 */
struct z2t_backed_config {
	u64 blocks;
	unsigned int block_size;
	bool uncompressed;
	bool unpacked;
};

/**
 * struct z2t_backed - such a device
 * @test: whose
 * @fake: the backing device
 * @dev: the device; NULL once the test has removed or reset it
 * @page: for data
 * @data: its address
 * @expected: a page more
 */
struct z2t_backed {
	struct kunit *test;
	struct z2t_bdev *fake;
	struct z2_device *dev;
	struct page *page;
	u8 *data;
	u8 *expected;
};

/* Of the device. */
#define Z2T_PAGES	256UL

/* Most pages of one reader. */
#define Z2T_READ_ORDER	5
#define Z2T_READ_MAX	BIT(Z2T_READ_ORDER)

/**
 * struct z2t_reader - a bio
 * @bio: it
 * @vecs: its memory, each a page of @memory unless the test says otherwise
 * @memory: pages
 * @done: it has ended
 * @err: how
 * @in_irq: it ended where nothing may be decompressed
 */
struct z2t_reader {
	struct bio bio;
	struct bio_vec vecs[2 * Z2T_READ_MAX];
	struct page *memory;
	struct completion done;
	int err;
	bool in_irq;
};

/* Kinds of pages: so many bytes of it don't compress. */
#define Z2T_RAW		PAGE_SIZE
#define Z2T_SMALL	900

struct z2t_backed *z2t_backed_create(struct kunit *test, const struct z2t_backed_config *config);
void z2t_backed_removed(struct z2t_backed *t);
void z2t_backed_exit(struct kunit *test);
void z2t_backed_drop(struct kunit_suite *suite);

int z2t_backed_write(struct z2t_backed *t, unsigned long index, unsigned int bytes, u64 seed);
void z2t_backed_data(void *page, unsigned int bytes, u64 seed);
bool z2t_backed_holds(struct z2t_backed *t, unsigned long index, unsigned int bytes, u64 seed);
int z2t_backed_run(struct z2t_backed *t, unsigned int what, unsigned long first,
		   unsigned long last);
void z2t_backed_write_all(struct z2t_backed *t, unsigned long nr, unsigned int bytes);
void z2t_backed_prepare(struct z2t_backed *t, unsigned long nr, unsigned int bytes);
struct z2_object z2t_backed_object(struct z2t_backed *t, unsigned long index);
struct z2_extent z2t_backed_extent(struct z2t_backed *t, unsigned long index);
bool z2t_backed_on_device(struct z2t_backed *t, unsigned long index);
unsigned int z2t_backed_count(struct z2t_backed *t);
u64 z2t_backed_byte(const struct z2_extent *extent);
struct z2_blockmap_stats z2t_backed_stats(struct z2t_backed *t);

void z2t_backed_fragment(struct z2t_backed *t, unsigned int run);
void z2t_backed_defragment(struct z2t_backed *t, unsigned int run);
void z2t_backed_expect_empty(struct z2t_backed *t);

struct z2t_reader *z2t_reader_create(struct z2t_backed *t);
void z2t_reader_start(struct z2t_backed *t, struct z2t_reader *reader, unsigned long first,
		      unsigned int nr);
void z2t_reader_end(struct bio *bio);
bool z2t_reader_wait(struct z2t_reader *reader);
void *z2t_reader_page(struct z2t_reader *reader, unsigned int nth);

#endif

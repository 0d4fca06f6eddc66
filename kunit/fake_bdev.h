/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A block device in memory that does what a test tells it: it records what it
 * is sent, and completes it at once, later from a hard interrupt and in any
 * order, or when the test says so; with an error if the test wants one.
 *
 * A read takes its data when it completes, and a write puts it there then, the
 * latest that a real device could: whoever reuses a block too early is found.
 */
#ifndef ZRAM2_KUNIT_FAKE_BDEV_H
#define ZRAM2_KUNIT_FAKE_BDEV_H

#include <kunit/test.h>
#include <linux/blk_types.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>
#include <linux/xarray.h>

struct file;
struct gendisk;

/**
 * enum z2t_completion - when a bio ends
 * @Z2T_INLINE: before submit_bio() returns
 * @Z2T_IRQ: from a hard interrupt, after a random delay up to @delay_us
 * @Z2T_HELD: from a hard interrupt, when the test releases it
 */
enum z2t_completion {
	Z2T_INLINE,
	Z2T_IRQ,
	Z2T_HELD,
};

/**
 * struct z2t_request - a bio that was sent
 * @write: or a read
 * @sector: where
 * @bytes: how many
 * @vecs: pieces of memory
 * @page: the first of them
 */
struct z2t_request {
	bool write;
	sector_t sector;
	unsigned int bytes;
	unsigned int vecs;
	struct page *page;
};

#define Z2T_LOG_MAX	2048

/**
 * struct z2t_bdev - a fake block device; a test sets what is above the lock
 * @bdev: what to hand to others
 * @reads: how reads complete
 * @writes: how writes complete
 * @delay_us: for Z2T_IRQ
 * @fail_reads: bit n: the nth read from now fails
 * @fail_writes: likewise
 * @on_submit: called on the submitter's stack before the bio is looked at
 * @private: the test's
 * @lock: protects what follows
 * @log: the first Z2T_LOG_MAX requests
 * @nr: all requests
 * @in_flight: of them not ended yet
 * @most_in_flight: ever
 * @held: waiting to be released, oldest first
 * @nr_held: how many
 * @rng: for delays
 * @wait: woken at each change of these
 * @dead: unplugged
 * @file: keeps it open
 * @disk: its disk
 * @pages: what was written
 */
struct z2t_bdev {
	struct block_device *bdev;
	enum z2t_completion reads;
	enum z2t_completion writes;
	unsigned int delay_us;
	u64 fail_reads;
	u64 fail_writes;
	void (*on_submit)(struct z2t_bdev *fake, const struct z2t_request *req);
	void *private;

	spinlock_t lock;	/* protects what follows; taken from hard interrupts */
	struct z2t_request log[Z2T_LOG_MAX];
	unsigned int nr;
	unsigned int in_flight;
	unsigned int most_in_flight;
	struct list_head held;
	unsigned int nr_held;
	u64 rng;
	wait_queue_head_t wait;

	bool dead;
	struct file *file;
	struct gendisk *disk;
	struct xarray pages;
};

struct z2t_bdev *z2t_bdev_create(u64 bytes, unsigned int block_size);
void z2t_bdev_destroy(struct z2t_bdev *fake);
bool z2t_bdev_renew(struct z2t_bdev *fake, u64 bytes, unsigned int block_size);
void z2t_bdev_forget(struct z2t_bdev *fake);
u64 z2t_bdev_bytes(struct z2t_bdev *fake, bool write);
unsigned int z2t_bdev_requests(struct z2t_bdev *fake, bool write);

bool z2t_bdev_wait_held(struct z2t_bdev *fake, unsigned int nr);
void z2t_bdev_release(struct z2t_bdev *fake, unsigned int nth);
void z2t_bdev_release_all(struct z2t_bdev *fake);
bool z2t_bdev_wait_idle(struct z2t_bdev *fake);

void z2t_bdev_damage(struct z2t_bdev *fake, u64 at, u8 difference);
void z2t_bdev_shrink(struct z2t_bdev *fake, u64 bytes);
void z2t_bdev_unplug(struct z2t_bdev *fake);

#endif

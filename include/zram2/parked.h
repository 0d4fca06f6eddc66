/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Writes that found no room, and wait for somebody to make some.
 *
 * They are tried again in the order in which they came.  Until a write has ended, a
 * later one to the same sectors may end before it or after it, as on any disk; a part
 * of a page is put into what the page holds when it is tried, not when it came.
 */
#ifndef ZRAM2_PARKED_H
#define ZRAM2_PARKED_H

#include <linux/types.h>

struct bio;
struct bvec_iter;
struct z2_device;

/* A write waits so long for any progress at all. */
#define Z2_PARKED_PATIENCE_NS	(10ULL * NSEC_PER_SEC)

/**
 * struct z2_parked_ops - what waiting writes need of others
 * @resume: goes on with a write: advances the iterator over what is done; returns 0, or
 *	an errno: -ENOSPC or -ENOMEM if there is still no room.  May wait for I/O
 * @end: ends the bio; the device may go then
 * @kick: there is one more; called with a spinlock held
 * @now: a clock, in nanoseconds
 */
struct z2_parked_ops {
	int (*resume)(struct z2_device *dev, struct bio *bio, struct bvec_iter *iter);
	void (*end)(struct z2_device *dev, struct bio *bio, unsigned long start, int err);
	void (*kick)(struct z2_device *dev);
	u64 (*now)(void);
};

/**
 * struct z2_parked_stats - what became of writes that found no room
 * @waiting: wait now
 * @total: that ever did
 * @failed: of those, ended with an error
 * @longest_us: most microseconds that one waited
 */
struct z2_parked_stats {
	u64 waiting;
	u64 total;
	u64 failed;
	u64 longest_us;
};

int z2_parked_attach(struct z2_device *dev, const struct z2_parked_ops *ops);
void z2_parked_detach(struct z2_device *dev);

bool z2_parked_add(struct z2_device *dev, struct bio *bio, const struct bvec_iter *iter,
		   unsigned long start);
bool z2_parked_retry(struct z2_device *dev);
void z2_parked_progress(struct z2_device *dev);
unsigned int z2_parked_expire(struct z2_device *dev);
void z2_parked_fail_all(struct z2_device *dev);

bool z2_parked_any(struct z2_device *dev);
struct z2_parked_stats z2_parked_stats(struct z2_device *dev);
void z2_parked_clear_stats(struct z2_device *dev);

#endif

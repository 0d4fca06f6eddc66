/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Compression off kswapd: swap writes that kswapd submits are carried out by
 * other threads, as long as that is of use.
 */
#ifndef ZRAM2_OFFLOAD_H
#define ZRAM2_OFFLOAD_H

#include <linux/types.h>

struct bio;
struct z2_offload;

/* Pages that a device's queue holds at most. */
#define Z2_OFFLOAD_QUEUE_PAGES	256

/* More than a memory bus can feed. */
#define Z2_OFFLOAD_THREADS_MAX	64

/**
 * struct z2_offload_ops - what the queue needs of others
 * @run: carries out a bio and ends it, before it returns or later; may sleep,
 *	doesn't wait for I/O
 * @now: a clock, in nanoseconds; may differ a little from CPU to CPU
 */
struct z2_offload_ops {
	void (*run)(void *ctx, struct bio *bio);
	u64 (*now)(void);
};

/**
 * struct z2_offload_stats - what became of kswapd's swap writes
 * @pending: pages in the queue
 * @queued: pages that were ever put there: @pending, @completed, @taken, and
 *	what is being worked on
 * @completed: of those, carried out by a worker
 * @taken: of those, carried out by a submitter, because they were late
 * @inline_same: pages not queued because they are same-filled
 * @inline_full: because there was no room
 * @inline_late: because no worker came in time
 * @inline_first: because it wasn't known yet what a page takes
 * @deepest: most pages that were ever in the queue
 * @wakeups: workers that were woken
 * @queue_ns: nanoseconds that bios spent in the queue, summed up
 * @longest_ns: most that a bio spent there
 * @page_ns: what a page takes at present, a moving average
 */
struct z2_offload_stats {
	u64 pending;
	u64 queued;
	u64 completed;
	u64 taken;
	u64 inline_same;
	u64 inline_full;
	u64 inline_late;
	u64 inline_first;
	u64 deepest;
	u64 wakeups;
	u64 queue_ns;
	u64 longest_ns;
	u64 page_ns;
};

struct z2_offload *z2_offload_create(const char *name, const struct z2_offload_ops *ops,
				     void *ctx, unsigned int threads);
void z2_offload_destroy(struct z2_offload *offload);
void z2_offload_submit(struct z2_offload *offload, struct bio *bio);
struct z2_offload_stats z2_offload_stats(struct z2_offload *offload);

int z2_offload_init(const char *name);
void z2_offload_exit(void);

#endif

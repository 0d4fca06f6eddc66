/* SPDX-License-Identifier: GPL-2.0 */
/* Per-CPU counters of a device. */
#ifndef ZRAM2_STATS_H
#define ZRAM2_STATS_H

#include <linux/percpu.h>
#include <linux/types.h>

/**
 * enum z2_stat - what is counted
 * @Z2_STAT_PAGES_STORED: pages that hold data, same-filled ones included
 * @Z2_STAT_COMPR_SIZE: bytes of stored objects in the pool
 * @Z2_STAT_SAME_PAGES: same-filled pages
 * @Z2_STAT_HUGE_PAGES: pages stored raw in the pool
 * @Z2_STAT_HUGE_PAGES_SINCE: the same, since the device was set up
 * @Z2_STAT_FAILED_READS: reads that ended in an error
 * @Z2_STAT_FAILED_WRITES: writes that ended in an error
 * @Z2_STAT_INVALID_IO: requests refused for their offset or size
 * @Z2_STAT_NOTIFY_FREE: slots freed by swap or by discard
 * @Z2_STAT_REFAULTS: pages read that were on the backing device
 * @Z2_STAT_REFAULTS_YOUNG: of these, used in the two minutes before
 * @Z2_STAT_NR: number of counters
 */
enum z2_stat {
	Z2_STAT_PAGES_STORED,
	Z2_STAT_COMPR_SIZE,
	Z2_STAT_SAME_PAGES,
	Z2_STAT_HUGE_PAGES,
	Z2_STAT_HUGE_PAGES_SINCE,
	Z2_STAT_FAILED_READS,
	Z2_STAT_FAILED_WRITES,
	Z2_STAT_INVALID_IO,
	Z2_STAT_NOTIFY_FREE,
	Z2_STAT_REFAULTS,
	Z2_STAT_REFAULTS_YOUNG,
	Z2_STAT_NR
};

/* One array a CPU, so that a page's few counters share a cache line. */
struct z2_stats {
	s64 count[Z2_STAT_NR];
};

struct z2_stats __percpu *z2_stats_create(void);
void z2_stats_destroy(struct z2_stats __percpu *stats);
u64 z2_stats_sum(const struct z2_stats __percpu *stats, enum z2_stat stat);
void z2_stats_clear(struct z2_stats __percpu *stats);

/**
 * z2_stats_get() - count several things at once
 * @stats: the counters
 *
 * Context: process, interrupts off or not, never from an interrupt: hence
 * preemption off is enough.  Ends with z2_stats_put().
 * Return: this CPU's counters, to be changed by plain additions.
 */
static inline s64 *z2_stats_get(struct z2_stats __percpu *stats)
{
	return get_cpu_ptr(stats)->count;
}

static inline void z2_stats_put(struct z2_stats __percpu *stats)
{
	put_cpu_ptr(stats);
}

/**
 * z2_stats_add() - count
 * @stats: the counters
 * @stat: which
 * @n: how many; negative to count down
 *
 * Context: as z2_stats_get().
 */
static inline void z2_stats_add(struct z2_stats __percpu *stats, enum z2_stat stat, s64 n)
{
	z2_stats_get(stats)[stat] += n;
	z2_stats_put(stats);
}

static inline void z2_stats_inc(struct z2_stats __percpu *stats, enum z2_stat stat)
{
	z2_stats_add(stats, stat, 1);
}

#endif

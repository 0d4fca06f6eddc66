// SPDX-License-Identifier: GPL-2.0
/*
 * Per-CPU counters.  percpu_counter would do, but each of its counters is an
 * allocation and hence a cache line of its own, and a page's write touches
 * three of them.
 */
#include <linux/cpumask.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include <zram2/stats.h>

/**
 * z2_stats_create() - counters, all zero
 *
 * Context: process, may sleep.
 * Return: the counters or NULL.
 */
struct z2_stats __percpu *z2_stats_create(void)
{
	return alloc_percpu(struct z2_stats);
}

/**
 * z2_stats_destroy() - free counters
 * @stats: the counters, counted on by nobody any more
 */
void z2_stats_destroy(struct z2_stats __percpu *stats)
{
	free_percpu(stats);
}

static s64 read_one(const s64 *count)
{
	s64 value = READ_ONCE(*count);

	/* 32-bit machines read the halves one after the other. */
	while (BITS_PER_LONG < 64) {
		s64 again = READ_ONCE(*count);

		if (again == value)
			break;
		value = again;
	}
	return value;
}

/**
 * z2_stats_sum() - read a counter
 * @stats: the counters
 * @stat: which
 *
 * What other CPUs count meanwhile may be seen or not; as one CPU counts up
 * what another counts down, the sum may for a moment be below zero and is
 * then given as 0.
 *
 * Context: any.
 */
u64 z2_stats_sum(const struct z2_stats __percpu *stats, enum z2_stat stat)
{
	s64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += read_one(&per_cpu_ptr(stats, cpu)->count[stat]);
	return max_t(s64, sum, 0);
}

/**
 * z2_stats_clear() - set all counters to zero
 * @stats: the counters, counted on by nobody
 */
void z2_stats_clear(struct z2_stats __percpu *stats)
{
	int cpu;

	for_each_possible_cpu(cpu)
		memset(per_cpu_ptr(stats, cpu), 0, sizeof(*stats));
}

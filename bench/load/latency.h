/* SPDX-License-Identifier: GPL-2.0 */
/* A histogram of latencies. */
#ifndef Z2LOAD_LATENCY_H
#define Z2LOAD_LATENCY_H

#include <linux/bitops.h>
#include <linux/minmax.h>
#include <linux/types.h>

/*
 * Latencies go into buckets, 256 for each power of two: exact enough that a
 * ratio of two percentiles is off by 0.4 % at most.
 */
#define LAT_BITS	8
#define LAT_BUCKETS	((40 - LAT_BITS) << LAT_BITS)

static inline unsigned int lat_bucket(u64 ns)
{
	unsigned int shift = fls64(ns | BIT(LAT_BITS)) - 1 - LAT_BITS;

	return min_t(u64, ((u64)shift << LAT_BITS) + (ns >> shift), LAT_BUCKETS - 1);
}

static inline u64 lat_value(unsigned int bucket)
{
	unsigned int shift = bucket >> LAT_BITS;

	if (bucket < 2 << LAT_BITS)
		return bucket;
	shift--;
	return (u64)(bucket - (shift << LAT_BITS)) << shift;
}

#endif

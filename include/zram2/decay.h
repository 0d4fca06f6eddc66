/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sums that forget: what was counted weighs half as much a half-life later.  From such
 * a sum comes a rate for which nothing but the sum has to be kept.
 */
#ifndef ZRAM2_DECAY_H
#define ZRAM2_DECAY_H

#include <linux/bits.h>
#include <linux/types.h>

/* Sums have so many bits below the point, and at most Z2_DECAY_MAX in all. */
#define Z2_DECAY_SHIFT	20
#define Z2_DECAY_MAX	BIT_ULL(56)

/**
 * struct z2_decay - how time that went by changes sums of one half-life
 * @keep: what is left of a sum, in 2^-32
 * @weigh: what of the events in that time counts, in 2^-32
 */
struct z2_decay {
	u64 keep;
	u64 weigh;
};

struct z2_decay z2_decay_over(u32 seconds, u32 half_life);
u64 z2_decay_add(const struct z2_decay *decay, u64 sum, u64 events);
u32 z2_decay_rate(u64 sum, u32 half_life, u32 seconds);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What may be written to the backing device: a budget of bytes a day, of which two
 * days' may be saved, and one day's owed.
 */
#ifndef ZRAM2_WEAR_H
#define ZRAM2_WEAR_H

#include <linux/bits.h>
#include <linux/types.h>

/* The largest budget; more is as much as that. */
#define Z2_WEAR_MAX	BIT_ULL(60)

/**
 * enum z2_wear_need - how far the budget may be used
 * @Z2_WEAR_SPARE: what is left over: a quarter of a day's stays
 * @Z2_WEAR_NEED: all of it
 * @Z2_WEAR_MUST: all of it, and tomorrow's
 */
enum z2_wear_need {
	Z2_WEAR_SPARE,
	Z2_WEAR_NEED,
	Z2_WEAR_MUST,
};

/**
 * struct z2_wear - the account of a device
 * @budget: bytes a day, 0 for no limit
 * @left: bytes in hand, below zero if they are owed
 * @rest: what is in hand of the next byte, in 1/86400
 * @now: boot time in seconds up to which @left was paid in
 * @written: bytes in all
 *
 * A day is a day, also one that the machine slept through.  Whoever uses it sees to
 * it that nobody else does at the same time.
 */
struct z2_wear {
	u64 budget;
	s64 left;
	u32 rest;
	u32 now;
	u64 written;
};

u64 z2_wear_default(u64 capacity, bool rotating);
void z2_wear_init(struct z2_wear *wear, u64 budget, u32 now);
void z2_wear_limit(struct z2_wear *wear, u64 budget, u32 now);
void z2_wear_refill(struct z2_wear *wear, u32 now);
void z2_wear_spend(struct z2_wear *wear, u64 bytes);
void z2_wear_refund(struct z2_wear *wear, u64 bytes);
u64 z2_wear_left(const struct z2_wear *wear, enum z2_wear_need need);

#endif

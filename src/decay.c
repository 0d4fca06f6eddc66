// SPDX-License-Identifier: GPL-2.0
/* Sums that forget. */
#include <linux/bits.h>
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/minmax.h>

#include <zram2/decay.h>

#define ONE		BIT_ULL(32)
#define LN2		2977044472ull	/* ln 2, in 2^-32 */
#define LN2_INVERSE	94548ull	/* 1 / ln 2, in 2^-16 */

static u64 part(u64 value, u64 factor)
{
	return factor < ONE ? mul_u64_u32_shr(value, factor, 32) : value;
}

/*
 * 2^-f for f from 0 to 1, in 2^-32: the cubic that has its value and slope at both
 * ends.  The slope at 0 is what counts where a sum decays in many small steps; the
 * value is right to 1/10000.
 */
static u64 half_to_the(u64 f)
{
	const u64 square = 1000160236;	/* 5/2 ln 2 - 3/2 */
	const u64 cube = 170599412;	/* 3/2 ln 2 - 1 */
	u64 f2 = part(f, f);

	return ONE - part(LN2, f) + part(square, f2) - part(cube, part(f2, f));
}

/**
 * z2_decay_over() - what a time does to sums
 * @seconds: since they were changed last; any number
 * @half_life: seconds, 1 to 65535
 *
 * Events are taken to have come evenly in that time: an hour's, told all at once,
 * aren't a burst.
 */
struct z2_decay z2_decay_over(u32 seconds, u32 half_life)
{
	u32 halvings = seconds / half_life;
	struct z2_decay decay = { .weigh = ONE };

	if (halvings < 32)
		decay.keep = half_to_the(div_u64((u64)(seconds % half_life) << 32, half_life)) >>
			     halvings;
	if (seconds)
		decay.weigh = min(ONE, div_u64(((ONE - decay.keep) * half_life >> 16) * LN2_INVERSE,
					       seconds));
	return decay;
}

/**
 * z2_decay_add() - let time go by, and count
 * @decay: the time
 * @sum: the sum before it
 * @events: how many there were in that time
 *
 * Return: the sum after it, Z2_DECAY_MAX at most.
 */
u64 z2_decay_add(const struct z2_decay *decay, u64 sum, u64 events)
{
	u64 counted = min(events, Z2_DECAY_MAX >> Z2_DECAY_SHIFT) << Z2_DECAY_SHIFT;

	return min(part(min(sum, Z2_DECAY_MAX), decay->keep) + part(counted, decay->weigh),
		   Z2_DECAY_MAX);
}

/**
 * z2_decay_rate() - how often events come
 * @sum: a sum, or several of the same half-life added
 * @half_life: seconds, 1 to 65535
 * @seconds: the time that is asked for, 1 to 1000
 *
 * Return: events in that many seconds, rounded down; U32_MAX for more.
 */
u32 z2_decay_rate(u64 sum, u32 half_life, u32 seconds)
{
	u32 factor = div_u64(LN2 * seconds, half_life) >> 12;

	/* Where there are no 128 bits, it shifts by 32 at most. */
	return min_t(u64, mul_u64_u32_shr(sum, factor, 32) >> (Z2_DECAY_SHIFT - 12), U32_MAX);
}

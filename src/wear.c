// SPDX-License-Identifier: GPL-2.0
/* A budget for what is written to the backing device. */
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/sizes.h>

#include <zram2/wear.h>

#define DAY	86400u

/* From a day's debt to two days' savings; longer pays in no more. */
#define LONGEST	(3 * DAY)

/* Debts stop counting here, so that no sum overflows. */
#define DEBT_MAX	((s64)Z2_WEAR_MAX)

/**
 * z2_wear_default() - a budget that no device wears out by
 * @capacity: bytes of the whole device
 * @rotating: whether it is one that doesn't wear
 *
 * A twentieth of it a day is 91 times its capacity in five years.
 *
 * Return: bytes a day, 0 for no limit.
 */
u64 z2_wear_default(u64 capacity, bool rotating)
{
	if (rotating)
		return 0;
	return clamp_t(u64, div_u64(capacity, 20), SZ_1G, Z2_WEAR_MAX);
}

/**
 * z2_wear_init() - half a day's budget in hand
 * @wear: the account
 * @budget: bytes a day, 0 for no limit
 * @now: boot time in seconds
 */
void z2_wear_init(struct z2_wear *wear, u64 budget, u32 now)
{
	*wear = (struct z2_wear){ .budget = min(budget, Z2_WEAR_MAX), .now = now };
	wear->left = wear->budget / 2;
}

/**
 * z2_wear_limit() - another budget from now on
 * @wear: the account
 * @budget: bytes a day, 0 for no limit
 * @now: boot time in seconds
 *
 * No more is in hand then, and no more is owed, than the new one has it.  Where there
 * was no limit before, it begins as z2_wear_init() does.
 */
void z2_wear_limit(struct z2_wear *wear, u64 budget, u32 now)
{
	bool limited = wear->budget;

	z2_wear_refill(wear, now);
	wear->budget = min(budget, Z2_WEAR_MAX);
	if (limited)
		wear->left = clamp_t(s64, wear->left, -(s64)wear->budget, 2 * (s64)wear->budget);
	else
		wear->left = wear->budget / 2;
}

/**
 * z2_wear_refill() - pay in what has come since the last time
 * @wear: the account
 * @now: boot time in seconds; before the last time it pays in nothing
 */
void z2_wear_refill(struct z2_wear *wear, u32 now)
{
	u32 seconds = now - wear->now;
	u32 part;
	u64 whole;

	wear->now = now;
	if (seconds > U32_MAX / 2)
		return;
	seconds = min(seconds, LONGEST);

	/* Second by second, so that many small steps make as much as a large one. */
	whole = div_u64_rem(wear->budget, DAY, &part) * seconds;
	whole += div_u64_rem((u64)part * seconds + wear->rest, DAY, &wear->rest);
	wear->left = min_t(s64, wear->left + (s64)whole, 2 * (s64)wear->budget);
}

/**
 * z2_wear_spend() - bytes are written
 * @wear: the account
 * @bytes: how many, also when that is more than is left
 */
void z2_wear_spend(struct z2_wear *wear, u64 bytes)
{
	wear->written += min(bytes, U64_MAX - wear->written);
	if (wear->budget)
		wear->left = max(wear->left - (s64)min(bytes, Z2_WEAR_MAX), -DEBT_MAX);
}

/**
 * z2_wear_refund() - bytes weren't written after all
 * @wear: the account
 * @bytes: how many were spent for that
 */
void z2_wear_refund(struct z2_wear *wear, u64 bytes)
{
	wear->written -= min(bytes, wear->written);
	if (wear->budget)
		wear->left = min(wear->left + (s64)min(bytes, Z2_WEAR_MAX),
				 2 * (s64)wear->budget);
}

/**
 * z2_wear_left() - what may be written now
 * @wear: the account
 * @need: how badly
 *
 * Return: bytes; U64_MAX without a limit.
 */
u64 z2_wear_left(const struct z2_wear *wear, enum z2_wear_need need)
{
	s64 left = wear->left;

	if (!wear->budget)
		return U64_MAX;
	if (need == Z2_WEAR_SPARE)
		left -= wear->budget / 4;
	else if (need == Z2_WEAR_MUST)
		left += wear->budget;
	return max_t(s64, left, 0);
}

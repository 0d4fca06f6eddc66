// SPDX-License-Identifier: GPL-2.0
/* At which scores pages are read. */
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include <zram2/decay.h>
#include <zram2/heat.h>

#define FAST	120	/* seconds in which half is forgotten */
#define SLOW	3600

/* Rates are counts in so many seconds: reads that matter may be minutes apart. */
#define SECONDS	1000

/**
 * z2_heat_init() - begin without any reads
 * @heat: the reads
 */
void z2_heat_init(struct z2_heat *heat)
{
	memset(heat, 0, sizeof(*heat));
}

/**
 * z2_heat_fold() - count reads
 * @heat: the reads
 * @reads: of each of Z2_SCORES scores, how many there were
 * @seconds: the waking time in which they came
 */
void z2_heat_fold(struct z2_heat *heat, const u32 *reads, u32 seconds)
{
	struct z2_decay fast = z2_decay_over(seconds, FAST);
	struct z2_decay slow = z2_decay_over(seconds, SLOW);
	unsigned int i;

	for (i = 0; i < Z2_SCORES; i++) {
		heat->fast[i] = z2_decay_add(&fast, heat->fast[i], reads[i]);
		heat->slow[i] = z2_decay_add(&slow, heat->slow[i], reads[i]);
		heat->reads += min(reads[i], U32_MAX - heat->reads);
	}
}

/* The larger one: what begins is seen at once, what ends is believed later. */
static u32 rate_of(u64 fast, u64 slow)
{
	return max(z2_decay_rate(fast, FAST, SECONDS), z2_decay_rate(slow, SLOW, SECONDS));
}

/**
 * z2_heat_rate() - how often pages are read that have a score or more
 * @heat: the reads
 * @score: the lowest that counts; Z2_SCORES for none
 *
 * Return: reads in 1000 seconds; U32_MAX for more.
 */
u32 z2_heat_rate(const struct z2_heat *heat, unsigned int score)
{
	u64 fast = 0, slow = 0;

	for (; score < Z2_SCORES; score++) {
		fast += heat->fast[score];
		slow += heat->slow[score];
	}
	return rate_of(fast, slow);
}

/**
 * z2_heat_cut() - from which score on pages may be on the device
 * @heat: the reads
 * @read_us: what a read from there takes, in microseconds
 * @target: microseconds a second that reads from there may take
 *
 * Return: the lowest such score; Z2_SCORES when even the coldest are read too often.
 */
unsigned int z2_heat_cut(const struct z2_heat *heat, u32 read_us, u32 target)
{
	unsigned int score = Z2_SCORES;
	u64 fast = 0, slow = 0;

	while (score > 0) {
		fast += heat->fast[score - 1];
		slow += heat->slow[score - 1];
		if ((u64)rate_of(fast, slow) * read_us > (u64)target * SECONDS)
			break;
		score--;
	}
	return score;
}

// SPDX-License-Identifier: GPL-2.0
/* Scores, and how much there is of each. */
#include <linux/limits.h>
#include <linux/math64.h>

#include <zram2/score.h>

static u64 add_saturated(u64 a, u64 b)
{
	return a + min(b, U64_MAX - a);
}

/**
 * z2_score_age() - how old an object is that has a score
 * @score: the score
 * @size: its bytes
 *
 * Context: any.
 * Return: the fewest waking seconds; U32_MAX when it never gets there.
 */
u32 z2_score_age(unsigned int score, u32 size)
{
	u64 weight, age;

	if (!score)
		return 0;
	if (!size || score >= Z2_SCORES)
		return U32_MAX;

	/* The least that has it: a quarter of the lowest octaves may lie between integers. */
	weight = (((u64)(4 + score % 4) << (score / 4)) + 3) / 4;
	age = div_u64((weight << Z2_SCORE_SHIFT) + size - 1, size) - 1;
	return min_t(u64, age, U32_MAX);
}

/**
 * z2_score_add() - count an object
 * @hist: where
 * @score: its score
 * @bytes: its size, or that of all which it is a sample of
 */
void z2_score_add(struct z2_score_hist *hist, unsigned int score, u64 bytes)
{
	u64 *bin = &hist->bytes[min(score, Z2_SCORES - 1U)];

	*bin = add_saturated(*bin, bytes);
}

/**
 * z2_score_take() - no longer count an object
 * @hist: where
 * @score: its score
 * @bytes: its size; more than is there is all of it, since counts are estimates
 */
void z2_score_take(struct z2_score_hist *hist, unsigned int score, u64 bytes)
{
	u64 *bin = &hist->bytes[min(score, Z2_SCORES - 1U)];

	*bin -= min(*bin, bytes);
}

/**
 * z2_score_above() - how much there is from a score on
 * @hist: the counts
 * @score: the lowest that counts; Z2_SCORES for none
 *
 * Return: bytes.
 */
u64 z2_score_above(const struct z2_score_hist *hist, unsigned int score)
{
	u64 sum = 0;

	for (; score < Z2_SCORES; score++)
		sum = add_saturated(sum, hist->bytes[score]);
	return sum;
}

/**
 * z2_score_best() - the threshold that just lets so much through
 * @hist: the counts
 * @wanted: bytes
 *
 * Return: the highest score from which on there is as much as is wanted; 0 when all
 * that there is isn't enough.
 */
unsigned int z2_score_best(const struct z2_score_hist *hist, u64 wanted)
{
	unsigned int score = Z2_SCORES;
	u64 sum = 0;

	while (score > 0) {
		sum = add_saturated(sum, hist->bytes[--score]);
		if (sum >= wanted)
			break;
	}
	return score;
}

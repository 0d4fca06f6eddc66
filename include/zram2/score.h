/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How cold a stored page is: its age times the memory that it takes, in quarters of
 * an octave.  What is read again less and less as it ages costs least, for each byte
 * and second that are gained, where this product is largest.
 */
#ifndef ZRAM2_SCORE_H
#define ZRAM2_SCORE_H

#include <linux/bitops.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/types.h>

/* Scores are 0 to Z2_SCORES - 1; as a threshold, Z2_SCORES is one that none reaches. */
#define Z2_SCORES	128

/* The unit is a second times 1/256 page, so that it is the same for pages of any size. */
#define Z2_SCORE_SHIFT	(PAGE_SHIFT - 8)

/**
 * struct z2_score_hist - how much there is of each score
 * @bytes: of objects
 */
struct z2_score_hist {
	u64 bytes[Z2_SCORES];
};

/**
 * z2_score() - how cold an object is
 * @age: waking seconds since it was last used
 * @size: bytes that it takes
 *
 * Called for each page that is read: a multiplication and a few shifts.
 *
 * Context: any.
 * Return: the score, which never falls as age or size grow.
 */
static inline unsigned int z2_score(u32 age, u32 size)
{
	u64 weight = max_t(u64, (((u64)age + 1) * size) >> Z2_SCORE_SHIFT, 1);
	unsigned int octave = fls64(weight) - 1;
	unsigned int quarter = (octave < 2 ? weight << (2 - octave) : weight >> (octave - 2)) & 3;

	return min_t(unsigned int, 4 * octave + quarter, Z2_SCORES - 1);
}

u32 z2_score_age(unsigned int score, u32 size);
void z2_score_add(struct z2_score_hist *hist, unsigned int score, u64 bytes);
void z2_score_take(struct z2_score_hist *hist, unsigned int score, u64 bytes);
u64 z2_score_above(const struct z2_score_hist *hist, unsigned int score);
unsigned int z2_score_best(const struct z2_score_hist *hist, u64 wanted);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Finding the pages that are coldest: a hand goes round the slot table, as that of a
 * clock does, and stops where something may leave.
 *
 * Slots are looked at in clusters.  Of each is known how long ago the oldest object in
 * memory was used when somebody looked last, by size: what came since is younger, so
 * that the hand passes over clusters where nothing can be cold enough.
 */
#ifndef ZRAM2_HAND_H
#define ZRAM2_HAND_H

#include <linux/types.h>

#include <zram2/score.h>

struct z2_clock;
struct z2_device;
struct z2_hand;
struct z2_object;

/* Slots of a cluster: what swap hands out together. */
#define Z2_HAND_CLUSTER		512

/* Sizes that are told apart: quarters of a page. */
#define Z2_HAND_SIZES		4

/* Most slots that a survey is to look at: half a millisecond. */
#define Z2_HAND_SURVEY		(256 * 1024UL)

/**
 * struct z2_hand_lap - once round, or until enough was found
 * @dev: the device
 * @clock: waking time
 * @now: boot time in seconds
 * @score: of what is looked for, the lowest
 * @cutoff: by size, when it was used at the latest to have that score
 * @left: slots that are still ahead
 * @entered: the cluster ahead was looked at, and has something
 * @looked: slots that were looked at
 * @passed: slots that didn't have to be
 */
struct z2_hand_lap {
	struct z2_device *dev;
	const struct z2_clock *clock;
	u32 now;
	unsigned int score;
	u32 cutoff[Z2_HAND_SIZES];
	unsigned long left;
	bool entered;
	u64 looked;
	u64 passed;
};

struct z2_hand *z2_hand_create(unsigned long slots);
void z2_hand_destroy(struct z2_hand *hand);

void z2_hand_survey(struct z2_device *dev, const struct z2_clock *clock, u32 now,
		    unsigned long most, struct z2_score_hist *hist);
void z2_hand_begin(struct z2_hand_lap *lap, struct z2_device *dev, const struct z2_clock *clock,
		   u32 now, unsigned int score, u32 min_age);
bool z2_hand_next(struct z2_hand_lap *lap, unsigned long *index);
bool z2_hand_take(const struct z2_hand_lap *lap, unsigned long index, struct z2_object *obj);

#endif

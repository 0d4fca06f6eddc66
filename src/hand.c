// SPDX-License-Identifier: GPL-2.0
/* The hand of the clock; see the header. */
#include <linux/err.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include <zram2/clock.h>
#include <zram2/device.h>
#include <zram2/hand.h>
#include <zram2/scan.h>
#include <zram2/slot.h>

/* Clusters that are looked at in one go, if nothing is found. */
#define STRETCH		128

/**
 * struct hand_cluster - what is known of some slots
 * @oldest: by size, a boot time that no object in memory was used before; 0 when
 *	that isn't known
 *
 * What is written or read is young.  What is recompressed keeps its time, and gets
 * smaller: then the bound of its old size, for which less age will do, still covers it.
 */
struct hand_cluster {
	u32 oldest[Z2_HAND_SIZES];
};

/**
 * struct z2_hand - where it is, and what it knows
 * @slots: of the table; fixed
 * @at: the slot ahead
 * @surveys: how many there were, so that each looks at others
 * @clusters: of all slots, in their order
 *
 * Under the device's post-processing lock: writers of pages know nothing of it.
 */
struct z2_hand {
	unsigned long slots;
	unsigned long at;
	unsigned long surveys;
	struct hand_cluster clusters[];
};

/**
 * z2_hand_create() - nothing is known yet
 * @slots: of the table, at least 1
 *
 * Context: process, may sleep.
 * Return: the hand, or ERR_PTR(-ENOMEM).
 */
struct z2_hand *z2_hand_create(unsigned long slots)
{
	unsigned long clusters = DIV_ROUND_UP(slots, Z2_HAND_CLUSTER);
	struct z2_hand *hand = kvzalloc(struct_size(hand, clusters, clusters),
					GFP_KERNEL | __GFP_NOWARN);

	if (!hand)
		return ERR_PTR(-ENOMEM);
	hand->slots = slots;
	return hand;
}

/**
 * z2_hand_destroy() - free a hand
 * @hand: the hand; NULL is fine
 */
void z2_hand_destroy(struct z2_hand *hand)
{
	kvfree(hand);
}

static struct hand_cluster *hand_cluster(struct z2_hand *hand, unsigned long index)
{
	return &hand->clusters[index / Z2_HAND_CLUSTER];
}

static unsigned long hand_cluster_end(const struct z2_hand *hand, unsigned long index)
{
	return min(round_down(index, Z2_HAND_CLUSTER) + Z2_HAND_CLUSTER, hand->slots);
}

/* The size of an object in memory, 0 for all else. */
static u32 hand_size(u32 state)
{
	return state & (Z2_SLOT_SAME | Z2_SLOT_BACKING) ? 0 : state & Z2_SLOT_SIZE_MASK;
}

static unsigned int hand_class(u32 size)
{
	return (size - 1) / (PAGE_SIZE / Z2_HAND_SIZES);
}

/*
 * Whoever writes a page has looked at the clock before: with one that waits for memory
 * meanwhile a bound is late by so many seconds, and the page is found so much later.
 */
static struct hand_cluster hand_empty(u32 now)
{
	struct hand_cluster cluster;
	unsigned int i;

	for (i = 0; i < Z2_HAND_SIZES; i++)
		cluster.oldest[i] = now;
	return cluster;
}

static void hand_note(struct hand_cluster *cluster, u32 size, u32 used)
{
	u32 *oldest = &cluster->oldest[hand_class(size)];

	*oldest = min(*oldest, used);
}

static void hand_survey_cluster(struct z2_device *dev, const struct z2_clock *clock, u32 now,
				unsigned long first, struct z2_score_hist *hist)
{
	const struct z2_slot *slot = z2_slot_row(dev->table, first);
	const struct z2_slot *end = slot + hand_cluster_end(dev->hand, first) - first;
	struct hand_cluster cluster = hand_empty(now);
	u32 last = now, age = 0;

	for (; slot < end; slot++) {
		u32 size = hand_size(z2_slot_row_state(slot));
		u32 used = z2_slot_row_time(slot);

		if (!size)
			continue;
		hand_note(&cluster, size, used);
		/* Neighbours mostly came in the same second. */
		if (used != last)
			age = z2_clock_age(clock, now, used);
		last = used;
		z2_score_add(hist, z2_score(age, size), size);
	}
	*hand_cluster(dev->hand, first) = cluster;
}

/**
 * z2_hand_survey() - how much there is in memory of each score
 * @dev: the device, with the post-processing lock held
 * @clock: waking time
 * @now: boot time in seconds
 * @most: slots to look at; of a larger table it is an estimate
 * @hist: set to it
 *
 * Context: process, may sleep.
 */
void z2_hand_survey(struct z2_device *dev, const struct z2_clock *clock, u32 now,
		    unsigned long most, struct z2_score_hist *hist)
{
	struct z2_hand *hand = dev->hand;
	unsigned long nth = DIV_ROUND_UP(hand->slots, most);
	unsigned long index = hand->surveys++ % nth * Z2_HAND_CLUSTER;
	unsigned int i;

	*hist = (struct z2_score_hist){};
	for (; index < hand->slots; index += nth * Z2_HAND_CLUSTER) {
		hand_survey_cluster(dev, clock, now, index, hist);
		cond_resched();
	}
	for (i = 0; i < Z2_SCORES; i++)
		hist->bytes[i] *= nth;
}

/**
 * z2_hand_begin() - go round once
 * @lap: what to set up
 * @dev: the device, with the post-processing lock held until the lap ends
 * @clock: waking time; must last as long
 * @now: boot time in seconds
 * @score: of what is looked for, the lowest
 * @min_age: waking seconds that it wasn't used at least
 */
void z2_hand_begin(struct z2_hand_lap *lap, struct z2_device *dev, const struct z2_clock *clock,
		   u32 now, unsigned int score, u32 min_age)
{
	unsigned int i;

	*lap = (struct z2_hand_lap){
		.dev = dev,
		.clock = clock,
		.now = now,
		.score = score,
		.left = dev->hand->slots,
	};
	for (i = 0; i < Z2_HAND_SIZES; i++) {
		u32 age = z2_score_age(score, (i + 1) * (PAGE_SIZE / Z2_HAND_SIZES));

		lap->cutoff[i] = z2_clock_cutoff(clock, now, max(age, min_age));
	}
}

static bool hand_wants(const struct z2_hand_lap *lap, u32 state, u32 used)
{
	u32 size = hand_size(state);

	if (!size || (state & Z2_SLOT_PP) || used > lap->cutoff[hand_class(size)])
		return false;
	return z2_score(z2_clock_age(lap->clock, lap->now, used), size) >= lap->score;
}

/* Can there be anything?  What isn't known is 0, and no time is before that. */
static bool hand_may_have(const struct z2_hand_lap *lap, const struct hand_cluster *cluster)
{
	unsigned int i;

	for (i = 0; i < Z2_HAND_SIZES; i++)
		if (cluster->oldest[i] <= lap->cutoff[i])
			return true;
	return false;
}

/* Learn anew what a cluster holds.  Is there something? */
static bool hand_look(struct z2_hand_lap *lap, unsigned long index)
{
	struct z2_hand *hand = lap->dev->hand;
	unsigned long first = round_down(index, Z2_HAND_CLUSTER);
	unsigned long nr = hand_cluster_end(hand, first) - first;
	const struct z2_slot *slot = z2_slot_row(lap->dev->table, first);
	struct hand_cluster cluster = hand_empty(lap->now);
	bool found = false;
	unsigned long i;

	for (i = 0; i < nr; i++) {
		u32 state = z2_slot_row_state(&slot[i]);
		u32 used = z2_slot_row_time(&slot[i]);

		if (!hand_size(state))
			continue;
		hand_note(&cluster, hand_size(state), used);
		found = found || hand_wants(lap, state, used);
	}
	/* What is taken now may stay after all, and counts until the next look. */
	*hand_cluster(hand, index) = cluster;
	lap->looked += nr;
	return found;
}

/* Where the cluster ahead ends, or the lap. */
static unsigned long hand_end(const struct z2_hand_lap *lap)
{
	const struct z2_hand *hand = lap->dev->hand;

	return min(hand_cluster_end(hand, hand->at), hand->at + lap->left);
}

static void hand_advance(struct z2_hand_lap *lap, unsigned long to)
{
	struct z2_hand *hand = lap->dev->hand;

	lap->left -= to - hand->at;
	lap->entered = lap->entered && to % Z2_HAND_CLUSTER && to < hand->slots;
	hand->at = to < hand->slots ? to : 0;
}

/* Into the cluster ahead, or past it. */
static void hand_enter(struct z2_hand_lap *lap)
{
	struct z2_hand *hand = lap->dev->hand;
	unsigned long end = hand_end(lap);

	cond_resched();
	if (!hand_may_have(lap, hand_cluster(hand, hand->at)))
		lap->passed += end - hand->at;
	else if (hand_look(lap, hand->at))
		lap->entered = true;
	if (!lap->entered)
		hand_advance(lap, end);
}

/* From the slot ahead to the end of its cluster. */
static bool hand_find(struct z2_hand_lap *lap, unsigned long *index)
{
	struct z2_hand *hand = lap->dev->hand;
	unsigned long at = hand->at, end = hand_end(lap);
	const struct z2_slot *slot = z2_slot_row(lap->dev->table, at);

	for (; at < end; at++, slot++) {
		if (!hand_wants(lap, z2_slot_row_state(slot), z2_slot_row_time(slot)))
			continue;
		*index = at;
		hand_advance(lap, at + 1);
		return true;
	}
	hand_advance(lap, end);
	return false;
}

/**
 * z2_hand_next() - the next slot that may have what is looked for
 * @lap: the lap, with some slots left
 * @index: set to it
 *
 * Context: process, may sleep.
 * Return: whether there is one; if not, some may still be found as long as
 * @lap->left isn't 0.
 */
bool z2_hand_next(struct z2_hand_lap *lap, unsigned long *index)
{
	unsigned int i;

	for (i = 0; i < STRETCH && lap->left; i++) {
		if (!lap->entered)
			hand_enter(lap);
		if (lap->entered && hand_find(lap, index))
			return true;
	}
	return false;
}

/**
 * z2_hand_take() - take a slot for post-processing, if it still has it
 * @lap: the lap
 * @index: a slot that z2_hand_next() found
 * @obj: set to what it holds
 *
 * Context: process, may sleep.
 * Return: whether it was taken, as by z2_scan_take(); not if it was used meanwhile.
 */
bool z2_hand_take(const struct z2_hand_lap *lap, unsigned long index, struct z2_object *obj)
{
	struct z2_device *dev = lap->dev;

	if (!z2_scan_take(dev, index, 0, obj))
		return false;
	if (hand_wants(lap, obj->state, z2_slot_access_time(dev->table, index)))
		return true;
	z2_scan_untake(dev, index);
	return false;
}

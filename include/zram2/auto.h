/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Cold pages leave for the backing device by themselves, when memory is wanted.
 *
 * A worker of the disk sleeps until it is called: by a write that finds the pool above
 * its mark, by reclaim, through a shrinker that does nothing but count, or because
 * somebody has changed a setting.  Then it asks policy what is to be done, and does it
 * in slices: a run that somebody begins by hand waits for no more than one.
 */
#ifndef ZRAM2_AUTO_H
#define ZRAM2_AUTO_H

#include <linux/types.h>

#include <zram2/policy.h>

struct z2_auto;
struct z2_device;

/* As many are kept to be looked at. */
#define Z2_AUTO_ROUNDS	16

/**
 * struct z2_auto_round - what the worker decided, and what came of it
 * @boot: boot time in seconds when it began
 * @state: who wanted memory
 * @reason: what held it back
 * @score: of what might leave, the lowest
 * @wanted: bytes that might leave
 * @pages: that have left
 * @bytes: that these took in memory
 * @looked: slots that were looked at
 * @us: microseconds that it took
 */
struct z2_auto_round {
	u32 boot;
	enum z2_policy_state state;
	enum z2_policy_reason reason;
	unsigned int score;
	u64 wanted;
	u64 pages;
	u64 bytes;
	u64 looked;
	u64 us;
};

/**
 * struct z2_auto_stats - how it stands
 * @state: who wants memory
 * @reason: what holds it back
 * @obstacle: errno of what the policy knows nothing of: -EDQUOT for the user's
 *	writeback_limit, -ENOMEM; 0 for nothing
 * @pool: bytes of memory that the pool takes
 * @high: bytes above which pages leave
 * @score: of what may leave, the lowest; Z2_SCORES if nothing may
 * @pages: that have left
 * @bytes: that these took in memory
 * @written: bytes that were written to the device, by whomever
 * @budget: bytes a day that may be, 0 for no limit
 * @left: of these in hand; below zero when they are owed
 * @stall_us: microseconds a second that reading back takes
 * @read_us: what a read takes
 * @write_us: what a write takes, 0 if there was none
 */
struct z2_auto_stats {
	enum z2_policy_state state;
	enum z2_policy_reason reason;
	int obstacle;
	u64 pool;
	u64 high;
	unsigned int score;
	u64 pages;
	u64 bytes;
	u64 written;
	u64 budget;
	s64 left;
	u32 stall_us;
	u32 read_us;
	u32 write_us;
};

struct z2_auto *z2_auto_create(struct z2_device *dev);
void z2_auto_destroy(struct z2_auto *mover);

void z2_auto_kick(struct z2_device *dev);
bool z2_auto_can_evict(struct z2_device *dev);
bool z2_auto_on(const struct z2_device *dev);
u64 z2_auto_high(const struct z2_device *dev);
u64 z2_auto_budget(struct z2_device *dev);

u32 z2_auto_slice(struct z2_auto *mover, u32 boot, u32 now);
struct z2_auto_stats z2_auto_stats(struct z2_auto *mover);
unsigned int z2_auto_rounds(struct z2_auto *mover, struct z2_auto_round *rounds);
void z2_auto_pool(struct z2_auto *mover, struct z2_score_hist *pool, u32 *rates);
const char *z2_auto_state_name(enum z2_policy_state state);
const char *z2_auto_reason_name(enum z2_policy_reason reason, int obstacle);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * When pages leave for the backing device by themselves, which, how many and how fast.
 * It decides from numbers alone, and neither looks at a clock nor touches a page: what
 * was found and done it is told.
 *
 *	PRESSED  the machine is short of memory: pages that nobody will miss leave
 *	HIGH     the pool has grown above its mark: until it is an eighth below
 *	FULL     a writer can't be served: whatever is coldest leaves
 *
 * While none of these holds nothing leaves, and nothing has to tick.
 */
#ifndef ZRAM2_POLICY_H
#define ZRAM2_POLICY_H

#include <linux/types.h>

#include <zram2/heat.h>
#include <zram2/pace.h>
#include <zram2/score.h>
#include <zram2/wear.h>

/* When nothing has to be decided again until something happens. */
#define Z2_POLICY_NEVER		U32_MAX

/**
 * enum z2_policy_state - who wants memory
 * @Z2_POLICY_OFF: it is switched off, has no device, or that fails
 * @Z2_POLICY_CALM: nobody
 * @Z2_POLICY_PRESSED: the machine
 * @Z2_POLICY_HIGH: we do, above the mark
 * @Z2_POLICY_FULL: a writer waits for it
 */
enum z2_policy_state {
	Z2_POLICY_OFF,
	Z2_POLICY_CALM,
	Z2_POLICY_PRESSED,
	Z2_POLICY_HIGH,
	Z2_POLICY_FULL,
};

/**
 * enum z2_policy_reason - what holds back some of what is wanted, or all
 * @Z2_POLICY_NONE: nothing
 * @Z2_POLICY_REFAULTS: too much would be read back
 * @Z2_POLICY_FLOOR: the rest was used a moment ago
 * @Z2_POLICY_YOUNG: all that is there was used a moment ago
 * @Z2_POLICY_WEAR: the budget of writes is used up
 * @Z2_POLICY_DEVICE_FULL: there is no room on the device
 * @Z2_POLICY_ERRORS: writes to the device fail
 * @Z2_POLICY_NO_STATISTICS: too few reads were seen to tell what will be missed
 */
enum z2_policy_reason {
	Z2_POLICY_NONE,
	Z2_POLICY_REFAULTS,
	Z2_POLICY_FLOOR,
	Z2_POLICY_YOUNG,
	Z2_POLICY_WEAR,
	Z2_POLICY_DEVICE_FULL,
	Z2_POLICY_ERRORS,
	Z2_POLICY_NO_STATISTICS,
};

/**
 * struct z2_policy_in - what there is to decide about
 * @now: waking seconds
 * @boot: boot time in seconds
 * @off: whether it is switched off, or has no device
 * @pool: bytes of memory that the pool takes
 * @high: bytes above which it is high
 * @limit: bytes that it may take
 * @own_limit: whether @limit is a guess of ours and may be exceeded; where it is the
 *	administrator's, only writers that wait say that it is reached
 * @demand: bytes that reclaim asked for since the last plan
 * @parked: bytes of writers that wait
 * @live: bytes that are in use on the device
 * @room: bytes that it has
 * @batch: writes that there is room for in flight
 */
struct z2_policy_in {
	u32 now;
	u32 boot;
	bool off;
	u64 pool;
	u64 high;
	u64 limit;
	bool own_limit;
	u64 demand;
	u64 parked;
	u64 live;
	u64 room;
	unsigned int batch;
};

/**
 * struct z2_policy_plan - what to do until the next plan
 * @state: who wants memory
 * @reason: what holds it back
 * @bytes: that may leave
 * @score: of what may leave, the lowest; Z2_SCORES if nothing may
 * @min_age: waking seconds that it must not have been used, whatever its score
 * @in_flight: writes at once
 * @background: whether others that use the device go first
 * @fail: whether writers wait in vain
 * @freeable: bytes that the machine could have if it were PRESSED now
 * @next_ms: when to plan again, or Z2_POLICY_NEVER
 */
struct z2_policy_plan {
	enum z2_policy_state state;
	enum z2_policy_reason reason;
	u64 bytes;
	unsigned int score;
	u32 min_age;
	unsigned int in_flight;
	bool background;
	bool fail;
	u64 freeable;
	u32 next_ms;
};

/**
 * struct z2_policy - what is known of a disk
 * @heat: at which scores its pages are read
 * @wear: what may be written to its device
 * @pace: how that bears it
 * @pool: bytes in its pool, by score
 * @state: as of the last plan
 * @demand: bytes that reclaim still waits for
 * @demand_since: when it asked for any last
 * @surveyed: when @pool was found out
 * @survey_known: whether it ever was
 * @survey_stale: whether it turned out to be wrong
 * @empty_pool: bytes in the pool when nothing was found in it last
 * @minute: when the present minute without statistics began
 * @minute_taken: bytes that left in it
 *
 * Whoever uses it sees to it that nobody else does at the same time.
 */
struct z2_policy {
	struct z2_heat heat;
	struct z2_wear wear;
	struct z2_pace pace;
	struct z2_score_hist pool;
	enum z2_policy_state state;
	u64 demand;
	u32 demand_since;
	u32 surveyed;
	bool survey_known;
	bool survey_stale;
	u64 empty_pool;
	u32 minute;
	u64 minute_taken;
};

void z2_policy_init(struct z2_policy *policy, u64 budget, bool rotating, u32 now, u32 boot);
void z2_policy_reads(struct z2_policy *policy, const u32 *reads, const struct z2_pace_io *io,
		     u32 now);
bool z2_policy_wants_survey(const struct z2_policy *policy, u32 now);
void z2_policy_survey(struct z2_policy *policy, const struct z2_score_hist *pool, u32 now);
struct z2_policy_plan z2_policy_plan(struct z2_policy *policy, const struct z2_policy_in *in);
void z2_policy_took(struct z2_policy *policy, unsigned int score, u32 bytes);
void z2_policy_lap(struct z2_policy *policy, u64 pool, u64 found, u64 wanted);

#endif

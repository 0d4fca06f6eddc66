// SPDX-License-Identifier: GPL-2.0
/*
 * What leaves for the backing device.
 *
 * Three numbers say from which score on pages may leave, and the highest of them
 * counts: demand (as much as is wanted, coldest first), refaults (what would be read
 * back, which takes time that there is a target for), and a floor (what was used a
 * moment ago stays, whatever the statistics say).
 */
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include <zram2/policy.h>

#define SURVEY_SECONDS	10
#define DEMAND_SECONDS	10	/* reclaim that asks no more has found memory elsewhere */
#define SAMPLES		64	/* reads from which on statistics are believed */
#define SLOWEST		((u64)SZ_1M)	/* bytes a second, however little budget is left */
#define TRICKLE		2	/* writes in flight in the background */

/* What each state allows itself. */
static const struct {
	u32 target;		/* microseconds a second of reading back */
	u32 floor_age;		/* seconds, for a whole page */
	u32 tick_ms;
	enum z2_wear_need need;
} rules[] = {
	[Z2_POLICY_OFF] = { .target = 1000, .floor_age = 120, .need = Z2_WEAR_SPARE },
	[Z2_POLICY_CALM] = { .target = 1000, .floor_age = 120, .need = Z2_WEAR_SPARE },
	[Z2_POLICY_PRESSED] = {
		.target = 1000, .floor_age = 120, .tick_ms = 1000, .need = Z2_WEAR_SPARE,
	},
	[Z2_POLICY_HIGH] = {
		.target = 20000, .floor_age = 10, .tick_ms = 100, .need = Z2_WEAR_NEED,
	},
	[Z2_POLICY_FULL] = { .target = U32_MAX, .tick_ms = 100, .need = Z2_WEAR_MUST },
};

/**
 * z2_policy_init() - nothing is known yet
 * @policy: the disk
 * @budget: bytes a day that may be written to its device, 0 for no limit
 * @rotating: whether that is one of those that seek
 * @now: waking seconds
 * @boot: boot time in seconds
 */
void z2_policy_init(struct z2_policy *policy, u64 budget, bool rotating, u32 now, u32 boot)
{
	memset(policy, 0, sizeof(*policy));
	policy->state = Z2_POLICY_CALM;
	policy->minute = now;
	z2_heat_init(&policy->heat);
	z2_wear_init(&policy->wear, budget, boot);
	z2_pace_init(&policy->pace, rotating, now);
}

/**
 * z2_policy_reads() - tell it what was read and written
 * @policy: the disk
 * @reads: of each of Z2_SCORES scores, reads of pages that had it, wherever they were;
 *	NULL if they say nothing of what will be read, as those of a swapoff
 * @io: what the device did
 * @now: waking seconds; all of it came since the last time
 *
 * Before each plan.
 */
void z2_policy_reads(struct z2_policy *policy, const u32 *reads, const struct z2_pace_io *io,
		     u32 now)
{
	u32 before = policy->pace.now;

	z2_pace_fold(&policy->pace, io, now);
	if (reads)
		z2_heat_fold(&policy->heat, reads, policy->pace.now - before);
}

/**
 * z2_policy_wants_survey() - ought the pool to be looked at?
 * @policy: the disk
 * @now: waking seconds
 */
bool z2_policy_wants_survey(const struct z2_policy *policy, u32 now)
{
	return !policy->survey_known || policy->survey_stale ||
	       now - policy->surveyed >= SURVEY_SECONDS;
}

/**
 * z2_policy_survey() - tell it what is in the pool
 * @policy: the disk
 * @pool: bytes by score, may be estimates
 * @now: waking seconds
 */
void z2_policy_survey(struct z2_policy *policy, const struct z2_score_hist *pool, u32 now)
{
	policy->pool = *pool;
	policy->surveyed = now;
	policy->survey_known = true;
	policy->survey_stale = false;
}

/**
 * z2_policy_took() - tell it that an object leaves
 * @policy: the disk
 * @score: its score
 * @bytes: that it took in the pool
 *
 * What goes over the device's wire is told to z2_wear_spend().
 */
void z2_policy_took(struct z2_policy *policy, unsigned int score, u32 bytes)
{
	z2_score_take(&policy->pool, score, bytes);
	policy->demand -= min_t(u64, bytes, policy->demand);
	policy->minute_taken += min_t(u64, bytes, U64_MAX - policy->minute_taken);
}

/**
 * z2_policy_lap() - tell it that all of the pool was looked at
 * @policy: the disk
 * @pool: bytes that the pool takes
 * @found: bytes that could leave
 * @wanted: bytes that were to leave
 */
void z2_policy_lap(struct z2_policy *policy, u64 pool, u64 found, u64 wanted)
{
	if (found < wanted)
		policy->survey_stale = true;
	if (!found)
		policy->empty_pool = pool;
	z2_pace_lap(&policy->pace, found);
}

/* Reclaim asks again as long as it wants more. */
static void note_demand(struct z2_policy *policy, const struct z2_policy_in *in)
{
	if (in->demand) {
		policy->demand += min(in->demand, U64_MAX - policy->demand);
		policy->demand_since = in->now;
	} else if (in->now - policy->demand_since >= DEMAND_SECONDS) {
		policy->demand = 0;
	}
	policy->demand = min(policy->demand, in->pool);
}

static enum z2_policy_state state_of(const struct z2_policy *policy, const struct z2_policy_in *in)
{
	bool full = policy->state == Z2_POLICY_FULL;
	bool high = policy->state >= Z2_POLICY_HIGH;

	if (in->off || z2_pace_broken(&policy->pace))
		return Z2_POLICY_OFF;
	/* Both are left a good deal below where they are entered. */
	if (in->parked || (in->own_limit && in->pool > in->limit) ||
	    (full && in->pool > in->limit - in->limit / 32))
		return Z2_POLICY_FULL;
	if (in->pool > in->high - (high ? in->high / 8 : 0))
		return Z2_POLICY_HIGH;
	return policy->demand ? Z2_POLICY_PRESSED : Z2_POLICY_CALM;
}

static u64 wanted_bytes(const struct z2_policy *policy, const struct z2_policy_in *in)
{
	u64 part = max_t(u64, in->pool / 64, PAGE_SIZE);
	u64 low = in->high - in->high / 8;

	switch (policy->state) {
	case Z2_POLICY_FULL:
		return max(part, in->parked);
	case Z2_POLICY_HIGH:
		return in->pool - min(low, in->pool);
	case Z2_POLICY_PRESSED:
		return min(policy->demand, part);
	default:
		return 0;
	}
}

static unsigned int refault_score(const struct z2_policy *policy, enum z2_policy_state state)
{
	unsigned int cut, backoff = policy->pace.backoff;

	if (state == Z2_POLICY_FULL)
		return 0;
	/* What stays in memory then has a price, too: that a writer can't be served. */
	if (state == Z2_POLICY_HIGH)
		backoff /= 2;
	cut = z2_heat_cut(&policy->heat, z2_pace_read_us(&policy->pace), rules[state].target);
	return min_t(unsigned int, cut + backoff, Z2_SCORES);
}

static unsigned int floor_score(enum z2_policy_state state)
{
	return rules[state].floor_age ? z2_score(rules[state].floor_age, PAGE_SIZE) : 0;
}

static bool is_known(const struct z2_policy *policy)
{
	return policy->heat.reads >= SAMPLES;
}

/* Without statistics a little may leave each minute: from what comes back they grow. */
static u64 unknown_bytes(struct z2_policy *policy, const struct z2_policy_in *in)
{
	u64 part = in->pool / 64;

	if (in->now - policy->minute >= 60) {
		policy->minute = in->now;
		policy->minute_taken = 0;
	}
	return part - min(part, policy->minute_taken);
}

/* What there is room for: copying what is alive in a full device gains little. */
static u64 device_room(const struct z2_policy *policy, const struct z2_policy_in *in)
{
	u64 room = in->room;

	if (policy->state < Z2_POLICY_HIGH)
		room -= room / 8;
	return room - min(in->live, room);
}

static u64 freeable_bytes(const struct z2_policy *policy, const struct z2_policy_in *in)
{
	unsigned int score = max(refault_score(policy, Z2_POLICY_PRESSED),
				 floor_score(Z2_POLICY_PRESSED));

	if (policy->state == Z2_POLICY_OFF)
		return 0;
	return min3(z2_score_above(&policy->pool, score), device_room(policy, in),
		    z2_wear_left(&policy->wear, Z2_WEAR_SPARE));
}

/* The threshold, and what keeps it above that of demand. */
static void choose(const struct z2_policy *policy, u64 wanted, struct z2_policy_plan *plan)
{
	unsigned int demand = z2_score_best(&policy->pool, wanted);
	unsigned int refaults = refault_score(policy, plan->state);
	unsigned int floor = floor_score(plan->state);

	plan->score = max3(demand, refaults, floor);
	plan->min_age = rules[plan->state].floor_age / 4;
	if (plan->score == demand)
		plan->reason = Z2_POLICY_NONE;
	else if (plan->score == refaults)
		plan->reason = Z2_POLICY_REFAULTS;
	else
		plan->reason = Z2_POLICY_FLOOR;

	if (policy->survey_known && !z2_score_above(&policy->pool, plan->score) &&
	    plan->reason == Z2_POLICY_FLOOR)
		plan->reason = Z2_POLICY_YOUNG;
}

static void limit_to(struct z2_policy_plan *plan, u64 most, enum z2_policy_reason reason)
{
	if (plan->bytes <= most)
		return;
	plan->bytes = most;
	plan->reason = reason;
}

static void limit_bytes(struct z2_policy *policy, const struct z2_policy_in *in,
			struct z2_policy_plan *plan)
{
	u64 left = z2_wear_left(&policy->wear, rules[plan->state].need);

	limit_to(plan, left, Z2_POLICY_WEAR);
	limit_to(plan, device_room(policy, in), Z2_POLICY_DEVICE_FULL);
	if (plan->state != Z2_POLICY_PRESSED)
		return;

	/* What is left of the budget is to last for an hour. */
	plan->bytes = min(plan->bytes, max(SLOWEST, div_u64(left, 3600)));
	if (!is_known(policy))
		limit_to(plan, unknown_bytes(policy, in), Z2_POLICY_NO_STATISTICS);
}

static u32 next_ms(const struct z2_policy *policy, const struct z2_policy_plan *plan)
{
	u32 wait = z2_pace_broken(&policy->pace);

	switch (plan->state) {
	case Z2_POLICY_OFF:
		return wait ? wait * 1000 : Z2_POLICY_NEVER;
	case Z2_POLICY_CALM:
		return Z2_POLICY_NEVER;
	case Z2_POLICY_FULL:
		return rules[plan->state].tick_ms;
	default:
		wait = z2_pace_empty(&policy->pace);
		/* Whatever else holds it back, it takes a survey or some budget to change. */
		if (!plan->bytes && !wait)
			wait = SURVEY_SECONDS;
		return max(rules[plan->state].tick_ms, wait * 1000);
	}
}

/**
 * z2_policy_plan() - decide what is to be done now
 * @policy: the disk, after z2_policy_reads() and, if it was wanted, z2_policy_survey()
 * @in: what there is to decide about
 *
 * Context: any; takes some microseconds.
 * Return: the plan.
 */
struct z2_policy_plan z2_policy_plan(struct z2_policy *policy, const struct z2_policy_in *in)
{
	struct z2_policy_plan plan = { .score = Z2_SCORES };
	enum z2_policy_state before = policy->state;

	z2_wear_refill(&policy->wear, in->boot);
	note_demand(policy, in);
	policy->state = state_of(policy, in);
	plan.state = policy->state;
	z2_pace_judge(&policy->pace, rules[plan.state].target);
	plan.freeable = freeable_bytes(policy, in);

	if (plan.state == Z2_POLICY_OFF) {
		plan.reason = in->off ? Z2_POLICY_NONE : Z2_POLICY_ERRORS;
		plan.fail = true;
	} else if (plan.state != Z2_POLICY_CALM) {
		if (plan.state != before || in->pool - in->pool / 64 > policy->empty_pool)
			z2_pace_retry(&policy->pace);
		plan.bytes = wanted_bytes(policy, in);
		choose(policy, plan.bytes, &plan);
		limit_bytes(policy, in, &plan);
		if (plan.state == Z2_POLICY_FULL)
			plan.fail = !plan.bytes ||
				    (policy->survey_known && !policy->survey_stale &&
				     !z2_score_above(&policy->pool, 0));
		else if (z2_pace_empty(&policy->pace) || plan.score == Z2_SCORES)
			plan.bytes = 0;
		plan.background = plan.state == Z2_POLICY_PRESSED;
		plan.in_flight = z2_pace_window(&policy->pace,
						plan.background ? TRICKLE : in->batch);
	}
	plan.next_ms = next_ms(policy, &plan);
	return plan;
}

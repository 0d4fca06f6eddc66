// SPDX-License-Identifier: GPL-2.0
/* Waking time. */
#include <linux/minmax.h>
#include <linux/string.h>

#include <zram2/clock.h>

/**
 * z2_clock_init() - nobody slept yet
 * @clock: the clock
 */
void z2_clock_init(struct z2_clock *clock)
{
	memset(clock, 0, sizeof(*clock));
}

/* When a sleep began, or the earlier one ended: what comes late may say more. */
static u32 began(const struct z2_clock *clock, unsigned int i)
{
	const struct z2_sleep *sleep = &clock->sleeps[i];
	u32 from = sleep->until - min(sleep->length, sleep->until);

	return i ? max(from, clock->sleeps[i - 1].until) : from;
}

/* The waking time that lies between a sleep and those next to it. */
static u64 apart(const struct z2_clock *clock, unsigned int i)
{
	u32 before = i ? clock->sleeps[i - 1].until : 0;

	return (u64)began(clock, i) - before + began(clock, i + 1) - clock->sleeps[i].until;
}

/*
 * Makes one of a sleep and the next, so that no second of any is ever counted as
 * waking.  Of all it takes those that are closest together for their age: the last
 * ones are told apart best.
 */
static void merge_two(struct z2_clock *clock, u32 now)
{
	struct z2_sleep *sleeps = clock->sleeps;
	unsigned int best = 0, i;

	for (i = 1; i < clock->nr - 1; i++) {
		u64 best_age = now - sleeps[best].until, age = now - sleeps[i].until;

		/* All of these have 32 bits at most. */
		if (apart(clock, i) * best_age < apart(clock, best) * age)
			best = i;
	}
	sleeps[best + 1].length += min(sleeps[best].length,
				       sleeps[best + 1].until - sleeps[best + 1].length);
	memmove(&sleeps[best], &sleeps[best + 1], (clock->nr - best - 1) * sizeof(*sleeps));
	clock->nr--;
}

/**
 * z2_clock_slept() - the machine slept until now
 * @clock: the clock
 * @now: boot time in seconds, which isn't before that of any other call
 * @length: seconds that it slept
 */
void z2_clock_slept(struct z2_clock *clock, u32 now, u32 length)
{
	u32 last = clock->nr ? clock->sleeps[clock->nr - 1].until : 0;

	/* More than there was time for nobody slept. */
	length = min(length, now - min(now, last));
	if (!length)
		return;
	if (clock->nr == Z2_CLOCK_SLEEPS)
		merge_two(clock, now);
	clock->sleeps[clock->nr++] = (struct z2_sleep){ .until = now, .length = length };
}

/**
 * z2_clock_age() - how long ago something was, in waking time
 * @clock: the clock
 * @now: boot time in seconds
 * @then: when it was; 0 seconds ago when that is after @now
 *
 * Return: seconds.
 */
u32 z2_clock_age(const struct z2_clock *clock, u32 now, u32 then)
{
	u32 age = now - min(now, then);
	unsigned int i;

	for (i = clock->nr; i-- > 0 && clock->sleeps[i].until > then; ) {
		u32 until = min(clock->sleeps[i].until, now);
		u32 from = max(began(clock, i), then);

		if (until > from)
			age -= until - from;
	}
	return age;
}

/**
 * z2_clock_cutoff() - what counts as so old
 * @clock: the clock
 * @now: boot time in seconds
 * @age: waking seconds
 *
 * So that a scan has one number to compare access times with.
 *
 * Return: the last boot time that is at least @age ago; 0 when none is, and nothing
 * that was used has that time.
 */
u32 z2_clock_cutoff(const struct z2_clock *clock, u32 now, u32 age)
{
	unsigned int i = clock->nr;
	u32 from = now;

	while (age) {
		u32 awake;

		while (i > 0 && clock->sleeps[i - 1].until > from)
			i--;
		awake = from - (i ? clock->sleeps[i - 1].until : 0);
		if (awake >= age)
			return from - age;
		age -= awake;
		if (!i)
			return 0;
		from = began(clock, --i);
	}
	return from;
}

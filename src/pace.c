// SPDX-License-Identifier: GPL-2.0
/* How a device bears what is done to it. */
#include <linux/limits.h>
#include <linux/math64.h>
#include <linux/minmax.h>

#include <zram2/decay.h>
#include <zram2/pace.h>

#define FRACTION	8	/* bits of an average below the point */
#define LONGEST_US	1000000000u
#define AVERAGED	32	/* after so many, what was before counts for nothing */

/* What a read takes, until one is seen. */
#define FLASH_US	500
#define ROTATING_US	10000

#define STALL_HALF_LIFE	10
#define JUDGE_SECONDS	10
#define TOO_MUCH	50000	/* us a second, whatever the target */
#define RAISE		4	/* to twice the score */

#define FAILURES	3
#define BROKEN_FIRST	60
#define BROKEN_LONGEST	3600
#define MISSES		2
#define EMPTY_FIRST	1
#define EMPTY_LONGEST	64
#define WINDOW_MAX	1024

/**
 * z2_pace_init() - nothing is known yet
 * @pace: the device
 * @rotating: whether it is one of those that seek
 * @now: waking seconds
 */
void z2_pace_init(struct z2_pace *pace, bool rotating, u32 now)
{
	*pace = (struct z2_pace){
		.now = now,
		.judged = now,
		.read = (u64)(rotating ? ROTATING_US : FLASH_US) << FRACTION,
		.window = 1,
	};
}

/* An eighth of each of @nr that took @us together. */
static u64 average(u64 old, u32 nr, u64 us)
{
	s64 each = min_t(u64, div_u64(us, nr), LONGEST_US) << FRACTION;
	s64 value = old;

	for (nr = min_t(u32, nr, AVERAGED); nr > 0; nr--)
		value += (each - value) >> 3;
	return value;
}

static void pause_longer(struct z2_pause *pause, u32 now, u32 first, u32 longest)
{
	pause->length = pause->length ? min(2 * pause->length, longest) : first;
	pause->since = now;
}

static u32 pause_left(const struct z2_pause *pause, u32 now)
{
	u32 over = now - pause->since;

	return over < pause->length ? pause->length - over : 0;
}

static void fold_writes(struct z2_pace *pace, const struct z2_pace_io *io)
{
	if (io->failed >= io->writes) {
		pace->failures += min(io->failed, U32_MAX - pace->failures);
		if (pace->failures < FAILURES)
			return;
		pause_longer(&pace->broken, pace->now, BROKEN_FIRST, BROKEN_LONGEST);
		pace->failures = 0;
		return;
	}

	pace->failures = 0;
	/* It has been well for as long as it was given up on. */
	if (pace->now - pace->broken.since >= 2 * pace->broken.length)
		pace->broken.length = 0;

	pace->write = average(pace->write, io->writes, io->write_us);
	/* The best there was is forgotten in time: it may have been by chance. */
	if (!pace->write_best)
		pace->write_best = pace->write;
	pace->write_best += pace->write_best / 256;
	pace->write_best = min(pace->write_best, pace->write);

	if (pace->write > 4 * pace->write_best)
		pace->window = max_t(u16, pace->window / 2, 1);
	else
		pace->window = min_t(u16, pace->window + 1, WINDOW_MAX);
}

/**
 * z2_pace_fold() - count what was read and written
 * @pace: the device
 * @io: all of it since the last time
 * @now: waking seconds; earlier than the last time is as then
 */
void z2_pace_fold(struct z2_pace *pace, const struct z2_pace_io *io, u32 now)
{
	struct z2_decay decay;
	u32 seconds = now - pace->now;

	if (seconds > U32_MAX / 2)
		seconds = 0;
	pace->now += seconds;

	decay = z2_decay_over(seconds, STALL_HALF_LIFE);
	pace->stall = z2_decay_add(&decay, pace->stall, io->read_us);
	if (io->reads)
		pace->read = average(pace->read, io->reads, io->read_us);
	if (io->writes)
		fold_writes(pace, io);
}

/**
 * z2_pace_judge() - raise the threshold if reads cost too much, or lower it again
 * @pace: the device, after z2_pace_fold()
 * @target: microseconds a second that they may cost
 *
 * Every ten seconds: twice as high where they cost twice the target or more, and a
 * quarter of an octave lower where they cost less than it.
 */
void z2_pace_judge(struct z2_pace *pace, u32 target)
{
	u32 times = (pace->now - pace->judged) / JUDGE_SECONDS;
	u32 stall = z2_pace_stall(pace);

	if (!times)
		return;
	pace->judged += times * JUDGE_SECONDS;
	/* What it was in between nobody knows: all but the last judgement are mild. */
	if (stall > TOO_MUCH || stall / 2 > target) {
		pace->backoff -= min_t(u32, times - 1, pace->backoff);
		pace->backoff = min(pace->backoff + RAISE, Z2_PACE_BACKOFF_MAX);
	} else if (stall <= target) {
		pace->backoff -= min_t(u32, times, pace->backoff);
	}
}

/**
 * z2_pace_lap() - all of the pool was looked at
 * @pace: the device
 * @found: whether there was anything that may leave
 *
 * From the second time on that nothing is found, z2_pace_empty() asks for a pause.
 */
void z2_pace_lap(struct z2_pace *pace, bool found)
{
	if (found)
		z2_pace_retry(pace);
	else if (++pace->misses >= MISSES)
		pause_longer(&pace->empty, pace->now, EMPTY_FIRST, EMPTY_LONGEST);
}

/**
 * z2_pace_retry() - there may be something to find again
 * @pace: the device
 */
void z2_pace_retry(struct z2_pace *pace)
{
	pace->misses = 0;
	pace->empty.length = 0;
}

/**
 * z2_pace_empty() - is it worth looking?
 * @pace: the device
 *
 * Return: seconds until it is; 0 for now.
 */
u32 z2_pace_empty(const struct z2_pace *pace)
{
	return pause_left(&pace->empty, pace->now);
}

/**
 * z2_pace_broken() - is the device given up on?
 * @pace: the device
 *
 * Three failures without a success in between do that for a minute, then for two, and
 * so on up to an hour.
 *
 * Return: seconds until it is tried again; 0 if it is not given up on.
 */
u32 z2_pace_broken(const struct z2_pace *pace)
{
	return pause_left(&pace->broken, pace->now);
}

/**
 * z2_pace_read_us() - what a read takes
 * @pace: the device
 *
 * Return: microseconds, 1 at least.
 */
u32 z2_pace_read_us(const struct z2_pace *pace)
{
	return max_t(u32, pace->read >> FRACTION, 1);
}

/**
 * z2_pace_write_us() - what a write takes
 * @pace: the device
 *
 * Return: microseconds, 0 if there was none.
 */
u32 z2_pace_write_us(const struct z2_pace *pace)
{
	return pace->write >> FRACTION;
}

/**
 * z2_pace_stall() - how much time reads cost
 * @pace: the device
 *
 * Return: microseconds a second; more than a million if several waited at once.
 */
u32 z2_pace_stall(const struct z2_pace *pace)
{
	return z2_decay_rate(pace->stall, STALL_HALF_LIFE, 1);
}

/**
 * z2_pace_window() - how many writes may be in flight
 * @pace: the device
 * @most: what there is room for
 *
 * One more each time, and half as many when they take four times as long as they can.
 *
 * Return: 1 to @most.
 */
unsigned int z2_pace_window(const struct z2_pace *pace, unsigned int most)
{
	return max(min_t(unsigned int, pace->window, most), 1u);
}

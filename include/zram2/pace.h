/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How a device bears what is done to it: how long reads and writes take, how much time
 * reads cost, and from that how much of it there may be, and when not for a while.
 * All times are waking seconds, and may be told in any steps.
 */
#ifndef ZRAM2_PACE_H
#define ZRAM2_PACE_H

#include <linux/types.h>

/* In quarters of an octave, as scores: how far the threshold is raised at most. */
#define Z2_PACE_BACKOFF_MAX	24

/**
 * struct z2_pace_io - what was read and written in some time
 * @reads: finished reads
 * @read_us: microseconds that these took, each from its beginning on
 * @writes: finished writes
 * @write_us: microseconds that these took
 * @failed: how many of the writes failed
 */
struct z2_pace_io {
	u32 reads;
	u64 read_us;
	u32 writes;
	u64 write_us;
	u32 failed;
};

/**
 * struct z2_pause - a time in which nothing is tried
 * @length: seconds of the last one, twice as many each time; 0 for none yet
 * @since: when that began
 */
struct z2_pause {
	u32 length;
	u32 since;
};

/**
 * struct z2_pace - what is known of a device
 * @now: up to when
 * @read: average of a read, in 1/256 us
 * @write: average of a write, in 1/256 us
 * @write_best: what that is when the device is not busy
 * @stall: decayed sum of microseconds that reads took
 * @judged: when the back-off was changed last
 * @backoff: quarters of an octave by which the threshold is raised
 * @window: writes that may be in flight
 * @failures: writes that failed, one after the other
 * @misses: rounds that found nothing, one after the other
 * @broken: pause after writes that fail
 * @empty: pause after rounds that find nothing
 */
struct z2_pace {
	u32 now;
	u64 read;
	u64 write;
	u64 write_best;
	u64 stall;
	u32 judged;
	u8 backoff;
	u16 window;
	u32 failures;
	u32 misses;
	struct z2_pause broken;
	struct z2_pause empty;
};

void z2_pace_init(struct z2_pace *pace, bool rotating, u32 now);
void z2_pace_fold(struct z2_pace *pace, const struct z2_pace_io *io, u32 now);
void z2_pace_judge(struct z2_pace *pace, u32 target);
void z2_pace_lap(struct z2_pace *pace, bool found);
void z2_pace_retry(struct z2_pace *pace);
u32 z2_pace_empty(const struct z2_pace *pace);
u32 z2_pace_broken(const struct z2_pace *pace);
u32 z2_pace_read_us(const struct z2_pace *pace);
u32 z2_pace_write_us(const struct z2_pace *pace);
u32 z2_pace_stall(const struct z2_pace *pace);
unsigned int z2_pace_window(const struct z2_pace *pace, unsigned int most);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Waking time: boot time less what the machine slept.  A page isn't any colder for a
 * night in which nobody could have used it.
 */
#ifndef ZRAM2_CLOCK_H
#define ZRAM2_CLOCK_H

#include <linux/types.h>

#define Z2_CLOCK_SLEEPS	16

/**
 * struct z2_sleep - a time that the machine slept
 * @until: boot time in seconds when it went on
 * @length: seconds
 */
struct z2_sleep {
	u32 until;
	u32 length;
};

/**
 * struct z2_clock - the sleeps, oldest first
 * @sleeps: what is known of them
 * @nr: how many
 *
 * Whoever uses it sees to it that nobody else does at the same time.
 */
struct z2_clock {
	struct z2_sleep sleeps[Z2_CLOCK_SLEEPS];
	unsigned int nr;
};

void z2_clock_init(struct z2_clock *clock);
void z2_clock_slept(struct z2_clock *clock, u32 now, u32 length);
u32 z2_clock_age(const struct z2_clock *clock, u32 now, u32 then);
u32 z2_clock_cutoff(const struct z2_clock *clock, u32 now, u32 age);

#endif

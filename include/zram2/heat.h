/* SPDX-License-Identifier: GPL-2.0 */
/*
 * At which scores pages are read: what would be read from the device, if all pages
 * from a score on were there.
 */
#ifndef ZRAM2_HEAT_H
#define ZRAM2_HEAT_H

#include <linux/types.h>

#include <zram2/score.h>

/**
 * struct z2_heat - reads by the score that the page had
 * @fast: sums that forget within minutes, and so see what begins
 * @slow: sums that forget within hours
 * @reads: how many there ever were; U32_MAX for more
 *
 * Whether a page was in memory or on the device makes no difference to it.
 */
struct z2_heat {
	u64 fast[Z2_SCORES];
	u64 slow[Z2_SCORES];
	u32 reads;
};

void z2_heat_init(struct z2_heat *heat);
void z2_heat_fold(struct z2_heat *heat, const u32 *reads, u32 seconds);
u32 z2_heat_rate(const struct z2_heat *heat, unsigned int score);
unsigned int z2_heat_cut(const struct z2_heat *heat, u32 read_us, u32 target);

#endif

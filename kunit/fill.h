/* SPDX-License-Identifier: GPL-2.0 */
/* Data for tests, made up from a seed.  Builds in user space, too. */
#ifndef ZRAM2_KUNIT_FILL_H
#define ZRAM2_KUNIT_FILL_H

#include <linux/types.h>

/**
 * enum z2t_fill - kinds of data
 * @Z2T_ZERO: zeroes
 * @Z2T_RANDOM: doesn't compress
 * @Z2T_TEXT: words and punctuation
 * @Z2T_POINTERS: addresses that share their upper half, small integers, zeroes
 * @Z2T_FILLS: how many kinds
 */
enum z2t_fill {
	Z2T_ZERO,
	Z2T_RANDOM,
	Z2T_TEXT,
	Z2T_POINTERS,
	Z2T_FILLS
};

u64 z2t_random(u64 *state);
void z2t_fill(void *buf, size_t len, enum z2t_fill fill, u64 seed);
const char *z2t_fill_name(enum z2t_fill fill);

#endif

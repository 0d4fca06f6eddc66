/* SPDX-License-Identifier: GPL-2.0 */
/* Pages such as wklz is made for, and what it makes of them.  Builds in user space, too. */
#ifndef ZRAM2_KUNIT_WKLZ_PAGES_H
#define ZRAM2_KUNIT_WKLZ_PAGES_H

#include <linux/types.h>

/**
 * enum z2t_wklz_kind - kinds of pages
 * @Z2T_WKLZ_ZERO: zeroes
 * @Z2T_WKLZ_LINES: most lines of 64 bytes are zero
 * @Z2T_WKLZ_REGION: pointers into one region, with lengths and flags beside them
 * @Z2T_WKLZ_REGIONS: pointers into many
 * @Z2T_WKLZ_NUMBERS: small integers of all sizes
 * @Z2T_WKLZ_REALS: floating point
 * @Z2T_WKLZ_TEXT: words and punctuation
 * @Z2T_WKLZ_CODE: what looks like instructions
 * @Z2T_WKLZ_RECORDS: the same few structures with a counter in them
 * @Z2T_WKLZ_LONER: all words equal but one
 * @Z2T_WKLZ_HALF: noise, then zeroes
 * @Z2T_WKLZ_MIXED: pieces of all the others
 * @Z2T_WKLZ_RANDOM: doesn't compress
 * @Z2T_WKLZ_KINDS: how many kinds
 */
enum z2t_wklz_kind {
	Z2T_WKLZ_ZERO,
	Z2T_WKLZ_LINES,
	Z2T_WKLZ_REGION,
	Z2T_WKLZ_REGIONS,
	Z2T_WKLZ_NUMBERS,
	Z2T_WKLZ_REALS,
	Z2T_WKLZ_TEXT,
	Z2T_WKLZ_CODE,
	Z2T_WKLZ_RECORDS,
	Z2T_WKLZ_LONER,
	Z2T_WKLZ_HALF,
	Z2T_WKLZ_MIXED,
	Z2T_WKLZ_RANDOM,
	Z2T_WKLZ_KINDS
};

void z2t_wklz_fill(u8 *page, size_t len, enum z2t_wklz_kind kind, u64 seed);
const char *z2t_wklz_name(enum z2t_wklz_kind kind);
size_t z2t_wklz_craft(u8 *unit, u64 seed);
u32 z2t_wklz_sum(u32 sum, const u8 *bytes, size_t len);

#endif

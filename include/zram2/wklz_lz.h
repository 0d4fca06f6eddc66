/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The LZ stage of wklz: an LZ4 block of a page.  Pure; builds in user space.
 */
#ifndef ZRAM2_WKLZ_LZ_H
#define ZRAM2_WKLZ_LZ_H

#include <linux/bits.h>
#include <linux/types.h>

/*
 * 2^12 positions of 16 bits: clearing 8 KiB takes 0.1 us.  Twice as many make
 * a page 0.3 % smaller, and are cleared for longer than that is worth.
 */
#define Z2_WKLZ_LZ_BITS		12
#define Z2_WKLZ_LZ_POSITIONS	BIT(Z2_WKLZ_LZ_BITS)

size_t z2_wklz_lz_pack(u16 *seen, unsigned int step, const u8 *src, size_t n, u8 *dst, size_t max);
int z2_wklz_lz_unpack(const u8 *src, size_t len, u8 *dst, size_t n);

#endif

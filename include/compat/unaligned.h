/* SPDX-License-Identifier: GPL-2.0 */
/* Access to what need not be aligned, forced into wklz_words.c and wklz_lz.c. */
#ifndef Z2_COMPAT_UNALIGNED_H
#define Z2_COMPAT_UNALIGNED_H

/* <asm/unaligned.h> until 6.11, <linux/unaligned.h> from 6.12 on. */
#if __has_include(<linux/unaligned.h>)
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* Access to what need not be aligned, forced into the units of wklz. */
#ifndef Z2_COMPAT_UNALIGNED_H
#define Z2_COMPAT_UNALIGNED_H

/* <linux/unaligned.h>: from 6.12 on; before, each architecture has its own. */
#ifdef Z2_HAVE_UNALIGNED
#include <linux/unaligned.h>
#else
#include <asm/unaligned.h>
#endif

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* LZ4, forced into codec_lz4.c and codec_lz4hc.c. */
#ifndef Z2_COMPAT_LZ4_H
#define Z2_COMPAT_LZ4_H

#include <linux/lz4.h>

/*
 * LZ4_MEM_DECOMPRESS: comes with the library's 1.10, where LZ4_streamDecode_t
 * is an incomplete type.  Until then, the size of that has a name of its own.
 */
#ifndef LZ4_MEM_DECOMPRESS
#ifdef LZ4_STREAMDECODESIZE
#define LZ4_MEM_DECOMPRESS LZ4_STREAMDECODESIZE
#else
#error "LZ4_streamDecode_t: of no known size"
#endif
#endif

#endif

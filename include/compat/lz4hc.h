/* SPDX-License-Identifier: GPL-2.0 */
/* LZ4 HC, forced into codec_lz4hc.c. */
#ifndef Z2_COMPAT_LZ4HC_H
#define Z2_COMPAT_LZ4HC_H

#include <linux/lz4.h>

/*
 * LZ4_resetStreamHC(): declared in every kernel, exported since 6.12.  All
 * that it does which LZ4_loadDictHC() doesn't do anyway is to set the level.
 */
#ifndef Z2_EXPORTS_LZ4_RESET_HC
static inline void z2_compat_reset_hc(LZ4_streamHC_t *stream, int level)
{
	stream->internal_donotuse.base = NULL;
	stream->internal_donotuse.compressionLevel = level;
}

#define LZ4_resetStreamHC z2_compat_reset_hc
#endif

#endif

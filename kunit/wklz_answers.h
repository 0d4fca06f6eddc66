/* SPDX-License-Identifier: GPL-2.0 */
/* wklz without what z2_codec adds, and what it has to write.  Builds in user space, too. */
#ifndef ZRAM2_KUNIT_WKLZ_ANSWERS_H
#define ZRAM2_KUNIT_WKLZ_ANSWERS_H

#include <linux/types.h>

#include <zram2/codec.h>

#define Z2T_WKLZ_LEVELS		3

/**
 * struct z2t_wklz - the algorithm at a level
 * @params: the level
 * @ctx: its memory
 */
struct z2t_wklz {
	struct z2_codec_params params;
	void *ctx;
};

int z2t_wklz_open(struct z2t_wklz *wklz, int level);
void z2t_wklz_close(struct z2t_wklz *wklz);
int z2t_wklz_pack(struct z2t_wklz *wklz, const u8 *page, u8 *dst);
int z2t_wklz_unpack(struct z2t_wklz *wklz, const u8 *src, size_t len, u8 *page);

unsigned int z2t_wklz_answers(u8 *page, u8 *dst, void (*say)(void *arg, const char *line),
			      void *arg);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* Compressing what is stored once more, with a better algorithm. */
#ifndef ZRAM2_RECOMPRESS_H
#define ZRAM2_RECOMPRESS_H

#include <linux/types.h>

struct z2_device;

/**
 * struct z2_recompress_job - what to recompress, and how
 * @what: Z2_SCAN_IDLE, Z2_SCAN_HUGE, both or none
 * @prio: the algorithm, Z2_SECONDARY or above; what was compressed with this
 *	or a higher one stays as it is
 * @threshold: bytes; smaller objects stay as they are, and a new one must be
 *	smaller; 0 for no threshold
 * @max_pages: most pages to try, the largest first
 */
struct z2_recompress_job {
	unsigned int what;
	unsigned int prio;
	unsigned int threshold;
	u64 max_pages;
};

int z2_recompress_run(struct z2_device *dev, const struct z2_recompress_job *job,
		      const char **why);

#endif

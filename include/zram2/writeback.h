/* SPDX-License-Identifier: GPL-2.0 */
/* Writing objects back to the backing device. */
#ifndef ZRAM2_WRITEBACK_H
#define ZRAM2_WRITEBACK_H

#include <linux/types.h>

struct z2_device;
struct z2_hand_lap;
struct z2_segments;

/**
 * struct z2_writeback_job - a range of slots and what to take of it
 * @what: Z2_SCAN_*
 * @first: the first slot
 * @last: the last slot
 */
struct z2_writeback_job {
	unsigned int what;
	unsigned long first;
	unsigned long last;
};

/**
 * struct z2_writeback - a run
 * @segs: its segments
 * @lap: what it takes, if it wasn't begun by hand
 * @dense: compaction has gained nothing
 * @left: some objects were left in memory, since no run of free blocks is long
 *	enough for them
 */
struct z2_writeback {
	struct z2_segments *segs;
	const struct z2_hand_lap *lap;
	bool dense;
	bool left;
};

unsigned int z2_writeback_keep(const struct z2_device *dev);
void z2_writeback_segments(struct z2_segments *segs, struct z2_device *dev, unsigned int batch);

int z2_writeback_slot(struct z2_writeback *run, unsigned long index);
int z2_writeback_end(struct z2_writeback *run);

int z2_writeback_run(struct z2_device *dev, const struct z2_writeback_job *jobs, unsigned int nr,
		     const char **why);

int z2_writeback_sweep(struct z2_segments *segs, unsigned long *next, s64 age, unsigned long most);

#endif

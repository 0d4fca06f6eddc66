/* SPDX-License-Identifier: GPL-2.0 */
/* Writing objects back to the backing device. */
#ifndef ZRAM2_WRITEBACK_H
#define ZRAM2_WRITEBACK_H

struct z2_device;

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

int z2_writeback_run(struct z2_device *dev, const struct z2_writeback_job *jobs, unsigned int nr,
		     const char **why);

#endif

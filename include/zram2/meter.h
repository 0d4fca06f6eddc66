/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the data path tells whoever moves cold pages: at which scores pages are read,
 * and that the pool has grown above a mark.  It counts and compares, and waits for
 * nothing.
 */
#ifndef ZRAM2_METER_H
#define ZRAM2_METER_H

#include <linux/compiler.h>
#include <linux/limits.h>
#include <linux/percpu.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include <zram2/score.h>

/**
 * struct z2_meter_reads - reads of a CPU
 * @of: how many had each score; they wrap round
 */
struct z2_meter_reads {
	u32 of[Z2_SCORES];
};

/**
 * struct z2_meter - what is told
 * @mark: pages of the pool from which on somebody is called; ULONG_MAX: nobody is
 * @reads: by CPU; NULL as long as nobody wants to know
 * @woke: boot time in seconds when the machine slept last
 * @slept: for how long
 * @queue: where whoever is called works, or NULL
 * @work: the work
 * @called: bit 0: it was called, and has not begun yet
 *
 * @mark, @woke and @slept change under the feet of readers, who take them as they are.
 */
struct z2_meter {
	unsigned long mark;
	struct z2_meter_reads __percpu *reads;
	u32 woke;
	u32 slept;
	struct workqueue_struct *queue;
	struct delayed_work *work;
	unsigned long called;
};

void z2_meter_init(struct z2_meter *meter);
int z2_meter_open(struct z2_meter *meter, struct workqueue_struct *queue,
		  struct delayed_work *work);
void z2_meter_close(struct z2_meter *meter);
void z2_meter_slept(struct z2_meter *meter, u32 now, u32 length);
void z2_meter_collect(const struct z2_meter *meter, u32 *seen, u32 *reads);

void z2_meter_call(struct z2_meter *meter);
void z2_meter_begin(struct z2_meter *meter);

/**
 * z2_meter_pool() - the pool takes so much
 * @meter: the meter
 * @pages: it
 *
 * Context: any; for each page that is written.
 */
static inline void z2_meter_pool(struct z2_meter *meter, unsigned long pages)
{
	if (unlikely(pages > READ_ONCE(meter->mark)))
		z2_meter_call(meter);
}

/**
 * z2_meter_read() - a page is read
 * @meter: the meter, with somebody who wants to know
 * @size: bytes that its object takes, wherever it is; 0 for none
 * @used: boot time in seconds when it was used last
 * @now: boot time in seconds
 *
 * Of several sleeps since then the last one counts: to look at all would take longer
 * than to read some pages.
 *
 * Context: any; for each page that is read.
 */
static inline void z2_meter_read(struct z2_meter *meter, u32 size, u32 used, u32 now)
{
	u32 age = now > used ? now - used : 0;

	if (!size)
		return;
	if (used < READ_ONCE(meter->woke))
		age -= min(age, READ_ONCE(meter->slept));
	this_cpu_inc(meter->reads->of[z2_score(age, size)]);
}

#endif

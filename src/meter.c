// SPDX-License-Identifier: GPL-2.0
/* What the data path tells; see the header. */
#include <linux/bitops.h>
#include <linux/cpumask.h>
#include <linux/errno.h>

#include <zram2/meter.h>

/**
 * z2_meter_init() - nobody wants to be told
 * @meter: what to set up
 */
void z2_meter_init(struct z2_meter *meter)
{
	*meter = (struct z2_meter){ .mark = ULONG_MAX };
}

/**
 * z2_meter_open() - tell somebody
 * @meter: the meter, closed; no page is read or written meanwhile
 * @queue: where he works
 * @work: his work, which calls z2_meter_begin() first
 *
 * Context: process, may sleep.
 * Return: 0 or -ENOMEM.
 */
int z2_meter_open(struct z2_meter *meter, struct workqueue_struct *queue,
		  struct delayed_work *work)
{
	meter->reads = alloc_percpu(struct z2_meter_reads);
	if (!meter->reads)
		return -ENOMEM;
	meter->queue = queue;
	meter->work = work;
	return 0;
}

/**
 * z2_meter_close() - tell nobody any more
 * @meter: the meter; no page is read or written meanwhile, and nobody calls
 */
void z2_meter_close(struct z2_meter *meter)
{
	free_percpu(meter->reads);
	z2_meter_init(meter);
}

/**
 * z2_meter_slept() - the machine slept
 * @meter: the meter
 * @now: boot time in seconds
 * @length: seconds that it slept
 *
 * Context: any; one at a time.
 */
void z2_meter_slept(struct z2_meter *meter, u32 now, u32 length)
{
	WRITE_ONCE(meter->slept, length);
	WRITE_ONCE(meter->woke, now);
}

/**
 * z2_meter_collect() - reads since the last time
 * @meter: the meter, open
 * @seen: as of the last time, of each score; updated.  All 0 at first
 * @reads: set to how many came since
 *
 * Context: process; one at a time for each @seen.
 */
void z2_meter_collect(const struct z2_meter *meter, u32 *seen, u32 *reads)
{
	unsigned int i;
	int cpu;

	for (i = 0; i < Z2_SCORES; i++) {
		u32 sum = 0;

		for_each_possible_cpu(cpu)
			sum += READ_ONCE(per_cpu_ptr(meter->reads, cpu)->of[i]);
		reads[i] = sum - seen[i];
		seen[i] = sum;
	}
}

/**
 * z2_meter_call() - something has to be looked at now
 * @meter: the meter; nothing happens while it is closed
 *
 * Context: any, also in reclaim and with locks held.
 */
void z2_meter_call(struct z2_meter *meter)
{
	if (!meter->queue || test_bit(0, &meter->called) || test_and_set_bit(0, &meter->called))
		return;
	mod_delayed_work(meter->queue, meter->work, 0);
}

/**
 * z2_meter_begin() - whoever was called begins
 * @meter: the meter, open
 *
 * What is told from here on calls him again.
 *
 * Context: any.
 */
void z2_meter_begin(struct z2_meter *meter)
{
	clear_bit(0, &meter->called);
	/* Whoever saw the bit still set has told before we look. */
	smp_mb__after_atomic();
}

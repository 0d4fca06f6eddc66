/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A machine whose pages are in RAM, in a compressed pool, or on a device.  What leaves
 * the pool is decided by the module's own sources, or by what others do.
 */
#ifndef SIM_MACHINE_H
#define SIM_MACHINE_H

#include <linux/types.h>

#include <zram2/clock.h>
#include <zram2/policy.h>

#define MIB		((u64)SZ_1M)
#define GIB		((u64)SZ_1G)
#define MINUTES		20000

/**
 * enum way - who decides
 * @AUTO: the module
 * @LOWER: nobody: what doesn't fit into the pool goes to a disk of lower priority, as it is
 * @FIFO: what was stored first leaves when the pool is full
 * @SCRIPT: @LOWER, and each hour what was unused for an hour leaves
 */
enum way { AUTO, LOWER, FIFO, SCRIPT };

struct setup {
	enum way way;
	u32 pages;		/* that programs have */
	u32 ram;		/* pages in RAM at most; 0: as @memory has room */
	u64 memory;		/* bytes for RAM and pool together, with @ram 0 */
	u64 high, limit;	/* of the pool, bytes */
	bool own_limit;
	u64 room;		/* of the device, bytes */
	u32 read_us;
	u32 write_rate;		/* bytes a millisecond */
	bool rotating;
	u64 budget;		/* bytes a day */
};

struct page {
	u32 size, used, slot, stored;
	int prev, next;
	u8 where;
};

/* 512 slots: what the oldest and the largest of them were when the hand was there. */
struct cluster {
	u32 oldest, largest, free;
};

struct machine {
	struct setup is;
	struct z2_policy policy;
	struct z2_policy_plan plan;
	struct z2_clock clock;
	u32 reads[Z2_SCORES];
	struct z2_pace_io io;

	struct page *page;
	int *slot;
	struct cluster *cluster;
	u32 clusters, hand, filling, filled;
	int newest, oldest;
	u32 resident;
	u64 pool, live, parked;
	double demand;
	u32 *queue;		/* of FIFO: pages in the order in which they were stored */
	u32 *queued;
	u64 queue_first, queue_last, queue_mask;
	u32 stores;

	u64 us, next_us;	/* waking time, and when the worker is next */
	u32 slept;
	u64 random;

	/* What came of it. */
	u64 device_reads, evicted, looked, written, ticks, failed, stall_us, longest_us;
	u64 minute_us[MINUTES];
	u32 turns;		/* how often the threshold went up after down, or down after up */
	int direction;
	unsigned int extreme;
};

struct machine *machine_new(const struct setup *setup);
void machine_free(struct machine *m);
void machine_touch(struct machine *m, u32 page);
void machine_run(struct machine *m, u64 us);
void machine_sleep(struct machine *m, u32 seconds);
void machine_stream(struct machine *m, u32 pages);
void machine_drop(struct machine *m, u32 page);
void machine_script(struct machine *m, u32 age);
u32 machine_random(struct machine *m, u32 below);
double machine_chance(struct machine *m);

#endif

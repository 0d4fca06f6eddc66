/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Packing objects into segments, writing them, and installing the locations.
 *
 * A segment is a run of blocks that is written by one bio.  Small objects lie
 * in it back to back; raw pages have segments of their own and begin at a
 * block, so that they can be read straight into the reader's page.
 */
#ifndef ZRAM2_SEGMENT_H
#define ZRAM2_SEGMENT_H

#include <linux/blk_types.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/wait.h>

struct z2_device;
struct z2_object;
struct z2_segment;

/* Raw pages and packed objects. */
#define Z2_SEGMENT_KINDS	2

/**
 * struct z2_segment_fill - how far a segment is filled
 * @len: bytes
 * @nr: objects
 */
struct z2_segment_fill {
	unsigned int len;
	unsigned int nr;
};

/**
 * struct z2_segments - the segments of a run of writeback
 * @dev: the device, with the post-processing lock held
 * @batch: most that are written at once
 * @opf: flags of the writes
 * @keep: free blocks that must stay on the device
 * @gfp: how hard to try for one more
 * @nr: how many exist; the run's own
 * @open: being filled; the run's own
 * @lock: protects what follows
 * @idle: written and done
 * @in_flight: being written
 * @left: objects that have left memory so far
 * @left_bytes: what they took there
 * @err: of the last write that failed
 * @wait: woken when a segment is done
 */
struct z2_segments {
	struct z2_device *dev;
	unsigned int batch;
	blk_opf_t opf;
	unsigned int keep;
	gfp_t gfp;
	unsigned int nr;
	struct z2_segment *open[Z2_SEGMENT_KINDS];

	spinlock_t lock;	/* protects what follows */
	struct list_head idle;
	unsigned int in_flight;
	u64 left;
	u64 left_bytes;
	int err;
	wait_queue_head_t wait;
};

void z2_segments_init(struct z2_segments *segs, struct z2_device *dev, unsigned int batch,
		      unsigned int keep);
void *z2_segments_try_room(struct z2_segments *segs, u32 size);
void *z2_segments_room(struct z2_segments *segs, u32 size, int *err);
int z2_segments_open_longest(struct z2_segments *segs);
bool z2_segments_fill(struct z2_segments *segs, struct z2_segment_fill *fill, u32 size);
void z2_segments_commit(struct z2_segments *segs, unsigned long index,
			const struct z2_object *obj);
void z2_segments_flush(struct z2_segments *segs);
int z2_segments_prepare(struct z2_segments *segs);
int z2_segments_rest(struct z2_segments *segs);
int z2_segments_finish(struct z2_segments *segs);

#endif

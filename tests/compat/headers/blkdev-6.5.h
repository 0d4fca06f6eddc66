/* SPDX-License-Identifier: GPL-2.0 */
#pragma once
#define QUEUE_FLAG_SYNCHRONOUS	11
#include "block.h"

static inline bool bdev_nonrot(struct block_device *bdev)
{
	return !bdev->rotates;
}

#define blk_alloc_disk(node_id)	stub_alloc_disk(NULL, node_id)

struct block_device_operations {
	int (*open)(struct gendisk *disk, blk_mode_t mode);
	void (*release)(struct gendisk *disk);
	void (*swap_slot_free_notify) (struct block_device *, unsigned long);
};

#define STUB_OPEN(ops, bdev)	((ops)->open((bdev)->bd_disk, 0))
#define STUB_RELEASE(ops, disk)	((ops)->release(disk))
#define STUB_NODE

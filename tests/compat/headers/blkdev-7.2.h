/* SPDX-License-Identifier: GPL-2.0 */
#pragma once
#define BLK_FEAT_ROTATIONAL	((__force blk_features_t)(1u << 2))
#define BLK_FEAT_STABLE_WRITES	((__force blk_features_t)(1u << 5))
#define BLK_FEAT_SYNCHRONOUS	((__force blk_features_t)(1u << 6))
#include "block.h"

static inline bool bdev_rot(struct block_device *bdev)
{
	return bdev->rotates;
}

#define blk_alloc_disk(lim, node_id)	stub_alloc_disk(lim, node_id)

struct block_device_operations {
	int (*open)(struct gendisk *disk, blk_mode_t mode);
	void (*release)(struct gendisk *disk);
	void (*swap_slot_free_notify) (struct block_device *, unsigned long);
};

#define STUB_OPEN(ops, bdev)	((ops)->open((bdev)->bd_disk, 0))
#define STUB_RELEASE(ops, disk)	((ops)->release(disk))

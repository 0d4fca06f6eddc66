/* SPDX-License-Identifier: GPL-2.0 */
#pragma once
#include "block.h"

static inline bool bdev_nonrot(struct block_device *bdev)
{
	return !bdev->rotates;
}

#define blk_alloc_disk(node_id)	stub_alloc_disk(NULL, node_id)

struct block_device_operations {
	int (*open) (struct block_device *, fmode_t);
	void (*release) (struct gendisk *, fmode_t);
	int (*rw_page)(struct block_device *, sector_t, struct page *, enum req_op);
	void (*swap_slot_free_notify) (struct block_device *, unsigned long);
};

#define STUB_OPEN(ops, bdev)	((ops)->open(bdev, 0))
#define STUB_RELEASE(ops, disk)	((ops)->release(disk, 0))
#define STUB_NODE
#define STUB_RW_PAGE

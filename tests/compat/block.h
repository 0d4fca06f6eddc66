/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The block layer behind the forms of linux/blkdev.h.  What a form has is what it
 * defined before it included this.
 */
#ifndef STUB_BLOCK_H
#define STUB_BLOCK_H

typedef unsigned int fmode_t;
typedef unsigned int blk_mode_t;
typedef unsigned int blk_features_t;

enum req_op { REQ_OP_READ, REQ_OP_WRITE };

#define op_is_write(op)		((op) == REQ_OP_WRITE)

/**
 * struct page - its state, as mm has left it
 * @huge: a part of a transparent huge page
 * @ended: how often it was told to be done
 */
struct page {
	bool huge;
	int ended;
};

#define PageTransHuge(page)	((page)->huge)

struct queue_limits {
	unsigned int logical_block_size;
	unsigned int physical_block_size;
	unsigned int io_min;
	unsigned int io_opt;
	unsigned int discard_granularity;
	unsigned int max_hw_discard_sectors;
	unsigned int max_write_zeroes_sectors;
#ifdef BLK_FEAT_SYNCHRONOUS
	blk_features_t features;
#endif
};

struct request_queue {
	struct queue_limits limits;
	struct mutex limits_lock;
	unsigned long flags;
};

struct gendisk {
	struct request_queue *queue;
	void *private_data;
};

/* @accounted: I/Os begun and not ended */
struct block_device {
	struct gendisk *bd_disk;
	int accounted;
	bool rotates;
};

static inline struct gendisk *stub_alloc_disk(const struct queue_limits *lim, int node)
{
	struct gendisk *disk = kzalloc(sizeof(*disk), GFP_KERNEL);

	CHECK(node == NUMA_NO_NODE);
	if (!disk)
		return lim ? ERR_PTR(-ENOMEM) : NULL;
	disk->queue = calloc(1, sizeof(*disk->queue));
	if (lim)
		disk->queue->limits = *lim;
	/* What a driver has to clear for itself. */
	disk->queue->flags = lim ? 0 : 1ul << 10;
	return disk;
}

static inline unsigned long bdev_start_io_acct(struct block_device *bdev, unsigned int sectors,
					       enum req_op op, unsigned long start)
{
	CHECK(sectors == PAGE_SIZE >> SECTOR_SHIFT);
	bdev->accounted++;
	return start;
}

static inline void bdev_end_io_acct(struct block_device *bdev, enum req_op op, unsigned long start)
{
	bdev->accounted--;
}

static inline void page_endio(struct page *page, bool is_write, int err)
{
	CHECK(!err);
	page->ended++;
}

static inline void flush_dcache_page(struct page *page)
{
}

#define jiffies		0ul

#ifdef BLK_FEAT_SYNCHRONOUS
static inline struct queue_limits queue_limits_start_update(struct request_queue *queue)
{
	mutex_lock(&queue->limits_lock);
	return queue->limits;
}

static __maybe_unused int stub_commit_err;

static inline int queue_limits_commit_update(struct request_queue *queue,
					     struct queue_limits *lim)
{
	if (!stub_commit_err)
		queue->limits = *lim;
	mutex_unlock(&queue->limits_lock);
	return stub_commit_err;
}

#define STUB_NONROT(queue)	(!((queue)->limits.features & BLK_FEAT_ROTATIONAL))
#define STUB_STABLE(queue)	(!!((queue)->limits.features & BLK_FEAT_STABLE_WRITES))
#define STUB_SYNCHRONOUS(queue)	(!!((queue)->limits.features & BLK_FEAT_SYNCHRONOUS))
#else
#define QUEUE_FLAG_NONROT	6
#define QUEUE_FLAG_ADD_RANDOM	10
#define QUEUE_FLAG_STABLE_WRITES	15

static inline void blk_queue_flag_set(unsigned int flag, struct request_queue *queue)
{
	queue->flags |= 1ul << flag;
}

static inline void blk_queue_flag_clear(unsigned int flag, struct request_queue *queue)
{
	queue->flags &= ~(1ul << flag);
}

#define STUB_QUEUE_SETTER(name, field)						\
	static inline void blk_queue_##name(struct request_queue *queue, unsigned int n) \
	{									\
		queue->limits.field = n;					\
	}

STUB_QUEUE_SETTER(logical_block_size, logical_block_size)
STUB_QUEUE_SETTER(physical_block_size, physical_block_size)
STUB_QUEUE_SETTER(io_min, io_min)
STUB_QUEUE_SETTER(io_opt, io_opt)
STUB_QUEUE_SETTER(max_discard_sectors, max_hw_discard_sectors)
STUB_QUEUE_SETTER(max_write_zeroes_sectors, max_write_zeroes_sectors)

#define STUB_NONROT(queue)	((queue)->flags >> QUEUE_FLAG_NONROT & 1)
#define STUB_STABLE(queue)	((queue)->flags >> QUEUE_FLAG_STABLE_WRITES & 1)
#ifdef QUEUE_FLAG_SYNCHRONOUS
#define STUB_SYNCHRONOUS(queue)	((queue)->flags >> QUEUE_FLAG_SYNCHRONOUS & 1)
#endif
#endif

#endif

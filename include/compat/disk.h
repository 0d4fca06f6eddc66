/* SPDX-License-Identifier: GPL-2.0 */
/* gendisk and block_device_operations, forced into disk.c. */
#ifndef Z2_COMPAT_DISK_H
#define Z2_COMPAT_DISK_H

#include <linux/blkdev.h>
#include <linux/pagemap.h>

/*
 * blk_alloc_disk(): takes the limits since 6.9; features are among them since
 * 6.11, queue flags before.  Swap asks for the synchronous feature since 6.3,
 * and for rw_page before.
 */
struct z2_compat_limits {
	unsigned int block_size;
	unsigned int page_size;
	bool write_zeroes;
	bool synchronous;
};

#ifdef Z2_HAVE_ALLOC_DISK_LIMITS
static inline struct gendisk *z2_compat_alloc_disk(const struct z2_compat_limits *l)
{
	struct queue_limits lim = {
		.logical_block_size = l->block_size,
		.physical_block_size = l->page_size,
		.io_min = l->page_size,
		.io_opt = l->page_size,
		.discard_granularity = l->page_size,
		.max_hw_discard_sectors = UINT_MAX,
		.max_write_zeroes_sectors = l->write_zeroes ? UINT_MAX : 0,
#ifdef Z2_HAVE_FEAT_SYNCHRONOUS
		.features = BLK_FEAT_STABLE_WRITES | (l->synchronous ? BLK_FEAT_SYNCHRONOUS : 0),
#endif
	};
	struct gendisk *disk = blk_alloc_disk(&lim, NUMA_NO_NODE);

#ifndef Z2_HAVE_FEAT_SYNCHRONOUS
	if (IS_ERR(disk))
		return disk;
	blk_queue_flag_set(QUEUE_FLAG_NONROT, disk->queue);
	blk_queue_flag_set(QUEUE_FLAG_STABLE_WRITES, disk->queue);
	if (l->synchronous)
		blk_queue_flag_set(QUEUE_FLAG_SYNCHRONOUS, disk->queue);
#endif
	return disk;
}
#elif defined(Z2_HAVE_ALLOC_DISK_NODE)
static inline struct gendisk *z2_compat_alloc_disk(const struct z2_compat_limits *l)
{
	struct gendisk *disk = blk_alloc_disk(NUMA_NO_NODE);

	if (!disk)
		return ERR_PTR(-ENOMEM);
	blk_queue_logical_block_size(disk->queue, l->block_size);
	blk_queue_physical_block_size(disk->queue, l->page_size);
	blk_queue_io_min(disk->queue, l->page_size);
	blk_queue_io_opt(disk->queue, l->page_size);
	disk->queue->limits.discard_granularity = l->page_size;
	blk_queue_max_discard_sectors(disk->queue, UINT_MAX);
	blk_queue_max_write_zeroes_sectors(disk->queue, l->write_zeroes ? UINT_MAX : 0);
	blk_queue_flag_set(QUEUE_FLAG_NONROT, disk->queue);
	blk_queue_flag_clear(QUEUE_FLAG_ADD_RANDOM, disk->queue);
	blk_queue_flag_set(QUEUE_FLAG_STABLE_WRITES, disk->queue);
#ifdef Z2_HAVE_FLAG_SYNCHRONOUS
	if (l->synchronous)
		blk_queue_flag_set(QUEUE_FLAG_SYNCHRONOUS, disk->queue);
#endif
	return disk;
}
#else
#error "blk_alloc_disk(): takes neither limits nor a node"
#endif

/*
 * The synchronous feature after the fact: among the limits since 6.11, which
 * have an update of their own; a queue flag from 6.3 on; before, the absence of
 * ->rw_page() from the operations says it.
 */
static inline int z2_compat_set_synchronous(struct request_queue *queue, bool synchronous)
{
#if defined(Z2_HAVE_FEAT_SYNCHRONOUS)
	struct queue_limits lim = queue_limits_start_update(queue);

	if (synchronous)
		lim.features |= BLK_FEAT_SYNCHRONOUS;
	else
		lim.features &= ~BLK_FEAT_SYNCHRONOUS;
	return queue_limits_commit_update(queue, &lim);
#elif defined(Z2_HAVE_FLAG_SYNCHRONOUS)
	if (synchronous)
		blk_queue_flag_set(QUEUE_FLAG_SYNCHRONOUS, queue);
	else
		blk_queue_flag_clear(QUEUE_FLAG_SYNCHRONOUS, queue);
	return 0;
#elif defined(Z2_HAVE_RW_PAGE)
	return 0;
#else
#error "->rw_page(): gone, and no QUEUE_FLAG_SYNCHRONOUS or BLK_FEAT_SYNCHRONOUS in its place"
#endif
}

/*
 * ->open() and ->release(): take the disk and no mode since 6.5.
 * Z2_COMPAT_OPEN(open, impl) defines open() in the form that this kernel
 * calls, on top of int impl(struct gendisk *).
 */
#ifdef Z2_HAVE_OPEN_GENDISK
#define Z2_COMPAT_OPEN(name, impl) \
	static int name(struct gendisk *disk, blk_mode_t mode) { return impl(disk); }
#define Z2_COMPAT_RELEASE(name, impl) \
	static void name(struct gendisk *disk) { impl(disk); }
#elif defined(Z2_HAVE_OPEN_BDEV)
#define Z2_COMPAT_OPEN(name, impl) \
	static int name(struct block_device *bdev, fmode_t mode) { return impl(bdev->bd_disk); }
#define Z2_COMPAT_RELEASE(name, impl) \
	static void name(struct gendisk *disk, fmode_t mode) { impl(disk); }
#else
#error "struct block_device_operations: its ->open() takes neither a gendisk nor a block_device"
#endif

/*
 * ->rw_page(): until 6.2, a page is read or written without a bio.  An error
 * sends mm back to a bio, so whatever is unusual gets one.
 * Z2_COMPAT_RW_PAGE(name, impl) defines name() on top of
 * int impl(struct gendisk *, sector_t, struct page *, enum req_op);
 * Z2_COMPAT_RW_PAGE_OP(name) is its line in the operations table.
 */
#ifdef Z2_HAVE_RW_PAGE
#define Z2_COMPAT_RW_PAGE(name, impl)						\
	static int name(struct block_device *bdev, sector_t sector,		\
			struct page *page, enum req_op op)			\
	{									\
		unsigned long start;						\
		int ret;							\
										\
		if (PageTransHuge(page))					\
			return -EOPNOTSUPP;					\
		start = bdev_start_io_acct(bdev, PAGE_SIZE >> SECTOR_SHIFT, op, jiffies); \
		ret = impl(bdev->bd_disk, sector, page, op);			\
		bdev_end_io_acct(bdev, op, start);				\
		if (!ret)							\
			page_endio(page, op_is_write(op), 0);			\
		return ret;							\
	}
#define Z2_COMPAT_RW_PAGE_OP(name) .rw_page = name,
#else
#define Z2_COMPAT_RW_PAGE(name, impl)						\
	static __maybe_unused int name(struct gendisk *disk, sector_t sector,	\
				       struct page *page, enum req_op op)	\
	{									\
		return impl(disk, sector, page, op);				\
	}
#define Z2_COMPAT_RW_PAGE_OP(name)
#endif

#endif

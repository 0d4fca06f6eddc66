// SPDX-License-Identifier: GPL-2.0
/* include/compat/disk.h on each form of the block layer. */

#ifdef STUB_SYNCHRONOUS
#define SYNCHRONOUS(queue)	STUB_SYNCHRONOUS(queue)
#else
/* The operations say it, and the queue nothing. */
#define SYNCHRONOUS(queue)	synchronous
#endif

static void disk_has_limits(bool zeroes, bool synchronous)
{
	const struct z2_compat_limits wanted = { 4096, PAGE_SIZE, zeroes, synchronous };
	struct gendisk *disk = z2_compat_alloc_disk(&wanted);
	struct request_queue *queue;

	CHECK(!IS_ERR(disk));
	queue = disk->queue;
	CHECK(queue->limits.logical_block_size == 4096);
	CHECK(queue->limits.physical_block_size == PAGE_SIZE);
	CHECK(queue->limits.io_min == PAGE_SIZE);
	CHECK(queue->limits.io_opt == PAGE_SIZE);
	CHECK(queue->limits.discard_granularity == PAGE_SIZE);
	CHECK(queue->limits.max_hw_discard_sectors == UINT_MAX);
	CHECK(queue->limits.max_write_zeroes_sectors == (zeroes ? UINT_MAX : 0));
	CHECK(STUB_NONROT(queue) && STUB_STABLE(queue));
	CHECK(!(queue->flags >> 10 & 1));
	CHECK(SYNCHRONOUS(queue) == synchronous);

	synchronous = !synchronous;
	CHECK(!z2_compat_set_synchronous(queue, synchronous));
	CHECK(SYNCHRONOUS(queue) == synchronous);
	synchronous = !synchronous;
	CHECK(!z2_compat_set_synchronous(queue, synchronous));
	CHECK(SYNCHRONOUS(queue) == synchronous);
	CHECK(STUB_NONROT(queue) && STUB_STABLE(queue) && !queue->limits_lock.held);
#ifdef BLK_FEAT_SYNCHRONOUS
	stub_commit_err = -EINVAL;
	CHECK(z2_compat_set_synchronous(queue, !synchronous) == -EINVAL);
	stub_commit_err = 0;
#endif
	free(queue);
	kfree(disk);
}

static void no_memory_for_a_disk(void)
{
	const struct z2_compat_limits wanted = { 4096, PAGE_SIZE, true, true };
	struct gendisk *disk;

	stub_fail_alloc = 0;
	disk = z2_compat_alloc_disk(&wanted);
	stub_fail_alloc = -1;
	CHECK(IS_ERR(disk) && PTR_ERR(disk) == -ENOMEM);
}

static struct gendisk *opened, *released;
static int pages_done, page_err;

static int open_disk(struct gendisk *disk)
{
	opened = disk;
	return -EBUSY;
}

static void release_disk(struct gendisk *disk)
{
	released = disk;
}

static int rw_page(struct gendisk *disk, sector_t sector, struct page *page, enum req_op op)
{
	CHECK(disk->private_data == &pages_done && sector == 8 && op == REQ_OP_WRITE);
	pages_done++;
	return page_err;
}

Z2_COMPAT_OPEN(disk_open, open_disk)
Z2_COMPAT_RELEASE(disk_release, release_disk)
Z2_COMPAT_RW_PAGE(disk_rw_page, rw_page)

static const struct block_device_operations ops = {
	.open = disk_open,
	.release = disk_release,
	Z2_COMPAT_RW_PAGE_OP(disk_rw_page)
};

/* Whoever is refused gets a bio: nothing was done to the page or accounted. */
static void operations_are_called(void)
{
	struct gendisk disk = { .private_data = &pages_done };
	struct block_device bdev = { .bd_disk = &disk };
	struct page page = {};

	CHECK(STUB_OPEN(&ops, &bdev) == -EBUSY && opened == &disk);
	STUB_RELEASE(&ops, &disk);
	CHECK(released == &disk);
#ifdef STUB_RW_PAGE
	CHECK(!ops.rw_page(&bdev, 8, &page, REQ_OP_WRITE));
	CHECK(pages_done == 1 && page.ended == 1 && !bdev.accounted);
	page_err = -EIO;
	CHECK(ops.rw_page(&bdev, 8, &page, REQ_OP_WRITE) == -EIO);
	CHECK(pages_done == 2 && page.ended == 1 && !bdev.accounted);
	page.huge = true;
	CHECK(ops.rw_page(&bdev, 8, &page, REQ_OP_WRITE));
	CHECK(pages_done == 2 && page.ended == 1 && !bdev.accounted);
#else
	CHECK(!disk_rw_page(&disk, 8, &page, REQ_OP_WRITE) && pages_done == 1);
#endif
}

int main(void)
{
	int i;

	for (i = 0; i < 4; i++)
		disk_has_limits(i & 1, i & 2);
	no_memory_for_a_disk();
	operations_are_called();
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0 */
/* Opening a block device by its path, on every kernel that the bench boots. */
#ifndef Z2LOAD_COMPAT_H
#define Z2LOAD_COMPAT_H

#include <linux/blkdev.h>
#include <linux/err.h>
#include <linux/file.h>

struct bench_bdev {
	struct block_device *bdev;
	void *file;
};

#ifdef BLK_OPEN_READ
/* 6.9 and newer: an opened disk is a file. */
static inline int bench_open(const char *path, struct bench_bdev *b)
{
	struct file *file = bdev_file_open_by_path(path, BLK_OPEN_READ | BLK_OPEN_WRITE,
						   NULL, NULL);

	if (IS_ERR(file))
		return PTR_ERR(file);
	b->file = file;
	b->bdev = file_bdev(file);
	return 0;
}

static inline void bench_close(struct bench_bdev *b)
{
	bdev_fput(b->file);
}
#else
/* Up to 6.4. */
static inline int bench_open(const char *path, struct bench_bdev *b)
{
	b->bdev = blkdev_get_by_path(path, FMODE_READ | FMODE_WRITE, NULL);
	return PTR_ERR_OR_ZERO(b->bdev);
}

static inline void bench_close(struct bench_bdev *b)
{
	blkdev_put(b->bdev, FMODE_READ | FMODE_WRITE);
}
#endif

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Opening a block device by its path, on every kernel that the bench boots, and
 * clocks that are good enough for single bios.
 */
#ifndef Z2LOAD_COMPAT_H
#define Z2LOAD_COMPAT_H

#include <linux/blkdev.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/ktime.h>
#include <linux/time64.h>

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

#if defined(CONFIG_UML) && defined(CONFIG_X86_64)
/*
 * User-mode Linux has a clock of 256 ns and counts CPU time in ticks.  The
 * processor's counter is there, and it can ask its host what CPU time the host
 * gave it: that leaves out the time when the host did something else.
 */
static inline u64 bench_ticks(void)
{
	u32 low, high;

	asm volatile("lfence; rdtsc" : "=a"(low), "=d"(high) :: "memory");
	return (u64)high << 32 | low;
}

static inline u64 bench_cputime(void)
{
	struct timespec64 ts = {};
	long ret = 228;	/* clock_gettime() */

	/* 2: all threads of the calling process, one for each CPU here. */
	asm volatile("syscall" : "+a"(ret) : "D"(2), "S"(&ts) : "rcx", "r11", "memory");
	return timespec64_to_ns(&ts);
}
#else
static inline u64 bench_ticks(void)
{
	return ktime_get_ns();
}

/* Unknown: the load's threads are asked for theirs. */
static inline u64 bench_cputime(void)
{
	return 0;
}
#endif

#endif

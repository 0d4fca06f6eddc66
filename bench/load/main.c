// SPDX-License-Identifier: GPL-2.0
/*
 * A load generator in the kernel: threads that submit bios to a disk, so that
 * what is measured is the disk and not system calls.  It opens the disk by its
 * path and knows nothing else of it.
 *
 * The parameters below /sys/module/z2load/parameters say what to do; a write
 * to "run" does it and returns when it is done, a read of "run" then gives one
 * line of comma-separated numbers:
 *
 *   nanoseconds a page, from the start to the end of all threads;
 *   nanoseconds of CPU time a page, of all that ran meanwhile in user-mode
 *   Linux, of the threads elsewhere;
 *   percentiles 50, 99, 99.9 and the maximum of the nanoseconds from
 *   submission to completion of a bio;
 *   bios that failed or (verify) brought other data; bios
 */
#include <linux/bio.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/vmalloc.h>

#include "clock.h"
#include "load.h"
#include "pages.h"

#define MAX_BLOCK	(BIO_MAX_VECS * PAGE_SIZE)

static char dev[64] = "/dev/zram0";
module_param_string(dev, dev, sizeof(dev), 0644);
MODULE_PARM_DESC(dev, "disk to work on; all it holds is lost");
static char op[16] = "read";
module_param_string(op, op, sizeof(op), 0644);
MODULE_PARM_DESC(op, "read, write, randread, randwrite, verify or discard; rand... touch each block once, in a shuffled order");
static unsigned int bs = 4096;
module_param(bs, uint, 0644);
MODULE_PARM_DESC(bs, "bytes a bio, a multiple of the page size");
static unsigned int threads = 1;
module_param(threads, uint, 0644);
MODULE_PARM_DESC(threads, "threads, spread over the CPUs");
static unsigned int depth = 1;
module_param(depth, uint, 0644);
MODULE_PARM_DESC(depth, "bios that a thread has in flight");
static unsigned long pages = 16384;
module_param(pages, ulong, 0644);
MODULE_PARM_DESC(pages, "pages of the disk to work on");
static unsigned int pass;
module_param(pass, uint, 0644);
MODULE_PARM_DESC(pass, "data that is written or expected: another pass, other pages in each place");
static unsigned int seed = 1;
module_param(seed, uint, 0644);
MODULE_PARM_DESC(seed, "of the shuffled order");
static unsigned int pool = 16384;
module_param(pool, uint, 0444);
MODULE_PARM_DESC(pool, "different pages of data to draw from");

static struct page **data;
static char result[160];

struct page *load_data(unsigned int pass_nr, unsigned long index)
{
	return data[bench_mix(index + ((u64)pass_nr << 40)) % pool];
}

static int shuffle(struct load *load)
{
	struct bench_rng rng = { seed };
	unsigned long i;

	load->order = vmalloc(array_size(load->blocks, sizeof(*load->order)));
	if (!load->order)
		return -ENOMEM;
	for (i = 0; i < load->blocks; i++) {
		u32 j = bench_below(&rng, i + 1);

		load->order[i] = load->order[j];
		load->order[j] = i;
	}
	return 0;
}

static int parse(struct load *load)
{
	if (!bs || bs % PAGE_SIZE || bs > MAX_BLOCK || !threads || threads > MAX_THREADS ||
	    !depth || depth > MAX_DEPTH || pages < bs / PAGE_SIZE)
		return -EINVAL;
	load->threads = threads;
	load->depth = depth;
	load->pass = pass;
	load->block_pages = bs / PAGE_SIZE;
	load->blocks = pages / load->block_pages;
	load->verify = sysfs_streq(op, "verify");
	if (sysfs_streq(op, "discard"))
		load->op = REQ_OP_DISCARD;
	else if (sysfs_streq(op, "write") || sysfs_streq(op, "randwrite"))
		load->op = REQ_OP_WRITE;
	else if (load->verify || sysfs_streq(op, "read") || sysfs_streq(op, "randread"))
		load->op = REQ_OP_READ;
	else
		return -EINVAL;
	return strstarts(op, "rand") ? shuffle(load) : 0;
}

/* Writes of parameters are serialized. */
static int set_run(const char *text, const struct kernel_param *kp)
{
	struct load load = {};
	int err = parse(&load);

	if (err)
		return err;
	dev[strcspn(dev, "\n")] = '\0';
	err = bench_open(dev, &load.disk);
	if (err)
		goto free;
	if ((sector_t)pages * (PAGE_SIZE >> SECTOR_SHIFT) > bdev_nr_sectors(load.disk.bdev))
		err = -ENOSPC;
	else
		err = load_run(&load, result, sizeof(result));
	bench_close(&load.disk);
free:
	vfree(load.order);
	return err;
}

static int get_run(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%s\n", result);
}

static const struct kernel_param_ops run_ops = { .set = set_run, .get = get_run };
module_param_cb(run, &run_ops, NULL, 0644);
MODULE_PARM_DESC(run, "write: start; read: what came of it");

static int get_cputime(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%llu\n", bench_cputime());
}

static const struct kernel_param_ops cputime_ops = { .get = get_cputime };
module_param_cb(cputime, &cputime_ops, NULL, 0444);
MODULE_PARM_DESC(cputime, "nanoseconds of CPU time of a user-mode Linux kernel so far; elsewhere 0");

static void free_data(void)
{
	unsigned int i;

	for (i = 0; i < pool && data[i]; i++)
		__free_page(data[i]);
	vfree(data);
}

static int __init z2load_init(void)
{
	unsigned int i;

	BUILD_BUG_ON(PAGE_SIZE != BENCH_PAGE);
	if (!pool)
		return -EINVAL;
	data = vzalloc(array_size(pool, sizeof(*data)));
	if (!data)
		return -ENOMEM;
	for (i = 0; i < pool; i++) {
		data[i] = alloc_page(GFP_KERNEL);
		if (!data[i]) {
			free_data();
			return -ENOMEM;
		}
		bench_page(page_address(data[i]), BENCH_SEED, i);
		cond_resched();
	}
	return 0;
}

static void __exit z2load_exit(void)
{
	free_data();
}

module_init(z2load_init);
module_exit(z2load_exit);
MODULE_DESCRIPTION("load generator for block devices");
MODULE_LICENSE("GPL");

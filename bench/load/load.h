/* SPDX-License-Identifier: GPL-2.0 */
/* One run of the load generator: what is asked for, and what came of it. */
#ifndef Z2LOAD_LOAD_H
#define Z2LOAD_LOAD_H

#include <linux/blk_types.h>
#include <linux/types.h>

#include "compat.h"

#define MAX_THREADS	16
#define MAX_DEPTH	64

/**
 * struct load - a run
 * @disk: what to work on
 * @op: read, write or discard
 * @verify: compare what is read with what a write of @pass wrote
 * @threads: how many
 * @depth: bios that each has in flight
 * @block_pages: pages a bio
 * @blocks: bios in all
 * @order: the block of each bio; NULL for one after the other
 * @pass: which data
 */
struct load {
	struct bench_bdev disk;
	enum req_op op;
	bool verify;
	unsigned int threads;
	unsigned int depth;
	unsigned int block_pages;
	unsigned long blocks;
	u32 *order;
	unsigned int pass;
};

/* The page of data that pass @pass puts into page @index of the disk. */
struct page *load_data(unsigned int pass, unsigned long index);

/* Runs it and describes it in a line of @size bytes at most; 0 or an errno. */
int load_run(const struct load *load, char *line, size_t size);

#endif

// SPDX-License-Identifier: GPL-2.0
/*
 * A round of one codec: each page is compressed into a buffer that is always the
 * same, as a stream's is, and stored as the pool would, at a multiple of 16 bytes;
 * then all are decompressed, in another order, and compared.  The clock runs while
 * some pages are compressed or decompressed, and for nothing else.
 */
#include <linux/align.h>
#include <linux/err.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include <zram2/params.h>

#include "clock.h"
#include "measure.h"

/* Pages for which the clock is looked at once. */
#define BATCH		32U
/* Objects lie in blocks of 2^n pages. */
#define BLOCK_ORDER	6
#define BLOCK_BYTES	(PAGE_SIZE << BLOCK_ORDER)
#define OBJECT_ALIGN	16

/* @data is NULL for a page that is stored as it is. */
struct object {
	const u8 *data;
	u32 len;
};

/**
 * struct bench - what a round works in
 * @corpus: what is compressed
 * @huge_size: as for measure()
 * @ops: the algorithm
 * @ctx: its working memory
 * @dst: Z2_CODEC_DST_MAX bytes, what compression writes
 * @objects: of each page
 * @blocks: the objects' memory; each block begins with a pointer to the next
 * @used: bytes of the first block
 * @out: where pages are decompressed to
 */
struct bench {
	const struct corpus *corpus;
	size_t huge_size;
	const struct z2_codec_ops *ops;
	void *ctx;
	u8 *dst;
	struct object *objects;
	void **blocks;
	size_t used;
	u8 *out[BATCH];
};

/* Nanoseconds of CPU time, or where that is unknown of time. */
static u64 clock_ns(void)
{
	return bench_cputime() ?: ktime_get_ns();
}

static u8 *place(struct bench *b, size_t len)
{
	u8 *at;

	len = ALIGN(len, OBJECT_ALIGN);
	if (!b->blocks || b->used + len > BLOCK_BYTES) {
		void **block = (void **)__get_free_pages(GFP_KERNEL, BLOCK_ORDER);

		if (!block)
			return NULL;
		*block = b->blocks;
		b->blocks = block;
		b->used = OBJECT_ALIGN;
	}
	at = (u8 *)b->blocks + b->used;
	b->used += len;
	return at;
}

static int store(struct bench *b, u32 nr)
{
	struct object *obj = &b->objects[nr];
	int len = b->ops->compress(b->ctx, b->corpus->pages[nr], b->dst);
	u8 *at;

	if (len < 0)
		return len;
	obj->len = PAGE_SIZE;
	if (len >= b->huge_size)
		return 0;
	at = place(b, len);
	if (!at)
		return -ENOMEM;
	obj->data = memcpy(at, b->dst, len);
	obj->len = len;
	return 0;
}

static int compress_all(struct bench *b, struct contestant *c)
{
	const struct corpus *corpus = b->corpus;
	unsigned int from, to, i;
	int err;

	for (from = 0; from < corpus->nr; from = to) {
		u64 start = clock_ns();

		to = min(from + BATCH, corpus->nr);
		for (i = from; i < to; i++)
			b->ops->compress(b->ctx, corpus->pages[corpus->order[i]], b->dst);
		c->compress += clock_ns() - start;
		for (i = from; i < to; i++) {
			err = store(b, corpus->order[i]);
			if (err)
				return err;
			c->stored += b->objects[corpus->order[i]].len;
		}
		cond_resched();
	}
	return 0;
}

static int decompress(struct bench *b, u32 nr, u8 *out)
{
	const struct object *obj = &b->objects[nr];

	if (obj->data)
		return b->ops->decompress(b->ctx, obj->data, obj->len, out);
	memcpy(out, b->corpus->pages[nr], PAGE_SIZE);
	return 0;
}

static int decompress_all(struct bench *b, struct contestant *c)
{
	const struct corpus *corpus = b->corpus;
	const u32 *order = corpus->order;
	unsigned int from, to, i;
	int err = 0;

	for (from = 0; from < corpus->nr; from = to) {
		u64 start = clock_ns();

		to = min(from + BATCH, corpus->nr);
		/* The order of the order: not that in which they were stored. */
		for (i = from; i < to; i++)
			err = decompress(b, order[order[i]], b->out[i - from]) ?: err;
		c->decompress += clock_ns() - start;
		for (i = from; i < to && !err; i++)
			if (memcmp(b->out[i - from], corpus->pages[order[order[i]]], PAGE_SIZE))
				err = -EUCLEAN;
		if (err)
			return err;
		cond_resched();
	}
	return 0;
}

static void free_bench(struct bench *b)
{
	unsigned int i;

	for (i = 0; i < BATCH; i++)
		free_page((unsigned long)b->out[i]);
	while (b->blocks) {
		void **next = *b->blocks;

		free_pages((unsigned long)b->blocks, BLOCK_ORDER);
		b->blocks = next;
	}
	vfree(b->objects);
	vfree(b->dst);
}

static int make_bench(struct bench *b)
{
	unsigned int i;

	b->dst = vmalloc(Z2_CODEC_DST_MAX);
	b->objects = vzalloc(array_size(b->corpus->nr, sizeof(*b->objects)));
	if (!b->dst || !b->objects)
		return -ENOMEM;
	for (i = 0; i < BATCH; i++) {
		b->out[i] = (u8 *)__get_free_page(GFP_KERNEL);
		if (!b->out[i])
			return -ENOMEM;
	}
	return 0;
}

static int round_of(struct bench *b, struct contestant *c,
		    const struct z2_codec_params *params, void *shared)
{
	unsigned int nr = b->corpus->nr;
	int err;

	b->ctx = b->ops->ctx_create(params, shared);
	if (IS_ERR(b->ctx))
		return PTR_ERR(b->ctx);
	/* The first page of a context may allocate, and is nobody's measure. */
	err = b->ops->compress(b->ctx, b->corpus->pages[0], b->dst);
	if (err >= 0)
		err = compress_all(b, c);
	if (!err)
		err = decompress_all(b, c);
	b->ops->ctx_destroy(b->ctx);
	c->compress = div_u64(c->compress, nr);
	c->decompress = div_u64(c->decompress, nr);
	return err;
}

int measure(struct contestant *c, const struct corpus *corpus, size_t huge_size)
{
	struct bench b = { .corpus = corpus, .huge_size = huge_size, .ops = c->ops };
	struct z2_codec_params params = { .level = c->level, .winbits = Z2_PARAM_UNSET };
	void *shared = NULL;
	int err;

	c->compress = 0;
	c->decompress = 0;
	c->stored = 0;
	err = b.ops->setup(&params, &shared);
	if (err)
		return err;
	err = make_bench(&b);
	if (!err)
		err = round_of(&b, c, &params, shared);
	free_bench(&b);
	b.ops->teardown(shared);
	return err;
}

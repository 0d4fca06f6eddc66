/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lazy freeing: what a slot lets go is kept for a while, for the next writer
 * that needs room of that size, and given back to the pool in the background.
 */
#ifndef ZRAM2_GC_H
#define ZRAM2_GC_H

#include <linux/types.h>

struct z2_gc;
struct z2_pool;

/**
 * struct z2_gc_stats - what became of freed objects
 * @pending_bytes: of objects that are kept; the largest of their class each
 * @pending: objects that are kept: @deferred less @recycled and @freed
 * @deferred: were kept
 * @recycled: of those, taken by a writer
 * @freed: of those, given back to the pool, by whomever
 * @sync_limit: freed at once for the limit's sake
 * @sync_full: freed at once because there was no room for one more handle
 * @look: when the worker looks next at what is of use, in jiffies, if it is to run
 */
struct z2_gc_stats {
	u64 pending_bytes;
	u64 pending;
	u64 deferred;
	u64 recycled;
	u64 freed;
	u64 sync_limit;
	u64 sync_full;
	unsigned long look;
};

struct z2_gc *z2_gc_create(struct z2_pool *pool, u64 limit, const char *name);
void z2_gc_destroy(struct z2_gc *gc);

void z2_gc_free(struct z2_gc *gc, unsigned long handle, size_t size);
unsigned long z2_gc_take(struct z2_gc *gc, size_t size);
bool z2_gc_flush(struct z2_gc *gc);
size_t z2_gc_shrink(struct z2_gc *gc, size_t want);

int z2_gc_set_limit(struct z2_gc *gc, u64 limit);
struct z2_gc_stats z2_gc_stats(struct z2_gc *gc);
void z2_gc_cpu_dead(struct z2_gc *gc, unsigned int cpu);

int z2_gc_init(void);
void z2_gc_exit(void);

#endif

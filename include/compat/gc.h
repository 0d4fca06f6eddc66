/* SPDX-License-Identifier: GPL-2.0 */
/* Shrinkers and the worker, forced into gc.c. */
#ifndef Z2_COMPAT_GC_H
#define Z2_COMPAT_GC_H

#include <linux/kthread.h>
#include <linux/shrinker.h>
#include <linux/slab.h>

typedef unsigned long (*z2_compat_shrink_fn)(struct shrinker *shrinker,
					     struct shrink_control *control);

/*
 * A shrinker is allocated with shrinker_alloc() and carries private_data since
 * 6.7; before, its owner embedded it.
 */
#ifdef Z2_HAVE_SHRINKER_ALLOC
static inline struct shrinker *z2_compat_shrinker_add(z2_compat_shrink_fn count,
						      z2_compat_shrink_fn scan, void *data,
						      const char *name)
{
	struct shrinker *shrinker = shrinker_alloc(0, "zram2-gc:%s", name);

	if (!shrinker)
		return NULL;
	shrinker->count_objects = count;
	shrinker->scan_objects = scan;
	shrinker->private_data = data;
	/* What it gives back costs nothing to do without. */
	shrinker->seeks = 0;
	shrinker_register(shrinker);
	return shrinker;
}

static inline void z2_compat_shrinker_remove(struct shrinker *shrinker)
{
	shrinker_free(shrinker);
}

static inline void *z2_compat_shrinker_data(const struct shrinker *shrinker)
{
	return shrinker->private_data;
}
#elif defined(Z2_HAVE_REGISTER_SHRINKER)
struct z2_compat_shrinker {
	struct shrinker shrinker;
	void *data;
};

static inline struct shrinker *z2_compat_shrinker_add(z2_compat_shrink_fn count,
						      z2_compat_shrink_fn scan, void *data,
						      const char *name)
{
	struct z2_compat_shrinker *own = kzalloc_obj(*own);

	if (!own)
		return NULL;
	own->shrinker.count_objects = count;
	own->shrinker.scan_objects = scan;
	own->data = data;
	if (register_shrinker(&own->shrinker, "zram2-gc:%s", name)) {
		kfree(own);
		return NULL;
	}
	return &own->shrinker;
}

static inline void z2_compat_shrinker_remove(struct shrinker *shrinker)
{
	unregister_shrinker(shrinker);
	kfree(container_of(shrinker, struct z2_compat_shrinker, shrinker));
}

static inline void *z2_compat_shrinker_data(const struct shrinker *shrinker)
{
	return container_of(shrinker, struct z2_compat_shrinker, shrinker)->data;
}
#else
#error "shrinker_alloc(): neither that nor register_shrinker() is there"
#endif

/*
 * kthread_run_worker() since 6.14; before, kthread_create_worker() started it
 * as well.
 */
#if !defined(Z2_HAVE_KTHREAD_RUN_WORKER) && !defined(Z2_HAVE_KTHREAD_CREATE_WORKER)
#error "kthread_run_worker(): neither that nor kthread_create_worker() is there"
#elif !defined(Z2_HAVE_KTHREAD_RUN_WORKER)
#define kthread_run_worker(flags, name) kthread_create_worker(flags, name)
#endif

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* Shrinkers, forced into those who have one. */
#ifndef Z2_COMPAT_SHRINKER_H
#define Z2_COMPAT_SHRINKER_H

#include <linux/gfp.h>
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
						      int seeks, const char *what,
						      const char *name)
{
	struct shrinker *shrinker = shrinker_alloc(0, "zram2-%s:%s", what, name);

	if (!shrinker)
		return NULL;
	shrinker->count_objects = count;
	shrinker->scan_objects = scan;
	shrinker->private_data = data;
	shrinker->seeks = seeks;
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
						      int seeks, const char *what,
						      const char *name)
{
	struct z2_compat_shrinker *own = kzalloc_obj(*own);

	if (!own)
		return NULL;
	own->shrinker.count_objects = count;
	own->shrinker.scan_objects = scan;
	own->shrinker.seeks = seeks;
	own->data = data;
	if (register_shrinker(&own->shrinker, "zram2-%s:%s", what, name)) {
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

#endif

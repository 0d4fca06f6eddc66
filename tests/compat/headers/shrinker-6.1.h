/* SPDX-License-Identifier: GPL-2.0 */
#pragma once
struct shrink_control;

struct shrinker {
	unsigned long (*count_objects)(struct shrinker *shrinker, struct shrink_control *sc);
	unsigned long (*scan_objects)(struct shrinker *shrinker, struct shrink_control *sc);
	long batch;
	int seeks;
};

extern int __printf(2, 3) prealloc_shrinker(struct shrinker *shrinker,
					    const char *fmt, ...);
extern void register_shrinker_prepared(struct shrinker *shrinker);
extern int __printf(2, 3) register_shrinker(struct shrinker *shrinker,
					    const char *fmt, ...);
extern void unregister_shrinker(struct shrinker *shrinker);

int register_shrinker(struct shrinker *shrinker, const char *fmt, ...)
{
	void *nr_deferred = kmalloc(8, GFP_KERNEL);

	if (!nr_deferred)
		return -ENOMEM;
	kfree(nr_deferred);
	stub_shrinker_seen(shrinker);
	return 0;
}

void unregister_shrinker(struct shrinker *shrinker)
{
	stub_shrinker_gone(shrinker);
}

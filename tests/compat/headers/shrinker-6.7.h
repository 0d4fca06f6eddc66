/* SPDX-License-Identifier: GPL-2.0 */
#pragma once
struct shrink_control;

struct shrinker {
	unsigned long (*count_objects)(struct shrinker *shrinker, struct shrink_control *sc);
	unsigned long (*scan_objects)(struct shrinker *shrinker, struct shrink_control *sc);
	long batch;
	int seeks;
	void *private_data;
};

__printf(2, 3)
struct shrinker *shrinker_alloc(unsigned int flags, const char *fmt, ...);
void shrinker_register(struct shrinker *shrinker);
void shrinker_free(struct shrinker *shrinker);

struct shrinker *shrinker_alloc(unsigned int flags, const char *fmt, ...)
{
	struct shrinker *shrinker = kzalloc(sizeof(*shrinker), GFP_KERNEL);

	CHECK(!flags);
	if (shrinker)
		shrinker->seeks = 2;
	return shrinker;
}

void shrinker_register(struct shrinker *shrinker)
{
	might_sleep();
	stub_shrinker_seen(shrinker);
}

void shrinker_free(struct shrinker *shrinker)
{
	stub_shrinker_gone(shrinker);
	kfree(shrinker);
}

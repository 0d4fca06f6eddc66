// SPDX-License-Identifier: GPL-2.0
/* include/compat/gc.h, shrinker.h and compat.h on each form of shrinkers, workers and slab. */

static int data, added, counted, seeks;

static unsigned long count(struct shrinker *shrinker, struct shrink_control *control)
{
	CHECK(z2_compat_shrinker_data(shrinker) == &data);
	counted++;
	return 0;
}

static unsigned long scan(struct shrinker *shrinker, struct shrink_control *control)
{
	return ~0ul;
}

/* Memory is out: what was registered is asked at once. */
void stub_shrinker_seen(struct shrinker *shrinker)
{
	CHECK(shrinker->seeks == seeks && shrinker->scan_objects == scan);
	shrinker->count_objects(shrinker, NULL);
	added++;
}

void stub_shrinker_gone(struct shrinker *shrinker)
{
	shrinker->count_objects(shrinker, NULL);
	added--;
}

static void shrinker_comes_and_goes(void)
{
	struct shrinker *shrinker;
	int nth;

	for (nth = 0; ; nth++) {
		stub_fail_alloc = nth;
		shrinker = z2_compat_shrinker_add(count, scan, &data, seeks, "gc", "zramx0");
		stub_fail_alloc = -1;
		if (shrinker)
			break;
		CHECK(!added && !counted);
	}
	CHECK(nth && added == 1 && counted == 1);
	z2_compat_shrinker_remove(shrinker);
	CHECK(!added && counted == 2);
}

static void worker_runs(void)
{
	struct kthread_worker *worker;

	stub_fail_alloc = 0;
	worker = kthread_run_worker(0, "zram2-gc");
	stub_fail_alloc = -1;
	CHECK(IS_ERR(worker));
	worker = kthread_run_worker(0, "zram2-gc");
	CHECK(!IS_ERR(worker) && worker->runs);
	kfree(worker);
}

static void objects_are_zeroed(void)
{
	struct { int n[9]; } *a = kzalloc_obj(*a), *b = kvzalloc_obj(*b);

	CHECK(!a->n[0] && !a->n[8] && !b->n[0] && !b->n[8]);
	kfree(a);
	kvfree(b);
}

int main(void)
{
	shrinker_comes_and_goes();
	seeks = 4;
	counted = 0;
	shrinker_comes_and_goes();
	worker_runs();
	objects_are_zeroed();
	return 0;
}

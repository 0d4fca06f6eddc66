// SPDX-License-Identifier: GPL-2.0
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/irqflags.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/numa.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/smp.h>
#include <linux/spinlock.h>

#include <zram2/gc.h>
#include <zram2/pool.h>

#include "fixture.h"

#define LIMIT	SZ_2M

/**
 * struct gc_test - what the tests share
 * @pool: a pool of their own
 * @classes: of @pool
 * @gc: under test
 */
struct gc_test {
	struct z2_pool *pool;
	const struct z2_pool_classes *classes;
	struct z2_gc *gc;
};

/* The worker isn't to come between: a test may be kept waiting for a CPU for long. */
static bool worker_away;

/* What gc.o calls instead of kthread_queue_delayed_work(), see Kbuild. */
bool z2t_gc_queue_work(struct kthread_worker *worker, struct kthread_delayed_work *work,
		       unsigned long delay)
{
	return !READ_ONCE(worker_away) && kthread_queue_delayed_work(worker, work, delay);
}

static int gc_init(struct kunit *test)
{
	struct gc_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->pool = z2_pool_create("z2kunit");
	KUNIT_ASSERT_FALSE(test, IS_ERR(t->pool));
	t->classes = z2_pool_classes(t->pool);
	test->priv = t;
	t->gc = z2_gc_create(t->pool, LIMIT, "z2kunit");
	KUNIT_ASSERT_FALSE(test, IS_ERR(t->gc));
	return 0;
}

static void gc_exit(struct kunit *test)
{
	struct gc_test *t = test->priv;

	WRITE_ONCE(worker_away, false);
	if (!t)
		return;
	if (!IS_ERR_OR_NULL(t->gc))
		z2_gc_destroy(t->gc);
	z2_pool_destroy(t->pool);
}

/* An object of the pool, not yet freed; 0 if there is no memory. */
static unsigned long make(struct gc_test *t, size_t size)
{
	unsigned long handle;

	if (z2_pool_alloc(t->pool, size, GFP_KERNEL, NUMA_NO_NODE, &handle))
		return 0;
	return handle;
}

static unsigned long make_and_free(struct kunit *test, size_t size)
{
	struct gc_test *t = test->priv;
	unsigned long handle = make(t, size);

	KUNIT_EXPECT_NE(test, handle, 0);
	if (handle)
		z2_gc_free(t->gc, handle, size);
	return handle;
}

/* Flushed: nothing is pending, and all that was deferred is accounted for. */
static void expect_settled(struct kunit *test)
{
	struct gc_test *t = test->priv;
	struct z2_gc_stats stats;

	z2_gc_flush(t->gc);
	stats = z2_gc_stats(t->gc);
	KUNIT_EXPECT_EQ(test, stats.pending, 0);
	KUNIT_EXPECT_EQ(test, stats.pending_bytes, 0);
	KUNIT_EXPECT_EQ(test, stats.deferred, stats.recycled + stats.freed);
	KUNIT_EXPECT_FALSE(test, z2_gc_flush(t->gc));
}

static void expect_nothing_left(struct kunit *test)
{
	struct gc_test *t = test->priv;

	expect_settled(test);
	KUNIT_EXPECT_EQ(test, z2_pool_pages(t->pool), 0);
}

/* What is freed is kept, and comes back to who asks for as much. */
static void gc_recycles(struct kunit *test)
{
	struct gc_test *t = test->priv;
	struct z2_gc_stats stats;
	unsigned long handle;

	WRITE_ONCE(worker_away, true);
	handle = make_and_free(test, 1000);
	stats = z2_gc_stats(t->gc);
	KUNIT_EXPECT_EQ(test, stats.pending, 1);
	KUNIT_EXPECT_EQ(test, stats.pending_bytes,
			t->classes->size[z2_pool_class(t->classes, 1000)]);
	KUNIT_EXPECT_GT(test, z2_pool_pages(t->pool), 0);
	KUNIT_EXPECT_EQ(test, z2_gc_take(t->gc, 3000), 0);
	KUNIT_EXPECT_EQ(test, z2_gc_take(t->gc, 1000), handle);
	KUNIT_EXPECT_EQ(test, z2_gc_take(t->gc, 1000), 0);

	stats = z2_gc_stats(t->gc);
	KUNIT_EXPECT_EQ(test, stats.recycled, 1);
	KUNIT_EXPECT_EQ(test, stats.pending, 0);
	KUNIT_EXPECT_EQ(test, stats.pending_bytes, 0);
	z2_gc_free(t->gc, handle, 1000);
	expect_nothing_left(test);
}

/*
 * Each class, at its edges: the smallest object's room holds the largest, and
 * what lies beside it stays as it is.
 */
static void gc_right_class(struct kunit *test)
{
	struct gc_test *t = test->priv;
	unsigned int class, classes = t->classes->nr, i;
	u8 *ours = kunit_kmalloc(test, PAGE_SIZE, GFP_KERNEL);
	u8 *got = kunit_kmalloc(test, PAGE_SIZE, GFP_KERNEL);
	size_t low = 1;

	KUNIT_ASSERT_NOT_NULL(test, ours);
	KUNIT_ASSERT_NOT_NULL(test, got);
	WRITE_ONCE(worker_away, true);
	KUNIT_EXPECT_EQ(test, t->classes->size[classes - 1], PAGE_SIZE);
	for (class = 0; class < classes; class++) {
		size_t high = t->classes->size[class];
		unsigned long handles[8] = {}, again;

		KUNIT_ASSERT_GE(test, high, low);
		KUNIT_EXPECT_EQ(test, z2_pool_class(t->classes, low), class);
		KUNIT_EXPECT_EQ(test, z2_pool_class(t->classes, high), class);
		for (i = 0; i < ARRAY_SIZE(handles); i++) {
			handles[i] = make(t, low);
			KUNIT_ASSERT_NE(test, handles[i], 0);
		}
		z2_gc_free(t->gc, handles[3], low);
		if (low > 1)
			KUNIT_EXPECT_EQ(test, z2_gc_take(t->gc, low - 1), 0);
		if (high < PAGE_SIZE)
			KUNIT_EXPECT_EQ(test, z2_gc_take(t->gc, high + 1), 0);
		again = z2_gc_take(t->gc, high);
		KUNIT_ASSERT_EQ(test, again, handles[3]);

		/* Written in any order, none of them reaches into another. */
		for (i = 0; i < ARRAY_SIZE(handles); i++) {
			z2t_fill(ours, PAGE_SIZE, Z2T_RANDOM, class * 8 + i);
			z2_pool_store(t->pool, handles[i], ours, high);
		}
		for (i = 0; i < ARRAY_SIZE(handles); i++) {
			z2t_fill(ours, PAGE_SIZE, Z2T_RANDOM, class * 8 + i);
			z2_pool_load(t->pool, handles[i], got, high);
			KUNIT_EXPECT_MEMEQ(test, got, ours, high);
			z2_gc_free(t->gc, handles[i], low);
		}
		expect_settled(test);
		low = high + 1;
	}
	expect_nothing_left(test);
}

/* Nothing is ever kept beyond the limit, whatever the limit. */
static void gc_holds_the_limit(struct kunit *test)
{
	static const u64 limits[] = { LIMIT, SZ_256K, SZ_64K, 5000, 1 };
	struct gc_test *t = test->priv;
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		struct z2_gc_stats before = z2_gc_stats(t->gc), after;

		KUNIT_ASSERT_EQ(test, z2_gc_set_limit(t->gc, limits[i]), 0);
		for (n = 0; n < 2 * limits[i] / 2000 + 10; n++) {
			make_and_free(test, 2000);
			cond_resched();
			KUNIT_ASSERT_LE(test, z2_gc_stats(t->gc).pending_bytes, limits[i]);
		}
		after = z2_gc_stats(t->gc);
		KUNIT_EXPECT_GT(test, after.sync_limit + after.freed,
				before.sync_limit + before.freed);
		/* It isn't wasted either: all but a CPU's chunk can be used. */
		if (limits[i] >= SZ_64K)
			KUNIT_EXPECT_GT(test, after.deferred - before.deferred,
					limits[i] / 2 / 2100);
		expect_nothing_left(test);
	}
}

static void gc_limit_zero(struct kunit *test)
{
	struct gc_test *t = test->priv;
	unsigned int i;

	/* Lowering it gives back what is above it. */
	for (i = 0; i < 100; i++)
		make_and_free(test, 3000);
	KUNIT_ASSERT_EQ(test, z2_gc_set_limit(t->gc, 0), 0);
	KUNIT_EXPECT_EQ(test, z2_gc_stats(t->gc).pending, 0);
	KUNIT_EXPECT_EQ(test, z2_pool_pages(t->pool), 0);

	for (i = 0; i < 100; i++) {
		make_and_free(test, 3000);
		KUNIT_EXPECT_EQ(test, z2_pool_pages(t->pool), 0);
	}
	KUNIT_EXPECT_EQ(test, z2_gc_stats(t->gc).sync_limit, 100);
	KUNIT_EXPECT_EQ(test, z2_gc_take(t->gc, 3000), 0);

	WRITE_ONCE(worker_away, true);
	KUNIT_ASSERT_EQ(test, z2_gc_set_limit(t->gc, LIMIT), 0);
	make_and_free(test, 3000);
	KUNIT_EXPECT_EQ(test, z2_gc_stats(t->gc).pending, 1);
	expect_nothing_left(test);
}

/* More handles than magazines have room for. */
static void gc_out_of_magazines(struct kunit *test)
{
	struct gc_test *t = test->priv;
	/* Smaller than what the number of magazines is meant for. */
	unsigned int nr = 15000, i;
	struct z2_gc_stats stats;
	unsigned long *handles;

	handles = kunit_kcalloc(test, nr, sizeof(*handles), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, handles);
	WRITE_ONCE(worker_away, true);
	for (i = 0; i < nr; i++) {
		handles[i] = make(t, 24);
		KUNIT_ASSERT_NE(test, handles[i], 0);
		cond_resched();
	}
	for (i = 0; i < nr; i++) {
		z2_gc_free(t->gc, handles[i], 24);
		cond_resched();
	}
	stats = z2_gc_stats(t->gc);
	KUNIT_EXPECT_GT(test, stats.sync_full, 0);
	KUNIT_EXPECT_EQ(test, stats.sync_limit, 0);
	KUNIT_EXPECT_EQ(test, stats.deferred + stats.sync_full, nr);
	expect_nothing_left(test);
}

/* The worker: all is free soon after the last free, but not before. */
static void gc_idle(struct kunit *test)
{
	struct gc_test *t = test->priv;
	unsigned int ms;

	make_and_free(test, 500);
	KUNIT_EXPECT_EQ(test, z2_gc_stats(t->gc).pending, 1);
	for (ms = 0; ms < Z2T_PATIENCE_MS && z2_pool_pages(t->pool); ms += 10)
		msleep(20);
	KUNIT_EXPECT_EQ(test, z2_pool_pages(t->pool), 0);
	KUNIT_EXPECT_EQ(test, z2_gc_stats(t->gc).freed, 1);

	/* And again: it is armed each time. */
	make_and_free(test, 500);
	for (ms = 0; ms < Z2T_PATIENCE_MS && z2_pool_pages(t->pool); ms += 10)
		msleep(20);
	expect_nothing_left(test);
}

/* When it looks is known from the first free on, and after each rest. */
static void gc_look_is_set(struct kunit *test)
{
	struct gc_test *t = test->priv;
	unsigned int i, ms;

	for (i = 0; i < 2; i++) {
		unsigned long before = jiffies, look;

		make_and_free(test, 500);
		look = z2_gc_stats(t->gc).look;
		KUNIT_EXPECT_TRUE_MSG(test, time_in_range(look, before, jiffies + HZ),
				      "in %ld jiffies", (long)(look - jiffies));
		for (ms = 0; ms < Z2T_PATIENCE_MS && z2_pool_pages(t->pool); ms += 10)
			msleep(20);
		/* Well past that time. */
		msleep(200);
	}
	expect_nothing_left(test);
}

/**
 * struct contention - the shrinker, while somebody else gives back
 * @gc: the kept objects
 * @flusher: who is to be held, with the lock, until the shrinker has come back;
 *	NULL for nobody
 * @held: it is
 * @returned: the shrinker has come back
 * @waited: it didn't while the lock was held
 * @bytes: what it gave back
 */
static struct contention {
	struct z2_gc *gc;
	struct task_struct *flusher;
	struct completion held;
	struct completion returned;
	bool waited;
	size_t bytes;
} contention;

/* What gc.o calls instead of z2_pool_free(), see Kbuild: from a flush, with the lock. */
void z2t_gc_pool_free(struct z2_pool *pool, unsigned long handle)
{
	unsigned int ms = Z2T_PATIENCE_MS / 2;

	if (unlikely(READ_ONCE(contention.flusher) == current)) {
		WRITE_ONCE(contention.flusher, NULL);
		complete_all(&contention.held);
		while (ms-- && !completion_done(&contention.returned))
			mdelay(1);
		contention.waited = !completion_done(&contention.returned);
	}
	z2_pool_free(pool, handle);
}

static void shrink_meanwhile(void *arg)
{
	wait_for_completion(&contention.held);
	contention.bytes = z2_gc_shrink(contention.gc, SZ_1M);
	complete_all(&contention.returned);
}

/* The shrinker leaves it to others who are at it. */
static void gc_shrinker_does_not_wait(struct kunit *test)
{
	struct gc_test *t = test->priv;
	struct z2t_thread *thread;
	unsigned int i, other;

	if (num_online_cpus() < 2)
		kunit_skip(test, "there is one CPU only");
	WRITE_ONCE(worker_away, true);
	for (i = 0; i < 100; i++)
		make_and_free(test, 1000);
	contention = (struct contention) { .gc = t->gc };
	init_completion(&contention.held);
	init_completion(&contention.returned);
	migrate_disable();
	other = cpumask_any_but(cpu_online_mask, smp_processor_id());
	thread = z2t_spawn_on(test, shrink_meanwhile, NULL, cpumask_of(other));
	WRITE_ONCE(contention.flusher, current);
	z2_gc_flush(t->gc);
	migrate_enable();
	KUNIT_EXPECT_PTR_EQ(test, contention.flusher, NULL);
	KUNIT_EXPECT_TRUE(test, z2t_join(thread));
	KUNIT_EXPECT_FALSE_MSG(test, contention.waited, "it waited for the lock");
	KUNIT_EXPECT_EQ(test, contention.bytes, 0);
	expect_settled(test);

	/* Alone it has all of it, from the stacks as well. */
	for (i = 0; i < 100; i++)
		make_and_free(test, 1000);
	z2_gc_shrink(t->gc, SZ_1M);
	KUNIT_EXPECT_EQ(test, z2_gc_stats(t->gc).pending, 0);
	expect_nothing_left(test);
}

/*
 * The worker: a few frees now and then are no reason to keep all that was freed
 * before.
 */
static void gc_trickle(struct kunit *test)
{
	struct gc_test *t = test->priv;
	unsigned int i, ms;
	u64 pending = 0;

	for (i = 0; i < 1000; i++) {
		make_and_free(test, 1000);
		cond_resched();
	}
	KUNIT_EXPECT_GT(test, z2_gc_stats(t->gc).pending, 0);
	for (ms = 0; ms < Z2T_PATIENCE_MS; ms += 40) {
		make_and_free(test, 2000);
		msleep(40);
		pending = z2_gc_stats(t->gc).pending;
		/* None: this thread had no CPU for so long. */
		if (ms > 500 && pending && pending < 200)
			break;
	}
	/* Some are kept: those that come show that there is use for some. */
	KUNIT_EXPECT_LT(test, pending, 200);
	KUNIT_EXPECT_GT(test, pending, 0);
	expect_nothing_left(test);
}

/*
 * The worker: near the limit it doesn't wait for idleness, and leaves much, as
 * long as it is of use.
 */
static void gc_threshold(struct kunit *test)
{
	struct gc_test *t = test->priv;
	unsigned long deadline = jiffies + msecs_to_jiffies(Z2T_PATIENCE_MS);
	struct z2_gc_stats stats;

	do {
		make_and_free(test, 3000);
		stats = z2_gc_stats(t->gc);
	} while (!stats.sync_limit && !stats.freed && time_before(jiffies, deadline));
	/* What is taken and freed shows that it is of use. */
	while (!stats.freed && time_before(jiffies, deadline)) {
		unsigned long handle = z2_gc_take(t->gc, 3000);

		KUNIT_ASSERT_NE(test, handle, 0);
		z2_gc_free(t->gc, handle, 3000);
		cond_resched();
		stats = z2_gc_stats(t->gc);
	}
	KUNIT_EXPECT_GT(test, stats.freed, 0);
	KUNIT_EXPECT_GT(test, stats.pending_bytes, LIMIT / 2);
	expect_nothing_left(test);
}

/* What a CPU that is gone kept can be had by others. */
static void gc_cpu_goes(struct kunit *test)
{
	struct gc_test *t = test->priv;
	unsigned int i;
	int cpu;

	WRITE_ONCE(worker_away, true);
	for (i = 0; i < 20; i++)
		make_and_free(test, 700);
	for_each_possible_cpu(cpu)
		z2_gc_cpu_dead(t->gc, cpu);
	KUNIT_EXPECT_EQ(test, z2_gc_stats(t->gc).pending, 20);
	for (i = 0; i < 20; i++) {
		unsigned long handle = z2_gc_take(t->gc, 700);

		KUNIT_EXPECT_NE(test, handle, 0);
		if (handle)
			z2_pool_free(t->pool, handle);
	}
	KUNIT_EXPECT_EQ(test, z2_gc_take(t->gc, 700), 0);
	expect_nothing_left(test);
}

/* As swap does it; DEBUG_ATOMIC_SLEEP watches. */
static void gc_atomic(struct kunit *test)
{
	struct gc_test *t = test->priv;
	unsigned long handles[100], flags;
	static DEFINE_SPINLOCK(lock);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(handles); i++) {
		handles[i] = make(t, 100 + i * 30);
		KUNIT_ASSERT_NE(test, handles[i], 0);
	}
	WRITE_ONCE(worker_away, true);
	spin_lock_irqsave(&lock, flags);
	for (i = 0; i < ARRAY_SIZE(handles); i++)
		z2_gc_free(t->gc, handles[i], 100 + i * 30);
	handles[0] = z2_gc_take(t->gc, 100);
	spin_unlock_irqrestore(&lock, flags);
	KUNIT_EXPECT_NE(test, handles[0], 0);

	spin_lock(&lock);
	z2_gc_free(t->gc, handles[0], 100);
	spin_unlock(&lock);
	z2_gc_flush(t->gc);
	expect_nothing_left(test);
}

/* Allocations that fail: at creation, and when the limit is raised. */
static void gc_without_memory(struct kunit *test)
{
	struct gc_test *t = test->priv;
	unsigned int nth, errors = 0, spared = 0;

	z2t_assert_faults(test);
	/*
	 * Each alone, then all from it on: magazines can be had in two ways.  Memory
	 * of CPUs takes allocations only now and then: nth may be too high once.
	 */
	for (nth = 2; spared < 8; nth++) {
		struct z2_gc *gc;

		z2t_fault_arm(nth / 2, nth % 2);
		gc = z2_gc_create(t->pool, SZ_64K, "z2kunit");
		spared += !z2t_fault_disarm();
		if (IS_ERR(gc)) {
			KUNIT_EXPECT_EQ(test, PTR_ERR(gc), -ENOMEM);
			errors++;
		} else {
			z2_gc_destroy(gc);
		}
	}
	/*
	 * The queue itself and the shrinker either way, the depot and the magazines
	 * in one.
	 */
	KUNIT_EXPECT_GE(test, errors, 6);

	z2t_fault_arm(1, true);
	KUNIT_EXPECT_EQ(test, z2_gc_set_limit(t->gc, 8 * LIMIT), -ENOMEM);
	KUNIT_EXPECT_TRUE(test, z2t_fault_disarm());
	WRITE_ONCE(worker_away, true);
	make_and_free(test, 64);
	KUNIT_EXPECT_EQ(test, z2_gc_stats(t->gc).pending, 1);
	expect_nothing_left(test);
}

/*
 * Threads that free, write and flush at random.  Each object says whose it is:
 * a handle that is handed out twice, or that is freed and handed out, is found
 * by its owner.
 */
#define THREADS		4
#define OPERATIONS	250000
#define OBJECTS		256

struct owner {
	struct gc_test *t;
	unsigned int id;
	u64 rng;
	atomic_t *wrong;
	atomic_t *running;
	unsigned long handles[OBJECTS];
	u32 sizes[OBJECTS];
};

static u64 name_of(const struct owner *owner, unsigned int i)
{
	return (u64)owner->id << 32 | i;
}

static void let_go(struct owner *owner, unsigned int i)
{
	u64 name;

	z2_pool_load(owner->t->pool, owner->handles[i], &name, sizeof(name));
	if (name != name_of(owner, i))
		atomic_inc(owner->wrong);
	z2_gc_free(owner->t->gc, owner->handles[i], owner->sizes[i]);
	owner->handles[i] = 0;
}

static void get(struct owner *owner, unsigned int i, u64 r)
{
	/* Few sizes, so that there is something to recycle. */
	size_t size = 100 + (r >> 40) % 12 * 300;
	u64 name = name_of(owner, i);
	unsigned long handle = z2_gc_take(owner->t->gc, size) ?: make(owner->t, size);

	if (!handle)
		return;
	owner->handles[i] = handle;
	owner->sizes[i] = size;
	z2_pool_store(owner->t->pool, handle, &name, sizeof(name));
}

static void run_owner(void *arg)
{
	struct owner *owner = arg;
	unsigned int n, i;

	for (n = 0; n < OPERATIONS; n++) {
		u64 r = z2t_random(&owner->rng);

		i = r % OBJECTS;
		if (owner->handles[i])
			let_go(owner, i);
		else
			get(owner, i, r);
		if (r >> 50 == 0) {
			z2_gc_flush(owner->t->gc);
		} else if (r >> 50 == 1) {
			/* Bursts, so that the limit is reached as well. */
			for (i = 0; i < OBJECTS; i++)
				if (owner->handles[i])
					let_go(owner, i);
		} else if (r >> 50 == 2) {
			z2_gc_cpu_dead(owner->t->gc, raw_smp_processor_id());
		}
		cond_resched();
	}
	for (i = 0; i < OBJECTS; i++)
		if (owner->handles[i])
			let_go(owner, i);
	atomic_dec(owner->running);
}

static void gc_million(struct kunit *test)
{
	struct gc_test *t = test->priv;
	struct z2t_thread *threads[THREADS];
	atomic_t *shared = kunit_kcalloc(test, 2, sizeof(*shared), GFP_KERNEL);
	/* Less than the threads hold, so that it counts. */
	u64 limit = SZ_256K, most = 0;
	struct z2_gc_stats stats;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, shared);
	KUNIT_ASSERT_EQ(test, z2_gc_set_limit(t->gc, limit), 0);
	atomic_set(&shared[1], THREADS);
	for (i = 0; i < THREADS; i++) {
		struct owner *owner = kunit_kzalloc(test, sizeof(*owner), GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, owner);
		owner->t = t;
		owner->id = i + 1;
		owner->rng = i + 1;
		owner->wrong = &shared[0];
		owner->running = &shared[1];
		threads[i] = z2t_spawn(test, run_owner, owner);
	}
	while (atomic_read(&shared[1])) {
		most = max(most, z2_gc_stats(t->gc).pending_bytes);
		usleep_range(500, 1000);
	}
	for (i = 0; i < THREADS; i++)
		KUNIT_ASSERT_TRUE(test, z2t_join(threads[i]));

	stats = z2_gc_stats(t->gc);
	kunit_info(test, "deferred %llu, recycled %llu, freed %llu, at once %llu and %llu, most %llu",
		   stats.deferred, stats.recycled, stats.freed, stats.sync_limit,
		   stats.sync_full, most);
	KUNIT_EXPECT_EQ(test, atomic_read(&shared[0]), 0);
	KUNIT_EXPECT_LE(test, most, limit);
	KUNIT_EXPECT_GT(test, stats.recycled, THREADS * OPERATIONS / 20);
	KUNIT_EXPECT_GT(test, stats.freed, 0);
	KUNIT_EXPECT_GT(test, stats.sync_limit, 0);
	expect_nothing_left(test);
}

static struct kunit_case gc_cases[] = {
	KUNIT_CASE(gc_recycles),
	KUNIT_CASE(gc_right_class),
	KUNIT_CASE_SLOW(gc_holds_the_limit),
	KUNIT_CASE(gc_limit_zero),
	KUNIT_CASE_SLOW(gc_out_of_magazines),
	KUNIT_CASE(gc_idle),
	KUNIT_CASE(gc_look_is_set),
	KUNIT_CASE(gc_shrinker_does_not_wait),
	KUNIT_CASE(gc_trickle),
	KUNIT_CASE(gc_threshold),
	KUNIT_CASE(gc_cpu_goes),
	KUNIT_CASE(gc_atomic),
	KUNIT_CASE(gc_without_memory),
	KUNIT_CASE_SLOW(gc_million),
	{}
};

static struct kunit_suite gc_suite = {
	.name = "zram2_gc",
	.init = gc_init,
	.exit = gc_exit,
	.test_cases = gc_cases,
};

kunit_test_suite(gc_suite);

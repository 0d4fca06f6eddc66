// SPDX-License-Identifier: GPL-2.0
/*
 * Lazy freeing.
 *
 * A freed object's handle goes on a stack of the CPU, one stack a size class.
 * A full stack is moved to the device's depot.  A writer takes a handle of the
 * class it needs from there, the other way round, and only then asks the pool:
 * freeing and allocating anew are both saved.
 *
 * What nobody takes is given back to the pool, some of a class at a time, so
 * that the pool's lock of a class stays in the cache: by the worker once it is
 * of little use or too much, by the shrinker when memory is short, and by
 * whoever needs it now (z2_gc_flush()).
 *
 * The limit holds at all times: a CPU reserves bytes of it in chunks, before
 * it keeps anything.
 *
 * Locks, outermost first: emptying > CPU > depot; the pool's own last.
 */
#include <linux/atomic.h>
#include <linux/cache.h>
#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kthread.h>
#include <linux/list.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/percpu.h>
#include <linux/sched.h>
#include <linux/shrinker.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include <zram2/depot.h>
#include <zram2/gc.h>
#include <zram2/pool.h>
#include <zram2/trace.h>

/* A cache line of handles: one trip to the depot in eight. */
#define STACK_HANDLES	8

/*
 * Handles that there is room for: one for so many bytes of the limit.  Objects
 * are 1 to 2 KiB on average with the usual algorithms and data, and what
 * doesn't fit is freed at once.
 */
#define BYTES_PER_HANDLE	1024

/* Reserved at a time: an atomic operation on a shared line in some 30 frees. */
#define CHUNK_BYTES	SZ_64K

/* Freed with preemption off: about 10 us. */
#define BATCH_HANDLES	32

/*
 * How often the worker looks, and how many times as much may be kept as was freed
 * and taken since the last time: what isn't of use within two seconds at that pace
 * isn't worth its memory.  When nothing was, all of it goes, which is 100 to 200 ms
 * after the last free.
 */
#define LOOK_DELAY	msecs_to_jiffies(100)
#define USEFUL_LOOKS	16

/*
 * Near the limit the worker makes room, but not while it would compete with the
 * burst that filled it: a large program's exit takes some milliseconds.  It
 * leaves much, which the next writers need: swapping in frees what swapping out
 * allocates.
 */
#define PRESS_EIGHTHS	7
#define RELAX_EIGHTHS	6
#define PRESS_DELAY	msecs_to_jiffies(20)

/* What it gives back costs nothing to do without. */
#define NO_SEEKS	0

/*
 * Below what works for users, above what would never run on a busy machine:
 * a tenth of a CPU against a task of nice 0.
 */
#define WORKER_NICE	10

/**
 * struct gc_cpu - what a CPU keeps
 * @lock: protects the rest, and is taken by this CPU but for flushes
 * @credit: bytes reserved but not in use
 * @deferred: see struct z2_gc_stats; so are the following
 * @recycled: likewise
 * @sync_limit: likewise
 * @sync_full: likewise
 * @nr: handles on the stack of each class
 * @stacks: by class; a cache line each
 */
struct gc_cpu {
	spinlock_t lock;	/* protects what follows */
	size_t credit;
	u64 deferred;
	u64 recycled;
	u64 sync_limit;
	u64 sync_full;
	u8 nr[Z2_POOL_CLASSES_MAX];
	unsigned long stacks[][STACK_HANDLES] ____cacheline_aligned_in_smp;
};

/**
 * struct z2_gc - the freed objects of a device
 * @pool: where they are from
 * @classes: of @pool; fixed
 * @name: of the device; fixed
 * @cpus: what each CPU keeps
 * @depot: what is too much for their stacks
 * @limit: bytes that may be kept; changed with READ_ONCE() readers about
 * @chunk: bytes that a CPU reserves at a time, of @limit; likewise
 * @armed: the worker will run; set by whoever keeps something, cleared by the
 *	worker before it flushes
 * @pressed: the worker was asked to make room
 * @work: of the worker
 * @look: when the worker looks next at what is of use, in jiffies; set by whoever
 *	arms it, then by the worker
 * @seen: handles freed and taken until it looked last; the worker's
 * @flushing: those in z2_gc_flush(): stacks don't get more than is needed then
 * @shrinker: gives memory back when it is short
 * @node: on the list of the hotplug state
 * @reserved: bytes kept, and credits of the CPUs; never above the limit
 * @emptying: held from taking handles away, to free them, until they are free,
 *	so that its holder knows that none is in between
 * @freed: see struct z2_gc_stats; under @emptying
 */
struct z2_gc {
	struct z2_pool *pool;
	const struct z2_pool_classes *classes;
	const char *name;
	struct gc_cpu __percpu *cpus;
	struct z2_depot *depot;
	unsigned long limit;
	size_t chunk;
	bool armed;
	bool pressed;
	struct kthread_delayed_work work;
	unsigned long look;
	u64 seen;
	atomic_t flushing;
	struct shrinker *shrinker;
	struct hlist_node node;

	atomic_long_t reserved ____cacheline_aligned_in_smp;

	/* Serialises those who empty the depot, and protects @freed. */
	spinlock_t emptying ____cacheline_aligned_in_smp;
	u64 freed;
};

/* One for all devices: two would only fight for the same memory bus. */
static struct kthread_worker *worker;
static int hotplug_state;

/* With the CPU's lock: may so many bytes more be kept? */
static bool reserve(struct z2_gc *gc, struct gc_cpu *cpu, size_t bytes)
{
	unsigned long limit, reserved, want;

	if (likely(cpu->credit >= bytes)) {
		cpu->credit -= bytes;
		return true;
	}

	limit = READ_ONCE(gc->limit);
	want = max(READ_ONCE(gc->chunk), bytes);
	reserved = atomic_long_read(&gc->reserved);
	do {
		if (reserved >= limit)
			return false;
		if (limit - reserved < want)
			want = bytes - cpu->credit;
		if (limit - reserved < want)
			return false;
	} while (!atomic_long_try_cmpxchg(&gc->reserved, (long *)&reserved, reserved + want));
	cpu->credit += want - bytes;
	return true;
}

static void unreserve(struct z2_gc *gc, struct gc_cpu *cpu, size_t bytes)
{
	size_t keep = READ_ONCE(gc->chunk);

	cpu->credit += bytes;
	if (cpu->credit <= 2 * keep)
		return;
	atomic_long_sub(cpu->credit - keep, &gc->reserved);
	cpu->credit = keep;
}

/* With the CPU's lock: from its stack to the depot, as much as there is room. */
static void stack_to_depot(struct z2_gc *gc, struct gc_cpu *cpu, unsigned int class)
{
	WRITE_ONCE(cpu->nr[class],
		   z2_depot_put(gc->depot, class, cpu->stacks[class], cpu->nr[class]));
}

/* With @emptying: objects of a class go back to the pool.  Returns their bytes. */
static size_t free_some(struct z2_gc *gc, unsigned int class, const unsigned long *handles,
			unsigned int n)
{
	size_t bytes = n * gc->classes->size[class];
	unsigned int i;

	for (i = 0; i < n; i++)
		z2_pool_prefetch(handles[i]);
	for (i = 0; i < n; i++)
		z2_pool_free(gc->pool, handles[i]);
	if (n)
		atomic_long_sub(bytes, &gc->reserved);
	return bytes;
}

/*
 * Give some objects of the depot back to the pool.  Returns their bytes.  Without
 * @wait none while somebody else is at it.
 */
static size_t empty_some(struct z2_gc *gc, bool wait)
{
	unsigned long handles[BATCH_HANDLES];
	unsigned int class, n;
	size_t bytes;

	if (wait)
		spin_lock(&gc->emptying);
	else if (!spin_trylock(&gc->emptying))
		return 0;
	n = z2_depot_take_next(gc->depot, &class, handles, BATCH_HANDLES);
	bytes = free_some(gc, class, handles, n);
	gc->freed += n;
	spin_unlock(&gc->emptying);
	return bytes;
}

/* Empty the depot until so many bytes are free.  Returns how many. */
static size_t empty_depot(struct z2_gc *gc, size_t want, bool wait, const char *by)
{
	size_t done = 0, bytes;

	while (done < want && (bytes = empty_some(gc, wait)))
		done += bytes;
	if (done)
		trace_zram2_gc(gc->name, by, done);
	return done;
}

/* With the CPU's lock: from its stack, to free those without a magazine. */
static unsigned int take_off_stack(struct gc_cpu *cpu, unsigned int class,
				   unsigned long *handles)
{
	unsigned int n = cpu->nr[class];

	memcpy(handles, cpu->stacks[class], n * sizeof(*handles));
	WRITE_ONCE(cpu->nr[class], 0);
	/* No longer deferred: they were counted for nothing. */
	cpu->deferred -= n;
	cpu->sync_full += n;
	return n;
}

/* A CPU's stack of a class goes to the depot, or back if that is full. */
static void empty_stack(struct z2_gc *gc, struct gc_cpu *cpu, unsigned int class, bool wait)
{
	unsigned long handles[STACK_HANDLES];
	unsigned int n = 0;

	if (wait)
		spin_lock(&gc->emptying);
	else if (!spin_trylock(&gc->emptying))
		return;
	spin_lock(&cpu->lock);
	if (cpu->nr[class]) {
		stack_to_depot(gc, cpu, class);
		n = take_off_stack(cpu, class, handles);
	}
	spin_unlock(&cpu->lock);
	free_some(gc, class, handles, n);
	spin_unlock(&gc->emptying);
}

static void empty_cpu(struct z2_gc *gc, struct gc_cpu *cpu, bool wait)
{
	unsigned int class;

	/* Who had the lock before us has left what we see now. */
	spin_lock(&cpu->lock);
	atomic_long_sub(cpu->credit, &gc->reserved);
	cpu->credit = 0;
	spin_unlock(&cpu->lock);
	for (class = 0; class < gc->classes->nr; class++)
		if (READ_ONCE(cpu->nr[class]))
			empty_stack(gc, cpu, class, wait);
}

static void empty_cpus(struct z2_gc *gc, bool wait)
{
	int cpu;

	/* CPUs that are gone as well, for their locks cost nothing. */
	for_each_possible_cpu(cpu)
		empty_cpu(gc, per_cpu_ptr(gc->cpus, cpu), wait);
}

/* Give so many bytes back, which can be very much, or all that is in the depot. */
static void give_back(struct z2_gc *gc, u64 bytes, const char *by)
{
	size_t done;

	while (bytes && (done = empty_depot(gc, min_t(u64, bytes, CHUNK_BYTES), true, by))) {
		bytes -= min_t(u64, bytes, done);
		cond_resched();
	}
}

/* All that is kept: other CPUs may free faster than this one, and no more is asked. */
static void drain(struct z2_gc *gc, const char *by)
{
	empty_cpus(gc, true);
	give_back(gc, atomic_long_read(&gc->reserved), by);
}

/**
 * z2_gc_flush() - give all kept objects back to the pool, now
 * @gc: the kept objects
 *
 * When it returns, as much as was kept when it was called is free, or in the
 * hands of a writer; it waits for no work, but for a batch that another CPU is
 * just freeing.
 *
 * Context: process, may sleep; fit for reclaim.
 * Return: whether there may have been anything.
 */
bool z2_gc_flush(struct z2_gc *gc)
{
	if (!atomic_long_read(&gc->reserved))
		return false;
	/* Seen by who takes a CPU's lock after us: nothing goes back to its stacks. */
	atomic_inc(&gc->flushing);
	drain(gc, "flush");
	atomic_dec(&gc->flushing);
	/* Others may have taken the last of them. */
	spin_lock(&gc->emptying);
	spin_unlock(&gc->emptying);
	return true;
}

static void arm(struct z2_gc *gc)
{
	if (likely(READ_ONCE(gc->armed)))
		return;
	WRITE_ONCE(gc->look, jiffies + LOOK_DELAY);
	WRITE_ONCE(gc->armed, true);
	kthread_queue_delayed_work(worker, &gc->work, LOOK_DELAY);
}

/* Is more than so many eighths of the limit in use? */
static bool over(struct z2_gc *gc, unsigned int eighths)
{
	return atomic_long_read(&gc->reserved) > READ_ONCE(gc->limit) / 8 * eighths;
}

static void press(struct z2_gc *gc)
{
	if (READ_ONCE(gc->pressed) || !over(gc, PRESS_EIGHTHS))
		return;
	WRITE_ONCE(gc->pressed, true);
	kthread_mod_delayed_work(worker, &gc->work, PRESS_DELAY);
}

/* With the CPU's lock. */
static bool keep(struct z2_gc *gc, struct gc_cpu *cpu, unsigned long handle, size_t size)
{
	unsigned int class = z2_pool_class(gc->classes, size);

	if (cpu->nr[class] == STACK_HANDLES) {
		stack_to_depot(gc, cpu, class);
		press(gc);
		if (cpu->nr[class] == STACK_HANDLES) {
			cpu->sync_full++;
			return false;
		}
	}
	if (!gc->classes->nr ||
	    !reserve(gc, cpu, gc->classes->size[class])) {
		cpu->sync_limit++;
		return false;
	}
	cpu->stacks[class][cpu->nr[class]] = handle;
	WRITE_ONCE(cpu->nr[class], cpu->nr[class] + 1);
	cpu->deferred++;
	/* Under the lock, which a flush takes after it has disarmed. */
	arm(gc);
	return true;
}

/**
 * z2_gc_free() - an object of the pool is no longer needed
 * @gc: where to keep it
 * @handle: the object
 * @size: its bytes, as it was stored
 *
 * Context: process, interrupts on or off; never sleeps, never allocates.
 */
void z2_gc_free(struct z2_gc *gc, unsigned long handle, size_t size)
{
	struct gc_cpu *cpu = raw_cpu_ptr(gc->cpus);
	bool kept;

	/* Should we be moved to another CPU now, the lock is as good there. */
	spin_lock(&cpu->lock);
	kept = keep(gc, cpu, handle, size);
	spin_unlock(&cpu->lock);
	if (!kept)
		z2_pool_free(gc->pool, handle);
}

/**
 * z2_gc_take() - room for an object, of what was freed
 * @gc: the kept objects
 * @size: bytes of the new object
 *
 * Context: process, interrupts on or off; never sleeps.
 * Return: a handle that has room for @size bytes, 0 if there is none.
 */
unsigned long z2_gc_take(struct z2_gc *gc, size_t size)
{
	struct gc_cpu *cpu = raw_cpu_ptr(gc->cpus);
	unsigned int class = z2_pool_class(gc->classes, size);
	unsigned long handle = 0;
	unsigned int nr;

	if (!READ_ONCE(cpu->nr[class]) && !z2_depot_has(gc->depot, class))
		return 0;

	spin_lock(&cpu->lock);
	nr = cpu->nr[class];
	/* Half a stack, so that a free that comes next has room. */
	if (!nr) {
		nr = z2_depot_take(gc->depot, class, cpu->stacks[class],
				   atomic_read(&gc->flushing) ? 1 : STACK_HANDLES / 2);
		/* The worker may have been here already. */
		if (nr > 1)
			arm(gc);
	}
	if (nr) {
		handle = cpu->stacks[class][--nr];
		WRITE_ONCE(cpu->nr[class], nr);
		/* The next one of this class, by the time that it is wanted. */
		if (nr)
			z2_pool_prefetch(cpu->stacks[class][nr - 1]);
		cpu->recycled++;
		unreserve(gc, cpu, gc->classes->size[class]);
	}
	spin_unlock(&cpu->lock);
	return handle;
}

/**
 * z2_gc_stats() - what became of freed objects
 * @gc: the kept objects
 *
 * Context: process, interrupts on or off.
 * Return: numbers that fit together when nothing is freed meanwhile.
 */
struct z2_gc_stats z2_gc_stats(struct z2_gc *gc)
{
	struct z2_gc_stats stats = {};
	u64 credit = 0, reserved, gone;
	int i;

	for_each_possible_cpu(i) {
		struct gc_cpu *cpu = per_cpu_ptr(gc->cpus, i);

		spin_lock(&cpu->lock);
		stats.deferred += cpu->deferred;
		stats.recycled += cpu->recycled;
		stats.sync_limit += cpu->sync_limit;
		stats.sync_full += cpu->sync_full;
		credit += cpu->credit;
		spin_unlock(&cpu->lock);
	}
	spin_lock(&gc->emptying);
	stats.freed = gc->freed;
	reserved = atomic_long_read(&gc->reserved);
	spin_unlock(&gc->emptying);
	stats.look = READ_ONCE(gc->look);

	gone = stats.recycled + stats.freed;
	stats.pending = stats.deferred > gone ? stats.deferred - gone : 0;
	stats.pending_bytes = reserved > credit ? reserved - credit : 0;
	return stats;
}

/* Give back what is more than so many handles. */
static void keep_only(struct z2_gc *gc, const struct z2_gc_stats *stats, u64 handles)
{
	if (stats->pending > handles)
		give_back(gc, mul_u64_u64_div_u64(stats->pending_bytes,
						  stats->pending - handles, stats->pending),
			  "worker");
}

/* Near the limit: as far below it as it pays off for writers, and no further. */
static void make_room(struct z2_gc *gc)
{
	u64 most = READ_ONCE(gc->limit) / 8 * (8 - RELAX_EIGHTHS), done = 0;
	size_t bytes;

	while (over(gc, RELAX_EIGHTHS) && done < most &&
	       (bytes = empty_depot(gc, CHUNK_BYTES, true, "worker"))) {
		done += bytes;
		cond_resched();
	}
	WRITE_ONCE(gc->pressed, false);
}

static void gc_work(struct kthread_work *work)
{
	struct z2_gc *gc = container_of(work, struct z2_gc, work.work);
	struct z2_gc_stats stats;
	s64 moved, left;

	if (READ_ONCE(gc->pressed)) {
		make_room(gc);
		/* What moved in a part of the time says nothing yet. */
		left = (long)(READ_ONCE(gc->look) - jiffies);
		if (left > 0) {
			kthread_queue_delayed_work(worker, &gc->work, left);
			return;
		}
	}

	stats = z2_gc_stats(gc);
	/* What was freed at once after all is no longer counted as deferred. */
	moved = stats.deferred + stats.recycled - gc->seen;
	gc->seen += moved;
	if (moved > 0) {
		keep_only(gc, &stats, moved * USEFUL_LOOKS);
		WRITE_ONCE(gc->look, jiffies + LOOK_DELAY);
		kthread_queue_delayed_work(worker, &gc->work, LOOK_DELAY);
		return;
	}
	/* Who keeps something after we had its CPU's lock arms us again. */
	WRITE_ONCE(gc->armed, false);
	drain(gc, "worker");
}

/**
 * z2_gc_shrink() - give some of what is kept back, for memory is short
 * @gc: the kept objects
 * @want: bytes
 *
 * Many tasks that look for memory come at once.  While one of them, or anybody
 * else, is giving back, the others don't wait for its lock: what it frees is
 * what they are after.
 *
 * Context: process, reclaim.
 * Return: bytes given back by this call.
 */
size_t z2_gc_shrink(struct z2_gc *gc, size_t want)
{
	size_t done = empty_depot(gc, want, false, "shrinker");

	if (done < want) {
		empty_cpus(gc, false);
		done += empty_depot(gc, want - done, false, "shrinker");
	}
	return done;
}

static unsigned long shrink_count(struct shrinker *shrinker, struct shrink_control *control)
{
	struct z2_gc *gc = z2_compat_shrinker_data(shrinker);

	return (unsigned long)atomic_long_read(&gc->reserved) >> PAGE_SHIFT ?: SHRINK_EMPTY;
}

static unsigned long shrink_scan(struct shrinker *shrinker, struct shrink_control *control)
{
	struct z2_gc *gc = z2_compat_shrinker_data(shrinker);
	size_t done = z2_gc_shrink(gc, control->nr_to_scan << PAGE_SHIFT);

	return done >> PAGE_SHIFT ?: SHRINK_STOP;
}

/**
 * z2_gc_set_limit() - change how much may be kept
 * @gc: the kept objects
 * @limit: bytes; 0 frees at once; all memory is as good as more
 *
 * The caller sees to it that nobody else does the same.
 *
 * Context: process, may sleep.
 * Return: 0, or -ENOMEM and the limit is as before.
 */
int z2_gc_set_limit(struct z2_gc *gc, u64 limit)
{
	unsigned long bytes = min_t(u64, limit, min_t(u64, LONG_MAX,
						      (u64)totalram_pages() << PAGE_SHIFT));
	bool less = bytes < gc->limit;
	int err = bytes ? z2_depot_supply(gc->depot, bytes / BYTES_PER_HANDLE) : 0;

	if (err)
		return err;
	WRITE_ONCE(gc->limit, bytes);
	/* Near the limit no CPU may sit on much. */
	WRITE_ONCE(gc->chunk, min_t(size_t, bytes / (8 * num_possible_cpus()), CHUNK_BYTES));
	if (less)
		z2_gc_flush(gc);
	return 0;
}

/**
 * z2_gc_cpu_dead() - a CPU is gone: others may have what it kept
 * @gc: the kept objects
 * @cpu: which
 *
 * Context: process; called by CPU hotplug.
 */
void z2_gc_cpu_dead(struct z2_gc *gc, unsigned int cpu)
{
	empty_cpu(gc, per_cpu_ptr(gc->cpus, cpu), true);
}

static int cpu_dead(unsigned int cpu, struct hlist_node *node)
{
	z2_gc_cpu_dead(hlist_entry(node, struct z2_gc, node), cpu);
	return 0;
}

/**
 * z2_gc_create() - start keeping freed objects
 * @pool: where they are from
 * @limit: bytes that may be kept
 * @name: of the device; kept
 *
 * Context: process, may sleep; takes the CPU hotplug lock.
 * Return: the place for them, or ERR_PTR(-ENOMEM).
 */
struct z2_gc *z2_gc_create(struct z2_pool *pool, u64 limit, const char *name)
{
	struct z2_gc *gc = kvzalloc_obj(*gc);
	size_t size = struct_size((struct gc_cpu *)NULL, stacks, z2_pool_classes(pool)->nr);
	int cpu, err = -ENOMEM;

	if (!gc)
		return ERR_PTR(-ENOMEM);
	gc->pool = pool;
	gc->classes = z2_pool_classes(pool);
	gc->name = name;
	spin_lock_init(&gc->emptying);
	kthread_init_delayed_work(&gc->work, gc_work);
	/* Where classes can't be made out, nothing is ever kept. */
	gc->depot = z2_depot_create(max(gc->classes->nr, 1U));
	if (!gc->depot)
		goto free_gc;
	gc->cpus = __alloc_percpu(size, SMP_CACHE_BYTES);
	if (!gc->cpus)
		goto free_depot;
	for_each_possible_cpu(cpu)
		spin_lock_init(&per_cpu_ptr(gc->cpus, cpu)->lock);

	err = z2_gc_set_limit(gc, limit);
	if (err)
		goto free_cpus;
	err = cpuhp_state_add_instance_nocalls(hotplug_state, &gc->node);
	if (err)
		goto free_cpus;
	gc->shrinker = z2_compat_shrinker_add(shrink_count, shrink_scan, gc, NO_SEEKS, "gc", name);
	if (gc->shrinker)
		return gc;

	err = -ENOMEM;
	cpuhp_state_remove_instance_nocalls(hotplug_state, &gc->node);
free_cpus:
	free_percpu(gc->cpus);
free_depot:
	z2_depot_destroy(gc->depot);
free_gc:
	kvfree(gc);
	return ERR_PTR(err);
}

/**
 * z2_gc_destroy() - free all that is kept and stop keeping
 * @gc: the kept objects; nobody frees any more; NULL is fine
 *
 * Context: process, may sleep; takes the CPU hotplug lock.
 */
void z2_gc_destroy(struct z2_gc *gc)
{
	if (!gc)
		return;
	z2_compat_shrinker_remove(gc->shrinker);
	cpuhp_state_remove_instance_nocalls(hotplug_state, &gc->node);
	kthread_cancel_delayed_work_sync(&gc->work);
	drain(gc, "flush");
	free_percpu(gc->cpus);
	z2_depot_destroy(gc->depot);
	kvfree(gc);
}

/**
 * z2_gc_init() - start the worker and hook into CPU hotplug
 *
 * Context: process, at module init.
 * Return: 0 or an errno.
 */
int z2_gc_init(void)
{
	int state;

	worker = kthread_run_worker(0, "zram2-gc");
	if (IS_ERR(worker))
		return PTR_ERR(worker);
	set_user_nice(worker->task, WORKER_NICE);

	state = cpuhp_setup_state_multi(CPUHP_BP_PREPARE_DYN, "block/zram2-gc:dead", NULL,
					cpu_dead);
	if (state < 0) {
		kthread_destroy_worker(worker);
		return state;
	}
	hotplug_state = state;
	return 0;
}

/**
 * z2_gc_exit() - undo z2_gc_init(), when nothing is kept any more
 */
void z2_gc_exit(void)
{
	cpuhp_remove_multi_state(hotplug_state);
	kthread_destroy_worker(worker);
}

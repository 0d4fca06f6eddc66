// SPDX-License-Identifier: GPL-2.0
#include <kunit/resource.h>
#include <linux/blkdev.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/device.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/vmalloc.h>

#include <zram2/codec.h>
#include <zram2/device.h>
#include <zram2/gc.h>
#include <zram2/lifecycle.h>
#include <zram2/params.h>
#include <zram2/pool.h>
#include <zram2/slot.h>
#include <zram2/stats.h>

#include "fixture.h"

#define GUARD_BYTE	0xa5

unsigned int z2t_slow = 1;

const struct z2_codec_params z2t_codec_defaults = {
	.level = Z2_PARAM_UNSET,
	.winbits = Z2_PARAM_UNSET,
};

const void *z2t_codec_gen_params(struct kunit *test, const void *prev, char *desc)
{
	const struct z2_codec_ops *ops;
	unsigned int n = 0;

	while (prev && z2_codec_nth(n++) != prev)
		;
	ops = z2_codec_nth(n);
	if (ops)
		strscpy(desc, ops->name, KUNIT_PARAM_DESC_SIZE);
	return ops;
}

KUNIT_DEFINE_ACTION_WRAPPER(vfree_action, vfree, const void *);

/**
 * z2t_guarded_alloc() - memory that notices writes beside it
 * @test: whose end frees it
 * @len: bytes
 *
 * KASAN sees only what was compiled with it; an inline assembly's write past
 * the end shows in the guards.
 */
void *z2t_guarded_alloc(struct kunit *test, size_t len)
{
	u8 *mem = vmalloc(len + 2 * PAGE_SIZE);

	KUNIT_ASSERT_NOT_NULL(test, mem);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, vfree_action, mem), 0);
	memset(mem, GUARD_BYTE, len + 2 * PAGE_SIZE);
	return mem + PAGE_SIZE;
}

/**
 * z2t_guards_intact() - has nobody written beside it?
 * @buf: from z2t_guarded_alloc()
 * @len: as it was told
 */
bool z2t_guards_intact(const void *buf, size_t len)
{
	return !memchr_inv(buf - PAGE_SIZE, GUARD_BYTE, PAGE_SIZE) &&
	       !memchr_inv(buf + len, GUARD_BYTE, PAGE_SIZE);
}

static void free_pages_action(void *page)
{
	__free_pages(page, compound_order(page));
}

/**
 * z2t_page_alloc() - 1 << @order pages in one piece
 * @test: whose end frees them
 * @order: how many
 */
struct page *z2t_page_alloc(struct kunit *test, unsigned int order)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP | __GFP_ZERO, order);

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, free_pages_action, page), 0);
	return page;
}

/**
 * struct z2t_thread - a thread of a test
 * @task: it; we hold a reference
 * @done: @fn has returned
 * @fn: what it does; uses expectations only, an assertion can't end it
 * @arg: its argument
 */
struct z2t_thread {
	struct task_struct *task;
	struct completion done;
	void (*fn)(void *arg);
	void *arg;
};

static int run_thread(void *arg)
{
	struct z2t_thread *thread = arg;

	thread->fn(thread->arg);
	complete_all(&thread->done);
	return 0;
}

static void reap_thread(void *arg)
{
	struct z2t_thread *thread = arg;

	wait_for_completion(&thread->done);
	/* It has nothing left to do but to exit. */
	kthread_stop(thread->task);
	put_task_struct(thread->task);
}

/**
 * z2t_spawn_on() - run something at the same time, on certain CPUs
 * @test: whose end waits for it
 * @fn: what
 * @arg: its argument; must last until the test's end
 * @cpus: where
 */
struct z2t_thread *z2t_spawn_on(struct kunit *test, void (*fn)(void *arg), void *arg,
				const struct cpumask *cpus)
{
	struct z2t_thread *thread = kunit_kzalloc(test, sizeof(*thread), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, thread);
	init_completion(&thread->done);
	thread->fn = fn;
	thread->arg = arg;
	thread->task = kthread_create(run_thread, thread, "z2test");
	KUNIT_ASSERT_FALSE(test, IS_ERR(thread->task));
	get_task_struct(thread->task);
	set_cpus_allowed_ptr(thread->task, cpus);
	wake_up_process(thread->task);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, reap_thread, thread), 0);
	return thread;
}

/**
 * z2t_now() - z2_slot_now(), but never 0, which in a slot means never
 */
u32 z2t_now(void)
{
	while (!z2_slot_now())
		msleep(100);
	return z2_slot_now();
}

/**
 * z2t_spawn() - run something at the same time
 * @test: whose end waits for it
 * @fn: what
 * @arg: its argument; must last until the test's end
 */
struct z2t_thread *z2t_spawn(struct kunit *test, void (*fn)(void *arg), void *arg)
{
	return z2t_spawn_on(test, fn, arg, cpu_possible_mask);
}

/**
 * z2t_blocked() - wait until a thread sleeps and see that it stays asleep
 * @thread: the thread
 *
 * Return: false if it ends or doesn't go to sleep.
 */
bool z2t_blocked(struct z2t_thread *thread)
{
	unsigned int asleep = 0, ms;

	for (ms = 0; ms < Z2T_PATIENCE_MS && asleep < 5; ms += 2) {
		if (completion_done(&thread->done))
			return false;
		/* Killable or not. */
		if (READ_ONCE(thread->task->__state) & TASK_UNINTERRUPTIBLE)
			asleep++;
		else
			asleep = 0;
		usleep_range(2000, 3000);
	}
	return asleep == 5;
}

/**
 * z2t_done() - has a thread done what it was to do?
 * @thread: the thread
 */
bool z2t_done(struct z2t_thread *thread)
{
	return completion_done(&thread->done);
}

/**
 * z2t_join() - wait until a thread is done
 * @thread: the thread
 *
 * Return: false if it isn't after a long time.
 */
bool z2t_join(struct z2t_thread *thread)
{
	return wait_for_completion_timeout(&thread->done, msecs_to_jiffies(Z2T_PATIENCE_MS));
}

/**
 * z2t_assert_faults() - is fault injection set up?
 * @test: ended if not
 *
 * By default the kernel spares allocations that may sleep, so that a test of
 * failing ones would test nothing.  See tests/vm/kunit.sh for what it takes.
 */
void z2t_assert_faults(struct kunit *test)
{
	struct page *page;
	void *mem;

	z2t_fault_arm(1, false);
	mem = kmalloc(64, GFP_KERNEL);
	z2t_fault_disarm();
	kfree(mem);
	KUNIT_ASSERT_NULL_MSG(test, mem, "failslab isn't set up");

	z2t_fault_arm(1, false);
	page = alloc_page(GFP_NOIO | __GFP_HIGHMEM);
	z2t_fault_disarm();
	if (page)
		__free_page(page);
	KUNIT_ASSERT_NULL_MSG(test, page, "fail_page_alloc isn't set up");

	z2t_fault_arm(1, true);
	kfree(kmalloc(64, GFP_KERNEL));
	mem = kmalloc(64, GFP_KERNEL);
	z2t_fault_disarm();
	kfree(mem);
	KUNIT_ASSERT_NULL_MSG(test, mem, "failslab has no task filter");
}

/* The device whose attributes are being made; under the registry's lock. */
static struct z2_device *newest;

static umode_t note_device(struct kobject *kobj, struct attribute *attr, int n)
{
	newest = dev_to_disk(kobj_to_dev(kobj))->private_data;
	return 0;
}

static struct device_attribute unseen = __ATTR(unseen, 0, NULL, NULL);

static struct attribute *unseen_attrs[] = { &unseen.attr, NULL };

static const struct attribute_group unseen_group = {
	.attrs = unseen_attrs,
	.is_visible = note_device,
};

static const struct attribute_group *unseen_groups[] = { &unseen_group, NULL };

static void remove_device(void *id)
{
	/* -ENODEV: the test removed it. */
	int err = z2_lifecycle_remove((long)id);

	WARN_ON(err && err != -ENODEV);
}

/**
 * z2t_device_add() - a device that isn't live, for a suite
 *
 * Return: the device, which z2_lifecycle_remove() removes, or ERR_PTR().
 */
struct z2_device *z2t_device_add(void)
{
	int id;

	newest = NULL;
	id = z2_lifecycle_add(unseen_groups);
	if (id < 0)
		return ERR_PTR(id);
	return newest ?: ERR_PTR(-ENXIO);
}

/**
 * z2t_device_create() - a device that isn't live, for a test
 * @test: whose end removes it
 */
struct z2_device *z2t_device_create(struct kunit *test)
{
	struct z2_device *dev = z2t_device_add();

	KUNIT_ASSERT_FALSE(test, IS_ERR(dev));
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, remove_device,
							(void *)(long)dev->id), 0);
	return dev;
}

static int start(struct z2_device *dev, const struct z2_codec_ops *ops, unsigned long pages)
{
	const char *why;

	down_write(&dev->config_lock);
	z2_device_set_algo(dev, Z2_PRIMARY, ops);
	up_write(&dev->config_lock);
	return z2_lifecycle_start(dev, (u64)pages << PAGE_SHIFT, &why);
}

/**
 * z2t_device_start() - a live device, for a test
 * @test: whose end removes it
 * @ops: its algorithm
 * @pages: its size
 */
struct z2_device *z2t_device_start(struct kunit *test, const struct z2_codec_ops *ops,
				   unsigned long pages)
{
	struct z2_device *dev = z2t_device_create(test);

	KUNIT_ASSERT_EQ(test, start(dev, ops, pages), 0);
	return dev;
}

/**
 * z2t_device_start_shared() - a live device, for all tests of a suite
 * @ops: its algorithm
 * @pages: its size
 *
 * To make one takes a second where all detectors are on.
 *
 * Return: the device, which z2_lifecycle_remove() removes, or ERR_PTR().
 */
struct z2_device *z2t_device_start_shared(const struct z2_codec_ops *ops, unsigned long pages)
{
	struct z2_device *dev = z2t_device_add();
	int err;

	if (IS_ERR(dev))
		return dev;
	err = start(dev, ops, pages);
	if (err) {
		z2_lifecycle_remove(dev->id);
		return ERR_PTR(err);
	}
	return dev;
}

/**
 * z2t_device_clean() - make a live device look as if it had just been started
 * @dev: the device, used by nobody
 */
void z2t_device_clean(struct z2_device *dev)
{
	unsigned long i;

	for (i = 0; i < z2_slot_table_nr(dev->table); i++)
		z2_slot_free(dev->table, i);
	z2_gc_flush(dev->gc);
	WRITE_ONCE(dev->limit_pages, 0);
	atomic_long_set(&dev->max_used_pages, 0);
	z2_stats_clear(dev->stats);
}

/**
 * z2t_device_pages() - memory that a live device's objects take
 * @dev: the device
 *
 * What was freed is given back first.
 */
unsigned long z2t_device_pages(struct z2_device *dev)
{
	z2_gc_flush(dev->gc);
	return z2_pool_pages(dev->pool);
}

/* SPDX-License-Identifier: GPL-2.0 */
/* What the suites share: threads, faults, devices. */
#ifndef ZRAM2_KUNIT_FIXTURE_H
#define ZRAM2_KUNIT_FIXTURE_H

#include <kunit/test.h>
#include <linux/sched.h>
#include <linux/types.h>

#include "fill.h"

struct cpumask;
struct kthread_delayed_work;
struct kthread_worker;
struct z2_codec_ops;
struct z2_codec_params;
struct z2_device;
struct z2_pool;
struct z2t_thread;

/* How many times as long as usual everything may take; a parameter, set once. */
extern unsigned int z2t_slow;

/* Long enough for a loaded machine, short of the hung task detector. */
#define Z2T_PATIENCE_MS		(20000 * z2t_slow)

/*
 * The message of an expectation that fails only because the machine is too busy.
 * A case in which nothing else fails has a second try.  It is not for threads
 * that may wait for each other forever.
 */
#define Z2T_TIMEOUT		"timeout"

/* Memory with a page after and before it that nobody may write to. */
void *z2t_guarded_alloc(struct kunit *test, size_t len);
bool z2t_guards_intact(const void *buf, size_t len);

/* For KUNIT_CASE_PARAM(): each algorithm in turn; and parameters that say nothing. */
const void *z2t_codec_gen_params(struct kunit *test, const void *prev, char *desc);
extern const struct z2_codec_params z2t_codec_defaults;

/* Page of the test's own, freed at its end. */
struct page *z2t_page_alloc(struct kunit *test, unsigned int order);

u32 z2t_now(void);

struct z2t_thread *z2t_spawn(struct kunit *test, void (*fn)(void *arg), void *arg);
struct z2t_thread *z2t_spawn_on(struct kunit *test, void (*fn)(void *arg), void *arg,
				const struct cpumask *cpus);
bool z2t_blocked(struct z2t_thread *thread);
bool z2t_done(struct z2t_thread *thread);
bool z2t_join(struct z2t_thread *thread);

/*
 * Makes the @nth allocation of the current task fail, or all from the @nth on.
 * Between arming and disarming nothing but the code under test may run.
 */
static inline void z2t_fault_arm(unsigned int nth, bool onward)
{
	current->make_it_fail = onward;
	current->fail_nth = nth;
}

/* Return: whether an allocation failed; if not, there is no @nth one. */
static inline bool z2t_fault_disarm(void)
{
	bool failed = !current->fail_nth;

	current->fail_nth = 0;
	current->make_it_fail = 0;
	return failed;
}

void z2t_assert_faults(struct kunit *test);

/* Of the suite of gc; what gc.o calls instead of the originals, see Kbuild. */
void z2t_gc_pool_free(struct z2_pool *pool, unsigned long handle);
bool z2t_gc_queue_work(struct kthread_worker *worker, struct kthread_delayed_work *work,
		       unsigned long delay);

struct z2_device *z2t_device_add(void);
struct z2_device *z2t_device_create(struct kunit *test);
struct z2_device *z2t_device_start(struct kunit *test, const struct z2_codec_ops *ops,
				   unsigned long pages);
struct z2_device *z2t_device_start_shared(const struct z2_codec_ops *ops, unsigned long pages);
void z2t_device_clean(struct z2_device *dev);
unsigned long z2t_device_pages(struct z2_device *dev);

#endif

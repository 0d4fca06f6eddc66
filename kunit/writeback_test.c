// SPDX-License-Identifier: GPL-2.0
/* Runs of writeback: what they take, and what ends them. */
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <zram2/lifecycle.h>
#include <zram2/page.h>
#include <zram2/scan.h>
#include <zram2/writeback.h>

#include "backed.h"
#include "fixture.h"

static struct z2t_backed *backed(struct kunit *test, u64 blocks)
{
	const struct z2t_backed_config config = { .blocks = blocks, .block_size = 512 };

	return z2t_backed_create(test, &config);
}

static void set_mark(struct z2t_backed *t, unsigned long index, u32 mark)
{
	z2_slot_read_lock(t->dev->table, index);
	z2_slot_mark(t->dev->table, index, mark);
	z2_slot_read_unlock(t->dev->table, index);
}

/* What a run takes. */

static void writeback_takes_what_is_asked(struct kunit *test)
{
	struct z2t_backed *t = backed(test, 256);
	unsigned long i;

	/* Empty, same-filled and those on the device are no candidates. */
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), 0);
	KUNIT_EXPECT_EQ(test, z2t_backed_write(t, 3, 0, 0), 0);
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), 0);
	KUNIT_EXPECT_EQ(test, t->fake->nr, 0);

	for (i = 0; i < 8; i++)
		KUNIT_ASSERT_EQ(test, z2t_backed_write(t, i, i < 4 ? Z2T_RAW : Z2T_SMALL, i), 0);
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, Z2_SCAN_IDLE, 0, ULONG_MAX), 0);
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, Z2_SCAN_INCOMPRESSIBLE, 0, ULONG_MAX), 0);
	KUNIT_EXPECT_EQ(test, z2t_backed_count(t), 0);

	set_mark(t, 1, Z2_SLOT_IDLE);
	set_mark(t, 5, Z2_SLOT_IDLE);
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, Z2_SCAN_IDLE | Z2_SCAN_HUGE, 0, ULONG_MAX), 0);
	KUNIT_EXPECT_EQ(test, z2t_backed_count(t), 1);
	KUNIT_EXPECT_TRUE(test, z2t_backed_on_device(t, 1));
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, Z2_SCAN_IDLE, 0, 4), 0);
	KUNIT_EXPECT_FALSE(test, z2t_backed_on_device(t, 5));
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, Z2_SCAN_IDLE, 5, 5), 0);
	KUNIT_EXPECT_TRUE(test, z2t_backed_on_device(t, 5));
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, Z2_SCAN_HUGE, 0, ULONG_MAX), 0);
	KUNIT_EXPECT_EQ(test, z2t_backed_count(t), 5);

	/* Ranges that reach beyond the table, and those that lie there. */
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, Z2T_PAGES, ULONG_MAX), 0);
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, ULONG_MAX, ULONG_MAX), 0);
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, 7, 6), 0);
	KUNIT_EXPECT_EQ(test, z2t_backed_count(t), 5);
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, 6, Z2T_PAGES + 5), 0);
	KUNIT_EXPECT_EQ(test, z2t_backed_count(t), 7);
	KUNIT_EXPECT_FALSE(test, z2t_backed_on_device(t, 4));
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, i, i < 4 ? Z2T_RAW : Z2T_SMALL, i));
	z2t_backed_expect_empty(t);
}

/* A page that was written back is forgotten there when it is written or freed. */
static void writeback_again(struct kunit *test)
{
	struct z2t_backed *t = backed(test, 64);
	unsigned int round;

	for (round = 0; round < 4; round++) {
		z2t_backed_write_all(t, 8, Z2T_SMALL + 100 * round);
		KUNIT_EXPECT_EQ(test, z2t_backed_stats(t).used, 0);
		KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), 0);
		KUNIT_EXPECT_EQ(test, z2t_backed_stats(t).objects, 8);
		KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, 7, Z2T_SMALL + 100 * round, 7));
	}
	z2t_backed_expect_empty(t);
}

/* What ends a run. */

struct run {
	struct z2t_backed *t;
	int err;
};

static void run_all(void *arg)
{
	const struct z2_writeback_job job = { .last = ULONG_MAX };
	struct run *run = arg;
	const char *why;

	run->err = z2_writeback_run(run->t->dev, &job, 1, &why);
}

static struct z2t_thread *start_run(struct z2t_backed *t, struct run **run)
{
	*run = kunit_kzalloc(t->test, sizeof(**run), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(t->test, *run);
	(*run)->t = t;
	return z2t_spawn(t->test, run_all, *run);
}

static void writeback_refuses(struct kunit *test)
{
	struct z2t_backed *t = backed(test, 64);
	struct z2_backing *backing = t->dev->backing;
	struct z2_device *other = z2t_device_create(test);
	const struct z2_writeback_job job = { .last = ULONG_MAX };
	struct z2t_thread *thread;
	const char *why = NULL;
	struct run *run;

	KUNIT_EXPECT_EQ(test, z2_writeback_run(other, &job, 1, &why), -EINVAL);
	KUNIT_EXPECT_NOT_NULL(test, why);
	t->dev->backing = NULL;
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), -ENODEV);
	t->dev->backing = backing;

	z2t_backed_write_all(t, 4, Z2T_SMALL);
	t->fake->writes = Z2T_HELD;
	thread = start_run(t, &run);
	KUNIT_ASSERT_TRUE(test, z2t_bdev_wait_held(t->fake, 1));
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), -EAGAIN);
	z2t_bdev_release_all(t->fake);
	KUNIT_ASSERT_TRUE(test, z2t_join(thread));
	KUNIT_EXPECT_EQ(test, run->err, 0);
	KUNIT_EXPECT_EQ(test, z2t_backed_count(t), 4);
	z2t_backed_expect_empty(t);
}

/* What interrupt_second() sends. */
static int signal_sent;

static void interrupt_second(struct z2t_bdev *fake, const struct z2t_request *req)
{
	if (fake->nr == 1)
		send_sig(signal_sent, current, 1);
}

/* So many pages go in as many writes: no two free blocks are side by side. */
#define INTERRUPTED_PAGES	22

static int run_interrupted(struct z2t_backed *t, int sig)
{
	int err;

	z2t_backed_write_all(t, INTERRUPTED_PAGES, Z2T_RAW);
	t->fake->on_submit = interrupt_second;
	signal_sent = sig;
	allow_signal(sig);
	err = z2t_backed_run(t, 0, 0, ULONG_MAX);
	flush_signals(current);
	disallow_signal(sig);
	t->fake->on_submit = NULL;
	return err;
}

static void expect_the_rest(struct z2t_backed *t)
{
	unsigned long i;

	KUNIT_EXPECT_EQ(t->test, z2t_backed_count(t), t->fake->nr);
	KUNIT_EXPECT_EQ(t->test, z2t_backed_run(t, 0, 0, ULONG_MAX), 0);
	KUNIT_EXPECT_EQ(t->test, z2t_backed_count(t), INTERRUPTED_PAGES);
	KUNIT_EXPECT_EQ_MSG(t->test, t->fake->nr, INTERRUPTED_PAGES, "each is written once");
	for (i = 0; i < INTERRUPTED_PAGES; i++)
		KUNIT_EXPECT_TRUE(t->test, z2t_backed_holds(t, i, Z2T_RAW, i));
	z2t_backed_defragment(t, 1);
	z2t_backed_expect_empty(t);
}

/* A signal has a run restarted, which goes on with the rest. */
static void writeback_interrupted(struct kunit *test)
{
	struct z2t_backed *t = backed(test, 64);

	z2t_backed_fragment(t, 1);
	KUNIT_EXPECT_EQ(test, run_interrupted(t, SIGINT), -ERESTARTSYS);
	KUNIT_EXPECT_GE_MSG(test, t->fake->nr, 16, "not before it has done something");
	KUNIT_EXPECT_LE(test, t->fake->nr, 18);
	expect_the_rest(t);
}

/* A fatal one ends it at the next segment; what was written stays written. */
static void writeback_killed(struct kunit *test)
{
	struct z2t_backed *t = backed(test, 64);

	z2t_backed_fragment(t, 1);
	KUNIT_EXPECT_EQ(test, run_interrupted(t, SIGKILL), -EINTR);
	KUNIT_EXPECT_GE(test, t->fake->nr, 2);
	KUNIT_EXPECT_LE(test, t->fake->nr, 3);
	expect_the_rest(t);
}

/* What has failed is told of, though the call might have been restarted. */
static void writeback_failed_and_interrupted(struct kunit *test)
{
	struct z2t_backed *t = backed(test, 64);

	z2t_backed_fragment(t, 1);
	t->fake->fail_writes = BIT(0);
	KUNIT_EXPECT_EQ(test, run_interrupted(t, SIGINT), -EIO);
	KUNIT_EXPECT_LT_MSG(test, t->fake->nr, INTERRUPTED_PAGES, "it is interrupted");
	z2t_backed_defragment(t, 1);
	z2t_backed_expect_empty(t);
}

struct takedown {
	struct z2_device *dev;
	bool remove;
	int err;
};

static void take_down(void *arg)
{
	struct takedown *down = arg;
	const char *why;

	down->err = down->remove ? z2_lifecycle_remove(down->dev->id) :
				   z2_lifecycle_reset(down->dev, &why);
}

static const bool removals[] = { false, true };

static void removal_desc(const bool *remove, char *desc)
{
	strscpy(desc, *remove ? "hot_remove" : "reset", KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(removal, removals, removal_desc);

/* A reset or removal waits for what is in flight, and for nothing more. */
static void writeback_taken_down(struct kunit *test)
{
	struct takedown *down = kunit_kzalloc(test, sizeof(*down), GFP_KERNEL);
	struct z2t_backed *t = backed(test, 64);
	struct z2t_thread *thread, *taker;
	struct run *run;

	down->dev = t->dev;
	down->remove = *(const bool *)test->param_value;
	z2t_backed_fragment(t, 1);
	z2t_backed_write_all(t, 24, Z2T_RAW);
	t->dev->writeback_batch_size = 2;
	t->fake->writes = Z2T_HELD;
	thread = start_run(t, &run);
	KUNIT_ASSERT_TRUE(test, z2t_bdev_wait_held(t->fake, 2));
	KUNIT_ASSERT_TRUE(test, z2t_blocked(thread));
	taker = z2t_spawn(test, take_down, down);
	KUNIT_EXPECT_TRUE(test, z2t_blocked(taker));
	KUNIT_EXPECT_EQ(test, z2_device_state(t->dev), Z2_RESETTING);

	z2t_bdev_release_all(t->fake);
	KUNIT_ASSERT_TRUE(test, z2t_join(thread));
	KUNIT_ASSERT_TRUE(test, z2t_join(taker));
	KUNIT_EXPECT_EQ(test, run->err, -EBUSY);
	KUNIT_EXPECT_EQ(test, down->err, 0);
	KUNIT_EXPECT_LE(test, t->fake->nr, 5);
	if (!down->remove) {
		KUNIT_EXPECT_EQ(test, z2_device_state(t->dev), Z2_CONFIGURING);
		KUNIT_EXPECT_PTR_EQ(test, t->dev->backing, NULL);
		KUNIT_EXPECT_EQ(test, z2_lifecycle_remove(t->dev->id), 0);
	}
	z2t_backed_removed(t);
}

/* Whichever allocation fails, a run ends, and all data is where it was or there. */
static void writeback_without_memory(struct kunit *test)
{
	struct z2t_backed *t = backed(test, 64);
	unsigned int nth, onward, refused = 0;

	z2t_assert_faults(test);
	for (onward = 0; onward < 2; onward++) {
		bool failed = true;

		for (nth = 1; failed; nth++) {
			unsigned long i;
			int err;

			for (i = 0; i < 6; i++)
				KUNIT_ASSERT_EQ(test, z2t_backed_write(t, i, i % 2 ? Z2T_RAW :
								       Z2T_SMALL, i), 0);
			z2t_fault_arm(nth, onward);
			err = z2t_backed_run(t, 0, 0, ULONG_MAX);
			failed = z2t_fault_disarm();
			refused += err == -ENOMEM;
			if (err)
				KUNIT_EXPECT_EQ(test, err, -ENOMEM);
			KUNIT_EXPECT_TRUE(test, failed || !err);
			for (i = 0; i < 6; i++)
				KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, i, i % 2 ? Z2T_RAW :
									 Z2T_SMALL, i));
			z2t_backed_expect_empty(t);
		}
	}
	KUNIT_EXPECT_GE_MSG(test, refused, 3, "a segment, its memory, counts of blocks");
}

/* Full devices. */

static const u64 tiny_sizes[] = { 1, 7, 8, 33, 200 };

static void tiny_desc(const u64 *blocks, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%llu blocks", *blocks);
}

KUNIT_ARRAY_PARAM(tiny, tiny_sizes, tiny_desc);

/* A device below 1 MiB: filled until it is full, which is not too early. */
static void writeback_tiny_device(struct kunit *test)
{
	const u64 blocks = *(const u64 *)test->param_value;
	unsigned long nr = min_t(u64, blocks + 4, Z2T_PAGES), i;
	struct z2t_backed *t = backed(test, blocks);
	unsigned int written;

	z2t_backed_write_all(t, nr, Z2T_RAW);
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), -ENOSPC);
	written = z2t_backed_count(t);
	KUNIT_EXPECT_GT(test, written, 0);
	KUNIT_EXPECT_EQ_MSG(test, written, blocks - min_t(u64, 64, blocks / 8),
			    "an eighth is for compaction");
	KUNIT_EXPECT_EQ(test, z2t_backed_stats(t).used, written);
	/* In order, so that no page that fitted was passed over. */
	for (i = 0; i < nr; i++)
		KUNIT_EXPECT_EQ(test, z2t_backed_on_device(t, i), i < written);
	KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, 0, Z2T_RAW, 0));
	KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, nr - 1, Z2T_RAW, nr - 1));

	/* Room for one comes back with one. */
	z2_page_free(t->dev, 0);
	KUNIT_EXPECT_EQ(test, z2t_backed_run(t, 0, 0, ULONG_MAX), -ENOSPC);
	KUNIT_EXPECT_EQ(test, z2t_backed_count(t), written);
	KUNIT_EXPECT_EQ(test, atomic64_read(&z2_backing_stats(t->dev->backing)->moved_bytes), 0);
	z2t_backed_expect_empty(t);
}

static struct kunit_case writeback_cases[] = {
	KUNIT_CASE(writeback_takes_what_is_asked),
	KUNIT_CASE(writeback_again),
	KUNIT_CASE(writeback_refuses),
	KUNIT_CASE(writeback_interrupted),
	KUNIT_CASE(writeback_killed),
	KUNIT_CASE(writeback_failed_and_interrupted),
	KUNIT_CASE_PARAM(writeback_taken_down, removal_gen_params),
	KUNIT_CASE(writeback_without_memory),
	KUNIT_CASE_PARAM(writeback_tiny_device, tiny_gen_params),
	{}
};

static struct kunit_suite writeback_suite = {
	.name = "zram2_writeback",
	.exit = z2t_backed_exit,
	.suite_exit = z2t_backed_drop,
	.test_cases = writeback_cases,
};

kunit_test_suite(writeback_suite);

// SPDX-License-Identifier: GPL-2.0
/* The slot table: its locks, and frees that meet them. */
#include <kunit/test.h>
#include <linux/cpumask.h>
#include <linux/delay.h>
#include <linux/lockdep.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/spinlock.h>

#include <zram2/slot.h>

#include "fixture.h"
#include "slot_fixture.h"

/* The lock. */

static void writer_loop(void *arg)
{
	struct slot_test *t = arg;
	int i;

	for (i = 0; i < 1000; i++) {
		z2_slot_write_lock(t->table, 2);
		if (atomic_inc_return(&t->in) != 1 || t->pair[0] != t->pair[1])
			atomic_inc(&t->wrong);
		t->pair[0]++;
		if (!(i % 64))
			usleep_range(20, 50);
		t->pair[1]++;
		atomic_dec(&t->in);
		z2_slot_write_unlock(t->table, 2);
	}
}

static void reader_loop(void *arg)
{
	struct slot_test *t = arg;
	int i;

	for (i = 0; i < 2000 && !READ_ONCE(t->stop); i++) {
		z2_slot_read_lock(t->table, 2);
		if (atomic_read(&t->in) || t->pair[0] != t->pair[1])
			atomic_inc(&t->wrong);
		if (!(i % 64))
			usleep_range(20, 50);
		if (atomic_read(&t->in) || t->pair[0] != t->pair[1])
			atomic_inc(&t->wrong);
		z2_slot_read_unlock(t->table, 2);
	}
}

static void slot_excludes(struct kunit *test)
{
	struct slot_test *t = test->priv;
	struct z2t_thread *threads[5];
	int i;

	for (i = 0; i < ARRAY_SIZE(threads); i++)
		threads[i] = z2t_spawn(test, i < 3 ? writer_loop : reader_loop, t);
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		KUNIT_EXPECT_TRUE(test, z2t_join(threads[i]));
	KUNIT_EXPECT_EQ(test, atomic_read(&t->wrong), 0);
	KUNIT_EXPECT_EQ(test, t->pair[0], 3000);
	KUNIT_EXPECT_TRUE(test, trylock_atomic(t, 2));
}

/* Goes in and stays until it is let out. */
static void read_and_stay(void *arg)
{
	struct slot_test *t = arg;

	z2_slot_read_lock(t->table, 0);
	atomic_inc(&t->in);
	wait_for_completion(&t->go);
	atomic_dec(&t->in);
	z2_slot_read_unlock(t->table, 0);
}

static void write_and_stay(void *arg)
{
	struct slot_test *t = arg;

	z2_slot_write_lock(t->table, 0);
	atomic_inc(&t->in);
	wait_for_completion(&t->go);
	atomic_dec(&t->in);
	z2_slot_write_unlock(t->table, 0);
}

static bool wait_until(atomic_t *count, int value)
{
	unsigned int ms;

	for (ms = 0; ms < Z2T_PATIENCE_MS; ms++) {
		if (atomic_read(count) == value)
			return true;
		usleep_range(1000, 1500);
	}
	return false;
}

static void slot_readers_together(struct kunit *test)
{
	struct slot_test *t = test->priv;
	struct z2t_thread *readers[NR_READERS], *writer;
	int i;

	for (i = 0; i < NR_READERS; i++)
		readers[i] = z2t_spawn(test, read_and_stay, t);
	KUNIT_EXPECT_TRUE(test, wait_until(&t->in, NR_READERS));
	KUNIT_EXPECT_FALSE(test, trylock_atomic(t, 0));
	writer = z2t_spawn(test, write_and_stay, t);
	KUNIT_EXPECT_TRUE(test, z2t_blocked(writer));
	KUNIT_EXPECT_EQ(test, atomic_read(&t->in), NR_READERS);

	complete_all(&t->go);
	for (i = 0; i < NR_READERS; i++)
		KUNIT_EXPECT_TRUE(test, z2t_join(readers[i]));
	KUNIT_EXPECT_TRUE(test, z2t_join(writer));
	KUNIT_EXPECT_TRUE(test, trylock_atomic(t, 0));
}

/* A reader that comes after a waiting writer waits as well. */
static void slot_writers_do_not_starve(struct kunit *test)
{
	struct slot_test *t = test->priv;
	struct z2t_thread *writer, *late;

	z2_slot_read_lock(t->table, 0);
	writer = z2t_spawn(test, write_and_stay, t);
	KUNIT_EXPECT_TRUE(test, z2t_blocked(writer));
	late = z2t_spawn(test, read_and_stay, t);
	KUNIT_EXPECT_TRUE(test, z2t_blocked(late));
	KUNIT_EXPECT_EQ(test, atomic_read(&t->in), 0);
	complete_all(&t->go);
	z2_slot_read_unlock(t->table, 0);
	KUNIT_EXPECT_TRUE(test, z2t_join(writer));
	KUNIT_EXPECT_TRUE(test, z2t_join(late));
}

/*
 * Leaves and comes back, in one go: on a CPU that nobody takes away from us, and
 * that the writer would have to have to get in, or to ask for it anew.
 */
static void read_again(void *arg)
{
	struct slot_test *t = arg;

	z2_slot_read_lock(t->table, 0);
	atomic_inc(&t->in);
	wait_for_completion(&t->go);
	sched_set_fifo(current);
	z2_slot_read_unlock(t->table, 0);
	z2_slot_read_lock(t->table, 0);
	z2_slot_read_unlock(t->table, 0);
}

/* Readers overlap one after another: none comes in that the writer would wait for. */
static void slot_overlapping_readers(struct kunit *test)
{
	const struct cpumask *cpu = cpumask_of(raw_smp_processor_id());
	struct slot_test *t = test->priv;
	struct z2t_thread *reader, *writer;

	z2_slot_read_lock(t->table, 0);
	reader = z2t_spawn_on(test, read_again, t, cpu);
	KUNIT_EXPECT_TRUE(test, wait_until(&t->in, 1));
	writer = z2t_spawn_on(test, write_and_stay, t, cpu);
	KUNIT_EXPECT_TRUE(test, z2t_blocked(writer));
	complete_all(&t->go);
	KUNIT_EXPECT_TRUE(test, z2t_blocked(reader));
	KUNIT_EXPECT_FALSE(test, z2t_done(writer));
	z2_slot_read_unlock(t->table, 0);
	KUNIT_EXPECT_TRUE(test, z2t_join(writer));
	KUNIT_EXPECT_TRUE(test, z2t_join(reader));
	KUNIT_EXPECT_TRUE(test, trylock_atomic(t, 0));
}

static void slot_writer_keeps_all_out(struct kunit *test)
{
	struct slot_test *t = test->priv;
	struct z2t_thread *reader, *writer;

	z2_slot_write_lock(t->table, 0);
	KUNIT_EXPECT_FALSE(test, trylock_atomic(t, 0));
	reader = z2t_spawn(test, read_and_stay, t);
	writer = z2t_spawn(test, write_and_stay, t);
	KUNIT_EXPECT_TRUE(test, z2t_blocked(reader));
	KUNIT_EXPECT_TRUE(test, z2t_blocked(writer));
	KUNIT_EXPECT_EQ(test, atomic_read(&t->in), 0);
	KUNIT_EXPECT_TRUE_MSG(test, trylock_atomic(t, 1), "another slot is free");
	complete_all(&t->go);
	z2_slot_write_unlock(t->table, 0);
	KUNIT_EXPECT_TRUE(test, z2t_join(reader));
	KUNIT_EXPECT_TRUE(test, z2t_join(writer));
}

/*
 * As many readers as the count holds.  One task takes them all, which lockdep
 * would not have: hence without it.
 */
static void slot_readers_saturated(struct kunit *test)
{
	const struct z2_object want = z2_object_make(9, PAGE_SIZE, Z2_SLOT_HUGE, 3);
	struct slot_test *t = test->priv;
	struct z2t_thread *reader;
	struct z2_object obj;
	unsigned int i;

	replace(t, 0, want);
	lockdep_off();
	for (i = 0; i < MAX_READERS; i++)
		z2_slot_read_lock(t->table, 0);
	lockdep_on();

	reader = z2t_spawn(test, read_and_stay, t);
	KUNIT_EXPECT_TRUE(test, z2t_blocked(reader));
	KUNIT_EXPECT_FALSE(test, trylock_atomic(t, 0));
	lockdep_off();
	obj = z2_slot_get(t->table, 0);
	/* There is room for one, but it queues like everybody else. */
	z2_slot_read_unlock(t->table, 0);
	lockdep_on();
	expect_object(test, &obj, &want);
	KUNIT_EXPECT_TRUE(test, z2t_blocked(reader));
	KUNIT_EXPECT_EQ(test, atomic_read(&t->in), 0);
	lockdep_off();
	for (i = 0; i < MAX_READERS - 1; i++)
		z2_slot_read_unlock(t->table, 0);
	lockdep_on();
	KUNIT_EXPECT_TRUE(test, wait_until(&t->in, 1));

	/* As many again, less the one; a free waits for the last of them all. */
	lockdep_off();
	for (i = 0; i < MAX_READERS - 1; i++)
		z2_slot_read_lock(t->table, 0);
	lockdep_on();
	free_atomic(t, 0);
	lockdep_off();
	for (i = 0; i < MAX_READERS - 1; i++)
		z2_slot_read_unlock(t->table, 0);
	lockdep_on();
	KUNIT_EXPECT_EQ(test, atomic_read(&t->released), 0);
	complete_all(&t->go);
	KUNIT_EXPECT_TRUE(test, z2t_join(reader));
	KUNIT_EXPECT_EQ(test, atomic_read(&t->released), 1);
	expect_object(test, &t->last, &want);
	KUNIT_EXPECT_TRUE(test, trylock_atomic(t, 0));
}

static void slot_trylock(struct kunit *test)
{
	const struct z2_object want = z2_object_make(11, 12, 0, 1);
	static DEFINE_SPINLOCK(lock);
	struct slot_test *t = test->priv;
	struct z2_object obj;
	unsigned long flags;
	bool locked;

	spin_lock_irqsave(&lock, flags);
	locked = z2_slot_write_trylock(t->table, 5);
	if (locked) {
		KUNIT_EXPECT_FALSE(test, z2_slot_write_trylock(t->table, 5));
		z2_slot_replace_unlock(t->table, 5, want, 1);
	}
	spin_unlock_irqrestore(&lock, flags);
	KUNIT_EXPECT_TRUE(test, locked);

	z2_slot_read_lock(t->table, 5);
	KUNIT_EXPECT_FALSE(test, trylock_atomic(t, 5));
	z2_slot_read_unlock(t->table, 5);
	/* A failed try left nothing behind. */
	KUNIT_EXPECT_TRUE(test, trylock_atomic(t, 5));
	obj = get(t, 5);
	expect_object(test, &obj, &want);
}

/* Freeing. */

static void slot_free_of_an_unlocked(struct kunit *test)
{
	const struct z2_object want = z2_object_make(21, 22, 0, 2);
	struct slot_test *t = test->priv;

	replace(t, 6, want);
	free_atomic(t, 6);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->released), 1);
	expect_object(test, &t->last, &want);
	free_atomic(t, 6);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->released), 1);
}

static void slot_free_waits_for_readers(struct kunit *test)
{
	const struct z2_object want = z2_object_make(31, 32, 0, 3);
	struct slot_test *t = test->priv;
	struct z2t_thread *reader;
	struct z2_object obj;

	replace(t, 0, want);
	reader = z2t_spawn(test, read_and_stay, t);
	KUNIT_EXPECT_TRUE(test, wait_until(&t->in, 1));
	z2_slot_read_lock(t->table, 0);
	free_atomic(t, 0);
	free_atomic(t, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->released), 0);
	obj = z2_slot_get(t->table, 0);
	expect_object(test, &obj, &want);
	z2_slot_read_unlock(t->table, 0);
	KUNIT_EXPECT_EQ_MSG(test, atomic_read(&t->released), 0, "one is still in");
	complete_all(&t->go);
	KUNIT_EXPECT_TRUE(test, z2t_join(reader));
	KUNIT_EXPECT_EQ(test, atomic_read(&t->released), 1);
	expect_object(test, &t->last, &want);
	obj = get(t, 0);
	expect_empty(test, &obj);
}

/* Whoever waits for the lock while a free is due finds the slot empty. */
static void find_empty(void *arg)
{
	struct slot_test *t = arg;
	struct z2_object obj = get(t, 0);

	if (!z2_object_empty(&obj) || atomic_read(&t->released) != 1)
		atomic_inc(&t->wrong);
}

static void replace_empty(void *arg)
{
	struct slot_test *t = arg;
	struct z2_object old = replace(t, 1, z2_object_make(42, 43, 0, 0));

	if (!z2_object_empty(&old))
		atomic_inc(&t->wrong);
}

static void slot_free_before_a_waiting_reader(struct kunit *test)
{
	struct slot_test *t = test->priv;
	struct z2t_thread *reader;

	replace(t, 0, z2_object_make(41, 42, 0, 0));
	z2_slot_read_lock(t->table, 0);
	free_atomic(t, 0);
	reader = z2t_spawn(test, find_empty, t);
	KUNIT_EXPECT_TRUE_MSG(test, z2t_blocked(reader), "a free is due: no new readers");
	z2_slot_read_unlock(t->table, 0);
	KUNIT_EXPECT_TRUE(test, z2t_join(reader));
	KUNIT_EXPECT_EQ(test, atomic_read(&t->wrong), 0);
}

static void slot_free_before_a_waiting_writer(struct kunit *test)
{
	struct slot_test *t = test->priv;
	struct z2t_thread *writer;
	struct z2_object obj;

	replace(t, 1, z2_object_make(41, 42, 0, 0));
	z2_slot_write_lock(t->table, 1);
	writer = z2t_spawn(test, replace_empty, t);
	KUNIT_EXPECT_TRUE(test, z2t_blocked(writer));
	free_atomic(t, 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->released), 0);
	z2_slot_write_unlock(t->table, 1);
	KUNIT_EXPECT_TRUE(test, z2t_join(writer));
	KUNIT_EXPECT_EQ(test, atomic_read(&t->wrong), 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->released), 1);
	KUNIT_EXPECT_EQ(test, t->last.word, 41);
	/* What was written after the free stays. */
	obj = get(t, 1);
	KUNIT_EXPECT_EQ(test, obj.word, 42);
}

/* Asked for before new contents: they are not what was to be freed. */
static void slot_overwrite_cancels_a_free(struct kunit *test)
{
	const struct z2_object a = z2_object_make(51, 1, 0, 0), b = z2_object_make(52, 2, 0, 1);
	struct slot_test *t = test->priv;
	struct z2_object obj;

	replace(t, 7, a);
	z2_slot_write_lock(t->table, 7);
	free_atomic(t, 7);
	obj = z2_slot_replace_unlock(t->table, 7, b, 1);
	expect_object(test, &obj, &a);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->released), 0);
	obj = get(t, 7);
	expect_object(test, &obj, &b);

	/* And after: they are. */
	free_atomic(t, 7);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->released), 1);
	expect_object(test, &t->last, &b);
	obj = get(t, 7);
	expect_empty(test, &obj);
}

/* Who moves the contents meanwhile doesn't keep them. */
static void slot_free_follows_what_moves(struct kunit *test)
{
	const struct z2_object a = z2_object_make(53, 1, 0, 0), b = z2_object_make(54, 2, 0, 1);
	struct slot_test *t = test->priv;
	struct z2_object obj;
	int before;

	for (before = 0; before < 2; before++) {
		replace(t, 7, a);
		z2_slot_write_lock(t->table, 7);
		if (before)
			free_atomic(t, 7);
		obj = z2_slot_relocate(t->table, 7, b);
		expect_object(test, &obj, &a);
		if (!before)
			free_atomic(t, 7);
		KUNIT_EXPECT_EQ(test, atomic_read(&t->released), before);
		z2_slot_write_unlock(t->table, 7);
		KUNIT_EXPECT_EQ(test, atomic_read(&t->released), before + 1);
		expect_object(test, &t->last, &b);
		obj = get(t, 7);
		expect_empty(test, &obj);
	}
}

/* The unlock that comes with new contents lets in who waits. */
static void slot_overwrite_wakes(struct kunit *test)
{
	struct slot_test *t = test->priv;
	struct z2t_thread *reader, *writer;

	complete_all(&t->go);
	z2_slot_write_lock(t->table, 0);
	reader = z2t_spawn(test, read_and_stay, t);
	KUNIT_EXPECT_TRUE(test, z2t_blocked(reader));
	writer = z2t_spawn(test, write_and_stay, t);
	KUNIT_EXPECT_TRUE(test, z2t_blocked(writer));
	free_atomic(t, 0);
	z2_slot_replace_unlock(t->table, 0, z2_object_make(55, 1, 0, 0), 1);
	KUNIT_EXPECT_TRUE(test, z2t_join(reader));
	KUNIT_EXPECT_TRUE(test, z2t_join(writer));
	KUNIT_EXPECT_EQ(test, atomic_read(&t->released), 0);
	KUNIT_EXPECT_TRUE(test, trylock_atomic(t, 0));
}

/* Everything at once: each word that goes in comes out exactly once. */
static void race_writer(void *arg)
{
	struct slot_test *t = arg;
	int word;

	while ((word = atomic_inc_return(&t->next_word)) < NR_WORDS) {
		struct z2_object old;

		old = replace(t, word % 2, z2_object_make(word, 1 + word % PAGE_SIZE, 0,
							  word % 4));
		if (!z2_object_empty(&old))
			atomic_inc(&t->out[old.word]);
		/* Readers get together only while no writer waits. */
		if (!(word % 16))
			usleep_range(10, 30);
	}
	WRITE_ONCE(t->stop, true);
}

static void race_reader(void *arg)
{
	struct slot_test *t = arg;
	unsigned int n = 0;

	while (!READ_ONCE(t->stop)) {
		struct z2_object obj, again;
		unsigned long index = n++ % 2;

		z2_slot_read_lock(t->table, index);
		obj = z2_slot_get(t->table, index);
		if (!z2_object_empty(&obj) &&
		    (z2_object_size(&obj) != 1 + obj.word % PAGE_SIZE ||
		     z2_object_prio(&obj) != obj.word % 4 || atomic_read(&t->out[obj.word])))
			atomic_inc(&t->wrong);
		if (!(n % 16))
			usleep_range(10, 30);
		/* It stays until we go, whatever was asked for meanwhile. */
		again = z2_slot_get(t->table, index);
		if (obj.word != again.word || obj.state != again.state)
			atomic_inc(&t->wrong);
		z2_slot_read_unlock(t->table, index);
		cond_resched();
	}
}

static void race_freer(void *arg)
{
	struct slot_test *t = arg;
	unsigned int n = 0;

	while (!READ_ONCE(t->stop)) {
		free_atomic(t, n++ % 2);
		cond_resched();
	}
}

static void slot_free_race(struct kunit *test)
{
	static void (*const roles[])(void *) = {
		race_writer, race_reader, race_freer, race_writer, race_reader, race_reader,
	};
	struct slot_test *t = test->priv;
	struct z2t_thread *threads[ARRAY_SIZE(roles)];
	int i;

	t->out = kunit_kcalloc(test, NR_WORDS, sizeof(*t->out), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->out);
	for (i = 0; i < ARRAY_SIZE(roles); i++)
		threads[i] = z2t_spawn(test, roles[i], t);
	for (i = 0; i < ARRAY_SIZE(roles); i++)
		KUNIT_EXPECT_TRUE(test, z2t_join(threads[i]));

	KUNIT_EXPECT_EQ(test, atomic_read(&t->wrong), 0);
	KUNIT_EXPECT_TRUE(test, trylock_atomic(t, 0));
	KUNIT_EXPECT_TRUE(test, trylock_atomic(t, 1));
	z2_slot_free(t->table, 0);
	z2_slot_free(t->table, 1);
	for (i = 1; i < NR_WORDS; i++)
		KUNIT_EXPECT_EQ_MSG(test, atomic_read(&t->out[i]), 1, "word %d", i);
	KUNIT_EXPECT_GT_MSG(test, atomic_read(&t->released), 0, "no free ever met contents");
}

static struct kunit_case slot_lock_cases[] = {
	KUNIT_CASE(slot_excludes),
	KUNIT_CASE(slot_readers_together),
	KUNIT_CASE(slot_writers_do_not_starve),
	KUNIT_CASE(slot_overlapping_readers),
	KUNIT_CASE(slot_writer_keeps_all_out),
	KUNIT_CASE(slot_readers_saturated),
	KUNIT_CASE(slot_trylock),
	KUNIT_CASE(slot_free_of_an_unlocked),
	KUNIT_CASE(slot_free_waits_for_readers),
	KUNIT_CASE(slot_free_before_a_waiting_reader),
	KUNIT_CASE(slot_free_before_a_waiting_writer),
	KUNIT_CASE(slot_overwrite_cancels_a_free),
	KUNIT_CASE(slot_free_follows_what_moves),
	KUNIT_CASE(slot_overwrite_wakes),
	KUNIT_CASE(slot_free_race),
	{}
};

static struct kunit_suite slot_lock_suite = {
	.name = "zram2_slot_lock",
	.init = slot_init,
	.exit = slot_exit,
	.test_cases = slot_lock_cases,
};

kunit_test_suite(slot_lock_suite);

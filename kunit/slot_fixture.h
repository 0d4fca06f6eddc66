/* SPDX-License-Identifier: GPL-2.0 */
/* What the suites of the slot table share. */
#ifndef ZRAM2_KUNIT_SLOT_FIXTURE_H
#define ZRAM2_KUNIT_SLOT_FIXTURE_H

#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/err.h>
#include <linux/irqflags.h>

#include <zram2/slot.h>

#include "fixture.h"

#define NR_SLOTS	8
#define NR_READERS	4
#define MAX_READERS	(Z2_SLOT_READERS >> Z2_SLOT_READER_SHIFT)
/* Each word that a test puts into a slot, and whether it came out again. */
#define NR_WORDS	6000

/**
 * struct slot_test - what the tests share
 * @table: the table under test
 * @released: how often the callback ran
 * @last: its last object; valid while nobody else frees
 * @in: threads inside a lock
 * @go: lets threads that wait inside a lock out
 * @stop: ends threads that loop
 * @wrong: what threads found wrong
 * @pair: equal unless a writer is in
 * @next_word: the next unused word
 * @out: how often each word came out
 */
struct slot_test {
	struct z2_slot_table *table;
	atomic_t released;
	struct z2_object last;
	atomic_t in;
	struct completion go;
	bool stop;
	atomic_t wrong;
	unsigned long pair[2];
	atomic_t next_word;
	atomic_t *out;
};

static inline void note_release(void *ctx, const struct z2_object *obj)
{
	struct slot_test *t = ctx;

	t->last = *obj;
	if (t->out)
		atomic_inc(&t->out[obj->word]);
	atomic_inc(&t->released);
}

static inline int slot_init(struct kunit *test)
{
	struct slot_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	init_completion(&t->go);
	t->table = z2_slot_table_create(NR_SLOTS, note_release, t);
	KUNIT_ASSERT_FALSE(test, IS_ERR(t->table));
	test->priv = t;
	return 0;
}

static inline void slot_exit(struct kunit *test)
{
	struct slot_test *t = test->priv;

	if (t && !IS_ERR_OR_NULL(t->table))
		z2_slot_table_destroy(t->table);
}

static inline struct z2_object replace(struct slot_test *t, unsigned long index,
				       struct z2_object new)
{
	z2_slot_write_lock(t->table, index);
	return z2_slot_replace_unlock(t->table, index, new, z2_slot_now());
}

static inline struct z2_object get(struct slot_test *t, unsigned long index)
{
	struct z2_object obj;

	z2_slot_read_lock(t->table, index);
	obj = z2_slot_get(t->table, index);
	z2_slot_read_unlock(t->table, index);
	return obj;
}

/* As swap does it: interrupts off. */
static inline void free_atomic(struct slot_test *t, unsigned long index)
{
	unsigned long flags;

	local_irq_save(flags);
	z2_slot_free(t->table, index);
	local_irq_restore(flags);
}

static inline bool trylock_atomic(struct slot_test *t, unsigned long index)
{
	unsigned long flags;
	bool locked;

	local_irq_save(flags);
	locked = z2_slot_write_trylock(t->table, index);
	if (locked)
		z2_slot_write_unlock(t->table, index);
	local_irq_restore(flags);
	return locked;
}

static inline void expect_object(struct kunit *test, const struct z2_object *got,
				 const struct z2_object *want)
{
	KUNIT_EXPECT_EQ(test, got->word, want->word);
	KUNIT_EXPECT_EQ(test, got->state, want->state);
}

static inline void expect_empty(struct kunit *test, const struct z2_object *obj)
{
	KUNIT_EXPECT_TRUE(test, z2_object_empty(obj));
	KUNIT_EXPECT_EQ(test, obj->word, 0);
	KUNIT_EXPECT_EQ(test, obj->state, 0);
}

#endif

// SPDX-License-Identifier: GPL-2.0
/*
 * The slot table and its locks; see the header for what a slot holds.
 *
 * The lock lives in the upper bits of the state word.  It is taken and given
 * back by one atomic operation each, the latter with the new contents where there
 * are any.  Who can't have it sets WAITERS and
 * sleeps on the kernel's hashed queue for variables; the unlock after which
 * nobody is in clears WAITERS and wakes all who wait for the slot, and they try
 * again.
 *
 * New readers queue behind WAITERS, and it stays set until the last of the
 * readers that are in has left: however many come, the slot falls free, and a
 * stream of readers can't keep a writer out.  The earlier ones wake nobody: a
 * writer couldn't get in yet, and readers mustn't, not even those who wait
 * because the count is at its maximum.
 */
#include <linux/compiler.h>
#include <linux/lockdep.h>
#include <linux/prefetch.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/wait_bit.h>

#include <zram2/slot.h>

/**
 * struct z2_slot_table - all slots of a disk
 * @slots: the slots; the pointer is fixed for the life of the table
 * @nr: how many
 * @release: see z2_slot_release_fn
 * @release_ctx: handed to @release
 * @dep_map: one for all slots: no two locks of a table are ever held together
 */
struct z2_slot_table {
	struct z2_slot *slots;
	unsigned long nr;
	z2_slot_release_fn release;
	void *release_ctx;
	struct lockdep_map dep_map;
};

static void assert_layout(void)
{
	BUILD_BUG_ON(sizeof(struct z2_slot) != 16);
	BUILD_BUG_ON(sizeof(unsigned long) > sizeof_field(struct z2_slot, word));
	/* PAGE_SIZE itself is a size. */
	BUILD_BUG_ON(PAGE_SIZE > Z2_SLOT_SIZE_MASK);
	/* With 64 KiB pages four bits are left for readers. */
	BUILD_BUG_ON(Z2_SLOT_READER_SHIFT > 28);
}

static struct z2_slot *slot_at(struct z2_slot_table *table, unsigned long index)
{
	return &table->slots[index];
}

/*
 * Try for the lock; on failure leave WAITERS behind, so that the unlock which
 * makes room wakes us.  The condition of wait_var_event(), hence no sleep.
 */
static bool take_or_queue(struct z2_slot *slot, u32 blockers, u32 lock)
{
	u32 old = atomic_read(&slot->state);

	for (;;) {
		bool saturated = lock == Z2_SLOT_READER &&
				 (old & Z2_SLOT_READERS) == Z2_SLOT_READERS;

		if (!(old & blockers) && !saturated) {
			if (atomic_try_cmpxchg_acquire(&slot->state, (int *)&old, old + lock))
				return true;
		} else if (old & Z2_SLOT_WAITERS) {
			return false;
		} else if (atomic_try_cmpxchg_relaxed(&slot->state, (int *)&old,
						      old | Z2_SLOT_WAITERS)) {
			return false;
		}
	}
}

#define READ_BLOCKERS	(Z2_SLOT_WRITER | Z2_SLOT_WAITERS | Z2_SLOT_FREE)
#define WRITE_BLOCKERS	(Z2_SLOT_LOCKED)

/**
 * z2_slot_read_lock() - lock a slot against replacement
 * @table: the table
 * @index: the slot
 *
 * Context: process; sleeps while a writer is in or waits, or as many readers as
 * the count holds are in.  The holder may sleep.
 */
void z2_slot_read_lock(struct z2_slot_table *table, unsigned long index)
{
	struct z2_slot *slot = slot_at(table, index);

	might_sleep();
	rwsem_acquire_read(&table->dep_map, 0, 0, _RET_IP_);
	wait_var_event(&slot->state, take_or_queue(slot, READ_BLOCKERS, Z2_SLOT_READER));
}

/**
 * z2_slot_write_lock() - lock a slot for replacing what it holds
 * @table: the table
 * @index: the slot
 *
 * Context: process; sleeps while anybody else is in.  The holder may sleep.
 */
void z2_slot_write_lock(struct z2_slot_table *table, unsigned long index)
{
	struct z2_slot *slot = slot_at(table, index);

	might_sleep();
	rwsem_acquire(&table->dep_map, 0, 0, _RET_IP_);
	wait_var_event(&slot->state, take_or_queue(slot, WRITE_BLOCKERS, Z2_SLOT_WRITER));
}

/**
 * z2_slot_write_trylock() - lock a slot if nobody else is in
 * @table: the table
 * @index: the slot
 *
 * Context: process, interrupts on or off.
 * Return: whether the slot is locked now.
 */
bool z2_slot_write_trylock(struct z2_slot_table *table, unsigned long index)
{
	struct z2_slot *slot = slot_at(table, index);
	u32 old = atomic_read(&slot->state);

	do {
		if (old & WRITE_BLOCKERS)
			return false;
	} while (!atomic_try_cmpxchg_acquire(&slot->state, (int *)&old, old | Z2_SLOT_WRITER));

	rwsem_acquire(&table->dep_map, 0, 1, _RET_IP_);
	return true;
}

static void wake_waiters(struct z2_slot *slot)
{
	/* Pairs with the barrier of prepare_to_wait_event(). */
	smp_mb__after_atomic();
	wake_up_var(&slot->state);
}

/* Write-locked, the contents' bits taken out of the state: hand them over. */
static void let_go(struct z2_slot_table *table, struct z2_slot *slot, u32 state)
{
	struct z2_object obj = {
		.word = slot->word,
		.state = state & Z2_SLOT_CONTENT,
	};

	slot->word = 0;
	WRITE_ONCE(slot->access_time, 0);
	if (!z2_object_empty(&obj))
		table->release(table->release_ctx, &obj);
}

/* Write-locked: empty the slot and hand over what it held. */
static void detach(struct z2_slot_table *table, struct z2_slot *slot)
{
	let_go(table, slot,
	       atomic_fetch_andnot(Z2_SLOT_CONTENT | Z2_SLOT_FREE, &slot->state));
}

static void unlock_writer(struct z2_slot_table *table, struct z2_slot *slot)
{
	u32 old = atomic_read(&slot->state);

	do {
		/* A request that came while we were in is ours to carry out. */
		while (old & Z2_SLOT_FREE) {
			detach(table, slot);
			old = atomic_read(&slot->state);
		}
	} while (!atomic_try_cmpxchg_release(&slot->state, (int *)&old,
					     old & ~(Z2_SLOT_WRITER | Z2_SLOT_WAITERS)));

	if (old & Z2_SLOT_WAITERS)
		wake_waiters(slot);
}

/**
 * z2_slot_write_unlock() - give the write lock back
 * @table: the table
 * @index: the slot
 *
 * Carries out a free that was asked for since the contents were last replaced.
 *
 * Context: process, interrupts on or off.
 */
void z2_slot_write_unlock(struct z2_slot_table *table, unsigned long index)
{
	rwsem_release(&table->dep_map, _RET_IP_);
	unlock_writer(table, slot_at(table, index));
}

/**
 * z2_slot_read_unlock() - give the read lock back
 * @table: the table
 * @index: the slot
 *
 * The last reader out lets in who waits.  It turns a pending free into the write
 * lock and carries it out before anybody else gets in.
 *
 * Context: process, interrupts on or off.
 */
void z2_slot_read_unlock(struct z2_slot_table *table, unsigned long index)
{
	struct z2_slot *slot = slot_at(table, index);
	u32 old = atomic_read(&slot->state);
	u32 new;

	rwsem_release(&table->dep_map, _RET_IP_);
	do {
		new = old - Z2_SLOT_READER;
		if (!(new & Z2_SLOT_READERS))
			new = new & Z2_SLOT_FREE ? new | Z2_SLOT_WRITER : new & ~Z2_SLOT_WAITERS;
	} while (!atomic_try_cmpxchg(&slot->state, (int *)&old, new));

	if (new & Z2_SLOT_WRITER)
		unlock_writer(table, slot);
	else if (old & ~new & Z2_SLOT_WAITERS)
		wake_waiters(slot);
}

/**
 * z2_slot_prefetch() - a slot is going to be locked soon
 * @table: the table
 * @index: the slot
 *
 * A large table isn't in the cache, and whoever has something to do before can
 * spare itself the wait.
 */
void z2_slot_prefetch(struct z2_slot_table *table, unsigned long index)
{
	prefetchw(slot_at(table, index));
}

/**
 * z2_slot_row() - many slots, to be looked at without their locks
 * @table: the table
 * @index: the first of them
 *
 * A call for each slot takes longer than the look.
 *
 * Context: any.
 * Return: the slots from @index to the end of the table, for z2_slot_row_state()
 * and z2_slot_row_time() alone.
 */
const struct z2_slot *z2_slot_row(const struct z2_slot_table *table, unsigned long index)
{
	return &table->slots[index];
}

/**
 * z2_slot_peek() - content bits of a slot, without its lock
 * @table: the table
 * @index: the slot
 *
 * For passing over slots that are no candidates for something; what they are
 * candidates for looks again with the lock.
 *
 * Context: any.
 */
u32 z2_slot_peek(struct z2_slot_table *table, unsigned long index)
{
	return atomic_read(&slot_at(table, index)->state) & Z2_SLOT_CONTENT;
}

/**
 * z2_slot_get() - what a slot holds
 * @table: the table
 * @index: the slot, locked for reading or writing
 *
 * Return: the object; z2_object_empty() if there is none.
 */
struct z2_object z2_slot_get(struct z2_slot_table *table, unsigned long index)
{
	struct z2_slot *slot = slot_at(table, index);

	lockdep_assert(lock_is_held(&table->dep_map));
	return (struct z2_object){
		.word = slot->word,
		.state = atomic_read(&slot->state) & Z2_SLOT_CONTENT,
	};
}

/**
 * z2_slot_glance() - what a slot seems to hold, without its lock
 * @table: the table
 * @index: the slot; one beyond the table will do
 *
 * For hints only: the slot may hold something else by then, and word and state
 * need not belong together.
 *
 * Context: any.
 * Return: the object; empty beyond the table.
 */
struct z2_object z2_slot_glance(struct z2_slot_table *table, unsigned long index)
{
	struct z2_slot *slot = slot_at(table, index);

	if (index >= table->nr)
		return (struct z2_object){};
	return (struct z2_object){
		/* Whoever has the lock may be writing it: a torn one is as good. */
		.word = data_race(slot->word),
		.state = atomic_read(&slot->state) & Z2_SLOT_CONTENT,
	};
}

/**
 * z2_slot_replace_unlock() - put an object into a slot, and unlock it
 * @table: the table
 * @index: the slot, locked for writing
 * @new: the object; the slot owns it from here on
 * @now: when, see z2_slot_now()
 *
 * Marks, and a free that was asked for before, are gone with the old contents: the
 * only bits of the state that stay are those of the new object.  Hence one exchange
 * does it, and nobody can ask for anything between that and the unlock.
 *
 * Context: process, interrupts on or off.
 * Return: the old object, which is the caller's to release.
 */
struct z2_object z2_slot_replace_unlock(struct z2_slot_table *table, unsigned long index,
					struct z2_object new, u32 now)
{
	struct z2_slot *slot = slot_at(table, index);
	struct z2_object old = { .word = slot->word };
	u32 state;

	lockdep_assert(lock_is_held_type(&table->dep_map, 0));
	rwsem_release(&table->dep_map, _RET_IP_);
	slot->word = new.word;
	WRITE_ONCE(slot->access_time, now);
	state = atomic_xchg_release(&slot->state, new.state);
	if (state & Z2_SLOT_WAITERS)
		wake_waiters(slot);
	old.state = state & Z2_SLOT_CONTENT;
	return old;
}

/**
 * z2_slot_relocate() - the same contents, in another object
 * @table: the table
 * @index: the slot, locked for writing
 * @new: the object; the slot owns it from here on
 *
 * Marks are gone.  Somebody who asked for a free meanwhile meant these contents:
 * the new object is freed with the lock.
 *
 * Return: the old object, which is the caller's to release.
 */
struct z2_object z2_slot_relocate(struct z2_slot_table *table, unsigned long index,
				  struct z2_object new)
{
	struct z2_slot *slot = slot_at(table, index);
	struct z2_object old = { .word = slot->word };
	u32 state = atomic_read(&slot->state);

	lockdep_assert(lock_is_held_type(&table->dep_map, 0));
	while (!atomic_try_cmpxchg_relaxed(&slot->state, (int *)&state,
					   (state & ~Z2_SLOT_CONTENT) | new.state))
		;
	old.state = state & Z2_SLOT_CONTENT;
	slot->word = new.word;
	return old;
}

/**
 * z2_slot_mark() - set marks of an object that stays where it is
 * @table: the table
 * @index: the slot, locked for reading or writing
 * @mark: Z2_SLOT_IDLE, Z2_SLOT_PP, Z2_SLOT_INCOMPRESSIBLE
 */
void z2_slot_mark(struct z2_slot_table *table, unsigned long index, u32 mark)
{
	lockdep_assert(lock_is_held(&table->dep_map));
	atomic_or(mark, &slot_at(table, index)->state);
}

/**
 * z2_slot_unmark() - clear marks
 * @table: the table
 * @index: the slot, locked for reading or writing
 * @mark: as for z2_slot_mark()
 */
void z2_slot_unmark(struct z2_slot_table *table, unsigned long index, u32 mark)
{
	lockdep_assert(lock_is_held(&table->dep_map));
	atomic_andnot(mark, &slot_at(table, index)->state);
}

/**
 * z2_slot_touch() - note that a slot was read or written
 * @table: the table
 * @index: the slot, locked for reading or writing
 * @now: when, see z2_slot_now()
 *
 * Clears the marks that say "unchanged and unused since".
 */
void z2_slot_touch(struct z2_slot_table *table, unsigned long index, u32 now)
{
	struct z2_slot *slot = slot_at(table, index);

	lockdep_assert(lock_is_held(&table->dep_map));
	if (atomic_read(&slot->state) & Z2_SLOT_MARKS)
		atomic_andnot(Z2_SLOT_MARKS, &slot->state);
	WRITE_ONCE(slot->access_time, now);
}

/**
 * z2_slot_access_time() - when a slot was last read or written
 * @table: the table
 * @index: the slot, locked or not
 *
 * Return: seconds of boot time, 0 if empty.
 */
u32 z2_slot_access_time(struct z2_slot_table *table, unsigned long index)
{
	return READ_ONCE(slot_at(table, index)->access_time);
}

/**
 * z2_slot_free() - empty a slot, now or as soon as it is unlocked
 * @table: the table
 * @index: the slot
 *
 * Either takes the lock or leaves a request to its holder, in one step, so
 * that no free is ever missed.  Whoever locks the slot later finds it empty.
 *
 * Context: process, interrupts on or off; never sleeps.
 */
void z2_slot_free(struct z2_slot_table *table, unsigned long index)
{
	struct z2_slot *slot = slot_at(table, index);
	u32 old = atomic_read(&slot->state);
	u32 new;

	do {
		/* Nothing in it and nobody about to put something there. */
		if (!old)
			return;
		new = old & Z2_SLOT_LOCKED ? old | Z2_SLOT_FREE : Z2_SLOT_WRITER;
	} while (!atomic_try_cmpxchg_acquire(&slot->state, (int *)&old, new));

	if (new != Z2_SLOT_WRITER)
		return;
	let_go(table, slot, old);
	/* Nobody waits, as a rule. */
	if (atomic_cmpxchg_release(&slot->state, Z2_SLOT_WRITER, 0) != Z2_SLOT_WRITER)
		unlock_writer(table, slot);
}

/**
 * z2_slot_table_create() - a table of empty slots
 * @nr: number of slots, at least 1
 * @release: called for each object that a free lets go
 * @ctx: its first argument
 *
 * Context: process, may sleep.
 * Return: the table, or ERR_PTR(-ENOMEM).
 */
struct z2_slot_table *z2_slot_table_create(unsigned long nr, z2_slot_release_fn release, void *ctx)
{
	static struct lock_class_key key;
	struct z2_slot_table *table;

	assert_layout();
	/* A table beyond all memory is a user's error, and vmalloc's to warn of. */
	if (nr > (u64)totalram_pages() * (PAGE_SIZE / sizeof(struct z2_slot)))
		return ERR_PTR(-ENOMEM);
	table = kzalloc_obj(*table);
	if (!table)
		return ERR_PTR(-ENOMEM);

	table->slots = __vmalloc(array_size(nr, sizeof(struct z2_slot)),
				 GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN);
	if (!table->slots) {
		kfree(table);
		return ERR_PTR(-ENOMEM);
	}
	table->nr = nr;
	table->release = release;
	table->release_ctx = ctx;
	lockdep_init_map(&table->dep_map, "zram2 slot", &key, 0);
	return table;
}

/**
 * z2_slot_table_destroy() - free all slots and the table
 * @table: the table, used by nobody any more; NULL is fine
 *
 * Context: process, may sleep; long for a large table.
 */
void z2_slot_table_destroy(struct z2_slot_table *table)
{
	unsigned long i;

	if (!table)
		return;
	for (i = 0; i < table->nr; i++) {
		z2_slot_free(table, i);
		if (!(i % 1024))
			cond_resched();
	}
	vfree(table->slots);
	kfree(table);
}

/**
 * z2_slot_table_nr() - number of slots
 * @table: the table
 */
unsigned long z2_slot_table_nr(const struct z2_slot_table *table)
{
	return table->nr;
}

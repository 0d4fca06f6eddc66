/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The slot table: one 16-byte slot for each page of the disk, with a sleepable
 * reader-writer lock in it.
 *
 * A slot's contents are a 64-bit word and the content bits of its state: size,
 * flags and codec priority.  What the word means depends on the flags:
 *
 *   none of the below   size == 0: empty; else a pool handle, compressed
 *   Z2_SLOT_HUGE        a pool handle, stored raw
 *   Z2_SLOT_SAME        the fill pattern
 *   Z2_SLOT_BACKING     a location on the backing device; size, Z2_SLOT_HUGE
 *                       and the priority still describe the object
 *
 * Lock: many readers or one writer; both may sleep while they hold it.  A slot
 * may be freed from atomic context: if it is locked then, the request stays in
 * the slot and whoever unlocks last carries it out before anybody else gets in.
 */
#ifndef ZRAM2_SLOT_H
#define ZRAM2_SLOT_H

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/compiler.h>
#include <linux/mm.h>
#include <linux/timekeeping.h>
#include <linux/types.h>

#define Z2_SLOT_SIZE_BITS	(PAGE_SHIFT + 1)
#define Z2_SLOT_SIZE_MASK	(BIT(Z2_SLOT_SIZE_BITS) - 1)
#define Z2_SLOT_SAME		BIT(Z2_SLOT_SIZE_BITS + 0)
#define Z2_SLOT_BACKING		BIT(Z2_SLOT_SIZE_BITS + 1)
#define Z2_SLOT_HUGE		BIT(Z2_SLOT_SIZE_BITS + 2)
#define Z2_SLOT_INCOMPRESSIBLE	BIT(Z2_SLOT_SIZE_BITS + 3)
/* Marks: set and cleared while the slot is locked, for reading too. */
#define Z2_SLOT_IDLE		BIT(Z2_SLOT_SIZE_BITS + 4)
#define Z2_SLOT_PP		BIT(Z2_SLOT_SIZE_BITS + 5)	/* taken for post-processing */
#define Z2_SLOT_MARKS		(Z2_SLOT_IDLE | Z2_SLOT_PP)
#define Z2_SLOT_PRIO_SHIFT	(Z2_SLOT_SIZE_BITS + 6)
#define Z2_SLOT_PRIO_MASK	GENMASK(Z2_SLOT_PRIO_SHIFT + 1, Z2_SLOT_PRIO_SHIFT)
#define Z2_SLOT_CONTENT_BITS	(Z2_SLOT_PRIO_SHIFT + 2)
#define Z2_SLOT_CONTENT		(BIT(Z2_SLOT_CONTENT_BITS) - 1)

/* The lock; only slot.c and the inlines below look at it. */
#define Z2_SLOT_WRITER		BIT(Z2_SLOT_CONTENT_BITS + 0)
#define Z2_SLOT_WAITERS		BIT(Z2_SLOT_CONTENT_BITS + 1)	/* implies locked */
#define Z2_SLOT_FREE		BIT(Z2_SLOT_CONTENT_BITS + 2)	/* asked for; implies locked */
#define Z2_SLOT_READER_SHIFT	(Z2_SLOT_CONTENT_BITS + 3)
#define Z2_SLOT_READER		BIT(Z2_SLOT_READER_SHIFT)
#define Z2_SLOT_READERS		GENMASK(31, Z2_SLOT_READER_SHIFT)
#define Z2_SLOT_LOCKED		(Z2_SLOT_WRITER | Z2_SLOT_READERS)

/**
 * struct z2_slot - one page of the disk
 * @word: pool handle, fill pattern or backing location; under the slot lock
 * @state: content bits under the slot lock, lock bits by themselves; every
 *	update is an atomic read-modify-write because others set lock bits
 *	while the owner holds the lock
 * @access_time: boot time in seconds of the last read or write; WRITE_ONCE by
 *	readers and writers, a reader of it may be a little late
 */
struct z2_slot {
	u64 word;
	atomic_t state;
	u32 access_time;
};

/**
 * struct z2_object - what a slot holds or held
 * @word: see struct z2_slot
 * @state: content bits only; 0 for an empty slot
 */
struct z2_object {
	u64 word;
	u32 state;
};

/**
 * typedef z2_slot_release_fn - gives up an object that a slot let go
 * @ctx: as given to z2_slot_table_create()
 * @obj: the object, no longer in its slot
 *
 * Context: process, atomic; the slot is write-locked.
 */
typedef void (*z2_slot_release_fn)(void *ctx, const struct z2_object *obj);

struct z2_slot_table;

struct z2_slot_table *z2_slot_table_create(unsigned long nr, z2_slot_release_fn release, void *ctx);
void z2_slot_table_destroy(struct z2_slot_table *table);
unsigned long z2_slot_table_nr(const struct z2_slot_table *table);

void z2_slot_read_lock(struct z2_slot_table *table, unsigned long index);
void z2_slot_read_unlock(struct z2_slot_table *table, unsigned long index);
void z2_slot_write_lock(struct z2_slot_table *table, unsigned long index);
bool __must_check z2_slot_write_trylock(struct z2_slot_table *table, unsigned long index);
void z2_slot_write_unlock(struct z2_slot_table *table, unsigned long index);

const struct z2_slot *z2_slot_row(const struct z2_slot_table *table, unsigned long index);
void z2_slot_prefetch(struct z2_slot_table *table, unsigned long index);
u32 z2_slot_peek(struct z2_slot_table *table, unsigned long index);
struct z2_object z2_slot_glance(struct z2_slot_table *table, unsigned long index);
struct z2_object z2_slot_get(struct z2_slot_table *table, unsigned long index);
struct z2_object z2_slot_replace_unlock(struct z2_slot_table *table, unsigned long index,
					struct z2_object new, u32 now);
struct z2_object z2_slot_relocate(struct z2_slot_table *table, unsigned long index,
				  struct z2_object new);
void z2_slot_mark(struct z2_slot_table *table, unsigned long index, u32 mark);
void z2_slot_unmark(struct z2_slot_table *table, unsigned long index, u32 mark);
void z2_slot_touch(struct z2_slot_table *table, unsigned long index, u32 now);
u32 z2_slot_access_time(struct z2_slot_table *table, unsigned long index);
void z2_slot_free(struct z2_slot_table *table, unsigned long index);

/**
 * z2_slot_now() - the time of an access, as a slot notes it
 *
 * Context: any.
 * Return: seconds of boot time.
 */
static inline u32 z2_slot_now(void)
{
	return ktime_get_boottime_seconds();
}

/**
 * z2_slot_row_state() - z2_slot_peek(), for who looks at one slot after the other
 * @slot: in a row that z2_slot_row() gave
 *
 * Context: any.
 */
static inline u32 z2_slot_row_state(const struct z2_slot *slot)
{
	return atomic_read(&slot->state) & Z2_SLOT_CONTENT;
}

/**
 * z2_slot_row_time() - z2_slot_access_time(), likewise
 * @slot: in a row that z2_slot_row() gave
 *
 * Context: any.
 */
static inline u32 z2_slot_row_time(const struct z2_slot *slot)
{
	return READ_ONCE(slot->access_time);
}

static inline u32 z2_object_size(const struct z2_object *obj)
{
	return obj->state & Z2_SLOT_SIZE_MASK;
}

static inline u32 z2_object_prio(const struct z2_object *obj)
{
	return (obj->state & Z2_SLOT_PRIO_MASK) >> Z2_SLOT_PRIO_SHIFT;
}

static inline bool z2_object_is(const struct z2_object *obj, u32 flag)
{
	return obj->state & flag;
}

static inline bool z2_object_empty(const struct z2_object *obj)
{
	return !(obj->state & (Z2_SLOT_SIZE_MASK | Z2_SLOT_SAME | Z2_SLOT_BACKING));
}

/**
 * z2_object_make() - put an object together
 * @word: see struct z2_slot
 * @size: stored bytes, up to PAGE_SIZE
 * @flags: Z2_SLOT_SAME, _BACKING, _HUGE, _INCOMPRESSIBLE
 * @prio: priority of the codec that compressed it, 0 to 3
 */
static inline struct z2_object z2_object_make(u64 word, u32 size, u32 flags, u32 prio)
{
	return (struct z2_object){
		.word = word,
		.state = size | flags | prio << Z2_SLOT_PRIO_SHIFT,
	};
}

#endif

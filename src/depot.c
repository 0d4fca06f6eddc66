// SPDX-License-Identifier: GPL-2.0
/*
 * The depot of freed handles: magazines that were allocated before, a list of
 * them for each size class and one of the empty ones.  Whoever empties it goes
 * round the classes and takes about the same share of each, since that is what
 * the next writers will ask for: a class that is gone is a miss for all of them.
 *
 * Locks: its own, inside those of a CPU's stacks and of who empties it.
 */
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/limits.h>
#include <linux/list.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/overflow.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include <zram2/depot.h>

/* Makes a magazine of 512 bytes, where a word has 8. */
#define MAGAZINE_HANDLES	63

/*
 * A turn of a class takes one in so many of its handles: a round is short
 * beside what is kept, and all classes shrink alike.  But not fewer than are
 * worth taking the pool's lock of the class for, in its cache.
 */
#define TURN_PART	16
#define TURN_MIN	32UL

/**
 * struct magazine - handles of one size class
 * @next: another of the class, or another empty one
 * @handles: they; how many the shelf knows, so that its first line, seldom in the
 *	cache, isn't read but for @next
 */
struct magazine {
	struct magazine *next;
	unsigned long handles[MAGAZINE_HANDLES];
};

/**
 * struct supply - magazines that were allocated together
 * @node: on the list of supplies
 * @magazines: they
 */
struct supply {
	struct list_head node;
	struct magazine magazines[];
};

/**
 * struct shelf - the handles of a class
 * @full: magazines with something in them; the first may be filled up, the
 *	others are full
 * @nr: handles in all of them; looked at without the lock
 */
struct shelf {
	struct magazine *full;
	unsigned long nr;
};

/**
 * struct z2_depot - handles that nobody has taken yet
 * @supplies: all magazines; changed by z2_depot_supply() only
 * @supplied: how many magazines those are
 * @lock: protects what follows, and the magazines
 * @empty: magazines with nothing in them
 * @nr: handles in all the others; looked at without the lock
 * @turn: the class whose turn it is to be emptied
 * @turn_left: handles of it that are still to go
 * @classes: how many there are; fixed
 * @shelves: by class
 */
struct z2_depot {
	struct list_head supplies;
	unsigned long supplied;

	spinlock_t lock;	/* protects what follows, and the magazines */
	struct magazine *empty;
	unsigned long nr;
	unsigned int turn;
	unsigned long turn_left;
	unsigned int classes;
	struct shelf shelves[];
};

/* With the lock: a magazine that has room for a handle. */
static struct magazine *magazine_to_fill(struct z2_depot *depot, struct shelf *shelf)
{
	struct magazine *mag;

	/* The first one is filled up before another comes. */
	if (shelf->nr % MAGAZINE_HANDLES)
		return shelf->full;
	mag = depot->empty;
	if (mag) {
		depot->empty = mag->next;
		mag->next = shelf->full;
		shelf->full = mag;
	}
	return mag;
}

/**
 * z2_depot_put() - keep handles, as many as there is room for
 * @depot: where
 * @class: of them all
 * @handles: the last of them are put first
 * @nr: how many
 *
 * Context: process, interrupts on or off; never sleeps.
 * Return: how many there was no room for, which are the first ones.
 */
unsigned int z2_depot_put(struct z2_depot *depot, unsigned int class,
			  const unsigned long *handles, unsigned int nr)
{
	struct shelf *shelf = &depot->shelves[class];
	unsigned int left = nr, at;
	struct magazine *mag;

	spin_lock(&depot->lock);
	while (left && (mag = magazine_to_fill(depot, shelf))) {
		at = shelf->nr % MAGAZINE_HANDLES;
		WRITE_ONCE(shelf->nr, shelf->nr + min(left, MAGAZINE_HANDLES - at));
		while (left && at < MAGAZINE_HANDLES)
			mag->handles[at++] = handles[--left];
	}
	WRITE_ONCE(depot->nr, depot->nr + nr - left);
	spin_unlock(&depot->lock);
	return left;
}

/* With the lock: from the first magazine. */
static unsigned int take(struct z2_depot *depot, struct shelf *shelf, unsigned long *handles,
			 unsigned int max)
{
	struct magazine *mag = shelf->full;
	unsigned int n, in;

	if (!shelf->nr)
		return 0;
	in = (shelf->nr - 1) % MAGAZINE_HANDLES + 1;
	n = min(max, in);
	memcpy(handles, &mag->handles[in - n], n * sizeof(*handles));
	WRITE_ONCE(shelf->nr, shelf->nr - n);
	WRITE_ONCE(depot->nr, depot->nr - n);
	if (n == in) {
		shelf->full = mag->next;
		mag->next = depot->empty;
		depot->empty = mag;
	}
	return n;
}

/**
 * z2_depot_has() - is it worth asking for a handle?
 * @depot: where
 * @class: of which class
 *
 * Context: any.
 * Return: whether there is one; without a lock, another CPU may be faster.
 */
bool z2_depot_has(const struct z2_depot *depot, unsigned int class)
{
	return READ_ONCE(depot->shelves[class].nr);
}

/**
 * z2_depot_take() - handles of a class
 * @depot: from where
 * @class: of which class
 * @handles: put here
 * @max: that many at most
 *
 * Context: process, interrupts on or off; never sleeps.
 * Return: how many; there may be more, but none if it is 0.
 */
unsigned int z2_depot_take(struct z2_depot *depot, unsigned int class, unsigned long *handles,
			   unsigned int max)
{
	unsigned int n;

	spin_lock(&depot->lock);
	n = take(depot, &depot->shelves[class], handles, max);
	spin_unlock(&depot->lock);
	return n;
}

/**
 * z2_depot_take_next() - handles of the class whose turn it is
 * @depot: from where
 * @class: set to which
 * @handles: put here
 * @max: that many at most
 *
 * Context: process, interrupts on or off; never sleeps.
 * Return: how many; 0 if the depot is empty.
 */
unsigned int z2_depot_take_next(struct z2_depot *depot, unsigned int *class,
				unsigned long *handles, unsigned int max)
{
	unsigned int n = 0, i;

	*class = 0;
	if (!READ_ONCE(depot->nr))
		return 0;
	spin_lock(&depot->lock);
	/* Once more than there are classes: the turn may end with this one. */
	for (i = 0; i <= depot->classes; i++) {
		n = take(depot, &depot->shelves[depot->turn], handles,
			 min_t(unsigned long, max, depot->turn_left));
		depot->turn_left -= n;
		if (n)
			break;
		if (++depot->turn == depot->classes)
			depot->turn = 0;
		depot->turn_left = max(depot->shelves[depot->turn].nr / TURN_PART, TURN_MIN);
	}
	*class = depot->turn;
	spin_unlock(&depot->lock);
	return n;
}

/**
 * z2_depot_supply() - make sure that there are magazines
 * @depot: for this
 * @handles: that there is room for, whatever their classes
 *
 * The caller sees to it that nobody else does the same.
 *
 * Context: process, may sleep.
 * Return: 0, or -ENOMEM and all is as before.
 */
int z2_depot_supply(struct z2_depot *depot, unsigned long handles)
{
	/* One of each class is in use by a few handles. */
	unsigned long i, nr = DIV_ROUND_UP(handles, MAGAZINE_HANDLES) + depot->classes;
	struct supply *supply;

	/* Room for more than is kept anywhere; kvzalloc() gives no more. */
	nr = min_t(unsigned long, nr, (INT_MAX - sizeof(*supply)) / sizeof(struct magazine));

	if (nr <= depot->supplied)
		return 0;
	nr -= depot->supplied;
	supply = kvzalloc(struct_size(supply, magazines, nr), GFP_KERNEL | __GFP_NOWARN);
	if (!supply)
		return -ENOMEM;
	list_add(&supply->node, &depot->supplies);
	depot->supplied += nr;

	for (i = 0; i < nr - 1; i++)
		supply->magazines[i].next = &supply->magazines[i + 1];
	spin_lock(&depot->lock);
	supply->magazines[nr - 1].next = depot->empty;
	depot->empty = &supply->magazines[0];
	spin_unlock(&depot->lock);
	return 0;
}

/**
 * z2_depot_create() - an empty depot with room for nothing
 * @classes: of handles
 *
 * Context: process, may sleep.
 * Return: the depot, or NULL.
 */
struct z2_depot *z2_depot_create(unsigned int classes)
{
	struct z2_depot *depot = kvzalloc(struct_size(depot, shelves, classes), GFP_KERNEL);

	if (!depot)
		return NULL;
	depot->classes = classes;
	spin_lock_init(&depot->lock);
	INIT_LIST_HEAD(&depot->supplies);
	return depot;
}

/**
 * z2_depot_destroy() - free a depot
 * @depot: with nothing in it; NULL is fine
 *
 * Context: process, may sleep.
 */
void z2_depot_destroy(struct z2_depot *depot)
{
	struct supply *supply, *next;

	if (!depot)
		return;
	list_for_each_entry_safe(supply, next, &depot->supplies, node)
		kvfree(supply);
	kvfree(depot);
}

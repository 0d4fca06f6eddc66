// SPDX-License-Identifier: GPL-2.0
/* Compaction; see the header. */
#include <linux/bsearch.h>
#include <linux/errno.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/sort.h>

#include <zram2/backing.h>
#include <zram2/compact.h>
#include <zram2/device.h>
#include <zram2/readback.h>
#include <zram2/scan.h>
#include <zram2/segment.h>
#include <zram2/slot.h>

/* Blocks, and objects, of a plan: it takes less than 1 MiB of memory. */
#define PLAN_MAX	16384U

/* What is to be gained at once: the cost of a scan is spread over so much. */
#define GAIN_SHARE	16

/* Most blocks that are written to gain one: flash wears out. */
#define PRICE_MAX	8

/* Neighbours that are judged together: what lies on two of them moves once. */
#define CHAIN_MAX	32

/**
 * struct compact_victim - a block to be emptied
 * @block: which
 * @first: the first of its objects in the plan
 * @nr: how many objects have a part there
 * @cost: their bytes, those in other blocks as well
 * @head: of these, bytes of objects that begin in an earlier block
 * @rank: victims of low rank go first
 * @round: in which its objects move; 0 if they don't yet
 */
struct compact_victim {
	u32 block;
	u32 first;
	u32 nr;
	u32 cost;
	u32 head;
	u32 rank;
	u32 round;
};

/**
 * struct compact_object - an object with a part in a victim
 * @index: its slot
 * @victim: which victim; with parts in two, it is in the plan twice
 */
struct compact_object {
	unsigned long index;
	u32 victim;
};

/**
 * struct compact_plan - what to move
 * @segs: where to
 * @victims: by block number
 * @nr_victims: how many
 * @objects: by victim
 * @nr_objects: how many
 * @order: numbers of victims, by rank
 * @next: where in @order to go on
 * @round: segments begun
 */
struct compact_plan {
	struct z2_segments *segs;
	struct compact_victim *victims;
	unsigned int nr_victims;
	struct compact_object *objects;
	unsigned int nr_objects;
	u32 *order;
	unsigned int next;
	unsigned int round;
};

static void compact_plan_free(struct compact_plan *plan)
{
	kvfree(plan->victims);
	kvfree(plan->objects);
	kvfree(plan->order);
}

static int compact_plan_alloc(struct compact_plan *plan)
{
	const gfp_t gfp = GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN;

	plan->victims = kvmalloc_array(PLAN_MAX, sizeof(*plan->victims), gfp);
	plan->objects = kvmalloc_array(PLAN_MAX, sizeof(*plan->objects), gfp);
	plan->order = kvmalloc_array(PLAN_MAX, sizeof(*plan->order), gfp);
	if (plan->victims && plan->objects && plan->order)
		return 0;
	compact_plan_free(plan);
	return -ENOMEM;
}

/* Choose the blocks, as many as the plan has room for their objects. */
static void compact_choose_victims(struct compact_plan *plan, unsigned int below)
{
	struct z2_blockmap *map = z2_backing_map(plan->segs->dev->backing);
	u64 blocks = z2_blockmap_stats(map).blocks, block = 0;
	unsigned int room = PLAN_MAX, refs;

	while ((block = z2_blockmap_next_sparse(map, block, below, &refs)) < blocks) {
		/* With so many readers it won't be free soon; perhaps never, see blockmap. */
		if (refs <= PLAN_MAX) {
			if (refs > room)
				break;
			room -= refs;
			plan->victims[plan->nr_victims++] = (struct compact_victim){
				.block = block,
			};
		}
		block++;
		cond_resched();
	}
}

static int compact_cmp_block(const void *key, const void *elt)
{
	u32 block = *(const u32 *)key, other = ((const struct compact_victim *)elt)->block;

	return block < other ? -1 : block > other;
}

static struct compact_victim *compact_find_victim(const struct compact_plan *plan, u32 block)
{
	/* Most objects of a large device lie nowhere near. */
	if (block < plan->victims[0].block || block > plan->victims[plan->nr_victims - 1].block)
		return NULL;
	return bsearch(&block, plan->victims, plan->nr_victims, sizeof(*plan->victims),
		       compact_cmp_block);
}

/* Where an object seems to lie, if it is on the device; its slot isn't locked. */
static bool compact_glance(struct z2_device *dev, unsigned long index, struct z2_extent *extent)
{
	struct z2_object obj = z2_slot_glance(dev->table, index);

	if (!z2_object_is(&obj, Z2_SLOT_BACKING))
		return false;
	*extent = z2_location_extent(obj.word, z2_device_stored_size(dev, &obj));
	return true;
}

/* Bytes of an object that lie in a block. */
static unsigned int compact_part(const struct z2_extent *extent, u32 block)
{
	u64 begin = ((u64)extent->block << Z2_BLOCK_SHIFT) + extent->offset;
	u64 here = (u64)block << Z2_BLOCK_SHIFT;
	u64 from = max(begin, here), to = min(begin + extent->size, here + Z2_BLOCK_SIZE);

	return from < to ? to - from : 0;
}

static void compact_add_object(struct compact_plan *plan, unsigned long index,
			       const struct z2_extent *extent)
{
	u32 block, last = z2_extent_last_block(extent);

	for (block = extent->block; block <= last; block++) {
		struct compact_victim *victim = compact_find_victim(plan, block);

		/* A victim that isn't complete is left alone in compact_place(). */
		if (!victim || plan->nr_objects == PLAN_MAX)
			continue;
		plan->objects[plan->nr_objects++] = (struct compact_object){
			.index = index,
			.victim = victim - plan->victims,
		};
		victim->cost += extent->size;
		if (block != extent->block)
			victim->head += extent->size;
	}
}

/* In the order of slots, so that what is read together stays together. */
static int compact_cmp_object(const void *a, const void *b)
{
	const struct compact_object *one = a, *other = b;

	if (one->victim != other->victim)
		return one->victim < other->victim ? -1 : 1;
	return one->index < other->index ? -1 : one->index > other->index;
}

static int compact_collect_objects(struct compact_plan *plan)
{
	struct z2_device *dev = plan->segs->dev;
	unsigned long nr = z2_slot_table_nr(dev->table), index;
	struct z2_extent extent;
	unsigned int i;
	int err;

	for (index = 0; index < nr; index++) {
		if (!(index % Z2_SCAN_STOP_SLOTS)) {
			err = z2_scan_stop(dev);
			if (err)
				return err;
			cond_resched();
		}
		if (compact_glance(dev, index, &extent))
			compact_add_object(plan, index, &extent);
	}

	sort(plan->objects, plan->nr_objects, sizeof(*plan->objects), compact_cmp_object, NULL);
	for (i = plan->nr_objects; i--;) {
		struct compact_victim *victim = &plan->victims[plan->objects[i].victim];

		victim->first = i;
		victim->nr++;
	}
	return 0;
}

static int compact_cmp_rank(const void *a, const void *b, const void *priv)
{
	const struct compact_plan *plan = priv;
	u32 one = *(const u32 *)a, other = *(const u32 *)b;
	u32 rank = plan->victims[one].rank, other_rank = plan->victims[other].rank;

	if (rank != other_rank)
		return rank < other_rank ? -1 : 1;
	return one < other ? -1 : one > other;
}

static void compact_sort(struct compact_plan *plan)
{
	u32 i;

	for (i = 0; i < plan->nr_victims; i++)
		plan->order[i] = i;
	sort_r(plan->order, plan->nr_victims, sizeof(*plan->order), compact_cmp_rank, NULL, plan);
	plan->next = 0;
}

/* Victims that are neighbours go together, at what they cost on average. */
static void compact_rank_chains(struct compact_plan *plan)
{
	struct compact_victim *victims = plan->victims;
	unsigned int i, end;

	for (i = 0; i < plan->nr_victims; i = end) {
		u32 cost = victims[i].cost;
		unsigned int k;

		for (end = i + 1; end < plan->nr_victims && end - i < CHAIN_MAX; end++) {
			if (victims[end].block != victims[end - 1].block + 1)
				break;
			cost += victims[end].cost - victims[end].head;
		}
		for (k = i; k < end; k++)
			victims[k].rank = cost / (end - i);
	}
	compact_sort(plan);
}

/* Each for itself: where free runs are short, a chain's beginning costs too much. */
static void compact_rank_singly(struct compact_plan *plan)
{
	unsigned int i;

	for (i = 0; i < plan->nr_victims; i++)
		plan->victims[i].rank = plan->victims[i].cost;
	compact_sort(plan);
}

/* Does an object move with another victim that it has a part in? */
static bool compact_moves_anyway(const struct compact_plan *plan, const struct z2_extent *extent)
{
	u32 block, last = z2_extent_last_block(extent);

	for (block = extent->block; block <= last; block++) {
		struct compact_victim *victim = compact_find_victim(plan, block);

		if (victim && victim->round)
			return true;
	}
	return false;
}

/*
 * Choose a victim for this round, if there are objects in it and all of them are
 * known.  Returns false if the open segment, filled as @fill says, has no room.
 */
static bool compact_place(struct compact_plan *plan, struct compact_victim *victim,
			  struct z2_segment_fill *fill)
{
	struct z2_device *dev = plan->segs->dev;
	struct z2_segment_fill filled = *fill;
	struct z2_extent extent;
	unsigned int i, live = 0;

	for (i = victim->first; i < victim->first + victim->nr; i++) {
		if (!compact_glance(dev, plan->objects[i].index, &extent) ||
		    !compact_part(&extent, victim->block))
			continue;
		live += compact_part(&extent, victim->block);
		if (!compact_moves_anyway(plan, &extent) &&
		    !z2_segments_fill(plan->segs, &filled, extent.size))
			return false;
	}
	if (live && live >= z2_blockmap_live(z2_backing_map(dev->backing), victim->block)) {
		victim->round = plan->round;
		*fill = filled;
	}
	return true;
}

/*
 * Choose victims for a round: in @order up to *end, where most blocks are gained
 * at a fair price.  Returns false if there is nothing to gain.
 */
static bool compact_choose_round(struct compact_plan *plan, unsigned int *end)
{
	unsigned int emptied = 0, gain = 0, i, stop;
	struct z2_segment_fill fill = {};

	plan->round++;
	*end = plan->next;
	for (stop = plan->next; stop < plan->nr_victims; stop++) {
		struct compact_victim *victim = &plan->victims[plan->order[stop]];
		unsigned int taken;

		if (!victim->round && !compact_place(plan, victim, &fill))
			break;
		emptied += victim->round == plan->round;
		taken = DIV_ROUND_UP(fill.len, Z2_BLOCK_SIZE);
		if (emptied > taken + gain && (emptied - taken) * PRICE_MAX >= taken) {
			gain = emptied - taken;
			*end = stop + 1;
		}
	}
	for (i = *end; i < stop; i++) {
		struct compact_victim *victim = &plan->victims[plan->order[i]];

		if (victim->round == plan->round)
			victim->round = 0;
	}
	return gain;
}

/* What can't be read stays where it is; its reader is told. */
static void compact_move_object(struct z2_segments *segs, unsigned long index, u32 block)
{
	struct z2_device *dev = segs->dev;
	struct z2_extent extent;
	struct z2_object obj;
	void *bytes = NULL;
	int err;

	if (!z2_scan_take(dev, index, Z2_SCAN_BACKING, &obj))
		return;
	extent = z2_location_extent(obj.word, z2_device_stored_size(dev, &obj));
	if (compact_part(&extent, block))
		bytes = z2_segments_try_room(segs, extent.size);
	if (!bytes) {
		z2_scan_untake(dev, index);
		return;
	}
	z2_readback_pin(dev, &obj);
	z2_slot_read_unlock(dev->table, index);

	err = z2_readback_bytes(dev, &obj, bytes);
	z2_readback_unpin(dev, &obj);
	if (!err) {
		z2_segments_commit(segs, index, &obj);
		atomic64_add(extent.size, &z2_backing_stats(dev->backing)->moved_bytes);
		return;
	}
	z2_slot_read_lock(dev->table, index);
	z2_scan_untake(dev, index);
}

static void compact_empty(struct compact_plan *plan, const struct compact_victim *victim)
{
	unsigned int i;

	for (i = victim->first; i < victim->first + victim->nr; i++)
		compact_move_object(plan->segs, plan->objects[i].index, victim->block);
}

/* Move the objects of as many victims as fit a segment; -ENOSPC if no gain is in it. */
static int compact_round(struct compact_plan *plan)
{
	unsigned int end;
	int err = z2_segments_open_longest(plan->segs);

	if (err)
		return err;
	if (compact_choose_round(plan, &end)) {
		for (; plan->next < end; plan->next++) {
			struct compact_victim *victim = &plan->victims[plan->order[plan->next]];

			if (victim->round == plan->round)
				compact_empty(plan, victim);
		}
	} else {
		err = -ENOSPC;
	}
	z2_segments_flush(plan->segs);
	return err;
}

static int compact_rounds(struct compact_plan *plan, u64 target)
{
	struct z2_device *dev = plan->segs->dev;
	int err;

	do {
		err = z2_scan_stop(dev);
		err = err ?: compact_round(plan);
	} while (!err && z2_blockmap_free(z2_backing_map(dev->backing)) < target);
	return err;
}

/* A scan of the slots, and moves until so many blocks are free or no more gain. */
static int compact_scan(struct z2_segments *segs, unsigned int below, u64 target)
{
	struct compact_plan plan = { .segs = segs };
	int err = compact_plan_alloc(&plan);

	if (err)
		return err;
	compact_choose_victims(&plan, below);
	err = plan.nr_victims ? compact_collect_objects(&plan) : -ENOSPC;
	if (err)
		goto free_plan;
	compact_rank_chains(&plan);
	err = compact_rounds(&plan, target);
	if (err == -ENOSPC) {
		compact_rank_singly(&plan);
		err = compact_rounds(&plan, target);
	}
free_plan:
	compact_plan_free(&plan);
	return err;
}

/**
 * z2_compact_run() - make blocks free that are kept by little
 * @segs: the segments of a run of writeback; what is open is written
 *
 * Uses the free blocks that writeback keeps, and moves objects only where more
 * blocks become free than it takes.  Blocks that somebody reads become free when
 * he has done so.  Where reads or writes fail, less may be gained.
 *
 * Context: process, may sleep; long; ends early for a signal or a reset.
 * Return: 0 if there are more free blocks than writeback keeps; -ENOSPC if none
 * can be gained, see the top of the header; -ENOMEM; -EDQUOT at the writeback
 * limit; -EINTR; -EBUSY.
 */
int z2_compact_run(struct z2_segments *segs)
{
	struct z2_device *dev = segs->dev;
	struct z2_blockmap *map = z2_backing_map(dev->backing);
	u64 gain = z2_blockmap_stats(map).blocks / GAIN_SHARE + 1;

	/* What was reserved too much, or freed meanwhile, may do. */
	z2_segments_flush(segs);
	for (;;) {
		u64 before = z2_blockmap_free(map);
		unsigned int below;
		int err;

		if (before > segs->keep)
			return 0;
		/* With an object a block there are no holes between objects. */
		below = dev->writeback_packing ? z2_blockmap_sparse(map, gain) : 0;
		if (!below)
			return -ENOSPC;
		err = compact_scan(segs, below, before + gain);
		if (err && err != -ENOSPC)
			return err;
		if (z2_blockmap_free(map) <= before)
			return -ENOSPC;
	}
}

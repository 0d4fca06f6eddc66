// SPDX-License-Identifier: GPL-2.0
/*
 * The map of a backing device: one bit a block, and for blocks in use how many
 * refer to them and how many bytes are live.
 *
 * Counts are kept in groups of 1024 blocks, which exist only while one of
 * their blocks is in use: the map of an empty device of 1 TiB takes 32 MiB of
 * bits and 4 MiB of pointers.
 *
 * Runs are found next-fit: from where the last one ended, skipping full groups
 * by a bitmap of their own, so that a full and fragmented device costs no more
 * than an empty one.  A search for a long run that fails is remembered, for each
 * group and for the whole map, until a block there is freed.
 */
#define pr_fmt(fmt) "zram2: " fmt

#include <linux/bitmap.h>
#include <linux/bug.h>
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/vmalloc.h>

#include <zram2/blockmap.h>

#define GROUP_SHIFT	10
#define GROUP_BLOCKS	(BIT(GROUP_SHIFT))

/* Blocks by live bytes, for choosing the sparsest: 16 buckets and the full. */
#define BUCKET_SHIFT	8
#define BUCKETS		((Z2_BLOCK_SIZE >> BUCKET_SHIFT) + 1)

/* What the 19 bits of a count hold; Z2_BLOCK_SIZE needs the other 13. */
#define COUNT_REFS_MAX	(BIT(19) - 1)

/**
 * struct count - a block in use
 * @refs: reservations, objects and pins; at COUNT_REFS_MAX it stays there, as a
 *	refcount_t does, and the block is in use until the map is destroyed
 * @bytes: of objects, up to Z2_BLOCK_SIZE
 */
struct count {
	u32 refs : 19;
	u32 bytes : 13;
};

/**
 * struct group - 1024 blocks
 * @counts: NULL while none of them is in use
 * @used: how many are
 * @no_run: it has no run of so many free blocks; 0 if that isn't known
 */
struct group {
	struct count *counts;
	u16 used;
	u16 no_run;
};

/**
 * struct z2_blockmap - see the top of this file
 * @lock: protects all that follows but @blocks and @nr_groups
 * @blocks: of the device; fixed
 * @nr_groups: fixed
 * @used_bits: one bit a block
 * @full_bits: one bit a group
 * @groups: the groups
 * @cursor: where to look for the next run
 * @no_run: no group has a run of so many free blocks; 0 if that isn't known
 * @kept: counts of no group, for when there is no memory; all zero; may be NULL
 * @used: blocks in use
 * @objects: objects on the device
 * @bytes: their bytes
 * @bucket_blocks: blocks with objects, by live bytes
 * @bucket_bytes: their live bytes
 */
struct z2_blockmap {
	spinlock_t lock;	/* leaf lock, taken from atomic context as well */
	u64 blocks;
	unsigned long nr_groups;
	unsigned long *used_bits;
	unsigned long *full_bits;
	struct group *groups;
	u64 cursor;
	unsigned int no_run;
	struct count *kept;
	u64 used;
	u64 objects;
	u64 bytes;
	u64 bucket_blocks[BUCKETS];
	u64 bucket_bytes[BUCKETS];
};

static unsigned int group_size(const struct z2_blockmap *map, unsigned long g)
{
	return min_t(u64, GROUP_BLOCKS, map->blocks - ((u64)g << GROUP_SHIFT));
}

static struct count *count_of(struct z2_blockmap *map, u32 block)
{
	return &map->groups[block >> GROUP_SHIFT].counts[block % GROUP_BLOCKS];
}

static void take_block(struct z2_blockmap *map, u32 block)
{
	unsigned long g = block >> GROUP_SHIFT;

	__set_bit(block, map->used_bits);
	count_of(map, block)->refs = 1;
	map->used++;
	if (++map->groups[g].used == group_size(map, g))
		__set_bit(g, map->full_bits);
}

static void blockmap_get_ref(struct z2_blockmap *map, u32 block)
{
	struct count *count = count_of(map, block);

	if (count->refs == COUNT_REFS_MAX)
		return;
	if (++count->refs == COUNT_REFS_MAX)
		pr_warn_ratelimited("backing device: block %u has more readers than can be counted and stays in use until the reset\n",
				    block);
}

static void blockmap_put_ref(struct z2_blockmap *map, u32 block)
{
	unsigned long g = block >> GROUP_SHIFT;
	struct group *group = &map->groups[g];
	struct count *count = count_of(map, block);

	if (count->refs == COUNT_REFS_MAX)
		return;
	if (WARN_ON_ONCE(!count->refs) || --count->refs)
		return;
	__clear_bit(block, map->used_bits);
	__clear_bit(g, map->full_bits);
	group->no_run = 0;
	map->no_run = 0;
	map->used--;
	if (!--group->used) {
		if (map->kept)
			kfree(group->counts);
		else
			map->kept = group->counts;
		group->counts = NULL;
	}
}

static void change_bytes(struct z2_blockmap *map, u32 block, int delta)
{
	struct count *count = count_of(map, block);
	unsigned int bucket = count->bytes >> BUCKET_SHIFT;

	if (count->bytes) {
		map->bucket_blocks[bucket]--;
		map->bucket_bytes[bucket] -= count->bytes;
	}
	count->bytes += delta;
	bucket = count->bytes >> BUCKET_SHIFT;
	if (count->bytes) {
		map->bucket_blocks[bucket]++;
		map->bucket_bytes[bucket] += count->bytes;
	}
	map->bytes += delta;
}

/* Calls @fn for each block of an extent, with the bytes that lie there. */
static void each_block(struct z2_blockmap *map, const struct z2_extent *extent,
		       void (*fn)(struct z2_blockmap *map, u32 block, unsigned int bytes))
{
	unsigned int offset = extent->offset, left = extent->size;
	u32 block = extent->block;

	while (left) {
		unsigned int bytes = min_t(unsigned int, left, Z2_BLOCK_SIZE - offset);

		fn(map, block++, bytes);
		left -= bytes;
		offset = 0;
	}
}

static void add_to_block(struct z2_blockmap *map, u32 block, unsigned int bytes)
{
	blockmap_get_ref(map, block);
	change_bytes(map, block, bytes);
}

static void remove_from_block(struct z2_blockmap *map, u32 block, unsigned int bytes)
{
	change_bytes(map, block, -(int)bytes);
	blockmap_put_ref(map, block);
}

static void pin_block(struct z2_blockmap *map, u32 block, unsigned int bytes)
{
	blockmap_get_ref(map, block);
}

static void unpin_block(struct z2_blockmap *map, u32 block, unsigned int bytes)
{
	blockmap_put_ref(map, block);
}

/**
 * z2_blockmap_add() - an object has come to lie on reserved blocks
 * @map: the map
 * @extent: where; its blocks are reserved
 *
 * Context: process, interrupts on or off.
 */
void z2_blockmap_add(struct z2_blockmap *map, const struct z2_extent *extent)
{
	spin_lock(&map->lock);
	map->objects++;
	each_block(map, extent, add_to_block);
	spin_unlock(&map->lock);
}

/**
 * z2_blockmap_remove() - an object is gone
 * @map: the map
 * @extent: as it was added
 *
 * Context: process, interrupts on or off.
 */
void z2_blockmap_remove(struct z2_blockmap *map, const struct z2_extent *extent)
{
	spin_lock(&map->lock);
	map->objects--;
	each_block(map, extent, remove_from_block);
	spin_unlock(&map->lock);
}

/**
 * z2_blockmap_pin() - keep an object's blocks from being written anew
 * @map: the map
 * @extent: an object that is there now
 *
 * Context: process, interrupts on or off.
 */
void z2_blockmap_pin(struct z2_blockmap *map, const struct z2_extent *extent)
{
	spin_lock(&map->lock);
	each_block(map, extent, pin_block);
	spin_unlock(&map->lock);
}

/**
 * z2_blockmap_unpin() - undo z2_blockmap_pin()
 * @map: the map
 * @extent: as it was pinned; the object may be gone
 *
 * Context: process, interrupts on or off.
 */
void z2_blockmap_unpin(struct z2_blockmap *map, const struct z2_extent *extent)
{
	spin_lock(&map->lock);
	each_block(map, extent, unpin_block);
	spin_unlock(&map->lock);
}

/* The first run of at least @min free blocks of a group, from @at on; 0 if none. */
static unsigned int blockmap_find_in_group(struct z2_blockmap *map, unsigned long g, u64 at,
					   unsigned int min, unsigned int want, u32 *first)
{
	struct group *group = &map->groups[g];
	u64 begin = (u64)g << GROUP_SHIFT, end = begin + group_size(map, g);
	bool whole = at == begin;

	if (group->no_run && min >= group->no_run)
		return 0;
	while ((at = find_next_zero_bit(map->used_bits, end, at)) < end) {
		u64 stop = find_next_bit(map->used_bits, min(end, at + want), at);

		if (stop - at >= min) {
			*first = at;
			return stop - at;
		}
		at = stop;
	}
	if (whole)
		group->no_run = min;
	return 0;
}

/* The next such run at or behind the cursor, within one group; 0 if none. */
static unsigned int blockmap_find_run(struct z2_blockmap *map, unsigned int min,
				      unsigned int want, u32 *first)
{
	u64 at = map->cursor < map->blocks ? map->cursor : 0;
	bool wrapped = !at;

	if (map->no_run && min >= map->no_run)
		return 0;
	for (;;) {
		unsigned long g = find_next_zero_bit(map->full_bits, map->nr_groups,
						     at >> GROUP_SHIFT);
		unsigned int len;

		if (g < map->nr_groups) {
			at = max(at, (u64)g << GROUP_SHIFT);
			len = blockmap_find_in_group(map, g, at, min, want, first);
			if (len)
				return len;
			/* What it has is behind us, or too short; the last group may be short. */
			at = ((u64)g + 1) << GROUP_SHIFT;
			continue;
		}
		if (wrapped) {
			map->no_run = min;
			return 0;
		}
		wrapped = true;
		at = 0;
	}
}

static struct count *alloc_counts(gfp_t gfp)
{
	return kcalloc(GROUP_BLOCKS, sizeof(struct count), gfp | __GFP_NOWARN);
}

/**
 * z2_blockmap_reserve() - take a run of free blocks
 * @map: the map
 * @min: blocks that are of use, at least 1; shorter runs are passed over
 * @want: blocks, at least @min; the run may be shorter
 * @keep: free blocks not to be touched
 * @first: set to the first of the run
 *
 * A run lies within one group of 1024 blocks.  Memory for its counts is asked for once;
 * a group's worth is kept for when there is none, and again once a group is empty.
 *
 * Context: process, may sleep; fit for reclaim.
 * Return: its length; -ENOSPC if no run is long enough or it would touch @keep,
 * -ENOMEM without memory for counts.
 */
int z2_blockmap_reserve(struct z2_blockmap *map, unsigned int min, unsigned int want,
			unsigned int keep, u32 *first)
{
	struct count *spare = NULL;
	unsigned int len, i;
	bool failed = false;

	for (;;) {
		struct group *group;

		spin_lock(&map->lock);
		len = 0;
		if (map->blocks - map->used >= (u64)keep + min)
			len = blockmap_find_run(map, min,
						min_t(u64, want, map->blocks - map->used - keep),
						first);
		if (!len)
			break;
		group = &map->groups[*first >> GROUP_SHIFT];
		if (!group->counts)
			swap(group->counts, spare);
		if (!group->counts && failed)
			swap(group->counts, map->kept);
		if (group->counts)
			break;
		spin_unlock(&map->lock);
		if (failed)
			return -ENOMEM;

		spare = alloc_counts(GFP_NOIO | __GFP_NORETRY);
		failed = !spare;
	}

	for (i = 0; i < len; i++)
		take_block(map, *first + i);
	if (len)
		map->cursor = (u64)*first + len;
	if (!map->kept)
		swap(map->kept, spare);
	spin_unlock(&map->lock);
	kfree(spare);
	return len ?: -ENOSPC;
}

/**
 * z2_blockmap_unreserve() - drop the reservation of a run or a part of one
 * @map: the map
 * @first: its first block
 * @nr: how many
 *
 * Blocks that no object came to lie on are free again.
 *
 * Context: process, interrupts on or off.
 */
void z2_blockmap_unreserve(struct z2_blockmap *map, u32 first, unsigned int nr)
{
	spin_lock(&map->lock);
	while (nr--)
		blockmap_put_ref(map, first++);
	spin_unlock(&map->lock);
}

/**
 * z2_blockmap_live() - live bytes of a block
 * @map: the map
 * @block: any block
 *
 * Context: process, interrupts on or off.
 */
unsigned int z2_blockmap_live(struct z2_blockmap *map, u32 block)
{
	struct group *group = &map->groups[block >> GROUP_SHIFT];
	unsigned int bytes = 0;

	spin_lock(&map->lock);
	if (group->counts)
		bytes = group->counts[block % GROUP_BLOCKS].bytes;
	spin_unlock(&map->lock);
	return bytes;
}

/**
 * z2_blockmap_next_sparse() - the next block on which little is live
 * @map: the map
 * @from: the first block to look at
 * @below: live bytes that are too many; a block without any is passed over
 * @refs: set to what refers to it: at most that many objects
 *
 * Context: process, interrupts on or off.
 * Return: the block, or as many as there are if there is none.
 */
u64 z2_blockmap_next_sparse(struct z2_blockmap *map, u64 from, unsigned int below,
			    unsigned int *refs)
{
	u64 block = from;

	while (block < map->blocks) {
		u64 end = min(round_up(block + 1, GROUP_BLOCKS), map->blocks);

		/* So that nobody waits for more than a group. */
		spin_lock(&map->lock);
		if (!map->groups[block >> GROUP_SHIFT].counts)
			block = end;
		for (; block < end; block++) {
			struct count *count = count_of(map, block);

			if (count->bytes && count->bytes < below) {
				*refs = count->refs;
				spin_unlock(&map->lock);
				return block;
			}
		}
		spin_unlock(&map->lock);
	}
	return map->blocks;
}

/**
 * z2_blockmap_sparse() - which blocks are worth emptying?
 * @map: the map
 * @want: free blocks to gain
 *
 * Context: process, interrupts on or off.
 * Return: a number of live bytes: moving the objects away from all blocks with
 * fewer frees @want blocks more than it takes.  If nothing does, what frees
 * most; 0 if nothing frees any.
 */
unsigned int z2_blockmap_sparse(struct z2_blockmap *map, u64 want)
{
	u64 blocks = 0, bytes = 0, best_gain = 0;
	unsigned int i, best = 0;

	spin_lock(&map->lock);
	for (i = 0; i < BUCKETS - 1 && best_gain < want; i++) {
		u64 takes, gain;

		blocks += map->bucket_blocks[i];
		bytes += map->bucket_bytes[i];
		takes = (bytes + Z2_BLOCK_SIZE - 1) >> Z2_BLOCK_SHIFT;
		gain = blocks > takes ? blocks - takes : 0;
		if (gain > best_gain) {
			best_gain = gain;
			best = (i + 1) << BUCKET_SHIFT;
		}
	}
	spin_unlock(&map->lock);
	return best;
}

/**
 * z2_blockmap_stats() - totals
 * @map: the map
 *
 * Context: process, interrupts on or off.
 */
struct z2_blockmap_stats z2_blockmap_stats(struct z2_blockmap *map)
{
	struct z2_blockmap_stats stats;

	spin_lock(&map->lock);
	stats = (struct z2_blockmap_stats){
		.blocks = map->blocks,
		.used = map->used,
		.objects = map->objects,
		.bytes = map->bytes,
	};
	spin_unlock(&map->lock);
	return stats;
}

/* Without memory the user is told; a kernel warning says no more. */
static void *zalloc_large(size_t nr, size_t size)
{
	return __vmalloc(array_size(nr, size), GFP_KERNEL | __GFP_ZERO | __GFP_NOWARN);
}

/**
 * z2_blockmap_create() - the map of an empty device
 * @blocks: of the device, at least 1
 *
 * Context: process, may sleep.
 * Return: the map, or ERR_PTR(-ENOMEM).
 */
struct z2_blockmap *z2_blockmap_create(u64 blocks)
{
	struct z2_blockmap *map;

	if (blocks > U32_MAX)	/* what a location can name */
		blocks = U32_MAX;
	map = kzalloc_obj(*map);
	if (!map)
		return ERR_PTR(-ENOMEM);
	spin_lock_init(&map->lock);
	map->blocks = blocks;
	map->nr_groups = (blocks + GROUP_BLOCKS - 1) >> GROUP_SHIFT;
	map->used_bits = zalloc_large(BITS_TO_LONGS(blocks), sizeof(long));
	map->full_bits = zalloc_large(BITS_TO_LONGS(map->nr_groups), sizeof(long));
	map->groups = zalloc_large(map->nr_groups, sizeof(*map->groups));
	map->kept = alloc_counts(GFP_KERNEL);
	if (!map->used_bits || !map->full_bits || !map->groups || !map->kept) {
		z2_blockmap_destroy(map);
		return ERR_PTR(-ENOMEM);
	}
	return map;
}

/**
 * z2_blockmap_destroy() - free a map
 * @map: the map; NULL is fine
 *
 * Context: process, may sleep.
 */
void z2_blockmap_destroy(struct z2_blockmap *map)
{
	unsigned long g;

	if (!map)
		return;
	for (g = 0; map->groups && map->used && g < map->nr_groups; g++)
		kfree(map->groups[g].counts);
	kfree(map->kept);
	vfree(map->groups);
	vfree(map->full_bits);
	vfree(map->used_bits);
	kfree(map);
}

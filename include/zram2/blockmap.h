/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which 4 KiB blocks of a backing device are in use, and by how many objects.
 *
 * A run of blocks is reserved for writing; objects are then added to its
 * blocks and the reservation is dropped.  A block is in use as long as anything
 * refers to it: a reservation, an object (one that lies on two blocks refers to
 * both), or a reader that pins what it reads.
 */
#ifndef ZRAM2_BLOCKMAP_H
#define ZRAM2_BLOCKMAP_H

#include <linux/bits.h>
#include <linux/types.h>

#define Z2_BLOCK_SHIFT	12
#define Z2_BLOCK_SIZE	BIT(Z2_BLOCK_SHIFT)

/**
 * struct z2_extent - where an object lies
 * @block: its first block
 * @offset: where it begins there
 * @size: its bytes
 */
struct z2_extent {
	u32 block;
	u16 offset;
	u32 size;
};

/**
 * struct z2_blockmap_stats - totals
 * @blocks: blocks there are
 * @used: blocks reserved or in use
 * @objects: objects on them
 * @bytes: their bytes
 */
struct z2_blockmap_stats {
	u64 blocks;
	u64 used;
	u64 objects;
	u64 bytes;
};

struct z2_blockmap;

struct z2_blockmap *z2_blockmap_create(u64 blocks);
void z2_blockmap_destroy(struct z2_blockmap *map);

int z2_blockmap_reserve(struct z2_blockmap *map, unsigned int min, unsigned int want,
			unsigned int keep, u32 *first);
void z2_blockmap_unreserve(struct z2_blockmap *map, u32 first, unsigned int nr);
void z2_blockmap_add(struct z2_blockmap *map, const struct z2_extent *extent);
void z2_blockmap_remove(struct z2_blockmap *map, const struct z2_extent *extent);
void z2_blockmap_pin(struct z2_blockmap *map, const struct z2_extent *extent);
void z2_blockmap_unpin(struct z2_blockmap *map, const struct z2_extent *extent);

unsigned int z2_blockmap_live(struct z2_blockmap *map, u32 block);
u64 z2_blockmap_next_sparse(struct z2_blockmap *map, u64 from, unsigned int below,
			    unsigned int *refs);
unsigned int z2_blockmap_sparse(struct z2_blockmap *map, u64 want);
struct z2_blockmap_stats z2_blockmap_stats(struct z2_blockmap *map);

/* Blocks that are free at this moment. */
static inline u64 z2_blockmap_free(struct z2_blockmap *map)
{
	struct z2_blockmap_stats stats = z2_blockmap_stats(map);

	return stats.blocks - stats.used;
}

/* The blocks that an extent touches. */
static inline u32 z2_extent_last_block(const struct z2_extent *extent)
{
	return extent->block + ((extent->offset + extent->size - 1) >> Z2_BLOCK_SHIFT);
}

#endif

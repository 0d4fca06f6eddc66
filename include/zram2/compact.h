/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Compaction: making whole blocks of a backing device free where live objects
 * are scattered over blocks that are mostly dead.
 *
 * A block is free when its last object has moved away.  So the blocks to be
 * emptied are chosen first, then the slots are scanned for all objects that
 * have a part there, and then, segment by segment, the objects of as many of
 * these blocks as fit a run of free blocks are moved there: of more blocks than
 * they take, or not at all.  What a segment makes free serves the next.
 *
 * What can't be gained: a block for which more than eight would be written; and
 * where free blocks are so few, and so scattered, that no run of them takes the
 * objects of more blocks than it has.
 */
#ifndef ZRAM2_COMPACT_H
#define ZRAM2_COMPACT_H

struct z2_segments;

int z2_compact_run(struct z2_segments *segs);

#endif

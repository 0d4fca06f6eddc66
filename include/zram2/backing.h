/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The backing device: opening it, where objects lie on it, and asynchronous
 * reads and writes.
 *
 * A location, the word of a slot whose object is there, has 32 bits of block,
 * 12 bits of byte offset and 20 check bits over the stored bytes.  A location
 * whose bytes don't match the check bits is never taken for data.
 */
#ifndef ZRAM2_BACKING_H
#define ZRAM2_BACKING_H

#include <linux/bio.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include <zram2/blockmap.h>

struct gendisk;
struct z2_backing;

/**
 * struct z2_backing_io - a read or write of a backing device
 * @backing: whose
 * @done: called in process context when the I/O has ended, on a workqueue
 *	that reclaim can rely on; may sleep and must let go of the I/O
 * @private: for @done
 * @work: runs @done
 * @start: when it was submitted, ns
 * @bytes: its length, when submitted
 * @bio: add pages with bio_add_page(); @bio.bi_status is the result
 */
struct z2_backing_io {
	struct z2_backing *backing;
	void (*done)(struct z2_backing_io *io);
	void *private;
	struct work_struct work;
	u64 start;
	unsigned int bytes;
	struct bio bio;	/* last: allocated with room for all above in front */
};

/**
 * struct z2_backing_stats - what has been done to a device
 * @read_bytes: read
 * @write_bytes: written
 * @reads: that have ended
 * @read_us: microseconds that they took
 * @writes: that have ended
 * @write_us: microseconds that they took
 * @read_errors: reads that failed
 * @write_errors: writes that failed
 * @check_errors: objects whose bytes didn't match
 * @moved_bytes: of objects that compaction moved
 */
struct z2_backing_stats {
	atomic64_t read_bytes;
	atomic64_t write_bytes;
	atomic64_t reads;
	atomic64_t read_us;
	atomic64_t writes;
	atomic64_t write_us;
	atomic64_t read_errors;
	atomic64_t write_errors;
	atomic64_t check_errors;
	atomic64_t moved_bytes;
};

struct z2_backing *z2_backing_open(const char *path, const char **why);
struct z2_backing *z2_backing_attach(struct block_device *bdev, const char **why);
void z2_backing_close(struct z2_backing *backing);
ssize_t z2_backing_path(const struct z2_backing *backing, char *buf, size_t len);

struct z2_blockmap *z2_backing_map(struct z2_backing *backing);
const struct gendisk *z2_backing_disk(const struct z2_backing *backing);
u64 z2_backing_capacity(const struct z2_backing *backing);
bool z2_backing_rotates(const struct z2_backing *backing);
unsigned int z2_backing_unit(const struct z2_backing *backing);
struct z2_backing_stats *z2_backing_stats(struct z2_backing *backing);

void z2_backing_io_init(struct z2_backing_io *io, struct z2_backing *backing, blk_opf_t opf,
			struct bio_vec *vecs, unsigned int nr);
struct z2_backing_io *z2_backing_io_alloc(struct z2_backing *backing, blk_opf_t opf,
					  unsigned int pages, gfp_t gfp);
void z2_backing_io_free(struct z2_backing_io *io);
void z2_backing_io_submit(struct z2_backing_io *io, sector_t sector);
u64 z2_backing_margin(u64 bytes);
int z2_backing_read(struct z2_backing *backing, sector_t sector, void *buffer, unsigned int len);
void z2_backing_defer(struct z2_backing *backing, struct work_struct *work);

u32 z2_backing_check(const void *data, size_t len);

void z2_backing_init(void);

#define Z2_LOCATION_OFFSET_SHIFT	32
#define Z2_LOCATION_CHECK_SHIFT		(Z2_LOCATION_OFFSET_SHIFT + Z2_BLOCK_SHIFT)
#define Z2_CHECK_BITS			20

/**
 * z2_location_make() - put a location together
 * @extent: where; its size is kept elsewhere
 * @check: of the stored bytes, z2_backing_check()
 */
static inline u64 z2_location_make(const struct z2_extent *extent, u32 check)
{
	return extent->block | (u64)extent->offset << Z2_LOCATION_OFFSET_SHIFT |
	       (u64)check << Z2_LOCATION_CHECK_SHIFT;
}

/**
 * z2_location_extent() - where an object lies
 * @location: as made
 * @size: bytes stored there
 */
static inline struct z2_extent z2_location_extent(u64 location, u32 size)
{
	return (struct z2_extent){
		.block = (u32)location,
		.offset = location >> Z2_LOCATION_OFFSET_SHIFT & (Z2_BLOCK_SIZE - 1),
		.size = size,
	};
}

static inline u32 z2_location_check(u64 location)
{
	return location >> Z2_LOCATION_CHECK_SHIFT;
}

#endif

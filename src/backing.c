// SPDX-License-Identifier: GPL-2.0
/* The backing device; see the header. */
#define pr_fmt(fmt) "zram2: " fmt

#include <linux/blkdev.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/math.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/timekeeping.h>

#include <zram2/backing.h>
#include <zram2/file.h>
#include <zram2/reserves.h>

/*
 * Both ends of a device say what it is, to udev for one, and a raw page is
 * whatever a user has written.  So a sixteenth at each end is never used, which
 * is 1 MiB of 16, with a least and a most.
 *
 * Where libblkid looks for signatures, in KiB from the front: up to 36 for almost
 * all, 64 for btrfs, GFS2 and reiserfs, 256 for UFS; 2048 for VMFS and 4096 for the
 * last copy of a LUKS2 header, which only a device above 64 MiB is safe from.
 * From the end: up to 12 for GPT, md 1.0, nilfs2 and most RAIDs of firmware, 128
 * for md 0.90, 768 for ZFS on its 64 MiB or more, 1544 for Promise's RAID.
 */
#define MARGIN_SHARE	16
#define MARGIN_MIN	SZ_512K
#define MARGIN_MAX	SZ_8M
#define MARGIN_ALIGN	SZ_128K

/**
 * struct z2_backing - an open backing device
 * @file: what was opened, NULL if attached
 * @bdev: the device; fixed
 * @first: its first sector that is used; fixed.  All others count from there
 * @map: its blocks; has its own lock
 * @ios: z2_backing_io_alloc() takes from it
 * @reads: completions of reads, and what can't wait under submit_bio(); before
 *	everything else, because a page fault waits for it
 * @writes: completions of writes, which just have to get done
 * @stats: counters
 *
 * The queues are the device's own: one that hangs takes no worker from the
 * others, nor has them wait for it when they are closed.
 */
struct z2_backing {
	struct file *file;
	struct block_device *bdev;
	sector_t first;
	struct z2_blockmap *map;
	struct bio_set ios;
	struct workqueue_struct *reads;
	struct workqueue_struct *writes;
	struct z2_backing_stats stats;
};

/*
 * Check bits: the stored bytes, as 32-bit words, are the coefficients of a
 * polynomial that is evaluated modulo the largest prime below 2^20.
 *
 * A single damaged byte changes one word by less than 256 times a power of two,
 * which the prime doesn't divide: no such error is missed, whatever the length.
 * Of random garbage one in a million passes.  A folded CRC-32C promises the
 * same, but takes 3.9 us for 2000 bytes where the kernel has no instruction for
 * it, which is more than all the rest of writing a page back; this takes 0.14.
 */
#define CHECK_PRIME	1048573U
#define CHECK_BASE	7U
#define CHECK_WORDS	1024U	/* sums of as many products fit 64 bits */

/* Powers of the base, highest last; filled at init. */
static u32 check_power[CHECK_WORDS + 1];

static u32 backing_check_modulo(u64 value)
{
	u32 rest;

	div_u64_rem(value, CHECK_PRIME, &rest);
	return rest;
}

static void backing_init_check(void)
{
	unsigned int i;

	BUILD_BUG_ON(BIT(Z2_CHECK_BITS) <= CHECK_PRIME);
	check_power[0] = 1;
	for (i = 1; i <= CHECK_WORDS; i++)
		check_power[i] = backing_check_modulo((u64)check_power[i - 1] * CHECK_BASE);
}

/* Objects begin anywhere. */
struct check_word {
	u32 value;
} __packed;

/* Up to CHECK_WORDS words, two sums at once for the sake of the pipeline. */
static u32 backing_check_words(const struct check_word *word, unsigned int words)
{
	u64 even = 0, odd = 0;
	unsigned int i;

	for (i = 0; i + 1 < words; i += 2) {
		even += (u64)word[i].value * check_power[i];
		odd += (u64)word[i + 1].value * check_power[i + 1];
	}
	if (i < words)
		even += (u64)word[i].value * check_power[i];
	return backing_check_modulo(even) + backing_check_modulo(odd);
}

/**
 * z2_backing_check() - check bits of stored bytes
 * @data: the bytes
 * @len: how many
 *
 * Context: any.
 * Return: Z2_CHECK_BITS bits.
 */
u32 z2_backing_check(const void *data, size_t len)
{
	const u8 *bytes = data;
	u64 sum = len;
	u32 last = 0;

	for (; len >= CHECK_WORDS * 4; len -= CHECK_WORDS * 4, bytes += CHECK_WORDS * 4)
		sum = backing_check_modulo(sum * check_power[CHECK_WORDS] +
					   backing_check_words((const void *)bytes, CHECK_WORDS));
	memcpy(&last, bytes + round_down(len, 4), len % 4);
	sum = sum * check_power[CHECK_WORDS] + backing_check_words((const void *)bytes, len / 4);
	return backing_check_modulo(sum + (u64)last * check_power[CHECK_WORDS - 1]);
}

static void backing_io_work(struct work_struct *work)
{
	struct z2_backing_io *io = container_of(work, struct z2_backing_io, work);

	io->done(io);
}

/* The only place that knows where on the device block 0 is. */
static void backing_set_sector(const struct z2_backing *backing, struct bio *bio, sector_t sector)
{
	bio->bi_iter.bi_sector = backing->first + sector;
}

/* A read counts when it is sent, a write when it is on the device: as in-tree. */
static void backing_count_end(struct z2_backing *backing, bool write, unsigned int bytes,
			      u64 start, int err)
{
	struct z2_backing_stats *stats = &backing->stats;

	atomic64_add(div_u64(ktime_get_ns() - start, NSEC_PER_USEC),
		     write ? &stats->write_us : &stats->read_us);
	atomic64_inc(write ? &stats->writes : &stats->reads);
	if (!err) {
		if (write)
			atomic64_add(bytes, &stats->write_bytes);
		return;
	}
	atomic64_inc(write ? &stats->write_errors : &stats->read_errors);
	pr_err_ratelimited("%s: backing device: %s failed (%d)\n",
			   backing->bdev->bd_disk->disk_name, write ? "write" : "read", err);
}

static void backing_io_end(struct bio *bio)
{
	struct z2_backing_io *io = container_of(bio, struct z2_backing_io, bio);
	struct z2_backing *backing = io->backing;
	bool write = op_is_write(bio_op(bio));

	backing_count_end(backing, write, io->bytes, io->start,
			  blk_status_to_errno(bio->bi_status));
	queue_work(write ? backing->writes : backing->reads, &io->work);
}

static void backing_io_prepare(struct z2_backing_io *io, struct z2_backing *backing)
{
	io->backing = backing;
	INIT_WORK(&io->work, backing_io_work);
	io->bio.bi_end_io = backing_io_end;
}

/**
 * z2_backing_io_init() - prepare a read or write in the caller's memory
 * @io: what to set up; the caller calls bio_uninit() when it has ended, or
 *	isn't submitted after all
 * @backing: the device
 * @opf: REQ_OP_READ or REQ_OP_WRITE, with flags
 * @vecs: for the pages that will be added to its bio
 * @nr: how many
 *
 * Context: any.
 */
void z2_backing_io_init(struct z2_backing_io *io, struct z2_backing *backing, blk_opf_t opf,
			struct bio_vec *vecs, unsigned int nr)
{
	bio_init(&io->bio, backing->bdev, vecs, nr, opf);
	backing_io_prepare(io, backing);
}

/**
 * z2_backing_io_alloc() - prepare a read or write
 * @backing: the device
 * @opf: REQ_OP_READ or REQ_OP_WRITE, with flags
 * @pages: most that will be added to its bio, up to BIO_MAX_VECS
 * @gfp: how hard to try; if it may wait, it never fails
 *
 * Context: process, not under submit_bio(): there is no rescuer for bios that
 * wait on the caller's own list meanwhile.
 * Return: the I/O, or NULL.
 */
struct z2_backing_io *z2_backing_io_alloc(struct z2_backing *backing, blk_opf_t opf,
					  unsigned int pages, gfp_t gfp)
{
	struct z2_backing_io *io;
	struct bio *bio;

	bio = bio_alloc_bioset(backing->bdev, pages, opf, gfp, &backing->ios);
	if (!bio)
		return NULL;
	io = container_of(bio, struct z2_backing_io, bio);
	backing_io_prepare(io, backing);
	return io;
}

/**
 * z2_backing_io_free() - done with an I/O
 * @io: from z2_backing_io_alloc(); ended, or never submitted
 */
void z2_backing_io_free(struct z2_backing_io *io)
{
	bio_put(&io->bio);
}

/**
 * z2_backing_io_submit() - start a read or write
 * @io: with its pages, @io->done and @io->private
 * @sector: where, from the first block on; a multiple of the device's unit
 *
 * Context: process; doesn't wait for the I/O.
 */
void z2_backing_io_submit(struct z2_backing_io *io, sector_t sector)
{
	struct bio *bio = &io->bio;

	backing_set_sector(io->backing, bio, sector);
	io->bytes = bio->bi_iter.bi_size;
	io->start = ktime_get_ns();
	if (!op_is_write(bio_op(bio)))
		atomic64_add(io->bytes, &io->backing->stats.read_bytes);
	submit_bio(bio);
}

/**
 * z2_backing_read() - read, and wait for the end
 * @backing: the device
 * @sector: where, as for z2_backing_io_submit()
 * @buffer: where to; lowmem, physically contiguous
 * @len: bytes, likewise a multiple
 *
 * Needs nothing but the device: no memory, no reserve, no worker.
 *
 * Context: process, not under submit_bio().
 * Return: 0 or what the device said.
 */
int z2_backing_read(struct z2_backing *backing, sector_t sector, void *buffer, unsigned int len)
{
	struct bio_vec vec;
	u64 start = ktime_get_ns();
	struct bio bio;
	int err;

	bio_init(&bio, backing->bdev, &vec, 1, REQ_OP_READ);
	backing_set_sector(backing, &bio, sector);
	__bio_add_page(&bio, virt_to_page(buffer), len, offset_in_page(buffer));
	atomic64_add(len, &backing->stats.read_bytes);
	err = submit_bio_wait(&bio);
	bio_uninit(&bio);
	backing_count_end(backing, false, len, start, err);
	return err;
}

/**
 * z2_backing_defer() - run something where I/O may be waited for
 * @backing: the device that it is about
 * @work: what; mustn't wait for other work
 *
 * Context: any.
 */
void z2_backing_defer(struct z2_backing *backing, struct work_struct *work)
{
	queue_work(backing->reads, work);
}

/**
 * z2_backing_map() - the blocks of a device
 * @backing: the device
 */
struct z2_blockmap *z2_backing_map(struct z2_backing *backing)
{
	return backing->map;
}

/**
 * z2_backing_disk() - whose disk it is
 * @backing: the device
 */
const struct gendisk *z2_backing_disk(const struct z2_backing *backing)
{
	return backing->bdev->bd_disk;
}

/**
 * z2_backing_capacity() - how large the disk is that it is, or is a part of
 * @backing: the device
 *
 * Return: bytes.
 */
u64 z2_backing_capacity(const struct z2_backing *backing)
{
	return (u64)get_capacity(backing->bdev->bd_disk) << SECTOR_SHIFT;
}

/**
 * z2_backing_rotates() - is it one of those that seek, and don't wear out?
 * @backing: the device
 */
bool z2_backing_rotates(const struct z2_backing *backing)
{
	return bdev_rot(backing->bdev);
}

/**
 * z2_backing_unit() - what reads and writes must be multiples of
 * @backing: the device
 *
 * Return: bytes, 512 to 4096.
 */
unsigned int z2_backing_unit(const struct z2_backing *backing)
{
	return bdev_logical_block_size(backing->bdev);
}

/**
 * z2_backing_stats() - what has been done to a device
 * @backing: the device
 */
struct z2_backing_stats *z2_backing_stats(struct z2_backing *backing)
{
	return &backing->stats;
}

/**
 * z2_backing_path() - what was opened
 * @backing: the device
 * @buf: where to
 * @len: bytes there, a page at least
 *
 * Return: the length, or -ENAMETOOLONG.
 */
ssize_t z2_backing_path(const struct z2_backing *backing, char *buf, size_t len)
{
	char *path = backing->file ? file_path(backing->file, buf, len) : "(attached)";
	size_t n;

	if (IS_ERR(path))
		return PTR_ERR(path);
	n = strlen(path);
	memmove(buf, path, n);
	return n;
}

/**
 * z2_backing_margin() - what is never used of a device
 * @bytes: its size
 *
 * Return: bytes at each end.
 */
u64 z2_backing_margin(u64 bytes)
{
	u64 share = round_down(div_u64(bytes, MARGIN_SHARE), MARGIN_ALIGN);

	return clamp_t(u64, share, MARGIN_MIN, MARGIN_MAX);
}

/*
 * What others have written through the page cache, and still may keep open, must
 * not be written out later, over what is stored there then.
 */
static int backing_drop_cache(struct block_device *bdev)
{
	int err = sync_blockdev(bdev);

	if (!err)
		invalidate_bdev(bdev);
	return err;
}

/* Of a name on 6.1 there is room for 23 characters. */
static struct workqueue_struct *backing_queue(const struct z2_backing *backing, const char *what,
					      unsigned int flags)
{
	return alloc_workqueue("z2%s/%.15s", WQ_MEM_RECLAIM | WQ_UNBOUND | flags, 0, what,
			       backing->bdev->bd_disk->disk_name);
}

static int backing_set_up(struct z2_backing *backing, const char **why)
{
	u64 bytes = bdev_nr_bytes(backing->bdev);
	u64 margin = z2_backing_margin(bytes);
	u64 blocks;
	int err;

	if (bytes < 2 * margin + Z2_BLOCK_SIZE) {
		*why = "the backing device is too small, 512 KiB at each end are not used";
		return -EINVAL;
	}
	backing->first = margin >> SECTOR_SHIFT;
	blocks = (bytes - 2 * margin) >> Z2_BLOCK_SHIFT;
	/* Opening it for writing didn't tell: most drivers look at a bio only. */
	if (bdev_read_only(backing->bdev)) {
		*why = "the backing device is read-only";
		return -EROFS;
	}
	if (bdev_logical_block_size(backing->bdev) > Z2_BLOCK_SIZE) {
		*why = "the backing device's blocks are larger than 4096 bytes";
		return -EOPNOTSUPP;
	}
	if (blocks > U32_MAX)
		pr_info("%pg: of this backing device the first 16 TiB are used\n", backing->bdev);

	/* A partition can be written to through the whole disk as well. */
	err = backing_drop_cache(backing->bdev) ?: backing_drop_cache(bdev_whole(backing->bdev));
	if (err) {
		*why = "what others wrote to the backing device doesn't get there";
		return err;
	}

	*why = "no memory";
	backing->map = z2_blockmap_create(blocks);
	if (IS_ERR(backing->map))
		return PTR_ERR(backing->map);
	err = bioset_init(&backing->ios, Z2_RESERVE_BIOS, offsetof(struct z2_backing_io, bio),
			  BIOSET_NEED_BVECS);
	if (err)
		goto destroy_map;
	err = -ENOMEM;
	backing->reads = backing_queue(backing, "read", WQ_HIGHPRI);
	if (!backing->reads)
		goto exit_ios;
	backing->writes = backing_queue(backing, "write", 0);
	if (!backing->writes)
		goto destroy_reads;
	return 0;

destroy_reads:
	destroy_workqueue(backing->reads);
exit_ios:
	bioset_exit(&backing->ios);
destroy_map:
	z2_blockmap_destroy(backing->map);
	return err;
}

/**
 * z2_backing_attach() - use a block device that somebody else keeps open
 * @bdev: the device
 * @why: what went wrong
 *
 * Context: process, may sleep.
 * Return: the device with an empty map; ERR_PTR() of -EINVAL if it is too
 * small, -EROFS if it can't be written, -EOPNOTSUPP if its blocks are too large,
 * -EIO if its page cache can't be written out, -ENOMEM.
 */
struct z2_backing *z2_backing_attach(struct block_device *bdev, const char **why)
{
	struct z2_backing *backing;
	int err;

	*why = "no memory";
	backing = kzalloc_obj(*backing);
	if (!backing)
		return ERR_PTR(-ENOMEM);
	backing->bdev = bdev;
	err = backing_set_up(backing, why);
	if (err) {
		kfree(backing);
		return ERR_PTR(err);
	}
	return backing;
}

/**
 * z2_backing_open() - open a block device for us alone
 * @path: its path
 * @why: what went wrong
 *
 * By path and not by number, so that it can be shown.
 *
 * Context: process, may sleep.
 * Return: as z2_backing_attach(); what opening returned, -EBUSY if it is in
 * use; -ENOTBLK for what is no block device.
 */
struct z2_backing *z2_backing_open(const char *path, const char **why)
{
	struct z2_backing *backing;
	struct file *file;

	file = z2_file_open(path, S_IFBLK, O_RDWR | O_EXCL);
	if (IS_ERR(file)) {
		*why = PTR_ERR(file) == -ENOTBLK ? "not a block device" :
						   "the backing device can't be opened";
		return ERR_CAST(file);
	}
	backing = z2_backing_attach(I_BDEV(file->f_mapping->host), why);
	if (IS_ERR(backing))
		filp_close(file, NULL);
	else
		backing->file = file;
	return backing;
}

/**
 * z2_backing_close() - let go of a device
 * @backing: the device, without I/O in flight; NULL is fine
 *
 * Context: process, may sleep.
 */
void z2_backing_close(struct z2_backing *backing)
{
	if (!backing)
		return;
	/* The work of the last I/O may still be on its way out of done(). */
	destroy_workqueue(backing->writes);
	destroy_workqueue(backing->reads);
	bioset_exit(&backing->ios);
	z2_blockmap_destroy(backing->map);
	if (backing->file)
		filp_close(backing->file, NULL);
	kfree(backing);
}

/**
 * z2_backing_init() - make what checking needs
 *
 * Context: at module init.
 */
void z2_backing_init(void)
{
	backing_init_check();
}

// SPDX-License-Identifier: GPL-2.0
/*
 * debugfs: block_state, a line a page in the in-tree driver's format, and
 * summary, a page for people.
 *
 * Both look at slots without their locks, and hold the config lock only for so
 * many slots at a time: neither I/O nor a reset is held up, and what they say
 * of a busy device was true of each slot at some time.
 */
#include <linux/blkdev.h>
#include <linux/debugfs.h>
#include <linux/err.h>
#include <linux/math64.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/time64.h>

#include <zram2/auto.h>
#include <zram2/backing.h>
#include <zram2/codec.h>
#include <zram2/debugfs.h>
#include <zram2/device.h>
#include <zram2/gc.h>
#include <zram2/offload.h>
#include <zram2/parked.h>
#include <zram2/pool.h>
#include <zram2/slot.h>
#include <zram2/stats.h>

/* Slots between two offers to whoever waits for the config lock. */
#define LOCKED_SLOTS	4096

static struct dentry *root;

/**
 * struct walk - a way through the slots
 * @dev: the device
 * @index: where it is
 * @obj: what that slot holds; the state only
 */
struct walk {
	struct z2_device *dev;
	unsigned long index;
	struct z2_object obj;
};

/*
 * Go on from walk->index to the next slot that holds something.  With the config
 * lock, which is given away now and then.  Returns false at the end, or if the
 * device isn't live any more.
 */
static bool find_used(struct walk *walk)
{
	struct z2_device *dev = walk->dev;

	for (; dev->table && walk->index < z2_slot_table_nr(dev->table); walk->index++) {
		walk->obj.state = z2_slot_peek(dev->table, walk->index);
		if (!z2_object_empty(&walk->obj))
			return true;
		if (walk->index % LOCKED_SLOTS)
			continue;
		up_read(&dev->config_lock);
		cond_resched();
		down_read(&dev->config_lock);
	}
	return false;
}

static void *state_find(struct seq_file *m, loff_t *pos)
{
	struct walk *walk = m->private;
	bool found;

	walk->index = *pos;
	found = find_used(walk);
	*pos = walk->index;
	if (!walk->dev->table)
		return ERR_PTR(-EINVAL);
	return found ? walk : NULL;
}

/* Ends with state_stop(), a buffer of lines later at the latest. */
static void *state_start(struct seq_file *m, loff_t *pos)
{
	struct walk *walk = m->private;

	down_read(&walk->dev->config_lock);
	return state_find(m, pos);
}

static void *state_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return state_find(m, pos);
}

static void state_stop(struct seq_file *m, void *v)
{
	struct walk *walk = m->private;

	up_read(&walk->dev->config_lock);
}

static int state_show(struct seq_file *m, void *v)
{
	struct walk *walk = v;
	const struct z2_object *obj = &walk->obj;

	/* Times are kept in seconds. */
	seq_printf(m, "%12lu %12u.%06d %c%c%c%c%c%c\n", walk->index,
		   z2_slot_access_time(walk->dev->table, walk->index), 0,
		   z2_object_is(obj, Z2_SLOT_SAME) ? 's' : '.',
		   z2_object_is(obj, Z2_SLOT_BACKING) ? 'w' : '.',
		   z2_object_is(obj, Z2_SLOT_HUGE) ? 'h' : '.',
		   z2_object_is(obj, Z2_SLOT_IDLE) ? 'i' : '.',
		   z2_object_prio(obj) ? 'r' : '.',
		   z2_object_is(obj, Z2_SLOT_INCOMPRESSIBLE) ? 'n' : '.');
	return 0;
}

static const struct seq_operations state_ops = {
	.start = state_start,
	.next = state_next,
	.stop = state_stop,
	.show = state_show,
};

static int block_state_open(struct inode *inode, struct file *file)
{
	struct walk *walk = __seq_open_private(file, &state_ops, sizeof(*walk));

	if (!walk)
		return -ENOMEM;
	walk->dev = inode->i_private;
	return 0;
}

/* Removal waits for whoever reads, and lets nobody in afterwards. */
static const struct file_operations block_state_fops = {
	.owner = THIS_MODULE,
	.open = block_state_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = seq_release_private,
};

/**
 * struct tally - what slots hold
 * @pages: those in memory, compressed, by priority
 * @bytes: what they take there
 * @same: same-filled
 * @raw: stored raw in memory
 * @backing: on the backing device
 * @idle: marked as idle
 * @hopeless: marked as incompressible
 */
struct tally {
	u64 pages[Z2_CODECS_MAX];
	u64 bytes[Z2_CODECS_MAX];
	u64 same;
	u64 raw;
	u64 backing;
	u64 idle;
	u64 hopeless;
};

static void tally_object(struct tally *tally, const struct z2_object *obj)
{
	tally->idle += z2_object_is(obj, Z2_SLOT_IDLE);
	tally->hopeless += z2_object_is(obj, Z2_SLOT_INCOMPRESSIBLE);
	if (z2_object_is(obj, Z2_SLOT_SAME)) {
		tally->same++;
	} else if (z2_object_is(obj, Z2_SLOT_BACKING)) {
		tally->backing++;
	} else if (z2_object_is(obj, Z2_SLOT_HUGE)) {
		tally->raw++;
	} else {
		tally->pages[z2_object_prio(obj)]++;
		tally->bytes[z2_object_prio(obj)] += z2_object_size(obj);
	}
}

static void tally_device(struct z2_device *dev, struct tally *tally)
{
	struct walk walk = { .dev = dev };

	down_read(&dev->config_lock);
	for (; find_used(&walk); walk.index++) {
		tally_object(tally, &walk.obj);
		if (walk.index % LOCKED_SLOTS)
			continue;
		up_read(&dev->config_lock);
		cond_resched();
		down_read(&dev->config_lock);
	}
	up_read(&dev->config_lock);
}

/* Bytes as MiB with a digit behind the point. */
static void show_mib(struct seq_file *m, const char *what, u64 bytes)
{
	u32 tenths;
	u64 mib = div_u64_rem(bytes * 10 >> 20, 10, &tenths);

	seq_printf(m, "%-24s%10llu.%u MiB", what, mib, tenths);
}

static void show_pages(struct seq_file *m, const char *what, u64 pages)
{
	show_mib(m, what, pages << PAGE_SHIFT);
	seq_printf(m, "  %llu pages\n", pages);
}

static void show_ratio(struct seq_file *m, const char *what, u64 bytes, u64 per)
{
	u32 hundredths;
	u64 ratio = div_u64_rem(per ? div64_u64(bytes * 100, per) : 0, 100, &hundredths);

	seq_printf(m, "%-24s%9llu.%02u\n", what, ratio, hundredths);
}

static u64 pages_in_memory(const struct tally *tally)
{
	u64 pages = tally->raw + tally->same;
	unsigned int prio;

	for (prio = 0; prio < Z2_CODECS_MAX; prio++)
		pages += tally->pages[prio];
	return pages;
}

static void show_stored(struct seq_file *m, const struct tally *tally)
{
	u64 memory = pages_in_memory(tally);

	show_pages(m, "stored", memory + tally->backing);
	show_pages(m, "  same-filled", tally->same);
	show_pages(m, "  compressed in memory", memory - tally->same - tally->raw);
	show_pages(m, "  raw in memory", tally->raw);
	show_pages(m, "  on backing device", tally->backing);
	show_pages(m, "idle", tally->idle);
	show_pages(m, "incompressible", tally->hopeless);
}

/* With the config lock. */
static void show_memory(struct seq_file *m, struct z2_device *dev, u64 pages)
{
	u64 used = (u64)z2_pool_pages(dev->pool) << PAGE_SHIFT;
	struct z2_gc_stats gc = z2_gc_stats(dev->gc);
	unsigned long limit = READ_ONCE(dev->limit_pages);

	show_mib(m, "memory used", used);
	if (limit)
		seq_printf(m, "  of at most %llu MiB\n", (u64)limit << PAGE_SHIFT >> 20);
	else
		seq_puts(m, "  no limit\n");
	show_mib(m, "  most ever", (u64)atomic_long_read(&dev->max_used_pages) << PAGE_SHIFT);
	seq_putc(m, '\n');
	show_mib(m, "  freed, still kept", gc.pending_bytes);
	seq_printf(m, "  %llu objects\n", gc.pending);
	show_mib(m, "table of slots", z2_slot_table_nr(dev->table) * sizeof(struct z2_slot));
	seq_putc(m, '\n');
	show_ratio(m, "ratio", pages << PAGE_SHIFT, used);
}

/* With the config lock. */
static void show_algorithms(struct seq_file *m, struct z2_device *dev, const struct tally *tally)
{
	unsigned int prio;

	seq_puts(m, "\nalgorithm    priority       pages         MiB   ratio\n");
	for (prio = 0; prio < Z2_CODECS_MAX; prio++) {
		u64 bytes = tally->bytes[prio];
		u64 ratio = bytes ? div64_u64((tally->pages[prio] << PAGE_SHIFT) * 100, bytes) : 0;
		u32 tenths, hundredths;
		u64 mib = div_u64_rem(bytes * 10 >> 20, 10, &tenths);

		ratio = div_u64_rem(ratio, 100, &hundredths);
		if (!dev->algos[prio].ops)
			continue;
		seq_printf(m, "%-12s %8u %11llu %9llu.%u %4llu.%02u%s\n",
			   dev->algos[prio].ops->name, prio, tally->pages[prio],
			   mib, tenths, ratio, hundredths, prio ? "  recompressed" : "");
	}
}

/* With the config lock. */
static void show_backing(struct seq_file *m, struct z2_device *dev)
{
	struct z2_parked_stats parked = z2_parked_stats(dev);
	struct z2_blockmap_stats map;
	struct z2_backing_stats *io;
	u64 room;

	seq_puts(m, "\nbacking device");
	if (!dev->backing) {
		seq_puts(m, "          none\n");
		return;
	}
	map = z2_blockmap_stats(z2_backing_map(dev->backing));
	io = z2_backing_stats(dev->backing);
	room = map.used << Z2_BLOCK_SHIFT;
	seq_putc(m, '\n');
	show_mib(m, "  used", room);
	seq_printf(m, "  %llu of %llu blocks\n", map.used, map.blocks);
	show_mib(m, "  live", map.bytes);
	seq_printf(m, "  %llu objects\n", map.objects);
	seq_printf(m, "%-24s%12llu %%\n", "  density",
		   room ? div64_u64(map.bytes * 100, room) : 0);
	if (dev->mover) {
		struct z2_auto_stats stats = z2_auto_stats(dev->mover);

		seq_printf(m, "%-24s%12s\n", "  by themselves", z2_auto_state_name(stats.state));
		show_pages(m, "  have left so", stats.pages);
	}
	show_mib(m, "  written", atomic64_read(&io->write_bytes));
	seq_putc(m, '\n');
	show_mib(m, "  read", atomic64_read(&io->read_bytes));
	seq_putc(m, '\n');
	seq_printf(m, "%-24s%12llu\n", "  errors",
		   (u64)atomic64_read(&io->read_errors) + atomic64_read(&io->write_errors) +
		   atomic64_read(&io->check_errors));
	seq_printf(m, "%-24s%12llu writes, %llu in vain, %llu now\n", "  waited for room",
		   parked.total, parked.failed, parked.waiting);
}

/* With the config lock. */
static void show_offload(struct seq_file *m, struct z2_device *dev)
{
	struct z2_offload_stats stats;

	if (!dev->offload) {
		seq_printf(m, "\n%-24s%s\n", "offload", "none");
		return;
	}
	stats = z2_offload_stats(dev->offload);
	seq_printf(m, "\n%-24s%12u threads\n", "offload", dev->offload_threads);
	show_pages(m, "  queued", stats.queued);
	show_pages(m, "  not, for want of time", stats.inline_late);
	show_pages(m, "  not, for want of room", stats.inline_full);
	seq_printf(m, "%-24s%12llu us\n", "  longest in queue",
		   div_u64(stats.longest_ns, NSEC_PER_USEC));
}

static int summary_show(struct seq_file *m, void *v)
{
	struct z2_device *dev = m->private;
	struct tally tally = {};

	tally_device(dev, &tally);
	down_read(&dev->config_lock);
	if (dev->table) {
		show_mib(m, dev->disk->disk_name, dev->disksize);
		seq_puts(m, "\n\n");
		show_stored(m, &tally);
		show_memory(m, dev, pages_in_memory(&tally));
		show_algorithms(m, dev, &tally);
		show_backing(m, dev);
		show_offload(m, dev);
	} else {
		seq_printf(m, "%s has no size yet\n", dev->disk->disk_name);
	}
	up_read(&dev->config_lock);
	return 0;
}

static int summary_open(struct inode *inode, struct file *file)
{
	/* Large enough for all of it, or it would have to be made twice. */
	return single_open_size(file, summary_show, inode->i_private, PAGE_SIZE);
}

static const struct file_operations summary_fops = {
	.owner = THIS_MODULE,
	.open = summary_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
};

/**
 * z2_debugfs_add() - show a device
 * @dev: the device, with its disk
 *
 * Without debugfs, or without memory for it, nothing is shown.
 *
 * Context: process, may sleep.
 */
void z2_debugfs_add(struct z2_device *dev)
{
	dev->debugfs = debugfs_create_dir(dev->disk->disk_name, root);
	debugfs_create_file("block_state", 0400, dev->debugfs, dev, &block_state_fops);
	debugfs_create_file("summary", 0400, dev->debugfs, dev, &summary_fops);
	z2_debugfs_add_auto(dev);
}

/**
 * z2_debugfs_remove() - show a device no longer
 * @dev: the device
 *
 * Context: process; waits for whoever is reading, and so holds no lock.
 */
void z2_debugfs_remove(struct z2_device *dev)
{
	debugfs_remove(dev->debugfs);
	dev->debugfs = NULL;
}

/**
 * z2_debugfs_init() - make a folder for all devices
 * @name: what it is called
 *
 * Context: process, at module init.
 */
void z2_debugfs_init(const char *name)
{
	root = debugfs_create_dir(name, NULL);
}

/**
 * z2_debugfs_exit() - undo z2_debugfs_init(), when all devices are gone
 */
void z2_debugfs_exit(void)
{
	debugfs_remove(root);
}

// SPDX-License-Identifier: GPL-2.0
/* debugfs: auto, what moves cold pages knows, and what it did last. */
#include <linux/blkdev.h>
#include <linux/debugfs.h>
#include <linux/mm.h>
#include <linux/seq_file.h>
#include <linux/slab.h>

#include <zram2/auto.h>
#include <zram2/debugfs.h>
#include <zram2/device.h>

/**
 * struct auto_copy - what is shown
 * @pool: bytes in memory, by score
 * @rates: reads in 1000 seconds of what has that score or more
 * @rounds: the last ones
 * @nr: how many
 */
struct auto_copy {
	struct z2_score_hist pool;
	u32 rates[Z2_SCORES];
	struct z2_auto_round rounds[Z2_AUTO_ROUNDS];
	unsigned int nr;
};

static void auto_show_scores(struct seq_file *m, const struct auto_copy *copy)
{
	unsigned int i;

	seq_puts(m, "score    age of a page      KiB in memory  read in 1000 s, and above\n");
	for (i = 0; i < Z2_SCORES; i++) {
		bool last = i + 1 == Z2_SCORES;

		if (!copy->pool.bytes[i] && copy->rates[i] == (last ? 0 : copy->rates[i + 1]))
			continue;
		seq_printf(m, "%5u %16u %18llu %14u\n", i, z2_score_age(i, PAGE_SIZE),
			   copy->pool.bytes[i] >> 10, copy->rates[i]);
	}
}

static void auto_show_rounds(struct seq_file *m, const struct auto_copy *copy)
{
	unsigned int i;

	seq_printf(m, "\n%12s %-8s %-18s %5s %11s %8s %11s %10s %8s\n", "second", "state",
		   "reason", "score", "wanted", "pages", "bytes", "looked", "us");
	for (i = 0; i < copy->nr; i++) {
		const struct z2_auto_round *round = &copy->rounds[i];

		seq_printf(m, "%12u %-8s %-18s %5u %11llu %8llu %11llu %10llu %8llu\n",
			   round->boot, z2_auto_state_name(round->state),
			   z2_auto_reason_name(round->reason, 0), round->score, round->wanted,
			   round->pages, round->bytes, round->looked, round->us);
	}
}

static int auto_show(struct seq_file *m, void *v)
{
	struct z2_device *dev = m->private;
	struct auto_copy *copy = kzalloc_obj(*copy);
	bool there;

	if (!copy)
		return -ENOMEM;
	down_read(&dev->config_lock);
	there = dev->mover;
	if (there) {
		z2_auto_pool(dev->mover, &copy->pool, copy->rates);
		copy->nr = z2_auto_rounds(dev->mover, copy->rounds);
	}
	up_read(&dev->config_lock);

	if (there) {
		auto_show_scores(m, copy);
		auto_show_rounds(m, copy);
	} else {
		seq_printf(m, "%s has no backing device\n", dev->disk->disk_name);
	}
	kfree(copy);
	return 0;
}

static int auto_open(struct inode *inode, struct file *file)
{
	/* Large enough for all of it, or it would have to be made twice. */
	return single_open_size(file, auto_show, inode->i_private, 4 * PAGE_SIZE);
}

static const struct file_operations auto_fops = {
	.owner = THIS_MODULE,
	.open = auto_open,
	.read = seq_read,
	.llseek = seq_lseek,
	.release = single_release,
};

/**
 * z2_debugfs_add_auto() - show what moves the cold pages of a device
 * @dev: the device, with its folder
 *
 * Context: process, may sleep.
 */
void z2_debugfs_add_auto(struct z2_device *dev)
{
	debugfs_create_file("auto", 0400, dev->debugfs, dev, &auto_fops);
}

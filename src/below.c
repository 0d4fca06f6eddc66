// SPDX-License-Identifier: GPL-2.0
/* What lies below a disk; see the header. */
#include <linux/blkdev.h>
#include <linux/dcache.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kdev_t.h>
#include <linux/kernel.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <zram2/below.h>
#include <zram2/disk.h>

/* No stack that makes sense is deeper: LUKS on LVM on RAID on loop is four. */
#define DEPTH_MAX	16

/* Names of lower disks, each with its NUL: some hundred. */
#define NAMES_SIZE	PAGE_SIZE

/* Where sysfs has all disks and partitions by number. */
#define SYSFS_BY_NUMBER	"/sys/dev/block/%u:%u"

/**
 * struct below_names - the entries of a directory
 * @ctx: what iterate_dir() wants
 * @text: NAMES_SIZE bytes
 * @len: of them used
 * @full: there were more
 */
struct below_names {
	struct dir_context ctx;
	char *text;
	size_t len;
	bool full;
};

static int below_search(dev_t devt, unsigned int depth);

/* The first line of a file in sysfs.  Returns its length or an errno. */
static ssize_t below_read(const char *path, char *line, size_t size)
{
	struct file *file = filp_open(path, O_RDONLY, 0);
	loff_t pos = 0;
	ssize_t len;

	if (IS_ERR(file))
		return PTR_ERR(file);
	len = kernel_read(file, line, size - 1, &pos);
	filp_close(file, NULL);
	if (len < 0)
		return len;
	line[len] = '\0';
	return strchrnul(line, '\n') - line;
}

/* Go on below the disk whose number is in a file; none is below a missing one. */
static int below_search_named(const char *path, unsigned int depth)
{
	unsigned int major, minor;
	char line[32];

	if (below_read(path, line, sizeof(line)) < 0 || sscanf(line, "%u:%u", &major, &minor) != 2)
		return 0;
	return below_search(MKDEV(major, minor), depth);
}

static bool below_add_name(struct dir_context *ctx, const char *name, int len, loff_t pos,
			   u64 ino, unsigned int type)
{
	struct below_names *names = container_of(ctx, struct below_names, ctx);

	if (name[0] == '.')
		return true;
	if (names->len + len + 1 > NAMES_SIZE) {
		names->full = true;
		return false;
	}
	memcpy(names->text + names->len, name, len);
	names->text[names->len + len] = '\0';
	names->len += len + 1;
	return true;
}

static int below_list(const char *path, struct below_names *names)
{
	struct file *file = filp_open(path, O_RDONLY | O_DIRECTORY, 0);
	int err;

	/* A partition has no such directory. */
	if (IS_ERR(file))
		return 0;
	err = iterate_dir(file, &names->ctx);
	filp_close(file, NULL);
	return names->full ? -E2BIG : err;
}

/* The disks that a mapped, md or bcache device is made of. */
static int below_search_slaves(dev_t devt, unsigned int depth)
{
	struct below_names names = { .ctx.actor = below_add_name };
	char *path = kmalloc(PATH_MAX, GFP_KERNEL);
	const char *name;
	int found = -ENOMEM;

	names.text = kmalloc(NAMES_SIZE, GFP_KERNEL);
	if (!path || !names.text)
		goto out;
	snprintf(path, PATH_MAX, SYSFS_BY_NUMBER "/slaves", MAJOR(devt), MINOR(devt));
	found = below_list(path, &names);
	for (name = names.text; !found && name < names.text + names.len; name += strlen(name) + 1) {
		snprintf(path, PATH_MAX, SYSFS_BY_NUMBER "/slaves/%s/dev", MAJOR(devt),
			 MINOR(devt), name);
		found = below_search_named(path, depth);
	}
out:
	kfree(names.text);
	kfree(path);
	return found;
}

/* The number of the device that a file is, or lies on; 0 if there is none. */
static dev_t below_device_of(const char *name)
{
	const struct inode *inode;
	struct path path;
	dev_t devt = 0;

	if (kern_path(name, LOOKUP_FOLLOW, &path))
		return 0;
	inode = d_real_inode(path.dentry);
	if (S_ISBLK(inode->i_mode))
		devt = inode->i_rdev;
	else if (inode->i_sb->s_bdev)
		devt = inode->i_sb->s_bdev->bd_dev;
	path_put(&path);
	return devt;
}

/* What a loop device shows. */
static int below_search_file(dev_t devt, unsigned int depth)
{
	char *line = kmalloc(PATH_MAX, GFP_KERNEL);
	dev_t lower = 0;
	char path[64];
	ssize_t len;

	if (!line)
		return -ENOMEM;
	snprintf(path, sizeof(path), SYSFS_BY_NUMBER "/loop/backing_file", MAJOR(devt),
		 MINOR(devt));
	len = below_read(path, line, PATH_MAX);
	if (len > 0) {
		line[len] = '\0';
		lower = below_device_of(line);
	}
	kfree(line);
	return lower ? below_search(lower, depth) : 0;
}

/* Return: 1 if it is found, 0, or an errno. */
static int below_search(dev_t devt, unsigned int depth)
{
	char path[64];
	int found;

	if (z2_disk_is_ours(devt))
		return 1;
	if (!depth)
		return -E2BIG;
	found = below_search_slaves(devt, depth - 1);
	if (!found)
		found = below_search_file(devt, depth - 1);
	if (!found) {
		/* Of a partition, its disk; above a disk's directory is no such file. */
		snprintf(path, sizeof(path), SYSFS_BY_NUMBER "/../dev", MAJOR(devt), MINOR(devt));
		found = below_search_named(path, depth - 1);
	}
	return found;
}

/**
 * z2_below_ours() - does a disk lie on one of this module's?
 * @disk: any disk
 *
 * See the header for what isn't seen.
 *
 * Context: process, may sleep; opens files as the current task, and so holds no
 * lock.
 * Return: 1 if it does or is one; 0 if not; -ENOMEM; -E2BIG if too much is below
 * it to be looked at.
 */
int z2_below_ours(const struct gendisk *disk)
{
	return below_search(MKDEV(disk->major, disk->first_minor), DEPTH_MAX);
}

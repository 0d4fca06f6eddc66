// SPDX-License-Identifier: GPL-2.0
/* Opening what a user has named; see the header. */
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/namei.h>
#include <linux/path.h>
#include <linux/stat.h>

#include <zram2/file.h>

static int check_type(umode_t mode, umode_t type)
{
	if ((mode & S_IFMT) == type)
		return 0;
	if (S_ISDIR(mode))
		return -EISDIR;
	return type == S_IFBLK ? -ENOTBLK : -EINVAL;
}

/**
 * z2_file_open() - open a file of one type, and no other
 * @path: its path
 * @type: S_IFREG or S_IFBLK
 * @flags: O_*
 *
 * Merely to open something can do harm: it waits for somebody to come to the
 * other end of a FIFO, starts a watchdog, or rewinds a tape.  So the type is
 * looked at first; and once more afterwards, since it may be another file by then,
 * opened without waiting.
 *
 * Context: process, may sleep.
 * Return: the file, or an ERR_PTR(): -EISDIR for a directory, -ENOTBLK for what is
 * no block device, -EINVAL for what is no regular file, what opening returned.
 */
struct file *z2_file_open(const char *path, umode_t type, int flags)
{
	struct path found;
	struct file *file;
	int err;

	err = kern_path(path, LOOKUP_FOLLOW, &found);
	if (err)
		return ERR_PTR(err);
	err = check_type(d_backing_inode(found.dentry)->i_mode, type);
	path_put(&found);
	if (err)
		return ERR_PTR(err);

	/* To a block device it would mean: without a medium, too. */
	if (type != S_IFBLK)
		flags |= O_NONBLOCK;
	file = filp_open(path, flags | O_LARGEFILE, 0);
	if (IS_ERR(file))
		return file;
	err = check_type(file_inode(file)->i_mode, type);
	if (err) {
		fput(file);
		return ERR_PTR(err);
	}
	return file;
}

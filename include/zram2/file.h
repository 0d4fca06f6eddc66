/* SPDX-License-Identifier: GPL-2.0 */
/* Opening what a user has named, if it is what it should be. */
#ifndef ZRAM2_FILE_H
#define ZRAM2_FILE_H

#include <linux/types.h>

struct file;

struct file *z2_file_open(const char *path, umode_t type, int flags);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* What a device shows under /sys/kernel/debug, if the kernel has debugfs. */
#ifndef ZRAM2_DEBUGFS_H
#define ZRAM2_DEBUGFS_H

struct z2_device;

void z2_debugfs_add(struct z2_device *dev);
void z2_debugfs_add_auto(struct z2_device *dev);
void z2_debugfs_remove(struct z2_device *dev);

void z2_debugfs_init(const char *name);
void z2_debugfs_exit(void);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* Attributes of a disk. */
#ifndef ZRAM2_SYSFS_H
#define ZRAM2_SYSFS_H

#include <linux/blkdev.h>
#include <linux/device.h>

#include <zram2/params.h>

struct z2_device;

extern const struct attribute_group *z2_sysfs_groups[];

/* For the other files of attributes. */
extern const struct attribute_group z2_sysfs_algo_group;
extern const struct attribute_group z2_sysfs_writeback_group;
extern const struct attribute_group z2_sysfs_auto_group;

int z2_sysfs_refuse(struct z2_device *dev, const struct device_attribute *attr, const char *why,
		    int err);
unsigned int z2_sysfs_scan_of(enum z2_params_type type);

static inline struct z2_device *z2_sysfs_device(struct device *d)
{
	return dev_to_disk(d)->private_data;
}

#endif

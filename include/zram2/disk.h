/* SPDX-License-Identifier: GPL-2.0 */
/* The disk of a device: what the block layer and mm see. */
#ifndef ZRAM2_DISK_H
#define ZRAM2_DISK_H

#include <linux/types.h>

struct attribute_group;
struct z2_device;

int z2_disk_init(const char *name);
void z2_disk_exit(void);

int z2_disk_add(struct z2_device *dev, const struct attribute_group **groups);
bool z2_disk_is_ours(dev_t devt);
int z2_disk_set_synchronous(struct z2_device *dev, bool synchronous);
void z2_disk_del(struct z2_device *dev);
void z2_disk_put(struct z2_device *dev);
int z2_disk_claim(struct z2_device *dev);
void z2_disk_claim_last(struct z2_device *dev);
void z2_disk_unclaim(struct z2_device *dev);

#endif

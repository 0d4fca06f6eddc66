/* SPDX-License-Identifier: GPL-2.0 */
/* From nothing to a live device and back. */
#ifndef ZRAM2_LIFECYCLE_H
#define ZRAM2_LIFECYCLE_H

#include <linux/types.h>

struct attribute_group;
struct z2_device;

int z2_lifecycle_add(const struct attribute_group **groups);
int z2_lifecycle_remove(int id);
void z2_lifecycle_remove_all(void);

int z2_lifecycle_start(struct z2_device *dev, u64 disksize, const char **why);
int z2_lifecycle_reset(struct z2_device *dev, const char **why);

#endif

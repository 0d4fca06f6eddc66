/* SPDX-License-Identifier: GPL-2.0 */
/* Room in the pool for an object, within the device's limits. */
#ifndef ZRAM2_ROOM_H
#define ZRAM2_ROOM_H

#include <linux/types.h>

struct z2_device;

/**
 * struct z2_room - room for an object that isn't stored yet
 * @handle: of the pool; 0 for none
 * @size: bytes it was taken for
 */
struct z2_room {
	unsigned long handle;
	unsigned int size;
};

bool z2_room_none(struct z2_device *dev);
int z2_room_try(struct z2_device *dev, struct z2_room *room, unsigned int size, int nid);
int z2_room_find(struct z2_device *dev, struct z2_room *room, unsigned int size, int nid);
bool z2_room_fits(struct z2_device *dev, const struct z2_room *room, unsigned int size);
void z2_room_drop(struct z2_device *dev, struct z2_room *room);

#endif

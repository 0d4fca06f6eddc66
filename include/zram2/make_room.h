/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Room for writes that found none: what has not been used for longest is written
 * back, as long as the backing device has room, and the writes are tried again.
 */
#ifndef ZRAM2_MAKE_ROOM_H
#define ZRAM2_MAKE_ROOM_H

#include <linux/types.h>

struct z2_device;
struct z2_make_room;

struct z2_make_room *z2_make_room_create(struct z2_device *dev);
void z2_make_room_destroy(struct z2_make_room *room);

bool z2_make_room_possible(const struct z2_device *dev);
void z2_make_room_again(struct z2_device *dev);
void z2_make_room_kick(struct z2_device *dev);
void z2_make_room_run(struct z2_device *dev);
unsigned long z2_make_room_oom(void);
void z2_make_room_hibernate(bool begin);

int z2_make_room_init(void);
void z2_make_room_exit(void);

#endif

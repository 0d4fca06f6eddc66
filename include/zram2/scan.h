/* SPDX-License-Identifier: GPL-2.0 */
/* Choosing slots for post-processing. */
#ifndef ZRAM2_SCAN_H
#define ZRAM2_SCAN_H

#include <linux/bits.h>
#include <linux/types.h>

struct z2_device;
struct z2_object;

/* Of these, all that are given must hold; with none, every object will do. */
#define Z2_SCAN_IDLE		BIT(0)
#define Z2_SCAN_HUGE		BIT(1)
#define Z2_SCAN_INCOMPRESSIBLE	BIT(2)
/* Objects on the backing device instead of those in memory. */
#define Z2_SCAN_BACKING		BIT(3)

/* Between two looks at z2_scan_stop(). */
#define Z2_SCAN_STOP_SLOTS	256

int z2_scan_begin(struct z2_device *dev, const char **why);
void z2_scan_end(struct z2_device *dev);
int z2_scan_stop(struct z2_device *dev);
bool z2_scan_begin_slice(struct z2_device *dev);
void z2_scan_end_slice(struct z2_device *dev);

bool z2_scan_wanted(const struct z2_object *obj, unsigned int what);
bool z2_scan_take(struct z2_device *dev, unsigned long index, unsigned int what,
		  struct z2_object *obj);
void z2_scan_untake(struct z2_device *dev, unsigned long index);
int z2_scan_mark_idle(struct z2_device *dev, s64 older_than);

/**
 * z2_scan_age() - for how long a slot has not been used
 * @now: boot time in seconds, from before the slot was looked at
 * @used: when it was used, perhaps since then
 *
 * Return: seconds.
 */
static inline s64 z2_scan_age(u32 now, u32 used)
{
	return now > used ? now - used : 0;
}

#endif

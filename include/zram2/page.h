/* SPDX-License-Identifier: GPL-2.0 */
/* One page into a slot and out of it. */
#ifndef ZRAM2_PAGE_H
#define ZRAM2_PAGE_H

#include <linux/types.h>

struct page;
struct z2_device;
struct z2_object;

/* Not an error: the page is on the backing device and must be read back. */
#define Z2_PAGE_BACKED	1

/* Changes the PAGE_SIZE bytes at @page; may sleep. */
typedef void (*z2_page_modify_fn)(void *arg, void *page);

int z2_page_write(struct z2_device *dev, unsigned long index, struct page *page, u32 now);
int z2_page_modify(struct z2_device *dev, unsigned long index, struct page *page,
		   z2_page_modify_fn modify, void *arg, bool may_wait, u32 now);
void z2_page_prefetch(struct z2_device *dev, unsigned long index);
int z2_page_read(struct z2_device *dev, unsigned long index, struct page *page,
		 struct z2_object *backed, u32 now);
int z2_page_unpack(struct z2_device *dev, unsigned long index, const struct z2_object *obj,
		   void *dst);
void z2_page_free(struct z2_device *dev, unsigned long index);
void z2_page_release(void *dev, const struct z2_object *obj);
bool z2_page_lock_taken(struct z2_device *dev, unsigned long index,
			const struct z2_object *taken, struct z2_object *old);
void z2_page_exchange(struct z2_device *dev, unsigned long index, const struct z2_object *old,
		      const struct z2_object *new);
void z2_page_account(struct z2_device *dev, const struct z2_object *obj, int sign);

#endif

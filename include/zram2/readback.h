/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading objects back from the backing device.
 *
 * What is read is described by the object that was taken from the slot under
 * its lock, and by nothing else: the slot may be freed or written meanwhile.
 * Its blocks are pinned until then, so that nobody writes them anew.
 */
#ifndef ZRAM2_READBACK_H
#define ZRAM2_READBACK_H

#include <linux/types.h>

struct page;
struct z2_device;
struct z2_object;
struct z2_readback;

/* Told when a batch has been read: 0 or an errno.  Process context. */
typedef void (*z2_readback_done_fn)(void *ctx, int err);

void z2_readback_pin(struct z2_device *dev, const struct z2_object *obj);
void z2_readback_unpin(struct z2_device *dev, const struct z2_object *obj);

struct z2_readback *z2_readback_start(struct z2_device *dev, unsigned int most,
				      z2_readback_done_fn done, void *ctx);
bool z2_readback_add(struct z2_readback *rb, const struct z2_object *obj, struct page *page);
void z2_readback_submit(struct z2_readback *rb);

int z2_readback_bytes(struct z2_device *dev, const struct z2_object *obj, void *bytes);
int z2_readback_page(struct z2_device *dev, const struct z2_object *obj, struct page *page);

#endif

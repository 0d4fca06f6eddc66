/* SPDX-License-Identifier: GPL-2.0 */
/* Executing a whole bio. */
#ifndef ZRAM2_IO_H
#define ZRAM2_IO_H

struct bio;
struct z2_device;

int z2_io_attach(struct z2_device *dev);
void z2_io_detach(struct z2_device *dev);
void z2_io_execute(struct z2_device *dev, struct bio *bio);

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where a device keeps the handles of freed objects that are too many for the
 * stacks of its CPUs, by size class.
 */
#ifndef ZRAM2_DEPOT_H
#define ZRAM2_DEPOT_H

#include <linux/types.h>

struct z2_depot;

struct z2_depot *z2_depot_create(unsigned int classes);
void z2_depot_destroy(struct z2_depot *depot);
int z2_depot_supply(struct z2_depot *depot, unsigned long handles);

bool z2_depot_has(const struct z2_depot *depot, unsigned int class);
unsigned int z2_depot_put(struct z2_depot *depot, unsigned int class,
			  const unsigned long *handles, unsigned int nr);
unsigned int z2_depot_take(struct z2_depot *depot, unsigned int class, unsigned long *handles,
			   unsigned int max);
unsigned int z2_depot_take_next(struct z2_depot *depot, unsigned int *class,
				unsigned long *handles, unsigned int max);

#endif

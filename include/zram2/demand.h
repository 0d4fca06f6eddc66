/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How much memory the machine wants from a disk: a shrinker that frees nothing, but
 * counts what it is asked for, and tells of what was freed since.
 */
#ifndef ZRAM2_DEMAND_H
#define ZRAM2_DEMAND_H

#include <zram2/policy.h>

struct z2_demand;
struct z2_meter;

struct z2_demand *z2_demand_create(struct z2_meter *meter, const char *name);
void z2_demand_mute(struct z2_demand *demand);
void z2_demand_destroy(struct z2_demand *demand);

void z2_demand_offer(struct z2_demand *demand, enum z2_policy_state state, unsigned long pages);
unsigned long z2_demand_take(struct z2_demand *demand);
void z2_demand_freed(struct z2_demand *demand, unsigned long pages);

unsigned long z2_demand_count(struct z2_demand *demand, u32 now);
unsigned long z2_demand_ask(struct z2_demand *demand, unsigned long pages);

#endif

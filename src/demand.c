// SPDX-License-Identifier: GPL-2.0
/* What the machine wants; see the header. */
#include <linux/atomic.h>
#include <linux/err.h>
#include <linux/shrinker.h>
#include <linux/slab.h>

#include <zram2/demand.h>
#include <zram2/meter.h>
#include <zram2/slot.h>

/* How often somebody is to look what could be freed, as long as it is asked for. */
#define LOOK_SECONDS	10

/* Reclaim doesn't ask for less at once. */
#define LEAST_PAGES	128

/* Twice what a dentry has, so half as much is asked for: it may have to be read back. */
#define SEEKS		4

/**
 * struct z2_demand - what is wanted from a disk
 * @meter: where whoever frees something is called
 * @shrinker: what reclaim knows of it; fixed
 * @wanted: pages that it has asked for
 * @freed: pages that it hasn't been told of
 * @offer: pages that it may ask for; WRITE_ONCE, as all below
 * @state: what is being done
 * @looked: boot time in seconds when somebody was called to look last
 */
struct z2_demand {
	struct z2_meter *meter;
	struct shrinker *shrinker;
	atomic_long_t wanted;
	atomic_long_t freed;
	unsigned long offer;
	enum z2_policy_state state;
	u32 looked;
};

/**
 * z2_demand_offer() - what may be asked for
 * @demand: the demand
 * @state: what is being done: while it is CALM, who asks calls, and while it is OFF
 *	nobody does
 * @pages: that could be freed
 *
 * Context: any.
 */
void z2_demand_offer(struct z2_demand *demand, enum z2_policy_state state, unsigned long pages)
{
	WRITE_ONCE(demand->offer, pages);
	WRITE_ONCE(demand->state, state);
}

/**
 * z2_demand_take() - what was asked for since the last time
 * @demand: the demand
 *
 * Context: any.
 * Return: pages.
 */
unsigned long z2_demand_take(struct z2_demand *demand)
{
	return atomic_long_xchg(&demand->wanted, 0);
}

/**
 * z2_demand_freed() - something was freed
 * @demand: the demand
 * @pages: how much
 *
 * Context: any.
 */
void z2_demand_freed(struct z2_demand *demand, unsigned long pages)
{
	atomic_long_add(pages, &demand->freed);
}

/**
 * z2_demand_count() - what the shrinker says when it is asked what could be freed
 * @demand: the demand
 * @now: boot time in seconds
 *
 * As long as nobody wanted any, nobody has looked what there is: the first answers
 * may be old.
 *
 * Context: any, also in reclaim.
 * Return: pages, or SHRINK_EMPTY.
 */
unsigned long z2_demand_count(struct z2_demand *demand, u32 now)
{
	unsigned long wanted = atomic_long_read(&demand->wanted);
	unsigned long offer = READ_ONCE(demand->offer);

	if (READ_ONCE(demand->state) == Z2_POLICY_OFF)
		return SHRINK_EMPTY;
	if (now - READ_ONCE(demand->looked) >= LOOK_SECONDS) {
		WRITE_ONCE(demand->looked, now);
		z2_meter_call(demand->meter);
	}
	return offer >= wanted + LEAST_PAGES ? offer - wanted : SHRINK_EMPTY;
}

/**
 * z2_demand_ask() - what it does when it is asked to free something
 * @demand: the demand
 * @pages: how much
 *
 * Context: any, also in reclaim.
 * Return: pages that were freed since the last time.
 */
unsigned long z2_demand_ask(struct z2_demand *demand, unsigned long pages)
{
	atomic_long_add(pages, &demand->wanted);
	/* Once it is at work it comes by itself, and no faster than it has said. */
	if (READ_ONCE(demand->state) == Z2_POLICY_CALM)
		z2_meter_call(demand->meter);
	return atomic_long_xchg(&demand->freed, 0);
}

static unsigned long demand_count(struct shrinker *shrinker, struct shrink_control *control)
{
	return z2_demand_count(z2_compat_shrinker_data(shrinker), z2_slot_now());
}

/* Never SHRINK_STOP: what isn't freed yet was asked for, and is not to be asked again. */
static unsigned long demand_scan(struct shrinker *shrinker, struct shrink_control *control)
{
	return z2_demand_ask(z2_compat_shrinker_data(shrinker), control->nr_to_scan);
}

/**
 * z2_demand_create() - begin to listen
 * @meter: where to call
 * @name: of the disk
 *
 * Context: process, may sleep.
 * Return: the demand, or ERR_PTR(-ENOMEM).
 */
struct z2_demand *z2_demand_create(struct z2_meter *meter, const char *name)
{
	struct z2_demand *demand = kzalloc_obj(*demand);

	if (!demand)
		return ERR_PTR(-ENOMEM);
	demand->meter = meter;
	demand->state = Z2_POLICY_CALM;
	demand->looked = z2_slot_now() - LOOK_SECONDS;
	demand->shrinker = z2_compat_shrinker_add(demand_count, demand_scan, demand, SEEKS,
						  "auto", name);
	if (demand->shrinker)
		return demand;
	kfree(demand);
	return ERR_PTR(-ENOMEM);
}

/**
 * z2_demand_mute() - listen no longer
 * @demand: the demand; whoever was called may still use it
 *
 * Context: process, may sleep; when it returns nobody is called any more.
 */
void z2_demand_mute(struct z2_demand *demand)
{
	z2_compat_shrinker_remove(demand->shrinker);
}

/**
 * z2_demand_destroy() - free it
 * @demand: the demand, muted
 */
void z2_demand_destroy(struct z2_demand *demand)
{
	kfree(demand);
}

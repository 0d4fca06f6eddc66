// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>

#include "machine.h"

#define SLOTS		512	/* of a cluster */
#define POOL_READ_US	5
#define NOBODY		(~0ull)

enum { NOWHERE, RAM, POOL, DEVICE };

u32 machine_random(struct machine *m, u32 below)
{
	m->random ^= m->random << 13;
	m->random ^= m->random >> 7;
	m->random ^= m->random << 17;
	return (m->random >> 16) % below;
}

double machine_chance(struct machine *m)
{
	return machine_random(m, 1u << 30) / (double)(1u << 30);
}

static void *array(size_t nr, size_t size)
{
	void *mem = calloc(nr, size);

	if (!mem) {
		fprintf(stderr, "no memory\n");
		exit(2);
	}
	return mem;
}

static u32 now(const struct machine *m)
{
	return m->us / 1000000 + 1;
}

static u32 boot(const struct machine *m)
{
	return now(m) + m->slept;
}

struct machine *machine_new(const struct setup *setup)
{
	struct machine *m = array(1, sizeof(*m));
	u32 i;

	m->is = *setup;
	m->random = 88172645463325252ull;
	m->newest = -1;
	m->oldest = -1;
	m->next_us = NOBODY;
	m->page = array(setup->pages, sizeof(*m->page));
	/* Incompressible ones, and others of 400 to 3600 bytes. */
	for (i = 0; i < setup->pages; i++)
		m->page[i].size = machine_chance(m) < .06 ? PAGE_SIZE :
				  400 + machine_chance(m) * machine_chance(m) * 3200;
	m->clusters = 2 * setup->pages / SLOTS + 2;
	m->slot = array(m->clusters * SLOTS, sizeof(*m->slot));
	m->cluster = array(m->clusters, sizeof(*m->cluster));
	for (i = 0; i < m->clusters; i++)
		m->cluster[i] = (struct cluster){ .free = SLOTS };
	for (i = 0; i < m->clusters * SLOTS; i++)
		m->slot[i] = -1;
	m->filled = SLOTS;
	for (m->queue_mask = 1; m->queue_mask < 4ull * setup->pages; m->queue_mask *= 2)
		;
	m->queue = array(m->queue_mask, sizeof(*m->queue));
	m->queued = array(m->queue_mask--, sizeof(*m->queued));
	z2_clock_init(&m->clock);
	z2_policy_init(&m->policy, setup->budget, setup->rotating, now(m), boot(m));
	return m;
}

void machine_free(struct machine *m)
{
	free(m->page);
	free(m->slot);
	free(m->cluster);
	free(m->queue);
	free(m->queued);
	free(m);
}

/* Pages in RAM, by their last use. */
static void lru_remove(struct machine *m, int i)
{
	struct page *p = &m->page[i];

	*(p->prev >= 0 ? &m->page[p->prev].next : &m->newest) = p->next;
	*(p->next >= 0 ? &m->page[p->next].prev : &m->oldest) = p->prev;
}

static void lru_add(struct machine *m, int i)
{
	m->page[i].prev = -1;
	m->page[i].next = m->newest;
	*(m->newest >= 0 ? &m->page[m->newest].prev : &m->oldest) = i;
	m->newest = i;
}

/* Slots as mm hands them out: a free cluster from its beginning, then any. */
static u32 slot_new(struct machine *m)
{
	u32 i, at;

	for (;;) {
		while (m->filled < SLOTS) {
			at = m->filling * SLOTS + m->filled++;
			if (m->slot[at] < 0) {
				m->cluster[m->filling].free--;
				return at;
			}
		}
		for (i = 0; i < m->clusters && m->cluster[i].free < SLOTS; i++)
			;
		while (i == m->clusters || !m->cluster[i].free)
			i = machine_random(m, m->clusters);
		m->filling = i;
		m->filled = 0;
	}
}

static void slot_free(struct machine *m, struct page *p)
{
	m->slot[p->slot] = -1;
	m->cluster[p->slot / SLOTS].free++;
}

static u32 age_of(const struct machine *m, u32 used)
{
	return z2_clock_age(&m->clock, boot(m), used);
}

static void to_device(struct machine *m, struct page *p, u32 bytes)
{
	p->where = DEVICE;
	m->live += bytes;
	m->written += bytes;
	m->evicted++;
}

static void evict(struct machine *m, struct page *p)
{
	m->pool -= p->size;
	to_device(m, p, p->size);
}

/* One look at each slot, as the module's survey takes of a sample. */
static void survey(struct machine *m)
{
	static struct z2_score_hist hist;
	u32 i;

	memset(&hist, 0, sizeof(hist));
	for (i = 0; i < m->is.pages; i++)
		if (m->page[i].where == POOL)
			z2_score_add(&hist, z2_score(age_of(m, m->page[i].used), m->page[i].size),
				     m->page[i].size);
	z2_policy_survey(&m->policy, &hist, now(m));
}

/* Takes of a cluster what may leave, and notes what may later. */
static u64 take_of_cluster(struct machine *m, struct cluster *cluster, u64 most)
{
	u32 first = (cluster - m->cluster) * SLOTS, i;
	u64 taken = 0;

	*cluster = (struct cluster){ .oldest = U32_MAX, .free = cluster->free };
	for (i = first; i < first + SLOTS; i++) {
		struct page *p = m->slot[i] < 0 ? NULL : &m->page[m->slot[i]];
		unsigned int score;
		u32 age;

		m->looked++;
		if (!p || p->where != POOL)
			continue;
		age = age_of(m, p->used);
		score = z2_score(age, p->size);
		if (score >= m->plan.score && age >= m->plan.min_age && taken < most) {
			taken += p->size;
			z2_policy_took(&m->policy, score, p->size);
			z2_wear_spend(&m->policy.wear, p->size);
			evict(m, p);
			continue;
		}
		cluster->oldest = min(cluster->oldest, p->used);
		cluster->largest = max(cluster->largest, p->size);
	}
	return taken;
}

static u64 hand(struct machine *m, u64 most)
{
	u64 taken = 0;
	u32 i;

	for (i = 0; i < m->clusters && taken < most; i++) {
		struct cluster *cluster = &m->cluster[m->hand];

		m->hand = (m->hand + 1) % m->clusters;
		if (cluster->largest && z2_score(age_of(m, cluster->oldest), cluster->largest) <
					m->plan.score)
			m->looked++;
		else if (cluster->free < SLOTS)
			taken += take_of_cluster(m, cluster, most - taken);
	}
	if (taken < most)
		z2_policy_lap(&m->policy, m->pool, taken, most);
	return taken;
}

/* Counts how often the threshold turns by an octave or more. */
static void watch(struct machine *m)
{
	int moved = (int)m->plan.score - (int)m->extreme;

	if (m->plan.state == Z2_POLICY_CALM)
		return;
	if (moved * m->direction > 0 || !m->direction)
		m->extreme = m->plan.score;
	if (moved * m->direction <= -4 || (!m->direction && moved)) {
		m->turns += !!m->direction;
		m->direction = moved > 0 ? 1 : -1;
		m->extreme = m->plan.score;
	}
}

static void tick(struct machine *m)
{
	struct z2_policy_in in = {
		.now = now(m), .boot = boot(m), .pool = m->pool, .high = m->is.high,
		.limit = m->is.limit, .own_limit = m->is.own_limit, .demand = m->demand,
		.parked = m->parked, .live = m->live, .room = m->is.room, .batch = 32,
	};
	u64 most, taken;

	m->ticks++;
	z2_policy_reads(&m->policy, m->reads, &m->io, now(m));
	memset(m->reads, 0, sizeof(m->reads));
	memset(&m->io, 0, sizeof(m->io));
	if (z2_policy_wants_survey(&m->policy, now(m)))
		survey(m);
	m->demand -= in.demand;
	m->plan = z2_policy_plan(&m->policy, &in);
	watch(m);
	if (m->plan.bytes) {
		most = (u64)m->is.write_rate * (m->plan.background ? 1000 : 100);
		taken = hand(m, min(m->plan.bytes, most));
		m->io.writes = (taken + 131071) / 131072;
		m->io.write_us = taken * 1000 / m->is.write_rate;
	}
	m->next_us = NOBODY;
	if (m->plan.next_ms != Z2_POLICY_NEVER)
		m->next_us = m->us + m->plan.next_ms * 1000ull;
}

void machine_run(struct machine *m, u64 us)
{
	u64 end = m->us + us;

	while (m->next_us <= end) {
		m->us = max(m->us, m->next_us);
		tick(m);
	}
	m->us = end;
}

void machine_sleep(struct machine *m, u32 seconds)
{
	m->slept += seconds;
	z2_clock_slept(&m->clock, boot(m), seconds);
}

static void kick(struct machine *m)
{
	if (m->next_us == NOBODY)
		m->next_us = m->us;
}

/* Reclaim looked at one of @of pages, and at as large a part of what we offer. */
static void shrink(struct machine *m, u32 of)
{
	if (m->is.way != AUTO)
		return;
	if (m->plan.freeable)
		m->demand += (double)m->plan.freeable / max(of, 1u);
	if (m->demand >= 1 || z2_policy_wants_survey(&m->policy, now(m)))
		kick(m);
}

/* Files are read, and their pages dropped again: no memory is gained or lost by it. */
void machine_stream(struct machine *m, u32 pages)
{
	while (pages--)
		shrink(m, m->resident);
}

static void fifo_evict(struct machine *m, u64 down_to)
{
	while (m->pool > down_to && m->queue_first < m->queue_last) {
		u64 at = m->queue_first++ & m->queue_mask;
		struct page *p = &m->page[m->queue[at]];

		if (p->where == POOL && p->stored == m->queued[at])
			evict(m, p);
	}
}

/* Forgets of the queue what isn't in the pool any more. */
static void fifo_squeeze(struct machine *m)
{
	u64 from = m->queue_first, to = from;

	for (; from < m->queue_last; from++) {
		u64 at = from & m->queue_mask;
		struct page *p = &m->page[m->queue[at]];

		if (p->where != POOL || p->stored != m->queued[at])
			continue;
		m->queue[to & m->queue_mask] = m->queue[at];
		m->queued[to++ & m->queue_mask] = m->queued[at];
	}
	m->queue_last = to;
}

/* A writer for whom there is no room waits; for our own limit not for long. */
static bool wait_for_room(struct machine *m, u32 size)
{
	u64 began = m->us;

	m->parked = size;
	m->next_us = m->us;
	while (m->pool + size > m->is.limit) {
		machine_run(m, 10000);
		if (m->plan.fail || m->us - began > 10000000)
			break;
		if (m->is.own_limit && m->us - began >= 100000)
			break;
	}
	m->parked = 0;
	m->longest_us = max(m->longest_us, m->us - began);
	return m->is.own_limit || m->pool + size <= m->is.limit;
}

static void swap_out(struct machine *m, int i)
{
	struct page *p = &m->page[i];
	bool over = m->pool + p->size > m->is.limit;

	lru_remove(m, i);
	m->resident--;
	p->used = boot(m);
	if (over && m->is.way == AUTO && !wait_for_room(m, p->size)) {
		m->failed++;
		p->where = NOWHERE;
		return;
	}
	p->slot = slot_new(m);
	m->slot[p->slot] = i;
	p->stored = ++m->stores;
	m->cluster[p->slot / SLOTS].largest = 0;
	if (over && (m->is.way == LOWER || m->is.way == SCRIPT)) {
		to_device(m, p, PAGE_SIZE);
		return;
	}
	p->where = POOL;
	m->pool += p->size;
	if (m->is.way == FIFO) {
		if (m->queue_last - m->queue_first > m->queue_mask)
			fifo_squeeze(m);
		m->queued[m->queue_last & m->queue_mask] = p->stored;
		m->queue[m->queue_last++ & m->queue_mask] = i;
		if (m->pool > m->is.limit)
			fifo_evict(m, m->is.limit - m->is.limit / 16);
	} else if (m->is.way == AUTO && m->pool > m->is.high) {
		kick(m);
	}
}

static void reclaim(struct machine *m)
{
	if (m->is.ram) {
		while (m->resident > m->is.ram)
			swap_out(m, m->oldest);
		return;
	}
	while (m->resident && m->resident * (u64)PAGE_SIZE + m->pool > m->is.memory) {
		shrink(m, m->resident);
		swap_out(m, m->oldest);
	}
}

static void come_back(struct machine *m, struct page *p)
{
	m->reads[z2_score(age_of(m, p->used), p->size)]++;
	if (p->where == POOL) {
		m->pool -= p->size;
		machine_run(m, POOL_READ_US);
	} else {
		m->live -= min_t(u64, m->live, p->size);
		m->device_reads++;
		m->io.reads++;
		m->io.read_us += m->is.read_us;
		m->stall_us += m->is.read_us;
		m->minute_us[min(m->us / 60000000, MINUTES - 1ull)] += m->is.read_us;
		machine_run(m, m->is.read_us);
	}
	slot_free(m, p);
}

void machine_touch(struct machine *m, u32 page)
{
	struct page *p = &m->page[page];

	if (p->where == RAM) {
		lru_remove(m, page);
		lru_add(m, page);
		return;
	}
	if (p->where != NOWHERE)
		come_back(m, p);
	p->where = RAM;
	lru_add(m, page);
	m->resident++;
	reclaim(m);
}

/* A program frees a page. */
void machine_drop(struct machine *m, u32 page)
{
	struct page *p = &m->page[page];

	if (p->where == RAM) {
		lru_remove(m, page);
		m->resident--;
	} else if (p->where != NOWHERE) {
		*(p->where == POOL ? &m->pool : &m->live) -= p->size;
		slot_free(m, p);
	}
	p->where = NOWHERE;
}

/* What a timer does in place of the module. */
void machine_script(struct machine *m, u32 age)
{
	u32 i;

	for (i = 0; i < m->is.pages; i++)
		if (m->page[i].where == POOL && age_of(m, m->page[i].used) > age)
			evict(m, &m->page[i]);
}

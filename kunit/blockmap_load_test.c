// SPDX-License-Identifier: GPL-2.0
/* The map of blocks in use: against a model, in a crowd, and what it costs. */
#include <kunit/resource.h>
#include <kunit/test.h>
#include <linux/errno.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/vmalloc.h>

#include <zram2/blockmap.h>

#include "blockmap_fixture.h"
#include "fixture.h"

#define RUN_MAX		40
#define OBJECTS_MAX	4096
#define PINS_MAX	64

#define TERABYTE_BLOCKS	BIT(40 - Z2_BLOCK_SHIFT)

/* Against a plain model. */

/**
 * struct model - what a map should say
 * @test: the test
 * @map: the map
 * @rng: makes choices
 * @refs: of each block
 * @live: bytes of each block
 * @objects: those there are
 * @nr_objects: how many
 * @pins: extents that are pinned
 * @nr_pins: how many
 * @used: blocks with references
 * @bytes: of all objects
 */
struct model {
	struct kunit *test;
	struct z2_blockmap *map;
	u64 rng;
	unsigned int refs[NR_BLOCKS];
	unsigned int live[NR_BLOCKS];
	struct z2_extent objects[OBJECTS_MAX];
	unsigned int nr_objects;
	struct z2_extent pins[PINS_MAX];
	unsigned int nr_pins;
	unsigned int used;
	u64 bytes;
};

static void model_ref(struct model *m, u32 block, int delta)
{
	if (!m->refs[block])
		m->used++;
	m->refs[block] += delta;
	if (!m->refs[block])
		m->used--;
}

static void model_extent(struct model *m, const struct z2_extent *ext, int refs, int bytes)
{
	int here = min_t(int, ext->size, Z2_BLOCK_SIZE - ext->offset), there = ext->size - here;

	model_ref(m, ext->block, refs);
	m->live[ext->block] += bytes * here;
	if (there) {
		model_ref(m, ext->block + 1, refs);
		m->live[ext->block + 1] += bytes * there;
	}
	m->bytes += (s64)bytes * ext->size;
}

/* Is there a run of so many free blocks in one group? */
static bool model_has_run(const struct model *m, unsigned int min)
{
	unsigned int len = 0;
	u32 i;

	for (i = 0; i < NR_BLOCKS && len < min; i++) {
		if (!(i % 1024))
			len = 0;
		len = m->refs[i] ? 0 : len + 1;
	}
	return len >= min;
}

/* As a segment does it: reserve, put objects there, drop the reservation. */
static void model_write(struct model *m)
{
	unsigned int min = z2t_random(&m->rng) % 2 ? 1 : 1 + z2t_random(&m->rng) % RUN_MAX;
	unsigned int want = min + z2t_random(&m->rng) % RUN_MAX;
	unsigned int keep = z2t_random(&m->rng) % 4 ? 0 : z2t_random(&m->rng) % NR_BLOCKS;
	unsigned int nr_free = NR_BLOCKS - m->used;
	struct kunit *test = m->test;
	unsigned int i, at = 0;
	u32 first;
	int len;

	len = z2_blockmap_reserve(m->map, min, want, keep, &first);
	if (nr_free < keep + min || !model_has_run(m, min)) {
		KUNIT_ASSERT_EQ(test, len, -ENOSPC);
		return;
	}
	KUNIT_ASSERT_GE(test, len, (int)min);
	KUNIT_ASSERT_LE(test, len, want);
	KUNIT_ASSERT_LE(test, len, nr_free - keep);
	KUNIT_ASSERT_LE(test, first + len, NR_BLOCKS);
	/* Never shorter than it could be, but for the end of a group. */
	if (len < want && len < nr_free - keep && (first + len) % 1024 && first + len < NR_BLOCKS)
		KUNIT_ASSERT_GT(test, m->refs[first + len], 0);
	for (i = 0; i < len; i++) {
		KUNIT_ASSERT_EQ(test, m->refs[first + i], 0);
		model_ref(m, first + i, 1);
	}

	while (m->nr_objects < OBJECTS_MAX) {
		struct z2_extent ext;

		at += z2t_random(&m->rng) % 3 ? 0 : z2t_random(&m->rng) % 5000;
		ext = extent(first + at / Z2_BLOCK_SIZE, at % Z2_BLOCK_SIZE,
			     1 + z2t_random(&m->rng) % Z2_BLOCK_SIZE);
		if (at + ext.size > len * Z2_BLOCK_SIZE)
			break;
		at += ext.size;
		z2_blockmap_add(m->map, &ext);
		model_extent(m, &ext, 1, 1);
		m->objects[m->nr_objects++] = ext;
	}
	for (i = 0; i < len; i++)
		model_ref(m, first + i, -1);
	z2_blockmap_unreserve(m->map, first, len);
}

static void model_remove(struct model *m)
{
	unsigned int i;

	if (!m->nr_objects)
		return;
	i = z2t_random(&m->rng) % m->nr_objects;
	z2_blockmap_remove(m->map, &m->objects[i]);
	model_extent(m, &m->objects[i], -1, -1);
	m->objects[i] = m->objects[--m->nr_objects];
}

static void model_pin(struct model *m)
{
	struct z2_extent *ext = &m->pins[m->nr_pins];

	if (!m->nr_objects || m->nr_pins == PINS_MAX)
		return;
	*ext = m->objects[z2t_random(&m->rng) % m->nr_objects];
	z2_blockmap_pin(m->map, ext);
	model_extent(m, ext, 1, 0);
	m->nr_pins++;
}

static void model_unpin(struct model *m)
{
	unsigned int i;

	if (!m->nr_pins)
		return;
	i = z2t_random(&m->rng) % m->nr_pins;
	z2_blockmap_unpin(m->map, &m->pins[i]);
	model_extent(m, &m->pins[i], -1, 0);
	m->pins[i] = m->pins[--m->nr_pins];
}

/* Each block with few live bytes is found, and how many objects it may have. */
static void model_check_next_sparse(struct model *m)
{
	unsigned int below = 1 + z2t_random(&m->rng) % Z2_BLOCK_SIZE, refs;
	u64 next = z2_blockmap_next_sparse(m->map, 0, below, &refs);
	u32 i;

	for (i = 0; i < NR_BLOCKS; i++) {
		if (!m->live[i] || m->live[i] >= below)
			continue;
		KUNIT_ASSERT_EQ(m->test, next, i);
		KUNIT_ASSERT_EQ(m->test, refs, m->refs[i]);
		next = z2_blockmap_next_sparse(m->map, i + 1, below, &refs);
	}
	KUNIT_ASSERT_EQ(m->test, next, NR_BLOCKS);
}

/* Moving what lies on blocks with less than the threshold gains something. */
static void model_check_sparse(struct model *m)
{
	u64 want = 1 + z2t_random(&m->rng) % 300;
	unsigned int below = z2_blockmap_sparse(m->map, want);
	u64 blocks = 0, bytes = 0;
	u32 i;

	KUNIT_ASSERT_LE(m->test, below, Z2_BLOCK_SIZE);
	for (i = 0; i < NR_BLOCKS; i++) {
		if (m->live[i] && m->live[i] < below) {
			blocks++;
			bytes += m->live[i];
		}
	}
	if (below)
		KUNIT_ASSERT_GT(m->test, blocks, (bytes + Z2_BLOCK_SIZE - 1) / Z2_BLOCK_SIZE);
}

static void model_check(struct model *m)
{
	u32 i;

	expect_stats(m->test, m->map, m->used, m->nr_objects, m->bytes);
	for (i = 0; i < NR_BLOCKS; i++)
		KUNIT_ASSERT_EQ(m->test, z2_blockmap_live(m->map, i), m->live[i]);
	model_check_sparse(m);
	model_check_next_sparse(m);
}

KUNIT_DEFINE_ACTION_WRAPPER(vfree_action, vfree, const void *);

static void blockmap_against_model(struct kunit *test)
{
	struct model *m = vzalloc(sizeof(*m));
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, m);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, vfree_action, m), 0);
	m->test = test;
	m->map = map_create(test, NR_BLOCKS);
	for (i = 0; i < 27000; i++) {
		/* Filling up and emptying take turns. */
		unsigned int fill = i / 5000 % 2 ? 1 : 12;
		unsigned int r = z2t_random(&m->rng) % 100;

		if (r < fill)
			model_write(m);
		else if (r < 80)
			model_remove(m);
		else if (r < 90)
			model_pin(m);
		else
			model_unpin(m);
		if (!(i % 1000))
			model_check(m);
	}
	KUNIT_EXPECT_GT(test, m->nr_objects, 0);
	while (m->nr_pins)
		model_unpin(m);
	while (m->nr_objects)
		model_remove(m);
	model_check(m);
	expect_stats(test, m->map, 0, 0, 0);
	z2_blockmap_destroy(m->map);
}

/* Threads that reserve, add, pin and remove at once leave nothing. */
struct crowd {
	struct z2_blockmap *map;
	atomic_t *owners;
	atomic_t wrong;
};

static void crowd_loop(void *arg)
{
	struct crowd *c = arg;
	int i, len, b;
	u32 first;

	for (i = 0; i < 300; i++) {
		struct z2_extent ext;

		len = z2_blockmap_reserve(c->map, 1, 3, 0, &first);
		if (len < 0)
			continue;
		for (b = 0; b < len; b++)
			if (atomic_inc_return(&c->owners[first + b]) != 1)
				atomic_inc(&c->wrong);
		ext = extent(first, 96, (len - 1) * Z2_BLOCK_SIZE + 100);
		z2_blockmap_add(c->map, &ext);
		z2_blockmap_pin(c->map, &ext);
		z2_blockmap_unreserve(c->map, first, len);
		z2_blockmap_remove(c->map, &ext);
		for (b = 0; b < len; b++)
			atomic_dec(&c->owners[first + b]);
		z2_blockmap_unpin(c->map, &ext);
	}
}

static void blockmap_crowd(struct kunit *test)
{
	struct crowd *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);
	struct z2t_thread *threads[4];
	int i;

	KUNIT_ASSERT_NOT_NULL(test, c);
	/* Small, so that they meet, and each group comes and goes. */
	c->map = map_create(test, 1030);
	c->owners = kunit_kcalloc(test, 1030, sizeof(*c->owners), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, c->owners);
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		threads[i] = z2t_spawn(test, crowd_loop, c);
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		KUNIT_ASSERT_TRUE(test, z2t_join(threads[i]));
	KUNIT_EXPECT_EQ(test, atomic_read(&c->wrong), 0);
	expect_stats(test, c->map, 0, 0, 0);
	z2_blockmap_destroy(c->map);
}

/* A terabyte. */

static u64 free_memory(void)
{
	struct sysinfo info;

	si_meminfo(&info);
	return (u64)info.freeram * info.mem_unit;
}

static void blockmap_terabyte_is_cheap(struct kunit *test)
{
	u64 before = free_memory(), taken;
	struct z2_blockmap *map = map_create(test, TERABYTE_BLOCKS);
	u32 first;

	taken = before - free_memory();
	KUNIT_EXPECT_LE_MSG(test, (s64)taken, (s64)(40 << 20), "an empty map");
	KUNIT_EXPECT_GE_MSG(test, taken, (u64)(32 << 20), "the measurement sees a bit a block");

	/* Counts exist for what is in use only. */
	KUNIT_EXPECT_EQ(test, z2_blockmap_reserve(map, 1, 32, 0, &first), 32);
	add(map, first + 31, 0, 4096);
	z2_blockmap_unreserve(map, first, 32);
	expect_stats(test, map, 1, 1, 4096);
	KUNIT_EXPECT_EQ(test, z2_blockmap_live(map, TERABYTE_BLOCKS - 1), 0);
	z2_blockmap_destroy(map);
}

/* What is timed comes in so many lots, of which the fastest counts: others may run. */
#define COST_LOTS	20

/* Nanoseconds that a search takes which fails, with and without something freed. */
static u64 failure_cost(struct kunit *test, struct z2_blockmap *map, bool change)
{
	unsigned int rounds = 100, lot, i;
	u64 cost = U64_MAX;
	u32 first;

	for (lot = 0; lot < COST_LOTS; lot++) {
		u64 begin = ktime_get_ns();

		for (i = 0; i < rounds; i++) {
			if (change) {
				KUNIT_ASSERT_EQ(test, z2_blockmap_reserve(map, 1, 1, 0, &first), 1);
				z2_blockmap_unreserve(map, first, 1);
			}
			KUNIT_ASSERT_EQ(test, z2_blockmap_reserve(map, 4, 32, 0, &first), -ENOSPC);
		}
		cost = min(cost, div_u64(ktime_get_ns() - begin, rounds));
	}
	return cost;
}

/* Nanoseconds that a run takes, freed again so that the state stays as it is. */
static u64 reserve_cost(struct kunit *test, struct z2_blockmap *map, unsigned int want)
{
	unsigned int rounds = 1000, lot, i;
	u64 cost = U64_MAX;
	u32 first;
	int len;

	for (lot = 0; lot < COST_LOTS; lot++) {
		u64 begin = ktime_get_ns();

		for (i = 0; i < rounds; i++) {
			len = z2_blockmap_reserve(map, 1, want, 0, &first);
			KUNIT_ASSERT_GT(test, len, 0);
			z2_blockmap_unreserve(map, first, len);
		}
		cost = min(cost, div_u64(ktime_get_ns() - begin, rounds));
	}
	return cost;
}

/*
 * A full terabyte would take a gigabyte of counts.  So many of its blocks it is,
 * and for a search that goes through them all it is enough to be noticed.
 */
#define FULL_BLOCKS	BIT(20)

static void reserve_all(struct z2_blockmap *map)
{
	u32 first;

	while (z2_blockmap_reserve(map, 1, 1024, 0, &first) > 0)
		cond_resched();
}

/* Finding a run costs the same on an empty map and on a full, fragmented one. */
static void blockmap_full_and_fragmented(struct kunit *test)
{
	struct z2_blockmap *map = map_create(test, FULL_BLOCKS);
	u64 room, holes, last, known, changed, scan;
	u32 block, first;

	reserve_all(map);
	KUNIT_ASSERT_EQ(test, z2_blockmap_free(map), 0);
	z2_blockmap_unreserve(map, 1024, 1000);
	room = reserve_cost(test, map, 1);
	reserve_all(map);

	/* Half of the groups are full, each run is one block. */
	for (block = 1000; block < FULL_BLOCKS; block += 2 * 1024)
		z2_blockmap_unreserve(map, block, 1);
	KUNIT_ASSERT_EQ(test, z2_blockmap_free(map), FULL_BLOCKS / 2048);
	holes = reserve_cost(test, map, 32);

	/* That no run is long enough isn't found out anew for each object. */
	for (block = 0; block < FULL_BLOCKS; block += 8)
		if (block / 1024 % 2)
			z2_blockmap_unreserve(map, block, 3);
	scan = ktime_get_ns();
	KUNIT_ASSERT_EQ(test, z2_blockmap_reserve(map, 4, 32, 0, &first), -ENOSPC);
	scan = ktime_get_ns() - scan;
	known = failure_cost(test, map, false);
	changed = failure_cost(test, map, true);
	kunit_info(test, "ns a run that isn't there: %llu at first, %llu then, %llu after a change",
		   scan, known, changed);
	KUNIT_EXPECT_LT(test, known, 2 * room);
	KUNIT_EXPECT_LT(test, changed, scan / 20);

	/* The worst: the only free block always lies behind. */
	reserve_all(map);
	z2_blockmap_unreserve(map, 5, 1);
	last = reserve_cost(test, map, 32);

	kunit_info(test, "ns a run: %llu with room, %llu fragmented, %llu the last free block",
		   room, holes, last);
	KUNIT_EXPECT_LT(test, holes, 5 * room);
	KUNIT_EXPECT_LT(test, last, 5 * room);
	z2_blockmap_destroy(map);
}

static struct kunit_case load_cases[] = {
	KUNIT_CASE(blockmap_against_model),
	KUNIT_CASE(blockmap_crowd),
	KUNIT_CASE(blockmap_terabyte_is_cheap),
	KUNIT_CASE_SLOW(blockmap_full_and_fragmented),
	{}
};

static struct kunit_suite load_suite = {
	.name = "zram2_blockmap_load",
	.test_cases = load_cases,
};

kunit_test_suite(load_suite);

// SPDX-License-Identifier: GPL-2.0
/* wklz and its two stages.  tests/fuzz/ runs more of that in user space. */
#include <kunit/test.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/kcsan-checks.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/unaligned.h>

#include <zram2/codec.h>
#include <zram2/params.h>
#include <zram2/wklz_lz.h>
#include <zram2/wklz_words.h>

#include "fixture.h"
#include "wklz_answers.h"
#include "wklz_pages.h"

/**
 * struct wklz_fixture - what each case has
 * @levels: the algorithm at each of them
 * @page: the contents
 * @packed: Z2_CODEC_DST_MAX bytes, guarded
 * @back: decompressed, guarded
 */
struct wklz_fixture {
	struct z2t_wklz levels[Z2T_WKLZ_LEVELS];
	u8 *page;
	u8 *packed;
	u8 *back;
};

static int wklz_init(struct kunit *test)
{
	struct wklz_fixture *f = kunit_kzalloc(test, sizeof(*f), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, f);
	test->priv = f;
	f->page = kunit_kmalloc(test, PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, f->page);
	f->packed = z2t_guarded_alloc(test, Z2_CODEC_DST_MAX);
	f->back = z2t_guarded_alloc(test, PAGE_SIZE);
	for (i = 0; i < Z2T_WKLZ_LEVELS; i++)
		KUNIT_ASSERT_EQ(test, z2t_wklz_open(&f->levels[i], i + 1), 0);
	return 0;
}

static void wklz_exit(struct kunit *test)
{
	struct wklz_fixture *f = test->priv;
	unsigned int i;

	if (!f)
		return;
	for (i = 0; i < Z2T_WKLZ_LEVELS; i++)
		z2t_wklz_close(&f->levels[i]);
}

static void expect_guards(struct kunit *test)
{
	struct wklz_fixture *f = test->priv;

	KUNIT_EXPECT_TRUE(test, z2t_guards_intact(f->packed, Z2_CODEC_DST_MAX));
	KUNIT_EXPECT_TRUE(test, z2t_guards_intact(f->back, PAGE_SIZE));
}

/* Memory of exactly @len bytes, so that KASAN sees a look past it. */
static int unpack_exact(struct kunit *test, struct z2t_wklz *wklz, const u8 *src, size_t len)
{
	struct wklz_fixture *f = test->priv;
	u8 *copy = kmemdup(src, len, GFP_KERNEL);
	int err;

	KUNIT_ASSERT_NOT_NULL(test, copy);
	err = z2t_wklz_unpack(wklz, copy, len, f->back);
	kfree(copy);
	return err;
}

/* Returns the length, 0 for a page that doesn't pay. */
static int wklz_round_trip(struct kunit *test, struct z2t_wklz *wklz, const char *what)
{
	struct wklz_fixture *f = test->priv;
	int len = z2t_wklz_pack(wklz, f->page, f->packed);

	KUNIT_ASSERT_GT(test, len, 0);
	KUNIT_ASSERT_LE(test, len, Z2_CODEC_DST_MAX);
	if (len >= PAGE_SIZE)
		return 0;
	memset(f->back, 0x77, PAGE_SIZE);
	KUNIT_EXPECT_EQ_MSG(test, unpack_exact(test, wklz, f->packed, len), 0, "%s", what);
	KUNIT_EXPECT_MEMEQ_MSG(test, f->back, f->page, PAGE_SIZE, "%s", what);
	return len;
}

static void wklz_pages(struct kunit *test)
{
	struct wklz_fixture *f = test->priv;
	unsigned int kind, seed, level, modes[2] = {};

	for (kind = 0; kind < Z2T_WKLZ_KINDS; kind++) {
		const char *name = z2t_wklz_name(kind);

		for (seed = 0; seed < 32; seed++) {
			z2t_wklz_fill(f->page, PAGE_SIZE, kind, seed);
			for (level = 0; level < Z2T_WKLZ_LEVELS; level++) {
				int len = wklz_round_trip(test, &f->levels[level], name);

				if (kind == Z2T_WKLZ_RANDOM)
					continue;
				KUNIT_ASSERT_GT_MSG(test, len, 0, "%s", name);
				KUNIT_EXPECT_LT_MSG(test, len, PAGE_SIZE * 9 / 10, "%s", name);
				if (kind == Z2T_WKLZ_ZERO || kind == Z2T_WKLZ_LONER)
					KUNIT_EXPECT_LT(test, len, PAGE_SIZE / 8);
				KUNIT_ASSERT_LT(test, f->packed[0], 2);
				modes[f->packed[0]]++;
			}
		}
		cond_resched();
	}
	/* Both stages had their turn. */
	KUNIT_EXPECT_GT(test, modes[0], 100);
	KUNIT_EXPECT_GT(test, modes[1], 100);
	expect_guards(test);
}

/* Real code: this module's own. */
static void wklz_program(struct kunit *test)
{
	const struct module_memory *text = &THIS_MODULE->mem[MOD_TEXT];
	struct wklz_fixture *f = test->priv;
	unsigned int level, pages = 0, paid = 0;
	size_t at;

	for (at = 0; at + PAGE_SIZE <= text->size && at < 64 * PAGE_SIZE; at += PAGE_SIZE) {
		memcpy(f->page, text->base + at, PAGE_SIZE);
		pages++;
		for (level = 0; level < Z2T_WKLZ_LEVELS; level++)
			paid += !!wklz_round_trip(test, &f->levels[level], "code");
	}
	KUNIT_EXPECT_GT(test, pages, 8);
	KUNIT_EXPECT_GT(test, paid, pages);
	expect_guards(test);
}

/* Noise in each share of a page, for lengths that no formula has. */
static void wklz_shares_of_noise(struct kunit *test)
{
	struct wklz_fixture *f = test->priv;
	unsigned int level;
	size_t noise;

	for (noise = 0; noise <= PAGE_SIZE; noise += 16) {
		z2t_wklz_fill(f->page, PAGE_SIZE, Z2T_WKLZ_REGION, noise);
		z2t_fill(f->page + (PAGE_SIZE - noise) / 2, noise, Z2T_RANDOM, noise);
		for (level = 0; level < Z2T_WKLZ_LEVELS; level++)
			wklz_round_trip(test, &f->levels[level], "a share of noise");
	}
	expect_guards(test);
}

static void tell(void *test, const char *line)
{
	kunit_info((struct kunit *)test, "%s\n", line);
}

/*
 * The format is what devices in memory and on disk are read by.  The tables are
 * in wklz_answers.c; user space has them, too, on machines of other kinds.
 */
static void wklz_writes_what_it_wrote(struct kunit *test)
{
	struct wklz_fixture *f = test->priv;

	KUNIT_EXPECT_EQ(test, z2t_wklz_answers(f->page, f->packed, tell, test), 0);
}

static void wklz_parameters(struct kunit *test)
{
	static const int refused[] = { INT_MIN + 1, -1, 0, 4, 5, 100, INT_MAX };
	struct z2_codec_params params = { .level = Z2_PARAM_UNSET, .winbits = Z2_PARAM_UNSET };
	void *shared = NULL;
	struct z2t_wklz wklz;
	unsigned int i;

	KUNIT_EXPECT_EQ(test, z2_codec_wklz.setup(&params, &shared), 0);
	KUNIT_EXPECT_EQ(test, params.level, 2);
	KUNIT_EXPECT_NULL(test, shared);
	for (i = 0; i < ARRAY_SIZE(refused); i++)
		KUNIT_EXPECT_EQ_MSG(test, z2t_wklz_open(&wklz, refused[i]), -EINVAL, "level %d",
				    refused[i]);
	params.dict = "words";
	params.dict_len = 5;
	KUNIT_EXPECT_EQ(test, z2_codec_wklz.setup(&params, &shared), -EOPNOTSUPP);
}

/* The LZ stage with each limit, in memory of that size: all of it, or nothing. */
static void lz_limits(struct kunit *test, u16 *seen, unsigned int step)
{
	struct wklz_fixture *f = test->priv;
	const size_t whole = z2_wklz_lz_pack(seen, step, f->page, PAGE_SIZE, f->packed,
					     Z2_CODEC_DST_MAX);
	const size_t enough = whole + PAGE_SIZE / 255 + 64;
	size_t max, len = 0;
	unsigned int wrong = 0, gave = 0;

	KUNIT_ASSERT_GT(test, whole, 0);
	KUNIT_ASSERT_LE(test, whole, Z2_CODEC_DST_MAX);
	for (max = 1; max <= enough; max += max + 64 < whole ? 31 : 1) {
		u8 *dst = kmalloc(max, GFP_KERNEL);

		KUNIT_ASSERT_NOT_NULL(test, dst);
		len = z2_wklz_lz_pack(seen, step, f->page, PAGE_SIZE, dst, max);
		wrong += len ? len != whole || len > max : gave != 0;
		gave += !!len;
		if (len)
			wrong += z2_wklz_lz_unpack(dst, len, f->back, PAGE_SIZE) ||
				 memcmp(f->back, f->page, PAGE_SIZE);
		kfree(dst);
	}
	KUNIT_EXPECT_EQ(test, wrong, 0);
	KUNIT_EXPECT_EQ_MSG(test, len, whole, "%zu bytes are enough", enough);
}

static void wklz_every_limit(struct kunit *test)
{
	u16 *seen = kunit_kmalloc_array(test, Z2_WKLZ_LZ_POSITIONS, sizeof(*seen), GFP_KERNEL);
	struct wklz_fixture *f = test->priv;
	unsigned int kind;

	KUNIT_ASSERT_NOT_NULL(test, seen);
	for (kind = 0; kind < Z2T_WKLZ_KINDS; kind++) {
		z2t_wklz_fill(f->page, PAGE_SIZE, kind, 3);
		lz_limits(test, seen, 64);
		cond_resched();
	}
	expect_guards(test);
}

/* The word stage that gives nothing up, and one that gives up at once. */
static void wklz_words(struct kunit *test)
{
	static const struct z2_wklz_limits never = { { 255, 255, 255, 255, 255 } };
	static const struct z2_wklz_limits at_once = {};
	struct z2_wklz_packer *packer = kunit_kmalloc(test, sizeof(*packer), GFP_KERNEL);
	struct z2_wklz_unpacker *unpacker = kunit_kmalloc(test, sizeof(*unpacker), GFP_KERNEL);
	u8 *dst = kunit_kmalloc(test, Z2_WKLZ_WORDS_MAX, GFP_KERNEL);
	struct wklz_fixture *f = test->priv;
	unsigned int kind, seed, packed = 0;

	KUNIT_ASSERT_NOT_NULL(test, packer);
	KUNIT_ASSERT_NOT_NULL(test, unpacker);
	KUNIT_ASSERT_NOT_NULL(test, dst);
	for (kind = 0; kind < Z2T_WKLZ_KINDS; kind++) {
		for (seed = 0; seed < 16; seed++) {
			size_t len;
			u8 *src;

			z2t_wklz_fill(f->page, Z2_WKLZ_UNIT, kind, seed);
			len = z2_wklz_words_pack(packer, &at_once, f->page, dst);
			if (kind != Z2T_WKLZ_ZERO && kind != Z2T_WKLZ_LINES)
				KUNIT_EXPECT_EQ(test, len, 0);
			len = z2_wklz_words_pack(packer, &never, f->page, dst);
			KUNIT_ASSERT_LT(test, len, Z2_WKLZ_UNIT);
			if (!len)
				continue;
			packed++;
			src = kmemdup(dst, len, GFP_KERNEL);
			KUNIT_ASSERT_NOT_NULL(test, src);
			KUNIT_EXPECT_EQ(test, z2_wklz_words_unpack(unpacker, src, len, f->back), 0);
			KUNIT_EXPECT_MEMEQ(test, f->back, f->page, Z2_WKLZ_UNIT);
			kfree(src);
		}
	}
	KUNIT_EXPECT_GT(test, packed, 8 * 16);
	expect_guards(test);
}

/* Promises that aren't kept, in memory for nothing else. */
static void wklz_crafted(struct kunit *test)
{
	struct z2_wklz_unpacker *unpacker = kunit_kmalloc(test, sizeof(*unpacker), GFP_KERNEL);
	u8 *unit = kunit_kmalloc(test, Z2_WKLZ_UNIT, GFP_KERNEL);
	struct wklz_fixture *f = test->priv;
	unsigned int i, noticed = 0, odd = 0;

	KUNIT_ASSERT_NOT_NULL(test, unpacker);
	KUNIT_ASSERT_NOT_NULL(test, unit);
	for (i = 0; i < 4000; i++) {
		size_t len = z2t_wklz_craft(unit, i);
		int err = z2_wklz_words_unpack(unpacker, unit, len, f->back);

		noticed += !!err;
		odd += err && err != -EIO;
	}
	KUNIT_EXPECT_EQ(test, odd, 0);
	KUNIT_EXPECT_GT(test, noticed, 3000);
	expect_guards(test);
}

/* How somebody reads what was packed: all of it, or the LZ stage's block. */
typedef int (*reader_fn)(struct wklz_fixture *f, const u8 *src, size_t len);

static int read_all(struct wklz_fixture *f, const u8 *src, size_t len)
{
	return z2t_wklz_unpack(&f->levels[0], src, len, f->back);
}

static int read_block(struct wklz_fixture *f, const u8 *src, size_t len)
{
	return z2_wklz_lz_unpack(src, len, f->back, PAGE_SIZE);
}

/*
 * Memory whose end is that of what is read, without an allocation each time: it
 * takes longer than to decompress.
 */
#define ROOM	(PAGE_SIZE + PAGE_SIZE / 2)

static u8 *room_alloc(struct kunit *test)
{
	u8 *room = kunit_kmalloc(test, ROOM, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, room);
	return room;
}

static u8 *room_fill(u8 *room, const u8 *src, size_t len)
{
	return memcpy(room + ROOM - len, src, len);
}

/* Each length but the right one, up to one more byte, is an error. */
static void damage_length(struct kunit *test, u8 *room, u8 *src, size_t len, reader_fn reader)
{
	size_t cut, unnoticed = 0;

	src[len] = 0;
	for (cut = 0; cut <= len + 1; cut++)
		if (cut != len)
			unnoticed += !reader(test->priv, room_fill(room, src, cut), cut);
	KUNIT_EXPECT_EQ(test, unnoticed, 0);
}

/* Each bit, or each @move'th; returns how many were noticed. */
static size_t damage_bits(struct kunit *test, u8 *room, const u8 *src, size_t len,
			  unsigned int move, reader_fn reader)
{
	u8 *copy = room_fill(room, src, len);
	size_t bit, noticed = 0, odd = 0;

	for (bit = 0; bit < 8 * len; bit += move) {
		int err;

		copy[bit / 8] ^= 1 << bit % 8;
		err = reader(test->priv, copy, len);
		copy[bit / 8] ^= 1 << bit % 8;
		noticed += !!err;
		odd += err && err != -EIO;
		if (bit % 256 < move)
			cond_resched();
	}
	KUNIT_EXPECT_EQ(test, odd, 0);
	return noticed;
}

/* Up to 40 pages of a kind, until they had so many bytes; returns how many. */
static unsigned int damage_kind(struct kunit *test, enum z2t_wklz_kind kind, size_t bytes,
				unsigned int move)
{
	struct wklz_fixture *f = test->priv;
	u8 *before = kunit_kzalloc(test, PAGE_SIZE, GFP_KERNEL), *room = room_alloc(test);
	unsigned int seed, level, pages = 0;
	size_t noticed = 0, done = 0;

	KUNIT_ASSERT_NOT_NULL(test, before);
	for (seed = 0; seed < 40 && done < bytes; seed++) {
		z2t_wklz_fill(f->page, PAGE_SIZE, kind, 100 + seed);
		for (level = 0; level < Z2T_WKLZ_LEVELS && done < bytes; level++) {
			int len = wklz_round_trip(test, &f->levels[level], "to be damaged");

			/* What another level or page is packed to as well was damaged. */
			if (!len || !memcmp(f->packed, before, len))
				continue;
			memcpy(before, f->packed, len);
			damage_length(test, room, f->packed, len, read_all);
			noticed += damage_bits(test, room, f->packed, len, move, read_all);
			done += len;
			pages++;
		}
	}
	KUNIT_EXPECT_GE(test, noticed, pages);
	kunit_kfree(test, room);
	kunit_kfree(test, before);
	return pages;
}

static void wklz_damage(struct kunit *test)
{
	unsigned int kind;

	for (kind = 0; kind < Z2T_WKLZ_RANDOM; kind++)
		KUNIT_EXPECT_GE(test, damage_kind(test, kind, 1, 7), 1);
	expect_guards(test);
}

static void wklz_damage_of_more(struct kunit *test)
{
	unsigned int kind, pages = 0;

	for (kind = 0; kind < Z2T_WKLZ_RANDOM; kind++)
		pages += damage_kind(test, kind, 8000, 1);
	KUNIT_EXPECT_GE(test, pages, 100);
	expect_guards(test);
}

/* Our own reader of LZ4, which a kernel that has one doesn't use. */
static void wklz_own_reader(struct kunit *test)
{
	static const enum z2t_wklz_kind kinds[] = {
		Z2T_WKLZ_ZERO, Z2T_WKLZ_TEXT, Z2T_WKLZ_CODE, Z2T_WKLZ_LONER, Z2T_WKLZ_HALF,
	};
	u16 *seen = kunit_kmalloc_array(test, Z2_WKLZ_LZ_POSITIONS, sizeof(*seen), GFP_KERNEL);
	struct wklz_fixture *f = test->priv;
	u8 *room = room_alloc(test);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, seen);
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		size_t len;

		z2t_wklz_fill(f->page, PAGE_SIZE, kinds[i], 7);
		len = z2_wklz_lz_pack(seen, 64, f->page, PAGE_SIZE, f->packed, Z2_CODEC_DST_MAX);
		KUNIT_ASSERT_GT(test, len, 0);
		KUNIT_EXPECT_EQ(test, read_block(f, f->packed, len), 0);
		KUNIT_EXPECT_MEMEQ(test, f->back, f->page, PAGE_SIZE);
		damage_length(test, room, f->packed, len, read_block);
		KUNIT_EXPECT_GT(test, damage_bits(test, room, f->packed, len, 7, read_block), 0);
	}
	expect_guards(test);
}

/* Bytes that are others, missing, or too many: half of it where headers are. */
static size_t damage_at_random(u8 *src, size_t len, u64 *rng)
{
	u64 r = z2t_random(rng);
	unsigned int n = r >> 8 & 7;

	if (r % 4 == 0)
		len = (r >> 16) % (len + 1);
	for (; n && len; n--) {
		u8 *at;

		r = z2t_random(rng);
		at = src + (r >> 16) % (r & 1 ? len : min_t(size_t, len, 300));
		*at = r & 2 ? r >> 8 : r & 4 ? 0xff : *at ^ 1 << (r >> 3 & 7);
	}
	return len;
}

static void damage_many(struct kunit *test, unsigned int times)
{
	struct wklz_fixture *f = test->priv;
	u8 *copy = kunit_kmalloc(test, PAGE_SIZE, GFP_KERNEL), *room = room_alloc(test);
	unsigned int i, noticed = 0, odd = 0;
	u64 rng = 5;
	int len = 0;

	KUNIT_ASSERT_NOT_NULL(test, copy);
	for (i = 0; i < times; i++) {
		struct z2t_wklz *wklz = &f->levels[i / 64 % Z2T_WKLZ_LEVELS];
		size_t now;
		int err;

		if (i % 64 == 0) {
			z2t_wklz_fill(f->page, PAGE_SIZE, i / 64 % Z2T_WKLZ_RANDOM, i);
			len = wklz_round_trip(test, wklz, "to be damaged");
			cond_resched();
		}
		memcpy(copy, f->packed, len);
		now = damage_at_random(copy, len, &rng);
		err = z2t_wklz_unpack(wklz, room_fill(room, copy, now), now, f->back);
		noticed += !!err;
		odd += err && err != -EIO;
	}
	KUNIT_EXPECT_EQ(test, odd, 0);
	KUNIT_EXPECT_GT(test, noticed, times / 4);
	expect_guards(test);
}

static void wklz_noise(struct kunit *test)
{
	damage_many(test, 20000);
}

static void wklz_million(struct kunit *test)
{
	damage_many(test, 1000000);
}

/**
 * struct race - who writes to a page while it is compressed
 * @page: PAGE_SIZE bytes
 * @end: jiffies when it has taken too long
 * @over: no more
 */
struct race {
	u64 *page;
	unsigned long end;
	bool over;
};

static __no_kcsan void wklz_race_write(void *arg)
{
	struct race *race = arg;
	u64 rng = 9;

	while (!READ_ONCE(race->over) && time_before(jiffies, race->end)) {
		u64 r = z2t_random(&rng), word = 0;

		if (r & 1)
			word = r & 2 ? r : r >> 40;
		if (r & 4)
			word |= 0x00007f0000000000;
		WRITE_ONCE(race->page[(r >> 32) % (PAGE_SIZE / 8)], word);
		if (r >> 54 == 0)
			cond_resched();
	}
}

/* What comes out is some page; what was compressed decompresses. */
static void wklz_race(struct kunit *test)
{
	struct wklz_fixture *f = test->priv;
	struct race *race = kunit_kzalloc(test, sizeof(*race), GFP_KERNEL);
	u8 *before = kunit_kmalloc(test, PAGE_SIZE, GFP_KERNEL);
	unsigned int pages = 0, changed = 0, wrong = 0;
	struct z2t_thread *writer;

	KUNIT_ASSERT_NOT_NULL(test, race);
	KUNIT_ASSERT_NOT_NULL(test, before);
	z2t_wklz_fill(f->page, PAGE_SIZE, Z2T_WKLZ_REGION, 1);
	race->page = (u64 *)f->page;
	race->end = jiffies + msecs_to_jiffies(Z2T_PATIENCE_MS);
	writer = z2t_spawn(test, wklz_race_write, race);
	/* Until enough were written to while they were compressed. */
	for (; (pages < 1500 || changed < 150) && time_before(jiffies, race->end); pages++) {
		struct z2t_wklz *wklz = &f->levels[pages % Z2T_WKLZ_LEVELS];
		int len;

		/* That there is a race is the point. */
		kcsan_disable_current();
		if (pages % 50 == 0)
			z2t_wklz_fill(f->page, PAGE_SIZE, pages / 50 % Z2T_WKLZ_KINDS, pages);
		memcpy(before, f->page, PAGE_SIZE);
		len = z2t_wklz_pack(wklz, f->page, f->packed);
		changed += !!memcmp(before, f->page, PAGE_SIZE);
		kcsan_enable_current();
		if (len <= 0 || len > Z2_CODEC_DST_MAX)
			wrong++;
		else if (len < PAGE_SIZE)
			wrong += !!unpack_exact(test, wklz, f->packed, len);
		cond_resched();
	}
	WRITE_ONCE(race->over, true);
	KUNIT_EXPECT_TRUE(test, z2t_join(writer));
	KUNIT_EXPECT_EQ(test, wrong, 0);
	KUNIT_EXPECT_GE_MSG(test, changed, 150, Z2T_TIMEOUT);
	expect_guards(test);
}

static struct kunit_case wklz_cases[] = {
	KUNIT_CASE(wklz_pages),
	KUNIT_CASE(wklz_program),
	KUNIT_CASE(wklz_shares_of_noise),
	KUNIT_CASE(wklz_writes_what_it_wrote),
	KUNIT_CASE(wklz_parameters),
	KUNIT_CASE(wklz_every_limit),
	KUNIT_CASE(wklz_words),
	KUNIT_CASE(wklz_crafted),
	KUNIT_CASE(wklz_own_reader),
	KUNIT_CASE(wklz_damage),
	KUNIT_CASE_SLOW(wklz_damage_of_more),
	KUNIT_CASE(wklz_noise),
	KUNIT_CASE_SLOW(wklz_million),
	KUNIT_CASE(wklz_race),
	{}
};

static struct kunit_suite wklz_suite = {
	.name = "zram2_wklz",
	.init = wklz_init,
	.exit = wklz_exit,
	.test_cases = wklz_cases,
};

kunit_test_suite(wklz_suite);

// SPDX-License-Identifier: GPL-2.0
/*
 * wklz in user space: algorithm TEST [FILE].  The tests are the same each time.
 * Memory has exactly the size that the codec may touch, for the sanitizers.
 */
#include <pthread.h>
#include <time.h>

#include <zram2/codec.h>
#include <zram2/params.h>
#include <zram2/wklz_lz.h>
#include <zram2/wklz_words.h>

#include "../../kunit/fill.h"
#include "../../kunit/wklz_answers.h"
#include "../../kunit/wklz_pages.h"

#define LEVELS	Z2T_WKLZ_LEVELS
#define KINDS	Z2T_WKLZ_KINDS

/* With larger pages, and what reads slower, less is tried. */
#define UNITS	(PAGE_SIZE / 4096)
#define SEEDS	(UNITS == 1 ? 2 + 4 * CONFIG_LZ4_DECOMPRESS : 1)

static struct z2t_wklz wklz[LEVELS];
static u8 *page, *packed, *back;

/* @len bytes, and not one more. */
static u8 *exact(const u8 *bytes, size_t len)
{
	u8 *copy = malloc(len);

	CHECK(copy || !len);
	if (len)
		memcpy(copy, bytes, len);
	return copy;
}

/* Decompresses to @back. */
static int unpack_exact(struct z2t_wklz *w, const u8 *src, size_t len)
{
	u8 *copy = exact(src, len);
	int err;

	memset(back, 0x5a, PAGE_SIZE);
	err = z2t_wklz_unpack(w, copy, len, back);
	CHECK(err <= 0);
	free(copy);
	return err;
}

/* Returns the length, or 0 for a page that doesn't pay. */
static int round_trip(struct z2t_wklz *w)
{
	int len = z2t_wklz_pack(w, page, packed);

	CHECK(len > 0 && len <= Z2_CODEC_DST_MAX);
	if (len >= PAGE_SIZE)
		return 0;
	CHECK(!unpack_exact(w, packed, len));
	CHECK(!memcmp(back, page, PAGE_SIZE));
	return len;
}

static void test_round_trips(void)
{
	unsigned int kind, seed, level, modes[2] = {};

	for (kind = 0; kind < KINDS; kind++) {
		for (seed = 0; seed < 64; seed++) {
			z2t_wklz_fill(page, PAGE_SIZE, kind, seed);
			for (level = 0; level < LEVELS; level++) {
				int len = round_trip(&wklz[level]);

				if (kind == Z2T_WKLZ_RANDOM)
					continue;
				/* What has patterns pays, and nearly nothing takes little. */
				CHECK(len && len < PAGE_SIZE * 9 / 10);
				if (kind == Z2T_WKLZ_ZERO || kind == Z2T_WKLZ_LONER)
					CHECK(len < PAGE_SIZE / 8 + 64);
				CHECK(packed[0] < 2);
				modes[packed[0]]++;
			}
		}
	}
	/* Both stages had their turn; with 32 bits there is only one. */
	CHECK(modes[0]);
	CHECK(!modes[1] == !CONFIG_64BIT);
}

/* Lengths between those that the formulas have: noise in each share of a page. */
static void test_shares_of_noise(void)
{
	unsigned int level;
	size_t noise;

	for (noise = 0; noise <= PAGE_SIZE; noise += PAGE_SIZE / 256) {
		z2t_wklz_fill(page, PAGE_SIZE, Z2T_WKLZ_REGION, noise);
		z2t_fill(page + (PAGE_SIZE - noise) / 2, noise, Z2T_RANDOM, noise);
		for (level = 0; level < LEVELS; level++)
			round_trip(&wklz[level]);
	}
}

/* Real code and data: this program's own. */
static void test_program(void)
{
	FILE *file = fopen("/proc/self/exe", "rb");
	unsigned int level, pages = 0, paid = 0;

	CHECK(file);
	while (fread(page, 1, PAGE_SIZE, file) == PAGE_SIZE && pages < 512) {
		pages++;
		for (level = 0; level < LEVELS; level++)
			paid += !!round_trip(&wklz[level]);
	}
	fclose(file);
	CHECK(paid > pages);
}

static void test_levels(void)
{
	static const int refused[] = { INT_MIN + 1, -1, 0, 4, 5, 100, INT_MAX };
	struct z2_codec_params params = { .level = Z2_PARAM_UNSET, .winbits = Z2_PARAM_UNSET };
	void *shared = NULL;
	struct z2t_wklz w;
	unsigned int i;

	CHECK(!z2_codec_wklz.setup(&params, &shared) && params.level == 2 && !shared);
	for (i = 0; i < ARRAY_SIZE(refused); i++)
		CHECK(z2t_wklz_open(&w, refused[i]) == -EINVAL);
	params.dict = "words";
	params.dict_len = 5;
	CHECK(z2_codec_wklz.setup(&params, &shared) == -EOPNOTSUPP);
}

/* Every length that the LZ stage may be limited to; the result is there or not. */
static void lz_limits(u16 *seen, unsigned int step)
{
	const size_t whole = z2_wklz_lz_pack(seen, step, page, PAGE_SIZE, packed,
					     Z2_CODEC_DST_MAX);
	const size_t enough = whole + PAGE_SIZE / 255 + 64;
	const size_t far = 7 * UNITS * UNITS;
	size_t max, len;
	bool had = false;

	CHECK(whole && whole <= Z2_CODEC_DST_MAX);
	for (max = 0; max <= enough; max += max + far + 64 < whole ? far : UNITS) {
		u8 *dst = malloc(max);

		CHECK(dst || !max);
		len = z2_wklz_lz_pack(seen, step, page, PAGE_SIZE, dst, max);
		CHECK(len == 0 || (len == whole && len <= max));
		CHECK(len || !had);
		had = len;
		if (len) {
			CHECK(!z2_wklz_lz_unpack(dst, len, back, PAGE_SIZE));
			CHECK(!memcmp(back, page, PAGE_SIZE));
		}
		free(dst);
	}
	CHECK(had);
}

static void test_limits(void)
{
	static const unsigned int steps[] = { 64, 96, 1000 };
	u16 *seen = malloc(Z2_WKLZ_LZ_POSITIONS * sizeof(*seen));
	unsigned int kind, i;

	CHECK(seen);
	for (kind = 0; kind < KINDS; kind++) {
		z2t_wklz_fill(page, PAGE_SIZE, kind, 3);
		for (i = 0; i < ARRAY_SIZE(steps); i++)
			lz_limits(seen, steps[i]);
	}
	free(seen);
}

/* The word stage that gives nothing up, and one that gives up at once. */
static void test_words(void)
{
	static const struct z2_wklz_limits never = { { 255, 255, 255, 255, 255 } };
	static const struct z2_wklz_limits at_once = { { 0, 0, 0, 0, 0 } };
	struct z2_wklz_packer *packer = malloc(sizeof(*packer));
	struct z2_wklz_unpacker *unpacker = malloc(sizeof(*unpacker));
	u8 *unit = malloc(Z2_WKLZ_UNIT), *dst = malloc(Z2_WKLZ_WORDS_MAX), *src;
	unsigned int kind, seed;
	size_t len;

	CHECK(packer && unpacker && unit && dst);
	for (kind = 0; kind < KINDS; kind++) {
		for (seed = 0; seed < 16; seed++) {
			z2t_wklz_fill(unit, Z2_WKLZ_UNIT, kind, seed);
			len = z2_wklz_words_pack(packer, &at_once, unit, dst);
			CHECK(!len || kind == Z2T_WKLZ_ZERO || kind == Z2T_WKLZ_LINES);
			len = z2_wklz_words_pack(packer, &never, unit, dst);
			CHECK(len < Z2_WKLZ_UNIT && (len || kind != Z2T_WKLZ_REGION));
			if (!len)
				continue;
			src = exact(dst, len);
			memset(back, 0x5a, PAGE_SIZE);
			CHECK(!z2_wklz_words_unpack(unpacker, src, len, back));
			CHECK(!memcmp(back, unit, Z2_WKLZ_UNIT));
			free(src);
		}
	}
	free(dst);
	free(unit);
	free(unpacker);
	free(packer);
}

/* Promises that aren't kept, in memory for nothing else. */
static void test_crafted(void)
{
	struct z2_wklz_unpacker *unpacker = malloc(sizeof(*unpacker));
	u8 *unit = malloc(Z2_WKLZ_UNIT);
	unsigned int i, noticed = 0;

	CHECK(unpacker && unit);
	for (i = 0; i < 50000; i++) {
		size_t len = z2t_wklz_craft(unit, i);
		u8 *src = exact(unit, len);
		int err = z2_wklz_words_unpack(unpacker, src, len, back);

		CHECK(err <= 0);
		noticed += !!err;
		free(src);
	}
	CHECK(noticed > 40000);
	free(unit);
	free(unpacker);
}

/* Every length but the right one is an error, and one more byte. */
static void truncate_all(struct z2t_wklz *w, size_t len)
{
	size_t cut, move = UNITS > 1 ? len / 200 + 1 : 1;

	for (cut = 0; cut < len; cut += cut + 32 < len ? move : 1)
		CHECK(unpack_exact(w, packed, cut));
	packed[len] = 0;
	CHECK(unpack_exact(w, packed, len + 1));
}

/* Returns how many flips were noticed. */
static unsigned int flip_all(struct z2t_wklz *w, size_t len)
{
	size_t bit, move = UNITS > 1 ? len / 100 | 1 : 1;
	u8 *src = exact(packed, len);
	unsigned int noticed = 0;

	for (bit = 0; bit < 8 * len; bit += bit < 400 ? 1 : move) {
		int err;

		src[bit / 8] ^= 1 << bit % 8;
		err = z2t_wklz_unpack(w, src, len, back);
		CHECK(err <= 0);
		noticed += !!err;
		src[bit / 8] ^= 1 << bit % 8;
	}
	free(src);
	return noticed;
}

static void test_damage(void)
{
	unsigned int kind, seed, level, noticed = 0;
	u8 *before = malloc(Z2_CODEC_DST_MAX);

	CHECK(before);
	for (kind = 0; kind < KINDS; kind++) {
		for (seed = 0; seed < SEEDS; seed++) {
			z2t_wklz_fill(page, PAGE_SIZE, kind, 100 + seed);
			for (level = 0; level < LEVELS; level++) {
				int len = round_trip(&wklz[level]);

				/* For many pages, two levels do the same. */
				if (!len || (level && !memcmp(packed, before, len)))
					continue;
				memcpy(before, packed, len);
				truncate_all(&wklz[level], len);
				noticed += flip_all(&wklz[level], len);
			}
		}
	}
	CHECK(noticed > 5000);
	free(before);
}

/* Much of it at once: bytes that are others, missing, or too many. */
static void test_noise(void)
{
	unsigned int level, i, n, runs = 400 * SEEDS, noticed = 0;
	u64 rng = 5;

	for (i = 0; i < runs; i++) {
		struct z2t_wklz *w = &wklz[level = i % LEVELS];
		int len, errs = 0;

		z2t_wklz_fill(page, PAGE_SIZE, i % KINDS, 200 + i);
		len = round_trip(w);
		for (n = 0; n < 60; n++) {
			size_t now = len, k;
			u8 *src;

			if (n % 4 == 0)
				now += z2t_random(&rng) % 64;
			else if (n % 4 == 1)
				now = z2t_random(&rng) % (len + 1);
			now = min_t(size_t, now, Z2_CODEC_DST_MAX);
			src = exact(packed, now);
			for (k = z2t_random(&rng) % 8; k && now; k--) {
				u64 r = z2t_random(&rng);
				/* Half of it where the headers are. */
				u8 *at = src + (r >> 16) % (r & 1 ? now : min_t(size_t, now, 300));

				*at = r & 2 ? r >> 8 : r & 4 ? 0xff : *at ^ 1 << (r >> 3) % 8;
			}
			errs += !!z2t_wklz_unpack(w, src, now, back);
			free(src);
		}
		noticed += errs;
	}
	CHECK(noticed > runs);
}

/* A page that somebody writes to meanwhile: what comes out is some page. */

static int race_over;

static void *race_write(void *words)
{
	u64 rng = 9;

	while (!__atomic_load_n(&race_over, __ATOMIC_RELAXED)) {
		u64 r = z2t_random(&rng), word = 0;

		if (r & 1)
			word = r & 2 ? r : r >> 40;
		if (r & 4)
			word |= 0x00007f0000000000;
		__atomic_store_n((u64 *)words + (r >> 32) % (PAGE_SIZE / 8), word,
				 __ATOMIC_RELAXED);
	}
	return NULL;
}

static void test_race(void)
{
	unsigned int pages = 0, changed = 0;
	const time_t begun = time(NULL);
	u8 *before = malloc(PAGE_SIZE);
	pthread_t writer;

	CHECK(before);
	z2t_wklz_fill(page, PAGE_SIZE, Z2T_WKLZ_REGION, 1);
	CHECK(!pthread_create(&writer, NULL, race_write, page));
	/* Until enough were written to while they were compressed. */
	for (; pages < 3000 / UNITS || changed < 300; pages++) {
		struct z2t_wklz *w = &wklz[pages % LEVELS];
		int len;

		CHECK(time(NULL) - begun < 300);
		memcpy(before, page, PAGE_SIZE);
		len = z2t_wklz_pack(w, page, packed);
		changed += !!memcmp(before, page, PAGE_SIZE);
		CHECK(len > 0 && len <= Z2_CODEC_DST_MAX);
		if (len < PAGE_SIZE)
			CHECK(!unpack_exact(w, packed, len));
		if (pages % 50 == 0)
			z2t_wklz_fill(page, PAGE_SIZE, pages / 50 % KINDS, pages);
	}
	__atomic_store_n(&race_over, 1, __ATOMIC_RELAXED);
	CHECK(!pthread_join(writer, NULL));
	free(before);
}

/* One who decompresses with the same memory doesn't notice one who compresses. */

static void *both_unpack(void *object)
{
	const u8 *src = object;
	u8 *wanted = malloc(PAGE_SIZE), *got = malloc(PAGE_SIZE);
	const u32 len = get_unaligned_le32(src);

	CHECK(wanted && got);
	z2t_wklz_fill(wanted, PAGE_SIZE, Z2T_WKLZ_REGIONS, 1);
	while (!__atomic_load_n(&race_over, __ATOMIC_RELAXED)) {
		CHECK(!z2t_wklz_unpack(&wklz[0], src + 4, len, got));
		CHECK(!memcmp(got, wanted, PAGE_SIZE));
	}
	free(got);
	free(wanted);
	return NULL;
}

static void test_both(void)
{
	u8 *object = malloc(4 + PAGE_SIZE), *first = malloc(PAGE_SIZE);
	pthread_t reader;
	unsigned int i;
	int len;

	CHECK(object && first);
	z2t_wklz_fill(page, PAGE_SIZE, Z2T_WKLZ_REGIONS, 1);
	len = round_trip(&wklz[0]);
	CHECK(len);
	put_unaligned_le32(len, object);
	memcpy(object + 4, packed, len);

	z2t_wklz_fill(page, PAGE_SIZE, Z2T_WKLZ_MIXED, 2);
	len = round_trip(&wklz[0]);
	CHECK(len);
	memcpy(first, packed, len);
	CHECK(!pthread_create(&reader, NULL, both_unpack, object));
	for (i = 0; i < 20000 / UNITS; i++) {
		CHECK(z2t_wklz_pack(&wklz[0], page, packed) == len);
		CHECK(!memcmp(packed, first, len));
	}
	__atomic_store_n(&race_over, 1, __ATOMIC_RELAXED);
	CHECK(!pthread_join(reader, NULL));
	free(first);
	free(object);
}

#ifdef STUB_RACE
static u64 race_rng = 1;
static unsigned int race_rate;
static unsigned long race_lies;

u64 stub_race(const void *from)
{
	const u8 *at = from;
	u64 r;

	if (!race_rate || at < page || at >= page + PAGE_SIZE)
		return 0;
	r = z2t_random(&race_rng);
	if (r % race_rate)
		return 0;
	race_lies++;
	/* In the low bytes, in the upper ones, anywhere; rarely all of it. */
	r >>= 12;
	switch (r & 3) {
	case 0:
		return r >> 2 & 0xff;
	case 1:
		return r >> 2 & 0xffffff;
	case 2:
		return r << 32;
	default:
		return r * 0x9e3779b97f4a7c15;
	}
}

/* The same without a thread: each read may see something else. */
static void test_race_each_read(void)
{
	static const unsigned int rates[] = { 1, 2, 8, 50, 400 };
	unsigned int kind, seed, level, i, paid = 0;

	for (i = 0; i < ARRAY_SIZE(rates); i++) {
		for (kind = 0; kind < KINDS; kind++) {
			for (seed = 0; seed < 10 * SEEDS; seed++) {
				z2t_wklz_fill(page, PAGE_SIZE, kind, seed);
				for (level = 0; level < LEVELS; level++) {
					int len;

					race_rate = rates[i];
					len = z2t_wklz_pack(&wklz[level], page, packed);
					race_rate = 0;
					CHECK(len > 0 && len <= Z2_CODEC_DST_MAX);
					if (len >= PAGE_SIZE)
						continue;
					CHECK(!unpack_exact(&wklz[level], packed, len));
					paid++;
				}
			}
		}
	}
	CHECK(paid > 100 && race_lies > 10000);
}
#endif

static void say(void *file, const char *line)
{
	fprintf(file, "%s\n", line);
}

static void test_answers(void)
{
	CHECK(!z2t_wklz_answers(page, packed, say, stdout));
}

/* Files, for another machine: kind, seed, level, length of 4 bytes, what is packed. */

#define FILE_SEEDS	4

static void file_write(const char *path)
{
	FILE *file = fopen(path, "wb");
	unsigned int kind, seed, level;

	CHECK(file);
	for (kind = 0; kind < KINDS; kind++) {
		for (seed = 0; seed < FILE_SEEDS; seed++) {
			z2t_wklz_fill(page, PAGE_SIZE, kind, seed);
			for (level = 0; level < LEVELS; level++) {
				u32 len = round_trip(&wklz[level]);
				u8 head[7] = { kind, seed, level };

				put_unaligned_le32(len, head + 3);
				CHECK(fwrite(head, sizeof(head), 1, file) == 1);
				CHECK(fwrite(packed, 1, len, file) == len);
			}
		}
	}
	CHECK(!fclose(file));
}

static void file_read(const char *path)
{
	FILE *file = fopen(path, "rb");
	unsigned int n = 0;
	u8 head[7];

	CHECK(file);
	for (; fread(head, sizeof(head), 1, file) == 1; n++) {
		u32 len = get_unaligned_le32(head + 3);

		CHECK(len < PAGE_SIZE && fread(packed, 1, len, file) == len);
		CHECK(len || head[0] == Z2T_WKLZ_RANDOM);
		if (!len)
			continue;
		z2t_wklz_fill(page, PAGE_SIZE, head[0], head[1]);
		CHECK(!unpack_exact(&wklz[head[2]], packed, len));
		CHECK(!memcmp(back, page, PAGE_SIZE));
	}
	CHECK(n == KINDS * FILE_SEEDS * LEVELS);
	fclose(file);
}

/* What fuzzing begins with, see fuzz.c: pages, and what they are packed to. */
static void seed_write(const char *dir, const char *name, u8 mode, const u8 *bytes, size_t len)
{
	char path[4096];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "wb");
	CHECK(file);
	CHECK(fwrite(&mode, 1, 1, file) == 1 && fwrite(bytes, 1, len, file) == len);
	CHECK(!fclose(file));
}

static void seeds_write(const char *dir)
{
	unsigned int kind, seed, level;
	char name[64];

	for (kind = 0; kind < KINDS; kind++) {
		for (seed = 0; seed < 2; seed++) {
			z2t_wklz_fill(page, PAGE_SIZE, kind, seed);
			snprintf(name, sizeof(name), "%s-%u", z2t_wklz_name(kind), seed);
			seed_write(dir, name, 0, page, PAGE_SIZE);
			for (level = 0; level < LEVELS; level++) {
				int len = round_trip(&wklz[level]);

				snprintf(name, sizeof(name), "%s-%u-packed-%u",
					 z2t_wklz_name(kind), seed, level + 1);
				if (len)
					seed_write(dir, name, 1, packed, len);
			}
		}
	}
}

static const struct {
	const char *name;
	void (*test)(void);
	void (*with_file)(const char *path);
} tests[] = {
	{ "levels", test_levels },
	{ "trips", test_round_trips },
	{ "shares", test_shares_of_noise },
	{ "program", test_program },
	{ "answers", test_answers },
	{ "limits", test_limits },
	{ "words", test_words },
	{ "crafted", test_crafted },
	{ "damage", test_damage },
	{ "noise", test_noise },
	{ "race", test_race },
	{ "both", test_both },
#ifdef STUB_RACE
	{ "race-each-read", test_race_each_read },
#endif
	{ "write", NULL, file_write },
	{ "read", NULL, file_read },
	{ "seeds", NULL, seeds_write },
};

int main(int argc, char **argv)
{
	unsigned int i;

	page = malloc(PAGE_SIZE);
	packed = malloc(Z2_CODEC_DST_MAX);
	back = malloc(PAGE_SIZE);
	CHECK(page && packed && back && argc > 1);
	for (i = 0; i < LEVELS; i++)
		CHECK(!z2t_wklz_open(&wklz[i], i + 1));
	for (i = 0; i < ARRAY_SIZE(tests); i++) {
		if (strcmp(argv[1], tests[i].name))
			continue;
		if (tests[i].test)
			tests[i].test();
		else
			tests[i].with_file(argv[2]);
		break;
	}
	CHECK(i < ARRAY_SIZE(tests));
	for (i = 0; i < LEVELS; i++)
		z2t_wklz_close(&wklz[i]);
	free(back);
	free(packed);
	free(page);
	return 0;
}

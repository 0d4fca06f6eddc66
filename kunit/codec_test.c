// SPDX-License-Identifier: GPL-2.0
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <zram2/codec.h>
#include <zram2/params.h>

#include "fixture.h"

#define UNSET		Z2_PARAM_UNSET
#define DICT_LEN	(4 * PAGE_SIZE)
#define NR_SEEDS	2

static struct z2_codec *create(struct kunit *test, const char *name,
			       const struct z2_codec_params *params)
{
	const struct z2_codec_ops *ops = z2_codec_find(name);
	struct z2_codec *codec;

	KUNIT_ASSERT_NOT_NULL(test, ops);
	codec = z2_codec_create(ops, params);
	KUNIT_ASSERT_FALSE_MSG(test, IS_ERR(codec), "%s: %ld", name, PTR_ERR(codec));
	return codec;
}

/* Returns the length of what is now in @dst, of Z2_CODEC_DST_MAX bytes. */
static int compress(struct z2_codec *codec, const void *src, void *dst)
{
	struct z2_stream *stream = z2_codec_get(codec, Z2_COMPRESS);
	int len = z2_codec_compress(codec, stream, src);

	if (len > 0)
		memcpy(dst, stream->buffer, len);
	z2_codec_put(stream);
	return len;
}

static int decompress(struct z2_codec *codec, const void *src, size_t len, void *dst)
{
	struct z2_stream *stream = z2_codec_get(codec, Z2_DECOMPRESS);
	int err = z2_codec_decompress(codec, stream, src, len, dst);

	z2_codec_put(stream);
	return err;
}

/**
 * struct buffers - what a round trip needs
 * @page: the contents
 * @packed: compressed
 * @back: decompressed, guarded
 */
struct buffers {
	u8 *page;
	u8 *packed;
	u8 *back;
};

static void alloc_buffers(struct kunit *test, struct buffers *b)
{
	b->page = kunit_kmalloc(test, PAGE_SIZE, GFP_KERNEL);
	b->packed = kunit_kmalloc(test, Z2_CODEC_DST_MAX, GFP_KERNEL);
	b->back = z2t_guarded_alloc(test, PAGE_SIZE);
	KUNIT_ASSERT_NOT_NULL(test, b->page);
	KUNIT_ASSERT_NOT_NULL(test, b->packed);
}

static int round_trip(struct kunit *test, struct z2_codec *codec, const struct buffers *b)
{
	int len = compress(codec, b->page, b->packed);

	KUNIT_EXPECT_GT(test, len, 0);
	KUNIT_EXPECT_LE(test, len, Z2_CODEC_DST_MAX);
	/* PAGE_SIZE: given up, to be stored as it is. */
	if (len <= 0 || len == PAGE_SIZE)
		return len;
	memset(b->back, 0x77, PAGE_SIZE);
	KUNIT_EXPECT_EQ(test, decompress(codec, b->packed, len, b->back), 0);
	KUNIT_EXPECT_MEMEQ(test, b->back, b->page, PAGE_SIZE);
	KUNIT_EXPECT_TRUE(test, z2t_guards_intact(b->back, PAGE_SIZE));
	return len;
}

/* Every codec and level. */

struct level {
	const char *name;
	int level;
	int winbits;
};

/* Beyond the limits too, where the library takes the nearest that it has. */
static const struct level levels[] = {
	{ "wklz", UNSET, UNSET }, { "wklz", 1 }, { "wklz", 2 }, { "wklz", 3 },
	{ "lzo", UNSET, UNSET }, { "lzo-rle", UNSET, UNSET },
	{ "lz4", UNSET, UNSET }, { "lz4", -1 }, { "lz4", 0 }, { "lz4", 1 }, { "lz4", 2 },
	{ "lz4", 8 }, { "lz4", 64 }, { "lz4", 65537 }, { "lz4", INT_MAX },
	{ "lz4hc", UNSET, UNSET }, { "lz4hc", -1 }, { "lz4hc", 0 }, { "lz4hc", 1 },
	{ "lz4hc", 2 }, { "lz4hc", 3 }, { "lz4hc", 4 }, { "lz4hc", 5 }, { "lz4hc", 6 },
	{ "lz4hc", 7 }, { "lz4hc", 8 }, { "lz4hc", 9 }, { "lz4hc", 10 }, { "lz4hc", 11 },
	{ "lz4hc", 12 }, { "lz4hc", 13 }, { "lz4hc", 16 }, { "lz4hc", 100 },
	{ "zstd", UNSET, UNSET }, { "zstd", -100 }, { "zstd", -1 }, { "zstd", 0 },
	{ "zstd", 1 }, { "zstd", 2 }, { "zstd", 3 }, { "zstd", 4 }, { "zstd", 5 },
	{ "zstd", 6 }, { "zstd", 7 }, { "zstd", 8 }, { "zstd", 9 }, { "zstd", 10 },
	{ "zstd", 11 }, { "zstd", 12 }, { "zstd", 13 }, { "zstd", 14 }, { "zstd", 15 },
	{ "zstd", 16 }, { "zstd", 17 }, { "zstd", 18 }, { "zstd", 19 }, { "zstd", 20 },
	{ "zstd", 21 }, { "zstd", 22 }, { "zstd", 1000 },
	{ "deflate", UNSET, UNSET }, { "deflate", -1, UNSET }, { "deflate", 0, UNSET },
	{ "deflate", 1, UNSET }, { "deflate", 2, UNSET }, { "deflate", 3, UNSET },
	{ "deflate", 4, UNSET }, { "deflate", 5, UNSET }, { "deflate", 6, UNSET },
	{ "deflate", 7, UNSET }, { "deflate", 8, UNSET }, { "deflate", 9, UNSET },
	{ "deflate", UNSET, -9 }, { "deflate", UNSET, -10 }, { "deflate", UNSET, -12 },
	{ "deflate", UNSET, -15 }, { "deflate", UNSET, 9 }, { "deflate", UNSET, 10 },
	{ "deflate", UNSET, 12 }, { "deflate", UNSET, 15 }, { "deflate", 0, -9 },
	{ "deflate", 9, 15 },
};

static void level_desc(const struct level *l, char *desc)
{
	char level[16] = "default", winbits[16] = "";

	if (l->level != UNSET)
		snprintf(level, sizeof(level), "%d", l->level);
	if (l->winbits && l->winbits != UNSET)
		snprintf(winbits, sizeof(winbits), ", window %d", l->winbits);
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s level %s%s", l->name, level, winbits);
}

KUNIT_ARRAY_PARAM(level, levels, level_desc);

static void codec_round_trip(struct kunit *test)
{
	const struct level *l = test->param_value;
	const struct z2_codec_params params = {
		.level = l->level,
		.winbits = l->winbits ?: UNSET,
	};
	struct z2_codec *codec = create(test, l->name, &params);
	struct buffers b;
	unsigned int fill, seed;

	alloc_buffers(test, &b);
	for (fill = 0; fill < Z2T_FILLS; fill++) {
		for (seed = 0; seed < NR_SEEDS; seed++) {
			int len;

			z2t_fill(b.page, PAGE_SIZE, fill, seed);
			len = round_trip(test, codec, &b);
			/* Deflate's level 0 stores; the rest is there to save memory. */
			if (l->level == 0 && !strcmp(l->name, "deflate"))
				continue;
			if (fill == Z2T_ZERO)
				KUNIT_EXPECT_LT(test, len, 200);
			/* Levels that are all speed may skip what there is to save. */
			else if (fill != Z2T_RANDOM && l->level < 64 && l->level != -100)
				KUNIT_EXPECT_LT_MSG(test, len, PAGE_SIZE * 7 / 8, "%s",
						    z2t_fill_name(fill));
		}
	}
	z2_codec_destroy(codec);
}

/* Pages of each kind, one after the other: no state is left over. */
static void codec_forgets(struct kunit *test)
{
	const struct z2_codec_ops *ops = test->param_value;
	struct z2_codec *codec = create(test, ops->name, &z2t_codec_defaults);
	int first[Z2T_FILLS] = {};
	struct buffers b;
	unsigned int i;

	alloc_buffers(test, &b);
	for (i = 0; i < 6 * Z2T_FILLS; i++) {
		unsigned int fill = i * 3 % Z2T_FILLS;
		int len;

		z2t_fill(b.page, PAGE_SIZE, fill, fill);
		len = round_trip(test, codec, &b);
		if (!first[fill])
			first[fill] = len;
		KUNIT_EXPECT_EQ(test, len, first[fill]);
	}
	z2_codec_destroy(codec);
}

/* Memory of exactly @len bytes, so that KASAN sees a look past it. */
static int decompress_exact(struct kunit *test, struct z2_codec *codec, const void *src,
			    size_t len, void *dst)
{
	void *copy = kmemdup(src, len, GFP_KERNEL);
	int err;

	KUNIT_EXPECT_NOT_NULL(test, copy);
	err = decompress(codec, copy, len, dst);
	kfree(copy);
	return err;
}

static void codec_truncated(struct kunit *test)
{
	const struct z2_codec_ops *ops = test->param_value;
	struct z2_codec *codec = create(test, ops->name, &z2t_codec_defaults);
	unsigned int fill;
	struct buffers b;

	alloc_buffers(test, &b);
	for (fill = 0; fill < Z2T_FILLS; fill++) {
		int len, cut, step;

		z2t_fill(b.page, PAGE_SIZE, fill, 9);
		len = compress(codec, b.page, b.packed);
		KUNIT_ASSERT_GT(test, len, 0);
		if (len == PAGE_SIZE)
			continue;
		step = max(len / 40, 1);
		/* The last bytes one by one, where an end marker may be. */
		for (cut = len - 1; cut >= 0; cut -= cut < 16 || cut > len - 16 ? 1 : step) {
			int err = decompress_exact(test, codec, b.packed, cut, b.back);

			KUNIT_EXPECT_EQ_MSG(test, err, -EIO, "%s: %d of %d bytes",
					    z2t_fill_name(fill), cut, len);
		}
		KUNIT_EXPECT_TRUE(test, z2t_guards_intact(b.back, PAGE_SIZE));
	}
	/* It still works. */
	round_trip(test, codec, &b);
	z2_codec_destroy(codec);
}

/*
 * Damage may go unnoticed, for not all formats have a checksum, but whatever
 * comes out has the size of a page.
 */
static void codec_corrupted(struct kunit *test)
{
	const struct z2_codec_ops *ops = test->param_value;
	struct z2_codec *codec = create(test, ops->name, &z2t_codec_defaults);
	unsigned int fill, i, noticed = 0;
	u64 rng = 77;
	struct buffers b;

	alloc_buffers(test, &b);
	for (fill = 0; fill < Z2T_FILLS; fill++) {
		int len;

		z2t_fill(b.page, PAGE_SIZE, fill, 5);
		len = compress(codec, b.page, b.packed);
		KUNIT_ASSERT_GT(test, len, 0);
		if (len == PAGE_SIZE)
			continue;
		for (i = 0; i < 60; i++) {
			u64 r = z2t_random(&rng);
			u8 *at = b.packed + (i < 20 ? i : (r >> 16)) % len;
			u8 was = *at;
			int err;

			*at = i % 3 == 0 ? ~was : i % 3 == 1 ? was ^ 1 << (r % 8) : (r >> 8);
			err = decompress_exact(test, codec, b.packed, len, b.back);
			KUNIT_EXPECT_TRUE(test, !err || err == -EIO);
			noticed += !!err;
			*at = was;
		}
		KUNIT_EXPECT_TRUE(test, z2t_guards_intact(b.back, PAGE_SIZE));
	}
	KUNIT_EXPECT_GT(test, noticed, 10);
	round_trip(test, codec, &b);
	z2_codec_destroy(codec);
}

/* Nothing that a codec wrote: noise, and what makes lengths run away. */
static void codec_garbage(struct kunit *test)
{
	const struct z2_codec_ops *ops = test->param_value;
	struct z2_codec *codec = create(test, ops->name, &z2t_codec_defaults);
	unsigned int i, noticed = 0;
	struct buffers b;

	alloc_buffers(test, &b);
	for (i = 0; i < 60; i++) {
		size_t len = 1 + i * i;
		int err;

		if (i % 4 == 0)
			memset(b.packed, 0xff, len);
		else if (i % 4 == 1)
			memset(b.packed, 0, len);
		else
			z2t_fill(b.packed, round_up(len, 8), Z2T_RANDOM, i);
		err = decompress_exact(test, codec, b.packed, len, b.back);
		KUNIT_EXPECT_TRUE(test, !err || err == -EIO);
		noticed += !!err;
		KUNIT_EXPECT_TRUE(test, z2t_guards_intact(b.back, PAGE_SIZE));
	}
	KUNIT_EXPECT_GT(test, noticed, 50);
	z2_codec_destroy(codec);
}

/* Two threads, one codec. */
struct worker {
	struct kunit *test;
	struct z2_codec *codec;
	struct buffers b;
	unsigned int seed;
};

static void work(void *arg)
{
	struct worker *w = arg;
	unsigned int i;

	for (i = 0; i < 40; i++) {
		z2t_fill(w->b.page, PAGE_SIZE, i % Z2T_FILLS, w->seed + i);
		round_trip(w->test, w->codec, &w->b);
		cond_resched();
	}
}

static void codec_from_many_threads(struct kunit *test)
{
	const struct z2_codec_ops *ops = test->param_value;
	struct z2_codec *codec = create(test, ops->name, &z2t_codec_defaults);
	struct worker *workers = kunit_kcalloc(test, 3, sizeof(*workers), GFP_KERNEL);
	struct z2t_thread *threads[3];
	int i;

	KUNIT_ASSERT_NOT_NULL(test, workers);
	for (i = 0; i < 3; i++) {
		workers[i] = (struct worker){ .test = test, .codec = codec, .seed = 100 * i };
		alloc_buffers(test, &workers[i].b);
		threads[i] = z2t_spawn(test, work, &workers[i]);
	}
	for (i = 0; i < 3; i++)
		KUNIT_ASSERT_TRUE(test, z2t_join(threads[i]));
	z2_codec_destroy(codec);
}

/* Dictionaries. */

static const struct level with_dict[] = {
	{ "lz4", UNSET }, { "lz4", 4 }, { "lz4hc", UNSET }, { "lz4hc", 12 },
	{ "zstd", UNSET }, { "zstd", 1 }, { "zstd", 19 },
};

KUNIT_ARRAY_PARAM(dict, with_dict, level_desc);

/* A page that only its dictionary makes compressible. */
static void codec_dictionary(struct kunit *test)
{
	const struct level *l = test->param_value;
	struct z2_codec_params params = { .level = l->level, .winbits = UNSET };
	struct z2_codec *plain, *with, *other;
	u8 *dict = kunit_kmalloc(test, DICT_LEN, GFP_KERNEL);
	u8 *dict2 = kunit_kmalloc(test, DICT_LEN, GFP_KERNEL);
	int len, len_plain, err;
	struct buffers b;
	unsigned int fill;

	KUNIT_ASSERT_NOT_NULL(test, dict);
	KUNIT_ASSERT_NOT_NULL(test, dict2);
	alloc_buffers(test, &b);
	z2t_fill(dict, DICT_LEN, Z2T_RANDOM, 1);
	z2t_fill(dict2, DICT_LEN, Z2T_RANDOM, 2);

	plain = create(test, l->name, &params);
	params.dict_len = DICT_LEN;
	params.dict = dict;
	with = create(test, l->name, &params);
	params.dict = dict2;
	other = create(test, l->name, &params);

	for (fill = 0; fill < Z2T_FILLS; fill++) {
		z2t_fill(b.page, PAGE_SIZE, fill, 3);
		round_trip(test, with, &b);
	}

	memcpy(b.page, dict + DICT_LEN - PAGE_SIZE - 64, PAGE_SIZE);
	len_plain = round_trip(test, plain, &b);
	len = round_trip(test, with, &b);
	KUNIT_EXPECT_LT(test, len, PAGE_SIZE / 8);
	KUNIT_EXPECT_GE(test, len_plain, PAGE_SIZE);
	/* And again, after other contents. */
	KUNIT_EXPECT_EQ(test, round_trip(test, with, &b), len);

	/* Whoever has another one gets an error or other data, and stays within. */
	err = decompress(other, b.packed, len, b.back);
	KUNIT_EXPECT_TRUE(test, err == -EIO || memcmp(b.back, b.page, PAGE_SIZE));
	err = decompress(plain, b.packed, len, b.back);
	KUNIT_EXPECT_TRUE(test, err == -EIO || memcmp(b.back, b.page, PAGE_SIZE));
	KUNIT_EXPECT_TRUE(test, z2t_guards_intact(b.back, PAGE_SIZE));

	z2_codec_destroy(other);
	z2_codec_destroy(with);
	z2_codec_destroy(plain);
}

/* What is refused. */

struct refusal {
	const char *name;
	int level;
	int winbits;
	size_t dict_len;
	int err;
};

static const struct refusal refusals[] = {
	{ "wklz", 0, UNSET, 0, -EINVAL },
	{ "wklz", -1, UNSET, 0, -EINVAL },
	{ "wklz", 4, UNSET, 0, -EINVAL },
	{ "wklz", INT_MAX, UNSET, 0, -EINVAL },
	{ "wklz", UNSET, UNSET, 100, -EOPNOTSUPP },
	{ "deflate", -2, UNSET, 0, -EINVAL },
	{ "deflate", 10, UNSET, 0, -EINVAL },
	{ "deflate", INT_MAX, UNSET, 0, -EINVAL },
	{ "deflate", UNSET, 0, 0, -EINVAL },
	{ "deflate", UNSET, 8, 0, -EINVAL },
	{ "deflate", UNSET, -8, 0, -EINVAL },
	{ "deflate", UNSET, 16, 0, -EINVAL },
	{ "deflate", UNSET, -16, 0, -EINVAL },
	{ "deflate", UNSET, INT_MAX, 0, -EINVAL },
	{ "deflate", UNSET, INT_MIN + 1, 0, -EINVAL },
	{ "deflate", UNSET, UNSET, 100, -EOPNOTSUPP },
	{ "lzo", UNSET, UNSET, 100, -EOPNOTSUPP },
	{ "lzo-rle", UNSET, UNSET, 100, -EOPNOTSUPP },
	{ "lz4", UNSET, UNSET, 1, -EINVAL },
};

static void refusal_desc(const struct refusal *r, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s level %d window %d dict of %zu", r->name,
		 r->level, r->winbits, r->dict_len);
}

KUNIT_ARRAY_PARAM(refusal, refusals, refusal_desc);

static void codec_refuses(struct kunit *test)
{
	static const u8 dict[100] = { 1, 2, 3 };
	const struct refusal *r = test->param_value;
	const struct z2_codec_params params = {
		.level = r->level,
		.winbits = r->winbits,
		.dict = r->dict_len ? dict : NULL,
		.dict_len = r->dict_len,
	};
	const struct z2_codec_ops *ops = z2_codec_find(r->name);
	struct z2_codec *codec;

	KUNIT_ASSERT_NOT_NULL(test, ops);
	codec = z2_codec_create(ops, &params);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(codec), r->err);
	if (!IS_ERR(codec))
		z2_codec_destroy(codec);
}

static void codec_names(struct kunit *test)
{
	static const char *const unknown[] = { "", "\n", "lz", "lz4x", "LZ4", "lz4 ", "lz4\n\n" };
	const struct z2_codec_ops *ops;
	char line[32];
	unsigned int i;

	for (i = 0; (ops = z2_codec_nth(i)); i++) {
		KUNIT_EXPECT_PTR_EQ(test, z2_codec_find(ops->name), ops);
		snprintf(line, sizeof(line), "%s\n", ops->name);
		KUNIT_EXPECT_PTR_EQ(test, z2_codec_find(line), ops);
	}
	KUNIT_EXPECT_EQ_MSG(test, i, 7, "all are built into this kernel");
	KUNIT_EXPECT_NULL(test, z2_codec_nth(UINT_MAX));
	for (i = 0; i < ARRAY_SIZE(unknown); i++)
		KUNIT_EXPECT_NULL_MSG(test, z2_codec_find(unknown[i]), "'%s'", unknown[i]);
	KUNIT_EXPECT_STREQ(test, z2_codec_default()->name, "wklz");
#ifdef CONFIG_ZRAM_DEF_COMP
	KUNIT_EXPECT_STREQ(test, z2_codec_of_kernel()->name, CONFIG_ZRAM_DEF_COMP);
#endif
	z2_codec_destroy(NULL);
}

/* Creation that fails half way, with an algorithm that keeps the books. */

static int fake_setups, fake_teardowns, fake_ctxs, fake_ctx_fails, fake_setup_err;
static int fake_compress_fails, fake_decompress_fails;

static int fake_setup(struct z2_codec_params *params, void **shared)
{
	if (fake_setup_err)
		return fake_setup_err;
	fake_setups++;
	*shared = &fake_setups;
	return 0;
}

static void fake_teardown(void *shared)
{
	if (shared == &fake_setups)
		fake_teardowns++;
}

static void *fake_ctx_create(const struct z2_codec_params *params, void *shared)
{
	if (shared != &fake_setups || !--fake_ctx_fails)
		return ERR_PTR(-ENOMEM);
	fake_ctxs++;
	return &fake_ctxs;
}

static void fake_ctx_destroy(void *ctx)
{
	if (ctx)
		fake_ctxs--;
}

/* The first page of one context after the other. */
static int fake_compress(void *ctx, const void *src, void *dst)
{
	return --fake_compress_fails ? 1 : -EIO;
}

static int fake_decompress(void *ctx, const void *src, size_t len, void *dst)
{
	return --fake_decompress_fails ? 0 : -EIO;
}

static const struct z2_codec_ops fake_ops = {
	.name = "fake",
	.setup = fake_setup,
	.teardown = fake_teardown,
	.ctx_create = fake_ctx_create,
	.ctx_destroy = fake_ctx_destroy,
	.compress = fake_compress,
	.decompress = fake_decompress,
};

static void expect_books_balance(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, fake_ctxs, 0);
	KUNIT_EXPECT_EQ(test, fake_setups, fake_teardowns);
}

static void codec_create_undoes(struct kunit *test)
{
	int *const fails[] = { &fake_ctx_fails, &fake_compress_fails, &fake_decompress_fails };
	unsigned int cpu, nr = num_online_cpus(), i;
	struct z2_codec *codec;

	fake_setups = 0;
	fake_teardowns = 0;
	for (i = 0; i < ARRAY_SIZE(fails); i++) {
		for (cpu = 1; cpu <= nr + 1; cpu++) {
			*fails[i] = cpu;
			codec = z2_codec_create(&fake_ops, &z2t_codec_defaults);
			KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(codec), cpu <= nr ? -ENOMEM : 0);
			if (!IS_ERR(codec)) {
				KUNIT_EXPECT_EQ(test, fake_ctxs, nr);
				z2_codec_destroy(codec);
			}
			expect_books_balance(test);
		}
		*fails[i] = 0;
	}
	KUNIT_EXPECT_EQ(test, fake_setups, ARRAY_SIZE(fails) * (nr + 1));

	fake_setup_err = -EINVAL;
	codec = z2_codec_create(&fake_ops, &z2t_codec_defaults);
	fake_setup_err = 0;
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(codec), -EINVAL);
	expect_books_balance(test);
	KUNIT_EXPECT_EQ(test, fake_setups, ARRAY_SIZE(fails) * (nr + 1));
}

/* Every codec, with its defaults and, where it takes one, with a dictionary. */

struct memory_case {
	const char *name;
	int level;
	bool dict;
};

static const struct memory_case memory_cases[] = {
	{ "wklz", UNSET },
	{ "lzo", UNSET }, { "lzo-rle", UNSET }, { "lz4", UNSET }, { "lz4hc", UNSET },
	{ "zstd", UNSET }, { "zstd", 19 }, { "deflate", UNSET }, { "lz4", UNSET, true },
	{ "lz4hc", UNSET, true }, { "zstd", UNSET, true }, { "zstd", 1, true },
	{ "zstd", 19, true },
};

static void memory_desc(const struct memory_case *m, char *desc)
{
	level_desc(&(struct level){ m->name, m->level }, desc);
	if (m->dict)
		strlcat(desc, " with a dictionary", KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(memory, memory_cases, memory_desc);

static struct z2_codec_params memory_params(struct kunit *test)
{
	const struct memory_case *m = test->param_value;
	struct z2_codec_params params = { .level = m->level, .winbits = UNSET };
	u8 *dict;

	if (m->dict) {
		dict = kunit_kmalloc(test, DICT_LEN, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, dict);
		z2t_fill(dict, DICT_LEN, Z2T_TEXT, 1);
		params.dict = dict;
		params.dict_len = DICT_LEN;
	}
	return params;
}

/*
 * Streams are used where nothing may wait for memory, and the first page fares
 * no worse than others.
 */
static void codec_works_without_memory(struct kunit *test)
{
	const struct memory_case *m = test->param_value;
	const struct z2_codec_params params = memory_params(test);
	unsigned int fill;
	struct buffers b;

	z2t_assert_faults(test);
	alloc_buffers(test, &b);
	for (fill = 0; fill < Z2T_FILLS; fill++) {
		struct z2_codec *codec = create(test, m->name, &params);
		int len, err = 1;
		bool failed;

		z2t_fill(b.page, PAGE_SIZE, fill, 4);
		z2t_fault_arm(1, true);
		len = compress(codec, b.page, b.packed);
		if (len > 0 && len != PAGE_SIZE)
			err = decompress(codec, b.packed, len, b.back);
		failed = z2t_fault_disarm();
		KUNIT_EXPECT_FALSE_MSG(test, failed, "%s: it allocates", z2t_fill_name(fill));
		KUNIT_EXPECT_GT_MSG(test, len, 0, "%s", z2t_fill_name(fill));
		if (len != PAGE_SIZE)
			KUNIT_EXPECT_EQ_MSG(test, err, 0, "%s", z2t_fill_name(fill));
		if (!err)
			KUNIT_EXPECT_MEMEQ(test, b.back, b.page, PAGE_SIZE);
		z2_codec_destroy(codec);
	}
}

/* Return: whether there was an @nth allocation, to fail. */
static bool create_without_memory(struct kunit *test, const struct z2_codec_params *params,
				  unsigned int nth, unsigned int *errors, const struct buffers *b)
{
	const struct memory_case *m = test->param_value;
	const struct z2_codec_ops *ops = z2_codec_find(m->name);
	struct z2_codec *codec;
	bool failed;

	z2t_fault_arm(nth, false);
	codec = z2_codec_create(ops, params);
	failed = z2t_fault_disarm();
	if (IS_ERR(codec)) {
		KUNIT_EXPECT_EQ(test, PTR_ERR(codec), -ENOMEM);
		KUNIT_EXPECT_TRUE(test, failed);
		++*errors;
		return true;
	}
	round_trip(test, codec, b);
	z2_codec_destroy(codec);
	return failed;
}

/*
 * Only one allocation at a time: kvmalloc() tries again in another way then,
 * and would complain aloud if that failed as well.
 */
static void codec_create_without_memory(struct kunit *test)
{
	const struct z2_codec_params params = memory_params(test);
	unsigned int round, nth, errors = 0;
	struct buffers b;

	z2t_assert_faults(test);
	alloc_buffers(test, &b);
	z2t_fill(b.page, PAGE_SIZE, Z2T_TEXT, 1);
	/*
	 * The allocator's own needs vary, so that one round may miss an
	 * allocation.
	 */
	for (round = 0; round < 2; round++)
		for (nth = 1; create_without_memory(test, &params, nth, &errors, &b); nth++)
			;
	/* The codec itself in each round, and a bounce page at least. */
	KUNIT_EXPECT_GE(test, errors, 3);
}

static struct kunit_case codec_cases[] = {
	KUNIT_CASE_PARAM(codec_round_trip, level_gen_params),
	KUNIT_CASE_PARAM(codec_forgets, z2t_codec_gen_params),
	KUNIT_CASE_PARAM(codec_truncated, z2t_codec_gen_params),
	KUNIT_CASE_PARAM(codec_corrupted, z2t_codec_gen_params),
	KUNIT_CASE_PARAM(codec_garbage, z2t_codec_gen_params),
	KUNIT_CASE_PARAM(codec_from_many_threads, z2t_codec_gen_params),
	KUNIT_CASE_PARAM(codec_dictionary, dict_gen_params),
	KUNIT_CASE_PARAM(codec_refuses, refusal_gen_params),
	KUNIT_CASE(codec_names),
	KUNIT_CASE(codec_create_undoes),
	KUNIT_CASE_PARAM(codec_works_without_memory, memory_gen_params),
	KUNIT_CASE_PARAM(codec_create_without_memory, memory_gen_params),
	{}
};

static struct kunit_suite codec_suite = {
	.name = "zram2_codec",
	.test_cases = codec_cases,
};

kunit_test_suite(codec_suite);

// SPDX-License-Identifier: GPL-2.0
/* Who waits for whom when streams are in use. */
#include <kunit/test.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/string.h>

#include <zram2/codec.h>

#include "fixture.h"

/* All threads of a test run on this CPU, and so ask for its streams. */
#define CPU	0

/**
 * struct stream_test - what the tests share
 * @test: the test
 * @codec: of the test's algorithm
 * @page: contents
 * @packed: the same, compressed
 * @len: bytes of that
 * @out: compressed once more
 * @back: decompressed
 * @go: lets threads that keep a stream out
 * @wrong: what threads found wrong
 * @ctx: working memory without streams
 * @stop: ends threads that loop
 */
struct stream_test {
	struct kunit *test;
	struct z2_codec *codec;
	u8 *page;
	u8 *packed;
	int len;
	u8 *out;
	u8 *back;
	struct completion go;
	atomic_t wrong;
	void *ctx;
	bool stop;
};

static struct stream_test *stream_test(struct kunit *test)
{
	struct stream_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	struct z2_stream *stream;

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->test = test;
	t->page = kunit_kmalloc(test, PAGE_SIZE, GFP_KERNEL);
	t->packed = kunit_kmalloc(test, Z2_CODEC_DST_MAX, GFP_KERNEL);
	t->out = kunit_kmalloc(test, Z2_CODEC_DST_MAX, GFP_KERNEL);
	t->back = kunit_kmalloc(test, PAGE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->page);
	KUNIT_ASSERT_NOT_NULL(test, t->packed);
	KUNIT_ASSERT_NOT_NULL(test, t->out);
	KUNIT_ASSERT_NOT_NULL(test, t->back);
	init_completion(&t->go);
	t->codec = z2_codec_create(test->param_value, &z2t_codec_defaults);
	KUNIT_ASSERT_FALSE(test, IS_ERR(t->codec));

	z2t_fill(t->page, PAGE_SIZE, Z2T_TEXT, 1);
	stream = z2_codec_get(t->codec, Z2_COMPRESS);
	t->len = z2_codec_compress(t->codec, stream, t->page);
	if (t->len > 0)
		memcpy(t->packed, stream->buffer, t->len);
	z2_codec_put(stream);
	KUNIT_ASSERT_GT(test, t->len, 0);
	return t;
}

static void compress_once(void *arg)
{
	struct stream_test *t = arg;
	struct z2_stream *stream = z2_codec_get(t->codec, Z2_COMPRESS);

	if (z2_codec_compress(t->codec, stream, t->page) != t->len ||
	    memcmp(stream->buffer, t->packed, t->len))
		atomic_inc(&t->wrong);
	z2_codec_put(stream);
}

static void decompress_once(void *arg)
{
	struct stream_test *t = arg;
	struct z2_stream *stream = z2_codec_get(t->codec, Z2_DECOMPRESS);

	memset(stream->buffer, 0x77, PAGE_SIZE);
	memset(t->back, 0x77, PAGE_SIZE);
	if (z2_codec_decompress(t->codec, stream, t->packed, t->len, t->back) ||
	    memcmp(t->back, t->page, PAGE_SIZE))
		atomic_inc(&t->wrong);
	z2_codec_put(stream);
}

/* As if it were preempted, with what it compressed not yet stored. */
static void compress_and_stay(void *arg)
{
	struct stream_test *t = arg;
	struct z2_stream *stream = z2_codec_get(t->codec, Z2_COMPRESS);
	int len = z2_codec_compress(t->codec, stream, t->page);

	wait_for_completion(&t->go);
	if (len != t->len || memcmp(stream->buffer, t->packed, t->len))
		atomic_inc(&t->wrong);
	z2_codec_put(stream);
}

static void decompress_and_stay(void *arg)
{
	struct stream_test *t = arg;
	struct z2_stream *stream = z2_codec_get(t->codec, Z2_DECOMPRESS);

	memset(stream->buffer, 0x55, PAGE_SIZE);
	wait_for_completion(&t->go);
	if (memchr_inv(stream->buffer, 0x55, PAGE_SIZE))
		atomic_inc(&t->wrong);
	z2_codec_put(stream);
}

/**
 * struct roles - who does what
 * @keeper: has a stream and keeps it
 * @other: wants the other one, and has it
 * @same: wants that one, and waits
 */
struct roles {
	void (*keeper)(void *arg);
	void (*other)(void *arg);
	void (*same)(void *arg);
};

static void keep_a_stream(struct stream_test *t, const struct roles *roles)
{
	const struct cpumask *cpu = cpumask_of(CPU);
	struct z2t_thread *keeper, *same;
	struct kunit *test = t->test;

	keeper = z2t_spawn_on(test, roles->keeper, t, cpu);
	KUNIT_EXPECT_TRUE(test, z2t_blocked(keeper));
	KUNIT_EXPECT_TRUE_MSG(test, z2t_join(z2t_spawn_on(test, roles->other, t, cpu)),
			      "it waits for the other direction");
	same = z2t_spawn_on(test, roles->same, t, cpu);
	KUNIT_EXPECT_TRUE(test, z2t_blocked(same));
	complete_all(&t->go);
	KUNIT_ASSERT_TRUE(test, z2t_join(keeper));
	KUNIT_ASSERT_TRUE(test, z2t_join(same));
	KUNIT_EXPECT_EQ(test, atomic_read(&t->wrong), 0);
	reinit_completion(&t->go);
}

/* One compresses, or decompresses, and doesn't come to an end. */
static void stream_directions_are_apart(struct kunit *test)
{
	static const struct roles compressor = {
		.keeper = compress_and_stay, .other = decompress_once, .same = compress_once,
	};
	static const struct roles decompressor = {
		.keeper = decompress_and_stay, .other = compress_once, .same = decompress_once,
	};
	struct stream_test *t = stream_test(test);

	keep_a_stream(t, &compressor);
	keep_a_stream(t, &decompressor);
	z2_codec_destroy(t->codec);
}

static void compress_for_long(void *arg)
{
	struct stream_test *t = arg;
	const struct z2_codec_ops *ops = t->test->param_value;
	unsigned int i;

	for (i = 0; i < 300; i++) {
		if (ops->compress(t->ctx, t->page, t->out) != t->len ||
		    memcmp(t->out, t->packed, t->len))
			atomic_inc(&t->wrong);
		cond_resched();
	}
	WRITE_ONCE(t->stop, true);
}

static void decompress_until_then(void *arg)
{
	struct stream_test *t = arg;
	const struct z2_codec_ops *ops = t->test->param_value;

	do {
		memset(t->back, 0x77, PAGE_SIZE);
		if (ops->decompress(t->ctx, t->packed, t->len, t->back) ||
		    memcmp(t->back, t->page, PAGE_SIZE))
			atomic_inc(&t->wrong);
		cond_resched();
	} while (!READ_ONCE(t->stop));
}

/* Both streams of a CPU have the same context, and may be in use at once. */
static void stream_context_is_shared(struct kunit *test)
{
	const struct z2_codec_ops *ops = test->param_value;
	struct z2_codec_params params = z2t_codec_defaults;
	struct stream_test *t = stream_test(test);
	struct z2t_thread *threads[2];
	void *shared = NULL;
	int i;

	KUNIT_ASSERT_EQ(test, ops->setup(&params, &shared), 0);
	t->ctx = ops->ctx_create(&params, shared);
	KUNIT_ASSERT_FALSE(test, IS_ERR(t->ctx));
	threads[0] = z2t_spawn(test, compress_for_long, t);
	threads[1] = z2t_spawn(test, decompress_until_then, t);
	for (i = 0; i < ARRAY_SIZE(threads); i++)
		KUNIT_ASSERT_TRUE(test, z2t_join(threads[i]));
	KUNIT_EXPECT_EQ(test, atomic_read(&t->wrong), 0);
	ops->ctx_destroy(t->ctx);
	ops->teardown(shared);
	z2_codec_destroy(t->codec);
}

/* With preemption off; one that isn't quick is asked only where it may sleep. */
static void stream_quick_without_preemption(struct kunit *test)
{
	struct stream_test *t = stream_test(test);
	bool quick = z2_codec_quick(t->codec);
	struct z2_stream *stream;
	int err;

	stream = z2_codec_get(t->codec, Z2_DECOMPRESS);
	if (quick)
		preempt_disable();
	err = z2_codec_decompress(t->codec, stream, t->packed, t->len, t->back);
	if (quick)
		preempt_enable();
	z2_codec_put(stream);
	KUNIT_EXPECT_EQ(test, err, 0);
	KUNIT_EXPECT_MEMEQ(test, t->back, t->page, PAGE_SIZE);
	z2_codec_destroy(t->codec);
}

static struct kunit_case codec_stream_cases[] = {
	KUNIT_CASE_PARAM(stream_directions_are_apart, z2t_codec_gen_params),
	KUNIT_CASE_PARAM(stream_context_is_shared, z2t_codec_gen_params),
	KUNIT_CASE_PARAM(stream_quick_without_preemption, z2t_codec_gen_params),
	{}
};

static struct kunit_suite codec_stream_suite = {
	.name = "zram2_codec_stream",
	.test_cases = codec_stream_cases,
};

kunit_test_suite(codec_stream_suite);

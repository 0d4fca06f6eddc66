// SPDX-License-Identifier: GPL-2.0
/*
 * Codecs and their per-CPU streams.
 *
 * A stream's mutex is a sleeping lock: codecs are preemptible and may be preempted
 * for long, another task on that CPU then waits for the stream.  There is one to
 * compress with and one to decompress with, so that a fault never waits for a thread
 * that compresses.  Only quick ones ever decompress with preemption off, see
 * z2_pool_map().  Streams come and go with their CPUs.
 */
#define pr_fmt(fmt) "zram2: " fmt

#include <linux/cpuhotplug.h>
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/percpu.h>
#include <linux/printk.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <zram2/codec.h>

/**
 * struct cpu_streams - those of a CPU
 * @to: by direction
 */
struct cpu_streams {
	struct z2_stream to[Z2_DIRECTIONS];
};

/**
 * struct cpu_memory - what a CPU's streams work in
 * @ctx: the algorithm's own
 * @buffers: of the streams
 */
struct cpu_memory {
	void *ctx;
	void *buffers[Z2_DIRECTIONS];
};

/**
 * struct z2_codec - an algorithm with its parameters, ready to run
 * @ops: the algorithm
 * @params: with defaults filled in; fixed
 * @shared: what @ops->setup made; fixed
 * @streams: of the CPUs
 * @node: on the list of the hotplug state
 */
struct z2_codec {
	const struct z2_codec_ops *ops;
	struct z2_codec_params params;
	void *shared;
	struct cpu_streams __percpu *streams;
	struct hlist_node node;
};

/* In the order in which comp_algorithm shows them. */
static const struct z2_codec_ops *const algorithms[] = {
	&z2_codec_wklz,
#if IS_ENABLED(CONFIG_LZO_COMPRESS)
	&z2_codec_lzorle,
	&z2_codec_lzo,
#endif
#if IS_ENABLED(CONFIG_LZ4_COMPRESS)
	&z2_codec_lz4,
#endif
#if IS_ENABLED(CONFIG_LZ4HC_COMPRESS)
	&z2_codec_lz4hc,
#endif
#if IS_ENABLED(CONFIG_ZSTD_COMPRESS)
	&z2_codec_zstd,
#endif
#if IS_ENABLED(CONFIG_ZLIB_DEFLATE)
	&z2_codec_deflate,
#endif
};

/* The dynamic hotplug state; written once at module init. */
static int hotplug_state;

/**
 * z2_codec_nth() - walk the algorithms
 * @n: from 0 up
 *
 * Return: an algorithm, NULL past the last one.
 */
const struct z2_codec_ops *z2_codec_nth(unsigned int n)
{
	return n < ARRAY_SIZE(algorithms) ? algorithms[n] : NULL;
}

/**
 * z2_codec_find() - look an algorithm up
 * @name: its name; one trailing newline is fine
 *
 * Return: the algorithm, NULL if there is none of that name.
 */
const struct z2_codec_ops *z2_codec_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(algorithms); i++)
		if (sysfs_streq(name, algorithms[i]->name))
			return algorithms[i];
	return NULL;
}

/**
 * z2_codec_default() - what a new device starts with
 *
 * Return: an algorithm.
 */
const struct z2_codec_ops *z2_codec_default(void)
{
	return &z2_codec_wklz;
}

/**
 * z2_codec_of_kernel() - what a new device of the kernel's own zram starts with
 *
 * The choice of whoever configured this kernel, where its zram is on.
 *
 * Return: an algorithm.
 */
const struct z2_codec_ops *z2_codec_of_kernel(void)
{
	const struct z2_codec_ops *ops = NULL;

#ifdef CONFIG_ZRAM_DEF_COMP
	ops = z2_codec_find(CONFIG_ZRAM_DEF_COMP);
#endif
	return ops ?: z2_codec_default();
}

static void memory_free(const struct z2_codec *codec, const struct cpu_memory *memory)
{
	codec->ops->ctx_destroy(memory->ctx);
	kvfree(memory->buffers[Z2_COMPRESS]);
	kvfree(memory->buffers[Z2_DECOMPRESS]);
}

/*
 * A codec may allocate at its first page: zstd does, with a dictionary.  Done
 * here and not with a stream held, where nothing may wait for memory.  What a
 * page of zeroes lacks is memory, as nothing is wrong with its contents.
 */
static int memory_warm_up(const struct z2_codec *codec, const struct cpu_memory *memory)
{
	const struct z2_codec_ops *ops = codec->ops;
	void *packed = memory->buffers[Z2_COMPRESS], *page = memory->buffers[Z2_DECOMPRESS];
	int len;

	memset(page, 0, PAGE_SIZE);
	len = ops->compress(memory->ctx, page, packed);
	if (len < 0 || ops->decompress(memory->ctx, packed, len, page))
		return -ENOMEM;
	return 0;
}

static int memory_alloc(const struct z2_codec *codec, struct cpu_memory *memory, int nid)
{
	void *ctx = codec->ops->ctx_create(&codec->params, codec->shared);
	void **buffers = memory->buffers;
	int err = -ENOMEM;

	if (IS_ERR(ctx))
		return PTR_ERR(ctx);
	memory->ctx = ctx;
	buffers[Z2_COMPRESS] = kvmalloc_node(Z2_CODEC_DST_MAX, GFP_KERNEL, nid);
	buffers[Z2_DECOMPRESS] = kvmalloc_node(PAGE_SIZE, GFP_KERNEL, nid);
	if (buffers[Z2_COMPRESS] && buffers[Z2_DECOMPRESS])
		err = memory_warm_up(codec, memory);
	if (err)
		memory_free(codec, memory);
	return err;
}

/*
 * Memory comes and goes unlocked: reclaim may need other streams for swap.  What
 * they had is in use by nobody when each of them has been locked.
 */
static void streams_exchange(struct cpu_streams *streams, struct cpu_memory *memory)
{
	void *ctx = memory->ctx;
	int i;

	for (i = 0; i < Z2_DIRECTIONS; i++) {
		struct z2_stream *stream = &streams->to[i];

		mutex_lock(&stream->lock);
		memory->ctx = stream->ctx;
		stream->ctx = ctx;
		swap(stream->buffer, memory->buffers[i]);
		mutex_unlock(&stream->lock);
	}
}

static int streams_cpu_up(unsigned int cpu, struct hlist_node *node)
{
	struct z2_codec *codec = hlist_entry(node, struct z2_codec, node);
	struct cpu_memory memory = {};
	int err = memory_alloc(codec, &memory, cpu_to_node(cpu));

	if (err) {
		pr_err_ratelimited("%s: no streams for CPU %u (%d)\n", codec->ops->name, cpu, err);
		return err;
	}
	streams_exchange(per_cpu_ptr(codec->streams, cpu), &memory);
	return 0;
}

static int streams_cpu_dead(unsigned int cpu, struct hlist_node *node)
{
	struct z2_codec *codec = hlist_entry(node, struct z2_codec, node);
	struct cpu_memory memory = {};

	streams_exchange(per_cpu_ptr(codec->streams, cpu), &memory);
	memory_free(codec, &memory);
	return 0;
}

/**
 * z2_codec_create() - an algorithm, ready to run on all CPUs
 * @ops: the algorithm
 * @params: its parameters; copied, but not the dictionary that they point to
 *
 * Context: process, may sleep; takes the CPU hotplug lock.
 * Return: the codec, ERR_PTR() of -ENOMEM or of what the algorithm's setup
 * returned.
 */
struct z2_codec *z2_codec_create(const struct z2_codec_ops *ops,
				 const struct z2_codec_params *params)
{
	struct z2_codec *codec;
	int cpu, err = -ENOMEM;

	codec = kzalloc_obj(*codec);
	if (!codec)
		return ERR_PTR(-ENOMEM);
	codec->ops = ops;
	codec->params = *params;

	codec->streams = alloc_percpu(struct cpu_streams);
	if (!codec->streams)
		goto free_codec;
	for_each_possible_cpu(cpu) {
		struct cpu_streams *streams = per_cpu_ptr(codec->streams, cpu);

		/* A line each, which makes them classes of their own to lockdep. */
		mutex_init(&streams->to[Z2_COMPRESS].lock);
		mutex_init(&streams->to[Z2_DECOMPRESS].lock);
	}

	err = ops->setup(&codec->params, &codec->shared);
	if (err)
		goto free_streams;
	err = cpuhp_state_add_instance(hotplug_state, &codec->node);
	if (err)
		goto teardown;
	return codec;

teardown:
	ops->teardown(codec->shared);
free_streams:
	free_percpu(codec->streams);
free_codec:
	kfree(codec);
	return ERR_PTR(err);
}

/**
 * z2_codec_destroy() - free a codec
 * @codec: the codec, used by nobody any more; NULL is fine
 *
 * Context: process, may sleep; takes the CPU hotplug lock.
 */
void z2_codec_destroy(struct z2_codec *codec)
{
	if (!codec)
		return;
	/* Runs streams_cpu_dead() for each CPU. */
	cpuhp_state_remove_instance(hotplug_state, &codec->node);
	codec->ops->teardown(codec->shared);
	free_percpu(codec->streams);
	kfree(codec);
}

/**
 * z2_codec_quick() - may it decompress with preemption off?
 * @codec: the codec
 *
 * Return: whether z2_codec_decompress() never sleeps, and takes a few microseconds,
 * as `make bench SCENARIO=codec` prints them: of pages of 64 KiB, 16 times as much
 * would be too long.
 */
bool z2_codec_quick(const struct z2_codec *codec)
{
	return codec->ops->quick && PAGE_SIZE <= SZ_4K;
}

/**
 * z2_codec_get() - a stream to work with
 * @codec: the codec
 * @direction: what for
 *
 * Context: process; sleeps while another task uses this CPU's stream.  Slot
 * locks come before it, the pool's locks after it; one at a time.
 * Return: a stream, locked; mostly this CPU's, but the task may move.
 */
struct z2_stream *z2_codec_get(struct z2_codec *codec, enum z2_direction direction)
{
	for (;;) {
		struct z2_stream *stream = &raw_cpu_ptr(codec->streams)->to[direction];

		mutex_lock(&stream->lock);
		if (likely(stream->ctx))
			return stream;
		/* We were moved away from a CPU that then went down. */
		mutex_unlock(&stream->lock);
		cond_resched();
	}
}

/**
 * z2_codec_put() - done with a stream
 * @stream: as z2_codec_get() returned it
 */
void z2_codec_put(struct z2_stream *stream)
{
	mutex_unlock(&stream->lock);
}

/**
 * z2_codec_compress() - compress a page into the stream's buffer
 * @codec: the codec
 * @stream: a stream of it, to compress
 * @src: PAGE_SIZE bytes
 *
 * Context: process, may sleep.
 * Return: the length, which may be more than PAGE_SIZE, or an errno.  PAGE_SIZE says
 * that it doesn't pay, with nothing in the stream's buffer.
 */
int z2_codec_compress(struct z2_codec *codec, struct z2_stream *stream, const void *src)
{
	might_sleep();
	lockdep_assert_held(&stream->lock);
	return codec->ops->compress(stream->ctx, src, stream->buffer);
}

/**
 * z2_codec_decompress() - get a page back
 * @codec: the codec that compressed it, with the same parameters
 * @stream: a stream of it, to decompress
 * @src: the compressed bytes
 * @len: how many
 * @dst: PAGE_SIZE bytes
 *
 * Context: process, may sleep; with z2_codec_quick() preemption may be off.
 * Return: 0, or -EIO if @src isn't what compression wrote; @dst then holds
 * anything.
 */
int z2_codec_decompress(struct z2_codec *codec, struct z2_stream *stream, const void *src,
			size_t len, void *dst)
{
	might_sleep_if(!codec->ops->quick);
	lockdep_assert_held(&stream->lock);
	return codec->ops->decompress(stream->ctx, src, len, dst);
}

/**
 * z2_codec_init() - hook into CPU hotplug
 *
 * Context: process, at module init.
 * Return: 0 or an errno.
 */
int z2_codec_init(void)
{
	int state = cpuhp_setup_state_multi(CPUHP_BP_PREPARE_DYN, "block/zram2:prepare",
					    streams_cpu_up, streams_cpu_dead);

	if (state < 0)
		return state;
	hotplug_state = state;
	return 0;
}

/**
 * z2_codec_exit() - undo z2_codec_init(), when all codecs are gone
 */
void z2_codec_exit(void)
{
	cpuhp_remove_multi_state(hotplug_state);
}

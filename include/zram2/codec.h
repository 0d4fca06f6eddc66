/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Codecs: an algorithm is one const table, its parameters are fixed when a
 * codec is created, and each CPU has two streams with the working memory: one to
 * compress with, one to decompress with.
 */
#ifndef ZRAM2_CODEC_H
#define ZRAM2_CODEC_H

#include <linux/mutex.h>
#include <linux/types.h>

/**
 * struct z2_codec_params - what a codec is created with
 * @level: the algorithm's level, or Z2_PARAM_UNSET
 * @winbits: deflate's window bits, or Z2_PARAM_UNSET
 * @dict: dictionary that the caller keeps while the codec lives, or NULL
 * @dict_len: its bytes
 */
struct z2_codec_params {
	int level;
	int winbits;
	const void *dict;
	size_t dict_len;
};

/**
 * struct z2_codec_ops - an algorithm
 * @name: as users write it
 * @quick: @decompress takes a few microseconds for 4 KiB, and never sleeps
 * @setup: check the parameters, put defaults where they are unset, and make
 *	what all streams share; @shared may stay NULL; -EINVAL for parameters
 *	out of range, -EOPNOTSUPP for what the algorithm or kernel can't do
 * @teardown: free what @setup made
 * @ctx_create: working memory of a CPU, for both of its streams; ERR_PTR() on
 *	failure
 * @ctx_destroy: free it; NULL is fine
 * @compress: PAGE_SIZE bytes into at most Z2_CODEC_DST_MAX; the length or an
 *	errno.  PAGE_SIZE says that it was given up: nothing is in @dst then.
 *	The first page of a context may allocate, and is done before the stream is
 *	used; later ones must not
 * @decompress: exactly PAGE_SIZE bytes, or an errno; never writes past them.
 *	As for allocating, like @compress
 *
 * Context: process, all of them may sleep, but for @decompress of one that is
 * @quick, which is called with preemption off by some.  @compress and @decompress run with
 * their stream locked, so that each has @ctx for itself, but both may run at the
 * same time: they work in different parts of it.
 */
struct z2_codec_ops {
	const char *name;
	bool quick;
	int (*setup)(struct z2_codec_params *params, void **shared);
	void (*teardown)(void *shared);
	void *(*ctx_create)(const struct z2_codec_params *params, void *shared);
	void (*ctx_destroy)(void *ctx);
	int (*compress)(void *ctx, const void *src, void *dst);
	int (*decompress)(void *ctx, const void *src, size_t len, void *dst);
};

/* No algorithm here expands a page past twice its size. */
#define Z2_CODEC_DST_MAX	(2 * PAGE_SIZE)

/**
 * enum z2_direction - what a stream is for
 * @Z2_COMPRESS: compressing
 * @Z2_DECOMPRESS: decompressing
 * @Z2_DIRECTIONS: how many there are
 */
enum z2_direction {
	Z2_COMPRESS,
	Z2_DECOMPRESS,
	Z2_DIRECTIONS
};

/**
 * struct z2_stream - a CPU's working memory for one direction
 * @lock: held from z2_codec_get() to z2_codec_put()
 * @ctx: the algorithm's own, that of the CPU's other stream as well; NULL while the
 *	CPU is down
 * @buffer: to compress, Z2_CODEC_DST_MAX bytes, which it writes; to decompress,
 *	PAGE_SIZE bytes for an object that the pool doesn't hold in one piece
 */
struct z2_stream {
	struct mutex lock;	/* protects all below */
	void *ctx;
	void *buffer;
};

struct z2_codec;

const struct z2_codec_ops *z2_codec_find(const char *name);
const struct z2_codec_ops *z2_codec_default(void);
const struct z2_codec_ops *z2_codec_of_kernel(void);
const struct z2_codec_ops *z2_codec_nth(unsigned int n);

struct z2_codec *z2_codec_create(const struct z2_codec_ops *ops,
				 const struct z2_codec_params *params);
void z2_codec_destroy(struct z2_codec *codec);
bool z2_codec_quick(const struct z2_codec *codec);

struct z2_stream *z2_codec_get(struct z2_codec *codec, enum z2_direction direction);
void z2_codec_put(struct z2_stream *stream);
int z2_codec_compress(struct z2_codec *codec, struct z2_stream *stream, const void *src);
int z2_codec_decompress(struct z2_codec *codec, struct z2_stream *stream, const void *src,
			size_t len, void *dst);

int z2_codec_init(void);
void z2_codec_exit(void);

extern const struct z2_codec_ops z2_codec_wklz;
extern const struct z2_codec_ops z2_codec_lzo;
extern const struct z2_codec_ops z2_codec_lzorle;
extern const struct z2_codec_ops z2_codec_lz4;
extern const struct z2_codec_ops z2_codec_lz4hc;
extern const struct z2_codec_ops z2_codec_zstd;
extern const struct z2_codec_ops z2_codec_deflate;

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* Codecs measured on the pages of a file. */
#ifndef Z2CODEC_MEASURE_H
#define Z2CODEC_MEASURE_H

#include <linux/types.h>

#include <zram2/codec.h>

/**
 * struct corpus - pages of data
 * @pages: each where the kernel maps all memory
 * @order: in which they are taken, another one each round
 * @nr: how many
 */
struct corpus {
	u8 **pages;
	u32 *order;
	unsigned int nr;
};

/* All whole pages of the file at @path; an errno on failure. */
int corpus_read(struct corpus *corpus, const char *path);
/* The order of another round. */
void corpus_shuffle(struct corpus *corpus, u64 seed);
/* Fine if there is none. */
void corpus_free(struct corpus *corpus);

/**
 * struct contestant - a codec with what came of its last round
 * @name: as users of the module write it
 * @ops: the algorithm
 * @level: its level, or Z2_PARAM_UNSET
 * @compress: nanoseconds of CPU time a page
 * @decompress: the same
 * @stored: bytes that all pages take
 */
struct contestant {
	const char *name;
	const struct z2_codec_ops *ops;
	int level;
	u64 compress;
	u64 decompress;
	u64 stored;
};

/*
 * One round: compresses and decompresses every page of @corpus.  An object of
 * @huge_size bytes or more is stored as the page it was.  -EUCLEAN if a page
 * comes back other than it was.
 */
int measure(struct contestant *c, const struct corpus *corpus, size_t huge_size);

/* The kernel's LZ4 as the in-tree driver calls it. */
extern const struct z2_codec_ops in_tree_lz4;

#endif

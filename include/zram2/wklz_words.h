/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The word stage of wklz: 4 KiB of memory as 512 words, most of them zero,
 * small, or near one that was there before.  Pure; builds in user space.
 */
#ifndef ZRAM2_WKLZ_WORDS_H
#define ZRAM2_WKLZ_WORDS_H

#include <linux/types.h>

/* What is packed at once, in bytes.  A larger page is several units. */
#define Z2_WKLZ_UNIT		4096

/*
 * What packing may write, in bytes: a header of 6, words of 8, masks of 2 for
 * each 16 words, and a word is stored whole with 8 bytes behind it.
 */
#define Z2_WKLZ_WORDS_MAX	(6 + 512 * 8 + 32 * 2 + 512 / 2 + 512 + 8)

/* Positions that the packer remembers: 2^8 fit into 512 bytes of L1 cache. */
#define Z2_WKLZ_WORDS_BITS	8

/**
 * struct z2_wklz_packer - memory to pack a unit in
 * @seen: where words of an upper part were last seen, in bytes
 * @masks: which words aren't zero
 * @tags: one of four bits for each of these; written eight bytes at a time
 * @index: a byte for each tag that asks for it
 */
struct z2_wklz_packer {
	u16 seen[1 << Z2_WKLZ_WORDS_BITS];
	u8 masks[64];
	u8 tags[256 + 8];
	u8 index[512 + 1];
};

/* A group of 16 words takes at most that many bytes of each stream. */
#define Z2_WKLZ_SLACK		(16 * 8 + 8)

/**
 * struct z2_wklz_unpacker - memory to unpack a unit in
 * @object: the packed bytes, with room for what a damaged object makes us read
 *	on either side
 */
struct z2_wklz_unpacker {
	u8 object[Z2_WKLZ_SLACK + Z2_WKLZ_UNIT + Z2_WKLZ_SLACK];
};

/* How many bytes a line of 64 may take: after 2, 4, 8, 16, and 32 lines. */
struct z2_wklz_limits {
	u8 bytes[5];
};

size_t z2_wklz_words_pack(struct z2_wklz_packer *packer, const struct z2_wklz_limits *limits,
			  const u8 *src, u8 *dst);
int z2_wklz_words_unpack(struct z2_wklz_unpacker *unpacker, const u8 *src, size_t len, u8 *dst);

#endif

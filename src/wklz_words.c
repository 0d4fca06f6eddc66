// SPDX-License-Identifier: GPL-2.0
/*
 * The word stage of wklz.  The format is described in codec_wklz.c.
 *
 * The source may change while it is read.  Nothing here depends on reading the
 * same value twice: bounds come from positions, and what a word is coded as
 * decides alone how many bytes follow it.
 *
 * Time goes into mispredicted branches.  Masks take the place of those that
 * depend on the data; compilers turn selects back into branches, unless they
 * can't see through the mask.
 */
#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/string.h>
#include <linux/types.h>

#include <zram2/wklz_words.h>

#define GROUP_WORDS	16
#define GROUP_BYTES	(8 * GROUP_WORDS)
#define GROUPS		(Z2_WKLZ_UNIT / GROUP_BYTES)
#define HEADER		6

/* An index byte reaches 256 words back. */
#define REACH		(256 * 8)

/* Each names the first tag of its kind; the number of bytes is added. */
enum {
	TAG_ZERO = 0,		/* 1 to 4 low bytes, the others are zero */
	TAG_RECENT = 4,		/* 0 to 4 low bytes, the others of the recent word */
	TAG_INDEX = 9,		/* 0 to 2 low bytes, the others of the indexed word */
	TAG_RAW = 12,		/* 8 bytes */
	TAG_HIGH = 13,		/* the upper 4 bytes */
	TAG_HIGH_LOW = 14,	/* the upper 4 bytes, then the lowest 2 */
	TAG_WIDE = 15,		/* 6 low bytes */
	TAGS = 16,
};

/**
 * struct tag_info - how to get a word back
 * @payload: its bits that come from the payload
 * @base: those that come from an earlier word
 * @indexed: all ones if an index byte says which
 * @within: mask of that word's position; 0 spares waiting for it
 * @rotate: the payload, by so many bits to the left
 * @len: the payload's bytes
 */
struct tag_info {
	u64 payload;
	u64 base;
	s64 indexed;
	u32 within;
	u32 rotate;
	u32 len;
} __aligned(64);	/* found by a shift */

#define LOW(n)		(((u64)1 << 8 * (n)) - 1)
#define WITHIN		(Z2_WKLZ_UNIT - 8)
#define ZERO(n)		{ .payload = LOW(n), .len = (n) }
#define RECENT(n)	{ .payload = LOW(n), .len = (n), .base = ~LOW(n), .within = WITHIN }
#define INDEX(n)	{ .payload = LOW(n), .len = (n), .base = ~LOW(n), .within = WITHIN, \
			  .indexed = -1 }

static const struct tag_info tag_infos[TAGS] = {
	ZERO(1), ZERO(2), ZERO(3), ZERO(4),
	RECENT(0), RECENT(1), RECENT(2), RECENT(3), RECENT(4),
	INDEX(0), INDEX(1), INDEX(2),
	{ .payload = ~0ull, .len = 8 },
	{ .payload = ~LOW(4), .len = 4, .rotate = 32 },
	{ .payload = ~LOW(4) | LOW(2), .len = 6, .rotate = 32 },
	{ .payload = LOW(6), .len = 6 },
};

/* The bits of @a where @mask is one, those of @b elsewhere. */
static __always_inline u64 bits_select(u64 mask, u64 a, u64 b)
{
	return b ^ ((a ^ b) & mask);
}

/* Pointers into the same 64 KiB have the same upper 48 bits. */
static __always_inline u32 upper_hash(u64 word)
{
	return (word >> 16) * 0x9e3779b97f4a7c15ull >> (64 - Z2_WKLZ_WORDS_BITS);
}

/**
 * struct packing - where a unit's streams have got to
 * @src: the unit
 * @payload: write here next
 * @index: and here
 * @back: how far back the recent word is, in bytes
 */
struct packing {
	const u8 *src;
	u8 *payload;
	u8 *index;
	u64 back;
};

static __always_inline void payload_put(struct packing *p, u64 word, u64 len)
{
	put_unaligned_le64(word, p->payload);
	p->payload += len;
}

/* Codes the word at @at, and returns its tag. */
static __always_inline u64 word_pack(struct packing *p, u16 *seen, const u8 *at)
{
	u64 word = get_unaligned_le64(at);
	u64 recent = likely(at != p->src) ? get_unaligned_le64(at - p->back) : 0;
	u64 diff = word ^ recent, zero = -(u64)(word < diff);
	u64 tag, len, pos, found, back;
	u32 hash;
	bool hit;

	/* Zero serves as the recent word where it is nearer. */
	OPTIMIZER_HIDE_VAR(zero);
	diff ^= recent & zero;
	tag = bits_select(zero, TAG_ZERO - 1, TAG_RECENT);
	if (diff <= 0xffff) {
		/* A word that has become zero since it wasn't has a byte, too. */
		len = ((diff > 0) | (zero & 1)) + (diff > 0xff);
		payload_put(p, word, len);
		return tag + len;
	}

	hash = upper_hash(word);
	pos = seen[hash];
	seen[hash] = at - p->src;
	back = (at - p->src) - pos;
	found = word ^ get_unaligned_le64(p->src + pos);
	/* Position 0 stands for nothing seen, too: then back may be 0. */
	hit = found <= 0xffff;
	hit &= back - 8 < REACH;
	if (hit) {
		len = (found > 0) + (found > 0xff);
		payload_put(p, word, len);
		*p->index++ = back / 8 - 1;
		p->back = back;
		return TAG_INDEX + len;
	}
	if (diff <= 0xffffffff) {
		len = 3 + (diff > 0xffffff);
		payload_put(p, word, len);
		return tag + len;
	}
	if ((u32)word <= 0xffff) {
		tag = (u32)word ? TAG_HIGH_LOW : TAG_HIGH;
		payload_put(p, word >> 32 | word << 32, tag_infos[tag].len);
		return tag;
	}
	tag = word >> 48 ? TAG_RAW : TAG_WIDE;
	payload_put(p, word, tag_infos[tag].len);
	return tag;
}

static __always_inline u32 zero_bit(const u8 *group, u32 nr)
{
	return (u32)!get_unaligned_le64(group + 8 * nr) << nr;
}

static __always_inline u32 zero_bits(const u8 *group, u32 nr)
{
	return zero_bit(group, nr) | zero_bit(group, nr + 1) | zero_bit(group, nr + 2) |
	       zero_bit(group, nr + 3);
}

/* Bit by bit which words of a group aren't zero. */
static __always_inline u32 group_mask(const u8 *group)
{
	return 0xffff & ~(zero_bits(group, 0) | zero_bits(group, 4) | zero_bits(group, 8) |
			  zero_bits(group, 12));
}

/**
 * z2_wklz_words_pack() - code a unit word by word
 * @packer: memory to work in
 * @limits: what it may take, else it is given up
 * @src: Z2_WKLZ_UNIT bytes; may change meanwhile
 * @dst: room for Z2_WKLZ_WORDS_MAX bytes
 *
 * Context: any.
 * Return: the length, less than Z2_WKLZ_UNIT; 0 if it doesn't pay.
 */
size_t z2_wklz_words_pack(struct z2_wklz_packer *packer, const struct z2_wklz_limits *limits,
			  const u8 *src, u8 *dst)
{
	struct packing p = {
		.src = src, .payload = dst + HEADER, .index = packer->index, .back = 8,
	};
	u8 *masks = packer->masks, *tags = packer->tags;
	size_t payload, used = 0;
	u32 groups = 0, i;

	memset(packer->seen, 0, sizeof(packer->seen));
	for (i = 0; i < GROUPS; i++) {
		const u8 *group = src + i * GROUP_BYTES;
		u32 mask = group_mask(group), shift = 0, nr;
		u64 word_tags = 0;

		if (!mask)
			continue;
		groups |= 1u << i;
		put_unaligned_le16(mask, masks);
		masks += 2;
		for (; mask; mask &= mask - 1, shift += 4)
			word_tags |= word_pack(&p, packer->seen, group + 8 * __ffs(mask)) << shift;
		put_unaligned_le64(word_tags, tags);
		tags += (shift + 4) / 8;

		used = (p.payload - dst) + (p.index - packer->index) +
		       (masks - packer->masks) + (tags - packer->tags);
		nr = (masks - packer->masks) / 2;
		if (!(nr & (nr - 1)) && nr < GROUPS &&
		    used > HEADER + 2 * nr * limits->bytes[__ffs(nr)])
			return 0;
	}
	if (used >= Z2_WKLZ_UNIT)
		return 0;

	payload = p.payload - (dst + HEADER);
	put_unaligned_le32(groups, dst);
	put_unaligned_le16(payload, dst + 4);
	dst = p.payload;
	memcpy(dst, packer->masks, masks - packer->masks);
	dst += masks - packer->masks;
	memcpy(dst, packer->tags, tags - packer->tags);
	dst += tags - packer->tags;
	while (p.index > packer->index)
		*dst++ = *--p.index;
	return HEADER + payload + (dst - p.payload);
}

/**
 * z2_wklz_words_unpack() - get a unit back
 * @unpacker: memory to work in
 * @src: what z2_wklz_words_pack() wrote, or anything
 * @len: how many bytes that was
 * @dst: Z2_WKLZ_UNIT bytes
 *
 * Reads nothing outside of @src, and writes nothing outside of @dst, whatever
 * the bytes are.
 *
 * Context: any.
 * Return: 0, or -EIO if that can't have been packed; @dst then holds anything.
 */
int z2_wklz_words_unpack(struct z2_wklz_unpacker *unpacker, const u8 *src, size_t len, u8 *dst)
{
	const u8 *object = unpacker->object + Z2_WKLZ_SLACK;
	const u8 *payload, *payload_end, *masks, *tags, *index;
	u32 groups, back = 8;
	size_t before;

	if (len < HEADER || len > Z2_WKLZ_UNIT)
		return -EIO;
	/* With the slack, a group needs no check but at its end. */
	memcpy(unpacker->object + Z2_WKLZ_SLACK, src, len);
	groups = get_unaligned_le32(object);
	before = HEADER + get_unaligned_le16(object + 4);
	if (before + 2 * hweight32(groups) > len)
		return -EIO;
	payload = object + HEADER;
	payload_end = object + before;
	masks = payload_end;
	tags = masks + 2 * hweight32(groups);
	index = object + len - 1;

	/* The recent word of the very first is the last one, still zero. */
	memset(dst, 0, Z2_WKLZ_UNIT);
	for (; groups; groups &= groups - 1) {
		u32 group = __ffs(groups) * GROUP_BYTES;
		u32 mask = get_unaligned_le16(masks);
		u64 word_tags = get_unaligned_le64(tags);

		masks += 2;
		tags += (hweight16(mask) + 1) / 2;
		for (; mask; mask &= mask - 1, word_tags >>= 4) {
			const struct tag_info *tag = &tag_infos[word_tags & (TAGS - 1)];
			u32 pos = group + 8 * __ffs(mask);
			u64 word = rol64(get_unaligned_le64(payload), tag->rotate), base;

			back = bits_select(tag->indexed, 8 * *index + 8, back);
			index += tag->indexed;
			payload += tag->len;
			base = get_unaligned_le64(dst + ((pos - back) & tag->within));
			put_unaligned_le64((base & tag->base) | (word & tag->payload), dst + pos);
		}
		if (payload > payload_end || tags > index + 1)
			return -EIO;
	}
	return payload == payload_end && tags == index + 1 ? 0 : -EIO;
}

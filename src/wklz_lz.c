// SPDX-License-Identifier: GPL-2.0
/*
 * The LZ stage of wklz: greedy, one look per position, and a format that many
 * can read: LZ4's block.  It is a row of sequences: a token, literals, and a
 * match of at least 4 bytes, with a distance of 16 bits.  The token's upper half
 * is the number of literals, its lower half the match's length less 4; 15 says
 * that bytes follow which are added, up to the first below 255.  The last
 * sequence has no match, the last 5 bytes are literals, and a match begins at
 * least 12 bytes before the end.
 *
 * The source may change while it is read: bounds come from positions alone.
 */
#include <linux/bitops.h>
#include <linux/compiler.h>
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>

#include <zram2/wklz_lz.h>

#define MATCH_MIN	4
#define NIBBLE_MAX	15
#define LAST_LITERALS	5

/* Nothing is looked for in what is left then; 16 bytes are read at once. */
#define SEARCH_END	16

/* A search moves on by its step / 64, which grows with each miss. */
#define STEP_SHIFT	6

/*
 * Until something was found, it grows faster: a page of keys or of compressed
 * data is through in half the time, any other grows by 0.2 to 0.4 %.
 */
#define STEP_GROWTH_FIRST	4

/* What a sequence may write past its literals: 16 at once, and the rest of it. */
#define SEQUENCE_SLACK	32

/* Five bytes: fewer and longer matches than with four. */
static __always_inline u32 five_hash(u64 bytes)
{
	return (bytes << 24) * 0x9e3779b97f4a7c15ull >> (64 - Z2_WKLZ_LZ_BITS);
}

static __always_inline void copy_8(u8 *dst, const u8 *src)
{
	put_unaligned_le64(get_unaligned_le64(src), dst);
}

static __always_inline void copy_16(u8 *dst, const u8 *src)
{
	copy_8(dst, src);
	copy_8(dst + 8, src + 8);
}

/* As far as @dst + @len, and up to 15 bytes more. */
static __always_inline void copy_over(u8 *dst, const u8 *src, size_t len)
{
	u8 *end = dst + len;

	do {
		copy_16(dst, src);
		dst += 16;
		src += 16;
	} while (dst < end);
}

static u8 *length_put(u8 *dst, size_t len)
{
	for (; len >= 255; len -= 255)
		*dst++ = 255;
	*dst++ = len;
	return dst;
}

/* How far two places of a page of @n bytes are equal; @pos is the later one. */
static __always_inline size_t match_end(const u8 *src, size_t n, size_t pos, size_t from)
{
	const size_t end = n - LAST_LITERALS;

	/* Most end within 16 bytes, of which half no branch can predict. */
	if (likely(pos + 16 <= end)) {
		u64 diff = get_unaligned_le64(src + pos) ^ get_unaligned_le64(src + from);
		u64 next = get_unaligned_le64(src + pos + 8) ^ get_unaligned_le64(src + from + 8);
		u64 second = -(u64)!diff;

		OPTIMIZER_HIDE_VAR(second);
		diff |= next & second;
		if (likely(diff))
			return pos + (second & 8) + (__ffs64(diff) >> 3);
		pos += 16;
		from += 16;
	}
	for (; pos + 8 <= end; pos += 8, from += 8) {
		u64 diff = get_unaligned_le64(src + pos) ^ get_unaligned_le64(src + from);

		if (diff)
			return pos + (__ffs64(diff) >> 3);
	}
	for (; pos < end && src[pos] == src[from]; pos++)
		from++;
	return pos;
}

static __always_inline u8 *sequence_put(u8 *dst, const u8 *literals, size_t nr, size_t distance,
					size_t match)
{
	u8 *token = dst++;

	match -= MATCH_MIN;
	if (likely(max(nr, match) < NIBBLE_MAX)) {
		*token = nr << 4 | match;
		copy_16(dst, literals);
		put_unaligned_le16(distance, dst + nr);
		return dst + nr + 2;
	}
	*token = min_t(size_t, nr, NIBBLE_MAX) << 4 | min_t(size_t, match, NIBBLE_MAX);
	if (nr >= NIBBLE_MAX)
		dst = length_put(dst, nr - NIBBLE_MAX);
	copy_over(dst, literals, nr);
	dst += nr;
	put_unaligned_le16(distance, dst);
	dst += 2;
	return match < NIBBLE_MAX ? dst : length_put(dst, match - NIBBLE_MAX);
}

/**
 * z2_wklz_lz_pack() - write an LZ4 block
 * @seen: Z2_WKLZ_LZ_POSITIONS of them, to work in
 * @step: 64 times how many bytes a search moves on at first: 64 and more
 * @src: the bytes; may change meanwhile
 * @n: how many, from 64 up to 64 KiB, so that a position fits into @seen
 * @dst: room for the result
 * @max: how many bytes it may have, all of which may be written
 *
 * Context: any.
 * Return: the length, 0 if @max may be too little.
 */
size_t z2_wklz_lz_pack(u16 *seen, unsigned int step, const u8 *src, size_t n, u8 *dst, size_t max)
{
	const size_t search_end = n - SEARCH_END;
	const size_t overhead = n / 255 + SEQUENCE_SLACK;
	size_t pos = 1, done = 0, literals;
	u8 *out = dst;

	memset(seen, 0, sizeof(*seen) * Z2_WKLZ_LZ_POSITIONS);
	for (;;) {
		unsigned int growth = done ? 1 : STEP_GROWTH_FIRST, move = step;
		size_t from, end;
		u64 bytes;
		u32 hash;

		for (;;) {
			if (unlikely(pos > search_end))
				goto last;
			bytes = get_unaligned_le64(src + pos);
			hash = five_hash(bytes);
			from = seen[hash];
			seen[hash] = pos;
			if (get_unaligned_le32(src + from) == (u32)bytes)
				break;
			pos += move >> STEP_SHIFT;
			move += growth;
		}

		end = match_end(src, n, pos + MATCH_MIN, from + MATCH_MIN);
		while (pos > done && from > 0 && unlikely(src[pos - 1] == src[from - 1])) {
			pos--;
			from--;
		}
		literals = pos - done;
		if (unlikely((out - dst) + literals + overhead > max))
			return 0;
		out = sequence_put(out, src + done, literals, pos - from, end - pos);
		pos = end;
		done = end;
		if (unlikely(pos > search_end))
			goto last;
		seen[five_hash(get_unaligned_le64(src + pos - 2))] = pos - 2;
	}
last:
	literals = n - done;
	if ((out - dst) + literals + n / 255 + 2 > max)
		return 0;
	*out++ = min_t(size_t, literals, NIBBLE_MAX) << 4;
	if (literals >= NIBBLE_MAX)
		out = length_put(out, literals - NIBBLE_MAX);
	memcpy(out, src + done, literals);
	return out + literals - dst;
}

/* A nibble and the bytes that may follow it; moves @src on, to @end at most. */
static __always_inline size_t length_get(const u8 **src, const u8 *end, size_t len)
{
	u8 byte = 255;

	if (len != NIBBLE_MAX)
		return len;
	while (byte == 255 && *src < end) {
		byte = *(*src)++;
		len += byte;
	}
	return len;
}

/**
 * z2_wklz_lz_unpack() - read an LZ4 block
 * @src: what z2_wklz_lz_pack() wrote, or anything
 * @len: how many bytes that was
 * @dst: room for @n bytes
 * @n: how many they were
 *
 * For kernels without LZ4.  Reads nothing outside of @src, and writes nothing
 * outside of @dst, whatever the bytes are.
 *
 * Context: any.
 * Return: 0, or -EIO if that isn't a block of so many bytes; @dst then holds
 * anything.
 */
int z2_wklz_lz_unpack(const u8 *src, size_t len, u8 *dst, size_t n)
{
	const u8 *src_end = src + len;
	size_t pos = 0;

	while (src < src_end) {
		u32 token = *src++;
		size_t nr = length_get(&src, src_end, token >> 4), distance;

		if (nr > src_end - src || nr > n - pos)
			return -EIO;
		if (src_end - src >= nr + 16 && n - pos >= nr + 16)
			copy_over(dst + pos, src, nr);
		else
			memcpy(dst + pos, src, nr);
		src += nr;
		pos += nr;
		if (src == src_end)
			return pos == n ? 0 : -EIO;

		if (src_end - src < 2)
			return -EIO;
		distance = get_unaligned_le16(src);
		src += 2;
		nr = length_get(&src, src_end, token & NIBBLE_MAX) + MATCH_MIN;
		if (!distance || distance > pos || nr > n - pos)
			return -EIO;
		if (distance >= 16 && n - pos >= nr + 16) {
			copy_over(dst + pos, dst + pos - distance, nr);
			pos += nr;
		} else {
			/* What was just copied is copied again. */
			for (; nr; nr--, pos++)
				dst[pos] = dst[pos - distance];
		}
	}
	return -EIO;
}

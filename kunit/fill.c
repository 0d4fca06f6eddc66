// SPDX-License-Identifier: GPL-2.0
#include <linux/array_size.h>
#include <linux/minmax.h>
#include <linux/string.h>
#include <linux/types.h>

#include "fill.h"

/**
 * z2t_random() - the next of a fixed series
 * @state: where in the series; any seed to begin with
 */
u64 z2t_random(u64 *state)
{
	u64 x = *state ?: 0x9e3779b97f4a7c15;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	*state = x;
	return x * 0x2545f4914f6cdd1d;
}

static void fill_random(u8 *buf, size_t len, u64 seed)
{
	size_t i;

	for (i = 0; i < len; i++)
		buf[i] = z2t_random(&seed) >> 32;
}

static void fill_text(char *buf, size_t len, u64 seed)
{
	static const char *const words[] = {
		"the ", "page ", "of ", "memory ", "kernel ", "slot ", "and ", "a ", "compress",
		"ed ", "block ", "device, ", "swap. ", "reader ", "writer\n", "0123 ",
	};
	size_t at = 0;

	while (at < len) {
		const char *word = words[z2t_random(&seed) % ARRAY_SIZE(words)];
		size_t n = min(strlen(word), len - at);

		memcpy(buf + at, word, n);
		at += n;
	}
}

static void fill_pointers(u64 *buf, size_t len, u64 seed)
{
	size_t i;

	for (i = 0; i < len / sizeof(u64); i++) {
		u64 r = z2t_random(&seed);

		switch (r >> 62) {
		case 0:
			buf[i] = 0;
			break;
		case 1:
			buf[i] = r & 0xff;
			break;
		default:
			buf[i] = 0xffff888000000000 | (r & 0xfffff8);
		}
	}
}

/**
 * z2t_fill() - make up data
 * @buf: where to
 * @len: bytes, a multiple of 8
 * @fill: what kind
 * @seed: same seed, same data; another one, other data of that kind
 */
void z2t_fill(void *buf, size_t len, enum z2t_fill fill, u64 seed)
{
	seed = (seed + 1) * 0x9e3779b97f4a7c15;
	switch (fill) {
	case Z2T_RANDOM:
		return fill_random(buf, len, seed);
	case Z2T_TEXT:
		return fill_text(buf, len, seed);
	case Z2T_POINTERS:
		return fill_pointers(buf, len, seed);
	default:
		memset(buf, 0, len);
	}
}

/**
 * z2t_fill_name() - for messages
 * @fill: a kind of data
 */
const char *z2t_fill_name(enum z2t_fill fill)
{
	static const char *const names[] = {
		[Z2T_ZERO] = "zero",
		[Z2T_RANDOM] = "random",
		[Z2T_TEXT] = "text",
		[Z2T_POINTERS] = "pointers",
	};

	return names[fill];
}

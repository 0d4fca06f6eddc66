/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Pages like those of real memory, the same ones for the in-kernel load
 * generator and for programs: page N of a seed always has the same bytes.
 *
 * Kinds and their shares are chosen so that lz4 makes 2.08:1 of it and 4 % of
 * the pages don't compress; within a kind, pages differ in how well they do.
 */
#ifndef ZRAM2_BENCH_PAGES_H
#define ZRAM2_BENCH_PAGES_H

#ifdef __KERNEL__
#include <linux/string.h>
#include <linux/types.h>
#else
#include <stdint.h>
#include <string.h>
typedef uint8_t u8;
typedef uint32_t u32;
typedef uint64_t u64;
#endif

#define BENCH_PAGE	4096u
#define BENCH_SEED	20260u

/* Parts in 200. */
#define BENCH_ZERO	1	/* never written, or cleared */
#define BENCH_SAME	1	/* one word over and over */
#define BENCH_RANDOM	8	/* images, keys, what is compressed already */
#define BENCH_CODE	34	/* text of libraries */
#define BENCH_SOURCE	42	/* text that people read */
				/* the rest: heap */

struct bench_rng {
	u64 state;
};

static inline u64 bench_mix(u64 x)
{
	x += 0x9e3779b97f4a7c15ull;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

static inline u32 bench_rand(struct bench_rng *rng)
{
	rng->state += 0x9e3779b97f4a7c15ull;
	return bench_mix(rng->state) >> 32;
}

/* Evenly in 0..n-1, or with the small values far more often. */
static inline u32 bench_below(struct bench_rng *rng, u32 n)
{
	return (u64)bench_rand(rng) * n >> 32;
}

static inline u32 bench_skewed(struct bench_rng *rng, u32 n)
{
	return bench_below(rng, bench_below(rng, n) + 1);
}

/* As much of @len bytes as fit; returns the new fill of the page. */
static inline u32 bench_put(u8 *page, u32 at, const void *src, u32 len)
{
	u32 n = len < BENCH_PAGE - at ? len : BENCH_PAGE - at;

	memcpy(page + at, src, n);
	return at + n;
}

/*
 * Instructions of x86-64 as compilers emit them: length, bytes, then how many
 * bytes of displacement follow; 1 is small, 4 is relative to the code.
 */
struct bench_insn {
	u8 len;
	u8 bytes[8];
	u8 disp;
};

static const struct bench_insn bench_insns[] = {
	{ 3, { 0x48, 0x89, 0xc7 }, 0 }, { 1, { 0xe8 }, 4 }, { 4, { 0x48, 0x8b, 0x44, 0x24 }, 1 },
	{ 3, { 0x48, 0x85, 0xc0 }, 0 }, { 2, { 0x0f, 0x84 }, 4 }, { 3, { 0x48, 0x8b, 0x43 }, 1 },
	{ 2, { 0x31, 0xc0 }, 0 }, { 1, { 0x74 }, 1 }, { 4, { 0x48, 0x89, 0x44, 0x24 }, 1 },
	{ 1, { 0x75 }, 1 }, { 3, { 0x48, 0x8d, 0x35 }, 4 }, { 2, { 0x85, 0xc0 }, 0 },
	{ 3, { 0x4c, 0x89, 0xe7 }, 0 }, { 3, { 0x48, 0x8d, 0x3d }, 4 },
	{ 3, { 0x48, 0x89, 0xef }, 0 }, { 1, { 0xe9 }, 4 }, { 3, { 0x48, 0x83, 0xc4 }, 1 },
	{ 7, { 0x5b, 0x5d, 0x41, 0x5c, 0x41, 0x5d, 0xc3 }, 0 },
	{ 4, { 0xf3, 0x0f, 0x1e, 0xfa }, 0 }, { 6, { 0x66, 0x0f, 0x1f, 0x44, 0x00, 0x00 }, 0 },
	{ 4, { 0x48, 0x83, 0xec, 0x18 }, 0 }, { 5, { 0x41, 0x54, 0x55, 0x53, 0x48 }, 0 },
	{ 3, { 0x4c, 0x8b, 0x6d }, 1 }, { 3, { 0x48, 0x39, 0xd8 }, 0 }, { 2, { 0x0f, 0x85 }, 4 },
	{ 3, { 0x83, 0x7b, 0x08 }, 1 }, { 3, { 0x0f, 0xb6, 0x04 }, 1 },
	{ 3, { 0xc7, 0x45, 0x00 }, 4 }, { 3, { 0x48, 0x63, 0xd0 }, 0 },
	{ 3, { 0x48, 0xc1, 0xe0 }, 1 }, { 2, { 0x89, 0xd9 }, 0 },
	{ 4, { 0x64, 0x48, 0x8b, 0x04 }, 1 },
};

static inline void bench_code(struct bench_rng *rng, u8 *page)
{
	const u32 nr = sizeof(bench_insns) / sizeof(bench_insns[0]);
	u32 targets[24], at = 0, i, known;

	/* A page calls some functions again and again, others once. */
	for (i = 0; i < 24; i++)
		targets[i] = bench_rand(rng);
	known = 40 + bench_below(rng, 60);
	while (at < BENCH_PAGE) {
		const struct bench_insn *insn = &bench_insns[bench_skewed(rng, nr)];
		u32 disp;

		at = bench_put(page, at, insn->bytes, insn->len);
		if (insn->disp == 1) {
			u8 small = bench_skewed(rng, 24) * 8;

			at = bench_put(page, at, &small, 1);
		} else if (insn->disp == 4) {
			disp = bench_below(rng, 100) < known ? targets[bench_skewed(rng, 24)] :
							       bench_rand(rng);
			disp = disp & 1 ? disp >> 13 : ~(disp >> 13);
			at = bench_put(page, at, &disp, 4);
		}
	}
}

static const char * const bench_words[] = {
	"struct ", "return ", "if (", "static ", "int ", ") {\n\t\t", ";\n\t", "->", "(",
	");\n\t", ", ", " = ", "unsigned long ", "const ", "void ", "page", "size", "index",
	"err", " == ", " != ", "NULL", "0", "1", "else\n\t\t", "while (", "for (i = 0; i < ",
	"device", "->lock", "buffer", "offset", "length", "count", "list_head ", "char *",
	"data", "goto out;\n\t", "}\n\n", " & ", " + ", "flags", "next", "sizeof(",
	"mutex_unlock(&", "mutex_lock(&", "break;\n\t", "case ", "switch (", "entry", "parent",
	"name", "/* The caller holds the lock. */\n\t", "/*\n * ", " * ", "that ", "the ", "of ",
	"is ", "with ", "and ", "u32 ", "bool ", "true", "false", "GFP_KERNEL", "-EINVAL",
	"-ENOMEM", "unlikely(", "printf(\"%d\\n\", ", "#include <linux/", "#define ", "memcpy(",
	"strlen(", "value", "state", "request", "queue", "inode", "file", "path", "root", "node",
	"key", "hash", "table", "left", "right", "first", "last", "start", "end",
};

static inline void bench_source(struct bench_rng *rng, u8 *page)
{
	const u32 nr = sizeof(bench_words) / sizeof(bench_words[0]);
	u32 at = 0, rare = 2 + bench_below(rng, 14), vocabulary = nr - bench_below(rng, nr / 2);

	while (at < BENCH_PAGE) {
		const char *word = bench_words[bench_skewed(rng, vocabulary)];

		at = bench_put(page, at, word, strlen(word));
		/* Names and numbers that nobody else uses. */
		if (bench_below(rng, 100) < rare) {
			u32 n = 3 + bench_below(rng, 6);

			while (n-- && at < BENCH_PAGE)
				page[at++] = 'a' + bench_skewed(rng, 26);
		}
	}
}

/* What malloc hands out: headers, pointers, small integers, zeroes, strings. */
static inline void bench_heap(struct bench_rng *rng, u8 *page)
{
	u64 arena = 0x7f0000000000ull | (u64)bench_below(rng, 1u << 12) << 28;
	u32 live = 10 + bench_below(rng, 55), size = 32 << bench_below(rng, 3), at = 0;
	/* Of some pages a part was never used. */
	u32 used = BENCH_PAGE - bench_skewed(rng, BENCH_PAGE * 3 / 4);

	memset(page, 0, BENCH_PAGE);
	while (at + 16 <= used) {
		u32 end = at + (bench_below(rng, 4) ? size : 16 + 16 * bench_below(rng, 8));
		u64 word = (end - at) | 1;

		end = end < BENCH_PAGE ? end : BENCH_PAGE;
		at = bench_put(page, at + 8, &word, 8);
		for (; at < end; at += 8) {
			u32 what = bench_below(rng, 100);

			if (what >= live + (100 - live) / 3)
				continue;
			if (what < live / 2)
				word = arena + (bench_below(rng, 1u << 20) & ~15u);
			else if (what < live * 3 / 4)
				word = bench_skewed(rng, 256);
			else if (what < live)
				word = (u64)bench_rand(rng) << 32 | bench_skewed(rng, 1024);
			else
				word = 0x6c2f7273752f0000ull | bench_below(rng, 1u << 14);
			memcpy(page + at, &word, 8);
		}
	}
}

static inline void bench_page(void *page, u64 seed, u64 index)
{
	struct bench_rng rng = { bench_mix(seed ^ bench_mix(index)) };
	u32 kind = bench_below(&rng, 200), i;
	u64 word;

	if (kind < BENCH_ZERO + BENCH_SAME) {
		word = kind < BENCH_ZERO ? 0 : bench_mix(rng.state);
		for (i = 0; i < BENCH_PAGE; i += 8)
			memcpy((u8 *)page + i, &word, 8);
	} else if (kind < BENCH_ZERO + BENCH_SAME + BENCH_RANDOM) {
		for (i = 0; i < BENCH_PAGE; i += 4) {
			u32 half = bench_rand(&rng);

			memcpy((u8 *)page + i, &half, 4);
		}
	} else if (kind < BENCH_ZERO + BENCH_SAME + BENCH_RANDOM + BENCH_CODE) {
		bench_code(&rng, page);
	} else if (kind < BENCH_ZERO + BENCH_SAME + BENCH_RANDOM + BENCH_CODE + BENCH_SOURCE) {
		bench_source(&rng, page);
	} else {
		bench_heap(&rng, page);
	}
}

#endif

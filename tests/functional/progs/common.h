/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the test programs share: failing loudly, reading sizes, and pages whose
 * contents follow from one 64-bit key, so that nothing but the key has to be
 * remembered to check them.
 */
#ifndef COMMON_H
#define COMMON_H

#include <ctype.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <time.h>

#define PAGE	4096u

#define UNUSED	__attribute__((unused))

typedef unsigned long long u64;	/* not uint64_t, which printf has no letter for */

static UNUSED __attribute__((noreturn, format(printf, 1, 2)))
void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(2);
}

static UNUSED const char *errno_name(int err)
{
	const char *name = err ? strerrorname_np(err) : "OK";

	return name ? name : "unknown errno";
}

/* A number with an optional K, M or G. */
static UNUSED u64 parse_size(const char *text)
{
	char *end;
	u64 n = strtoull(text, &end, 0);

	switch (toupper((unsigned char)*end)) {
	case 'G':
		n <<= 10; /* fall through */
	case 'M':
		n <<= 10; /* fall through */
	case 'K':
		n <<= 10;
		end++;
	}
	if (end == text || *end)
		die("not a size: %s", text);
	return n;
}

static UNUSED double seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* A program that goes on until it is told to end, and then says what it did. */
static UNUSED volatile sig_atomic_t stopped;

static UNUSED void note_signal(int sig UNUSED)
{
	stopped = 1;
}

static UNUSED void stop_on(int sig)
{
	struct sigaction act = { .sa_handler = note_signal };

	sigaction(sig, &act, NULL);
}

/*
 * What a buffer of direct I/O in several pieces must be a multiple of: kernels
 * differ in whether each must be of whole blocks, or only all together.
 */
static UNUSED unsigned int smallest_piece(int fd, char *memory)
{
	struct iovec vec[2] = {
		{ memory, 512 }, { memory + PAGE, PAGE - 512 },
	};

	return preadv(fd, vec, 2, 0) < 0 ? PAGE : 512;
}

/* splitmix64: every key, also 0, gives a stream of its own. */
static inline u64 rnd(u64 *state)
{
	u64 z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static inline u64 hash64(u64 x)
{
	return rnd(&x);
}

/* The text that text-like pages are cut from; call once before fill_page(). */
#define TEXT_BYTES	16384u

static char text_pool[TEXT_BYTES + 64];

static UNUSED void fill_init(void)
{
	static const char *const word[] = {
		"the ", "of ", "and ", "in ", "to ", "a ", "is ", "memory ",
		"page ", "struct ", "return ", "if (", ") {\n", "}\n", "\t",
		"static ", "int ", "device", "_size", "->", " = ", ";\n", "0x",
		"http://", "www.", ".org/", "<div>", "</div>\n", "class=\"",
		"\">", "compress", "function",
	};
	u64 state = 1;
	size_t at = 0;

	while (at < sizeof(text_pool)) {
		u64 r = rnd(&state);
		const char *w = word[r % (sizeof(word) / sizeof(*word))];
		size_t len = strlen(w);

		if (len > sizeof(text_pool) - at)
			len = sizeof(text_pool) - at;
		memcpy(text_pool + at, w, len);
		at += len;
		/* Names and numbers, which no dictionary of words has. */
		if (r >> 60 == 0 && at < sizeof(text_pool))
			text_pool[at++] = 'a' + (r >> 32) % 26;
	}
}

/*
 * A page like those of real memory. Key 0 is a page of zeros; otherwise the
 * first word is the key, and of 100 keys 6 give a same-filled page, 35 text,
 * 30 pointers, 25 small integers, and 4 what no codec compresses.
 */
static UNUSED void fill_page(void *page, u64 key)
{
	u64 *word = page, state = key;
	unsigned int kind = hash64(~key) % 100;
	unsigned int i;

	if (!key || kind < 6) {
		for (i = 0; i < PAGE / 8; i++)
			word[i] = key;
	} else if (kind < 41) {
		for (i = 0; i < PAGE; i += 64)
			memcpy((char *)page + i,
			       text_pool + rnd(&state) % TEXT_BYTES, 64);
	} else if (kind < 71) {
		u64 base = 0xffff888000000000u | (key & 0xffff) << 20;

		for (i = 0; i < PAGE / 8; i += 2) {
			u64 r = rnd(&state);

			word[i] = base | (r & 0x3fff8);
			word[i + 1] = r >> 62 ? r >> 20 & 0xff : 0;
		}
	} else if (kind < 96) {
		for (i = 0; i < PAGE / 8; i += 4) {
			u64 r = rnd(&state);

			r &= r >> 3;
			word[i] = r & 0x7f0000001f;
			word[i + 1] = r >> 8 & 0x3f0000000f;
			word[i + 2] = r >> 16 & 0x3f0000000f;
			word[i + 3] = r >> 24 & 0x3f0000000f;
		}
	} else {
		for (i = 0; i < PAGE / 8; i++)
			word[i] = rnd(&state);
	}
	word[0] = key;
}

#endif

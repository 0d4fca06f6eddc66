/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of a kernel, in user space, as wklz and its tests need beyond what
 * tests/compat/ has: forced into each file before anything else.
 */
#ifndef STUB_FUZZ_KERNEL_H
#define STUB_FUZZ_KERNEL_H

#include <endian.h>
#include <errno.h>

#include "../compat/kernel.h"

typedef int64_t s64;

#define BITS_PER_LONG		(8 * __SIZEOF_LONG__)
#define BIT(nr)			(1UL << (nr))
#define U16_MAX			UINT16_MAX

/* Options are 0 or 1, and never undefined; the LZ4 library is the makefile's choice. */
#define IS_ENABLED(option)	(option)
#define CONFIG_64BIT		(BITS_PER_LONG == 64)
#if CONFIG_LZ4_DECOMPRESS
#include <lz4.h>
#endif

#define likely(cond)		__builtin_expect(!!(cond), 1)
#define unlikely(cond)		__builtin_expect(!!(cond), 0)
#undef __always_inline		/* the C library's is inline or not */
#define __always_inline		inline __attribute__((always_inline))
#define __aligned(bytes)	__attribute__((aligned(bytes)))
#define OPTIMIZER_HIDE_VAR(var)	__asm__("" : "=r" (var) : "0" (var))
#define PTR_ERR_OR_ZERO(ptr)	(IS_ERR(ptr) ? (int)PTR_ERR(ptr) : 0)
#define min(a, b)		((a) < (b) ? (a) : (b))
#define max(a, b)		((a) > (b) ? (a) : (b))

#define __ffs(word)		((u32)__builtin_ctzl(word))
#define __ffs64(word)		((u32)__builtin_ctzll(word))
#define hweight16(word)		((u32)__builtin_popcount((u16)(word)))
#define hweight32(word)		((u32)__builtin_popcount(word))

static inline u64 rol64(u64 word, unsigned int shift)
{
	return word << (shift & 63) | word >> (-shift & 63);
}

#ifdef STUB_RACE
/* The test's: what a read of the page gets wrong, as somebody writes to it. */
u64 stub_race(const void *from);
#else
static inline u64 stub_race(const void *from)
{
	return 0;
}
#endif

#define STUB_UNALIGNED(bits)							\
static inline u##bits get_unaligned_le##bits(const void *from)			\
{										\
	u##bits word;								\
										\
	memcpy(&word, from, sizeof(word));					\
	return le##bits##toh(word) ^ stub_race(from);				\
}										\
										\
static inline void put_unaligned_le##bits(u##bits word, void *to)		\
{										\
	word = htole##bits(word);						\
	memcpy(to, &word, sizeof(word));					\
}

STUB_UNALIGNED(16)
STUB_UNALIGNED(32)
STUB_UNALIGNED(64)

#endif

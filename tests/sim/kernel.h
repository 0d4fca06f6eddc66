/* SPDX-License-Identifier: GPL-2.0 */
/* As much of a kernel, in user space, as what decides needs: forced into each file. */
#ifndef SIM_KERNEL_H
#define SIM_KERNEL_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64;
typedef long long s64;

#define U32_MAX		UINT32_MAX
#define U64_MAX		(~0ull)

#define SZ_1M		0x00100000
#define SZ_1G		0x40000000
#define BIT_ULL(nr)	(1ull << (nr))

#define PAGE_SHIFT	12
#define PAGE_SIZE	4096UL

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

/* As the kernel's, of one type: what mixes two doesn't compile. */
#define min(a, b)								\
	({									\
		__auto_type __a = (a);						\
		__auto_type __b = (b);						\
		(void)(&__a == &__b);						\
		__a < __b ? __a : __b;						\
	})
#define max(a, b)								\
	({									\
		__auto_type __a = (a);						\
		__auto_type __b = (b);						\
		(void)(&__a == &__b);						\
		__a > __b ? __a : __b;						\
	})
#define min_t(type, a, b)	min((type)(a), (type)(b))
#define max_t(type, a, b)	max((type)(a), (type)(b))
#define min3(a, b, c)		min(min(a, b), c)
#define max3(a, b, c)		max(max(a, b), c)
#define clamp_t(type, value, low, high)	min_t(type, max_t(type, value, low), high)

static inline int fls64(u64 value)
{
	return value ? 64 - __builtin_clzll(value) : 0;
}

static inline u64 div_u64(u64 dividend, u32 divisor)
{
	return dividend / divisor;
}

static inline u64 div64_u64(u64 dividend, u64 divisor)
{
	return dividend / divisor;
}

static inline u64 div_u64_rem(u64 dividend, u32 divisor, u32 *remainder)
{
	*remainder = dividend % divisor;
	return dividend / divisor;
}

static inline u64 mul_u64_u32_shr(u64 a, u32 mul, unsigned int shift)
{
	/* What a kernel without 128 bits can do, and no more. */
	if (shift > 32)
		abort();
	return ((__uint128_t)a * mul) >> shift;
}

#endif

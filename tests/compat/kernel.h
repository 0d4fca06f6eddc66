/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of a kernel, in user space, as include/compat/ and the units under test
 * need: forced into each test before anything else.  It aborts on what would be
 * a fault of the caller: sleeping with preemption off, a lock taken twice.
 */
#ifndef STUB_KERNEL_H
#define STUB_KERNEL_H

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#define CHECK(cond)								\
	do {									\
		if (!(cond)) {							\
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #cond); \
			exit(1);						\
		}								\
	} while (0)

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef unsigned int gfp_t;
typedef u64 sector_t;

#ifndef PAGE_SHIFT
#define PAGE_SHIFT	12
#endif
#define PAGE_SIZE	(1UL << PAGE_SHIFT)
#define SECTOR_SHIFT	9
#define SMP_CACHE_BYTES	64
#define NUMA_NO_NODE	(-1)

#define GFP_NOIO	1u
#define GFP_KERNEL	3u
#define __GFP_NOWARN	4u
#define __GFP_HIGHMEM	8u
#define __GFP_MOVABLE	16u

#define __force
#define __maybe_unused	__attribute__((unused))
#define __printf(fmt, args)	__attribute__((format(printf, fmt, args)))
#define BUILD_BUG_ON(cond)	_Static_assert(!(cond), #cond)
#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define min_t(type, a, b)	((type)(a) < (type)(b) ? (type)(a) : (type)(b))
#define container_of(ptr, type, member) \
	((type *)((char *)(ptr) - offsetof(type, member)))
#define prefetch(addr)		__builtin_prefetch(addr)
#define WARN_ON_ONCE(cond)	({ bool __bad = cond; CHECK(!__bad && #cond); __bad; })

#define MAX_ERRNO		4095
#define IS_ERR_VALUE(x)		((unsigned long)(x) >= (unsigned long)-MAX_ERRNO)
#define IS_ERR(ptr)		IS_ERR_VALUE(ptr)
#define ERR_PTR(err)		((void *)(long)(err))
#define PTR_ERR(ptr)		((long)(ptr))

static __maybe_unused int stub_preempt_off;

static inline void might_sleep(void)
{
	CHECK(!stub_preempt_off);
}

/* The allocation after next, and so on, fails: counted down; -1 for none. */
static __maybe_unused int stub_fail_alloc = -1;
static __maybe_unused int stub_allocs;

static inline void *kmalloc(size_t size, gfp_t gfp)
{
	void *mem;

	if (gfp & 2)
		might_sleep();
	stub_allocs++;
	if (!stub_fail_alloc--)
		return NULL;
	mem = malloc(size);
	memset(mem, 0xa5, size);
	return mem;
}

static inline void *kzalloc(size_t size, gfp_t gfp)
{
	void *mem = kmalloc(size, gfp);

	return mem ? memset(mem, 0, size) : NULL;
}

#define kvzalloc	kzalloc
#define kfree(mem)	free((void *)(mem))
#define kvfree		kfree

struct mutex {
	int held;
};

static inline void mutex_init(struct mutex *lock)
{
	lock->held = 0;
}

static inline void mutex_lock(struct mutex *lock)
{
	might_sleep();
	CHECK(!lock->held);
	lock->held = 1;
}

static inline void mutex_unlock(struct mutex *lock)
{
	CHECK(lock->held);
	lock->held = 0;
}

typedef struct {
	long counter;
} atomic_long_t;

#define atomic_long_read(v)	((v)->counter)

/* The test's: a shrinker can be called from now on, or no more after this. */
struct shrinker;
void stub_shrinker_seen(struct shrinker *shrinker);
void stub_shrinker_gone(struct shrinker *shrinker);

#endif

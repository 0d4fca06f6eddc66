/* SPDX-License-Identifier: GPL-2.0 */
/* Clocks that are good enough for single bios and pages. */
#ifndef ZRAM2_BENCH_CLOCK_H
#define ZRAM2_BENCH_CLOCK_H

#include <linux/ktime.h>
#include <linux/time64.h>

#if defined(CONFIG_UML) && defined(CONFIG_X86_64)
/*
 * User-mode Linux has a clock of 256 ns and counts CPU time in ticks.  The
 * processor's counter is there, and it can ask its host what CPU time the host
 * gave it: that leaves out the time when the host did something else.
 */
static inline u64 bench_ticks(void)
{
	u32 low, high;

	asm volatile("lfence; rdtsc" : "=a"(low), "=d"(high) :: "memory");
	return (u64)high << 32 | low;
}

static inline u64 bench_cputime(void)
{
	struct timespec64 ts = {};
	long ret = 228;	/* clock_gettime() */

	/* 2: all threads of the calling process, one for each CPU here. */
	asm volatile("syscall" : "+a"(ret) : "D"(2), "S"(&ts) : "rcx", "r11", "memory");
	return timespec64_to_ns(&ts);
}
#else
static inline u64 bench_ticks(void)
{
	return ktime_get_ns();
}

/* Unknown: the load's threads are asked for theirs. */
static inline u64 bench_cputime(void)
{
	return 0;
}
#endif

#endif

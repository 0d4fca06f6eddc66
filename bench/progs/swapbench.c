// SPDX-License-Identifier: GPL-2.0
/*
 * Swaps its own memory out and in, as mm does it, and times that:
 *
 * swapbench pages MIB [FILE]	page by page out (MADV_PAGEOUT), page by page in,
 *				all out at once, then unmap
 * swapbench pressure MIB	writes that much memory, more than there is
 *
 * Prints "name value" lines. Values are nanoseconds, per page unless the name
 * ends in _all; those of _cpu are CPU time, by what FILE counts if it isn't 0.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#include "../pages.h"

#ifndef MADV_PAGEOUT
#define MADV_PAGEOUT 21
#endif

#define POOL	2048

static const char *cpu_file;
static u32 *latency;
static u8 pool[POOL * BENCH_PAGE];
static size_t pages;
static u8 *memory;

static u64 now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static u64 cpu_now(void)
{
	FILE *f = cpu_file ? fopen(cpu_file, "r") : NULL;
	unsigned long long ns = 0;
	struct timespec t;

	if (f) {
		if (fscanf(f, "%llu", &ns) != 1)
			ns = 0;
		fclose(f);
	}
	if (ns)
		return ns;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	u32 x = *(const u32 *)a, y = *(const u32 *)b;

	return x < y ? -1 : x > y;
}

static void report(const char *what, u64 total, u64 cpu)
{
	qsort(latency, pages, sizeof(*latency), compare);
	printf("%s_wall %llu\n", what, (unsigned long long)(total / pages));
	printf("%s_cpu %llu\n", what, (unsigned long long)(cpu / pages));
	printf("%s_p50 %u\n%s_p99 %u\n%s_p99.9 %u\n", what, latency[pages / 2], what,
	       latency[pages * 99 / 100], what, latency[pages * 999 / 1000]);
}

static size_t swapped_kib(void)
{
	char line[128];
	size_t kib = 0;
	FILE *f = fopen("/proc/self/status", "r");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "VmSwap: %zu", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib;
}

static void must_be_out(const char *when)
{
	size_t kib = swapped_kib();

	if (kib < pages * 4 / 100 * 97) {
		fprintf(stderr, "%s: only %zu of %zu KiB are swapped out\n", when, kib, pages * 4);
		exit(1);
	}
}

static void one_by_one(const char *what, int out)
{
	u64 cpu = cpu_now(), start = now(), before = start, after;
	size_t i;

	for (i = 0; i < pages; i++) {
		if (out) {
			if (madvise(memory + i * BENCH_PAGE, BENCH_PAGE, MADV_PAGEOUT)) {
				perror("MADV_PAGEOUT");
				exit(1);
			}
		} else {
			(void)*(volatile u8 *)(memory + i * BENCH_PAGE);
		}
		after = now();
		latency[i] = after - before;
		before = after;
	}
	report(what, before - start, cpu_now() - cpu);
}

static u8 *contents(size_t i)
{
	return pool + bench_mix(i) % POOL * BENCH_PAGE;
}

/* Making pages takes longer than swapping them: draw from some made before. */
static void make_pool(void)
{
	size_t i;

	for (i = 0; i < POOL; i++)
		bench_page(pool + i * BENCH_PAGE, BENCH_SEED, i);
}

static void fill(void)
{
	size_t i;

	for (i = 0; i < pages; i++)
		memcpy(memory + i * BENCH_PAGE, contents(i), BENCH_PAGE);
}

static void verify(void)
{
	size_t i;

	for (i = 0; i < pages; i++) {
		if (!memcmp(memory + i * BENCH_PAGE, contents(i), BENCH_PAGE))
			continue;
		fprintf(stderr, "page %zu came back with other contents\n", i);
		exit(1);
	}
}

static void by_pages(void)
{
	u64 start, cpu;

	fill();
	one_by_one("swapout", 1);
	must_be_out("after the first time");
	one_by_one("swapin", 0);
	verify();
	/* What was only read is still on the disk: make it dirty again. */
	fill();
	cpu = cpu_now();
	if (madvise(memory, pages * BENCH_PAGE, MADV_PAGEOUT))
		perror("MADV_PAGEOUT");
	printf("swapout-range_cpu %llu\n", (unsigned long long)((cpu_now() - cpu) / pages));
	must_be_out("after the second time");
	start = now();
	munmap(memory, pages * BENCH_PAGE);
	printf("unmap_all %llu\n", (unsigned long long)(now() - start));
}

static void by_pressure(void)
{
	u64 start = now(), before = start, after, longest = 0;
	size_t i;

	for (i = 0; i < pages; i++) {
		memcpy(memory + i * BENCH_PAGE, contents(i), BENCH_PAGE);
		after = now();
		if (after - before > longest)
			longest = after - before;
		before = after;
	}
	printf("fill_all %llu\n", (unsigned long long)(before - start));
	printf("longest-stall_all %llu\n", (unsigned long long)longest);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;
	cpu_file = argv[3];
	pages = strtoul(argv[2], NULL, 0) << 20 >> 12;
	memory = mmap(NULL, pages * BENCH_PAGE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	latency = calloc(pages, sizeof(*latency));
	if (memory == MAP_FAILED || !latency) {
		perror("memory");
		return 1;
	}
	madvise(memory, pages * BENCH_PAGE, MADV_NOHUGEPAGE);
	make_pool();
	if (argv[1][0] == 'p' && argv[1][1] == 'a')
		by_pages();
	else
		by_pressure();
	return 0;
}

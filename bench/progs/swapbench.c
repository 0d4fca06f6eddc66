// SPDX-License-Identifier: GPL-2.0
/*
 * Swaps its own memory out and in, as mm does it, and times that:
 *
 * swapbench pages MIB [FILE]	page by page out (MADV_PAGEOUT), page by page in
 *				by writing to each, as a program that goes on
 *				with its work; out again; in by reading only;
 *				all out at once, then unmap
 * swapbench unmap MIB PROCESSES [FILE]	each with so much memory swapped out
 *				unmaps it, all at the same time
 * swapbench pressure MIB	writes that much memory, more than there is
 *
 * Prints "name value" lines. Values are nanoseconds, per page unless the name
 * ends in _all; those of _cpu are CPU time, by what FILE counts if it isn't 0.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

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

/* What FILE counts: the time of all; 0 if it doesn't. */
static u64 cpu_of_all(void)
{
	FILE *f = cpu_file ? fopen(cpu_file, "r") : NULL;
	unsigned long long ns = 0;

	if (f) {
		if (fscanf(f, "%llu", &ns) != 1)
			ns = 0;
		fclose(f);
	}
	return ns;
}

static u64 cpu_now(void)
{
	u64 ns = cpu_of_all();
	struct timespec t;

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

static u8 *contents(size_t i)
{
	return pool + bench_mix(i) % POOL * BENCH_PAGE;
}

enum touch { PAGE_OUT, PAGE_WRITE, PAGE_READ };

static void one_by_one(const char *what, enum touch touch)
{
	u64 cpu = cpu_now(), start = now(), before = start, after;
	size_t i;

	for (i = 0; i < pages; i++) {
		volatile u8 *page = memory + i * BENCH_PAGE;

		switch (touch) {
		case PAGE_OUT:
			if (madvise((void *)page, BENCH_PAGE, MADV_PAGEOUT)) {
				perror("MADV_PAGEOUT");
				exit(1);
			}
			break;
		case PAGE_WRITE:
			/* What is there already, so that it can be verified. */
			*page = *contents(i);
			break;
		case PAGE_READ:
			(void)*page;
			break;
		}
		after = now();
		latency[i] = after - before;
		before = after;
	}
	report(what, before - start, cpu_now() - cpu);
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
	one_by_one("swapout-first", PAGE_OUT);
	must_be_out("after the first time");
	one_by_one("swapin", PAGE_WRITE);
	one_by_one("swapout", PAGE_OUT);
	must_be_out("after the second time");
	one_by_one("swapin-read", PAGE_READ);
	/* What was out twice; to look in between would be a pause that no one makes. */
	verify();
	/* What was only read may still be on the disk: make it dirty again. */
	fill();
	cpu = cpu_now();
	if (madvise(memory, pages * BENCH_PAGE, MADV_PAGEOUT))
		perror("MADV_PAGEOUT");
	printf("swapout-range_cpu %llu\n", (unsigned long long)((cpu_now() - cpu) / pages));
	must_be_out("after the third time");
	start = now();
	munmap(memory, pages * BENCH_PAGE);
	printf("unmap_all %llu\n", (unsigned long long)(now() - start));
}

/* One of several: says when it is ready, unmaps when told, says what it cost. */
static void unmap_when_told(int ready, int told)
{
	struct timespec before, after;
	u64 ns;
	char c = 0;

	fill();
	if (madvise(memory, pages * BENCH_PAGE, MADV_PAGEOUT))
		perror("MADV_PAGEOUT");
	must_be_out("before unmapping");
	if (write(ready, &c, 1) != 1 || read(told, &c, 1) != 1)
		exit(1);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
	munmap(memory, pages * BENCH_PAGE);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
	ns = (after.tv_sec - before.tv_sec) * 1000000000ull + after.tv_nsec - before.tv_nsec;
	if (write(ready, &ns, sizeof(ns)) != sizeof(ns))
		exit(1);
	exit(0);
}

static void by_processes(int nr)
{
	int ready[2], told[2], i, status, failed = 0;
	u64 ns, all, sum = 0;
	char c = 0;

	if (pipe(ready) || pipe(told))
		exit(1);
	for (i = 0; i < nr; i++)
		if (!fork())
			unmap_when_told(ready[1], told[0]);
	for (i = 0; i < nr; i++)
		if (read(ready[0], &c, 1) != 1)
			exit(1);
	all = cpu_of_all();
	for (i = 0; i < nr; i++)
		if (write(told[1], &c, 1) != 1)
			exit(1);
	for (i = 0; i < nr; i++) {
		wait(&status);
		failed |= status;
	}
	if (failed)
		exit(1);
	for (i = 0; i < nr; i++) {
		if (read(ready[0], &ns, sizeof(ns)) != sizeof(ns))
			exit(1);
		sum += ns;
	}
	/* Where a process's own time is counted in ticks only. */
	if (all)
		sum = cpu_of_all() - all;
	printf("unmap-by-%d_cpu %llu\n", nr, (unsigned long long)(sum / nr / pages));
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
	cpu_file = !strcmp(argv[1], "unmap") && argc > 3 ? argv[4] : argv[3];
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
	if (!strcmp(argv[1], "pages"))
		by_pages();
	else if (!strcmp(argv[1], "unmap"))
		by_processes(argc > 3 ? atoi(argv[3]) : 1);
	else
		by_pressure();
	return 0;
}

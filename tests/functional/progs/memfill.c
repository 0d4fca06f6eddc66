// SPDX-License-Identifier: GPL-2.0
/*
 * memfill [-s SEED] [-l SECONDS] [-r FILE] [-pw] MIB [THREADS]
 *
 * Fills MIB of anonymous memory with pages like those of real memory, then
 * reads and checks every page, in random order. With less RAM than that it
 * goes through swap twice. Exits 1 when a page came back different.
 *
 *   -l  for so many seconds more keep reading pages, in random order, and writing
 *       every fourth anew; then read and check all of them once more
 *   -r  write to FILE how many MiB the first thread has filled, as it goes: for
 *       one that is going to be killed
 *   -p  when filled, have the kernel swap it all out
 *   -w  when filled, print "filled" and wait for SIGUSR1 before checking, so
 *       that a test can do something to the swapped-out pages in between
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common.h"

struct part {
	pthread_t thread;
	char *memory;
	u64 first, pages, seed, bad;
	unsigned char *generation;	/* of each page: how often it was written anew */
};

static double linger;
static int progress = -1;
static pthread_barrier_t filled;

static u64 key_of(const struct part *part, u64 page)
{
	u64 key = hash64(part->seed * 0x10001 + part->first + page +
			 ((u64)part->generation[page] << 48));

	/* Memory has many pages of zeros. */
	return key % 100 < 8 ? 0 : key;
}

static void write_page(struct part *part, u64 page)
{
	fill_page(part->memory + page * PAGE, key_of(part, page));
}

static void check(struct part *part, u64 page)
{
	char expected[PAGE];
	const char *got = part->memory + page * PAGE;

	fill_page(expected, key_of(part, page));
	if (!memcmp(got, expected, PAGE))
		return;
	if (part->bad++ < 4) {
		unsigned int at = 0;

		while (got[at] == expected[at])
			at++;
		fprintf(stderr, "page %llu differs from byte %u on\n",
			part->first + page, at);
	}
}

static void *run(void *arg)
{
	struct part *part = arg;
	u64 state = part->seed, mask = 1, page, i;
	u64 start, step;
	double end;

	for (page = 0; page < part->pages; page++) {
		write_page(part, page);
		if (progress >= 0 && !part->first && page % 256 == 255) {
			char text[24];
			int len = snprintf(text, sizeof(text), "%llu\n", (page + 1) / 256);

			if (pwrite(progress, text, len, 0) != len)
				die("progress: %s", strerror(errno));
		}
	}
	pthread_barrier_wait(&filled);
	pthread_barrier_wait(&filled);

	/*
	 * Every page once in an order without a pattern that readahead could
	 * use: a full-period generator modulo the next power of two.
	 */
	while (mask < part->pages)
		mask <<= 1;
	mask--;
	page = rnd(&state) & mask;
	step = rnd(&state) | 1;
	for (i = 0; i <= mask; i++) {
		page = (page * 5 + step) & mask;
		if (page < part->pages)
			check(part, page);
	}

	start = rnd(&state);
	for (end = seconds() + linger; linger && seconds() < end; start++) {
		page = hash64(start) % part->pages;
		check(part, page);
		if (hash64(~start) % 4)
			continue;
		part->generation[page]++;
		write_page(part, page);
	}
	for (page = 0; linger && page < part->pages; page++)
		check(part, page);
	return NULL;
}

int main(int argc, char **argv)
{
	u64 seed = 1, mib, pages, bad = 0;
	unsigned int threads, i;
	struct part *part;
	double start = seconds();
	int wait = 0, pageout = 0, sig, opt;
	sigset_t usr1;
	char *memory;

	while ((opt = getopt(argc, argv, "s:l:r:pw")) != -1) {
		switch (opt) {
		case 's':
			seed = strtoull(optarg, NULL, 0);
			break;
		case 'l':
			linger = atof(optarg);
			break;
		case 'r':
			progress = open(optarg, O_WRONLY | O_CREAT | O_TRUNC, 0600);
			if (progress < 0)
				die("%s: %s", optarg, strerror(errno));
			break;
		case 'p':
			pageout = 1;
			break;
		case 'w':
			wait = 1;
			break;
		default:
			return 2;
		}
	}
	if (optind == argc)
		die("usage: memfill [-s SEED] [-l SECONDS] [-r FILE] [-pw] MIB [THREADS]");
	mib = strtoull(argv[optind], NULL, 0);
	threads = optind + 1 < argc ? atoi(argv[optind + 1]) : 1;
	pages = (mib << 20) / PAGE;
	if (!threads || pages < threads)
		die("nothing to fill");

	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);

	fill_init();
	memory = mmap(NULL, pages * PAGE, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	part = calloc(threads, sizeof(*part));
	if (memory == MAP_FAILED || !part)
		die("out of memory");
	/* Huge pages would make the unit of swapping differ by kernel. */
	madvise(memory, pages * PAGE, MADV_NOHUGEPAGE);

	pthread_barrier_init(&filled, NULL, threads + 1);
	for (i = 0; i < threads; i++) {
		part[i].first = pages * i / threads;
		part[i].pages = pages * (i + 1) / threads - part[i].first;
		part[i].memory = memory + part[i].first * PAGE;
		part[i].seed = seed;
		part[i].generation = calloc(part[i].pages, 1);
		if (!part[i].generation)
			die("out of memory");
		if (pthread_create(&part[i].thread, NULL, run, &part[i]))
			die("no thread");
	}
	pthread_barrier_wait(&filled);
	if (pageout && madvise(memory, pages * PAGE, MADV_PAGEOUT))
		die("MADV_PAGEOUT: %s", strerror(errno));
	if (wait) {
		puts("filled");
		fflush(stdout);
		sigwait(&usr1, &sig);
	}
	pthread_barrier_wait(&filled);
	for (i = 0; i < threads; i++) {
		pthread_join(part[i].thread, NULL);
		bad += part[i].bad;
	}
	printf("memfill: %llu MiB written and verified in %.1f s, %llu bad pages\n",
	       mib, seconds() - start, bad);
	return bad != 0;
}

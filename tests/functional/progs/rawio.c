// SPDX-License-Identifier: GPL-2.0
/*
 * rawio -d DEVICE [-t THREADS] [-n OPS] [-s SEED] [-S MIB] [-m METHODS] [-aR]
 *
 * Random overlapping reads, writes and discards of 4 KiB to 1 MiB from several
 * threads, each block checked against what was last written there.
 *
 * A block's contents follow from a key of its number and generation; 0 is a
 * block never written or discarded. A request locks the ranges it touches, so
 * that what a read must return is known exactly. With -R nothing is locked:
 * requests race, and each block read must be one version of that block as it
 * was once written, whole.
 *
 *   -t  threads (4)             -S  size to use, in MiB (the whole device)
 *   -s  seed (1)                -n  requests a thread (0: until SIGTERM)
 *   -m  methods: d O_DIRECT, v O_DIRECT with several buffers, b buffered,
 *       x discard, z write zeroes (dddvvvxz)
 *   -a  buffers aligned to pages; otherwise to 512 bytes and mostly no more
 *   -R  race
 *
 * Exits 1 when a block differed or a request failed.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common.h"

#define MAX_BLOCKS	256u	/* of one request: 1 MiB */
#define RANGE		16u	/* blocks a lock covers */
#define PIECES		6u	/* of a vectored request */
#define SHOWN		8u	/* differences described */

struct worker {
	pthread_t thread;
	u64 state;		/* of its random numbers */
	char *linear;		/* a request's data in order */
	char *memory;		/* what the kernel gets, at odd places */
	u64 requests, written, read, dropped;
};

static const char *device, *methods = "dddvvvxz";
static int direct_fd, buffered_fd;
static u64 seed = 1, blocks;
static unsigned int ops = 1000, split;
static int aligned, racing;

static pthread_rwlock_t *range_lock;
static uint32_t *generation;	/* under the range's lock, or atomic if racing */
static uint32_t *issued;	/* the last generation given out, atomic */
static u64 bad;

/* The key is reversible: a block read says which block and generation it is. */
static u64 key_of(u64 block, uint32_t gen)
{
	return gen ? ((u64)gen << 32 | block) ^ hash64(seed) : 0;
}

static void differs(const char *how, u64 block, uint32_t gen,
		    const char *got)
{
	char expected[PAGE];
	u64 word;
	unsigned int at = 0;

	if (__atomic_fetch_add(&bad, 1, __ATOMIC_RELAXED) >= SHOWN)
		return;
	fill_page(expected, key_of(block, gen));
	while (at < PAGE - 1 && got[at] == expected[at])
		at++;
	memcpy(&word, got, sizeof(word));
	if (word)
		word ^= hash64(seed);
	printf("# block %llu generation %u differs from byte %u on, after %s: looks like block %llu generation %llu\n",
	       block, gen, at, how, word & 0xffffffff, word >> 32);
}

static void check_block(const char *how, u64 block, const char *got)
{
	char expected[PAGE];
	uint32_t gen = generation[block];

	if (racing) {
		u64 word;

		memcpy(&word, got, sizeof(word));
		if (word)
			word ^= hash64(seed);
		gen = word >> 32;
		if (word && (uint32_t)word != block)
			return differs(how, block, 0, got);
		if (gen > __atomic_load_n(&issued[block], __ATOMIC_ACQUIRE))
			return differs(how, block, 0, got);
	}
	fill_page(expected, key_of(block, gen));
	if (memcmp(got, expected, PAGE))
		differs(how, block, gen, got);
}

static void lock(u64 first, unsigned int count, int exclusive)
{
	u64 i;

	if (racing)
		return;
	for (i = first / RANGE; i <= (first + count - 1) / RANGE; i++) {
		if (exclusive)
			pthread_rwlock_wrlock(&range_lock[i]);
		else
			pthread_rwlock_rdlock(&range_lock[i]);
	}
}

static void unlock(u64 first, unsigned int count)
{
	u64 i;

	if (racing)
		return;
	for (i = first / RANGE; i <= (first + count - 1) / RANGE; i++)
		pthread_rwlock_unlock(&range_lock[i]);
}

/* Lays a request's buffers out in the worker's memory; returns their number. */
static unsigned int place(struct worker *w, struct iovec *vec, size_t len,
			  int vectored)
{
	size_t unit = aligned ? PAGE : split, left = len;
	unsigned int n = 0, pieces = vectored ? 2 + rnd(&w->state) % (PIECES - 1) : 1;
	char *at = w->memory;

	while (left) {
		size_t part = left;

		if (++n < pieces)
			part = unit + rnd(&w->state) % len / unit * unit;
		if (part > left)
			part = left;
		if (!aligned)
			at += rnd(&w->state) % 8 * 512;
		vec->iov_base = at;
		vec->iov_len = part;
		vec++;
		at += part + PAGE;
		if (aligned)
			at = (char *)(((uintptr_t)at + PAGE - 1) & ~(uintptr_t)(PAGE - 1));
		left -= part;
	}
	return n;
}

static void copy(struct iovec *vec, unsigned int n, char *linear, int out)
{
	for (; n--; vec++) {
		if (out)
			memcpy(vec->iov_base, linear, vec->iov_len);
		else
			memcpy(linear, vec->iov_base, vec->iov_len);
		linear += vec->iov_len;
	}
}

static void failed(const char *how, u64 first, unsigned int count)
{
	if (__atomic_fetch_add(&bad, 1, __ATOMIC_RELAXED) < SHOWN)
		printf("# %s of %u blocks at %llu: %s\n", how, count, first,
		       errno_name(errno));
}

static void do_drop(struct worker *w, char method, u64 first,
		    unsigned int count)
{
	u64 range[2] = { first * PAGE, (u64)count * PAGE };

	lock(first, count, 1);
	if (ioctl(direct_fd, method == 'x' ? BLKDISCARD : BLKZEROOUT, range))
		failed("discard or zeroout", first, count);
	if (!racing)
		memset(&generation[first], 0, count * sizeof(*generation));
	unlock(first, count);
	w->dropped += count;
}

static void do_write(struct worker *w, char method, u64 first,
		     unsigned int count)
{
	size_t len = (size_t)count * PAGE;
	int fd = method == 'b' ? buffered_fd : direct_fd;
	struct iovec vec[PIECES];
	unsigned int i, n;

	lock(first, count, 1);
	for (i = 0; i < count; i++) {
		uint32_t gen = __atomic_add_fetch(&issued[first + i], 1,
						  __ATOMIC_ACQ_REL);

		if (!racing)
			generation[first + i] = gen;
		fill_page(w->linear + i * PAGE, key_of(first + i, gen));
	}
	n = place(w, vec, len, method == 'v');
	copy(vec, n, w->linear, 1);
	if (pwritev(fd, vec, n, first * PAGE) != (ssize_t)len)
		failed("write", first, count);
	unlock(first, count);
	w->written += count;
}

static void do_read(struct worker *w, char method, u64 first,
		    unsigned int count)
{
	size_t len = (size_t)count * PAGE;
	int fd = method == 'b' ? buffered_fd : direct_fd;
	struct iovec vec[PIECES];
	unsigned int i, n;
	char how[64];

	n = place(w, vec, len, method == 'v');
	snprintf(how, sizeof(how), "read of %u blocks, %u buffers, memory + %u",
		 count, n, (unsigned int)((uintptr_t)vec[0].iov_base % PAGE));
	lock(first, count, 0);
	if (preadv(fd, vec, n, first * PAGE) != (ssize_t)len) {
		failed("read", first, count);
	} else {
		copy(vec, n, w->linear, 0);
		for (i = 0; i < count; i++)
			check_block(how, first + i, w->linear + i * PAGE);
	}
	unlock(first, count);
	w->read += count;
}

/* Half of the requests are small; the largest are MAX_BLOCKS. */
static unsigned int pick_count(struct worker *w)
{
	static const unsigned int most[] = { 1, 4, 4, 16, 64, MAX_BLOCKS };
	unsigned int count = 1 + rnd(&w->state) % most[rnd(&w->state) % 6];

	return count < blocks ? count : blocks;
}

static void *run(void *arg)
{
	struct worker *w = arg;

	for (; !stopped && (!ops || w->requests < ops); w->requests++) {
		unsigned int count = pick_count(w);
		u64 first = rnd(&w->state) % (blocks - count + 1);
		char method = methods[rnd(&w->state) % strlen(methods)];

		if (method == 'x' || method == 'z')
			do_drop(w, method, first, count);
		else if (rnd(&w->state) & 1)
			do_write(w, method, first, count);
		else
			do_read(w, method, first, count);
	}
	return NULL;
}

static void verify(struct worker *w)
{
	u64 first;

	if (fsync(buffered_fd))
		die("fsync: %s", strerror(errno));
	for (first = 0; first < blocks; first += MAX_BLOCKS)
		do_read(w, 'd', first, blocks - first < MAX_BLOCKS ?
			blocks - first : MAX_BLOCKS);
}

static void *pages(size_t size)
{
	void *p = NULL;

	if (posix_memalign(&p, PAGE, size))
		die("out of memory");
	memset(p, 0, size);
	return p;
}

static void open_device(u64 mib)
{
	u64 size, range[2] = { 0 }, i;

	direct_fd = open(device, O_RDWR | O_DIRECT);
	buffered_fd = open(device, O_RDWR);
	if (direct_fd < 0 || buffered_fd < 0 ||
	    ioctl(direct_fd, BLKGETSIZE64, &size))
		die("%s: %s", device, strerror(errno));
	if (mib && mib << 20 < size)
		size = mib << 20;
	blocks = size / PAGE;
	if (!blocks || blocks >> 32)
		die("%s: of no use with %llu blocks", device, blocks);
	generation = calloc(blocks, sizeof(*generation));
	issued = calloc(blocks, sizeof(*issued));
	range_lock = calloc(blocks / RANGE + 1, sizeof(*range_lock));
	if (!generation || !issued || !range_lock)
		die("out of memory");
	for (i = 0; i <= blocks / RANGE; i++)
		pthread_rwlock_init(&range_lock[i], NULL);
	range[1] = blocks * PAGE;
	if (ioctl(direct_fd, BLKDISCARD, range))
		die("%s: discard: %s", device, strerror(errno));
}

int main(int argc, char **argv)
{
	u64 mib = 0, written = 0, read = 0, dropped = 0, requests = 0;
	unsigned int threads = 4, i;
	struct worker *w;
	int opt;

	while ((opt = getopt(argc, argv, "d:t:n:s:S:m:aR")) != -1) {
		switch (opt) {
		case 'd':
			device = optarg;
			break;
		case 't':
			threads = atoi(optarg);
			break;
		case 'n':
			ops = atoi(optarg);
			break;
		case 's':
			seed = strtoull(optarg, NULL, 0);
			break;
		case 'S':
			mib = strtoull(optarg, NULL, 0);
			break;
		case 'm':
			methods = optarg;
			break;
		case 'a':
			aligned = 1;
			break;
		case 'R':
			racing = 1;
			break;
		default:
			return 2;
		}
	}
	if (!device || !threads || !*methods || optind < argc ||
	    strspn(methods, "dvbxz") < strlen(methods))
		die("usage: rawio -d DEVICE [-t THREADS] [-n OPS] [-s SEED] [-S MIB] [-m METHODS] [-aR]");

	fill_init();
	open_device(mib);
	stop_on(SIGTERM);
	w = calloc(threads, sizeof(*w));
	if (!w)
		die("out of memory");
	for (i = 0; i < threads; i++) {
		w[i].state = hash64(seed) + i;
		w[i].linear = pages(MAX_BLOCKS * PAGE);
		w[i].memory = pages((MAX_BLOCKS + 4 * PIECES) * PAGE);
	}
	split = smallest_piece(direct_fd, w[0].memory);
	for (i = 0; i < threads; i++)
		if (pthread_create(&w[i].thread, NULL, run, &w[i]))
			die("no thread");
	for (i = 0; i < threads; i++)
		pthread_join(w[i].thread, NULL);
	verify(&w[0]);
	for (i = 0; i < threads; i++) {
		requests += w[i].requests;
		written += w[i].written;
		read += w[i].read;
		dropped += w[i].dropped;
	}
	printf("rawio: %llu requests, %llu MiB written, %llu read, %llu dropped, buffers of %u bytes and more, %llu bad, seed %llu\n",
	       requests, written >> 8, read >> 8, dropped >> 8,
	       aligned ? PAGE : split, bad, seed);
	return bad != 0;
}

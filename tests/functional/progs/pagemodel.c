// SPDX-License-Identifier: GPL-2.0
/*
 * pagemodel -d DEVICE [-t THREADS] [-n OPS] [-s SEED] [-S MIB] [-p USEC] [-e FILE]...
 *
 * Reads, writes and discards of 1 to 32 pages from several threads, on purpose
 * at the same places, on a device that may fail, each page checked against all
 * that it may hold.
 *
 * A page's contents follow from a key of its number and generation, so that all
 * of it serves as the checksum of what it says it is. For each page there is a
 * list of what it may hold: what is being written, what a failed write may have
 * left, and the last write or discard that was acknowledged. An
 * acknowledgement strikes off what had ended before that request began. A read
 * may return what was on the list when it began, or came to it meanwhile. If
 * nothing was written meanwhile, what it returned is what the page holds, and
 * all else is struck off.
 *
 * A request may fail only when a FILE says so. It holds a letter, a number and
 * another letter: 'w' writes may fail, 'r' reads may, '-' nothing may. The number
 * changes with the letter, and so gives a change and back away; the second letter
 * is what the first has been last, or is, besides '-'. A discard may never fail.
 *
 *   -t  threads (2)             -S  size to use, in MiB (the whole device)
 *   -s  seed (1)                -n  requests a thread (0: until SIGTERM)
 *   -p  pause after a request, in microseconds, on average (0)
 *
 * At the end every page is read once more, and then none may fail. Exits 1 when
 * a page held what it couldn't, or a request failed that had no reason to.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/fs.h>
#include <pthread.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common.h"

#define MAX_PAGES	32u	/* of one request */
#define MAX_THREADS	8u
#define MAX_STATES	32u	/* a page's list */
#define MAX_FILES	4u
#define SHOWN		8u	/* faults described */
#define RANGE		64u	/* pages a mutex covers */
#define ZEROES		0x80000000u	/* in a generation: a discard's */

/* One of the contents that a page may have. */
struct state {
	uint32_t gen;
	u64 ended;		/* when the request had; 0 while it goes on */
};

struct page {
	uint32_t issued;	/* last generation given out */
	uint32_t discards;	/* begun */
	unsigned int nr, pending;
	struct state state[MAX_STATES];
};

/* What is remembered of a page while it is read. */
struct snapshot {
	uint32_t issued, discards;
	unsigned int nr, pending;
	uint32_t gen[MAX_STATES];
};

/* What an -e file says: nothing is expected to fail, or something. */
struct excuse {
	char letter, last;
	u64 number;
};

struct worker {
	pthread_t thread;
	u64 state;		/* of its random numbers */
	char *memory;
	uint32_t gen[MAX_PAGES];
	u64 begun[MAX_PAGES];
	struct snapshot before[MAX_PAGES];
	struct excuse excuse[MAX_FILES];
	u64 requests, read, written, dropped, failed, excused;
};

static const char *device;
static int fd;
static const char *excuse_file[MAX_FILES];
static unsigned int excuses, ops, pause_us, split;
static u64 seed = 1, pages, now, bad;
static struct page *page;
static pthread_mutex_t *mutex;

static u64 key_of(u64 nr, uint32_t gen)
{
	return ((u64)gen << 32 | nr) ^ hash64(seed);
}

static u64 tick(void)
{
	return __atomic_add_fetch(&now, 1, __ATOMIC_SEQ_CST);
}

static struct page *get(u64 nr)
{
	pthread_mutex_lock(&mutex[nr / RANGE]);
	return &page[nr];
}

static void put(u64 nr)
{
	pthread_mutex_unlock(&mutex[nr / RANGE]);
}

/* --- What may fail --- */

/* It is replaced whole, by a rename. */
static struct excuse read_excuse(unsigned int i)
{
	struct excuse e = { '-', '-', 0 };
	int at = open(excuse_file[i], O_RDONLY);
	char text[32] = "";

	if (at < 0 || read(at, text, sizeof(text) - 1) < 0 ||
	    sscanf(text, "%c %llu %c", &e.letter, &e.number, &e.last) != 3)
		die("%s: '%s'", excuse_file[i], text);
	close(at);
	return e;
}

static void note_excuses(struct worker *w)
{
	unsigned int i;

	for (i = 0; i < excuses; i++)
		w->excuse[i] = read_excuse(i);
}

/* Did the file say so when the request began, or at some time since? */
static int covered(struct excuse begun, struct excuse now, char what)
{
	return begun.letter == what || (now.number != begun.number && now.last == what);
}

static void failed(struct worker *w, const char *name, char what, u64 first,
		   unsigned int count, int err)
{
	unsigned int i;

	w->failed++;
	for (i = 0; i < excuses; i++) {
		if (covered(w->excuse[i], read_excuse(i), what)) {
			w->excused++;
			return;
		}
	}
	if (__atomic_fetch_add(&bad, 1, __ATOMIC_RELAXED) < SHOWN)
		printf("# %s of %u pages at %llu fails without a reason: %s\n",
		       name, count, first, errno_name(err));
}

/* --- What a page may hold --- */

/*
 * A request begins that changes these pages. Those whose list is full end it:
 * what changes them waits until something has been acknowledged. Returns how
 * many pages are left.
 */
static unsigned int begin_change(struct worker *w, u64 first, unsigned int count,
				 uint32_t flag, unsigned int spare)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		struct page *p = get(first + i);

		if (p->nr + spare >= MAX_STATES) {
			put(first + i);
			break;
		}
		w->gen[i] = ++p->issued | flag;
		w->begun[i] = tick();
		p->state[p->nr++] = (struct state){ .gen = w->gen[i] };
		p->pending++;
		p->discards += !!flag;
		put(first + i);
	}
	return i;
}

/* Of what ended before @begun, no trace is left. */
static void strike_off(struct page *p, u64 begun)
{
	unsigned int i, nr = 0;

	for (i = 0; i < p->nr; i++)
		if (!p->state[i].ended || p->state[i].ended > begun)
			p->state[nr++] = p->state[i];
	p->nr = nr;
}

static void end_change(struct worker *w, u64 first, unsigned int count, int acknowledged)
{
	unsigned int i, k;

	for (i = 0; i < count; i++) {
		struct page *p = get(first + i);

		for (k = 0; p->state[k].gen != w->gen[i];)
			k++;
		p->state[k].ended = tick();
		p->pending--;
		if (acknowledged)
			strike_off(p, w->begun[i]);
		put(first + i);
	}
}

static void begin_read(struct worker *w, u64 first, unsigned int count)
{
	unsigned int i, k;

	for (i = 0; i < count; i++) {
		struct snapshot *s = &w->before[i];
		struct page *p = get(first + i);

		s->issued = p->issued;
		s->discards = p->discards;
		s->pending = p->pending;
		s->nr = p->nr;
		for (k = 0; k < p->nr; k++)
			s->gen[k] = p->state[k].gen;
		put(first + i);
	}
}

static int all_zeroes(const char *got)
{
	return !*got && !memcmp(got, got + 1, PAGE - 1);
}

/* Whether a page may hold what was read; @found is then its generation. */
static int legal(const struct snapshot *s, const struct page *p, u64 nr,
		 const char *got, uint32_t *found)
{
	char expected[PAGE];
	uint32_t gen;
	u64 word;
	unsigned int k;

	if (all_zeroes(got)) {
		*found = 0;
		for (k = 0; k < s->nr; k++)
			if (s->gen[k] & ZEROES)
				*found = s->gen[k];
		return *found || p->discards != s->discards;
	}
	memcpy(&word, got, sizeof(word));
	word ^= hash64(seed);
	gen = word >> 32;
	*found = gen;
	if ((uint32_t)word != nr || !gen || gen > p->issued)
		return 0;
	fill_page(expected, key_of(nr, gen));
	if (memcmp(got, expected, PAGE))
		return 0;
	for (k = 0; k < s->nr; k++)
		if (s->gen[k] == gen)
			return 1;
	return gen > s->issued;
}

static void wrong(const struct snapshot *s, const struct page *p, u64 nr,
		  const char *got, const char *how)
{
	char expected[PAGE];
	unsigned int k, at = 0;
	u64 word;

	if (__atomic_fetch_add(&bad, 1, __ATOMIC_RELAXED) >= SHOWN)
		return;
	memcpy(&word, got, sizeof(word));
	fill_page(expected, word);
	while (at < PAGE && got[at] == expected[at])
		at++;
	word ^= hash64(seed);
	if (all_zeroes(got))
		printf("# page %llu is zeroes after %s; it was one of", nr, how);
	else
		printf("# page %llu looks like page %llu generation %llu, right up to byte %u, after %s; it was one of",
		       nr, word & 0xffffffff, word >> 32, at, how);
	for (k = 0; k < s->nr; k++)
		printf(s->gen[k] & ZEROES ? " %u (zeroes)" : " %u", s->gen[k] & ~ZEROES);
	printf(" and generations up to %u since\n", p->issued);
}

static void end_read(struct worker *w, u64 first, unsigned int count,
		     const char *data, const char *how)
{
	unsigned int i, k;

	for (i = 0; i < count; i++) {
		const struct snapshot *s = &w->before[i];
		const char *got = data + i * PAGE;
		struct page *p = get(first + i);
		uint32_t found;

		if (!legal(s, p, first + i, got, &found)) {
			wrong(s, p, first + i, got, how);
		} else if (!s->pending && p->issued == s->issued) {
			for (k = 0; p->state[k].gen != found;)
				k++;
			p->state[0] = p->state[k];
			p->nr = 1;
		}
		put(first + i);
	}
}

/* --- Requests --- */

/*
 * Where a request's data go: often at odd places, sometimes in two pieces. All
 * in order in memory, with a gap that is no whole page between the pieces.
 */
static unsigned int place(struct worker *w, struct iovec *vec, unsigned int count)
{
	size_t len = count * PAGE, part;
	char *at = w->memory;

	if (rnd(&w->state) % 2)
		at += rnd(&w->state) % (PAGE / 512) * 512;
	part = len;
	if (rnd(&w->state) % 4 == 0)
		part = (1 + rnd(&w->state) % (len / split)) * split;
	vec[0] = (struct iovec){ at, part };
	vec[1] = (struct iovec){ at + part + 512, len - part };
	return part < len ? 2 : 1;
}

static void do_write(struct worker *w, u64 first, unsigned int count)
{
	static __thread char data[MAX_PAGES * PAGE];
	struct iovec vec[2];
	unsigned int i, n;
	ssize_t got;

	/* As many as there are threads may be in between. */
	count = begin_change(w, first, count, 0, MAX_THREADS);
	if (!count)
		return;
	for (i = 0; i < count; i++)
		fill_page(data + i * PAGE, key_of(first + i, w->gen[i]));
	n = place(w, vec, count);
	memcpy(vec[0].iov_base, data, vec[0].iov_len);
	if (n > 1)
		memcpy(vec[1].iov_base, data + vec[0].iov_len, vec[1].iov_len);
	note_excuses(w);
	got = pwritev(fd, vec, n, first * PAGE);
	if (got != (ssize_t)count * PAGE)
		failed(w, "a write", 'w', first, count, got < 0 ? errno : EIO);
	else
		w->written += count;
	end_change(w, first, count, got == (ssize_t)count * PAGE);
}

static void do_discard(struct worker *w, u64 first, unsigned int count)
{
	u64 range[2];
	int zero = rnd(&w->state) % 4 == 0, err;

	count = begin_change(w, first, count, ZEROES, 0);
	if (!count)
		return;
	range[0] = first * PAGE;
	range[1] = (u64)count * PAGE;
	note_excuses(w);
	err = ioctl(fd, zero ? BLKZEROOUT : BLKDISCARD, range);
	if (err)
		failed(w, zero ? "a zeroing" : "a discard", 'd', first, count, errno);
	else
		w->dropped += count;
	end_change(w, first, count, !err);
}

static int do_read(struct worker *w, u64 first, unsigned int count)
{
	static __thread char data[MAX_PAGES * PAGE];
	struct iovec vec[2];
	unsigned int n = place(w, vec, count);
	char how[96];
	ssize_t got;

	snprintf(how, sizeof(how), "a read of %u pages from %llu to memory + %u, %u pieces",
		 count, first, (unsigned int)((uintptr_t)vec[0].iov_base % PAGE), n);
	begin_read(w, first, count);
	note_excuses(w);
	got = preadv(fd, vec, n, first * PAGE);
	if (got != (ssize_t)count * PAGE) {
		failed(w, "a read", 'r', first, count, got < 0 ? errno : EIO);
		return -1;
	}
	memcpy(data, vec[0].iov_base, vec[0].iov_len);
	if (n > 1)
		memcpy(data + vec[0].iov_len, vec[1].iov_base, vec[1].iov_len);
	end_read(w, first, count, data, how);
	w->read += count;
	return 0;
}

/* Half of all requests go to an eighth of the device, to meet there. */
static u64 pick_first(struct worker *w, unsigned int count)
{
	u64 span = pages - count + 1;

	if (rnd(&w->state) % 2)
		span = (span + 7) / 8;
	return rnd(&w->state) % span;
}

static void *run(void *arg)
{
	struct worker *w = arg;

	for (; !stopped && (!ops || w->requests < ops); w->requests++) {
		unsigned int count = 1 + rnd(&w->state) % (rnd(&w->state) % 2 ? MAX_PAGES : 3);
		unsigned int what = rnd(&w->state) % 16;
		u64 first;

		if (count > pages)
			count = pages;
		first = pick_first(w, count);
		if (what < 1)
			do_discard(w, first, count);
		else if (what < 8)
			do_write(w, first, count);
		else
			do_read(w, first, count);
		if (pause_us)
			usleep(rnd(&w->state) % (2 * pause_us + 1));
	}
	return NULL;
}

/* Nothing fails any more: every page can be read, and is one of its contents. */
static void verify(struct worker *w)
{
	u64 first;

	for (first = 0; first < pages; first += MAX_PAGES) {
		unsigned int count = pages - first < MAX_PAGES ? pages - first : MAX_PAGES;

		do_read(w, first, count);
	}
}

static void *memory(size_t size)
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

	fd = open(device, O_RDWR | O_DIRECT);
	if (fd < 0 || ioctl(fd, BLKGETSIZE64, &size))
		die("%s: %s", device, strerror(errno));
	if (mib && mib << 20 < size)
		size = mib << 20;
	pages = size / PAGE;
	if (!pages || pages >> 32)
		die("%s: of no use with %llu pages", device, pages);
	page = calloc(pages, sizeof(*page));
	mutex = calloc(pages / RANGE + 1, sizeof(*mutex));
	if (!page || !mutex)
		die("out of memory");
	for (i = 0; i <= pages / RANGE; i++)
		pthread_mutex_init(&mutex[i], NULL);
	range[1] = pages * PAGE;
	if (ioctl(fd, BLKDISCARD, range))
		die("%s: discard: %s", device, strerror(errno));
	for (i = 0; i < pages; i++) {
		page[i].issued = 1;
		page[i].nr = 1;
		page[i].state[0] = (struct state){ .gen = 1 | ZEROES, .ended = tick() };
	}
}

static void open_excuse(const char *file)
{
	if (excuses == MAX_FILES)
		die("more than %u -e", MAX_FILES);
	excuse_file[excuses++] = file;
}

int main(int argc, char **argv)
{
	struct worker sum = { 0 }, *w;
	unsigned int threads = 2, i;
	u64 mib = 0;
	int opt;

	while ((opt = getopt(argc, argv, "d:t:n:s:S:p:e:")) != -1) {
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
		case 'p':
			pause_us = atoi(optarg);
			break;
		case 'e':
			open_excuse(optarg);
			break;
		default:
			return 2;
		}
	}
	if (!device || !threads || threads > MAX_THREADS || optind < argc)
		die("usage: pagemodel -d DEVICE [-t THREADS] [-n OPS] [-s SEED] [-S MIB] [-p USEC] [-e FILE]...");

	fill_init();
	stop_on(SIGTERM);
	open_device(mib);
	w = calloc(threads, sizeof(*w));
	if (!w)
		die("out of memory");
	for (i = 0; i < threads; i++) {
		w[i].state = hash64(seed) + i;
		w[i].memory = memory((MAX_PAGES + 3) * PAGE);
	}
	split = smallest_piece(fd, w[0].memory);
	for (i = 0; i < threads; i++)
		if (pthread_create(&w[i].thread, NULL, run, &w[i]))
			die("no thread");
	for (i = 0; i < threads; i++)
		pthread_join(w[i].thread, NULL);
	/* With -n, whoever started it goes on making requests fail. */
	if (!ops)
		excuses = 0;
	verify(&w[0]);
	for (i = 0; i < threads; i++) {
		sum.requests += w[i].requests;
		sum.read += w[i].read;
		sum.written += w[i].written;
		sum.dropped += w[i].dropped;
		sum.failed += w[i].failed;
		sum.excused += w[i].excused;
	}
	printf("pagemodel: %llu requests, %llu pages written, %llu read, %llu dropped, %llu requests failed, %llu of them with a reason, %llu bad, seed %llu\n",
	       sum.requests, sum.written, sum.read, sum.dropped, sum.failed,
	       sum.excused, bad, seed);
	return bad != 0;
}

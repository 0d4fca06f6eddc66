// SPDX-License-Identifier: GPL-2.0
/*
 * blkop OPERATION DEVICE [OFFSET LENGTH [KEY]]
 *
 * One request to a block device; prints the name of its errno, or OK (SHORT n
 * when only n bytes went through).
 *
 *   discard, zeroout, secdiscard   the ioctls
 *   holes                          discard three of each four pages
 *   punch, zero                    fallocate(): punch a hole, zero a range
 *   read, write                    O_DIRECT; the data are pages of random bytes
 *                                  that follow from KEY and their place
 *   check                          read, and DIFFERS when they aren't those
 *   tally                          read page by page and count, on another line,
 *                                  those that are right, fail, and are wrong
 *   flip                           change one byte of every page in place; the
 *                                  same KEY again changes it back
 *   checkzero                      read, and DIFFERS when not all zeros
 *   fill, checkfill                the same with one word everywhere, KEY
 *   sync                           fsync()
 *   reread, addpart                read the partition table, add a partition
 *
 * read and write take any OFFSET and LENGTH: what is not a multiple of a block
 * is for the kernel to refuse. BLKOP_MEM=n moves the buffer n bytes off a page.
 *
 * BLKOP_FILL=memory makes the data pages like those of real memory, see
 * fill_page(), of which most compress; with BLKOP_RANDOM=n only n bytes of each
 * page are random, and zeros follow. BLKOP_STEP=n takes only the first page of
 * every n for any operation that has a range.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/blkpg.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common.h"

#define CHUNK	(64 * 1024u)

struct request {
	int fd;
	u64 offset, length, key;
	u64 step;	/* bytes from one page to the next, 0 for all of it */
};

static char *buffer;
static int like_memory;
static size_t random_bytes = PAGE;

static void data_pages(char *at, u64 offset, size_t len, u64 key)
{
	u64 state = 0;
	size_t i;

	for (i = 0; like_memory && i + PAGE <= len; i += PAGE)
		fill_page(at + i, hash64(hash64(key) + offset + i));
	if (like_memory)
		return;
	for (i = 0; i + 8 <= len; i += 8) {
		u64 r;

		if (i % PAGE == 0)
			state = hash64(key) + (offset + i);
		r = i % PAGE < random_bytes ? rnd(&state) : 0;
		memcpy(at + i, &r, 8);
	}
}

/* Prints the outcome; 0 when the whole length went through. */
static int outcome(int err, u64 done, u64 length)
{
	if (!err && done < length)
		printf("SHORT %llu\n", done);
	else
		puts(errno_name(err));
	return err || done < length;
}

static const struct transfer {
	const char *name;
	int writes, checks, same;	/* same: one word, which is the key */
} transfers[] = {
	{ "read", 0, 0, 0 },
	{ "write", 1, 0, 0 },
	{ "check", 0, 1, 0 },
	{ "checkzero", 0, 1, 1 },
	{ "fill", 1, 0, 1 },
	{ "checkfill", 0, 1, 1 },
};

static const struct transfer *find_transfer(const char *op)
{
	size_t i;

	for (i = 0; i < sizeof(transfers) / sizeof(*transfers); i++)
		if (!strcmp(op, transfers[i].name))
			return &transfers[i];
	return NULL;
}

static int transfer(struct request *r, const struct transfer *t)
{
	static char data[CHUNK];
	u64 done = 0, at, most = r->step ? PAGE : CHUNK;
	size_t len, i;
	ssize_t got;

	for (; done < r->length; done += r->step ? r->step : (u64)got) {
		at = r->offset + done;
		len = r->length - done < most ? r->length - done : most;
		data_pages(data, at, len, r->key);
		for (i = 0; t->same && i + 8 <= len; i += 8)
			memcpy(data + i, &r->key, 8);
		if (t->writes) {
			memcpy(buffer, data, len);
			got = pwrite(r->fd, buffer, len, at);
		} else {
			got = pread(r->fd, buffer, len, at);
		}
		if (got < 0) {
			fprintf(stderr, "%llu bytes done\n", done);
			return outcome(errno, done, r->length);
		}
		if (t->checks && memcmp(buffer, data, got)) {
			puts("DIFFERS");
			return 1;
		}
		if (!got)
			break;
	}
	return outcome(0, done, r->length);
}

static int tally(struct request *r)
{
	static char data[PAGE];
	u64 at, right = 0, failed = 0, wrong = 0;

	for (at = r->offset; at < r->offset + r->length; at += r->step ? r->step : PAGE) {
		data_pages(data, at, PAGE, r->key);
		if (pread(r->fd, buffer, PAGE, at) != PAGE)
			failed++;
		else if (memcmp(buffer, data, PAGE))
			wrong++;
		else
			right++;
	}
	printf("%llu right, %llu failed, %llu wrong\n", right, failed, wrong);
	return 0;
}

static int flip(struct request *r)
{
	u64 at;

	for (at = r->offset; at < r->offset + r->length; at += r->step ? r->step : PAGE) {
		u64 where = hash64(hash64(r->key) + at);

		if (pread(r->fd, buffer, PAGE, at) != PAGE)
			return outcome(errno, at - r->offset, r->length);
		buffer[where % PAGE] ^= 1 + (where >> 32) % 255;
		if (pwrite(r->fd, buffer, PAGE, at) != PAGE)
			return outcome(errno, at - r->offset, r->length);
	}
	return outcome(0, r->length, r->length);
}

static int holes(const struct request *r)
{
	u64 range[2] = { r->offset, 3 * PAGE };
	int ret = 0;

	for (; !ret && range[0] < r->offset + r->length; range[0] += 4 * PAGE)
		ret = ioctl(r->fd, BLKDISCARD, range);
	return ret;
}

static int control(const struct request *r, const char *op)
{
	u64 range[2] = { r->offset, r->length };
	int punch = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
	struct blkpg_partition part = {
		.start = PAGE, .length = 16 * PAGE, .pno = 1,
	};
	struct blkpg_ioctl_arg add = {
		.op = BLKPG_ADD_PARTITION, .datalen = sizeof(part), .data = &part,
	};
	int ret = 0;

	if (!strcmp(op, "discard"))
		ret = ioctl(r->fd, BLKDISCARD, range);
	else if (!strcmp(op, "holes"))
		ret = holes(r);
	else if (!strcmp(op, "zeroout"))
		ret = ioctl(r->fd, BLKZEROOUT, range);
	else if (!strcmp(op, "secdiscard"))
		ret = ioctl(r->fd, BLKSECDISCARD, range);
	else if (!strcmp(op, "punch"))
		ret = fallocate(r->fd, punch, r->offset, r->length);
	else if (!strcmp(op, "zero"))
		ret = fallocate(r->fd, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE,
				r->offset, r->length);
	else if (!strcmp(op, "sync"))
		ret = fsync(r->fd);
	else if (!strcmp(op, "reread"))
		ret = ioctl(r->fd, BLKRRPART);
	else if (!strcmp(op, "addpart"))
		ret = ioctl(r->fd, BLKPG, &add);
	else
		die("no such operation: %s", op);
	return ret < 0 ? errno : 0;
}

static int control_all(const struct request *r, const char *op)
{
	struct request part = *r;
	int err;

	if (r->step)
		part.length = PAGE;
	do {
		err = control(&part, op);
		part.offset += r->step;
	} while (!err && r->step && part.offset < r->offset + r->length);
	return outcome(err, r->length, r->length);
}

static int carry_out(struct request *r, const char *op)
{
	const struct transfer *t = find_transfer(op);

	if (t)
		return transfer(r, t);
	if (!strcmp(op, "tally"))
		return tally(r);
	return strcmp(op, "flip") ? control_all(r, op) : flip(r);
}

int main(int argc, char **argv)
{
	struct request r = { .fd = -1 };
	const char *op = argv[1], *mem = getenv("BLKOP_MEM");
	const char *fill = getenv("BLKOP_FILL"), *step = getenv("BLKOP_STEP");
	const char *bytes = getenv("BLKOP_RANDOM");

	if (argc < 3 || argc == 4 || argc > 6)
		die("usage: blkop OPERATION DEVICE [OFFSET LENGTH [KEY]]");
	if (argc > 4) {
		r.offset = parse_size(argv[3]);
		r.length = parse_size(argv[4]);
	}
	r.key = argc > 5 ? strtoull(argv[5], NULL, 0) : strcmp(op, "checkzero") != 0;
	if (posix_memalign((void **)&buffer, PAGE, CHUNK + PAGE))
		die("out of memory");
	buffer += mem ? atoi(mem) : 0;
	r.step = step ? atoi(step) * PAGE : 0;
	random_bytes = bytes ? strtoul(bytes, NULL, 0) : PAGE;
	like_memory = fill && !strcmp(fill, "memory");
	fill_init();

	r.fd = open(argv[2], O_RDWR | O_DIRECT);
	if (r.fd < 0)
		return outcome(errno, 0, 0);
	return carry_out(&r, op);
}

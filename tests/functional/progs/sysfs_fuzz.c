// SPDX-License-Identifier: GPL-2.0
/*
 * sysfs_fuzz [-s SEED] [-n TIMES] [-p USEC] [-w WORD]... FILE...
 *
 * Writes to the files, at random, what nobody would: random bytes, words that
 * attributes know with some bytes changed, long lines; between them what is
 * right, so that the device gets into all its states; and reads what can be
 * read. A WORD, e.g. the path of a device, is one in eight of those words. Ends
 * after TIMES, or on SIGTERM, and says how often something was taken and how often
 * refused. That the kernel lives is all it asks for.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include "common.h"

static const char *const words[] = {
	"0", "1", "2", "-1", "7", "all", "idle", "huge", "huge_idle", "none",
	"type=idle", "type=huge_idle threshold=3000 max_pages=10", "4M", "8M",
	"1M", "64K", "wklz", "lz4", "zstd", "lzo-rle", "deflate", "algo=zstd priority=1",
	"algo=lz4hc priority=2 level=3", "level=8", "dict=/tests/run", "dict=",
	"priority=1", "page_index=3", "page_indexes=0-100 page_index=7",
	"page_indexes=9-1", "deflate.winbits=12", "/dev/null", "/tests/run", "/",
	"18446744073709551615", "0x7fffffff", "9999999999999999999999",
	"priority=4 algo=842", "incompressible", "Y", "N", "on", "off", "%s%n",
	"threshold=4096", "max_pages=0", "=", "= =", " ", "\t\t", "type=",
};

#define NR_WORDS	(sizeof(words) / sizeof(*words))

static const char *more_words[8];
static unsigned int nr_more;

static const char *random_word(u64 *state)
{
	if (nr_more && rnd(state) % 8 == 0)
		return more_words[rnd(state) % nr_more];
	return words[rnd(state) % NR_WORDS];
}

static size_t random_bytes(u64 *state, char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		text[i] = rnd(state);
	return len;
}

static size_t random_text(u64 *state, char *text, size_t most)
{
	const char *word = random_word(state);
	size_t len = strlen(word);
	unsigned int n;

	switch (rnd(state) % 8) {
	case 0:
		return random_bytes(state, text, rnd(state) % 65);
	case 1:
		return random_bytes(state, text, rnd(state) % (most + 1));
	case 2:	/* one word many times */
		for (n = 0; n + len + 1 < most && n < 3000; n += len + 1) {
			memcpy(text + n, word, len);
			text[n + len] = ' ';
		}
		return n;
	case 3:	/* with some bytes changed */
		memcpy(text, word, len);
		for (n = 1 + rnd(state) % 3; n--;)
			text[rnd(state) % len] = rnd(state);
		return len;
	case 4:	/* two words */
		memcpy(text, word, len);
		text[len++] = ' ';
		word = random_word(state);
		memcpy(text + len, word, strlen(word));
		return len + strlen(word);
	default:
		memcpy(text, word, len);
		text[len] = '\n';
		return len + (rnd(state) & 1);
	}
}

int main(int argc, char **argv)
{
	u64 seed = 1, taken = 0, refused = 0, times = 0, round;
	unsigned int pause_us = 0;
	static char text[2 * PAGE];
	int opt;

	while ((opt = getopt(argc, argv, "s:n:p:w:")) != -1) {
		switch (opt) {
		case 's':
			seed = strtoull(optarg, NULL, 0);
			break;
		case 'n':
			times = strtoull(optarg, NULL, 0);
			break;
		case 'p':
			pause_us = atoi(optarg);
			break;
		case 'w':
			if (nr_more == sizeof(more_words) / sizeof(*more_words) || !*optarg)
				die("at most 8 words, of a letter at least");
			more_words[nr_more++] = optarg;
			break;
		default:
			return 2;
		}
	}
	if (optind == argc)
		die("usage: sysfs_fuzz [-s SEED] [-n TIMES] [-p USEC] [-w WORD]... FILE...");

	stop_on(SIGTERM);
	for (round = 0; !stopped && (!times || round < times); round++) {
		const char *file = argv[optind + rnd(&seed) % (argc - optind)];
		int writes = rnd(&seed) % 4 != 0;
		size_t len = random_text(&seed, text, sizeof(text) - PAGE);
		int fd = open(file, writes ? O_WRONLY : O_RDONLY);

		/* What is read-only or write-only is refused, too. */
		if (fd >= 0 && (writes ? write(fd, text, len) : read(fd, text, PAGE)) >= 0)
			taken++;
		else
			refused++;
		if (fd >= 0)
			close(fd);
		if (pause_us)
			usleep(pause_us);
	}
	printf("sysfs_fuzz: %llu times, %llu taken, %llu refused\n", round, taken, refused);
	return taken == 0;
}

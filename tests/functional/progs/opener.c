// SPDX-License-Identifier: GPL-2.0
/*
 * opener [-x] [-h HOLD_MS] [-p PAUSE_MS] [-n TIMES] DEVICE...
 *
 * Opens each device read-only, reads its first block, holds it, closes it and
 * comes again, as udev and blkid do after each change. With -x the open is
 * exclusive, as swapon's and mount's are. Ends after TIMES rounds or when
 * killed, and says how many opens there were and how many were refused.
 * Exits 1 when no open succeeded.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <unistd.h>

#include "common.h"

/* A device that is being reset or removed refuses; anything else is wrong. */
static int expected(int err)
{
	return err == EBUSY || err == ENXIO || err == ENODEV || err == ENOENT;
}

int main(int argc, char **argv)
{
	unsigned long opens = 0, refused = 0, times = 0, round;
	unsigned int hold = 5000, pause = 5000;
	int flags = O_RDONLY | O_CLOEXEC, opt, i;
	char block[PAGE];

	while ((opt = getopt(argc, argv, "xh:p:n:")) != -1) {
		switch (opt) {
		case 'x':
			flags |= O_EXCL;
			break;
		case 'h':
			hold = atoi(optarg) * 1000;
			break;
		case 'p':
			pause = atoi(optarg) * 1000;
			break;
		case 'n':
			times = atoi(optarg);
			break;
		default:
			return 2;
		}
	}
	if (optind == argc)
		die("usage: opener [-x] [-h HOLD_MS] [-p PAUSE_MS] [-n TIMES] DEVICE...");

	stop_on(SIGTERM);
	stop_on(SIGINT);
	for (round = 0; !stopped && (!times || round < times); round++) {
		for (i = optind; i < argc && !stopped; i++) {
			int fd = open(argv[i], flags);

			if (fd < 0) {
				if (!expected(errno))
					die("%s: %s", argv[i], strerror(errno));
				refused++;
				continue;
			}
			opens++;
			/* A device without a size reads as empty. */
			if (read(fd, block, sizeof(block)) < 0)
				die("%s: read: %s", argv[i], strerror(errno));
			if (hold)
				usleep(hold);
			close(fd);
		}
		if (pause)
			usleep(pause);
	}
	printf("opener: %lu opens, %lu refused\n", opens, refused);
	return !opens;
}

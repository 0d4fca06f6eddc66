// SPDX-License-Identifier: GPL-2.0
/* timed FILE TEXT: how many nanoseconds a write of the text takes. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct timespec a, b;
	ssize_t n;
	int fd;

	if (argc != 3)
		return 2;
	fd = open(argv[1], O_WRONLY);
	if (fd < 0) {
		perror(argv[1]);
		return 2;
	}
	clock_gettime(CLOCK_MONOTONIC, &a);
	n = write(fd, argv[2], strlen(argv[2]));
	clock_gettime(CLOCK_MONOTONIC, &b);
	if (n < 0) {
		perror(argv[1]);
		return 1;
	}
	printf("%lld\n", (b.tv_sec - a.tv_sec) * 1000000000ll + b.tv_nsec - a.tv_nsec);
	return 0;
}

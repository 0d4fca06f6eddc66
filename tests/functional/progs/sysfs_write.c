// SPDX-License-Identifier: GPL-2.0
/*
 * sysfs_write [-nkta] FILE TEXT
 *
 * Writes TEXT and a newline to FILE in one write(), as echo does, and prints
 * the name of the errno, or OK: a shell tells no errors apart.
 *
 *   -n  without the newline
 *   -k  then print what the kernel logged meanwhile, a message a line
 *   -t  catch SIGTERM, so that what it interrupts has an errno to tell
 *   -a  have SIGALRM a hundred times a second, with a handler that is not meant to
 *       interrupt system calls
 *   -r  instead read FILE: print the name of the errno, or OK and what it says
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

#include "common.h"

static void caught(int sig)
{
	(void)sig;
}

static void start_alarms(void)
{
	const struct timeval every = { .tv_usec = 10000 };

	sigaction(SIGALRM, &(struct sigaction){ .sa_handler = caught, .sa_flags = SA_RESTART }, NULL);
	setitimer(ITIMER_REAL, &(struct itimerval){ every, every }, NULL);
}

static int open_log(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK);

	if (fd < 0 || lseek(fd, 0, SEEK_END) < 0)
		die("/dev/kmsg: %s", strerror(errno));
	return fd;
}

/* A record is "prefix;text\n" and lines that begin with a space. */
static void print_log(int fd)
{
	char record[8192];
	ssize_t len;

	while ((len = read(fd, record, sizeof(record) - 1)) > 0) {
		char *text;

		record[len] = 0;
		text = strchr(record, ';');
		if (text)
			printf("%.*s\n", (int)strcspn(text + 1, "\n"), text + 1);
	}
}

static int write_text(const char *file, const char *text, int newline)
{
	char *line;
	int len, fd, err = 0;

	len = asprintf(&line, "%s%s", text, newline ? "\n" : "");
	if (len < 0)
		die("out of memory");
	fd = open(file, O_WRONLY);
	if (fd < 0 || write(fd, line, len) < 0)
		err = errno;
	if (fd >= 0)
		close(fd);
	free(line);
	return err;
}

static int read_text(const char *file)
{
	char text[PAGE];
	int err = 0;
	int fd = open(file, O_RDONLY);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text));

	if (len < 0)
		err = errno;
	puts(errno_name(err));
	if (len > 0)
		fwrite(text, 1, len, stdout);
	if (fd >= 0)
		close(fd);
	return err;
}

int main(int argc, char **argv)
{
	int newline = 1, log = -1, reading = 0, opt, err;

	while ((opt = getopt(argc, argv, "+nktar")) != -1) {
		switch (opt) {
		case 'n':
			newline = 0;
			break;
		case 'k':
			log = open_log();
			break;
		case 't':
			sigaction(SIGTERM, &(struct sigaction){ .sa_handler = caught }, NULL);
			break;
		case 'a':
			start_alarms();
			break;
		case 'r':
			reading = 1;
			break;
		default:
			return 2;
		}
	}
	if (argc - optind != (reading ? 1 : 2))
		die("usage: sysfs_write [-nkta] FILE TEXT | sysfs_write -r FILE");

	if (reading)
		return !!read_text(argv[optind]);

	err = write_text(argv[optind], argv[optind + 1], newline);
	puts(errno_name(err));
	if (log >= 0)
		print_log(log);
	return !!err;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * attach PID
 *
 * Attaches to a process as a debugger does, waits until it has stopped, and lets
 * it go.  Fails if it doesn't stop, or ends meanwhile.
 */
#define _GNU_SOURCE
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common.h"

int main(int argc, char **argv)
{
	pid_t pid = argc == 2 ? atoi(argv[1]) : 0;
	int status;

	if (!pid)
		die("usage: attach PID");
	if (ptrace(PTRACE_ATTACH, pid, NULL, NULL))
		die("attach: %s", strerror(errno));
	/* One that is stuck in the kernel is not waited for forever. */
	alarm(30);
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		die("it has not stopped: status %#x", status);
	if (ptrace(PTRACE_DETACH, pid, NULL, NULL))
		die("detach: %s", strerror(errno));
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * Preloaded into user-mode Linux with several CPUs: makes turning interrupts off and on
 * there cost two writes to memory instead of two system calls.
 *
 * Such a kernel blocks the signal by which its CPUs call each other whenever interrupts
 * are off. Lockdep turns them off for each lock, so that most of the time of a kernel
 * with all detectors went into that. Here that signal is blocked in name only. When it
 * comes meanwhile, which is rare, it is sent once more and blocked for good, until
 * interrupts are turned on; it carries data, and the host keeps it for us. Any other
 * change of the mask sees it blocked for good as well.
 *
 * A CPU is a thread. A handler may return on another one than it began on: nothing may
 * remember where a thread's variables are.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#define IPI		SIGRTMIN
#define KERNEL_NSIG	64

/* The kernel wants the signal blocked; it really may be. */
static __thread int wanted __attribute__((tls_model("initial-exec")));
static __thread int blocked __attribute__((tls_model("initial-exec")));

static __attribute__((noipa)) int is_wanted(void)
{
	return wanted;
}

static __attribute__((noipa)) void set_wanted(int on)
{
	wanted = on;
}

static __attribute__((noipa)) int is_blocked(void)
{
	return blocked;
}

static __attribute__((noipa)) void set_blocked(int on)
{
	blocked = on;
}

static void (*handlers[KERNEL_NSIG + 1])(int sig, siginfo_t *si, void *uc);

static int change_mask(int how, const sigset_t *set, sigset_t *old)
{
	return syscall(SYS_rt_sigprocmask, how, set, old, KERNEL_NSIG / 8);
}

static void only_ipi(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, IPI);
}

static int is_only_ipi(const sigset_t *set)
{
	return *(const unsigned long *)set == 1UL << (IPI - 1);
}

int sigprocmask(int how, const sigset_t *set, sigset_t *old)
{
	sigset_t ipi;

	if (set && !old && how != SIG_SETMASK && is_only_ipi(set)) {
		set_wanted(how == SIG_BLOCK);
		if (how == SIG_BLOCK || !is_blocked())
			return 0;
		/* What waits comes now, and may block it again. */
		set_blocked(0);
		return change_mask(SIG_UNBLOCK, set, NULL);
	}

	if (is_wanted() && !is_blocked()) {
		only_ipi(&ipi);
		set_blocked(1);
		change_mask(SIG_BLOCK, &ipi, NULL);
	}
	if (set && how == SIG_SETMASK) {
		set_blocked(sigismember(set, IPI));
		set_wanted(sigismember(set, IPI));
	}
	return change_mask(how, set, old);
}

static void handler(int sig, siginfo_t *si, void *context)
{
	ucontext_t *uc = context;

	if (sig == IPI && is_wanted()) {
		if (pthread_sigqueue(pthread_self(), IPI, si->si_value))
			abort();
		sigaddset(&uc->uc_sigmask, IPI);
	} else {
		if (sig == IPI)
			set_blocked(1);
		handlers[sig](sig, si, context);
	}
	/* What the mask is when this returns. */
	set_blocked(sigismember(&uc->uc_sigmask, IPI));
}

int sigaction(int sig, const struct sigaction *act, struct sigaction *old)
{
	static int (*real)(int sig, const struct sigaction *act, struct sigaction *old);
	struct sigaction ours;

	if (!real)
		real = (int (*)(int, const struct sigaction *, struct sigaction *))
			dlsym(RTLD_NEXT, "sigaction");
	if (!act || !(act->sa_flags & SA_SIGINFO) || old)
		return real(sig, act, old);
	ours = *act;
	handlers[sig] = act->sa_sigaction;
	ours.sa_sigaction = handler;
	return real(sig, &ours, NULL);
}

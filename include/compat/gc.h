/* SPDX-License-Identifier: GPL-2.0 */
/* The worker, forced into gc.c. */
#ifndef Z2_COMPAT_GC_H
#define Z2_COMPAT_GC_H

#include <linux/kthread.h>

/*
 * kthread_run_worker() since 6.14; before, kthread_create_worker() started it
 * as well.
 */
#if !defined(Z2_HAVE_KTHREAD_RUN_WORKER) && !defined(Z2_HAVE_KTHREAD_CREATE_WORKER)
#error "kthread_run_worker(): neither that nor kthread_create_worker() is there"
#elif !defined(Z2_HAVE_KTHREAD_RUN_WORKER)
#define kthread_run_worker(flags, name) kthread_create_worker(flags, name)
#endif

#endif

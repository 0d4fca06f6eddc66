/* SPDX-License-Identifier: GPL-2.0 */
#pragma once
struct kthread_worker {
	bool runs;
};

__printf(2, 3)
struct kthread_worker *
kthread_create_worker(unsigned int flags, const char namefmt[], ...);

__printf(3, 4) struct kthread_worker *
kthread_create_worker_on_cpu(int cpu, unsigned int flags,
			     const char namefmt[], ...);

struct kthread_worker *kthread_create_worker(unsigned int flags, const char namefmt[], ...)
{
	struct kthread_worker *worker = kzalloc(sizeof(*worker), GFP_KERNEL);

	if (!worker)
		return ERR_PTR(-ENOMEM);
	worker->runs = true;
	return worker;
}

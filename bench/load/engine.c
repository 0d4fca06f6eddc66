// SPDX-License-Identifier: GPL-2.0
/*
 * The threads of a run.  Each has a ring of bios and keeps it full: it waits
 * for the oldest one, looks at what came back, and sends it out again.
 */
#include <linux/bio.h>
#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/kthread.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/wait_bit.h>

#include "clock.h"
#include "latency.h"
#include "load.h"

struct run;

struct request {
	struct bio bio;
	struct bio_vec *vecs;
	struct page **pages;
	unsigned long block;
	u64 start;
	u64 end;
	bool busy;
	bool done;
};

struct worker {
	struct run *run;
	struct task_struct *task;
	struct request *requests;
	unsigned long first;
	unsigned long last;
	unsigned long errors;
	u64 began;
	u64 ended;
	u64 cpu;
	u32 *latency;
};

struct run {
	const struct load *load;
	struct completion go;
	struct completion finished;
	atomic_t running;
	struct worker workers[MAX_THREADS];
};

static void end_io(struct bio *bio)
{
	struct request *rq = bio->bi_private;

	rq->end = bench_ticks();
	/* Whoever sees it sees the bio's status. */
	smp_store_release(&rq->done, true);
	/* Pairs with the barrier of prepare_to_wait_event(). */
	smp_mb();
	wake_up_var(&rq->done);
}

static void submit(struct worker *w, struct request *rq, unsigned long nr)
{
	const struct load *load = w->run->load;
	unsigned int i, n = load->block_pages;

	rq->block = load->order ? load->order[nr] : nr;
	bio_init(&rq->bio, load->disk.bdev, rq->vecs, n, load->op);
	rq->bio.bi_iter.bi_sector = (sector_t)rq->block * n * (PAGE_SIZE >> SECTOR_SHIFT);
	rq->bio.bi_end_io = end_io;
	rq->bio.bi_private = rq;
	if (load->op == REQ_OP_DISCARD)
		rq->bio.bi_iter.bi_size = n << PAGE_SHIFT;
	for (i = 0; i < n && load->op == REQ_OP_READ; i++)
		__bio_add_page(&rq->bio, rq->pages[i], PAGE_SIZE, 0);
	for (i = 0; i < n && load->op == REQ_OP_WRITE; i++)
		__bio_add_page(&rq->bio, load_data(load->pass, rq->block * n + i), PAGE_SIZE, 0);
	rq->busy = true;
	rq->done = false;
	rq->start = bench_ticks();
	submit_bio(&rq->bio);
}

static bool is_done(const struct request *rq)
{
	/* Pairs with end_io(). */
	return smp_load_acquire(&rq->done);
}

static void reap(struct worker *w, struct request *rq)
{
	const struct load *load = w->run->load;
	unsigned int i, n = load->block_pages;
	bool bad;

	if (!rq->busy)
		return;
	if (!is_done(rq))
		wait_var_event(&rq->done, is_done(rq));
	rq->busy = false;
	bad = rq->bio.bi_status;
	for (i = 0; load->verify && !bad && i < n; i++)
		bad = memcmp(page_address(rq->pages[i]),
			     page_address(load_data(load->pass, rq->block * n + i)), PAGE_SIZE);
	w->errors += bad;
	w->latency[lat_bucket(rq->end - rq->start)]++;
	bio_uninit(&rq->bio);
}

static int work(void *arg)
{
	struct worker *w = arg;
	const struct load *load = w->run->load;
	unsigned long nr;
	unsigned int i, turn = 0;

	wait_for_completion(&w->run->go);
	w->cpu = current->se.sum_exec_runtime;
	w->began = ktime_get_ns();
	for (nr = w->first; nr < w->last; nr++) {
		struct request *rq = &w->requests[turn];

		turn = turn + 1 < load->depth ? turn + 1 : 0;
		reap(w, rq);
		submit(w, rq, nr);
		cond_resched();
	}
	for (i = 0; i < load->depth; i++)
		reap(w, &w->requests[i]);
	w->ended = ktime_get_ns();
	w->cpu = current->se.sum_exec_runtime - w->cpu;
	if (atomic_dec_and_test(&w->run->running))
		complete(&w->run->finished);
	return 0;
}

static void free_worker(struct worker *w, const struct load *load)
{
	unsigned int i, j;

	for (i = 0; w->requests && i < load->depth; i++) {
		for (j = 0; w->requests[i].pages && j < load->block_pages; j++)
			if (w->requests[i].pages[j])
				__free_page(w->requests[i].pages[j]);
		kfree(w->requests[i].pages);
		kfree(w->requests[i].vecs);
	}
	kfree(w->requests);
	vfree(w->latency);
}

static int make_worker(struct worker *w, const struct load *load)
{
	unsigned int i, j, n = load->block_pages;

	w->latency = vzalloc(LAT_BUCKETS * sizeof(*w->latency));
	w->requests = kcalloc(load->depth, sizeof(*w->requests), GFP_KERNEL);
	if (!w->latency || !w->requests)
		return -ENOMEM;
	for (i = 0; i < load->depth; i++) {
		struct request *rq = &w->requests[i];

		rq->vecs = kcalloc(n, sizeof(*rq->vecs), GFP_KERNEL);
		rq->pages = kcalloc(n, sizeof(*rq->pages), GFP_KERNEL);
		if (!rq->vecs || !rq->pages)
			return -ENOMEM;
		for (j = 0; j < n && load->op == REQ_OP_READ; j++) {
			rq->pages[j] = alloc_page(GFP_KERNEL);
			if (!rq->pages[j])
				return -ENOMEM;
		}
	}
	return 0;
}

static const unsigned int percentiles[] = { 500, 990, 999, 1000 };

static u64 percentile(const struct run *run, unsigned int in_1000)
{
	unsigned long seen = 0, want = DIV_ROUND_UP(run->load->blocks * in_1000, 1000);
	unsigned int bucket, t;

	for (bucket = 0; bucket < LAT_BUCKETS; bucket++) {
		for (t = 0; t < run->load->threads; t++)
			seen += run->workers[t].latency[bucket];
		if (seen >= want)
			break;
	}
	return lat_value(bucket);
}

/* @wall, @ticks and @cpu: what the clocks advanced by during the run. */
static void describe(const struct run *run, u64 wall, u64 ticks, u64 cpu, char *line, size_t size)
{
	const struct load *load = run->load;
	unsigned long errors = 0, n = load->blocks * load->block_pages;
	u64 began = U64_MAX, ended = 0, scale, own = 0;
	unsigned int t, i;
	size_t len;

	for (t = 0; t < load->threads; t++) {
		const struct worker *w = &run->workers[t];

		began = min(began, w->began);
		ended = max(ended, w->ended);
		errors += w->errors;
		own += w->cpu;
	}
	cpu = cpu ?: own;
	/* Nanoseconds a tick, times 2^20. */
	scale = mul_u64_u64_div_u64(wall, 1 << 20, ticks);
	len = scnprintf(line, size, "%llu.%02llu,%llu.%02llu", (ended - began) / n,
			(ended - began) * 100 / n % 100, cpu / n, cpu * 100 / n % 100);
	for (i = 0; i < ARRAY_SIZE(percentiles); i++)
		len += scnprintf(line + len, size - len, ",%llu",
				 percentile(run, percentiles[i]) * scale >> 20);
	scnprintf(line + len, size - len, ",%lu,%lu", errors, load->blocks);
}

static int start_workers(struct run *run)
{
	const struct load *load = run->load;
	unsigned int t, cpu = cpumask_first(cpu_online_mask);
	int err;

	for (t = 0; t < load->threads; t++) {
		struct worker *w = &run->workers[t];

		w->run = run;
		w->first = load->blocks * t / load->threads;
		w->last = load->blocks * (t + 1) / load->threads;
		err = make_worker(w, load);
		if (err)
			return err;
	}
	for (t = 0; t < load->threads; t++) {
		struct worker *w = &run->workers[t];
		struct task_struct *task = kthread_create(work, w, "z2load/%u", t);

		if (IS_ERR(task))
			return PTR_ERR(task);
		w->task = get_task_struct(task);
		kthread_bind(task, cpu);
		cpu = cpumask_next(cpu, cpu_online_mask);
		if (cpu >= nr_cpu_ids)
			cpu = cpumask_first(cpu_online_mask);
	}
	return 0;
}

static void run_workers(struct run *run, char *line, size_t size)
{
	u64 wall, ticks, cpu;
	unsigned int t;

	for (t = 0; t < run->load->threads; t++)
		wake_up_process(run->workers[t].task);
	wall = ktime_get_ns();
	ticks = bench_ticks();
	cpu = bench_cputime();
	complete_all(&run->go);
	wait_for_completion(&run->finished);
	cpu = bench_cputime() - cpu;
	ticks = bench_ticks() - ticks;
	wall = ktime_get_ns() - wall;
	describe(run, wall, ticks, cpu, line, size);
}

int load_run(const struct load *load, char *line, size_t size)
{
	struct run *run = kzalloc(sizeof(*run), GFP_KERNEL);
	unsigned int t;
	int err;

	if (!run)
		return -ENOMEM;
	run->load = load;
	init_completion(&run->go);
	init_completion(&run->finished);
	atomic_set(&run->running, load->threads);

	err = start_workers(run);
	if (!err)
		run_workers(run, line, size);
	for (t = 0; t < load->threads; t++) {
		struct worker *w = &run->workers[t];

		/* Waits until it has left this module's code, or never lets it in. */
		if (w->task) {
			kthread_stop(w->task);
			put_task_struct(w->task);
		}
		free_worker(w, load);
	}
	kfree(run);
	return err;
}

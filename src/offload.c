// SPDX-License-Identifier: GPL-2.0
/*
 * Compression off kswapd.
 *
 * kswapd is one thread a node, and on a compressed disk most of its time goes
 * into compressing.  Here its swap writes are queued, for workers that run
 * beside it.  Everybody else compresses in its own time anyway, and isn't
 * waited for by anybody but itself.
 *
 * Progress doesn't rest on the workers.  The lane knows when a worker is due to
 * take something, and what a page takes: measured, each time one is written.
 * When nobody has come by the time in which the submitter could have written
 * all that is queued itself, the workers are late.  kswapd then does its own
 * work, and every submitter, of whatever bio, takes the oldest entry and
 * carries it out first, a reader unless it is a huge page.  Hence a machine
 * without a CPU to spare is as fast as without the queue, and kswapd may as well
 * be asleep.
 *
 * Each memory node has a lane with workers of its own; all of them share the
 * bound on pages.
 *
 * A lane's lock is held to put in and take out, never while a bio is carried
 * out.  With a bio's end its disk may be closed and reset, so that whoever
 * touches a lane after that is known to it: a worker, which is waited for, or
 * one of @inline_running.
 */
#include <linux/atomic.h>
#include <linux/bio.h>
#include <linux/bits.h>
#include <linux/blk_types.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/highmem.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/nodemask.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/swap.h>
#include <linux/topology.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <zram2/offload.h>
#include <zram2/pattern.h>
#include <zram2/trace.h>

/* For so many queued pages more, one more worker: kswapd's batch. */
#define PAGES_A_WORKER	SWAP_CLUSTER_MAX

/* The largest entry that a reader carries out for others, in pages. */
#define HELP_PAGES	SWAP_CLUSTER_MAX

/*
 * A worker that finds nothing stays so long, in microseconds, before it looks
 * for the last time.  A fast algorithm is through with a page before the next one
 * comes; woken for each, it would cost kswapd half of what it saves.
 */
#define LINGER_MIN	200
#define LINGER_MAX	300

/*
 * Of a worker, unless the administrator has given the workqueue another.  With
 * the same share of a CPU as kswapd they fall behind it as soon as CPUs are
 * scarce, the queue is full, and kswapd is back to doing it itself; far above it
 * they keep it from running at all.  A workqueue can be told 0 or -20 only.
 */
#define WORKER_NICE	-5

/*
 * Of a new sample, this part comes into the average: 1 / 8.  One that is out of
 * all proportion, such as that of a virtual machine that lost its CPU for a while,
 * counts as twice the average: entries would be late too late.
 */
#define SAMPLE_SHIFT	3

/* The average never falls below what it can grow from again, in nanoseconds. */
#define SAMPLE_MIN	BIT(SAMPLE_SHIFT)

/**
 * struct entry - a bio in the queue
 * @bio: it
 * @queued: since when
 * @pages: how large
 */
struct entry {
	struct bio *bio;
	u64 queued;
	unsigned int pages;
};

/**
 * struct worker - one of a lane's
 * @work: it, on the workqueue
 * @lane: whose
 * @next: another idle one; under the lane's lock
 */
struct worker {
	struct work_struct work;
	struct lane *lane;
	struct worker *next;
};

/**
 * struct lane - the queue of a node
 * @offload: whose
 * @lock: protects what follows
 * @gone: woken when @inline_running falls to zero
 * @first: index of the oldest entry
 * @nr: entries
 * @pages: in them
 * @idle: workers that are neither woken nor at work
 * @active: how many are; not zero when there are entries
 * @due: when one of them should take an entry, or have finished one; the last of
 *	them counts
 * @running: pages that workers have taken and not yet written
 * @inline_running: submitters that carry out their own bio and will come back
 * @stats: all but @pending
 * @ring: the entries; each has a page at the least
 * @workers: all of them
 */
struct lane {
	struct z2_offload *offload;

	spinlock_t lock ____cacheline_aligned_in_smp;	/* protects what follows */
	wait_queue_head_t gone;
	unsigned int first;
	unsigned int nr;
	unsigned int pages;
	struct worker *idle;
	unsigned int active;
	u64 due;
	unsigned int running;
	unsigned int inline_running;
	struct z2_offload_stats stats;
	struct entry ring[Z2_OFFLOAD_QUEUE_PAGES];
	struct worker workers[];
};

/**
 * struct z2_offload - the queue of a device
 * @name: of the disk; fixed
 * @ops: what carries out a bio; fixed
 * @ctx: for it; fixed
 * @threads: workers of a lane; fixed
 * @pages: in all lanes
 * @lanes: by node, NULL for those that there can't be; fixed
 */
struct z2_offload {
	const char *name;
	const struct z2_offload_ops *ops;
	void *ctx;
	unsigned int threads;
	atomic_t pages;
	struct lane *lanes[];
};

/* One for all devices. */
static struct workqueue_struct *queue;

static unsigned int bio_pages(const struct bio *bio)
{
	return DIV_ROUND_UP(bio->bi_iter.bi_size, PAGE_SIZE);
}

static bool same_filled(struct bio *bio)
{
	struct bvec_iter iter;
	struct bio_vec bv;

	bio_for_each_segment(bv, bio, iter) {
		unsigned long fill;
		void *src;
		bool same;

		if (bv.bv_len != PAGE_SIZE)
			return false;
		src = kmap_local_page(bv.bv_page);
		same = z2_pattern_find(src, &fill);
		kunmap_local(src);
		if (!same)
			return false;
	}
	return true;
}

/* With the lane's lock: could all that is queued, and so much more, be done? */
static bool late(const struct lane *lane, unsigned int more, u64 now)
{
	s64 waited = now - lane->due;
	s64 grace = (lane->pages + more) * lane->stats.page_ns;

	return lane->active && waited > grace;
}

/* With the lane's lock. */
static bool take(struct lane *lane, struct entry *entry, u64 now, const char *by)
{
	u64 waited;

	if (!lane->nr)
		return false;
	*entry = lane->ring[lane->first];
	lane->first = (lane->first + 1) % Z2_OFFLOAD_QUEUE_PAGES;
	WRITE_ONCE(lane->nr, lane->nr - 1);
	lane->pages -= entry->pages;
	atomic_sub(entry->pages, &lane->offload->pages);

	/* Clocks of two CPUs may disagree. */
	waited = max_t(s64, now - entry->queued, 0);
	lane->stats.queue_ns += waited;
	lane->stats.longest_ns = max(lane->stats.longest_ns, waited);
	trace_zram2_offload_take(lane->offload->name, by, entry->pages, waited);
	return true;
}

/*
 * With the lane's lock.  What was interrupted by another task says what a page
 * takes at most: enough to begin with, and where it is less than was thought.
 */
static void learn(struct lane *lane, u64 sample, bool interrupted)
{
	u64 mean = lane->stats.page_ns;

	if (interrupted && mean && sample >= mean)
		return;
	if (mean)
		sample = mean + (min(sample, 2 * mean) >> SAMPLE_SHIFT) - (mean >> SAMPLE_SHIFT);
	/* Zero means not known. */
	lane->stats.page_ns = max_t(u64, sample, SAMPLE_MIN);
}

/* With the lane's lock, which is dropped for the time. */
static void run(struct lane *lane, struct bio *bio, unsigned int pages, u64 start)
	__releases(&lane->lock) __acquires(&lane->lock)
{
	const struct z2_offload *offload = lane->offload;
	unsigned long switches = current->nvcsw + current->nivcsw;
	u64 sample;

	spin_unlock(&lane->lock);
	offload->ops->run(offload->ctx, bio);
	/* Clocks of two CPUs may disagree. */
	sample = div_u64(max_t(s64, offload->ops->now() - start, 0), pages);
	spin_lock(&lane->lock);
	learn(lane, sample, switches != current->nvcsw + current->nivcsw);
}

/*
 * With the lane's lock, by a worker for itself.  Another one may be busy with a
 * huge page, and due later.
 */
static void set_due(struct lane *lane, u64 due)
{
	lane->due = lane->active > 1 ? max(lane->due, due) : due;
}

/* With the lane's lock: take and carry out, until there is nothing left. */
static bool work_off(struct lane *lane)
{
	u64 (*clock)(void) = lane->offload->ops->now;
	bool any = false;
	struct entry entry;
	u64 now;

	while (now = clock(), take(lane, &entry, now, "worker")) {
		set_due(lane, now + entry.pages * lane->stats.page_ns);
		lane->running += entry.pages;
		run(lane, entry.bio, entry.pages, now);
		lane->running -= entry.pages;
		lane->stats.completed += entry.pages;
		any = true;
		cond_resched_lock(&lane->lock);
	}
	set_due(lane, now + LINGER_MAX * NSEC_PER_USEC);
	return any;
}

/* The threads of a workqueue are shared: it must be undone. */
static bool hurry(void)
{
	if (task_nice(current))
		return false;
	set_user_nice(current, WORKER_NICE);
	return true;
}

/*
 * kswapd may dip into the reserves, for it is about to free memory, and must not
 * begin to reclaim on its own behalf.  The same goes for who works for it: a
 * worker that waits for memory holds what kswapd would free.
 */
static void offload_work(struct work_struct *work)
{
	struct worker *worker = container_of(work, struct worker, work);
	struct lane *lane = worker->lane;
	unsigned int flags = memalloc_noreclaim_save();
	bool renice = hurry();

	spin_lock(&lane->lock);
	while (work_off(lane)) {
		spin_unlock(&lane->lock);
		usleep_range(LINGER_MIN, LINGER_MAX);
		spin_lock(&lane->lock);
	}
	worker->next = lane->idle;
	lane->idle = worker;
	lane->active--;
	spin_unlock(&lane->lock);
	if (renice)
		set_user_nice(current, 0);
	memalloc_noreclaim_restore(flags);
}

/* With the lane's lock: carry out what others should have.  Counted as taken. */
static bool run_oldest(struct lane *lane, u64 now)
{
	struct entry entry;
	unsigned int flags;

	if (!take(lane, &entry, now, "submitter"))
		return false;
	flags = memalloc_noreclaim_save();
	run(lane, entry.bio, entry.pages, now);
	memalloc_noreclaim_restore(flags);
	lane->stats.taken += entry.pages;
	return true;
}

/*
 * Who writes has some of that work to do anyway; who waits for a page to be read
 * can spare the time for a few pages, not for a huge one.
 */
static void help_if_late(struct lane *lane, bool reads)
{
	u64 now;

	spin_lock(&lane->lock);
	now = lane->offload->ops->now();
	if (late(lane, 0, now) &&
	    !(reads && lane->nr && lane->ring[lane->first].pages > HELP_PAGES))
		run_oldest(lane, now);
	spin_unlock(&lane->lock);
}

/*
 * With the lane's lock: one worker to begin with, and one for each so many pages,
 * those of a huge page that one has in hand included.
 */
static void wake_worker(struct lane *lane, u64 now)
{
	struct worker *worker = lane->idle;

	if (!worker || lane->pages + lane->running < lane->active * PAGES_A_WORKER)
		return;
	lane->idle = worker->next;
	if (!lane->active++)
		lane->due = now;
	lane->stats.wakeups++;
	queue_work(queue, &worker->work);
}

/* Room for a bio; one that is larger than all there is has it for itself. */
static bool reserve(struct z2_offload *offload, unsigned int pages)
{
	unsigned int sum = atomic_add_return(pages, &offload->pages);

	if (sum <= Z2_OFFLOAD_QUEUE_PAGES || sum == pages)
		return true;
	atomic_sub(pages, &offload->pages);
	return false;
}

static void trace(const struct lane *lane, const char *how, unsigned int pages)
{
	trace_zram2_offload(lane->offload->name, how, pages, lane->pages);
}

/* With the lane's lock: counted where it belongs, is it in the queue now? */
static bool try_to_queue(struct lane *lane, struct bio *bio, unsigned int pages, u64 now)
{
	if (!lane->stats.page_ns) {
		lane->stats.inline_first += pages;
		trace(lane, "first", pages);
		return false;
	}
	if (late(lane, pages, now)) {
		lane->stats.inline_late += pages;
		trace(lane, "late", pages);
		return false;
	}
	if (!reserve(lane->offload, pages)) {
		lane->stats.inline_full += pages;
		trace(lane, "full", pages);
		return false;
	}

	lane->ring[(lane->first + lane->nr) % Z2_OFFLOAD_QUEUE_PAGES] = (struct entry){
		.bio = bio,
		.queued = now,
		.pages = pages,
	};
	WRITE_ONCE(lane->nr, lane->nr + 1);
	lane->pages += pages;
	lane->stats.queued += pages;
	lane->stats.deepest = max_t(u64, lane->stats.deepest, lane->pages);
	trace(lane, "queued", pages);
	wake_worker(lane, now);
	return true;
}

static void submit_to(struct lane *lane, struct bio *bio)
{
	unsigned int pages = bio_pages(bio);
	u64 now;

	spin_lock(&lane->lock);
	now = lane->offload->ops->now();
	if (!try_to_queue(lane, bio, pages, now)) {
		WRITE_ONCE(lane->inline_running, lane->inline_running + 1);
		run(lane, bio, pages, now);
		WRITE_ONCE(lane->inline_running, lane->inline_running - 1);
		if (!lane->inline_running)
			wake_up(&lane->gone);
	}
	spin_unlock(&lane->lock);
}

static bool wanted(const struct bio *bio)
{
	return current_is_kswapd() && bio_op(bio) == REQ_OP_WRITE && bio->bi_opf & REQ_SWAP &&
	       bio->bi_iter.bi_size;
}

/**
 * z2_offload_submit() - carry out a bio, here or elsewhere
 * @offload: the queue
 * @bio: any bio; ended when it is done, which may be later
 *
 * Context: process, may sleep, doesn't wait for I/O; fit for reclaim.  Takes the
 * lane's lock, not while a bio is carried out.
 */
void z2_offload_submit(struct z2_offload *offload, struct bio *bio)
{
	struct lane *lane;
	unsigned int i;

	for (i = 0; i < nr_node_ids; i++) {
		lane = offload->lanes[i];
		if (lane && READ_ONCE(lane->nr))
			help_if_late(lane, bio_op(bio) == REQ_OP_READ);
	}

	if (!wanted(bio)) {
		offload->ops->run(offload->ctx, bio);
		return;
	}
	lane = offload->lanes[numa_node_id()];
	if (same_filled(bio)) {
		spin_lock(&lane->lock);
		lane->stats.inline_same += bio_pages(bio);
		trace(lane, "same", bio_pages(bio));
		spin_unlock(&lane->lock);
		offload->ops->run(offload->ctx, bio);
		return;
	}
	submit_to(lane, bio);
}

/**
 * z2_offload_stats() - what became of kswapd's swap writes
 * @offload: the queue
 *
 * Context: process or atomic, not hard IRQ.
 * Return: the sum over all nodes; of @deepest, @longest_ns and @page_ns the
 * largest.
 */
struct z2_offload_stats z2_offload_stats(struct z2_offload *offload)
{
	struct z2_offload_stats sum = { .pending = atomic_read(&offload->pages) };
	unsigned int i;

	for (i = 0; i < nr_node_ids; i++) {
		struct lane *lane = offload->lanes[i];
		const struct z2_offload_stats *s;

		if (!lane)
			continue;
		s = &lane->stats;
		spin_lock(&lane->lock);
		sum.queued += s->queued;
		sum.completed += s->completed;
		sum.taken += s->taken;
		sum.inline_same += s->inline_same;
		sum.inline_full += s->inline_full;
		sum.inline_late += s->inline_late;
		sum.inline_first += s->inline_first;
		sum.wakeups += s->wakeups;
		sum.queue_ns += s->queue_ns;
		sum.deepest = max(sum.deepest, s->deepest);
		sum.longest_ns = max(sum.longest_ns, s->longest_ns);
		sum.page_ns = max(sum.page_ns, s->page_ns);
		spin_unlock(&lane->lock);
	}
	return sum;
}

static struct lane *create_lane(struct z2_offload *offload, int nid)
{
	struct lane *lane = kzalloc_node(struct_size(lane, workers, offload->threads),
					 GFP_KERNEL, nid);
	unsigned int i;

	if (!lane)
		return NULL;
	lane->offload = offload;
	spin_lock_init(&lane->lock);
	init_waitqueue_head(&lane->gone);
	for (i = 0; i < offload->threads; i++) {
		struct worker *worker = &lane->workers[i];

		INIT_WORK(&worker->work, offload_work);
		worker->lane = lane;
		worker->next = lane->idle;
		lane->idle = worker;
	}
	return lane;
}

/* Nothing new comes: do what is queued, wait for what is being done. */
static void stop_lane(struct lane *lane)
{
	unsigned int i;

	spin_lock(&lane->lock);
	while (run_oldest(lane, lane->offload->ops->now()))
		cond_resched_lock(&lane->lock);
	spin_unlock(&lane->lock);
	for (i = 0; i < lane->offload->threads; i++)
		cancel_work_sync(&lane->workers[i].work);

	/* Who woke us may still hold the lock. */
	wait_event(lane->gone, !READ_ONCE(lane->inline_running));
	spin_lock(&lane->lock);
	spin_unlock(&lane->lock);
}

/**
 * z2_offload_destroy() - carry out what is queued, and stop
 * @offload: the queue, to which nothing is submitted any more; NULL is fine
 *
 * Context: process; sleeps until all queued bios have been carried out.
 */
void z2_offload_destroy(struct z2_offload *offload)
{
	unsigned int i;

	if (!offload)
		return;
	for (i = 0; i < nr_node_ids; i++) {
		if (!offload->lanes[i])
			continue;
		stop_lane(offload->lanes[i]);
		kfree(offload->lanes[i]);
	}
	kfree(offload);
}

/**
 * z2_offload_create() - a queue for a device
 * @name: of the disk; must last
 * @ops: what carries out a bio; must last
 * @ctx: handed to it
 * @threads: workers for each memory node, 1 to Z2_OFFLOAD_THREADS_MAX
 *
 * Context: process, may sleep.
 * Return: the queue, or ERR_PTR(-ENOMEM).
 */
struct z2_offload *z2_offload_create(const char *name, const struct z2_offload_ops *ops,
				     void *ctx, unsigned int threads)
{
	struct z2_offload *offload = kzalloc(struct_size(offload, lanes, nr_node_ids), GFP_KERNEL);
	int nid;

	if (!offload)
		return ERR_PTR(-ENOMEM);
	offload->name = name;
	offload->ops = ops;
	offload->ctx = ctx;
	offload->threads = threads;
	for_each_node(nid) {
		offload->lanes[nid] = create_lane(offload, nid);
		if (!offload->lanes[nid]) {
			z2_offload_destroy(offload);
			return ERR_PTR(-ENOMEM);
		}
	}
	return offload;
}

/**
 * z2_offload_init() - make the workqueue
 * @name: of it, in /sys/devices/virtual/workqueue, where its CPUs and its nice
 *	value can be set
 *
 * It isn't freezable: what is swapped out while the system goes to sleep must
 * get there.  Being fit for reclaim it has a thread of its own for when no
 * other can be made.
 *
 * Context: process, at module init.
 * Return: 0 or -ENOMEM.
 */
int z2_offload_init(const char *name)
{
	queue = alloc_workqueue("%s", WQ_MEM_RECLAIM | WQ_UNBOUND | WQ_SYSFS, 0, name);
	return queue ? 0 : -ENOMEM;
}

/**
 * z2_offload_exit() - undo z2_offload_init(), when no queue is left
 */
void z2_offload_exit(void)
{
	destroy_workqueue(queue);
}

// SPDX-License-Identifier: GPL-2.0
#include <kunit/test.h>
#include <linux/atomic.h>
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/bvec.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/swap.h>

#include <zram2/codec.h>
#include <zram2/device.h>
#include <zram2/gc.h>
#include <zram2/io.h>
#include <zram2/lifecycle.h>
#include <zram2/offload.h>
#include <zram2/page.h>
#include <zram2/stats.h>

#include "fixture.h"

/* Of the fake clock, for a page; a multiple of 8. */
#define COST		1000
#define QUEUE		Z2_OFFLOAD_QUEUE_PAGES
#define ITEMS		(2 * QUEUE)
#define FOLIO_MAX	(QUEUE + 44)
#define SECTORS		(PAGE_SIZE >> SECTOR_SHIFT)

/**
 * struct item - a bio and what became of it
 * @t: the test
 * @bio: it
 * @vecs: its pages
 * @ended: how often it ended
 * @order: when it was carried out: 1 for the first
 * @by: who did it
 * @noreclaim: might that task have dipped into the reserves?
 * @status: how it ended
 */
struct item {
	struct offload_test *t;
	struct bio bio;
	struct bio_vec *vecs;
	atomic_t ended;
	int order;
	struct task_struct *by;
	bool noreclaim;
	blk_status_t status;
};

/**
 * struct offload_test - what the tests share
 * @test: the test
 * @offload: under test
 * @dev: what @offload writes to, if not nowhere
 * @text: a page that isn't same-filled
 * @zero: one that is
 * @items: bios
 * @cost: of the fake clock, for a page
 * @shut: workers wait for @gate before they carry out what they took
 * @held: likewise, but only with this one
 * @nap: carrying out a bio is interrupted by other tasks
 * @fail: allocations of workers fail
 * @waiting: workers that do
 * @gate: opened to let them go on
 * @seq: bios carried out
 * @ended: bios ended
 */
struct offload_test {
	struct kunit *test;
	struct z2_offload *offload;
	struct z2_device *dev;
	struct page *text;
	struct page *zero;
	struct item *items;
	u64 cost;
	bool shut;
	struct item *held;
	bool nap;
	bool fail;
	atomic_t waiting;
	struct completion gate;
	atomic_t seq;
	atomic_t ended;
};

static atomic64_t clock;

static u64 now(void)
{
	return atomic64_read(&clock);
}

static bool in_worker(void)
{
	return current->flags & PF_WQ_WORKER;
}

static void end_item(struct bio *bio)
{
	struct item *item = bio->bi_private;

	item->status = bio->bi_status;
	atomic_inc(&item->ended);
	atomic_inc(&item->t->ended);
}

static void run(void *ctx, struct bio *bio)
{
	struct offload_test *t = ctx;
	struct item *item = bio->bi_private;

	if (t->nap)
		usleep_range(500, 1000);
	if (in_worker() && (READ_ONCE(t->shut) || READ_ONCE(t->held) == item)) {
		atomic_inc(&t->waiting);
		wait_for_completion(&t->gate);
	}
	item->order = atomic_inc_return(&t->seq);
	item->by = current;
	item->noreclaim = current->flags & PF_MEMALLOC;
	atomic64_add(t->cost * DIV_ROUND_UP(bio->bi_iter.bi_size, PAGE_SIZE), &clock);
	if (!t->dev) {
		bio_endio(bio);
		return;
	}
	if (READ_ONCE(t->fail) && in_worker())
		z2t_fault_arm(1, true);
	z2_io_execute(t->dev, bio);
	z2t_fault_disarm();
}

static const struct z2_offload_ops ops = { .run = run, .now = now };

static void destroy_offload(void *arg)
{
	struct offload_test *t = arg;

	complete_all(&t->gate);
	z2_offload_destroy(t->offload);
	t->offload = NULL;
}

/* A test's own, with so many threads. */
static struct offload_test *make(struct kunit *test, unsigned int threads)
{
	struct offload_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	t->test = test;
	t->cost = COST;
	init_completion(&t->gate);
	t->text = z2t_page_alloc(test, 0);
	t->zero = z2t_page_alloc(test, 0);
	z2t_fill(page_address(t->text), PAGE_SIZE, Z2T_TEXT, 1);
	t->items = kunit_kcalloc(test, ITEMS, sizeof(*t->items), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->items);
	t->offload = z2_offload_create("z2kunit", &ops, t, threads);
	KUNIT_ASSERT_FALSE(test, IS_ERR(t->offload));
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, destroy_offload, t), 0);
	return t;
}

/* Item @i anew, of so many pages; @last is the last of them, @page the others. */
static struct item *prepare(struct offload_test *t, unsigned int i, blk_opf_t opf,
			    struct page *page, unsigned int pages, struct page *last)
{
	struct item *item = &t->items[i];
	unsigned int n;

	item->t = t;
	if (!item->vecs)
		item->vecs = kunit_kcalloc(t->test, pages, sizeof(*item->vecs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(t->test, item->vecs);
	atomic_set(&item->ended, 0);
	item->order = 0;
	item->by = NULL;
	bio_init(&item->bio, t->dev ? t->dev->disk->part0 : NULL, item->vecs, pages, opf);
	item->bio.bi_private = item;
	item->bio.bi_end_io = end_item;
	for (n = 0; n < pages; n++)
		__bio_add_page(&item->bio, n == pages - 1 ? last : page, PAGE_SIZE, 0);
	return item;
}

static void submit(struct offload_test *t, struct item *item, bool as_kswapd)
{
	if (as_kswapd)
		current->flags |= PF_KSWAPD;
	z2_offload_submit(t->offload, &item->bio);
	if (as_kswapd)
		current->flags &= ~PF_KSWAPD;
}

/* A swap write of kswapd's that doesn't end at once, if all goes well. */
static struct item *swap_out(struct offload_test *t, unsigned int i)
{
	struct item *item = prepare(t, i, REQ_OP_WRITE | REQ_SWAP, t->text, 1, t->text);

	submit(t, item, true);
	return item;
}

/* Anything else that comes to the disk. */
static void pass_by(struct offload_test *t)
{
	struct item *item = prepare(t, ITEMS - 1, REQ_OP_READ, t->text, 1, t->text);

	submit(t, item, false);
	KUNIT_EXPECT_EQ(t->test, atomic_read(&item->ended), 1);
	KUNIT_EXPECT_PTR_EQ(t->test, item->by, current);
}

static bool wait_for(const atomic_t *what, int value)
{
	unsigned int ms;

	for (ms = 0; ms < Z2T_PATIENCE_MS && atomic_read(what) < value; ms += 2)
		usleep_range(1000, 2000);
	return atomic_read(what) >= value;
}

static bool wait_idle(struct offload_test *t)
{
	struct z2_offload_stats s;
	unsigned int ms;

	for (ms = 0; ms < Z2T_PATIENCE_MS; ms += 2) {
		s = z2_offload_stats(t->offload);
		if (s.queued == s.completed + s.taken)
			return true;
		usleep_range(1000, 2000);
	}
	return false;
}

/* Until it is known what a page takes, bios are done inline. */
static void learn(struct offload_test *t)
{
	struct item *item = swap_out(t, ITEMS - 2);

	KUNIT_ASSERT_EQ(t->test, atomic_read(&item->ended), 1);
	KUNIT_ASSERT_EQ(t->test, z2_offload_stats(t->offload).page_ns, t->cost);
	KUNIT_ASSERT_EQ(t->test, z2_offload_stats(t->offload).inline_first, 1);
	atomic_set(&t->ended, 0);
	atomic_set(&t->seq, 0);
}

/* A worker has taken item 0 and isn't seen again until the gate opens. */
static void stall(struct offload_test *t)
{
	learn(t);
	WRITE_ONCE(t->shut, true);
	swap_out(t, 0);
	KUNIT_ASSERT_TRUE(t->test, wait_for(&t->waiting, 1));
	KUNIT_ASSERT_EQ(t->test, z2_offload_stats(t->offload).pending, 0);
}

static void resume(struct offload_test *t)
{
	WRITE_ONCE(t->shut, false);
	complete_all(&t->gate);
}

/* What isn't kswapd's, or isn't swap, or isn't a write. */
static void offload_only_kswapd(struct kunit *test)
{
	static const struct {
		blk_opf_t opf;
		bool kswapd;
	} cases[] = {
		{ REQ_OP_WRITE | REQ_SWAP, false },
		{ REQ_OP_WRITE, true },
		{ REQ_OP_READ | REQ_SWAP, true },
		{ REQ_OP_DISCARD | REQ_SWAP, true },
		{ REQ_OP_WRITE, false },
		{ REQ_OP_READ, false },
	};
	struct offload_test *t = make(test, 1);
	unsigned int i;

	learn(t);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		struct item *item = prepare(t, i, cases[i].opf, t->text, 1, t->text);

		submit(t, item, cases[i].kswapd);
		KUNIT_EXPECT_EQ(test, atomic_read(&item->ended), 1);
		KUNIT_EXPECT_PTR_EQ(test, item->by, current);
	}
	KUNIT_EXPECT_EQ(test, z2_offload_stats(t->offload).queued, 0);
}

static void offload_runs_elsewhere(struct kunit *test)
{
	struct offload_test *t = make(test, 1);
	struct z2_offload_stats s;
	struct item *item;

	learn(t);
	item = swap_out(t, 0);
	KUNIT_ASSERT_TRUE(test, wait_for(&t->ended, 1));
	KUNIT_EXPECT_EQ(test, atomic_read(&item->ended), 1);
	KUNIT_EXPECT_PTR_NE(test, item->by, current);
	KUNIT_EXPECT_TRUE(test, item->noreclaim);
	KUNIT_ASSERT_TRUE(test, wait_idle(t));
	s = z2_offload_stats(t->offload);
	KUNIT_EXPECT_EQ(test, s.queued, 1);
	KUNIT_EXPECT_EQ(test, s.completed, 1);
	KUNIT_EXPECT_EQ(test, s.pending, 0);
	KUNIT_EXPECT_EQ(test, s.deepest, 1);
	KUNIT_EXPECT_EQ(test, s.wakeups, 1);
	KUNIT_EXPECT_EQ(test, s.inline_late + s.inline_full + s.inline_same + s.taken, 0);
}

static void offload_same_filled(struct kunit *test)
{
	struct offload_test *t = make(test, 1);
	struct item *item;

	learn(t);
	item = prepare(t, 0, REQ_OP_WRITE | REQ_SWAP, t->zero, 1, t->zero);
	submit(t, item, true);
	KUNIT_EXPECT_PTR_EQ(test, item->by, current);
	KUNIT_EXPECT_EQ(test, z2_offload_stats(t->offload).inline_same, 1);

	item = prepare(t, 1, REQ_OP_WRITE | REQ_SWAP, t->zero, 16, t->zero);
	submit(t, item, true);
	KUNIT_EXPECT_PTR_EQ(test, item->by, current);
	KUNIT_EXPECT_EQ(test, z2_offload_stats(t->offload).inline_same, 17);
	KUNIT_EXPECT_EQ(test, z2_offload_stats(t->offload).queued, 0);

	/* One page that isn't makes a difference; all of it is one item. */
	item = prepare(t, 2, REQ_OP_WRITE | REQ_SWAP, t->zero, 16, t->text);
	submit(t, item, true);
	KUNIT_ASSERT_TRUE(test, wait_for(&item->ended, 1));
	KUNIT_EXPECT_PTR_NE(test, item->by, current);
	KUNIT_EXPECT_EQ(test, z2_offload_stats(t->offload).queued, 16);
	KUNIT_EXPECT_EQ(test, z2_offload_stats(t->offload).inline_same, 17);
}

/* As many as fit, and no more; in order, each once. */
static void offload_full(struct kunit *test)
{
	struct offload_test *t = make(test, 1);
	struct z2_offload_stats s;
	struct item *item;
	unsigned int i;

	stall(t);
	for (i = 1; i <= QUEUE; i++)
		swap_out(t, i);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->ended), 0);
	KUNIT_EXPECT_EQ(test, z2_offload_stats(t->offload).pending, QUEUE);
	KUNIT_EXPECT_EQ(test, z2_offload_stats(t->offload).wakeups, 1);

	item = swap_out(t, i);
	KUNIT_EXPECT_EQ(test, atomic_read(&item->ended), 1);
	KUNIT_EXPECT_PTR_EQ(test, item->by, current);
	KUNIT_EXPECT_EQ(test, item->order, 1);
	KUNIT_EXPECT_EQ(test, z2_offload_stats(t->offload).inline_full, 1);

	resume(t);
	KUNIT_ASSERT_TRUE(test, wait_for(&t->ended, QUEUE + 2));
	KUNIT_ASSERT_TRUE(test, wait_idle(t));
	for (i = 0; i <= QUEUE; i++) {
		KUNIT_EXPECT_EQ(test, atomic_read(&t->items[i].ended), 1);
		KUNIT_EXPECT_EQ(test, t->items[i].order, i + 2);
		KUNIT_EXPECT_PTR_NE(test, t->items[i].by, current);
	}
	s = z2_offload_stats(t->offload);
	KUNIT_EXPECT_EQ(test, s.deepest, QUEUE);
	KUNIT_EXPECT_EQ(test, s.queued, QUEUE + 1);
	KUNIT_EXPECT_EQ(test, s.completed, QUEUE + 1);
	KUNIT_EXPECT_EQ(test, s.taken, 0);

	/* Room again. */
	item = swap_out(t, 0);
	KUNIT_ASSERT_TRUE(test, wait_for(&item->ended, 1));
	KUNIT_EXPECT_PTR_NE(test, item->by, current);
}

/* Pages count, not bios; and what is larger than the queue has it for itself. */
static void offload_folios(struct kunit *test)
{
	struct offload_test *t = make(test, 1);
	const blk_opf_t opf = REQ_OP_WRITE | REQ_SWAP;
	struct item *huge, *second, *small;

	stall(t);
	huge = prepare(t, 1, opf, t->text, FOLIO_MAX, t->text);
	submit(t, huge, true);
	KUNIT_EXPECT_EQ(test, atomic_read(&huge->ended), 0);
	KUNIT_EXPECT_EQ(test, z2_offload_stats(t->offload).pending, FOLIO_MAX);
	small = swap_out(t, 2);
	KUNIT_EXPECT_EQ(test, atomic_read(&small->ended), 1);
	resume(t);
	KUNIT_ASSERT_TRUE(test, wait_for(&huge->ended, 1));
	KUNIT_ASSERT_TRUE(test, wait_idle(t));
	KUNIT_EXPECT_EQ(test, z2_offload_stats(t->offload).inline_full, 1);

	reinit_completion(&t->gate);
	atomic_set(&t->waiting, 0);
	WRITE_ONCE(t->shut, true);
	swap_out(t, 0);
	KUNIT_ASSERT_TRUE(test, wait_for(&t->waiting, 1));
	small = swap_out(t, 3);
	KUNIT_EXPECT_EQ(test, atomic_read(&small->ended), 0);
	second = prepare(t, 4, opf, t->text, QUEUE - 1, t->text);
	submit(t, second, true);
	KUNIT_EXPECT_EQ(test, atomic_read(&second->ended), 0);
	KUNIT_EXPECT_EQ(test, z2_offload_stats(t->offload).pending, QUEUE);
	/* Neither one page more nor one that is too large. */
	small = swap_out(t, 5);
	KUNIT_EXPECT_EQ(test, atomic_read(&small->ended), 1);
	submit(t, prepare(t, 1, opf, t->text, FOLIO_MAX, t->text), true);
	KUNIT_EXPECT_EQ(test, atomic_read(&huge->ended), 1);
	resume(t);
	KUNIT_ASSERT_TRUE(test, wait_for(&second->ended, 1));
}

/* Nobody comes: whoever passes by does the oldest, but not before it is late. */
static void offload_stalled(struct kunit *test)
{
	struct offload_test *t = make(test, 1);
	struct z2_offload_stats s;
	struct item *item;
	unsigned int i;

	stall(t);
	for (i = 1; i <= 4; i++)
		swap_out(t, i);
	/* The worker's own, and what it would take to do the four. */
	atomic64_add(COST + 4 * COST, &clock);
	pass_by(t);
	KUNIT_EXPECT_EQ(test, z2_offload_stats(t->offload).taken, 0);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->ended), 1);

	/* That was a page's time more. */
	for (i = 1; i <= 2; i++) {
		pass_by(t);
		KUNIT_EXPECT_EQ(test, z2_offload_stats(t->offload).taken, i);
		KUNIT_EXPECT_EQ(test, atomic_read(&t->items[i].ended), 1);
		KUNIT_EXPECT_PTR_EQ(test, t->items[i].by, current);
		KUNIT_EXPECT_TRUE(test, t->items[i].noreclaim);
		KUNIT_EXPECT_EQ(test, atomic_read(&t->items[i + 1].ended), 0);
	}
	KUNIT_EXPECT_FALSE_MSG(test, current->flags & PF_MEMALLOC, "that is given back");

	/* kswapd helps as well, and does its own work itself. */
	item = swap_out(t, 5);
	KUNIT_EXPECT_EQ(test, atomic_read(&item->ended), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->items[3].ended), 1);
	KUNIT_EXPECT_LT(test, t->items[3].order, item->order);
	s = z2_offload_stats(t->offload);
	KUNIT_EXPECT_EQ(test, s.inline_late, 1);
	KUNIT_EXPECT_EQ(test, s.taken, 3);

	/* With an empty queue as well, as long as nobody shows up. */
	pass_by(t);
	KUNIT_EXPECT_EQ(test, z2_offload_stats(t->offload).pending, 0);
	item = swap_out(t, 6);
	KUNIT_EXPECT_EQ(test, atomic_read(&item->ended), 1);
	KUNIT_EXPECT_EQ(test, z2_offload_stats(t->offload).inline_late, 2);

	resume(t);
	KUNIT_ASSERT_TRUE(test, wait_for(&t->items[0].ended, 1));
	KUNIT_ASSERT_TRUE(test, wait_idle(t));
	for (i = 0; i <= 6; i++)
		KUNIT_EXPECT_EQ(test, atomic_read(&t->items[i].ended), 1);
	s = z2_offload_stats(t->offload);
	KUNIT_EXPECT_EQ(test, s.queued, 5);
	KUNIT_EXPECT_EQ(test, s.taken, 4);
	KUNIT_EXPECT_EQ(test, s.completed, 1);
	KUNIT_EXPECT_GE(test, s.longest_ns, 5 * COST);
	KUNIT_EXPECT_GE(test, s.queue_ns, s.longest_ns);
}

/* What a page takes is learned, but not from a single one. */
static void offload_average(struct kunit *test)
{
	struct offload_test *t = make(test, 1);
	unsigned int i;
	u64 before;

	learn(t);
	t->cost = 1000 * COST;
	for (i = 0; i < 1000; i++) {
		struct item *item = swap_out(t, 0);

		before = z2_offload_stats(t->offload).page_ns;
		KUNIT_ASSERT_TRUE(test, wait_for(&item->ended, 1));
		KUNIT_ASSERT_TRUE(test, wait_idle(t));
		KUNIT_ASSERT_LE(test, z2_offload_stats(t->offload).page_ns,
				before + before / 8 + 1);
		if (before > 10 * COST)
			break;
	}
	KUNIT_EXPECT_GT(test, before, 10 * COST);
	t->cost = COST;
	for (i = 0; i < 1000 && before >= 2 * COST; i++) {
		struct item *item = swap_out(t, 0);

		KUNIT_ASSERT_TRUE(test, wait_for(&item->ended, 1));
		KUNIT_ASSERT_TRUE(test, wait_idle(t));
		before = z2_offload_stats(t->offload).page_ns;
	}
	KUNIT_EXPECT_LT(test, before, 2 * COST);
}

/* What was interrupted says what a page takes at most, and nothing more. */
static void offload_interrupted(struct kunit *test)
{
	struct offload_test *t = make(test, 1);
	struct item *item;
	unsigned int i;

	t->nap = true;
	t->cost = 8 * COST;
	learn(t);
	for (i = 0; i < 10; i++) {
		t->cost = i & 1 ? 800 * COST : COST;
		item = swap_out(t, 0);
		KUNIT_ASSERT_TRUE(test, wait_for(&item->ended, 1));
		KUNIT_ASSERT_TRUE(test, wait_idle(t));
	}
	/* Five samples that were lower, an eighth of the difference each. */
	KUNIT_EXPECT_GT(test, z2_offload_stats(t->offload).page_ns, 4 * COST);
	KUNIT_EXPECT_LT(test, z2_offload_stats(t->offload).page_ns, 5 * COST);
}

/* A clock that hadn't ticked yet when the first page was through. */
static void offload_coarse_clock(struct kunit *test)
{
	struct offload_test *t = make(test, 1);
	struct item *item;
	unsigned int i;

	t->cost = 0;
	swap_out(t, 0);
	KUNIT_EXPECT_EQ(test, z2_offload_stats(t->offload).queued, 0);
	KUNIT_EXPECT_LT(test, z2_offload_stats(t->offload).page_ns, COST);
	t->cost = COST;
	for (i = 0; i < 100; i++) {
		item = swap_out(t, 0);
		KUNIT_ASSERT_TRUE(test, wait_for(&item->ended, 1));
		KUNIT_ASSERT_TRUE(test, wait_idle(t));
	}
	KUNIT_EXPECT_GT(test, z2_offload_stats(t->offload).page_ns, COST / 2);
}

/* A reader doesn't compress a huge page for others; who writes does. */
static void offload_late_folio(struct kunit *test)
{
	const blk_opf_t opf = REQ_OP_WRITE | REQ_SWAP;
	struct offload_test *t = make(test, 1);
	struct item *huge, *writer;

	stall(t);
	huge = prepare(t, 1, opf, t->text, QUEUE / 2, t->text);
	submit(t, huge, true);
	atomic64_add(1000 * COST, &clock);
	pass_by(t);
	KUNIT_EXPECT_EQ(test, atomic_read(&huge->ended), 0);
	writer = prepare(t, 2, opf, t->text, 1, t->text);
	submit(t, writer, false);
	KUNIT_EXPECT_EQ(test, atomic_read(&huge->ended), 1);
	KUNIT_EXPECT_PTR_EQ(test, huge->by, current);
	KUNIT_EXPECT_LT(test, huge->order, writer->order);
	resume(t);
	KUNIT_ASSERT_TRUE(test, wait_idle(t));
}

/*
 * A worker that is busy with a huge page isn't late because another one has
 * nothing left to do.
 */
static void offload_one_of_two(struct kunit *test)
{
	struct offload_test *t = make(test, 2);
	struct item *huge, *item;
	unsigned int i;

	t->cost = 100 * COST;
	learn(t);
	huge = prepare(t, 0, REQ_OP_WRITE | REQ_SWAP, t->text, QUEUE / 2, t->text);
	WRITE_ONCE(t->held, huge);
	submit(t, huge, true);
	KUNIT_ASSERT_TRUE(test, wait_for(&t->waiting, 1));
	/* The other one is woken for the first of them. */
	swap_out(t, 1);
	KUNIT_EXPECT_EQ(test, z2_offload_stats(t->offload).wakeups, 2);
	for (i = 2; i <= SWAP_CLUSTER_MAX; i++)
		swap_out(t, i);
	KUNIT_ASSERT_TRUE(test, wait_for(&t->ended, SWAP_CLUSTER_MAX));
	/* It has given up waiting for more. */
	msleep(50);
	atomic64_add(10 * t->cost, &clock);
	item = swap_out(t, i);
	KUNIT_EXPECT_EQ(test, z2_offload_stats(t->offload).inline_late, 0);
	WRITE_ONCE(t->held, NULL);
	complete_all(&t->gate);
	KUNIT_ASSERT_TRUE(test, wait_for(&item->ended, 1));
	KUNIT_EXPECT_PTR_NE(test, item->by, current);
	KUNIT_ASSERT_TRUE(test, wait_idle(t));
}

/* What comes behind a huge page doesn't wait for it as long as a worker is idle. */
static void offload_behind_a_folio(struct kunit *test)
{
	struct offload_test *t = make(test, 2);
	struct item *huge, *item;

	learn(t);
	huge = prepare(t, 0, REQ_OP_WRITE | REQ_SWAP, t->text, QUEUE / 2, t->text);
	WRITE_ONCE(t->held, huge);
	submit(t, huge, true);
	KUNIT_ASSERT_TRUE(test, wait_for(&t->waiting, 1));
	item = swap_out(t, 1);
	KUNIT_EXPECT_TRUE(test, wait_for(&item->ended, 1));
	KUNIT_EXPECT_EQ(test, atomic_read(&huge->ended), 0);
	WRITE_ONCE(t->held, NULL);
	complete_all(&t->gate);
	KUNIT_ASSERT_TRUE(test, wait_for(&huge->ended, 1));
	KUNIT_ASSERT_TRUE(test, wait_idle(t));
}

static void destroy_it(void *arg)
{
	struct offload_test *t = arg;

	z2_offload_destroy(t->offload);
}

/* With a worker at work and a full queue: nothing is lost, all is waited for. */
static void offload_destroy_in_flight(struct kunit *test)
{
	struct offload_test *t = make(test, 1);
	struct z2t_thread *thread;
	unsigned int i;

	stall(t);
	for (i = 1; i <= QUEUE; i++)
		swap_out(t, i);
	kunit_remove_action(test, destroy_offload, t);
	thread = z2t_spawn(test, destroy_it, t);
	KUNIT_EXPECT_TRUE(test, wait_for(&t->ended, QUEUE));
	KUNIT_EXPECT_TRUE_MSG(test, z2t_blocked(thread), "the worker is waited for");
	KUNIT_EXPECT_EQ(test, atomic_read(&t->items[0].ended), 0);
	resume(t);
	KUNIT_ASSERT_TRUE(test, z2t_join(thread));
	for (i = 0; i <= QUEUE; i++)
		KUNIT_EXPECT_EQ(test, atomic_read(&t->items[i].ended), 1);
}

/* More workers when there is more to do. */
static void offload_threads(struct kunit *test)
{
	struct offload_test *t = make(test, 3);
	unsigned int i;

	stall(t);
	for (i = 1; i <= QUEUE / 2; i++)
		swap_out(t, i);
	KUNIT_EXPECT_TRUE(test, wait_for(&t->waiting, 3));
	KUNIT_EXPECT_EQ(test, z2_offload_stats(t->offload).wakeups, 3);
	KUNIT_EXPECT_EQ(test, z2_offload_stats(t->offload).pending, QUEUE / 2 - 2);
	resume(t);
	KUNIT_EXPECT_TRUE(test, wait_for(&t->ended, QUEUE / 2 + 1));
	KUNIT_EXPECT_TRUE(test, wait_idle(t));
	for (i = 0; i <= QUEUE / 2; i++)
		KUNIT_EXPECT_EQ(test, atomic_read(&t->items[i].ended), 1);
}

/* Several kswapds and others, workers that come and go: each bio ends once. */
#define SUBMITTERS	3
#define ROUNDS		40
#define BURST		100

struct submitter {
	struct offload_test *t;
	unsigned int first;
	atomic_t wrong;
	atomic_t ended;
};

static void submit_many(void *arg)
{
	struct submitter *s = arg;
	unsigned int round, i;

	for (round = 0; round < ROUNDS; round++) {
		for (i = 0; i < BURST; i++) {
			struct item *item = &s->t->items[s->first + i];

			atomic_set(&item->ended, 0);
			bio_reset(&item->bio, NULL, REQ_OP_WRITE | REQ_SWAP);
			item->bio.bi_private = item;
			item->bio.bi_end_io = end_item;
			__bio_add_page(&item->bio, s->t->text, PAGE_SIZE, 0);
			submit(s->t, item, i % 10);
		}
		for (i = 0; i < BURST; i++)
			if (!wait_for(&s->t->items[s->first + i].ended, 1))
				atomic_inc(&s->wrong);
		for (i = 0; i < BURST; i++)
			if (atomic_read(&s->t->items[s->first + i].ended) != 1)
				atomic_inc(&s->wrong);
	}
}

static void offload_each_once(struct kunit *test)
{
	struct offload_test *t = make(test, 2);
	struct submitter *s = kunit_kcalloc(test, SUBMITTERS, sizeof(*s), GFP_KERNEL);
	struct z2t_thread *threads[SUBMITTERS];
	struct z2_offload_stats stats;
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, s);
	for (i = 0; i < SUBMITTERS * BURST; i++)
		prepare(t, i, REQ_OP_WRITE, t->text, 1, t->text);
	for (i = 0; i < SUBMITTERS; i++) {
		s[i].t = t;
		s[i].first = i * BURST;
		threads[i] = z2t_spawn(test, submit_many, &s[i]);
	}
	for (i = 0; i < SUBMITTERS; i++) {
		KUNIT_ASSERT_TRUE(test, z2t_join(threads[i]));
		KUNIT_EXPECT_EQ(test, atomic_read(&s[i].wrong), 0);
	}
	KUNIT_EXPECT_TRUE(test, wait_idle(t));
	KUNIT_EXPECT_EQ(test, atomic_read(&t->ended), SUBMITTERS * ROUNDS * BURST);
	stats = z2_offload_stats(t->offload);
	kunit_info(test, "queued %llu, taken %llu, full %llu, late %llu, wakeups %llu",
		   stats.queued, stats.taken, stats.inline_full, stats.inline_late, stats.wakeups);
	KUNIT_EXPECT_EQ(test, stats.queued + stats.inline_full + stats.inline_late +
			stats.inline_first, SUBMITTERS * ROUNDS * BURST * 9 / 10);
	KUNIT_EXPECT_LE(test, stats.deepest, QUEUE);
	KUNIT_EXPECT_EQ(test, stats.pending, 0);
}

static void offload_without_memory(struct kunit *test)
{
	struct offload_test *t = make(test, 1);
	unsigned int nth, errors = 0, spared = 0;

	z2t_assert_faults(test);
	/* Each alone, then all from it on: who wants many pages tries again with fewer. */
	for (nth = 2; spared < 4; nth++) {
		struct z2_offload *offload;

		z2t_fault_arm(nth / 2, nth % 2);
		offload = z2_offload_create("z2kunit", &ops, t, 4);
		spared += !z2t_fault_disarm();
		if (IS_ERR(offload)) {
			KUNIT_EXPECT_EQ(test, PTR_ERR(offload), -ENOMEM);
			errors++;
		} else {
			z2_offload_destroy(offload);
		}
	}
	/* Itself and a lane, the lane perhaps in one of the two ways. */
	KUNIT_EXPECT_GE(test, errors, 3);
}

/* No memory where the worker needs some: that bio fails, the next doesn't. */
static void offload_worker_without_memory(struct kunit *test)
{
	struct offload_test *t = make(test, 1);
	struct page *got = z2t_page_alloc(test, 0);
	struct item *item;

	z2t_assert_faults(test);
	t->dev = z2t_device_start(test, &z2_codec_lzo, 16);
	learn(t);
	/* What learn() overwrote: with it the worker could do without an allocation. */
	z2_gc_flush(t->dev->gc);
	WRITE_ONCE(t->fail, true);
	item = prepare(t, 0, REQ_OP_WRITE | REQ_SWAP, t->text, 1, t->text);
	item->bio.bi_iter.bi_sector = 3 * SECTORS;
	submit(t, item, true);
	KUNIT_ASSERT_TRUE(test, wait_for(&item->ended, 1));
	KUNIT_EXPECT_PTR_NE(test, item->by, current);
	KUNIT_EXPECT_EQ(test, item->status, BLK_STS_IOERR);
	KUNIT_EXPECT_EQ(test, z2_stats_sum(t->dev->stats, Z2_STAT_FAILED_WRITES), 1);
	KUNIT_EXPECT_EQ(test, z2_page_read(t->dev, 3, got, NULL, z2_slot_now()), 0);
	KUNIT_EXPECT_MEMEQ(test, page_address(got), page_address(t->zero), PAGE_SIZE);

	KUNIT_ASSERT_TRUE(test, wait_idle(t));
	WRITE_ONCE(t->fail, false);
	item = prepare(t, 0, REQ_OP_WRITE | REQ_SWAP, t->text, 1, t->text);
	item->bio.bi_iter.bi_sector = 3 * SECTORS;
	submit(t, item, true);
	KUNIT_ASSERT_TRUE(test, wait_for(&item->ended, 1));
	KUNIT_EXPECT_EQ(test, item->status, BLK_STS_OK);
	KUNIT_EXPECT_EQ(test, z2_page_read(t->dev, 3, got, NULL, z2_slot_now()), 0);
	KUNIT_EXPECT_MEMEQ(test, page_address(got), page_address(t->text), PAGE_SIZE);
	KUNIT_ASSERT_TRUE(test, wait_idle(t));
}

/* Through a disk: what it says of itself, and a reset right behind the writes. */
static void start_with(struct kunit *test, struct z2_device *dev, unsigned int threads)
{
	const char *why = NULL;

	down_write(&dev->config_lock);
	dev->offload_threads = threads;
	up_write(&dev->config_lock);
	KUNIT_ASSERT_EQ(test, z2_lifecycle_start(dev, (u64)ITEMS << PAGE_SHIFT, &why), 0);
}

static void offload_of_a_disk(struct kunit *test)
{
	struct offload_test *t = make(test, 1);
	struct z2_device *dev = z2t_device_create(test);
	const char *why = NULL;
	unsigned int i;

	start_with(test, dev, 0);
	KUNIT_EXPECT_NULL(test, dev->offload);
	KUNIT_EXPECT_TRUE(test, bdev_synchronous(dev->disk->part0));
	KUNIT_EXPECT_EQ(test, z2_lifecycle_reset(dev, &why), 0);

	start_with(test, dev, 2);
	KUNIT_ASSERT_NOT_NULL(test, dev->offload);
	KUNIT_EXPECT_FALSE(test, bdev_synchronous(dev->disk->part0));
	/* Set before @dev, so that the bios don't come from our own queue. */
	t->dev = dev;
	for (i = 0; i < QUEUE; i++) {
		prepare(t, i, REQ_OP_WRITE | REQ_SWAP, t->text, 1, t->text);
		t->items[i].bio.bi_iter.bi_sector = i * SECTORS;
	}
	current->flags |= PF_KSWAPD;
	for (i = 0; i < QUEUE; i++)
		submit_bio(&t->items[i].bio);
	current->flags &= ~PF_KSWAPD;
	KUNIT_EXPECT_EQ(test, z2_lifecycle_reset(dev, &why), 0);
	for (i = 0; i < QUEUE; i++) {
		KUNIT_EXPECT_EQ(test, atomic_read(&t->items[i].ended), 1);
		KUNIT_EXPECT_EQ(test, t->items[i].status, BLK_STS_OK);
	}
	KUNIT_EXPECT_NULL(test, dev->offload);
	KUNIT_EXPECT_EQ(test, dev->offload_threads, 0);

	start_with(test, dev, 0);
	KUNIT_EXPECT_TRUE(test, bdev_synchronous(dev->disk->part0));
}

static struct kunit_case offload_cases[] = {
	KUNIT_CASE(offload_only_kswapd),
	KUNIT_CASE(offload_runs_elsewhere),
	KUNIT_CASE(offload_same_filled),
	KUNIT_CASE(offload_full),
	KUNIT_CASE(offload_folios),
	KUNIT_CASE(offload_stalled),
	KUNIT_CASE(offload_average),
	KUNIT_CASE(offload_interrupted),
	KUNIT_CASE(offload_coarse_clock),
	KUNIT_CASE(offload_late_folio),
	KUNIT_CASE(offload_one_of_two),
	KUNIT_CASE(offload_behind_a_folio),
	KUNIT_CASE(offload_destroy_in_flight),
	KUNIT_CASE(offload_threads),
	KUNIT_CASE(offload_each_once),
	KUNIT_CASE(offload_without_memory),
	KUNIT_CASE(offload_worker_without_memory),
	KUNIT_CASE(offload_of_a_disk),
	{}
};

static struct kunit_suite offload_suite = {
	.name = "zram2_offload",
	.test_cases = offload_cases,
};

kunit_test_suite(offload_suite);

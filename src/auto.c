// SPDX-License-Identifier: GPL-2.0
/*
 * The worker that moves cold pages; see the header.
 *
 * Whoever calls it may be in reclaim, or hold a codec stream: calling is a bit and a
 * queued work, and nobody waits for what comes of it.  The worker itself waits for the
 * device only.  It takes pp_lock if nobody has it, and no config_lock, so that it can be
 * cancelled with either held; settings that it looks at are single words, or have a lock
 * of their own.
 */
#define pr_fmt(fmt) "zram2: " fmt

#include <linux/blkdev.h>
#include <linux/err.h>
#include <linux/jiffies.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/notifier.h>
#include <linux/printk.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/suspend.h>
#include <linux/sysfs.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>

#include <zram2/auto.h>
#include <zram2/backing.h>
#include <zram2/clock.h>
#include <zram2/demand.h>
#include <zram2/device.h>
#include <zram2/gc.h>
#include <zram2/hand.h>
#include <zram2/meter.h>
#include <zram2/pool.h>
#include <zram2/scan.h>
#include <zram2/segment.h>
#include <zram2/slot.h>
#include <zram2/stats.h>
#include <zram2/trace.h>
#include <zram2/writeback.h>

/* The longest that pages are moved without a break. */
#define SLICE		msecs_to_jiffies(100)

/* When to come again: while others move pages, and after what won't change soon. */
#define BUSY_MS		100
#define BUSY_CALM_MS	1000
#define HOPELESS_MS	10000

/* How often the pool is asked to give back what lies between its objects. */
#define GATHER		HZ

/**
 * struct z2_auto - what moves the pages of a disk
 * @dev: the disk's; fixed
 * @queue: where it works; fixed
 * @work: the worker
 * @demand: what the machine wants; fixed
 * @stat: the attribute that is told of a new state, or NULL; fixed
 * @pm: told when the machine sleeps
 * @asleep: seconds that it had slept in all before
 * @hopeless: nothing can leave for the time being; WRITE_ONCE
 * @state: as of the last round; WRITE_ONCE
 * @gathered: when the pool was gathered last, in jiffies; the worker's, as all below is
 * @seen: of reads, see z2_meter_collect()
 * @reads: likewise
 * @io: of the device, what was told to @policy
 * @stored: pages that were stored at the last round
 * @full: bytes that were alive on the device when nothing more went in; 0 if it did
 * @ages: waking time, as of the round
 * @survey: what the last one found
 * @lock: protects what follows
 * @policy: what decides
 * @clock: waking time
 * @obstacle: see struct z2_auto_stats
 * @pages: likewise
 * @bytes: likewise
 * @nr_rounds: how many there were
 * @rounds: the last of them, by number modulo Z2_AUTO_ROUNDS
 */
struct z2_auto {
	struct z2_device *dev;
	struct workqueue_struct *queue;
	struct delayed_work work;
	struct z2_demand *demand;
	struct kernfs_node *stat;
	struct notifier_block pm;
	u64 asleep;

	bool hopeless;
	enum z2_policy_state state;

	unsigned long gathered;
	u32 seen[Z2_SCORES];
	u32 reads[Z2_SCORES];
	struct z2_pace_io io;
	u64 stored;
	u64 full;
	struct z2_clock ages;
	struct z2_score_hist survey;

	spinlock_t lock;	/* protects what follows */
	struct z2_policy policy;
	struct z2_clock clock;
	int obstacle;
	u64 pages;
	u64 bytes;
	u64 nr_rounds;
	struct z2_auto_round rounds[Z2_AUTO_ROUNDS];
};

/**
 * z2_auto_on() - is it switched on?
 * @dev: the device
 *
 * Context: any.
 */
bool z2_auto_on(const struct z2_device *dev)
{
	int wanted = READ_ONCE(dev->auto_wanted);

	return wanted == Z2_AUTO_UNSET ? !z2_device_drop_in() : wanted;
}

/**
 * z2_auto_budget() - bytes a day that may be written
 * @dev: the device, with the config lock held or live
 *
 * Context: process.
 * Return: bytes, 0 for no limit, also without a backing device.
 */
u64 z2_auto_budget(struct z2_device *dev)
{
	u64 budget;

	spin_lock(&dev->writeback_lock);
	budget = dev->writeback_budget;
	spin_unlock(&dev->writeback_lock);
	if (budget != Z2_BUDGET_UNSET)
		return budget;
	return dev->backing ? z2_wear_default(z2_backing_capacity(dev->backing),
					      z2_backing_rotates(dev->backing)) : 0;
}

static u64 auto_limit(const struct z2_device *dev)
{
	unsigned long limit = READ_ONCE(dev->limit_pages);

	return (u64)(limit ?: totalram_pages() / 2) << PAGE_SHIFT;
}

/**
 * z2_auto_high() - above which pages leave without any other need
 * @dev: the device
 *
 * Context: any.
 * Return: bytes of memory.
 */
u64 z2_auto_high(const struct z2_device *dev)
{
	unsigned long high = READ_ONCE(dev->high_pages);
	unsigned long limit = READ_ONCE(dev->limit_pages);

	if (!high)
		high = limit ? limit - limit / 8 : mult_frac(totalram_pages(), 2, 5);
	return (u64)high << PAGE_SHIFT;
}

static u64 auto_used(const struct z2_device *dev)
{
	return (u64)z2_pool_pages(dev->pool) << PAGE_SHIFT;
}

/* What the device has done since the last round. */
static struct z2_pace_io auto_io(struct z2_auto *mover)
{
	const struct z2_backing_stats *stats = z2_backing_stats(mover->dev->backing);
	const struct z2_pace_io now = {
		.reads = atomic64_read(&stats->reads),
		.read_us = atomic64_read(&stats->read_us),
		.writes = atomic64_read(&stats->writes),
		.write_us = atomic64_read(&stats->write_us),
		.failed = atomic64_read(&stats->write_errors),
	};
	const struct z2_pace_io since = {
		.reads = now.reads - mover->io.reads,
		.read_us = now.read_us - mover->io.read_us,
		.writes = now.writes - mover->io.writes,
		.write_us = now.write_us - mover->io.write_us,
		.failed = now.failed - mover->io.failed,
	};

	mover->io = now;
	return since;
}

/* A swapoff reads everything, and frees it: that says nothing of what will be read. */
static bool auto_is_leaving(struct z2_auto *mover)
{
	u64 stored = z2_stats_sum(mover->dev->stats, Z2_STAT_PAGES_STORED);
	u64 before = mover->stored;

	mover->stored = stored;
	return stored < before - before / 8;
}

/* With the lock: bytes that were written, whoever had them written. */
static void auto_account(struct z2_auto *mover)
{
	struct z2_device *dev = mover->dev;
	s64 debit;

	spin_lock(&dev->writeback_lock);
	debit = dev->writeback_debit;
	dev->writeback_debit = 0;
	spin_unlock(&dev->writeback_lock);
	if (debit > 0)
		z2_wear_spend(&mover->policy.wear, debit);
	else
		z2_wear_refund(&mover->policy.wear, -debit);
}

/* All that has happened since the last round. */
static void auto_tell(struct z2_auto *mover, u32 boot, u32 now)
{
	u64 budget = z2_auto_budget(mover->dev);
	struct z2_pace_io io = auto_io(mover);
	bool leaving = auto_is_leaving(mover);

	z2_meter_collect(&mover->dev->meter, mover->seen, mover->reads);
	spin_lock(&mover->lock);
	mover->ages = mover->clock;
	z2_policy_reads(&mover->policy, leaving ? NULL : mover->reads, &io, now);
	auto_account(mover);
	if (budget != mover->policy.wear.budget)
		z2_wear_limit(&mover->policy.wear, budget, boot);
	spin_unlock(&mover->lock);
}

/* The worker alone changes the policy, and may look at it without the lock. */
static void auto_survey(struct z2_auto *mover, u32 boot, u32 now)
{
	if (!z2_policy_wants_survey(&mover->policy, now))
		return;
	z2_hand_survey(mover->dev, &mover->ages, boot, Z2_HAND_SURVEY, &mover->survey);
	spin_lock(&mover->lock);
	z2_policy_survey(&mover->policy, &mover->survey, now);
	spin_unlock(&mover->lock);
}

/* Objects that have left free no page before these are gathered. */
static void auto_gather(struct z2_auto *mover)
{
	struct z2_device *dev = mover->dev;
	u64 used, stored;

	if (auto_used(dev) <= z2_auto_high(dev) && mover->state < Z2_POLICY_HIGH)
		return;
	z2_gc_flush(dev->gc);
	used = auto_used(dev);
	stored = z2_stats_sum(dev->stats, Z2_STAT_COMPR_SIZE);
	if (used - min(stored, used) <= used / 8 || jiffies - mover->gathered < GATHER)
		return;
	z2_pool_compact(dev->pool);
	mover->gathered = jiffies;
}

/* What is in use on the device; all of it, while nothing more goes in. */
static u64 auto_live(struct z2_auto *mover, u64 live, u64 room)
{
	if (live < mover->full - mover->full / 64)
		mover->full = 0;
	return mover->full ? room : live;
}

static struct z2_policy_in auto_in(struct z2_auto *mover, u32 boot, u32 now)
{
	struct z2_device *dev = mover->dev;
	struct z2_blockmap_stats map = z2_blockmap_stats(z2_backing_map(dev->backing));
	u64 room = (map.blocks - z2_writeback_keep(dev)) << Z2_BLOCK_SHIFT;

	return (struct z2_policy_in){
		.now = now,
		.boot = boot,
		.off = !z2_auto_on(dev),
		.pool = auto_used(dev),
		.high = z2_auto_high(dev),
		.limit = auto_limit(dev),
		.own_limit = !READ_ONCE(dev->limit_pages),
		.demand = (u64)z2_demand_take(mover->demand) << PAGE_SHIFT,
		/* Whoever can't be served fails at once. */
		.parked = 0,
		.live = auto_live(mover, map.bytes, room),
		.room = room,
		.batch = READ_ONCE(dev->writeback_batch_size),
	};
}

/* When a write calls us: above the mark, or if the pool grows though we are at it. */
static unsigned long auto_mark(const struct z2_policy_in *in, const struct z2_policy_plan *plan)
{
	u64 mark = in->high;

	if (plan->state == Z2_POLICY_OFF)
		return ULONG_MAX;
	if (plan->state >= Z2_POLICY_HIGH)
		mark = max(mark, in->pool + in->pool / 64);
	return mark >> PAGE_SHIFT;
}

/* What others go by until the next round. */
static void auto_publish(struct z2_auto *mover, const struct z2_policy_in *in,
			 const struct z2_policy_plan *plan)
{
	struct z2_device *dev = mover->dev;
	enum z2_policy_state before = mover->state;

	WRITE_ONCE(dev->meter.mark, auto_mark(in, plan));
	z2_demand_offer(mover->demand, plan->state,
			min_t(u64, plan->freeable >> PAGE_SHIFT, LONG_MAX));
	WRITE_ONCE(mover->hopeless, plan->fail);
	WRITE_ONCE(mover->state, plan->state);
	if (plan->state == before)
		return;
	if (plan->reason == Z2_POLICY_ERRORS)
		pr_err("%s: writes to the backing device fail, for %u s no page leaves by itself\n",
		       dev->disk->disk_name, plan->next_ms / 1000);
	/* Looking it up by name would wait for who may be waiting for memory. */
	if (mover->stat)
		sysfs_notify_dirent(mover->stat);
}

/* Move what a slot holds, if it is still cold.  Returns an errno. */
static int auto_move(struct z2_auto *mover, struct z2_writeback *run,
		     const struct z2_hand_lap *lap, unsigned long index, u64 *taken)
{
	struct z2_slot_table *table = mover->dev->table;
	u32 size = z2_slot_peek(table, index) & Z2_SLOT_SIZE_MASK;
	u32 age = z2_clock_age(lap->clock, lap->now, z2_slot_access_time(table, index));
	int ret = z2_writeback_slot(run, index);

	if (ret <= 0)
		return ret;
	*taken += size;
	spin_lock(&mover->lock);
	z2_policy_took(&mover->policy, z2_score(age, size), size);
	spin_unlock(&mover->lock);
	return 0;
}

/*
 * Move what may leave, for no longer than a slice.  Returns 0 if all of it did, or
 * nothing more was found; -ETIME; what ended it.
 */
static int auto_evict(struct z2_auto *mover, const struct z2_policy_in *in,
		      const struct z2_policy_plan *plan, struct z2_auto_round *round)
{
	struct z2_device *dev = mover->dev;
	unsigned long until = jiffies + SLICE, index;
	struct z2_hand_lap lap;
	struct z2_segments segs;
	struct z2_writeback run = { .segs = &segs, .lap = &lap };
	int err = 0, failed;
	u64 taken = 0;

	z2_hand_begin(&lap, dev, &mover->ages, in->boot, plan->score, plan->min_age);
	z2_writeback_segments(&segs, dev, plan->in_flight);
	segs.opf = plan->background ? REQ_BACKGROUND : REQ_SWAP;
	while (lap.left && taken < plan->bytes && !err) {
		err = time_after(jiffies, until) ? -ETIME : z2_scan_stop(dev);
		if (!err && z2_hand_next(&lap, &index))
			err = auto_move(mover, &run, &lap, index, &taken);
	}
	failed = z2_writeback_end(&run);
	round->pages = segs.left;
	round->bytes = segs.left_bytes;
	round->looked = lap.looked;

	if (!err && taken < plan->bytes) {
		spin_lock(&mover->lock);
		z2_policy_lap(&mover->policy, in->pool, taken, plan->bytes);
		spin_unlock(&mover->lock);
	}
	if (err == -ENOSPC || (!err && failed == -ENOSPC))
		mover->full = z2_blockmap_stats(z2_backing_map(dev->backing)).bytes;
	return err;
}

static void auto_note(struct z2_auto *mover, const struct z2_auto_round *round, int err)
{
	spin_lock(&mover->lock);
	mover->pages += round->pages;
	mover->bytes += round->bytes;
	mover->obstacle = err == -EDQUOT || err == -ENOMEM ? err : 0;
	mover->rounds[mover->nr_rounds++ % Z2_AUTO_ROUNDS] = *round;
	spin_unlock(&mover->lock);
	z2_demand_freed(mover->demand, round->bytes >> PAGE_SHIFT);
	trace_zram2_auto(mover->dev->disk->disk_name, z2_auto_state_name(round->state),
			 z2_auto_reason_name(round->reason, err), round->wanted, round->score,
			 round->pages, round->bytes, round->looked, round->us);
}

static u32 auto_next(struct z2_auto *mover, const struct z2_policy_plan *plan, int err)
{
	switch (err) {
	case -ETIME:
		/* Others are let in between slices.  In the background, speed has a limit. */
		return plan->background ? plan->next_ms : 0;
	case -EAGAIN:
		return BUSY_MS;
	case -EDQUOT:
	case -ENOMEM:
		WRITE_ONCE(mover->hopeless, true);
		return HOPELESS_MS;
	default:
		return plan->next_ms;
	}
}

/**
 * z2_auto_slice() - decide what is to be done, and do it for up to 100 ms
 * @mover: what moves pages, between z2_scan_begin_slice() and its end
 * @boot: boot time in seconds
 * @now: waking seconds
 *
 * Context: process, may sleep; waits for the backing device; one at a time.
 * Return: milliseconds after which to come again, or Z2_POLICY_NEVER.
 */
u32 z2_auto_slice(struct z2_auto *mover, u32 boot, u32 now)
{
	struct z2_auto_round round = { .boot = boot };
	u64 start = ktime_get_ns();
	struct z2_policy_plan plan;
	struct z2_policy_in in;
	int err = 0;

	auto_tell(mover, boot, now);
	if (z2_auto_on(mover->dev)) {
		auto_survey(mover, boot, now);
		auto_gather(mover);
	}
	in = auto_in(mover, boot, now);
	spin_lock(&mover->lock);
	plan = z2_policy_plan(&mover->policy, &in);
	spin_unlock(&mover->lock);
	auto_publish(mover, &in, &plan);

	round.state = plan.state;
	round.reason = plan.reason;
	round.score = plan.score;
	round.wanted = plan.bytes;
	if (plan.bytes)
		err = auto_evict(mover, &in, &plan, &round);
	round.us = div_u64(ktime_get_ns() - start, NSEC_PER_USEC);
	auto_note(mover, &round, err);
	return auto_next(mover, &plan, err);
}

static void auto_work(struct work_struct *work)
{
	struct z2_auto *mover = container_of(work, struct z2_auto, work.work);
	struct z2_device *dev = mover->dev;
	/* Reclaim may wait for what leaves here. */
	unsigned int noio = memalloc_noio_save();
	u32 next;

	z2_meter_begin(&dev->meter);
	if (z2_scan_begin_slice(dev)) {
		next = z2_auto_slice(mover, z2_slot_now(), ktime_get_seconds());
		z2_scan_end_slice(dev);
	} else {
		next = mover->state >= Z2_POLICY_HIGH ? BUSY_MS : BUSY_CALM_MS;
	}
	memalloc_noio_restore(noio);

	/* Who gives a reset up again, or wakes the machine, calls us. */
	if (z2_device_state(dev) != Z2_LIVE || READ_ONCE(dev->pp_suspended))
		return;
	if (next != Z2_POLICY_NEVER)
		queue_delayed_work(mover->queue, &mover->work, msecs_to_jiffies(next));
}

/**
 * z2_auto_kick() - have the worker look what is to be done, now
 * @dev: the device; nothing happens if it has none
 *
 * Context: any where the device stays live, also in reclaim and with locks held.
 */
void z2_auto_kick(struct z2_device *dev)
{
	z2_meter_call(&dev->meter);
}

/**
 * z2_auto_can_evict() - may pages leave, so that waiting for it makes sense?
 * @dev: the device, live
 *
 * Context: any.
 */
bool z2_auto_can_evict(struct z2_device *dev)
{
	return dev->mover && z2_auto_on(dev) && !READ_ONCE(dev->mover->hopeless);
}

/* Seconds that the machine has slept in all. */
static u64 auto_asleep(void)
{
	return div_u64(ktime_get_boottime_ns() - ktime_get_ns(), NSEC_PER_SEC);
}

static int auto_pm(struct notifier_block *pm, unsigned long event, void *unused)
{
	struct z2_auto *mover = container_of(pm, struct z2_auto, pm);
	struct z2_device *dev = mover->dev;
	u32 slept, now = z2_slot_now();

	switch (event) {
	case PM_SUSPEND_PREPARE:
	case PM_HIBERNATION_PREPARE:
	case PM_RESTORE_PREPARE:
		/* What a snapshot has must not be written after it. */
		WRITE_ONCE(dev->pp_suspended, true);
		mover->asleep = auto_asleep();
		break;
	case PM_POST_SUSPEND:
	case PM_POST_HIBERNATION:
	case PM_POST_RESTORE:
		slept = auto_asleep() - mover->asleep;
		spin_lock(&mover->lock);
		z2_clock_slept(&mover->clock, now, slept);
		spin_unlock(&mover->lock);
		z2_meter_slept(&dev->meter, now, slept);
		WRITE_ONCE(dev->pp_suspended, false);
		z2_auto_kick(dev);
		break;
	}
	return NOTIFY_DONE;
}

/**
 * z2_auto_create() - move the cold pages of a device by itself
 * @dev: the device, about to be live, with all else that it needs; z2_auto_kick() once
 *	it is
 *
 * Context: process, may sleep.
 * Return: what does it, or ERR_PTR(-ENOMEM).
 */
struct z2_auto *z2_auto_create(struct z2_device *dev)
{
	struct z2_auto *mover = kvzalloc_obj(*mover);
	u32 now = ktime_get_seconds();
	int err = -ENOMEM;

	if (!mover)
		return ERR_PTR(-ENOMEM);
	spin_lock(&dev->writeback_lock);
	dev->writeback_debit = 0;
	spin_unlock(&dev->writeback_lock);
	mover->dev = dev;
	mover->state = Z2_POLICY_CALM;
	mover->gathered = jiffies - GATHER;
	INIT_DELAYED_WORK(&mover->work, auto_work);
	spin_lock_init(&mover->lock);
	z2_clock_init(&mover->clock);
	z2_policy_init(&mover->policy, z2_auto_budget(dev), z2_backing_rotates(dev->backing),
		       now, z2_slot_now());
	auto_io(mover);

	mover->queue = alloc_workqueue("z2auto/%.15s",
				       WQ_MEM_RECLAIM | WQ_UNBOUND | WQ_FREEZABLE, 1,
				       dev->disk->disk_name);
	if (!mover->queue)
		goto free_mover;
	err = z2_meter_open(&dev->meter, mover->queue, &mover->work);
	if (err)
		goto destroy_queue;
	mover->demand = z2_demand_create(&dev->meter, dev->disk->disk_name);
	if (IS_ERR(mover->demand)) {
		err = PTR_ERR(mover->demand);
		goto close_meter;
	}
	mover->stat = sysfs_get_dirent(disk_to_dev(dev->disk)->kobj.sd, "auto_stat");
	mover->pm.notifier_call = auto_pm;
	err = register_pm_notifier(&mover->pm);
	if (err)
		goto destroy_demand;
	return mover;

destroy_demand:
	/* It may have been asked already. */
	z2_demand_mute(mover->demand);
	cancel_delayed_work_sync(&mover->work);
	z2_demand_destroy(mover->demand);
	sysfs_put(mover->stat);
close_meter:
	z2_meter_close(&dev->meter);
destroy_queue:
	destroy_workqueue(mover->queue);
free_mover:
	kvfree(mover);
	return ERR_PTR(err);
}

/**
 * z2_auto_destroy() - let pages stay where they are
 * @mover: what moves them; NULL is fine.  Nobody reads or writes any more, or calls
 *
 * Context: process, may sleep; waits for the worker, which sees that the device isn't
 * live, but may wait for its backing device.
 */
void z2_auto_destroy(struct z2_auto *mover)
{
	struct z2_device *dev;

	if (!mover)
		return;
	dev = mover->dev;
	unregister_pm_notifier(&mover->pm);
	/* The worker uses it, and it calls the worker. */
	z2_demand_mute(mover->demand);
	cancel_delayed_work_sync(&mover->work);
	z2_demand_destroy(mover->demand);
	sysfs_put(mover->stat);
	z2_meter_close(&dev->meter);
	destroy_workqueue(mover->queue);
	WRITE_ONCE(dev->pp_suspended, false);
	kvfree(mover);
}

/**
 * z2_auto_stats() - how it stands
 * @mover: what moves pages
 *
 * Context: process.
 */
struct z2_auto_stats z2_auto_stats(struct z2_auto *mover)
{
	struct z2_auto_stats stats = {
		.pool = auto_used(mover->dev),
		.high = z2_auto_high(mover->dev),
		.score = Z2_SCORES,
	};
	const struct z2_auto_round *last;
	struct z2_wear wear;

	spin_lock(&mover->lock);
	/* While nothing is wanted nobody else does. */
	auto_account(mover);
	stats.state = mover->policy.state;
	stats.obstacle = mover->obstacle;
	stats.pages = mover->pages;
	stats.bytes = mover->bytes;
	if (mover->nr_rounds) {
		last = &mover->rounds[(mover->nr_rounds - 1) % Z2_AUTO_ROUNDS];
		stats.reason = last->reason;
		stats.score = last->score;
	}
	stats.stall_us = z2_pace_stall(&mover->policy.pace);
	stats.read_us = z2_pace_read_us(&mover->policy.pace);
	stats.write_us = z2_pace_write_us(&mover->policy.pace);
	wear = mover->policy.wear;
	spin_unlock(&mover->lock);

	z2_wear_refill(&wear, z2_slot_now());
	stats.written = wear.written;
	stats.budget = wear.budget;
	stats.left = wear.left;
	return stats;
}

/**
 * z2_auto_rounds() - the last rounds
 * @mover: what moves pages
 * @rounds: room for Z2_AUTO_ROUNDS; set to them, the oldest first
 *
 * Context: process.
 * Return: how many.
 */
unsigned int z2_auto_rounds(struct z2_auto *mover, struct z2_auto_round *rounds)
{
	unsigned int i, nr;

	spin_lock(&mover->lock);
	nr = min_t(u64, mover->nr_rounds, Z2_AUTO_ROUNDS);
	for (i = 0; i < nr; i++)
		rounds[i] = mover->rounds[(mover->nr_rounds - nr + i) % Z2_AUTO_ROUNDS];
	spin_unlock(&mover->lock);
	return nr;
}

/**
 * z2_auto_pool() - what is in memory, and how often it is read
 * @mover: what moves pages
 * @pool: set to the bytes of each score
 * @rates: of Z2_SCORES scores; set to the reads an hour of pages that had it
 *
 * Context: process.
 */
void z2_auto_pool(struct z2_auto *mover, struct z2_score_hist *pool, u32 *rates)
{
	unsigned int i;

	spin_lock(&mover->lock);
	*pool = mover->policy.pool;
	for (i = 0; i < Z2_SCORES; i++)
		rates[i] = z2_heat_rate(&mover->policy.heat, i);
	spin_unlock(&mover->lock);
}

/**
 * z2_auto_state_name() - what users call it
 * @state: of the policy
 */
const char *z2_auto_state_name(enum z2_policy_state state)
{
	static const char * const names[] = {
		[Z2_POLICY_OFF] = "off",
		[Z2_POLICY_CALM] = "calm",
		[Z2_POLICY_PRESSED] = "pressed",
		[Z2_POLICY_HIGH] = "high",
		[Z2_POLICY_FULL] = "full",
	};

	return names[state];
}

/**
 * z2_auto_reason_name() - likewise
 * @reason: of the policy
 * @obstacle: -EDQUOT and -ENOMEM say more than that does
 */
const char *z2_auto_reason_name(enum z2_policy_reason reason, int obstacle)
{
	static const char * const names[] = {
		[Z2_POLICY_NONE] = "none",
		[Z2_POLICY_REFAULTS] = "refaults",
		[Z2_POLICY_FLOOR] = "recently_used",
		[Z2_POLICY_YOUNG] = "all_recently_used",
		[Z2_POLICY_WEAR] = "budget",
		[Z2_POLICY_DEVICE_FULL] = "device_full",
		[Z2_POLICY_ERRORS] = "write_errors",
		[Z2_POLICY_NO_STATISTICS] = "no_statistics",
	};

	if (obstacle == -EDQUOT)
		return "writeback_limit";
	return obstacle == -ENOMEM ? "no_memory" : names[reason];
}

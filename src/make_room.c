// SPDX-License-Identifier: GPL-2.0
/*
 * Making room; see the header.
 *
 * A worker of the device's own does it, with what was allocated in advance, and stores
 * pages with what memory kswapd would get: it waits for none, only for writes to the
 * backing device and for a run by hand.  Should these hang, a second work item ends the
 * writes that wait.
 */
#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/blkdev.h>
#include <linux/errno.h>
#include <linux/jiffies.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/oom.h>
#include <linux/rwsem.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/suspend.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <zram2/backing.h>
#include <zram2/device.h>
#include <zram2/gc.h>
#include <zram2/make_room.h>
#include <zram2/parked.h>
#include <zram2/pool.h>
#include <zram2/scan.h>
#include <zram2/segment.h>
#include <zram2/slot.h>
#include <zram2/writeback.h>

/* Ages are told apart by powers of two, in seconds. */
#define AGES		33

/* Of the objects in memory so many are old: they go before there is another look. */
#define OLD_SHARE	8

/* As much as is written before the writes are tried again. */
#define ROUND_SHARE	64
#define ROUND_MIN	64UL
#define ROUND_MAX	1024UL

/* Writes to the backing device at once, if there is memory for it. */
#define BATCH		8

/* How long nothing is tried: after nothing could leave, and after writes failed. */
#define PAUSE_FULL	(HZ / 10)
#define PAUSE_BROKEN	(10 * HZ)

/* Between two looks at writes that wait for too long. */
#define WATCH_DELAY	HZ

/*
 * Before the kernel kills somebody for his memory: what is to leave, how long that is
 * waited for, and how often that is worth it, for it mustn't become the hang that the
 * kill is to prevent.
 */
#define OOM_BYTES	SZ_1M
#define OOM_WAIT	(HZ / 5)
#define OOM_TRIES	5
#define OOM_PERIOD	(10 * HZ)

/**
 * struct z2_make_room - who makes room on a device
 * @node: on the list of all of them
 * @dev: the device
 * @queue: its own, for it waits
 * @work: makes room
 * @watch: ends writes that have waited for too long
 * @seen: what had left when it looked last, see struct z2_segments
 * @paused: when nothing was to be tried for a while, in jiffies; WRITE_ONCE
 * @pause: for how long; WRITE_ONCE
 * @no_space: or until there are free blocks again; likewise
 * @wanted: bytes that are to leave even if no write waits; set by the notifier, counted
 *	down by @work
 * @wait: woken when they have left, or can't
 * @segs: for what is written; under the post-processing lock, as are the following
 * @next: slot to go on at; 0 for a new look at all of them
 * @age: seconds; what is younger stays, as far as this look goes
 * @round: objects to be written before the writes are tried again
 */
struct z2_make_room {
	struct list_head node;
	struct z2_device *dev;
	struct workqueue_struct *queue;
	struct work_struct work;
	struct delayed_work watch;
	u64 seen;
	unsigned long paused;
	unsigned long pause;
	bool no_space;
	atomic_t wanted;
	wait_queue_head_t wait;
	struct z2_segments segs;
	unsigned long next;
	s64 age;
	unsigned long round;
};

/* All of them.  With the lock nothing is allocated: the notifier takes it. */
static LIST_HEAD(rooms);
static DEFINE_MUTEX(rooms_lock);

/* A hibernation image is made, written, or read; WRITE_ONCE. */
static bool hibernating;

/* Look at all slots: from which age on are objects old?  Returns how many are in memory. */
static unsigned long make_room_look(struct z2_make_room *room)
{
	struct z2_device *dev = room->dev;
	unsigned long nr = z2_slot_table_nr(dev->table), index, all = 0, old = 0;
	unsigned long ages[AGES] = {};
	u32 now = z2_slot_now();
	unsigned int a;

	for (index = 0; index < nr; index++) {
		struct z2_object obj = { .state = z2_slot_peek(dev->table, index) };

		if (!(index % Z2_SCAN_STOP_SLOTS))
			cond_resched();
		if (!z2_scan_wanted(&obj, 0))
			continue;
		ages[fls(z2_scan_age(now, z2_slot_access_time(dev->table, index)))]++;
		all++;
	}
	for (a = AGES - 1; a && old + ages[a] < all / OLD_SHARE; a--)
		old += ages[a];
	room->age = a ? 1LL << (a - 1) : 0;
	room->round = clamp(all / ROUND_SHARE, ROUND_MIN, ROUND_MAX);
	return all;
}

/* With the post-processing lock.  Returns -ENODATA if nothing is in memory that could leave. */
static int make_room_evict(struct z2_make_room *room)
{
	u64 before = room->segs.left_bytes;
	bool fresh = !room->next;
	int err, failed;

	if (fresh && !make_room_look(room))
		return -ENODATA;
	err = z2_writeback_sweep(&room->segs, &room->next, room->age, room->round);
	failed = z2_segments_rest(&room->segs);
	/* All writes have ended, and with them what counts this. */
	if (room->segs.left_bytes != before) {
		z2_parked_progress(room->dev);
		atomic_sub(room->segs.left_bytes - before, &room->wanted);
		return 0;
	}
	/* At the end of a lap little may be left, but not in a whole one. */
	if (!failed && !err && fresh && !room->dev->pp_done)
		return -ENODATA;
	return failed ?: err;
}

/* Have some objects leave.  Returns -EAGAIN if it wasn't possible just then. */
static int make_room_try(struct z2_make_room *room)
{
	struct z2_device *dev = room->dev;
	const char *why;
	int err;

	if (READ_ONCE(hibernating))
		return -EBUSY;
	err = z2_scan_begin(dev, &why);
	if (!err) {
		err = make_room_evict(room);
		z2_scan_end(dev);
	}
	/* There was no memory to compact the device: others may get some. */
	return err == -ENOMEM ? -EAGAIN : err;
}

static void make_room_pause(struct z2_make_room *room, unsigned long length)
{
	WRITE_ONCE(room->paused, jiffies);
	WRITE_ONCE(room->pause, length);
}

static void make_room_give_up(struct z2_make_room *room, int err)
{
	bool full = err == -ENOSPC || err == -EDQUOT || err == -ENODATA;

	if (full)
		WRITE_ONCE(room->dev->stuck, true);
	WRITE_ONCE(room->no_space, err == -ENOSPC);
	make_room_pause(room, full ? PAUSE_FULL : PAUSE_BROKEN);
	atomic_set(&room->wanted, 0);
	z2_parked_fail_all(room->dev);
}

/**
 * z2_make_room_run() - store the writes that wait, whatever it takes, or end them
 * @dev: the device, live, with a backing device
 *
 * Context: process, one task at a time, in a noreclaim scope; takes the post-processing
 * lock; waits for writes to the backing device, but for no memory.
 */
void z2_make_room_run(struct z2_device *dev)
{
	struct z2_make_room *room = dev->make_room;

	while (z2_parked_retry(dev) || atomic_read(&room->wanted) > 0) {
		int err = make_room_try(room);

		if (err == -EAGAIN) {
			/* A run by hand is on, and makes room as well. */
			schedule_timeout_uninterruptible(1);
		} else if (err) {
			make_room_give_up(room, err);
			break;
		} else if (z2_parked_retry(dev)) {
			/* What has left was strewn over pages, or is of another size. */
			z2_pool_compact(dev->pool);
		}
	}
	wake_up_all(&room->wait);
}

static void make_room_work(struct work_struct *work)
{
	struct z2_make_room *room = container_of(work, struct z2_make_room, work);
	unsigned int noreclaim = memalloc_noreclaim_save();

	z2_make_room_run(room->dev);
	memalloc_noreclaim_restore(noreclaim);
}

static void watch_work(struct work_struct *work)
{
	struct z2_make_room *room = container_of(work, struct z2_make_room, watch.work);
	u64 left;

	/* A slow device may take long for a round. */
	spin_lock(&room->segs.lock);
	left = room->segs.left_bytes;
	spin_unlock(&room->segs.lock);
	if (left != room->seen)
		z2_parked_progress(room->dev);
	room->seen = left;

	/* Whatever hangs does so for all: others need not find out. */
	if (z2_parked_expire(room->dev)) {
		WRITE_ONCE(room->no_space, false);
		make_room_pause(room, PAUSE_BROKEN);
	}
	if (z2_parked_any(room->dev))
		queue_delayed_work(room->queue, &room->watch, WATCH_DELAY);
}

/**
 * z2_make_room_possible() - is it worth waiting for room?
 * @dev: the device, live
 *
 * Context: any.
 */
bool z2_make_room_possible(const struct z2_device *dev)
{
	const struct z2_make_room *room = dev->make_room;

	if (!room || READ_ONCE(dev->stuck) || READ_ONCE(hibernating))
		return false;
	if (jiffies - READ_ONCE(room->paused) >= READ_ONCE(room->pause))
		return true;
	return READ_ONCE(room->no_space) &&
	       z2_blockmap_free(z2_backing_map(dev->backing)) > room->segs.keep;
}

/**
 * z2_make_room_again() - something was changed by hand: pages may leave again, at once
 * @dev: the device
 *
 * Context: process; takes the config lock.
 */
void z2_make_room_again(struct z2_device *dev)
{
	down_read(&dev->config_lock);
	WRITE_ONCE(dev->stuck, false);
	if (dev->make_room)
		WRITE_ONCE(dev->make_room->pause, 0);
	up_read(&dev->config_lock);
}

/**
 * z2_make_room_kick() - a write waits for room
 * @dev: the device, with a backing device
 *
 * Context: any.
 */
void z2_make_room_kick(struct z2_device *dev)
{
	struct z2_make_room *room = dev->make_room;

	queue_work(room->queue, &room->work);
	queue_delayed_work(room->queue, &room->watch, WATCH_DELAY);
}

/* Have pages leave, no longer than so many jiffies.  Returns how many pages of memory are free. */
static unsigned long make_room_oom_free(struct z2_make_room *room, long *left)
{
	struct z2_device *dev = room->dev;
	unsigned long before = z2_pool_pages(dev->pool), after;

	z2_gc_flush(dev->gc);
	if (z2_device_state(dev) == Z2_LIVE && z2_make_room_possible(dev)) {
		atomic_set(&room->wanted, OOM_BYTES);
		queue_work(room->queue, &room->work);
		*left = wait_event_timeout(room->wait, atomic_read(&room->wanted) <= 0, *left);
		atomic_set(&room->wanted, 0);
		z2_gc_flush(dev->gc);
	}
	after = z2_pool_pages(dev->pool);
	return before > after ? before - after : 0;
}

/* With the lock. */
static bool make_room_oom_due(void)
{
	static unsigned long begin;
	static unsigned int tries;

	if (!tries || jiffies - begin > OOM_PERIOD) {
		begin = jiffies;
		tries = 0;
	}
	return tries < OOM_TRIES && ++tries;
}

/**
 * z2_make_room_oom() - have pages leave before somebody is killed for memory
 *
 * Of every device, but only so long and so often.
 *
 * Context: process, with the lock of the OOM killer; waits for a fifth of a second.
 * Return: pages of memory that are free now.
 */
unsigned long z2_make_room_oom(void)
{
	struct z2_make_room *room;
	unsigned long freed = 0;
	long left = OOM_WAIT;

	if (!mutex_trylock(&rooms_lock))
		return 0;
	if (!list_empty(&rooms) && make_room_oom_due()) {
		list_for_each_entry(room, &rooms, node)
			freed += make_room_oom_free(room, &left);
	}
	mutex_unlock(&rooms_lock);
	return freed;
}

static int make_room_oom_notify(struct notifier_block *nb, unsigned long unused, void *freed)
{
	*(unsigned long *)freed += z2_make_room_oom();
	return NOTIFY_OK;
}

static struct notifier_block oom_notifier = {
	.notifier_call = make_room_oom_notify,
};

/**
 * z2_make_room_hibernate() - have nothing leave, or again
 * @begin: nothing from here on
 *
 * The image of a hibernation knows of each page on the device where it was when that
 * was made.  What leaves afterwards would take the place of such a page.
 *
 * Context: process; waits for what is leaving just then.
 */
void z2_make_room_hibernate(bool begin)
{
	struct z2_make_room *room;

	WRITE_ONCE(hibernating, begin);
	mutex_lock(&rooms_lock);
	list_for_each_entry(room, &rooms, node) {
		flush_work(&room->work);
		WRITE_ONCE(room->pause, 0);
	}
	mutex_unlock(&rooms_lock);
}

static int make_room_pm_notify(struct notifier_block *nb, unsigned long event, void *unused)
{
	switch (event) {
	case PM_HIBERNATION_PREPARE:
	case PM_RESTORE_PREPARE:
		z2_make_room_hibernate(true);
		break;
	case PM_POST_HIBERNATION:
	case PM_POST_RESTORE:
		z2_make_room_hibernate(false);
	}
	return NOTIFY_DONE;
}

static struct notifier_block power_notifier = {
	.notifier_call = make_room_pm_notify,
};

/**
 * z2_make_room_create() - prepare to make room
 * @dev: the device, with a backing device
 *
 * Context: process, may sleep.
 * Return: who does it, or NULL without memory.
 */
struct z2_make_room *z2_make_room_create(struct z2_device *dev)
{
	struct z2_make_room *room = kzalloc_obj(*room);

	if (!room)
		return NULL;
	room->dev = dev;
	init_waitqueue_head(&room->wait);
	INIT_LIST_HEAD(&room->node);
	INIT_WORK(&room->work, make_room_work);
	INIT_DELAYED_WORK(&room->watch, watch_work);
	z2_writeback_segments(&room->segs, dev, BATCH);
	room->queue = alloc_workqueue("z2room/%.15s", WQ_MEM_RECLAIM | WQ_UNBOUND, 0,
				      dev->disk->disk_name);
	if (!room->queue || z2_segments_prepare(&room->segs)) {
		z2_make_room_destroy(room);
		return NULL;
	}
	mutex_lock(&rooms_lock);
	list_add(&room->node, &rooms);
	mutex_unlock(&rooms_lock);
	return room;
}

/**
 * z2_make_room_destroy() - make no more room
 * @room: who did; no write waits or comes any more; NULL is fine
 *
 * Context: process, may sleep.
 */
void z2_make_room_destroy(struct z2_make_room *room)
{
	if (!room)
		return;
	mutex_lock(&rooms_lock);
	list_del(&room->node);
	mutex_unlock(&rooms_lock);
	if (room->queue) {
		cancel_work_sync(&room->work);
		cancel_delayed_work_sync(&room->watch);
		destroy_workqueue(room->queue);
	}
	z2_segments_finish(&room->segs);
	kfree(room);
}

/**
 * z2_make_room_init() - have the kernel ask before it kills somebody for his memory, and
 *	tell of hibernation
 *
 * Context: process, at module init.
 * Return: 0 or an errno.
 */
int z2_make_room_init(void)
{
	int err = register_oom_notifier(&oom_notifier);

	if (err)
		return err;
	err = register_pm_notifier(&power_notifier);
	if (err)
		unregister_oom_notifier(&oom_notifier);
	return err;
}

/**
 * z2_make_room_exit() - undo z2_make_room_init()
 */
void z2_make_room_exit(void)
{
	unregister_pm_notifier(&power_notifier);
	unregister_oom_notifier(&oom_notifier);
}

// SPDX-License-Identifier: GPL-2.0
/* Choosing slots for post-processing, and marking them idle. */
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/sched.h>
#include <linux/sched/mm.h>
#include <linux/sched/signal.h>
#include <linux/wait.h>

#include <zram2/device.h>
#include <zram2/scan.h>
#include <zram2/slot.h>

/* Slots between two offers to let others run. */
#define RESCHED_SLOTS	1024

/*
 * Objects that a run deals with before it lets a signal restart it.  Passing over
 * what is done already takes a few milliseconds for a million slots: with signals
 * as frequent as that, nothing else would ever be done.
 */
#define RESTART_OBJECTS	16

static void scan_unlock(struct z2_device *dev)
{
	mutex_unlock(&dev->pp_lock);
	wake_up_all(&dev->state_wait);
}

/*
 * The condition to wait for: the lock is ours, or with somebody who keeps it for long.
 * Whoever begins a slice says so before he takes it.
 */
static bool scan_settled(struct z2_device *dev, bool *ours)
{
	*ours = mutex_trylock(&dev->pp_lock);
	smp_mb(); /* pairs with that of z2_scan_begin_slice() */
	return *ours || !READ_ONCE(dev->pp_slice);
}

/**
 * z2_scan_begin() - begin a run of post-processing
 * @dev: the device
 * @why: what went wrong
 *
 * From here until z2_scan_end() the device stays as it is: a reset waits for
 * the run, which asks z2_scan_stop() now and then.  A slice ends when somebody waits
 * for it.  A run's allocations don't have pages swapped out, for writes that found no
 * room wait for it.
 *
 * Context: process, may sleep; takes the post-processing lock; begins a noio scope.
 * Return: 0; -EAGAIN while another run is on; -EINVAL if the device isn't live; -EINTR
 * if killed while a slice was ending.
 */
int z2_scan_begin(struct z2_device *dev, const char **why)
{
	bool ours;

	if (wait_event_killable(dev->state_wait, scan_settled(dev, &ours))) {
		*why = "interrupted";
		return -EINTR;
	}
	if (!ours) {
		*why = "another run is on";
		return -EAGAIN;
	}
	if (z2_device_state(dev) == Z2_LIVE) {
		dev->pp_done = 0;
		dev->pp_noio = memalloc_noio_save();
		return 0;
	}
	scan_unlock(dev);
	*why = "the device has no size yet";
	return -EINVAL;
}

/**
 * z2_scan_end() - end a run of post-processing
 * @dev: the device; its post-processing lock is given back.  A removal doesn't
 *	free it before the attribute is through that the run was begun by
 */
void z2_scan_end(struct z2_device *dev)
{
	memalloc_noio_restore(dev->pp_noio);
	scan_unlock(dev);
}

/**
 * z2_scan_begin_slice() - begin a short run that gives way to all others
 * @dev: the device
 *
 * Context: process, doesn't wait; takes the post-processing lock.
 * Return: whether it has begun; not while another run is on or waits for one to end,
 * nor if the device isn't live.
 */
bool z2_scan_begin_slice(struct z2_device *dev)
{
	WRITE_ONCE(dev->pp_slice, true);
	smp_mb(); /* see scan_settled() */
	if (!wq_has_sleeper(&dev->state_wait) && mutex_trylock(&dev->pp_lock)) {
		if (z2_device_state(dev) == Z2_LIVE && !READ_ONCE(dev->pp_suspended)) {
			dev->pp_done = 0;
			dev->pp_gives_way = true;
			return true;
		}
		mutex_unlock(&dev->pp_lock);
	}
	WRITE_ONCE(dev->pp_slice, false);
	wake_up_all(&dev->state_wait);
	return false;
}

/**
 * z2_scan_end_slice() - end a short run
 * @dev: the device; its post-processing lock is given back
 */
void z2_scan_end_slice(struct z2_device *dev)
{
	dev->pp_gives_way = false;
	mutex_unlock(&dev->pp_lock);
	WRITE_ONCE(dev->pp_slice, false);
	wake_up_all(&dev->state_wait);
}

/**
 * z2_scan_stop() - is a run to end early?
 * @dev: the device, with the post-processing lock held
 *
 * SIGSTOP, the freezer, a debugger and signals with a handler all need the task
 * to leave the kernel for a moment, as does TIF_NOTIFY_SIGNAL.  What was done
 * stays done, and the system call is restarted to do the rest, unless a handler
 * was installed to interrupt system calls (without SA_RESTART).
 *
 * Context: process.
 * Return: 0; -EBUSY for a reset or removal; -EINTR for a fatal signal;
 * -ERESTARTSYS for any other, once something was done; of a slice -EAGAIN when
 * somebody waits for it, or when the machine is to sleep.
 */
int z2_scan_stop(struct z2_device *dev)
{
	if (z2_device_state(dev) != Z2_LIVE)
		return -EBUSY;
	if (dev->pp_gives_way)
		return READ_ONCE(dev->pp_suspended) || wq_has_sleeper(&dev->state_wait) ?
			-EAGAIN : 0;
	if (fatal_signal_pending(current))
		return -EINTR;
	return signal_pending(current) && dev->pp_done >= RESTART_OBJECTS ? -ERESTARTSYS : 0;
}

/**
 * z2_scan_wanted() - is this a candidate?
 * @obj: what a slot holds; its state will do
 * @what: Z2_SCAN_*
 */
bool z2_scan_wanted(const struct z2_object *obj, unsigned int what)
{
	if (z2_object_empty(obj) || z2_object_is(obj, Z2_SLOT_SAME | Z2_SLOT_PP))
		return false;
	if (z2_object_is(obj, Z2_SLOT_BACKING) != !!(what & Z2_SCAN_BACKING))
		return false;
	if ((what & Z2_SCAN_IDLE) && !z2_object_is(obj, Z2_SLOT_IDLE))
		return false;
	if ((what & Z2_SCAN_HUGE) && !z2_object_is(obj, Z2_SLOT_HUGE))
		return false;
	return !(what & Z2_SCAN_INCOMPRESSIBLE) || z2_object_is(obj, Z2_SLOT_INCOMPRESSIBLE);
}

/**
 * z2_scan_take() - take a slot for post-processing, if it is a candidate
 * @dev: the device, with the post-processing lock held
 * @index: the slot
 * @what: Z2_SCAN_*
 * @obj: set to what it holds
 *
 * A slot that is taken has the post-processing mark, and is locked for reading
 * so that the caller can copy what it holds.
 *
 * Context: process, may sleep.
 * Return: whether it was taken.
 */
bool z2_scan_take(struct z2_device *dev, unsigned long index, unsigned int what,
		  struct z2_object *obj)
{
	struct z2_object peek = { .state = z2_slot_peek(dev->table, index) };

	if (!(index % RESCHED_SLOTS))
		cond_resched();
	if (!z2_scan_wanted(&peek, what))
		return false;

	z2_slot_read_lock(dev->table, index);
	*obj = z2_slot_get(dev->table, index);
	if (z2_scan_wanted(obj, what)) {
		z2_slot_mark(dev->table, index, Z2_SLOT_PP);
		return true;
	}
	z2_slot_read_unlock(dev->table, index);
	return false;
}

/**
 * z2_scan_untake() - leave a slot as it is after all
 * @dev: the device, with the post-processing lock held
 * @index: the slot, as z2_scan_take() left it
 */
void z2_scan_untake(struct z2_device *dev, unsigned long index)
{
	z2_slot_unmark(dev->table, index, Z2_SLOT_PP);
	z2_slot_read_unlock(dev->table, index);
}

static bool can_be_idle(const struct z2_object *obj)
{
	return !z2_object_empty(obj) && !z2_object_is(obj, Z2_SLOT_SAME | Z2_SLOT_BACKING);
}

static void mark_by_age(struct z2_device *dev, unsigned long index, s64 older_than, u32 now)
{
	struct z2_object obj = { .state = z2_slot_peek(dev->table, index) };

	if (!can_be_idle(&obj))
		return;

	z2_slot_read_lock(dev->table, index);
	obj = z2_slot_get(dev->table, index);
	if (can_be_idle(&obj)) {
		u32 used = z2_slot_access_time(dev->table, index);

		if (z2_scan_age(now, used) > older_than)
			z2_slot_mark(dev->table, index, Z2_SLOT_IDLE);
		else
			z2_slot_unmark(dev->table, index, Z2_SLOT_IDLE);
	}
	z2_slot_read_unlock(dev->table, index);
}

/**
 * z2_scan_mark_idle() - mark what has not been used for a while
 * @dev: the device
 * @older_than: seconds since the last access; -1 marks all
 *
 * What was used since loses the mark.  Same-filled pages and those on the
 * backing device take no memory and get none.
 *
 * Context: process, may sleep; long.  Takes the config lock for so many slots at
 * a time, so that whoever waits for it, and all who come after him, wait little.
 * Return: 0; -EINVAL if the device isn't live, or no longer.
 */
int z2_scan_mark_idle(struct z2_device *dev, s64 older_than)
{
	u32 now = z2_slot_now();
	unsigned long index = 0, nr = 1, end;

	while (index < nr) {
		down_read(&dev->config_lock);
		nr = dev->table ? z2_slot_table_nr(dev->table) : 0;
		for (end = min(nr, index + RESCHED_SLOTS); index < end; index++)
			mark_by_age(dev, index, older_than, now);
		up_read(&dev->config_lock);
		cond_resched();
	}
	return nr ? 0 : -EINVAL;
}

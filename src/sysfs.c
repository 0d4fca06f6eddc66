// SPDX-License-Identifier: GPL-2.0
/*
 * Attributes of a disk, in the formats of the in-tree driver's ABI document.
 *
 * Each store parses with params, then calls one function, or sets a field
 * under the config lock.  Whatever is refused is refused whole, with one line
 * in the kernel log that says why.
 */
#define pr_fmt(fmt) "zram2: " fmt

#include <linux/blkdev.h>
#include <linux/device.h>
#include <linux/math64.h>
#include <linux/ratelimit.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include <zram2/auto.h>
#include <zram2/device.h>
#include <zram2/gc.h>
#include <zram2/lifecycle.h>
#include <zram2/offload.h>
#include <zram2/params.h>
#include <zram2/pool.h>
#include <zram2/scan.h>
#include <zram2/stats.h>
#include <zram2/sysfs.h>

/**
 * z2_sysfs_refuse() - say why something that was written is refused
 * @dev: the device
 * @attr: the attribute
 * @why: the reason
 * @err: the errno; nothing is said of -ERESTARTSYS, which is no refusal
 *
 * Return: @err.
 */
int z2_sysfs_refuse(struct z2_device *dev, const struct device_attribute *attr, const char *why,
		    int err)
{
	/* A script that goes through all attributes is heard out, a flood isn't. */
	static DEFINE_RATELIMIT_STATE(limit, 5 * HZ, 50);

	if (err != -ERESTARTSYS && __ratelimit(&limit))
		pr_warn("%s: %s: %s (%d)\n", dev->disk->disk_name, attr->attr.name, why, err);
	return err;
}

/**
 * z2_sysfs_scan_of() - what a scan looks for, when a user names a type
 * @type: the type
 *
 * Return: Z2_SCAN_*.
 */
unsigned int z2_sysfs_scan_of(enum z2_params_type type)
{
	static const unsigned int what[] = {
		[Z2_TYPE_ANY] = 0,
		[Z2_TYPE_IDLE] = Z2_SCAN_IDLE,
		[Z2_TYPE_HUGE] = Z2_SCAN_HUGE,
		[Z2_TYPE_HUGE_IDLE] = Z2_SCAN_HUGE | Z2_SCAN_IDLE,
		[Z2_TYPE_INCOMPRESSIBLE] = Z2_SCAN_INCOMPRESSIBLE,
	};

	return what[type];
}

/*
 * A size, of an attribute that the in-tree driver has as well.  That one takes the
 * number that the text begins with, and so must who stands in for it: tools write
 * what awk makes of a large number, or a fraction, and go on.
 */
static int parse_size(struct z2_device *dev, const struct device_attribute *attr,
		      const char *buf, u64 *bytes, const char **why)
{
	const char *rest;
	int err;

	if (!z2_device_drop_in())
		return z2_params_size(buf, bytes, why);
	err = z2_params_size_begins(buf, bytes, &rest, why);
	if (!err && *rest)
		pr_warn_ratelimited("%s: %s: taken as %llu bytes, ignoring '%.*s'\n",
				    dev->disk->disk_name, attr->attr.name, *bytes,
				    (int)strcspn(rest, "\n"), rest);
	return err;
}

static ssize_t disksize_show(struct device *d, struct device_attribute *attr, char *buf)
{
	struct z2_device *dev = z2_sysfs_device(d);
	u64 disksize;

	down_read(&dev->config_lock);
	disksize = dev->disksize;
	up_read(&dev->config_lock);
	return sysfs_emit(buf, "%llu\n", disksize);
}

static ssize_t disksize_store(struct device *d, struct device_attribute *attr, const char *buf,
			      size_t len)
{
	struct z2_device *dev = z2_sysfs_device(d);
	const char *why = NULL;
	u64 disksize;
	int err;

	err = parse_size(dev, attr, buf, &disksize, &why) ?:
	      z2_lifecycle_start(dev, disksize, &why);
	return err ? z2_sysfs_refuse(dev, attr, why, err) : len;
}

static ssize_t initstate_show(struct device *d, struct device_attribute *attr, char *buf)
{
	struct z2_device *dev = z2_sysfs_device(d);
	bool initialised;

	down_read(&dev->config_lock);
	initialised = dev->disksize;
	up_read(&dev->config_lock);
	return sysfs_emit(buf, "%u\n", initialised);
}

static ssize_t reset_store(struct device *d, struct device_attribute *attr, const char *buf,
			   size_t len)
{
	struct z2_device *dev = z2_sysfs_device(d);
	const char *why = NULL;
	int err = z2_params_reset(buf, &why) ?: z2_lifecycle_reset(dev, &why);

	return err ? z2_sysfs_refuse(dev, attr, why, err) : len;
}

static ssize_t mem_limit_store(struct device *d, struct device_attribute *attr, const char *buf,
			       size_t len)
{
	struct z2_device *dev = z2_sysfs_device(d);
	const char *why = NULL;
	u64 limit;
	int err = parse_size(dev, attr, buf, &limit, &why);

	if (err)
		return z2_sysfs_refuse(dev, attr, why, err);

	down_write(&dev->config_lock);
	WRITE_ONCE(dev->limit_pages, min_t(u64, z2_bytes_to_pages(limit), ULONG_MAX));
	/* The mark goes by it. */
	z2_auto_kick(dev);
	up_write(&dev->config_lock);
	return len;
}

static ssize_t mem_used_max_store(struct device *d, struct device_attribute *attr,
				  const char *buf, size_t len)
{
	struct z2_device *dev = z2_sysfs_device(d);
	const char *why = NULL;
	int err = z2_params_zero(buf, &why);

	if (err)
		return z2_sysfs_refuse(dev, attr, why, err);

	down_read(&dev->config_lock);
	if (dev->pool)
		atomic_long_set(&dev->max_used_pages, z2_pool_pages(dev->pool));
	up_read(&dev->config_lock);
	return len;
}

static ssize_t compact_store(struct device *d, struct device_attribute *attr, const char *buf,
			     size_t len)
{
	struct z2_device *dev = z2_sysfs_device(d);
	int err = 0;

	down_read(&dev->config_lock);
	if (dev->pool) {
		z2_gc_flush(dev->gc);
		z2_pool_compact(dev->pool);
	} else {
		err = -EINVAL;
	}
	up_read(&dev->config_lock);
	return err ? z2_sysfs_refuse(dev, attr, "the device has no size yet", err) : len;
}

static ssize_t gc_limit_show(struct device *d, struct device_attribute *attr, char *buf)
{
	struct z2_device *dev = z2_sysfs_device(d);
	u64 limit;

	down_read(&dev->config_lock);
	limit = dev->gc_limit;
	up_read(&dev->config_lock);
	return sysfs_emit(buf, "%llu\n", limit);
}

static ssize_t gc_limit_store(struct device *d, struct device_attribute *attr, const char *buf,
			      size_t len)
{
	struct z2_device *dev = z2_sysfs_device(d);
	const char *why = NULL;
	u64 limit;
	int err = z2_params_size(buf, &limit, &why);

	if (err)
		return z2_sysfs_refuse(dev, attr, why, err);

	down_write(&dev->config_lock);
	if (dev->gc)
		err = z2_gc_set_limit(dev->gc, limit);
	if (!err)
		dev->gc_limit = limit;
	up_write(&dev->config_lock);
	return err ? z2_sysfs_refuse(dev, attr, "no memory to keep so much in order", err) : len;
}

static ssize_t gc_stat_show(struct device *d, struct device_attribute *attr, char *buf)
{
	struct z2_device *dev = z2_sysfs_device(d);
	struct z2_gc_stats stats = {};

	down_read(&dev->config_lock);
	if (dev->gc)
		stats = z2_gc_stats(dev->gc);
	up_read(&dev->config_lock);

	return sysfs_emit(buf,
			  "pending_bytes %llu\npending %llu\ndeferred %llu\nrecycled %llu\n"
			  "freed %llu\nsync_limit %llu\nsync_full %llu\n",
			  stats.pending_bytes, stats.pending, stats.deferred, stats.recycled,
			  stats.freed, stats.sync_limit, stats.sync_full);
}

static ssize_t offload_threads_show(struct device *d, struct device_attribute *attr, char *buf)
{
	struct z2_device *dev = z2_sysfs_device(d);
	unsigned int threads;

	down_read(&dev->config_lock);
	threads = dev->offload_threads;
	up_read(&dev->config_lock);
	return sysfs_emit(buf, "%u\n", threads);
}

static ssize_t offload_threads_store(struct device *d, struct device_attribute *attr,
				     const char *buf, size_t len)
{
	struct z2_device *dev = z2_sysfs_device(d);
	const char *why = NULL;
	unsigned int threads;
	int err = z2_params_uint(buf, &threads, &why);

	if (!err && threads > Z2_OFFLOAD_THREADS_MAX) {
		why = "more threads than " __stringify(Z2_OFFLOAD_THREADS_MAX);
		err = -ERANGE;
	}
	if (err)
		return z2_sysfs_refuse(dev, attr, why, err);

	down_write(&dev->config_lock);
	if (dev->state == Z2_CONFIGURING)
		dev->offload_threads = threads;
	else
		err = -EBUSY;
	up_write(&dev->config_lock);
	return err ? z2_sysfs_refuse(dev, attr, "the device is in use, reset it first", err) : len;
}

static ssize_t offload_stat_show(struct device *d, struct device_attribute *attr, char *buf)
{
	struct z2_device *dev = z2_sysfs_device(d);
	struct z2_offload_stats stats = {};

	down_read(&dev->config_lock);
	if (dev->offload)
		stats = z2_offload_stats(dev->offload);
	up_read(&dev->config_lock);

	return sysfs_emit(buf,
			  "pending %llu\nqueued %llu\ncompleted %llu\ntaken %llu\n"
			  "inline_same %llu\ninline_full %llu\ninline_late %llu\n"
			  "inline_first %llu\ndeepest %llu\nwakeups %llu\n"
			  "queue_us %llu\nlongest_us %llu\npage_ns %llu\n",
			  stats.pending, stats.queued, stats.completed, stats.taken,
			  stats.inline_same, stats.inline_full, stats.inline_late,
			  stats.inline_first, stats.deepest, stats.wakeups,
			  div_u64(stats.queue_ns, NSEC_PER_USEC),
			  div_u64(stats.longest_ns, NSEC_PER_USEC), stats.page_ns);
}

static ssize_t io_stat_show(struct device *d, struct device_attribute *attr, char *buf)
{
	struct z2_stats __percpu *stats = z2_sysfs_device(d)->stats;

	return sysfs_emit(buf, "%8llu %8llu %8llu %8llu\n",
			  z2_stats_sum(stats, Z2_STAT_FAILED_READS),
			  z2_stats_sum(stats, Z2_STAT_FAILED_WRITES),
			  z2_stats_sum(stats, Z2_STAT_INVALID_IO),
			  z2_stats_sum(stats, Z2_STAT_NOTIFY_FREE));
}

static ssize_t mm_stat_show(struct device *d, struct device_attribute *attr, char *buf)
{
	struct z2_device *dev = z2_sysfs_device(d);
	unsigned long used = 0, compacted = 0;

	down_read(&dev->config_lock);
	if (dev->pool) {
		used = z2_pool_pages(dev->pool);
		compacted = z2_pool_pages_compacted(dev->pool);
	}
	up_read(&dev->config_lock);

	return sysfs_emit(buf, "%8llu %8llu %8llu %8llu %8llu %8llu %8lu %8llu %8llu\n",
			  z2_stats_sum(dev->stats, Z2_STAT_PAGES_STORED) << PAGE_SHIFT,
			  z2_stats_sum(dev->stats, Z2_STAT_COMPR_SIZE),
			  (u64)used << PAGE_SHIFT,
			  (u64)READ_ONCE(dev->limit_pages) << PAGE_SHIFT,
			  (u64)atomic_long_read(&dev->max_used_pages) << PAGE_SHIFT,
			  z2_stats_sum(dev->stats, Z2_STAT_SAME_PAGES), compacted,
			  z2_stats_sum(dev->stats, Z2_STAT_HUGE_PAGES),
			  z2_stats_sum(dev->stats, Z2_STAT_HUGE_PAGES_SINCE));
}

/*
 * The format of zram's: nothing, and frees that were missed because the slot was
 * locked.  Ours can't be: whoever has the lock carries them out.  Hence no counter.
 */
static ssize_t debug_stat_show(struct device *d, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "version: 1\n0        0\n");
}

static DEVICE_ATTR_RW(disksize);
static DEVICE_ATTR_RO(initstate);
static DEVICE_ATTR_WO(reset);
static DEVICE_ATTR_WO(mem_limit);
static DEVICE_ATTR_WO(mem_used_max);
static DEVICE_ATTR_WO(compact);
static DEVICE_ATTR_RW(gc_limit);
static DEVICE_ATTR_RO(gc_stat);
static DEVICE_ATTR_RW(offload_threads);
static DEVICE_ATTR_RO(offload_stat);
static DEVICE_ATTR_RO(io_stat);
static DEVICE_ATTR_RO(mm_stat);
static DEVICE_ATTR_RO(debug_stat);

static struct attribute *z2_sysfs_attrs[] = {
	&dev_attr_disksize.attr,
	&dev_attr_initstate.attr,
	&dev_attr_reset.attr,
	&dev_attr_mem_limit.attr,
	&dev_attr_mem_used_max.attr,
	&dev_attr_compact.attr,
	&dev_attr_gc_limit.attr,
	&dev_attr_gc_stat.attr,
	&dev_attr_offload_threads.attr,
	&dev_attr_offload_stat.attr,
	&dev_attr_io_stat.attr,
	&dev_attr_mm_stat.attr,
	&dev_attr_debug_stat.attr,
	NULL
};

static const struct attribute_group z2_sysfs_group = {
	.attrs = z2_sysfs_attrs,
};

const struct attribute_group *z2_sysfs_groups[] = {
	&z2_sysfs_group,
	&z2_sysfs_algo_group,
	&z2_sysfs_writeback_group,
	&z2_sysfs_auto_group,
	NULL
};

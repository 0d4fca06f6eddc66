// SPDX-License-Identifier: GPL-2.0
/* Attributes for the backing device and for what is written back to it. */
#include <linux/err.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include <zram2/backing.h>
#include <zram2/below.h>
#include <zram2/device.h>
#include <zram2/make_room.h>
#include <zram2/params.h>
#include <zram2/parked.h>
#include <zram2/scan.h>
#include <zram2/slot.h>
#include <zram2/sysfs.h>
#include <zram2/writeback.h>

/* What bd_stat and writeback_limit count in, on every machine. */
#define BD_UNIT		4096

/* Some 150 KiB each: more at once speeds no device up. */
#define BATCH_SIZE_MAX	1024

static const char in_use[] = "the device is in use, reset it first";

static ssize_t backing_dev_show(struct device *d, struct device_attribute *attr, char *buf)
{
	struct z2_device *dev = z2_sysfs_device(d);
	ssize_t len;

	down_read(&dev->config_lock);
	if (dev->backing) {
		len = z2_backing_path(dev->backing, buf, PAGE_SIZE - 1);
		if (len >= 0)
			buf[len++] = '\n';
	} else {
		len = sysfs_emit(buf, "none\n");
	}
	up_read(&dev->config_lock);
	return len;
}

/*
 * Not on a disk of ours, whatever lies between: that frees no memory, and the two
 * would wait for the same workqueues when there is none left.
 */
static struct z2_backing *open_backing(const char *path, const char **why)
{
	struct z2_backing *backing = z2_backing_open(path, why);
	int ours;

	if (IS_ERR(backing))
		return backing;
	ours = z2_below_ours(z2_backing_disk(backing));
	if (!ours)
		return backing;
	z2_backing_close(backing);
	*why = ours > 0 ? "the backing device is a disk of zram2, or lies on one" :
			  "what the backing device lies on can't be found out";
	return ERR_PTR(ours > 0 ? -EINVAL : ours);
}

/* Puts @backing in the place of what there was, which is returned in it. */
static int exchange_backing(struct z2_device *dev, struct z2_backing **backing, const char **why)
{
	int err = 0;

	down_write(&dev->config_lock);
	if (dev->state == Z2_CONFIGURING) {
		swap(dev->backing, *backing);
	} else {
		*why = in_use;
		err = -EBUSY;
	}
	up_write(&dev->config_lock);
	return err;
}

static ssize_t backing_dev_store(struct device *d, struct device_attribute *attr,
				 const char *buf, size_t len)
{
	struct z2_device *dev = z2_sysfs_device(d);
	const char *why = "no memory";
	struct z2_backing *backing;
	char *path;
	int err;

	if (z2_device_state(dev) != Z2_CONFIGURING)
		return z2_sysfs_refuse(dev, attr, in_use, -EBUSY);
	path = z2_params_path(buf, len);
	if (!path)
		return z2_sysfs_refuse(dev, attr, why, -ENOMEM);

	/* Not with the config lock: opening takes a disk's open_mutex. */
	backing = open_backing(path, &why);
	kfree(path);
	if (IS_ERR(backing))
		return z2_sysfs_refuse(dev, attr, why, PTR_ERR(backing));
	err = exchange_backing(dev, &backing, &why);
	z2_backing_close(backing);
	return err ? z2_sysfs_refuse(dev, attr, why, err) : len;
}

static ssize_t idle_store(struct device *d, struct device_attribute *attr, const char *buf,
			  size_t len)
{
	struct z2_device *dev = z2_sysfs_device(d);
	const char *why = NULL;
	s64 age;
	int err = z2_params_age(buf, &age, &why);

	if (err)
		return z2_sysfs_refuse(dev, attr, why, err);

	err = z2_scan_mark_idle(dev, age);
	return err ? z2_sysfs_refuse(dev, attr, "the device has no size yet", err) : len;
}

/* Parsed whole before anything is written, so that bad input changes nothing. */
static int parse_jobs(struct z2_device *dev, char *text, struct z2_writeback_job **jobs,
		      const char **why)
{
	unsigned int max = strlen(text) / 2 + 1;
	struct z2_params_range *ranges;
	u64 pages;
	int nr, i;

	down_read(&dev->config_lock);
	pages = z2_bytes_to_pages(dev->disksize);
	up_read(&dev->config_lock);
	if (!pages) {
		*why = "the device has no size yet";
		return -EINVAL;
	}

	*why = "no memory";
	ranges = kvcalloc(max, sizeof(*ranges), GFP_KERNEL);
	*jobs = kvcalloc(max, sizeof(**jobs), GFP_KERNEL);
	nr = ranges && *jobs ? z2_params_writeback(text, pages, ranges, max, why) : -ENOMEM;
	for (i = 0; i < nr; i++) {
		(*jobs)[i] = (struct z2_writeback_job){
			.what = z2_sysfs_scan_of(ranges[i].type),
			.first = ranges[i].first,
			.last = ranges[i].last,
		};
	}
	kvfree(ranges);
	return nr;
}

static ssize_t writeback_store(struct device *d, struct device_attribute *attr, const char *buf,
			       size_t len)
{
	struct z2_device *dev = z2_sysfs_device(d);
	struct z2_writeback_job *jobs = NULL;
	const char *why = "no memory";
	char *text = kstrndup(buf, len, GFP_KERNEL);
	int ret = -ENOMEM;

	if (text) {
		ret = parse_jobs(dev, text, &jobs, &why);
		if (ret >= 0)
			ret = z2_writeback_run(dev, jobs, ret, &why);
	}
	kvfree(jobs);
	kfree(text);
	return ret ? z2_sysfs_refuse(dev, attr, why, ret) : len;
}

static ssize_t writeback_limit_show(struct device *d, struct device_attribute *attr, char *buf)
{
	struct z2_device *dev = z2_sysfs_device(d);
	u64 limit;

	spin_lock(&dev->writeback_lock);
	limit = dev->writeback_limit;
	spin_unlock(&dev->writeback_lock);
	return sysfs_emit(buf, "%llu\n", limit);
}

static ssize_t writeback_limit_store(struct device *d, struct device_attribute *attr,
				     const char *buf, size_t len)
{
	struct z2_device *dev = z2_sysfs_device(d);
	const char *why = NULL;
	u64 limit;
	int err = z2_params_u64(buf, &limit, &why);

	if (err)
		return z2_sysfs_refuse(dev, attr, why, err);
	spin_lock(&dev->writeback_lock);
	/* A page is written whole, as in-tree. */
	dev->writeback_limit = round_down(limit, PAGE_SIZE / BD_UNIT);
	dev->writeback_limit_changes++;
	spin_unlock(&dev->writeback_lock);
	z2_make_room_again(dev);
	return len;
}

static ssize_t writeback_limit_enable_show(struct device *d, struct device_attribute *attr,
					   char *buf)
{
	return sysfs_emit(buf, "%d\n", READ_ONCE(z2_sysfs_device(d)->writeback_limit_enable));
}

static ssize_t writeback_limit_enable_store(struct device *d, struct device_attribute *attr,
					    const char *buf, size_t len)
{
	struct z2_device *dev = z2_sysfs_device(d);
	const char *why = NULL;
	u64 enable;
	int err = z2_params_u64(buf, &enable, &why);

	if (err)
		return z2_sysfs_refuse(dev, attr, why, err);
	spin_lock(&dev->writeback_lock);
	dev->writeback_limit_enable = enable;
	dev->writeback_limit_changes++;
	spin_unlock(&dev->writeback_lock);
	z2_make_room_again(dev);
	return len;
}

static ssize_t writeback_batch_size_show(struct device *d, struct device_attribute *attr,
					 char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(z2_sysfs_device(d)->writeback_batch_size));
}

static ssize_t writeback_batch_size_store(struct device *d, struct device_attribute *attr,
					  const char *buf, size_t len)
{
	struct z2_device *dev = z2_sysfs_device(d);
	const char *why = NULL;
	unsigned int batch;
	int err = z2_params_uint(buf, &batch, &why);

	if (err)
		return z2_sysfs_refuse(dev, attr, why, err);
	if (!batch)
		return z2_sysfs_refuse(dev, attr, "nothing would be written at all", -EINVAL);
	if (batch > BATCH_SIZE_MAX)
		return z2_sysfs_refuse(dev, attr, "more than 1024 writes at once", -EINVAL);
	WRITE_ONCE(dev->writeback_batch_size, batch);
	return len;
}

static ssize_t show_flag(struct z2_device *dev, const bool *flag, char *buf)
{
	bool value;

	down_read(&dev->config_lock);
	value = *flag;
	up_read(&dev->config_lock);
	return sysfs_emit(buf, "%d\n", value);
}

static ssize_t store_flag(struct z2_device *dev, const struct device_attribute *attr, bool *flag,
			  const char *buf, size_t len)
{
	const char *why = NULL;
	bool value;
	int err = z2_params_bool(buf, &value, &why);

	if (err)
		return z2_sysfs_refuse(dev, attr, why, err);

	down_write(&dev->config_lock);
	if (dev->state == Z2_CONFIGURING)
		*flag = value;
	else
		err = -EBUSY;
	up_write(&dev->config_lock);
	return err ? z2_sysfs_refuse(dev, attr, in_use, err) : len;
}

static ssize_t compressed_writeback_show(struct device *d, struct device_attribute *attr,
					 char *buf)
{
	struct z2_device *dev = z2_sysfs_device(d);

	return show_flag(dev, &dev->compressed_writeback, buf);
}

static ssize_t compressed_writeback_store(struct device *d, struct device_attribute *attr,
					  const char *buf, size_t len)
{
	struct z2_device *dev = z2_sysfs_device(d);

	return store_flag(dev, attr, &dev->compressed_writeback, buf, len);
}

static ssize_t writeback_packing_show(struct device *d, struct device_attribute *attr, char *buf)
{
	struct z2_device *dev = z2_sysfs_device(d);

	return show_flag(dev, &dev->writeback_packing, buf);
}

static ssize_t writeback_packing_store(struct device *d, struct device_attribute *attr,
				       const char *buf, size_t len)
{
	struct z2_device *dev = z2_sysfs_device(d);

	return store_flag(dev, attr, &dev->writeback_packing, buf, len);
}

/* All zero without a backing device. */
static void get_stats(struct z2_device *dev, struct z2_blockmap_stats *map,
		      struct z2_backing_stats *io)
{
	memset(map, 0, sizeof(*map));
	memset(io, 0, sizeof(*io));
	down_read(&dev->config_lock);
	if (dev->backing) {
		*map = z2_blockmap_stats(z2_backing_map(dev->backing));
		*io = *z2_backing_stats(dev->backing);
	}
	up_read(&dev->config_lock);
}

static u64 bd_units(const atomic64_t *bytes)
{
	return DIV_ROUND_UP_ULL(atomic64_read(bytes), BD_UNIT);
}

static ssize_t parked_stat_show(struct device *d, struct device_attribute *attr, char *buf)
{
	struct z2_parked_stats stats = z2_parked_stats(z2_sysfs_device(d));

	return sysfs_emit(buf, "waiting %llu\ntotal %llu\nfailed %llu\nlongest_us %llu\n",
			  stats.waiting, stats.total, stats.failed, stats.longest_us);
}

static ssize_t bd_stat_show(struct device *d, struct device_attribute *attr, char *buf)
{
	struct z2_blockmap_stats map;
	struct z2_backing_stats io;

	get_stats(z2_sysfs_device(d), &map, &io);
	return sysfs_emit(buf, "%8llu %8llu %8llu\n", map.used, bd_units(&io.read_bytes),
			  bd_units(&io.write_bytes));
}

static ssize_t backing_stat_show(struct device *d, struct device_attribute *attr, char *buf)
{
	struct z2_device *dev = z2_sysfs_device(d);
	struct z2_blockmap_stats map;
	struct z2_backing_stats io;
	u64 room, limit_stops;

	get_stats(dev, &map, &io);
	room = map.used << Z2_BLOCK_SHIFT;
	spin_lock(&dev->writeback_lock);
	limit_stops = dev->writeback_limit_stops;
	spin_unlock(&dev->writeback_lock);
	return sysfs_emit(buf,
			  "objects %llu\nlive_bytes %llu\nblocks_used %llu\nblocks %llu\n"
			  "density_percent %llu\nmoved_bytes %llu\n"
			  "read_errors %llu\nwrite_errors %llu\ncheck_errors %llu\n"
			  "limit_stops %llu\n",
			  map.objects, map.bytes, map.used, map.blocks,
			  room ? div64_u64(map.bytes * 100, room) : 0,
			  (u64)atomic64_read(&io.moved_bytes),
			  (u64)atomic64_read(&io.read_errors),
			  (u64)atomic64_read(&io.write_errors),
			  (u64)atomic64_read(&io.check_errors), limit_stops);
}

static DEVICE_ATTR_RW(backing_dev);
static DEVICE_ATTR_WO(idle);
static DEVICE_ATTR_WO(writeback);
static DEVICE_ATTR_RW(writeback_limit);
static DEVICE_ATTR_RW(writeback_limit_enable);
static DEVICE_ATTR_RW(writeback_batch_size);
static DEVICE_ATTR_RW(compressed_writeback);
static DEVICE_ATTR_RW(writeback_packing);
static DEVICE_ATTR_RO(bd_stat);
static DEVICE_ATTR_RO(backing_stat);
static DEVICE_ATTR_RO(parked_stat);

static struct attribute *writeback_attrs[] = {
	&dev_attr_backing_dev.attr,
	&dev_attr_idle.attr,
	&dev_attr_writeback.attr,
	&dev_attr_writeback_limit.attr,
	&dev_attr_writeback_limit_enable.attr,
	&dev_attr_writeback_batch_size.attr,
	&dev_attr_compressed_writeback.attr,
	&dev_attr_writeback_packing.attr,
	&dev_attr_bd_stat.attr,
	&dev_attr_backing_stat.attr,
	&dev_attr_parked_stat.attr,
	NULL
};

const struct attribute_group z2_sysfs_writeback_group = {
	.attrs = writeback_attrs,
};

// SPDX-License-Identifier: GPL-2.0
/* Attributes for what leaves for the backing device by itself. */
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/sysfs.h>

#include <zram2/auto.h>
#include <zram2/device.h>
#include <zram2/params.h>
#include <zram2/stats.h>
#include <zram2/sysfs.h>

static ssize_t auto_show(struct device *d, struct device_attribute *attr, char *buf)
{
	struct z2_device *dev = z2_sysfs_device(d);
	bool on;

	down_read(&dev->config_lock);
	on = dev->backing ? z2_auto_on(dev) : dev->auto_wanted == 1;
	up_read(&dev->config_lock);
	return sysfs_emit(buf, "%d\n", on);
}

static ssize_t auto_store(struct device *d, struct device_attribute *attr, const char *buf,
			  size_t len)
{
	struct z2_device *dev = z2_sysfs_device(d);
	const char *why = NULL;
	bool on;
	int err = z2_params_bool(buf, &on, &why);

	if (err)
		return z2_sysfs_refuse(dev, attr, why, err);

	down_write(&dev->config_lock);
	if (on && dev->state == Z2_LIVE && !dev->backing)
		err = -ENODEV;
	else
		WRITE_ONCE(dev->auto_wanted, on);
	z2_auto_kick(dev);
	up_write(&dev->config_lock);
	return err ? z2_sysfs_refuse(dev, attr, "there is no backing device", err) : len;
}

static ssize_t mem_high_show(struct device *d, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%llu\n", z2_auto_high(z2_sysfs_device(d)));
}

static ssize_t mem_high_store(struct device *d, struct device_attribute *attr, const char *buf,
			      size_t len)
{
	struct z2_device *dev = z2_sysfs_device(d);
	const char *why = NULL;
	u64 high;
	int err = z2_params_size(buf, &high, &why);

	if (err)
		return z2_sysfs_refuse(dev, attr, why, err);

	down_write(&dev->config_lock);
	WRITE_ONCE(dev->high_pages, min_t(u64, z2_bytes_to_pages(high), ULONG_MAX));
	z2_auto_kick(dev);
	up_write(&dev->config_lock);
	return len;
}

static ssize_t writeback_budget_show(struct device *d, struct device_attribute *attr, char *buf)
{
	struct z2_device *dev = z2_sysfs_device(d);
	u64 budget;

	down_read(&dev->config_lock);
	budget = z2_auto_budget(dev);
	up_read(&dev->config_lock);
	return sysfs_emit(buf, "%llu\n", budget);
}

static ssize_t writeback_budget_store(struct device *d, struct device_attribute *attr,
				      const char *buf, size_t len)
{
	struct z2_device *dev = z2_sysfs_device(d);
	u64 budget = Z2_BUDGET_UNSET;
	const char *why = NULL;
	int err = sysfs_streq(buf, "default") ? 0 : z2_params_size(buf, &budget, &why);

	if (err)
		return z2_sysfs_refuse(dev, attr, why, err);

	down_write(&dev->config_lock);
	spin_lock(&dev->writeback_lock);
	dev->writeback_budget = budget;
	spin_unlock(&dev->writeback_lock);
	z2_auto_kick(dev);
	up_write(&dev->config_lock);
	return len;
}

static ssize_t auto_stat_show(struct device *d, struct device_attribute *attr, char *buf)
{
	struct z2_device *dev = z2_sysfs_device(d);
	struct z2_auto_stats stats = { .state = Z2_POLICY_OFF, .score = Z2_SCORES };
	u32 age;
	int len;

	down_read(&dev->config_lock);
	if (dev->mover)
		stats = z2_auto_stats(dev->mover);
	up_read(&dev->config_lock);

	age = stats.score < Z2_SCORES ? z2_score_age(stats.score, PAGE_SIZE) : 0;
	len = sysfs_emit(buf, "state %s\nreason %s\nmemory_used %llu\nmemory_high %llu\n"
			 "threshold_age %u\nevicted_pages %llu\nevicted_bytes %llu\n"
			 "written_total %llu\n",
			 z2_auto_state_name(stats.state),
			 z2_auto_reason_name(stats.reason, stats.obstacle), stats.pool,
			 stats.high, age, stats.pages, stats.bytes, stats.written);
	if (stats.budget)
		len += sysfs_emit_at(buf, len, "budget_left %lld\n", stats.left);
	else
		len += sysfs_emit_at(buf, len, "budget_left unlimited\n");
	return len + sysfs_emit_at(buf, len, "refaults_device %llu\nrefaults_device_young %llu\n"
				   "stall_us_per_s %u\nread_latency_us %u\nwrite_latency_us %u\n",
				   z2_stats_sum(dev->stats, Z2_STAT_REFAULTS),
				   z2_stats_sum(dev->stats, Z2_STAT_REFAULTS_YOUNG),
				   stats.stall_us, stats.read_us, stats.write_us);
}

/* Newer kernels make a macro of this keyword. */
#undef auto
static DEVICE_ATTR_RW(auto);
static DEVICE_ATTR_RW(mem_high);
static DEVICE_ATTR_RW(writeback_budget);
static DEVICE_ATTR_RO(auto_stat);

static struct attribute *auto_attrs[] = {
	&dev_attr_auto.attr,
	&dev_attr_mem_high.attr,
	&dev_attr_writeback_budget.attr,
	&dev_attr_auto_stat.attr,
	NULL
};

const struct attribute_group z2_sysfs_auto_group = {
	.attrs = auto_attrs,
};

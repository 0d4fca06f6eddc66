// SPDX-License-Identifier: GPL-2.0
/* Attributes for algorithms, their parameters, and recompression. */
#include <linux/cpumask.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kernel_read_file.h>
#include <linux/slab.h>
#include <linux/sysfs.h>
#include <linux/vmalloc.h>

#include <zram2/codec.h>
#include <zram2/device.h>
#include <zram2/file.h>
#include <zram2/params.h>
#include <zram2/recompress.h>
#include <zram2/sysfs.h>

/*
 * Far above what any algorithm makes use of (zstd trains 110 KiB by default,
 * lz4 looks at 64 KiB), far below what would hurt.
 */
#define DICT_MAX	SZ_16M

/* All algorithms, the one that the device uses in brackets. */
static int show_algos(char *buf, int len, const struct z2_codec_ops *chosen)
{
	const struct z2_codec_ops *ops;
	unsigned int i;

	for (i = 0; (ops = z2_codec_nth(i)); i++)
		len += sysfs_emit_at(buf, len, ops == chosen ? "[%s] " : "%s ", ops->name);
	return len + sysfs_emit_at(buf, len, "\n");
}

static ssize_t comp_algorithm_show(struct device *d, struct device_attribute *attr, char *buf)
{
	struct z2_device *dev = z2_sysfs_device(d);
	int len;

	down_read(&dev->config_lock);
	len = show_algos(buf, 0, dev->algos[Z2_PRIMARY].ops);
	up_read(&dev->config_lock);
	return len;
}

static int set_algo(struct z2_device *dev, unsigned int prio, const char *name, const char **why)
{
	const struct z2_codec_ops *ops = z2_codec_find(name);
	int err = 0;

	if (!ops) {
		*why = "no such algorithm";
		return -EINVAL;
	}
	down_write(&dev->config_lock);
	if (dev->state == Z2_CONFIGURING) {
		z2_device_set_algo(dev, prio, ops);
	} else {
		*why = "the device is in use, reset it first";
		err = -EBUSY;
	}
	up_write(&dev->config_lock);
	return err;
}

static ssize_t comp_algorithm_store(struct device *d, struct device_attribute *attr,
				    const char *buf, size_t len)
{
	struct z2_device *dev = z2_sysfs_device(d);
	const char *why = NULL;
	int err = z2_params_algo_name(buf, &why) ?: set_algo(dev, Z2_PRIMARY, buf, &why);

	return err ? z2_sysfs_refuse(dev, attr, why, err) : len;
}

/*
 * There is a stream for each CPU, in the in-tree driver as well, which ignores what
 * is written here and has the attribute for old tools' sake.
 */
static ssize_t max_comp_streams_show(struct device *d, struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", num_online_cpus());
}

static ssize_t max_comp_streams_store(struct device *d, struct device_attribute *attr,
				      const char *buf, size_t len)
{
	return len;
}

static ssize_t recomp_algorithm_show(struct device *d, struct device_attribute *attr, char *buf)
{
	struct z2_device *dev = z2_sysfs_device(d);
	unsigned int prio;
	int len = 0;

	down_read(&dev->config_lock);
	for (prio = Z2_SECONDARY; prio < Z2_CODECS_MAX; prio++) {
		if (!dev->algos[prio].ops)
			continue;
		len += sysfs_emit_at(buf, len, "#%u: ", prio);
		len = show_algos(buf, len, dev->algos[prio].ops);
	}
	up_read(&dev->config_lock);
	return len;
}

static int set_secondary(struct z2_device *dev, char *text, const char **why)
{
	const char *name;
	int prio, err;

	err = z2_params_recomp_algo(text, &name, &prio, why);
	if (err)
		return err;
	if (prio == Z2_PARAM_UNSET)
		prio = Z2_SECONDARY;
	if (prio < Z2_SECONDARY || prio >= Z2_CODECS_MAX) {
		*why = "the priority is out of range";
		return -EINVAL;
	}
	return set_algo(dev, prio, name, why);
}

static ssize_t recomp_algorithm_store(struct device *d, struct device_attribute *attr,
				      const char *buf, size_t len)
{
	struct z2_device *dev = z2_sysfs_device(d);
	char *copy = kstrdup(buf, GFP_KERNEL);
	const char *why = "no memory";
	int err = copy ? set_secondary(dev, copy, &why) : -ENOMEM;

	kfree(copy);
	return err ? z2_sysfs_refuse(dev, attr, why, err) : len;
}

static int recompress(struct z2_device *dev, char *text, const char **why)
{
	struct z2_recompress_params params;
	int ret = z2_params_recompress(text, &params, why);

	if (ret)
		return ret;
	down_read(&dev->config_lock);
	ret = z2_device_find_algo(dev, params.algo, params.prio, Z2_SECONDARY, why);
	up_read(&dev->config_lock);
	if (ret < 0)
		return ret;

	return z2_recompress_run(dev, &(struct z2_recompress_job){
		.what = z2_sysfs_scan_of(params.type),
		.prio = ret,
		.threshold = params.threshold,
		.max_pages = params.max_pages,
	}, why);
}

static ssize_t recompress_store(struct device *d, struct device_attribute *attr,
				const char *buf, size_t len)
{
	struct z2_device *dev = z2_sysfs_device(d);
	char *copy = kstrdup(buf, GFP_KERNEL);
	const char *why = "no memory";
	int err = copy ? recompress(dev, copy, &why) : -ENOMEM;

	kfree(copy);
	return err ? z2_sysfs_refuse(dev, attr, why, err) : len;
}

static int load_dict(const char *path, struct z2_codec_params *params, const char **why)
{
	struct file *file = z2_file_open(path, S_IFREG, O_RDONLY);
	void *dict = NULL;
	ssize_t len;

	/* Whatever is wrong with it, in-tree says EINVAL. */
	if (IS_ERR(file)) {
		*why = PTR_ERR(file) == -EINVAL ? "the dictionary is no regular file" :
						  "the dictionary can't be opened";
		return -EINVAL;
	}
	len = kernel_read_file(file, 0, &dict, DICT_MAX, NULL, READING_POLICY);
	fput(file);
	if (len < 0) {
		*why = len == -EFBIG ? "the dictionary is too large" :
				       "the dictionary can't be read";
		return -EINVAL;
	}
	if (!len) {
		vfree(dict);
		*why = "the dictionary is empty";
		return -EINVAL;
	}
	params->dict = dict;
	params->dict_len = len;
	return 0;
}

static int set_params(struct z2_device *dev, const struct z2_algo_params *text,
		      struct z2_codec_params *params, const char **why)
{
	int ret;

	down_write(&dev->config_lock);
	if (dev->state != Z2_CONFIGURING) {
		*why = "the device is in use, reset it first";
		ret = -EBUSY;
	} else {
		ret = z2_device_find_algo(dev, text->algo, text->prio, Z2_PRIMARY, why);
	}
	if (ret >= 0) {
		z2_device_set_params(dev, ret, params);
		ret = 0;
	}
	up_write(&dev->config_lock);
	return ret;
}

static ssize_t algorithm_params_store(struct device *d, struct device_attribute *attr,
				      const char *buf, size_t len)
{
	struct z2_device *dev = z2_sysfs_device(d);
	struct z2_codec_params params = {};
	struct z2_algo_params text;
	const char *why = "no memory";
	char *copy;
	int err;

	copy = kstrdup(buf, GFP_KERNEL);
	if (!copy)
		return z2_sysfs_refuse(dev, attr, why, -ENOMEM);

	err = z2_params_algo(copy, &text, &why);
	if (err)
		goto out;
	params.level = text.level;
	params.winbits = text.winbits;
	/* Files are not read with the lock held: that may take a while. */
	if (text.dict)
		err = load_dict(text.dict, &params, &why);
	if (err)
		goto out;
	err = set_params(dev, &text, &params, &why);
	if (err)
		vfree(params.dict);
out:
	kfree(copy);
	return err ? z2_sysfs_refuse(dev, attr, why, err) : len;
}

static DEVICE_ATTR_RW(comp_algorithm);
static DEVICE_ATTR_WO(algorithm_params);
static DEVICE_ATTR_RW(max_comp_streams);
static DEVICE_ATTR_RW(recomp_algorithm);
static DEVICE_ATTR_WO(recompress);

static struct attribute *algo_attrs[] = {
	&dev_attr_comp_algorithm.attr,
	&dev_attr_algorithm_params.attr,
	&dev_attr_max_comp_streams.attr,
	&dev_attr_recomp_algorithm.attr,
	&dev_attr_recompress.attr,
	NULL
};

static umode_t algo_is_visible(struct kobject *kobj, struct attribute *attr, int n)
{
	if (attr == &dev_attr_max_comp_streams.attr &&
	    !(Z2_COMPAT_MAX_COMP_STREAMS && z2_device_drop_in()))
		return 0;
	return attr->mode;
}

const struct attribute_group z2_sysfs_algo_group = {
	.attrs = algo_attrs,
	.is_visible = algo_is_visible,
};

// SPDX-License-Identifier: GPL-2.0
/* Module parameters, the order in which units come up, and the control class. */
#define pr_fmt(fmt) "zram2: " fmt

#include <linux/cpuhotplug.h>
#include <linux/delay.h>
#include <linux/device/class.h>
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/sched/signal.h>
#include <linux/stringify.h>
#include <linux/sysfs.h>

#include <zram2/backing.h>
#include <zram2/codec.h>
#include <zram2/debugfs.h>
#include <zram2/device.h>
#include <zram2/disk.h>
#include <zram2/gc.h>
#include <zram2/lifecycle.h>
#include <zram2/make_room.h>
#include <zram2/offload.h>
#include <zram2/sysfs.h>

static unsigned int num_devices = 1;
module_param(num_devices, uint, 0444);
MODULE_PARM_DESC(num_devices, "devices to create at load (1)");

/* Not for zram.ko to be told: under that name nobody wants anything else. */
static bool drop_in = Z2_DROP_IN;
module_param(drop_in, bool, 0444);
MODULE_PARM_DESC(drop_in, "stand in for the kernel's own zram: devices zram0, ... ("
		 __stringify(Z2_DROP_IN) ")");

static unsigned int offload_threads;
module_param(offload_threads, uint, 0444);
MODULE_PARM_DESC(offload_threads, "threads that compress for kswapd, of a new device (0)");

/* Reading it adds a device, as in-tree: hence not readable for everybody. */
static ssize_t hot_add_show(z2_compat_class *class, z2_compat_class_attribute *attr, char *buf)
{
	int ret = z2_lifecycle_add(z2_sysfs_groups);

	if (ret < 0) {
		pr_warn_ratelimited("hot_add: no device added (%d)\n", ret);
		return ret;
	}
	return sysfs_emit(buf, "%d\n", ret);
}

static ssize_t hot_remove_store(z2_compat_class *class, z2_compat_class_attribute *attr,
				const char *buf, size_t len)
{
	const char *why = "not a device number";
	int id, err;

	err = kstrtoint(buf, 10, &id);
	if (!err && id < 0)
		err = -EINVAL;
	if (!err) {
		err = z2_lifecycle_remove(id);
		why = err == -ENODEV ? "no device of that number" : "the device is in use";
	}
	if (err)
		pr_warn_ratelimited("hot_remove: %s (%d)\n", why, err);
	return err ?: len;
}

static struct class_attribute class_attr_hot_add = __ATTR(hot_add, 0400, hot_add_show, NULL);
static struct class_attribute class_attr_hot_remove = __ATTR_WO(hot_remove);

static struct attribute *control_attrs[] = {
	&class_attr_hot_add.attr,
	&class_attr_hot_remove.attr,
	NULL
};
ATTRIBUTE_GROUPS(control);

static struct class control_class = {
	.name = "zram2-control",
	.class_groups = control_groups,
};

/*
 * The kernel's own zram takes this state of CPU hotplug, which one alone can
 * have, before it does anything else.  So we see whether it is there, and if
 * it isn't, it can't be loaded as long as we are.
 */
static int keep_zram_out(void)
{
	int err;

	if (!drop_in)
		return 0;
	err = cpuhp_setup_state_multi(CPUHP_ZCOMP_PREPARE, "block/zram2:drop-in", NULL, NULL);
	if (err == -EBUSY)
		pr_err("drop_in=1: the kernel's own zram is there, unload it first (rmmod zram)\n");
	return err;
}

static void let_zram_in(void)
{
	if (drop_in)
		cpuhp_remove_multi_state(CPUHP_ZCOMP_PREPARE);
}

/*
 * A module whose init fails goes whoever holds it: one who has just closed a
 * disk may still look at its operations.  The loader's own reference counts.
 */
static void __init wait_for_users(void)
{
#ifdef CONFIG_MODULE_UNLOAD
	while (module_refcount(THIS_MODULE) > 1)
		msleep(20);
#endif
}

static int __init zram2_init(void)
{
	unsigned int i;
	int err;

	if (offload_threads > Z2_OFFLOAD_THREADS_MAX) {
		pr_err("offload_threads: more than %u\n", Z2_OFFLOAD_THREADS_MAX);
		return -EINVAL;
	}
	err = keep_zram_out();
	if (err)
		return err;
	if (drop_in)
		control_class.name = "zram-control";
	z2_device_init(drop_in, offload_threads);
	err = z2_codec_init();
	if (err)
		goto let_in;
	z2_backing_init();
	err = z2_gc_init();
	if (err)
		goto exit_codec;
	err = z2_offload_init(KBUILD_MODNAME "_offload");
	if (err)
		goto exit_gc;
	err = z2_make_room_init();
	if (err)
		goto exit_offload;
	err = z2_disk_init(drop_in ? "zram" : "zramx");
	if (err)
		goto exit_make_room;
	z2_debugfs_init(drop_in ? "zram" : "zram2");
	err = class_register(&control_class);
	if (err)
		goto exit_debugfs;

	for (i = 0; i < num_devices; i++) {
		/* A number that was a mistake can be taken back. */
		err = fatal_signal_pending(current) ? -EINTR : z2_lifecycle_add(z2_sysfs_groups);
		if (err < 0)
			goto remove_devices;
	}
	return 0;

remove_devices:
	class_unregister(&control_class);
	z2_lifecycle_remove_all();
	wait_for_users();
exit_debugfs:
	z2_debugfs_exit();
	z2_disk_exit();
exit_make_room:
	z2_make_room_exit();
exit_offload:
	z2_offload_exit();
exit_gc:
	z2_gc_exit();
exit_codec:
	z2_codec_exit();
let_in:
	let_zram_in();
	pr_err("not loaded (%d)\n", err);
	return err;
}
module_init(zram2_init);

static void __exit zram2_exit(void)
{
	/* No more hot_add and hot_remove from here on. */
	class_unregister(&control_class);
	z2_lifecycle_remove_all();
	z2_debugfs_exit();
	z2_disk_exit();
	z2_make_room_exit();
	z2_offload_exit();
	z2_gc_exit();
	z2_codec_exit();
	let_zram_in();
}
module_exit(zram2_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("zram2: compressed RAM block devices");
MODULE_VERSION(Z2_VERSION);
MODULE_AUTHOR("zram2 developers");

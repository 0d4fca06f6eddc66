// SPDX-License-Identifier: GPL-2.0
/* What main.c does for zram2.ko, before the suites run and after. */
#include <linux/module.h>

#include <zram2/backing.h>
#include <zram2/codec.h>
#include <zram2/debugfs.h>
#include <zram2/disk.h>
#include <zram2/gc.h>
#include <zram2/lifecycle.h>
#include <zram2/make_room.h>
#include <zram2/offload.h>

#include "fixture.h"

module_param_named(slow, z2t_slow, uint, 0444);
MODULE_PARM_DESC(slow, "how many times as long as usual everything may take");

static int __init zram2_kunit_init(void)
{
	int err = z2_codec_init();

	if (err)
		return err;
	z2_backing_init();
	err = z2_gc_init();
	if (err)
		goto exit_codec;
	err = z2_offload_init("z2kunit_offload");
	if (err)
		goto exit_gc;
	err = z2_make_room_init();
	if (err)
		goto exit_offload;
	err = z2_disk_init("z2kunit");
	if (err)
		goto exit_make_room;
	z2_debugfs_init("z2kunit");
	return 0;

exit_make_room:
	z2_make_room_exit();
exit_offload:
	z2_offload_exit();
exit_gc:
	z2_gc_exit();
exit_codec:
	z2_codec_exit();
	return err;
}
module_init(zram2_kunit_init);

static void __exit zram2_kunit_exit(void)
{
	/* A suite that failed half way may have left some. */
	z2_lifecycle_remove_all();
	z2_debugfs_exit();
	z2_disk_exit();
	z2_make_room_exit();
	z2_offload_exit();
	z2_gc_exit();
	z2_codec_exit();
}
module_exit(zram2_kunit_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Unit tests of zram2");
MODULE_AUTHOR("zram2 developers");

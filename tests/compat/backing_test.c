// SPDX-License-Identifier: GPL-2.0
/* include/compat/backing.h: whether a device rotates, whatever that is asked by. */
#include <linux/blkdev.h>

int main(void)
{
	struct block_device bdev = { .rotates = true };

	CHECK(bdev_rot(&bdev));
	bdev.rotates = false;
	CHECK(!bdev_rot(&bdev));
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/* include/compat/zram.h: as the zram of that kernel, which lost it with zs_map_object(). */
#include <linux/zsmalloc.h>

int main(void)
{
#ifdef STUB_MAP
	CHECK(Z2_COMPAT_MAX_COMP_STREAMS);
#else
	CHECK(!Z2_COMPAT_MAX_COMP_STREAMS);
#endif
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/* page-like N: that many pages of the kinds in pages.h. */
#include <stdio.h>
#include <stdlib.h>

#include "../pages.h"

int main(int argc, char **argv)
{
	unsigned long nr = argc > 1 ? strtoul(argv[1], NULL, 10) : 0, i;
	u8 page[BENCH_PAGE];

	for (i = 0; i < nr; i++) {
		bench_page(page, BENCH_SEED, i);
		if (fwrite(page, sizeof(page), 1, stdout) != 1)
			return 1;
	}
	return 0;
}

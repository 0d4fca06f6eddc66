/* SPDX-License-Identifier: GPL-2.0 */
/* Pages that are one machine word repeated. */
#ifndef ZRAM2_PATTERN_H
#define ZRAM2_PATTERN_H

#include <linux/types.h>

bool z2_pattern_find(const void *page, unsigned long *value);
void z2_pattern_fill(void *page, unsigned long value);

#endif

// SPDX-License-Identifier: GPL-2.0
/* The tracepoints; see the header. */
#define CREATE_TRACE_POINTS
#include <zram2/trace.h>

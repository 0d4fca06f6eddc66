/* SPDX-License-Identifier: GPL-2.0 */
/* What this kernel's own zram has, for who stands in for it; forced into sysfs_algo.c. */
#ifndef Z2_COMPAT_ZRAM_H
#define Z2_COMPAT_ZRAM_H

/*
 * max_comp_streams: gone since 6.15.  No header has it, but the series that removed
 * it let zram's streams be preempted, for which zsmalloc got zs_obj_read_begin() in
 * the place of zs_map_object().
 */
#if defined(Z2_HAVE_ZS_OBJ_READ) || defined(Z2_HAVE_ZS_OBJ_READ_LEN)
#define Z2_COMPAT_MAX_COMP_STREAMS 0
#elif defined(Z2_HAVE_ZS_MAP_OBJECT)
#define Z2_COMPAT_MAX_COMP_STREAMS 1
#else
#error "zs_obj_read_begin(): neither that nor zs_map_object() is there"
#endif

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Forced into every unit by src/Kbuild.  Sources are written for the newest
 * kernel; what older ones lack is made up for here and in the headers beside
 * this one.  Nothing under src/ may name them.
 */
#ifndef Z2_COMPAT_H
#define Z2_COMPAT_H

#include <linux/kconfig.h>
#include <linux/compiler_types.h>

/*
 * kzalloc_obj() and kvzalloc_obj(): since 7.0.
 */
#ifndef Z2_HAVE_KZALLOC_OBJ
#define kzalloc_obj(obj) kzalloc(sizeof(obj), GFP_KERNEL)
#define kvzalloc_obj(obj) kvzalloc(sizeof(obj), GFP_KERNEL)
#endif

#endif

/* SPDX-License-Identifier: GPL-2.0 */
/* struct class, forced into main.c. */
#ifndef Z2_COMPAT_CLASS_H
#define Z2_COMPAT_CLASS_H

/*
 * Class attributes: class and attribute are const since 6.4.
 */
#ifdef Z2_HAVE_CONST_CLASS
#define z2_compat_class const struct class
#define z2_compat_class_attribute const struct class_attribute
#elif defined(Z2_HAVE_CLASS)
#define z2_compat_class struct class
#define z2_compat_class_attribute struct class_attribute
#else
#error "struct class_attribute: its ->show() takes a class of neither known form"
#endif

#endif

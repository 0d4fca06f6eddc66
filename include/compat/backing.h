/* SPDX-License-Identifier: GPL-2.0 */
/* Forced into backing.c. */
#ifndef Z2_COMPAT_BACKING_H
#define Z2_COMPAT_BACKING_H

/*
 * bdev_rot() instead of bdev_nonrot() since 7.2.
 */
#if !defined(Z2_HAVE_BDEV_ROT) && !defined(Z2_HAVE_BDEV_NONROT)
#error "bdev_rot(): neither that nor bdev_nonrot() is there"
#elif !defined(Z2_HAVE_BDEV_ROT)
#define bdev_rot(bdev) (!bdev_nonrot(bdev))
#endif

#endif

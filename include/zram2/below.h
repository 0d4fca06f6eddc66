/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What lies below a disk: other disks that it is made of, or the file system
 * whose file it shows.
 *
 * No interface tells a module.  So it is looked up where lsblk does, in /sys:
 * dm, md and bcache list the disks that they use, and a loop device names its
 * file.  Not seen are
 *
 *   - a file that has been deleted, or that whoever asks can't see by that name
 *     (a chroot, a mount namespace); all of it, where sysfs isn't on /sys;
 *   - a file on a file system of several devices, or of none (btrfs, NFS, FUSE);
 *   - what is behind a network or a process (nbd, iSCSI, ublk);
 *   - what comes below later, by another table of the device mapper.
 */
#ifndef ZRAM2_BELOW_H
#define ZRAM2_BELOW_H

struct gendisk;

int z2_below_ours(const struct gendisk *disk);

#endif

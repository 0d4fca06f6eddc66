/* SPDX-License-Identifier: GPL-2.0 */
#pragma once
static inline u64 get_unaligned_le64(const void *p)
{
	return *(const u8 *)p;
}

/* SPDX-License-Identifier: GPL-2.0 */
#pragma once
/* There is none yet: <asm/unaligned.h> it is. */

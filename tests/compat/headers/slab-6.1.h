/* SPDX-License-Identifier: GPL-2.0 */
#pragma once
#define kzalloc_node(size, flags, node)	kzalloc(size, flags)

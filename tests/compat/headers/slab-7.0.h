/* SPDX-License-Identifier: GPL-2.0 */
#pragma once
#define kzalloc_obj(P, ...) \
	((typeof(P) *)kzalloc(sizeof(P), GFP_KERNEL))
#define kzalloc_objs(P, COUNT, ...) \
	((typeof(P) *)kzalloc((COUNT) * sizeof(P), GFP_KERNEL))
#define kvzalloc_obj(P, ...) \
	((typeof(P) *)kvzalloc(sizeof(P), GFP_KERNEL))

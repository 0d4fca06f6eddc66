/* SPDX-License-Identifier: GPL-2.0 */
#pragma once
struct zs_pool;

unsigned long zs_malloc(struct zs_pool *pool, size_t size, gfp_t flags);
unsigned int zs_lookup_class_index(struct zs_pool *pool, unsigned int size);
void *zs_obj_read_begin(struct zs_pool *pool, unsigned long handle,
			void *local_copy);
void zs_obj_read_end(struct zs_pool *pool, unsigned long handle,
		     void *handle_mem);
void zs_obj_write(struct zs_pool *pool, unsigned long handle,
		  void *handle_mem, size_t mem_len);

#define STUB_READ_CLASS
#define STUB_LOOKUP_ADDS	0

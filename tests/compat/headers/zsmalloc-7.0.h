/* SPDX-License-Identifier: GPL-2.0 */
#pragma once
struct zs_pool;
struct scatterlist;

unsigned long zs_malloc(struct zs_pool *pool, size_t size, gfp_t flags,
			const int nid);
unsigned int zs_lookup_class_index(struct zs_pool *pool, unsigned int size);
void *zs_obj_read_begin(struct zs_pool *pool, unsigned long handle,
			size_t mem_len, void *local_copy);
void zs_obj_read_end(struct zs_pool *pool, unsigned long handle,
		     size_t mem_len, void *handle_mem);
void zs_obj_read_sg_begin(struct zs_pool *pool, unsigned long handle,
			  struct scatterlist *sg, size_t mem_len);
void zs_obj_write(struct zs_pool *pool, unsigned long handle,
		  void *handle_mem, size_t mem_len);

#define STUB_READ_LEN
#define STUB_NID
#define STUB_LOOKUP_ADDS	STUB_HANDLE

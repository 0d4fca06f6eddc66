# SPDX-License-Identifier: GPL-2.0
# What does this kernel have?  Answered by looking into its headers, because
# distributions backport interfaces and the version then says nothing.
# Each answer becomes a Z2_HAVE_* macro that only include/compat/ looks at.
#
# $(call z2-has,MACRO,HEADER,REGEX): the header is matched as a whole, so that a
# prototype may be wrapped anywhere; [^;]* stays within it.  To make, a comma
# ends REGEX and parentheses count: write a dot for either.

z2-has = $(if $(4),$(error zram2: the probe for $(1) has a comma))$(z2-grep)
z2-grep = $(shell grep -qszE '$(3)' $(srctree)/include/linux/$(2) && echo -D$(1))

# What is declared need not be exported: $(call z2-exports,MACRO,SYMBOL)
z2-exports = $(shell grep -qsw '$(2)' $(objtree)/Module.symvers && echo -D$(1))

z2-flags := -I$(zram2-root)/include -include $(zram2-root)/include/compat/compat.h
z2-flags += $(call z2-has,Z2_HAVE_KZALLOC_OBJ,slab.h,define kzalloc_obj.P)
z2-flags += $(call z2-has,Z2_HAVE_ZS_MAP_OBJECT,zsmalloc.h,zs_map_object.struct zs_pool)
z2-flags += $(call z2-has,Z2_HAVE_ZS_OBJ_READ,zsmalloc.h,zs_obj_read_begin.struct zs_pool)
z2-flags += $(call z2-has,Z2_HAVE_ZS_OBJ_READ_LEN,zsmalloc.h,zs_obj_read_begin.struct zs_pool[^;]*size_t)
z2-flags += $(call z2-has,Z2_HAVE_ZS_MALLOC,zsmalloc.h,zs_malloc.struct zs_pool[^;]*gfp_t [a-z]*.;)
z2-flags += $(call z2-has,Z2_HAVE_ZS_MALLOC_NID,zsmalloc.h,zs_malloc.struct zs_pool[^;]*int nid)
z2-flags += $(call z2-has,Z2_HAVE_ZSTD_CDICT,zstd.h,zstd_cdict \*zstd_create_cdict_byreference)
z2-flags += $(call z2-has,Z2_HAVE_ZSTD_DEFAULT_CLEVEL,zstd.h,int zstd_default_clevel.void)
z2-flags += $(call z2-has,Z2_HAVE_RW_PAGE,blkdev.h,\*rw_page..struct block_device)
z2-flags += $(call z2-has,Z2_HAVE_OPEN_BDEV,blkdev.h,\*open. ?.struct block_device)
z2-flags += $(call z2-has,Z2_HAVE_OPEN_GENDISK,blkdev.h,\*open. ?.struct gendisk)
z2-flags += $(call z2-has,Z2_HAVE_ALLOC_DISK_NODE,blkdev.h,define blk_alloc_disk.node)
z2-flags += $(call z2-has,Z2_HAVE_ALLOC_DISK_LIMITS,blkdev.h,define blk_alloc_disk.lim)
z2-flags += $(call z2-has,Z2_HAVE_FEAT_SYNCHRONOUS,blkdev.h,define BLK_FEAT_SYNCHRONOUS\>)
z2-flags += $(call z2-has,Z2_HAVE_FLAG_SYNCHRONOUS,blkdev.h,define QUEUE_FLAG_SYNCHRONOUS\>)
z2-flags += $(call z2-has,Z2_HAVE_BDEV_NONROT,blkdev.h,bool bdev_nonrot.struct block_device)
z2-flags += $(call z2-has,Z2_HAVE_BDEV_ROT,blkdev.h,bool bdev_rot.struct block_device)
z2-flags += $(call z2-has,Z2_HAVE_CLASS,device/class.h,\*show..struct class )
z2-flags += $(call z2-has,Z2_HAVE_CONST_CLASS,device/class.h,\*show..const struct class )
z2-flags += $(call z2-has,Z2_HAVE_ZS_CLASS_INDEX,zsmalloc.h,zs_lookup_class_index.struct zs_pool)
z2-flags += $(call z2-has,Z2_HAVE_REGISTER_SHRINKER,shrinker.h,[[:space:]]register_shrinker.struct shrinker[^;]*fmt)
z2-flags += $(call z2-has,Z2_HAVE_SHRINKER_ALLOC,shrinker.h,shrinker_alloc.unsigned int flags)
z2-flags += $(call z2-has,Z2_HAVE_KTHREAD_CREATE_WORKER,kthread.h,kthread_create_worker.unsigned int flags)
z2-flags += $(call z2-has,Z2_HAVE_KTHREAD_RUN_WORKER,kthread.h,define kthread_run_worker.flags)
z2-flags += $(call z2-has,Z2_HAVE_UNALIGNED,unaligned.h,get_unaligned_le64)
z2-flags += $(call z2-exports,Z2_EXPORTS_LZ4_RESET_HC,LZ4_resetStreamHC)

ccflags-y += $(z2-flags)

# Differences that one unit alone meets are forced into that unit alone.
z2-compat = -include $(zram2-root)/include/compat/$(1).h
CFLAGS_pool.o += $(call z2-compat,zsmalloc)
CFLAGS_wklz_words.o += $(call z2-compat,unaligned)
CFLAGS_wklz_lz.o += $(call z2-compat,unaligned)
CFLAGS_codec_wklz.o += $(call z2-compat,unaligned)
CFLAGS_codec_lz4.o += $(call z2-compat,lz4)
CFLAGS_codec_lz4hc.o += $(call z2-compat,lz4) $(call z2-compat,lz4hc)
CFLAGS_codec_zstd.o += $(call z2-compat,zstd)
$(foreach z2-unit,gc demand,$(eval CFLAGS_$(z2-unit).o += $$(call z2-compat,shrinker)))
CFLAGS_gc.o += $(call z2-compat,gc)
CFLAGS_backing.o += $(call z2-compat,backing)
CFLAGS_disk.o += $(call z2-compat,disk)
CFLAGS_sysfs_algo.o += $(call z2-compat,zram)
CFLAGS_main.o += $(call z2-compat,class)

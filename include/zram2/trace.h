/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints, events/zram2 in tracefs, or events/zram.  Each names its disk; sizes are bytes,
 * blocks are those of 4 KiB on the backing device.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM Z2_NAME

#if !defined(ZRAM2_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define ZRAM2_TRACE_H

#include <linux/blkdev.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

/* A segment goes to the backing device. */
TRACE_EVENT(zram2_writeback,
	TP_PROTO(const char *disk, u32 block, unsigned int bytes, unsigned int objects),
	TP_ARGS(disk, block, bytes, objects),
	TP_STRUCT__entry(
		__array(char, disk, DISK_NAME_LEN)
		__field(u32, block)
		__field(unsigned int, bytes)
		__field(unsigned int, objects)
	),
	TP_fast_assign(
		strscpy(__entry->disk, disk, DISK_NAME_LEN);
		__entry->block = block;
		__entry->bytes = bytes;
		__entry->objects = objects;
	),
	TP_printk("%s block=%u bytes=%u objects=%u", __entry->disk, __entry->block,
		  __entry->bytes, __entry->objects)
);

/* It is there; objects that were touched meanwhile stay in memory. */
TRACE_EVENT(zram2_writeback_done,
	TP_PROTO(const char *disk, u32 block, unsigned int installed, int err),
	TP_ARGS(disk, block, installed, err),
	TP_STRUCT__entry(
		__array(char, disk, DISK_NAME_LEN)
		__field(u32, block)
		__field(unsigned int, installed)
		__field(int, err)
	),
	TP_fast_assign(
		strscpy(__entry->disk, disk, DISK_NAME_LEN);
		__entry->block = block;
		__entry->installed = installed;
		__entry->err = err;
	),
	TP_printk("%s block=%u installed=%u err=%d", __entry->disk, __entry->block,
		  __entry->installed, __entry->err)
);

/* A read of the backing device begins: neighbours are read together. */
TRACE_EVENT(zram2_readback,
	TP_PROTO(const char *disk, u64 start, unsigned int bytes, unsigned int objects),
	TP_ARGS(disk, start, bytes, objects),
	TP_STRUCT__entry(
		__array(char, disk, DISK_NAME_LEN)
		__field(u64, start)
		__field(unsigned int, bytes)
		__field(unsigned int, objects)
	),
	TP_fast_assign(
		strscpy(__entry->disk, disk, DISK_NAME_LEN);
		__entry->start = start;
		__entry->bytes = bytes;
		__entry->objects = objects;
	),
	TP_printk("%s start=%llu bytes=%u objects=%u", __entry->disk, __entry->start,
		  __entry->bytes, __entry->objects)
);

/* Its objects are unpacked, or it failed. */
TRACE_EVENT(zram2_readback_done,
	TP_PROTO(const char *disk, u64 start, int err),
	TP_ARGS(disk, start, err),
	TP_STRUCT__entry(
		__array(char, disk, DISK_NAME_LEN)
		__field(u64, start)
		__field(int, err)
	),
	TP_fast_assign(
		strscpy(__entry->disk, disk, DISK_NAME_LEN);
		__entry->start = start;
		__entry->err = err;
	),
	TP_printk("%s start=%llu err=%d", __entry->disk, __entry->start, __entry->err)
);

/* What was decided about cold pages, and what came of it. */
TRACE_EVENT(zram2_auto,
	TP_PROTO(const char *disk, const char *state, const char *reason, u64 wanted,
		 unsigned int score, u64 pages, u64 bytes, u64 looked, u64 us),
	TP_ARGS(disk, state, reason, wanted, score, pages, bytes, looked, us),
	TP_STRUCT__entry(
		__array(char, disk, DISK_NAME_LEN)
		__array(char, state, 8)
		__array(char, reason, 24)
		__field(u64, wanted)
		__field(unsigned int, score)
		__field(u64, pages)
		__field(u64, bytes)
		__field(u64, looked)
		__field(u64, us)
	),
	TP_fast_assign(
		strscpy(__entry->disk, disk, DISK_NAME_LEN);
		strscpy(__entry->state, state, 8);
		strscpy(__entry->reason, reason, 24);
		__entry->wanted = wanted;
		__entry->score = score;
		__entry->pages = pages;
		__entry->bytes = bytes;
		__entry->looked = looked;
		__entry->us = us;
	),
	TP_printk("%s state=%s reason=%s wanted=%llu score=%u pages=%llu bytes=%llu looked=%llu us=%llu",
		  __entry->disk, __entry->state, __entry->reason, __entry->wanted,
		  __entry->score, __entry->pages, __entry->bytes, __entry->looked, __entry->us)
);

/* Freed objects that nobody took were given back to the pool, and by whom. */
TRACE_EVENT(zram2_gc,
	TP_PROTO(const char *disk, const char *by, size_t bytes),
	TP_ARGS(disk, by, bytes),
	TP_STRUCT__entry(
		__array(char, disk, DISK_NAME_LEN)
		__array(char, by, 16)
		__field(size_t, bytes)
	),
	TP_fast_assign(
		strscpy(__entry->disk, disk, DISK_NAME_LEN);
		strscpy(__entry->by, by, 16);
		__entry->bytes = bytes;
	),
	TP_printk("%s by=%s bytes=%zu", __entry->disk, __entry->by, __entry->bytes)
);

/* An object was compressed again; a new size of 0 means that nothing came of it. */
TRACE_EVENT(zram2_recompress,
	TP_PROTO(const char *disk, unsigned long index, unsigned int size, unsigned int new_size,
		 unsigned int priority),
	TP_ARGS(disk, index, size, new_size, priority),
	TP_STRUCT__entry(
		__array(char, disk, DISK_NAME_LEN)
		__field(unsigned long, index)
		__field(unsigned int, size)
		__field(unsigned int, new_size)
		__field(unsigned int, priority)
	),
	TP_fast_assign(
		strscpy(__entry->disk, disk, DISK_NAME_LEN);
		__entry->index = index;
		__entry->size = size;
		__entry->new_size = new_size;
		__entry->priority = priority;
	),
	TP_printk("%s page=%lu size=%u new_size=%u priority=%u", __entry->disk, __entry->index,
		  __entry->size, __entry->new_size, __entry->priority)
);

/* A write that found no room has ended, with an error or not, after it waited so long. */
TRACE_EVENT(zram2_parked,
	TP_PROTO(const char *disk, u64 sector, u64 us, int err),
	TP_ARGS(disk, sector, us, err),
	TP_STRUCT__entry(
		__array(char, disk, DISK_NAME_LEN)
		__field(u64, sector)
		__field(u64, us)
		__field(int, err)
	),
	TP_fast_assign(
		strscpy(__entry->disk, disk, DISK_NAME_LEN);
		__entry->sector = sector;
		__entry->us = us;
		__entry->err = err;
	),
	TP_printk("%s sector=%llu waited_us=%llu err=%d", __entry->disk, __entry->sector,
		  __entry->us, __entry->err)
);

/* A swap write of kswapd's: queued, or why not. */
TRACE_EVENT(zram2_offload,
	TP_PROTO(const char *disk, const char *how, unsigned int pages, unsigned int pending),
	TP_ARGS(disk, how, pages, pending),
	TP_STRUCT__entry(
		__array(char, disk, DISK_NAME_LEN)
		__array(char, how, 8)
		__field(unsigned int, pages)
		__field(unsigned int, pending)
	),
	TP_fast_assign(
		strscpy(__entry->disk, disk, DISK_NAME_LEN);
		strscpy(__entry->how, how, 8);
		__entry->pages = pages;
		__entry->pending = pending;
	),
	TP_printk("%s %s pages=%u pending=%u", __entry->disk, __entry->how, __entry->pages,
		  __entry->pending)
);

/* One that was queued is taken out, to be carried out, and by whom. */
TRACE_EVENT(zram2_offload_take,
	TP_PROTO(const char *disk, const char *by, unsigned int pages, u64 waited),
	TP_ARGS(disk, by, pages, waited),
	TP_STRUCT__entry(
		__array(char, disk, DISK_NAME_LEN)
		__array(char, by, 16)
		__field(unsigned int, pages)
		__field(u64, waited)
	),
	TP_fast_assign(
		strscpy(__entry->disk, disk, DISK_NAME_LEN);
		strscpy(__entry->by, by, 16);
		__entry->pages = pages;
		__entry->waited = waited;
	),
	TP_printk("%s by=%s pages=%u waited_ns=%llu", __entry->disk, __entry->by,
		  __entry->pages, __entry->waited)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH zram2
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace

#include <trace/define_trace.h>

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What linux/lz4.h declares once lib/lz4 is the library's 1.10, as far as zram2
 * uses it: no type is complete, and memory is allocated by size.  Comes before
 * the kernel's own, in whose place it then stands.
 */
#ifndef __LZ4_H__
#define __LZ4_H__

#define LZ4_MAX_INPUT_SIZE	0x7E000000
#define LZ4_COMPRESSBOUND(isize)						\
	((unsigned int)(isize) > LZ4_MAX_INPUT_SIZE ? 0 : (isize) + (isize) / 255 + 16)

#define LZ4_ACCELERATION_DEFAULT 1
#define LZ4HC_DEFAULT_CLEVEL	9

#define LZ4_MEM_COMPRESS	16416
#define LZ4HC_MEM_COMPRESS	262200
#define LZ4_MEM_DECOMPRESS	32

typedef union LZ4_stream_u LZ4_stream_t;
typedef union LZ4_streamHC_u LZ4_streamHC_t;
typedef union LZ4_streamDecode_u LZ4_streamDecode_t;

int LZ4_compress_fast(const char *src, char *dst, int len, int room, int acceleration, void *mem);
int LZ4_compress_fast_continue(LZ4_stream_t *stream, const char *src, char *dst, int len, int room,
			       int acceleration);
int LZ4_loadDict(LZ4_stream_t *stream, const char *dict, int len);

int LZ4_compress_HC(const char *src, char *dst, int len, int room, int level, void *mem);
int LZ4_compress_HC_continue(LZ4_streamHC_t *stream, const char *src, char *dst, int len, int room);
void LZ4_resetStreamHC(LZ4_streamHC_t *stream, int level);
int LZ4_loadDictHC(LZ4_streamHC_t *stream, const char *dict, int len);

int LZ4_decompress_safe(const char *src, char *dst, int len, int room);
int LZ4_decompress_safe_continue(LZ4_streamDecode_t *stream, const char *src, char *dst, int len,
				 int room);
int LZ4_setStreamDecode(LZ4_streamDecode_t *stream, const char *dict, int len);

#endif

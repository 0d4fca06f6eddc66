/* SPDX-License-Identifier: GPL-2.0 */
#pragma once
#define LZ4_STREAMDECODESIZE (4 * sizeof(unsigned long long))

typedef union {
	size_t table[256];
	struct {
		unsigned int hashTable[32];
		const uint8_t *end;
		const uint8_t *base;
		const uint8_t *dictBase;
		unsigned int dictLimit;
		unsigned int lowLimit;
		unsigned int nextToUpdate;
		unsigned int compressionLevel;
	} internal_donotuse;
} LZ4_streamHC_t;

void LZ4_resetStreamHC(LZ4_streamHC_t *streamHCPtr, int compressionLevel);
int LZ4_loadDictHC(LZ4_streamHC_t *streamHCPtr, const char *dictionary,
	int dictSize);

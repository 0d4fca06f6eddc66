// SPDX-License-Identifier: GPL-2.0
/* include/compat/lz4hc.h: what isn't exported must not be linked with. */

#ifdef STUB_EXPORTS_LZ4_resetStreamHC
static int resets;

void LZ4_resetStreamHC(LZ4_streamHC_t *stream, int level)
{
	resets++;
	stream->internal_donotuse.base = NULL;
	stream->internal_donotuse.compressionLevel = level;
}
#endif

int main(void)
{
	LZ4_streamHC_t stream;

	memset(&stream, 0xa5, sizeof(stream));
	LZ4_resetStreamHC(&stream, 11);
	CHECK(!stream.internal_donotuse.base && stream.internal_donotuse.compressionLevel == 11);
#ifdef STUB_EXPORTS_LZ4_resetStreamHC
	CHECK(resets == 1);
#endif
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * wklz under libFuzzer.  The first byte says what the others are: what was packed,
 * if it is odd, else the beginning of a page, whose end is zero or the same again.
 */
#include <zram2/codec.h>
#include <zram2/wklz_lz.h>
#include <zram2/wklz_words.h>

#include "../../kunit/wklz_answers.h"

#define LEVELS	Z2T_WKLZ_LEVELS

static struct z2t_wklz wklz[LEVELS];
static struct z2_wklz_unpacker *unpacker;
static u8 *page, *packed, *back;

static void set_up(void)
{
	unsigned int i;

	page = malloc(PAGE_SIZE);
	packed = malloc(Z2_CODEC_DST_MAX);
	back = malloc(PAGE_SIZE);
	unpacker = malloc(sizeof(*unpacker));
	CHECK(page && packed && back && unpacker);
	for (i = 0; i < LEVELS; i++)
		CHECK(!z2t_wklz_open(&wklz[i], i + 1));
}

static void fuzz_page(void)
{
	unsigned int i;

	for (i = 0; i < LEVELS; i++) {
		int len = z2t_wklz_pack(&wklz[i], page, packed);
		u8 *src;

		if (!(len > 0 && len <= Z2_CODEC_DST_MAX))
			abort();
		if (len >= PAGE_SIZE)
			continue;
		src = malloc(len);
		memcpy(src, packed, len);
		if (z2t_wklz_unpack(&wklz[i], src, len, back) || memcmp(back, page, PAGE_SIZE))
			abort();
		free(src);
	}
}

/* Two who read LZ4 don't refuse the same, and never disagree about the rest. */
static void fuzz_both(const u8 *src, size_t len)
{
#if CONFIG_LZ4_DECOMPRESS
	int theirs = LZ4_decompress_safe((const char *)src, (char *)page, len, PAGE_SIZE);

	if (!z2_wklz_lz_unpack(src, len, back, PAGE_SIZE) && theirs == PAGE_SIZE &&
	    memcmp(page, back, PAGE_SIZE))
		abort();
#endif
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	size_t at, n;
	u8 mode;

	if (!page)
		set_up();
	if (!len)
		return 0;
	mode = *data++;
	len--;

	if (mode & 1) {
		fuzz_both(data, len);
		/* In memory of its own, and not in the midst of a context. */
		z2_wklz_words_unpack(unpacker, data, len, back);
		if (!z2t_wklz_unpack(&wklz[0], data, len, page))
			fuzz_page();
		return 0;
	}
	memset(page, 0, PAGE_SIZE);
	for (at = 0; len && at < PAGE_SIZE; at += n) {
		n = min(len, PAGE_SIZE - at);
		memcpy(page + at, data, n);
		if (mode & 2)
			break;
	}
	fuzz_page();
	return 0;
}

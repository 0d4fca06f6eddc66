// SPDX-License-Identifier: GPL-2.0
/*
 * include/compat/zstd.h: without dictionaries, nothing can be created, freeing
 * nothing is fine, and what has no result is an error to zstd_is_error().
 */

zstd_parameters zstd_get_params(int level, unsigned long long size)
{
	return (zstd_parameters){ { .level = level, .size = size } };
}

unsigned int zstd_is_error(size_t code)
{
	/* 120 is ZSTD_error_maxCode. */
	return code > (size_t)-120;
}

#ifdef STUB_DICT
int zstd_default_clevel(void)
{
	return 3;
}

zstd_compression_parameters zstd_get_cparams(int level, unsigned long long size, size_t dict_size)
{
	return (zstd_compression_parameters){ level, size, dict_size };
}
#endif

int main(void)
{
	zstd_compression_parameters cparams = zstd_get_cparams(7, PAGE_SIZE, 100);

	CHECK(zstd_default_clevel() == 3);
	CHECK(cparams.level == 7 && cparams.size == PAGE_SIZE);
#ifdef STUB_DICT
	CHECK(Z2_ZSTD_DICT && cparams.dict_size == 100);
#else
	zstd_custom_mem mem = {};

	CHECK(!Z2_ZSTD_DICT);
	CHECK(!zstd_create_cdict_byreference("", 1, cparams, mem));
	CHECK(!zstd_create_ddict_byreference("", 1, mem));
	CHECK(!zstd_create_cctx_advanced(mem) && !zstd_create_dctx_advanced(mem));
	CHECK(!zstd_free_cctx(NULL) && !zstd_free_dctx(NULL));
	CHECK(!zstd_free_cdict(NULL) && !zstd_free_ddict(NULL));
	CHECK(zstd_is_error(zstd_compress_using_cdict(NULL, NULL, 0, NULL, 0, NULL)));
	CHECK(zstd_is_error(zstd_decompress_using_ddict(NULL, NULL, 0, NULL, 0, NULL)));
#endif
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Parsing of what users write into attributes.  Pure: text in, values or an
 * errno and the reason out.  On error no output but *why is touched.
 */
#ifndef ZRAM2_PARAMS_H
#define ZRAM2_PARAMS_H

#include <linux/limits.h>
#include <linux/types.h>

/* Not mentioned by the user: the codec's default holds. */
#define Z2_PARAM_UNSET		INT_MIN

/* Longest algorithm name that is looked up; longer ones are E2BIG. */
#define Z2_PARAMS_ALGO_MAX	128

/**
 * struct z2_algo_params - what algorithm_params may hold
 * @algo: name of the algorithm, or NULL
 * @dict: path of a dictionary, or NULL
 * @prio: priority, or Z2_PARAM_UNSET
 * @level: compression level, or Z2_PARAM_UNSET
 * @winbits: deflate's window bits, or Z2_PARAM_UNSET
 *
 * The strings point into the text that was parsed.
 */
struct z2_algo_params {
	const char *algo;
	const char *dict;
	int prio;
	int level;
	int winbits;
};

/* What writeback is asked for, see z2_params_writeback(). */
enum z2_params_type {
	Z2_TYPE_ANY,
	Z2_TYPE_IDLE,
	Z2_TYPE_HUGE,
	Z2_TYPE_HUGE_IDLE,
	Z2_TYPE_INCOMPRESSIBLE,
};

/**
 * struct z2_params_range - slots that were named
 * @type: which of them
 * @first: the first
 * @last: the last
 */
struct z2_params_range {
	enum z2_params_type type;
	unsigned long first;
	unsigned long last;
};

/**
 * struct z2_recompress_params - what recompress may hold
 * @type: Z2_TYPE_ANY, _IDLE, _HUGE or _HUGE_IDLE
 * @threshold: bytes from which on objects are recompressed, 0 for all
 * @max_pages: most pages to try
 * @algo: name of the algorithm, or NULL
 * @prio: its priority, or Z2_PARAM_UNSET
 *
 * The name points into the text that was parsed.
 */
struct z2_recompress_params {
	enum z2_params_type type;
	unsigned int threshold;
	u64 max_pages;
	const char *algo;
	int prio;
};

int z2_params_size_begins(const char *text, u64 *bytes, const char **rest, const char **why);
int z2_params_size(const char *text, u64 *bytes, const char **why);
int z2_params_uint(const char *text, unsigned int *value, const char **why);
int z2_params_u64(const char *text, u64 *value, const char **why);
int z2_params_bool(const char *text, bool *value, const char **why);
char *z2_params_path(const char *text, size_t len);
int z2_params_age(const char *text, s64 *seconds, const char **why);
int z2_params_zero(const char *text, const char **why);
int z2_params_reset(const char *text, const char **why);
int z2_params_algo_name(const char *text, const char **why);
int z2_params_algo(char *text, struct z2_algo_params *params, const char **why);
int z2_params_recomp_algo(char *text, const char **algo, int *prio, const char **why);
int z2_params_recompress(char *text, struct z2_recompress_params *params, const char **why);
int z2_params_writeback(char *text, unsigned long nr_pages, struct z2_params_range *ranges,
			unsigned int max, const char **why);

#endif

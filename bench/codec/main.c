// SPDX-License-Identifier: GPL-2.0
/*
 * Measures codecs on pages of a file, side by side: zram2's own, and the kernel's
 * lz4 as the in-tree driver calls it.
 *
 * Parameters below /sys/module/z2codec/parameters: "corpus" is written the path
 * of a file of pages, "codecs" the names of those that take part; a number
 * written to "run" does one round of each, in an order that the number chooses,
 * and a read of "run" then gives a line for each:
 *
 *   name, nanoseconds that a page takes to compress, to decompress, and bytes
 *   that it takes stored, each the mean of all pages
 *
 * A page that comes back other than it was fails the round (EUCLEAN).
 */
#include <linux/errno.h>
#include <linux/math64.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <linux/sysfs.h>
#include <linux/zsmalloc.h>

#include <zram2/params.h>

#include "measure.h"
#include "pages.h"

static struct contestant contestants[] = {
	{ .name = "lz4", .ops = &in_tree_lz4, .level = Z2_PARAM_UNSET },
	{ .name = "wklz", .ops = &z2_codec_wklz, .level = Z2_PARAM_UNSET },
	{ .name = "wklz-1", .ops = &z2_codec_wklz, .level = 1 },
	{ .name = "wklz-3", .ops = &z2_codec_wklz, .level = 3 },
	{ .name = "lzo-rle", .ops = &z2_codec_lzorle, .level = Z2_PARAM_UNSET },
	{ .name = "zstd-1", .ops = &z2_codec_zstd, .level = 1 },
};

static char codecs[80] = "lz4 wklz";
module_param_string(codecs, codecs, sizeof(codecs), 0644);
MODULE_PARM_DESC(codecs, "names of those that take part: lz4 wklz wklz-1 wklz-3 lzo-rle zstd-1");

static struct corpus pages;
static size_t huge_size;

/* A store has one line feed at its end, of echo(1). */
static int set_corpus(const char *text, const struct kernel_param *kp)
{
	char path[128];

	if (strscpy(path, text, sizeof(path)) < 0)
		return -ENAMETOOLONG;
	path[strcspn(path, "\n")] = '\0';
	corpus_free(&pages);
	return corpus_read(&pages, path);
}

static int get_corpus(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%u\n", pages.nr);
}

static const struct kernel_param_ops corpus_ops = { .set = set_corpus, .get = get_corpus };
module_param_cb(corpus, &corpus_ops, NULL, 0644);
MODULE_PARM_DESC(corpus, "write: path of a file; read: its pages");

static bool takes_part(const struct contestant *c)
{
	size_t len = strlen(c->name);
	const char *at = codecs;

	while (*at) {
		size_t n;

		at += strspn(at, "\n ");
		n = strcspn(at, "\n ");
		if (n == len && !strncmp(at, c->name, n))
			return true;
		at += n;
	}
	return false;
}

static int set_run(const char *text, const struct kernel_param *kp)
{
	unsigned int turns[ARRAY_SIZE(contestants)], i;
	struct bench_rng rng;
	int err = kstrtou64(text, 0, &rng.state);

	if (err)
		return err;
	if (!pages.nr)
		return -ENODATA;
	corpus_shuffle(&pages, bench_mix(rng.state));
	for (i = 0; i < ARRAY_SIZE(turns); i++) {
		unsigned int j = bench_below(&rng, i + 1);

		turns[i] = turns[j];
		turns[j] = i;
	}
	for (i = 0; i < ARRAY_SIZE(turns); i++) {
		struct contestant *c = &contestants[turns[i]];

		if (!takes_part(c))
			continue;
		err = measure(c, &pages, huge_size);
		if (err) {
			pr_err("z2codec: %s: error %d\n", c->name, err);
			return err;
		}
	}
	return 0;
}

static int get_run(char *buffer, const struct kernel_param *kp)
{
	unsigned int i;
	int len = 0;

	for (i = 0; i < ARRAY_SIZE(contestants) && pages.nr; i++) {
		const struct contestant *c = &contestants[i];
		u64 stored = div_u64(c->stored * 10, pages.nr);

		if (takes_part(c))
			len += sysfs_emit_at(buffer, len, "%s,%llu,%llu,%llu.%llu\n", c->name,
					     c->compress, c->decompress, div_u64(stored, 10),
					     stored - 10 * div_u64(stored, 10));
	}
	return len;
}

static const struct kernel_param_ops run_ops = { .set = set_run, .get = get_run };
module_param_cb(run, &run_ops, NULL, 0644);
MODULE_PARM_DESC(run, "write: a round; read: what came of it");

static int get_huge(char *buffer, const struct kernel_param *kp)
{
	return sysfs_emit(buffer, "%zu\n", huge_size);
}

static const struct kernel_param_ops huge_ops = { .get = get_huge };
module_param_cb(huge_size, &huge_ops, NULL, 0444);
MODULE_PARM_DESC(huge_size, "objects of so many bytes or more are stored as the page they were");

static int __init z2codec_init(void)
{
	struct zs_pool *pool = zs_create_pool("z2codec");

	if (!pool)
		return -ENOMEM;
	huge_size = zs_huge_class_size(pool);
	zs_destroy_pool(pool);
	return 0;
}

static void __exit z2codec_exit(void)
{
	corpus_free(&pages);
}

module_init(z2codec_init);
module_exit(z2codec_exit);
MODULE_DESCRIPTION("codecs measured on pages");
MODULE_LICENSE("GPL");

// SPDX-License-Identifier: GPL-2.0
#include <kunit/test.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include <linux/wait.h>

#include <zram2/device.h>
#include <zram2/params.h>

#include "fixture.h"

static int device_init(struct kunit *test)
{
	struct z2_device *dev = z2_device_create(7);

	KUNIT_ASSERT_FALSE(test, IS_ERR(dev));
	test->priv = dev;
	return 0;
}

static void device_exit(struct kunit *test)
{
	if (test->priv)
		z2_device_destroy(test->priv);
}

static int move(struct z2_device *dev, enum z2_state to)
{
	int err;

	down_write(&dev->config_lock);
	err = z2_device_move(dev, to);
	up_write(&dev->config_lock);
	return err;
}

/* All moves there are. */
struct move {
	enum z2_state from;
	enum z2_state to;
	int err;
};

static const struct move moves[] = {
	{ Z2_CONFIGURING, Z2_CONFIGURING, -EBUSY },
	{ Z2_CONFIGURING, Z2_LIVE, 0 },
	{ Z2_CONFIGURING, Z2_RESETTING, 0 },
	{ Z2_LIVE, Z2_CONFIGURING, -EBUSY },
	{ Z2_LIVE, Z2_LIVE, -EBUSY },
	{ Z2_LIVE, Z2_RESETTING, 0 },
	{ Z2_RESETTING, Z2_CONFIGURING, 0 },
	{ Z2_RESETTING, Z2_LIVE, 0 },
	{ Z2_RESETTING, Z2_RESETTING, -EBUSY },
};

static void move_desc(const struct move *m, char *desc)
{
	static const char *const names[] = { "configuring", "live", "resetting" };

	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s to %s", names[m->from], names[m->to]);
}

KUNIT_ARRAY_PARAM(move, moves, move_desc);

static void device_moves(struct kunit *test)
{
	const struct move *m = test->param_value;
	struct z2_device *dev = test->priv;

	KUNIT_EXPECT_EQ(test, z2_device_state(dev), Z2_CONFIGURING);
	if (m->from != Z2_CONFIGURING)
		KUNIT_ASSERT_EQ(test, move(dev, m->from), 0);
	KUNIT_EXPECT_EQ(test, move(dev, m->to), m->err);
	KUNIT_EXPECT_EQ(test, z2_device_state(dev), m->err ? m->from : m->to);
}

static void device_moves_nowhere_else(struct kunit *test)
{
	struct z2_device *dev = test->priv;

	KUNIT_EXPECT_EQ(test, move(dev, Z2_RESETTING + 1), -EBUSY);
	KUNIT_EXPECT_EQ(test, move(dev, -1), -EBUSY);
	KUNIT_EXPECT_EQ(test, z2_device_state(dev), Z2_CONFIGURING);
}

static void wait_for_live(void *arg)
{
	struct z2_device *dev = arg;

	wait_event(dev->state_wait, z2_device_state(dev) == Z2_LIVE);
}

static void device_move_wakes(struct kunit *test)
{
	struct z2_device *dev = test->priv;
	struct z2t_thread *waiter = z2t_spawn(test, wait_for_live, dev);

	KUNIT_EXPECT_TRUE(test, z2t_blocked(waiter));
	KUNIT_EXPECT_EQ(test, move(dev, Z2_RESETTING), 0);
	KUNIT_EXPECT_TRUE(test, z2t_blocked(waiter));
	KUNIT_EXPECT_EQ(test, move(dev, Z2_LIVE), 0);
	KUNIT_EXPECT_TRUE(test, z2t_join(waiter));
}

static void expect_fresh(struct kunit *test, struct z2_device *dev)
{
	int i;

	for (i = 0; i < Z2_CODECS_MAX; i++) {
		const struct z2_algo *algo = &dev->algos[i];

		KUNIT_EXPECT_PTR_EQ(test, algo->ops, i == Z2_PRIMARY ? z2_codec_default() : NULL);
		KUNIT_EXPECT_EQ(test, algo->params.level, Z2_PARAM_UNSET);
		KUNIT_EXPECT_EQ(test, algo->params.winbits, Z2_PARAM_UNSET);
		KUNIT_EXPECT_NULL(test, algo->params.dict);
		KUNIT_EXPECT_EQ(test, algo->params.dict_len, 0);
		KUNIT_EXPECT_NULL(test, dev->codecs[i]);
	}
	for (i = 0; i < Z2_STAT_NR; i++)
		KUNIT_EXPECT_EQ(test, z2_stats_sum(dev->stats, i), 0);
	KUNIT_EXPECT_EQ(test, dev->limit_pages, 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&dev->max_used_pages), 0);
	KUNIT_EXPECT_EQ(test, dev->disksize, 0);
	KUNIT_EXPECT_NULL(test, dev->table);
	KUNIT_EXPECT_NULL(test, dev->pool);
	KUNIT_EXPECT_NULL(test, dev->disk);
	KUNIT_EXPECT_EQ(test, dev->id, 7);
}

/* A dictionary is the device's: what is replaced is freed, kmemleak looks. */
static void device_configuration(struct kunit *test)
{
	struct z2_device *dev = test->priv;
	struct z2_codec_params params = { .level = 3, .winbits = Z2_PARAM_UNSET, .dict_len = 64 };
	int prio, round;

	expect_fresh(test, dev);
	down_write(&dev->config_lock);
	for (round = 0; round < 2; round++) {
		for (prio = 0; prio < Z2_CODECS_MAX; prio++) {
			params.dict = vmalloc(64);
			params.level = 10 * round + prio;
			z2_device_set_algo(dev, prio, z2_codec_nth(prio));
			z2_device_set_params(dev, prio, &params);
			KUNIT_EXPECT_PTR_EQ(test, dev->algos[prio].ops, z2_codec_nth(prio));
			KUNIT_EXPECT_PTR_EQ(test, dev->algos[prio].params.dict, params.dict);
			KUNIT_EXPECT_EQ(test, dev->algos[prio].params.dict_len, 64);
			KUNIT_EXPECT_EQ(test, dev->algos[prio].params.level, params.level);
		}
	}
	dev->limit_pages = 5;
	atomic_long_set(&dev->max_used_pages, 6);
	z2_stats_inc(dev->stats, Z2_STAT_INVALID_IO);
	z2_device_reset_config(dev);
	up_write(&dev->config_lock);
	expect_fresh(test, dev);

	/* And with the device. */
	params.dict = vmalloc(64);
	down_write(&dev->config_lock);
	z2_device_set_params(dev, 2, &params);
	up_write(&dev->config_lock);
}

/* Another algorithm begins without parameters, the same one again keeps them. */
static void device_params_are_the_algorithms(struct kunit *test)
{
	struct z2_device *dev = test->priv;
	struct z2_codec_params params = { .level = 15, .winbits = -9, .dict_len = 64 };
	int prio;

	down_write(&dev->config_lock);
	for (prio = 0; prio < Z2_CODECS_MAX; prio++) {
		const struct z2_codec_params *now = &dev->algos[prio].params;

		params.dict = vmalloc(64);
		z2_device_set_algo(dev, prio, z2_codec_nth(1));
		z2_device_set_params(dev, prio, &params);
		z2_device_set_algo(dev, prio, z2_codec_nth(1));
		KUNIT_EXPECT_EQ(test, now->level, 15);
		KUNIT_EXPECT_EQ(test, now->winbits, -9);
		KUNIT_EXPECT_PTR_EQ(test, now->dict, params.dict);

		z2_device_set_algo(dev, prio, z2_codec_nth(2));
		KUNIT_EXPECT_EQ(test, now->level, Z2_PARAM_UNSET);
		KUNIT_EXPECT_EQ(test, now->winbits, Z2_PARAM_UNSET);
		KUNIT_EXPECT_NULL(test, now->dict);
		KUNIT_EXPECT_EQ(test, now->dict_len, 0);
		KUNIT_EXPECT_PTR_EQ(test, dev->algos[prio].ops, z2_codec_nth(2));
	}
	/* Another priority's are not touched. */
	z2_device_set_params(dev, 1, &(struct z2_codec_params){ .level = 7 });
	z2_device_set_algo(dev, 2, z2_codec_nth(1));
	KUNIT_EXPECT_EQ(test, dev->algos[1].params.level, 7);
	up_write(&dev->config_lock);
}

/* What a new device has, here and where it stands in for the in-tree driver. */
static void device_defaults(struct kunit *test)
{
	struct z2_device *dev = test->priv;

	KUNIT_EXPECT_TRUE(test, dev->compressed_writeback);
	KUNIT_EXPECT_FALSE(test, z2_device_drop_in());
	z2_device_init(true, 3);
	KUNIT_EXPECT_TRUE(test, z2_device_drop_in());
	down_write(&dev->config_lock);
	z2_device_reset_config(dev);
	up_write(&dev->config_lock);
	KUNIT_EXPECT_FALSE(test, dev->compressed_writeback);
	KUNIT_EXPECT_PTR_EQ(test, dev->algos[Z2_PRIMARY].ops, z2_codec_of_kernel());
	z2_device_init(false, 0);
	down_write(&dev->config_lock);
	z2_device_reset_config(dev);
	up_write(&dev->config_lock);
	KUNIT_EXPECT_TRUE(test, dev->compressed_writeback);
}

/* Which algorithm a name, a priority, or both mean. */
static void device_finds_algo(struct kunit *test)
{
	static const struct {
		const char *name;
		int prio;
		unsigned int first;
		int want;
	} cases[] = {
		{ NULL, Z2_PARAM_UNSET, Z2_PRIMARY, 0 },
		{ NULL, Z2_PARAM_UNSET, Z2_SECONDARY, 1 },
		{ NULL, 0, Z2_PRIMARY, 0 },
		{ NULL, 3, Z2_PRIMARY, 3 },
		{ NULL, 2, Z2_SECONDARY, 2 },
		{ "lzo", Z2_PARAM_UNSET, Z2_PRIMARY, 0 },
		{ "lzo", Z2_PARAM_UNSET, Z2_SECONDARY, 2 },
		{ "zstd", Z2_PARAM_UNSET, Z2_PRIMARY, 1 },
		{ "lzo", 2, Z2_PRIMARY, 2 },
		{ "zstd", 1, Z2_SECONDARY, 1 },

		{ NULL, 4, Z2_PRIMARY, -EINVAL },
		{ NULL, -1, Z2_PRIMARY, -EINVAL },
		{ NULL, 0, Z2_SECONDARY, -EINVAL },
		{ "lzo", 0, Z2_SECONDARY, -EINVAL },
		{ "lzo", 1, Z2_PRIMARY, -EINVAL },
		{ "lzo", 3, Z2_PRIMARY, -EINVAL },
		{ "lzo", INT_MAX, Z2_PRIMARY, -EINVAL },
		{ "deflate", Z2_PARAM_UNSET, Z2_PRIMARY, -EINVAL },
		{ "", Z2_PARAM_UNSET, Z2_PRIMARY, -EINVAL },
	};
	struct z2_device *dev = test->priv;
	unsigned int i;

	down_write(&dev->config_lock);
	z2_device_set_algo(dev, 0, &z2_codec_lzo);
	z2_device_set_algo(dev, 1, &z2_codec_zstd);
	z2_device_set_algo(dev, 2, &z2_codec_lzo);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		const char *why = NULL;
		int got = z2_device_find_algo(dev, cases[i].name, cases[i].prio, cases[i].first,
					      &why);

		KUNIT_EXPECT_EQ_MSG(test, got, cases[i].want, "case %u", i);
		KUNIT_EXPECT_EQ_MSG(test, got < 0, !!why, "case %u", i);
	}
	up_write(&dev->config_lock);
}

static void device_bytes_to_pages(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, z2_bytes_to_pages(0), 0);
	KUNIT_EXPECT_EQ(test, z2_bytes_to_pages(1), 1);
	KUNIT_EXPECT_EQ(test, z2_bytes_to_pages(PAGE_SIZE), 1);
	KUNIT_EXPECT_EQ(test, z2_bytes_to_pages(PAGE_SIZE + 1), 2);
	KUNIT_EXPECT_EQ(test, z2_bytes_to_pages(U64_MAX), (U64_MAX >> PAGE_SHIFT) + 1);
}

static void device_without_memory(struct kunit *test)
{
	unsigned int nth, errors = 0;
	bool failed = true;

	z2t_assert_faults(test);
	for (nth = 1; failed; nth++) {
		struct z2_device *dev;

		z2t_fault_arm(nth, nth % 2);
		dev = z2_device_create(7);
		failed = z2t_fault_disarm();
		if (IS_ERR(dev)) {
			KUNIT_EXPECT_EQ(test, PTR_ERR(dev), -ENOMEM);
			KUNIT_EXPECT_TRUE(test, failed);
			errors++;
			continue;
		}
		expect_fresh(test, dev);
		z2_device_destroy(dev);
	}
	KUNIT_EXPECT_GE_MSG(test, errors, 2, "the device and its bounce pages");
}

static struct kunit_case device_cases[] = {
	KUNIT_CASE_PARAM(device_moves, move_gen_params),
	KUNIT_CASE(device_moves_nowhere_else),
	KUNIT_CASE(device_move_wakes),
	KUNIT_CASE(device_configuration),
	KUNIT_CASE(device_params_are_the_algorithms),
	KUNIT_CASE(device_defaults),
	KUNIT_CASE(device_finds_algo),
	KUNIT_CASE(device_bytes_to_pages),
	KUNIT_CASE(device_without_memory),
	{}
};

static struct kunit_suite device_suite = {
	.name = "zram2_device",
	.init = device_init,
	.exit = device_exit,
	.test_cases = device_cases,
};

kunit_test_suite(device_suite);

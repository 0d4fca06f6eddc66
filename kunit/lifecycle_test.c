// SPDX-License-Identifier: GPL-2.0
#include <kunit/test.h>
#include <linux/bio.h>
#include <linux/blkdev.h>
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/jiffies.h>
#include <linux/limits.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

#include <zram2/codec.h>
#include <zram2/device.h>
#include <zram2/lifecycle.h>
#include <zram2/page.h>
#include <zram2/params.h>
#include <zram2/scan.h>
#include <zram2/slot.h>
#include <zram2/stats.h>

#include "backed.h"
#include "fixture.h"

/* Who holds a disk exclusively. */
static int holder;

static struct file *open_disk(struct z2_device *dev, bool exclusive)
{
	return bdev_file_open_by_dev(disk_devt(dev->disk), BLK_OPEN_READ,
				     exclusive ? &holder : NULL, NULL);
}

/* Files that kernel threads put are closed by a worker. */
static bool wait_closed(struct z2_device *dev)
{
	unsigned int ms;

	for (ms = 0; ms < Z2T_PATIENCE_MS && disk_openers(dev->disk); ms += 20)
		msleep(20);
	return !disk_openers(dev->disk);
}

static void set_algo(struct z2_device *dev, unsigned int prio, const struct z2_codec_ops *ops,
		     int level)
{
	struct z2_codec_params params = { .level = level, .winbits = Z2_PARAM_UNSET };

	down_write(&dev->config_lock);
	z2_device_set_algo(dev, prio, ops);
	z2_device_set_params(dev, prio, &params);
	up_write(&dev->config_lock);
}

static void expect_configuring(struct kunit *test, struct z2_device *dev)
{
	int i;

	KUNIT_EXPECT_EQ(test, z2_device_state(dev), Z2_CONFIGURING);
	KUNIT_EXPECT_EQ(test, dev->disksize, 0);
	KUNIT_EXPECT_EQ(test, get_capacity(dev->disk), 0);
	KUNIT_EXPECT_NULL(test, dev->table);
	KUNIT_EXPECT_NULL(test, dev->pool);
	for (i = 0; i < Z2_CODECS_MAX; i++)
		KUNIT_EXPECT_NULL(test, dev->codecs[i]);
}

static void expect_live(struct kunit *test, struct z2_device *dev, u64 size)
{
	KUNIT_EXPECT_EQ(test, z2_device_state(dev), Z2_LIVE);
	KUNIT_EXPECT_EQ(test, dev->disksize, size);
	KUNIT_EXPECT_EQ(test, get_capacity(dev->disk), size >> SECTOR_SHIFT);
	KUNIT_ASSERT_NOT_NULL(test, dev->table);
	KUNIT_EXPECT_EQ(test, z2_slot_table_nr(dev->table), size >> PAGE_SHIFT);
	KUNIT_EXPECT_NOT_NULL(test, dev->pool);
	KUNIT_EXPECT_NOT_NULL(test, dev->codecs[Z2_PRIMARY]);
}

/* Writes a page that compresses and one that doesn't; or finds them, or not. */
static void write_some(struct kunit *test, struct z2_device *dev)
{
	struct page *page = z2t_page_alloc(test, 0);

	z2t_fill(page_address(page), PAGE_SIZE, Z2T_TEXT, 1);
	KUNIT_EXPECT_EQ(test, z2_page_write(dev, 0, page, z2_slot_now()), 0);
	z2t_fill(page_address(page), PAGE_SIZE, Z2T_RANDOM, 1);
	KUNIT_EXPECT_EQ(test, z2_page_write(dev, 1, page, z2_slot_now()), 0);
}

static void expect_some(struct kunit *test, struct z2_device *dev, bool there)
{
	struct page *page = z2t_page_alloc(test, 1);
	u8 *got = page_address(page), *want = got + PAGE_SIZE;
	int i;

	for (i = 0; i < 2; i++) {
		memset(got, 0x77, PAGE_SIZE);
		KUNIT_EXPECT_EQ(test, z2_page_read(dev, i, page, NULL, z2_slot_now()), 0);
		z2t_fill(want, PAGE_SIZE, !there ? Z2T_ZERO : i ? Z2T_RANDOM : Z2T_TEXT, 1);
		KUNIT_EXPECT_MEMEQ(test, got, want, PAGE_SIZE);
	}
}

/* Adding and removing. */

static void lifecycle_add_and_remove(struct kunit *test)
{
	struct z2_device *devs[3];
	int i, id;

	KUNIT_EXPECT_EQ(test, z2_lifecycle_remove(0), -ENODEV);
	KUNIT_EXPECT_EQ(test, z2_lifecycle_remove(-1), -ENODEV);
	KUNIT_EXPECT_EQ(test, z2_lifecycle_remove(INT_MAX), -ENODEV);
	for (i = 0; i < 3; i++) {
		char name[32];

		devs[i] = z2t_device_create(test);
		KUNIT_EXPECT_EQ(test, devs[i]->id, i);
		snprintf(name, sizeof(name), "z2kunit%d", i);
		KUNIT_EXPECT_STREQ(test, devs[i]->disk->disk_name, name);
		expect_configuring(test, devs[i]);
	}
	/* A number that is free again is the next to be taken. */
	KUNIT_EXPECT_EQ(test, z2_lifecycle_remove(1), 0);
	KUNIT_EXPECT_EQ(test, z2_lifecycle_remove(1), -ENODEV);
	id = z2_lifecycle_add(NULL);
	KUNIT_EXPECT_EQ(test, id, 1);
	KUNIT_EXPECT_EQ(test, z2_lifecycle_remove(id), 0);
}

/* With contents and all; kmemleak sees to it that they go too. */
static void lifecycle_removes_a_live_one(struct kunit *test)
{
	struct z2_device *dev = z2t_device_start(test, &z2_codec_lz4, 16);
	struct file *file;

	write_some(test, dev);
	file = open_disk(dev, true);
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	KUNIT_EXPECT_EQ(test, z2_lifecycle_remove(dev->id), -EBUSY);
	expect_live(test, dev, 16 * PAGE_SIZE);
	expect_some(test, dev, true);
	bdev_fput(file);
	KUNIT_EXPECT_TRUE(test, wait_closed(dev));
	KUNIT_EXPECT_EQ(test, z2_lifecycle_remove(dev->id), 0);
}

/* Starting. */

struct size_case {
	u64 bytes;
	int err;
	u64 size;
};

static const struct size_case sizes[] = {
	{ 0, -EINVAL },
	{ 1, 0, PAGE_SIZE },
	{ PAGE_SIZE - 1, 0, PAGE_SIZE },
	{ PAGE_SIZE, 0, PAGE_SIZE },
	{ PAGE_SIZE + 1, 0, 2 * PAGE_SIZE },
	{ 64 << 20, 0, 64 << 20 },
	{ 1ull << 50, -ENOMEM },
	{ 1ull << 63, -ENOMEM },
	{ U64_MAX - PAGE_SIZE + 1, -ENOMEM },
	{ U64_MAX - PAGE_SIZE + 2, -ENOMEM },
	{ U64_MAX, -ENOMEM },
	{ 3 * PAGE_SIZE, 0, 3 * PAGE_SIZE },
};

/* In a loop rather than as parameters: making a device takes its time. */
static void lifecycle_sizes(struct kunit *test)
{
	struct z2_device *dev = z2t_device_create(test);
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		const struct size_case *c = &sizes[i];
		const char *why = NULL;

		KUNIT_EXPECT_EQ_MSG(test, z2_lifecycle_start(dev, c->bytes, &why), c->err,
				    "%llu bytes", c->bytes);
		if (c->err) {
			/* None the worse for it, as the next one shows. */
			KUNIT_EXPECT_NOT_NULL(test, why);
			expect_configuring(test, dev);
			continue;
		}
		expect_live(test, dev, c->size);
		KUNIT_EXPECT_EQ(test, z2_lifecycle_start(dev, PAGE_SIZE, &why), -EBUSY);
		expect_live(test, dev, c->size);
		KUNIT_EXPECT_EQ(test, z2_lifecycle_reset(dev, &why), 0);
	}
}

static void lifecycle_bad_parameters(struct kunit *test)
{
	struct z2_device *dev = z2t_device_create(test);
	const char *why = NULL;
	int i;

	/* The last one is refused when the others are made already. */
	for (i = 0; i < Z2_CODECS_MAX; i++)
		set_algo(dev, i, &z2_codec_deflate, i == Z2_CODECS_MAX - 1 ? 99 : 1);
	KUNIT_EXPECT_EQ(test, z2_lifecycle_start(dev, SZ_1M, &why), -EINVAL);
	KUNIT_EXPECT_NOT_NULL(test, why);
	expect_configuring(test, dev);

	/* The configuration is as it was, to be put right. */
	KUNIT_EXPECT_EQ(test, dev->algos[Z2_CODECS_MAX - 1].params.level, 99);
	set_algo(dev, Z2_CODECS_MAX - 1, &z2_codec_deflate, 9);
	KUNIT_EXPECT_EQ(test, z2_lifecycle_start(dev, SZ_1M, &why), 0);
	expect_live(test, dev, SZ_1M);
	for (i = 0; i < Z2_CODECS_MAX; i++)
		KUNIT_EXPECT_NOT_NULL(test, dev->codecs[i]);
}

static void count_end(struct bio *bio)
{
	complete(bio->bi_private);
}

/* As a bio comes in where nobody before us has looked at how far it reaches. */
static int submit(struct z2_device *dev, enum req_op op, sector_t sector, struct page *page)
{
	DECLARE_COMPLETION_ONSTACK(done);
	struct bio_vec vec;
	struct bio bio;

	bio_init(&bio, dev->disk->part0, &vec, 1, op);
	bio.bi_iter.bi_sector = sector;
	__bio_add_page(&bio, page, PAGE_SIZE, 0);
	bio.bi_private = &done;
	bio.bi_end_io = count_end;
	dev->disk->fops->submit_bio(&bio);
	wait_for_completion(&done);
	return blk_status_to_errno(bio.bi_status);
}

static void lifecycle_bio_beyond_the_end(struct kunit *test)
{
	struct z2_device *dev = z2t_device_create(test);
	const sector_t per_page = PAGE_SIZE >> SECTOR_SHIFT;
	struct page *page = z2t_page_alloc(test, 0);
	const char *why = NULL;

	KUNIT_EXPECT_EQ_MSG(test, submit(dev, REQ_OP_READ, 0, page), -EIO, "no size yet");
	KUNIT_EXPECT_EQ_MSG(test, submit(dev, REQ_OP_WRITE, 0, page), -EIO, "no size yet");
	KUNIT_ASSERT_EQ(test, z2_lifecycle_start(dev, 4 * PAGE_SIZE, &why), 0);
	KUNIT_EXPECT_EQ(test, submit(dev, REQ_OP_WRITE, 3 * per_page, page), 0);
	KUNIT_EXPECT_EQ(test, submit(dev, REQ_OP_READ, 3 * per_page, page), 0);
	KUNIT_EXPECT_EQ(test, submit(dev, REQ_OP_READ, 4 * per_page, page), -EIO);
	KUNIT_EXPECT_EQ(test, submit(dev, REQ_OP_WRITE, 4 * per_page, page), -EIO);
	KUNIT_EXPECT_EQ(test, submit(dev, REQ_OP_READ, 10000 * per_page, page), -EIO);
	KUNIT_EXPECT_EQ(test, submit(dev, REQ_OP_READ, -per_page, page), -EIO);
	KUNIT_EXPECT_EQ(test, z2_stats_sum(dev->stats, Z2_STAT_INVALID_IO), 6);
}

/* Resetting. */

static void lifecycle_reset_forgets(struct kunit *test)
{
	struct z2_device *dev = z2t_device_create(test);
	const char *why = NULL;
	int i;

	/* Before it was ever started, too. */
	set_algo(dev, 1, &z2_codec_zstd, 5);
	KUNIT_EXPECT_EQ(test, z2_lifecycle_reset(dev, &why), 0);
	expect_configuring(test, dev);
	KUNIT_EXPECT_NULL(test, dev->algos[1].ops);

	set_algo(dev, Z2_PRIMARY, &z2_codec_lzo, Z2_PARAM_UNSET);
	KUNIT_EXPECT_EQ(test, z2_lifecycle_start(dev, SZ_64K, &why), 0);
	write_some(test, dev);
	expect_some(test, dev, true);
	WRITE_ONCE(dev->limit_pages, 1000);
	KUNIT_EXPECT_EQ(test, z2_lifecycle_reset(dev, &why), 0);
	expect_configuring(test, dev);
	KUNIT_EXPECT_PTR_EQ(test, dev->algos[Z2_PRIMARY].ops, z2_codec_default());
	KUNIT_EXPECT_EQ(test, dev->limit_pages, 0);
	KUNIT_EXPECT_EQ(test, atomic_long_read(&dev->max_used_pages), 0);
	for (i = 0; i < Z2_STAT_NR; i++)
		KUNIT_EXPECT_EQ(test, z2_stats_sum(dev->stats, i), 0);

	KUNIT_EXPECT_EQ(test, z2_lifecycle_start(dev, SZ_128K, &why), 0);
	expect_live(test, dev, SZ_128K);
	expect_some(test, dev, false);
}

/* Swap or a file system has it: refused at once, nothing is lost. */
static void lifecycle_reset_of_a_held_one(struct kunit *test)
{
	struct z2_device *dev = z2t_device_start(test, &z2_codec_lzo, 16);
	struct file *file = open_disk(dev, true);
	unsigned long before = jiffies;
	const char *why = NULL;

	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	write_some(test, dev);
	KUNIT_EXPECT_EQ(test, z2_lifecycle_reset(dev, &why), -EBUSY);
	KUNIT_EXPECT_NOT_NULL(test, why);
	KUNIT_EXPECT_TRUE(test, time_before(jiffies, before + 3 * HZ));
	expect_live(test, dev, 16 * PAGE_SIZE);
	expect_some(test, dev, true);
	bdev_fput(file);
	KUNIT_EXPECT_TRUE(test, wait_closed(dev));
	KUNIT_EXPECT_EQ(test, z2_lifecycle_reset(dev, &why), 0);
	expect_configuring(test, dev);
}

static bool wait_for_state(struct z2_device *dev, enum z2_state state)
{
	unsigned int ms;

	for (ms = 0; ms < Z2T_PATIENCE_MS && z2_device_state(dev) != state; ms += 20)
		msleep(20);
	return z2_device_state(dev) == state;
}

/**
 * struct resetter - a thread that resets or removes
 * @dev: what
 * @remove: rather than reset
 * @task: the thread
 * @why: what went wrong
 * @err: how it ended; 1 until then
 */
struct resetter {
	struct z2_device *dev;
	bool remove;
	struct task_struct *task;
	const char *why;
	int err;
};

static void reset(void *arg)
{
	struct resetter *r = arg;

	/* Kernel threads ignore it otherwise. */
	allow_signal(SIGKILL);
	WRITE_ONCE(r->task, current);
	r->err = r->remove ? z2_lifecycle_remove(r->dev->id) : z2_lifecycle_reset(r->dev, &r->why);
	flush_signals(current);
}

static struct z2t_thread *start_reset(struct kunit *test, struct z2_device *dev, bool remove,
				      struct resetter **r)
{
	*r = kunit_kzalloc(test, sizeof(**r), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, *r);
	**r = (struct resetter){ .dev = dev, .remove = remove, .err = 1 };
	return z2t_spawn(test, reset, *r);
}

/*
 * Somebody has it open in passing: that is waited for, and all goes on as if
 * nothing were to come.
 */
static void lifecycle_reset_waits(struct kunit *test)
{
	struct z2_device *dev = z2t_device_start(test, &z2_codec_lzo, 16);
	struct file *file = open_disk(dev, false), *late;
	struct z2t_thread *thread, *second;
	const char *why = NULL;
	struct resetter *r, *s;
	unsigned int ms;

	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	write_some(test, dev);
	KUNIT_EXPECT_EQ(test, z2_scan_begin(dev, &why), 0);
	thread = start_reset(test, dev, false, &r);
	KUNIT_EXPECT_TRUE(test, z2t_blocked(thread));
	second = start_reset(test, dev, false, &s);
	KUNIT_EXPECT_TRUE(test, z2t_blocked(second));
	KUNIT_EXPECT_EQ_MSG(test, z2_scan_stop(dev), 0, "a run goes on");
	late = open_disk(dev, false);
	KUNIT_EXPECT_FALSE_MSG(test, IS_ERR(late), "others may open it");
	if (!IS_ERR(late))
		bdev_fput(late);
	KUNIT_EXPECT_EQ(test, z2_lifecycle_start(dev, PAGE_SIZE, &why), -EBUSY);
	/* What was there when it was opened is there until it is closed. */
	expect_some(test, dev, true);
	KUNIT_EXPECT_EQ(test, r->err, 1);

	/* It is closed: one of the two has it, and the other is told so. */
	bdev_fput(file);
	KUNIT_EXPECT_TRUE(test, wait_for_state(dev, Z2_RESETTING));
	KUNIT_EXPECT_EQ_MSG(test, z2_scan_stop(dev), -EBUSY, "now the run is to end");
	late = open_disk(dev, false);
	KUNIT_EXPECT_EQ(test, PTR_ERR_OR_ZERO(late), -EBUSY);
	if (!IS_ERR(late))
		bdev_fput(late);
	KUNIT_EXPECT_EQ(test, z2_lifecycle_reset(dev, &why), -EBUSY);
	KUNIT_EXPECT_EQ(test, z2_lifecycle_remove(dev->id), -EBUSY);
	for (ms = 0; ms < Z2T_PATIENCE_MS && !z2t_done(thread) && !z2t_done(second); ms += 20)
		msleep(20);
	z2_scan_end(dev);
	KUNIT_EXPECT_TRUE(test, z2t_join(thread));
	KUNIT_EXPECT_TRUE(test, z2t_join(second));
	KUNIT_EXPECT_EQ(test, min(r->err, s->err), -EBUSY);
	KUNIT_EXPECT_EQ(test, max(r->err, s->err), 0);
	expect_configuring(test, dev);
	late = open_disk(dev, false);
	KUNIT_EXPECT_FALSE(test, IS_ERR(late));
	if (!IS_ERR(late))
		bdev_fput(late);
	KUNIT_EXPECT_TRUE(test, wait_closed(dev));
}

/* And if it stays open the reset is given up, after five seconds. */
static void lifecycle_reset_gives_up(struct kunit *test)
{
	struct z2_device *dev = z2t_device_start(test, &z2_codec_lzo, 16);
	struct file *file = open_disk(dev, false), *late;
	const char *why = NULL;

	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	write_some(test, dev);
	KUNIT_EXPECT_EQ(test, z2_scan_begin(dev, &why), 0);
	KUNIT_EXPECT_EQ(test, z2_lifecycle_reset(dev, &why), -EBUSY);
	KUNIT_EXPECT_NOT_NULL(test, why);
	KUNIT_EXPECT_EQ_MSG(test, z2_scan_stop(dev), 0, "a run goes on");
	z2_scan_end(dev);
	expect_live(test, dev, 16 * PAGE_SIZE);
	expect_some(test, dev, true);
	late = open_disk(dev, false);
	KUNIT_EXPECT_FALSE_MSG(test, IS_ERR(late), "the door is open");
	if (!IS_ERR(late))
		bdev_fput(late);
	bdev_fput(file);
	KUNIT_EXPECT_TRUE(test, wait_closed(dev));
}

/* A backing device that doesn't answer. */

static const bool removals[] = { false, true };

static void removal_desc(const bool *remove, char *desc)
{
	strscpy(desc, *remove ? "removal" : "reset", KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(removal, removals, removal_desc);

static void write_back(void *arg)
{
	z2t_backed_run(arg, 0, 0, ULONG_MAX);
}

/* Who waits for a run that hangs can be killed, and has changed nothing. */
static void lifecycle_killed_while_writes_hang(struct kunit *test)
{
	const struct z2t_backed_config config = { .blocks = 64, .block_size = 512 };
	struct z2t_backed *t = z2t_backed_create(test, &config);
	const bool remove = *(const bool *)test->param_value;
	struct z2t_thread *run, *thread;
	struct resetter *r;
	unsigned long i;

	z2t_backed_write_all(t, 8, Z2T_RAW);
	t->fake->writes = Z2T_HELD;
	run = z2t_spawn(test, write_back, t);
	KUNIT_ASSERT_TRUE(test, z2t_bdev_wait_held(t->fake, 1));
	thread = start_reset(test, t->dev, remove, &r);
	KUNIT_EXPECT_TRUE(test, wait_for_state(t->dev, Z2_RESETTING));
	KUNIT_EXPECT_TRUE(test, z2t_blocked(thread));
	KUNIT_ASSERT_NOT_NULL(test, READ_ONCE(r->task));
	send_sig(SIGKILL, r->task, 1);
	KUNIT_EXPECT_TRUE_MSG(test, z2t_join(thread), "it can be killed");
	KUNIT_EXPECT_EQ(test, r->err, -EINTR);
	KUNIT_EXPECT_EQ(test, z2_device_state(t->dev), Z2_LIVE);
	KUNIT_EXPECT_FALSE(test, z2t_done(run));

	z2t_bdev_release_all(t->fake);
	KUNIT_ASSERT_TRUE(test, z2t_join(run));
	for (i = 0; i < 8; i++)
		KUNIT_EXPECT_TRUE(test, z2t_backed_holds(t, i, Z2T_RAW, i));
	thread = start_reset(test, t->dev, remove, &r);
	KUNIT_EXPECT_TRUE(test, z2t_join(thread));
	KUNIT_EXPECT_EQ_MSG(test, r->err, 0, "it works when the device answers");
	if (!remove)
		KUNIT_EXPECT_EQ(test, z2_lifecycle_remove(t->dev->id), 0);
	z2t_backed_removed(t);
}

/**
 * struct closer - who closes a disk, and waits for a read that hangs
 * @dev: the disk's device
 * @in: he has the mutex
 * @answer: the read has ended
 */
struct closer {
	struct z2_device *dev;
	struct completion in;
	struct completion answer;
};

static void close_slowly(void *arg)
{
	struct closer *closer = arg;

	mutex_lock(&closer->dev->disk->open_mutex);
	complete(&closer->in);
	wait_for_completion(&closer->answer);
	mutex_unlock(&closer->dev->disk->open_mutex);
}

static void add_and_remove(void *arg)
{
	int *err = arg, id = z2_lifecycle_add(NULL);

	*err = id < 0 ? id : z2_lifecycle_remove(id);
}

/* A close that hangs is one who has it open; others come and go meanwhile. */
static void lifecycle_close_hangs(struct kunit *test)
{
	struct z2_device *dev = z2t_device_start(test, &z2_codec_lzo, 16);
	struct closer *closer = kunit_kzalloc(test, sizeof(*closer), GFP_KERNEL);
	int *other = kunit_kzalloc(test, sizeof(*other), GFP_KERNEL);
	struct z2t_thread *closing, *removing, *adding;
	struct resetter *r;

	KUNIT_ASSERT_NOT_NULL(test, closer);
	KUNIT_ASSERT_NOT_NULL(test, other);
	closer->dev = dev;
	init_completion(&closer->in);
	init_completion(&closer->answer);
	closing = z2t_spawn(test, close_slowly, closer);
	wait_for_completion(&closer->in);
	removing = start_reset(test, dev, true, &r);
	msleep(100);
	*other = 1;
	adding = z2t_spawn(test, add_and_remove, other);
	KUNIT_EXPECT_TRUE_MSG(test, z2t_join(adding), "others aren't waited with");
	KUNIT_EXPECT_EQ(test, *other, 0);
	KUNIT_EXPECT_EQ(test, r->err, 1);
	KUNIT_EXPECT_TRUE_MSG(test, z2t_join(removing), "for five seconds");
	KUNIT_EXPECT_EQ(test, r->err, -EBUSY);
	expect_live(test, dev, 16 * PAGE_SIZE);

	complete(&closer->answer);
	KUNIT_EXPECT_TRUE(test, z2t_join(closing));
	KUNIT_EXPECT_TRUE(test, z2t_join(adding));
	KUNIT_EXPECT_EQ(test, z2_lifecycle_remove(dev->id), 0);
}

static void remove_all(void *arg)
{
	z2_lifecycle_remove_all();
}

/* As when the module's init fails, and udev has been quick. */
static void lifecycle_remove_all_waits(struct kunit *test)
{
	struct z2_device *dev = z2t_device_start(test, &z2_codec_lzo, 16);
	struct file *file = open_disk(dev, false), *late;
	int id = dev->id, more = z2_lifecycle_add(NULL);
	dev_t devt = disk_devt(dev->disk);
	struct z2t_thread *thread;

	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	KUNIT_EXPECT_GT(test, more, id);
	thread = z2t_spawn(test, remove_all, NULL);
	KUNIT_EXPECT_TRUE(test, z2t_blocked(thread));
	/* By number: if it hasn't waited the device is on its way out. */
	late = bdev_file_open_by_dev(devt, BLK_OPEN_READ, NULL, NULL);
	KUNIT_EXPECT_FALSE_MSG(test, IS_ERR(late), "it waits for who has it open");
	if (!IS_ERR(late))
		bdev_fput(late);
	bdev_fput(file);
	KUNIT_ASSERT_TRUE(test, z2t_join(thread));
	KUNIT_EXPECT_EQ(test, z2_lifecycle_remove(id), -ENODEV);
	KUNIT_EXPECT_EQ(test, z2_lifecycle_remove(more), -ENODEV);
}

/* Everybody at once: each gets what it asked for or is told that it's busy. */
struct racer {
	struct z2_device *dev;
	int nr;
	atomic_t *wrong;
};

static void race(void *arg)
{
	struct racer *r = arg;
	const char *why = NULL;
	struct file *file;
	int i, err;

	for (i = 0; i < 9; i++) {
		switch ((i + r->nr) % 3) {
		case 0:
			err = z2_lifecycle_start(r->dev, SZ_64K, &why);
			break;
		case 1:
			err = z2_lifecycle_reset(r->dev, &why);
			break;
		default:
			file = open_disk(r->dev, r->nr == 2);
			err = PTR_ERR_OR_ZERO(file);
			if (!err)
				bdev_fput(file);
		}
		if (err && err != -EBUSY)
			atomic_inc(r->wrong);
	}
}

static void lifecycle_race(struct kunit *test)
{
	struct z2_device *dev = z2t_device_create(test);
	struct racer *racers = kunit_kcalloc(test, 3, sizeof(*racers), GFP_KERNEL);
	atomic_t *wrong = kunit_kzalloc(test, sizeof(*wrong), GFP_KERNEL);
	struct z2t_thread *threads[3];
	const char *why = NULL;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, racers);
	KUNIT_ASSERT_NOT_NULL(test, wrong);
	for (i = 0; i < 3; i++) {
		racers[i] = (struct racer){ dev, i, wrong };
		threads[i] = z2t_spawn(test, race, &racers[i]);
	}
	for (i = 0; i < 3; i++)
		KUNIT_EXPECT_TRUE(test, z2t_join(threads[i]));
	KUNIT_EXPECT_EQ(test, atomic_read(wrong), 0);
	KUNIT_EXPECT_TRUE(test, wait_closed(dev));
	KUNIT_EXPECT_EQ(test, z2_lifecycle_reset(dev, &why), 0);
	expect_configuring(test, dev);
}

/* Memory runs out at any point of bring-up. */
static void lifecycle_start_without_memory(struct kunit *test)
{
	struct z2_device *dev = z2t_device_create(test);
	unsigned int nth, errors = 0;
	const char *why = NULL;
	bool failed = true;

	z2t_assert_faults(test);
	/* Hundreds of allocations: each of the first few, then some. */
	for (nth = 1; failed; nth += 1 + nth / 4) {
		int err;

		set_algo(dev, Z2_PRIMARY, &z2_codec_lzo, Z2_PARAM_UNSET);
		set_algo(dev, 1, &z2_codec_lz4, Z2_PARAM_UNSET);
		z2t_fault_arm(nth, false);
		err = z2_lifecycle_start(dev, SZ_64K, &why);
		failed = z2t_fault_disarm();
		if (err) {
			KUNIT_EXPECT_EQ(test, err, -ENOMEM);
			KUNIT_EXPECT_TRUE(test, failed);
			KUNIT_EXPECT_NOT_NULL(test, why);
			expect_configuring(test, dev);
			errors++;
			continue;
		}
		expect_live(test, dev, SZ_64K);
		KUNIT_EXPECT_EQ(test, z2_lifecycle_reset(dev, &why), 0);
	}
	/* The table, its slots, the pool and the two codecs, at the least. */
	KUNIT_EXPECT_GE(test, errors, 5);
}

static struct kunit_case lifecycle_cases[] = {
	KUNIT_CASE(lifecycle_add_and_remove),
	KUNIT_CASE(lifecycle_removes_a_live_one),
	KUNIT_CASE(lifecycle_sizes),
	KUNIT_CASE(lifecycle_bad_parameters),
	KUNIT_CASE(lifecycle_bio_beyond_the_end),
	KUNIT_CASE(lifecycle_reset_forgets),
	KUNIT_CASE(lifecycle_reset_of_a_held_one),
	KUNIT_CASE(lifecycle_reset_waits),
	KUNIT_CASE_SLOW(lifecycle_reset_gives_up),
	KUNIT_CASE_PARAM(lifecycle_killed_while_writes_hang, removal_gen_params),
	KUNIT_CASE_SLOW(lifecycle_close_hangs),
	KUNIT_CASE(lifecycle_remove_all_waits),
	KUNIT_CASE(lifecycle_race),
	KUNIT_CASE(lifecycle_start_without_memory),
	{}
};

static struct kunit_suite lifecycle_suite = {
	.name = "zram2_lifecycle",
	.exit = z2t_backed_exit,
	.suite_exit = z2t_backed_drop,
	.test_cases = lifecycle_cases,
};

kunit_test_suite(lifecycle_suite);

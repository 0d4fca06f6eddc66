// SPDX-License-Identifier: GPL-2.0
/* Opening files of one type; what only a file system with devices has is in 30-bad-input. */
#include <kunit/test.h>
#include <linux/err.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/stat.h>

#include <zram2/file.h>

/* A file of ours, which goes with the machine. */
#define REGULAR	"/z2-file-test"

static long open_error(const char *path, umode_t type)
{
	struct file *file = z2_file_open(path, type, O_RDONLY);

	if (IS_ERR(file))
		return PTR_ERR(file);
	fput(file);
	return 0;
}

static void file_opens_its_type(struct kunit *test)
{
	struct file *file = filp_open(REGULAR, O_WRONLY | O_CREAT, 0600);

	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	fput(file);
	file = z2_file_open(REGULAR, S_IFREG, O_RDONLY);
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	KUNIT_EXPECT_TRUE(test, S_ISREG(file_inode(file)->i_mode));
	KUNIT_EXPECT_TRUE_MSG(test, file->f_flags & O_NONBLOCK, "whatever takes its place");
	KUNIT_EXPECT_TRUE_MSG(test, file->f_flags & O_LARGEFILE, "of any size");
	KUNIT_EXPECT_EQ(test, file->f_flags & O_ACCMODE, O_RDONLY);
	fput(file);
}

static void file_refuses_other_types(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, open_error("/", S_IFREG), -EISDIR);
	KUNIT_EXPECT_EQ(test, open_error("/", S_IFBLK), -EISDIR);
	KUNIT_EXPECT_EQ(test, open_error(REGULAR, S_IFBLK), -ENOTBLK);
	KUNIT_EXPECT_EQ(test, open_error("/dev/null", S_IFREG), -EINVAL);
	KUNIT_EXPECT_EQ(test, open_error("/dev/null", S_IFBLK), -ENOTBLK);
}

static void file_says_what_opening_says(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, open_error("/no/such", S_IFREG), -ENOENT);
	KUNIT_EXPECT_EQ(test, open_error(REGULAR "/x", S_IFREG), -ENOTDIR);
}

static struct kunit_case file_cases[] = {
	KUNIT_CASE(file_opens_its_type),
	KUNIT_CASE(file_refuses_other_types),
	KUNIT_CASE(file_says_what_opening_says),
	{}
};

static struct kunit_suite file_suite = {
	.name = "zram2_file",
	.test_cases = file_cases,
};

kunit_test_suite(file_suite);

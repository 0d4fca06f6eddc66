// SPDX-License-Identifier: GPL-2.0
/* include/compat/class.h: a handler fits the table of each form. */
#include <linux/device/class.h>

static ssize_t show(z2_compat_class *class, z2_compat_class_attribute *attr, char *buf)
{
	*buf = 's';
	return 1;
}

static ssize_t store(z2_compat_class *class, z2_compat_class_attribute *attr, const char *buf,
		     size_t len)
{
	return len;
}

int main(void)
{
	struct class_attribute attr = { .show = show, .store = store };
	char c;

	CHECK(attr.show(NULL, &attr, &c) == 1 && c == 's');
	CHECK(attr.store(NULL, &attr, "abc", 3) == 3);
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0 */
#pragma once
struct class;

struct class_attribute {
	ssize_t (*show)(const struct class *class, const struct class_attribute *attr,
			char *buf);
	ssize_t (*store)(const struct class *class, const struct class_attribute *attr,
			 const char *buf, size_t count);
};

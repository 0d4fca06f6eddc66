// SPDX-License-Identifier: GPL-2.0
/* Parsing of attribute text; see the header. */
#include <linux/ctype.h>
#include <linux/errno.h>
#include <linux/gfp.h>
#include <linux/kernel.h>
#include <linux/overflow.h>
#include <linux/string.h>

#include <zram2/params.h>

static int refuse(const char **why, const char *reason, int err)
{
	*why = reason;
	return err;
}

static int digit_value(char c)
{
	return isdigit(c) ? c - '0' : isxdigit(c) ? tolower(c) - 'a' + 10 : INT_MAX;
}

/* Digits of base 10, or 16 after "0x", without a sign. */
static const char *parse_digits(const char *text, u64 *value)
{
	int base = 10, digit;
	const char *p = text;
	u64 v = 0;

	if (p[0] == '0' && tolower(p[1]) == 'x' && isxdigit(p[2])) {
		base = 16;
		p += 2;
		text = p;
	}
	for (; (digit = digit_value(*p)) < base; p++) {
		if (check_mul_overflow(v, (u64)base, &v) || check_add_overflow(v, (u64)digit, &v))
			return ERR_PTR(-ERANGE);
	}
	*value = v;
	return p == text ? NULL : p;
}

/* "K", "KB" and "KiB" all mean 1024, in either case. */
static const char *parse_unit(const char *text, unsigned int *shift)
{
	static const char units[] = "kmgtpe";
	const char *unit = *text ? strchr(units, tolower(*text)) : NULL;

	*shift = 0;
	if (!unit)
		return tolower(*text) == 'b' ? text + 1 : text;

	*shift = 10 * (unit - units + 1);
	text++;
	if (tolower(text[0]) == 'i' && tolower(text[1]) == 'b')
		return text + 2;
	return tolower(*text) == 'b' ? text + 1 : text;
}

/**
 * z2_params_size_begins() - a number of bytes, whatever may follow it
 * @text: what the user wrote
 * @bytes: the number
 * @rest: what follows it, without the space in between; empty if nothing does
 * @why: what is wrong with it
 *
 * Context: any.
 * Return: 0, -EINVAL for what doesn't begin with a number, -ERANGE for 2^64 bytes
 * and more.
 */
int z2_params_size_begins(const char *text, u64 *bytes, const char **rest, const char **why)
{
	unsigned int shift;
	const char *p;
	u64 value;

	p = parse_digits(skip_spaces(text), &value);
	if (!p)
		return refuse(why, "not a size", -EINVAL);
	if (IS_ERR(p))
		return refuse(why, "the size is too large", -ERANGE);

	p = parse_unit(p, &shift);
	if (value > U64_MAX >> shift)
		return refuse(why, "the size is too large", -ERANGE);

	*bytes = value << shift;
	*rest = skip_spaces(p);
	return 0;
}

/**
 * z2_params_size() - a number of bytes: "512M", "0x1000", "2GiB"
 * @text: what the user wrote
 * @bytes: the number
 * @why: what is wrong with it
 *
 * Context: any.
 * Return: 0, -EINVAL for malformed text, -ERANGE for 2^64 bytes and more.
 */
int z2_params_size(const char *text, u64 *bytes, const char **why)
{
	const char *rest;
	u64 value;
	int err = z2_params_size_begins(text, &value, &rest, why);

	if (err)
		return err;
	if (*rest)
		return refuse(why, "not a size: a number and K, M, G, T, P or E", -EINVAL);
	*bytes = value;
	return 0;
}

/**
 * z2_params_uint() - a decimal number without a sign
 * @text: what the user wrote
 * @value: the number
 * @why: what is wrong with it
 *
 * Context: any.
 * Return: 0, -EINVAL or -ERANGE.
 */
int z2_params_uint(const char *text, unsigned int *value, const char **why)
{
	int err = kstrtouint(text, 10, value);

	return err ? refuse(why, "not a number", err) : 0;
}

/**
 * z2_params_u64() - a decimal number without a sign, however large
 * @text: what the user wrote
 * @value: the number
 * @why: what is wrong with it
 *
 * Context: any.
 * Return: 0, -EINVAL or -ERANGE.
 */
int z2_params_u64(const char *text, u64 *value, const char **why)
{
	int err = kstrtoull(text, 10, value);

	return err ? refuse(why, "not a number", err) : 0;
}

/**
 * z2_params_bool() - 0 or 1, no or yes, off or on
 * @text: what the user wrote
 * @value: what it means
 * @why: what is wrong with it
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int z2_params_bool(const char *text, bool *value, const char **why)
{
	return kstrtobool(text, value) ? refuse(why, "neither 0 nor 1", -EINVAL) : 0;
}

/**
 * z2_params_path() - the name of a file
 * @text: as written to an attribute; ends at its length or at a zero before
 * @len: of it
 *
 * One newline at the end is echo's; more are part of a strange name.
 *
 * Context: may sleep.
 * Return: the name, to be freed with kfree(), or NULL for want of memory.
 */
char *z2_params_path(const char *text, size_t len)
{
	char *path = kstrndup(text, len, GFP_KERNEL);
	size_t end;

	if (!path)
		return NULL;
	end = strlen(path);
	if (end && path[end - 1] == '\n')
		path[end - 1] = '\0';
	return path;
}

/**
 * z2_params_age() - "all", or a number of seconds
 * @text: what the user wrote
 * @seconds: the number, -1 for all
 * @why: what is wrong with it
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int z2_params_age(const char *text, s64 *seconds, const char **why)
{
	unsigned int age;

	if (sysfs_streq(text, "all")) {
		*seconds = -1;
		return 0;
	}
	if (kstrtouint(text, 0, &age))
		return refuse(why, "neither all nor a number of seconds", -EINVAL);
	*seconds = age;
	return 0;
}

/**
 * z2_params_zero() - "0" and nothing else, as mem_used_max wants it
 * @text: what the user wrote
 * @why: what is wrong with it
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int z2_params_zero(const char *text, const char **why)
{
	unsigned long value;

	if (kstrtoul(text, 10, &value) || value)
		return refuse(why, "only 0 can be written", -EINVAL);
	return 0;
}

/**
 * z2_params_reset() - a number other than 0
 * @text: what the user wrote
 * @why: what is wrong with it
 *
 * Context: any.
 * Return: 0, -EINVAL, or -ERANGE past 16 bits as in-tree.
 */
int z2_params_reset(const char *text, const char **why)
{
	u16 value;
	int err = kstrtou16(text, 10, &value);

	if (err)
		return refuse(why, "not a number", err);
	if (!value)
		return refuse(why, "write 1 to reset", -EINVAL);
	return 0;
}

/**
 * z2_params_algo_name() - could this be an algorithm's name?
 * @text: what the user wrote; one trailing newline is fine
 * @why: what is wrong with it
 *
 * Context: any.
 * Return: 0, -EINVAL if empty, -E2BIG if too long.
 */
int z2_params_algo_name(const char *text, const char **why)
{
	size_t len = strlen(text);

	if (len >= Z2_PARAMS_ALGO_MAX)
		return refuse(why, "the name is too long", -E2BIG);
	if (!len || *text == '\n')
		return refuse(why, "no algorithm named", -EINVAL);
	return 0;
}

/**
 * z2_params_algo() - "algo=zstd priority=1 level=8 dict=/path deflate.winbits=12"
 * @text: what the user wrote; cut into pieces
 * @params: what it says
 * @why: what is wrong with it
 *
 * Any order, each at most once in effect: the last one holds.
 *
 * Context: any.
 * Return: 0, -EINVAL or -ERANGE.
 */
int z2_params_algo(char *text, struct z2_algo_params *params, const char **why)
{
	struct z2_algo_params p = {
		.prio = Z2_PARAM_UNSET,
		.level = Z2_PARAM_UNSET,
		.winbits = Z2_PARAM_UNSET,
	};
	char *args = skip_spaces(text);
	char *name, *value;
	int err = 0;

	if (!*args)
		return refuse(why, "no parameter given", -EINVAL);

	while (*args) {
		args = next_arg(args, &name, &value);
		if (!value || !*value)
			return refuse(why, "a parameter without a value", -EINVAL);

		if (!strcmp(name, "algo"))
			p.algo = value;
		else if (!strcmp(name, "dict"))
			p.dict = value;
		else if (!strcmp(name, "priority"))
			err = kstrtoint(value, 10, &p.prio);
		else if (!strcmp(name, "level"))
			err = kstrtoint(value, 10, &p.level);
		else if (!strcmp(name, "deflate.winbits"))
			err = kstrtoint(value, 10, &p.winbits);
		else
			return refuse(why, "unknown parameter", -EINVAL);
		if (err)
			return refuse(why, "a value that is not a number", err);
	}

	*params = p;
	return 0;
}

/**
 * z2_params_recomp_algo() - "algo=zstd priority=1"
 * @text: what the user wrote; cut into pieces
 * @algo: the name, in @text
 * @prio: the priority, or Z2_PARAM_UNSET
 * @why: what is wrong with it
 *
 * Context: any.
 * Return: 0, -EINVAL, -ERANGE, or -E2BIG for what is too long for a name.
 */
int z2_params_recomp_algo(char *text, const char **algo, int *prio, const char **why)
{
	char *args = skip_spaces(text);
	const char *found = NULL;
	int p = Z2_PARAM_UNSET;
	char *name, *value;
	int err;

	while (*args) {
		args = next_arg(args, &name, &value);
		if (!value || !*value)
			return refuse(why, "a parameter without a value", -EINVAL);
		if (!strcmp(name, "algo")) {
			found = value;
		} else if (!strcmp(name, "priority")) {
			err = kstrtoint(value, 10, &p);
			if (err)
				return refuse(why, "a priority that is not a number", err);
		} else {
			return refuse(why, "unknown parameter", -EINVAL);
		}
	}
	err = z2_params_algo_name(found ?: "", why);
	if (err)
		return err;

	*algo = found;
	*prio = p;
	return 0;
}

static int parse_type(const char *text, enum z2_params_type *type)
{
	static const char *const names[] = {
		[Z2_TYPE_IDLE] = "idle",
		[Z2_TYPE_HUGE] = "huge",
		[Z2_TYPE_HUGE_IDLE] = "huge_idle",
		[Z2_TYPE_INCOMPRESSIBLE] = "incompressible",
	};
	int i = match_string(names + 1, ARRAY_SIZE(names) - 1, text);

	if (i < 0)
		return -EINVAL;
	*type = i + 1;
	return 0;
}

/* "7" or, if @dash, "3-7". */
static int parse_range(char *text, bool dash, unsigned long nr_pages,
		       struct z2_params_range *range)
{
	char *last = dash ? strchr(text, '-') : text;
	int err;

	if (!last)
		return -EINVAL;
	if (dash)
		*last++ = '\0';
	err = kstrtoul(text, 10, &range->first) ?: kstrtoul(last, 10, &range->last);
	if (err)
		return err;
	return range->first > range->last || range->last >= nr_pages ? -ERANGE : 0;
}

/**
 * z2_params_writeback() - "type=idle", "idle", "page_index=7 page_indexes=10-20"
 * @text: what the user wrote; cut into pieces
 * @nr_pages: of the disk
 * @ranges: what it says; a type stands for the whole disk and ends the list
 * @max: ranges there is room for; as many as there are words will do
 * @why: what is wrong with it
 *
 * Context: any.
 * Return: the number of ranges, -EINVAL, or -ERANGE for pages that the disk
 * doesn't have.
 */
int z2_params_writeback(char *text, unsigned long nr_pages, struct z2_params_range *ranges,
			unsigned int max, const char **why)
{
	char *args = skip_spaces(text);
	unsigned int nr = 0;
	char *name, *value;
	int err;

	if (!*args)
		return refuse(why, "nothing named to write back", -EINVAL);

	while (*args && nr < max) {
		struct z2_params_range *range = &ranges[nr++];

		*range = (struct z2_params_range){ .last = nr_pages - 1 };
		args = next_arg(args, &name, &value);
		/* A type needs no name, as it had none in old kernels. */
		if (!value || !*value || !strcmp(name, "type")) {
			if (parse_type(value && *value ? value : name, &range->type))
				return refuse(why, "no such type", -EINVAL);
			if (*args)
				return refuse(why, "something behind the type", -EINVAL);
			break;
		}
		if (!strcmp(name, "page_index"))
			err = parse_range(value, false, nr_pages, range);
		else if (!strcmp(name, "page_indexes"))
			err = parse_range(value, true, nr_pages, range);
		else
			return refuse(why, "unknown parameter", -EINVAL);
		if (err)
			return refuse(why, err == -ERANGE ? "no such page" : "not a page", err);
	}
	return nr;
}

static int parse_recompress(const char *name, const char *value, struct z2_recompress_params *p)
{
	if (!strcmp(name, "type"))
		return parse_type(value, &p->type) ?:
		       (p->type == Z2_TYPE_INCOMPRESSIBLE ? -EINVAL : 0);
	if (!strcmp(name, "threshold"))
		return kstrtouint(value, 10, &p->threshold);
	if (!strcmp(name, "max_pages"))
		return kstrtoull(value, 10, &p->max_pages);
	if (!strcmp(name, "priority"))
		return kstrtoint(value, 10, &p->prio);
	if (strcmp(name, "algo"))
		return -ENOENT;
	p->algo = value;
	return 0;
}

/**
 * z2_params_recompress() - "type=idle threshold=2000 max_pages=42 priority=1"
 * @text: what the user wrote; cut into pieces
 * @params: what it says
 * @why: what is wrong with it
 *
 * Any order, each at most once in effect: the last one holds.  Nothing at all
 * means every page.
 *
 * Context: any.
 * Return: 0, -EINVAL or -ERANGE.
 */
int z2_params_recompress(char *text, struct z2_recompress_params *params, const char **why)
{
	struct z2_recompress_params p = {
		.type = Z2_TYPE_ANY,
		.max_pages = U64_MAX,
		.prio = Z2_PARAM_UNSET,
	};
	char *args = skip_spaces(text);
	char *name, *value;
	int err;

	while (*args) {
		args = next_arg(args, &name, &value);
		if (!value || !*value)
			return refuse(why, "a parameter without a value", -EINVAL);
		err = parse_recompress(name, value, &p);
		if (err == -ENOENT)
			return refuse(why, "unknown parameter", -EINVAL);
		if (err && !strcmp(name, "type"))
			return refuse(why, "no such type", err);
		if (err)
			return refuse(why, "a value that is not a number", err);
	}

	*params = p;
	return 0;
}

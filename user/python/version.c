/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Versions of CPython as text: out of file names and PY_VERSION_HEX, and into refusals that say what is
 * supported. Must not spell one itself: layout_rows.c does that.
 */
#include "python/version.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "python/layout.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A number of one or two digits. */
static bool take_small_number(const char **at, unsigned *ret_number)
{
	unsigned number = 0;
	int ndigits = 0;

	for (; is_digit(**at) && ndigits < 3; (*at)++, ndigits++)
		number = number * 10 + (unsigned)(**at - '0');
	*ret_number = number;
	return ndigits >= 1 && ndigits <= 2;
}

bool version_parse_name(const char *name, struct version_name *ret_name)
{
	struct version_name parsed = { 0 };
	unsigned major, minor;
	const char *at = strstr(name, "python");

	if (!at)
		return false;
	at += strlen("python");
	if (!take_small_number(&at, &major) || *at++ != '.' || !take_small_number(&at, &minor))
		return false;
	parsed.series = (uint16_t)(major << 8 | minor);
	/* ABI flags stand right behind: t, d, m (pymalloc), u (wide Unicode). */
	for (; *at >= 'a' && *at <= 'z'; at++) {
		parsed.debug |= *at == 'd';
		parsed.free_threaded |= *at == 't';
	}
	*ret_name = parsed;
	return true;
}

void version_format(uint32_t hexversion, char *buffer, size_t capacity)
{
	/* Include/patchlevel.h: 0xMMmmppLS, level a, b, c (candidate) or f (final), serial */
	static const char *const levels[16] = { [0xa] = "a", [0xb] = "b", [0xc] = "rc" };
	const char *level = levels[hexversion >> 4 & 0xf];
	char suffix[16] = "";

	if (level)
		snprintf(suffix, sizeof(suffix), "%s%u", level, hexversion & 0xf);
	snprintf(buffer, capacity, "%u.%u.%u%s", hexversion >> 24, hexversion >> 16 & 0xff,
		 hexversion >> 8 & 0xff, suffix);
}

void version_format_series(uint16_t series, char *buffer, size_t capacity)
{
	snprintf(buffer, capacity, "%u.%u", series >> 8, series & 0xffU);
}

void version_hint_supported(struct err *err)
{
	const struct layout_row *row;
	char list[256] = "";
	size_t length = 0;

	for (row = layout_rows; row->name && length < sizeof(list); row++) {
		const char *between = row == layout_rows ? "" : row[1].name ? ", " : " and ";

		length += (size_t)snprintf(list + length, sizeof(list) - length, "%s%s", between,
					   row->name);
	}
	err_hint(err, "supported are release builds of CPython %s with the GIL", list);
}

int version_refuse(struct err *err, const char *version, const char *why)
{
	err_set(err, -ENOTSUP, "CPython %s %s", version, why);
	version_hint_supported(err);
	return -ENOTSUP;
}

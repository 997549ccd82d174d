/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Versions of CPython as text: out of file names and PY_VERSION_HEX, and into refusals that say what is
 * supported. Must not spell one itself: layout_rows.c does that.
 */
#include "python/version.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "python/detect.h"
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

bool version_parse_series(const char *text, uint16_t *ret_series)
{
	unsigned major, minor;

	if (!take_small_number(&text, &major) || *text++ != '.' ||
	    !take_small_number(&text, &minor) || *text)
		return false;
	*ret_series = (uint16_t)(major << 8 | minor);
	return true;
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

void version_describe(const struct python_build *build, char *buffer, size_t capacity)
{
	const char *const words[] = {
		build->free_threaded ? "free-threaded" : NULL,
		build->debug ? "debug" : NULL,
		build->trace_refs && !build->debug ? "trace-refs" : NULL,
	};
	char flavour[64] = "";

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t length = strlen(flavour);

		if (words[i])
			snprintf(flavour + length, sizeof(flavour) - length, "%s%s",
				 length ? ", " : " (", words[i]);
	}
	snprintf(buffer, capacity, "%s%s%s%s%s", build->version, flavour, *flavour ? ")" : "",
		 build->assumed ? ", read as " : "", build->assumed ? build->row->name : "");
}

/* Rows of one series have the same name and stand together. */
static const struct layout_row *next_name(const struct layout_row *row)
{
	const struct layout_row *next = row + 1;

	while (next->name && !strcmp(next->name, row->name))
		next++;
	return next;
}

void version_list_supported(char *buffer, size_t capacity)
{
	size_t length = 0;

	buffer[0] = '\0';
	for (const struct layout_row *row = layout_rows; row->name && length < capacity;
	     row = next_name(row)) {
		const char *between = row == layout_rows     ? ""
				      : next_name(row)->name ? ", "
							     : " and ";

		length += (size_t)snprintf(buffer + length, capacity - length, "%s%s", between,
					   row->name);
	}
}

void version_hint_supported(struct err *err)
{
	char list[256];

	version_list_supported(list, sizeof(list));
	err_hint(err,
		 "supported are CPython %s (t: without the GIL); "
		 "--assume-layout tries one of them for another",
		 list);
}

int version_refuse(struct err *err, const char *version, const char *why)
{
	err_set(err, -ENOTSUP, "CPython %s %s", version, why);
	version_hint_supported(err);
	return -ENOTSUP;
}

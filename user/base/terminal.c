/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads the customary environment variables; asks no terminal anything. */
#include "base/terminal.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *variable(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

bool terminal_wants_color(bool is_terminal)
{
	const char *force = variable("CLICOLOR_FORCE"), *type = variable("TERM");

	if (variable("NO_COLOR"))
		return false;
	if (force && strcmp(force, "0"))
		return true;
	return is_terminal && type && strcmp(type, "dumb");
}

bool terminal_has_unicode(void)
{
	const char *locale = variable("LC_ALL");

	if (!locale)
		locale = variable("LC_CTYPE");
	if (!locale)
		locale = variable("LANG");
	return locale && (strcasestr(locale, "utf-8") || strcasestr(locale, "utf8"));
}

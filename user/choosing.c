/* SPDX-License-Identifier: GPL-2.0-only */
/* Pure: judges by what it is given. What is done with a process that is not chosen is recognition.c's business. */
#include "choosing.h"

#include <fnmatch.h>
#include <string.h>

#include "container/container.h"
#include "options.h"

/* Longer arguments match no name. */
#define NAME_SIZE 1024

bool choosing_filters(const struct options *options)
{
	return options->name || options->container || options->cgroup || options->unit;
}

/* The argument at *position, which is moved behind it. NULL: there is no whole one. */
static const char *next_argument(const char *arguments, size_t size, size_t *position)
{
	const char *argument = arguments + *position, *end;

	if (*position >= size)
		return NULL;
	end = memchr(argument, 0, size - *position);
	if (!end)
		return NULL;
	*position = (size_t)(end - arguments) + 1;
	return argument;
}

const char *choosing_script(const char *arguments, size_t size)
{
	/* Python/initconfig.c, SHORT_OPTS: the options with a value, apart from these that end the options. */
	static const char with_value[] = "WX";
	size_t position = 0;
	const char *argument = next_argument(arguments, size, &position);
	const char *letter;

	while (argument && (argument = next_argument(arguments, size, &position))) {
		if (argument[0] != '-')
			return argument;
		if (argument[1] == '-') {
			if (!argument[2])
				return next_argument(arguments, size, &position);
			if (!strcmp(argument, "--check-hash-based-pycs"))
				next_argument(arguments, size, &position);
			continue;
		}
		/* Letters stand together, and a value may follow the last of them at once. */
		for (letter = argument + 1; *letter; letter++) {
			if (*letter == 'c')
				return NULL;
			if (*letter == 'm')
				return letter[1] ? letter + 1
						 : next_argument(arguments, size, &position);
			if (strchr(with_value, *letter)) {
				if (!letter[1])
					next_argument(arguments, size, &position);
				break;
			}
		}
		if (!argument[1]) /* "-": standard input */
			return NULL;
	}
	return NULL;
}

static bool name_matches(const char *pattern, const char *text)
{
	const char *slash = strrchr(text, '/');

	if (!text[0] || strlen(text) >= NAME_SIZE)
		return false;
	return !fnmatch(pattern, text, 0) || (slash && !fnmatch(pattern, slash + 1, 0));
}

static bool matches_name(const char *pattern, const struct candidate *candidate)
{
	size_t position = 0;
	const char *program =
		next_argument(candidate->arguments, candidate->arguments_size, &position);
	const char *script = choosing_script(candidate->arguments, candidate->arguments_size);

	return name_matches(pattern, candidate->comm) ||
	       name_matches(pattern, candidate->executable) ||
	       (program && name_matches(pattern, program)) ||
	       (script && name_matches(pattern, script));
}

bool choosing_matches(const struct options *options, const struct candidate *candidate)
{
	const struct container *container = candidate->container;

	if (options->name && !matches_name(options->name, candidate))
		return false;
	if (!options->container && !options->cgroup && !options->unit)
		return true;
	if (!container)
		return false;
	return (!options->container || container_matches(container, options->container)) &&
	       (!options->cgroup || container_matches_cgroup(container, options->cgroup)) &&
	       (!options->unit || container_matches_unit(container, options->unit));
}

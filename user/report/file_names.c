/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Short names of files. Which are a library's is library.c's to tell, and what tells paths apart tails.c's; a name is always
 * the end of its path, so nothing is copied.
 */
#include "report/file_names.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "profile/profile.h"
#include "report/library.h"
#include "report/report.h"
#include "report/tails.h"

struct file_name {
	UT_hash_handle hh;
	const char *file; /* the key: the profile keeps equal texts once */
	const char *shown;
};

struct file_names {
	struct file_name *by_file;
};

const char *file_names_strip(const char *file)
{
	const char *slash = file[0] == '<' ? NULL : strrchr(file, '/');

	return slash && slash[1] ? slash + 1 : file;
}

static bool add_file(struct file_names *names, const char *file)
{
	struct file_name *name;

	HASH_FIND_PTR(names->by_file, &file, name);
	if (name)
		return true;
	name = calloc(1, sizeof(*name));
	if (!name)
		return false;
	name->file = file;
	name->shown = file;
	HASH_ADD_PTR(names->by_file, file, name);
	if (name->hh.tbl)
		return true;
	free(name);
	return false;
}

/* As short as they stay apart; a library's file keeps its place in the library. */
static bool shorten(struct file_names *names)
{
	struct tail *tails = calloc(HASH_COUNT(names->by_file) + 1, sizeof(*tails));
	struct file_name *name, *next;
	size_t count = 0, i;

	if (!tails)
		return false;
	HASH_ITER (hh, names->by_file, name, next) {
		if (name->file[0] && name->file[0] != '<')
			tails[count++] =
				(struct tail){ .path = name->file, .length = strlen(name->file) };
	}
	tails_find(tails, count);
	for (i = 0; i < count; i++) {
		const char *tail = tails[i].path + tails[i].start, *inside;

		HASH_FIND_PTR(names->by_file, &tails[i].path, name);
		library_find(name->file, &inside);
		name->shown = library_has(name->file) && inside < tail ? inside : tail;
	}
	free(tails);
	return true;
}

struct file_names *file_names_new(const struct profile *profile,
				  const struct report_options *options)
{
	struct file_names *names = calloc(1, sizeof(*names));
	struct file_name *name, *next;
	bool done = names;
	size_t i;

	for (i = 0; done && i < profile_nsymbols(profile); i++)
		done = add_file(names, profile_symbol(profile, (uint32_t)i)->file);
	if (done && options->strip_dirs) {
		HASH_ITER (hh, names->by_file, name, next)
			name->shown = file_names_strip(name->file);
	} else if (done && !options->full_paths) {
		done = shorten(names);
	}
	if (done)
		return names;
	file_names_free(names);
	return NULL;
}

void file_names_free(struct file_names *names)
{
	struct file_name *name, *next;

	if (!names)
		return;
	HASH_ITER (hh, names->by_file, name, next) {
		HASH_DEL(names->by_file, name);
		free(name);
	}
	free(names);
}

const char *file_names_get(const struct file_names *names, const char *file)
{
	struct file_name *name;

	HASH_FIND_PTR(names->by_file, &file, name);
	return name ? name->shown : file;
}

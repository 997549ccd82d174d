/* SPDX-License-Identifier: GPL-2.0-only */
/* Matches files by ever looser keys, each of which has to be clear. Knows nothing of functions. */
#include "report/diff_files.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/strtab.h"
#include "profile/profile.h"
#include "report/library.h"

enum side { BASE, FRESH };

struct diff_file {
	bool in[2]; /* by side */
	bool taken; /* of the fresh profile, and matched */
	uint32_t match; /* of the base: id of the fresh one's file */
};

/* Files that share a key: how many, and the last one, by side. */
struct sharers {
	uint32_t count[2], file[2];
};

static int collect(struct diff_files *files, const struct profile *profile, enum side side)
{
	const size_t count = profile_nsymbols(profile);
	size_t i;

	for (i = 0; i < count; i++) {
		const struct symbol *symbol = profile_symbol(profile, (uint32_t)i);
		uint32_t id;
		int code;

		if (symbol->kind != SYMBOL_FUNCTION)
			continue;
		code = strtab_add(files->paths, symbol->file, &id);
		if (code)
			return code;
		files->files[id].in[side] = true;
	}
	return 0;
}

static bool is_unmatched(const struct diff_file *file, enum side side)
{
	return side == BASE ? file->in[BASE] && file->match == DIFF_FILES_NONE
			    : file->in[FRESH] && !file->taken;
}

/* Equal keys may be the same file. NULL: the path has no such key. */
typedef const char *(*key_of)(const char *path);

static int share_keys(const struct diff_files *files, key_of key, struct strtab *keys,
		      struct sharers *sharers, uint32_t *key_of_file)
{
	size_t i;
	int code = 0;

	for (i = 0; i < files->count && !code; i++) {
		const char *text = key(strtab_text(files->paths, (uint32_t)i));
		int side;

		key_of_file[i] = DIFF_FILES_NONE;
		if (!text)
			continue;
		code = strtab_add(keys, text, &key_of_file[i]);
		for (side = BASE; side <= FRESH && !code; side++) {
			struct sharers *at = &sharers[key_of_file[i]];

			if (!is_unmatched(&files->files[i], (enum side)side))
				continue;
			at->count[side]++;
			at->file[side] = (uint32_t)i;
		}
	}
	return code;
}

/* Match what has a key that one file of each side has. */
static int match_by(struct diff_files *files, key_of key)
{
	struct strtab *keys = strtab_new();
	struct sharers *sharers = calloc(files->count + 1, sizeof(*sharers));
	uint32_t *key_of_file = calloc(files->count + 1, sizeof(*key_of_file));
	int code = -ENOMEM;
	size_t i;

	if (keys && sharers && key_of_file)
		code = share_keys(files, key, keys, sharers, key_of_file);
	for (i = 0; !code && i < strtab_count(keys); i++) {
		const struct sharers *at = &sharers[i];

		if (at->count[BASE] != 1 || at->count[FRESH] != 1)
			continue;
		files->files[at->file[BASE]].match = at->file[FRESH];
		files->files[at->file[FRESH]].taken = true;
		files->nmoved += at->file[BASE] != at->file[FRESH];
	}
	strtab_free(keys);
	free(sharers);
	free(key_of_file);
	return code;
}

static const char *whole_path(const char *path)
{
	return path;
}

/* What follows the library's folder; code that never was in a file is no place. */
static const char *place_in_library(const char *path)
{
	const char *inside;

	return library_find(path, &inside) != LIBRARY_NONE ? inside : NULL;
}

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : NULL;
}

/* "FOLDER/NAME", NULL where there is no more than a name. */
static const char *last_two_parts(const char *path)
{
	const char *at = last_part(path);

	if (!at || at - 1 == path)
		return NULL;
	for (at -= 2; at > path && *at != '/'; at--)
		;
	return *at == '/' ? at + 1 : at;
}

int diff_files_init(struct diff_files *files, const struct profile *base,
		    const struct profile *fresh)
{
	static const key_of keys[] = { whole_path, place_in_library, last_two_parts, last_part };
	const size_t most = profile_nsymbols(base) + profile_nsymbols(fresh);
	size_t i;
	int code;

	*files = (struct diff_files){ .paths = strtab_new() };
	files->files = calloc(most + 1, sizeof(*files->files));
	if (!files->paths || !files->files)
		return -ENOMEM;
	for (i = 0; i < most; i++)
		files->files[i].match = DIFF_FILES_NONE;
	code = collect(files, base, BASE);
	if (!code)
		code = collect(files, fresh, FRESH);
	files->count = strtab_count(files->paths);
	for (i = 0; i < sizeof(keys) / sizeof(keys[0]) && !code; i++)
		code = match_by(files, keys[i]);
	return code;
}

void diff_files_done(struct diff_files *files)
{
	strtab_free(files->paths);
	free(files->files);
	*files = (struct diff_files){ 0 };
}

int diff_files_find(const struct diff_files *files, const char *path, uint32_t *ret_file)
{
	return strtab_add(files->paths, path, ret_file);
}

uint32_t diff_files_match(const struct diff_files *files, uint32_t file)
{
	return files->files[file].match;
}

const char *diff_files_path(const struct diff_files *files, uint32_t file)
{
	return strtab_text(files->paths, file);
}

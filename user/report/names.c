/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Labels and short file names. Everything that a report prints of a target's texts goes through here or through
 * table.c, so that it is sanitized. Knows nothing of weights.
 */
#include "report/names.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* An entry that could not be added for want of memory is told by its hh.tbl being NULL. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "base/strbuf.h"
#include "profile/profile.h"

/* Sanitize, and keep the separator of folded stacks for itself. */
static void add_element(struct strbuf *buf, const char *text)
{
	size_t at = buf->length;

	strbuf_add_sanitized(buf, text, strlen(text));
	for (; at < buf->length; at++) {
		if (buf->text[at] == ';')
			buf->text[at] = ':';
	}
}

void names_add_special(struct strbuf *buf, const struct symbol *symbol)
{
	switch (symbol->kind) {
	case SYMBOL_FUNCTION:
	case SYMBOL_UNNAMED:
		strbuf_add(buf, "[unnamed]");
		return;
	case SYMBOL_NATIVE:
		strbuf_add(buf, "[native]");
		return;
	case SYMBOL_NOT_RECOGNISED:
		strbuf_add(buf, "[not yet recognised]");
		return;
	case SYMBOL_TRUNCATED:
		strbuf_add(buf, "[truncated]");
		return;
	case SYMBOL_UNREADABLE:
		strbuf_add(buf, "[unreadable: ");
		add_element(buf, symbol->function);
		strbuf_add_char(buf, ']');
		return;
	}
}

void names_add_label(struct strbuf *buf, const struct symbol *symbol, int32_t line)
{
	if (symbol->kind != SYMBOL_FUNCTION) {
		names_add_special(buf, symbol);
		return;
	}
	add_element(buf, symbol->function);
	strbuf_add(buf, " (");
	add_element(buf, symbol->file);
	strbuf_add_format(buf, ":%d)", line);
}

void names_add_process(struct strbuf *buf, const struct profile_process *process)
{
	add_element(buf, process->comm);
	strbuf_add_format(buf, " [%d", process->pid);
	if (process->count > 1)
		strbuf_add_format(buf, " and %u more", process->count - 1);
	strbuf_add_char(buf, ']');
}

void names_add_thread(struct strbuf *buf, const struct profile_thread *thread)
{
	add_element(buf, thread->name[0] ? thread->name : NAMES_THREAD);
	strbuf_add_format(buf, " [%d]", thread->tid);
}

/* Behind the last "FOLDER/" of the path that is a folder of its own, NULL when there is none. */
static const char *behind_folder(const char *file, const char *folder)
{
	const char *found = NULL, *at = file;

	while ((at = strstr(at, folder))) {
		const bool whole = at == file || at[-1] == '/';

		at += strlen(folder);
		if (whole)
			found = at;
	}
	return found;
}

/* Behind the last "lib/python3.11/" or "lib64/python3.13t/" of the path, NULL when there is none. */
static const char *behind_standard_library(const char *file)
{
	const char *found = NULL, *at = file;

	while ((at = strstr(at, "/python"))) {
		const bool in_lib = (at - file >= 4 && memcmp(at - 4, "/lib", 4) == 0) ||
				    (at - file >= 6 && memcmp(at - 6, "/lib64", 6) == 0);

		at += strlen("/python");
		if (!in_lib || !isdigit((unsigned char)*at))
			continue;
		at += strspn(at, "0123456789.");
		if (*at == 't')
			at++;
		if (*at == '/')
			found = at + 1;
	}
	return found;
}

/* What stands behind the library folder that reaches farthest into the path, NULL outside of libraries. */
static const char *behind_library(const char *file)
{
	const char *candidates[] = { behind_folder(file, "site-packages/"),
				     behind_folder(file, "dist-packages/"),
				     behind_standard_library(file) };
	const char *best = NULL;
	size_t i;

	for (i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++) {
		if (candidates[i] && candidates[i][0] && (!best || candidates[i] > best))
			best = candidates[i];
	}
	return best;
}

#define FROZEN "<frozen "

static bool is_frozen(const char *file)
{
	return strncmp(file, FROZEN, strlen(FROZEN)) == 0;
}

bool names_is_library(const char *file)
{
	return is_frozen(file) || behind_library(file);
}

const char *names_module(const char *file, size_t *ret_length)
{
	const char *name = behind_library(file);

	if (is_frozen(file))
		name = file + strlen(FROZEN);
	if (!name)
		name = file;
	*ret_length = strcspn(name, "/.>");
	return name;
}

/* How many files share a text. */
struct sharers {
	UT_hash_handle hh;
	const char *text;
	uint32_t count;
};

struct short_name {
	UT_hash_handle hh;
	const char *file; /* the key: the profile keeps equal texts once */
	const char *shown;
	struct sharers by_end, by_place;
};

struct file_names {
	struct short_name *by_file;
	/* Files by the last part of their path, and library files by where in the library they lie. */
	struct sharers *ends, *places;
};

static const char *last_part(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash && slash[1] ? slash + 1 : file;
}

/* Count one more file with this text; `entry` joins the hash if it is the first. */
static bool count_sharer(struct sharers **head, struct sharers *entry, const char *text)
{
	struct sharers *found;

	HASH_FIND(hh, *head, text, strlen(text), found);
	if (found) {
		found->count++;
		return true;
	}
	entry->text = text;
	entry->count = 1;
	HASH_ADD_KEYPTR(hh, *head, entry->text, strlen(text), entry);
	return entry->hh.tbl != NULL;
}

static bool is_only(struct sharers *head, const char *text)
{
	struct sharers *found;

	HASH_FIND(hh, head, text, strlen(text), found);
	return found && found->count == 1;
}

static bool add_file(struct file_names *names, const char *file)
{
	const char *place = behind_library(file);
	struct short_name *name;

	HASH_FIND_PTR(names->by_file, &file, name);
	if (name)
		return true;
	name = calloc(1, sizeof(*name));
	if (!name)
		return false;
	name->file = file;
	HASH_ADD_PTR(names->by_file, file, name);
	if (!name->hh.tbl) {
		free(name);
		return false;
	}
	return count_sharer(&names->ends, &name->by_end, last_part(file)) &&
	       (!place || count_sharer(&names->places, &name->by_place, place));
}

struct file_names *file_names_new(const struct profile *profile)
{
	struct file_names *names = calloc(1, sizeof(*names));
	struct short_name *name, *next;
	size_t i;

	if (!names)
		return NULL;
	for (i = 0; i < profile_nsymbols(profile); i++) {
		if (!add_file(names, profile_symbol(profile, (uint32_t)i)->file)) {
			file_names_free(names);
			return NULL;
		}
	}
	HASH_ITER (hh, names->by_file, name, next) {
		const char *place = behind_library(name->file);

		name->shown = name->file;
		if (place && is_only(names->places, place))
			name->shown = place;
		else if (!place && is_only(names->ends, last_part(name->file)))
			name->shown = last_part(name->file);
	}
	return names;
}

void file_names_free(struct file_names *names)
{
	struct short_name *name, *next;

	if (!names)
		return;
	HASH_CLEAR(hh, names->ends);
	HASH_CLEAR(hh, names->places);
	HASH_ITER (hh, names->by_file, name, next) {
		HASH_DEL(names->by_file, name);
		free(name);
	}
	free(names);
}

const char *file_names_get(const struct file_names *names, const char *file)
{
	struct short_name *name;

	HASH_FIND_PTR(names->by_file, &file, name);
	return name ? name->shown : file;
}

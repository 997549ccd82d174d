/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names of modules. sys.path is not known here: what stands for it are library folders (library.c) and the folders of
 * started scripts, which are sys.path[0] (CPython's Modules/main.c: pymain_run_python).
 */
#include "report/modules.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/strbuf.h"
#include "base/strtab.h"
#include "profile/profile.h"
#include "report/library.h"
#include "report/tails.h"

struct module {
	UT_hash_handle hh;
	const char *file; /* the key: the profile keeps equal texts once */
	const char *name; /* in texts */
};

struct modules {
	struct module *by_file;
	struct strtab *texts;
	struct strtab *folders; /* of started scripts, each with the last '/' */
};

/* Bytes of the path without the ending of a source or compiled file, and without "/__init__". */
static size_t stem_length(const char *path)
{
	static const char *const endings[] = { ".py", ".pyc", ".pyw", ">" };
	static const char package[] = "/__init__";
	size_t length = strlen(path), i;

	for (i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		const size_t ending = strlen(endings[i]);

		if (length > ending && strcmp(path + length - ending, endings[i]) == 0) {
			length -= ending;
			break;
		}
	}
	if (length > strlen(package) &&
	    memcmp(path + length - strlen(package), package, strlen(package)) == 0)
		length -= strlen(package);
	return length;
}

/* Name a file by a part of its path, with dots between. */
static int name_file(struct modules *modules, struct module *module, const char *part,
		     size_t length)
{
	struct strbuf text;
	uint32_t id;
	size_t i;
	int code;

	for (; length > 1 && *part == '/'; length--)
		part++;
	strbuf_init(&text);
	strbuf_add_bytes(&text, part, length);
	code = strbuf_error(&text);
	for (i = 0; i < text.length && *part != '<'; i++) {
		if (text.text[i] == '/')
			text.text[i] = '.';
	}
	if (!code)
		code = strtab_add(modules->texts, strbuf_text(&text), &id);
	if (!code)
		module->name = strtab_text(modules->texts, id);
	strbuf_done(&text);
	return code;
}

struct folder {
	const char *path;
	size_t length;
};

static int compare_folders(const void *left, const void *right)
{
	const struct folder *a = left, *b = right;
	const int order = memcmp(a->path, b->path, a->length < b->length ? a->length : b->length);

	if (order)
		return order;
	return a->length < b->length ? -1 : a->length > b->length;
}

/* Bytes of the longest folder of a script that the file lies in; `folders` are sorted. */
static size_t script_folder(const struct folder *folders, size_t count, const char *file)
{
	struct folder folder = { file, strlen(file) };

	for (; folder.length > 0; folder.length--) {
		if (file[folder.length - 1] == '/' &&
		    bsearch(&folder, folders, count, sizeof(*folders), compare_folders))
			break;
	}
	return folder.length;
}

/* All folders of scripts, sorted; NULL when memory runs out. */
static struct folder *sort_folders(const struct modules *modules)
{
	const size_t count = strtab_count(modules->folders);
	struct folder *folders = calloc(count + 1, sizeof(*folders));
	size_t i;

	if (!folders)
		return NULL;
	for (i = 0; i < count; i++) {
		folders[i].path = strtab_text(modules->folders, (uint32_t)i);
		folders[i].length = strlen(folders[i].path);
	}
	qsort(folders, count, sizeof(*folders), compare_folders);
	return folders;
}

/* Files of the application: behind a script's folder, or as much as tells them apart, if that is more. */
static int name_application(struct modules *modules, struct tail *tails, size_t count)
{
	struct folder *folders = sort_folders(modules);
	struct module *module;
	size_t i;
	int code = folders ? 0 : -ENOMEM;

	tails_find(tails, count);
	for (i = 0; i < count && !code; i++) {
		const size_t behind =
			script_folder(folders, strtab_count(modules->folders), tails[i].path);
		size_t start = tails[i].start;

		if (behind > 0 && behind < start)
			start = behind;
		HASH_FIND_PTR(modules->by_file, &tails[i].path, module);
		code = name_file(modules, module, tails[i].path + start, tails[i].length - start);
	}
	free(folders);
	return code;
}

static int name_files(struct modules *modules)
{
	struct tail *tails = calloc(HASH_COUNT(modules->by_file) + 1, sizeof(*tails));
	struct module *module, *next;
	size_t count = 0;
	int code = tails ? 0 : -ENOMEM;

	HASH_ITER (hh, modules->by_file, module, next) {
		const char *inside;

		if (code)
			break;
		if (library_find(module->file, &inside) == LIBRARY_NONE && module->file[0] != '<')
			tails[count++] = (struct tail){
				.path = module->file,
				.length = stem_length(module->file),
			};
		else if (inside == module->file && inside[0] == '<')
			code = name_file(modules, module, inside, strlen(inside));
		else
			code = name_file(modules, module, inside, stem_length(inside));
	}
	if (!code)
		code = name_application(modules, tails, count);
	free(tails);
	return code;
}

static int add_file(struct modules *modules, const char *file)
{
	struct module *module;

	HASH_FIND_PTR(modules->by_file, &file, module);
	if (module)
		return 0;
	module = calloc(1, sizeof(*module));
	if (!module)
		return -ENOMEM;
	module->file = file;
	HASH_ADD_PTR(modules->by_file, file, module);
	if (module->hh.tbl)
		return 0;
	free(module);
	return -ENOMEM;
}

/* The outermost frame is a script's if it is a module's and no library's. */
static int add_script(struct modules *modules, const struct symbol *symbol)
{
	const char *slash = strrchr(symbol->file, '/');
	struct strbuf folder;
	uint32_t id;
	int code;

	if (symbol->kind != SYMBOL_FUNCTION || strcmp(symbol->function, "<module>") != 0 ||
	    !slash || symbol->file[0] == '<' || library_has(symbol->file))
		return 0;
	strbuf_init(&folder);
	strbuf_add_bytes(&folder, symbol->file, (size_t)(slash - symbol->file) + 1);
	code = strbuf_error(&folder);
	if (!code)
		code = strtab_add(modules->folders, strbuf_text(&folder), &id);
	strbuf_done(&folder);
	return code;
}

static int fill(struct modules *modules, const struct profile *profile)
{
	uint32_t i;
	int code = 0;

	for (i = 0; i < profile_nsymbols(profile) && !code; i++)
		code = add_file(modules, profile_symbol(profile, i)->file);
	for (i = 1; i < profile_nstacks(profile) && !code; i++) {
		if (profile_stack_caller(profile, i) == PROFILE_STACK_EMPTY)
			code = add_script(
				modules, profile_symbol(profile, profile_stack_symbol(profile, i)));
	}
	return code ? code : name_files(modules);
}

struct modules *modules_new(const struct profile *profile)
{
	struct modules *modules = calloc(1, sizeof(*modules));

	if (!modules)
		return NULL;
	modules->texts = strtab_new();
	modules->folders = strtab_new();
	if (modules->texts && modules->folders && !fill(modules, profile))
		return modules;
	modules_free(modules);
	return NULL;
}

void modules_free(struct modules *modules)
{
	struct module *module, *next;

	if (!modules)
		return;
	HASH_ITER (hh, modules->by_file, module, next) {
		HASH_DEL(modules->by_file, module);
		free(module);
	}
	strtab_free(modules->texts);
	strtab_free(modules->folders);
	free(modules);
}

const char *modules_get(const struct modules *modules, const char *file)
{
	struct module *module;

	HASH_FIND_PTR(modules->by_file, &file, module);
	return module ? module->name : file;
}

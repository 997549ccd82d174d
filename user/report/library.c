/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tells libraries by the folders that installers make: CPython's own (sysconfig's schemes), pip's, Debian's, and what
 * packers leave of them. Looks at nothing but the path.
 */
#include "report/library.h"

#include <stdio.h>
#include <string.h>

/*
 * The standard library's packages, of CPython 2.7 to 3.15: the folders that these releases have in lib/pythonX.Y. Those
 * that begin with '_' are left out, as they all count.
 */
static const char packages[] =
	" asyncio bsddb collections compiler compression concurrent ctypes curses dbm distutils"
	" email encodings ensurepip hotshot html http idlelib importlib json lib-tk lib2to3"
	" logging multiprocessing pathlib plat-linux2 profiling pydoc_data re sqlite3 string"
	" sysconfig test tkinter tomllib turtledemo unittest urllib venv wsgiref xml xmlrpc"
	" zipfile zoneinfo ";

/* What importlib calls the modules that are compiled into the interpreter. */
#define FROZEN "<frozen "

/* PyInstaller's _MEIPASS: a folder of this name and six characters of mkdtemp(3). */
#define UNPACKED	"_MEI"
#define UNPACKED_LENGTH (sizeof(UNPACKED) - 1 + 6)

/* A folder of a path, and the two that it lies in. */
struct folder {
	const char *name;
	size_t length;
};
#define FOLDERS 3

static bool is_called(const struct folder *folder, const char *name)
{
	return folder->length == strlen(name) && memcmp(folder->name, name, folder->length) == 0;
}

static bool begins_with(const struct folder *folder, const char *beginning)
{
	return folder->length >= strlen(beginning) &&
	       memcmp(folder->name, beginning, strlen(beginning)) == 0;
}

static bool ends_in(const struct folder *folder, const char *ending)
{
	const size_t length = strlen(ending);

	return folder->length > length &&
	       memcmp(folder->name + folder->length - length, ending, length) == 0;
}

/* Does the path lie in one of the standard library's packages? */
static bool is_in_package(const char *path)
{
	const size_t length = strcspn(path, "/");
	char word[32];

	if (!path[length] || length == 0 || length + sizeof("  ") > sizeof(word) ||
	    memchr(path, ' ', length))
		return false;
	snprintf(word, sizeof(word), " %.*s ", (int)length, path);
	return strstr(packages, word) != NULL;
}

/* "3.11", and of other builds "3.13t" and the like */
static bool is_version(const char *text, const char *end)
{
	const size_t major = strspn(text, "0123456789");
	size_t digits;

	if (major == 0 || text[major] != '.')
		return false;
	text += major + 1;
	digits = strspn(text, "0123456789");
	text += digits;
	return digits > 0 && (text == end || (text + 1 == end && (*text == 't' || *text == 'd')));
}

/* lib/python3.11, with what the standard library has there: a single file, or one of its packages. */
static bool is_standard_library(const struct folder *folders, const char *inside)
{
	const struct folder *folder = &folders[0];

	return begins_with(folder, "python") &&
	       is_version(folder->name + strlen("python"), folder->name + folder->length) &&
	       (is_called(&folders[1], "lib") || is_called(&folders[1], "lib64")) &&
	       (!strchr(inside, '/') || inside[0] == '_' || is_in_package(inside));
}

/* "python311.zip", which embedded Pythons may have instead, or PyInstaller's "base_library.zip" */
static bool is_zipped_library(const struct folder *folder)
{
	const size_t digits = begins_with(folder, "python")
				      ? strspn(folder->name + strlen("python"), "0123456789")
				      : 0;

	return is_called(folder, "base_library.zip") ||
	       (digits > 0 && ends_in(folder, ".zip") &&
		folder->length == strlen("python") + digits + strlen(".zip"));
}

static bool has_packages(const struct folder *folders)
{
	const struct folder *folder = &folders[0];

	if (is_called(folder, "site-packages") || is_called(folder, "dist-packages"))
		return true;
	if (ends_in(folder, ".egg") || ends_in(folder, ".whl"))
		return true;
	if (begins_with(folder, UNPACKED) && folder->length == UNPACKED_LENGTH)
		return true;
	/* PEP 582: __pypackages__/3.11/lib */
	return is_called(folder, "lib") && is_called(&folders[2], "__pypackages__");
}

/* What is typed is the application's, what a program makes up is its maker's. */
static enum library_kind find_bracketed(const char *file, const char **ret_inside)
{
	static const char *const typed[] = { "<stdin>", "<console>", "<ipython-input-",
					     "<python-input-", "<doctest " };
	size_t i;

	if (strncmp(file, FROZEN, strlen(FROZEN)) == 0) {
		*ret_inside = file + strlen(FROZEN);
		return LIBRARY_STANDARD;
	}
	for (i = 0; i < sizeof(typed) / sizeof(typed[0]); i++) {
		if (strncmp(file, typed[i], strlen(typed[i])) == 0)
			return LIBRARY_NONE;
	}
	return LIBRARY_GENERATED;
}

/*
 * PyInstaller cuts the paths of code objects down to what lies behind the folder of sys.path: "json/decoder.py". "test" is
 * what anybody may call a folder.
 */
static bool is_cut_standard(const char *file)
{
	return file[0] != '/' && is_in_package(file) && strncmp(file, "test/", 5) != 0;
}

enum library_kind library_find(const char *file, const char **ret_inside)
{
	struct folder folders[FOLDERS] = { { "", 0 }, { "", 0 }, { "", 0 } };
	enum library_kind kind = LIBRARY_NONE;
	const char *at = file;

	*ret_inside = file;
	if (file[0] == '<')
		return find_bracketed(file, ret_inside);
	if (is_cut_standard(file))
		kind = LIBRARY_STANDARD;
	for (; *at; at++) {
		const size_t length = strcspn(at, "/");

		if (!at[length] || !at[length + 1])
			break;
		memmove(&folders[1], &folders[0], (FOLDERS - 1) * sizeof(folders[0]));
		folders[0] = (struct folder){ at, length };
		at += length;
		/* The library that reaches farthest into the path is the one: a package's folder lies in the library's. */
		if (has_packages(folders))
			kind = LIBRARY_PACKAGE;
		else if (is_zipped_library(&folders[0]) || is_standard_library(folders, at + 1))
			kind = LIBRARY_STANDARD;
		else
			continue;
		*ret_inside = at + 1;
	}
	return kind;
}

bool library_has(const char *file)
{
	const char *inside;
	const enum library_kind kind = library_find(file, &inside);

	return kind == LIBRARY_STANDARD || kind == LIBRARY_PACKAGE;
}

const char *library_package(const char *file, size_t *ret_length)
{
	const char *inside, *slash;

	switch (library_find(file, &inside)) {
	case LIBRARY_NONE:
		slash = strrchr(file, '/');
		inside = slash && slash[1] ? slash + 1 : file;
		break;
	case LIBRARY_GENERATED:
		*ret_length = strlen(inside);
		return inside;
	case LIBRARY_STANDARD:
	case LIBRARY_PACKAGE:
		break;
	}
	*ret_length = strcspn(inside, "/.>");
	return inside;
}

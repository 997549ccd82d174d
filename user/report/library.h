/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose code a file is, as far as its path tells: the application's, the standard library's, an installed package's. Paths
 * are as the process saw them, so containers and virtual environments look like any other place:
 *
 *   /usr/lib/python3.11/json/decoder.py                  standard library, json/decoder.py of it
 *   /srv/venv/lib/python3.11/site-packages/flask/app.py  package, flask/app.py of it
 *   /srv/venv/src/flask/app.py                           application (an editable install)
 *   /home/u/lib/python3.11/shop/app.py                   application: the standard library has no such package
 */
#ifndef PBP_REPORT_LIBRARY_H
#define PBP_REPORT_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

enum library_kind {
	LIBRARY_NONE, /* the application */
	LIBRARY_STANDARD,
	LIBRARY_PACKAGE, /* installed from elsewhere */
	LIBRARY_GENERATED, /* code that never was in a file, "<string>": whose it is its caller tells */
};

/* *ret_inside is the part of the path behind the library's folder ("json/decoder.py", "runpy>"), else all of it. */
enum library_kind library_find(const char *file, const char **ret_inside);

/* The standard library's or a package's. */
bool library_has(const char *file);

/*
 * The top-level package or module of a library's file, "json", or all of "<string>", or an application's file without its
 * folders and ending: the first *ret_length bytes of what is returned.
 */
const char *library_package(const char *file, size_t *ret_length);

#endif

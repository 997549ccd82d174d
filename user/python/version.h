/* SPDX-License-Identifier: GPL-2.0-only */
/* A version of CPython as text, and the refusal of one. */
#ifndef PBP_PYTHON_VERSION_H
#define PBP_PYTHON_VERSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct python_build;

#define VERSION_TEXT_SIZE	 32
#define VERSION_DESCRIPTION_SIZE 128

/* What the name of an interpreter or of its library says. */
struct version_name {
	uint16_t series; /* major << 8 | minor */
	bool debug; /* flag d */
	bool free_threaded; /* flag t */
};

/* Parse "python", major, dot, minor and flags in a file name without folders. False: it names no version. */
bool version_parse_name(const char *name, struct version_name *ret_name);

/* Parse "MAJOR.MINOR" and nothing else. */
bool version_parse_series(const char *text, uint16_t *ret_series);

/* PY_VERSION_HEX for people: "MAJOR.MINOR.PATCH", and a1, b1, rc1 behind it for a pre-release. */
void version_format(uint32_t hexversion, char *buffer, size_t capacity);

/* "MAJOR.MINOR" */
void version_format_series(uint16_t series, char *buffer, size_t capacity);

/*
 * Version and flavour of a build for people, to stand behind "CPython ": the version, then in brackets what else it
 * is (free-threaded, debug), then another version's layout if that was assumed. VERSION_DESCRIPTION_SIZE bytes hold
 * the longest.
 */
void version_describe(const struct python_build *build, char *buffer, size_t capacity);

/* The names of all rows, as a list in a sentence. */
void version_list_supported(char *buffer, size_t capacity);

/* Set "CPython VERSION WHY", and as hint which versions are supported, from the rows. Returns -ENOTSUP. */
int version_refuse(struct err *err, const char *version, const char *why);

/* That hint alone. */
void version_hint_supported(struct err *err);

#endif

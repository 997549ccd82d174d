/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Names other implementations of Python by their files' names. Must not decide whether a process is CPython: a
 * name is only evidence once no runtime was found.
 */
#include "python/not_python.h"

#include <stddef.h>
#include <string.h>

#include "proc/maps.h"

static const struct {
	const char *part; /* of a file's name without folders */
	const char *name;
} others[] = {
	{ "pypy", "PyPy" },
	{ "micropython", "MicroPython" },
	{ "circuitpython", "CircuitPython" },
	{ "libpythonvm", "GraalPy" },
	{ "graalpy", "GraalPy" },
	{ "graalpython", "GraalPy" },
};

const char *not_python_name(const struct maps *maps)
{
	for (size_t i = 0; i < maps->nmappings; i++) {
		const struct mapping *mapping = &maps->mappings[i];
		const char *slash = strrchr(mapping->path, '/');

		if (!mapping_is_file(mapping))
			continue;
		for (size_t j = 0; j < sizeof(others) / sizeof(others[0]); j++) {
			if (strstr(slash + 1, others[j].part))
				return others[j].name;
		}
	}
	return NULL;
}

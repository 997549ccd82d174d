/* SPDX-License-Identifier: GPL-2.0-only */
/* Which processes the user's filters choose, and which program behind an interpreter's options a command line runs. */
#ifndef PBP_CHOOSING_H
#define PBP_CHOOSING_H

#include <stdbool.h>
#include <stddef.h>

struct container;
struct options;

/* What a process is judged by; all texts are its own choice. */
struct candidate {
	const char *comm;
	const char *executable; /* its path; "": not known */
	const char *arguments; /* with a zero behind each */
	size_t arguments_size; /* bytes */
	const struct container *container; /* NULL: its cgroup is not known */
};

/* Is any filter set? */
bool choosing_filters(const struct options *options);

/*
 * Do all filters that are set match? The name may be that of the command, of the executable, of a script with or without
 * its folders, or of a module behind -m. Without a filter everything does.
 */
bool choosing_matches(const struct options *options, const struct candidate *candidate);

/*
 * The script or module in an interpreter's command line: the first argument that is neither an option nor the value of
 * one. It lies in arguments and ends with a zero within size. NULL: there is none, as with -c.
 */
const char *choosing_script(const char *arguments, size_t size);

#endif

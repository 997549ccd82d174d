/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whose code each node of a merged tree is, and whether its details may be hidden: the application's are what a reader
 * looks for, a library's inner ones are not. What the user says by --hide and --show goes before everything else.
 */
#ifndef PBP_REPORT_OWNERSHIP_H
#define PBP_REPORT_OWNERSHIP_H

#include <stdbool.h>

struct merged;
struct report_options;

struct owner {
	bool is_library; /* or matches --hide */
	bool may_hide; /* a library's; its process has code of its own beside the libraries' */
	bool is_told; /* the user's --hide: also where it is hot */
};

/*
 * One for each node of merged->tree, the caller's to free(). 0 or -ENOMEM.
 *
 * Where a process has no code outside of libraries, the package that it runs counts as the application (a program that was
 * installed, started by python -m or from bin/); where it runs none either, nothing may be hidden, lest nothing be left.
 */
int ownership_find(const struct merged *merged, const struct report_options *options,
		   struct owner **ret_owners);

#endif

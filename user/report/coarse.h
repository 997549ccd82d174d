/* SPDX-License-Identifier: GPL-2.0-only */
/* Coarser profiles, in which more symbols are equal: what --by file, --by module and --strip-dirs add up. */
#ifndef PBP_REPORT_COARSE_H
#define PBP_REPORT_COARSE_H

struct profile;

enum coarse_by {
	COARSE_BY_FILE, /* a function is its file alone, and calls inside of a file are left out */
	COARSE_BY_MODULE, /* the same with its module, in the place of the file */
	COARSE_BY_STRIPPED_FILE, /* the same with the file without its folders */
	COARSE_BY_STRIPPED, /* functions stay, files lose their folders */
};

/*
 * A new profile with the stacks of this one and coarser symbols; all rows are of one process. No account. 0, -ENOMEM or
 * -EOVERFLOW; free it with profile_free().
 */
int coarse_new(const struct profile *profile, enum coarse_by by, struct profile **ret_coarse);

#endif

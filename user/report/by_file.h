/* SPDX-License-Identifier: GPL-2.0-only */
/* A profile whose functions are files: what --by file adds up. */
#ifndef PBP_REPORT_BY_FILE_H
#define PBP_REPORT_BY_FILE_H

struct profile;

/*
 * A new profile with the stacks of this one, in which each function is its file alone, calls inside of a file are left
 * out, and all rows are of one process. No account. 0, -ENOMEM or -EOVERFLOW; free it with profile_free().
 */
int by_file_new(const struct profile *profile, struct profile **ret_by_file);

#endif

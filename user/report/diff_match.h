/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which function and line of one profile is which of another, where paths or lines are not the same.
 *
 * A file is the one of the same path; else, if no other file on either side could be meant, that of the same place in a
 * library ("site-packages/re.py" of two environments, "json/decoder.py" of two versions), of the same folder and name, or
 * of the same name. A function is that of the same name in the file; several of one name (lambdas, methods before
 * CPython 3.11) are told apart by their first lines, the same ones or else the nearest in the same order. A line is the
 * one as far behind its function's first.
 */
#ifndef PBP_REPORT_DIFF_MATCH_H
#define PBP_REPORT_DIFF_MATCH_H

#include <stdint.h>

struct profile;

/*
 * A new profile with the stacks of `base`, named as `fresh` names what is the same there, all rows of one process and no
 * thread; without account. *ret_nmoved receives how many files of base were found under another path. 0, -ENOMEM or
 * -EOVERFLOW; free it with profile_free().
 */
int diff_match(const struct profile *base, const struct profile *fresh,
	       struct profile **ret_renamed, uint32_t *ret_nmoved);

#endif

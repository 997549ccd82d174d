/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Adds one profile to another. In whatever order and grouping profiles are merged the result is the same, but for the
 * order of its indexes and ids; an empty profile changes nothing.
 */
#ifndef PBP_PROFILE_MERGE_H
#define PBP_PROFILE_MERGE_H

#include <stdint.h>

#include "base/err.h"

struct profile;

/*
 * Add everything of `from`, which is another profile and stays as it is, to `into`. Processes of one identity are one: their
 * CPU times add up where both are known, the larger count stands, and of texts that differ the one that sorts last. Runs
 * are put beside one another and accounts added; an account without run becomes a run without name. 0; -EINVAL where one has CPU time and the other counts something else,
 * which leaves `into` as it was; -ENOMEM or -EOVERFLOW, after which `into` is only fit to be freed.
 */
int profile_merge(struct profile *into, const struct profile *from, struct err *err);

/*
 * Add the symbols and stacks of `from` alone. ret_stacks, with room for profile_nstacks(from), receives the id that each
 * stack has in `into`. 0, -ENOMEM or -EOVERFLOW.
 */
int profile_merge_stacks(struct profile *into, const struct profile *from, uint32_t *ret_stacks);

#endif

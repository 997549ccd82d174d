/* SPDX-License-Identifier: GPL-2.0-only */
/* Which process and thread of a profile a saved sample belongs to, by its labels. */
#ifndef PBP_STORE_OWNERS_H
#define PBP_STORE_OWNERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "store/profile.pb-c.h"

struct owners;
struct profile;
struct tables;

struct owner {
	uint32_t process, thread; /* of the profile; a thread may be PROFILE_NO_ID */
	bool has_time;
	uint64_t time_ns;
};

/*
 * Of checked tables; adds the processes and runs that the file tells of. A file of another tool is one run, and its process
 * is pid 0 and called as its program where no label says better. 0, or a negative errno with the reason.
 */
int owners_new(struct tables *tables, struct profile *profile, struct owners **ret_owners,
	       struct err *err);
void owners_free(struct owners *owners);

/* Of the sample at an offset. 0, or a negative errno with the reason. */
int owners_get(struct owners *owners, const Pprof__Sample *sample, uint64_t offset,
	       struct owner *ret_owner, struct err *err);

#endif

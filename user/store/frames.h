/* SPDX-License-Identifier: GPL-2.0-only */
/* The locations of a saved file as symbols of a profile, and the stacks that are made of them. */
#ifndef PBP_STORE_FRAMES_H
#define PBP_STORE_FRAMES_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct frames;
struct profile;
struct tables;

/* Of checked tables; adds a symbol for each line of theirs. 0, or a negative errno with the reason. */
int frames_new(struct tables *tables, struct profile *profile, struct frames **ret_frames,
	       struct err *err);
void frames_free(struct frames *frames);

/* The stack of a sample's locations, leaf first; of none the symbol without a name. Quick where the one before had the same
 * roots. 0, or a negative errno with the reason. */
int frames_stack(struct frames *frames, const uint64_t *locations, size_t count, uint64_t offset,
		 uint32_t *ret_stack, struct err *err);

#endif

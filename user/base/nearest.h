/* SPDX-License-Identifier: GPL-2.0-only */
/* Which of some names did somebody mean who typed another? */
#ifndef PBP_BASE_NEAREST_H
#define PBP_BASE_NEAREST_H

#include <stddef.h>

struct nearest {
	const char *typed;
	const char *name; /* the nearest so far; NULL: none is near enough */
	size_t distance;
};

/* typed must live as long as the struct is used. */
void nearest_init(struct nearest *nearest, const char *typed);

/* Show it a name, which must live as long. A name that one is the beginning of the other with is nearest. */
void nearest_offer(struct nearest *nearest, const char *name);

#endif

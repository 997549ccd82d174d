/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which symbols a report shows as one row: those of one line, or those of one function. A special symbol
 * ([native] and its like) is a row by its kind and text.
 */
#ifndef PBP_PROFILE_GROUPS_H
#define PBP_PROFILE_GROUPS_H

#include <stdint.h>

#include "profile/symbol.h"

struct profile;

enum groups_by {
	GROUPS_BY_LINE, /* function, file, line being executed */
	GROUPS_BY_FUNCTION, /* function, file, first line */
};

/* Open for reading; valid until the profile is added to. */
struct groups {
	uint32_t *of_symbol; /* symbol id -> group */
	const struct symbol **symbols; /* group -> the first symbol of it */
	uint32_t count; /* groups run from 0 to count - 1, in the order of first appearance */
};

/* 0 or -ENOMEM; fills a caller's struct, which groups_done() empties. */
int groups_init(struct groups *groups, const struct profile *profile, enum groups_by by);
void groups_done(struct groups *groups);

/* The line that stands for the group's symbol. */
int32_t groups_line(const struct symbol *symbol, enum groups_by by);

#endif

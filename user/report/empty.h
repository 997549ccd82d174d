/* SPDX-License-Identifier: GPL-2.0-only */
/* What is said instead of a table when there are no samples: why, and what to try. */
#ifndef PBP_REPORT_EMPTY_H
#define PBP_REPORT_EMPTY_H

#include <stdio.h>

struct profile;
struct strbuf;

/* Add the line "no samples: WHY; try …" to the buffer. */
void empty_add_sentence(struct strbuf *buf, const struct profile *profile);

/* Write that line: the whole of a report for people without samples. 0 or -ENOMEM. */
int empty_write(const struct profile *profile, FILE *stream);

#endif

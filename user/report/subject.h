/* SPDX-License-Identifier: GPL-2.0-only */
/* Which process or processes a profile is about, for the closing account. */
#ifndef PBP_REPORT_SUBJECT_H
#define PBP_REPORT_SUBJECT_H

struct profile;
struct strbuf;

/*
 * Add "pid 812, CPython 3.11.7", or "3 of 4 processes (2 containers), CPython 3.9.2, 3.13.0" where 3 have samples, or
 * "no process". Sanitized. 0 or -ENOMEM.
 */
int subject_add(struct strbuf *text, const struct profile *profile);

#endif

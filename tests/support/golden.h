/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Profiles written as text, for tests of what is made of profiles. One fact a line, '#' begins a comment line:
 *
 *   process PID COMM [PYTHON]        python is empty without it
 *   of PID KEY VALUE                 comm, python, command, container, container_id, inside, count or kernel (ns) of
 *                                    that process
 *   thread TID NAME
 *   stack PID[/TID] SAMPLES[@NS] FRAME;FRAME...   root first; NS is the weight, else SAMPLES periods
 *   unit count                       weights are no time but counts
 *   account KEY VALUE                a field of struct account, or unreadable.REASON; before the stacks for
 *                                    rate_hz, which is 1000 without it
 *
 * A FRAME is FUNCTION|FILE|LINE|FIRST_LINE, or [native] and its like, and may end in " *N": N times. In texts
 * \xNN is a byte and \{N TEXT} is TEXT N times.
 */
#ifndef PBP_SUPPORT_GOLDEN_H
#define PBP_SUPPORT_GOLDEN_H

struct profile;

/* Never NULL: what is no such text, or memory running out, ends the program with a message that names `name`. */
struct profile *golden_parse(const char *text, const char *name);

/* Add it to a profile, whose processes of equal pid are the same. */
void golden_add(struct profile *profile, const char *text, const char *name);

/* Of a file. */
struct profile *golden_load(const char *path);

/* The whole file, NUL-terminated and the caller's to free; NULL when it cannot be read. */
char *golden_read(const char *path);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the product goes: standard output, or a file that appears under its name only when it is whole.
 */
#ifndef PBP_OUTPUT_H
#define PBP_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/err.h"

struct output;

/*
 * Open the place: NULL and "-" are standard output. A file is made anew beside its goal, for the invoking user (SUDO_UID)
 * alone, mode 0600; no link of another user is followed, and none at all in place of the file. A device or pipe is written
 * to as it is. Done before the run, so that a mistyped folder does not cost one.
 */
int output_open(const char *path, struct output **ret_output, struct err *err);

/*
 * Another file for the same goal, whose place it takes when it is committed: in the folder that was opened, whatever lies
 * at its path by now. Only of a file. -EINVAL: it is none.
 */
int output_again(const struct output *output, struct output **ret_output, struct err *err);

/* To write to; owned by the output. */
FILE *output_stream(struct output *output);

/* Is it a file, which appears under its name when it is committed? Else all is written as it comes. */
bool output_is_file(const struct output *output);

/*
 * Flush, and move the file to its name, where it stays and can be written on: later commits only flush. The reason of a
 * failure includes errors of earlier writes.
 */
int output_commit(struct output *output, struct err *err);

/* Close; what was not committed is removed. NULL is fine. */
void output_free(struct output *output);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* The verb "browse": looks at saved profiles by commands, as pstats' browser (python -m pstats) does. */
#ifndef PBP_BROWSE_H
#define PBP_BROWSE_H

#include "base/err.h"

struct options;

/*
 * Read options->files, the first as by "read", the others as by "add", then carry out one command a line of standard
 * input until it ends or "quit" is read. On a terminal there are a prompt, history and completion; from a pipe there is
 * nothing but what the commands print. A command that fails is told on standard error and the next one follows. 0, or a
 * negative errno with the reason: a file of options->files cannot be read, standard output cannot be written, or a
 * command from a pipe failed.
 */
int browse_run(const struct options *options, struct err *err);

#endif

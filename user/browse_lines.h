/* SPDX-License-Identifier: GPL-2.0-only */
/* Lines that the browser's user types, on a terminal with prompt, history and completion (libedit), or from a pipe. */
#ifndef PBP_BROWSE_LINES_H
#define PBP_BROWSE_LINES_H

#include <stdbool.h>
#include <stddef.h>

struct browse_lines {
	bool interactive; /* standard input and output are terminals */
	char *line;
	size_t capacity;
};

void browse_lines_init(struct browse_lines *lines);
void browse_lines_done(struct browse_lines *lines);

/*
 * The next line, valid until the next call; NULL at the end. The prompt, which may be anything, is shown sanitized and
 * with "% " behind it, if at all.
 */
const char *browse_lines_next(struct browse_lines *lines, const char *prompt);

#endif

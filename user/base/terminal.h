/* SPDX-License-Identifier: GPL-2.0-only */
/* What the environment says of the terminal: colours and characters. */
#ifndef PBP_BASE_TERMINAL_H
#define PBP_BASE_TERMINAL_H

#include <stdbool.h>

/*
 * Colours, for an output that is a terminal or not: NO_COLOR (not empty) says no, CLICOLOR_FORCE (not empty, not
 * "0") yes; otherwise a terminal whose TERM is not "dumb".
 */
bool terminal_wants_color(bool is_terminal);

/* Box-drawing characters: the locale (LC_ALL, else LC_CTYPE, else LANG) is one of UTF-8. */
bool terminal_has_unicode(void);

#endif

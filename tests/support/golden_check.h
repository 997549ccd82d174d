/* SPDX-License-Identifier: GPL-2.0-only */
/* Compares what a test wrote with a file of expected bytes, or rewrites that file. */
#ifndef PBP_SUPPORT_GOLDEN_CHECK_H
#define PBP_SUPPORT_GOLDEN_CHECK_H

#include <stdbool.h>

/* Updating: write the file and return true. Otherwise false on a difference, which is shown on stderr as diff does. */
bool golden_check(const char *path, const char *text, bool updating);

/* Make the folder unless it is there. */
void golden_make_folder(const char *path);

#endif

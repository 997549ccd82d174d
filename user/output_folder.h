/* SPDX-License-Identifier: GPL-2.0-only */
/* Opens a folder to write in, without going where another user may have led us. */
#ifndef PBP_OUTPUT_FOLDER_H
#define PBP_OUTPUT_FOLDER_H

#include "base/err.h"

/*
 * Open the folder for use by openat() (O_PATH). Links on the way, the last one included, are followed when they are root's,
 * our own or invoker's (a uid, -1: nobody's) and refused otherwise. 0, or a negative errno with the reason, which names
 * the folder: -EACCES for such a link.
 */
int output_folder_open(const char *path, long invoker, int *ret_fd, struct err *err);

#endif

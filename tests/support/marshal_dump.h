/* SPDX-License-Identifier: GPL-2.0-only */
/* Reads Python's marshal format, as far as files for pstats have it, into text that people can compare. */
#ifndef PBP_SUPPORT_MARSHAL_DUMP_H
#define PBP_SUPPORT_MARSHAL_DUMP_H

#include <stddef.h>

/*
 * The value, each entry of a dictionary on a line of its own. The caller's to free. Bytes that are no such value, or that
 * have something behind it, end the program with a message.
 */
char *marshal_dump(const char *bytes, size_t size);

#endif

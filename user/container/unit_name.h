/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of systemd's units as people write them. */
#ifndef PBP_CONTAINER_UNIT_NAME_H
#define PBP_CONTAINER_UNIT_NAME_H

#include <stddef.h>

/*
 * systemd writes bytes that a unit's name cannot have as \xNN (unit_name_escape() in its src/basic/unit-name.c): write them as
 * they are, at most capacity (not 0) bytes with the zero. A NUL stays as it is written.
 */
void unit_name_unescape(const char *text, size_t length, char *ret_text, size_t capacity);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Room in a growing array: the one realloc that every interning table needs. */
#ifndef PBP_BASE_ARRAY_H
#define PBP_BASE_ARRAY_H

#include <stddef.h>

/*
 * Make room for `count` items of `item_size` bytes (not 0) in *items, of which *capacity fit now; both grow
 * together, by halves. Returns 0 or -ENOMEM, which leaves both as they were. `items` points to the array's
 * pointer, of any type.
 */
int array_reserve(void *items, size_t *capacity, size_t count, size_t item_size);

#endif

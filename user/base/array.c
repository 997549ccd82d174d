/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grows arrays. utarray is not used for this: on failure it has already noted the larger size
 * (utarray_reserve of uthash 2.3), so a caller could not go on with the array it had.
 */
#include "base/array.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ITEMS 64

int array_reserve(void *items, size_t *capacity, size_t count, size_t item_size)
{
	size_t wanted = *capacity;
	void *old, *grown;

	if (count <= *capacity)
		return 0;
	if (wanted < FIRST_ITEMS)
		wanted = FIRST_ITEMS;
	while (wanted < count) {
		if (wanted > SIZE_MAX - wanted / 2)
			return -ENOMEM;
		wanted += wanted / 2;
	}
	/* The pointer's type is the caller's, so it is copied rather than read through a void **. */
	memcpy(&old, items, sizeof(old));
	grown = reallocarray(old, wanted, item_size);
	if (!grown)
		return -ENOMEM;
	memcpy(items, &grown, sizeof(grown));
	*capacity = wanted;
	return 0;
}

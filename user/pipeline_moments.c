/* SPDX-License-Identifier: GPL-2.0-only */
/* A growing array of times with the little that happens to them before they are a profile's. Knows no target. */
#include "pipeline_moments.h"

#include <stdlib.h>

#include "base/array.h"
#include "base/word_map.h"

void moments_done(struct moments *moments)
{
	free(moments->items);
	*moments = (struct moments){ 0 };
}

int moments_add(struct moments *moments, const struct moment *moment)
{
	int code = array_reserve(&moments->items, &moments->capacity, moments->count + 1,
				 sizeof(*moments->items));

	if (!code)
		moments->items[moments->count++] = *moment;
	return code;
}

void moments_rename(struct moments *moments, const struct word_map *renamed)
{
	for (size_t i = 0; i < moments->count; i++) {
		const uint64_t *node = word_map_find(renamed, moments->items[i].node);

		if (node && *node)
			moments->items[i].node = (uint32_t)(*node - 1);
	}
}

int moments_move(struct moments *to, struct moments *from)
{
	int code = array_reserve(&to->items, &to->capacity, to->count + from->count,
				 sizeof(*to->items));

	if (code)
		return code;
	for (size_t i = 0; i < from->count; i++) {
		to->items[to->count] = from->items[i];
		to->items[to->count++].thread = 0;
	}
	moments_done(from);
	return 0;
}

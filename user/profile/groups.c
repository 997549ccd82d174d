/* SPDX-License-Identifier: GPL-2.0-only */
/* Sorts a profile's symbols into groups. Adds up nothing: totals and the tree do that over groups. */
#include "profile/groups.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "profile/profile.h"

/* The profile interns texts, so equal texts are equal pointers. Compared as bytes, so without padding. */
struct key {
	const char *function;
	const char *file;
	uint32_t kind;
	int32_t line;
};

_Static_assert(sizeof(struct key) == 2 * sizeof(char *) + 2 * sizeof(uint32_t),
	       "no padding in a hash key");

struct entry {
	UT_hash_handle hh;
	struct key key;
	uint32_t group;
};

int32_t groups_line(const struct symbol *symbol, enum groups_by by)
{
	return by == GROUPS_BY_LINE ? symbol->line : symbol->first_line;
}

/* Give each symbol its group; entries are as many as symbols, so that none has to be allocated alone. */
static int assign(struct groups *groups, const struct profile *profile, enum groups_by by,
		  struct entry *entries)
{
	const size_t nsymbols = profile_nsymbols(profile);
	struct entry *by_key = NULL;
	int code = 0;
	size_t i;

	for (i = 0; i < nsymbols; i++) {
		const struct symbol *symbol = profile_symbol(profile, (uint32_t)i);
		struct entry *found, *added = &entries[groups->count];
		const struct key key = {
			.function = symbol->function,
			.file = symbol->file,
			.kind = symbol->kind,
			.line = groups_line(symbol, by),
		};

		HASH_FIND(hh, by_key, &key, sizeof(key), found);
		if (!found) {
			added->key = key;
			added->group = groups->count;
			HASH_ADD(hh, by_key, key, sizeof(key), added);
			if (!added->hh.tbl) {
				code = -ENOMEM;
				break;
			}
			groups->symbols[groups->count++] = symbol;
			found = added;
		}
		groups->of_symbol[i] = found->group;
	}
	HASH_CLEAR(hh, by_key);
	return code;
}

int groups_init(struct groups *groups, const struct profile *profile, enum groups_by by)
{
	/* One more than needed, so that an empty profile is no special case. */
	const size_t room = profile_nsymbols(profile) + 1;
	struct entry *entries = calloc(room, sizeof(*entries));
	int code = -ENOMEM;

	groups->count = 0;
	groups->of_symbol = calloc(room, sizeof(*groups->of_symbol));
	groups->symbols = calloc(room, sizeof(*groups->symbols));
	if (entries && groups->of_symbol && groups->symbols)
		code = assign(groups, profile, by, entries);
	free(entries);
	if (code)
		groups_done(groups);
	return code;
}

void groups_done(struct groups *groups)
{
	free(groups->of_symbol);
	free(groups->symbols);
	*groups = (struct groups){ 0 };
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The tables of a saved file: texts, mappings, functions and locations, each packed before the first thing that refers to
 * it. Knows nothing of samples and members.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "profile/symbol.h"
#include "base/hash.h"
#include "store/escape.h"
#include "store/packer_internal.h"
#include "store/special.h"
#include "store/store.h"

/* Compared as bytes, so without padding. Texts are the profile's, so equal ones have equal addresses. */
struct function_key {
	const char *name, *file;
	int32_t first_line;
	uint32_t kind;
};

_Static_assert(sizeof(struct function_key) == 24, "no padding in a hash key");

struct packed_function {
	UT_hash_handle hh;
	struct function_key key;
	uint64_t id;
};

/* A text that is harmless already. */
static int64_t add_string(struct packer *packer, const char *text)
{
	Pprof__Profile fields = PPROF__PROFILE__INIT;
	char *string = (char *)text;

	if (strlen(text) > STORE_MESSAGE_MAX)
		packer_fail(packer, -EFBIG);
	fields.n_string_table = 1;
	fields.string_table = &string;
	packer_add_message(packer, &fields);
	return (int64_t)packer->nstrings++;
}

int64_t packer_new_string(struct packer *packer, const char *text)
{
	struct strbuf escaped;
	int64_t number;

	strbuf_init(&escaped);
	escape_text(&escaped, text);
	if (strbuf_error(&escaped))
		packer_fail(packer, -ENOMEM);
	number = add_string(packer, strbuf_text(&escaped));
	strbuf_done(&escaped);
	return number;
}

/* The place of a key's value, which is 0 when the key is new; NULL and latched when memory runs out. */
static uint64_t *place(struct packer *packer, struct word_map *map, uint64_t key)
{
	uint64_t *value = packer->code ? NULL : word_map_add(map, key);

	if (!value)
		packer_fail(packer, -ENOMEM);
	return value;
}

int64_t packer_string(struct packer *packer, const char *text)
{
	uint64_t *number;

	if (!*text)
		return 0;
	number = place(packer, &packer->strings, (uint64_t)(uintptr_t)text);
	if (!number)
		return 0;
	if (!*number)
		*number = (uint64_t)packer_new_string(packer, text) + 1;
	return (int64_t)*number - 1;
}

void packer_comment(struct packer *packer, const char *text)
{
	Pprof__Profile fields = PPROF__PROFILE__INIT;
	int64_t number = add_string(packer, text);

	fields.n_comment = 1;
	fields.comment = &number;
	packer_add_message(packer, &fields);
}

uint32_t packer_mapping(struct packer *packer, const struct profile_process *process)
{
	Pprof__Profile fields = PPROF__PROFILE__INIT;
	Pprof__Mapping mapping = PPROF__MAPPING__INIT, *mappings = &mapping;
	const char *file = process->executable;
	uint64_t *id;

	/* Viewers show it as the name of the program, so it should have one. */
	if (!*file)
		file = *process->comm ? process->comm : "python";
	id = place(packer, &packer->mappings, (uint64_t)(uintptr_t)file);
	if (!id)
		return 0;
	if (!*id) {
		*id = ++packer->nmappings;
		mapping.id = *id;
		mapping.filename = packer_string(packer, file);
		/* Everything is named already: no viewer is to look for symbols in a file. */
		mapping.has_functions = mapping.has_filenames = mapping.has_line_numbers = true;
		fields.n_mapping = 1;
		fields.mapping = &mappings;
		packer_add_message(packer, &fields);
	}
	return (uint32_t)*id;
}

static void pack_function(struct packer *packer, const struct symbol *symbol, uint64_t id)
{
	Pprof__Profile fields = PPROF__PROFILE__INIT;
	Pprof__Function function = PPROF__FUNCTION__INIT, *functions = &function;
	struct strbuf name;

	function.id = id;
	if (symbol->kind == SYMBOL_FUNCTION) {
		/*
		 * No system name: where it equals the name Go's pprof tries to demangle it as C++ and makes "<module>" an
		 * empty name (internal/symbolizer, demangleSingleFunction()).
		 */
		function.name = packer_string(packer, symbol->function);
		function.filename = packer_string(packer, symbol->file);
		function.start_line = symbol->first_line;
	} else {
		/* By its system name it is told from a function that calls itself so. */
		strbuf_init(&name);
		special_write(&name, symbol);
		if (strbuf_error(&name))
			packer_fail(packer, -ENOMEM);
		function.name = packer_new_string(packer, strbuf_text(&name));
		function.system_name = function.name;
		strbuf_done(&name);
	}
	fields.n_function = 1;
	fields.function = &functions;
	packer_add_message(packer, &fields);
}

static uint64_t packer_function(struct packer *packer, const struct symbol *symbol)
{
	const struct function_key key = { .name = symbol->function,
					  .file = symbol->file,
					  .first_line = symbol->first_line,
					  .kind = symbol->kind };
	struct packed_function *function;

	HASH_FIND(hh, packer->functions, &key, sizeof(key), function);
	if (function)
		return function->id;
	function = malloc(sizeof(*function));
	if (!function) {
		packer_fail(packer, -ENOMEM);
		return 0;
	}
	function->key = key;
	function->id = ++packer->nfunctions;
	HASH_ADD(hh, packer->functions, key, sizeof(key), function);
	if (!function->hh.tbl) {
		free(function);
		packer_fail(packer, -ENOMEM);
		return 0;
	}
	pack_function(packer, symbol, function->id);
	return function->id;
}

uint64_t packer_location(struct packer *packer, uint32_t mapping, uint32_t symbol_id)
{
	Pprof__Profile fields = PPROF__PROFILE__INIT;
	Pprof__Location location = PPROF__LOCATION__INIT, *locations = &location;
	Pprof__Line line = PPROF__LINE__INIT, *lines = &line;
	uint64_t *id = place(packer, &packer->locations, (uint64_t)mapping << 32 | symbol_id);

	if (!id)
		return 0;
	if (!*id) {
		const struct symbol *symbol = profile_symbol(packer->profile, symbol_id);

		*id = ++packer->nlocations;
		location.id = *id;
		location.mapping_id = mapping;
		line.function_id = packer_function(packer, symbol);
		line.line = symbol->line;
		location.n_line = 1;
		location.line = &lines;
		fields.n_location = 1;
		fields.location = &locations;
		packer_add_message(packer, &fields);
	}
	return *id;
}

void packer_free_functions(struct packer *packer)
{
	struct packed_function *function, *next;

	HASH_ITER (hh, packer->functions, function, next) {
		HASH_DEL(packer->functions, function);
		free(function);
	}
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Makes functions equal that one row is for, so that profile/totals adds up files as it does functions. Prints nothing. */
#include "report/coarse.h"

#include <errno.h>
#include <stdlib.h>

#include "profile/profile.h"
#include "report/file_names.h"
#include "report/modules.h"

/* Ids of the first profile to those of the second. */
struct mapping {
	const struct profile *from;
	struct profile *to;
	uint32_t *symbols, *stacks;
	struct modules *modules; /* NULL unless by module */
	enum coarse_by by;
};

static struct symbol coarse_symbol(const struct mapping *mapping, const struct symbol *from)
{
	struct symbol symbol = *from;

	if (symbol.kind != SYMBOL_FUNCTION)
		return symbol;
	switch (mapping->by) {
	case COARSE_BY_STRIPPED:
		symbol.file = file_names_strip(symbol.file);
		return symbol;
	case COARSE_BY_STRIPPED_FILE:
		symbol.file = file_names_strip(symbol.file);
		break;
	case COARSE_BY_MODULE:
		symbol.file = modules_get(mapping->modules, symbol.file);
		break;
	case COARSE_BY_FILE:
		break;
	}
	symbol.function = "";
	symbol.line = 0;
	symbol.first_line = 0;
	return symbol;
}

static int map_symbols(const struct mapping *mapping)
{
	const size_t count = profile_nsymbols(mapping->from);
	size_t i;
	int code = 0;

	for (i = 0; i < count && !code; i++) {
		const struct symbol symbol =
			coarse_symbol(mapping, profile_symbol(mapping->from, (uint32_t)i));

		code = profile_add_symbol(mapping->to, &symbol, &mapping->symbols[i]);
	}
	return code;
}

static int map_stacks(const struct mapping *mapping)
{
	const size_t count = profile_nstacks(mapping->from);
	size_t i;
	int code = 0;

	for (i = 1; i < count && !code; i++) {
		const uint32_t stack = (uint32_t)i;
		const uint32_t caller = mapping->stacks[profile_stack_caller(mapping->from, stack)];
		const uint32_t symbol =
			mapping->symbols[profile_stack_symbol(mapping->from, stack)];

		if (mapping->by != COARSE_BY_STRIPPED &&
		    profile_stack_symbol(mapping->to, caller) == symbol)
			mapping->stacks[i] = caller;
		else
			code = profile_add_stack(mapping->to, caller, symbol, &mapping->stacks[i]);
	}
	return code;
}

static int map_rows(const struct mapping *mapping)
{
	const struct profile_process nobody = {
		.count = 1,
		.comm = "",
		.command = "",
		.python = "",
		.container = "",
		.container_id = "",
		.unit = "",
		.kernel_ns = PROFILE_TIME_UNKNOWN,
	};
	const size_t count = profile_nrows(mapping->from);
	uint32_t process;
	size_t i;
	int code;

	code = profile_add_process(mapping->to, &nobody, &process);
	for (i = 0; i < count && !code; i++) {
		const struct profile_row *row = profile_row(mapping->from, i);

		code = profile_add_weight(mapping->to, process, PROFILE_NO_ID,
					  mapping->stacks[row->stack], row->samples,
					  row->weight_ns);
	}
	return code;
}

int coarse_new(const struct profile *profile, enum coarse_by by, struct profile **ret_coarse)
{
	struct mapping mapping = { .from = profile, .to = profile_new(), .by = by };
	bool ready = mapping.to;
	int code = -ENOMEM;

	mapping.symbols = calloc(profile_nsymbols(profile) + 1, sizeof(*mapping.symbols));
	mapping.stacks = calloc(profile_nstacks(profile), sizeof(*mapping.stacks));
	if (by == COARSE_BY_MODULE) {
		mapping.modules = modules_new(profile);
		ready = ready && mapping.modules;
	}
	if (ready && mapping.symbols && mapping.stacks) {
		profile_set_unit(mapping.to, profile_unit(profile));
		code = map_symbols(&mapping);
	}
	if (!code)
		code = map_stacks(&mapping);
	if (!code)
		code = map_rows(&mapping);
	modules_free(mapping.modules);
	free(mapping.symbols);
	free(mapping.stacks);
	if (code)
		profile_free(mapping.to);
	else
		*ret_coarse = mapping.to;
	return code;
}

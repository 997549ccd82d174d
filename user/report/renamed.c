/* SPDX-License-Identifier: GPL-2.0-only */
/* Copies a profile symbol by symbol, stack by stack, row by row. Does not know why symbols are renamed. */
#include "report/renamed.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "profile/profile.h"

/* Ids of the first profile to those of the second. */
struct mapping {
	const struct profile *from;
	struct profile *to;
	uint32_t *symbols, *stacks, *processes, *threads;
};

static int map_symbols(const struct mapping *mapping, renamed_rename *rename)
{
	const size_t count = profile_nsymbols(mapping->from);
	struct strbuf function, file;
	int code = 0;
	size_t i;

	strbuf_init(&function);
	strbuf_init(&file);
	for (i = 0; i < count && !code; i++) {
		struct symbol symbol = *profile_symbol(mapping->from, (uint32_t)i);

		strbuf_clear(&function);
		strbuf_clear(&file);
		rename(&symbol, &function, &file);
		if (strbuf_error(&function) || strbuf_error(&file))
			code = -ENOMEM;
		else
			code = profile_add_symbol(mapping->to, &symbol, &mapping->symbols[i]);
	}
	strbuf_done(&function);
	strbuf_done(&file);
	return code;
}

static int map_stacks(const struct mapping *mapping)
{
	const size_t count = profile_nstacks(mapping->from);
	int code = 0;
	size_t i;

	for (i = 1; i < count && !code; i++) {
		const uint32_t caller = profile_stack_caller(mapping->from, (uint32_t)i);
		const uint32_t symbol = profile_stack_symbol(mapping->from, (uint32_t)i);

		code = profile_add_stack(mapping->to, mapping->stacks[caller],
					 mapping->symbols[symbol], &mapping->stacks[i]);
	}
	return code;
}

static int map_processes_and_threads(const struct mapping *mapping)
{
	int code = 0;
	uint32_t i;

	for (i = 0; i < profile_nprocesses(mapping->from) && !code; i++)
		code = profile_add_process(mapping->to, profile_process(mapping->from, i),
					   &mapping->processes[i]);
	for (i = 0; i < profile_nthreads(mapping->from) && !code; i++)
		code = profile_add_thread(mapping->to, profile_thread(mapping->from, i),
					  &mapping->threads[i]);
	return code;
}

static int map_rows(const struct mapping *mapping)
{
	const size_t count = profile_nrows(mapping->from);
	int code = 0;
	size_t i;

	for (i = 0; i < count && !code; i++) {
		const struct profile_row *row = profile_row(mapping->from, i);
		const uint32_t thread = row->thread == PROFILE_NO_ID
						? PROFILE_NO_ID
						: mapping->threads[row->thread];

		code = profile_add_weight(mapping->to, mapping->processes[row->process], thread,
					  mapping->stacks[row->stack], row->samples,
					  row->weight_ns);
	}
	return code;
}

int renamed_new(const struct profile *profile, renamed_rename *rename, struct profile **ret_renamed)
{
	/* One more than needed, so that an empty profile is no special case. */
	struct mapping mapping = {
		.from = profile,
		.to = profile_new(),
		.symbols = calloc(profile_nsymbols(profile) + 1, sizeof(uint32_t)),
		.stacks = calloc(profile_nstacks(profile), sizeof(uint32_t)),
		.processes = calloc(profile_nprocesses(profile) + 1, sizeof(uint32_t)),
		.threads = calloc(profile_nthreads(profile) + 1, sizeof(uint32_t)),
	};
	int code = -ENOMEM;

	if (mapping.to && mapping.symbols && mapping.stacks && mapping.processes && mapping.threads)
		code = map_symbols(&mapping, rename);
	if (!code)
		code = map_stacks(&mapping);
	if (!code)
		code = map_processes_and_threads(&mapping);
	if (!code)
		code = map_rows(&mapping);
	free(mapping.symbols);
	free(mapping.stacks);
	free(mapping.processes);
	free(mapping.threads);
	if (code) {
		profile_free(mapping.to);
		return code;
	}
	*profile_account(mapping.to) = *profile_account_const(profile);
	profile_set_unit(mapping.to, profile_unit(profile));
	*ret_renamed = mapping.to;
	return 0;
}

static void strip(struct symbol *symbol, struct strbuf *function, struct strbuf *file)
{
	const char *slash = strrchr(symbol->file, '/');

	(void)function;
	(void)file;
	if (slash && slash[1])
		symbol->file = slash + 1;
}

int renamed_new_stripped(const struct profile *profile, struct profile **ret_renamed)
{
	return renamed_new(profile, strip, ret_renamed);
}

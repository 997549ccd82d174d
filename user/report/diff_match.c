/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Gives a base profile the names of a fresh one: pairs functions within the files that diff_files.c matched, moves lines
 * with their functions, and copies the stacks. Compares no weights.
 */
#include "report/diff_match.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/strtab.h"
#include "profile/profile.h"
#include "report/diff_files.h"

/* A function, once; file is the fresh profile's. */
struct function {
	uint32_t file, name;
	int32_t first_line;
	int32_t fresh_line; /* of the base's: first line of the one that it is */
	bool matched;
};

/* The functions of one profile, by file, name and first line; and symbols by the place of their function. */
struct functions {
	struct function *functions;
	size_t count;
	uint32_t *
		of_symbol; /* DIFF_FILES_NONE: no function, or of a file that the fresh profile has not */
};

/* A symbol while functions are sorted. */
struct named {
	struct function function;
	uint32_t symbol;
};

static int compare_functions(const struct function *a, const struct function *b)
{
	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	if (a->name != b->name)
		return a->name < b->name ? -1 : 1;
	if (a->first_line != b->first_line)
		return a->first_line < b->first_line ? -1 : 1;
	return 0;
}

static int compare_named(const void *left, const void *right)
{
	return compare_functions(&((const struct named *)left)->function,
				 &((const struct named *)right)->function);
}

/* The symbols that are functions of files on both sides. */
static int collect(const struct profile *profile, const struct diff_files *files, bool is_base,
		   struct strtab *names, struct named *named, size_t *ret_count)
{
	const size_t nsymbols = profile_nsymbols(profile);
	size_t i, count = 0;

	for (i = 0; i < nsymbols; i++) {
		const struct symbol *symbol = profile_symbol(profile, (uint32_t)i);
		struct function *function = &named[count].function;
		uint32_t file;
		int code;

		if (symbol->kind != SYMBOL_FUNCTION)
			continue;
		code = diff_files_find(files, symbol->file, &file);
		if (!code)
			code = strtab_add(names, symbol->function, &function->name);
		if (code)
			return code;
		function->file = is_base ? diff_files_match(files, file) : file;
		function->first_line = symbol->first_line;
		named[count].symbol = (uint32_t)i;
		count += function->file != DIFF_FILES_NONE;
	}
	*ret_count = count;
	return 0;
}

static int functions_init(struct functions *functions, const struct profile *profile,
			  const struct diff_files *files, bool is_base, struct strtab *names)
{
	const size_t nsymbols = profile_nsymbols(profile);
	struct named *named = calloc(nsymbols + 1, sizeof(*named));
	size_t count = 0, i;
	int code = -ENOMEM;

	functions->functions = calloc(nsymbols + 1, sizeof(*functions->functions));
	functions->of_symbol = calloc(nsymbols + 1, sizeof(*functions->of_symbol));
	if (named && functions->functions && functions->of_symbol)
		code = collect(profile, files, is_base, names, named, &count);
	if (!code) {
		for (i = 0; i < nsymbols; i++)
			functions->of_symbol[i] = DIFF_FILES_NONE;
		qsort(named, count, sizeof(*named), compare_named);
		for (i = 0; i < count; i++) {
			if (i == 0 || compare_named(&named[i - 1], &named[i]) != 0)
				functions->functions[functions->count++] = named[i].function;
			functions->of_symbol[named[i].symbol] = (uint32_t)functions->count - 1;
		}
	}
	free(named);
	return code;
}

static void functions_done(struct functions *functions)
{
	free(functions->functions);
	free(functions->of_symbol);
}

static void pair(struct function *base, struct function *fresh)
{
	base->fresh_line = fresh->first_line;
	base->matched = true;
	fresh->matched = true;
}

/* Functions of one name in one file, in the order of their lines. */
struct namesakes {
	struct function **functions;
	size_t count;
};

/* Those that stay where they are. */
static void pair_equals(struct function *base, size_t nbase, struct function *fresh, size_t nfresh)
{
	size_t i = 0, j = 0;

	while (i < nbase && j < nfresh) {
		if (base[i].first_line == fresh[j].first_line)
			pair(&base[i++], &fresh[j++]);
		else if (base[i].first_line < fresh[j].first_line)
			i++;
		else
			j++;
	}
}

static void keep_unmatched(struct namesakes *namesakes, struct function *functions, size_t count)
{
	size_t i;

	namesakes->count = 0;
	for (i = 0; i < count; i++) {
		if (!functions[i].matched)
			namesakes->functions[namesakes->count++] = &functions[i];
	}
}

static int64_t distance(const struct function *a, const struct function *b)
{
	return llabs((int64_t)a->first_line - b->first_line);
}

/* Each of the fewer goes to the nearest of the more, in order, leaving enough for those behind it. */
static void pair_nearest(const struct namesakes *base, const struct namesakes *fresh)
{
	const bool base_is_less = base->count <= fresh->count;
	const struct namesakes *less = base_is_less ? base : fresh;
	const struct namesakes *more = base_is_less ? fresh : base;
	size_t i, j = 0;

	for (i = 0; i < less->count; i++, j++) {
		struct function *at = less->functions[i];

		while (j < more->count - (less->count - i) &&
		       distance(at, more->functions[j + 1]) <= distance(at, more->functions[j]))
			j++;
		if (base_is_less)
			pair(at, more->functions[j]);
		else
			pair(more->functions[j], at);
	}
}

/* How many functions from here on have one file and one name. */
static size_t count_namesakes(const struct functions *functions, size_t first)
{
	const struct function *all = functions->functions;
	size_t count = 1;

	while (first + count < functions->count && all[first + count].file == all[first].file &&
	       all[first + count].name == all[first].name)
		count++;
	return count;
}

static int pair_functions(struct functions *base, struct functions *fresh)
{
	struct namesakes left = { .functions = calloc(base->count + 1, sizeof(struct function *)) };
	struct namesakes right = { .functions =
					   calloc(fresh->count + 1, sizeof(struct function *)) };
	const int code = left.functions && right.functions ? 0 : -ENOMEM;
	size_t i = 0, j = 0;

	while (!code && i < base->count && j < fresh->count) {
		struct function *a = &base->functions[i], *b = &fresh->functions[j];
		const size_t na = count_namesakes(base, i), nb = count_namesakes(fresh, j);
		const bool same = a->file == b->file && a->name == b->name;
		const bool before = a->file != b->file ? a->file < b->file : a->name < b->name;

		if (same) {
			pair_equals(a, na, b, nb);
			keep_unmatched(&left, a, na);
			keep_unmatched(&right, b, nb);
			pair_nearest(&left, &right);
		}
		i += same || before ? na : 0;
		j += same || !before ? nb : 0;
	}
	free(left.functions);
	free(right.functions);
	return code;
}

/* Lines move with the first one; those of hostile files no farther than numbers go. */
static int32_t move_line(int32_t line, int32_t from, int32_t to)
{
	const int64_t moved = (int64_t)line + to - from;

	return moved > INT32_MAX ? INT32_MAX : moved < INT32_MIN ? INT32_MIN : (int32_t)moved;
}

static struct symbol rename_symbol(const struct symbol *symbol, const struct functions *functions,
				   uint32_t index, const struct diff_files *files)
{
	struct symbol renamed = *symbol;
	const struct function *function;

	if (functions->of_symbol[index] == DIFF_FILES_NONE)
		return renamed;
	function = &functions->functions[functions->of_symbol[index]];
	renamed.file = diff_files_path(files, function->file);
	if (function->matched) {
		renamed.first_line = function->fresh_line;
		renamed.line = move_line(symbol->line, function->first_line, function->fresh_line);
	}
	return renamed;
}

static int copy_rows(const struct profile *from, struct profile *to, const uint32_t *stacks)
{
	const struct profile_process nobody = {
		.comm = "",
		.kernel_ns = PROFILE_TIME_UNKNOWN,
	};
	const size_t count = profile_nrows(from);
	uint32_t process;
	size_t i;
	int code = profile_add_process(to, &nobody, &process);

	for (i = 0; i < count && !code; i++) {
		const struct profile_row *row = profile_row(from, i);

		code = profile_add_weight(to, process, PROFILE_NO_ID, stacks[row->stack],
					  row->samples, row->weight_ns);
	}
	return code;
}

/* The base's stacks in `to`, under the names of the fresh profile. */
static int copy_renamed(const struct profile *base, const struct functions *functions,
			const struct diff_files *files, struct profile *to)
{
	const size_t nsymbols = profile_nsymbols(base), nstacks = profile_nstacks(base);
	uint32_t *symbols = calloc(nsymbols + 1, sizeof(*symbols));
	uint32_t *stacks = calloc(nstacks, sizeof(*stacks));
	int code = symbols && stacks ? 0 : -ENOMEM;
	size_t i;

	for (i = 0; i < nsymbols && !code; i++) {
		const struct symbol renamed = rename_symbol(profile_symbol(base, (uint32_t)i),
							    functions, (uint32_t)i, files);

		code = profile_add_symbol(to, &renamed, &symbols[i]);
	}
	for (i = 1; i < nstacks && !code; i++)
		code = profile_add_stack(to, stacks[profile_stack_caller(base, (uint32_t)i)],
					 symbols[profile_stack_symbol(base, (uint32_t)i)],
					 &stacks[i]);
	if (!code)
		code = copy_rows(base, to, stacks);
	free(symbols);
	free(stacks);
	return code;
}

int diff_match(const struct profile *base, const struct profile *fresh,
	       struct profile **ret_renamed, uint32_t *ret_nmoved)
{
	struct functions functions[2] = { 0 };
	struct profile *renamed = profile_new();
	struct strtab *names = strtab_new();
	struct diff_files files = { 0 };
	int code = -ENOMEM;

	if (renamed && names)
		code = diff_files_init(&files, base, fresh);
	if (!code)
		code = functions_init(&functions[0], base, &files, true, names);
	if (!code)
		code = functions_init(&functions[1], fresh, &files, false, names);
	if (!code)
		code = pair_functions(&functions[0], &functions[1]);
	if (!code)
		code = copy_renamed(base, &functions[0], &files, renamed);
	*ret_nmoved = files.nmoved;
	functions_done(&functions[0]);
	functions_done(&functions[1]);
	diff_files_done(&files);
	strtab_free(names);
	if (code)
		profile_free(renamed);
	else
		*ret_renamed = renamed;
	return code;
}

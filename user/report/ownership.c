/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tells the application from libraries where both are known: in the tree of callers and callees. What a path alone tells is
 * library.c's, and what is hidden in the end calltree.c's.
 */
#include "report/ownership.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/pattern.h"
#include "profile/profile.h"
#include "profile/stack.h"
#include "report/library.h"
#include "report/merged.h"
#include "report/report.h"

/* A function, wherever it is called. */
struct code {
	enum library_kind kind;
	bool is_shown, is_told; /* by the user */
	bool is_starter; /* a script in bin/, which only calls an installed package */
	const char *package; /* of kind LIBRARY_PACKAGE */
	size_t length; /* bytes of package */
};

/* A node, beside its owner. */
struct state {
	uint32_t process; /* the node of its process, 0: of the whole profile */
	bool has_own; /* of a process's node: code that is no library's lies below */
	bool in_package; /* itself or a caller is a package's */
	uint64_t total_ns;
	const struct code *
		project; /* of a process's node without code of its own: the package that it runs */
	uint64_t project_ns;
};

struct finder {
	const struct merged *merged;
	size_t count; /* nodes */
	struct code *codes; /* by group */
	struct state *states; /* by node */
	struct owner *owners; /* by node */
};

static bool matches_any(const struct report_patterns *patterns, const char *file)
{
	uint32_t i;

	for (i = 0; i < patterns->count; i++) {
		if (pattern_matches(patterns->patterns[i], file))
			return true;
	}
	return false;
}

/* A module in a folder called bin, as installers make them of entry points. */
static bool is_starter(const struct symbol *symbol)
{
	static const char bin[] = "/bin/";
	const char *slash = strrchr(symbol->file, '/');

	return slash && (size_t)(slash + 1 - symbol->file) >= strlen(bin) &&
	       memcmp(slash + 1 - strlen(bin), bin, strlen(bin)) == 0 &&
	       strcmp(symbol->function, "<module>") == 0;
}

static struct code look_at(const struct symbol *symbol, const struct report_options *options)
{
	struct code code = { .kind = LIBRARY_NONE };
	const char *inside;

	if (symbol->kind != SYMBOL_FUNCTION)
		return code;
	code.kind = library_find(symbol->file, &inside);
	code.is_shown = matches_any(&options->show, symbol->file);
	code.is_told = !code.is_shown && matches_any(&options->hide, symbol->file);
	code.is_starter = code.kind == LIBRARY_NONE && is_starter(symbol);
	if (code.kind == LIBRARY_PACKAGE)
		code.package = library_package(symbol->file, &code.length);
	return code;
}

/* NULL for what stands for a process or the like. */
static const struct code *code_of(const struct finder *finder, uint32_t node)
{
	const uint32_t symbol = stack_tree_symbol(finder->merged->tree, node);

	return node > 0 && symbol < finder->merged->groups.count ? &finder->codes[symbol] : NULL;
}

static bool begins_process(const struct finder *finder, uint32_t node)
{
	const struct merged *merged = finder->merged;
	const uint32_t symbol = stack_tree_symbol(merged->tree, node);

	return symbol >= merged->groups.count &&
	       merged->roots.roots[symbol - merged->groups.count].kind != ROOT_THREAD;
}

static bool is_package(const struct code *code, const struct code *project)
{
	return project && code->kind == LIBRARY_PACKAGE && code->length == project->length &&
	       memcmp(code->package, project->package, code->length) == 0;
}

/* Which process a node is of, and whether that has code of its own. */
static void find_processes(struct finder *finder)
{
	size_t i;

	for (i = 1; i < finder->count; i++) {
		const uint32_t node = (uint32_t)i;
		const uint32_t caller = stack_tree_caller(finder->merged->tree, node);
		const struct code *code = code_of(finder, node);
		struct state *state = &finder->states[i];

		state->process =
			begins_process(finder, node) ? node : finder->states[caller].process;
		state->in_package = finder->states[caller].in_package ||
				    (code && code->kind == LIBRARY_PACKAGE);
		if (code && code->kind == LIBRARY_NONE && !code->is_starter && !code->is_told &&
		    finder->merged->groups.symbols[code - finder->codes]->kind == SYMBOL_FUNCTION)
			finder->states[state->process].has_own = true;
	}
	for (i = finder->count - 1; i > 0; i--) {
		struct state *state = &finder->states[i];
		const uint32_t caller = stack_tree_caller(finder->merged->tree, (uint32_t)i);

		state->total_ns += finder->merged->nodes[i].self_ns;
		finder->states[caller].total_ns += state->total_ns;
	}
}

/* The package that most of a process's time goes through first. */
static void find_projects(struct finder *finder)
{
	size_t i;

	for (i = 1; i < finder->count; i++) {
		const uint32_t caller = stack_tree_caller(finder->merged->tree, (uint32_t)i);
		const struct state *state = &finder->states[i];
		struct state *process = &finder->states[state->process];
		const struct code *code = code_of(finder, (uint32_t)i);

		if (process->has_own || !state->in_package || finder->states[caller].in_package ||
		    (process->project && process->project_ns >= state->total_ns))
			continue;
		process->project = code;
		process->project_ns = state->total_ns;
	}
}

static struct owner own(const struct finder *finder, uint32_t node)
{
	const uint32_t caller = stack_tree_caller(finder->merged->tree, node);
	const struct state *process = &finder->states[finder->states[node].process];
	const struct code *code = code_of(finder, node);
	struct owner owner = { false, false, false };

	if (!code || code->is_shown)
		return owner;
	owner.is_told = code->is_told;
	owner.is_library = code->is_told;
	switch (code->kind) {
	case LIBRARY_NONE:
		break;
	case LIBRARY_STANDARD:
		owner.is_library = true;
		break;
	case LIBRARY_PACKAGE:
		owner.is_library |= !is_package(code, process->project);
		break;
	case LIBRARY_GENERATED:
		owner.is_library |= finder->owners[caller].is_library;
		break;
	}
	owner.may_hide =
		owner.is_library && (owner.is_told || process->has_own || process->project);
	return owner;
}

int ownership_find(const struct merged *merged, const struct report_options *options,
		   struct owner **ret_owners)
{
	struct finder finder = { .merged = merged, .count = stack_tree_count(merged->tree) };
	size_t i;
	int code = -ENOMEM;

	finder.codes = calloc(merged->groups.count + 1UL, sizeof(*finder.codes));
	finder.states = calloc(finder.count, sizeof(*finder.states));
	finder.owners = calloc(finder.count, sizeof(*finder.owners));
	if (finder.codes && finder.states && finder.owners) {
		for (i = 0; i < merged->groups.count; i++)
			finder.codes[i] = look_at(merged->groups.symbols[i], options);
		find_processes(&finder);
		find_projects(&finder);
		/* Callers first, as generated code is whose caller's it is. */
		for (i = 1; i < finder.count; i++)
			finder.owners[i] = own(&finder, (uint32_t)i);
		code = 0;
	}
	free(finder.codes);
	free(finder.states);
	if (code)
		free(finder.owners);
	else
		*ret_owners = finder.owners;
	return code;
}

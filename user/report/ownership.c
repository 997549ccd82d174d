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

/* A process, at its node in the tree; without any the profile as a whole. */
struct process {
	bool has_own; /* code that is no library's */
	const struct code *project; /* NULL or, without code of its own, the package that it runs */
	uint64_t project_ns;
};

/* A node, beside its owner. */
struct state {
	uint32_t process;
	bool in_package; /* itself or a caller is a package's */
};

struct finder {
	const struct merged *merged;
	size_t count; /* nodes */
	struct code *codes; /* by group */
	struct process *processes; /* in the order of their nodes, the profile as a whole first */
	uint32_t nprocesses;
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

static bool is_own(const struct finder *finder, const struct code *code)
{
	const struct symbol *symbol = finder->merged->groups.symbols[code - finder->codes];

	return symbol->kind == SYMBOL_FUNCTION && code->kind == LIBRARY_NONE && !code->is_starter &&
	       !code->is_told;
}

/* Which process a node is of, and whether that has code of its own. */
static void find_processes(struct finder *finder)
{
	size_t i;

	finder->nprocesses = 1;
	for (i = 1; i < finder->count; i++) {
		const uint32_t node = (uint32_t)i;
		const struct state *caller =
			&finder->states[stack_tree_caller(finder->merged->tree, node)];
		const struct code *code = code_of(finder, node);
		struct state *state = &finder->states[i];

		state->process =
			begins_process(finder, node) ? finder->nprocesses++ : caller->process;
		state->in_package = caller->in_package || (code && code->kind == LIBRARY_PACKAGE);
		if (code && is_own(finder, code))
			finder->processes[state->process].has_own = true;
	}
}

/* The package that most of a process's time goes through first. */
static void find_projects(struct finder *finder)
{
	size_t i;

	for (i = 1; i < finder->count; i++) {
		const uint32_t caller = stack_tree_caller(finder->merged->tree, (uint32_t)i);
		const uint64_t total_ns = finder->merged->below[i].total_ns;
		const struct state *state = &finder->states[i];
		struct process *process = &finder->processes[state->process];

		if (process->has_own || !state->in_package || finder->states[caller].in_package ||
		    (process->project && process->project_ns >= total_ns))
			continue;
		process->project = code_of(finder, (uint32_t)i);
		process->project_ns = total_ns;
	}
}

static struct owner own(const struct finder *finder, uint32_t node)
{
	const uint32_t caller = stack_tree_caller(finder->merged->tree, node);
	const struct process *process = &finder->processes[finder->states[node].process];
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
	finder.processes = calloc(merged->roots.count + 1UL, sizeof(*finder.processes));
	finder.states = calloc(finder.count, sizeof(*finder.states));
	finder.owners = calloc(finder.count, sizeof(*finder.owners));
	if (finder.codes && finder.processes && finder.states && finder.owners) {
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
	free(finder.processes);
	free(finder.states);
	if (code)
		free(finder.owners);
	else
		*ret_owners = finder.owners;
	return code;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The call tree's nodes: makes, adds up and sorts them. What goes where is calltree_place.c's and calltree_invert.c's, whose
 * code is whose ownership.c's, and how a tree looks on a terminal report_tree.c's.
 */
#include "report/calltree_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/strbuf.h"
#include "profile/profile.h"
#include "profile/stack.h"
#include "report/library.h"
#include "report/ownership.h"
#include "report/report.h"
#include "report/table.h"

/* So many libraries of a hidden node are named, each in so many columns at most. */
#define LIBRARIES_SHOWN 4
#define LIBRARY_COLUMNS 24

/* A library's function with this share of all time in itself is shown although it is called by a library. */
#define HOT_SHARE 0.1

/* NULL for what has a symbol. */
static const struct root *root_of(const struct merged *merged, uint32_t symbol)
{
	return symbol < merged->groups.count ? NULL
					     : &merged->roots.roots[symbol - merged->groups.count];
}

bool calltree_hides(const struct calltree *tree, const struct owner *owners, uint32_t source,
		    uint32_t outer)
{
	const uint64_t all_ns = profile_weight_ns(tree->profile);

	return owners && owners[source].may_hide && owners[outer].is_library &&
	       (owners[source].is_told || all_ns == 0 ||
		(double)tree->merged.nodes[source].self_ns < HOT_SHARE * (double)all_ns);
}

int calltree_add_node(struct calltree *tree, uint32_t caller, uint32_t symbol, uint32_t *ret_node)
{
	const struct merged *merged = &tree->merged;
	const size_t old = tree->capacity, count = stack_tree_count(tree->tree);
	struct calltree_node *node;
	int code;

	code = stack_tree_add(tree->tree, caller, symbol, ret_node);
	if (code || stack_tree_count(tree->tree) == count)
		return code;
	code = array_reserve(&tree->nodes, &tree->capacity, count + 1, sizeof(*tree->nodes));
	if (code)
		return code;
	memset(tree->nodes + old, 0, (tree->capacity - old) * sizeof(*tree->nodes));
	node = &tree->nodes[*ret_node];
	node->caller = caller;
	if (symbol == tree->hidden_symbol) {
		node->kind = CALLTREE_HIDDEN;
	} else if (symbol >= merged->groups.count) {
		node->kind = CALLTREE_ROOT;
		node->root = root_of(merged, symbol);
	} else {
		node->symbol = merged->groups.symbols[symbol];
	}
	return 0;
}

int calltree_hide(struct calltree *tree, uint32_t node, uint32_t source)
{
	const uint32_t group = stack_tree_symbol(tree->merged.tree, source);
	const struct symbol *symbol = tree->merged.groups.symbols[group];
	struct hidden_library *library;

	if (array_reserve(&tree->libraries, &tree->libraries_capacity, tree->nlibraries + 1,
			  sizeof(*tree->libraries)))
		return -ENOMEM;
	library = &tree->libraries[tree->nlibraries++];
	library->node = node;
	library->name = library_package(symbol->file, &library->length);
	/* Remembered for the case that it stays the only one. */
	tree->nodes[node].symbol = symbol;
	tree->nodes[node].nhidden++;
	return 0;
}

/* A node that hides a single function would take the line and keep the name back: show the function. */
static void unhide_single(struct calltree *tree)
{
	const size_t count = stack_tree_count(tree->tree);
	size_t i;

	for (i = 1; i < count; i++) {
		if (tree->nodes[i].kind == CALLTREE_HIDDEN && tree->nodes[i].nhidden == 1)
			tree->nodes[i].kind = CALLTREE_FUNCTION;
	}
}

static int compare_libraries(const void *left, const void *right)
{
	const struct hidden_library *a = left, *b = right;
	const size_t shorter = a->length < b->length ? a->length : b->length;
	int order;

	if (a->node != b->node)
		return a->node < b->node ? -1 : 1;
	order = memcmp(a->name, b->name, shorter);
	if (order)
		return order;
	return a->length < b->length ? -1 : a->length > b->length;
}

static void sort_libraries(struct calltree *tree)
{
	size_t kept = 0, i;

	if (tree->nlibraries == 0)
		return;
	qsort(tree->libraries, tree->nlibraries, sizeof(*tree->libraries), compare_libraries);
	for (i = 0; i < tree->nlibraries; i++) {
		if (kept == 0 ||
		    compare_libraries(&tree->libraries[kept - 1], &tree->libraries[i]) != 0)
			tree->libraries[kept++] = tree->libraries[i];
	}
	tree->nlibraries = kept;
}

/* A name to sort by: any that differs between siblings and not between runs. */
static int compare_nodes(const struct calltree_node *a, const struct calltree_node *b)
{
	int order;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->kind == CALLTREE_ROOT)
		return roots_compare(a->root, b->root);
	if (a->kind == CALLTREE_HIDDEN)
		return 0;
	order = strcmp(a->symbol->file, b->symbol->file);
	if (order)
		return order;
	if (a->symbol->first_line != b->symbol->first_line)
		return a->symbol->first_line < b->symbol->first_line ? -1 : 1;
	order = strcmp(a->symbol->function, b->symbol->function);
	return order ? order : (int)a->symbol->kind - (int)b->symbol->kind;
}

/* Callees in the reverse of the order in which they are shown: by caller, then the coolest first. */
static int compare_callees(const void *left, const void *right)
{
	const struct calltree_node *a = *(const struct calltree_node *const *)left;
	const struct calltree_node *b = *(const struct calltree_node *const *)right;

	if (a->caller != b->caller)
		return a->caller < b->caller ? -1 : 1;
	if (a->total_ns != b->total_ns)
		return a->total_ns < b->total_ns ? -1 : 1;
	return compare_nodes(b, a);
}

/* Add up from the callees to the callers, then link each caller's callees; empty nodes stay out. */
static int add_up(struct calltree *tree)
{
	const size_t count = stack_tree_count(tree->tree);
	struct calltree_node **sorted = calloc(count, sizeof(struct calltree_node *));
	size_t nsorted = 0, i;

	if (!sorted)
		return -ENOMEM;
	for (i = count - 1; i > 0; i--) {
		struct calltree_node *node = &tree->nodes[i];
		struct calltree_node *caller = &tree->nodes[node->caller];

		node->total_ns += node->self_ns;
		node->total_samples += node->self_samples;
		if (node->total_samples == 0 && node->total_ns == 0)
			continue;
		caller->total_ns += node->total_ns;
		caller->total_samples += node->total_samples;
		caller->nbelow += node->nbelow + 1;
		sorted[nsorted++] = node;
	}
	qsort(sorted, nsorted, sizeof(*sorted), compare_callees);
	for (i = 0; i < nsorted; i++) {
		struct calltree_node *caller = &tree->nodes[sorted[i]->caller];

		sorted[i]->next_sibling = caller->first_callee;
		caller->first_callee = (uint32_t)(sorted[i] - tree->nodes);
	}
	free(sorted);
	return 0;
}

static int build(struct calltree *tree, const struct report_options *options)
{
	const double all_ns = (double)profile_weight_ns(tree->profile);
	const double least_ns = options->threshold * all_ns;
	struct owner *owners = NULL;
	int code;

	code = merged_init(&tree->merged, tree->profile);
	if (code)
		return code;
	tree->hidden_symbol = tree->merged.groups.count + tree->merged.roots.count;
	tree->tree = stack_tree_new();
	tree->nodes = calloc(1, sizeof(*tree->nodes));
	tree->capacity = 1;
	tree->of_merged = calloc(stack_tree_count(tree->merged.tree), sizeof(*tree->of_merged));
	if (!tree->tree || !tree->nodes || !tree->of_merged)
		return -ENOMEM;
	if (!options->show_all)
		code = ownership_find(&tree->merged, options, &owners);
	if (!code)
		code = options->invert ? calltree_invert(tree, owners, least_ns)
				       : calltree_place(tree, owners, least_ns);
	free(owners);
	if (code)
		return code;
	unhide_single(tree);
	sort_libraries(tree);
	return add_up(tree);
}

int calltree_new(const struct profile *profile, const struct report_options *options,
		 struct calltree **ret_tree)
{
	struct calltree *tree = calloc(1, sizeof(*tree));
	int code;

	if (!tree)
		return -ENOMEM;
	tree->profile = profile;
	code = build(tree, options);
	if (code)
		calltree_free(tree);
	else
		*ret_tree = tree;
	return code;
}

void calltree_free(struct calltree *tree)
{
	if (!tree)
		return;
	merged_done(&tree->merged);
	stack_tree_free(tree->tree);
	free(tree->nodes);
	free(tree->of_merged);
	free(tree->libraries);
	free(tree);
}

size_t calltree_count(const struct calltree *tree)
{
	return stack_tree_count(tree->tree);
}

const struct calltree_node *calltree_node(const struct calltree *tree, uint32_t index)
{
	return &tree->nodes[index];
}

uint32_t calltree_of_stack(const struct calltree *tree, uint32_t stack)
{
	return tree->of_merged[tree->merged.of_stack[stack]];
}

/* The first library of the node or of a later one. */
static size_t find_libraries(const struct calltree *tree, uint32_t node)
{
	size_t low = 0, high = tree->nlibraries;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (tree->libraries[middle].node < node)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void calltree_add_libraries(const struct calltree *tree, uint32_t index, struct strbuf *buf,
			    bool unicode)
{
	const size_t first = find_libraries(tree, index);
	struct strbuf name;
	size_t i;

	strbuf_init(&name);
	for (i = first; i < tree->nlibraries && tree->libraries[i].node == index; i++) {
		if (i > first)
			strbuf_add(buf, ", ");
		if (i - first == LIBRARIES_SHOWN) {
			strbuf_add(buf, unicode ? "…" : "...");
			break;
		}
		strbuf_clear(&name);
		strbuf_add_bytes(&name, tree->libraries[i].name, tree->libraries[i].length);
		if (strbuf_error(&name))
			buf->failed = true;
		table_add_text(buf, strbuf_text(&name), LIBRARY_COLUMNS, unicode);
	}
	strbuf_done(&name);
}

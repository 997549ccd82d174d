/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The call tree as people read it: a profile's stacks merged by function, runs of the same recursive functions
 * folded into one, and what goes on inside libraries hidden in one node.
 *
 *   main ─┬─ loads ── (2 hidden) ── raw_decode      of  main;loads;decode;raw_decode;scan
 *         └─ parse                                  and main;parse
 *
 * A node's total is its self and its callees' totals, always: what recursion folded counts where it ended.
 *
 * With options->invert the tree begins with the leaves, of all processes together: below each function stand those that
 * called it, so "caller" and "callee" below are to be read the other way round, and self is the time of stacks that the
 * function is the root of.
 *
 * Nodes below options->threshold are cold: they have no nodes below them, and all of their time as self. How many there
 * would be is not known in an inverted tree.
 */
#ifndef PBP_REPORT_CALLTREE_H
#define PBP_REPORT_CALLTREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct profile;
struct report_options;
struct root;
struct strbuf;
struct symbol;

enum calltree_kind {
	CALLTREE_FUNCTION, /* a symbol, or [native] and its like */
	CALLTREE_ROOT, /* a container, command, process or thread */
	CALLTREE_HIDDEN, /* frames of libraries */
};

/* Index 0 is the tree's own root and nothing that is shown. A caller's index is smaller than its callees'. */
struct calltree_node {
	enum calltree_kind kind;
	const struct symbol *symbol; /* function */
	const struct root *root; /* root */
	uint32_t nhidden; /* hidden: functions */
	uint32_t
		deep; /* function: repetitions of the longest run that was folded into it, 0: none */
	uint32_t cycle; /* functions that one repetition has; the node is the first of them */
	uint32_t caller;
	uint32_t first_callee, next_sibling; /* the hottest first; 0: none */
	uint32_t nbelow; /* nodes below, at any depth; of a cold node those that were not built */
	uint64_t self_ns, total_ns;
	uint64_t self_samples;
	uint64_t total_samples; /* not 0, but for index 0 of an empty profile */
};

struct calltree;

/* Of the options what is hidden counts (with show_all nothing is), invert and the threshold. 0 or -ENOMEM; valid until the profile is added to. */
int calltree_new(const struct profile *profile, const struct report_options *options,
		 struct calltree **ret_tree);
void calltree_free(struct calltree *tree);

size_t calltree_count(const struct calltree *tree);
const struct calltree_node *calltree_node(const struct calltree *tree, uint32_t index);

/*
 * The node that a stack of the profile ends in, or the cold one that it lies below; 0 for the empty stack; where several
 * processes have it, one of theirs. With options->invert that of its root, as far as its path was followed, and only of
 * stacks with time of their own.
 */
uint32_t calltree_of_stack(const struct calltree *tree, uint32_t stack);

/* Add the libraries of a hidden node, "json, re", sanitized; at most four are named. */
void calltree_add_libraries(const struct calltree *tree, uint32_t index, struct strbuf *buf,
			    bool unicode);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* A call tree while it is made. Part of the tree; everyone else goes through report/calltree.h. */
#ifndef PBP_REPORT_CALLTREE_INTERNAL_H
#define PBP_REPORT_CALLTREE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "report/calltree.h"
#include "report/merged.h"

struct owner;
struct stack_tree;

/* A library that a hidden node hides. */
struct hidden_library {
	uint32_t node;
	size_t length; /* bytes of name */
	const char *name;
};

struct calltree {
	struct merged merged; /* what the tree is made of: its stacks are the sources below */
	struct stack_tree *tree; /* of merged.tree's symbols, and of hidden_symbol */
	struct calltree_node *nodes; /* of the tree's stacks */
	size_t capacity; /* of nodes */
	uint32_t *
		of_merged; /* source -> the node that it went to; inverted: the last one of its path */
	uint32_t hidden_symbol;
	struct hidden_library *libraries; /* by node, then by name, no two equal */
	size_t nlibraries, libraries_capacity;
	const struct profile *profile;
};

/* These return 0 or -ENOMEM. Totals are added up later, from self. */

/* The node of `symbol` below `caller`, made if it is new. */
int calltree_add_node(struct calltree *tree, uint32_t caller, uint32_t symbol, uint32_t *ret_node);

/* Note one more function that a hidden node hides. */
int calltree_hide(struct calltree *tree, uint32_t node, uint32_t source);

/*
 * Is a source one of the inner frames of a library? `outer` is the source that stands next to it towards the tree's root.
 * Without owners none is.
 */
bool calltree_hides(const struct calltree *tree, const struct owner *owners, uint32_t source,
		    uint32_t outer);

/*
 * Fill the tree from the roots of stacks, or from their leaves. Only nodes of least_ns or more have any below; the others
 * have all of their time as self, and nbelow as far as it is known.
 */
int calltree_place(struct calltree *tree, const struct owner *owners, double least_ns);
int calltree_invert(struct calltree *tree, const struct owner *owners, double least_ns);

#endif

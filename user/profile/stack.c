/* SPDX-License-Identifier: GPL-2.0-only */
/* Keeps each stack once, as one node below its caller's. Knows nothing of what the symbols are. */
#include "profile/stack.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

/* A node that could not be added for want of memory is told by its hh.tbl being NULL. */
#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "base/array.h"

struct edge {
	uint32_t caller;
	uint32_t symbol;
};

struct node {
	UT_hash_handle hh;
	struct edge edge;
	uint32_t id;
};

struct stack_tree {
	struct node *by_edge;
	struct node **by_id; /* by_id[0], the empty stack, is NULL */
	size_t count, capacity;
};

struct stack_tree *stack_tree_new(void)
{
	struct stack_tree *tree = calloc(1, sizeof(*tree));

	if (!tree)
		return NULL;
	if (array_reserve(&tree->by_id, &tree->capacity, 1, sizeof(*tree->by_id))) {
		free(tree);
		return NULL;
	}
	tree->by_id[0] = NULL;
	tree->count = 1;
	return tree;
}

void stack_tree_free(struct stack_tree *tree)
{
	size_t i;

	if (!tree)
		return;
	HASH_CLEAR(hh, tree->by_edge);
	for (i = 0; i < tree->count; i++)
		free(tree->by_id[i]);
	free(tree->by_id);
	free(tree);
}

int stack_tree_add(struct stack_tree *tree, uint32_t caller, uint32_t symbol, uint32_t *ret_stack)
{
	const struct edge edge = { .caller = caller, .symbol = symbol };
	struct node *node;
	unsigned hash;

	assert(caller < tree->count);
	HASH_VALUE(&edge, sizeof(edge), hash);
	HASH_FIND_BYHASHVALUE(hh, tree->by_edge, &edge, sizeof(edge), hash, node);
	if (node) {
		*ret_stack = node->id;
		return 0;
	}
	if (tree->count >= UINT32_MAX)
		return -EOVERFLOW;
	if (array_reserve(&tree->by_id, &tree->capacity, tree->count + 1, sizeof(*tree->by_id)))
		return -ENOMEM;
	node = malloc(sizeof(*node));
	if (!node)
		return -ENOMEM;
	node->edge = edge;
	node->id = (uint32_t)tree->count;
	HASH_ADD_BYHASHVALUE(hh, tree->by_edge, edge, sizeof(edge), hash, node);
	if (!node->hh.tbl) {
		free(node);
		return -ENOMEM;
	}
	tree->by_id[tree->count++] = node;
	*ret_stack = node->id;
	return 0;
}

size_t stack_tree_count(const struct stack_tree *tree)
{
	return tree->count;
}

uint32_t stack_tree_caller(const struct stack_tree *tree, uint32_t stack)
{
	assert(stack < tree->count);
	return stack == 0 ? 0 : tree->by_id[stack]->edge.caller;
}

uint32_t stack_tree_symbol(const struct stack_tree *tree, uint32_t stack)
{
	assert(stack < tree->count);
	return stack == 0 ? UINT32_MAX : tree->by_id[stack]->edge.symbol;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Keeps each stack once, as one node below its caller's. Knows nothing of what the symbols are. */
#include "profile/stack.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/word_map.h"

struct node {
	uint32_t caller;
	uint32_t symbol;
};

struct stack_tree {
	struct word_map by_edge; /* (caller, symbol) -> id, which is never 0 */
	struct node *nodes; /* by id; nodes[0] is the empty stack */
	size_t count, capacity;
};

struct stack_tree *stack_tree_new(void)
{
	struct stack_tree *tree = calloc(1, sizeof(*tree));

	if (!tree)
		return NULL;
	if (array_reserve(&tree->nodes, &tree->capacity, 1, sizeof(*tree->nodes))) {
		free(tree);
		return NULL;
	}
	tree->nodes[0] = (struct node){ .symbol = UINT32_MAX };
	tree->count = 1;
	return tree;
}

void stack_tree_free(struct stack_tree *tree)
{
	if (!tree)
		return;
	word_map_done(&tree->by_edge);
	free(tree->nodes);
	free(tree);
}

int stack_tree_add(struct stack_tree *tree, uint32_t caller, uint32_t symbol, uint32_t *ret_stack)
{
	uint64_t *id;

	assert(caller < tree->count);
	if (tree->count >= UINT32_MAX)
		return -EOVERFLOW;
	if (array_reserve(&tree->nodes, &tree->capacity, tree->count + 1, sizeof(*tree->nodes)))
		return -ENOMEM;
	id = word_map_add(&tree->by_edge, (uint64_t)caller << 32 | symbol);
	if (!id)
		return -ENOMEM;
	if (!*id) {
		tree->nodes[tree->count] = (struct node){ .caller = caller, .symbol = symbol };
		*id = tree->count++;
	}
	*ret_stack = (uint32_t)*id;
	return 0;
}

size_t stack_tree_count(const struct stack_tree *tree)
{
	return tree->count;
}

uint32_t stack_tree_caller(const struct stack_tree *tree, uint32_t stack)
{
	assert(stack < tree->count);
	return tree->nodes[stack].caller;
}

uint32_t stack_tree_symbol(const struct stack_tree *tree, uint32_t stack)
{
	assert(stack < tree->count);
	return tree->nodes[stack].symbol;
}

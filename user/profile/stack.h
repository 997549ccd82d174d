/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Interned stacks: a tree in which a stack is (its caller's stack, symbol). Id 0 is the empty stack.
 *
 *   0 ── 1 <module> ── 2 main ─┬─ 3 parse        stack 3 is <module>;main;parse
 *                              └─ 4 write
 *
 * Symbols are any 32-bit ids: the profile interns its own, and a report may intern stacks of labels.
 */
#ifndef PBP_PROFILE_STACK_H
#define PBP_PROFILE_STACK_H

#include <stddef.h>
#include <stdint.h>

struct stack_tree;

/* NULL when memory runs out. */
struct stack_tree *stack_tree_new(void);
void stack_tree_free(struct stack_tree *tree);

/* The id of `caller` with `symbol` called from it; caller is below stack_tree_count(). Equal pairs give the
 * same id, and a caller's id is smaller than its callees'. Returns 0, -ENOMEM, or -EOVERFLOW past 2^32 - 2. */
int stack_tree_add(struct stack_tree *tree, uint32_t caller, uint32_t symbol, uint32_t *ret_stack);

/* Stacks, the empty one included: ids run from 0 to count - 1. */
size_t stack_tree_count(const struct stack_tree *tree);

/* 0 for the empty stack. */
uint32_t stack_tree_caller(const struct stack_tree *tree, uint32_t stack);

/* UINT32_MAX for the empty stack. */
uint32_t stack_tree_symbol(const struct stack_tree *tree, uint32_t stack);

#endif

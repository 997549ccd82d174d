/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who called whom, and how much of the time: the steps from one element of a stack to the next, between groups.
 *
 *   stack of weight 5:  main ─▶ fib ─▶ fib ─▶ fib ─▶ add      main─▶fib  total 5
 *                                                             fib ─▶fib  total 5, once however often it recurs
 *                                                             fib ─▶add  total 5, self 5: the stack ends with it
 *
 * Laws: the selfs of all calls of a callee and its self as a root add up to its self. A call's self is not above its
 * total, and its total neither above the caller's nor the callee's. The totals of all calls of a callee and its total as
 * a root add up to its total or, where recursion reaches it by several calls of one stack, to more.
 */
#ifndef PBP_PROFILE_CALLS_H
#define PBP_PROFILE_CALLS_H

#include <stddef.h>
#include <stdint.h>

#include "profile/groups.h"
#include "profile/sums.h"

struct profile;

#define CALLS_NOBODY UINT32_MAX /* the caller of roots */

struct call {
	uint32_t caller; /* group, CALLS_NOBODY for a callee that stands at the root of stacks */
	uint32_t callee; /* group */
	struct sum
		sum; /* total: of the stacks that have this call; self: of those that end with it */
};

/* Open for reading; valid until the profile is added to. */
struct calls {
	struct groups groups;
	/* The same calls, sorted by callee and then caller, and by caller and then callee. */
	struct call *by_callee, *by_caller;
	size_t count;
};

/* 0 or -ENOMEM; fills a caller's struct, which calls_done() empties. */
int calls_init(struct calls *calls, const struct profile *profile, enum groups_by by);
void calls_done(struct calls *calls);

/* The *ret_count calls of the group as callee, or as caller; what is returned is in by_callee or by_caller. */
const struct call *calls_of_callee(const struct calls *calls, uint32_t group, size_t *ret_count);
const struct call *calls_of_caller(const struct calls *calls, uint32_t group, size_t *ret_count);

#endif

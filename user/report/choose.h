/* SPDX-License-Identifier: GPL-2.0-only */
/* Which nodes of a call tree are shown. */
#ifndef PBP_REPORT_CHOOSE_H
#define PBP_REPORT_CHOOSE_H

#include <stdbool.h>
#include <stdint.h>

struct calltree;

/*
 * Set shown[index] of the hottest nodes: those of at least least_ns, and of these at most `limit` (0: all). A node
 * that has all of its caller's time is shown with its caller and not counted, lest one deep chain use up the limit
 * and hide the next hottest branch. A shown node's caller is always shown. `shown` has room for
 * calltree_count() nodes, all false. 0 or -ENOMEM.
 */
int choose_nodes(const struct calltree *tree, double least_ns, uint32_t limit, bool *shown);

#endif

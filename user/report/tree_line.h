/* SPDX-License-Identifier: GPL-2.0-only */
/* What a line of a drawn call tree says of its node, behind the branch: the amount, the name, the place. */
#ifndef PBP_REPORT_TREE_LINE_H
#define PBP_REPORT_TREE_LINE_H

#include <stdint.h>

#include "report/amounts.h"

struct calltree;
struct file_names;
struct report_options;
struct strbuf;

/* What all lines of a tree have in common. */
struct tree_lines {
	const struct report_options *options;
	const struct calltree *tree;
	const struct file_names *names;
	struct amounts amounts;
};

/* Add an amount and a space; in colour its share of all. */
void tree_line_add_amount(const struct tree_lines *lines, struct strbuf *line,
			  struct amount amount);

/* Add the node's amount, name and place, and `note` behind them; with a width, cut so that the line keeps it. */
void tree_line_add_node(const struct tree_lines *lines, struct strbuf *line, uint32_t index,
			const char *note);

#endif

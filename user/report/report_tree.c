/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The call tree on a terminal, in pyinstrument's shape. Only draws: the tree is calltree.c's, what of it is shown choose.c's,
 * and what a line says tree_line.c's. What is left out is counted, below its caller where it is much, else in the last
 * lines. A long run of single callees stays in one column, as a deep tree would leave the terminal on the right:
 *
 *   1.000 main
 *   └─ 1.000 a          a is main's only callee, b is a's, c is b's, d is c's, e is d's
 *    ↓ 1.000 b
 *    ↓ 1.000 c
 *    ↓ 1.000 d
 *    ↓ 1.000 e
 *      ├─ 0.700 f       f and g are e's
 *      └─ 0.300 g
 */
#include "report/formats.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/strbuf.h"
#include "profile/profile.h"
#include "report/calltree.h"
#include "report/choose.h"
#include "report/empty.h"
#include "report/file_names.h"
#include "report/tree_line.h"

/* Columns that one level is indented by; columns of a terminal whose width is not limited, and at most. */
#define LEVEL_COLUMNS 3
#define WIDTH_DEFAULT 100
#define WIDTH_MAX     400

/* So many single callees in a row are a long run. */
#define RUN_LEAST 4

struct left_out {
	uint64_t nodes;
	struct amount amount;
};

struct printer {
	struct tree_lines lines;
	const struct report_options *options;
	const struct calltree *tree;
	bool *shown; /* of the tree's nodes */
	double least_ns; /* the threshold */
	size_t deepest; /* levels that indentation may show */
	struct strbuf prefix, line;
	struct left_out below_threshold, beyond_limit;
	uint32_t *parts; /* nodes whose callees are drawn in a part of their own */
	size_t nparts, parts_capacity;
	FILE *stream;
	int code; /* the first failure */
};

/* The lines below a node, and what is left out there. */
struct below {
	size_t nlines;
	uint32_t only; /* the callee on the only line; 0: there are more or other lines */
	bool self; /* a line for the node's own time */
	struct left_out small; /* a line for these if there are any nodes */
	struct left_out uncounted, beyond_limit; /* for the last lines */
};

static bool is_much(const struct printer *printer, uint64_t ns)
{
	return (double)ns >= printer->least_ns;
}

static void add_left_out(struct left_out *to, const struct left_out *more)
{
	to->nodes += more->nodes;
	to->amount.ns += more->amount.ns;
	to->amount.samples += more->amount.samples;
}

static void leave_out(struct left_out *to, const struct calltree_node *node)
{
	add_left_out(to, &(struct left_out){
				 .nodes = 1 + (uint64_t)node->nbelow,
				 .amount = { node->total_ns, node->total_samples },
			 });
}

static void emit(struct printer *printer)
{
	strbuf_add_char(&printer->line, '\n');
	if (strbuf_error(&printer->line))
		printer->code = strbuf_error(&printer->line);
	else
		fwrite(printer->line.text, 1, printer->line.length, printer->stream);
}

/* How a line begins behind its indentation. */
enum branch {
	BRANCH_NONE,
	BRANCH_CALLEE, /* of the line that it is indented below */
	BRANCH_RUN, /* the only callee of the line above */
};

/* The line's indentation and branch; `last` tells that no line of the same caller follows. */
static void begin_line(struct printer *printer, enum branch branch, bool last)
{
	static const char *const ascii[][2] = {
		[BRANCH_NONE] = { "", "" },
		[BRANCH_CALLEE] = { "|- ", "`- " },
		[BRANCH_RUN] = { "|> ", " > " },
	};
	static const char *const unicode[][2] = {
		[BRANCH_NONE] = { "", "" },
		[BRANCH_CALLEE] = { "├─ ", "└─ " },
		[BRANCH_RUN] = { "│↓ ", " ↓ " },
	};

	strbuf_clear(&printer->line);
	strbuf_add(&printer->line, strbuf_text(&printer->prefix));
	strbuf_add(&printer->line,
		   printer->options->unicode ? unicode[branch][last] : ascii[branch][last]);
}

/* What there is to draw below the node; what is too little for a line is for the last lines. */
static struct below look_below(const struct printer *printer, const struct calltree_node *node)
{
	struct below below = { 0 };
	uint32_t callee;

	for (callee = node->first_callee; callee;) {
		const struct calltree_node *at = calltree_node(printer->tree, callee);

		if (printer->shown[callee]) {
			below.only = below.nlines == 0 ? callee : 0;
			below.nlines++;
		} else if (is_much(printer, at->total_ns)) {
			leave_out(&below.beyond_limit, at);
		} else {
			leave_out(&below.small, at);
		}
		callee = at->next_sibling;
	}
	below.self = below.nlines > 0 && node->self_ns > 0 && is_much(printer, node->self_ns);
	if (below.small.nodes > 0 &&
	    (below.nlines == 0 || !is_much(printer, below.small.amount.ns))) {
		below.uncounted = below.small;
		below.small = (struct left_out){ 0 };
	}
	if (below.self)
		below.nlines++;
	if (below.small.nodes > 0)
		below.nlines++;
	if (below.nlines != 1)
		below.only = 0;
	return below;
}

static void count_left_out(struct printer *printer, const struct below *below)
{
	add_left_out(&printer->below_threshold, &below->uncounted);
	add_left_out(&printer->beyond_limit, &below->beyond_limit);
}

static uint32_t only_callee(const struct printer *printer, uint32_t index)
{
	return look_below(printer, calltree_node(printer->tree, index)).only;
}

/* Does a long run of single callees begin below the node? */
static bool begins_run(const struct printer *printer, uint32_t index)
{
	int length = 0;

	while (length < RUN_LEAST && (index = only_callee(printer, index)))
		length++;
	return length == RUN_LEAST;
}

/* Draw the run; returns its last node. `last` is about the line that the run begins with. */
static uint32_t write_run(struct printer *printer, uint32_t index, bool last)
{
	struct below below = look_below(printer, calltree_node(printer->tree, index));

	while (below.only && !printer->code) {
		count_left_out(printer, &below);
		index = below.only;
		begin_line(printer, BRANCH_RUN, last);
		tree_line_add_node(&printer->lines, &printer->line, index, "");
		emit(printer);
		below = look_below(printer, calltree_node(printer->tree, index));
	}
	return index;
}

/* Note that the callees are drawn in a part of their own, and what the line says of it. */
static void add_part(struct printer *printer, uint32_t index, char *note, size_t size)
{
	if (array_reserve(&printer->parts, &printer->parts_capacity, printer->nparts + 1,
			  sizeof(*printer->parts))) {
		printer->code = -ENOMEM;
		return;
	}
	printer->parts[printer->nparts++] = index;
	snprintf(note, size, "  %s [%zu]", printer->options->unicode ? "→" : "->", printer->nparts);
}

static void write_below(struct printer *printer, uint32_t index, size_t level);

/* One callee and what is below it; too deep for the width, that is drawn in a part of its own, further down. */
static void write_callee(struct printer *printer, uint32_t index, size_t level, bool last)
{
	const size_t length = printer->prefix.length;
	char note[48] = "";

	begin_line(printer, BRANCH_CALLEE, last);
	if (level >= printer->deepest &&
	    look_below(printer, calltree_node(printer->tree, index)).nlines > 0)
		add_part(printer, index, note, sizeof(note));
	tree_line_add_node(&printer->lines, &printer->line, index, note);
	emit(printer);
	if (note[0] || printer->code)
		return;
	if (begins_run(printer, index))
		index = write_run(printer, index, last);
	if (last)
		strbuf_add(&printer->prefix, "   ");
	else
		strbuf_add(&printer->prefix, printer->options->unicode ? "│  " : "|  ");
	write_below(printer, index, level + 1);
	strbuf_cut(&printer->prefix, length);
}

/* In a tree that begins with the leaves a node's own time is that of stacks which it is the root of. */
static void write_self(struct printer *printer, const struct calltree_node *node, bool last)
{
	begin_line(printer, BRANCH_CALLEE, last);
	tree_line_add_amount(&printer->lines, &printer->line,
			     (struct amount){ node->self_ns, node->self_samples });
	strbuf_add(&printer->line, printer->options->invert ? "[no caller]" : "[self]");
	emit(printer);
}

static void write_small(struct printer *printer, const struct left_out *small)
{
	begin_line(printer, BRANCH_CALLEE, true);
	tree_line_add_amount(&printer->lines, &printer->line, small->amount);
	strbuf_add_format(&printer->line, "[%llu node%s below %g %%]",
			  (unsigned long long)small->nodes, small->nodes == 1 ? "" : "s",
			  100 * printer->options->threshold);
	emit(printer);
}

/* Everything below a node, the hottest first; levels bound the recursion. */
static void write_below(struct printer *printer, uint32_t index, size_t level)
{
	const struct calltree_node *node = calltree_node(printer->tree, index);
	struct below below = look_below(printer, node);
	uint32_t callee;

	count_left_out(printer, &below);
	for (callee = node->first_callee; callee && !printer->code;) {
		const struct calltree_node *at = calltree_node(printer->tree, callee);

		if (printer->shown[callee]) {
			if (below.self && node->self_ns > at->total_ns) {
				write_self(printer, node, --below.nlines == 0);
				below.self = false;
			}
			write_callee(printer, callee, level, --below.nlines == 0);
		}
		callee = at->next_sibling;
	}
	if (below.self)
		write_self(printer, node, --below.nlines == 0);
	if (below.small.nodes > 0)
		write_small(printer, &below.small);
}

/* A root, or the beginning of a part: stands at the left edge, with its callees below. */
static void write_top(struct printer *printer, uint32_t index, size_t part)
{
	begin_line(printer, BRANCH_NONE, false);
	if (part > 0)
		strbuf_add_format(&printer->line, "\n[%zu] ", part);
	tree_line_add_node(&printer->lines, &printer->line, index, "");
	emit(printer);
	write_below(printer, index, 0);
}

/* "34 more nodes below 1 % with 0.120 s (0.57 %)" */
static void write_left_out(struct printer *printer, const struct left_out *left_out,
			   const char *why)
{
	if (left_out->nodes == 0)
		return;
	strbuf_clear(&printer->line);
	strbuf_add_format(&printer->line, "%llu more node%s %s with ",
			  (unsigned long long)left_out->nodes, left_out->nodes == 1 ? "" : "s",
			  why);
	amounts_add_words(&printer->lines.amounts, &printer->line, left_out->amount, "");
	emit(printer);
}

static void write_tree(struct printer *printer)
{
	const struct calltree_node *root = calltree_node(printer->tree, 0);
	struct below below = look_below(printer, root);
	uint32_t callee;
	char why[64];
	size_t part;

	/* What is left out among the roots has no caller to stand below. */
	add_left_out(&below.uncounted, &below.small);
	count_left_out(printer, &below);
	for (callee = root->first_callee; callee && !printer->code;) {
		if (printer->shown[callee])
			write_top(printer, callee, 0);
		callee = calltree_node(printer->tree, callee)->next_sibling;
	}
	for (part = 1; part <= printer->nparts && !printer->code; part++)
		write_top(printer, printer->parts[part - 1], part);
	snprintf(why, sizeof(why), "beyond the limit of %u", printer->options->limit);
	write_left_out(printer, &printer->beyond_limit, why);
	snprintf(why, sizeof(why), "below %g %%", 100 * printer->options->threshold);
	write_left_out(printer, &printer->below_threshold, why);
}

/* Branches take no more than half of the width. */
static size_t deepest_level(const struct report_options *options)
{
	size_t width = options->width > 0 ? options->width : WIDTH_DEFAULT, levels;

	if (width > WIDTH_MAX)
		width = WIDTH_MAX;
	levels = width / 2 / LEVEL_COLUMNS;
	return levels > 0 ? levels - 1 : 0;
}

static int write_chosen(const struct profile *profile, const struct report_options *options,
			const struct calltree *tree, FILE *stream)
{
	struct file_names *names = file_names_new(profile, options);
	struct printer printer = {
		.lines = { .options = options, .tree = tree, .names = names },
		.options = options,
		.tree = tree,
		.least_ns = options->threshold * (double)profile_weight_ns(profile),
		.deepest = deepest_level(options),
		.stream = stream,
	};

	amounts_init(&printer.lines.amounts, profile, options);
	strbuf_init(&printer.prefix);
	strbuf_init(&printer.line);
	printer.shown = calloc(calltree_count(tree), sizeof(*printer.shown));
	printer.code = names && printer.shown
			       ? choose_nodes(tree, printer.least_ns, options->limit, printer.shown)
			       : -ENOMEM;
	if (!printer.code)
		write_tree(&printer);
	if (!printer.code)
		printer.code = strbuf_error(&printer.prefix);
	free(printer.parts);
	free(printer.shown);
	file_names_free(names);
	strbuf_done(&printer.line);
	strbuf_done(&printer.prefix);
	return printer.code;
}

int report_tree_write(const struct profile *profile, const struct report_options *options,
		      FILE *stream, struct err *err)
{
	struct calltree *tree = NULL;
	int code;

	if (profile_samples(profile) == 0) {
		code = empty_write(profile, stream);
	} else {
		code = calltree_new(profile, options, &tree);
		if (!code)
			code = write_chosen(profile, options, tree, stream);
		calltree_free(tree);
	}
	return code ? err_set(err, code, "cannot write the call tree: %s", strerror(-code)) : 0;
}

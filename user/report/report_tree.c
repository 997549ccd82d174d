/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The call tree on a terminal, in pyinstrument's shape. Only draws: the tree is calltree.c's, and what of it is
 * shown choose.c's. What is left out is counted, below its caller where it is much, else in the last lines.
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
#include "report/names.h"
#include "report/roots.h"
#include "report/style.h"
#include "report/table.h"

/* A file's and a function's name take at most so many columns, and are not cut to less than the least. */
#define FILE_COLUMNS	 50
#define FUNCTION_COLUMNS 80
#define LEAST_COLUMNS	 8

/* A line with the label of a process or the like, where the width is not limited. */
#define ROOT_COLUMNS 160

/* Columns that one level is indented by; columns of a terminal whose width is not limited, and at most. */
#define LEVEL_COLUMNS 3
#define WIDTH_DEFAULT 100
#define WIDTH_MAX     400

struct left_out {
	uint64_t nodes, ns;
};

struct printer {
	const struct report_options *options;
	const struct calltree *tree;
	struct file_names *names;
	bool *shown; /* of the tree's nodes */
	uint64_t all_ns;
	double least_ns; /* the threshold */
	size_t deepest; /* levels that indentation may show */
	struct strbuf prefix, line;
	struct left_out below_threshold, beyond_limit;
	uint32_t *parts; /* nodes whose callees are drawn in a part of their own */
	size_t nparts, parts_capacity;
	FILE *stream;
	int code; /* the first failure */
};

/* The lines below a node. */
struct below {
	size_t nlines;
	bool self; /* a line for the node's own time */
	struct left_out small; /* a line for these if there are any nodes */
};

static double seconds(uint64_t ns)
{
	return (double)ns / 1e9;
}

static double share(const struct printer *printer, uint64_t ns)
{
	return printer->all_ns > 0 ? (double)ns / (double)printer->all_ns : 0;
}

static bool is_much(const struct printer *printer, uint64_t ns)
{
	return (double)ns >= printer->least_ns;
}

static void add_left_out(struct left_out *left_out, const struct calltree_node *node)
{
	left_out->nodes += 1 + (uint64_t)node->nbelow;
	left_out->ns += node->total_ns;
}

static void emit(struct printer *printer)
{
	strbuf_add_char(&printer->line, '\n');
	if (strbuf_error(&printer->line))
		printer->code = strbuf_error(&printer->line);
	else
		fwrite(printer->line.text, 1, printer->line.length, printer->stream);
}

/* The line's indentation and branch; `last` tells that no line of the same caller follows. */
static void begin_line(struct printer *printer, bool branch, bool last)
{
	const bool unicode = printer->options->unicode;

	strbuf_clear(&printer->line);
	strbuf_add(&printer->line, strbuf_text(&printer->prefix));
	if (!branch)
		return;
	if (last)
		strbuf_add(&printer->line, unicode ? "└─ " : "`- ");
	else
		strbuf_add(&printer->line, unicode ? "├─ " : "|- ");
}

static void add_seconds(struct printer *printer, uint64_t ns)
{
	const bool color = printer->options->color;

	strbuf_add_format(&printer->line, "%s%.3f%s ", style_share(share(printer, ns), color),
			  seconds(ns), style_end(color));
}

/* "  x 12 deep, cycle of 2" */
static void add_recursion(struct strbuf *note, const struct calltree_node *node, bool unicode)
{
	if (node->deep == 0)
		return;
	strbuf_add_format(note, "  %s %u deep", unicode ? "×" : "x", node->deep);
	if (node->cycle > 1)
		strbuf_add_format(note, ", cycle of %u", node->cycle);
}

/* FUNCTION  FILE:LINE, cut so that the line stays within the width with `used` columns of it taken. */
static void add_function(struct printer *printer, const struct symbol *symbol, size_t used)
{
	const struct report_options *options = printer->options;
	const char *file = file_names_get(printer->names, symbol->file);
	size_t file_columns = FILE_COLUMNS, function_columns = FUNCTION_COLUMNS;
	char line[16];
	int length;

	length = snprintf(line, sizeof(line), ":%d", symbol->first_line);
	used += (size_t)length + strlen("  ");
	if (options->width > 0) {
		const size_t room = options->width > used ? options->width - used : 0;
		const size_t wanted = table_columns(symbol->function);
		const size_t rest = room > wanted ? room - wanted : 0;

		if (file_columns > rest)
			file_columns = rest > room / 3 ? rest : room / 3;
		if (file_columns < LEAST_COLUMNS)
			file_columns = LEAST_COLUMNS;
		if (table_columns(file) < file_columns)
			file_columns = table_columns(file);
		function_columns = room > file_columns ? room - file_columns : 0;
		if (function_columns < LEAST_COLUMNS)
			function_columns = LEAST_COLUMNS;
	}
	table_add_text(&printer->line, symbol->function, function_columns, options->unicode);
	strbuf_add_format(&printer->line, "  %s", style_faint(options->color));
	table_add_text(&printer->line, file, file_columns, options->unicode);
	strbuf_add_format(&printer->line, "%s%s", line, style_end(options->color));
}

/* Columns for the label of a root. */
static size_t columns_left(const struct printer *printer, size_t used)
{
	const size_t width = printer->options->width > 0 ? printer->options->width : ROOT_COLUMNS;

	return width > used ? width - used : 0;
}

/* The node's words behind its branch: seconds, name, place, and `note`. */
static void add_node(struct printer *printer, uint32_t index, const char *note)
{
	const struct calltree_node *node = calltree_node(printer->tree, index);
	const bool color = printer->options->color;
	struct strbuf *line = &printer->line;
	size_t used = table_columns(strbuf_text(line));
	struct strbuf notes;

	strbuf_init(&notes);
	add_seconds(printer, node->total_ns);
	/* Colours take no columns, so the seconds are measured without them. */
	used += (size_t)snprintf(NULL, 0, "%.3f ", seconds(node->total_ns));
	switch (node->kind) {
	case CALLTREE_ROOT:
		roots_add_label(line, node->root, columns_left(printer, used),
				printer->options->unicode, color);
		break;
	case CALLTREE_HIDDEN:
		strbuf_add_format(line, "%s[%u frames hidden]  ", style_faint(color),
				  node->nhidden);
		calltree_add_libraries(printer->tree, index, line, printer->options->unicode);
		strbuf_add(line, style_end(color));
		break;
	case CALLTREE_FUNCTION:
		add_recursion(&notes, node, printer->options->unicode);
		used += table_columns(strbuf_text(&notes)) + table_columns(note);
		if (node->symbol->kind == SYMBOL_FUNCTION)
			add_function(printer, node->symbol, used);
		else
			names_add_special(line, node->symbol);
		break;
	}
	strbuf_add(line, strbuf_text(&notes));
	strbuf_add(line, note);
	if (strbuf_error(&notes))
		printer->code = strbuf_error(&notes);
	strbuf_done(&notes);
}

static void add_small(struct printer *printer, struct left_out small)
{
	printer->below_threshold.nodes += small.nodes;
	printer->below_threshold.ns += small.ns;
}

/* What there is to draw below the node; what is too little for a line is counted for the last lines. */
static struct below look_below(struct printer *printer, const struct calltree_node *node)
{
	struct below below = { 0 };
	uint32_t callee;

	for (callee = node->first_callee; callee;) {
		const struct calltree_node *at = calltree_node(printer->tree, callee);

		if (printer->shown[callee])
			below.nlines++;
		else if (is_much(printer, at->total_ns))
			add_left_out(&printer->beyond_limit, at);
		else
			add_left_out(&below.small, at);
		callee = at->next_sibling;
	}
	below.self = below.nlines > 0 && node->self_ns > 0 && is_much(printer, node->self_ns);
	if (below.small.nodes > 0 && (below.nlines == 0 || !is_much(printer, below.small.ns))) {
		add_small(printer, below.small);
		below.small = (struct left_out){ 0 };
	}
	if (below.self)
		below.nlines++;
	if (below.small.nodes > 0)
		below.nlines++;
	return below;
}

static bool has_shown_callee(const struct printer *printer, uint32_t index)
{
	uint32_t callee = calltree_node(printer->tree, index)->first_callee;

	while (callee && !printer->shown[callee])
		callee = calltree_node(printer->tree, callee)->next_sibling;
	return callee != 0;
}

static void write_below(struct printer *printer, uint32_t index, size_t level);

/* One callee and what is below it; too deep for the width, that is drawn in a part of its own, further down. */
static void write_callee(struct printer *printer, uint32_t index, size_t level, bool last)
{
	const bool unicode = printer->options->unicode;
	const size_t length = printer->prefix.length;
	char note[48] = "";

	begin_line(printer, true, last);
	if (level >= printer->deepest && has_shown_callee(printer, index)) {
		if (array_reserve(&printer->parts, &printer->parts_capacity, printer->nparts + 1,
				  sizeof(*printer->parts))) {
			printer->code = -ENOMEM;
			return;
		}
		printer->parts[printer->nparts++] = index;
		snprintf(note, sizeof(note), "  %s [%zu]", unicode ? "→" : "->", printer->nparts);
	}
	add_node(printer, index, note);
	emit(printer);
	if (note[0])
		return;
	if (last)
		strbuf_add(&printer->prefix, "   ");
	else
		strbuf_add(&printer->prefix, unicode ? "│  " : "|  ");
	write_below(printer, index, level + 1);
	strbuf_cut(&printer->prefix, length);
}

static void write_self(struct printer *printer, uint64_t self_ns, bool last)
{
	begin_line(printer, true, last);
	add_seconds(printer, self_ns);
	strbuf_add(&printer->line, "[self]");
	emit(printer);
}

static void write_small(struct printer *printer, const struct left_out *small)
{
	begin_line(printer, true, true);
	add_seconds(printer, small->ns);
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

	for (callee = node->first_callee; callee && !printer->code;) {
		const struct calltree_node *at = calltree_node(printer->tree, callee);

		if (printer->shown[callee]) {
			if (below.self && node->self_ns > at->total_ns) {
				write_self(printer, node->self_ns, --below.nlines == 0);
				below.self = false;
			}
			write_callee(printer, callee, level, --below.nlines == 0);
		}
		callee = at->next_sibling;
	}
	if (below.self)
		write_self(printer, node->self_ns, --below.nlines == 0);
	if (below.small.nodes > 0)
		write_small(printer, &below.small);
}

/* A root, or the beginning of a part: stands at the left edge, with its callees below. */
static void write_top(struct printer *printer, uint32_t index, size_t part)
{
	begin_line(printer, false, false);
	if (part > 0)
		strbuf_add_format(&printer->line, "\n[%zu] ", part);
	add_node(printer, index, "");
	emit(printer);
	write_below(printer, index, 0);
}

/* "34 more nodes below 1 % with 0.120 s (0.57 %)" */
static void write_left_out(struct printer *printer, const struct left_out *left_out,
			   const char *why)
{
	if (left_out->nodes == 0)
		return;
	fprintf(printer->stream, "%llu more node%s %s with %.3f s (%.2f %%)\n",
		(unsigned long long)left_out->nodes, left_out->nodes == 1 ? "" : "s", why,
		seconds(left_out->ns), 100 * share(printer, left_out->ns));
}

static void write_tree(struct printer *printer)
{
	const struct calltree_node *root = calltree_node(printer->tree, 0);
	uint32_t callee;
	char why[64];
	size_t part;

	/* What is left out among the roots has no caller to stand below. */
	add_small(printer, look_below(printer, root).small);
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

static int write_chosen(const struct profile *profile, const struct report_options *options,
			const struct calltree *tree, FILE *stream)
{
	struct printer printer = { .options = options, .tree = tree, .stream = stream };
	size_t width = options->width > 0 ? options->width : WIDTH_DEFAULT;

	if (width > WIDTH_MAX)
		width = WIDTH_MAX;
	/* Branches take no more than half of the width. */
	printer.deepest = width / 2 / LEVEL_COLUMNS;
	if (printer.deepest > 0)
		printer.deepest--;
	printer.all_ns = profile_weight_ns(profile);
	printer.least_ns = options->threshold * (double)printer.all_ns;
	strbuf_init(&printer.prefix);
	strbuf_init(&printer.line);
	printer.names = file_names_new(profile);
	printer.shown = calloc(calltree_count(tree), sizeof(*printer.shown));
	printer.code = printer.names && printer.shown
			       ? choose_nodes(tree, printer.least_ns, options->limit, printer.shown)
			       : -ENOMEM;
	if (!printer.code)
		write_tree(&printer);
	if (!printer.code)
		printer.code = strbuf_error(&printer.prefix);
	free(printer.parts);
	free(printer.shown);
	file_names_free(printer.names);
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
		code = calltree_new(profile, options->show_all, &tree);
		if (!code)
			code = write_chosen(profile, options, tree, stream);
		calltree_free(tree);
	}
	return code ? err_set(err, code, "cannot write the call tree: %s", strerror(-code)) : 0;
}

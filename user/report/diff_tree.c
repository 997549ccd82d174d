/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The diff's call tree on a terminal: numbers in columns, the tree beside them, what changed most first. Only draws: what
 * changed and what is shown is diff_nodes.c's.
 */
#include "report/diff_formats.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/strbuf.h"
#include "profile/profile.h"
#include "report/calltree.h"
#include "report/diff_columns.h"
#include "report/diff_counts.h"
#include "report/diff_nodes.h"
#include "report/diff_stacks.h"
#include "report/file_names.h"
#include "report/names.h"
#include "report/roots.h"
#include "report/style.h"
#include "report/table.h"

/* A file's and a function's name take at most so many columns, and are not cut to less than the least. */
#define FILE_COLUMNS	 50
#define FUNCTION_COLUMNS 80
#define LEAST_COLUMNS	 8

/* Columns of a level, and levels of a part: branches take no more than half of what the numbers leave. */
#define LEVEL_COLUMNS 3
#define WIDTH_DEFAULT 120
#define DEEPEST_MIN   4
#define DEEPEST_MAX   60

/* So many single callees in a row stay in one column, as in the call tree (report_tree.c). */
#define RUN_LEAST 4

/* A line yet to be drawn. */
struct line {
	uint32_t node;
	uint32_t level; /* 0: at the left edge */
	bool self; /* the node's own time, below it */
	bool last; /* of its caller's lines; in a run, of that which the run begins with */
	bool run; /* the only callee of the line above */
};

/* What stands below a node, while it is put in order. */
struct below {
	double largest;
	uint32_t node;
	bool self;
};

struct printer {
	const struct diff *diff;
	struct diff_nodes nodes;
	struct file_names *names;
	uint32_t deepest; /* levels that indentation may show */
	struct line *lines; /* the last one comes next */
	size_t nlines, lines_capacity;
	bool last_at[DEEPEST_MAX + 1]; /* by level: no line of the same caller follows */
	uint32_t *parts; /* nodes whose callees are drawn in a part of their own */
	size_t nparts, parts_capacity;
	struct below *below;
	size_t below_capacity;
	struct strbuf text;
	int code; /* the first failure */
};

static void emit(struct printer *printer)
{
	if (strbuf_error(&printer->text))
		printer->code = strbuf_error(&printer->text);
	else
		fwrite(printer->text.text, 1, printer->text.length, printer->diff->stream);
}

static void add_branches(struct printer *printer, const struct line *line)
{
	static const char *const ascii[][2] = { { "|- ", "`- " }, { "|> ", " > " } };
	static const char *const unicode[][2] = { { "├─ ", "└─ " }, { "│↓ ", " ↓ " } };
	const bool is_unicode = printer->diff->options->unicode;
	uint32_t level;

	if (line->level == 0)
		return;
	for (level = 1; level < line->level; level++) {
		if (printer->last_at[level])
			strbuf_add(&printer->text, "   ");
		else
			strbuf_add(&printer->text, is_unicode ? "│  " : "|  ");
	}
	strbuf_add(&printer->text,
		   is_unicode ? unicode[line->run][line->last] : ascii[line->run][line->last]);
	printer->last_at[line->level] = line->last;
}

/* FUNCTION  FILE:LINE, cut so that the line stays within the width with `used` columns of it taken. */
static void add_function(struct printer *printer, const struct symbol *symbol, size_t used)
{
	const struct report_options *options = printer->diff->options;
	const char *file = file_names_get(printer->names, symbol->file);
	size_t file_columns = table_columns(file), function_columns = FUNCTION_COLUMNS, room;

	if (file_columns > FILE_COLUMNS)
		file_columns = FILE_COLUMNS;
	if (options->width > 0) {
		used += strlen("  :12345");
		room = options->width > used + 2 * LEAST_COLUMNS ? options->width - used
								 : 2 * LEAST_COLUMNS;
		if (table_columns(symbol->function) + file_columns > room &&
		    file_columns > room / 2)
			file_columns = room / 2;
		function_columns = room - file_columns;
	}
	/* Who asks for whole paths wants them whole. */
	if (options->full_paths)
		file_columns = SIZE_MAX;
	table_add_text(&printer->text, symbol->function, function_columns, options->unicode);
	strbuf_add_format(&printer->text, "  %s", style_faint(options->color));
	table_add_text(&printer->text, file, file_columns, options->unicode);
	strbuf_add_format(&printer->text, ":%d%s", symbol->first_line, style_end(options->color));
}

static void add_name(struct printer *printer, uint32_t index, size_t used)
{
	const struct calltree_node *node = calltree_node(printer->nodes.tree, index);
	const struct report_options *options = printer->diff->options;
	struct strbuf *text = &printer->text;

	switch (node->kind) {
	case CALLTREE_ROOT:
		roots_add_label(text, node->root, FUNCTION_COLUMNS, options->unicode,
				options->color);
		return;
	case CALLTREE_HIDDEN:
		strbuf_add_format(text, "%s[%u frames hidden]  ", style_faint(options->color),
				  node->nhidden);
		calltree_add_libraries(printer->nodes.tree, index, text, options->unicode);
		strbuf_add(text, style_end(options->color));
		return;
	case CALLTREE_FUNCTION:
		break;
	}
	if (node->symbol->kind != SYMBOL_FUNCTION) {
		names_add_special(text, node->symbol);
		return;
	}
	add_function(printer, node->symbol, used);
	if (node->deep > 0)
		strbuf_add(text, options->unicode ? "  × recursion" : "  x recursion");
}

/* The first callee on from this one that is shown, 0: none. */
static uint32_t next_shown(const struct printer *printer, uint32_t callee)
{
	while (callee && !printer->nodes.nodes[callee].shown)
		callee = calltree_node(printer->nodes.tree, callee)->next_sibling;
	return callee;
}

static uint32_t first_shown(const struct printer *printer, uint32_t index)
{
	return next_shown(printer, calltree_node(printer->nodes.tree, index)->first_callee);
}

static bool has_self_line(const struct printer *printer, uint32_t index)
{
	const struct diff_node *node = &printer->nodes.nodes[index];

	return index != 0 &&
	       diff_place(printer->diff->sides, node->self_change, node->self_beyond) == DIFF_SHOWN;
}

/* The callee on the only line below the node; 0: there are more lines, or none. */
static uint32_t only_callee(const struct printer *printer, uint32_t index)
{
	const uint32_t callee = first_shown(printer, index);

	if (!callee || has_self_line(printer, index) ||
	    next_shown(printer, calltree_node(printer->nodes.tree, callee)->next_sibling))
		return 0;
	return callee;
}

static bool begins_run(const struct printer *printer, uint32_t index)
{
	int length = 0;

	while (length < RUN_LEAST && (index = only_callee(printer, index)))
		length++;
	return length == RUN_LEAST;
}

/* The number of the part in which the node's callees are drawn; 0: they follow. */
static size_t part_of(struct printer *printer, const struct line *line)
{
	if (line->self || line->level < printer->deepest || !first_shown(printer, line->node))
		return 0;
	if (array_reserve(&printer->parts, &printer->parts_capacity, printer->nparts + 1,
			  sizeof(*printer->parts))) {
		printer->code = -ENOMEM;
		return 0;
	}
	printer->parts[printer->nparts++] = line->node;
	return printer->nparts;
}

static void write_line(struct printer *printer, const struct line *line, size_t part)
{
	const struct diff_node *node = &printer->nodes.nodes[line->node];
	const struct diff_pair *pair = line->self ? &node->self : &node->total;

	strbuf_clear(&printer->text);
	diff_columns_add(&printer->text, printer->diff->sides, pair,
			 line->self ? node->self_beyond : node->beyond,
			 printer->diff->options->color);
	strbuf_add_format(&printer->text, "  %s  ", diff_columns_word(pair));
	add_branches(printer, line);
	if (line->self)
		strbuf_add(&printer->text,
			   printer->diff->options->invert ? "[no caller]" : "[self]");
	else
		add_name(printer, line->node,
			 DIFF_COLUMNS_NUMBERS + DIFF_COLUMNS_WORD +
				 (size_t)line->level * LEVEL_COLUMNS);
	if (part > 0)
		strbuf_add_format(&printer->text, "  %s [%zu]",
				  printer->diff->options->unicode ? "→" : "->", part);
	strbuf_add_char(&printer->text, '\n');
	emit(printer);
}

static int compare_below(const void *left, const void *right)
{
	const struct below *a = left, *b = right;

	if (a->largest > b->largest || a->largest < b->largest)
		return a->largest > b->largest ? -1 : 1;
	if (a->self != b->self)
		return a->self ? 1 : -1;
	return a->node < b->node ? -1 : a->node > b->node;
}

/* Of a node whose caller is shown. */
static void count_left_out(struct printer *printer, const struct diff_node *node, uint32_t nbelow)
{
	enum diff_place place = diff_place(printer->diff->sides, node->largest, node->nbeyond > 0);

	if (place == DIFF_SHOWN)
		place = DIFF_BEYOND_LIMIT;
	diff_counts_leave_out(&printer->nodes.counts, place, 1 + (size_t)nbelow, node->nbeyond);
}

/* Put what is shown below the node into printer->below; returns how many lines that are. */
static size_t collect_below(struct printer *printer, uint32_t index)
{
	const struct diff_node *node = &printer->nodes.nodes[index];
	uint32_t callee = calltree_node(printer->nodes.tree, index)->first_callee;
	size_t count = 0;

	while (callee) {
		const struct calltree_node *at = calltree_node(printer->nodes.tree, callee);
		const struct diff_node *below = &printer->nodes.nodes[callee];

		if (array_reserve(&printer->below, &printer->below_capacity, count + 2,
				  sizeof(*printer->below))) {
			printer->code = -ENOMEM;
			return 0;
		}
		if (below->shown)
			printer->below[count++] =
				(struct below){ .largest = below->largest, .node = callee };
		else
			count_left_out(printer, below, at->nbelow);
		callee = at->next_sibling;
	}
	if (count > 0 && has_self_line(printer, index))
		printer->below[count++] = (struct below){ .largest = fabs(node->self_change),
							  .node = index,
							  .self = true };
	if (count > 0)
		qsort(printer->below, count, sizeof(*printer->below), compare_below);
	return count;
}

/* The lines below come next, the largest change first. */
static void push_below(struct printer *printer, size_t count, uint32_t level)
{
	size_t i;

	if (array_reserve(&printer->lines, &printer->lines_capacity, printer->nlines + count,
			  sizeof(*printer->lines))) {
		printer->code = -ENOMEM;
		return;
	}
	for (i = count; i > 0; i--)
		printer->lines[printer->nlines++] = (struct line){
			.node = printer->below[i - 1].node,
			.level = level,
			.self = printer->below[i - 1].self,
			.last = i == count,
		};
}

/* Does the node's only callee stand in its own column? At the left edge there is none to stand in. */
static bool continues_run(const struct printer *printer, const struct line *line)
{
	if (line->level == 0)
		return false;
	return line->run ? only_callee(printer, line->node) != 0 : begins_run(printer, line->node);
}

/* Draw all that was pushed, and what comes below it. */
static void write_lines(struct printer *printer)
{
	while (printer->nlines > 0 && !printer->code) {
		const struct line line = printer->lines[--printer->nlines];
		const size_t part = part_of(printer, &line);
		size_t nbelow;

		write_line(printer, &line, part);
		if (line.self || part > 0)
			continue;
		nbelow = collect_below(printer, line.node);
		if (!continues_run(printer, &line)) {
			push_below(printer, nbelow, line.level + 1);
			continue;
		}
		push_below(printer, nbelow, line.level);
		printer->lines[printer->nlines - 1].last = line.last;
		printer->lines[printer->nlines - 1].run = true;
	}
}

/* A part begins with the node whose callees it shows. */
static void write_parts(struct printer *printer)
{
	size_t part;

	for (part = 1; part <= printer->nparts && !printer->code; part++) {
		fprintf(printer->diff->stream, "\n[%zu]\n", part);
		printer->below[0] = (struct below){ .node = printer->parts[part - 1] };
		push_below(printer, 1, 0);
		write_lines(printer);
	}
}

static void write_tree(struct printer *printer)
{
	const struct report_options *options = printer->diff->options;
	const struct diff_sides *sides = printer->diff->sides;
	const size_t nroots = collect_below(printer, 0);

	strbuf_clear(&printer->text);
	if (nroots > 0) {
		diff_columns_add_heading(&printer->text, sides);
		strbuf_add(&printer->text, "        call tree\n");
	} else {
		diff_counts_add_none(&printer->text, options, "node of the call tree");
	}
	emit(printer);
	push_below(printer, nroots, 0);
	write_lines(printer);
	write_parts(printer);
	strbuf_clear(&printer->text);
	diff_counts_add_lines(&printer->text, &printer->nodes.counts, sides, options, "node");
	emit(printer);
}

/* Branches take no more than half of what the numbers leave. */
static uint32_t measure(uint32_t width)
{
	const uint32_t numbers = DIFF_COLUMNS_NUMBERS + DIFF_COLUMNS_WORD;
	uint32_t deepest;

	if (width == 0)
		width = WIDTH_DEFAULT;
	deepest = width > numbers ? (width - numbers) / 2 / LEVEL_COLUMNS : 0;
	if (deepest < DEEPEST_MIN)
		return DEEPEST_MIN;
	return deepest < DEEPEST_MAX ? deepest : DEEPEST_MAX;
}

int diff_tree_write(const struct diff *diff)
{
	struct printer printer = { .diff = diff, .deepest = measure(diff->options->width) };

	strbuf_init(&printer.text);
	printer.code = diff_nodes_init(&printer.nodes, diff->sides, diff->stacks, diff->options);
	if (!printer.code) {
		printer.names = file_names_new(diff->stacks->both, diff->options);
		printer.code = printer.names ? 0 : -ENOMEM;
	}
	if (!printer.code)
		write_tree(&printer);
	file_names_free(printer.names);
	diff_nodes_done(&printer.nodes);
	free(printer.lines);
	free(printer.parts);
	free(printer.below);
	strbuf_done(&printer.text);
	return printer.code;
}

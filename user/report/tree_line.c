/* SPDX-License-Identifier: GPL-2.0-only */
/* The words of a line of the call tree, cut to the width. Where lines stand in the tree is report_tree.c's. */
#include "report/tree_line.h"

#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "profile/symbol.h"
#include "report/calltree.h"
#include "report/file_names.h"
#include "report/names.h"
#include "report/report.h"
#include "report/roots.h"
#include "report/style.h"
#include "report/table.h"

/* A file's and a function's name take at most so many columns, and are not cut to less than the least. */
#define FILE_COLUMNS	 50
#define FUNCTION_COLUMNS 80
#define LEAST_COLUMNS	 8

/* A line with the label of a process or the like, where the width is not limited. */
#define ROOT_COLUMNS 160

void tree_line_add_amount(const struct tree_lines *lines, struct strbuf *line, struct amount amount)
{
	const bool color = lines->options->color;

	strbuf_add(line, style_share(amounts_share(&lines->amounts, amount.ns), color));
	amounts_add(&lines->amounts, line, amount);
	strbuf_add_format(line, "%s ", style_end(color));
}

/* Columns that it takes; colours take none, so it is measured without them. */
static size_t amount_columns(const struct tree_lines *lines, struct amount amount)
{
	struct strbuf text;
	size_t columns;

	strbuf_init(&text);
	amounts_add(&lines->amounts, &text, amount);
	columns = table_columns(strbuf_text(&text)) + 1;
	strbuf_done(&text);
	return columns;
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
static void add_function(const struct tree_lines *lines, struct strbuf *line,
			 const struct symbol *symbol, size_t used)
{
	const struct report_options *options = lines->options;
	const char *file = file_names_get(lines->names, symbol->file);
	size_t file_columns = FILE_COLUMNS, function_columns = FUNCTION_COLUMNS;
	char number[16];
	int length;

	length = snprintf(number, sizeof(number), ":%d", symbol->first_line);
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
	/* Who asks for whole paths wants them whole. */
	if (options->full_paths)
		file_columns = SIZE_MAX;
	table_add_text(line, symbol->function, function_columns, options->unicode);
	strbuf_add_format(line, "  %s", style_faint(options->color));
	table_add_text(line, file, file_columns, options->unicode);
	strbuf_add_format(line, "%s%s", number, style_end(options->color));
}

/* Columns for the label of a root. */
static size_t columns_left(const struct tree_lines *lines, size_t used)
{
	const size_t width = lines->options->width > 0 ? lines->options->width : ROOT_COLUMNS;

	return width > used ? width - used : 0;
}

static void add_hidden(const struct tree_lines *lines, struct strbuf *line, uint32_t index)
{
	const struct calltree_node *node = calltree_node(lines->tree, index);
	const bool color = lines->options->color;

	strbuf_add_format(line, "%s[%u frames hidden]  ", style_faint(color), node->nhidden);
	calltree_add_libraries(lines->tree, index, line, lines->options->unicode);
	strbuf_add(line, style_end(color));
}

void tree_line_add_node(const struct tree_lines *lines, struct strbuf *line, uint32_t index,
			const char *note)
{
	const struct calltree_node *node = calltree_node(lines->tree, index);
	const struct amount amount = { node->total_ns, node->total_samples };
	size_t used = table_columns(strbuf_text(line)) + amount_columns(lines, amount);
	struct strbuf recursion;

	strbuf_init(&recursion);
	tree_line_add_amount(lines, line, amount);
	switch (node->kind) {
	case CALLTREE_ROOT:
		roots_add_label(line, node->root, columns_left(lines, used),
				lines->options->unicode, lines->options->color);
		break;
	case CALLTREE_HIDDEN:
		add_hidden(lines, line, index);
		break;
	case CALLTREE_FUNCTION:
		add_recursion(&recursion, node, lines->options->unicode);
		used += table_columns(strbuf_text(&recursion)) + table_columns(note);
		if (node->symbol->kind == SYMBOL_FUNCTION)
			add_function(lines, line, node->symbol, used);
		else
			names_add_special(line, node->symbol);
		break;
	}
	strbuf_add(line, strbuf_text(&recursion));
	strbuf_add(line, note);
	if (strbuf_error(&recursion))
		line->failed = true;
	strbuf_done(&recursion);
}

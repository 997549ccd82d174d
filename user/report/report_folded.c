/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The folded format: one line per stack, root first, with its samples; what flame graph tools read. Stacks
 * whose labels are equal are one line, and lines are sorted as bytes. Labels are names.c's.
 */
#include "report/formats.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/strbuf.h"
#include "base/strtab.h"
#include "profile/profile.h"
#include "profile/stack.h"
#include "report/names.h"
#include "report/roots.h"
#include "report/walk.h"

/* The profile's stacks merged by label. */
struct folded {
	const struct profile *profile;
	struct strtab *labels;
	struct stack_tree *tree; /* of labels */
	uint64_t *samples; /* of a node of the tree, as leaf */
	size_t capacity; /* of samples */
	uint32_t *label_of; /* symbol -> label */
	uint32_t *node_of; /* stack -> node, under the root at hand */
	struct roots roots;
	uint32_t root; /* node of the root at hand */
	struct strbuf text;
};

/* A line, or all lines below a node; both begin with the labels on the way and the node's own. */
struct item {
	const char *label;
	size_t prefix; /* bytes of the labels on the way, separators included */
	uint64_t samples; /* 0: all lines below */
	uint32_t node;
};

static int add_label(struct folded *folded, uint32_t *ret_label)
{
	if (strbuf_error(&folded->text))
		return strbuf_error(&folded->text);
	return strtab_add(folded->labels, strbuf_text(&folded->text), ret_label);
}

/* Nodes for the root and those it stands under, of which there are as many as levels. */
static int add_root(struct folded *folded, uint32_t index, uint32_t *ret_node)
{
	const struct root *root = &folded->roots.roots[index];
	uint32_t parent, label;
	int code;

	*ret_node = 0;
	if (index == 0)
		return 0;
	code = add_root(folded, root->parent, &parent);
	if (code)
		return code;
	strbuf_clear(&folded->text);
	if (root->kind == ROOT_THREAD)
		names_add_thread(&folded->text, root->thread);
	else
		names_add_process(&folded->text, root->process);
	code = add_label(folded, &label);
	return code ? code : stack_tree_add(folded->tree, parent, label, ret_node);
}

static int begin_root(void *context, uint32_t root)
{
	struct folded *folded = context;

	return add_root(folded, root, &folded->root);
}

static int merge_stack(void *context, uint32_t stack)
{
	struct folded *folded = context;
	const uint32_t caller = profile_stack_caller(folded->profile, stack);
	const uint32_t symbol = profile_stack_symbol(folded->profile, stack);

	return stack_tree_add(folded->tree,
			      caller == PROFILE_STACK_EMPTY ? folded->root
							    : folded->node_of[caller],
			      folded->label_of[symbol], &folded->node_of[stack]);
}

static int add_row(void *context, const struct profile_row *row)
{
	struct folded *folded = context;
	const size_t old = folded->capacity;
	int code = array_reserve(&folded->samples, &folded->capacity,
				 stack_tree_count(folded->tree), sizeof(*folded->samples));

	if (code)
		return code;
	memset(folded->samples + old, 0, (folded->capacity - old) * sizeof(*folded->samples));
	folded->samples[folded->node_of[row->stack]] += row->samples;
	return 0;
}

static int folded_init(struct folded *folded, const struct profile *profile)
{
	const size_t nsymbols = profile_nsymbols(profile);
	size_t i;
	int code;

	folded->profile = profile;
	strbuf_init(&folded->text);
	folded->labels = strtab_new();
	folded->tree = stack_tree_new();
	folded->label_of = calloc(nsymbols + 1, sizeof(*folded->label_of));
	folded->node_of = calloc(profile_nstacks(profile), sizeof(*folded->node_of));
	if (!folded->labels || !folded->tree || !folded->label_of || !folded->node_of)
		return -ENOMEM;
	code = roots_init(&folded->roots, profile, roots_levels_of_stacks(profile));
	for (i = 0; i < nsymbols && !code; i++) {
		const struct symbol *symbol = profile_symbol(profile, (uint32_t)i);

		strbuf_clear(&folded->text);
		names_add_label(&folded->text, symbol, symbol->line);
		code = add_label(folded, &folded->label_of[i]);
	}
	return code;
}

static void folded_done(struct folded *folded)
{
	roots_done(&folded->roots);
	strtab_free(folded->labels);
	stack_tree_free(folded->tree);
	free(folded->samples);
	free(folded->label_of);
	free(folded->node_of);
	strbuf_done(&folded->text);
}

/* What follows the label in the item's lines, as far as it decides their order. */
static const char *continuation(const struct item *item, char *text, size_t size)
{
	if (item->samples == 0)
		return ";";
	snprintf(text, size, " %" PRIu64, item->samples);
	return text;
}

/* Descending, as the last item pushed is the first to be written. */
static int compare_items(const void *left, const void *right)
{
	const struct item *const items[] = { right, left };
	const char *at[2], *next[2];
	char texts[2][24];
	size_t i;

	for (i = 0; i < 2; i++) {
		at[i] = items[i]->label;
		next[i] = continuation(items[i], texts[i], sizeof(texts[i]));
	}
	while (true) {
		for (i = 0; i < 2; i++) {
			if (*at[i] == '\0' && next[i]) {
				at[i] = next[i];
				next[i] = NULL;
			}
		}
		if (*at[0] != *at[1])
			return (unsigned char)*at[0] < (unsigned char)*at[1] ? -1 : 1;
		if (*at[0] == '\0')
			return 0;
		at[0]++;
		at[1]++;
	}
}

/* The callees of each node as linked lists: first[node], next[callee]; 0 ends. */
static void link_callees(const struct stack_tree *tree, uint32_t *first, uint32_t *next)
{
	size_t i;

	for (i = stack_tree_count(tree) - 1; i > 0; i--) {
		const uint32_t caller = stack_tree_caller(tree, (uint32_t)i);

		next[i] = first[caller];
		first[caller] = (uint32_t)i;
	}
}

struct writer {
	struct folded *folded;
	uint32_t *first, *next; /* callees */
	struct item *items; /* yet to be written, the last one first */
	size_t nitems, capacity;
	FILE *stream;
};

static int push_callees(struct writer *writer, uint32_t node)
{
	const struct folded *folded = writer->folded;
	const size_t old = writer->nitems;
	uint32_t callee;

	for (callee = writer->first[node]; callee; callee = writer->next[callee]) {
		struct item item = {
			.label = strtab_text(folded->labels,
					     stack_tree_symbol(folded->tree, callee)),
			.prefix = folded->text.length,
			.node = callee,
		};

		if (array_reserve(&writer->items, &writer->capacity, writer->nitems + 2,
				  sizeof(*writer->items)))
			return -ENOMEM;
		if (writer->first[callee])
			writer->items[writer->nitems++] = item;
		item.samples = callee < folded->capacity ? folded->samples[callee] : 0;
		if (item.samples > 0)
			writer->items[writer->nitems++] = item;
	}
	/* Without any items there is no array yet, which qsort must not be given. */
	if (writer->nitems > old)
		qsort(writer->items + old, writer->nitems - old, sizeof(*writer->items),
		      compare_items);
	return 0;
}

static int write_items(struct writer *writer)
{
	struct strbuf *text = &writer->folded->text;
	int code;

	strbuf_clear(text);
	code = push_callees(writer, 0);
	while (!code && writer->nitems > 0) {
		const struct item item = writer->items[--writer->nitems];

		strbuf_cut(text, item.prefix);
		strbuf_add(text, item.label);
		strbuf_add_char(text, item.samples > 0 ? ' ' : ';');
		if (strbuf_error(text))
			return strbuf_error(text);
		if (item.samples == 0) {
			code = push_callees(writer, item.node);
			continue;
		}
		fwrite(text->text, 1, text->length, writer->stream);
		fprintf(writer->stream, "%" PRIu64 "\n", item.samples);
	}
	return code;
}

static int write_lines(struct folded *folded, FILE *stream)
{
	const size_t nnodes = stack_tree_count(folded->tree);
	struct writer writer = { .folded = folded, .stream = stream };
	int code = -ENOMEM;

	writer.first = calloc(nnodes, sizeof(*writer.first));
	writer.next = calloc(nnodes, sizeof(*writer.next));
	if (writer.first && writer.next) {
		link_callees(folded->tree, writer.first, writer.next);
		code = write_items(&writer);
	}
	free(writer.first);
	free(writer.next);
	free(writer.items);
	return code;
}

int report_folded_write(const struct profile *profile, const struct report_options *options,
			FILE *stream, struct err *err)
{
	static const struct walk merge = {
		.root = begin_root,
		.stack = merge_stack,
		.row = add_row,
	};
	struct folded folded = { 0 };
	int code;

	(void)options;
	code = folded_init(&folded, profile);
	if (!code)
		code = walk_profile(profile, &folded.roots, &merge, &folded);
	if (!code)
		code = write_lines(&folded, stream);
	folded_done(&folded);
	return code ? err_set(err, code, "cannot write the folded report: %s", strerror(-code)) : 0;
}

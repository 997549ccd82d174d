/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The folded diff: "STACK BASE FRESH" a line, as flame graph tools take two profiles. Base is scaled to what fresh would have
 * had for the same work, unless asked not to. Labels are names.c's, stacks without process or thread, as these differ.
 */
#include "report/diff_formats.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "base/strtab.h"
#include "profile/profile.h"
#include "profile/stack.h"
#include "report/diff_stacks.h"
#include "report/names.h"

/* Samples of hostile files may add up to more than whole numbers go. */
#define MOST 9e18

/* A node of the tree of labels. */
struct node {
	uint64_t samples[2]; /* with it as leaf, by side */
	uint32_t first, next; /* callee and sibling, by label; 0: none */
	size_t length; /* bytes of the line up to and with its label */
};

struct folded {
	const struct diff *diff;
	struct strtab *labels;
	struct stack_tree *tree; /* of labels */
	uint32_t *label_of; /* symbol -> label */
	uint32_t *node_of; /* stack -> node */
	struct node *nodes;
	double factor; /* of base's samples */
	double scaled; /* base's samples so far, scaled */
	uint64_t written; /* of these, so that rounding loses none in sum */
	struct strbuf line;
};

static int add_labels(struct folded *folded)
{
	const struct profile *both = folded->diff->stacks->both;
	const bool by_line = folded->diff->options->by == REPORT_BY_LINE;
	size_t i;
	int code = 0;

	for (i = 0; i < profile_nsymbols(both) && !code; i++) {
		const struct symbol *symbol = profile_symbol(both, (uint32_t)i);

		strbuf_clear(&folded->line);
		names_add_label(&folded->line, symbol, by_line ? symbol->line : symbol->first_line);
		code = strbuf_error(&folded->line);
		if (!code)
			code = strtab_add(folded->labels, strbuf_text(&folded->line),
					  &folded->label_of[i]);
	}
	return code;
}

/* Callers come first, so that a stack's caller has its node. */
static int merge_stacks(struct folded *folded)
{
	const struct profile *both = folded->diff->stacks->both;
	const size_t count = profile_nstacks(both);
	size_t i;
	int code = 0, side;

	for (i = 1; i < count && !code; i++)
		code = stack_tree_add(folded->tree,
				      folded->node_of[profile_stack_caller(both, (uint32_t)i)],
				      folded->label_of[profile_stack_symbol(both, (uint32_t)i)],
				      &folded->node_of[i]);
	folded->nodes =
		code ? NULL : calloc(stack_tree_count(folded->tree), sizeof(*folded->nodes));
	if (!folded->nodes)
		return code ? code : -ENOMEM;
	for (i = 1; i < count; i++) {
		for (side = DIFF_BASE; side <= DIFF_FRESH; side++)
			folded->nodes[folded->node_of[i]].samples[side] +=
				folded->diff->stacks->pairs[i].samples[side];
	}
	return 0;
}

/* A node while siblings are sorted. */
struct sibling {
	const char *label;
	uint32_t caller, node;
};

static int compare_descending(const void *left, const void *right)
{
	const struct sibling *a = left, *b = right;

	if (a->caller != b->caller)
		return a->caller < b->caller ? -1 : 1;
	return strcmp(b->label, a->label);
}

static int link_callees(struct folded *folded)
{
	const size_t count = stack_tree_count(folded->tree);
	struct sibling *siblings = calloc(count, sizeof(*siblings));
	size_t i;

	if (!siblings)
		return -ENOMEM;
	for (i = 1; i < count; i++)
		siblings[i] = (struct sibling){
			.label = strtab_text(folded->labels,
					     stack_tree_symbol(folded->tree, (uint32_t)i)),
			.caller = stack_tree_caller(folded->tree, (uint32_t)i),
			.node = (uint32_t)i,
		};
	qsort(siblings + 1, count - 1, sizeof(*siblings), compare_descending);
	for (i = 1; i < count; i++) {
		struct node *caller = &folded->nodes[siblings[i].caller];

		folded->nodes[siblings[i].node].next = caller->first;
		caller->first = siblings[i].node;
	}
	free(siblings);
	return 0;
}

static int write_line(struct folded *folded, uint32_t index)
{
	struct node *node = &folded->nodes[index];
	const struct node *caller = &folded->nodes[stack_tree_caller(folded->tree, index)];
	uint64_t base;

	strbuf_cut(&folded->line, caller->length);
	if (caller->length > 0)
		strbuf_add_char(&folded->line, ';');
	strbuf_add(&folded->line,
		   strtab_text(folded->labels, stack_tree_symbol(folded->tree, index)));
	if (strbuf_error(&folded->line))
		return strbuf_error(&folded->line);
	node->length = folded->line.length;
	folded->scaled += (double)node->samples[DIFF_BASE] * folded->factor;
	base = (uint64_t)llround(fmin(folded->scaled, MOST)) - folded->written;
	folded->written += base;
	if (base == 0 && node->samples[DIFF_FRESH] == 0)
		return 0;
	fwrite(folded->line.text, 1, folded->line.length, folded->diff->stream);
	fprintf(folded->diff->stream, " %" PRIu64 " %" PRIu64 "\n", base,
		node->samples[DIFF_FRESH]);
	return 0;
}

/* Depth first, callees in the order of their labels. */
static int write_lines(struct folded *folded)
{
	uint32_t index = folded->nodes[0].first;
	int code = 0;

	strbuf_clear(&folded->line);
	while (index && !code) {
		code = write_line(folded, index);
		if (folded->nodes[index].first) {
			index = folded->nodes[index].first;
			continue;
		}
		while (index && !folded->nodes[index].next)
			index = stack_tree_caller(folded->tree, index);
		index = folded->nodes[index].next;
	}
	return code;
}

/* A side without samples gives no factor. */
static double factor_of(const struct diff_sides *sides)
{
	const double base = sides->expected[DIFF_BASE], fresh = sides->expected[DIFF_FRESH];

	if (sides->normalize == REPORT_NORMALIZE_NONE || !(base > 0) || !(fresh > 0))
		return 1;
	return fresh / base;
}

int diff_folded_write(const struct diff *diff)
{
	const struct profile *both = diff->stacks->both;
	struct folded folded = {
		.diff = diff,
		.labels = strtab_new(),
		.tree = stack_tree_new(),
		.label_of = calloc(profile_nsymbols(both) + 1, sizeof(uint32_t)),
		.node_of = calloc(profile_nstacks(both), sizeof(uint32_t)),
		.factor = factor_of(diff->sides),
	};
	int code = -ENOMEM;

	strbuf_init(&folded.line);
	if (folded.labels && folded.tree && folded.label_of && folded.node_of)
		code = add_labels(&folded);
	if (!code)
		code = merge_stacks(&folded);
	if (!code)
		code = link_callees(&folded);
	if (!code)
		code = write_lines(&folded);
	strtab_free(folded.labels);
	stack_tree_free(folded.tree);
	free(folded.label_of);
	free(folded.node_of);
	free(folded.nodes);
	strbuf_done(&folded.line);
	return code;
}

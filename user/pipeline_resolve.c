/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the tree of (code object, instruction) to the profile's (function, file, line): every frame and every node is
 * resolved when a row first needs it, callers before callees. Counts nothing.
 */
#include "pipeline_resolve.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline.h"
#include "pipeline_internal.h"
#include "profile/profile.h"

const enum account_reason pipeline_reasons[PBP_REASON_MAX] = {
	[PBP_REASON_NONE] = ACCOUNT_NOT_RESIDENT, /* not sent with this status */
	[PBP_REASON_NOT_RESIDENT] = ACCOUNT_NOT_RESIDENT,
	[PBP_REASON_NOT_CODE] = ACCOUNT_NOT_CODE,
	[PBP_REASON_CYCLE] = ACCOUNT_CYCLE,
	[PBP_REASON_NO_ROOT] = ACCOUNT_NO_ROOT,
	[PBP_REASON_HALF_SWITCHED] = ACCOUNT_HALF_SWITCHED,
	[PBP_REASON_TOO_MANY_THREADS] = ACCOUNT_TOO_MANY_THREADS,
};

void resolver_done(struct resolver *resolver)
{
	free(resolver->frames);
	free(resolver->nodes);
	word_map_done(&resolver->lacks);
	*resolver = (struct resolver){ 0 };
}

/* Room for `count` of them, the new ones zero. Pages that nobody touches take no memory, so no realloc. */
static int grow(void **items, size_t *had, size_t count, size_t size)
{
	void *grown;

	if (count <= *had)
		return 0;
	grown = calloc(count, size);
	if (!grown)
		return -ENOMEM;
	if (*had)
		memcpy(grown, *items, *had * size);
	free(*items);
	*items = grown;
	*had = count;
	return 0;
}

int resolver_begin(struct pipeline *pipeline, uint64_t now_ns, bool last)
{
	struct resolver *resolver = &pipeline->resolver;
	const struct tree *tree = &pipeline->tree;
	void *frames = resolver->frames, *nodes = resolver->nodes;
	int code = 0;

	/* As much as the tree has reserved, so that it is done as seldom. */
	if (tree->nframes > resolver->nframes)
		code = grow(&frames, &resolver->nframes, tree->frames_capacity,
			    sizeof(*resolver->frames));
	resolver->frames = frames;
	if (!code && tree->nnodes > resolver->nnodes)
		code = grow(&nodes, &resolver->nnodes, tree->nodes_capacity,
			    sizeof(*resolver->nodes));
	resolver->nodes = nodes;
	resolver->flush++;
	resolver->now_ns = now_ns;
	resolver->last = last;
	return code;
}

/* ---- private code objects ---- */

int resolver_add_private(struct resolver *resolver, uint32_t code)
{
	uint64_t *lacks = word_map_add(&resolver->lacks, code);

	if (!lacks)
		return -ENOMEM;
	*lacks = LACKS_SOMETHING;
	return 0;
}

void resolver_note_whole(struct resolver *resolver, uint32_t code)
{
	uint64_t *lacks = word_map_find(&resolver->lacks, code);

	if (lacks)
		*lacks = LACKS_NOTHING;
}

void resolver_forget_private(struct resolver *resolver, uint32_t code)
{
	word_map_remove(&resolver->lacks, code);
}

static uint8_t private_flags(struct resolver *resolver, uint32_t code)
{
	uint64_t *lacks = word_map_find(&resolver->lacks, code);

	if (!lacks)
		return 0;
	if (*lacks == LACKS_NOTHING)
		return RESOLVED_PRIVATE;
	if (*lacks == LACKS_SOMETHING)
		*lacks = resolver->now_ns;
	if (resolver->last || resolver->now_ns - *lacks >= PIPELINE_HOLD_NS)
		return RESOLVED_PRIVATE | RESOLVED_LACKS;
	return RESOLVED_PRIVATE | RESOLVED_LACKS | RESOLVED_HELD;
}

/* ---- frames and nodes ---- */

/* Does it stand, or is it to be found out, perhaps again? */
static bool is_resolved(const struct resolver *resolver, uint32_t flush, uint8_t flags)
{
	return flush == resolver->flush || (flush && !(flags & RESOLVED_LACKS));
}

/* The symbol of a node that stands at the root instead of frames. */
static void base_symbol(uint32_t base, struct symbol *symbol)
{
	switch (base) {
	case BASE_NATIVE:
		symbol->kind = SYMBOL_NATIVE;
		return;
	case BASE_NOT_RECOGNISED:
		symbol->kind = SYMBOL_NOT_RECOGNISED;
		return;
	case BASE_TRUNCATED:
		symbol->kind = SYMBOL_TRUNCATED;
		return;
	default:
		symbol->kind = SYMBOL_UNREADABLE;
		symbol->function = account_reason_text(pipeline_reasons[base - BASE_UNREADABLE]);
	}
}

static void code_symbol(const struct code *code, uint32_t instruction, struct symbol *symbol,
			uint8_t *flags)
{
	bool exact;

	if (!code->function || !code->file) {
		symbol->kind = SYMBOL_UNNAMED;
		*flags |= RESOLVED_UNNAMED;
		return;
	}
	symbol->kind = SYMBOL_FUNCTION;
	symbol->function = code->function;
	symbol->file = code->file;
	symbol->first_line = code->firstlineno;
	symbol->line = code_line(code, instruction, &exact);
	if (!exact)
		*flags |= RESOLVED_LINE_UNKNOWN;
}

static int resolve_frame(struct pipeline *pipeline, uint32_t id)
{
	struct resolver *resolver = &pipeline->resolver;
	const struct tree_frame *frame = &pipeline->tree.frames[id];
	struct resolved_frame *resolved = &resolver->frames[id];
	struct symbol symbol = { .function = "", .file = "" };

	if (is_resolved(resolver, resolved->flush, resolved->flags))
		return 0;
	*resolved = (struct resolved_frame){ .flush = resolver->flush };
	if (CODE_IS_BASE(frame->code)) {
		base_symbol(CODE_TO_BASE(frame->code), &symbol);
	} else if (frame->code == CODE_UNNAMED) {
		code_symbol(&(struct code){ 0 }, frame->instruction, &symbol, &resolved->flags);
	} else {
		resolved->flags = private_flags(resolver, frame->code);
		if (resolved->flags & RESOLVED_HELD)
			return 0;
		code_symbol(codes_get(pipeline->codes, frame->code), frame->instruction, &symbol,
			    &resolved->flags);
	}
	return profile_add_symbol(pipeline->profile, &symbol, &resolved->symbol);
}

/* Is the frame one of CPython's own, that is not shown? Its callees are then its caller's. */
static bool is_internal(const struct pipeline *pipeline, uint32_t code)
{
	return !CODE_IS_BASE(code) && code != CODE_UNNAMED &&
	       codes_get(pipeline->codes, code)->internal;
}

/* A node whose caller is resolved. */
static int resolve_node(struct pipeline *pipeline, uint32_t id)
{
	struct resolver *resolver = &pipeline->resolver;
	const struct tree_node *node = &pipeline->tree.nodes[id];
	const uint32_t code = pipeline->tree.frames[node->frame].code;
	const struct resolved_frame *frame = &resolver->frames[node->frame];
	struct resolved_node *resolved = &resolver->nodes[id];
	int failed;

	*resolved = node->caller == TREE_NONE
			    ? (struct resolved_node){ .stack = PROFILE_STACK_EMPTY }
			    : resolver->nodes[node->caller];
	resolved->flush = resolver->flush;
	if (CODE_IS_BASE(code))
		resolved->base = (uint8_t)CODE_TO_BASE(code);
	if (resolved->flags & RESOLVED_HELD)
		return 0;
	/* Something must be shown, though: names are the target's choice. */
	if (is_internal(pipeline, code) && resolved->stack != PROFILE_STACK_EMPTY) {
		resolved->flags |= private_flags(resolver, code);
		return 0;
	}
	failed = resolve_frame(pipeline, node->frame);
	if (failed)
		return failed;
	resolved->flags |= frame->flags;
	if (resolved->flags & RESOLVED_HELD)
		return 0;
	return profile_add_stack(pipeline->profile, resolved->stack, frame->symbol,
				 &resolved->stack);
}

const struct resolved_node *resolver_find(struct pipeline *pipeline, uint32_t node, int *ret_code)
{
	const struct tree_node *nodes = pipeline->tree.nodes;
	struct resolver *resolver = &pipeline->resolver;
	uint32_t path[STACK_NODES_MAX];
	size_t length = 0;

	/* Callers first: ids say nothing of the order, as released ones are used again. */
	for (uint32_t at = node; at != TREE_NONE; at = nodes[at].caller) {
		if (is_resolved(resolver, resolver->nodes[at].flush, resolver->nodes[at].flags))
			break;
		path[length++] = at;
	}
	*ret_code = 0;
	while (!*ret_code && length)
		*ret_code = resolve_node(pipeline, path[--length]);
	return *ret_code ? NULL : &resolver->nodes[node];
}

void resolver_forget_node(struct pipeline *pipeline, uint32_t node, bool with_frame)
{
	struct resolver *resolver = &pipeline->resolver;
	const uint32_t frame = pipeline->tree.nodes[node].frame;

	if (node < resolver->nnodes)
		resolver->nodes[node].flush = 0;
	if (with_frame && frame < resolver->nframes)
		resolver->frames[frame].flush = 0;
}

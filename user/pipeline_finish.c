/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the tree of (code object, instruction) to a profile of (function, file, line): every frame and every node is
 * resolved once, callers before callees; then each target's counts become its process's rows.
 */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

#include "pipeline.h"
#include "pipeline_internal.h"
#include "profile/profile.h"

/* What is known of a frame once it is resolved. */
struct resolved_frame {
	uint32_t symbol; /* PROFILE_NO_ID until it is needed */
	bool unnamed, line_unknown;
};

/* Likewise of a node. */
struct resolved_node {
	uint32_t stack;
	uint8_t base; /* what its stack stands on */
	bool done;
	bool unnamed, line_unknown; /* of its frame or any of its callers' */
};

struct resolver {
	struct pipeline *pipeline;
	struct resolved_frame *frames;
	struct resolved_node *nodes;
};

static const enum account_reason reasons[PBP_REASON_MAX] = {
	[PBP_REASON_NONE] = ACCOUNT_NOT_RESIDENT, /* not sent with this status */
	[PBP_REASON_NOT_RESIDENT] = ACCOUNT_NOT_RESIDENT,
	[PBP_REASON_NOT_CODE] = ACCOUNT_NOT_CODE,
	[PBP_REASON_CYCLE] = ACCOUNT_CYCLE,
	[PBP_REASON_NO_ROOT] = ACCOUNT_NO_ROOT,
	[PBP_REASON_HALF_SWITCHED] = ACCOUNT_HALF_SWITCHED,
	[PBP_REASON_TOO_MANY_THREADS] = ACCOUNT_TOO_MANY_THREADS,
};

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
		symbol->function = account_reason_text(reasons[base - BASE_UNREADABLE]);
	}
}

static void code_symbol(const struct code *code, uint32_t instruction, struct symbol *symbol,
			struct resolved_frame *resolved)
{
	bool exact;

	if (!code->function || !code->file) {
		symbol->kind = SYMBOL_UNNAMED;
		resolved->unnamed = true;
		return;
	}
	symbol->kind = SYMBOL_FUNCTION;
	symbol->function = code->function;
	symbol->file = code->file;
	symbol->first_line = code->firstlineno;
	symbol->line = code_line(code, instruction, &exact);
	resolved->line_unknown = !exact;
}

static int resolve_frame(struct resolver *resolver, uint32_t id)
{
	const struct tree_frame *frame = &resolver->pipeline->tree.frames[id];
	struct resolved_frame *resolved = &resolver->frames[id];
	struct symbol symbol = { .function = "", .file = "" };

	if (resolved->symbol != PROFILE_NO_ID)
		return 0;
	if (CODE_IS_BASE(frame->code))
		base_symbol(CODE_TO_BASE(frame->code), &symbol);
	else if (frame->code == CODE_UNNAMED)
		code_symbol(&(struct code){ 0 }, frame->instruction, &symbol, resolved);
	else
		code_symbol(codes_get(resolver->pipeline->codes, frame->code), frame->instruction,
			    &symbol, resolved);
	return profile_add_symbol(resolver->pipeline->profile, &symbol, &resolved->symbol);
}

/* A node whose caller is resolved. */
static int resolve_node(struct resolver *resolver, uint32_t id)
{
	const struct pipeline *pipeline = resolver->pipeline;
	const struct tree_node *node = &pipeline->tree.nodes[id];
	const uint32_t code = pipeline->tree.frames[node->frame].code;
	const struct resolved_frame *frame = &resolver->frames[node->frame];
	struct resolved_node *resolved = &resolver->nodes[id];
	int failed;

	*resolved = node->caller == TREE_NONE
			    ? (struct resolved_node){ .stack = PROFILE_STACK_EMPTY }
			    : resolver->nodes[node->caller];
	resolved->done = true;
	if (CODE_IS_BASE(code))
		resolved->base = (uint8_t)CODE_TO_BASE(code);
	/* Its callees are its caller's. Something must be shown, though: names are the target's choice. */
	else if (code != CODE_UNNAMED && codes_get(pipeline->codes, code)->internal &&
		 resolved->stack != PROFILE_STACK_EMPTY)
		return 0;
	failed = resolve_frame(resolver, node->frame);
	if (failed)
		return failed;
	resolved->unnamed |= frame->unnamed;
	resolved->line_unknown |= frame->line_unknown;
	return profile_add_stack(pipeline->profile, resolved->stack, frame->symbol,
				 &resolved->stack);
}

/* A node after all of its callers: ids say nothing of the order, as released ones are used again. */
static int resolve_stack(struct resolver *resolver, uint32_t node)
{
	const struct tree_node *nodes = resolver->pipeline->tree.nodes;
	uint32_t path[STACK_NODES_MAX];
	size_t length = 0;
	int code = 0;

	if (nodes[node].frame == TREE_NONE)
		return 0;
	for (; node != TREE_NONE && !resolver->nodes[node].done; node = nodes[node].caller)
		path[length++] = node;
	while (!code && length)
		code = resolve_node(resolver, path[--length]);
	return code;
}

static int resolve_all(struct resolver *resolver)
{
	const struct tree *tree = &resolver->pipeline->tree;
	int code = 0;

	resolver->frames = calloc(tree->nframes + 1, sizeof(*resolver->frames));
	resolver->nodes = calloc(tree->nnodes + 1, sizeof(*resolver->nodes));
	if (!resolver->frames || !resolver->nodes)
		return -ENOMEM;
	for (size_t i = 0; i < tree->nframes; i++)
		resolver->frames[i].symbol = PROFILE_NO_ID;
	for (size_t i = 0; !code && i < tree->nnodes; i++)
		code = resolve_stack(resolver, (uint32_t)i);
	return code;
}

/* Count a row's samples where the account wants them. */
static void account_row(const struct resolved_node *node, uint64_t samples, struct account *account)
{
	if (node->unnamed)
		account->unnamed += samples;
	if (node->line_unknown)
		account->lines_unknown += samples;
	switch (node->base) {
	case BASE_NONE:
		account->complete += samples;
		return;
	case BASE_NATIVE:
		account->native += samples;
		return;
	case BASE_NOT_RECOGNISED:
		account->not_recognised += samples;
		return;
	case BASE_TRUNCATED:
		account->truncated += samples;
		return;
	default:
		account->unreadable[reasons[node->base - BASE_UNREADABLE]] += samples;
	}
}

static int add_thread(struct profile *profile, const struct word_map *names, uint32_t tid,
		      uint32_t *ret_thread)
{
	const uint64_t *name = word_map_find(names, tid);
	const struct profile_thread thread = {
		.tid = (int32_t)tid,
		.name = name ? (const char *)(uintptr_t)*name : "",
	};

	return profile_add_thread(profile, &thread, ret_thread);
}

/* A process with its rows. names: of its threads, NULL when they are not kept apart. The counts are given back. */
static int add_process(const struct resolver *resolver, const struct profile_process *process,
		       struct tally *tally, const struct word_map *names)
{
	struct profile *profile = resolver->pipeline->profile;
	uint32_t index, thread = PROFILE_NO_ID, tid = 0;
	struct tally_row row = { 0 };
	int code = profile_add_process(profile, process, &index);

	for (; !code && tally_next(tally, &row); row.node++) {
		if (names && (row.thread != tid || thread == PROFILE_NO_ID))
			code = add_thread(profile, names, tid = row.thread, &thread);
		if (code || !row.samples)
			continue;
		account_row(&resolver->nodes[row.node], row.samples, profile_account(profile));
		code = profile_add_weight(profile, index, thread, resolver->nodes[row.node].stack,
					  row.samples, row.weight_ns);
	}
	tally_done(tally);
	return code;
}

static int add_target(const struct resolver *resolver, struct target *target)
{
	const struct profile_process undescribed = pipeline_undescribed(target->id);

	return add_process(resolver,
			   target->description ? &target->description->process : &undescribed,
			   &target->tally, target->threads_apart ? &target->threads : NULL);
}

static int add_targets(const struct resolver *resolver)
{
	struct pipeline *pipeline = resolver->pipeline;
	bool any = pipeline->samples > 0;
	struct target *target, *next;
	struct folded *folded, *next_folded;
	int code = 0;

	HASH_ITER (hh, pipeline->targets, target, next) {
		/* Where nothing was sampled, it is said of whom. */
		if (!code && (any ? target->tally.samples > 0 : !!target->description))
			code = add_target(resolver, target);
	}
	HASH_ITER (hh, pipeline->folded, folded, next_folded) {
		if (!code)
			code = add_process(resolver, &folded->description->process, &folded->tally,
					   NULL);
	}
	return code;
}

/* What only serves to take records makes room for the profile. */
static void stop_taking(struct pipeline *pipeline)
{
	struct target *target, *next;

	HASH_ITER (hh, pipeline->targets, target, next)
		word_map_done(&target->addresses);
	word_map_done(&pipeline->tree.frame_by_key);
	word_map_done(&pipeline->tree.node_by_key);
	/* Freed pieces between others are none that large arrays are made of. */
	malloc_trim(0);
}

int pipeline_finish(struct pipeline *pipeline)
{
	struct resolver resolver = { .pipeline = pipeline };
	int code;

	stop_taking(pipeline);
	code = resolve_all(&resolver);
	if (!code)
		code = add_targets(&resolver);
	free(resolver.frames);
	free(resolver.nodes);
	return code;
}

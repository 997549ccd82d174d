/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the tree of (code object, instruction) to a profile of (function, file, line): every node is resolved
 * once, callers before callees.
 */
#include <errno.h>
#include <stdlib.h>

#include "pipeline.h"
#include "pipeline_internal.h"
#include "profile/profile.h"

/* What is known of a node once it is resolved. */
struct resolved {
	uint32_t process, stack;
	bool unnamed, line_unknown; /* of this frame or any of its callers */
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
			struct resolved *resolved)
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
	resolved->line_unknown |= !exact;
}

static int resolve(struct pipeline *pipeline, const struct node *node, struct resolved *all)
{
	struct resolved *resolved = &all[node->id];
	struct symbol symbol = { .function = "", .file = "" };
	const struct code *code;
	uint32_t id;
	int failed;

	if (node->key.code == CODE_PROCESS) {
		*resolved =
			(struct resolved){ .process = node->process, .stack = PROFILE_STACK_EMPTY };
		return 0;
	}
	*resolved = all[node->key.caller];
	if (CODE_IS_BASE(node->key.code)) {
		base_symbol(CODE_TO_BASE(node->key.code), &symbol);
	} else {
		code = codes_get(pipeline->codes, node->key.code);
		/* Its callees are its caller's. Something must be shown, though: names are the target's choice. */
		if (code->internal && resolved->stack != PROFILE_STACK_EMPTY)
			return 0;
		code_symbol(code, node->key.instruction, &symbol, resolved);
	}
	failed = profile_add_symbol(pipeline->profile, &symbol, &id);
	return failed ? failed
		      : profile_add_stack(pipeline->profile, resolved->stack, id, &resolved->stack);
}

/* Count the node's samples where the account wants them. */
static void account_node(const struct pipeline *pipeline, const struct node *node,
			 const struct resolved *resolved, struct account *account)
{
	const struct node *top = node;

	/* The kind of a stack stands next to its process. */
	while (top->key.code != CODE_PROCESS &&
	       pipeline->nodes[top->key.caller]->key.code != CODE_PROCESS)
		top = pipeline->nodes[top->key.caller];
	if (resolved->unnamed)
		account->unnamed += node->samples;
	if (resolved->line_unknown)
		account->lines_unknown += node->samples;
	if (!CODE_IS_BASE(top->key.code)) {
		account->complete += node->samples;
		return;
	}
	switch (CODE_TO_BASE(top->key.code)) {
	case BASE_NATIVE:
		account->native += node->samples;
		return;
	case BASE_NOT_RECOGNISED:
		account->not_recognised += node->samples;
		return;
	case BASE_TRUNCATED:
		account->truncated += node->samples;
		return;
	default:
		account->unreadable[reasons[CODE_TO_BASE(top->key.code) - BASE_UNREADABLE]] +=
			node->samples;
	}
}

int pipeline_finish(struct pipeline *pipeline)
{
	struct resolved *resolved = calloc(pipeline->nnodes + 1, sizeof(*resolved));
	int code = resolved ? 0 : -ENOMEM;

	for (size_t i = 0; !code && i < pipeline->nnodes; i++) {
		const struct node *node = pipeline->nodes[i];

		code = resolve(pipeline, node, resolved);
		if (code || !node->samples)
			continue;
		account_node(pipeline, node, &resolved[i], profile_account(pipeline->profile));
		code = profile_add_weight(pipeline->profile, resolved[i].process, resolved[i].stack,
					  node->samples, node->weight_ns);
	}
	free(resolved);
	return code;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Keeps of a saved file's comments those that are our own lines of facts, the last one of each head. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "store/facts.h"
#include "store/tables_internal.h"

/* Keep a line of facts instead of an earlier one of the same head. */
static int keep_comment(struct tables *tables, const char *text, uint64_t offset, struct err *err)
{
	const struct facts_head head = facts_head(text);
	const uint64_t key = head.kind == FACTS_RUN
				     ? UINT64_MAX - head.run
				     : (uint64_t)(uint32_t)head.pid << 32 | head.program;
	struct table_comment *comment;
	uint64_t *index;
	char *copy;
	int code;

	if (head.kind == FACTS_NONE)
		return 0;
	tables->is_ours |= head.kind == FACTS_RUN;
	code = tables_work(tables, 1, strlen(text), err);
	if (!code)
		code = tables_take(tables, 2 * strlen(text), err);
	if (code)
		return code;
	index = word_map_add(&tables->comment_heads, key);
	copy = strdup(text);
	code = index && copy ? 0 : -ENOMEM;
	if (!code && !*index) {
		code = TABLES_GROW(tables, comments, ncomments, comments_capacity,
				   TABLES_COMMENT_COST, err);
		if (!code) {
			tables->comments[tables->ncomments] = (struct table_comment){ 0 };
			*index = ++tables->ncomments;
		}
	}
	if (code) {
		free(copy);
		return code;
	}
	comment = &tables->comments[*index - 1];
	if (comment->text)
		tables->memory_left += 2 * strlen(comment->text);
	free(comment->text);
	*comment = (struct table_comment){ .text = copy, .offset = offset };
	return 0;
}

/*
 * A file that was written as it went has a comment or more for each second, and only the last of each head counts. So the
 * text is given back when it is the one that was read last; nothing else of ours refers to it.
 */
int tables_add_comment(struct tables *tables, int64_t number, uint64_t offset, struct err *err)
{
	size_t length;
	int code;

	if (number > 0 && (uint64_t)number + 1 == tables->nstrings) {
		char *text = tables->texts + tables->strings[number];

		if (facts_head(text).kind == FACTS_NONE)
			return 0;
		code = keep_comment(tables, text, offset, err);
		length = strlen(text);
		text[0] = '\0';
		tables->texts_size -= length;
		tables->memory_left += 2 * length + TABLES_TEXT_COST - sizeof(size_t);
		return code;
	}
	code = TABLES_GROW(tables, late_comments, nlate, late_capacity, sizeof(number), err);
	if (!code)
		tables->late_comments[tables->nlate++] = number;
	return code;
}

int tables_check_comments(struct tables *tables, struct err *err)
{
	size_t i;
	int code = 0;

	for (i = 0; i < tables->nlate && !code; i++) {
		code = tables_check_text(tables, tables->late_comments[i], "a comment",
					 TABLES_NO_OFFSET, err);
		if (!code)
			code = keep_comment(tables, tables_text(tables, tables->late_comments[i]),
					    TABLES_NO_OFFSET, err);
	}
	return code;
}

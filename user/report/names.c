/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Labels. Everything that a report prints of a target's texts goes through here or through table.c, so that it is
 * sanitized. Knows nothing of weights.
 */
#include "report/names.h"

#include <string.h>

#include "base/strbuf.h"
#include "profile/profile.h"

/* Sanitize, and keep the separator of folded stacks for itself. */
static void add_element(struct strbuf *buf, const char *text)
{
	size_t at = buf->length;

	strbuf_add_sanitized(buf, text, strlen(text));
	for (; at < buf->length; at++) {
		if (buf->text[at] == ';')
			buf->text[at] = ':';
	}
}

void names_add_special(struct strbuf *buf, const struct symbol *symbol)
{
	switch (symbol->kind) {
	case SYMBOL_FUNCTION:
	case SYMBOL_UNNAMED:
		strbuf_add(buf, "[unnamed]");
		return;
	case SYMBOL_NATIVE:
		strbuf_add(buf, "[native]");
		return;
	case SYMBOL_NOT_RECOGNISED:
		strbuf_add(buf, "[not yet recognised]");
		return;
	case SYMBOL_TRUNCATED:
		strbuf_add(buf, "[truncated]");
		return;
	case SYMBOL_UNREADABLE:
		strbuf_add(buf, "[unreadable: ");
		add_element(buf, symbol->function);
		strbuf_add_char(buf, ']');
		return;
	}
}

void names_add_label(struct strbuf *buf, const struct symbol *symbol, int32_t line)
{
	if (symbol->kind != SYMBOL_FUNCTION) {
		names_add_special(buf, symbol);
		return;
	}
	add_element(buf, symbol->function);
	strbuf_add(buf, " (");
	add_element(buf, symbol->file);
	strbuf_add_format(buf, ":%d)", line);
}

void names_add_process(struct strbuf *buf, const struct profile_process *process)
{
	add_element(buf, process->pid || process->comm[0] ? process->comm : NAMES_PROCESS);
	if (!process->pid) /* of another tool's profile, which does not tell it */
		return;
	strbuf_add_format(buf, " [%d", process->pid);
	if (process->count > 1)
		strbuf_add_format(buf, " and %u more", process->count - 1);
	strbuf_add_char(buf, ']');
}

void names_add_thread(struct strbuf *buf, const struct profile_thread *thread)
{
	add_element(buf, thread->name[0] ? thread->name : NAMES_THREAD);
	strbuf_add_format(buf, " [%d]", thread->tid);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of special names. Which function of a file is one of these is the packer's and the reader's to say. */
#include "store/special.h"

#include <stddef.h>
#include <string.h>

#include "base/strbuf.h"

#define UNREADABLE_HEAD "[unreadable: "

static const struct {
	enum symbol_kind kind;
	const char *name;
} names[] = {
	{ SYMBOL_UNNAMED, "[unnamed]" },
	{ SYMBOL_NATIVE, "[native]" },
	{ SYMBOL_NOT_RECOGNISED, "[not yet recognised]" },
	{ SYMBOL_TRUNCATED, "[truncated]" },
};
#define NNAMES (sizeof(names) / sizeof(*names))

void special_write(struct strbuf *buf, const struct symbol *symbol)
{
	size_t i;

	for (i = 0; i < NNAMES; i++) {
		if (names[i].kind == symbol->kind) {
			strbuf_add(buf, names[i].name);
			return;
		}
	}
	strbuf_add(buf, UNREADABLE_HEAD);
	strbuf_add(buf, symbol->function);
	strbuf_add(buf, "]");
}

bool special_read(const char *name, struct strbuf *buf, struct symbol *ret_symbol)
{
	const size_t head = strlen(UNREADABLE_HEAD), length = strlen(name);
	size_t i;

	for (i = 0; i < NNAMES; i++) {
		if (strcmp(names[i].name, name) == 0) {
			*ret_symbol = (struct symbol){ .kind = names[i].kind,
						       .function = "",
						       .file = "" };
			return true;
		}
	}
	if (length <= head || strncmp(name, UNREADABLE_HEAD, head) != 0 || name[length - 1] != ']')
		return false;
	strbuf_clear(buf);
	strbuf_add_bytes(buf, name + head, length - head - 1);
	*ret_symbol = (struct symbol){ .kind = SYMBOL_UNREADABLE,
				       .function = strbuf_text(buf),
				       .file = "" };
	return true;
}

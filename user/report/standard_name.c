/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pstats' name of a function (func_std_string in CPython's Lib/pstats.py), so that patterns typed for pstats find the
 * same rows here. Knows nothing of columns and short names.
 */
#include "report/standard_name.h"

#include <string.h>

#include "base/strbuf.h"
#include "profile/symbol.h"
#include "report/names.h"

void standard_name_add(struct strbuf *buf, const struct symbol *symbol, int32_t line)
{
	if (symbol->kind != SYMBOL_FUNCTION) {
		names_add_special(buf, symbol);
		return;
	}
	strbuf_add_sanitized(buf, symbol->file, strlen(symbol->file));
	if (line == 0 && !symbol->function[0] && symbol->file[0])
		return;
	strbuf_add_format(buf, ":%d(", line);
	strbuf_add_sanitized(buf, symbol->function, strlen(symbol->function));
	strbuf_add_char(buf, ')');
}

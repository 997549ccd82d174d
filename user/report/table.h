/* SPDX-License-Identifier: GPL-2.0-only */
/* Text in columns of a terminal: how wide it is, and how it is cut to fit. */
#ifndef PBP_REPORT_TABLE_H
#define PBP_REPORT_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct strbuf;

/* Columns that a text takes once sanitized: two for wide East Asian characters and most emoji, none for
 * combining ones. */
size_t table_columns(const char *text);

/*
 * Add a foreign text, sanitized and in at most `columns` columns: of a longer one the head and, as paths and
 * qualified names end with what matters, twice as much of the tail, with an ellipsis between.
 */
void table_add_text(struct strbuf *buf, const char *text, size_t columns, bool unicode);

/* Fill up with spaces to `columns` columns from byte `start` of the buffer on. */
void table_pad(struct strbuf *buf, size_t start, size_t columns);

#endif

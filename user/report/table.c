/* SPDX-License-Identifier: GPL-2.0-only */
/* Measures, cuts and pads text for a terminal. Independent of the locale, so that reports are the same everywhere. */
#include "report/table.h"

#include <string.h>

#include "base/strbuf.h"

struct range {
	unsigned first, last;
};

static bool is_in(const struct range *ranges, size_t count, unsigned code)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	}
	return false;
}

/* The blocks that terminals agree on (Unicode's EastAsianWidth W and F, and combining marks), not every character. */
static size_t columns_of(unsigned code)
{
	static const struct range wide[] = {
		{ 0x1100, 0x115f },   { 0x2e80, 0x303e },   { 0x3041, 0xa4cf },
		{ 0xa960, 0xa97f },   { 0xac00, 0xd7a3 },   { 0xf900, 0xfaff },
		{ 0xfe30, 0xfe6f },   { 0xff00, 0xff60 },   { 0xffe0, 0xffe6 },
		{ 0x1f300, 0x1f64f }, { 0x1f680, 0x1f6ff }, { 0x1f900, 0x1f9ff },
		{ 0x20000, 0x3fffd },
	};
	static const struct range combining[] = {
		{ 0x0300, 0x036f },
		{ 0x200b, 0x200f },
		{ 0x20d0, 0x20ff },
		{ 0xfe00, 0xfe0f },
	};

	if (code < 0x300)
		return 1;
	if (is_in(combining, sizeof(combining) / sizeof(combining[0]), code))
		return 0;
	return is_in(wide, sizeof(wide) / sizeof(wide[0]), code) ? 2 : 1;
}

/* Columns of the first character of the text, and its bytes. */
static size_t first_columns(const char *text, size_t length, size_t *ret_bytes)
{
	unsigned code = 0;
	const size_t bytes = utf8_decode(text, length, &code);

	*ret_bytes = bytes > 0 ? bytes : 1;
	return bytes > 0 ? columns_of(code) : 1;
}

static size_t columns_of_bytes(const char *text, size_t length)
{
	size_t columns = 0, at = 0, bytes;

	while (at < length) {
		columns += first_columns(text + at, length - at, &bytes);
		at += bytes;
	}
	return columns;
}

size_t table_columns(const char *text)
{
	struct strbuf whole;
	size_t columns;

	strbuf_init(&whole);
	strbuf_add_sanitized(&whole, text, strlen(text));
	columns = columns_of_bytes(strbuf_text(&whole), whole.length);
	strbuf_done(&whole);
	return columns;
}

/* Bytes of the text's longest head of at most `columns` columns. */
static size_t head_bytes(const char *text, size_t length, size_t columns)
{
	size_t used = 0, at = 0, bytes;

	while (at < length) {
		used += first_columns(text + at, length - at, &bytes);
		if (used > columns)
			break;
		at += bytes;
	}
	return at;
}

/* Where the text's longest tail of at most `columns` columns begins. */
static size_t tail_start(const char *text, size_t length, size_t columns)
{
	size_t rest = columns_of_bytes(text, length), at = 0, bytes;

	while (rest > columns && at < length) {
		rest -= first_columns(text + at, length - at, &bytes);
		at += bytes;
	}
	return at;
}

void table_add_text(struct strbuf *buf, const char *text, size_t columns, bool unicode)
{
	const char *ellipsis = unicode ? "…" : "...";
	const size_t ellipsis_columns = unicode ? 1 : 3;
	size_t room, head, tail;
	struct strbuf whole;

	strbuf_init(&whole);
	strbuf_add_sanitized(&whole, text, strlen(text));
	if (strbuf_error(&whole))
		buf->failed = true;
	if (columns_of_bytes(strbuf_text(&whole), whole.length) <= columns) {
		strbuf_add_bytes(buf, strbuf_text(&whole), whole.length);
		strbuf_done(&whole);
		return;
	}
	room = columns > ellipsis_columns ? columns - ellipsis_columns : 0;
	head = head_bytes(whole.text, whole.length, room / 3);
	tail = tail_start(whole.text, whole.length, room - room / 3);
	strbuf_add_bytes(buf, whole.text, head);
	strbuf_add(buf, ellipsis);
	strbuf_add_bytes(buf, whole.text + tail, whole.length - tail);
	strbuf_done(&whole);
}

void table_pad(struct strbuf *buf, size_t start, size_t columns)
{
	size_t used;

	if (strbuf_error(buf) || buf->length < start)
		return;
	for (used = columns_of_bytes(strbuf_text(buf) + start, buf->length - start); used < columns;
	     used++)
		strbuf_add_char(buf, ' ');
}

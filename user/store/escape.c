/* SPDX-License-Identifier: GPL-2.0-only */
/* Escapes texts and back. What is harmful is decided by strbuf_add_sanitized(), for terminals and files alike. */
#include "store/escape.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/strbuf.h"

/* Add the `size` bytes of one character; tell whether they could be added as they are. */
static bool add_harmless(struct strbuf *buf, const char *character, size_t size)
{
	const size_t mark = buf->length;

	strbuf_add_sanitized(buf, character, size);
	if (buf->length == mark + size && memcmp(buf->text + mark, character, size) == 0)
		return true;
	strbuf_cut(buf, mark);
	return false;
}

void escape_text(struct strbuf *buf, const char *text)
{
	const size_t length = strlen(text);
	size_t at = 0, i;

	if (!strstr(text, "\\x") && add_harmless(buf, text, length))
		return;
	while (at < length) {
		unsigned code;
		size_t size = utf8_decode(text + at, length - at, &code);
		const bool is_ours = text[at] == '\\' && text[at + 1] == 'x';

		if (size == 0)
			size = 1;
		if (is_ours || !add_harmless(buf, text + at, size)) {
			for (i = 0; i < size; i++)
				strbuf_add_format(buf, "\\x%02x", (unsigned char)text[at + i]);
		}
		at += size;
	}
}

/* The value of a digit as escape_text() writes it, -1 of anything else. */
static int digit(char character)
{
	if (character >= '0' && character <= '9')
		return character - '0';
	return character >= 'a' && character <= 'f' ? character - 'a' + 10 : -1;
}

/* The byte that an escape stands for; 0: here is none. */
static char escaped_byte(const char *text)
{
	if (text[0] != '\\' || text[1] != 'x' || digit(text[2]) < 0 || digit(text[3]) < 0)
		return 0;
	return (char)(digit(text[2]) << 4 | digit(text[3]));
}

void unescape_text(struct strbuf *buf, const char *text)
{
	const char *next;

	while ((next = strstr(text, "\\x"))) {
		const char byte = escaped_byte(next);

		strbuf_add_bytes(buf, text, (size_t)(next - text));
		strbuf_add_char(buf, byte ? byte : '\\');
		text = next + (byte ? 4 : 1);
	}
	strbuf_add(buf, text);
}

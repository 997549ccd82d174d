/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Growing text, and the one place that makes foreign text harmless for a terminal. Knows nothing of what the
 * texts mean.
 */
#include "base/strbuf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"

void strbuf_init(struct strbuf *buf)
{
	*buf = (struct strbuf){ 0 };
}

void strbuf_done(struct strbuf *buf)
{
	free(buf->text);
	strbuf_init(buf);
}

void strbuf_clear(struct strbuf *buf)
{
	buf->failed = false;
	strbuf_cut(buf, 0);
}

void strbuf_cut(struct strbuf *buf, size_t length)
{
	if (length >= buf->length)
		return;
	buf->length = length;
	buf->text[length] = '\0';
}

const char *strbuf_text(const struct strbuf *buf)
{
	return buf->text ? buf->text : "";
}

int strbuf_error(const struct strbuf *buf)
{
	return buf->failed ? -ENOMEM : 0;
}

/* Room for `length` more bytes and the NUL. */
static bool reserve(struct strbuf *buf, size_t length)
{
	if (buf->failed)
		return false;
	if (length >= (size_t)-1 - buf->length ||
	    array_reserve(&buf->text, &buf->capacity, buf->length + length + 1, 1))
		buf->failed = true;
	return !buf->failed;
}

void strbuf_add_bytes(struct strbuf *buf, const char *bytes, size_t length)
{
	if (!reserve(buf, length))
		return;
	if (length > 0)
		memcpy(buf->text + buf->length, bytes, length);
	buf->length += length;
	buf->text[buf->length] = '\0';
}

void strbuf_add(struct strbuf *buf, const char *text)
{
	strbuf_add_bytes(buf, text, strlen(text));
}

void strbuf_add_char(struct strbuf *buf, char character)
{
	strbuf_add_bytes(buf, &character, 1);
}

void strbuf_add_format(struct strbuf *buf, const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	if (length < 0) {
		buf->failed = true;
		return;
	}
	if (!reserve(buf, (size_t)length))
		return;
	va_start(arguments, format);
	vsnprintf(buf->text + buf->length, (size_t)length + 1, format, arguments);
	va_end(arguments);
	buf->length += (size_t)length;
}

size_t utf8_decode(const char *bytes, size_t length, unsigned *ret_code)
{
	/* The smallest code that needs as many bytes: a smaller one is an overlong form. */
	static const unsigned least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char *byte = (const unsigned char *)bytes;
	size_t size, i;
	unsigned code;

	if (byte[0] < 0x80) {
		*ret_code = byte[0];
		return 1;
	}
	if (byte[0] >= 0xc2 && byte[0] <= 0xdf)
		size = 2;
	else if (byte[0] >= 0xe0 && byte[0] <= 0xef)
		size = 3;
	else if (byte[0] >= 0xf0 && byte[0] <= 0xf4)
		size = 4;
	else
		return 0;
	if (size > length)
		return 0;
	code = byte[0] & (0x7fU >> size);
	for (i = 1; i < size; i++) {
		if ((byte[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (byte[i] & 0x3f);
	}
	if (code < least[size] || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret_code = code;
	return size;
}

static bool is_control(unsigned code)
{
	return code < 0x20 || (code >= 0x7f && code <= 0x9f);
}

/* Controls that move or reorder what stands around them on the line. */
static bool is_layout_control(unsigned code)
{
	return (code >= 0x2028 && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069);
}

void strbuf_add_sanitized(struct strbuf *buf, const char *bytes, size_t length)
{
	size_t harmless = 0, at = 0;

	while (at < length) {
		unsigned code = (unsigned char)bytes[at];
		size_t size = utf8_decode(bytes + at, length - at, &code);

		if (size > 0 && !is_control(code) && !is_layout_control(code)) {
			at += size;
			continue;
		}
		strbuf_add_bytes(buf, bytes + harmless, at - harmless);
		strbuf_add_format(buf, size > 0 && code > 0xff ? "\\u%04x" : "\\x%02x", code);
		at += size > 0 ? size : 1;
		harmless = at;
	}
	strbuf_add_bytes(buf, bytes + harmless, length - harmless);
}

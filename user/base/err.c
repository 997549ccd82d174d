/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reasons for failures as values. Formats into buffers of its own first, so that a message may be built from
 * the reason's present one; prints only when told to, and then harmlessly for a terminal.
 */
#include "base/err.h"

#include <stdarg.h>
#include <string.h>

#include "base/strbuf.h"

/* Copy text into size bytes; where it must be cut, at the start of a UTF-8 character. */
static void copy_cut(char *to, size_t size, const char *text)
{
	size_t length = strlen(text);

	if (length >= size) {
		length = size - 1;
		while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80)
			length--;
	}
	memcpy(to, text, length);
	to[length] = '\0';
}

int err_set(struct err *err, int code, const char *format, ...)
{
	char message[2 * sizeof(err->message)];
	va_list arguments;

	if (!err)
		return code;
	va_start(arguments, format);
	if (vsnprintf(message, sizeof(message), format, arguments) < 0)
		message[0] = '\0';
	va_end(arguments);
	err->code = code;
	copy_cut(err->message, sizeof(err->message), message);
	err->hint[0] = '\0';
	return code;
}

int err_hint(struct err *err, const char *format, ...)
{
	char hint[2 * sizeof(err->hint)];
	va_list arguments;

	if (!err)
		return 0;
	va_start(arguments, format);
	if (vsnprintf(hint, sizeof(hint), format, arguments) < 0)
		hint[0] = '\0';
	va_end(arguments);
	copy_cut(err->hint, sizeof(err->hint), hint);
	return err->code;
}

int err_wrap(struct err *err, const char *format, ...)
{
	char context[sizeof(err->message)];
	char message[2 * sizeof(err->message) + 2];
	va_list arguments;

	if (!err)
		return 0;
	va_start(arguments, format);
	if (vsnprintf(context, sizeof(context), format, arguments) < 0)
		context[0] = '\0';
	va_end(arguments);
	snprintf(message, sizeof(message), "%s: %s", context, err->message);
	copy_cut(err->message, sizeof(err->message), message);
	return err->code;
}

void err_print(const struct err *err, const char *program, FILE *stream)
{
	struct strbuf text;

	strbuf_init(&text);
	strbuf_add_sanitized(&text, program, strlen(program));
	strbuf_add(&text, ": ");
	strbuf_add_sanitized(&text, err->message, strlen(err->message));
	strbuf_add_char(&text, '\n');
	if (err->hint[0]) {
		strbuf_add(&text, "hint: ");
		strbuf_add_sanitized(&text, err->hint, strlen(err->hint));
		strbuf_add_char(&text, '\n');
	}
	if (strbuf_error(&text))
		fprintf(stream, "out of memory while printing an error (code %d)\n", -err->code);
	else
		fwrite(text.text, 1, text.length, stream);
	strbuf_done(&text);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A growing text buffer. Running out of memory latches: later additions do nothing, and the failure is asked
 * for once, at the end, with strbuf_error().
 */
#ifndef PBP_BASE_STRBUF_H
#define PBP_BASE_STRBUF_H

#include <stdbool.h>
#include <stddef.h>

struct strbuf {
	char *text; /* read it through strbuf_text() */
	size_t length; /* bytes, the final NUL not counted */
	size_t capacity;
	bool failed;
};

void strbuf_init(struct strbuf *buf);
void strbuf_done(struct strbuf *buf);

/* Empty it for reuse: keeps the memory, forgets a failure. */
void strbuf_clear(struct strbuf *buf);

/* Drop everything behind the first `length` bytes; nothing when it is not longer. */
void strbuf_cut(struct strbuf *buf, size_t length);

/* The text, never NULL, ending in NUL; valid until the next addition. */
const char *strbuf_text(const struct strbuf *buf);

/* 0, or -ENOMEM when an addition was lost. */
int strbuf_error(const struct strbuf *buf);

void strbuf_add(struct strbuf *buf, const char *text);
void strbuf_add_bytes(struct strbuf *buf, const char *bytes, size_t length);
void strbuf_add_char(struct strbuf *buf, char character);
__attribute__((format(printf, 2, 3))) void strbuf_add_format(struct strbuf *buf, const char *format,
							     ...);

/*
 * Add `length` bytes that came from elsewhere so that they can do nothing to a terminal: control characters
 * (C0, DEL, C1) become \xNN with their code, bytes that are no valid UTF-8 become \xNN with their value, and
 * line, paragraph and direction controls (U+2028, U+2029, U+202A to U+202E, U+2066 to U+2069) become \uNNNN.
 */
void strbuf_add_sanitized(struct strbuf *buf, const char *bytes, size_t length);

/*
 * The first character of `length` > 0 bytes of UTF-8. Returns its bytes (1..4) and its code in *ret_code, or
 * 0 when the bytes do not begin with a valid one (overlong forms, surrogates and codes past U+10FFFF are not).
 */
size_t utf8_decode(const char *bytes, size_t length, unsigned *ret_code);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Texts of targets as saved profiles hold them: readable UTF-8 without control characters, so that no other viewer can
 * be harmed by them, and still every byte of them comes back.
 *
 *   a<ESC>b     a\x1bb              a control character, or bytes that are no UTF-8: each byte
 *   a\xb        a\x5cxb             a backslash only where it would be taken for the beginning of such a byte
 */
#ifndef PBP_STORE_ESCAPE_H
#define PBP_STORE_ESCAPE_H

struct strbuf;

void escape_text(struct strbuf *buf, const char *text);

/* What escape_text() was given; \x00 is none of it and stays as it is. */
void unescape_text(struct strbuf *buf, const char *text);

#endif

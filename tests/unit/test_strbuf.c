/* SPDX-License-Identifier: GPL-2.0-only */
/* The text buffer: growth, the failure that latches, and above all what sanitizing lets through. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/strbuf.h"

static void assert_sanitized(const char *bytes, size_t length, const char *expected)
{
	struct strbuf buf;

	strbuf_init(&buf);
	strbuf_add_sanitized(&buf, bytes, length);
	assert_string_equal(strbuf_text(&buf), expected);
	assert_int_equal(buf.length, strlen(expected));
	strbuf_done(&buf);
}

#define SANITIZED(bytes, expected) assert_sanitized(bytes, sizeof(bytes) - 1, expected)

static void text_is_added_in_every_form(void **state)
{
	struct strbuf buf;

	(void)state;
	strbuf_init(&buf);
	assert_string_equal(strbuf_text(&buf), "");
	strbuf_add(&buf, "a");
	strbuf_add_char(&buf, 'b');
	strbuf_add_bytes(&buf, "cxx", 1);
	strbuf_add_format(&buf, "%d%s", 12, "!");
	assert_string_equal(strbuf_text(&buf), "abc12!");
	strbuf_cut(&buf, 100);
	assert_int_equal(buf.length, 6);
	strbuf_cut(&buf, 2);
	assert_string_equal(strbuf_text(&buf), "ab");
	strbuf_clear(&buf);
	assert_string_equal(strbuf_text(&buf), "");
	strbuf_done(&buf);
}

static void it_grows_as_needed(void **state)
{
	struct strbuf buf;
	int i;

	(void)state;
	strbuf_init(&buf);
	for (i = 0; i < 1000; i++)
		strbuf_add_format(&buf, "%09d.", i);
	assert_int_equal(buf.length, 10000);
	assert_memory_equal(buf.text + 9990, "000000999.", 11);
	strbuf_done(&buf);
}

static void a_failure_latches_until_cleared(void **state)
{
	struct strbuf buf;

	(void)state;
	strbuf_init(&buf);
	strbuf_add(&buf, "kept");
	strbuf_add_bytes(&buf, "never read", SIZE_MAX - 2);
	assert_int_equal(strbuf_error(&buf), -ENOMEM);
	strbuf_add(&buf, "lost");
	strbuf_add_format(&buf, "%d", 1);
	assert_string_equal(strbuf_text(&buf), "kept");
	assert_int_equal(strbuf_error(&buf), -ENOMEM);
	strbuf_clear(&buf);
	strbuf_add(&buf, "again");
	assert_int_equal(strbuf_error(&buf), 0);
	assert_string_equal(strbuf_text(&buf), "again");
	strbuf_done(&buf);
}

static void valid_text_stays_as_it_is(void **state)
{
	(void)state;
	SANITIZED("", "");
	SANITIZED("plain \\x41 ~", "plain \\x41 ~");
	SANITIZED("größe 日本 \xf0\x9f\x98\x80", "größe 日本 \xf0\x9f\x98\x80");
	/* The smallest and largest of each length, and the neighbours of the surrogates. */
	SANITIZED(
		"\xc2\xa0 \xdf\xbf \xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf \xf0\x90\x80\x80 "
		"\xf4\x8f\xbf\xbf",
		"\xc2\xa0 \xdf\xbf \xe0\xa0\x80 \xed\x9f\xbf \xee\x80\x80 \xef\xbf\xbf \xf0\x90\x80\x80 "
		"\xf4\x8f\xbf\xbf");
}

static void control_characters_become_their_codes(void **state)
{
	(void)state;
	SANITIZED("\x00\x1f\x7f", "\\x00\\x1f\\x7f");
	SANITIZED("a\nb\tc\033[31m", "a\\x0ab\\x09c\\x1b[31m");
	/* C1: U+009B is a terminal's CSI. */
	SANITIZED("\xc2\x80 \xc2\x9b \xc2\x9f", "\\x80 \\x9b \\x9f");
}

static void layout_controls_become_their_codes(void **state)
{
	(void)state;
	SANITIZED("\xe2\x80\xa7|\xe2\x80\xa8|\xe2\x80\xa9|\xe2\x80\xaa|\xe2\x80\xae|\xe2\x80\xaf",
		  "\xe2\x80\xa7|\\u2028|\\u2029|\\u202a|\\u202e|\xe2\x80\xaf");
	SANITIZED("\xe2\x81\xa5|\xe2\x81\xa6|\xe2\x81\xa9|\xe2\x81\xaa",
		  "\xe2\x81\xa5|\\u2066|\\u2069|\xe2\x81\xaa");
}

static void invalid_bytes_become_their_values(void **state)
{
	(void)state;
	SANITIZED("\xff\xfe\x80", "\\xff\\xfe\\x80");
	/* Cut short at the end, and by another character. */
	SANITIZED("a\xe2\x82", "a\\xe2\\x82");
	SANITIZED("\xe2\x82z\xf0\x9f", "\\xe2\\x82z\\xf0\\x9f");
	/* Overlong forms, a surrogate, and a code past the last one. */
	SANITIZED("\xc0\xaf", "\\xc0\\xaf");
	SANITIZED("\xc1\xbf", "\\xc1\\xbf");
	SANITIZED("\xe0\x9f\xbf", "\\xe0\\x9f\\xbf");
	SANITIZED("\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf");
	SANITIZED("\xed\xa0\x80", "\\xed\\xa0\\x80");
	SANITIZED("\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80");
	SANITIZED("\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_added_in_every_form),
		cmocka_unit_test(it_grows_as_needed),
		cmocka_unit_test(a_failure_latches_until_cleared),
		cmocka_unit_test(valid_text_stays_as_it_is),
		cmocka_unit_test(control_characters_become_their_codes),
		cmocka_unit_test(layout_controls_become_their_codes),
		cmocka_unit_test(invalid_bytes_become_their_values),
	};

	return cmocka_run_group_tests_name("strbuf", tests, NULL, NULL);
}

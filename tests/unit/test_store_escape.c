/* SPDX-License-Identifier: GPL-2.0-only */
/* Escaped texts: harmless for everybody, and back to the byte. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/strbuf.h"
#include "store/escape.h"

static void assert_escaped(const char *text, const char *expected)
{
	struct strbuf buf;

	strbuf_init(&buf);
	escape_text(&buf, text);
	assert_string_equal(strbuf_text(&buf), expected);
	strbuf_done(&buf);
}

static void assert_unescaped(const char *text, const char *expected)
{
	struct strbuf buf;

	strbuf_init(&buf);
	unescape_text(&buf, text);
	assert_string_equal(strbuf_text(&buf), expected);
	strbuf_done(&buf);
}

static void readable_text_stays_as_it_is(void **state)
{
	(void)state;
	assert_escaped("", "");
	assert_escaped("Class.<locals>.größe 日本", "Class.<locals>.größe 日本");
	assert_escaped("C:\\temp\\new \\", "C:\\temp\\new \\");
	assert_unescaped("C:\\temp\\new \\", "C:\\temp\\new \\");
}

static void bytes_that_do_harm_are_written_as_numbers(void **state)
{
	(void)state;
	assert_escaped("a\x1b[2Jb", "a\\x1b[2Jb");
	assert_escaped("\xff"
		       "a\xc3",
		       "\\xffa\\xc3");
	assert_escaped("\xc2\x85", "\\xc2\\x85");
	assert_escaped("x\xe2\x80\xae", "x\\xe2\\x80\\xae");
	assert_escaped("\x7f\n", "\\x7f\\x0a");
}

static void a_backslash_is_escaped_only_before_an_x(void **state)
{
	(void)state;
	assert_escaped("\\x41", "\\x5cx41");
	assert_escaped("\\\\x", "\\\\x5cx");
	assert_escaped("\\y\\x", "\\y\\x5cx");
}

static void what_was_not_escaped_by_us_stays(void **state)
{
	(void)state;
	assert_unescaped("\\x", "\\x");
	assert_unescaped("\\x4", "\\x4");
	assert_unescaped("\\x4G\\xAB", "\\x4G\\xAB");
	assert_unescaped("\\x00", "\\x00");
	assert_unescaped("\\x41\\x5cx", "A\\x");
}

static void every_text_comes_back(void **state)
{
	static const char alphabet[] = "\\x5c\xc3\xa4\x1b"
				       "a";
	const size_t letters = sizeof(alphabet) - 1;
	char text[6];
	size_t number, i;

	(void)state;
	/* All texts of five letters. */
	for (number = 0; number < letters * letters * letters * letters * letters; number++) {
		struct strbuf escaped, back;
		size_t rest = number;

		for (i = 0; i < 5; i++, rest /= letters)
			text[i] = alphabet[rest % letters];
		text[5] = '\0';
		strbuf_init(&escaped);
		strbuf_init(&back);
		escape_text(&escaped, text);
		for (i = 0; i < escaped.length;) {
			unsigned code;
			const size_t size =
				utf8_decode(escaped.text + i, escaped.length - i, &code);

			assert_int_not_equal(size, 0);
			assert_true(code >= 0x20);
			i += size;
		}
		unescape_text(&back, strbuf_text(&escaped));
		assert_string_equal(strbuf_text(&back), text);
		strbuf_done(&escaped);
		strbuf_done(&back);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(readable_text_stays_as_it_is),
		cmocka_unit_test(bytes_that_do_harm_are_written_as_numbers),
		cmocka_unit_test(a_backslash_is_escaped_only_before_an_x),
		cmocka_unit_test(what_was_not_escaped_by_us_stays),
		cmocka_unit_test(every_text_comes_back),
	};

	return cmocka_run_group_tests_name("store_escape", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* What patterns match, what they refuse, and that no text makes a search go on without end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/pattern.h"

static bool matches(enum pattern_kind kind, const char *pattern_text, const char *text)
{
	struct pattern *pattern = NULL;
	struct err err = { 0 };
	bool result;

	if (pattern_new(kind, pattern_text, &pattern, &err))
		fail_msg("%s", err.message);
	result = pattern_matches(pattern, text);
	/* A second search sees nothing of the first. */
	assert_int_equal(pattern_matches(pattern, text), result);
	pattern_free(pattern);
	return result;
}

static bool glob_matches(const char *pattern, const char *text)
{
	return matches(PATTERN_GLOB, pattern, text);
}

static bool regex_matches(const char *pattern, const char *text)
{
	return matches(PATTERN_REGEX, pattern, text);
}

static void a_glob_matches_the_whole_text_and_its_star_any_folder(void **state)
{
	(void)state;
	assert_true(glob_matches("*/lib/*", "/usr/lib/python3/os.py"));
	assert_true(glob_matches("/srv/*.py", "/srv/a/b/c.py"));
	assert_true(glob_matches("*.py", "/srv/.hidden/a.py"));
	assert_true(glob_matches("/srv/[ab].p?", "/srv/b.py"));
	assert_true(glob_matches("\\*", "*"));
	assert_false(glob_matches("lib", "/usr/lib/os.py"));
	assert_false(glob_matches("*/lib", "/usr/lib/os.py"));
	assert_false(glob_matches("\\*", "a"));
	assert_false(glob_matches("", "a"));
	assert_true(glob_matches("", ""));
}

static void a_regular_expression_matches_anywhere(void **state)
{
	(void)state;
	assert_true(regex_matches("lib", "/usr/lib/os.py"));
	assert_true(regex_matches("^/usr/(lib|share)/", "/usr/lib/os.py"));
	assert_true(regex_matches("", "anything"));
	assert_true(regex_matches("(?i)DECODER", "json/decoder.py"));
	assert_false(regex_matches("^lib", "/usr/lib/os.py"));
	assert_false(regex_matches("lib$", "/usr/lib/os.py"));
}

static void a_regular_expression_is_read_as_pythons(void **state)
{
	(void)state;
	assert_true(regex_matches("(?P<x>a)(?P=x)", "baab"));
	assert_true(regex_matches("caf\\u00e9", "caf\303\251"));
	assert_true(regex_matches("^\\w+$", "gr\303\274\303\237"));
	assert_true(regex_matches("^.$", "\303\251"));
	assert_true(regex_matches("a(?!b)", "abac"));
	assert_false(regex_matches("a(?!b)", "ab"));
}

static void groups_need_no_place_to_be_kept(void **state)
{
	(void)state;
	assert_true(regex_matches("(a)(b)(c)", "xabcx"));
}

static void a_text_need_not_be_utf_8(void **state)
{
	(void)state;
	assert_true(regex_matches("ab", "\377\300ab\200"));
	assert_true(regex_matches("\303\251", "\377\303\251"));
	assert_false(regex_matches("b.a", "b\377a"));
	assert_true(glob_matches("*ab*", "\377\300ab\200"));
}

static void what_is_no_regular_expression_is_refused_with_its_place(void **state)
{
	struct pattern *pattern = NULL;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(pattern_new(PATTERN_REGEX, "ab(c", &pattern, &err), -EINVAL);
	assert_null(pattern);
	assert_string_equal(err.message, "not a regular expression: \"ab(c\": at byte 5: missing "
					 "closing parenthesis");
	assert_int_equal(pattern_new(PATTERN_REGEX, "*", &pattern, NULL), -EINVAL);
	assert_int_equal(pattern_new(PATTERN_REGEX, "a\377", &pattern, &err), -EINVAL);
	assert_non_null(strstr(err.message, "at byte 2: UTF-8 error"));
	/* Half a character would be one step into what a terminal is shown. */
	assert_int_equal(pattern_new(PATTERN_REGEX, "\\C", &pattern, &err), -EINVAL);
	assert_null(pattern);
}

static void a_search_without_end_is_given_up(void **state)
{
	char text[4096];

	(void)state;
	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	text[sizeof(text) - 2] = '!';
	assert_false(regex_matches("^(a+)+$", text));
	assert_false(regex_matches("(a|aa)+b?$", text));
	assert_false(regex_matches("(a*a*a*a*)*x?y", text));
	assert_false(glob_matches("*a*a*a*a*a*a*a*a*b", text));
	/* and the next search is not affected */
	assert_true(regex_matches("^(a+)+$", "aaaa"));
}

static void nothing_is_freed_of_no_pattern(void **state)
{
	(void)state;
	pattern_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_glob_matches_the_whole_text_and_its_star_any_folder),
		cmocka_unit_test(a_regular_expression_matches_anywhere),
		cmocka_unit_test(a_regular_expression_is_read_as_pythons),
		cmocka_unit_test(groups_need_no_place_to_be_kept),
		cmocka_unit_test(a_text_need_not_be_utf_8),
		cmocka_unit_test(what_is_no_regular_expression_is_refused_with_its_place),
		cmocka_unit_test(a_search_without_end_is_given_up),
		cmocka_unit_test(nothing_is_freed_of_no_pattern),
	};

	return cmocka_run_group_tests_name("pattern", tests, NULL, NULL);
}

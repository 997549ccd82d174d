/* SPDX-License-Identifier: GPL-2.0-only */
/* Tests of user/base/terminal.c: what the environment's variables say, and which of them goes before which. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "base/terminal.h"

static int set_up(void **state)
{
	static const char *const names[] = { "NO_COLOR", "CLICOLOR_FORCE", "TERM",
					     "LC_ALL",	 "LC_CTYPE",	   "LANG" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		unsetenv(names[i]);
	return 0;
}

static void set(const char *name, const char *value)
{
	assert_int_equal(setenv(name, value, 1), 0);
}

static void colours_are_for_terminals_that_have_them(void **state)
{
	(void)state;
	assert_false(terminal_wants_color(true)); /* of an unknown type */
	set("TERM", "");
	assert_false(terminal_wants_color(true));
	set("TERM", "xterm-256color");
	assert_true(terminal_wants_color(true));
	assert_false(terminal_wants_color(false));
	set("TERM", "dumb");
	assert_false(terminal_wants_color(true));
}

static void no_color_says_no_unless_it_is_empty(void **state)
{
	(void)state;
	set("TERM", "xterm");
	set("NO_COLOR", "");
	assert_true(terminal_wants_color(true));
	set("NO_COLOR", "0");
	assert_false(terminal_wants_color(true));
	set("CLICOLOR_FORCE", "1");
	assert_false(terminal_wants_color(true));
	assert_false(terminal_wants_color(false));
}

static void clicolor_force_says_yes_unless_it_is_empty_or_0(void **state)
{
	(void)state;
	set("CLICOLOR_FORCE", "1");
	assert_true(terminal_wants_color(false));
	assert_true(terminal_wants_color(true));
	set("TERM", "dumb");
	assert_true(terminal_wants_color(true));
	set("CLICOLOR_FORCE", "0");
	assert_false(terminal_wants_color(false));
	assert_false(terminal_wants_color(true));
	set("CLICOLOR_FORCE", "");
	assert_false(terminal_wants_color(false));
	set("TERM", "xterm");
	assert_true(terminal_wants_color(true));
}

static void characters_beyond_ascii_need_a_locale_of_utf8(void **state)
{
	static const char *const yes[] = { "en_US.UTF-8", "C.UTF-8", "C.utf8", "de_DE.utf-8@euro" };
	static const char *const no[] = { "C", "POSIX", "de_DE.ISO-8859-1", "en_US" };

	(void)state;
	assert_false(terminal_has_unicode());
	for (size_t i = 0; i < 4; i++) {
		set("LANG", yes[i]);
		assert_true(terminal_has_unicode());
		set("LANG", no[i]);
		assert_false(terminal_has_unicode());
	}
}

static void lc_all_goes_before_lc_ctype_before_lang(void **state)
{
	(void)state;
	set("LANG", "C.UTF-8");
	set("LC_CTYPE", "C");
	assert_false(terminal_has_unicode());
	set("LC_ALL", "C.UTF-8");
	assert_true(terminal_has_unicode());
	set("LC_ALL", "C");
	set("LC_CTYPE", "C.UTF-8");
	assert_false(terminal_has_unicode());
	/* Empty is as good as unset. */
	set("LC_ALL", "");
	assert_true(terminal_has_unicode());
	set("LC_CTYPE", "");
	set("LANG", "C");
	assert_false(terminal_has_unicode());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(colours_are_for_terminals_that_have_them, set_up),
		cmocka_unit_test_setup(no_color_says_no_unless_it_is_empty, set_up),
		cmocka_unit_test_setup(clicolor_force_says_yes_unless_it_is_empty_or_0, set_up),
		cmocka_unit_test_setup(characters_beyond_ascii_need_a_locale_of_utf8, set_up),
		cmocka_unit_test_setup(lc_all_goes_before_lc_ctype_before_lang, set_up),
	};

	return cmocka_run_group_tests_name("terminal", tests, NULL, NULL);
}

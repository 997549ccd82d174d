/* SPDX-License-Identifier: GPL-2.0-only */
/* Slips of the finger find their name; other words find none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/nearest.h"

static const char *nearest_of(const char *typed)
{
	static const char *const names[] = { "text", "flat", "tree", "folded", "duration" };
	struct nearest nearest;

	nearest_init(&nearest, typed);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		nearest_offer(&nearest, names[i]);
	return nearest.name ? nearest.name : "(none)";
}

static void a_slip_finds_its_name(void **state)
{
	(void)state;
	assert_string_equal(nearest_of("foldd"), "folded");
	assert_string_equal(nearest_of("fodled"), "folded");
	assert_string_equal(nearest_of("tre"), "tree");
	assert_string_equal(nearest_of("falt"), "flat");
	assert_string_equal(nearest_of("folded"), "folded");
}

static void a_beginning_or_a_longer_word_finds_its_name(void **state)
{
	(void)state;
	assert_string_equal(nearest_of("dur"), "duration");
	assert_string_equal(nearest_of("textual"), "text");
}

static void other_words_find_nothing(void **state)
{
	(void)state;
	assert_string_equal(nearest_of("speedscope"), "(none)");
	assert_string_equal(nearest_of("x"), "(none)");
	assert_string_equal(nearest_of(""), "(none)");
	assert_string_equal(nearest_of("zz"), "(none)");
	assert_string_equal(nearest_of("a-very-long-word-that-cannot-be-a-slip-of-the-finger"),
			    "(none)");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_slip_finds_its_name),
		cmocka_unit_test(a_beginning_or_a_longer_word_finds_its_name),
		cmocka_unit_test(other_words_find_nothing),
	};

	return cmocka_run_group_tests_name("nearest", tests, NULL, NULL);
}

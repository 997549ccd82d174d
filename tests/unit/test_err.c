/* SPDX-License-Identifier: GPL-2.0-only */
/* Reasons for failures: what is set, wrapped, hinted, cut and printed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"

static char *print(const struct err *err)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	err_print(err, "pybpfprof", stream);
	fclose(stream);
	return text;
}

static void setting_a_reason_returns_its_code_and_drops_the_hint(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(err_set(&err, -ENOENT, "no process %d", 7), -ENOENT);
	assert_int_equal(err_hint(&err, "try %s", "-p"), -ENOENT);
	assert_string_equal(err.message, "no process 7");
	assert_string_equal(err.hint, "try -p");
	assert_int_equal(err_set(&err, -EPERM, "refused"), -EPERM);
	assert_string_equal(err.hint, "");
	assert_int_equal(err.code, -EPERM);
}

static void context_goes_in_front_and_keeps_the_hint(void **state)
{
	struct err err = { 0 };

	(void)state;
	err_set(&err, -ENODEV, "no such device");
	err_hint(&err, "look");
	assert_int_equal(err_wrap(&err, "cannot attach to CPU %d", 3), -ENODEV);
	assert_string_equal(err.message, "cannot attach to CPU 3: no such device");
	assert_string_equal(err.hint, "look");
}

static void a_message_may_be_made_of_the_present_one(void **state)
{
	struct err err = { 0 };

	(void)state;
	err_set(&err, -EIO, "inner");
	err_set(&err, -EIO, "<%s>", err.message);
	assert_string_equal(err.message, "<inner>");
	err_wrap(&err, "again %s", err.message);
	assert_string_equal(err.message, "again <inner>: <inner>");
}

static void no_reason_is_wanted_where_err_is_null(void **state)
{
	(void)state;
	assert_int_equal(err_set(NULL, -EIO, "x"), -EIO);
	assert_int_equal(err_hint(NULL, "x"), 0);
	assert_int_equal(err_wrap(NULL, "x"), 0);
}

static void a_long_message_is_cut_between_characters(void **state)
{
	struct err err = { 0 };
	char text[2000];
	size_t i;

	(void)state;
	/* Two bytes each behind one: the limit of 767 bytes falls on a boundary, one byte more within one. */
	for (i = 0; i + 2 < sizeof(text); i += 2)
		memcpy(text + i, "ä", 2);
	text[i] = '\0';
	err_set(&err, -EIO, "%s", text);
	assert_int_equal(strlen(err.message), 766);
	err_set(&err, -EIO, "x%s", text);
	assert_int_equal(strlen(err.message), 767);
	err_hint(&err, "%s", text);
	assert_int_equal(strlen(err.hint), 510);
	err_wrap(&err, "front");
	assert_memory_equal(err.message, "front: xä", 10);
	assert_true(strlen(err.message) >= 766);
}

static void printing_is_harmless_for_a_terminal(void **state)
{
	struct err err = { 0 };
	char *text;

	(void)state;
	err_set(&err, -EIO, "bad \033[31m\n\xff");
	text = print(&err);
	assert_string_equal(text, "pybpfprof: bad \\x1b[31m\\x0a\\xff\n");
	free(text);
	err_hint(&err, "do\tthis");
	text = print(&err);
	assert_string_equal(text, "pybpfprof: bad \\x1b[31m\\x0a\\xff\nhint: do\\x09this\n");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(setting_a_reason_returns_its_code_and_drops_the_hint),
		cmocka_unit_test(context_goes_in_front_and_keeps_the_hint),
		cmocka_unit_test(a_message_may_be_made_of_the_present_one),
		cmocka_unit_test(no_reason_is_wanted_where_err_is_null),
		cmocka_unit_test(a_long_message_is_cut_between_characters),
		cmocka_unit_test(printing_is_harmless_for_a_terminal),
	};

	return cmocka_run_group_tests_name("err", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Interned strings: one id and one place for equal texts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/strtab.h"

static void equal_texts_have_one_id_and_one_place(void **state)
{
	struct strtab *strtab = strtab_new();
	uint32_t first, second, again;

	(void)state;
	assert_int_equal(strtab_add(strtab, "main", &first), 0);
	assert_int_equal(strtab_add(strtab, "", &second), 0);
	assert_int_equal(strtab_add(strtab, (char[]){ "main" }, &again), 0);
	assert_int_equal(first, 0);
	assert_int_equal(second, 1);
	assert_int_equal(again, first);
	assert_int_equal(strtab_count(strtab), 2);
	assert_string_equal(strtab_text(strtab, 0), "main");
	assert_string_equal(strtab_text(strtab, 1), "");
	strtab_free(strtab);
}

static void texts_never_move(void **state)
{
	struct strtab *strtab = strtab_new();
	const char *first;
	char text[32];
	uint32_t id, i;

	(void)state;
	assert_int_equal(strtab_add(strtab, "text 0", &id), 0);
	first = strtab_text(strtab, 0);
	for (i = 0; i < 10000; i++) {
		snprintf(text, sizeof(text), "text %u", i);
		assert_int_equal(strtab_add(strtab, text, &id), 0);
		assert_int_equal(id, i);
	}
	assert_ptr_equal(strtab_text(strtab, 0), first);
	assert_string_equal(strtab_text(strtab, 9999), "text 9999");
	assert_int_equal(strtab_count(strtab), 10000);
	strtab_free(strtab);
}

static void nothing_is_freed_for_null(void **state)
{
	(void)state;
	strtab_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_texts_have_one_id_and_one_place),
		cmocka_unit_test(texts_never_move),
		cmocka_unit_test(nothing_is_freed_for_null),
	};

	return cmocka_run_group_tests_name("strtab", tests, NULL, NULL);
}

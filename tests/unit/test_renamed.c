/* SPDX-License-Identifier: GPL-2.0-only */
/* Renaming symbols: what becomes equal is one, and nothing but names changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/strbuf.h"
#include "profile/profile.h"
#include "profile/totals.h"
#include "report/renamed.h"
#include "support/golden.h"

static const char *const sources = "process 1 p 3.11.2\n"
				   "process 2 q\n"
				   "of 2 container web\n"
				   "account complete 7\n"
				   "thread 5 worker\n"
				   "stack 1 1 main|/x/a.py|1|1;f|/x/lib.py|3|2\n"
				   "stack 1/5 2 main|/x/a.py|1|1;f|/y/lib.py|3|2\n"
				   "stack 2 4@9 [native]\n";

static void stripped_files_that_are_equal_then_are_one(void **state)
{
	struct profile *profile = golden_parse(sources, "sources"), *stripped;
	struct totals totals;

	(void)state;
	assert_int_equal(renamed_new_stripped(profile, &stripped), 0);
	assert_int_equal(totals_init(&totals, stripped, GROUPS_BY_LINE), 0);
	assert_int_equal(totals.count, 3);
	totals_sort(&totals, TOTALS_BY_TOTAL);
	assert_string_equal(totals.rows[0].symbol->file, "lib.py");
	assert_int_equal(totals.rows[0].self_samples, 3);
	assert_string_equal(totals.rows[1].symbol->file, "a.py");
	assert_int_equal(totals.rows[1].total_samples, 3);
	assert_int_equal(totals.rows[2].symbol->kind, SYMBOL_NATIVE);
	totals_done(&totals);
	profile_free(stripped);
	profile_free(profile);
}

static void all_but_names_stays(void **state)
{
	struct profile *profile = golden_parse(sources, "sources"), *stripped;
	const struct profile_row *row;

	(void)state;
	profile_set_unit(profile, PROFILE_UNIT_COUNT);
	assert_int_equal(renamed_new_stripped(profile, &stripped), 0);
	assert_int_equal(profile_samples(stripped), 7);
	assert_int_equal(profile_weight_ns(stripped), profile_weight_ns(profile));
	assert_int_equal(profile_unit(stripped), PROFILE_UNIT_COUNT);
	assert_int_equal(profile_account_const(stripped)->complete, 7);
	assert_int_equal(profile_nrows(stripped), 3);
	row = profile_row(stripped, 1);
	assert_string_equal(profile_thread(stripped, row->thread)->name, "worker");
	assert_string_equal(profile_process(stripped, row->process)->python, "3.11.2");
	row = profile_row(stripped, 2);
	assert_int_equal(row->thread, PROFILE_NO_ID);
	assert_int_equal(row->weight_ns, 9);
	assert_string_equal(profile_process(stripped, row->process)->container, "web");
	profile_free(stripped);
	profile_free(profile);
}

static void only_folders_are_stripped(void **state)
{
	struct profile *profile = golden_parse("process 1 p\n"
					       "stack 1 1 a|<frozen os>|1|1\n"
					       "stack 1 1 b|/x/y/|1|1\n"
					       "stack 1 1 c|/|1|1\n"
					       "stack 1 1 d||1|1\n"
					       "stack 1 1 e|x.py|1|1\n",
					       "files");
	static const char *const files[] = { "<frozen os>", "/x/y/", "/", "", "x.py" };
	struct profile *stripped;
	uint32_t i;

	(void)state;
	assert_int_equal(renamed_new_stripped(profile, &stripped), 0);
	for (i = 0; i < 5; i++)
		assert_string_equal(profile_symbol(stripped, i)->file, files[i]);
	profile_free(stripped);
	profile_free(profile);
}

static void shout(struct symbol *symbol, struct strbuf *function, struct strbuf *file)
{
	assert_int_equal(function->length + file->length, 0);
	strbuf_add_format(function, "%s!", symbol->function);
	strbuf_add_format(file, "%s?", symbol->file);
	symbol->function = strbuf_text(function);
	symbol->file = strbuf_text(file);
}

static void new_names_may_be_made_of_old_ones(void **state)
{
	struct profile *profile = golden_parse(sources, "sources"), *renamed;

	(void)state;
	assert_int_equal(renamed_new(profile, shout, &renamed), 0);
	assert_string_equal(profile_symbol(renamed, 0)->function, "main!");
	assert_string_equal(profile_symbol(renamed, 1)->file, "/x/lib.py?");
	profile_free(renamed);
	profile_free(profile);
}

static void an_empty_profile_is_renamed(void **state)
{
	struct profile *profile = profile_new(), *renamed;

	(void)state;
	assert_int_equal(renamed_new(profile, shout, &renamed), 0);
	assert_int_equal(profile_nrows(renamed), 0);
	profile_free(renamed);
	profile_free(profile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stripped_files_that_are_equal_then_are_one),
		cmocka_unit_test(all_but_names_stays),
		cmocka_unit_test(only_folders_are_stripped),
		cmocka_unit_test(new_names_may_be_made_of_old_ones),
		cmocka_unit_test(an_empty_profile_is_renamed),
	};

	return cmocka_run_group_tests_name("renamed", tests, NULL, NULL);
}

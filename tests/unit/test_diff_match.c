/* SPDX-License-Identifier: GPL-2.0-only */
/* Which functions and lines of two profiles are the same, and which are not taken for one another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile/profile.h"
#include "report/diff_match.h"
#include "support/golden.h"

#define PROCESS "process 1 p\n"

/* The base's symbols under their new names, "FUNCTION FILE LINE FIRST" by comma, in the order of the base. */
static void assert_match(const char *base_text, const char *fresh_text, uint32_t nmoved,
			 const char *expected)
{
	struct profile *base = golden_parse(base_text, "base");
	struct profile *fresh = golden_parse(fresh_text, "fresh");
	struct profile *renamed;
	uint32_t found;
	char text[512] = "";
	size_t length = 0, i;

	assert_int_equal(diff_match(base, fresh, &renamed, &found), 0);
	for (i = 0; i < profile_nsymbols(renamed); i++) {
		const struct symbol *symbol = profile_symbol(renamed, (uint32_t)i);

		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s %s %d %d",
					   i > 0 ? ", " : "", symbol->function, symbol->file,
					   symbol->line, symbol->first_line);
		assert_true(length < sizeof(text));
	}
	assert_string_equal(text, expected);
	assert_int_equal(found, nmoved);
	assert_int_equal(profile_samples(renamed), profile_samples(base));
	assert_int_equal(profile_weight_ns(renamed), profile_weight_ns(base));
	assert_int_equal(profile_nrows(renamed), profile_nrows(base));
	profile_free(base);
	profile_free(fresh);
	profile_free(renamed);
}

static void what_is_equal_stays(void **state)
{
	(void)state;
	assert_match(PROCESS "stack 1 1 f|/a.py|5|4;g|/b.py|8|7;[native]",
		     PROCESS "stack 1 1 f|/a.py|5|4;g|/b.py|8|7", 0,
		     "f /a.py 5 4, g /b.py 8 7,   0 0");
	assert_match(PROCESS "stack 1 1 f|/a.py|5|4", PROCESS, 0, "f /a.py 5 4");
	assert_match(PROCESS, PROCESS "stack 1 1 f|/a.py|5|4", 0, "");
}

static void libraries_of_other_versions_and_environments_are_the_same(void **state)
{
	(void)state;
	assert_match(PROCESS "stack 1 1 f|/usr/lib/python3.9/json/decoder.py|5|4;"
			     "g|/v1/lib/python3.9/site-packages/flask/app.py|8|7",
		     PROCESS "stack 1 1 f|/opt/py/lib/python3.13/json/decoder.py|5|4;"
			     "g|/v2/lib/python3.13/site-packages/flask/app.py|8|7",
		     2,
		     "f /opt/py/lib/python3.13/json/decoder.py 5 4, "
		     "g /v2/lib/python3.13/site-packages/flask/app.py 8 7");
}

static void releases_in_other_folders_are_the_same(void **state)
{
	(void)state;
	assert_match(PROCESS "stack 1 1 f|/srv/1/shop/views.py|5|4;g|/srv/1/blog/views.py|8|7;"
			     "h|/srv/1/main.py|2|1;i|alone.py|2|1",
		     PROCESS "stack 1 1 f|/srv/2/shop/views.py|5|4;g|/srv/2/blog/views.py|8|7;"
			     "h|/srv/2/main.py|2|1;i|/alone.py|2|1",
		     3,
		     "f /srv/2/shop/views.py 5 4, g /srv/2/blog/views.py 8 7, "
		     "h /srv/2/main.py 2 1, i alone.py 2 1");
}

static void an_equal_path_goes_before_a_similar_one(void **state)
{
	(void)state;
	assert_match(PROCESS "stack 1 1 f|/a/x.py|5|4;f|/b/x.py|5|4",
		     PROCESS "stack 1 1 f|/b/x.py|5|4;f|/c/x.py|5|4", 1,
		     "f /c/x.py 5 4, f /b/x.py 5 4");
}

static void a_file_that_could_be_two_is_neither(void **state)
{
	(void)state;
	assert_match(PROCESS "stack 1 1 f|/a/x.py|5|4",
		     PROCESS "stack 1 1 f|/b/x.py|5|4;f|/c/x.py|5|4", 0, "f /a/x.py 5 4");
	assert_match(PROCESS "stack 1 1 f|/a/x.py|5|4;f|/b/x.py|5|4",
		     PROCESS "stack 1 1 f|/c/x.py|5|4", 0, "f /a/x.py 5 4, f /b/x.py 5 4");
}

static void lines_move_with_their_function(void **state)
{
	(void)state;
	assert_match(PROCESS "stack 1 1 f|/a|5|4;f|/a|7|4;g|/a|12|10",
		     PROCESS "stack 1 1 f|/a|25|24;g|/a|9|10", 0,
		     "f /a 25 24, f /a 27 24, g /a 12 10");
}

static void functions_of_one_name_are_told_apart_by_their_lines(void **state)
{
	(void)state;
	/* As many: in their order. */
	assert_match(PROCESS "stack 1 1 f|/a|10|10;f|/a|50|50;f|/a|90|90",
		     PROCESS "stack 1 1 f|/a|55|55;f|/a|12|12;f|/a|99|99", 0,
		     "f /a 12 12, f /a 55 55, f /a 99 99");
	/* One of them not sampled, before or after: the nearest, in order. */
	assert_match(PROCESS "stack 1 1 f|/a|10|10;f|/a|50|50;f|/a|90|90",
		     PROCESS "stack 1 1 f|/a|52|52;f|/a|92|92", 0,
		     "f /a 10 10, f /a 52 52, f /a 92 92");
	assert_match(PROCESS "stack 1 1 f|/a|50|50;f|/a|90|90",
		     PROCESS "stack 1 1 f|/a|12|12;f|/a|52|52;f|/a|92|92;f|/a|99|99", 0,
		     "f /a 52 52, f /a 92 92");
	/* Those that did not move stay. */
	assert_match(PROCESS "stack 1 1 f|/a|10|10;f|/a|20|20",
		     PROCESS "stack 1 1 f|/a|20|20;f|/a|30|30", 0, "f /a 30 30, f /a 20 20");
}

static void hostile_lines_stay_numbers(void **state)
{
	(void)state;
	assert_match(PROCESS "stack 1 1 f|/a|2147483647|1;g|/a|1|2147483647",
		     PROCESS "stack 1 1 f|/a|9|2000000000;g|/a|1|1", 0,
		     "f /a 2147483647 2000000000, g /a -2147483645 1");
}

/* Every function of the base by its place, to one of the fresh by the same rule: no two become one. */
static void no_two_functions_become_one(void **state)
{
	uint64_t random = 3;
	int trial;

	(void)state;
	for (trial = 0; trial < 300; trial++) {
		char text[2][2048] = { PROCESS, PROCESS };
		struct profile *profiles[2], *renamed;
		uint32_t nmoved;
		int side, i;

		for (side = 0; side < 2; side++) {
			for (i = 0; i < 12; i++) {
				const size_t length = strlen(text[side]);

				random = random * 6364136223846793005ULL + 1442695040888963407ULL;
				snprintf(text[side] + length, sizeof(text[side]) - length,
					 "stack 1 1 f|/%c/%c.py|%d|%d\n",
					 'a' + (int)(random >> 60) % 3,
					 'x' + (int)(random >> 50) % 2, (int)(random >> 40) % 9 + 1,
					 (int)(random >> 30) % 9 + 1);
			}
			profiles[side] = golden_parse(text[side], "random");
		}
		assert_int_equal(diff_match(profiles[0], profiles[1], &renamed, &nmoved), 0);
		assert_int_equal(profile_nsymbols(renamed), profile_nsymbols(profiles[0]));
		assert_int_equal(profile_nrows(renamed), profile_nrows(profiles[0]));
		profile_free(profiles[0]);
		profile_free(profiles[1]);
		profile_free(renamed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_equal_stays),
		cmocka_unit_test(libraries_of_other_versions_and_environments_are_the_same),
		cmocka_unit_test(releases_in_other_folders_are_the_same),
		cmocka_unit_test(an_equal_path_goes_before_a_similar_one),
		cmocka_unit_test(a_file_that_could_be_two_is_neither),
		cmocka_unit_test(lines_move_with_their_function),
		cmocka_unit_test(functions_of_one_name_are_told_apart_by_their_lines),
		cmocka_unit_test(hostile_lines_stay_numbers),
		cmocka_unit_test(no_two_functions_become_one),
	};

	return cmocka_run_group_tests_name("diff_match", tests, NULL, NULL);
}

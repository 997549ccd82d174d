/* SPDX-License-Identifier: GPL-2.0-only */
/* The browser's commands: what they print, what they change, and that a failed one changes nothing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "browse_commands.h"
#include "profile/profile.h"
#include "support/golden.h"

/* What stands in the files that the tests read. */
static const struct {
	const char *path, *text;
} files[] = {
	{ "one", "process 1 p\n"
		 "stack 1 2 main|/x/a.py|3|1;work|/x/a.py|9|8\n"
		 "stack 1 3 main|/x/a.py|4|1;add|/x/b.py|2|1\n" },
	{ "two.pb.gz", "process 2 p\nstack 2 5 add|/y/b.py|2|1\n" },
	{ "with blanks in it", "process 3 p\nstack 3 7 blank|/z.py|2|1\n" },
};

static unsigned nread;

static int read_text(const char *path, struct profile *profile, struct err *err)
{
	size_t i;

	nread++;
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (strcmp(files[i].path, path) == 0) {
			golden_add(profile, files[i].text, path);
			return 0;
		}
	}
	/* As a damaged file does: something is added before it fails. */
	golden_add(profile, files[0].text, path);
	return err_set(err, -ENOENT, "'%s': no such file", path);
}

struct fixture {
	struct browse browse;
	char *text;
	size_t size;
};

static void begin(struct fixture *fixture)
{
	struct report_options options;
	FILE *out;

	*fixture = (struct fixture){ .text = NULL };
	out = open_memstream(&fixture->text, &fixture->size);
	assert_non_null(out);
	report_options_init(&options);
	options.by = REPORT_BY_FUNCTION;
	browse_init(&fixture->browse, &options, read_text, out);
	nread = 0;
}

static void finish(struct fixture *fixture)
{
	fclose(fixture->browse.out);
	browse_done(&fixture->browse);
	free(fixture->text);
}

/* What the line printed. */
static const char *printed(struct fixture *fixture, const char *line)
{
	struct err err = { 0 };
	size_t before;

	fflush(fixture->browse.out);
	before = fixture->size;
	if (browse_execute(&fixture->browse, line, &err))
		fail_msg("%s: %s", line, err.message);
	fflush(fixture->browse.out);
	return fixture->text + before;
}

static void assert_refused(struct fixture *fixture, const char *line, const char *message)
{
	struct err err = { 0 };
	size_t before;

	fflush(fixture->browse.out);
	before = fixture->size;
	assert_true(browse_execute(&fixture->browse, line, &err) < 0);
	fflush(fixture->browse.out);
	assert_int_equal(fixture->size, before);
	if (!strstr(err.message, message) && !strstr(err.hint, message))
		fail_msg("'%s' is not in '%s' nor '%s'", message, err.message, err.hint);
}

/* The functions that the line shows, in their order, by their first letters. */
static const char *shown(struct fixture *fixture, const char *line)
{
	static char letters[32];
	char *text = strdup(printed(fixture, line)), *rest = text, *row;
	size_t count = 0;

	strsep(&rest, "\n");
	while ((row = strsep(&rest, "\n"))) {
		char *name = strrchr(row, '(');

		if (name && row[strlen(row) - 1] == ')' && !strstr(row, " -> ") &&
		    !strchr(row, '%'))
			letters[count++] = name[1];
	}
	letters[count] = '\0';
	free(text);
	return letters;
}

static void stats_callers_and_callees_print_the_reports(void **state)
{
	struct fixture fixture;
	const char *text;

	(void)state;
	begin(&fixture);
	assert_string_equal(printed(&fixture, "read one"), "");
	text = printed(&fixture, "stats");
	assert_non_null(strstr(text, "self%"));
	assert_non_null(strstr(text, "b.py:1"));
	assert_string_equal(printed(&fixture, "callers add"),
			    "  samples      self     total  function <- who called it\n"
			    "        3    0.003s    0.003s  b.py:1(add)\n"
			    "        3    0.003s    0.003s    <- a.py:1(main)\n"
			    "2 more functions with 0.002 s self (40.00 %)\n");
	text = printed(&fixture, "callees main");
	assert_non_null(strstr(text, "  -> b.py:1(add)\n"));
	finish(&fixture);
}

static void sort_and_reverse_hold_until_another_is_read(void **state)
{
	struct fixture fixture;

	(void)state;
	begin(&fixture);
	printed(&fixture, "read one");
	assert_string_equal(shown(&fixture, "callees"), "awm");
	assert_string_equal(printed(&fixture, "sort cumulative name"), "");
	assert_string_equal(shown(&fixture, "callees"), "maw");
	assert_string_equal(printed(&fixture, "reverse"), "");
	assert_string_equal(shown(&fixture, "callees"), "wam");
	/* A new order is not the old one turned around. */
	printed(&fixture, "sort name,file");
	assert_string_equal(shown(&fixture, "callees"), "amw");
	printed(&fixture, "reverse");
	printed(&fixture, "reverse");
	assert_string_equal(shown(&fixture, "callees"), "amw");
	printed(&fixture, "read one");
	assert_string_equal(shown(&fixture, "callees"), "awm");
	finish(&fixture);
}

static void restrictions_apply_one_after_the_other(void **state)
{
	struct fixture fixture;

	(void)state;
	begin(&fixture);
	printed(&fixture, "read one");
	assert_string_equal(shown(&fixture, "callees 2"), "aw");
	assert_string_equal(shown(&fixture, "callees 2 a\\.py"), "w");
	assert_string_equal(shown(&fixture, "callees a\\.py 1"), "w");
	assert_string_equal(shown(&fixture, "callees 0.34"), "a");
	assert_string_equal(shown(&fixture, "callees 1.0"), "awm");
	assert_string_equal(shown(&fixture, "callees 0"), "awm");
	assert_string_equal(shown(&fixture, "callees"), "awm");
	assert_refused(&fixture, "callees 1.5", "'1.5' is no fraction from 0 to 1");
	assert_refused(&fixture, "stats -1", "'-1' is no fraction");
	assert_refused(&fixture, "stats 4294967296", "more rows than there can be");
	assert_refused(&fixture, "stats 99999999999999999999999", "more rows than there can be");
	assert_refused(&fixture, "callers a(", "not a regular expression");
	assert_refused(&fixture, "stats 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "more than 16");
	finish(&fixture);
}

static void the_limit_of_the_command_line_holds_where_nothing_is_typed(void **state)
{
	struct fixture fixture;

	(void)state;
	begin(&fixture);
	fixture.browse.given.limit = 1;
	printed(&fixture, "read one");
	assert_string_equal(shown(&fixture, "callees"), "a");
	assert_string_equal(shown(&fixture, "callees 2"), "aw");
	assert_string_equal(shown(&fixture, "callees 0"), "awm");
	finish(&fixture);
}

static void add_adds_and_read_begins_anew(void **state)
{
	struct fixture fixture;

	(void)state;
	begin(&fixture);
	printed(&fixture, "read one");
	printed(&fixture, "add two.pb.gz");
	assert_int_equal(profile_samples(fixture.browse.profile), 10);
	printed(&fixture, "add two.pb.gz");
	assert_int_equal(profile_samples(fixture.browse.profile), 15);
	/* Without a file the first one alone, as in pstats. */
	printed(&fixture, "read");
	assert_int_equal(profile_samples(fixture.browse.profile), 5);
	printed(&fixture, "  read   with blanks in it \t");
	assert_int_equal(profile_samples(fixture.browse.profile), 7);
	assert_string_equal(fixture.browse.files[0], "with blanks in it");
	finish(&fixture);
}

static void a_file_that_cannot_be_read_changes_nothing(void **state)
{
	struct fixture fixture;
	const struct profile *before;

	(void)state;
	begin(&fixture);
	assert_refused(&fixture, "read missing", "'missing': no such file");
	assert_null(fixture.browse.profile);
	assert_refused(&fixture, "read", "no file to read again");
	printed(&fixture, "read one");
	printed(&fixture, "sort name");
	before = fixture.browse.profile;
	assert_refused(&fixture, "add missing", "'missing': no such file");
	assert_refused(&fixture, "read missing", "'missing': no such file");
	assert_refused(&fixture, "add", "add needs a file");
	assert_ptr_equal(fixture.browse.profile, before);
	assert_int_equal(profile_samples(before), 5);
	assert_string_equal(shown(&fixture, "callees"), "amw");
	assert_int_equal(fixture.browse.nfiles, 1);
	finish(&fixture);
}

static void strip_puts_files_of_one_name_together(void **state)
{
	struct fixture fixture;
	const char *text;

	(void)state;
	begin(&fixture);
	printed(&fixture, "read one");
	printed(&fixture, "add two.pb.gz");
	text = printed(&fixture, "callers add");
	assert_non_null(strstr(text, "y/b.py:1(add)\n"));
	assert_string_equal(printed(&fixture, "strip"), "");
	text = printed(&fixture, "callers add");
	assert_non_null(strstr(text, "        8    0.008s    0.008s  b.py:1(add)\n"));
	finish(&fixture);
}

static void by_chooses_what_a_row_is(void **state)
{
	struct fixture fixture;

	(void)state;
	begin(&fixture);
	printed(&fixture, "read one");
	assert_null(strstr(printed(&fixture, "stats"), "a.py:4"));
	assert_string_equal(printed(&fixture, "by line"), "");
	assert_non_null(strstr(printed(&fixture, "stats"), "a.py:4"));
	assert_non_null(strstr(printed(&fixture, "by"), "  file "));
	assert_refused(&fixture, "by colour", "no rows by 'colour'");
	finish(&fixture);
}

static void an_empty_line_repeats_the_last_one(void **state)
{
	struct fixture fixture;

	(void)state;
	begin(&fixture);
	assert_string_equal(printed(&fixture, ""), "");
	printed(&fixture, "read one");
	assert_string_equal(shown(&fixture, "callees 1"), "a");
	assert_string_equal(shown(&fixture, ""), "a");
	assert_string_equal(shown(&fixture, " \t\n"), "a");
	finish(&fixture);
}

static void quit_and_the_end_of_the_input_end_it(void **state)
{
	static const char *const ends[] = { "quit", "EOF", " quit\n" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct fixture fixture;

		begin(&fixture);
		assert_false(fixture.browse.ended);
		assert_string_equal(printed(&fixture, ends[i]), "");
		assert_true(fixture.browse.ended);
		finish(&fixture);
	}
}

static void help_lists_and_explains_commands(void **state)
{
	static const char *const pstats[] = { "EOF",  "add",   "callees", "callers",
					      "help", "quit",  "read",	  "reverse",
					      "sort", "stats", "strip" };
	struct fixture fixture;
	const char *text;
	size_t i;

	(void)state;
	begin(&fixture);
	text = printed(&fixture, "help");
	for (i = 0; i < sizeof(pstats) / sizeof(pstats[0]); i++) {
		char row[32];

		snprintf(row, sizeof(row), "\n  %-7s ", pstats[i]);
		assert_true(strstr(text, row) || strstr(text, row + 1) == text);
	}
	for (i = 0; i < sizeof(pstats) / sizeof(pstats[0]); i++) {
		char line[32];

		snprintf(line, sizeof(line), "help %s", pstats[i]);
		assert_int_equal(strncmp(printed(&fixture, line), pstats[i], strlen(pstats[i])), 0);
	}
	assert_non_null(strstr(printed(&fixture, "? stats"), "regular expression"));
	assert_refused(&fixture, "help me", "no command 'me'");
	finish(&fixture);
}

static void what_is_no_command_is_refused(void **state)
{
	struct fixture fixture;

	(void)state;
	begin(&fixture);
	assert_refused(&fixture, "stast", "did you mean stats?");
	assert_refused(&fixture, "x", "help lists the commands");
	assert_refused(&fixture, "stats", "no profile is read yet");
	assert_refused(&fixture, "reverse", "no profile is read yet");
	assert_refused(&fixture, "quit now", "quit takes no arguments");
	assert_refused(&fixture, "sort c", "not clear");
	assert_refused(&fixture, "sort name colour", "no sort key 'colour'");
	assert_refused(&fixture, "sort f f f f f f f f f", "more than 8 sort keys");
	assert_int_equal(fixture.browse.options.nsorts, 0);
	finish(&fixture);
}

static void sort_alone_lists_the_keys(void **state)
{
	struct fixture fixture;
	const char *text;

	(void)state;
	begin(&fixture);
	text = printed(&fixture, "sort");
	assert_non_null(strstr(text, "\n  cumtime     the same as total\n"));
	assert_non_null(strstr(text, "\n  nfl         function name"));
	finish(&fixture);
}

static void words_are_completed_by_what_stands_before_them(void **state)
{
	(void)state;
	assert_int_equal(browse_words_behind("st", 0), BROWSE_WORDS_COMMANDS);
	assert_int_equal(browse_words_behind("  st", 2), BROWSE_WORDS_COMMANDS);
	assert_int_equal(browse_words_behind("sort cu", 5), BROWSE_WORDS_SORTS);
	assert_int_equal(browse_words_behind(" sort cum na", 10), BROWSE_WORDS_SORTS);
	assert_int_equal(browse_words_behind("help s", 5), BROWSE_WORDS_COMMANDS);
	assert_int_equal(browse_words_behind("add x", 4), BROWSE_WORDS_FILES);
	assert_int_equal(browse_words_behind("read ", 5), BROWSE_WORDS_FILES);
	assert_int_equal(browse_words_behind("by p", 3), BROWSE_WORDS_ROWS);
	assert_int_equal(browse_words_behind("stats j", 6), BROWSE_WORDS_NONE);
	assert_int_equal(browse_words_behind("sorts c", 6), BROWSE_WORDS_NONE);
	assert_string_equal(browse_word(BROWSE_WORDS_COMMANDS, 0), "EOF");
	assert_non_null(browse_word(BROWSE_WORDS_SORTS, 15));
	assert_null(browse_word(BROWSE_WORDS_SORTS, 16));
	assert_non_null(browse_word(BROWSE_WORDS_ROWS, 0));
	assert_null(browse_word(BROWSE_WORDS_FILES, 0));
}

static void every_listed_command_can_be_typed(void **state)
{
	struct fixture fixture;
	const char *word;
	size_t i;

	(void)state;
	begin(&fixture);
	for (i = 0; (word = browse_word(BROWSE_WORDS_COMMANDS, i)); i++) {
		char line[32];

		snprintf(line, sizeof(line), "help %s", word);
		assert_non_null(strstr(printed(&fixture, line), "\n  "));
	}
	assert_int_equal(i, 12);
	finish(&fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stats_callers_and_callees_print_the_reports),
		cmocka_unit_test(sort_and_reverse_hold_until_another_is_read),
		cmocka_unit_test(restrictions_apply_one_after_the_other),
		cmocka_unit_test(the_limit_of_the_command_line_holds_where_nothing_is_typed),
		cmocka_unit_test(add_adds_and_read_begins_anew),
		cmocka_unit_test(a_file_that_cannot_be_read_changes_nothing),
		cmocka_unit_test(strip_puts_files_of_one_name_together),
		cmocka_unit_test(by_chooses_what_a_row_is),
		cmocka_unit_test(an_empty_line_repeats_the_last_one),
		cmocka_unit_test(quit_and_the_end_of_the_input_end_it),
		cmocka_unit_test(help_lists_and_explains_commands),
		cmocka_unit_test(what_is_no_command_is_refused),
		cmocka_unit_test(sort_alone_lists_the_keys),
		cmocka_unit_test(words_are_completed_by_what_stands_before_them),
		cmocka_unit_test(every_listed_command_can_be_typed),
	};

	return cmocka_run_group_tests_name("browse", tests, NULL, NULL);
}

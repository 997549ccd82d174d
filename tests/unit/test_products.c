/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests of user/products.c: every format goes where it was asked for, a failure leaves no file, and the options of a
 * report follow the stream it goes to where the user did not say.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "options.h"
#include "products.h"
#include "support/golden.h"

/* Two files in a folder of the test's own. */
struct place {
	char folder[64], first[96], second[96];
};

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	if (!place)
		return -1;
	strcpy(place->folder, "/tmp/test_products.XXXXXX");
	if (!mkdtemp(place->folder))
		return -1;
	snprintf(place->first, sizeof(place->first), "%s/first", place->folder);
	snprintf(place->second, sizeof(place->second), "%s/second", place->folder);
	unsetenv("SUDO_UID");
	unsetenv("NO_COLOR");
	unsetenv("CLICOLOR_FORCE");
	setenv("TERM", "xterm", 1);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	unlink(place->first);
	unlink(place->second);
	/* fails when a temporary file was left */
	return rmdir(place->folder) ? -1 : (free(place), 0);
}

/* Writes the format's name; fails for the one that the context names. */
static int write_name(const void *context, const struct report_format *format,
		      const struct report_options *report, FILE *stream, struct err *err)
{
	assert_int_equal(report->limit, 7);
	if (context && !strcmp(context, format->name))
		return err_set(err, -ENOMEM, "out of memory");
	fprintf(stream, "%s\n", format->name);
	return 0;
}

static struct options two_files(const struct place *place)
{
	return (struct options){
		.format = report_find("flat"),
		.output = place->first,
		.products = { { report_find("tree"), place->second } },
		.nproducts = 1,
		.report.limit = 7,
	};
}

static void assert_file_is(const char *path, const char *expected)
{
	char *text = golden_read(path);

	assert_non_null(text);
	assert_string_equal(text, expected);
	free(text);
}

static void every_format_goes_to_its_file(void **state)
{
	const struct place *place = *state;
	const struct options options = two_files(place);
	struct products *products;
	struct err err = { 0 };

	assert_int_equal(products_open(&options, &products, &err), 0);
	assert_int_not_equal(access(place->first, F_OK), 0);
	assert_int_equal(products_write(products, write_name, NULL, &err), 0);
	products_free(products);
	assert_file_is(place->first, "flat\n");
	assert_file_is(place->second, "tree\n");
}

static void only_what_was_asked_for_is_written(void **state)
{
	const struct place *place = *state;
	struct options options = two_files(place);
	struct products *products;
	struct err err = { 0 };

	options.only_products = true;
	assert_int_equal(products_open(&options, &products, &err), 0);
	assert_int_equal(products_write(products, write_name, NULL, &err), 0);
	products_free(products);
	assert_int_not_equal(access(place->first, F_OK), 0);
	assert_file_is(place->second, "tree\n");
}

static void a_failure_keeps_what_was_whole_and_leaves_nothing_else(void **state)
{
	const struct place *place = *state;
	const struct options options = two_files(place);
	struct products *products;
	struct err err = { 0 };

	assert_int_equal(products_open(&options, &products, &err), 0);
	assert_int_equal(products_write(products, write_name, "tree", &err), -ENOMEM);
	assert_int_equal(err.code, -ENOMEM);
	products_free(products);
	assert_file_is(place->first, "flat\n");
	assert_int_not_equal(access(place->second, F_OK), 0);
}

static void a_folder_that_is_not_there_is_told_before_anything_is_written(void **state)
{
	const struct place *place = *state;
	struct options options = two_files(place);
	struct products *products = NULL;
	struct err err = { 0 };

	options.products[0].output = "/nowhere/at/all";
	assert_int_equal(products_open(&options, &products, &err), -ENOENT);
	assert_non_null(strstr(err.message, "/nowhere/at/all"));
	assert_null(products);
	products_free(NULL);
}

static void a_terminal_gets_no_bytes_that_are_no_text(void **state)
{
	struct err err = { 0 };
	int ours, theirs;
	FILE *terminal;

	(void)state;
	assert_int_equal(openpty(&ours, &theirs, NULL, NULL, NULL), 0);
	terminal = fdopen(theirs, "w");
	assert_non_null(terminal);
	assert_int_equal(products_check_stream(report_find("text"), terminal, &err), 0);
	assert_int_equal(products_check_stream(report_find("pprof"), terminal, &err), -EINVAL);
	assert_non_null(strstr(err.message, "pprof"));
	assert_non_null(strstr(err.hint, "-o FILE"));
	fclose(terminal);
	close(ours);
	terminal = fopen("/dev/null", "w");
	assert_non_null(terminal);
	assert_int_equal(products_check_stream(report_find("pprof"), terminal, &err), 0);
	fclose(terminal);
}

static void colours_and_width_are_as_the_stream_can_unless_the_user_says(void **state)
{
	struct winsize size = { .ws_row = 24, .ws_col = 91 };
	struct options options = { .report.limit = 7 };
	struct report_options report;
	int ours, theirs;
	FILE *terminal, *file = fopen("/dev/null", "w");

	(void)state;
	assert_int_equal(openpty(&ours, &theirs, NULL, NULL, &size), 0);
	terminal = fdopen(theirs, "w");
	assert_true(terminal && file);
	report = products_report_options(&options, terminal);
	assert_true(report.color);
	assert_int_equal(report.width, 91);
	assert_int_equal(report.limit, 7);
	report = products_report_options(&options, file);
	assert_false(report.color);
	assert_int_equal(report.width, 0);
	options.color = OPTIONS_ALWAYS;
	options.unicode = OPTIONS_NEVER;
	report = products_report_options(&options, file);
	assert_true(report.color);
	assert_false(report.unicode);
	options.color = OPTIONS_NEVER;
	options.unicode = OPTIONS_ALWAYS;
	report = products_report_options(&options, terminal);
	assert_false(report.color);
	assert_true(report.unicode);
	fclose(terminal);
	fclose(file);
	close(ours);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_format_goes_to_its_file, set_up, tear_down),
		cmocka_unit_test_setup_teardown(only_what_was_asked_for_is_written, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(
			a_failure_keeps_what_was_whole_and_leaves_nothing_else, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_folder_that_is_not_there_is_told_before_anything_is_written, set_up,
			tear_down),
		cmocka_unit_test(a_terminal_gets_no_bytes_that_are_no_text),
		cmocka_unit_test_setup_teardown(
			colours_and_width_are_as_the_stream_can_unless_the_user_says, set_up,
			tear_down),
	};

	return cmocka_run_group_tests_name("products", tests, NULL, NULL);
}

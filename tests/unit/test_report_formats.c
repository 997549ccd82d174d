/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of formats and the defaults; and laws that every format's bytes obey, whatever the profile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "profile/profile.h"
#include "report/report.h"
#include "support/golden.h"
#include "support/marshal_dump.h"

/* As text: of a format whose bytes are none, what they say. */
static char *write_report(const struct report_format *format, const struct profile *profile,
			  const struct report_options *options)
{
	struct err err = { 0 };
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	assert_int_equal(format->write(profile, options, stream, &err), 0);
	fclose(stream);
	if (strcmp(format->name, "pstats") == 0) {
		char *bytes = text;

		text = marshal_dump(bytes, size);
		free(bytes);
	}
	return text;
}

static void formats_are_found_by_name_only_if_it_is_whole(void **state)
{
	const struct report_format *format;

	(void)state;
	for (format = report_formats; format->name; format++) {
		assert_ptr_equal(report_find(format->name), format);
		assert_non_null(format->help);
		assert_non_null(format->write);
	}
	assert_null(report_find("fold"));
	assert_null(report_find("foldedx"));
	assert_null(report_find(""));
	assert_string_equal(report_find("tree")->name, "tree");
}

static void formats_are_found_by_the_ending_of_a_file(void **state)
{
	(void)state;
	assert_string_equal(report_find_by_file("out.folded")->name, "folded");
	assert_string_equal(report_find_by_file("/tmp/a.b/out.txt")->name, "text");
	assert_string_equal(report_find_by_file("out.prof")->name, "pstats");
	assert_string_equal(report_find_by_file("out.pstats")->name, "pstats");
	assert_string_equal(report_find_by_file("out.pb.gz")->name, "pprof");
	assert_string_equal(report_find_by_file("out.pprof")->name, "pprof");
	assert_null(report_find_by_file("out.prof .pstats.gz"));
	assert_null(report_find_by_file("folded"));
	assert_null(report_find_by_file("out.folded.gz"));
	assert_null(report_find_by_file(""));
	assert_null(report_find_by_file("out"));
}

static void formats_that_are_no_text_have_a_command_that_reads_them(void **state)
{
	(void)state;
	assert_true(report_is_text(report_find("text")));
	assert_true(report_is_text(report_find("folded")));
	assert_false(report_is_text(report_find("pprof")));
	assert_false(report_is_text(report_find("pstats")));
	assert_string_equal(report_next(report_find("pprof")), "pybpfprof report");
	assert_null(report_next(report_find("tree")));
}

static void the_defaults_are_those_of_the_manual(void **state)
{
	struct report_options options;

	(void)state;
	memset(&options, 0xff, sizeof(options));
	report_options_init(&options);
	assert_int_equal(options.by, REPORT_BY_LINE);
	assert_int_equal(options.limit, 40);
	assert_true(options.threshold == 0.01);
	assert_false(options.show_all);
	assert_false(options.color);
	assert_false(options.unicode);
	assert_int_equal(options.width, 0);
}

/* A process of every byte and many characters as names. */
static struct profile *hostile_profile(void)
{
	struct profile *profile = profile_new();
	struct profile_process process = {
		.count = 1,
		.python = "",
		.container_id = "",
		.unit = "",
		.kernel_ns = PROFILE_TIME_UNKNOWN,
	};
	struct profile_thread thread;
	uint32_t id, symbol, stack, thread_id, byte;

	for (byte = 1; byte < 256; byte++) {
		const char name[] = { 'a', (char)byte, 'z', (char)byte, '\0' };
		const struct symbol hostile = {
			.function = name,
			.file = name,
			.line = 1,
			.first_line = 1,
		};

		process.pid = (int32_t)byte;
		process.comm = name;
		process.command = name;
		process.container = name;
		thread = (struct profile_thread){ .tid = (int32_t)byte, .name = name };
		assert_int_equal(profile_add_thread(profile, &thread, &thread_id), 0);
		assert_int_equal(profile_add_process(profile, &process, &id), 0);
		assert_int_equal(profile_add_symbol(profile, &hostile, &symbol), 0);
		assert_int_equal(profile_add_stack(profile, 0, symbol, &stack), 0);
		assert_int_equal(profile_add_weight(profile, id, thread_id, stack, 1, 1000), 0);
	}
	return profile;
}

/* Of pstats what its bytes say is looked at. Saved profiles keep every byte: what reads them is to sanitize it. */
static bool is_shown(const struct report_format *format)
{
	return strcmp(format->name, "pprof") != 0;
}

static void assert_is_printable(const char *text)
{
	const char *at = text;

	while (*at) {
		unsigned code;
		const size_t bytes = utf8_decode(at, strlen(at), &code);

		assert_int_not_equal(bytes, 0);
		assert_true(code == '\n' || (code >= 0x20 && code < 0x7f) || code >= 0xa0);
		at += bytes;
	}
	assert_true(at > text);
	assert_int_equal(at[-1], '\n');
}

static void no_format_lets_a_control_character_or_an_invalid_byte_through(void **state)
{
	struct profile *profile = hostile_profile();
	const struct report_format *format;
	struct report_options options;

	(void)state;
	report_options_init(&options);
	options.limit = 0;
	options.threshold = 0;
	for (format = report_formats; format->name; format++) {
		char *text = write_report(format, profile, &options);

		if (is_shown(format)) {
			assert_is_printable(text);
			assert_true(strlen(text) > 255 * 4);
		}
		free(text);
	}
	profile_free(profile);
}

static void no_rows_let_a_control_character_or_an_invalid_byte_through(void **state)
{
	struct profile *profile = hostile_profile();
	const struct report_by_name *name;
	struct report_options options;

	(void)state;
	report_options_init(&options);
	options.limit = 0;
	for (name = report_by_names; name->name; name++) {
		char *text;

		options.by = name->by;
		text = write_report(report_find("flat"), profile, &options);
		assert_non_null(strstr(text, name->name));
		assert_is_printable(text);
		free(text);
	}
	profile_free(profile);
}

static void every_kind_of_rows_has_a_name_of_its_own(void **state)
{
	const struct report_by_name *name, *other;
	unsigned seen = 0;

	(void)state;
	for (name = report_by_names; name->name; name++) {
		assert_true(name->help && name->help[0]);
		seen |= 1u << name->by;
		for (other = report_by_names; other != name; other++) {
			assert_string_not_equal(other->name, name->name);
			assert_int_not_equal(other->by, name->by);
		}
	}
	assert_int_equal(seen, (1u << (REPORT_BY_CONTAINER + 1)) - 1);
}

/* Is the format read by programs, which want no colours? */
static bool is_for_programs(const struct report_format *format)
{
	return strcmp(format->name, "folded") == 0 || strcmp(format->name, "pstats") == 0;
}

static void no_format_has_colours_that_were_not_asked_for(void **state)
{
	struct profile *profile = golden_parse("process 1 p\nstack 1 9 f|a|1|1;g|a|2|2", "plain");
	const struct report_format *format;
	struct report_options options;

	(void)state;
	report_options_init(&options);
	for (format = report_formats; format->name; format++) {
		char *text = write_report(format, profile, &options);

		assert_true(!is_shown(format) || !strchr(text, '\033'));
		free(text);
	}
	options.color = true;
	for (format = report_formats; format->name; format++) {
		char *text = write_report(format, profile, &options);

		if (is_shown(format))
			assert_int_equal(strchr(text, '\033') == NULL, is_for_programs(format));
		free(text);
	}
	profile_free(profile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(formats_are_found_by_name_only_if_it_is_whole),
		cmocka_unit_test(formats_are_found_by_the_ending_of_a_file),
		cmocka_unit_test(formats_that_are_no_text_have_a_command_that_reads_them),
		cmocka_unit_test(the_defaults_are_those_of_the_manual),
		cmocka_unit_test(no_format_lets_a_control_character_or_an_invalid_byte_through),
		cmocka_unit_test(no_rows_let_a_control_character_or_an_invalid_byte_through),
		cmocka_unit_test(every_kind_of_rows_has_a_name_of_its_own),
		cmocka_unit_test(no_format_has_colours_that_were_not_asked_for),
	};

	return cmocka_run_group_tests_name("report_formats", tests, NULL, NULL);
}

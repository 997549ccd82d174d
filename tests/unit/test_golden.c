/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every report of every case of tests/golden, byte for byte. With --update the expected bytes are rewritten, and
 * the difference is for a person to look at. Runs in the checkout's root.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pattern.h"
#include "profile/profile.h"
#include "report/closing.h"
#include "report/report.h"
#include "support/golden_check.h"
#include "support/golden.h"
#include "support/marshal_dump.h"

#define GOLDEN "tests/golden"

static bool updating;

/* A report and the options it is written with; the name is its folder. */
struct variant {
	const char *name;
	const char *format; /* NULL: the closing account */
	struct report_options options;
};

/* The variant with patterns, which are no constants. */
#define HIDING	  "tree-hide"
#define HIDE_GLOB "/srv/*"
#define SHOW_GLOB "*/json/*"

#define DEFAULTS .limit = 40, .threshold = 0.01

static const struct variant variants[] = {
	{ "folded", "folded", { DEFAULTS } },
	{ "flat", "flat", { DEFAULTS } },
	{ "flat-function", "flat", { DEFAULTS, .by = REPORT_BY_FUNCTION } },
	{ "flat-file", "flat", { DEFAULTS, .by = REPORT_BY_FILE } },
	{ "flat-module", "flat", { DEFAULTS, .by = REPORT_BY_MODULE } },
	{ "flat-strip", "flat", { DEFAULTS, .strip_dirs = true, .width = 80, .unicode = true } },
	{ "flat-full-paths", "flat", { DEFAULTS, .by = REPORT_BY_FUNCTION, .full_paths = true } },
	{ "flat-percent", "flat", { DEFAULTS, .unit = REPORT_UNIT_PERCENT, .unicode = true } },
	{ "flat-samples", "flat", { DEFAULTS, .unit = REPORT_UNIT_SAMPLES, .width = 80 } },
	{ "flat-sort",
	  "flat",
	  { .limit = 5, .sorts = { REPORT_SORT_TOTAL, REPORT_SORT_NAME }, .nsorts = 2 } },
	{ "flat-reverse", "flat", { .sorts = { REPORT_SORT_FILE }, .nsorts = 1, .reverse = true } },
	{ "flat-process", "flat", { DEFAULTS, .by = REPORT_BY_PROCESS, .width = 100 } },
	{ "flat-command", "flat", { DEFAULTS, .by = REPORT_BY_COMMAND, .unicode = true } },
	{ "flat-container", "flat", { DEFAULTS, .by = REPORT_BY_CONTAINER } },
	{ "flat-thread", "flat", { DEFAULTS, .by = REPORT_BY_THREAD } },
	{ "flat-short", "flat", { .limit = 2, .color = true, .unicode = true } },
	{ "tree", "tree", { DEFAULTS } },
	{ "tree-unicode", "tree", { DEFAULTS, .unicode = true, .width = 80 } },
	{ "tree-color", "tree", { DEFAULTS, .unicode = true, .color = true } },
	{ "tree-all", "tree", { .show_all = true } },
	{ "tree-short", "tree", { .limit = 3, .threshold = 0.05 } },
	{ "tree-narrow", "tree", { DEFAULTS, .width = 60 } },
	{ "tree-invert", "tree", { DEFAULTS, .invert = true, .unicode = true, .width = 80 } },
	{ "tree-invert-all", "tree", { .invert = true, .show_all = true } },
	{ "tree-percent",
	  "tree",
	  { DEFAULTS, .unit = REPORT_UNIT_PERCENT, .unicode = true, .width = 80 } },
	{ "tree-samples", "tree", { DEFAULTS, .unit = REPORT_UNIT_SAMPLES } },
	{ "tree-full-paths", "tree", { DEFAULTS, .full_paths = true } },
	{ HIDING, "tree", { DEFAULTS } },
	{ "text", "text", { DEFAULTS } },
	{ "callers", "callers", { DEFAULTS, .width = 80 } },
	{ "callers-short",
	  "callers",
	  { .limit = 2,
	    .unit = REPORT_UNIT_PERCENT,
	    .color = true,
	    .unicode = true,
	    .full_paths = true } },
	{ "callees", "callees", { DEFAULTS, .width = 80 } },
	{ "callees-samples",
	  "callees",
	  { DEFAULTS, .unit = REPORT_UNIT_SAMPLES, .sorts = { REPORT_SORT_NAME }, .nsorts = 1 } },
	{ "pstats", "pstats", { DEFAULTS } },
	{ "pstats-strip", "pstats", { DEFAULTS, .strip_dirs = true } },
	{ "closing", NULL, { DEFAULTS } },
	{ "closing-unicode", NULL, { DEFAULTS, .unicode = true } },
};

#define NVARIANTS (sizeof(variants) / sizeof(variants[0]))

/* Formats whose bytes are no text, and what makes lines of them. */
static const struct dump {
	const char *format;
	char *(*dump)(const char *bytes, size_t size);
} dumps[] = {
	{ "pstats", marshal_dump },
};

/* The bytes as text; frees them if that is another one. */
static char *make_text(const char *format, char *bytes, size_t size)
{
	size_t i;

	for (i = 0; format && i < sizeof(dumps) / sizeof(dumps[0]); i++) {
		if (strcmp(dumps[i].format, format) == 0) {
			char *text = dumps[i].dump(bytes, size);

			free(bytes);
			return text;
		}
	}
	assert_int_equal(strlen(bytes), size);
	return bytes;
}

static struct pattern *add_glob(struct report_patterns *patterns, const char *glob)
{
	struct pattern *pattern;

	assert_int_equal(pattern_new(PATTERN_GLOB, glob, &pattern, NULL), 0);
	patterns->patterns[patterns->count++] = pattern;
	return pattern;
}

static char *write_variant(const struct variant *variant, const struct profile *profile)
{
	struct report_options options = variant->options;
	const bool hiding = strcmp(variant->name, HIDING) == 0;
	struct pattern *hide = hiding ? add_glob(&options.hide, HIDE_GLOB) : NULL;
	struct pattern *show = hiding ? add_glob(&options.show, SHOW_GLOB) : NULL;
	struct err err = { 0 };
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	if (variant->format)
		assert_int_equal(
			report_find(variant->format)->write(profile, &options, stream, &err), 0);
	else
		closing_write(profile, &options, stream);
	fclose(stream);
	pattern_free(hide);
	pattern_free(show);
	return make_text(variant->format, text, size);
}

/* Compare, or rewrite. Returns false on a difference. */
static bool run_case(const struct variant *variant, const char *in)
{
	const char *name = strrchr(in, '/') + 1;
	struct profile *profile = golden_load(in);
	char *text = write_variant(variant, profile);
	char path[256];
	bool equal;

	snprintf(path, sizeof(path), GOLDEN "/%s/%.*s.out", variant->name, (int)(strlen(name) - 3),
		 name);
	equal = golden_check(path, text, updating);
	free(text);
	profile_free(profile);
	return equal;
}

static void every_case_is_written_byte_for_byte(void **state)
{
	const struct variant *variant = *state;
	size_t i, differing = 0;
	glob_t cases;

	if (updating) {
		char folder[128];

		snprintf(folder, sizeof(folder), GOLDEN "/%s", variant->name);
		golden_make_folder(folder);
	}
	assert_int_equal(glob(GOLDEN "/*.in", 0, NULL, &cases), 0);
	for (i = 0; i < cases.gl_pathc; i++)
		differing += !run_case(variant, cases.gl_pathv[i]);
	globfree(&cases);
	assert_int_equal(differing, 0);
}

static void every_format_has_a_folder_of_its_name(void **state)
{
	const struct report_format *format;

	(void)state;
	for (format = report_formats; format->name; format++) {
		size_t i;

		/* test_store writes every case and reads it back */
		if (strcmp(format->name, "pprof") == 0)
			continue;
		for (i = 0; i < NVARIANTS && strcmp(variants[i].name, format->name); i++)
			;
		if (i == NVARIANTS)
			fail_msg("the format \"%s\" has no golden files", format->name);
	}
}

int main(int argc, char *argv[])
{
	struct CMUnitTest tests[NVARIANTS + 1] = {
		cmocka_unit_test(every_format_has_a_folder_of_its_name),
	};
	size_t i;

	updating = argc > 1 && strcmp(argv[1], "--update") == 0;
	for (i = 0; i < NVARIANTS; i++) {
		/* cmocka hands the state on as it is, and no test writes to it. */
		tests[i + 1] = (struct CMUnitTest){
			.name = variants[i].name,
			.test_func = every_case_is_written_byte_for_byte,
			.initial_state = (void *)(uintptr_t)&variants[i],
		};
	}
	return cmocka_run_group_tests_name("golden", tests, NULL, NULL);
}

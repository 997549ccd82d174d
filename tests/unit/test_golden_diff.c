/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every diff of every pair of tests/golden/diff, byte for byte: CASE.base.in against CASE.new.in. With --update the
 * expected bytes are rewritten, and the difference is for a person to look at. Runs in the checkout's root.
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

#include "profile/profile.h"
#include "report/diff.h"
#include "report/report.h"
#include "support/golden.h"
#include "support/golden_check.h"

#define GOLDEN	 "tests/golden"
#define BASE_IN	 ".base.in"
#define FRESH_IN ".new.in"
#define NPATHS	 256

static bool updating;

/* A diff and the options it is written with; the name is its folder. */
struct variant {
	const char *name;
	const char *format;
	struct report_options options;
};

#define DEFAULTS .by = REPORT_BY_FUNCTION, .limit = 40, .threshold = 0.01

static const struct variant variants[] = {
	{ "diff-flat", "flat", { DEFAULTS, .width = 100 } },
	{ "diff-flat-line", "flat", { .by = REPORT_BY_LINE, .limit = 3, .threshold = 0 } },
	{ "diff-flat-file", "flat", { .by = REPORT_BY_FILE, .limit = 40, .unicode = true } },
	{ "diff-flat-module", "flat", { .by = REPORT_BY_MODULE, .limit = 40 } },
	{ "diff-flat-strip", "flat", { DEFAULTS, .strip_dirs = true, .full_paths = true } },
	{ "diff-flat-time",
	  "flat",
	  { DEFAULTS, .normalize = REPORT_NORMALIZE_TIME, .color = true } },
	{ "diff-flat-raw", "flat", { DEFAULTS, .normalize = REPORT_NORMALIZE_NONE } },
	{ "diff-flat-total",
	  "flat",
	  { DEFAULTS, .sorts = { REPORT_SORT_TOTAL }, .nsorts = 1, .unit = REPORT_UNIT_SAMPLES } },
	{ "diff-flat-sort",
	  "flat",
	  { .by = REPORT_BY_FUNCTION,
	    .sorts = { REPORT_SORT_NAME, REPORT_SORT_TOTAL },
	    .nsorts = 2,
	    .reverse = true,
	    .restrictions = { { .kind = REPORT_RESTRICT_PART, .part = 0.5 },
			      { .kind = REPORT_RESTRICT_ROWS, .rows = 5 } },
	    .nrestrictions = 2 } },
	{ "diff-flat-process", "flat", { .by = REPORT_BY_PROCESS, .limit = 40 } },
	{ "diff-flat-command", "flat", { .by = REPORT_BY_COMMAND, .limit = 40 } },
	{ "diff-flat-thread", "flat", { .by = REPORT_BY_THREAD, .limit = 40 } },
	{ "diff-flat-container", "flat", { .by = REPORT_BY_CONTAINER, .limit = 40 } },
	{ "diff-tree", "tree", { DEFAULTS } },
	{ "diff-tree-all",
	  "tree",
	  { .by = REPORT_BY_FUNCTION, .show_all = true, .unicode = true, .color = true } },
	{ "diff-tree-invert", "tree", { DEFAULTS, .invert = true, .full_paths = true } },
	{ "diff-tree-narrow", "tree", { DEFAULTS, .width = 60, .unicode = true } },
	{ "diff-tree-short", "tree", { .by = REPORT_BY_FUNCTION, .limit = 2, .threshold = 0.05 } },
	{ "diff-folded", "folded", { DEFAULTS } },
	{ "diff-folded-raw",
	  "folded",
	  { .by = REPORT_BY_LINE, .normalize = REPORT_NORMALIZE_NONE } },
	{ "diff-text", "text", { DEFAULTS } },
};

#define NVARIANTS (sizeof(variants) / sizeof(variants[0]))

/* What cannot be compared in this way says why. */
static char *write_variant(const struct variant *variant, const struct profile *base,
			   const struct profile *fresh)
{
	struct err err = { 0 };
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	assert_non_null(stream);
	if (diff_write(base, fresh, report_find(variant->format), &variant->options, stream, &err))
		err_print(&err, "pybpfprof", stream);
	fclose(stream);
	assert_int_equal(strlen(text), size);
	return text;
}

static bool run_case(const struct variant *variant, const char *base_in)
{
	const char *name = strrchr(base_in, '/') + 1;
	const int length = (int)(strlen(name) - strlen(BASE_IN));
	char fresh_in[NPATHS], path[NPATHS];
	struct profile *base = golden_load(base_in), *fresh;
	char *text;
	bool equal;

	snprintf(fresh_in, sizeof(fresh_in), GOLDEN "/diff/%.*s" FRESH_IN, length, name);
	snprintf(path, sizeof(path), GOLDEN "/%s/%.*s.out", variant->name, length, name);
	fresh = golden_load(fresh_in);
	text = write_variant(variant, base, fresh);
	equal = golden_check(path, text, updating);
	free(text);
	profile_free(base);
	profile_free(fresh);
	return equal;
}

static void every_pair_is_written_byte_for_byte(void **state)
{
	const struct variant *variant = *state;
	char folder[NPATHS];
	size_t i, differing = 0;
	glob_t cases;

	snprintf(folder, sizeof(folder), GOLDEN "/%s", variant->name);
	if (updating)
		golden_make_folder(folder);
	assert_int_equal(glob(GOLDEN "/diff/*" BASE_IN, 0, NULL, &cases), 0);
	for (i = 0; i < cases.gl_pathc; i++)
		differing += !run_case(variant, cases.gl_pathv[i]);
	globfree(&cases);
	assert_int_equal(differing, 0);
}

int main(int argc, char *argv[])
{
	struct CMUnitTest tests[NVARIANTS];
	size_t i;

	updating = argc > 1 && strcmp(argv[1], "--update") == 0;
	for (i = 0; i < NVARIANTS; i++) {
		/* cmocka hands the state on as it is, and no test writes to it. */
		tests[i] = (struct CMUnitTest){
			.name = variants[i].name,
			.test_func = every_pair_is_written_byte_for_byte,
			.initial_state = (void *)(uintptr_t)&variants[i],
		};
	}
	return cmocka_run_group_tests_name("golden_diff", tests, NULL, NULL);
}

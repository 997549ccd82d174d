/* SPDX-License-Identifier: GPL-2.0-only */
/* The laws of a diff: sums, both directions, what is refused, and how limits and thresholds count. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <glob.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pattern.h"
#include "profile/profile.h"
#include "report/diff.h"
#include "report/diff_match.h"
#include "report/diff_nodes.h"
#include "report/diff_rows.h"
#include "report/diff_sides.h"
#include "report/diff_stacks.h"
#include "report/calltree.h"
#include "report/report.h"
#include "support/golden.h"

#define BASE  "process 1 python3\naccount elapsed_ns 2000000000\n"
#define FRESH "process 2 python3\naccount elapsed_ns 1000000000\n"

/* What the diff's rooms work on, made from two texts. */
struct made {
	struct profile *base, *fresh, *renamed;
	struct diff_sides sides;
	struct diff_rows rows;
};

static void make(struct made *made, struct profile *base, struct profile *fresh,
		 const struct report_options *options)
{
	struct err err = { 0 };

	made->base = base;
	made->fresh = fresh;
	assert_int_equal(diff_sides_init(&made->sides, base, fresh, options, &err), 0);
	assert_int_equal(diff_match(base, fresh, &made->renamed, &made->sides.nmoved), 0);
	made->sides.matched[DIFF_BASE] = made->renamed;
	made->sides.matched[DIFF_FRESH] = fresh;
	assert_int_equal(diff_rows_init(&made->rows, &made->sides, options), 0);
}

static void unmake(struct made *made)
{
	diff_rows_done(&made->rows);
	profile_free(made->renamed);
	profile_free(made->base);
	profile_free(made->fresh);
}

static char *write_diff(const char *base_text, const char *fresh_text, const char *format,
			const struct report_options *options)
{
	struct profile *base = golden_parse(base_text, "base");
	struct profile *fresh = golden_parse(fresh_text, "fresh");
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);
	struct err err = { 0 };

	assert_non_null(stream);
	assert_int_equal(diff_write(base, fresh, report_find(format), options, stream, &err), 0);
	fclose(stream);
	profile_free(base);
	profile_free(fresh);
	return text;
}

static int fail_diff(const char *base_text, const char *fresh_text,
		     const struct report_format *format, const struct report_options *options,
		     struct err *err)
{
	struct profile *base = golden_parse(base_text, "base");
	struct profile *fresh = golden_parse(fresh_text, "fresh");
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);
	int code;

	assert_non_null(stream);
	code = diff_write(base, fresh, format, options, stream, err);
	fclose(stream);
	assert_int_equal(size, 0);
	free(text);
	profile_free(base);
	profile_free(fresh);
	return code;
}

/* Each pair of the golden files, by each kind of row: what `check` says of it. */
static void for_each_pair(void (*check)(const char *base, const char *fresh,
					const struct report_options *options))
{
	static const enum report_by bys[] = { REPORT_BY_LINE,	  REPORT_BY_FUNCTION,
					      REPORT_BY_FILE,	  REPORT_BY_THREAD,
					      REPORT_BY_PROCESS,  REPORT_BY_COMMAND,
					      REPORT_BY_CONTAINER };
	glob_t cases;
	size_t i, j;

	assert_int_equal(glob("tests/golden/diff/*.base.in", 0, NULL, &cases), 0);
	for (i = 0; i < cases.gl_pathc; i++) {
		char *fresh = strdup(cases.gl_pathv[i]), *ending = strstr(fresh, ".base.in");

		strcpy(ending, ".new.in");
		for (j = 0; j < sizeof(bys) / sizeof(bys[0]); j++) {
			const struct report_options options = { .by = bys[j] };

			check(cases.gl_pathv[i], fresh, &options);
		}
		free(fresh);
	}
	globfree(&cases);
}

static void check_sums(const char *base, const char *fresh, const struct report_options *options)
{
	uint64_t ns[2] = { 0 }, samples[2] = { 0 };
	struct made made;
	double change = 0;
	size_t i;
	int side;

	make(&made, golden_load(base), golden_load(fresh), options);
	for (i = 0; i < made.rows.count; i++) {
		change += made.rows.rows[i].change;
		for (side = DIFF_BASE; side <= DIFF_FRESH; side++) {
			ns[side] += made.rows.rows[i].self.ns[side];
			samples[side] += made.rows.rows[i].self.samples[side];
		}
	}
	for (side = DIFF_BASE; side <= DIFF_FRESH; side++) {
		assert_int_equal(ns[side], profile_weight_ns(made.sides.profiles[side]));
		assert_int_equal(samples[side], profile_samples(made.sides.profiles[side]));
	}
	/* Shares add up to 100 on both sides. */
	if (ns[DIFF_BASE] > 0 && ns[DIFF_FRESH] > 0)
		assert_true(fabs(change) < 1e-6);
	unmake(&made);
}

static void selfs_of_all_rows_add_up_to_each_profile(void **state)
{
	(void)state;
	for_each_pair(check_sums);
}

/* The row of the same name with the numbers of both sides and the change turned around. */
static const struct diff_row *find_row(const struct made *made, const struct diff_row *row)
{
	size_t i;

	for (i = 0; i < made->rows.count; i++) {
		const struct diff_row *at = &made->rows.rows[i];

		if (at->symbol->kind == row->symbol->kind &&
		    strcmp(at->symbol->function, row->symbol->function) == 0 &&
		    at->self.samples[DIFF_BASE] == row->self.samples[DIFF_FRESH] &&
		    at->self.samples[DIFF_FRESH] == row->self.samples[DIFF_BASE] &&
		    fabs(at->change + row->change) < 1e-9)
			return at;
	}
	return NULL;
}

static void check_directions(const char *base, const char *fresh,
			     const struct report_options *options)
{
	struct made there, back;
	size_t i;

	make(&there, golden_load(base), golden_load(fresh), options);
	make(&back, golden_load(fresh), golden_load(base), options);
	assert_int_equal(there.rows.count, back.rows.count);
	for (i = 0; i < there.rows.count; i++) {
		const struct diff_row *row = find_row(&back, &there.rows.rows[i]);

		assert_non_null(row);
		assert_int_equal(row->beyond, there.rows.rows[i].beyond);
	}
	unmake(&there);
	unmake(&back);
}

static void the_other_direction_turns_every_change_around(void **state)
{
	(void)state;
	for_each_pair(check_directions);
}

static void check_tree_of(const char *base, const char *fresh, const struct report_options *options)
{
	struct diff_stacks stacks;
	struct diff_nodes nodes;
	struct made made;
	struct diff_pair sum = { 0 };
	size_t i;
	int side;

	make(&made, golden_load(base), golden_load(fresh), options);
	assert_int_equal(diff_stacks_init(&stacks, &made.sides), 0);
	assert_int_equal(diff_nodes_init(&nodes, &made.sides, &stacks, options), 0);
	for (i = 1; i < calltree_count(nodes.tree); i++) {
		const uint32_t caller = calltree_node(nodes.tree, (uint32_t)i)->caller;

		for (side = DIFF_BASE; side <= DIFF_FRESH; side++)
			sum.ns[side] += nodes.nodes[i].self.ns[side];
		/* Without limit and threshold all that changed is shown, with what leads there. */
		if (nodes.nodes[i].shown && caller != 0)
			assert_true(nodes.nodes[caller].shown);
		if (nodes.nodes[i].beyond)
			assert_true(nodes.nodes[i].shown);
		assert_true(nodes.nodes[caller].largest >= nodes.nodes[i].largest || caller == 0);
	}
	for (side = DIFF_BASE; side <= DIFF_FRESH; side++) {
		assert_int_equal(sum.ns[side], profile_weight_ns(made.sides.profiles[side]));
		assert_int_equal(nodes.nodes[0].total.ns[side], sum.ns[side]);
	}
	diff_nodes_done(&nodes);
	diff_stacks_done(&stacks);
	unmake(&made);
}

/* From the roots and from the leaves, with and without hidden frames. */
static void check_tree(const char *base, const char *fresh, const struct report_options *options)
{
	struct report_options each = *options;
	unsigned kind;

	for (kind = 0; kind < 4; kind++) {
		each.invert = kind & 1;
		each.show_all = kind & 2;
		check_tree_of(base, fresh, &each);
	}
}

static void the_tree_adds_up_to_each_profile(void **state)
{
	(void)state;
	for_each_pair(check_tree);
}

/* Sums of the two columns of a folded diff. */
static void add_folded(const char *text, uint64_t sums[2])
{
	char *copy = strdup(text), *rest = copy, *line;

	sums[0] = sums[1] = 0;
	while ((line = strsep(&rest, "\n")) && line[0]) {
		char *fresh = strrchr(line, ' '), *base;

		assert_non_null(fresh);
		*fresh++ = '\0';
		base = strrchr(line, ' ');
		assert_non_null(base);
		sums[0] += strtoull(base + 1, NULL, 10);
		sums[1] += strtoull(fresh, NULL, 10);
	}
	free(copy);
}

static void folded_scales_base_to_fresh_without_loss(void **state)
{
	static const char base[] =
		BASE "stack 1 1 f|/a|1|1\nstack 1 1 g|/a|2|2\nstack 1 1 h|/a|3|3\n"
		     "stack 1 4 i|/a|4|4\n";
	static const char fresh[] = FRESH "stack 2 5 f|/a|1|1\nstack 2 5 i|/a|4|4\n";
	struct report_options options = { .by = REPORT_BY_FUNCTION };
	uint64_t sums[2];
	char *text;

	(void)state;
	text = write_diff(base, fresh, "folded", &options);
	assert_string_equal(text, "f (/a:1) 1 5\ng (/a:2) 2 0\nh (/a:3) 1 0\ni (/a:4) 6 5\n");
	add_folded(text, sums);
	assert_int_equal(sums[0], 10);
	assert_int_equal(sums[1], 10);
	free(text);
	options.normalize = REPORT_NORMALIZE_NONE;
	text = write_diff(base, fresh, "folded", &options);
	assert_string_equal(text, "f (/a:1) 1 5\ng (/a:2) 1 0\nh (/a:3) 1 0\ni (/a:4) 4 5\n");
	free(text);
	/* 7 samples in two seconds, which is 3.5 in the one of fresh. */
	options.normalize = REPORT_NORMALIZE_TIME;
	text = write_diff(base, fresh, "folded", &options);
	add_folded(text, sums);
	assert_int_equal(sums[0], 4);
	assert_int_equal(sums[1], 10);
	free(text);
}

static void time_is_cpu_per_second_of_the_run(void **state)
{
	const struct report_options options = { .by = REPORT_BY_FUNCTION,
						.normalize = REPORT_NORMALIZE_TIME };
	struct made made;

	(void)state;
	/* Half a second in two, 25 % of a CPU; half a second in one, 50 %. */
	make(&made, golden_parse(BASE "stack 1 500 f|/a|1|1\n", "base"),
	     golden_parse(FRESH "stack 2 500 f|/a|1|1\n", "fresh"), &options);
	assert_int_equal(made.rows.count, 1);
	assert_true(fabs(made.rows.rows[0].change - 25) < 1e-9);
	assert_true(made.rows.rows[0].beyond);
	unmake(&made);
}

static void time_needs_to_be_known(void **state)
{
	const struct report_options options = { .normalize = REPORT_NORMALIZE_TIME };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(fail_diff(BASE, "process 2 p\nstack 2 1 f|/a|1|1\n", report_find("flat"),
				   &options, &err),
			 -EINVAL);
	assert_non_null(strstr(err.message, "the new profile does not know how long"));
	assert_non_null(strstr(err.hint, "--normalize samples"));
}

static void formats_without_diff_are_refused(void **state)
{
	const struct report_format format = { .name = "callgrind" };
	const struct report_options options = { 0 };
	struct err err = { 0 };

	(void)state;
	assert_int_equal(fail_diff(BASE, FRESH, &format, &options, &err), -EINVAL);
	assert_non_null(strstr(err.message, "callgrind"));
	assert_string_equal(err.hint, "formats of a diff: text, flat, tree, folded");
}

static void counts_are_not_compared_with_times(void **state)
{
	const struct report_options options = { 0 };
	struct profile *base = golden_parse(BASE, "base"), *fresh = golden_parse(FRESH, "fresh");
	struct err err = { 0 };

	(void)state;
	profile_set_unit(fresh, PROFILE_UNIT_COUNT);
	assert_int_equal(diff_write(base, fresh, report_find("flat"), &options, stderr, &err),
			 -EINVAL);
	assert_non_null(strstr(err.message, "counts something else"));
	profile_free(base);
	profile_free(fresh);
}

static void what_are_no_samples_is_not_judged_by_chance(void **state)
{
	const struct report_options options = { .by = REPORT_BY_FUNCTION };
	struct profile *base = golden_parse(BASE "stack 1 100@4096 f|/a|1|1\n", "base");
	struct profile *fresh = golden_parse(FRESH "stack 2 100@9999 g|/a|1|1\n", "fresh");
	struct made made;

	(void)state;
	profile_set_unit(base, PROFILE_UNIT_COUNT);
	profile_set_unit(fresh, PROFILE_UNIT_COUNT);
	make(&made, base, fresh, &options);
	assert_int_equal(made.rows.count, 2);
	assert_false(made.rows.rows[0].beyond || made.rows.rows[1].beyond);
	unmake(&made);
}

static void what_is_left_out_is_counted(void **state)
{
	static const char base[] = BASE "stack 1 500 a|/a|1|1\nstack 1 300 b|/a|2|2\n"
					"stack 1 100 c|/a|3|3\nstack 1 100 d|/a|4|4\n";
	static const char fresh[] = FRESH "stack 2 600 a|/a|1|1\nstack 2 205 b|/a|2|2\n"
					  "stack 2 95 c|/a|3|3\nstack 2 100 d|/a|4|4\n";
	const struct report_options options = { .by = REPORT_BY_FUNCTION,
						.limit = 1,
						.threshold = 0.01 };
	char *text = write_diff(base, fresh, "flat", &options);

	(void)state;
	assert_non_null(
		strstr(text, "1 more row beyond the limit of 1, 1 of them beyond chance\n"));
	assert_non_null(strstr(text, "1 more row changed by less than 1 % of all\n"));
	assert_non_null(strstr(text, "1 more row did not change\n"));
	assert_non_null(strstr(text, "beyond chance (*): 1 hotter, 1 cooler of 4 rows\n"));
	assert_null(strstr(text, "a:2"));
	free(text);
}

static void rows_are_restricted_by_pattern(void **state)
{
	static const char base[] = BASE "stack 1 500 aa|/x.py|1|1\nstack 1 300 ab|/x.py|2|2\n"
					"stack 1 200 b|/x.py|3|3\n";
	static const char fresh[] = FRESH "stack 2 300 aa|/x.py|1|1\nstack 2 300 ab|/x.py|2|2\n"
					  "stack 2 400 b|/x.py|3|3\n";
	struct report_options options = { .by = REPORT_BY_FUNCTION, .nrestrictions = 1 };
	struct err err = { 0 };
	struct pattern *pattern;
	char *text;

	(void)state;
	assert_int_equal(pattern_new(PATTERN_REGEX, "x.py:\\d\\(a", &pattern, &err), 0);
	options.restrictions[0].kind = REPORT_RESTRICT_PATTERN;
	options.restrictions[0].pattern = pattern;
	text = write_diff(base, fresh, "flat", &options);
	assert_non_null(strstr(text, "x.py:1  aa\n"));
	assert_null(strstr(text, "x.py:3  b\n"));
	assert_non_null(strstr(text, "1 more row left out by -l, 1 of them beyond chance\n"));
	free(text);
	pattern_free(pattern);
}

static void equal_profiles_have_no_differences(void **state)
{
	static const char base[] = BASE "stack 1 50 a|/v1/a.py|1|1\nstack 1 30 b|/v1/a.py|20|20\n";
	static const char fresh[] = FRESH "stack 2 5 a|/v2/a.py|2|2\nstack 2 3 b|/v2/a.py|21|21\n";
	static const char *const formats[] = { "flat", "tree", "text" };
	const struct report_options options = { .by = REPORT_BY_FUNCTION };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		char *text = write_diff(base, fresh, formats[i], &options);
		const char *last = strstr(text, "\n\n");

		assert_non_null(last);
		assert_string_equal(last + 2, "no differences\n");
		free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(selfs_of_all_rows_add_up_to_each_profile),
		cmocka_unit_test(the_other_direction_turns_every_change_around),
		cmocka_unit_test(the_tree_adds_up_to_each_profile),
		cmocka_unit_test(folded_scales_base_to_fresh_without_loss),
		cmocka_unit_test(time_is_cpu_per_second_of_the_run),
		cmocka_unit_test(time_needs_to_be_known),
		cmocka_unit_test(formats_without_diff_are_refused),
		cmocka_unit_test(counts_are_not_compared_with_times),
		cmocka_unit_test(what_are_no_samples_is_not_judged_by_chance),
		cmocka_unit_test(what_is_left_out_is_counted),
		cmocka_unit_test(rows_are_restricted_by_pattern),
		cmocka_unit_test(equal_profiles_have_no_differences),
	};

	return cmocka_run_group_tests_name("diff", tests, NULL, NULL);
}

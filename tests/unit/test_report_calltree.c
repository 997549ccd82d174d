/* SPDX-License-Identifier: GPL-2.0-only */
/* The call tree: that it adds up, what recursion and libraries become, and which nodes are chosen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pattern.h"
#include "base/strbuf.h"
#include "profile/profile.h"
#include "report/calltree.h"
#include "report/choose.h"
#include "report/merged.h"
#include "report/report.h"
#include "report/roots.h"
#include "support/golden.h"

/* The tree as one line: NAME(self callee callee …), hottest first; {N} is N hidden frames, xN a run. */
static void add_tree(struct strbuf *buf, const struct calltree *tree, uint32_t index)
{
	const struct calltree_node *node = calltree_node(tree, index);
	uint32_t callee;

	if (node->kind == CALLTREE_HIDDEN)
		strbuf_add_format(buf, "{%u}", node->nhidden);
	else if (node->kind == CALLTREE_ROOT)
		strbuf_add(buf, node->root->process->comm);
	else if (index > 0)
		strbuf_add(buf, node->symbol->function);
	if (node->deep > 0)
		strbuf_add_format(buf, "x%u/%u", node->deep, node->cycle);
	strbuf_add_format(buf, "(%llu", (unsigned long long)node->self_ns / 1000000);
	for (callee = node->first_callee; callee;) {
		strbuf_add_char(buf, ' ');
		add_tree(buf, tree, callee);
		callee = calltree_node(tree, callee)->next_sibling;
	}
	strbuf_add_char(buf, ')');
}

static void assert_tree_of(const char *profile_text, const struct report_options *options,
			   const char *expected)
{
	struct profile *profile = golden_parse(profile_text, "tree");
	struct calltree *tree;
	struct strbuf buf;

	strbuf_init(&buf);
	assert_int_equal(calltree_new(profile, options, &tree), 0);
	add_tree(&buf, tree, 0);
	assert_string_equal(strbuf_text(&buf), expected);
	strbuf_done(&buf);
	calltree_free(tree);
	profile_free(profile);
}

static void assert_tree(const char *profile_text, bool show_all, const char *expected)
{
	assert_tree_of(profile_text, &(struct report_options){ .show_all = show_all }, expected);
}

static void nodes_merge_by_function_and_not_by_line(void **state)
{
	(void)state;
	assert_tree("process 1 p\n"
		    "stack 1 1 m|a|1|1;f|a|5|4\n"
		    "stack 1 2 m|a|2|1;f|a|6|4\n"
		    "stack 1 4 m|a|2|1;f|a|9|8\n",
		    false, "(0 m(0 f(4) f(3)))");
}

static void direct_recursion_is_one_node(void **state)
{
	(void)state;
	assert_tree("process 1 p\n"
		    "stack 1 1 m|a|1|1;f|a|5|4 *7\n"
		    "stack 1 2 m|a|1|1;f|a|5|4 *3;g|a|8|8\n",
		    false, "(0 m(0 fx7/1(1 g(2))))");
}

static void a_cycle_of_functions_is_one_turn(void **state)
{
	(void)state;
	assert_tree("process 1 p\n"
		    "stack 1 1 f|a|1|1;g|a|2|2;f|a|1|1;g|a|2|2;f|a|1|1;g|a|2|2;h|a|3|3\n",
		    false, "(0 fx3/2(0 g(0 h(1))))");
	assert_tree(
		"process 1 p\n"
		"stack 1 1 a|a|1|1;b|a|2|2;c|a|3|3;d|a|4|4;a|a|1|1;b|a|2|2;c|a|3|3;d|a|4|4;z|a|9|9\n",
		false, "(0 ax2/4(0 b(0 c(0 d(0 z(1))))))");
	/* Five functions in turn are not folded. */
	assert_tree("process 1 p\n"
		    "stack 1 1 a|a|1|1;b|a|2|2;c|a|3|3;d|a|4|4;e|a|5|5;"
		    "a|a|1|1;b|a|2|2;c|a|3|3;d|a|4|4;e|a|5|5\n",
		    false, "(0 a(0 b(0 c(0 d(0 e(0 a(0 b(0 c(0 d(0 e(1)))))))))))");
}

static void a_function_that_only_comes_again_is_left_alone(void **state)
{
	(void)state;
	assert_tree("process 1 p\n"
		    "stack 1 1 w|a|1|1;f|a|2|2;w|a|1|1;g|a|3|3;w|a|1|1;h|a|4|4\n",
		    false, "(0 w(0 f(0 w(0 g(0 w(0 h(1)))))))");
}

#define LIBRARY "/lib/python3.11/"

static void inner_frames_of_libraries_are_hidden(void **state)
{
	static const char text[] =
		"process 1 p\n"
		"stack 1 90 m|a|1|1;l1|" LIBRARY "x.py|1|1;l2|" LIBRARY "x.py|2|2;l3|" LIBRARY
		"y.py|3|3;back|a|5|5\n"
		"stack 1 9 m|a|1|1;l1|" LIBRARY "x.py|1|1;l2|" LIBRARY "x.py|2|2\n";

	(void)state;
	assert_tree(text, false, "(0 m(0 l1(0 {2}(9 back(90)))))");
	assert_tree(text, true, "(0 m(0 l1(0 l2(9 l3(0 back(90))))))");
}

static void a_hot_library_function_and_a_single_one_are_shown(void **state)
{
	(void)state;
	assert_tree("process 1 p\n"
		    "stack 1 90 m|a|1|1;l1|" LIBRARY "x.py|1|1;l2|" LIBRARY "x.py|2|2;l3|" LIBRARY
		    "y.py|3|3;hot|" LIBRARY "y.py|5|5\n"
		    "stack 1 10 m|a|1|1;l1|" LIBRARY "x.py|1|1\n",
		    false, "(0 m(0 l1(10 {2}(0 hot(90)))))");
	assert_tree("process 1 p\n"
		    "stack 1 90 m|a|1|1\n"
		    "stack 1 5 m|a|1|1;l1|" LIBRARY "x.py|1|1;l2|" LIBRARY "x.py|2|2\n",
		    false, "(0 m(90 l1(0 l2(5))))");
}

static void a_process_without_application_code_is_shown_whole(void **state)
{
	static const char library[] =
		"l1|" LIBRARY "x.py|1|1;l2|" LIBRARY "x.py|2|2;l3|" LIBRARY "y.py|3|3";
	char text[1024];

	(void)state;
	snprintf(text, sizeof(text), "process 1 p\nstack 1 9 %s\n", library);
	assert_tree(text, false, "(0 l1(0 l2(0 l3(9))))");
	/* Each process for itself. */
	snprintf(text, sizeof(text),
		 "process 1 p\nprocess 2 q\nstack 1 1 %s\nstack 2 2 %s\nstack 2 90 m|a|1|1\n",
		 library, library);
	assert_tree(text, false, "(0 q(0 m(90) l1(0 {2}(2))) p(0 l1(0 l2(0 l3(1)))))");
}

#define PACKAGES LIBRARY "site-packages/"

static void an_installed_program_is_the_application_of_its_process(void **state)
{
	/* Started from bin/, which is no application code of its own; "dep" stays a library. */
	static const char text[] = "process 1 p\n"
				   "stack 1 90 <module>|/venv/bin/shop|8|1;main|" PACKAGES
				   "shop/cli.py|1|1;run|" PACKAGES "shop/run.py|2|2\n"
				   "stack 1 5 <module>|/venv/bin/shop|8|1;main|" PACKAGES
				   "shop/cli.py|1|1;d1|" PACKAGES "dep/a.py|1|1;d2|" PACKAGES
				   "dep/b.py|2|2;d3|" PACKAGES "dep/c.py|2|2\n";

	(void)state;
	assert_tree(text, false, "(0 <module>(0 main(0 run(90) d1(0 {2}(5)))))");
}

static void a_package_that_runs_the_applications_code_stays_a_library(void **state)
{
	static const char text[] =
		"process 1 p\n"
		"stack 1 90 <module>|/venv/bin/gunicorn|8|1;run|" PACKAGES
		"gunicorn/a.py|1|1;arbiter|" PACKAGES "gunicorn/b.py|2|2;worker|" PACKAGES
		"gunicorn/c.py|3|3;app|/srv/app.py|1|1\n";

	(void)state;
	assert_tree(text, false, "(0 <module>(0 run(0 {2}(0 app(90)))))");
}

static void generated_code_is_whose_caller_it_has(void **state)
{
	(void)state;
	assert_tree("process 1 p\n"
		    "stack 1 90 m|a|1|1;__init__|<string>|1|1;back|a|2|2\n"
		    "stack 1 5 m|a|1|1;l1|" LIBRARY "x.py|1|1;l2|" LIBRARY
		    "x.py|2|2;__init__|<string>|1|1;l3|" LIBRARY "x.py|3|3\n",
		    false, "(0 m(0 __init__(0 back(90)) l1(0 {3}(5))))");
}

static const struct pattern *new_pattern(enum pattern_kind kind, const char *text)
{
	struct pattern *pattern;

	assert_int_equal(pattern_new(kind, text, &pattern, NULL), 0);
	return pattern;
}

static void free_pattern(const struct pattern *pattern)
{
	/* Options only read theirs. */
	pattern_free((void *)(uintptr_t)pattern);
}

static void what_the_user_hides_is_hidden_however_hot_and_show_wins(void **state)
{
	static const char text[] =
		"process 1 p\n"
		"stack 1 90 m|a.py|1|1;x|/s/secret/x.py|1|1;y|/s/secret/y.py|2|2;z|"
		"/s/secret/z.py|3|3\n";
	static const char library[] = "process 1 p\n"
				      "stack 1 90 m|a.py|1|1;l1|" LIBRARY "x.py|1|1;l2|" LIBRARY
				      "json/a.py|2|2;l3|" LIBRARY "y.py|3|3;back|a.py|5|5\n";
	struct report_options options = { 0 };
	const struct pattern *secret = new_pattern(PATTERN_GLOB, "*/secret/*");
	const struct pattern *z = new_pattern(PATTERN_REGEX, "z\\.py$");
	const struct pattern *json = new_pattern(PATTERN_GLOB, "*/json/*");

	(void)state;
	options.hide = (struct report_patterns){ { secret }, 1 };
	assert_tree_of(text, &options, "(0 m(0 x(0 {2}(90))))");
	options.show = (struct report_patterns){ { json, z }, 2 };
	assert_tree_of(text, &options, "(0 m(0 x(0 y(0 z(90)))))");
	/* An own frame in between ends a run of hidden ones. */
	assert_tree_of(library, &options, "(0 m(0 l1(0 l2(0 l3(0 back(90))))))");
	options.show.count = 0;
	assert_tree_of(library, &options, "(0 m(0 l1(0 {2}(0 back(90)))))");
	options.show_all = true;
	assert_tree_of(text, &options, "(0 m(0 x(0 y(0 z(90)))))");
	free_pattern(secret);
	free_pattern(z);
	free_pattern(json);
}

static void an_inverted_tree_has_the_callers_of_each_leaf(void **state)
{
	const struct report_options options = { .invert = true };

	(void)state;
	assert_tree_of("process 1 p\n"
		       "stack 1 30 m|a|1|1;load|a|2|2;parse|a|3|3\n"
		       "stack 1 20 m|a|1|1;parse|a|4|3\n"
		       "stack 1 5 parse|a|3|3\n"
		       "stack 1 7 m|a|1|1\n",
		       &options, "(0 parse(5 load(0 m(30)) m(20)) m(7))");
}

static void an_inverted_tree_is_of_all_processes_together(void **state)
{
	const struct report_options options = { .invert = true };

	(void)state;
	assert_tree_of("process 1 p\nprocess 2 q\n"
		       "stack 1 30 m|a|1|1;f|a|2|2\n"
		       "stack 2 20 n|a|5|5;f|a|2|2\n",
		       &options, "(0 f(0 m(30) n(20)))");
}

static void an_inverted_tree_keeps_runs_and_hides_the_callers_in_libraries(void **state)
{
	const struct report_options options = { .invert = true };

	(void)state;
	assert_tree_of("process 1 p\nstack 1 9 m|a|1|1;r|a|2|2 *5\n", &options,
		       "(0 rx5/1(0 m(9)))");
	/* The leaf is what one looks for, whosever it is. */
	assert_tree_of("process 1 p\n"
		       "stack 1 60 m|a|1|1;l1|" LIBRARY "x.py|1|1;l2|" LIBRARY
		       "x.py|2|2;l3|" LIBRARY "x.py|3|3\n"
		       "stack 1 30 m|a|1|1;l2|" LIBRARY "x.py|2|2;l3|" LIBRARY "x.py|3|3\n",
		       &options, "(0 l3(0 {2}(0 m(90))))");
}

static void an_inverted_tree_stops_where_it_is_cold(void **state)
{
	const struct report_options options = { .invert = true, .threshold = 0.1 };

	(void)state;
	assert_tree_of("process 1 p\n"
		       "stack 1 95 m|a|1|1;f|a|2|2\n"
		       "stack 1 4 m|a|1|1;g|a|3|3;f|a|2|2\n"
		       "stack 1 1 m|a|1|1;h|a|4|4\n",
		       &options, "(0 f(0 m(95) g(4)) h(1))");
}

static void a_tree_stops_where_it_is_cold_and_counts_what_there_is(void **state)
{
	const struct report_options options = { .threshold = 0.1 };
	struct profile *profile = golden_parse("process 1 p\n"
					       "stack 1 95 m|a|1|1;f|a|2|2\n"
					       "stack 1 4 m|a|1|1;g|a|3|3;f|a|2|2;h|a|4|4\n"
					       "stack 1 1 m|a|1|1;g|a|3|3;i|a|5|5\n",
					       "cold");
	struct calltree *tree;
	struct strbuf buf;

	(void)state;
	strbuf_init(&buf);
	assert_int_equal(calltree_new(profile, &options, &tree), 0);
	add_tree(&buf, tree, 0);
	assert_string_equal(strbuf_text(&buf), "(0 m(0 f(95) g(5)))");
	assert_int_equal(calltree_node(tree, 0)->nbelow, 6);
	strbuf_done(&buf);
	calltree_free(tree);
	profile_free(profile);
}

static void frames_that_are_hidden_together_are_weighed_together(void **state)
{
	const struct report_options options = { .threshold = 0.3 };

	(void)state;
	/* Each of l2 and l3 is cold, the node that hides them is not, nor is what both call. */
	assert_tree_of("process 1 p\n"
		       "stack 1 80 m|a|1|1\n"
		       "stack 1 10 m|a|1|1;l1|" LIBRARY "x.py|1|1;l2|" LIBRARY
		       "x.py|2|2;back|a|5|5;end|a|6|6\n"
		       "stack 1 10 m|a|1|1;l1|" LIBRARY "x.py|1|1;l3|" LIBRARY
		       "x.py|3|3;l4|" LIBRARY "x.py|4|4;back|a|5|5;end|a|6|6\n"
		       "stack 1 20 m|a|1|1;l1|" LIBRARY "x.py|1|1;l3|" LIBRARY
		       "x.py|3|3;l4|" LIBRARY "x.py|4|4;back|a|5|5\n",
		       &options, "(0 m(80 l1(0 {3}(0 back(20 end(20))))))");
}

static void hidden_frames_name_their_libraries_once_and_sorted(void **state)
{
	struct profile *profile =
		golden_parse("process 1 p\nstack 1 90 m|a|1|1\n"
			     "stack 1 1 m|a|1|1;l|" LIBRARY "x.py|1|1;l|" LIBRARY
			     "re/b.py|2|2;l|" LIBRARY "json/c.py|3|3;l|" LIBRARY "re/d.py|4|4\n",
			     "libraries");
	struct calltree *tree;
	struct strbuf buf;
	uint32_t i;

	(void)state;
	strbuf_init(&buf);
	assert_int_equal(calltree_new(profile, &(struct report_options){ .limit = 40 }, &tree), 0);
	for (i = 1; i < calltree_count(tree); i++) {
		if (calltree_node(tree, i)->kind == CALLTREE_HIDDEN)
			calltree_add_libraries(tree, i, &buf, false);
	}
	assert_string_equal(strbuf_text(&buf), "json, re");
	strbuf_done(&buf);
	calltree_free(tree);
	profile_free(profile);
}

/* Few functions of an application and of libraries, called at random. */
static struct profile *random_profile(unsigned seed)
{
	const char *files[] = { "app.py", LIBRARY "x.py", LIBRARY "y.py" };
	struct profile_process process = { .comm = "p", .python = "" };
	struct profile *profile = profile_new();
	uint32_t symbols[9], id, row, i;

	for (i = 0; i < 3; i++) {
		process.pid = (int32_t)i;
		assert_int_equal(profile_add_process(profile, &process, &id), 0);
	}
	for (i = 0; i < 9; i++) {
		const struct symbol symbol = {
			.function = (const char *[]){ "f", "g", "h" }[i / 3],
			.file = files[i % 3],
			.first_line = 1,
		};

		assert_int_equal(profile_add_symbol(profile, &symbol, &symbols[i]), 0);
	}
	for (row = 0; row < 200; row++) {
		uint32_t stack = PROFILE_STACK_EMPTY;
		int depth = 1 + rand_r(&seed) % 12;

		while (depth-- > 0)
			assert_int_equal(profile_add_stack(profile, stack,
							   symbols[rand_r(&seed) % 9], &stack),
					 0);
		assert_int_equal(
			profile_add_weight(profile, row % 3, PROFILE_NO_ID, stack, 1, 1 + row), 0);
	}
	return profile;
}

static void assert_adds_up(const struct calltree *tree)
{
	uint32_t index;

	for (index = 0; index < calltree_count(tree); index++) {
		const struct calltree_node *node = calltree_node(tree, index);
		uint64_t total = node->self_ns, before = UINT64_MAX;
		uint32_t callee, nbelow = 0;

		for (callee = node->first_callee; callee;) {
			const struct calltree_node *at = calltree_node(tree, callee);

			assert_true(callee > index);
			assert_int_equal(at->caller, index);
			assert_true(at->total_ns <= before);
			assert_true(at->total_samples > 0);
			before = at->total_ns;
			total += at->total_ns;
			nbelow += 1 + at->nbelow;
			callee = at->next_sibling;
		}
		assert_int_equal(node->total_ns, total);
		/* What is too cold to have any below only counts them. */
		if (node->first_callee || node->nbelow == 0)
			assert_int_equal(node->nbelow, nbelow);
	}
}

static void every_tree_adds_up_to_the_profile(void **state)
{
	unsigned seed;

	(void)state;
	for (seed = 1; seed <= 24; seed++) {
		const struct report_options options = {
			.show_all = seed % 2,
			.invert = seed % 3 == 0,
			.threshold = seed % 4 == 0 ? 0.02 : 0,
		};
		struct profile *profile = random_profile(seed);
		struct calltree *tree;

		assert_int_equal(calltree_new(profile, &options, &tree), 0);
		assert_int_equal(calltree_node(tree, 0)->total_ns, profile_weight_ns(profile));
		assert_int_equal(calltree_node(tree, 0)->total_samples, profile_samples(profile));
		assert_adds_up(tree);
		calltree_free(tree);
		profile_free(profile);
	}
}

/* Number of nodes chosen; checks that each hangs below a chosen one. */
static size_t choose(const struct calltree *tree, double least_ns, uint32_t limit)
{
	bool *shown = calloc(calltree_count(tree), sizeof(*shown));
	size_t count = 0;
	uint32_t i;

	assert_non_null(shown);
	assert_int_equal(choose_nodes(tree, least_ns, limit, shown), 0);
	assert_false(shown[0]);
	for (i = 1; i < calltree_count(tree); i++) {
		const struct calltree_node *node = calltree_node(tree, i);

		if (!shown[i])
			continue;
		count++;
		assert_true(node->caller == 0 || shown[node->caller]);
		assert_true((double)node->total_ns >= least_ns);
	}
	free(shown);
	return count;
}

static void chosen_nodes_hang_together_and_keep_the_limit(void **state)
{
	struct profile *profile = random_profile(1);
	struct calltree *tree;
	size_t all, hot;
	uint32_t limit;

	(void)state;
	assert_int_equal(calltree_new(profile, &(struct report_options){ .show_all = true }, &tree),
			 0);
	all = choose(tree, 0, 0);
	assert_int_equal(all, calltree_node(tree, 0)->nbelow);
	hot = choose(tree, 200, 0);
	assert_true(hot < all && hot > 30);
	for (limit = 1; limit < hot; limit++)
		assert_true(choose(tree, 200, limit) >= limit);
	assert_true(choose(tree, 200, 3) < hot);
	calltree_free(tree);
	profile_free(profile);
}

static void a_chain_counts_as_one_towards_the_limit(void **state)
{
	struct profile *profile = golden_parse("process 1 p\n"
					       "stack 1 6 a|a|1|1;b|a|2|2;c|a|3|3;d|a|4|4;e|a|5|5\n"
					       "stack 1 5 a|a|1|1;b|a|2|2;f|a|6|6;g|a|7|7\n"
					       "stack 1 1 a|a|1|1;b|a|2|2;h|a|8|8\n",
					       "chain");
	struct calltree *tree;

	(void)state;
	assert_int_equal(calltree_new(profile, &(struct report_options){ .limit = 40 }, &tree), 0);
	assert_int_equal(choose(tree, 0, 1), 2); /* a b */
	assert_int_equal(choose(tree, 0, 2), 5); /* c d e */
	assert_int_equal(choose(tree, 0, 3), 7); /* f g */
	assert_int_equal(choose(tree, 0, 4), 8); /* h */
	calltree_free(tree);
	profile_free(profile);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nodes_merge_by_function_and_not_by_line),
		cmocka_unit_test(direct_recursion_is_one_node),
		cmocka_unit_test(a_cycle_of_functions_is_one_turn),
		cmocka_unit_test(a_function_that_only_comes_again_is_left_alone),
		cmocka_unit_test(inner_frames_of_libraries_are_hidden),
		cmocka_unit_test(a_hot_library_function_and_a_single_one_are_shown),
		cmocka_unit_test(a_process_without_application_code_is_shown_whole),
		cmocka_unit_test(an_installed_program_is_the_application_of_its_process),
		cmocka_unit_test(a_package_that_runs_the_applications_code_stays_a_library),
		cmocka_unit_test(generated_code_is_whose_caller_it_has),
		cmocka_unit_test(what_the_user_hides_is_hidden_however_hot_and_show_wins),
		cmocka_unit_test(an_inverted_tree_has_the_callers_of_each_leaf),
		cmocka_unit_test(an_inverted_tree_is_of_all_processes_together),
		cmocka_unit_test(an_inverted_tree_keeps_runs_and_hides_the_callers_in_libraries),
		cmocka_unit_test(an_inverted_tree_stops_where_it_is_cold),
		cmocka_unit_test(a_tree_stops_where_it_is_cold_and_counts_what_there_is),
		cmocka_unit_test(frames_that_are_hidden_together_are_weighed_together),
		cmocka_unit_test(hidden_frames_name_their_libraries_once_and_sorted),
		cmocka_unit_test(every_tree_adds_up_to_the_profile),
		cmocka_unit_test(chosen_nodes_hang_together_and_keep_the_limit),
		cmocka_unit_test(a_chain_counts_as_one_towards_the_limit),
	};

	return cmocka_run_group_tests_name("report_calltree", tests, NULL, NULL);
}

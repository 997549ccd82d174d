/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests of user/saved.c over files that the store wrote: sums, files that were cut, and that a failure leaves no file.
 * What it tells on standard error goes nowhere.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "options.h"
#include "profile/profile.h"
#include "saved.h"
#include "store/store.h"
#include "support/golden.h"

#define FIRST \
	"process 7 app 3.11.2\nstack 7 300 main|/a.py|9|1;work|/a.py|5|4\nstack 7 30 main|/a.py|9|1"
#define SECOND "process 8 app 3.11.2\nstack 8 20 main|/a.py|9|1;other|/b.py|2|1"

struct place {
	char folder[64], first[96], second[96], out[96];
};

static void save(const char *path, const char *text, const char *trailer)
{
	struct profile *profile = golden_parse(text, path);
	FILE *file = fopen(path, "w");
	struct err err = { 0 };

	assert_non_null(file);
	assert_int_equal(store_write(profile, file, &err), 0);
	fputs(trailer, file);
	assert_int_equal(fclose(file), 0);
	profile_free(profile);
}

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	if (!place)
		return -1;
	strcpy(place->folder, "/tmp/test_saved.XXXXXX");
	if (!mkdtemp(place->folder))
		return -1;
	snprintf(place->first, sizeof(place->first), "%s/first.pb.gz", place->folder);
	snprintf(place->second, sizeof(place->second), "%s/second.pb.gz", place->folder);
	snprintf(place->out, sizeof(place->out), "%s/out", place->folder);
	unsetenv("SUDO_UID");
	save(place->first, FIRST, "");
	save(place->second, SECOND, "");
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	unlink(place->first);
	unlink(place->second);
	unlink(place->out);
	/* fails when a temporary file was left */
	return rmdir(place->folder) ? -1 : (free(place), 0);
}

static struct options options_of(enum options_verb verb, const char *format, char **files,
				 size_t nfiles, const struct place *place)
{
	struct options options = {
		.verb = verb,
		.format = report_find(format),
		.output = place->out,
		.files = files,
		.nfiles = nfiles,
	};

	report_options_init(&options.report);
	return options;
}

/* Without what it tells. */
static int quietly(int (*verb)(const struct options *, struct err *), const struct options *options,
		   struct err *err)
{
	int kept = dup(STDERR_FILENO), nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC), code;

	assert_true(kept >= 0 && nowhere >= 0);
	assert_int_equal(dup2(nowhere, STDERR_FILENO), STDERR_FILENO);
	code = verb(options, err);
	assert_int_equal(dup2(kept, STDERR_FILENO), STDERR_FILENO);
	close(nowhere);
	close(kept);
	return code;
}

static uint64_t samples_of(const char *path, struct store_facts *facts)
{
	struct profile *profile = profile_new();
	struct err err = { 0 };
	uint64_t samples;

	assert_non_null(profile);
	assert_int_equal(store_read(path, profile, facts, &err), 0);
	samples = profile_samples(profile);
	profile_free(profile);
	return samples;
}

static void merge_adds_up(void **state)
{
	struct place *place = *state;
	char *files[] = { place->first, place->second, place->first };
	struct options options = options_of(OPTIONS_MERGE, "pprof", files, 3, place);
	struct store_facts facts;
	struct err err = { 0 };

	assert_int_equal(quietly(saved_run_merge, &options, &err), 0);
	assert_int_equal(samples_of(place->out, &facts), 330 + 20 + 330);
	assert_int_equal(facts.members, 1);
}

static void merge_of_one_that_was_cut_is_whole(void **state)
{
	struct place *place = *state;
	char *files[] = { place->first };
	struct options options = options_of(OPTIONS_MERGE, "pprof", files, 1, place);
	struct store_facts facts;
	struct err err = { 0 };

	save(place->first, FIRST, "\x1f\x8b\x08 and no more");
	samples_of(place->first, &facts);
	assert_true(facts.torn_offset > 0);
	assert_int_equal(quietly(saved_run_merge, &options, &err), 0);
	assert_int_equal(samples_of(place->out, &facts), 330);
	assert_int_equal(facts.torn_offset, 0);
}

static void a_report_of_several_files_has_them_all(void **state)
{
	struct place *place = *state;
	char *files[] = { place->first, place->second };
	struct options options = options_of(OPTIONS_REPORT, "folded", files, 2, place);
	struct err err = { 0 };
	char *text;

	assert_int_equal(quietly(saved_run_report, &options, &err), 0);
	text = golden_read(place->out);
	assert_string_equal(text, "app [7];main (/a.py:9) 30\n"
				  "app [7];main (/a.py:9);work (/a.py:5) 300\n"
				  "app [8];main (/a.py:9);other (/b.py:2) 20\n");
	free(text);
}

static void a_diff_has_what_only_one_of_both_has(void **state)
{
	struct place *place = *state;
	char *files[] = { place->first, place->second };
	struct options options = options_of(OPTIONS_DIFF, "folded", files, 2, place);
	struct err err = { 0 };
	char *text;

	options.report.normalize = REPORT_NORMALIZE_NONE;
	assert_int_equal(quietly(saved_run_diff, &options, &err), 0);
	text = golden_read(place->out);
	assert_non_null(strstr(text, "work (/a.py:5) 300 0\n"));
	assert_non_null(strstr(text, "other (/b.py:2) 0 20\n"));
	free(text);
}

static void a_file_that_cannot_be_read_leaves_nothing_behind(void **state)
{
	static int (*const verbs[])(const struct options *, struct err *) = {
		saved_run_merge,
		saved_run_report,
		saved_run_diff,
	};
	struct place *place = *state;
	char missing[] = "/nowhere/at/all", *files[] = { place->first, missing };
	struct options options = options_of(OPTIONS_REPORT, "folded", files, 2, place);

	for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		struct err err = { 0 };

		assert_int_equal(quietly(verbs[i], &options, &err), -ENOENT);
		assert_non_null(strstr(err.message, missing));
		assert_int_not_equal(access(place->out, F_OK), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(merge_adds_up, set_up, tear_down),
		cmocka_unit_test_setup_teardown(merge_of_one_that_was_cut_is_whole, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_report_of_several_files_has_them_all, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_diff_has_what_only_one_of_both_has, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_file_that_cannot_be_read_leaves_nothing_behind,
						set_up, tear_down),
	};

	return cmocka_run_group_tests_name("saved", tests, NULL, NULL);
}

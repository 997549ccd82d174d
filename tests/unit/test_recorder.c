/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests of user/recorder.c: what is flushed can be read at once, the end leaves one member in order, and whatever happens
 * to the file meanwhile, what was written stays or a reason is given. What needs root is left out without it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "profile/profile.h"
#include "recorder.h"
#include "store/store.h"

struct run {
	char folder[64], path[128];
	struct profile *profile;
	struct recorder *recorder;
	uint32_t process, other, stack;
};

static void open_well(struct run *run, const char *path)
{
	struct err err = { 0 };

	assert_int_equal(recorder_open(path, &run->recorder, &err), 0);
}

/* Two processes, one stack. */
static int set_up(void **state)
{
	struct run *run = calloc(1, sizeof(*run));
	const struct profile_process one = { .pid = 1, .comm = "one" },
				     two = { .pid = 2, .comm = "two" };
	const struct symbol symbol = {
		.kind = SYMBOL_FUNCTION, .function = "f", .file = "f.py", .line = 2, .first_line = 1
	};
	uint32_t id;

	if (!run)
		return -1;
	strcpy(run->folder, "/tmp/test_recorder.XXXXXX");
	if (!mkdtemp(run->folder))
		return -1;
	snprintf(run->path, sizeof(run->path), "%s/run.pb.gz", run->folder);
	unsetenv("SUDO_UID");
	run->profile = profile_new();
	assert_int_equal(profile_add_run(run->profile, &(struct profile_run){ .tool = "test" }), 0);
	profile_account(run->profile)->rate_hz = 1000;
	assert_int_equal(profile_add_process(run->profile, &one, &run->process), 0);
	assert_int_equal(profile_add_process(run->profile, &two, &run->other), 0);
	assert_int_equal(profile_add_symbol(run->profile, &symbol, &id), 0);
	assert_int_equal(profile_add_stack(run->profile, PROFILE_STACK_EMPTY, id, &run->stack), 0);
	*state = run;
	return 0;
}

static int tear_down(void **state)
{
	struct run *run = *state;

	recorder_free(run->recorder);
	profile_free(run->profile);
	unlink(run->path);
	rmdir(run->folder);
	free(run);
	return 0;
}

static void count(struct run *run, uint32_t process, uint64_t samples)
{
	assert_int_equal(profile_add_weight(run->profile, process, PROFILE_NO_ID, run->stack,
					    samples, samples * 1000000),
			 0);
	profile_account(run->profile)->complete += samples;
}

static void flush_well(struct run *run)
{
	struct err err = { 0 };

	assert_int_equal(recorder_flush(run->recorder, run->profile, &err), 0);
}

static void finish_well(struct run *run)
{
	struct err err = { 0 };

	assert_int_equal(recorder_finish(run->recorder, run->profile, &err), 0);
}

/* Samples in the file, whose account agrees. */
static uint64_t read_well(const char *path, struct store_facts *facts)
{
	struct profile *profile = profile_new();
	struct err err = { 0 };
	uint64_t samples;

	assert_int_equal(store_read(path, profile, facts, &err), 0);
	samples = profile_samples(profile);
	assert_int_equal(account_samples(profile_account_const(profile)), samples);
	profile_free(profile);
	return samples;
}

static void what_was_flushed_can_be_read_while_the_run_goes_on(void **state)
{
	struct run *run = *state;
	struct store_facts facts;

	open_well(run, run->path);
	assert_int_equal(access(run->path, F_OK), -1);
	count(run, run->process, 3);
	flush_well(run);
	assert_int_equal(read_well(run->path, &facts), 3);
	assert_int_equal(profile_samples(run->profile), 0);
	count(run, run->other, 4);
	assert_int_equal(read_well(run->path, &facts), 3);
	flush_well(run);
	assert_int_equal(read_well(run->path, &facts), 7);
	assert_int_equal(facts.members, 2);
	assert_int_equal(facts.torn_offset, 0);
	assert_int_equal(recorder_size(run->recorder).samples, 7);
	assert_int_equal(recorder_size(run->recorder).bytes, facts.file_bytes);
}

static void the_end_leaves_one_member_and_the_sums_of_each_process(void **state)
{
	struct run *run = *state;
	struct store_facts facts;
	struct err err = { 0 };

	open_well(run, run->path);
	for (uint64_t i = 1; i <= 20; i++) {
		count(run, run->process, i);
		flush_well(run);
	}
	count(run, run->other, 5);
	finish_well(run);
	assert_int_equal(profile_nrows(run->profile), 2);
	assert_int_equal(profile_row(run->profile, 0)->samples, 210);
	assert_int_equal(profile_row(run->profile, 1)->samples, 5);
	assert_int_equal(profile_weight_ns(run->profile), 215 * 1000000);
	assert_int_equal(read_well(run->path, &facts), 215);
	assert_int_equal(facts.members, 21);
	assert_int_equal(recorder_sort(run->recorder, &err), 0);
	assert_int_equal(read_well(run->path, &facts), 215);
	assert_int_equal(facts.members, 1);
	assert_int_equal(recorder_size(run->recorder).bytes, facts.file_bytes);
	assert_int_equal(recorder_size(run->recorder).samples, 215);
}

static void a_run_without_a_flush_is_written_at_its_end(void **state)
{
	struct run *run = *state;
	struct store_facts facts;
	struct err err = { 0 };

	open_well(run, run->path);
	count(run, run->process, 2);
	finish_well(run);
	assert_int_equal(read_well(run->path, &facts), 2);
	assert_int_equal(facts.members, 1);
	assert_int_equal(recorder_sort(run->recorder, &err), 0);
	assert_int_equal(read_well(run->path, &facts), 2);
	assert_int_equal(recorder_size(run->recorder).bytes, facts.file_bytes);
}

static void a_run_without_samples_is_a_file_too(void **state)
{
	struct run *run = *state;
	struct store_facts facts;

	open_well(run, run->path);
	finish_well(run);
	assert_int_equal(read_well(run->path, &facts), 0);
}

static void a_run_that_is_given_up_before_a_flush_leaves_nothing(void **state)
{
	struct run *run = *state;

	open_well(run, run->path);
	recorder_free(run->recorder);
	run->recorder = NULL;
	assert_int_equal(rmdir(run->folder), 0);
}

static void a_full_device_is_told_and_ends_it(void **state)
{
	struct run *run = *state;
	struct err err = { 0 }, again = { 0 };

	open_well(run, "/dev/full");
	count(run, run->process, 2);
	assert_int_equal(recorder_flush(run->recorder, run->profile, &err), -ENOSPC);
	assert_non_null(strstr(err.message, strerror(ENOSPC)));
	assert_string_equal(err.hint, "");
	assert_true(recorder_flush(run->recorder, run->profile, &again) < 0);
	assert_true(recorder_finish(run->recorder, run->profile, &again) < 0);
}

/* A file system of one page and a bit more, so that the second flush or one of the next finds it full. */
static void a_full_disk_leaves_what_was_written_before(void **state)
{
	struct run *run = *state;
	struct store_facts facts;
	struct err err = { 0 };
	char command[256];
	uint64_t before = 0;

	snprintf(command, sizeof(command), "mount -t tmpfs -o size=8k none %s 2>/dev/null",
		 run->folder);
	if (geteuid() || system(command))
		skip();
	open_well(run, run->path);
	for (uint32_t i = 0; !err.code && i < 10000; i++) {
		uint32_t symbol;
		char name[64];

		before = recorder_size(run->recorder).samples;
		snprintf(name, sizeof(name), "f%u_%u", i, i * 2654435761u);
		assert_int_equal(profile_add_symbol(run->profile,
						    &(struct symbol){ .kind = SYMBOL_FUNCTION,
								      .function = name,
								      .file = name,
								      .line = 1,
								      .first_line = 1 },
						    &symbol),
				 0);
		assert_int_equal(profile_add_stack(run->profile, 0, symbol, &run->stack), 0);
		count(run, run->process, 1);
		recorder_flush(run->recorder, run->profile, &err);
	}
	assert_int_equal(err.code, -ENOSPC);
	assert_non_null(strstr(err.hint, run->path));
	assert_true(before > 0);
	recorder_free(run->recorder);
	run->recorder = NULL;
	assert_int_equal(read_well(run->path, &facts), before);
	assert_int_equal(facts.torn_offset, 0);
	snprintf(command, sizeof(command), "umount %s", run->folder);
	assert_int_equal(system(command), 0);
}

/* The user owns the file: what root reads back can be anything. */
static void a_file_that_somebody_changed_stays_as_it_is(void **state)
{
	struct run *run = *state;
	struct err err = { 0 };
	struct stat before, after;
	FILE *file;

	open_well(run, run->path);
	count(run, run->process, 3);
	flush_well(run);
	finish_well(run);
	file = fopen(run->path, "a");
	assert_non_null(file);
	fputs("more", file);
	fclose(file);
	assert_int_equal(stat(run->path, &before), 0);
	assert_int_equal(recorder_sort(run->recorder, &err), -EBADMSG);
	assert_int_equal(stat(run->path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_int_equal(before.st_size, after.st_size);
}

/* Or root would read another file for its user, and write it where that one may read it. */
static void a_link_at_the_name_is_not_what_is_read_back(void **state)
{
	struct run *run = *state;
	struct store_facts facts;
	struct err err = { 0 };
	char secret[160];
	struct recorder *recorder;

	snprintf(secret, sizeof(secret), "%s/secret.pb.gz", run->folder);
	open_well(run, secret);
	count(run, run->process, 99);
	finish_well(run);
	recorder_free(run->recorder);
	profile_clear_rows(run->profile);
	profile_account(run->profile)->complete = 0;
	open_well(run, run->path);
	recorder = run->recorder;
	count(run, run->process, 3);
	flush_well(run);
	assert_int_equal(unlink(run->path), 0);
	assert_int_equal(symlink(secret, run->path), 0);
	count(run, run->process, 1);
	finish_well(run);
	assert_int_equal(recorder_sort(recorder, &err), 0);
	assert_int_equal(read_well(secret, &facts), 99);
	assert_int_equal(unlink(secret), 0);
	assert_int_equal(read_well(run->path, &facts), 4);
}

static void what_goes_down_a_pipe_is_whole_members(void **state)
{
	struct run *run = *state;
	struct store_facts facts;
	struct err err = { 0 };
	char bytes[65536];
	FILE *pipe, *file;
	size_t size;

	assert_int_equal(mkfifo(run->path, 0600), 0);
	pipe = fopen(run->path, "r+");
	assert_non_null(pipe);
	open_well(run, run->path);
	assert_false(recorder_is_file(run->recorder));
	count(run, run->process, 3);
	flush_well(run);
	count(run, run->other, 4);
	finish_well(run);
	assert_int_equal(recorder_sort(run->recorder, &err), 0);
	size = recorder_size(run->recorder).bytes;
	assert_in_range(size, 1, sizeof(bytes));
	assert_int_equal(fread(bytes, 1, size, pipe), size);
	fclose(pipe);
	assert_int_equal(unlink(run->path), 0);
	file = fopen(run->path, "w");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	fclose(file);
	assert_int_equal(read_well(run->path, &facts), 7);
	assert_int_equal(facts.members, 2);
}

static void the_default_name_says_what_ran(void **state)
{
	static const struct {
		const char *comm, *command, *name;
	} rows[] = {
		{ "python3", "python3 /srv/manage.py runserver", "pybpfprof-manage-7.pb.gz" },
		{ "python3", "python3 -m http.server 80", "pybpfprof-http.server-7.pb.gz" },
		{ "python3.11", "python3 -c pass", "pybpfprof-python3.11-7.pb.gz" },
		{ "gunicorn", "", "pybpfprof-gunicorn-7.pb.gz" },
		{ "", "", "pybpfprof-python-7.pb.gz" },
		{ "x", "python3 ../../etc/..", "pybpfprof-..-7.pb.gz" },
		{ "x", "python3 a\033]0;b$(c)\303\244", "pybpfprof-a__0_b__c___-7.pb.gz" },
		{ "x", "python3 .py", "pybpfprof-.py-7.pb.gz" },
		{ "x", "python3 folder/", "pybpfprof-folder_-7.pb.gz" },
	};
	struct profile_process process = { .pid = 7 };
	char name[RECORDER_NAME_SIZE], longest[5000];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		process.comm = rows[i].comm;
		process.command = rows[i].command;
		recorder_default_name(&process, NULL, name);
		assert_string_equal(name, rows[i].name);
	}
	recorder_default_name(NULL, "web-1.example", name);
	assert_string_equal(name, "pybpfprof-web-1.example.pb.gz");
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = 0;
	memcpy(longest, "python3 ", 8);
	process.command = longest;
	recorder_default_name(&process, NULL, name);
	assert_int_equal(strlen(name), strlen("pybpfprof--7.pb.gz") + 64);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(what_was_flushed_can_be_read_while_the_run_goes_on),
		TEST(the_end_leaves_one_member_and_the_sums_of_each_process),
		TEST(a_run_without_a_flush_is_written_at_its_end),
		TEST(a_run_without_samples_is_a_file_too),
		TEST(a_run_that_is_given_up_before_a_flush_leaves_nothing),
		TEST(a_full_device_is_told_and_ends_it),
		TEST(a_full_disk_leaves_what_was_written_before),
		TEST(a_file_that_somebody_changed_stays_as_it_is),
		TEST(a_link_at_the_name_is_not_what_is_read_back),
		TEST(what_goes_down_a_pipe_is_whole_members),
		TEST(the_default_name_says_what_ran),
	};

	return cmocka_run_group_tests_name("recorder", tests, NULL, NULL);
}

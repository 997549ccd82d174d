/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests of user/output.c: a file appears under its name only when it is whole, and nothing that somebody else put in
 * its place is followed or written through. What needs root is left out without it.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "output.h"

#define SOMEBODY 54321 /* a user that is not us */

/* A folder of the test's own, and a path in it. */
struct place {
	char folder[64];
	char path[256];
};

static const char *in(struct place *place, const char *name)
{
	assert_true(strlen(place->folder) + 1 + strlen(name) < sizeof(place->path));
	strcat(strcat(strcpy(place->path, place->folder), "/"), name);
	return place->path;
}

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	if (!place)
		return -1;
	strcpy(place->folder, "/tmp/test_output.XXXXXX");
	unsetenv("SUDO_UID");
	unsetenv("SUDO_GID");
	*state = place;
	return mkdtemp(place->folder) ? 0 : -1;
}

/* How many files are in the folder; `remove` them. */
static int files(const struct place *place, bool remove_them)
{
	DIR *folder = opendir(place->folder);
	struct dirent *entry;
	int count = 0;

	assert_non_null(folder);
	while ((entry = readdir(folder))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		count++;
		if (remove_them && unlinkat(dirfd(folder), entry->d_name, 0))
			unlinkat(dirfd(folder), entry->d_name, AT_REMOVEDIR);
	}
	closedir(folder);
	return count;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	files(place, true);
	rmdir(place->folder);
	free(place);
	return 0;
}

static void assert_content(const char *path, const char *text)
{
	char buffer[256] = "";
	FILE *stream = fopen(path, "r");

	assert_non_null(stream);
	buffer[fread(buffer, 1, sizeof(buffer) - 1, stream)] = '\0';
	fclose(stream);
	assert_string_equal(buffer, text);
}

static void put(const char *path, const char *text)
{
	FILE *stream = fopen(path, "w");

	assert_non_null(stream);
	fputs(text, stream);
	assert_int_equal(fclose(stream), 0);
}

static struct output *open_well(const char *path)
{
	struct output *output = NULL;
	struct err err = { 0 };

	assert_int_equal(output_open(path, &output, &err), 0);
	assert_non_null(output);
	assert_non_null(output_stream(output));
	return output;
}

/* Open, write, commit. */
static void write_well(const char *path, const char *text)
{
	struct output *output = open_well(path);
	struct err err = { 0 };

	fputs(text, output_stream(output));
	assert_int_equal(output_commit(output, &err), 0);
	output_free(output);
}

/* The path is refused before anything is written, with its name in the reason. */
static void assert_refused(const char *path, int code)
{
	struct output *output = NULL;
	struct err err = { 0 };
	int result = output_open(path, &output, &err);

	if (!result)
		output_free(output);
	assert_int_equal(result, code);
	assert_null(output);
	assert_int_equal(err.code, code);
	assert_non_null(strstr(err.message, "cannot write to"));
	assert_non_null(strstr(err.message, path));
}

static void a_file_appears_when_it_is_whole(void **state)
{
	struct place *place = *state;
	struct output *output = open_well(in(place, "out.folded"));
	struct err err = { 0 };
	struct stat status;

	fputs("half", output_stream(output));
	fflush(output_stream(output));
	assert_int_equal(access(place->path, F_OK), -1);
	fputs(" and half", output_stream(output));
	assert_int_equal(output_commit(output, &err), 0);
	output_free(output);
	assert_content(place->path, "half and half");
	assert_int_equal(stat(place->path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
	assert_int_equal(files(place, false), 1);
}

static void a_file_that_is_not_committed_leaves_nothing(void **state)
{
	struct place *place = *state;
	struct output *output = open_well(in(place, "out.folded"));

	fputs("half", output_stream(output));
	output_free(output);
	assert_int_equal(files(place, false), 0);
	output_free(NULL);
}

static void a_file_that_was_there_stays_until_the_new_one_is_whole(void **state)
{
	struct place *place = *state;
	struct output *output;
	struct stat before, after;

	put(in(place, "out"), "old");
	assert_int_equal(chmod(place->path, 0644), 0);
	assert_int_equal(stat(place->path, &before), 0);
	output = open_well(place->path);
	fputs("new", output_stream(output));
	fflush(output_stream(output));
	assert_content(place->path, "old");
	output_free(output);
	assert_content(place->path, "old");
	write_well(place->path, "new");
	assert_content(place->path, "new");
	assert_int_equal(stat(place->path, &after), 0);
	assert_int_not_equal(after.st_ino, before.st_ino);
	assert_int_equal(after.st_mode & 07777, 0600);
	assert_int_equal(files(place, false), 1);
}

static void a_link_at_the_goal_is_replaced_not_followed(void **state)
{
	struct place *place = *state;
	char victim[128];
	struct stat status;

	snprintf(victim, sizeof(victim), "%s/victim", place->folder);
	put(victim, "precious");
	assert_int_equal(symlink(victim, in(place, "out")), 0);
	write_well(place->path, "new");
	assert_content(victim, "precious");
	assert_content(place->path, "new");
	assert_int_equal(lstat(place->path, &status), 0);
	assert_true(S_ISREG(status.st_mode));
}

static void a_hard_link_at_the_goal_is_replaced(void **state)
{
	struct place *place = *state;
	char victim[128];

	snprintf(victim, sizeof(victim), "%s/victim", place->folder);
	put(victim, "precious");
	assert_int_equal(link(victim, in(place, "out")), 0);
	write_well(place->path, "new");
	assert_content(victim, "precious");
}

/* A trap that knows our process id and the way in which temporary names are made. */
static void links_at_the_temporary_names_are_not_followed(void **state)
{
	struct place *place = *state;
	struct output *output;
	char victim[128], temporary[NAME_MAX + 1] = "", trap[512];
	DIR *folder;
	struct dirent *entry;

	snprintf(victim, sizeof(victim), "%s/victim", place->folder);
	put(victim, "precious");
	output = open_well(in(place, "out"));
	folder = opendir(place->folder);
	assert_non_null(folder);
	while ((entry = readdir(folder)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..") &&
		    strcmp(entry->d_name, "victim"))
			strcpy(temporary, entry->d_name);
	closedir(folder);
	output_free(output);
	assert_string_not_equal(temporary, "");
	snprintf(trap, sizeof(trap), "%s/%s", place->folder, temporary);
	assert_int_equal(symlink(victim, trap), 0);
	write_well(in(place, "out"), "new");
	assert_content(victim, "precious");
	assert_content(place->path, "new");
}

static void a_fifo_of_our_own_is_written_to(void **state)
{
	struct place *place = *state;
	char buffer[16] = "";
	int reader;

	assert_int_equal(mkfifo(in(place, "pipe"), 0600), 0);
	reader = open(place->path, O_RDONLY | O_NONBLOCK);
	assert_true(reader >= 0);
	write_well(place->path, "through");
	assert_int_equal(read(reader, buffer, sizeof(buffer) - 1), 7);
	assert_string_equal(buffer, "through");
	close(reader);
}

static void a_fifo_that_nobody_reads_does_not_hold_us(void **state)
{
	struct place *place = *state;
	struct output *output = NULL;
	struct err err = { 0 };

	assert_int_equal(mkfifo(in(place, "pipe"), 0600), 0);
	assert_int_equal(output_open(place->path, &output, &err), -ENXIO);
	assert_null(output);
	assert_non_null(strstr(err.message, place->path));
	assert_string_not_equal(err.hint, "");
}

/* It would have our output read by whoever put it there. */
static void a_fifo_of_another_user_is_replaced_not_written_to(void **state)
{
	struct place *place = *state;
	char buffer[16];
	struct stat status;
	int reader;

	if (geteuid())
		skip();
	assert_int_equal(mkfifo(in(place, "out"), 0666), 0);
	assert_int_equal(chown(place->path, SOMEBODY, SOMEBODY), 0);
	reader = open(place->path, O_RDONLY | O_NONBLOCK);
	assert_true(reader >= 0);
	write_well(place->path, "secret");
	assert_int_equal(read(reader, buffer, sizeof(buffer)), 0);
	close(reader);
	assert_int_equal(lstat(place->path, &status), 0);
	assert_true(S_ISREG(status.st_mode));
	assert_int_equal(status.st_uid, 0);
}

static void a_link_to_a_device_is_replaced_outside_of_dev(void **state)
{
	struct place *place = *state;
	struct stat status;

	assert_int_equal(symlink("/dev/null", in(place, "out")), 0);
	write_well(place->path, "kept");
	assert_int_equal(lstat(place->path, &status), 0);
	assert_true(S_ISREG(status.st_mode));
	assert_content(place->path, "kept");
}

/* A path that begins like one of the system's is trusted no more than where it ends. */
static void a_link_to_a_device_is_replaced_by_way_of_dev(void **state)
{
	struct place *place = *state;
	struct stat status;
	char path[PATH_MAX];

	assert_int_equal(symlink("/dev/null", in(place, "out")), 0);
	snprintf(path, sizeof(path), "/dev/..%s", place->path);
	write_well(path, "kept");
	assert_int_equal(lstat(path, &status), 0);
	assert_true(S_ISREG(status.st_mode));
	assert_content(path, "kept");
}

static void a_missing_folder_is_told_before_the_run(void **state)
{
	struct place *place = *state;

	assert_refused(in(place, "missing/out"), -ENOENT);
	put(in(place, "file"), "");
	assert_refused(in(place, "file/out"), -ENOTDIR);
}

static void what_is_no_file_name_is_told_before_the_run(void **state)
{
	struct place *place = *state;
	char name[NAME_MAX + 10], *path = NULL;

	assert_refused("", -ENAMETOOLONG);
	assert_refused(in(place, "folder/"), -EISDIR);
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_true(asprintf(&path, "%s/%s", place->folder, name) > 0);
	assert_refused(path, -EISDIR);
	free(path);
	path = malloc(PATH_MAX + 100);
	assert_non_null(path);
	memset(path, '/', PATH_MAX + 99);
	path[PATH_MAX + 99] = '\0';
	{
		struct output *output = NULL;
		struct err err = { 0 };

		assert_int_equal(output_open(path, &output, &err), -ENAMETOOLONG);
		assert_null(output);
	}
	free(path);
}

/* Or the run would be lost at its end, when the file cannot be moved there. */
static void a_folder_at_the_goal_is_told_before_the_run(void **state)
{
	struct place *place = *state;

	assert_int_equal(mkdir(in(place, "out"), 0700), 0);
	assert_refused(place->path, -EISDIR);
	assert_refused(in(place, ".."), -EISDIR);
	assert_refused(in(place, "."), -EISDIR);
}

static void a_folder_that_is_not_writable_is_told_before_the_run(void **state)
{
	struct place *place = *state;
	const uid_t user = geteuid();

	/* Root may write anywhere, so it becomes somebody else for this. */
	assert_int_equal(chmod(place->folder, 0555), 0);
	if (!user)
		assert_int_equal(seteuid(65534), 0);
	assert_refused(in(place, "out"), -EACCES);
	assert_int_equal(seteuid(user), 0);
	assert_int_equal(chmod(place->folder, 0700), 0);
}

static void a_name_without_a_folder_lies_in_the_present_one(void **state)
{
	struct place *place = *state;
	char here[PATH_MAX];

	assert_non_null(getcwd(here, sizeof(here)));
	assert_int_equal(chdir(place->folder), 0);
	write_well("plain", "text");
	assert_int_equal(chdir(here), 0);
	assert_content(in(place, "plain"), "text");
}

/* The folder is held open: where its path leads later does not matter. */
static void a_folder_that_is_swapped_meanwhile_does_not_lead_us_astray(void **state)
{
	struct place *place = *state;
	struct output *output;
	struct err err = { 0 };
	char folder[128], moved[128];

	snprintf(folder, sizeof(folder), "%s/folder", place->folder);
	snprintf(moved, sizeof(moved), "%s/moved", place->folder);
	assert_int_equal(mkdir(folder, 0700), 0);
	output = open_well(in(place, "folder/out"));
	fputs("text", output_stream(output));
	assert_int_equal(rename(folder, moved), 0);
	assert_int_equal(symlink("/tmp", folder), 0);
	assert_int_equal(output_commit(output, &err), 0);
	output_free(output);
	assert_content(in(place, "moved/out"), "text");
	assert_int_equal(unlink(place->path), 0);
}

static void a_file_that_root_writes_for_a_user_is_the_users(void **state)
{
	struct place *place = *state;
	struct stat status;

	if (geteuid())
		skip();
	setenv("SUDO_UID", "54321", 1);
	setenv("SUDO_GID", "54322", 1);
	write_well(in(place, "out"), "text");
	unsetenv("SUDO_UID");
	unsetenv("SUDO_GID");
	assert_int_equal(stat(place->path, &status), 0);
	assert_int_equal(status.st_uid, 54321);
	assert_int_equal(status.st_gid, 54322);
	assert_int_equal(status.st_mode & 07777, 0600);
}

static void a_user_that_cannot_be_is_ignored(void **state)
{
	static const char *const uids[] = { "", "-5", "12x", "99999999999999999999", "root" };
	struct place *place = *state;
	struct stat status;

	for (size_t i = 0; i < sizeof(uids) / sizeof(*uids); i++) {
		setenv("SUDO_UID", uids[i], 1);
		write_well(in(place, "out"), "text");
		unsetenv("SUDO_UID");
		assert_int_equal(stat(place->path, &status), 0);
		assert_int_equal(status.st_uid, geteuid());
	}
}

static void a_full_device_is_a_failure_with_its_reason(void **state)
{
	struct output *output = open_well("/dev/full");
	struct err err = { 0 };

	(void)state;
	fputs("text", output_stream(output));
	assert_int_equal(output_commit(output, &err), -ENOSPC);
	assert_non_null(strstr(err.message, "/dev/full"));
	assert_non_null(strstr(err.message, strerror(ENOSPC)));
	output_free(output);
}

static void an_error_of_an_earlier_write_is_not_forgotten(void **state)
{
	struct output *output = open_well("/dev/full");
	struct err err = { 0 };

	(void)state;
	fputs("text", output_stream(output));
	assert_int_equal(fflush(output_stream(output)), EOF);
	assert_true(output_commit(output, &err) < 0);
	assert_int_equal(err.code < 0, 1);
	output_free(output);
}

static void a_device_is_written_to_as_it_is(void **state)
{
	struct stat status;

	(void)state;
	write_well("/dev/null", "text");
	assert_int_equal(stat("/dev/null", &status), 0);
	assert_true(S_ISCHR(status.st_mode));
}

static void standard_output_is_not_closed(void **state)
{
	struct output *output = NULL;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(output_open(NULL, &output, &err), 0);
	assert_ptr_equal(output_stream(output), stdout);
	assert_int_equal(output_commit(output, &err), 0);
	output_free(output);
	assert_true(fileno(stdout) >= 0 && fcntl(fileno(stdout), F_GETFD) >= 0);
}

/* ---- a file that is written while it has its name already, and then anew ---- */

static struct output *again_well(const struct output *output)
{
	struct output *again = NULL;
	struct err err = { 0 };

	assert_int_equal(output_again(output, &again, &err), 0);
	assert_non_null(again);
	return again;
}

static void commit_well(struct output *output)
{
	struct err err = { 0 };

	assert_int_equal(output_commit(output, &err), 0);
	assert_int_equal(err.code, 0);
}

static void a_file_can_be_written_on_under_its_name(void **state)
{
	struct place *place = *state;
	struct output *output = open_well(in(place, "out"));

	assert_true(output_is_file(output));
	fputs("first ", output_stream(output));
	commit_well(output);
	assert_content(place->path, "first ");
	fputs("second", output_stream(output));
	assert_content(place->path, "first ");
	commit_well(output);
	assert_content(place->path, "first second");
	fputs(" lost", output_stream(output));
	output_free(output);
	assert_content(place->path, "first second lost");
	assert_int_equal(files(place, false), 1);
}

/* Or the user would find the name gone, or another file changed. */
static void a_later_commit_does_not_touch_what_lies_at_the_name_by_then(void **state)
{
	struct place *place = *state;
	struct output *output = open_well(in(place, "out"));

	commit_well(output);
	assert_int_equal(unlink(place->path), 0);
	put(place->path, "theirs");
	fputs("ours", output_stream(output));
	commit_well(output);
	output_free(output);
	assert_content(place->path, "theirs");
}

static void another_file_takes_the_place_of_the_first(void **state)
{
	struct place *place = *state;
	struct output *output = open_well(in(place, "out")), *again;
	struct stat status;

	fputs("streamed", output_stream(output));
	commit_well(output);
	again = again_well(output);
	fputs("in order", output_stream(again));
	assert_content(place->path, "streamed");
	assert_int_equal(files(place, false), 2);
	commit_well(again);
	output_free(again);
	output_free(output);
	assert_content(place->path, "in order");
	assert_int_equal(files(place, false), 1);
	assert_int_equal(stat(place->path, &status), 0);
	assert_int_equal(status.st_mode & 07777, 0600);
}

static void another_file_that_is_not_committed_leaves_the_first(void **state)
{
	struct place *place = *state;
	struct output *output = open_well(in(place, "out")), *again;

	fputs("streamed", output_stream(output));
	commit_well(output);
	again = again_well(output);
	fputs("half", output_stream(again));
	output_free(again);
	output_free(output);
	assert_content(place->path, "streamed");
	assert_int_equal(files(place, false), 1);
}

/* As a user may do to whom root writes: only the folder that was opened is written to, whatever has its name. */
static void a_folder_swapped_between_the_two_files_does_not_lead_us_astray(void **state)
{
	struct place *place = *state;
	struct output *output, *again;
	char folder[128], moved[128], victim[128], target[160];

	snprintf(folder, sizeof(folder), "%s/folder", place->folder);
	snprintf(moved, sizeof(moved), "%s/moved", place->folder);
	snprintf(victim, sizeof(victim), "%s/victim", place->folder);
	snprintf(target, sizeof(target), "%s/out", victim);
	assert_int_equal(mkdir(folder, 0700) | mkdir(victim, 0700), 0);
	put(target, "precious");
	output = open_well(in(place, "folder/out"));
	fputs("streamed", output_stream(output));
	assert_int_equal(rename(folder, moved), 0);
	assert_int_equal(symlink(victim, folder), 0);
	commit_well(output);
	assert_content(in(place, "moved/out"), "streamed");
	again = again_well(output);
	fputs("in order", output_stream(again));
	commit_well(again);
	output_free(again);
	output_free(output);
	assert_content(target, "precious");
	assert_content(in(place, "moved/out"), "in order");
	assert_int_equal(unlink(place->path) | unlink(target) | rmdir(moved) | rmdir(victim), 0);
}

/* Between the two the user puts a link at the name, of whichever kind. */
static void links_put_at_the_name_between_the_two_files_are_replaced(void **state)
{
	struct place *place = *state;
	char victim[128];

	snprintf(victim, sizeof(victim), "%s/victim", place->folder);
	put(victim, "precious");
	for (int hard = 0; hard < 2; hard++) {
		struct output *output = open_well(in(place, "out")), *again;

		fputs("streamed", output_stream(output));
		commit_well(output);
		assert_int_equal(unlink(place->path), 0);
		assert_int_equal(hard ? link(victim, place->path) : symlink(victim, place->path),
				 0);
		fputs(" on", output_stream(output));
		commit_well(output);
		again = again_well(output);
		fputs("in order", output_stream(again));
		commit_well(again);
		output_free(again);
		output_free(output);
		assert_content(victim, "precious");
		assert_content(in(place, "out"), "in order");
	}
}

static void a_hard_link_to_another_users_file_at_the_goal_is_replaced(void **state)
{
	struct place *place = *state;
	struct stat status;
	char victim[128];

	if (geteuid())
		skip();
	snprintf(victim, sizeof(victim), "%s/victim", place->folder);
	put(victim, "precious");
	assert_int_equal(chown(victim, SOMEBODY, SOMEBODY), 0);
	assert_int_equal(link(victim, in(place, "out")), 0);
	setenv("SUDO_UID", "54322", 1);
	setenv("SUDO_GID", "54322", 1);
	write_well(place->path, "new");
	unsetenv("SUDO_UID");
	unsetenv("SUDO_GID");
	assert_content(victim, "precious");
	assert_int_equal(stat(victim, &status), 0);
	assert_int_equal(status.st_uid, SOMEBODY);
	assert_int_equal(stat(place->path, &status), 0);
	assert_int_equal(status.st_uid, 54322);
}

/* Where others may make files, but not remove ours: root is kept from nothing, its file is the user's all the same. */
static void in_a_sticky_folder_another_users_file_gives_way_to_a_new_one(void **state)
{
	struct place *place = *state;
	struct stat status;

	if (geteuid())
		skip();
	assert_int_equal(chmod(place->folder, 01777), 0);
	put(in(place, "out"), "theirs");
	assert_int_equal(chown(place->path, SOMEBODY, SOMEBODY), 0);
	setenv("SUDO_UID", "54322", 1);
	setenv("SUDO_GID", "54322", 1);
	write_well(place->path, "new");
	unsetenv("SUDO_UID");
	unsetenv("SUDO_GID");
	assert_content(place->path, "new");
	assert_int_equal(stat(place->path, &status), 0);
	assert_int_equal(status.st_uid, 54322);
}

/* Or it would be told when all is sampled. */
static void in_a_sticky_folder_a_file_that_cannot_give_way_is_told_before_the_run(void **state)
{
	struct place *place = *state;

	if (geteuid())
		skip();
	assert_int_equal(chmod(place->folder, 01777), 0);
	put(in(place, "out"), "theirs");
	assert_int_equal(seteuid(SOMEBODY), 0);
	assert_refused(place->path, -EPERM);
	write_well(in(place, "mine"), "first");
	write_well(place->path, "second");
	assert_int_equal(seteuid(0), 0);
	assert_content(place->path, "second");
	assert_content(in(place, "out"), "theirs");
	assert_int_equal(files(place, false), 2);
}

static void what_is_no_file_has_no_second_one(void **state)
{
	struct output *output = open_well("/dev/null"), *again = NULL;
	struct err err = { 0 };

	(void)state;
	assert_false(output_is_file(output));
	assert_int_equal(output_again(output, &again, &err), -EINVAL);
	assert_null(again);
	output_free(output);
}

/* ---- the way to the folder ---- */

static void make_folder(struct place *place, const char *name, uid_t owner)
{
	assert_int_equal(mkdir(in(place, name), 0755), 0);
	if (owner)
		assert_int_equal(chown(place->path, owner, owner), 0);
}

static void make_link(struct place *place, const char *to, const char *name, uid_t owner)
{
	assert_int_equal(symlink(to, in(place, name)), 0);
	if (owner)
		assert_int_equal(lchown(place->path, owner, owner), 0);
}

static void remove_all(struct place *place, const char *const names[], size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_int_equal(remove(in(place, names[i])), 0);
}

static void links_of_our_own_on_the_way_are_followed(void **state)
{
	static const char *const made[] = {
		"real/deep/out", "real/deep", "real", "to", "up", "all"
	};
	struct place *place = *state;
	char absolute[128];

	make_folder(place, "real", 0);
	make_folder(place, "real/deep", 0);
	make_link(place, "./real//deep/", "to", 0);
	make_link(place, "real/deep/../../to", "up", 0);
	snprintf(absolute, sizeof(absolute), "%s/up/", place->folder);
	make_link(place, absolute, "all", 0);
	write_well(in(place, "to/out"), "1");
	assert_content(in(place, "real/deep/out"), "1");
	write_well(in(place, "up/out"), "2");
	assert_content(in(place, "real/deep/out"), "2");
	write_well(in(place, "all//./out"), "3");
	assert_content(in(place, "real/deep/out"), "3");
	remove_all(place, made, sizeof(made) / sizeof(*made));
}

static void a_link_of_another_user_on_the_way_is_not_followed(void **state)
{
	static const char *const made[] = { "victim", "theirs/there", "theirs", "through", "mine" };
	struct place *place = *state;
	struct err err = { 0 };
	struct output *output = NULL;

	if (geteuid())
		skip();
	make_folder(place, "victim", 0);
	make_folder(place, "theirs", SOMEBODY);
	make_link(place, "../victim", "theirs/there", SOMEBODY);
	make_link(place, "theirs/there", "through", 0);
	assert_int_equal(output_open(in(place, "theirs/there/out"), &output, &err), -EACCES);
	assert_non_null(strstr(err.message, "another user"));
	assert_refused(in(place, "through/out"), -EACCES);
	/* Who asks through sudo may have links of his own. */
	setenv("SUDO_UID", "54321", 1);
	setenv("SUDO_GID", "54321", 1);
	write_well(in(place, "theirs/there/out"), "asked for");
	unsetenv("SUDO_UID");
	unsetenv("SUDO_GID");
	assert_content(in(place, "victim/out"), "asked for");
	assert_int_equal(unlink(place->path), 0);
	make_link(place, "victim", "mine", 0);
	remove_all(place, made, sizeof(made) / sizeof(*made));
}

static void links_in_a_circle_are_a_failure(void **state)
{
	static const char *const made[] = { "a", "b" };
	struct place *place = *state;

	make_link(place, "b", "a", 0);
	make_link(place, "a", "b", 0);
	assert_refused(in(place, "a/out"), -ELOOP);
	remove_all(place, made, sizeof(made) / sizeof(*made));
}

static void links_that_grow_without_end_are_a_failure(void **state)
{
	struct place *place = *state;
	char to[3001] = "";

	for (size_t i = 0; i < 2998; i += 2)
		memcpy(to + i, "./", 2);
	memcpy(to + 2998, "a", 2);
	make_link(place, to, "a", 0);
	assert_refused(in(place, "a/out"), -ELOOP);
	assert_int_equal(unlink(in(place, "a")), 0);
	memcpy(to, "a/", 2);
	make_link(place, to, "a", 0);
	assert_refused(in(place, "a/out"), -ENAMETOOLONG);
	assert_int_equal(unlink(in(place, "a")), 0);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_file_appears_when_it_is_whole),
		TEST(a_file_that_is_not_committed_leaves_nothing),
		TEST(a_file_that_was_there_stays_until_the_new_one_is_whole),
		TEST(a_link_at_the_goal_is_replaced_not_followed),
		TEST(a_hard_link_at_the_goal_is_replaced),
		TEST(links_at_the_temporary_names_are_not_followed),
		TEST(a_fifo_of_our_own_is_written_to),
		TEST(a_fifo_that_nobody_reads_does_not_hold_us),
		TEST(a_fifo_of_another_user_is_replaced_not_written_to),
		TEST(a_link_to_a_device_is_replaced_outside_of_dev),
		TEST(a_link_to_a_device_is_replaced_by_way_of_dev),
		TEST(a_missing_folder_is_told_before_the_run),
		TEST(what_is_no_file_name_is_told_before_the_run),
		TEST(a_folder_at_the_goal_is_told_before_the_run),
		TEST(a_folder_that_is_not_writable_is_told_before_the_run),
		TEST(a_name_without_a_folder_lies_in_the_present_one),
		TEST(a_folder_that_is_swapped_meanwhile_does_not_lead_us_astray),
		TEST(a_file_that_root_writes_for_a_user_is_the_users),
		TEST(a_user_that_cannot_be_is_ignored),
		TEST(a_full_device_is_a_failure_with_its_reason),
		TEST(an_error_of_an_earlier_write_is_not_forgotten),
		TEST(a_device_is_written_to_as_it_is),
		TEST(standard_output_is_not_closed),
		TEST(a_file_can_be_written_on_under_its_name),
		TEST(a_later_commit_does_not_touch_what_lies_at_the_name_by_then),
		TEST(another_file_takes_the_place_of_the_first),
		TEST(another_file_that_is_not_committed_leaves_the_first),
		TEST(a_folder_swapped_between_the_two_files_does_not_lead_us_astray),
		TEST(links_put_at_the_name_between_the_two_files_are_replaced),
		TEST(a_hard_link_to_another_users_file_at_the_goal_is_replaced),
		TEST(in_a_sticky_folder_another_users_file_gives_way_to_a_new_one),
		TEST(in_a_sticky_folder_a_file_that_cannot_give_way_is_told_before_the_run),
		TEST(what_is_no_file_has_no_second_one),
		TEST(links_of_our_own_on_the_way_are_followed),
		TEST(a_link_of_another_user_on_the_way_is_not_followed),
		TEST(links_in_a_circle_are_a_failure),
		TEST(links_that_grow_without_end_are_a_failure),
	};

	return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Saves golden profiles and shows saved ones, for tests of other tools that read and write them:
 *
 *   saved write IN OUT      the profile as one member
 *   saved stream IN OUT     a member for each of its rows, and one of all that has none
 *   saved show FILE FORMAT  a report of what is in the file
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile/profile.h"
#include "store/store.h"
#include "support/golden.h"
#include "support/saved_file.h"

static void check(int code, const struct err *err)
{
	if (!code)
		return;
	err_print(err, "saved", stderr);
	exit(1);
}

static FILE *create(const char *path)
{
	FILE *file = fopen(path, "we");

	if (file)
		return file;
	perror(path);
	exit(1);
}

/* The same stack in another profile. */
static uint32_t copy_stack(const struct profile *from, struct profile *to, uint32_t stack)
{
	uint32_t caller = PROFILE_STACK_EMPTY, symbol = 0, copy = 0;

	if (profile_stack_caller(from, stack) != PROFILE_STACK_EMPTY)
		caller = copy_stack(from, to, profile_stack_caller(from, stack));
	check(profile_add_symbol(to, profile_symbol(from, profile_stack_symbol(from, stack)),
				 &symbol),
	      NULL);
	check(profile_add_stack(to, caller, symbol, &copy), NULL);
	return copy;
}

static void stream(const struct profile *from, FILE *file)
{
	struct store_stream *saved = store_stream_new(file);
	struct profile *to = profile_new();
	struct store_stream_size size;
	struct err err = { 0 };
	size_t i;

	*profile_account(to) = *profile_account_const(from);
	for (i = 0; i < profile_nrows(from); i++) {
		const struct profile_row *row = profile_row(from, i);
		uint32_t process = 0, thread = PROFILE_NO_ID;

		check(profile_add_process(to, profile_process(from, row->process), &process), &err);
		if (row->thread != PROFILE_NO_ID)
			check(profile_add_thread(to, profile_thread(from, row->thread), &thread),
			      &err);
		check(profile_add_weight(to, process, thread, copy_stack(from, to, row->stack),
					 row->samples, row->weight_ns),
		      &err);
		check(store_stream_add(saved, to, &size, &err), &err);
		profile_clear_rows(to);
	}
	for (i = 0; i < profile_nprocesses(from); i++) {
		uint32_t process;

		check(profile_add_process(to, profile_process(from, (uint32_t)i), &process), &err);
	}
	check(store_stream_add(saved, to, &size, &err), &err);
	store_stream_free(saved);
	profile_free(to);
}

int main(int argc, char **argv)
{
	const bool is_show = argc == 4 && strcmp(argv[1], "show") == 0;
	struct profile *profile;
	struct store_facts facts;
	struct err err = { 0 };
	FILE *file;
	char *text;

	if (argc != 4) {
		fprintf(stderr, "usage: saved write|stream IN OUT, saved show FILE FORMAT\n");
		return 2;
	}
	if (is_show) {
		profile = profile_new();
		check(store_read(argv[2], profile, &facts, &err), &err);
		text = saved_report(profile, argv[3]);
		fputs(text, stdout);
		free(text);
	} else {
		profile = golden_load(argv[2]);
		file = create(argv[3]);
		if (strcmp(argv[1], "stream") == 0)
			stream(profile, file);
		else
			check(store_write(profile, file, &err), &err);
		fclose(file);
	}
	profile_free(profile);
	return 0;
}

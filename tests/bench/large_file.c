/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How large a saved profile is and what it takes to report it: a million samples on fifty thousand stacks of a made-up
 * program, with each sample's time and without, in one piece and as it would be recorded. Times are told, not judged.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "profile/profile.h"
#include "store/store.h"
#include "support/saved_file.h"

#define SAMPLES	  1000000
#define STACKS	  50000
#define FUNCTIONS 3000
#define LINES	  4
#define THREADS	  8
#define RATE_HZ	  1000

/* What must hold of a million samples (issue 6). */
#define FILE_MAX   (10 << 20)
#define MEMORY_MAX (200 << 10) /* kB resident */

/* The sanitizers' own memory is not the profile's. */
#ifdef __SANITIZE_ADDRESS__
#define IS_SANITIZED true
#else
#define IS_SANITIZED false
#endif

static uint64_t state = 88172645463325252u;

/* xorshift64: the same program every time. */
static uint64_t any(uint64_t below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % below;
}

static void check(int code)
{
	if (code) {
		fprintf(stderr, "large_file: %s\n", strerror(-code));
		exit(1);
	}
}

static void make_functions(struct profile *profile, uint32_t (*symbols)[LINES])
{
	char name[64], file[64];
	int i, line;

	for (i = 0; i < FUNCTIONS; i++) {
		snprintf(name, sizeof(name), "Class%d.method_%d", i % 211, i);
		snprintf(file, sizeof(file), "/usr/lib/python3/dist-packages/pkg%d/module%d.py",
			 i % 37, i % 311);
		for (line = 0; line < LINES; line++) {
			const struct symbol symbol = { .function = name,
						       .file = file,
						       .line = i % 900 + 2 + line * 3,
						       .first_line = i % 900 + 1 };

			check(profile_add_symbol(profile, &symbol, &symbols[i][line]));
		}
	}
}

/* 20 to 40 deep; nine of ten leave another one's path near its leaf. */
static void make_stacks(struct profile *profile, uint32_t (*symbols)[LINES], uint32_t *stacks)
{
	uint32_t i, at;

	for (i = 0; i < STACKS; i++) {
		uint32_t stack = PROFILE_STACK_EMPTY, depth = 0, up = (uint32_t)any(12) + 1;
		const uint32_t wanted = 20 + (uint32_t)any(21);

		if (i > 0 && any(10) > 0)
			stack = stacks[any(i)];
		while (up-- > 0 && stack)
			stack = profile_stack_caller(profile, stack);
		for (at = stack; at; at = profile_stack_caller(profile, at))
			depth++;
		do
			check(profile_add_stack(
				profile, stack,
				symbols[any(FUNCTIONS) * any(1000) / 1000][any(LINES)], &stack));
		while (++depth < wanted);
		stacks[i] = stack;
	}
}

/* A profile without samples, and its stacks and threads. */
static struct profile *make(uint32_t *stacks, uint32_t *threads)
{
	static uint32_t symbols[FUNCTIONS][LINES];
	const struct profile_process process = { .pid = 4711,
						 .comm = "python3",
						 .command = "python3 app.py",
						 .python = "3.11.7",
						 .container = "web",
						 .executable = "/usr/bin/python3.11",
						 .machine = "host 1234",
						 .kernel_ns = PROFILE_TIME_UNKNOWN };
	struct profile *profile = profile_new();
	uint32_t index;
	char name[32];
	int i;

	check(profile ? profile_add_process(profile, &process, &index) : -1);
	for (i = 0; i < THREADS; i++) {
		const struct profile_thread thread = { .tid = 4711 + i, .name = name };

		snprintf(name, sizeof(name), "worker-%d", i);
		check(profile_add_thread(profile, &thread, &threads[i]));
	}
	make_functions(profile, symbols);
	make_stacks(profile, symbols, stacks);
	profile_account(profile)->rate_hz = RATE_HZ;
	return profile;
}

/* Sample and save; with a member each second if `is_streamed`. */
static void save(const char *path, bool has_times, bool is_streamed)
{
	static uint32_t stacks[STACKS], threads[THREADS];
	struct profile *profile = make(stacks, threads);
	FILE *file = fopen(path, "we");
	struct store_stream *stream = store_stream_new(file);
	struct store_stream_size size;
	uint64_t time_ns = 1000000000000;
	uint32_t i;

	for (i = 1; i <= SAMPLES; i++) {
		const uint32_t stack = stacks[any(STACKS)], thread = threads[stack % THREADS];

		time_ns += 1000000 + any(2000);
		check(profile_add_weight(profile, 0, thread, stack, 1, 1000000));
		if (has_times)
			check(profile_add_moment(profile, 0, thread, stack, time_ns, 1000000));
		profile_account(profile)->complete++;
		profile_account(profile)->elapsed_ns += 1000000;
		if (is_streamed && i % RATE_HZ == 0) {
			check(store_stream_add(stream, profile, &size, NULL));
			profile_clear_rows(profile);
		}
	}
	if (!is_streamed)
		check(store_write(profile, file, NULL));
	store_stream_free(stream);
	profile_free(profile);
	fclose(file);
}

static void read_and_report(const char *path)
{
	struct profile *profile = profile_new();
	struct store_facts facts;
	char *report;

	check(store_read(path, profile, &facts, NULL));
	if (profile_samples(profile) != SAMPLES)
		check(-1);
	report = saved_report(profile, "flat");
	free(report);
	profile_free(profile);
}

struct job {
	const char *path;
	bool has_times, is_streamed, is_reading;
};

/* In a process of its own, whose memory and processor time are told. */
static struct rusage run(const struct job *job)
{
	struct rusage usage;
	const pid_t child = fork();
	int status;

	if (child == 0) {
		if (job->is_reading)
			read_and_report(job->path);
		else
			save(job->path, job->has_times, job->is_streamed);
		_exit(0);
	}
	if (wait4(child, &status, 0, &usage) < 0 || status)
		exit(1);
	return usage;
}

static double seconds(const struct rusage *usage)
{
	return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) +
	       (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1e6;
}

static bool measure(int number, bool has_times, bool is_streamed)
{
	struct job job = { .has_times = has_times, .is_streamed = is_streamed };
	struct saved_file file;
	struct rusage saving, reading;
	size_t size;
	bool good;

	saved_file_init(&file);
	job.path = file.path;
	saving = run(&job);
	job.is_reading = true;
	reading = run(&job);
	free(saved_file_get(&file, &size));
	saved_file_done(&file);
	/* A recording is larger, until it is written anew at its end. */
	good = (size <= FILE_MAX || is_streamed) &&
	       (reading.ru_maxrss <= MEMORY_MAX || IS_SANITIZED);
	printf("%s %d - %s%s: %zu bytes (%.2f a sample); a report takes %ld MB\n",
	       good ? "ok" : "not ok", number, is_streamed ? "recorded" : "saved",
	       has_times ? " with times" : "", size, (double)size / SAMPLES,
	       reading.ru_maxrss >> 10);
	printf("# made and saved in %.2f s of processor time, reported in %.2f s\n",
	       seconds(&saving), seconds(&reading));
	return good;
}

int main(int argc, char **argv)
{
	const bool is_long = argc > 1 && strcmp(argv[1], "all") == 0;
	bool good = measure(1, true, false);

	good = measure(2, false, false) && good;
	if (is_long) {
		good = measure(3, true, true) && good;
		good = measure(4, false, true) && good;
	}
	printf("1..%d\n", is_long ? 4 : 2);
	return good ? 0 : 1;
}

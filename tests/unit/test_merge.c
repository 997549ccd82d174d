/* SPDX-License-Identifier: GPL-2.0-only */
/* The laws of merging: any order and any grouping give the same profile, and nothing is lost or counted twice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "profile/merge.h"
#include "profile/profile.h"

#define NPARTS 4

/* A profile as text that does not tell the order in which it was put together: its lines are sorted. */
struct facts {
	char **lines;
	size_t count;
};

__attribute__((format(printf, 2, 3))) static void add_fact(struct facts *facts, const char *format,
							   ...)
{
	va_list arguments;

	facts->lines = realloc(facts->lines, (facts->count + 1) * sizeof(*facts->lines));
	assert_non_null(facts->lines);
	va_start(arguments, format);
	assert_true(vasprintf(&facts->lines[facts->count++], format, arguments) >= 0);
	va_end(arguments);
}

static void print_account(char *text, size_t size, const struct account *account)
{
	snprintf(text, size,
		 "rate %" PRIu64 " elapsed %" PRIu64 " cpus %u complete %" PRIu64 " lost %" PRIu64
		 " unreadable %" PRIu64 " missed %" PRIu64 " kernel %d %" PRIu64 " memory %" PRIu64,
		 account->rate_hz, account->elapsed_ns, account->ncpus, account->complete,
		 account->samples_lost, account_unreadable(account), account->ticks_missed,
		 account->kernel_known, account->kernel_ns, account->own_memory_bytes);
}

/* Who and where a row is, in words. */
static void print_row(char *text, size_t size, const struct profile *profile,
		      const struct profile_row *row)
{
	const struct profile_process *process = profile_process(profile, row->process);
	uint32_t stack = row->stack;
	int length = snprintf(text, size, "%s/%d/%" PRIu64 "/%u ", process->machine, process->pid,
			      process->start_time, process->program);

	if (row->thread != PROFILE_NO_ID)
		length += snprintf(text + length, size - (size_t)length, "%d %s ",
				   profile_thread(profile, row->thread)->tid,
				   profile_thread(profile, row->thread)->name);
	while (stack != PROFILE_STACK_EMPTY) {
		const struct symbol *symbol =
			profile_symbol(profile, profile_stack_symbol(profile, stack));

		length += snprintf(text + length, size - (size_t)length, "<%d %s %s %d %d",
				   (int)symbol->kind, symbol->function, symbol->file, symbol->line,
				   symbol->first_line);
		stack = profile_stack_caller(profile, stack);
	}
	assert_true(length < (int)size);
}

static int compare_lines(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

static struct facts read_facts(const struct profile *profile)
{
	struct facts facts = { 0 };
	char text[1024];
	size_t i;

	for (i = 0; i < profile_nprocesses(profile); i++) {
		const struct profile_process *p = profile_process(profile, (uint32_t)i);

		add_fact(&facts,
			 "process %s/%d/%" PRIu64 "/%u inside %d count %u %s|%s|%s|%s|%s|%s|%s "
			 "%" PRIu64,
			 p->machine, p->pid, p->start_time, p->program, p->inside_pid, p->count,
			 p->comm, p->command, p->python, p->container, p->container_id, p->unit,
			 p->executable, p->kernel_ns);
	}
	for (i = 0; i < profile_nrows(profile); i++) {
		const struct profile_row *row = profile_row(profile, i);

		print_row(text, sizeof(text), profile, row);
		add_fact(&facts, "row %s: %" PRIu64 " %" PRIu64, text, row->samples,
			 row->weight_ns);
	}
	for (i = 0; i < profile_nmoments(profile); i++) {
		const struct profile_moment *moment = profile_moment(profile, i);

		print_row(text, sizeof(text), profile, profile_row(profile, moment->row));
		add_fact(&facts, "moment %s: %" PRIu64 " %" PRIu64, text, moment->time_ns,
			 moment->weight_ns);
	}
	for (i = 0; i < profile_nruns(profile); i++) {
		const struct profile_run *run = profile_run(profile, i);

		print_account(text, sizeof(text), &run->account);
		add_fact(&facts, "run %" PRId64 " %s|%s|%s %s", run->began_unix_ns, run->tool,
			 run->machine, run->system, text);
	}
	print_account(text, sizeof(text), profile_account_const(profile));
	add_fact(&facts, "account %s", text);
	add_fact(&facts, "all: %" PRIu64 " %" PRIu64 " unit %d", profile_samples(profile),
		 profile_weight_ns(profile), (int)profile_unit(profile));
	qsort(facts.lines, facts.count, sizeof(*facts.lines), compare_lines);
	return facts;
}

static void free_facts(struct facts *facts)
{
	while (facts->count > 0)
		free(facts->lines[--facts->count]);
	free(facts->lines);
}

/* The profile is freed. */
static void assert_facts(const struct facts *expected, struct profile *profile)
{
	struct facts facts = read_facts(profile);
	size_t i;

	for (i = 0; i < facts.count && i < expected->count; i++)
		assert_string_equal(facts.lines[i], expected->lines[i]);
	assert_int_equal(facts.count, expected->count);
	free_facts(&facts);
	profile_free(profile);
}

static uint32_t random_below(uint64_t *state, uint32_t limit)
{
	*state = *state * 6364136223846793005ULL + 1442695040888963407ULL;
	return (uint32_t)(*state >> 33) % limit;
}

static uint32_t add_random_process(struct profile *profile, uint64_t *state)
{
	static const char *const words[] = { "", "python3", "web", "job \xff", "zebra" };
	struct profile_process process = {
		.pid = (int32_t)random_below(state, 3),
		.inside_pid = (int32_t)random_below(state, 3),
		.start_time = random_below(state, 2),
		.program = random_below(state, 2),
		.count = 1 + random_below(state, 3),
		.comm = words[random_below(state, 5)],
		.command = words[random_below(state, 5)],
		.python = words[random_below(state, 5)],
		.container = words[random_below(state, 5)],
		.container_id = words[random_below(state, 5)],
		.unit = words[random_below(state, 5)],
		.executable = words[random_below(state, 5)],
		.machine = random_below(state, 2) ? "host 1" : "",
		.kernel_ns =
			random_below(state, 4) ? random_below(state, 1000) : PROFILE_TIME_UNKNOWN,
	};
	uint32_t index;

	assert_int_equal(profile_add_process(profile, &process, &index), 0);
	return index;
}

static uint32_t add_random_stack(struct profile *profile, uint64_t *state)
{
	uint32_t depth = 1 + random_below(state, 4), stack = PROFILE_STACK_EMPTY, id;

	while (depth-- > 0) {
		const struct symbol symbol = {
			.kind = random_below(state, 5) ? SYMBOL_FUNCTION : SYMBOL_NATIVE,
			.function = random_below(state, 2) ? "f" : "g",
			.file = random_below(state, 2) ? "/a" : "/b",
			.line = (int32_t)random_below(state, 2),
			.first_line = (int32_t)random_below(state, 2),
		};

		assert_int_equal(profile_add_symbol(profile, &symbol, &id), 0);
		assert_int_equal(profile_add_stack(profile, stack, id, &stack), 0);
	}
	return stack;
}

static void add_random_rows(struct profile *profile, uint64_t *state)
{
	uint32_t nrows = random_below(state, 40), index;

	while (nrows-- > 0) {
		const uint32_t process = add_random_process(profile, state);
		const uint32_t stack = add_random_stack(profile, state);
		const uint64_t weight_ns = random_below(state, 5000);
		const struct profile_thread thread = {
			.tid = (int32_t)random_below(state, 3),
			.name = random_below(state, 2) ? "worker" : "",
		};
		uint32_t of_thread = PROFILE_NO_ID;

		if (random_below(state, 2)) {
			assert_int_equal(profile_add_thread(profile, &thread, &index), 0);
			of_thread = index;
		}
		assert_int_equal(
			profile_add_weight(profile, process, of_thread, stack, 1, weight_ns), 0);
		if (random_below(state, 2))
			assert_int_equal(profile_add_moment(profile, process, of_thread, stack,
							    random_below(state, 99), weight_ns),
					 0);
	}
}

static struct account random_account(uint64_t *state)
{
	return (struct account){
		.rate_hz = 100 * (1 + random_below(state, 2)),
		.elapsed_ns = random_below(state, 1000),
		.ncpus = 1 + random_below(state, 4),
		.complete = random_below(state, 100),
		.samples_lost = random_below(state, 10),
		.unreadable = { random_below(state, 3) },
		.ticks_missed = random_below(state, 3),
		.kernel_known = random_below(state, 3) > 0,
		.kernel_ns = random_below(state, 1000),
		.own_memory_bytes = random_below(state, 1000),
	};
}

/* Part 0 of every third is empty, part 1 tells an account and no run. */
static struct profile *make_part(uint64_t seed, uint32_t part)
{
	uint64_t state = seed * 100 + part;
	struct profile *profile = profile_new();
	uint32_t nruns = 1 + random_below(&state, 2);

	assert_non_null(profile);
	if (part == 0 && seed % 3 == 0)
		return profile;
	add_random_rows(profile, &state);
	if (part == 1) {
		*profile_account(profile) = random_account(&state);
		return profile;
	}
	while (nruns-- > 0) {
		const struct profile_run run = {
			.began_unix_ns = random_below(&state, 1000),
			.tool = "pybpfprof 0.1.0",
			.machine = random_below(&state, 2) ? "host 1" : "",
			.system = "",
			.account = random_account(&state),
		};

		assert_int_equal(profile_add_run(profile, &run), 0);
	}
	return profile;
}

static struct profile *merge(struct profile *into, struct profile *from)
{
	struct err err = { 0 };

	assert_int_equal(profile_merge(into, from, &err), 0);
	profile_free(from);
	return into;
}

/* The parts in this order, grouped from the left, from the right, in pairs, or one by one into an empty profile. */
static struct profile *merge_all(uint64_t seed, const uint32_t order[NPARTS], int grouping)
{
	struct profile *parts[NPARTS];
	size_t i;

	for (i = 0; i < NPARTS; i++)
		parts[i] = make_part(seed, order[i]);
	switch (grouping) {
	case 0:
		return merge(merge(merge(parts[0], parts[1]), parts[2]), parts[3]);
	case 1:
		return merge(parts[0], merge(parts[1], merge(parts[2], parts[3])));
	case 2:
		return merge(merge(parts[0], parts[1]), merge(parts[2], parts[3]));
	default:
		return merge(merge(merge(merge(profile_new(), parts[0]), parts[1]), parts[2]),
			     parts[3]);
	}
}

static void every_order_and_grouping_gives_the_same_profile(void **state)
{
	uint64_t seed;
	uint32_t a, b, c;

	(void)state;
	for (seed = 1; seed <= 20; seed++) {
		const uint32_t first[NPARTS] = { 0, 1, 2, 3 };
		struct profile *whole = merge_all(seed, first, 0);
		struct facts expected = read_facts(whole);

		profile_free(whole);
		for (a = 0; a < NPARTS; a++) {
			for (b = 0; b < NPARTS; b++) {
				for (c = 0; c < NPARTS; c++) {
					const uint32_t order[NPARTS] = { a, b, c, 6 - a - b - c };
					int grouping;

					if (a == b || a == c || b == c)
						continue;
					for (grouping = 0; grouping < 4; grouping++)
						assert_facts(&expected,
							     merge_all(seed, order, grouping));
				}
			}
		}
		free_facts(&expected);
	}
}

static void sums_of_the_whole_are_sums_of_the_parts(void **state)
{
	uint64_t samples = 0, weight_ns = 0, complete = 0, elapsed_ns = 0, lost = 0;
	const uint32_t order[NPARTS] = { 2, 3, 1, 0 };
	size_t nmoments = 0, i;
	struct profile *whole;

	(void)state;
	for (i = 0; i < NPARTS; i++) {
		struct profile *part = make_part(7, (uint32_t)i);
		const struct account *account = profile_account_const(part);

		samples += profile_samples(part);
		weight_ns += profile_weight_ns(part);
		nmoments += profile_nmoments(part);
		complete += account->complete;
		elapsed_ns += account->elapsed_ns;
		lost += account->samples_lost;
		profile_free(part);
	}
	whole = merge_all(7, order, 2);
	assert_true(samples > 0);
	assert_int_equal(profile_samples(whole), samples);
	assert_int_equal(profile_weight_ns(whole), weight_ns);
	assert_int_equal(profile_nmoments(whole), nmoments);
	assert_int_equal(profile_account_const(whole)->complete, complete);
	assert_int_equal(profile_account_const(whole)->elapsed_ns, elapsed_ns);
	assert_int_equal(profile_account_const(whole)->samples_lost, lost);
	profile_free(whole);
}

static void an_empty_profile_changes_nothing(void **state)
{
	struct profile *part = make_part(5, 2);
	struct facts expected = read_facts(part);

	(void)state;
	assert_facts(&expected, merge(profile_new(), make_part(5, 2)));
	assert_facts(&expected, merge(part, profile_new()));
	free_facts(&expected);
}

static void what_is_merged_stays_as_it_was(void **state)
{
	struct profile *from = make_part(4, 3), *into = make_part(4, 2);
	struct facts before = read_facts(from);

	(void)state;
	assert_int_equal(profile_merge(into, from, NULL), 0);
	assert_facts(&before, from);
	free_facts(&before);
	profile_free(into);
}

/* One process, named and measured as told. */
static struct profile *make_process(const char *comm, const char *command, uint32_t count,
				    uint64_t kernel_ns, const char *machine)
{
	const struct profile_process process = {
		.pid = 812,
		.start_time = 5,
		.count = count,
		.comm = comm,
		.command = command,
		.machine = machine,
		.kernel_ns = kernel_ns,
	};
	struct profile *profile = profile_new();
	uint32_t index;

	assert_int_equal(profile_add_process(profile, &process, &index), 0);
	return profile;
}

static void a_process_of_both_has_the_times_of_both(void **state)
{
	struct profile *both = merge(make_process("python3", "", 1, 100, "host"),
				     make_process("job", "python3 job.py", 3, 23, "host"));
	const struct profile_process *process = profile_process(both, 0);

	(void)state;
	assert_int_equal(profile_nprocesses(both), 1);
	assert_string_equal(process->comm, "python3");
	assert_string_equal(process->command, "python3 job.py");
	assert_int_equal(process->count, 3);
	assert_int_equal(process->kernel_ns, 123);
	both = merge(both, make_process("job", "", 1, PROFILE_TIME_UNKNOWN, "host"));
	assert_int_equal(profile_process(both, 0)->kernel_ns, PROFILE_TIME_UNKNOWN);
	profile_free(both);
	both = merge(make_process("p", "", 1, UINT64_MAX - 1, "host"),
		     make_process("p", "", 1, UINT64_MAX - 2, "host"));
	assert_int_equal(profile_process(both, 0)->kernel_ns, PROFILE_TIME_UNKNOWN);
	profile_free(both);
}

static void processes_of_other_machines_stay_apart(void **state)
{
	struct profile *both = merge(make_process("python3", "", 1, 100, "host 1"),
				     make_process("python3", "", 1, 100, "host 2"));

	(void)state;
	assert_int_equal(profile_nprocesses(both), 2);
	profile_free(both);
}

static void counts_and_times_do_not_mix(void **state)
{
	struct profile *times = make_part(2, 2), *counts = make_part(2, 3);
	struct facts before = read_facts(times);
	struct err err = { 0 };

	(void)state;
	profile_set_unit(counts, PROFILE_UNIT_COUNT);
	assert_int_equal(profile_merge(times, counts, &err), -EINVAL);
	assert_int_equal(err.code, -EINVAL);
	assert_non_null(strstr(err.message, "counts something else"));
	assert_facts(&before, times);
	free_facts(&before);
	times = merge(profile_new(), counts);
	assert_int_equal(profile_unit(times), PROFILE_UNIT_COUNT);
	profile_free(times);
}

static void sums_that_no_number_holds_are_refused(void **state)
{
	struct profile *large = profile_new(), *other = profile_new();
	struct err err = { 0 };
	const struct symbol symbol = { .kind = SYMBOL_NATIVE, .function = "", .file = "" };
	uint32_t process, native, stack;

	(void)state;
	assert_int_equal(profile_add_symbol(large, &symbol, &native), 0);
	assert_int_equal(profile_add_stack(large, PROFILE_STACK_EMPTY, native, &stack), 0);
	assert_int_equal(
		profile_add_process(large, &(struct profile_process){ .comm = "" }, &process), 0);
	assert_int_equal(profile_add_weight(large, process, PROFILE_NO_ID, stack, 1, INT64_MAX - 1),
			 0);
	assert_int_equal(profile_merge(other, large, &err), 0);
	assert_int_equal(profile_merge(other, large, &err), -EOVERFLOW);
	assert_non_null(strstr(err.message, "too much"));
	assert_true(profile_weight_ns(other) == INT64_MAX - 1);
	profile_free(large);
	profile_free(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_order_and_grouping_gives_the_same_profile),
		cmocka_unit_test(sums_of_the_whole_are_sums_of_the_parts),
		cmocka_unit_test(an_empty_profile_changes_nothing),
		cmocka_unit_test(what_is_merged_stays_as_it_was),
		cmocka_unit_test(a_process_of_both_has_the_times_of_both),
		cmocka_unit_test(processes_of_other_machines_stay_apart),
		cmocka_unit_test(counts_and_times_do_not_mix),
		cmocka_unit_test(sums_that_no_number_holds_are_refused),
	};

	return cmocka_run_group_tests_name("merge", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests of user/pipeline_flush.c and pipeline_resolve.c: what is moved into the profile bit by bit is, in sum, what
 * would have been there at the end; and what may still change is held back. Scripted records in, profiles out.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "pipeline.h"
#include "profile/profile.h"
#include "report/formats.h"
#include "support/fake_python.h"

#define PERIOD_NS 1000000
#define MOMENTS	  20000 /* of one script at most */

/* A pipeline, its profile, and all that left the profile, as a file would have it. */
struct script {
	struct profile *profile, *saved;
	struct pipeline *pipeline;
	const struct pbp_layout *layout;
	uint64_t now_ns;
	char *moments[MOMENTS]; /* by time: process, thread and stack */
	uint32_t nmoments;
};

static void script_init(struct script *script)
{
	size_t count = 0;

	memset(script, 0, sizeof(*script));
	script->layout = &fake_builds(&count)[count - 1].layout;
	script->profile = profile_new();
	script->saved = profile_new();
	assert_true(script->profile && script->saved);
	profile_account(script->profile)->rate_hz = 1000;
	profile_account(script->saved)->rate_hz = 1000;
	assert_int_equal(pipeline_new(script->profile, &script->pipeline), 0);
	script->now_ns = 1000000000000;
}

static void script_done(struct script *script)
{
	pipeline_free(script->pipeline);
	profile_free(script->profile);
	profile_free(script->saved);
	for (size_t i = 0; i < MOMENTS; i++)
		free(script->moments[i]);
}

static int set_up(void **state)
{
	struct script *script = malloc(sizeof(*script));

	if (!script)
		return -1;
	script_init(script);
	*state = script;
	return 0;
}

static int tear_down(void **state)
{
	script_done(*state);
	free(*state);
	return 0;
}

/* ---- records ---- */

static void describe(struct script *script, uint32_t id, uint64_t kernel_ns)
{
	const struct profile_process process = { .pid = 1000 + (int32_t)id,
						 .start_time = 1,
						 .comm = "python3",
						 .kernel_ns = kernel_ns };

	assert_int_equal(pipeline_describe_target(script->pipeline, id, &process), 0);
}

/* Not recognised yet. */
static void add_unknown(struct script *script, uint32_t id, bool threads_apart)
{
	assert_int_equal(pipeline_add_target(script->pipeline, id, threads_apart), 0);
	describe(script, id, PROFILE_TIME_UNKNOWN);
}

static void recognise(struct script *script, uint32_t id)
{
	assert_int_equal(pipeline_set_layout(script->pipeline, id, script->layout), 0);
}

static void add_target(struct script *script, uint32_t id, bool threads_apart)
{
	add_unknown(script, id, threads_apart);
	recognise(script, id);
}

static uint64_t letter_addr(char letter)
{
	return 0x7f0000000000 + (uint64_t)(letter - 'a' + 1) * 0x1000;
}

static void sample_as(struct script *script, struct pbp_sample sample, const char *letters)
{
	uint64_t frames[64];
	size_t count = strlen(letters);

	for (size_t i = 0; i < count; i++)
		frames[i] = letter_addr(letters[i]) / 8 << PBP_FRAME_CODE_SHIFT;
	sample.time_ns = ++script->nmoments;
	sample.weight_ns = PERIOD_NS + script->nmoments;
	sample.nframes = sample.nkept + (uint32_t)count;
	assert_int_equal(pipeline_sample(script->pipeline, &sample, frames), 0);
}

static void sample(struct script *script, uint32_t target, uint32_t tid, const char *letters)
{
	sample_as(script, (struct pbp_sample){ .target = target, .tid = tid, .cpu = target },
		  letters);
}

static void unrecognised(struct script *script, uint32_t target)
{
	sample_as(script,
		  (struct pbp_sample){ .target = target, .status = PBP_STATUS_NOT_RECOGNISED }, "");
}

/* What a record says of the object of that identity: its name is the letter and the identity. */
static void fill_record(struct script *script, struct pbp_code *record, uint8_t *data, char letter)
{
	uint8_t table[4 * FAKE_INSTRUCTIONS];
	size_t size = fake_linetable(script->layout, table, sizeof(table));
	int length = sprintf((char *)data, "%c%d", letter, (int)record->identity);

	record->code_addr = letter_addr(letter);
	record->firstlineno = 10 * (letter - 'a' + 1);
	record->name = (struct pbp_string){ .size = (uint32_t)length, .kind = 1 };
	memcpy(data + length, "app.py", 6);
	record->filename = (struct pbp_string){ .size = 6, .kind = 1 };
	memcpy(data + length + 6, table, size);
	record->linetable_size = (uint32_t)size;
	if (!record->linetable_full_size)
		record->linetable_full_size = (uint32_t)size;
}

enum how { WHOLE, CUT, DEFERRED };

static void code(struct script *script, uint32_t target, char letter, uint64_t identity,
		 enum how how)
{
	struct pbp_code record = { .target = target, .identity = identity };
	uint8_t data[512];

	if (how == DEFERRED) {
		record.flags = PBP_CODE_DEFERRED;
		record.code_addr = letter_addr(letter);
	} else {
		record.linetable_full_size = how == CUT ? 4096 : 0;
		fill_record(script, &record, data, letter);
	}
	assert_int_equal(pipeline_code(script->pipeline, &record, data), 0);
}

/* The live process's answer. */
static void fill(struct script *script, uint32_t target, char letter, uint64_t identity)
{
	struct pbp_code record = { .target = target, .identity = identity };
	uint8_t data[512];

	fill_record(script, &record, data, letter);
	assert_int_equal(pipeline_fill(script->pipeline, &record, data), 0);
}

/* ---- what left the profile ---- */

/* The stack with its symbols' first lines and names, leaf first. */
static void add_stack(struct strbuf *text, const struct profile *profile, uint32_t stack)
{
	for (; stack != PROFILE_STACK_EMPTY; stack = profile_stack_caller(profile, stack)) {
		const struct symbol *symbol =
			profile_symbol(profile, profile_stack_symbol(profile, stack));

		strbuf_add_format(text, ";%d %s:%d", (int)symbol->kind, symbol->function,
				  symbol->line);
	}
}

static void keep_moments(struct script *script)
{
	const struct profile *profile = script->profile;

	for (size_t i = 0; i < profile_nmoments(profile); i++) {
		const struct profile_moment *moment = profile_moment(profile, i);
		const struct profile_row *row = profile_row(profile, moment->row);
		struct strbuf text;

		strbuf_init(&text);
		strbuf_add_format(&text, "%d ", profile_process(profile, row->process)->pid);
		if (row->thread != PROFILE_NO_ID)
			strbuf_add_format(&text, "%d %s", profile_thread(profile, row->thread)->tid,
					  profile_thread(profile, row->thread)->name);
		add_stack(&text, profile, row->stack);
		assert_int_equal(strbuf_error(&text), 0);
		assert_in_range(moment->time_ns, 1, MOMENTS - 1);
		assert_int_equal(moment->weight_ns, PERIOD_NS + moment->time_ns);
		/* Each sample once. */
		assert_null(script->moments[moment->time_ns]);
		script->moments[moment->time_ns] = strdup(strbuf_text(&text));
		strbuf_done(&text);
	}
}

/* The same stack in the profile of all that left. */
static uint32_t copy_stack(struct script *script, uint32_t stack)
{
	const struct profile *profile = script->profile;
	uint32_t caller, symbol, copy;

	if (stack == PROFILE_STACK_EMPTY)
		return stack;
	caller = copy_stack(script, profile_stack_caller(profile, stack));
	assert_int_equal(
		profile_add_symbol(script->saved,
				   profile_symbol(profile, profile_stack_symbol(profile, stack)),
				   &symbol),
		0);
	assert_int_equal(profile_add_stack(script->saved, caller, symbol, &copy), 0);
	return copy;
}

static void keep_row(struct script *script, const struct profile_row *row)
{
	const struct profile *profile = script->profile;
	uint32_t process, thread = PROFILE_NO_ID;

	assert_int_equal(profile_add_process(script->saved, profile_process(profile, row->process),
					     &process),
			 0);
	if (row->thread != PROFILE_NO_ID)
		assert_int_equal(profile_add_thread(script->saved,
						    profile_thread(profile, row->thread), &thread),
				 0);
	assert_int_equal(profile_add_weight(script->saved, process, thread,
					    copy_stack(script, row->stack), row->samples,
					    row->weight_ns),
			 0);
}

/* Take out what a flush put in. */
static void save(struct script *script)
{
	for (size_t i = 0; i < profile_nrows(script->profile); i++)
		keep_row(script, profile_row(script->profile, i));
	keep_moments(script);
	profile_clear_rows(script->profile);
}

static uint64_t flush(struct script *script)
{
	uint64_t before = profile_samples(script->saved);

	script->now_ns += PERIOD_NS;
	assert_int_equal(pipeline_flush(script->pipeline, script->now_ns), 0);
	save(script);
	/* The account has what is in the file, no more and no less. */
	assert_int_equal(account_samples(profile_account_const(script->profile)),
			 profile_samples(script->saved));
	return profile_samples(script->saved) - before;
}

static uint64_t finish(struct script *script)
{
	uint64_t before = profile_samples(script->saved);

	assert_int_equal(pipeline_finish(script->pipeline), 0);
	save(script);
	assert_int_equal(profile_samples(script->saved), pipeline_samples(script->pipeline));
	assert_int_equal(profile_weight_ns(script->saved), pipeline_weight_ns(script->pipeline));
	return profile_samples(script->saved) - before;
}

/* All that left, as folded text, which the caller frees. */
static char *fold(struct script *script)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);
	struct err err = { 0 };

	assert_non_null(stream);
	assert_int_equal(report_folded_write(script->saved, NULL, stream, &err), 0);
	assert_int_equal(fclose(stream), 0);
	return text;
}

static void assert_folded(struct script *script, const char *expected)
{
	char *text = fold(script);

	assert_string_equal(text, expected);
	free(text);
}

/* ---- tests ---- */

static void what_is_flushed_is_not_flushed_again(void **state)
{
	struct script *script = *state;

	add_target(script, 1, false);
	code(script, 1, 'a', 1, WHOLE);
	code(script, 1, 'b', 2, WHOLE);
	sample(script, 1, 0, "ba");
	sample(script, 1, 0, "a");
	assert_int_equal(flush(script), 2);
	assert_int_equal(flush(script), 0);
	sample(script, 1, 0, "ba");
	assert_int_equal(flush(script), 1);
	assert_int_equal(finish(script), 0);
	assert_folded(script, "a1 (app.py:10) 1\na1 (app.py:10);b2 (app.py:20) 2\n");
}

static void kept_frames_go_on_over_a_flush(void **state)
{
	struct script *script = *state;

	add_target(script, 1, false);
	for (char letter = 'a'; letter <= 'c'; letter++)
		code(script, 1, letter, 1, WHOLE);
	sample(script, 1, 0, "cba");
	assert_int_equal(flush(script), 1);
	sample_as(script, (struct pbp_sample){ .target = 1, .cpu = 1, .nkept = 3 }, "");
	sample_as(script, (struct pbp_sample){ .target = 1, .cpu = 1, .nkept = 1 }, "c");
	assert_int_equal(finish(script), 2);
	assert_folded(script, "a1 (app.py:10);b1 (app.py:20);c1 (app.py:30) 2\n"
			      "a1 (app.py:10);c1 (app.py:30) 1\n");
}

static void samples_of_one_target_go_on_being_counted(void **state)
{
	struct script *script = *state;

	add_target(script, 1, false);
	code(script, 1, 'a', 1, WHOLE);
	sample(script, 1, 0, "a");
	flush(script);
	sample(script, 1, 0, "a");
	assert_int_equal(pipeline_target_samples(script->pipeline, 1), 2);
	assert_int_equal(pipeline_target_weight_ns(script->pipeline, 1), 2 * PERIOD_NS + 3);
	flush(script);
	assert_int_equal(pipeline_target_samples(script->pipeline, 1), 2);
	assert_int_equal(pipeline_samples(script->pipeline), 2);
}

static void what_may_still_be_disowned_is_held_back(void **state)
{
	struct script *script = *state;

	add_unknown(script, 1, false);
	add_unknown(script, 2, false);
	add_unknown(script, 3, false);
	unrecognised(script, 1);
	unrecognised(script, 2);
	unrecognised(script, 3);
	script->now_ns += 10 * PIPELINE_HOLD_NS; /* however long it takes */
	assert_int_equal(flush(script), 0);
	assert_int_equal(pipeline_disown_target(script->pipeline, 1), 1);
	recognise(script, 2);
	assert_int_equal(flush(script), 1);
	pipeline_end_target(script->pipeline, 3);
	assert_int_equal(flush(script), 1);
	assert_int_equal(profile_account(script->profile)->not_recognised, 2);
	assert_int_equal(finish(script), 0);
	assert_folded(script, "python3 [1002];[not yet recognised] 1\n"
			      "python3 [1003];[not yet recognised] 1\n");
}

static void names_that_may_come_are_waited_for(void **state)
{
	struct script *script = *state;

	add_target(script, 1, false);
	code(script, 1, 'a', 1, WHOLE);
	code(script, 1, 'b', 2, DEFERRED);
	sample(script, 1, 0, "a");
	sample(script, 1, 0, "ba");
	sample(script, 1, 0, "aba");
	assert_int_equal(flush(script), 1);
	script->now_ns += PIPELINE_HOLD_NS / 2;
	assert_int_equal(flush(script), 0);
	fill(script, 1, 'b', 2);
	assert_int_equal(flush(script), 2);
	assert_int_equal(profile_account(script->profile)->unnamed, 0);
	assert_folded(script, "a1 (app.py:10) 1\na1 (app.py:10);b2 (app.py:20) 1\n"
			      "a1 (app.py:10);b2 (app.py:20);a1 (app.py:10) 1\n");
}

static void names_are_not_waited_for_without_end(void **state)
{
	struct script *script = *state;

	add_target(script, 1, false);
	sample(script, 1, 0, "a");
	assert_int_equal(flush(script), 0);
	script->now_ns += PIPELINE_HOLD_NS;
	assert_int_equal(flush(script), 1);
	assert_int_equal(profile_account(script->profile)->unnamed, 1);
	/* And if they come after all, later samples have them. */
	sample(script, 1, 0, "a");
	assert_int_equal(flush(script), 1);
	code(script, 1, 'a', 0, WHOLE);
	sample(script, 1, 0, "a");
	assert_int_equal(flush(script), 1);
	assert_int_equal(profile_account(script->profile)->unnamed, 2);
	assert_folded(script, "[unnamed] 2\na0 (app.py:10) 1\n");
}

static void a_cut_line_table_is_waited_for(void **state)
{
	struct script *script = *state;

	add_target(script, 1, false);
	code(script, 1, 'a', 1, CUT);
	sample(script, 1, 0, "a");
	assert_int_equal(flush(script), 0);
	fill(script, 1, 'a', 1);
	assert_int_equal(flush(script), 1);
	assert_int_equal(profile_account(script->profile)->lines_unknown, 0);
}

static void nothing_is_waited_for_of_what_is_gone(void **state)
{
	struct script *script = *state;

	add_target(script, 1, false);
	add_target(script, 2, false);
	code(script, 1, 'a', 1, DEFERRED);
	sample(script, 1, 0, "a");
	code(script, 2, 'a', 1, DEFERRED);
	sample(script, 2, 0, "a");
	assert_int_equal(flush(script), 0);
	code(script, 1, 'a', 2, WHOLE); /* another object lies there now */
	assert_int_equal(flush(script), 1);
	pipeline_end_target(script->pipeline, 2);
	assert_int_equal(flush(script), 1);
	assert_int_equal(profile_account(script->profile)->unnamed, 2);
}

static void names_of_threads_are_waited_for(void **state)
{
	struct script *script = *state;

	add_target(script, 1, true);
	code(script, 1, 'a', 1, WHOLE);
	sample(script, 1, 50, "a");
	sample(script, 1, 51, "a");
	assert_int_equal(flush(script), 0);
	assert_int_equal(pipeline_name_thread(script->pipeline, 1, 50, "worker"), 0);
	assert_int_equal(flush(script), 1);
	script->now_ns += PIPELINE_HOLD_NS;
	assert_int_equal(flush(script), 1);
	sample(script, 1, 51, "a");
	sample(script, 1, 52, "a");
	assert_int_equal(flush(script), 1);
	pipeline_end_target(script->pipeline, 1);
	assert_int_equal(flush(script), 1);
	assert_int_equal(profile_nthreads(script->saved), 3);
	assert_string_equal(profile_thread(script->saved, 0)->name, "worker");
	assert_string_equal(profile_thread(script->saved, 1)->name, "");
}

static void the_last_description_reaches_the_profile(void **state)
{
	struct script *script = *state;

	add_target(script, 1, false);
	code(script, 1, 'a', 1, WHOLE);
	sample(script, 1, 0, "a");
	flush(script);
	assert_int_equal(profile_process(script->profile, 0)->kernel_ns, PROFILE_TIME_UNKNOWN);
	describe(script, 1, 77);
	pipeline_end_target(script->pipeline, 1);
	assert_int_equal(flush(script), 0);
	assert_int_equal(profile_process(script->profile, 0)->kernel_ns, 77);
	assert_int_equal(profile_nprocesses(script->profile), 1);
}

static void an_ended_target_without_samples_is_told_at_the_end_if_it_is_alone(void **state)
{
	struct script *script = *state;

	add_target(script, 1, false);
	pipeline_end_target(script->pipeline, 1);
	assert_int_equal(flush(script), 0);
	assert_int_equal(profile_nprocesses(script->profile), 0);
	assert_int_equal(finish(script), 0);
	assert_int_equal(profile_nprocesses(script->profile), 1);
}

static void targets_without_new_samples_cost_nothing_in_the_profile(void **state)
{
	struct script *script = *state;

	for (uint32_t id = 1; id < 100; id++)
		add_target(script, id, false);
	code(script, 7, 'a', 1, WHOLE);
	sample(script, 7, 0, "a");
	assert_int_equal(flush(script), 1);
	assert_int_equal(profile_nprocesses(script->profile), 1);
}

static void each_time_is_kept_once_and_with_its_row(void **state)
{
	struct script *script = *state;

	pipeline_keep_times(script->pipeline);
	add_target(script, 1, false);
	code(script, 1, 'a', 1, WHOLE);
	code(script, 1, 'b', 2, DEFERRED);
	sample(script, 1, 0, "a");
	sample(script, 1, 0, "b");
	sample(script, 1, 0, "a");
	assert_int_equal(flush(script), 2);
	assert_string_equal(script->moments[1], "1001 ;0 a1:10");
	assert_null(script->moments[2]);
	assert_string_equal(script->moments[3], "1001 ;0 a1:10");
	sample(script, 1, 0, "b");
	code(script, 1, 'b', 2, WHOLE);
	assert_int_equal(finish(script), 2);
	assert_string_equal(script->moments[2], "1001 ;0 b2:20");
	assert_string_equal(script->moments[4], "1001 ;0 b2:20");
}

static size_t memory_used(void)
{
	malloc_trim(0);
	return mallinfo2().uordblks;
}

/* Short-lived targets of whole, late and missing names, which live over one flush or none. */
static void live_and_die(struct script *script, uint32_t first, uint32_t count)
{
	for (uint32_t id = first; id < first + count; id++) {
		add_target(script, id, false);
		code(script, id, 'a', 1, WHOLE);
		code(script, id, 'b', 2, DEFERRED);
		sample_as(script, (struct pbp_sample){ .target = id }, "bac");
		fill(script, id, 'b', 2);
		if (id % 2)
			flush(script); /* 'c' is waited for */
		if (id % 4 == 1)
			script->now_ns += PIPELINE_HOLD_NS;
		if (id % 4 == 1)
			assert_int_equal(flush(script), 1); /* not any more */
		code(script, id, 'd', 3, CUT);
		sample_as(script, (struct pbp_sample){ .target = id }, "bad");
		code(script, id, 'c', 0, WHOLE);
		pipeline_end_target(script->pipeline, id);
	}
	flush(script);
}

/* Their nodes and code objects are used again, and must be resolved as what they are then. */
static void ended_targets_leave_nothing_behind_but_their_processes(void **state)
{
	struct script *script = *state;
	struct profile *saved = script->saved;
	size_t before, processes;

	live_and_die(script, 1, 400);
	assert_int_equal(profile_nstacks(script->profile), 10);
	assert_int_equal(profile_nsymbols(script->profile), 5);
	script->saved = profile_new();
	before = memory_used();
	processes = profile_nprocesses(script->profile);
	profile_account(script->profile)->complete = 0;
	profile_account(script->profile)->lines_unknown = 0;
	live_and_die(script, 1000, 1000);
	assert_int_equal(profile_nprocesses(script->profile), processes + 1000);
	profile_free(script->saved);
	script->saved = saved;
	/* Two processes of a profile for each, this test's own copy among them: no third thing. */
	assert_true(memory_used() < before + 1000 * 600UL);
	assert_int_equal(profile_nstacks(script->profile), 10);
	assert_int_equal(profile_nsymbols(script->profile), 5);
}

static void beyond_a_limit_short_lived_processes_are_put_together(void **state)
{
	struct script *script = *state;
	const uint32_t more = 500;

	for (uint32_t id = 1; id <= PIPELINE_PROCESSES_MAX + more; id++) {
		add_target(script, id, false);
		code(script, id, 'a', 1, WHOLE);
		sample_as(script, (struct pbp_sample){ .target = id }, "a");
		if (id > 10)
			pipeline_end_target(script->pipeline, id);
		if (id % 1000 == 0)
			assert_int_equal(pipeline_flush(script->pipeline, script->now_ns), 0);
		script->nmoments = 0;
	}
	assert_int_equal(pipeline_finish(script->pipeline), 0);
	assert_int_equal(profile_samples(script->profile), PIPELINE_PROCESSES_MAX + more);
	assert_in_range(profile_nprocesses(script->profile), PIPELINE_PROCESSES_MAX,
			PIPELINE_PROCESSES_MAX + 1000);
	assert_int_equal(profile_account(script->profile)->processes_folded,
			 PIPELINE_PROCESSES_MAX + more - profile_nprocesses(script->profile) + 1);
}

/* ---- at random ---- */

#define TARGETS 24
#define STEPS	6000

struct chance {
	uint32_t state;
	bool there[TARGETS + 1], known[TARGETS + 1], apart[TARGETS + 1];
	bool named[TARGETS + 1][4];
	uint64_t identity[TARGETS + 1][6];
	uint32_t ids[TARGETS + 1], next_id;
};

static uint32_t roll(struct chance *chance, uint32_t below)
{
	chance->state = chance->state * 1664525 + 1013904223;
	return (chance->state >> 8) % below;
}

static void random_sample(struct chance *chance, uint32_t slot, struct script *scripts[2])
{
	struct pbp_sample made = { .target = chance->ids[slot], .cpu = roll(chance, 3) };
	char letters[12] = "";
	uint32_t depth = 1 + roll(chance, 8);

	made.tid = 100 * chance->ids[slot] + roll(chance, 4);
	if (!chance->known[slot]) {
		made.status = PBP_STATUS_NOT_RECOGNISED;
		depth = 0;
	} else if (roll(chance, 12) == 0) {
		made.status = roll(chance, 2) ? PBP_STATUS_NATIVE : PBP_STATUS_UNREADABLE;
		made.reason = PBP_REASON_CYCLE;
		depth = made.status == PBP_STATUS_NATIVE ? 0 : depth;
	} else if (roll(chance, 12) == 0) {
		made.status = PBP_STATUS_TRUNCATED;
	}
	for (uint32_t i = 0; i < depth; i++)
		letters[i] = (char)('a' + roll(chance, 6));
	for (int i = 0; i < 2; i++)
		sample_as(scripts[i], made, letters);
}

static void random_code(struct chance *chance, uint32_t slot, struct script *scripts[2])
{
	uint32_t letter = roll(chance, 6);
	enum how how = (enum how)roll(chance, 3);

	if (roll(chance, 4) == 0)
		chance->identity[slot][letter] = 1 + roll(chance, 3);
	for (int i = 0; i < 2; i++)
		code(scripts[i], chance->ids[slot], (char)('a' + letter),
		     chance->identity[slot][letter], how);
}

static void random_answers(struct chance *chance, struct script *scripts[2])
{
	struct pipeline_missing missing, same;

	while (pipeline_next_missing(scripts[0]->pipeline, &missing)) {
		bool answered = roll(chance, 3) > 0;

		assert_true(pipeline_next_missing(scripts[1]->pipeline, &same));
		assert_int_equal(missing.code_addr, same.code_addr);
		for (int i = 0; i < 2 && answered; i++)
			fill(scripts[i], missing.target,
			     (char)('a' + (missing.code_addr - letter_addr('a')) / 0x1000),
			     missing.identity);
	}
}

static void random_birth(struct chance *chance, uint32_t slot, struct script *scripts[2])
{
	chance->ids[slot] = ++chance->next_id;
	chance->there[slot] = true;
	chance->known[slot] = roll(chance, 2);
	chance->apart[slot] = roll(chance, 2);
	memset(chance->named[slot], 0, sizeof(chance->named[slot]));
	for (int letter = 0; letter < 6; letter++)
		chance->identity[slot][letter] = roll(chance, 3);
	for (int i = 0; i < 2; i++) {
		add_unknown(scripts[i], chance->ids[slot], chance->apart[slot]);
		if (chance->known[slot])
			recognise(scripts[i], chance->ids[slot]);
	}
}

static void random_end(struct chance *chance, uint32_t slot, struct script *scripts[2])
{
	const bool disown = !chance->known[slot] && roll(chance, 2);
	const uint32_t id = chance->ids[slot];

	chance->there[slot] = false;
	if (disown) {
		assert_int_equal(pipeline_disown_target(scripts[0]->pipeline, id),
				 pipeline_disown_target(scripts[1]->pipeline, id));
		return;
	}
	for (int i = 0; i < 2; i++) {
		describe(scripts[i], id, 1000 + id);
		pipeline_end_target(scripts[i]->pipeline, id);
	}
}

/* A thread gets its name once: what is renamed later has both names in what was written as it went. */
static void random_name(struct chance *chance, uint32_t slot, struct script *scripts[2])
{
	uint32_t thread = roll(chance, 4);

	if (chance->named[slot][thread])
		return;
	chance->named[slot][thread] = true;
	for (int i = 0; i < 2; i++)
		assert_int_equal(pipeline_name_thread(scripts[i]->pipeline, chance->ids[slot],
						      100 * chance->ids[slot] + thread, "named"),
				 0);
}

static void random_step(struct chance *chance, struct script *scripts[2])
{
	uint32_t slot = 1 + roll(chance, TARGETS);

	if (!chance->there[slot]) {
		random_birth(chance, slot, scripts);
		return;
	}
	switch (roll(chance, 30)) {
	case 0:
		random_end(chance, slot, scripts);
		return;
	case 1:
	case 2:
	case 3:
		if (chance->known[slot])
			random_code(chance, slot, scripts);
		return;
	case 4:
		random_answers(chance, scripts);
		return;
	case 5:
		random_name(chance, slot, scripts);
		return;
	case 6:
		chance->known[slot] = true;
		recognise(scripts[0], chance->ids[slot]);
		recognise(scripts[1], chance->ids[slot]);
		return;
	case 7:
		flush(scripts[0]);
		return;
	default:
		random_sample(chance, slot, scripts);
	}
}

static void assert_same(struct script *flushed, struct script *whole)
{
	char *texts[2] = { fold(flushed), fold(whole) };
	struct account accounts[2] = { *profile_account(flushed->profile),
				       *profile_account(whole->profile) };

	assert_string_equal(texts[0], texts[1]);
	assert_memory_equal(&accounts[0], &accounts[1], sizeof(accounts[0]));
	assert_int_equal(profile_weight_ns(flushed->saved), profile_weight_ns(whole->saved));
	for (uint32_t time = 0; time < MOMENTS; time++) {
		assert_true(!flushed->moments[time] == !whole->moments[time]);
		if (flushed->moments[time])
			assert_string_equal(flushed->moments[time], whole->moments[time]);
	}
	free(texts[0]);
	free(texts[1]);
}

/* Target ids, nodes and code objects come and go; names come late, or never. */
static void flushes_at_random_moments_give_what_one_at_the_end_gives(void **state)
{
	(void)state;
	for (uint32_t seed = 1; seed <= 12; seed++) {
		struct chance chance = { .state = seed * 7919 };
		struct script *scripts[2];

		for (int i = 0; i < 2; i++) {
			scripts[i] = malloc(sizeof(*scripts[i]));
			assert_non_null(scripts[i]);
			script_init(scripts[i]);
			pipeline_keep_times(scripts[i]->pipeline);
		}
		for (int step = 0; step < STEPS; step++)
			random_step(&chance, scripts);
		finish(scripts[0]);
		finish(scripts[1]);
		assert_true(profile_samples(scripts[0]->saved) > STEPS / 3);
		assert_same(scripts[0], scripts[1]);
		for (int i = 0; i < 2; i++) {
			script_done(scripts[i]);
			free(scripts[i]);
		}
	}
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(what_is_flushed_is_not_flushed_again),
		TEST(kept_frames_go_on_over_a_flush),
		TEST(samples_of_one_target_go_on_being_counted),
		TEST(what_may_still_be_disowned_is_held_back),
		TEST(names_that_may_come_are_waited_for),
		TEST(names_are_not_waited_for_without_end),
		TEST(a_cut_line_table_is_waited_for),
		TEST(nothing_is_waited_for_of_what_is_gone),
		TEST(names_of_threads_are_waited_for),
		TEST(the_last_description_reaches_the_profile),
		TEST(an_ended_target_without_samples_is_told_at_the_end_if_it_is_alone),
		TEST(targets_without_new_samples_cost_nothing_in_the_profile),
		TEST(each_time_is_kept_once_and_with_its_row),
		TEST(ended_targets_leave_nothing_behind_but_their_processes),
		TEST(beyond_a_limit_short_lived_processes_are_put_together),
		TEST(flushes_at_random_moments_give_what_one_at_the_end_gives),
	};

	return cmocka_run_group_tests_name("pipeline_flush", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests of user/pipeline.c and pipeline_flush.c: scripted records in, folded text out; and the whole way from made
 * stacks over the host-compiled BPF to folded text.
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

#include "pipeline.h"
#include "profile/profile.h"
#include "python/code_read.h"
#include "report/formats.h"
#include "support/host_bpf.h"

#define PERIOD_NS 1000000

/* A pipeline, its profile, and what was expected of it. */
struct script {
	struct profile *profile;
	struct pipeline *pipeline;
	const struct pbp_layout *layout;
	struct memory memory; /* of the live process; all zero: nothing can be read */
	uint64_t time_ns;
	char *folded;
};

static struct profile_process process_of(uint32_t id)
{
	return (struct profile_process){
		.pid = 1000 + (int32_t)id, .start_time = 1, .comm = "python3", .python = "3.x"
	};
}

static void describe(struct script *script, uint32_t id, const char *comm, const char *command)
{
	struct profile_process process = process_of(id);

	process.comm = comm;
	process.command = command;
	process.kernel_ns = 10;
	assert_int_equal(pipeline_describe_target(script->pipeline, id, &process), 0);
}

static void add_target(struct script *script, uint32_t id)
{
	const struct profile_process process = process_of(id);

	assert_int_equal(pipeline_add_target(script->pipeline, id, false), 0);
	assert_int_equal(pipeline_set_layout(script->pipeline, id, script->layout), 0);
	assert_int_equal(pipeline_describe_target(script->pipeline, id, &process), 0);
}

/* Read what is missing from the live process, as the session does by its helper. */
static void read_missing(struct script *script)
{
	struct pipeline_missing missing;

	while (pipeline_next_missing(script->pipeline, &missing)) {
		struct code_copy copy;

		if (!script->memory.read || code_read(&script->memory, missing.layout,
						      missing.code_addr, missing.identity, &copy))
			continue;
		copy.record.target = missing.target;
		assert_int_equal(copy.record.code_addr, missing.code_addr);
		assert_int_equal(copy.record.identity, missing.identity);
		assert_int_equal(pipeline_fill(script->pipeline, &copy.record, copy.data), 0);
		free(copy.data);
	}
}

static void script_init(struct script *script)
{
	memset(script, 0, sizeof(*script));
	script->profile = profile_new();
	assert_non_null(script->profile);
	profile_account(script->profile)->rate_hz = 1000;
	assert_int_equal(pipeline_new(script->profile, &script->pipeline), 0);
	script->time_ns = 5000;
}

static void script_done(struct script *script)
{
	pipeline_free(script->pipeline);
	profile_free(script->profile);
	free(script->folded);
}

/* The profile as folded text, once. */
static const char *fold(struct script *script)
{
	size_t size;
	FILE *stream = open_memstream(&script->folded, &size);
	struct err err = { 0 };

	assert_non_null(stream);
	assert_int_equal(pipeline_finish(script->pipeline), 0);
	assert_int_equal(report_folded_write(script->profile, NULL, stream, &err), 0);
	assert_int_equal(fclose(stream), 0);
	return script->folded;
}

static const struct account *account(const struct script *script)
{
	return profile_account_const(script->profile);
}

static int set_up(void **state)
{
	struct script *script = calloc(1, sizeof(*script));
	size_t count = 0;

	if (!script)
		return -1;
	script_init(script);
	script->layout = &fake_builds(&count)[count - 1].layout;
	add_target(script, 1);
	*state = script;
	return 0;
}

static int tear_down(void **state)
{
	script_done(*state);
	free(*state);
	return 0;
}

/* Code objects of scripts lie at 0x1000 × their letter. */
static uint64_t letter_addr(char letter)
{
	return 0x7f0000000000 + (uint64_t)(letter - 'a' + 1) * 0x1000;
}

static uint64_t word(char letter, uint32_t instruction)
{
	return letter_addr(letter) / 8 << PBP_FRAME_CODE_SHIFT | instruction;
}

static int take_sample(struct script *script, struct pbp_sample *sample, const char *letters)
{
	uint64_t frames[64];
	size_t fresh = strlen(letters);

	for (size_t i = 0; i < fresh; i++)
		frames[i] = word(letters[i], 0);
	sample->time_ns = script->time_ns += PERIOD_NS;
	sample->weight_ns = PERIOD_NS;
	sample->nframes = sample->nkept + (uint32_t)fresh;
	return pipeline_sample(script->pipeline, sample, frames);
}

/* A complete sample of target 1 on CPU 0: `kept` frames of the last one and these fresh ones, leaf first. */
static void complete(struct script *script, uint32_t kept, const char *letters)
{
	struct pbp_sample sample = { .target = 1, .nkept = kept };

	assert_int_equal(take_sample(script, &sample, letters), 0);
}

static struct pbp_code code_record(char letter, uint64_t identity)
{
	return (struct pbp_code){
		.target = 1,
		.code_addr = letter_addr(letter),
		.identity = identity,
		.firstlineno = 10 * (letter - 'a' + 1),
	};
}

static int take_code(struct script *script, struct pbp_code *record, const char *name,
		     const char *file)
{
	uint8_t data[512], table[4 * FAKE_INSTRUCTIONS];
	size_t size = fake_linetable(script->layout, table, sizeof(table)), used;

	used = strlen(name) + strlen(file);
	memcpy(data, name, strlen(name));
	memcpy(data + strlen(name), file, strlen(file));
	memcpy(data + used, table, size);
	record->name = (struct pbp_string){ .size = (uint32_t)strlen(name), .kind = 1 };
	record->filename = (struct pbp_string){ .size = (uint32_t)strlen(file), .kind = 1 };
	if (!record->linetable_full_size)
		record->linetable_full_size = (uint32_t)size;
	record->linetable_size = (uint32_t)size;
	return pipeline_code(script->pipeline, record, data);
}

/* A whole record for the letter's address: NAME in app.py, whose first line is 10 for 'a', 20 for 'b' … */
static void code(struct script *script, char letter, uint64_t identity, const char *name)
{
	struct pbp_code record = code_record(letter, identity);

	assert_int_equal(take_code(script, &record, name, "app.py"), 0);
}

static void defer(struct script *script, char letter, uint64_t identity)
{
	struct pbp_code record = code_record(letter, identity);

	record.flags = PBP_CODE_DEFERRED;
	assert_int_equal(pipeline_code(script->pipeline, &record, NULL), 0);
}

static void samples_are_counted_by_stack(void **state)
{
	struct script *script = *state;

	code(script, 'a', 1, "main");
	code(script, 'b', 2, "work");
	complete(script, 0, "a");
	complete(script, 0, "ba");
	complete(script, 2, "");
	complete(script, 1, "");
	assert_int_equal(pipeline_samples(script->pipeline), 4);
	assert_int_equal(pipeline_weight_ns(script->pipeline), 4 * PERIOD_NS);
	assert_int_equal(pipeline_first_sample_ns(script->pipeline), 5000 + PERIOD_NS);
	assert_string_equal(fold(script), "main (app.py:10) 2\n"
					  "main (app.py:10);work (app.py:20) 2\n");
	assert_int_equal(account(script)->complete, 4);
	assert_int_equal(account_samples(account(script)), 4);
	assert_int_equal(account(script)->unnamed, 0);
	assert_int_equal(account(script)->lines_unknown, 0);
	assert_int_equal(profile_weight_ns(script->profile), 4 * PERIOD_NS);
}

static void kept_frames_are_those_of_the_last_sample_of_the_cpu(void **state)
{
	struct script *script = *state;
	struct pbp_sample other = { .target = 1, .cpu = 7 };

	for (char letter = 'a'; letter <= 'f'; letter++)
		code(script, letter, (uint64_t)letter, (char[]){ letter, '\0' });
	complete(script, 0, "cba");
	assert_int_equal(take_sample(script, &other, "fed"), 0);
	complete(script, 2, "d");
	other.nkept = 2;
	assert_int_equal(take_sample(script, &other, "c"), 0);
	complete(script, 3, "ef");
	complete(script, 1, "");
	assert_string_equal(fold(script), "a (app.py:10) 1\n"
					  "a (app.py:10);b (app.py:20);c (app.py:30) 1\n"
					  "a (app.py:10);b (app.py:20);d (app.py:40) 1\n"
					  "a (app.py:10);b (app.py:20);d (app.py:40);"
					  "f (app.py:60);e (app.py:50) 1\n"
					  "d (app.py:40);e (app.py:50);c (app.py:30) 1\n"
					  "d (app.py:40);e (app.py:50);f (app.py:60) 1\n");
}

static void an_instruction_is_a_line(void **state)
{
	struct script *script = *state;
	struct pbp_sample sample = { .target = 1, .nframes = 2, .weight_ns = PERIOD_NS };
	uint64_t frames[] = { word('b', 7), word('a', PBP_FRAME_NO_INSTR) | PBP_FRAME_FROM_C };

	code(script, 'a', 1, "main");
	code(script, 'b', 2, "work");
	assert_int_equal(pipeline_sample(script->pipeline, &sample, frames), 0);
	frames[0] |= PBP_FRAME_FROM_C;
	assert_int_equal(pipeline_sample(script->pipeline, &sample, frames), 0);
	assert_string_equal(fold(script), "main (app.py:10);work (app.py:27) 2\n");
}

static void a_sample_before_its_code_record_is_unnamed(void **state)
{
	struct script *script = *state;

	code(script, 'a', 1, "main");
	complete(script, 0, "ba");
	complete(script, 2, "");
	code(script, 'b', 2, "work");
	complete(script, 2, "");
	assert_string_equal(fold(script), "main (app.py:10);[unnamed] 2\n"
					  "main (app.py:10);work (app.py:20) 1\n");
	assert_int_equal(account(script)->unnamed, 2);
	assert_int_equal(account(script)->complete, 3);
}

static void names_that_follow_later_name_earlier_samples_too(void **state)
{
	struct script *script = *state;

	defer(script, 'a', 1);
	complete(script, 0, "a");
	complete(script, 1, "");
	code(script, 'a', 1, "main");
	complete(script, 1, "");
	assert_string_equal(fold(script), "main (app.py:10) 3\n");
	assert_int_equal(account(script)->unnamed, 0);
}

static void names_that_never_follow_are_unnamed_and_counted(void **state)
{
	struct script *script = *state;

	code(script, 'a', 1, "main");
	defer(script, 'b', 2);
	code(script, 'c', 3, "leaf");
	complete(script, 0, "cba");
	complete(script, 0, "a");
	read_missing(script);
	assert_string_equal(fold(script), "main (app.py:10) 1\n"
					  "main (app.py:10);[unnamed];leaf (app.py:30) 1\n");
	assert_int_equal(account(script)->unnamed, 1);
}

static void an_address_that_is_bound_anew_keeps_its_earlier_samples(void **state)
{
	struct script *script = *state;

	code(script, 'a', 1, "main");
	code(script, 'b', 2, "old");
	complete(script, 0, "ba");
	complete(script, 2, "");
	code(script, 'b', 3, "new");
	/* Equal words: BPF keeps them all. */
	complete(script, 2, "");
	code(script, 'b', 4, "old");
	complete(script, 2, "");
	assert_string_equal(fold(script), "main (app.py:10);new (app.py:20) 1\n"
					  "main (app.py:10);old (app.py:20) 3\n");
	assert_int_equal(account(script)->unnamed, 0);
}

static void an_address_that_is_bound_anew_counts_on_every_cpu(void **state)
{
	struct script *script = *state;
	struct pbp_sample other = { .target = 1, .cpu = 3 };

	code(script, 'a', 1, "main");
	code(script, 'b', 2, "old");
	complete(script, 0, "ba");
	assert_int_equal(take_sample(script, &other, "ba"), 0);
	defer(script, 'b', 3);
	complete(script, 2, "");
	other.nkept = 1;
	assert_int_equal(take_sample(script, &other, "b"), 0);
	other.nkept = 2;
	assert_int_equal(take_sample(script, &other, ""), 0);
	code(script, 'b', 3, "new");
	assert_string_equal(fold(script), "main (app.py:10);new (app.py:20) 3\n"
					  "main (app.py:10);old (app.py:20) 2\n");
}

static void a_code_record_that_comes_twice_changes_nothing(void **state)
{
	struct script *script = *state;

	code(script, 'a', 1, "main");
	complete(script, 0, "a");
	code(script, 'a', 1, "main");
	complete(script, 1, "");
	defer(script, 'a', 1);
	complete(script, 1, "");
	assert_string_equal(fold(script), "main (app.py:10) 3\n");
	assert_int_equal(account(script)->unnamed, 0);
}

static void equal_code_objects_of_two_processes_are_one_function(void **state)
{
	struct script *script = *state;
	struct pbp_code record = code_record('a', 9);
	struct pbp_sample sample = { .target = 2 };

	add_target(script, 2);
	code(script, 'a', 1, "main");
	complete(script, 0, "a");
	record.target = 2;
	record.code_addr = letter_addr('q');
	assert_int_equal(take_code(script, &record, "main", "app.py"), 0);
	assert_int_equal(take_sample(script, &sample, "q"), 0);
	assert_string_equal(fold(script), "python3 [1001];main (app.py:10) 1\n"
					  "python3 [1002];main (app.py:10) 1\n");
	assert_int_equal(profile_nsymbols(script->profile), 1);
}

static void equal_addresses_of_two_processes_are_two_functions(void **state)
{
	struct script *script = *state;
	struct pbp_code record = code_record('a', 1);
	struct pbp_sample sample = { .target = 2 };

	add_target(script, 2);
	code(script, 'a', 1, "one");
	record.target = 2;
	assert_int_equal(take_code(script, &record, "two", "app.py"), 0);
	complete(script, 0, "a");
	assert_int_equal(take_sample(script, &sample, "a"), 0);
	assert_string_equal(fold(script), "python3 [1001];one (app.py:10) 1\n"
					  "python3 [1002];two (app.py:10) 1\n");
}

static void records_that_make_no_sense_are_refused_and_counted(void **state)
{
	struct script *script = *state;
	struct pbp_sample unknown = { .target = 77 }, deeper = { .target = 1, .nkept = 3 };
	struct pbp_sample fresh_cpu = { .target = 1, .cpu = 9, .nkept = 1 };
	struct pbp_sample other = { .target = 2, .nkept = 1 };
	struct pbp_code record = code_record('a', 1);

	add_target(script, 2);
	code(script, 'a', 1, "main");
	code(script, 'b', 2, "work");
	complete(script, 0, "ba");
	assert_int_equal(take_sample(script, &unknown, "a"), -EBADMSG);
	assert_int_equal(take_sample(script, &deeper, ""), -EBADMSG);
	assert_int_equal(take_sample(script, &fresh_cpu, ""), -EBADMSG);
	assert_int_equal(take_sample(script, &other, ""), -EBADMSG);
	record.target = 77;
	assert_int_equal(take_code(script, &record, "main", "app.py"), -EBADMSG);
	assert_int_equal(account(script)->malformed, 5);
	/* None of it did harm. */
	complete(script, 2, "");
	assert_string_equal(fold(script), "main (app.py:10);work (app.py:20) 2\n");
	assert_int_equal(pipeline_samples(script->pipeline), 2);
}

static void a_cpu_that_cannot_be_is_no_lack_of_memory(void **state)
{
	struct script *script = *state;
	struct pbp_sample sample = { .target = 1, .cpu = UINT32_MAX };

	code(script, 'a', 1, "main");
	assert_int_equal(take_sample(script, &sample, "a"), -EBADMSG);
	assert_int_equal(account(script)->malformed, 1);
}

static void a_record_without_form_is_counted(void **state)
{
	struct script *script = *state;

	pipeline_malformed(script->pipeline);
	assert_int_equal(account(script)->malformed, 1);
}

static void samples_without_a_whole_stack_say_so_at_the_root(void **state)
{
	struct script *script = *state;
	struct pbp_sample native = { .target = 1, .status = PBP_STATUS_NATIVE };
	struct pbp_sample early = { .target = 1, .status = PBP_STATUS_NOT_RECOGNISED };
	struct pbp_sample cut = { .target = 1, .status = PBP_STATUS_TRUNCATED };
	struct pbp_sample unreadable = { .target = 1, .status = PBP_STATUS_UNREADABLE };

	code(script, 'a', 1, "main");
	assert_int_equal(take_sample(script, &native, ""), 0);
	assert_int_equal(take_sample(script, &early, ""), 0);
	assert_int_equal(take_sample(script, &cut, "a"), 0);
	for (uint8_t reason = PBP_REASON_NOT_RESIDENT; reason < PBP_REASON_MAX; reason++) {
		unreadable.reason = reason;
		assert_int_equal(take_sample(script, &unreadable, reason % 2 ? "a" : ""), 0);
	}
	assert_string_equal(fold(script), "[native] 1\n"
					  "[not yet recognised] 1\n"
					  "[truncated];main (app.py:10) 1\n"
					  "[unreadable: chain ends early] 1\n"
					  "[unreadable: cycle of frames];main (app.py:10) 1\n"
					  "[unreadable: frames being switched];main (app.py:10) 1\n"
					  "[unreadable: not a code object] 1\n"
					  "[unreadable: page not resident];main (app.py:10) 1\n"
					  "[unreadable: too many thread states] 1\n");
	assert_int_equal(account(script)->native, 1);
	assert_int_equal(account(script)->not_recognised, 1);
	assert_int_equal(account(script)->truncated, 1);
	assert_int_equal(account(script)->complete, 0);
	for (int reason = 0; reason < ACCOUNT_REASON_MAX; reason++)
		assert_int_equal(account(script)->unreadable[reason], 1);
	assert_int_equal(account_samples(account(script)), 9);
}

static void kept_frames_stand_on_the_root_of_their_own_sample(void **state)
{
	struct script *script = *state;
	struct pbp_sample cut = { .target = 1, .status = PBP_STATUS_TRUNCATED, .nkept = 2 };

	code(script, 'a', 1, "main");
	code(script, 'b', 2, "work");
	complete(script, 0, "ba");
	assert_int_equal(take_sample(script, &cut, ""), 0);
	complete(script, 2, "");
	assert_string_equal(fold(script), "[truncated];main (app.py:10);work (app.py:20) 1\n"
					  "main (app.py:10);work (app.py:20) 2\n");
}

static void lines_beyond_a_cut_table_are_counted(void **state)
{
	struct script *script = *state;
	struct pbp_code record = code_record('a', 1);
	struct pbp_sample sample = { .target = 1, .nframes = 1, .weight_ns = PERIOD_NS };
	uint64_t known = word('a', 3), unknown = word('a', FAKE_INSTRUCTIONS + 5);

	record.linetable_full_size = 100000;
	assert_int_equal(take_code(script, &record, "big", "app.py"), 0);
	assert_int_equal(pipeline_sample(script->pipeline, &sample, &known), 0);
	assert_int_equal(pipeline_sample(script->pipeline, &sample, &unknown), 0);
	assert_int_equal(pipeline_sample(script->pipeline, &sample, &unknown), 0);
	assert_string_equal(fold(script), "big (app.py:10) 2\n"
					  "big (app.py:13) 1\n");
	assert_int_equal(account(script)->lines_unknown, 2);
	assert_int_equal(account(script)->unnamed, 0);
}

static void cpythons_own_frames_are_not_shown(void **state)
{
	struct script *script = *state;
	struct pbp_code record = code_record('b', 2);

	code(script, 'a', 1, "main");
	record.firstlineno = 0;
	assert_int_equal(take_code(script, &record, "__init__", "__init__"), 0);
	code(script, 'c', 3, "C.__init__");
	complete(script, 0, "cba");
	complete(script, 2, "");
	assert_string_equal(fold(script), "main (app.py:10) 1\n"
					  "main (app.py:10);C.__init__ (app.py:30) 1\n");
	assert_int_equal(account(script)->complete, 2);
}

/* Nothing that CPython does, but a program can name its functions and files as it likes. */
static void a_stack_of_frames_that_are_not_shown_does_not_spoil_the_profile(void **state)
{
	struct script *script = *state;
	struct pbp_code record = code_record('b', 2);

	code(script, 'a', 1, "main");
	record.firstlineno = 0;
	assert_int_equal(take_code(script, &record, "__init__", "__init__"), 0);
	complete(script, 0, "b");
	complete(script, 0, "a");
	assert_non_null(strstr(fold(script), "main (app.py:10) 1\n"));
	assert_int_equal(profile_samples(script->profile), 2);
	assert_int_equal(account_samples(account(script)), 2);
}

static void nothing_makes_an_empty_profile(void **state)
{
	struct script *script = *state;

	assert_string_equal(fold(script), "");
	assert_int_equal(account_samples(account(script)), 0);
}

static void a_stack_as_deep_as_can_be_is_one_stack(void **state)
{
	struct script *script = *state;
	struct pbp_sample sample = { .target = 1,
				     .nframes = PBP_DEPTH_MAX,
				     .weight_ns = PERIOD_NS };
	uint64_t *frames = calloc(PBP_DEPTH_MAX, sizeof(*frames));
	const char *text;

	assert_non_null(frames);
	code(script, 'a', 1, "f");
	for (size_t i = 0; i < PBP_DEPTH_MAX; i++)
		frames[i] = word('a', 0);
	for (uint32_t cpu = 0; cpu < 300; cpu += 37) {
		sample.cpu = cpu;
		assert_int_equal(pipeline_sample(script->pipeline, &sample, frames), 0);
	}
	free(frames);
	text = fold(script);
	assert_int_equal(strlen(text), PBP_DEPTH_MAX * strlen("f (app.py:10);") + 2);
	assert_string_equal(text + strlen(text) - 3, " 9\n");
}

/* A complete sample of the target on CPU 0, all frames fresh. */
static void sample_of(struct script *script, uint32_t target, uint32_t tid, const char *letters)
{
	struct pbp_sample sample = { .target = target, .tid = tid };

	assert_int_equal(take_sample(script, &sample, letters), 0);
}

static void code_of(struct script *script, uint32_t target, char letter, uint64_t identity,
		    const char *name)
{
	struct pbp_code record = code_record(letter, identity);

	record.target = target;
	assert_int_equal(take_code(script, &record, name, "app.py"), 0);
}

static void unrecognised(struct script *script, uint32_t target)
{
	struct pbp_sample sample = { .target = target, .status = PBP_STATUS_NOT_RECOGNISED };

	assert_int_equal(take_sample(script, &sample, ""), 0);
}

static void equal_stacks_of_two_targets_are_one_stack_with_two_rows(void **state)
{
	struct script *script = *state;

	add_target(script, 2);
	for (uint32_t target = 1; target <= 2; target++) {
		code_of(script, target, 'a', 1, "main");
		code_of(script, target, 'b', 2, "work");
		sample_of(script, target, 0, "ba");
	}
	sample_of(script, 2, 0, "ba");
	assert_int_equal(pipeline_target_samples(script->pipeline, 1), 1);
	assert_int_equal(pipeline_target_samples(script->pipeline, 2), 2);
	assert_int_equal(pipeline_target_weight_ns(script->pipeline, 2), 2 * PERIOD_NS);
	assert_int_equal(pipeline_target_samples(script->pipeline, 3), 0);
	fold(script);
	assert_int_equal(profile_nstacks(script->profile), 3);
	assert_int_equal(profile_nrows(script->profile), 2);
	assert_int_equal(profile_row(script->profile, 0)->stack,
			 profile_row(script->profile, 1)->stack);
	assert_int_equal(profile_row(script->profile, 0)->samples, 1);
	assert_int_equal(profile_row(script->profile, 1)->samples, 2);
}

static void samples_of_two_targets_alternate_on_one_cpu(void **state)
{
	struct script *script = *state;
	struct pbp_sample kept = { .target = 2, .nkept = 1 };

	add_target(script, 2);
	code_of(script, 1, 'a', 1, "one");
	code_of(script, 2, 'a', 1, "two");
	code_of(script, 2, 'b', 2, "leaf");
	sample_of(script, 1, 0, "a");
	sample_of(script, 2, 0, "a");
	assert_int_equal(take_sample(script, &kept, "b"), 0);
	sample_of(script, 1, 0, "a");
	assert_string_equal(fold(script), "python3 [1001];one (app.py:10) 2\n"
					  "python3 [1002];two (app.py:10) 1\n"
					  "python3 [1002];two (app.py:10);leaf (app.py:20) 1\n");
}

static void an_address_bound_anew_in_one_target_is_not_in_another(void **state)
{
	struct script *script = *state;
	struct pbp_sample again = { .target = 2, .cpu = 1 };

	add_target(script, 2);
	code_of(script, 1, 'a', 1, "old");
	code_of(script, 2, 'a', 1, "old");
	complete(script, 0, "a");
	assert_int_equal(take_sample(script, &again, "a"), 0);
	code_of(script, 1, 'a', 2, "new");
	complete(script, 1, "");
	again.nkept = 1;
	assert_int_equal(take_sample(script, &again, ""), 0);
	assert_string_equal(fold(script), "python3 [1001];new (app.py:10) 1\n"
					  "python3 [1001];old (app.py:10) 1\n"
					  "python3 [1002];old (app.py:10) 2\n");
}

static void threads_are_kept_apart_where_they_shall_be(void **state)
{
	struct script *script = *state;
	const struct profile_row *row;

	assert_int_equal(pipeline_add_target(script->pipeline, 2, true), 0);
	assert_int_equal(pipeline_set_layout(script->pipeline, 2, script->layout), 0);
	describe(script, 2, "apart", "");
	for (uint32_t target = 1; target <= 2; target++) {
		code_of(script, target, 'a', 1, "main");
		sample_of(script, target, 51, "a");
		sample_of(script, target, 50, "a");
		sample_of(script, target, 50, "a");
		assert_int_equal(pipeline_name_thread(script->pipeline, target, 50, "old"), 0);
		assert_int_equal(pipeline_name_thread(script->pipeline, target, 50, "MainThread"),
				 0);
	}
	assert_int_equal(pipeline_name_thread(script->pipeline, 3, 50, "nobody's"), -ENOENT);
	fold(script);
	assert_int_equal(profile_nrows(script->profile), 3);
	assert_int_equal(profile_row(script->profile, 0)->thread, PROFILE_NO_ID);
	assert_int_equal(profile_row(script->profile, 0)->samples, 3);
	assert_int_equal(profile_nthreads(script->profile), 2);
	row = profile_row(script->profile, 1);
	assert_int_equal(row->samples, 2);
	assert_int_equal(profile_thread(script->profile, row->thread)->tid, 50);
	assert_string_equal(profile_thread(script->profile, row->thread)->name, "MainThread");
	row = profile_row(script->profile, 2);
	assert_int_equal(row->samples, 1);
	assert_int_equal(profile_thread(script->profile, row->thread)->tid, 51);
	assert_string_equal(profile_thread(script->profile, row->thread)->name, "");
}

static void the_last_description_is_what_the_profile_says(void **state)
{
	struct script *script = *state;
	char comm[] = "late", command[] = "late --now";

	code(script, 'a', 1, "main");
	describe(script, 1, "early", "");
	complete(script, 0, "a");
	pipeline_end_target(script->pipeline, 1);
	describe(script, 1, comm, command);
	comm[0] = command[0] = 'X';
	fold(script);
	assert_int_equal(profile_nprocesses(script->profile), 1);
	assert_string_equal(profile_process(script->profile, 0)->comm, "late");
	assert_string_equal(profile_process(script->profile, 0)->command, "late --now");
	assert_string_equal(profile_process(script->profile, 0)->container, "");
	assert_int_equal(profile_process(script->profile, 0)->kernel_ns, 10);
}

static void targets_that_nobody_described_are_processes_of_their_own(void **state)
{
	struct script *script = *state;

	assert_int_equal(pipeline_add_target(script->pipeline, 2, false), 0);
	assert_int_equal(pipeline_add_target(script->pipeline, 3, false), 0);
	unrecognised(script, 2);
	unrecognised(script, 3);
	unrecognised(script, 3);
	fold(script);
	assert_int_equal(profile_nprocesses(script->profile), 2);
	assert_string_equal(profile_process(script->profile, 0)->comm, "");
	assert_int_equal(profile_row(script->profile, 0)->samples, 1);
	assert_int_equal(profile_row(script->profile, 1)->samples, 2);
	assert_int_equal(account(script)->not_recognised, 3);
}

static void a_target_is_added_once(void **state)
{
	struct script *script = *state;

	assert_int_equal(pipeline_add_target(script->pipeline, 1, false), -EEXIST);
	assert_int_equal(pipeline_set_layout(script->pipeline, 2, script->layout), -ENOENT);
}

static void a_code_record_needs_a_layout(void **state)
{
	struct script *script = *state;
	struct pbp_code record = code_record('a', 1);

	assert_int_equal(pipeline_add_target(script->pipeline, 2, false), 0);
	record.target = 2;
	assert_int_equal(take_code(script, &record, "main", "app.py"), -EBADMSG);
	assert_int_equal(account(script)->malformed, 1);
}

static void a_code_object_lies_where_a_frame_can_point_to(void **state)
{
	struct script *script = *state;
	struct pbp_code record = code_record('a', 1);

	record.code_addr += 4;
	assert_int_equal(take_code(script, &record, "main", "app.py"), -EBADMSG);
	assert_int_equal(account(script)->malformed, 1);
}

static void a_complete_sample_has_frames(void **state)
{
	struct script *script = *state;
	struct pbp_sample sample = { .target = 1 };

	assert_int_equal(take_sample(script, &sample, ""), -EBADMSG);
	sample.status = PBP_STATUS_MAX;
	assert_int_equal(take_sample(script, &sample, "a"), -EBADMSG);
	sample.status = PBP_STATUS_UNREADABLE;
	sample.reason = PBP_REASON_MAX;
	assert_int_equal(take_sample(script, &sample, "a"), -EBADMSG);
	assert_int_equal(account(script)->malformed, 3);
	assert_string_equal(fold(script), "");
}

static void an_ended_target_keeps_its_samples_and_takes_no_more(void **state)
{
	struct script *script = *state;
	struct pbp_sample late = { .target = 1 };
	struct pbp_code record = code_record('b', 2);

	add_target(script, 2);
	code(script, 'a', 1, "main");
	complete(script, 0, "a");
	pipeline_end_target(script->pipeline, 1);
	pipeline_end_target(script->pipeline, 1);
	pipeline_end_target(script->pipeline, 99);
	assert_int_equal(take_sample(script, &late, "a"), -EBADMSG);
	assert_int_equal(take_code(script, &record, "work", "app.py"), -EBADMSG);
	assert_int_equal(pipeline_set_layout(script->pipeline, 1, script->layout), -ENOENT);
	assert_int_equal(pipeline_samples(script->pipeline), 1);
	assert_string_equal(fold(script), "main (app.py:10) 1\n");
}

static void an_ended_target_without_samples_is_forgotten_but_for_the_only_one(void **state)
{
	struct script *script = *state;
	const struct profile_process process = process_of(2);

	add_target(script, 2);
	pipeline_end_target(script->pipeline, 2);
	assert_int_equal(pipeline_describe_target(script->pipeline, 2, &process), -ENOENT);
	pipeline_end_target(script->pipeline, 1);
	assert_string_equal(fold(script), "");
	assert_int_equal(profile_nprocesses(script->profile), 1);
	assert_int_equal(profile_process(script->profile, 0)->pid, 1001);
}

static void targets_without_samples_are_no_processes_of_the_profile(void **state)
{
	struct script *script = *state;

	add_target(script, 2);
	code(script, 'a', 1, "main");
	complete(script, 0, "a");
	fold(script);
	assert_int_equal(profile_nprocesses(script->profile), 1);
}

static void a_disowned_target_takes_its_samples_along(void **state)
{
	struct script *script = *state;
	struct pbp_sample late = { .target = 2, .status = PBP_STATUS_NOT_RECOGNISED };

	code(script, 'a', 1, "main");
	complete(script, 0, "a");
	add_target(script, 2);
	unrecognised(script, 2);
	unrecognised(script, 2);
	assert_int_equal(pipeline_samples(script->pipeline), 3);
	assert_int_equal(pipeline_disown_target(script->pipeline, 2), 2);
	assert_int_equal(pipeline_disown_target(script->pipeline, 2), 0);
	assert_int_equal(pipeline_samples(script->pipeline), 1);
	assert_int_equal(pipeline_weight_ns(script->pipeline), PERIOD_NS);
	assert_int_equal(take_sample(script, &late, ""), -EBADMSG);
	/* It turned out to be one after all. */
	add_target(script, 2);
	unrecognised(script, 2);
	assert_string_equal(fold(script), "python3 [1001];main (app.py:10) 1\n"
					  "python3 [1002];[not yet recognised] 1\n");
	assert_int_equal(account(script)->not_recognised, 1);
	assert_int_equal(account_samples(account(script)), 2);
}

static void what_is_missing_is_given_out_once(void **state)
{
	struct script *script = *state;
	struct pipeline_missing missing;

	assert_false(pipeline_next_missing(script->pipeline, &missing));
	defer(script, 'a', 1);
	defer(script, 'a', 1);
	defer(script, 'b', 2);
	assert_true(pipeline_next_missing(script->pipeline, &missing));
	assert_int_equal(missing.target, 1);
	assert_int_equal(missing.code_addr, letter_addr('a'));
	assert_int_equal(missing.identity, 1);
	assert_memory_equal(missing.layout, script->layout, sizeof(*missing.layout));
	assert_true(pipeline_next_missing(script->pipeline, &missing));
	assert_int_equal(missing.code_addr, letter_addr('b'));
	assert_false(pipeline_next_missing(script->pipeline, &missing));
	/* BPF says again that it lacks it. */
	defer(script, 'a', 1);
	assert_true(pipeline_next_missing(script->pipeline, &missing));
	assert_int_equal(missing.code_addr, letter_addr('a'));
	assert_false(pipeline_next_missing(script->pipeline, &missing));
}

static void what_is_missing_is_given_out_in_order_while_more_comes(void **state)
{
	struct script *script = *state;
	struct pipeline_missing missing;

	defer(script, 'a', 1);
	for (uint64_t round = 1; round < 200; round++) {
		defer(script, round % 2 ? 'b' : 'a', round + 1);
		assert_true(pipeline_next_missing(script->pipeline, &missing));
		assert_int_equal(missing.identity, round);
	}
	assert_true(pipeline_next_missing(script->pipeline, &missing));
	assert_false(pipeline_next_missing(script->pipeline, &missing));
}

static void what_is_missing_no_more_is_not_given_out(void **state)
{
	struct script *script = *state;
	struct pipeline_missing missing;

	add_target(script, 2);
	sample_of(script, 2, 0, "a");
	defer(script, 'a', 1);
	code(script, 'a', 1, "main"); /* came from BPF */
	defer(script, 'b', 2);
	defer(script, 'b', 3); /* is another one now */
	assert_true(pipeline_next_missing(script->pipeline, &missing));
	assert_int_equal(missing.identity, 3);
	assert_false(pipeline_next_missing(script->pipeline, &missing));
	complete(script, 0, "a");
	defer(script, 'c', 4);
	pipeline_end_target(script->pipeline, 1);
	assert_false(pipeline_next_missing(script->pipeline, &missing));
}

/* A record as the helper answers: names without a line table. */
static int fill(struct script *script, uint32_t target, uint64_t identity, const char *name)
{
	struct pbp_code record = code_record('a', identity);
	uint8_t data[64];
	size_t length = strlen(name);

	record.target = target;
	record.name = (struct pbp_string){ .size = (uint32_t)length, .kind = 1 };
	record.filename = record.name;
	memcpy(data, name, length);
	memcpy(data + length, name, length);
	return pipeline_fill(script->pipeline, &record, data);
}

static void an_answer_names_only_what_was_asked_for(void **state)
{
	struct script *script = *state;

	defer(script, 'a', 1);
	complete(script, 0, "a");
	assert_int_equal(fill(script, 1, 2, "other"), 0);
	assert_int_equal(fill(script, 9, 1, "nobody"), 0);
	assert_int_equal(fill(script, 1, 1, "mine"), 0);
	assert_int_equal(fill(script, 1, 1, "again"), 0);
	assert_string_equal(fold(script), "mine (mine:10) 1\n");
}

static void an_answer_that_comes_after_the_end_is_ignored(void **state)
{
	struct script *script = *state;

	defer(script, 'a', 1);
	complete(script, 0, "a");
	pipeline_end_target(script->pipeline, 1);
	assert_int_equal(fill(script, 1, 1, "late"), 0);
	assert_string_equal(fold(script), "[unnamed] 1\n");
}

/* Targets that live for some samples each, one after the other. */
static void live_and_die(struct script *script, uint32_t first, uint32_t count, const char *command)
{
	char text[64];

	for (uint32_t id = first; id < first + count; id++) {
		add_target(script, id);
		snprintf(text, sizeof(text), command, id);
		describe(script, id, "short", text);
		code_of(script, id, 'a', 1, "main");
		code_of(script, id, 'b', 2, "work");
		sample_of(script, id, id, "a");
		sample_of(script, id, id, "ba");
		pipeline_end_target(script->pipeline, id);
	}
}

static void ended_targets_of_one_command_are_put_together(void **state)
{
	struct script *script = *state;
	const struct profile_process *folded;
	uint64_t samples = 0;

	live_and_die(script, 2, PIPELINE_ENDED_MAX + 10, "python3 %%");
	assert_int_equal(account(script)->processes_folded, 10);
	assert_int_equal(pipeline_target_samples(script->pipeline, 11), 0);
	assert_int_equal(pipeline_target_samples(script->pipeline, 12), 2);
	fold(script);
	assert_int_equal(profile_nprocesses(script->profile), PIPELINE_ENDED_MAX + 1);
	folded = profile_process(script->profile, PIPELINE_ENDED_MAX);
	assert_int_equal(folded->count, 10);
	assert_int_equal(folded->kernel_ns, 100);
	assert_int_equal(folded->pid, 1002);
	assert_string_equal(folded->comm, "short");
	assert_string_equal(folded->command, "python3 %");
	for (size_t i = 0; i < profile_nrows(script->profile); i++)
		if (profile_row(script->profile, i)->process == PIPELINE_ENDED_MAX)
			samples += profile_row(script->profile, i)->samples;
	assert_int_equal(samples, 20);
	assert_int_equal(profile_samples(script->profile), 2 * (PIPELINE_ENDED_MAX + 10));
	assert_int_equal(account_samples(account(script)), profile_samples(script->profile));
}

static void a_time_that_is_not_known_of_one_is_not_known_of_all(void **state)
{
	struct script *script = *state;
	struct profile_process unknown = process_of(3);

	unknown.comm = "short";
	unknown.command = "x";
	unknown.kernel_ns = PROFILE_TIME_UNKNOWN;
	live_and_die(script, 2, PIPELINE_ENDED_MAX, "x");
	assert_int_equal(pipeline_describe_target(script->pipeline, 3, &unknown), 0);
	live_and_die(script, 2 + PIPELINE_ENDED_MAX, 3, "x");
	fold(script);
	assert_int_equal(profile_process(script->profile, PIPELINE_ENDED_MAX)->count, 3);
	assert_int_equal(profile_process(script->profile, PIPELINE_ENDED_MAX)->kernel_ns,
			 PROFILE_TIME_UNKNOWN);
}

/* Not under a sanitizer, whose allocator does not tell. */
static size_t memory_used(void)
{
	return mallinfo2().uordblks;
}

static void thousands_of_ended_targets_take_no_more_memory(void **state)
{
	struct script *script = *state;
	size_t before;

	live_and_die(script, 2, PIPELINE_ENDED_MAX + 100, "same");
	before = memory_used();
	live_and_die(script, 10000, 6000, "same");
	assert_true(memory_used() < before + 65536);
	assert_true(before < PIPELINE_ENDED_MAX * 1000UL);
	assert_int_equal(pipeline_samples(script->pipeline), 2 * (PIPELINE_ENDED_MAX + 6100));
}

static void commands_that_never_come_twice_are_put_together_all_the_same(void **state)
{
	struct script *script = *state;
	const uint32_t kept = PIPELINE_ENDED_MAX + PIPELINE_FOLDED_MAX;
	const struct profile_process *last;

	live_and_die(script, 2, kept + 500, "job %u");
	fold(script);
	assert_int_equal(profile_nprocesses(script->profile), kept + 1);
	last = profile_process(script->profile, kept);
	assert_int_equal(last->count, 500);
	assert_string_equal(last->comm, "short");
	assert_string_equal(last->command, "");
	assert_int_equal(profile_samples(script->profile), 2 * (kept + 500));
}

static void names_that_never_come_twice_are_put_together_all_the_same(void **state)
{
	struct script *script = *state;
	const uint32_t kept = PIPELINE_ENDED_MAX + 2 * PIPELINE_FOLDED_MAX;
	const struct profile_process *last;
	char comm[16];

	for (uint32_t id = 2; id < 2 + kept + 300; id++) {
		add_target(script, id);
		snprintf(comm, sizeof(comm), "c%u", id);
		describe(script, id, comm, "");
		unrecognised(script, id);
		pipeline_end_target(script->pipeline, id);
	}
	fold(script);
	assert_int_equal(profile_nprocesses(script->profile), kept + 1);
	last = profile_process(script->profile, kept);
	assert_int_equal(last->count, 300);
	assert_string_equal(last->comm, PIPELINE_FOLDED_OTHERS);
	assert_int_equal(profile_samples(script->profile), kept + 300);
}

/* As live_and_die, but names come late, not whole or never; each is a stack of its own while the target lives. */
static void live_and_die_badly_named(struct script *script, uint32_t first, uint32_t count)
{
	for (uint32_t id = first; id < first + count; id++) {
		struct pbp_code record = code_record('c', 3);

		add_target(script, id);
		describe(script, id, "short", "same");
		record.target = id;
		record.linetable_full_size = 100000;
		assert_int_equal(take_code(script, &record, "cut", "app.py"), 0);
		sample_of(script, id, id, "a");
		sample_of(script, id, id, "cba");
		code_of(script, id, 'd', 4, "whole");
		record = code_record('e', 5);
		record.target = id;
		record.flags = PBP_CODE_DEFERRED;
		assert_int_equal(pipeline_code(script->pipeline, &record, NULL), 0);
		sample_of(script, id, id, "ed");
		code_of(script, id, 'e', 5, "late");
		sample_of(script, id, id, "ed");
		read_missing(script);
		pipeline_end_target(script->pipeline, id);
	}
}

static void badly_named_code_objects_are_told_as_before_after_the_end(void **state)
{
	struct script *script = *state;

	/* A live one has its own, which are named after others ended. */
	defer(script, 'e', 5);
	complete(script, 0, "e");
	live_and_die_badly_named(script, 2, 3);
	defer(script, 'f', 6);
	complete(script, 0, "fe");
	live_and_die_badly_named(script, 5, 1);
	code(script, 'e', 5, "mine");
	assert_int_equal(pipeline_samples(script->pipeline), 18);
	pipeline_end_target(script->pipeline, 1);
	fold(script);
	assert_non_null(strstr(script->folded, "python3 [1001];mine (app.py:50) 1\n"
					       "python3 [1001];mine (app.py:50);[unnamed] 1\n"));
	for (int id = 2; id <= 5; id++) {
		char expected[512];

		snprintf(expected, sizeof(expected),
			 "short [%d];[unnamed] 1\n"
			 "short [%d];[unnamed];[unnamed];cut (app.py:30) 1\n"
			 "short [%d];whole (app.py:40);late (app.py:50) 2\n",
			 1000 + id, 1000 + id, 1000 + id);
		assert_non_null(strstr(script->folded, expected));
	}
	assert_int_equal(account(script)->unnamed, 1 + 4 * 2);
	assert_int_equal(account(script)->complete, 18);
	assert_int_equal(profile_samples(script->profile), 18);
}

static void badly_named_code_objects_of_ended_targets_take_no_more_memory(void **state)
{
	struct script *script = *state;
	size_t before;

	live_and_die_badly_named(script, 2, PIPELINE_ENDED_MAX + 100);
	before = memory_used();
	live_and_die_badly_named(script, 10000, 6000);
	assert_true(memory_used() < before + 65536);
	assert_true(before < PIPELINE_ENDED_MAX * 1000UL);
	fold(script);
	assert_int_equal(profile_samples(script->profile), 4 * (PIPELINE_ENDED_MAX + 6100));
	assert_int_equal(account(script)->unnamed, 2 * (PIPELINE_ENDED_MAX + 6100));
}

/* A target with 3,000 code objects, each of them once the leaf of a sample. */
static void sample_thousands(struct script *script, uint32_t id)
{
	struct pbp_sample sample = { .target = id, .nframes = 1, .weight_ns = PERIOD_NS };
	char name[16];

	add_target(script, id);
	for (uint32_t function = 0; function < 3000; function++) {
		struct pbp_code record = code_record('a', 1 + function);
		uint64_t frame;

		record.target = id;
		record.code_addr += 208ULL * function;
		record.firstlineno = 1 + (int32_t)function;
		snprintf(name, sizeof(name), "f%u", function);
		assert_int_equal(take_code(script, &record, name, "app.py"), 0);
		frame = record.code_addr / 8 << PBP_FRAME_CODE_SHIFT;
		assert_int_equal(pipeline_sample(script->pipeline, &sample, &frame), 0);
	}
}

/* The 300 workers with 3,000 code objects, at a tenth of the size: 36 bytes a code object of each. */
static void targets_of_equal_code_objects_take_little_memory_each(void **state)
{
	struct script *script = *state;
	size_t before;

	sample_thousands(script, 2);
	before = memory_used();
	for (uint32_t id = 3; id < 33; id++)
		sample_thousands(script, id);
	assert_true(memory_used() < before + 30 * 3000 * 36UL);
	assert_int_equal(pipeline_samples(script->pipeline), 31 * 3000);
	for (uint32_t id = 2; id < 33; id++)
		pipeline_disown_target(script->pipeline, id);
	/* Names and stacks are kept once, whoever has them. */
	assert_true(memory_used() <= before);
}

/*
 * From here on, with made processes and the host-compiled BPF: the fixture is a struct host_stage, one for each
 * layout row.
 */

static void script_begin(struct script *script, struct host_stage *stage)
{
	script_init(script);
	script->memory = fake_memory_of_process(stage->memory);
	script->layout = stage->python.layout;
	add_target(script, 1);
}

static void run_one(struct host_stage *stage, uint64_t code_addr)
{
	struct fake_frame frame = { .code = code_addr };

	fake_rewind(&stage->python);
	fake_run(&stage->python, stage->tstate, &frame, 1);
}

static const struct host_received *tick_into(struct script *script, struct host_stage *stage)
{
	const struct host_received *received;

	host_tick(&stage->thread, 0);
	received = host_receive(script->pipeline);
	assert_true(received->sound);
	return received;
}

/* A tick at which the ring is too full for names. */
static void tick_deferred(struct script *script, struct host_stage *stage)
{
	struct pbp_thread_wanted filler = { .header = { .kind = PBP_KIND_THREAD_WANTED,
							.size = sizeof(filler) } };

	settings.ring_bytes = 512;
	for (int i = 0; i < 6; i++)
		assert_int_equal(pbp_host_send(&filler, sizeof(filler)), 0);
	assert_int_equal(tick_into(script, stage)->ndeferred, 1);
	settings.ring_bytes = HOST_RING_BYTES;
}

static void missing_names_are_read_from_the_live_process(void **state)
{
	struct host_stage *stage = *state;
	struct script script;

	script_begin(&script, stage);
	run_one(stage, fake_function(&stage->python, "late"));
	tick_deferred(&script, stage);
	read_missing(&script);
	assert_string_equal(fold(&script), "late (/app/main.py:10) 1\n");
	assert_int_equal(account(&script)->unnamed, 0);
	script_done(&script);
}

static void missing_names_of_an_ended_process_stay_unnamed(void **state)
{
	struct host_stage *stage = *state;
	struct script script;
	uint64_t code_addr = fake_function(&stage->python, "gone");

	script_begin(&script, stage);
	run_one(stage, code_addr);
	tick_deferred(&script, stage);
	fake_memory_unmap(stage->memory, code_addr, 1);
	read_missing(&script);
	read_missing(&script);
	assert_string_equal(fold(&script), "[unnamed] 1\n");
	assert_int_equal(account(&script)->unnamed, 1);
	script_done(&script);
}

static void missing_names_are_not_read_from_another_object(void **state)
{
	struct host_stage *stage = *state;
	const struct fake_code other = { .name = "other", .filename = "other.py" };
	struct script script;
	uint64_t code_addr = fake_function(&stage->python, "mine");

	script_begin(&script, stage);
	run_one(stage, code_addr);
	tick_deferred(&script, stage);
	fake_code_again(&stage->python, code_addr, &other);
	read_missing(&script);
	assert_string_equal(fold(&script), "[unnamed] 1\n");
	script_done(&script);
}

static void nothing_is_read_from_a_process_whose_program_has_ended(void **state)
{
	struct host_stage *stage = *state;
	struct script script;
	uint64_t reads;

	script_begin(&script, stage);
	run_one(stage, fake_function(&stage->python, "late"));
	tick_deferred(&script, stage);
	pipeline_end_target(script.pipeline, 1);
	reads = fake_memory_reads(stage->memory);
	read_missing(&script);
	assert_int_equal(fake_memory_reads(stage->memory), reads);
	assert_string_equal(fold(&script), "[unnamed] 1\n");
	script_done(&script);
}

static void what_bpf_could_not_read_is_read_from_the_live_process(void **state)
{
	struct host_stage *stage = *state;
	uint64_t page = (stage->python.heap + FAKE_PAGE) / FAKE_PAGE * FAKE_PAGE;
	struct fake_code made = { .name = "f", .firstlineno = 3 };
	struct script script;

	script_begin(&script, stage);
	stage->python.heap = page;
	made.filename_addr = fake_str(&stage->python, "/was/out.py", 0);
	stage->python.heap = page + FAKE_PAGE;
	run_one(stage, fake_code(&stage->python, &made));
	fake_memory_evict(stage->memory, page, FAKE_PAGE);
	tick_into(&script, stage);
	read_missing(&script);
	assert_string_equal(fold(&script), "f (/was/out.py:3) 1\n");
	script_done(&script);
}

/* A name that stays away: the sample has an unnamed frame and is counted so. */
static void what_nobody_could_read_is_unnamed_and_counted(void **state)
{
	struct host_stage *stage = *state;
	uint64_t page = (stage->python.heap + FAKE_PAGE) / FAKE_PAGE * FAKE_PAGE;
	struct fake_code made = { .name = "f", .firstlineno = 3 };
	struct script script;

	script_begin(&script, stage);
	stage->python.heap = page;
	made.filename_addr = fake_str(&stage->python, "/is/gone.py", 0);
	stage->python.heap = page + FAKE_PAGE;
	run_one(stage, fake_code(&stage->python, &made));
	fake_memory_unmap(stage->memory, page, FAKE_PAGE);
	tick_into(&script, stage);
	read_missing(&script);
	assert_string_equal(fold(&script), "[unnamed] 1\n");
	assert_int_equal(account(&script)->unnamed, 1);
	script_done(&script);
}

static void line_tables_over_the_limit_are_read_from_the_live_process(void **state)
{
	struct host_stage *stage = *state;
	uint8_t *table = host_alloc(stage, 100000);
	struct fake_code made = { .name = "big", .filename = "big.py", .firstlineno = 5 };
	struct fake_frame frame = { .instr = 3 };
	struct script script;

	/* What follows the first instructions is of no matter here, only that it is much. */
	fake_linetable(stage->python.layout, table, 4 * FAKE_INSTRUCTIONS);
	made.linetable = table;
	made.linetable_size = 100000;
	script_begin(&script, stage);
	frame.code = fake_code(&stage->python, &made);
	fake_run(&stage->python, stage->tstate, &frame, 1);
	assert_int_equal(tick_into(&script, stage)->codes[0]->linetable_size,
			 PBP_LINETABLE_BYTES_MAX);
	read_missing(&script);
	assert_string_equal(fold(&script), "big (big.py:8) 1\n");
	assert_int_equal(account(&script)->lines_unknown, 0);
	script_done(&script);
}

/* The expected folded lines of a run, each as often as it was sampled. */
struct expected {
	char **lines;
	size_t count;
};

static int compare_lines(const void *left, const void *right)
{
	return strcmp(*(char *const *)left, *(char *const *)right);
}

static void check_folded(const char *text, struct expected *expected)
{
	size_t at = 0;

	qsort(expected->lines, expected->count, sizeof(*expected->lines), compare_lines);
	while (at < expected->count) {
		const char *line = expected->lines[at];
		size_t same = 0, length = strlen(line);
		const char *found = text;
		char count[24];

		while (at + same < expected->count && !strcmp(expected->lines[at + same], line))
			same++;
		snprintf(count, sizeof(count), " %zu\n", same);
		for (; found; found = strchr(found, '\n') ? strchr(found, '\n') + 1 : NULL)
			if (!strncmp(found, line, length) &&
			    !strncmp(found + length, count, strlen(count)))
				break;
		if (!found)
			print_message("missing: %s%s", line, count);
		assert_non_null(found);
		at += same;
	}
	/* As many lines as expected ones, so there is none besides. */
	for (at = 1; at < expected->count; at++)
		if (!strcmp(expected->lines[at - 1], expected->lines[at]))
			expected->lines[at - 1][0] = '\0';
	for (at = 0; at < expected->count; at++)
		if (expected->lines[at][0])
			text = strchr(text, '\n') + 1;
	assert_string_equal(text, "");
	for (at = 0; at < expected->count; at++)
		free(expected->lines[at]);
	free(expected->lines);
}

#define POOL	40
#define THREADS 3
#define ROUNDS	400

struct function {
	uint64_t addr;
	int32_t firstlineno;
	char name[24];
};

/* Compile the function anew, at the same address. */
static void compile(struct host_stage *stage, struct function *function)
{
	static unsigned serial;
	struct fake_code made = { .name = function->name, .filename_addr = stage->python.filename };

	snprintf(function->name, sizeof(function->name), "f%u", serial++ % 60);
	function->firstlineno = made.firstlineno = 1 + (int32_t)fake_random(&stage->python, 500);
	made.how = fake_random(&stage->python, 2) ? FAKE_NO_HASH : 0;
	made.unversioned = fake_random(&stage->python, 2);
	if (!function->addr)
		function->addr = fake_alloc(&stage->python, PBP_CODE_BYTES_MAX);
	fake_code_again(&stage->python, function->addr, &made);
}

/* A random stack, and what folded text says of it, `max_depth` taken into account. */
static void random_stack(struct host_stage *stage, uint64_t tstate, struct function *pool,
			 struct expected *expected)
{
	struct fake_frame frames[64] = { 0 };
	struct function *functions[64];
	size_t count = 1 + fake_random(&stage->python, 40), shown = count;
	char *line = calloc(1, 64 * 64), *end = line;

	assert_non_null(line);
	for (size_t i = 0; i < count; i++) {
		functions[i] = &pool[fake_random(&stage->python, POOL)];
		frames[i].code = functions[i]->addr;
		frames[i].instr = (int32_t)fake_random(&stage->python, FAKE_INSTRUCTIONS);
		frames[i].from_c = fake_random(&stage->python, 4) == 0;
		frames[i].tlbc_index = fake_random(&stage->python, FAKE_TLBC_UNMADE);
		frames[i].generator = fake_random(&stage->python, 8) == 0;
	}
	fake_run(&stage->python, tstate, frames, count);
	if (count > settings.max_depth) {
		shown = settings.max_depth;
		end += sprintf(end, "[truncated];");
	}
	for (size_t i = shown; i-- > 0;)
		end += sprintf(end, "%s (/app/main.py:%d)%s", functions[i]->name,
			       functions[i]->firstlineno + frames[i].instr, i ? ";" : "");
	expected->lines[expected->count++] = line;
}

/*
 * Three threads on four CPUs, whose functions are compiled anew now and then: what was built is what is reported.
 */
static void what_was_run_is_what_is_reported(void **state)
{
	struct host_stage *stage = *state;
	struct expected expected = { .lines = calloc(ROUNDS, sizeof(char *)) };
	struct function pool[POOL] = { 0 };
	struct host_thread threads[THREADS];
	uint64_t tstates[THREADS];
	struct script script;

	assert_non_null(expected.lines);
	script_begin(&script, stage);
	settings.max_depth = 30;
	for (size_t i = 0; i < POOL; i++)
		compile(stage, &pool[i]);
	for (uint32_t i = 0; i < THREADS; i++) {
		uint64_t id = 0x7f1200000000 + i * 0x10000ULL;

		tstates[i] = fake_tstate(&stage->python, stage->interp, id);
		host_thread_init(&threads[i], &stage->python, 50 + i, id);
	}
	for (int round = 0; round < ROUNDS; round++) {
		uint32_t thread = fake_random(&stage->python, THREADS);

		if (fake_random(&stage->python, 3) == 0)
			compile(stage, &pool[fake_random(&stage->python, POOL)]);
		if (fake_random(&stage->python, 20) == 0) {
			fake_stop(&stage->python, tstates[thread]);
			expected.lines[expected.count++] = strdup("[native]");
		} else {
			fake_rewind(&stage->python);
			random_stack(stage, tstates[thread], pool, &expected);
		}
		host_tick(&threads[thread], fake_random(&stage->python, HOST_CPUS));
		/* User space comes late now and then. */
		if (round % 7 == 0) {
			const struct host_received *received = host_receive(script.pipeline);

			assert_true(received->sound);
			assert_true(received->announced);
		}
	}
	assert_true(host_receive(script.pipeline)->sound);
	assert_int_equal(host_counter(PBP_COUNT_LOST), 0);
	assert_int_equal(pipeline_samples(script.pipeline), ROUNDS);
	check_folded(fold(&script), &expected);
	assert_int_equal(account(&script)->unnamed, 0);
	assert_int_equal(account(&script)->lines_unknown, 0);
	assert_int_equal(account(&script)->truncated, host_counter(PBP_COUNT_TRUNCATED));
	assert_int_equal(account(&script)->native, host_counter(PBP_COUNT_NATIVE));
	assert_int_equal(account(&script)->complete, host_counter(PBP_COUNT_COMPLETE));
	script_done(&script);
}

int main(void)
{
#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
	const struct CMUnitTest scripted[] = {
		TEST(samples_are_counted_by_stack),
		TEST(kept_frames_are_those_of_the_last_sample_of_the_cpu),
		TEST(an_instruction_is_a_line),
		TEST(a_sample_before_its_code_record_is_unnamed),
		TEST(names_that_follow_later_name_earlier_samples_too),
		TEST(names_that_never_follow_are_unnamed_and_counted),
		TEST(an_address_that_is_bound_anew_keeps_its_earlier_samples),
		TEST(an_address_that_is_bound_anew_counts_on_every_cpu),
		TEST(a_code_record_that_comes_twice_changes_nothing),
		TEST(equal_code_objects_of_two_processes_are_one_function),
		TEST(equal_addresses_of_two_processes_are_two_functions),
		TEST(records_that_make_no_sense_are_refused_and_counted),
		TEST(a_cpu_that_cannot_be_is_no_lack_of_memory),
		TEST(a_record_without_form_is_counted),
		TEST(samples_without_a_whole_stack_say_so_at_the_root),
		TEST(kept_frames_stand_on_the_root_of_their_own_sample),
		TEST(lines_beyond_a_cut_table_are_counted),
		TEST(cpythons_own_frames_are_not_shown),
		TEST(a_stack_of_frames_that_are_not_shown_does_not_spoil_the_profile),
		TEST(nothing_makes_an_empty_profile),
		TEST(a_stack_as_deep_as_can_be_is_one_stack),
		TEST(equal_stacks_of_two_targets_are_one_stack_with_two_rows),
		TEST(samples_of_two_targets_alternate_on_one_cpu),
		TEST(an_address_bound_anew_in_one_target_is_not_in_another),
		TEST(threads_are_kept_apart_where_they_shall_be),
		TEST(the_last_description_is_what_the_profile_says),
		TEST(targets_that_nobody_described_are_processes_of_their_own),
		TEST(a_target_is_added_once),
		TEST(a_code_record_needs_a_layout),
		TEST(a_code_object_lies_where_a_frame_can_point_to),
		TEST(a_complete_sample_has_frames),
		TEST(an_ended_target_keeps_its_samples_and_takes_no_more),
		TEST(an_ended_target_without_samples_is_forgotten_but_for_the_only_one),
		TEST(targets_without_samples_are_no_processes_of_the_profile),
		TEST(a_disowned_target_takes_its_samples_along),
		TEST(what_is_missing_is_given_out_once),
		TEST(what_is_missing_is_given_out_in_order_while_more_comes),
		TEST(what_is_missing_no_more_is_not_given_out),
		TEST(an_answer_names_only_what_was_asked_for),
		TEST(an_answer_that_comes_after_the_end_is_ignored),
		TEST(ended_targets_of_one_command_are_put_together),
		TEST(a_time_that_is_not_known_of_one_is_not_known_of_all),
		TEST(thousands_of_ended_targets_take_no_more_memory),
		TEST(commands_that_never_come_twice_are_put_together_all_the_same),
		TEST(names_that_never_come_twice_are_put_together_all_the_same),
		TEST(badly_named_code_objects_are_told_as_before_after_the_end),
		TEST(badly_named_code_objects_of_ended_targets_take_no_more_memory),
		TEST(targets_of_equal_code_objects_take_little_memory_each),
	};
	const struct host_test bodies[] = {
		HOST_TEST(missing_names_are_read_from_the_live_process),
		HOST_TEST(missing_names_of_an_ended_process_stay_unnamed),
		HOST_TEST(missing_names_are_not_read_from_another_object),
		HOST_TEST(nothing_is_read_from_a_process_whose_program_has_ended),
		HOST_TEST(what_bpf_could_not_read_is_read_from_the_live_process),
		HOST_TEST(what_nobody_could_read_is_unnamed_and_counted),
		HOST_TEST(line_tables_over_the_limit_are_read_from_the_live_process),
		HOST_TEST(what_was_run_is_what_is_reported),
	};
	const size_t nscripted = sizeof(scripted) / sizeof(*scripted);
	const size_t nbodies = sizeof(bodies) / sizeof(*bodies);
	struct CMUnitTest tests[nscripted + host_ntests(nbodies)];

	memcpy(tests, scripted, sizeof(scripted));
	host_make_tests(bodies, nbodies, tests + nscripted);
	return cmocka_run_group_tests_name("pipeline", tests, NULL, NULL);
}

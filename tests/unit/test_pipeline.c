/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests of user/pipeline.c and pipeline_finish.c: scripted records in, folded text out; and the whole way from made
 * stacks over the host-compiled BPF to folded text.
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

#include "pipeline.h"
#include "profile/profile.h"
#include "report/formats.h"
#include "support/host_bpf.h"

#define PERIOD_NS 1000000

/* A pipeline, its profile, and what was expected of it. */
struct script {
	struct profile *profile;
	struct pipeline *pipeline;
	const struct pbp_layout *layout;
	uint64_t time_ns;
	char *folded;
};

static struct memory no_memory(void)
{
	return (struct memory){ 0 };
}

static void add_target(struct script *script, uint32_t id, const struct pbp_layout *layout,
		       const struct memory *memory)
{
	const struct profile_process process = {
		.pid = 1000 + (int32_t)id, .start_time = 1, .comm = "python3", .python = "3.x"
	};
	struct pbp_target target = { .id = id, .layout = *layout };
	uint32_t index;

	assert_int_equal(profile_add_process(script->profile, &process, &index), 0);
	assert_int_equal(pipeline_add_target(script->pipeline, &target, index, memory), 0);
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
	struct memory memory = no_memory();
	size_t count = 0;

	if (!script)
		return -1;
	script_init(script);
	script->layout = &fake_builds(&count)[count - 1].layout;
	add_target(script, 1, script->layout, &memory);
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
	pipeline_read_missing(script->pipeline);
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
	struct memory memory = no_memory();
	struct pbp_code record = code_record('a', 9);
	struct pbp_sample sample = { .target = 2 };

	add_target(script, 2, script->layout, &memory);
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
	struct memory memory = no_memory();
	struct pbp_code record = code_record('a', 1);
	struct pbp_sample sample = { .target = 2 };

	add_target(script, 2, script->layout, &memory);
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
	struct memory memory = no_memory();
	struct pbp_sample unknown = { .target = 77 }, deeper = { .target = 1, .nkept = 3 };
	struct pbp_sample fresh_cpu = { .target = 1, .cpu = 9, .nkept = 1 };
	struct pbp_sample other = { .target = 2, .nkept = 1 };
	struct pbp_code record = code_record('a', 1);

	add_target(script, 2, script->layout, &memory);
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

/*
 * From here on, with made processes and the host-compiled BPF: the fixture is a struct host_stage, one for each
 * layout row.
 */

static void script_begin(struct script *script, struct host_stage *stage)
{
	struct memory memory = fake_memory_of_process(stage->memory);

	script_init(script);
	add_target(script, 1, stage->python.layout, &memory);
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
	pipeline_read_missing(script.pipeline);
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
	pipeline_read_missing(script.pipeline);
	pipeline_read_missing(script.pipeline);
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
	pipeline_read_missing(script.pipeline);
	assert_string_equal(fold(&script), "[unnamed] 1\n");
	script_done(&script);
}

static void nothing_is_read_from_a_process_that_replaced_its_program(void **state)
{
	struct host_stage *stage = *state;
	struct script script;
	uint64_t reads;

	script_begin(&script, stage);
	run_one(stage, fake_function(&stage->python, "late"));
	tick_deferred(&script, stage);
	pipeline_retire_target(script.pipeline, 1);
	reads = fake_memory_reads(stage->memory);
	pipeline_read_missing(script.pipeline);
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
	pipeline_read_missing(script.pipeline);
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
	pipeline_read_missing(script.pipeline);
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
	pipeline_read_missing(script.pipeline);
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
	};
	const struct host_test bodies[] = {
		HOST_TEST(missing_names_are_read_from_the_live_process),
		HOST_TEST(missing_names_of_an_ended_process_stay_unnamed),
		HOST_TEST(missing_names_are_not_read_from_another_object),
		HOST_TEST(nothing_is_read_from_a_process_that_replaced_its_program),
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

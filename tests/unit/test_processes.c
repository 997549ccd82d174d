/* SPDX-License-Identifier: GPL-2.0-only */
/* What becomes of processes by hand-made records and answers: recognition and its table, over a real pipeline. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "layout.h"
#include "options.h"
#include "pipeline.h"
#include "profile/profile.h"
#include "programs.h"
#include "python/detect.h"
#include "python/layout.h"
#include "reader.h"
#include "recognition_internal.h"

#define MS  1000000ULL
#define SEC 1000000000ULL

/* The other rooms, as far as they matter: what they were asked, and what they answer. */
struct world {
	struct options options;
	struct profile *profile;
	struct pipeline *pipeline;
	struct recognition *recognition;
	struct pbp_layout layout;
	bool have_layout;
	uint32_t looked[64];
	size_t nlooks;
	int look_code;
	struct pbp_answer answered;
	uint32_t answered_id;
	size_t nanswers, nforgotten, nputs, nprograms, nfinds, nnamed;
	uint32_t program_verdict;
	int put_code;
	uint64_t cpu_ns;
	int cpu_code;
	uint32_t next_id;
};

static int fake_look(void *context, uint32_t id, pid_t pid)
{
	struct world *world = context;

	assert_int_not_equal(pid, 0);
	if (world->look_code)
		return world->look_code;
	world->looked[world->nlooks++ % 64] = id;
	return 0;
}

static int fake_name_threads(void *context, pid_t pid, const struct pbp_target *target,
			     const struct layout_row *row)
{
	(void)pid;
	(void)row;
	assert_int_not_equal(target->runtime_addr, 0);
	((struct world *)context)->nnamed++;
	return 0;
}

static int fake_find_thread(void *context, pid_t pid, const struct pbp_target *target, uint32_t tid,
			    uint64_t thread_id, uint64_t start_time)
{
	(void)pid;
	(void)tid;
	(void)thread_id;
	(void)start_time;
	assert_int_not_equal(target->runtime_addr, 0);
	((struct world *)context)->nfinds++;
	return 0;
}

static int fake_answer(void *context, uint32_t id, const struct pbp_answer *answer)
{
	struct world *world = context;

	world->answered = *answer;
	world->answered_id = id;
	world->nanswers++;
	return 0;
}

static void fake_forget(void *context, uint32_t id)
{
	(void)id;
	((struct world *)context)->nforgotten++;
}

static int fake_put_process(void *context, pid_t pid, const struct pbp_answer *answer,
			    uint32_t *ret_id)
{
	struct world *world = context;

	(void)pid;
	if (world->put_code)
		return world->put_code;
	world->answered = *answer;
	world->nputs++;
	*ret_id = world->next_id++;
	return 0;
}

static int fake_put_program(void *context, const struct pbp_file_key *file,
			    const struct pbp_program *program)
{
	struct world *world = context;

	assert_int_not_equal(file->inode, 0);
	world->nprograms++;
	world->program_verdict = program->verdict;
	return 0;
}

static int fake_add_layout(void *context, const struct pbp_layout *layout, uint32_t *ret_index)
{
	struct world *world = context;

	world->layout = *layout;
	world->have_layout = true;
	*ret_index = 0;
	return 0;
}

static const struct pbp_layout *fake_layout(void *context, uint32_t index)
{
	struct world *world = context;

	return world->have_layout && !index ? &world->layout : NULL;
}

static int fake_cpu_time(void *context, pid_t pid, uint64_t *ret_ns)
{
	struct world *world = context;

	(void)pid;
	if (!world->cpu_code)
		*ret_ns = world->cpu_ns;
	return world->cpu_code;
}

static void open_world(struct world *world)
{
	struct recognition_settings settings = {
		.options = &world->options,
		.actions = { fake_look, fake_name_threads, fake_find_thread, fake_answer,
			     fake_forget, fake_put_process, fake_put_program, fake_add_layout,
			     fake_layout, fake_cpu_time, world },
		.own_pid = 4,
		.machine = "host 123",
	};

	world->next_id = 1000;
	world->profile = profile_new();
	assert_non_null(world->profile);
	assert_int_equal(pipeline_new(world->profile, &world->pipeline), 0);
	settings.pipeline = world->pipeline;
	settings.by_number = world->options.npids > 0;
	assert_int_equal(recognition_new(&settings, &world->recognition), 0);
	recognition_begin(world->recognition, NULL);
}

static void close_world(struct world *world)
{
	recognition_free(world->recognition);
	pipeline_free(world->pipeline);
	profile_free(world->profile);
}

/* Far beyond the machine's uptime: born after recording began. */
#define BORN (100000ULL * 86400 * SEC)

static struct pbp_started started(uint32_t id, uint32_t pid, enum pbp_started_why why)
{
	struct pbp_started record = {
		.header = { .kind = PBP_KIND_STARTED, .size = sizeof(record) },
		.time_ns = SEC,
		.start_time = BORN,
		.file = { .inode = 77, .size = 5 },
		.target = id,
		.pid = pid,
		.inside_pid = pid,
		.seen_pid = pid,
		.why = why,
		.verdict = PBP_VERDICT_UNKNOWN,
		.comm = "python3",
		.node_name = "host",
	};
	static const char arguments[] = "python3\0-u\0job.py\0x";

	memcpy(record.arguments, arguments, sizeof(arguments));
	record.arguments_size = sizeof(arguments);
	return record;
}

static void start(struct world *world, const struct pbp_started *record)
{
	assert_int_equal(recognition_started(world->recognition, record, record->time_ns), 0);
}

static struct reader_process *answer(uint32_t id, pid_t pid, int code)
{
	static struct reader_process answer;

	memset(&answer, 0, sizeof(answer));
	answer.target = id;
	answer.pid = pid;
	answer.code = code;
	answer.facts.id.pid = pid;
	answer.facts.id.start_time = BORN / (SEC / (uint64_t)sysconf(_SC_CLK_TCK));
	strcpy(answer.facts.comm, "python3");
	strcpy(answer.facts.exe, "/usr/bin/python3");
	answer.program_file = (struct pbp_file_key){ .inode = 77, .size = 5 };
	if (!code) {
		answer.process.id = answer.facts.id;
		strcpy(answer.process.comm, "python3");
		strcpy(answer.process.build.version, "3.11.2");
		strcpy(answer.process.build.found_in, "/usr/lib/libpython3.11.so.1.0");
		answer.process.build.row = &layout_rows[0];
		answer.process.target.runtime_addr = 0x5000;
	} else {
		err_set(&answer.err, code, "pid %d: refused", pid);
	}
	return &answer;
}

static void take_answer(struct world *world, struct reader_process *process)
{
	assert_int_equal(recognition_answer(world->recognition, process, 2 * SEC), 0);
}

static bool tick(struct world *world, uint32_t id, uint32_t pid, enum pbp_status status)
{
	struct pbp_sample sample = {
		.header = { .kind = PBP_KIND_SAMPLE, .size = sizeof(sample) },
		.time_ns = SEC,
		.weight_ns = MS,
		.target = id,
		.pid = pid,
		.tid = pid,
		.status = (uint8_t)status,
	};
	bool ours;

	assert_int_equal(recognition_sample(world->recognition, &sample, SEC, &ours), 0);
	if (ours)
		assert_int_equal(pipeline_sample(world->pipeline, &sample, NULL), 0);
	return ours;
}

static void end(struct world *world, uint32_t id, uint64_t cpu_ns, bool by_exec)
{
	const struct pbp_ended record = { .target = id, .cpu_ns = cpu_ns, .by_exec = by_exec };

	assert_int_equal(recognition_ended(world->recognition, &record), 0);
}

static const struct recognition_counts *finish(struct world *world)
{
	assert_int_equal(recognition_finish(world->recognition), 0);
	assert_int_equal(pipeline_finish(world->pipeline), 0);
	return recognition_counts(world->recognition);
}

static size_t known(const struct world *world)
{
	return HASH_CNT(hh_id, world->recognition->table.by_id);
}

/* A Python, looked at and sampled. */
static void start_python(struct world *world, uint32_t id, uint32_t pid)
{
	struct pbp_started record = started(id, pid, PBP_STARTED_EXEC);

	start(world, &record);
	take_answer(world, answer(id, (pid_t)pid, 0));
}

static void a_python_is_asked_about_and_sampled(void **state)
{
	struct world world = { 0 };
	struct pbp_started record = started(7, 100, PBP_STARTED_EXEC);

	(void)state;
	open_world(&world);
	start(&world, &record);
	assert_int_equal(world.nlooks, 1);
	assert_int_equal(world.looked[0], 7);
	assert_true(tick(&world, 7, 100, PBP_STATUS_NOT_RECOGNISED));
	take_answer(&world, answer(7, 100, 0));
	assert_int_equal(world.answered_id, 7);
	assert_int_equal(world.answered.verdict, PBP_VERDICT_SAMPLED);
	assert_int_equal(world.answered.runtime.runtime_addr, 0x5000);
	assert_true(tick(&world, 7, 100, PBP_STATUS_NATIVE));
	end(&world, 7, 5 * MS, false);
	assert_int_equal(known(&world), 0);
	assert_int_equal(finish(&world)->processes, 1);
	assert_int_equal(profile_nprocesses(world.profile), 1);
	assert_string_equal(profile_process(world.profile, 0)->comm, "python3");
	assert_string_equal(profile_process(world.profile, 0)->machine, "host 123");
	assert_string_equal(profile_process(world.profile, 0)->command, "python3 -u job.py x");
	assert_string_equal(profile_process(world.profile, 0)->python, "3.11.2");
	assert_string_equal(profile_process(world.profile, 0)->executable,
			    "/usr/lib/libpython3.11.so.1.0");
	assert_int_equal(profile_process(world.profile, 0)->kernel_ns, 5 * MS);
	assert_int_equal(profile_samples(world.profile), 2);
	close_world(&world);
}

static void ticks_of_what_is_no_python_are_not_ours(void **state)
{
	struct world world = { 0 };
	struct pbp_started record = started(7, 100, PBP_STARTED_EXEC);
	struct reader_process *no;

	(void)state;
	open_world(&world);
	start(&world, &record);
	tick(&world, 7, 100, PBP_STATUS_NOT_RECOGNISED);
	tick(&world, 7, 100, PBP_STATUS_NOT_RECOGNISED);
	no = answer(7, 100, -ENOENT);
	no->program.verdict = PBP_VERDICT_OTHER;
	take_answer(&world, no);
	assert_int_equal(world.answered.verdict, PBP_VERDICT_OTHER);
	assert_int_equal(world.nprograms, 1);
	assert_int_equal(world.program_verdict, PBP_VERDICT_OTHER);
	/* One that was under way when it was answered. */
	assert_false(tick(&world, 7, 100, PBP_STATUS_NOT_RECOGNISED));
	assert_int_equal(finish(&world)->not_ours, 3);
	assert_int_equal(world.recognition->counts.processes, 0);
	assert_int_equal(world.recognition->counts.refused, 0);
	assert_int_equal(profile_samples(world.profile), 0);
	assert_int_equal(profile_account(world.profile)->malformed, 0);
	close_world(&world);
}

static void an_answer_about_a_later_program_teaches_nothing_of_this_ones_file(void **state)
{
	struct world world = { 0 };
	struct pbp_started record = started(7, 100, PBP_STARTED_EXEC);
	struct reader_process *no;

	(void)state;
	open_world(&world);
	start(&world, &record);
	no = answer(7, 100, -ENOENT);
	no->program.verdict = PBP_VERDICT_OTHER;
	no->program_file.size = 6;
	take_answer(&world, no);
	assert_int_equal(world.nprograms, 0);
	assert_null(programs_find(world.recognition->programs, &record.file));
	close_world(&world);
}

static void a_program_that_maps_python_later_is_sampled_from_then_on(void **state)
{
	struct world world = { .cpu_ns = 40 * MS };
	struct pbp_started record = started(7, 100, PBP_STARTED_EXEC);
	const struct pbp_look look = { .target = 7, .pid = 100, .start_time = BORN };

	(void)state;
	open_world(&world);
	start(&world, &record);
	take_answer(&world, answer(7, 100, -ENOENT));
	assert_int_equal(recognition_look(world.recognition, &look, SEC), 0);
	assert_int_equal(world.nlooks, 2);
	take_answer(&world, answer(7, 100, 0));
	assert_true(tick(&world, 7, 100, PBP_STATUS_NATIVE));
	end(&world, 7, 50 * MS, false);
	/* What it used before was not sampled. */
	assert_int_equal(finish(&world)->kernel_ns, 10 * MS);
	assert_int_equal(world.recognition->counts.sampled_ns, MS);
	close_world(&world);
}

static void a_forked_child_is_sampled_without_a_look(void **state)
{
	struct world world = { .cpu_ns = 70 * MS };
	struct pbp_started child = started(8, 101, PBP_STARTED_FORK);
	struct pbp_thread_wanted wanted = { .target = 8, .pid = 101, .tid = 102 };

	(void)state;
	open_world(&world);
	start_python(&world, 7, 100);
	child.parent = 7;
	child.verdict = PBP_VERDICT_SAMPLED;
	start(&world, &child);
	assert_int_equal(world.nlooks, 1);
	assert_true(tick(&world, 8, 101, PBP_STATUS_NATIVE));
	assert_int_equal(recognition_thread_wanted(world.recognition, &wanted, SEC), 0);
	assert_int_equal(world.nfinds, 1);
	end(&world, 8, 3 * MS, false);
	finish(&world);
	assert_int_equal(world.recognition->counts.processes, 2);
	assert_int_equal(profile_process(world.profile, 0)->pid, 101);
	assert_string_equal(profile_process(world.profile, 0)->python, "3.11.2");
	assert_string_equal(profile_process(world.profile, 0)->executable,
			    "/usr/lib/libpython3.11.so.1.0");
	assert_int_equal(profile_process(world.profile, 0)->kernel_ns, 3 * MS);
	close_world(&world);
}

static void a_known_program_needs_a_look_only_for_its_addresses(void **state)
{
	struct world world = { 0 };
	struct pbp_started second = started(8, 101, PBP_STARTED_EXEC);
	struct pbp_thread_wanted wanted = { .target = 8, .pid = 101, .tid = 102 };

	(void)state;
	open_world(&world);
	start_python(&world, 7, 100);
	second.verdict = PBP_VERDICT_SAMPLED;
	start(&world, &second);
	assert_int_equal(world.nlooks, 1);
	tick(&world, 8, 101, PBP_STATUS_NATIVE);
	recognition_thread_wanted(world.recognition, &wanted, SEC);
	assert_int_equal(world.nfinds, 0);
	assert_int_equal(world.nlooks, 2);
	take_answer(&world, answer(8, 101, 0));
	recognition_thread_wanted(world.recognition, &wanted, SEC);
	assert_int_equal(world.nfinds, 1);
	end(&world, 8, MS, false);
	finish(&world);
	assert_string_equal(profile_process(world.profile, 0)->python, "3.11.2");
	assert_string_equal(profile_process(world.profile, 0)->executable,
			    "/usr/lib/libpython3.11.so.1.0");
	assert_int_equal(world.recognition->counts.processes, 2);
	close_world(&world);
}

static void recognise(struct world *world, uint32_t id, uint32_t layout)
{
	const struct pbp_recognised record = { .target = id, .layout = layout };

	assert_int_equal(recognition_recognised(world->recognition, &record), 0);
}

static void one_whose_library_is_known_is_recognised_without_a_look(void **state)
{
	struct world world = { 0 };
	struct pbp_started second = started(8, 101, PBP_STARTED_EXEC);
	struct pbp_started third = started(9, 102, PBP_STARTED_EXEC);
	struct pbp_started child = started(10, 103, PBP_STARTED_FORK);
	struct reader_process *first;

	(void)state;
	open_world(&world);
	start(&world, (const struct pbp_started[]){ started(7, 100, PBP_STARTED_EXEC) });
	first = answer(7, 100, 0);
	first->program.verdict = PBP_VERDICT_LOADING;
	take_answer(&world, first);
	assert_int_equal(world.nprograms, 1);
	assert_int_equal(world.program_verdict, PBP_VERDICT_LOADING);

	second.verdict = third.verdict = child.verdict = PBP_VERDICT_LOADING;
	start(&world, &second);
	assert_true(tick(&world, 8, 101, PBP_STATUS_NOT_RECOGNISED));
	recognise(&world, 8, 0);
	assert_true(tick(&world, 8, 101, PBP_STATUS_NATIVE));
	/* Two CPUs may have found it at once. */
	recognise(&world, 8, 0);
	end(&world, 8, 2 * MS, false);
	/* One that ends before it has mapped it is Python's all the same, and so is a child of it. */
	start(&world, &third);
	assert_true(tick(&world, 9, 102, PBP_STATUS_NOT_RECOGNISED));
	child.parent = 9;
	start(&world, &child);
	recognise(&world, 10, 0);
	assert_true(tick(&world, 10, 103, PBP_STATUS_NATIVE));
	end(&world, 9, MS, false);
	end(&world, 10, MS, false);
	assert_int_equal(world.nlooks, 1);
	finish(&world);
	assert_int_equal(world.recognition->counts.processes, 4);
	assert_int_equal(profile_nprocesses(world.profile), 3);
	for (uint32_t i = 0; i < 3; i++)
		assert_string_equal(profile_process(world.profile, i)->python, "3.11.2");
	close_world(&world);
}

static void one_that_has_another_library_is_looked_at_when_the_kernel_side_asks(void **state)
{
	struct world world = { 0 };
	struct pbp_started second = started(8, 101, PBP_STARTED_EXEC);
	const struct pbp_look look = { .target = 8, .pid = 101, .start_time = BORN };
	struct reader_process *other;

	(void)state;
	open_world(&world);
	start_python(&world, 7, 100);
	second.verdict = PBP_VERDICT_LOADING;
	start(&world, &second);
	assert_int_equal(recognition_look(world.recognition, &look, SEC), 0);
	assert_int_equal(world.nlooks, 2);
	/* That library is the known one from now on, and this again if it comes back. */
	for (int i = 0; i < 2; i++) {
		other = answer(8, 101, 0);
		other->program.verdict = PBP_VERDICT_LOADING;
		take_answer(&world, other);
		assert_int_equal(world.nprograms, 1 + i);
		second.target++;
		second.previous = second.target - 1;
		start(&world, &second);
		assert_int_equal(recognition_look(world.recognition,
						  &(struct pbp_look){ .target = second.target },
						  SEC),
				 0);
		other->target = second.target;
		take_answer(&world, other);
		assert_int_equal(world.nprograms, 2 + i);
	}
	close_world(&world);
}

static void one_that_is_announced_only_when_it_is_recognised_is_sampled(void **state)
{
	struct world world = { 0 };
	struct pbp_started record = started(8, 101, PBP_STARTED_SEEN);

	(void)state;
	open_world(&world);
	start_python(&world, 7, 100);
	/* The record of its exec was lost. */
	assert_true(tick(&world, 8, 101, PBP_STATUS_NOT_RECOGNISED));
	record.verdict = PBP_VERDICT_SAMPLED;
	start(&world, &record);
	assert_true(tick(&world, 8, 101, PBP_STATUS_NATIVE));
	take_answer(&world, answer(8, 101, -ESRCH));
	end(&world, 8, 2 * MS, false);
	finish(&world);
	assert_int_equal(world.recognition->counts.processes, 2);
	assert_string_equal(profile_process(world.profile, 0)->python, "3.11.2");
	assert_string_equal(profile_process(world.profile, 0)->command, "python3 -u job.py x");
	/* A layout that nobody has told. */
	tick(&world, 9, 102, PBP_STATUS_NOT_RECOGNISED);
	record.target = 9;
	record.layout = 1;
	start(&world, &record);
	assert_int_equal(processes_find(&world.recognition->table, 9)->state, PROCESS_UNKNOWN);
	close_world(&world);
}

static void nobody_is_recognised_who_is_not_to_be_sampled(void **state)
{
	struct world world = { .options = { .name = "other*" }, .have_layout = true };
	struct pbp_started record = started(8, 101, PBP_STARTED_EXEC);

	(void)state;
	open_world(&world);
	record.verdict = PBP_VERDICT_LOADING;
	start(&world, &record);
	assert_int_equal(world.answered.verdict, PBP_VERDICT_OTHER);
	recognise(&world, 8, 0);
	assert_false(tick(&world, 8, 101, PBP_STATUS_COMPLETE));
	/* Nor whom nobody knows. */
	recognise(&world, 99, 0);
	assert_int_equal(finish(&world)->processes, 0);
	close_world(&world);
}

static void an_exec_divides_the_kernels_time(void **state)
{
	struct world world = { .cpu_code = -ESRCH };
	struct pbp_started second = started(8, 100, PBP_STARTED_EXEC);

	(void)state;
	open_world(&world);
	start_python(&world, 7, 100);
	tick(&world, 7, 100, PBP_STATUS_NATIVE);
	world.cpu_code = 0;
	world.cpu_ns = 30 * MS; /* when the records are taken: the new program has run on */
	end(&world, 7, 20 * MS, true);
	second.previous = 7;
	second.time_ns = SEC;
	second.cpu_ns = 20 * MS;
	assert_int_equal(recognition_started(world.recognition, &second, SEC + 10 * MS), 0);
	take_answer(&world, answer(8, 100, 0));
	tick(&world, 8, 100, PBP_STATUS_NATIVE);
	end(&world, 8, 90 * MS, false);
	finish(&world);
	assert_int_equal(profile_nprocesses(world.profile), 2);
	assert_int_equal(profile_process(world.profile, 0)->kernel_ns, 20 * MS);
	assert_int_equal(profile_process(world.profile, 1)->kernel_ns, 70 * MS);
	assert_int_equal(world.recognition->counts.kernel_ns, 90 * MS);
	assert_int_equal(known(&world), 0);
	close_world(&world);
}

static void an_exec_of_a_program_that_is_none_ends_the_first(void **state)
{
	struct world world = { 0 };

	(void)state;
	open_world(&world);
	start_python(&world, 7, 100);
	tick(&world, 7, 100, PBP_STATUS_NATIVE);
	end(&world, 7, 0, true);
	assert_int_equal(known(&world), 1);
	assert_int_equal(recognition_drained(world.recognition), 0);
	assert_int_equal(known(&world), 0);
	assert_int_equal(world.nforgotten, 1);
	close_world(&world);
}

static void a_lost_end_is_made_up_for_by_the_next_program_of_its_pid(void **state)
{
	struct world world = { 0 };
	struct pbp_started next = started(8, 100, PBP_STARTED_FORK);

	(void)state;
	open_world(&world);
	start_python(&world, 7, 100);
	tick(&world, 7, 100, PBP_STATUS_NATIVE);
	start(&world, &next);
	assert_int_equal(known(&world), 1);
	assert_non_null(processes_find(&world.recognition->table, 8));
	close_world(&world);
}

static void one_that_is_starting_is_asked_again_and_again(void **state)
{
	struct world world = { 0 };
	struct pbp_started record = started(7, 100, PBP_STARTED_EXEC);
	const uint64_t gaps[] = { 2, 5, 10, 20, 50, 100, 100 };
	uint64_t now = SEC;

	(void)state;
	open_world(&world);
	start(&world, &record);
	tick(&world, 7, 100, PBP_STATUS_NOT_RECOGNISED);
	for (size_t i = 0; i < sizeof(gaps) / sizeof(*gaps); i++) {
		recognition_answer(world.recognition, answer(7, 100, -EAGAIN), now);
		assert_int_equal(recognition_due_ns(world.recognition), now + gaps[i] * MS);
		assert_int_equal(recognition_ask_due(world.recognition, now), 0);
		assert_int_equal(world.nlooks, i + 1);
		now += gaps[i] * MS;
		assert_int_equal(recognition_ask_due(world.recognition, now), 0);
		assert_int_equal(world.nlooks, i + 2);
		assert_int_equal(recognition_due_ns(world.recognition), 0);
	}
	/* Much later seldom. */
	recognition_answer(world.recognition, answer(7, 100, -EAGAIN), now + 50 * SEC);
	assert_true(recognition_due_ns(world.recognition) >= now + 51 * SEC);
	/* It ends before it is initialised: Python all the same. */
	end(&world, 7, 0, false);
	assert_int_equal(recognition_due_ns(world.recognition), 0);
	assert_int_equal(finish(&world)->not_ours, 0);
	assert_int_equal(world.recognition->counts.processes, 1);
	assert_int_equal(profile_samples(world.profile), 1);
	close_world(&world);
}

static void no_room_at_the_reader_is_asked_for_again(void **state)
{
	struct world world = { .look_code = -EAGAIN };
	struct pbp_started record = started(7, 100, PBP_STARTED_EXEC);

	(void)state;
	open_world(&world);
	start(&world, &record);
	assert_int_equal(world.nlooks, 0);
	assert_true(recognition_due_ns(world.recognition) > SEC);
	world.look_code = 0;
	recognition_ask_due(world.recognition, 2 * SEC);
	assert_int_equal(world.nlooks, 1);
	close_world(&world);
}

static void one_that_ended_unseen_counts_when_its_file_turns_out_to_be_pythons(void **state)
{
	struct world world = { 0 };
	struct pbp_started first = started(7, 100, PBP_STARTED_EXEC);
	struct pbp_started strange = started(9, 103, PBP_STARTED_EXEC);

	(void)state;
	open_world(&world);
	start(&world, &first);
	tick(&world, 7, 100, PBP_STATUS_NOT_RECOGNISED);
	end(&world, 7, 4 * MS, false);
	take_answer(&world, answer(7, 100, -ESRCH));
	strange.file.inode = 78;
	start(&world, &strange);
	tick(&world, 9, 103, PBP_STATUS_NOT_RECOGNISED);
	end(&world, 9, 4 * MS, false);
	start_python(&world, 8, 101);
	finish(&world);
	assert_int_equal(world.recognition->counts.gone, 1);
	assert_int_equal(world.recognition->counts.not_ours, 1);
	assert_int_equal(world.recognition->counts.processes, 2);
	assert_int_equal(profile_samples(world.profile), 1);
	assert_int_equal(profile_process(world.profile, 0)->pid, 100);
	assert_string_equal(profile_process(world.profile, 0)->python, "3.11.2");
	assert_string_equal(profile_process(world.profile, 0)->executable,
			    "/usr/lib/libpython3.11.so.1.0");
	close_world(&world);
}

static void a_number_that_another_process_has_now_is_not_taken_for_it(void **state)
{
	struct world world = { 0 };
	struct pbp_started record = started(7, 100, PBP_STARTED_EXEC);
	struct reader_process *other;

	(void)state;
	open_world(&world);
	start(&world, &record);
	other = answer(7, 100, 0);
	other->facts.id.start_time++;
	take_answer(&world, other);
	assert_int_equal(world.nanswers, 0);
	assert_int_equal(world.recognition->counts.processes, 0);
	close_world(&world);
}

static void code_that_is_mapped_during_a_look_makes_for_another(void **state)
{
	struct world world = { 0 };
	struct pbp_started record = started(7, 100, PBP_STARTED_EXEC);
	const struct pbp_look look = { .target = 7, .pid = 100, .start_time = BORN };

	(void)state;
	open_world(&world);
	start(&world, &record);
	recognition_look(world.recognition, &look, SEC);
	assert_int_equal(world.nlooks, 1);
	take_answer(&world, answer(7, 100, -ENOENT));
	assert_int_equal(world.nanswers, 0);
	assert_int_equal(world.nlooks, 2);
	take_answer(&world, answer(7, 100, -ENOENT));
	assert_int_equal(world.nanswers, 1);
	close_world(&world);
}

static void what_the_filter_leaves_out_is_not_even_looked_at(void **state)
{
	struct world world = { .options = { .name = "other*" } };
	struct pbp_started record = started(7, 100, PBP_STARTED_EXEC);
	const struct pbp_look look = { .target = 7, .pid = 100, .start_time = BORN };

	(void)state;
	open_world(&world);
	start(&world, &record);
	assert_int_equal(world.nlooks, 0);
	assert_int_equal(world.answered.verdict, PBP_VERDICT_OTHER);
	recognition_look(world.recognition, &look, SEC);
	assert_int_equal(world.nlooks, 0);
	assert_false(tick(&world, 7, 100, PBP_STATUS_NOT_RECOGNISED));
	close_world(&world);
}

static void children_of_a_chosen_one_are_chosen_unless_left_out(void **state)
{
	for (int no_children = 0; no_children < 2; no_children++) {
		struct world world = { .options = { .name = "job.py",
						    .no_children = no_children } };
		struct pbp_started child = started(8, 101, PBP_STARTED_FORK);

		(void)state;
		open_world(&world);
		start_python(&world, 7, 100);
		child.parent = 7;
		child.verdict = PBP_VERDICT_SAMPLED;
		strcpy(child.comm, "helper");
		memcpy(child.arguments, "helper", 7);
		child.arguments_size = 7;
		start(&world, &child);
		assert_int_equal(tick(&world, 8, 101, PBP_STATUS_NATIVE), !no_children);
		assert_int_equal(world.answered_id, no_children ? 8 : 7);
		close_world(&world);
	}
}

static void a_cgroup_names_the_container(void **state)
{
	static const char id[] = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
	struct world world = { .options = { .container = "0123456789ab" } };
	struct pbp_started record = started(7, 100, PBP_STARTED_EXEC);
	int size;

	(void)state;
	open_world(&world);
	/* innermost first: /docker/ID */
	size = snprintf(record.cgroup, sizeof(record.cgroup), "%s%cdocker", id, 0);
	record.cgroup_size = (uint32_t)size + 1;
	start(&world, &record);
	assert_int_equal(world.nlooks, 1);
	take_answer(&world, answer(7, 100, 0));
	tick(&world, 7, 100, PBP_STATUS_NATIVE);
	finish(&world);
	assert_string_equal(profile_process(world.profile, 0)->container_id, id);
	close_world(&world);
}

static void a_process_that_does_not_answer_is_named_and_left_alone(void **state)
{
	struct world world = { 0 };
	struct pbp_started record = started(7, 100, PBP_STARTED_EXEC);
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	(void)state;
	open_world(&world);
	strcpy(record.comm, "py\033[2J");
	start(&world, &record);
	tick(&world, 7, 100, PBP_STATUS_NOT_RECOGNISED);
	assert_int_equal(recognition_blocked(world.recognition, 7, 100), 0);
	take_answer(&world, answer(7, 100, -ETIMEDOUT));
	assert_int_equal(world.answered.verdict, PBP_VERDICT_OTHER);
	assert_int_equal(world.recognition->counts.blocked, 1);
	assert_int_equal(world.recognition->counts.not_ours, 1);
	recognition_tell_blocked(world.recognition, stream);
	fclose(stream);
	assert_string_equal(text, "pid 100 (py\\x1b[2J) did not answer: not sampled\n");
	free(text);
	close_world(&world);
}

static void a_python_that_is_not_supported_is_counted(void **state)
{
	struct world world = { 0 };
	struct pbp_started record = started(7, 100, PBP_STARTED_EXEC);

	(void)state;
	open_world(&world);
	start(&world, &record);
	take_answer(&world, answer(7, 100, -ENOTSUP));
	assert_int_equal(world.recognition->counts.refused, 1);
	assert_int_equal(world.answered.verdict, PBP_VERDICT_OTHER);
	close_world(&world);
}

static void only_pythons_are_put_unless_they_were_chosen_by_number(void **state)
{
	for (size_t npids = 0; npids < 2; npids++) {
		struct world world = { .options = { .npids = npids, .pids = { 50 } } };

		(void)state;
		open_world(&world);
		recognition_put(world.recognition, answer(0, 60, -ENOENT), SEC);
		assert_int_equal(world.nputs, npids);
		recognition_put(world.recognition, answer(0, 61, 0), SEC);
		assert_int_equal(world.nputs, npids + 1);
		assert_int_equal(world.answered.verdict, PBP_VERDICT_SAMPLED);
		assert_true(tick(&world, 1000 + (uint32_t)npids, 61, PBP_STATUS_NATIVE));
		/* It has announced itself meanwhile. */
		recognition_put(world.recognition, answer(0, 61, 0), SEC);
		assert_int_equal(world.nputs, npids + 1);
		close_world(&world);
	}
}

static void what_was_put_is_looked_at_again(void **state)
{
	struct world world = { .options = { .npids = 1, .pids = { 100 } } };
	struct reader_process *now;

	(void)state;
	open_world(&world);
	recognition_put(world.recognition, answer(0, 100, 0), SEC);
	assert_int_equal(world.nlooks, 1);
	now = answer(1000, 100, 0);
	now->process.target.runtime_addr = 0x6000;
	strcpy(now->facts.command_line, "python3 other.py");
	take_answer(&world, now);
	assert_int_equal(world.answered.runtime.runtime_addr, 0x6000);
	assert_int_equal(world.recognition->counts.processes, 1);
	tick(&world, 1000, 100, PBP_STATUS_NATIVE);
	finish(&world);
	assert_string_equal(profile_process(world.profile, 0)->command, "python3 other.py");
	close_world(&world);
}

static void what_was_put_and_is_no_python_any_more_is_dropped(void **state)
{
	struct world world = { .options = { .npids = 1, .pids = { 100 } } };

	(void)state;
	open_world(&world);
	recognition_put(world.recognition, answer(0, 100, 0), SEC);
	take_answer(&world, answer(1000, 100, -ENOENT));
	assert_int_equal(world.answered.verdict, PBP_VERDICT_OTHER);
	assert_int_equal(world.recognition->counts.processes, 0);
	assert_non_null(recognition_refusal(world.recognition));
	close_world(&world);
}

static void one_chosen_by_number_says_why_it_is_not_sampled_any_more(void **state)
{
	struct world world = { .options = { .npids = 1, .pids = { 100 } } };
	struct pbp_started second = started(8, 100, PBP_STARTED_EXEC);

	(void)state;
	open_world(&world);
	recognition_put(world.recognition, answer(0, 100, 0), SEC);
	assert_null(recognition_refusal(world.recognition));
	end(&world, 1000, 0, true);
	second.previous = 1000;
	start(&world, &second);
	take_answer(&world, answer(8, 100, -ENOENT));
	assert_non_null(recognition_refusal(world.recognition));
	close_world(&world);
}

static void our_own_helpers_are_none_to_be_sampled(void **state)
{
	struct world world = { 0 };
	struct pbp_started record = started(7, 100, PBP_STARTED_SEEN);

	(void)state;
	open_world(&world);
	record.seen_parent_pid = 4;
	strcpy(record.comm, "pybpfprof-read");
	start(&world, &record);
	assert_int_equal(world.nlooks, 0);
	assert_int_equal(world.answered.verdict, PBP_VERDICT_OTHER);
	close_world(&world);
}

/* A shell's that executed us, or, as process 1 of a container, those that lost their parents. */
static void other_children_of_ours_are_sampled(void **state)
{
	struct world world = { 0 };
	struct pbp_started record = started(7, 100, PBP_STARTED_SEEN);

	(void)state;
	open_world(&world);
	record.seen_parent_pid = 4;
	start(&world, &record);
	assert_int_equal(world.nlooks, 1);
	close_world(&world);
}

static void what_is_not_in_our_pid_namespace_is_not_looked_at(void **state)
{
	struct world world = { 0 };
	struct pbp_started record = started(7, 100, PBP_STARTED_SEEN);

	(void)state;
	open_world(&world);
	record.seen_pid = 0;
	start(&world, &record);
	assert_int_equal(world.nlooks, 0);
	assert_int_equal(world.answered.verdict, PBP_VERDICT_OTHER);
	close_world(&world);
}

static void a_sample_whose_announcement_was_lost_is_asked_about(void **state)
{
	struct world world = { 0 };
	struct pbp_started late = started(7, 100, PBP_STARTED_SEEN);

	(void)state;
	open_world(&world);
	assert_true(tick(&world, 7, 100, PBP_STATUS_NOT_RECOGNISED));
	assert_int_equal(world.nlooks, 1);
	start(&world, &late);
	take_answer(&world, answer(7, 100, 0));
	finish(&world);
	assert_string_equal(profile_process(world.profile, 0)->command, "python3 -u job.py x");
	assert_int_equal(profile_account(world.profile)->malformed, 0);
	close_world(&world);
}

static void records_without_ends_and_with_impossible_sizes_do_no_harm(void **state)
{
	struct world world = { 0 };
	struct pbp_started record;

	(void)state;
	open_world(&world);
	memset(&record, 'x', sizeof(record));
	record.target = 7;
	record.pid = record.inside_pid = record.seen_pid = 100;
	record.verdict = PBP_VERDICT_SAMPLED;
	record.layout = 12345;
	start(&world, &record);
	assert_int_equal(world.nlooks, 1); /* there is no such layout */
	record.target = 0;
	start(&world, &record);
	record.target = 9;
	record.pid = UINT32_MAX;
	start(&world, &record);
	assert_int_equal(known(&world), 1);
	assert_int_equal(profile_account(world.profile)->malformed, 2);
	close_world(&world);
}

static void nothing_stays_of_processes_that_ended(void **state)
{
	struct world world = { 0 };

	(void)state;
	open_world(&world);
	for (uint32_t i = 1; i <= 3 * RECOGNITION_GONE_MAX; i++) {
		struct pbp_started record = started(i, 100 + i % 7, PBP_STARTED_EXEC);

		record.file.inode = 1000000 + i;
		start(&world, &record);
		tick(&world, i, record.pid, PBP_STATUS_NOT_RECOGNISED);
		end(&world, i, MS, false);
	}
	assert_int_equal(known(&world), RECOGNITION_GONE_MAX);
	assert_int_equal(world.recognition->counts.gone, 2 * RECOGNITION_GONE_MAX);
	for (uint32_t i = 100000; i < 110000; i++) {
		start_python(&world, i, 100 + i % 7);
		end(&world, i, MS, false);
	}
	/* All are of other files than those that are gone. */
	assert_int_equal(known(&world), RECOGNITION_GONE_MAX);
	assert_null(world.recognition->table.places ? world.recognition->table.waiting : NULL);
	assert_int_equal(HASH_COUNT(world.recognition->table.places), 1);
	finish(&world);
	assert_int_equal(world.recognition->counts.not_ours, 3 * RECOGNITION_GONE_MAX);
	close_world(&world);
}

static void names_of_threads_are_asked_for_once_while_none_turns_up(void **state)
{
	struct world world = { .options = { .threads = true } };
	struct reader_thread thread = { .tid = 100, .name = "worker" };

	(void)state;
	open_world(&world);
	start_python(&world, 7, 100);
	tick(&world, 7, 100, PBP_STATUS_NATIVE);
	recognition_tick(world.recognition, 10 * SEC);
	assert_int_equal(world.nnamed, 1);
	tick(&world, 7, 100, PBP_STATUS_NATIVE);
	recognition_tick(world.recognition, 20 * SEC);
	assert_int_equal(world.nnamed, 1);
	assert_int_equal(recognition_threads(world.recognition, 7, &thread, 1), 0);
	finish(&world);
	assert_int_equal(profile_nthreads(world.profile), 1);
	assert_string_equal(profile_thread(world.profile, 0)->name, "worker");
	close_world(&world);
}

static void names_wait_for_the_addresses_of_a_program_known_by_its_file(void **state)
{
	struct world world = { .options = { .threads = true } };
	struct pbp_started second = started(8, 101, PBP_STARTED_EXEC);

	(void)state;
	open_world(&world);
	start_python(&world, 7, 100);
	second.verdict = PBP_VERDICT_SAMPLED;
	start(&world, &second);
	tick(&world, 8, 101, PBP_STATUS_NATIVE);
	recognition_tick(world.recognition, 10 * SEC);
	assert_int_equal(world.nnamed, 0);
	assert_int_equal(world.nlooks, 2);
	take_answer(&world, answer(8, 101, 0));
	recognition_tick(world.recognition, 10 * SEC);
	assert_int_equal(world.nnamed, 1);
	close_world(&world);
}

static void the_kernels_time_begins_with_the_recording(void **state)
{
	struct world world = { .cpu_ns = 100 * MS, .options = { .npids = 1, .pids = { 50 } } };

	(void)state;
	open_world(&world);
	recognition_put(world.recognition, answer(0, 50, 0), SEC);
	world.cpu_ns = 120 * MS;
	recognition_begin(world.recognition, NULL);
	world.cpu_ns = 150 * MS;
	assert_int_equal(recognition_read_times(world.recognition), 0);
	finish(&world);
	assert_int_equal(world.recognition->counts.kernel_ns, 30 * MS);
	close_world(&world);
}

static void who_ended_untold_is_waited_for(void **state)
{
	struct world world = { 0 };

	(void)state;
	open_world(&world);
	start_python(&world, 7, 100);
	tick(&world, 7, 100, PBP_STATUS_NATIVE);
	world.cpu_code = -ESRCH;
	assert_int_equal(recognition_read_times(world.recognition), 1);
	end(&world, 7, 9 * MS, false);
	assert_int_equal(recognition_read_times(world.recognition), 0);
	finish(&world);
	assert_int_equal(world.recognition->counts.kernel_ns, 9 * MS);
	close_world(&world);
}

static void times_are_told_while_the_processes_live_without_a_reading(void **state)
{
	struct world world = { .cpu_code = -ESRCH };
	struct recognition_counts counts;

	(void)state;
	open_world(&world);
	start_python(&world, 7, 100);
	start_python(&world, 8, 101);
	tick(&world, 7, 100, PBP_STATUS_NATIVE);
	tick(&world, 8, 101, PBP_STATUS_NATIVE);
	tick(&world, 8, 101, PBP_STATUS_NATIVE);
	end(&world, 7, 5 * MS, false);
	world.cpu_code = 0;
	world.cpu_ns = 7 * MS;
	recognition_tick(world.recognition, SEC);
	world.cpu_ns = 100 * MS; /* nobody asks */
	counts = recognition_counts_now(world.recognition);
	assert_int_equal(counts.kernel_ns, 12 * MS);
	assert_int_equal(counts.sampled_ns, 3 * MS);
	assert_int_equal(pipeline_flush(world.pipeline, SEC), 0);
	counts = recognition_counts_now(world.recognition);
	assert_int_equal(counts.sampled_ns, 3 * MS);
	assert_int_equal(recognition_counts(world.recognition)->kernel_ns, 5 * MS);
	finish(&world);
	assert_int_equal(world.recognition->counts.kernel_ns, 12 * MS);
	assert_int_equal(world.recognition->counts.sampled_ns, 3 * MS);
	close_world(&world);
}

static void paths_of_runtimes_take_no_more_than_so_much_memory(void **state)
{
	struct processes table;
	const char *text = NULL;
	char path[32];

	(void)state;
	assert_int_equal(processes_init(&table), 0);
	for (int i = 0; i < PROCESSES_EXECUTABLES_MAX; i++) {
		snprintf(path, sizeof(path), "/python%d", i);
		assert_int_equal(processes_intern_executable(&table, path, &text), 0);
		assert_string_equal(text, path);
	}
	assert_int_equal(processes_intern_executable(&table, "/one/more", &text), 0);
	assert_string_equal(text, "");
	processes_done(&table);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_python_is_asked_about_and_sampled),
		cmocka_unit_test(ticks_of_what_is_no_python_are_not_ours),
		cmocka_unit_test(an_answer_about_a_later_program_teaches_nothing_of_this_ones_file),
		cmocka_unit_test(a_program_that_maps_python_later_is_sampled_from_then_on),
		cmocka_unit_test(a_forked_child_is_sampled_without_a_look),
		cmocka_unit_test(a_known_program_needs_a_look_only_for_its_addresses),
		cmocka_unit_test(one_whose_library_is_known_is_recognised_without_a_look),
		cmocka_unit_test(
			one_that_has_another_library_is_looked_at_when_the_kernel_side_asks),
		cmocka_unit_test(one_that_is_announced_only_when_it_is_recognised_is_sampled),
		cmocka_unit_test(nobody_is_recognised_who_is_not_to_be_sampled),
		cmocka_unit_test(an_exec_divides_the_kernels_time),
		cmocka_unit_test(an_exec_of_a_program_that_is_none_ends_the_first),
		cmocka_unit_test(a_lost_end_is_made_up_for_by_the_next_program_of_its_pid),
		cmocka_unit_test(one_that_is_starting_is_asked_again_and_again),
		cmocka_unit_test(no_room_at_the_reader_is_asked_for_again),
		cmocka_unit_test(
			one_that_ended_unseen_counts_when_its_file_turns_out_to_be_pythons),
		cmocka_unit_test(a_number_that_another_process_has_now_is_not_taken_for_it),
		cmocka_unit_test(code_that_is_mapped_during_a_look_makes_for_another),
		cmocka_unit_test(what_the_filter_leaves_out_is_not_even_looked_at),
		cmocka_unit_test(children_of_a_chosen_one_are_chosen_unless_left_out),
		cmocka_unit_test(a_cgroup_names_the_container),
		cmocka_unit_test(a_process_that_does_not_answer_is_named_and_left_alone),
		cmocka_unit_test(a_python_that_is_not_supported_is_counted),
		cmocka_unit_test(only_pythons_are_put_unless_they_were_chosen_by_number),
		cmocka_unit_test(what_was_put_is_looked_at_again),
		cmocka_unit_test(what_was_put_and_is_no_python_any_more_is_dropped),
		cmocka_unit_test(one_chosen_by_number_says_why_it_is_not_sampled_any_more),
		cmocka_unit_test(our_own_helpers_are_none_to_be_sampled),
		cmocka_unit_test(other_children_of_ours_are_sampled),
		cmocka_unit_test(what_is_not_in_our_pid_namespace_is_not_looked_at),
		cmocka_unit_test(a_sample_whose_announcement_was_lost_is_asked_about),
		cmocka_unit_test(records_without_ends_and_with_impossible_sizes_do_no_harm),
		cmocka_unit_test(nothing_stays_of_processes_that_ended),
		cmocka_unit_test(names_of_threads_are_asked_for_once_while_none_turns_up),
		cmocka_unit_test(names_wait_for_the_addresses_of_a_program_known_by_its_file),
		cmocka_unit_test(the_kernels_time_begins_with_the_recording),
		cmocka_unit_test(who_ended_untold_is_waited_for),
		cmocka_unit_test(times_are_told_while_the_processes_live_without_a_reading),
		cmocka_unit_test(paths_of_runtimes_take_no_more_than_so_much_memory),
	};

	return cmocka_run_group_tests_name("processes", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What follows from the reader's answers about a process, and from what BPF finds out itself. They may come late, or
 * never: it goes on, ends or executes something meanwhile.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/strtab.h"
#include "capture/capture.h"
#include "choosing.h"
#include "options.h"
#include "pipeline.h"
#include "profile/profile.h"
#include "programs.h"
#include "python/version.h"
#include "reader.h"
#include "recognition_internal.h"
#include "telling.h"

/* ---- verdicts ---- */

int recognition_other(struct recognition *recognition, struct process *process)
{
	const struct recognition_actions *actions = &recognition->settings.actions;
	const struct pbp_answer answer = { .verdict = PBP_VERDICT_OTHER };

	recognition_disown(recognition, process);
	process->state = PROCESS_OTHER;
	process->starting = false;
	processes_wait_no_more(&recognition->table, process);
	processes_strip(process);
	/* It may have ended meanwhile; if BPF has no room for the answer its samples are not ours all the same. */
	actions->answer(actions->context, process->id, &answer);
	return 0;
}

int recognition_sampled(struct recognition *recognition, struct process *process, uint32_t layout)
{
	const struct recognition_actions *actions = &recognition->settings.actions;
	int code;

	/* What it used as another was not sampled. */
	if (process->state == PROCESS_OTHER)
		recognition_set_base(recognition, process, 0, 0);
	code = recognition_add_target(recognition, process);
	if (!code)
		code = pipeline_set_layout(recognition->settings.pipeline, process->id,
					   actions->layout(actions->context, layout));
	if (!code)
		code = recognition_describe(recognition, process, PROFILE_TIME_UNKNOWN);
	if (code)
		return code;
	process->layout = layout;
	process->state = PROCESS_SAMPLED;
	process->starting = false;
	recognition->counts.processes++;
	if (recognition->refused_pid == process->pid)
		recognition->refused_pid = 0;
	return 0;
}

struct pbp_runtime recognition_runtime(const struct pbp_target *target)
{
	return (struct pbp_runtime){
		.runtime_addr = target->runtime_addr,
		.current_tstate_addr = target->current_tstate_addr,
		.code_type_addr = target->code_type_addr,
		.code_counter_addr = target->code_counter_addr,
		.thread_pointer_bias = target->thread_pointer_bias,
	};
}

bool recognition_target(const struct recognition *recognition, const struct process *process,
			struct pbp_target *ret_target)
{
	const struct recognition_actions *actions = &recognition->settings.actions;
	const struct pbp_layout *layout = actions->layout(actions->context, process->layout);

	if (!layout || !process->runtime.runtime_addr)
		return false;
	*ret_target = (struct pbp_target){
		.runtime_addr = process->runtime.runtime_addr,
		.current_tstate_addr = process->runtime.current_tstate_addr,
		.code_type_addr = process->runtime.code_type_addr,
		.code_counter_addr = process->runtime.code_counter_addr,
		.thread_pointer_bias = process->runtime.thread_pointer_bias,
		.id = process->id,
		.layout = *layout,
	};
	return true;
}

bool recognition_is_numbered(const struct recognition *recognition, pid_t pid)
{
	const struct options *options = recognition->settings.options;

	if (pid == recognition->settings.command_pid)
		return true;

	for (size_t i = 0; i < options->npids; i++)
		if (options->pids[i] == pid)
			return true;
	return false;
}

/* It cannot be sampled, whatever the reason; the user is told each reason once. */
static int refuse(struct recognition *recognition, struct process *process,
		  const struct reader_process *answer, int code)
{
	const struct options *options = recognition->settings.options;
	const char *program = answer->facts.exe[0] ? answer->facts.exe : process->comm;
	struct strbuf key;
	uint32_t id;
	size_t known = strtab_count(recognition->refusals);

	if (recognition_is_numbered(recognition, process->seen_pid)) {
		recognition->refused = answer->err;
		recognition->refused_pid = process->pid;
	}
	if (code == -ENOENT)
		return recognition_other(recognition, process);
	recognition->counts.refused++;
	strbuf_init(&key);
	strbuf_add_format(&key, "%d %s", code, program);
	if (options->verbose && known < RECOGNITION_REFUSALS_MAX && !strbuf_error(&key) &&
	    !strtab_add(recognition->refusals, strbuf_text(&key), &id) && id == known)
		tell_refused(&answer->err);
	strbuf_done(&key);
	return recognition_other(recognition, process);
}

const struct err *recognition_refusal(const struct recognition *recognition)
{
	return recognition->refused_pid ? &recognition->refused : NULL;
}

/* ---- what an answer tells ---- */

/* Texts that no record told, or that tell more. */
static int fill_from_answer(struct recognition *recognition, struct process *process,
			    const struct reader_process *answer)
{
	const struct process_facts *facts = &answer->facts;
	char path[CONTAINER_PATH_SIZE];
	char version[VERSION_DESCRIPTION_SIZE];
	int code = 0;

	if (facts->id.pid) {
		memcpy(process->comm, facts->comm, sizeof(process->comm));
		process->comm[sizeof(process->comm) - 1] = 0;
		process->start_ticks = facts->id.start_time;
		if (!process->command)
			code = processes_set_command(
				process, facts->command_line,
				strnlen(facts->command_line, sizeof(facts->command_line)));
	}
	if (answer->inside_pid)
		process->inside_pid = (int32_t)answer->inside_pid;
	if (!code && !process->place && answer->cgroup[0] &&
	    container_choose_path(answer->cgroup, path, sizeof(path)))
		code = processes_set_place(&recognition->table, process, path, "");
	if (code || answer->code)
		return code;
	process->runtime = recognition_runtime(&answer->process.target);
	process->row = answer->process.build.row;
	version_describe(&answer->process.build, version, sizeof(version));
	code = processes_intern_executable(&recognition->table, answer->process.build.found_in,
					   &process->executable);
	return code ? code : processes_intern(&recognition->table, version, &process->python);
}

/* What its main executable is, for those that execute it later. */
static int learn_program(struct recognition *recognition, const struct process *process,
			 const struct reader_process *answer, uint32_t layout)
{
	const struct recognition_actions *actions = &recognition->settings.actions;
	const struct program_facts *known = programs_find(recognition->programs, &process->file);
	struct program_facts facts = { 0 };
	struct pbp_program program = answer->program;

	/* It may have executed another program since, which then is what the answer is about. */
	if (!process->file.inode || !reader_process_runs(answer, &process->file))
		return 0;
	if (known)
		facts = *known;
	if (!answer->code) {
		facts.python = true;
		facts.version = process->python;
		facts.executable = process->executable;
	}
	program.layout = layout;
	/* Even if BPF knows it: the library that it knows was another one. */
	if (program.verdict == PBP_VERDICT_LOADING && !answer->code &&
	    !actions->put_program(actions->context, &process->file, &program))
		facts.verdict = program.verdict;
	/* Python by this process's libraries may be none by another's. */
	if ((program.verdict == PBP_VERDICT_SAMPLED && !answer->code) ||
	    (program.verdict == PBP_VERDICT_OTHER && answer->code == -ENOENT)) {
		if (facts.verdict != program.verdict &&
		    !actions->put_program(actions->context, &process->file, &program))
			facts.verdict = program.verdict;
	}
	return programs_note(recognition->programs, &process->file, &facts);
}

/* It is Python, and its stacks can be read. */
static int take_python(struct recognition *recognition, struct process *process,
		       const struct reader_process *answer)
{
	const struct recognition_actions *actions = &recognition->settings.actions;
	struct pbp_answer verdict = { .verdict = PBP_VERDICT_SAMPLED, .runtime = process->runtime };
	struct reader_process refused;
	int code = actions->add_layout(actions->context, &answer->process.target.layout,
				       &verdict.layout);

	if (!code)
		code = learn_program(recognition, process, answer, verdict.layout);
	if (!code && verdict.layout < PBP_LAYOUTS_MAX)
		recognition->versions[verdict.layout] = process->python;
	/* Before BPF begins with its stacks the pipeline must be able to take them. */
	if (!code)
		code = recognition_sampled(recognition, process, verdict.layout);
	if (code == -ENOMEM || code == -EOVERFLOW)
		return code;
	if (!code)
		code = actions->answer(actions->context, process->id, &verdict);
	if (!code) {
		tell_found(&answer->process, recognition->settings.options->verbose);
		return 0;
	}
	refused = *answer;
	err_set(&refused.err, code, "pid %d: the kernel side has no room for it: %s", process->pid,
		strerror(-code));
	return refuse(recognition, process, &refused, code);
}

/* The number may have gone to another process before the reader looked. */
static int checked_code(const struct process *process, const struct reader_process *answer)
{
	const struct process_facts *facts = &answer->facts;

	if (facts->id.pid && process->start_time && facts->id.start_time != process->start_ticks)
		return -ESRCH;
	if (answer->code == -EINVAL && facts->id.pid && facts->zombie)
		return -ESRCH;
	return answer->code;
}

static int judge(struct recognition *recognition, struct process *process,
		 const struct reader_process *answer, uint64_t now_ns)
{
	int code = fill_from_answer(recognition, process, answer);

	if (code)
		return code;
	if (answer->code == -ENOENT) {
		code = learn_program(recognition, process, answer, 0);
		if (code)
			return code;
	}
	if (!answer->code)
		return take_python(recognition, process, answer);
	if (answer->code == -EAGAIN) {
		/* Or it has just executed another program, about which nothing is said by that. */
		process->starting =
			!process->file.inode || reader_process_runs(answer, &process->file);
		recognition_ask_later(recognition, process, now_ns);
		return process->in_pipeline
			       ? recognition_describe(recognition, process, PROFILE_TIME_UNKNOWN)
			       : 0;
	}
	if (answer->code == -ETIMEDOUT) /* told by recognition_blocked() */
		return recognition_other(recognition, process);
	if (answer->code == -EINVAL) /* a thread of the kernel */
		return recognition_other(recognition, process);
	return refuse(recognition, process, answer, answer->code);
}

/* Is it still what it was put as? */
static bool proves(const struct process *process, const struct reader_process *answer)
{
	struct pbp_runtime runtime;

	if (answer->code || answer->facts.id.start_time != process->start_ticks ||
	    strcmp(answer->facts.command_line, process->command ? process->command : "") != 0)
		return false;
	runtime = recognition_runtime(&answer->process.target);
	return !memcmp(&runtime, &process->runtime, sizeof(runtime));
}

/* It was put as what it no longer is: nothing of that stands. */
static int judge_again(struct recognition *recognition, struct process *process,
		       const struct reader_process *answer, uint64_t now_ns)
{
	recognition->counts.processes--;
	process->state = PROCESS_UNKNOWN;
	processes_strip(process);
	if (answer->code == -EAGAIN) {
		const struct recognition_actions *actions = &recognition->settings.actions;
		const struct pbp_answer unknown = { .verdict = PBP_VERDICT_UNKNOWN };

		actions->answer(actions->context, process->id, &unknown);
	}
	return judge(recognition, process, answer, now_ns);
}

int recognition_answer(struct recognition *recognition, const struct reader_process *answer,
		       uint64_t now_ns)
{
	struct process *process = processes_find(&recognition->table, answer->target);
	bool again;
	int code;

	if (!process || process->state == PROCESS_GONE)
		return 0;
	again = process->ask_again;
	process->asked = process->ask_again = false;
	if (process->replaced || !process->chosen)
		return 0;
	code = checked_code(process, answer);
	/* Its end is told by a record of its own. */
	if (code == -ESRCH)
		return again ? recognition_ask(recognition, process, now_ns) : 0;
	if (process->state == PROCESS_SAMPLED && process->unproved && code != -ETIMEDOUT) {
		process->unproved = false;
		if (!proves(process, answer))
			return judge_again(recognition, process, answer, now_ns);
	}
	if (process->state == PROCESS_SAMPLED)
		return code ? 0 : fill_from_answer(recognition, process, answer);
	/* It mapped code while it was looked at. */
	if (code && code != -EAGAIN && again)
		return recognition_ask(recognition, process, now_ns);
	return judge(recognition, process, answer, now_ns);
}

int recognition_recognised(struct recognition *recognition, const struct pbp_recognised *record)
{
	const struct recognition_actions *actions = &recognition->settings.actions;
	struct process *process = processes_find(&recognition->table, record->target);

	/* One that is none to be sampled, or was looked at meanwhile, has its answer. */
	if (!process || process->state != PROCESS_UNKNOWN || process->replaced ||
	    !actions->layout(actions->context, record->layout))
		return 0;
	processes_wait_no_more(&recognition->table, process);
	recognition_name_program(recognition, process, record->layout);
	tell_process(recognition->settings.options->verbose, process->pid, process->comm,
		     "known by its library's file");
	return recognition_sampled(recognition, process, record->layout);
}

int recognition_threads(struct recognition *recognition, uint32_t id,
			const struct reader_thread *threads, size_t nthreads)
{
	const struct process *process = processes_find(&recognition->table, id);
	int code = 0;

	if (!process || !process->in_pipeline)
		return 0;
	for (size_t i = 0; i < nthreads && !code; i++) {
		char name[sizeof(threads[i].name)];

		memcpy(name, threads[i].name, sizeof(name));
		name[sizeof(name) - 1] = 0;
		code = pipeline_name_thread(recognition->settings.pipeline, id, threads[i].tid,
					    name);
		if (code == -ENOENT)
			code = 0;
	}
	return code;
}

int recognition_blocked(struct recognition *recognition, uint32_t id, pid_t pid)
{
	struct process *process = id ? processes_find(&recognition->table, id)
				     : processes_find_pid(&recognition->table, pid);
	const char *comm = process ? process->comm : "";
	bool sampled = process && process->state == PROCESS_SAMPLED;

	recognition->counts.blocked++;
	if (recognition->nblocked++ < RECOGNITION_NAMED_MAX) {
		strbuf_add_format(&recognition->blocked, "pid %d%s", pid, *comm ? " (" : "");
		strbuf_add_sanitized(&recognition->blocked, comm, strlen(comm));
		strbuf_add_format(&recognition->blocked, "%s did not answer: %s\n",
				  *comm ? ")" : "",
				  sampled ? "some of its names may be missing" : "not sampled");
	}
	if (!process)
		return 0;
	process->asked = process->ask_again = false;
	return sampled || process->state == PROCESS_GONE ? 0
							 : recognition_other(recognition, process);
}

void recognition_tell_blocked(const struct recognition *recognition, FILE *stream)
{
	fputs(strbuf_text(&recognition->blocked), stream);
	if (recognition->nblocked > RECOGNITION_NAMED_MAX)
		fprintf(stream, "and %llu more did not answer\n",
			(unsigned long long)(recognition->nblocked - RECOGNITION_NAMED_MAX));
}

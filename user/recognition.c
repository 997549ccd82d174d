/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Takes the records of the kernel side about processes. What the reader found out is in recognition_answer.c, how a
 * process ends and what it cost in recognition_end.c.
 */
#include "recognition.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/strtab.h"
#include "choosing.h"
#include "cpu_time.h"
#include "options.h"
#include "pipeline.h"
#include "profile/profile.h"
#include "programs.h"
#include "reader.h"
#include "recognition_internal.h"
#include "telling.h"

int recognition_new(const struct recognition_settings *settings,
		    struct recognition **ret_recognition)
{
	struct recognition *recognition = calloc(1, sizeof(*recognition));
	int code;

	if (!recognition)
		return -ENOMEM;
	recognition->settings = *settings;
	strbuf_init(&recognition->blocked);
	recognition->programs = programs_new();
	recognition->refusals = strtab_new();
	code = processes_init(&recognition->table);
	if (code || !recognition->programs || !recognition->refusals) {
		recognition_free(recognition);
		return -ENOMEM;
	}
	*ret_recognition = recognition;
	return 0;
}

void recognition_free(struct recognition *recognition)
{
	if (!recognition)
		return;
	processes_done(&recognition->table);
	programs_free(recognition->programs);
	strtab_free(recognition->refusals);
	cpu_times_free(recognition->times);
	strbuf_done(&recognition->blocked);
	free(recognition);
}

const struct recognition_counts *recognition_counts(const struct recognition *recognition)
{
	return &recognition->counts;
}

/* ---- what the pipeline is told ---- */

static const char *text_or_empty(const char *text)
{
	return text ? text : "";
}

int recognition_describe(struct recognition *recognition, const struct process *process,
			 uint64_t kernel_ns)
{
	const struct container *container = process->place ? &process->place->container : NULL;
	struct profile_process described = {
		.pid = process->seen_pid,
		.inside_pid = process->inside_pid,
		.start_time = process->start_ticks,
		.program = process->id,
		.count = 1,
		.comm = process->comm,
		.command = text_or_empty(process->command),
		.python = text_or_empty(process->python),
		.container = "",
		.container_id = container ? container->id : "",
		.unit = container ? container->unit : "",
		.executable = text_or_empty(process->executable),
		.machine = text_or_empty(recognition->settings.machine),
		.kernel_ns = kernel_ns,
	};

	if (container)
		described.container = container->name[0] ? container->name : container->id;
	return pipeline_describe_target(recognition->settings.pipeline, process->id, &described);
}

int recognition_add_target(struct recognition *recognition, struct process *process)
{
	int code;

	if (process->in_pipeline)
		return 0;
	code = pipeline_add_target(recognition->settings.pipeline, process->id,
				   recognition->settings.options->threads);
	if (code)
		return code;
	process->in_pipeline = true;
	return recognition_describe(recognition, process, PROFILE_TIME_UNKNOWN);
}

void recognition_disown(struct recognition *recognition, struct process *process)
{
	if (!process->in_pipeline)
		return;
	recognition->counts.not_ours +=
		pipeline_disown_target(recognition->settings.pipeline, process->id);
	process->in_pipeline = false;
}

/* ---- a program of a process starts ---- */

/* The names of a cgroup and those above it, the innermost first, as a path. */
static void cgroup_path(const struct pbp_started *record, char path[PBP_CGROUP_SIZE + 2])
{
	size_t size = record->cgroup_size < PBP_CGROUP_SIZE ? record->cgroup_size : PBP_CGROUP_SIZE;
	size_t at = PBP_CGROUP_SIZE + 1, position = 0;

	path[at] = 0;
	while (position < size) {
		const char *name = record->cgroup + position;
		const char *end = memchr(name, 0, size - position);
		size_t length = end ? (size_t)(end - name) : 0;

		if (!end)
			break;
		position += length + 1;
		if (!length)
			continue;
		at -= length;
		memcpy(path + at, name, length);
		path[--at] = '/';
	}
	if (!path[at])
		path[--at] = '/';
	memmove(path, path + at, PBP_CGROUP_SIZE + 2 - at);
}

static int fill_from_record(struct recognition *recognition, struct process *process,
			    const struct pbp_started *record)
{
	const uint64_t tick_ns = CLOCK_NS_PER_SECOND / (uint64_t)sysconf(_SC_CLK_TCK);
	char path[PBP_CGROUP_SIZE + 2], node_name[PBP_NODE_NAME_SIZE];
	size_t size = record->arguments_size < PBP_ARGUMENTS_SIZE ? record->arguments_size
								  : PBP_ARGUMENTS_SIZE;
	int code;

	process->inside_pid = (int32_t)record->inside_pid;
	process->seen_pid = (pid_t)record->seen_pid;
	process->start_time = record->start_time;
	process->start_ticks = record->start_time / tick_ns;
	process->file = record->file;
	memcpy(process->comm, record->comm, PBP_COMM_SIZE);
	process->comm[PBP_COMM_SIZE - 1] = 0;
	memcpy(node_name, record->node_name, PBP_NODE_NAME_SIZE);
	node_name[PBP_NODE_NAME_SIZE - 1] = 0;
	cgroup_path(record, path);
	code = processes_set_command(process, record->arguments, size);
	return code ? code : processes_set_place(&recognition->table, process, path, node_name);
}

static bool is_chosen(const struct recognition *recognition, const struct process *process,
		      const struct pbp_started *record, const struct process *origin)
{
	const struct options *options = recognition->settings.options;
	struct candidate candidate = {
		.comm = process->comm,
		.executable = "",
		.arguments = record->arguments,
		.arguments_size = record->arguments_size,
		.container = process->place ? &process->place->container : NULL,
	};

	if (candidate.arguments_size > PBP_ARGUMENTS_SIZE)
		candidate.arguments_size = PBP_ARGUMENTS_SIZE;
	if (!options->no_children && origin && origin->chosen)
		return true;
	/* Elsewhere those chosen by number are put, and only their kin is announced. */
	if (recognition->settings.inside && recognition->settings.by_number)
		return recognition_is_numbered(recognition, process->seen_pid);
	return choosing_matches(options, &candidate);
}

/*
 * The reader's helper and who renders an interim report are none to be sampled. Other children are: a shell's that
 * executed us, and as process 1 of a container we get those that lose their parents.
 */
static bool is_own_child(const struct recognition *recognition, const struct pbp_started *record)
{
	static const char own[] = "pybpfprof"; /* how the names of ours begin */

	return (pid_t)record->seen_parent_pid == recognition->settings.own_pid &&
	       strncmp(record->comm, own, sizeof(own) - 1) == 0;
}

void recognition_name_program(const struct recognition *recognition, struct process *process,
			      uint32_t layout)
{
	const struct program_facts *facts = programs_find(recognition->programs, &process->file);

	if (!process->executable && facts)
		process->executable = facts->executable;
	if (!process->python && facts)
		process->python = facts->version;
	if (!process->python && layout < PBP_LAYOUTS_MAX)
		process->python = recognition->versions[layout];
}

/* What is known of the program from its origin, or from its file. */
static int start_sampled(struct recognition *recognition, struct process *process,
			 const struct pbp_started *record, const struct process *parent)
{
	bool followed = parent && parent->state == PROCESS_SAMPLED;

	if (followed) {
		process->runtime = parent->runtime;
		process->row = parent->row;
		process->executable = parent->executable;
		process->python = parent->python;
	}
	recognition_name_program(recognition, process, record->layout);
	return recognition_sampled(recognition, process, record->layout);
}

static int start_process(struct recognition *recognition, struct process *process,
			 const struct pbp_started *record, const struct process *origin,
			 uint64_t now_ns)
{
	process->chosen = process->seen_pid && is_chosen(recognition, process, record, origin);
	if (!process->chosen || is_own_child(recognition, record))
		return recognition_other(recognition, process);
	if (record->verdict ==
	    PBP_VERDICT_OTHER) { /* by its file; but it has mapped other code since */
		process->state = PROCESS_OTHER;
		return recognition_ask(recognition, process, now_ns);
	}
	if (record->verdict == PBP_VERDICT_SAMPLED &&
	    recognition->settings.actions.layout(recognition->settings.actions.context,
						 record->layout)) {
		tell_process(recognition->settings.options->verbose, process->pid, process->comm,
			     record->why == PBP_STARTED_FORK ? "forked" : "known by its file");
		return start_sampled(recognition, process, record, origin);
	}
	/* Either BPF finds its library and tells, or it asks for a look. */
	if (record->verdict == PBP_VERDICT_LOADING)
		return 0;
	if (origin)
		process->starting = origin->starting && record->why == PBP_STARTED_FORK;
	return recognition_ask(recognition, process, now_ns);
}

/* How far the kernel's count of the process had come when this program began. */
static void set_base(struct recognition *recognition, struct process *process,
		     const struct pbp_started *record, const struct process *origin,
		     uint64_t now_ns)
{
	bool there = record->start_time < recognition->began_boot_ns;
	uint64_t least = 0;

	if (record->why == PBP_STARTED_FORK)
		return;
	if (origin)
		least = origin->kernel_base_ns;
	else if (there && cpu_times_find(recognition->times, process->seen_pid, &least) &&
		 record->why == PBP_STARTED_SEEN)
		there = false;
	if (record->why == PBP_STARTED_EXEC && record->cpu_ns > least)
		least = record->cpu_ns;
	process->kernel_base_ns = process->kernel_last_ns = least;
	if (there && record->why != PBP_STARTED_EXEC)
		recognition_set_base(recognition, process, record->time_ns, now_ns);
}

/* What this process was before: its end stands in the record before this one, or was lost. */
static int leave_earlier(struct recognition *recognition, struct process *earlier,
			 struct process *process)
{
	if (!earlier || earlier == process || earlier->state == PROCESS_GONE)
		return 0;
	return recognition_leave(recognition, earlier,
				 earlier->replaced ? process->kernel_base_ns
						   : earlier->kernel_last_ns);
}

/* An announcement that comes after samples of it, as the first one was lost, or after it was put. */
static int start_again(struct recognition *recognition, struct process *process,
		       const struct pbp_started *record)
{
	const struct recognition_actions *actions = &recognition->settings.actions;
	int code = fill_from_record(recognition, process, record);

	/* BPF has found its library before it found room for the record. */
	if (!code && process->state == PROCESS_UNKNOWN && process->chosen &&
	    record->verdict == PBP_VERDICT_SAMPLED &&
	    actions->layout(actions->context, record->layout))
		return start_sampled(recognition, process, record, NULL);
	if (!code && process->in_pipeline)
		code = recognition_describe(recognition, process, PROFILE_TIME_UNKNOWN);
	return code;
}

int recognition_started(struct recognition *recognition, const struct pbp_started *record,
			uint64_t now_ns)
{
	struct processes *table = &recognition->table;
	struct process *process = processes_find(table, record->target), *earlier, *origin;
	bool fork = record->why == PBP_STARTED_FORK;
	int code;

	if (!record->target || record->pid > INT_MAX || record->inside_pid > INT_MAX ||
	    record->seen_pid > INT_MAX) {
		pipeline_malformed(recognition->settings.pipeline);
		return 0;
	}
	if (process)
		return start_again(recognition, process, record);
	origin = processes_find(table, fork ? record->parent : record->previous);
	earlier = origin && !fork ? origin : processes_find_pid(table, (pid_t)record->pid);
	code = processes_add(table, record->target, (pid_t)record->pid, &process);
	if (!code)
		code = fill_from_record(recognition, process, record);
	if (code)
		return code;
	set_base(recognition, process, record, origin, now_ns);
	code = start_process(recognition, process, record, origin, now_ns);
	return code ? code : leave_earlier(recognition, earlier, process);
}

/* ---- the other records ---- */

int recognition_look(struct recognition *recognition, const struct pbp_look *record,
		     uint64_t now_ns)
{
	struct process *process = processes_find(&recognition->table, record->target);

	if (!process || !process->chosen || process->replaced ||
	    (process->state != PROCESS_UNKNOWN && process->state != PROCESS_OTHER))
		return 0;
	return recognition_ask(recognition, process, now_ns);
}

int recognition_thread_wanted(struct recognition *recognition,
			      const struct pbp_thread_wanted *record, uint64_t now_ns)
{
	const struct recognition_actions *actions = &recognition->settings.actions;
	struct process *process = processes_find(&recognition->table, record->target);
	struct pbp_target target;

	if (!process || process->state != PROCESS_SAMPLED || process->replaced)
		return 0;
	/* What its file told is enough for BPF alone. BPF wants it again later. */
	if (!recognition_target(recognition, process, &target))
		return recognition_ask(recognition, process, now_ns);
	actions->find_thread(actions->context, process->seen_pid, &target, record->tid,
			     record->thread_id, record->start_time);
	return 0;
}

/* One that nothing is known of, as its announcement was lost. */
static int meet_process(struct recognition *recognition, const struct pbp_sample *record,
			uint64_t now_ns, struct process **ret_process)
{
	int code;

	if (record->pid > INT_MAX)
		return -EBADMSG;
	code = processes_add(&recognition->table, record->target, (pid_t)record->pid, ret_process);
	if (code)
		return code;
	(*ret_process)->chosen = !choosing_filters(recognition->settings.options);
	recognition_set_base(recognition, *ret_process, 0, now_ns);
	return (*ret_process)->chosen ? recognition_ask(recognition, *ret_process, now_ns)
				      : recognition_other(recognition, *ret_process);
}

int recognition_sample(struct recognition *recognition, const struct pbp_sample *record,
		       uint64_t now_ns, bool *ret_ours)
{
	struct process *process = processes_find(&recognition->table, record->target);
	int code = 0;

	*ret_ours = false;
	if (!process && record->status == PBP_STATUS_NOT_RECOGNISED)
		code = meet_process(recognition, record, now_ns, &process);
	if (code || !process) {
		pipeline_malformed(recognition->settings.pipeline);
		return code == -EBADMSG ? 0 : code;
	}
	if (process->state == PROCESS_OTHER || process->state == PROCESS_GONE) {
		recognition->counts.not_ours++;
		return 0;
	}
	if (!process->ticked)
		processes_note_tick(&recognition->table, process);
	if (recognition->settings.options->threads && processes_met_thread(process, record->tid))
		process->unnamed = true;
	*ret_ours = true;
	return recognition_add_target(recognition, process);
}

bool recognition_takes_code(struct recognition *recognition, const struct pbp_code *record)
{
	const struct process *process = processes_find(&recognition->table, record->target);

	/* One of a target that nobody knows is the pipeline's to count. */
	return !process || process->in_pipeline;
}

bool recognition_pid(struct recognition *recognition, uint32_t id, pid_t *ret_pid)
{
	const struct process *process = processes_find(&recognition->table, id);

	if (!process || process->state != PROCESS_SAMPLED || process->replaced)
		return false;
	*ret_pid = process->seen_pid;
	return true;
}

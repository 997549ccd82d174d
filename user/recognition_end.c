/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a program of a process ends, what the kernel counted for it, and whose the samples were of one that ended before
 * it was known. Asks nobody but the clocks.
 */
#include <errno.h>
#include <string.h>
#include <time.h>
#include <utlist.h>

#include "base/clock.h"
#include "cpu_time.h"
#include "options.h"
#include "pipeline.h"
#include "profile/profile.h"
#include "programs.h"
#include "recognition_internal.h"
#include "target.h"
#include "telling.h"

int recognition_read_time(struct recognition *recognition, struct process *process)
{
	const struct recognition_actions *actions = &recognition->settings.actions;
	uint64_t now;
	int code = actions->cpu_time(actions->context, process->seen_pid, &now);

	if (!code && now > process->kernel_last_ns)
		process->kernel_last_ns = now;
	return code;
}

void recognition_set_base(struct recognition *recognition, struct process *process,
			  uint64_t time_ns, uint64_t now_ns)
{
	uint64_t since = time_ns && now_ns > time_ns ? now_ns - time_ns : 0, base;

	/* One that has ended already used little before its exec, if it was born for it. */
	if (recognition_read_time(recognition, process))
		return;
	/* Since then it can have run all the time, which is exact for one thread that did. */
	base = process->kernel_last_ns > since ? process->kernel_last_ns - since : 0;
	if (base > process->kernel_base_ns)
		process->kernel_base_ns = base;
}

void recognition_begin(struct recognition *recognition, struct cpu_times *times)
{
	struct process *process, *next;
	struct timespec now;

	cpu_times_free(recognition->times);
	recognition->times = times;
	clock_gettime(CLOCK_BOOTTIME, &now);
	recognition->began_boot_ns =
		(uint64_t)now.tv_sec * CLOCK_NS_PER_SECOND + (uint64_t)now.tv_nsec;
	HASH_ITER (hh_id, recognition->table.by_id, process, next)
		recognition_set_base(recognition, process, 0, 0);
}

/* CPU time of the program, as the kernel counted it at the last reading. */
static uint64_t used_ns(const struct process *process)
{
	return process->kernel_last_ns > process->kernel_base_ns
		       ? process->kernel_last_ns - process->kernel_base_ns
		       : 0;
}

struct recognition_counts recognition_counts_now(struct recognition *recognition)
{
	struct recognition_counts counts = recognition->counts;
	struct process *process, *next;

	HASH_ITER (hh_id, recognition->table.by_id, process, next) {
		if (process->state != PROCESS_SAMPLED || !process->in_pipeline)
			continue;
		counts.kernel_ns += used_ns(process);
		counts.sampled_ns +=
			pipeline_target_weight_ns(recognition->settings.pipeline, process->id);
	}
	return counts;
}

/* Tell the pipeline the kernel's count, and add both counts to the sums. */
static int count_times(struct recognition *recognition, const struct process *process)
{
	uint64_t used = used_ns(process);

	recognition->counts.kernel_ns += used;
	recognition->counts.sampled_ns +=
		pipeline_target_weight_ns(recognition->settings.pipeline, process->id);
	return recognition_describe(recognition, process, used);
}

/* It never was looked at in time. Was it Python, as far as is known by now? */
static bool was_python(const struct recognition *recognition, const struct process *process)
{
	const struct program_facts *facts = programs_find(recognition->programs, &process->file);

	return process->starting || (facts && facts->python);
}

static bool was_none(const struct recognition *recognition, const struct process *process)
{
	const struct program_facts *facts = programs_find(recognition->programs, &process->file);

	return !process->starting && facts && facts->verdict == PBP_VERDICT_OTHER;
}

/* Its samples stay, not recognised. */
static int keep_unknown(struct recognition *recognition, struct process *process)
{
	const struct program_facts *facts = programs_find(recognition->programs, &process->file);

	if (facts && facts->version && !process->python) {
		process->python = facts->version;
		process->executable = facts->executable;
	}
	recognition->counts.processes++;
	return count_times(recognition, process);
}

static void give_up(struct recognition *recognition, struct process *process)
{
	recognition->counts.gone++;
	tell_process(recognition->settings.options->verbose, process->pid, process->comm,
		     "ended before it was looked at");
	recognition_disown(recognition, process);
	processes_remove(&recognition->table, process);
}

/* Remember it, as its file may turn out to be Python's. */
static void note_gone(struct recognition *recognition, struct process *process)
{
	struct processes *table = &recognition->table;

	process->state = PROCESS_GONE;
	processes_wait_no_more(table, process);
	processes_forget_pid(table, process);
	processes_note_left(table, process);
	while (table->nleft > RECOGNITION_GONE_MAX)
		give_up(recognition, table->left);
}

int recognition_leave(struct recognition *recognition, struct process *process, uint64_t kernel_ns)
{
	const struct recognition_actions *actions = &recognition->settings.actions;
	const char *how = process->replaced ? "executed another program" : "ended";
	int code = 0;

	if (kernel_ns)
		process->kernel_last_ns = kernel_ns;
	actions->forget(actions->context, process->id);
	processes_note_replaced(&recognition->table, process, false);
	if (process->state == PROCESS_UNKNOWN && process->in_pipeline &&
	    !was_python(recognition, process)) {
		if (!was_none(recognition, process)) {
			note_gone(recognition, process);
			return 0;
		}
		recognition_disown(recognition, process);
	}
	if (process->in_pipeline) {
		tell_process(recognition->settings.options->verbose, process->pid, process->comm,
			     how);
		code = process->state == PROCESS_UNKNOWN ? keep_unknown(recognition, process)
							 : count_times(recognition, process);
		pipeline_end_target(recognition->settings.pipeline, process->id);
	}
	processes_remove(&recognition->table, process);
	return code;
}

int recognition_ended(struct recognition *recognition, const struct pbp_ended *record)
{
	struct process *process = processes_find(&recognition->table, record->target);

	if (!process || process->state == PROCESS_GONE || process->replaced)
		return 0;
	if (!record->by_exec)
		return recognition_leave(recognition, process, record->cpu_ns);
	/* The next record may be of the program that it executed. */
	if (record->cpu_ns > process->kernel_last_ns)
		process->kernel_last_ns = record->cpu_ns;
	processes_wait_no_more(&recognition->table, process);
	processes_forget_pid(&recognition->table, process);
	processes_note_replaced(&recognition->table, process, true);
	return 0;
}

/* Executed a program that is known to be none of ours, which no record tells. */
int recognition_drained(struct recognition *recognition)
{
	int code = 0;

	while (!code && recognition->table.replaced)
		code = recognition_leave(recognition, recognition->table.replaced, 0);
	return code;
}

/* The names of its threads, once a second at most while new ones turn up. */
static void ask_names(struct recognition *recognition, struct process *process, uint64_t now_ns)
{
	const struct recognition_actions *actions = &recognition->settings.actions;
	struct pbp_target target;

	if (process->state != PROCESS_SAMPLED || process->replaced ||
	    (process->named_ns && now_ns - process->named_ns < CLOCK_NS_PER_SECOND))
		return;
	if (!recognition_target(recognition, process, &target)) {
		recognition_ask(recognition, process, now_ns); /* for its addresses */
		return;
	}
	process->named_ns = now_ns;
	process->unnamed = actions->name_threads(actions->context, process->seen_pid, &target,
						 process->row) != 0;
}

void recognition_tick(struct recognition *recognition, uint64_t now_ns)
{
	struct process *process, *next;

	DL_FOREACH_SAFE2(recognition->table.ticked, process, next, next_ticked)
	{
		recognition_read_time(recognition, process);
		if (process->unnamed)
			ask_names(recognition, process, now_ns);
		if (!process->unnamed)
			processes_forget_tick(&recognition->table, process);
	}
}

size_t recognition_read_times(struct recognition *recognition)
{
	struct process *process, *next;
	size_t ended = 0;

	HASH_ITER (hh_id, recognition->table.by_id, process, next)
		if (process->state == PROCESS_SAMPLED && !process->replaced &&
		    recognition_read_time(recognition, process))
			ended++;
	return ended;
}

int recognition_finish(struct recognition *recognition)
{
	struct process *process, *next;
	int code = recognition_drained(recognition);

	HASH_ITER (hh_id, recognition->table.by_id, process, next) {
		if (code)
			break;
		if (!process->in_pipeline)
			continue;
		if (process->state == PROCESS_SAMPLED)
			code = count_times(recognition, process);
		else if (was_python(recognition, process))
			code = keep_unknown(recognition, process);
		else if (process->state == PROCESS_GONE && !was_none(recognition, process))
			give_up(recognition, process);
		else
			recognition_disown(recognition, process);
	}
	return code;
}

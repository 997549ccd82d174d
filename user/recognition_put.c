/* SPDX-License-Identifier: GPL-2.0-only */
/* Processes that were there before anything could announce them: they are looked at first, and put into BPF's table then. */
#include <errno.h>
#include <string.h>

#include "choosing.h"
#include "cpu_time.h"
#include "options.h"
#include "pipeline.h"
#include "reader.h"
#include "recognition_internal.h"
#include "proc/pid_namespace.h"

/* Do the filters choose it, as far as its /proc entries tell? */
static bool is_chosen(const struct recognition *recognition, const struct reader_process *answer)
{
	const struct process_facts *facts = &answer->facts;
	char arguments[PROCFS_COMMAND_LINE_SIZE + 1] = { 0 };
	char path[CONTAINER_PATH_SIZE];
	struct container container;
	struct candidate candidate = {
		.comm = facts->comm,
		.executable = facts->exe,
		.arguments = arguments,
	};

	if (!choosing_filters(recognition->settings.options))
		return true;
	candidate.arguments_size = strnlen(facts->command_line, PROCFS_COMMAND_LINE_SIZE - 1) + 1;
	for (size_t i = 0; i + 1 < candidate.arguments_size; i++)
		arguments[i] = facts->command_line[i] == ' ' ? 0 : facts->command_line[i];
	if (answer->cgroup[0] && container_choose_path(answer->cgroup, path, sizeof(path))) {
		container_parse_path(path, &container);
		container_find_names(pid_namespace_host_root(), "", &container);
		candidate.container = &container;
	}
	return choosing_matches(recognition->settings.options, &candidate);
}

/* Enter it with that answer. 0; -EEXIST: BPF has it, and its record comes; or another negative errno. */
static int put(struct recognition *recognition, pid_t pid, const struct pbp_answer *answer,
	       struct process **ret_process)
{
	const struct recognition_actions *actions = &recognition->settings.actions;
	struct process *process;
	uint32_t id = 0;
	uint64_t least = 0;
	int code = actions->put_process(actions->context, pid, answer, &id);

	if (code)
		return code;
	code = processes_add(&recognition->table, id, pid, &process);
	if (code)
		return code;
	process->chosen = true;
	if (cpu_times_find(recognition->times, pid, &least))
		process->kernel_base_ns = process->kernel_last_ns = least;
	else
		recognition_set_base(recognition, process, 0, 0);
	*ret_process = process;
	return 0;
}

/* What BPF is told at once. A Python must be one there before it forks. */
static struct pbp_answer first_answer(struct recognition *recognition,
				      const struct reader_process *answer)
{
	const struct recognition_actions *actions = &recognition->settings.actions;
	const struct pbp_target *target = &answer->process.target;
	struct pbp_answer first = {
		.verdict = answer->code == -EAGAIN ? PBP_VERDICT_UNKNOWN : PBP_VERDICT_OTHER,
	};

	if (answer->code)
		return first;
	first.verdict = PBP_VERDICT_SAMPLED;
	first.runtime = recognition_runtime(target);
	if (actions->add_layout(actions->context, &target->layout, &first.layout))
		first.verdict = PBP_VERDICT_UNKNOWN; /* refused when it is judged */
	return first;
}

int recognition_put(struct recognition *recognition, const struct reader_process *answer,
		    uint64_t now_ns)
{
	struct process *process = processes_find_pid(&recognition->table, answer->pid);
	struct reader_process about = *answer;
	struct pbp_answer first;
	int code;

	if (process || answer->code == -ESRCH || answer->code == -EINVAL ||
	    (answer->code == -ENOENT && !recognition->settings.by_number) ||
	    !is_chosen(recognition, answer))
		return 0;
	first = first_answer(recognition, answer);
	code = put(recognition, answer->pid, &first, &process);
	if (code)
		return code == -ENOMEM ? code : 0;
	about.target = process->id;
	code = recognition_answer(recognition, &about, now_ns);
	if (code || process->state != PROCESS_SAMPLED)
		return code;
	/* From now on BPF tells of every exec; of one since it was looked at nobody did. */
	process->unproved = true;
	return recognition_ask(recognition, process, now_ns);
}

int recognition_put_command(struct recognition *recognition, pid_t pid)
{
	const struct pbp_answer other = { .verdict = PBP_VERDICT_OTHER };
	struct process *process;
	int code = put(recognition, pid, &other, &process);

	if (!code)
		process->state = PROCESS_OTHER;
	return code;
}

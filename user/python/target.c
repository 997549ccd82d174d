/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Joins what procfs, the files and the memory of one process say into a target, and checks it in the live
 * process. Must not know how samples are taken, nor spell a version.
 */
#include "python/target.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc/memory.h"
#include "python/debug_offsets.h"
#include "python/detect.h"
#include "python/layout.h"
#include "python/live.h"
#include "python/program.h"
#include "python/seen_live.h"
#include "python/version.h"

/* The process runs while it is read, so a chain of frames may be torn: ask this often. */
#define FRAME_TRIES 16
/* _ob_next and _ob_prev in front of every object (Include/object.h: _PyObject_HEAD_EXTRA). */
#define TRACE_REFS_BYTES 16

#define PERMISSION_HINT                                                                  \
	"run as root (sudo), or grant CAP_SYS_PTRACE; in a container it needs the same " \
	"capability and the host's PID namespace"

#define LIST_HINT "list the Python processes: pgrep -a python"

/* No other layout would be read any better. */
static bool is_final(int code)
{
	return code == -EAGAIN || code == -EPERM || code == -EACCES || code == -ESRCH;
}

/* Are the frames that were seen enough to believe in the layout and to know the code objects' type? */
static bool is_convincing(const struct python_build *build, const struct live_findings *findings)
{
	return findings->have_thread_id &&
	       (findings->have_frame || (build->runtime_size_known && build->code_type_addr));
}

static int set_not_initialised(struct err *err)
{
	err_set(err, -EAGAIN, "its Python runtime is not initialised");
	err_hint(err, "it is just starting or ending, or embeds Python and has not used it yet: "
		      "try again");
	return -EAGAIN;
}

/* Why the last try did not convince; r is what it returned. */
static int set_not_live(const struct python_build *build, const struct live_findings *findings,
			int r, struct err *err)
{
	char version[VERSION_DESCRIPTION_SIZE];
	const char *why = "no frame of a code object in any thread";

	if (r == -EAGAIN || (!r && !findings->nstates))
		return set_not_initialised(err);
	if (is_final(r))
		return err_set(err, r, "cannot read its memory: %s", strerror(-r));
	if (!r && findings->have_thread_id && !findings->have_frame_pointer) {
		err_set(err, -EAGAIN,
			"none of its threads runs Python code now, which is needed to recognise "
			"this build");
		err_hint(err, "try again while it works");
		return -EAGAIN;
	}
	if (r < 0)
		why = r == -EBADMSG ? "a pointer is none" : strerror(-r);
	else if (!findings->have_thread_id)
		why = "no thread state of a living thread";
	version_describe(build, version, sizeof(version));
	return err_set(err, -EBADMSG, "its memory is not laid out as CPython %s has it: %s",
		       version, why);
}

/*
 * Is everything where the layout says? The process goes on while it is read, so a try may fail; a build of a size
 * that no row lists must show a frame with a code object before it is believed.
 */
static int check_live(const struct memory *memory, const struct python_build *build,
		      struct pbp_target *target, bool *ret_has_frame, struct err *err)
{
	struct live_findings findings = { 0 };
	int r = 0;

	for (int i = 0; i < FRAME_TRIES; i++) {
		r = live_look(memory, target, &findings);
		if (is_final(r))
			break;
		if (r || !is_convincing(build, &findings))
			continue;
		/* A symbol may be another's; the type that frames lead to is the one in use. */
		if (findings.have_frame)
			target->code_type_addr = findings.code_type_addr;
		*ret_has_frame = findings.have_frame;
		return 0;
	}
	return set_not_live(build, &findings, r, err);
}

/* CPython's own description of itself, over the row's. */
static int read_debug_offsets(const struct memory *memory, const struct python_build *build,
			      struct pbp_layout *ret_layout, uint8_t *origins, struct err *err)
{
	unsigned char block[DEBUG_OFFSETS_BYTES_MAX];
	char version[VERSION_DESCRIPTION_SIZE];
	size_t size = debug_offsets_size(build->row);
	int r;

	if (size > sizeof(block))
		return err_set(err, -E2BIG, "CPython's own table of offsets is too large");
	r = memory_read(memory, build->runtime_addr, block, size);
	if (r < 0)
		return err_set(err, r, "cannot read CPython's own table of offsets: %s",
			       strerror(-r));
	r = debug_offsets_apply(block, size, build->row, build->assumed, ret_layout, origins, err);
	if (r == -EINVAL) {
		r = -EBADMSG;
		version_describe(build, version, sizeof(version));
		err_wrap(err, "its memory is not laid out as CPython %s has it", version);
		if (err)
			err->code = r;
	}
	return r;
}

/* Fields that two layouts have at different places were derived. */
static void note_derived(const struct pbp_layout *before, const struct pbp_layout *after,
			 uint8_t *origins)
{
	uint32_t old, new;

	for (size_t i = 0; i < sizeof(*before) / sizeof(old) && i < LAYOUT_FIELDS_MAX; i++) {
		memcpy(&old, (const char *)before + i * sizeof(old), sizeof(old));
		memcpy(&new, (const char *)after + i * sizeof(new), sizeof(new));
		if (old != new)
			origins[i] = LAYOUT_DERIVED;
	}
}

/* The row's layout, and over it what the process says itself where this version can. */
static int read_layout(const struct memory *memory, const struct python_build *build,
		       struct pbp_layout *ret_layout, uint8_t origins[LAYOUT_FIELDS_MAX],
		       struct err *err)
{
	struct pbp_layout plain;

	memset(origins, LAYOUT_FROM_ROW, LAYOUT_FIELDS_MAX);
	if (debug_offsets_size(build->row))
		return read_debug_offsets(memory, build, ret_layout, origins, err);
	layout_from_row(build->row, build->hexversion, 0, &plain);
	*ret_layout = plain;
	if (build->trace_refs)
		layout_shift_objects(ret_layout, TRACE_REFS_BYTES);
	note_derived(&plain, ret_layout, origins);
	return layout_check(ret_layout, err);
}

/* As target_read_memory; tells also whether a frame was seen, and needs origins. */
static int read_target(const struct memory *memory, const struct python_build *build,
		       struct pbp_target *ret_target, uint8_t origins[LAYOUT_FIELDS_MAX],
		       bool *ret_has_frame, struct err *err)
{
	struct pbp_target target = {
		.runtime_addr = build->runtime_addr,
		.current_tstate_addr = build->current_tstate_addr,
		.code_type_addr = build->code_type_addr,
		.code_counter_addr = build->code_counter_addr,
	};
	int r;

	r = read_layout(memory, build, &target.layout, origins, err);
	if (r < 0)
		return r;
	if (target.layout.runtime_tstate_current != PBP_ABSENT)
		target.current_tstate_addr =
			target.runtime_addr + target.layout.runtime_tstate_current;
	r = check_live(memory, build, &target, ret_has_frame, err);
	if (r < 0)
		return r;
	*ret_target = target;
	return 0;
}

int target_read_memory(const struct memory *memory, const struct python_build *build,
		       struct pbp_target *ret_target, uint8_t *origins, struct err *err)
{
	uint8_t unwanted[LAYOUT_FIELDS_MAX];
	bool has_frame;

	return read_target(memory, build, ret_target, origins ? origins : unwanted, &has_frame,
			   err);
}

ssize_t target_threads(const struct memory *memory, const struct pbp_target *target,
		       struct python_thread *threads, size_t max)
{
	return live_threads(memory, target, threads, max);
}

/* Processes that never can be sampled. */
static int check_facts(const struct process_facts *facts, pid_t own_pid, struct err *err)
{
	pid_t pid = facts->id.pid;

	if (facts->thread_group != pid) {
		err_set(err, -EINVAL, "%d is a thread of process %d (%s)", pid, facts->thread_group,
			facts->comm);
		err_hint(err, "give the process: -p %d", facts->thread_group);
		return -EINVAL;
	}
	if (facts->kernel_thread) {
		err_set(err, -EINVAL, "pid %d (%s) is a thread of the kernel, which runs no Python",
			pid, facts->comm);
		err_hint(err, LIST_HINT);
		return -EINVAL;
	}
	if (facts->zombie) {
		err_set(err, -EINVAL, "pid %d (%s) has ended and only waits for its parent", pid,
			facts->comm);
		err_hint(err, "a zombie uses no CPU: give a process that is alive");
		return -EINVAL;
	}
	if (pid == own_pid) {
		err_set(err, -EINVAL, "pid %d is this profiler itself", pid);
		err_hint(err, LIST_HINT);
		return -EINVAL;
	}
	return 0;
}

/* The number may have gone to another process while we looked, or the process to another program. */
static int check_same_process(const struct process_facts *before, struct err *err)
{
	struct process_facts now;
	pid_t pid = before->id.pid;
	int r;

	r = procfs_read_process(pid, &now, err);
	if (r < 0)
		return r;
	if (now.id.start_time != before->id.start_time || now.zombie)
		return err_set(err, -ESRCH, "pid %d: the process ended while it was looked at",
			       pid);
	if (now.start_code != before->start_code || strcmp(now.exe, before->exe) != 0)
		return err_set(err, -EAGAIN,
			       "pid %d: the process started another program while it was looked at",
			       pid);
	return 0;
}

/*
 * Which of the interpreters that are mapped is in use? The first that is live, and one that runs Python code before
 * one that does not. When none is, the likeliest one's reason is told, but for one that is not supported: that will
 * be it when the others never were initialised.
 */
static int choose_build(const struct memory *memory, const struct python_builds *builds,
			struct python_process *process, struct err *err)
{
	uint8_t origins[LAYOUT_FIELDS_MAX];
	struct pbp_target target;
	struct err why = { 0 };
	bool found = false, has_frame;
	int r, first = 0;

	for (size_t i = 0; i < builds->nbuilds; i++) {
		r = read_target(memory, &builds->builds[i], &target, origins, &has_frame, &why);
		if (r < 0 && first == 0) {
			first = r;
			if (err)
				*err = why;
		}
		if (r < 0 || (found && !has_frame))
			continue;
		process->build = builds->builds[i];
		process->target = target;
		memcpy(process->origins, origins, sizeof(origins));
		found = true;
		if (has_frame)
			break;
	}
	process->nbuilds = builds->nbuilds;
	if (found)
		return 0;
	if (first == -EAGAIN && builds->refused.code && err)
		*err = builds->refused;
	return first == -EAGAIN && builds->refused.code ? builds->refused.code : first;
}

/* A runtime that is not initialised, or half of it, of a build that is known to be read rightly. */
static bool accept_seen(const struct seen_live *seen, const struct python_builds *builds,
			struct python_process *process)
{
	/* Of several it cannot be told yet which will be in use. */
	if (builds->nbuilds != 1 || builds->refused.code ||
	    !seen_live_find(seen, &builds->builds[0], &process->target))
		return false;
	process->build = builds->builds[0];
	memset(process->origins, LAYOUT_FROM_ROW, sizeof(process->origins));
	return true;
}

/* Find the interpreter and look into it. */
static int read_process(const struct target_question *question, struct target_answer *answer,
			struct err *err)
{
	struct python_builds *builds = malloc(sizeof(*builds));
	struct python_process *process = &answer->process;
	struct memory memory = { 0 };
	pid_t pid = question->pid;
	int r;

	if (!builds)
		return err_set(err, -ENOMEM, "pid %d: %s", pid, strerror(ENOMEM));
	r = memory_open_process(pid, &memory);
	if (r < 0) {
		err_set(err, r, "pid %d: cannot open its memory: %s", pid, strerror(-r));
		goto out;
	}
	r = detect_python(&answer->facts, &memory, question->assume_series, builds, err);
	if (r == -ENOENT && builds->program.examined && builds->program.needs_libpython) {
		err_set(err, -EAGAIN, "pid %d (%s) has not loaded its Python library yet", pid,
			answer->facts.comm);
		err_hint(err, "it is just starting: try again");
		r = -EAGAIN;
	}
	if (!r) {
		r = choose_build(&memory, builds, process, err);
		if (!r)
			seen_live_add(question->seen, &process->build, &process->target);
		else if ((r == -EAGAIN || r == -EBADMSG) &&
			 accept_seen(question->seen, builds, process))
			r = 0;
		if (r < 0)
			err_wrap(err, "pid %d", pid);
	}
	answer->program = program_judge(builds, answer->facts.start_code, r < 0 ? NULL : process);
	answer->program_file = builds->program.key;
	memory_close(&memory);
out:
	free(builds);
	return r;
}

int target_look(const struct target_question *question, struct target_answer *ret_answer,
		struct err *err)
{
	struct target_answer *answer = ret_answer;
	struct err why_ended;
	int r, ended;

	*answer = (struct target_answer){ .program.verdict = PBP_VERDICT_UNKNOWN };
	r = procfs_read_process(question->pid, &answer->facts, err);
	if (r == -ESRCH)
		err_hint(err, LIST_HINT);
	if (r < 0)
		return r;
	r = check_facts(&answer->facts, question->own_pid, err);
	if (r < 0)
		return r;
	r = read_process(question, answer, err);
	if (r == -EPERM || r == -EACCES) {
		err_set(err, r, "not permitted to look at pid %d (%s): %s", question->pid,
			answer->facts.comm, strerror(-r));
		err_hint(err, "%s", PERMISSION_HINT);
		return r;
	}
	/* An end in between explains every other failure better. */
	ended = check_same_process(&answer->facts, &why_ended);
	if (ended < 0) {
		answer->program = (struct pbp_program){ .verdict = PBP_VERDICT_UNKNOWN };
		answer->program_file = (struct pbp_file_key){ 0 };
		if (err)
			*err = why_ended;
		return ended;
	}
	answer->process.id = answer->facts.id;
	memcpy(answer->process.comm, answer->facts.comm, sizeof(answer->process.comm));
	return r;
}

int target_read(pid_t pid, uint16_t assume_series, struct python_process *ret_process,
		struct err *err)
{
	const struct target_question question = { .pid = pid,
						  .own_pid = getpid(),
						  .assume_series = assume_series };
	struct target_answer *answer = malloc(sizeof(*answer));
	int r;

	if (!answer)
		return err_set(err, -ENOMEM, "pid %d: %s", pid, strerror(ENOMEM));
	r = target_look(&question, answer, err);
	if (!r)
		*ret_process = answer->process;
	free(answer);
	return r;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Takes the helper's answers apart. What a target wrote may have taken the helper over, so sizes, texts, numbers
 * and truth values are checked or set right before anybody sees them. Must not know how answers arrive.
 */
#include "reader_internal.h"

#include <errno.h>
#include <string.h>

#include "python/layout.h"

/* The largest number of an error (include/linux/err.h). */
#define ERRNO_MAX 4095

bool reader_process_runs(const struct reader_process *process, const struct pbp_file_key *file)
{
	return file->inode && process->program_file.inode &&
	       process->program_file.size == file->size &&
	       process->program_file.changed_ns == file->changed_ns;
}

size_t reader_answer_limit(uint32_t kind)
{
	switch (kind) {
	case READER_LOOK:
		return sizeof(struct reader_found);
	case READER_CODE:
		return sizeof(struct pbp_code) + 3 * (size_t)CODE_READ_STRING_MAX +
		       CODE_READ_LINETABLE_MAX;
	case READER_THREAD:
		return 2 * sizeof(uint64_t);
	case READER_THREADS:
		return READER_THREADS_MAX * sizeof(struct reader_thread);
	case READER_LIST:
		return READER_PIDS_MAX * sizeof(pid_t);
	default:
		return 0;
	}
}

/* Any byte but 0 and 1 is no truth value: reading it as one would be undefined. */
static void settle_bool(bool *value)
{
	unsigned char byte;

	memcpy(&byte, value, 1);
	*value = byte != 0;
}

#define SETTLE_TEXT(text) ((text)[sizeof(text) - 1] = '\0')

static void settle_facts(struct process_facts *facts)
{
	SETTLE_TEXT(facts->comm);
	SETTLE_TEXT(facts->command_line);
	SETTLE_TEXT(facts->exe);
	settle_bool(&facts->zombie);
	settle_bool(&facts->kernel_thread);
}

static bool settle_build(struct python_build *build, uint32_t row)
{
	size_t nrows = 0;
	uint32_t how;

	while (layout_rows[nrows].name)
		nrows++;
	memcpy(&how, &build->found, sizeof(how));
	if (row >= nrows || how > PYTHON_FOUND_DECODED)
		return false;
	build->row = &layout_rows[row];
	SETTLE_TEXT(build->found_in);
	SETTLE_TEXT(build->version);
	settle_bool(&build->from_memory);
	settle_bool(&build->free_threaded);
	settle_bool(&build->debug);
	settle_bool(&build->trace_refs);
	settle_bool(&build->assumed);
	settle_bool(&build->runtime_size_known);
	settle_bool(&build->in_program);
	return true;
}

static bool settle_python(struct reader_process *process, uint32_t row)
{
	struct python_process *python = &process->process;

	SETTLE_TEXT(python->comm);
	for (size_t i = 0; i < LAYOUT_FIELDS_MAX; i++) {
		if (python->origins[i] > LAYOUT_DERIVED)
			return false;
	}
	return python->id.pid == process->pid && process->facts.id.pid == process->pid &&
	       python->nbuilds >= 1 && python->nbuilds <= PYTHON_BUILDS_MAX &&
	       settle_build(&python->build, row) && layout_check(&python->target.layout, NULL) == 0;
}

static int take_process(const struct reader_handlers *handlers,
			const struct reader_request *request, struct reader_found *found)
{
	struct reader_process *process = &found->process;

	process->target = request->target_id;
	process->pid = request->pid;
	if (process->code > 0 || process->code < -ERRNO_MAX)
		return -EBADMSG;
	SETTLE_TEXT(process->err.message);
	SETTLE_TEXT(process->err.hint);
	process->err.code = process->code;
	if (process->facts.id.pid != 0 && process->facts.id.pid != process->pid)
		return -EBADMSG;
	settle_facts(&process->facts);
	SETTLE_TEXT(process->cgroup);
	if (process->code)
		process->process = (struct python_process){ 0 };
	else if (!settle_python(process, found->row))
		return -EBADMSG;
	if (process->program.verdict >= PBP_VERDICT_MAX ||
	    (process->code && (process->program.verdict == PBP_VERDICT_SAMPLED ||
			       process->program.verdict == PBP_VERDICT_LOADING)))
		return -EBADMSG;
	process->program.layout = 0;
	handlers->process(handlers->context, process);
	return 0;
}

static bool is_string(const struct pbp_string *string)
{
	return string->size <= CODE_READ_STRING_MAX &&
	       (string->kind <= 2 || string->kind == 4 ||
		(string->kind == PBP_STRING_UNREAD && !string->size));
}

static int take_code(const struct reader_handlers *handlers, const struct reader_request *request,
		     uint8_t *data, size_t size)
{
	struct code_copy copy;
	const struct pbp_code *record = &copy.record;
	size_t nbytes;

	if (size < sizeof(copy.record))
		return -EBADMSG;
	memcpy(&copy.record, data, sizeof(copy.record));
	copy.data = data + sizeof(copy.record);
	nbytes = (size_t)record->name.size + record->qualname.size + record->filename.size +
		 record->linetable_size;
	if (record->code_addr != request->addr || record->identity != request->identity ||
	    record->flags || !is_string(&record->name) || !is_string(&record->qualname) ||
	    !is_string(&record->filename) || record->linetable_size > CODE_READ_LINETABLE_MAX ||
	    record->linetable_full_size < record->linetable_size ||
	    nbytes != size - sizeof(copy.record))
		return -EBADMSG;
	handlers->code(handlers->context, request->target_id, 0, &copy);
	return 0;
}

static int take_thread(const struct reader_handlers *handlers, const struct reader_request *request,
		       const uint64_t *found, size_t size)
{
	if (size != 2 * sizeof(*found))
		return -EBADMSG;
	handlers->thread(handlers->context, request->target_id, request->tid, request->start_time,
			 0, found[0], found[1]);
	return 0;
}

static int take_threads(const struct reader_handlers *handlers,
			const struct reader_request *request, struct reader_thread *threads,
			size_t size)
{
	size_t nthreads = size / sizeof(*threads);

	if (size % sizeof(*threads))
		return -EBADMSG;
	for (size_t i = 0; i < nthreads; i++)
		SETTLE_TEXT(threads[i].name);
	handlers->threads(handlers->context, request->target_id, threads, nthreads);
	return 0;
}

static int take_list(const struct reader_handlers *handlers, const pid_t *pids, size_t size)
{
	size_t npids = size / sizeof(*pids);

	if (size % sizeof(*pids))
		return -EBADMSG;
	for (size_t i = 0; i < npids; i++) {
		if (pids[i] <= 0)
			return -EBADMSG;
	}
	handlers->list(handlers->context, pids, npids);
	return 0;
}

int reader_answer_take(const struct reader_handlers *handlers, const struct reader_request *request,
		       const struct reader_answer *answer, void *data)
{
	if (answer->number != request->number || answer->kind != request->kind ||
	    answer->size > reader_answer_limit(answer->kind) || answer->code > 0 ||
	    answer->code < -ERRNO_MAX || (answer->code && answer->size))
		return -EBADMSG;
	if (answer->code) {
		reader_answer_fail(handlers, request, answer->code);
		return 0;
	}
	switch ((enum reader_kind)request->kind) {
	case READER_LOOK:
		return answer->size == sizeof(struct reader_found)
			       ? take_process(handlers, request, data)
			       : -EBADMSG;
	case READER_CODE:
		return take_code(handlers, request, data, answer->size);
	case READER_THREAD:
		return take_thread(handlers, request, data, answer->size);
	case READER_THREADS:
		return take_threads(handlers, request, data, answer->size);
	case READER_LIST:
		return take_list(handlers, data, answer->size);
	case READER_KIND_MAX:
		break;
	}
	return -EBADMSG;
}

static void fail_process(const struct reader_handlers *handlers,
			 const struct reader_request *request, int code)
{
	struct reader_process process = { .target = request->target_id,
					  .pid = request->pid,
					  .code = code };

	if (code == -ETIMEDOUT)
		err_set(&process.err, code, "pid %d: its memory or files did not answer",
			request->pid);
	else
		err_set(&process.err, code, "pid %d: cannot read it: %s", request->pid,
			strerror(-code));
	handlers->process(handlers->context, &process);
}

void reader_answer_fail(const struct reader_handlers *handlers,
			const struct reader_request *request, int code)
{
	const struct code_copy copy = { .record = { .code_addr = request->addr,
						    .identity = request->identity } };

	switch ((enum reader_kind)request->kind) {
	case READER_LOOK:
		fail_process(handlers, request, code);
		return;
	case READER_CODE:
		handlers->code(handlers->context, request->target_id, code, &copy);
		return;
	case READER_THREAD:
		handlers->thread(handlers->context, request->target_id, request->tid,
				 request->start_time, code, 0, 0);
		return;
	case READER_THREADS:
		handlers->threads(handlers->context, request->target_id, NULL, 0);
		return;
	case READER_LIST:
		handlers->list(handlers->context, NULL, 0);
		return;
	case READER_KIND_MAX:
		return;
	}
}

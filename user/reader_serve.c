/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the helper does with each kind of request: every read of a target in user space starts here, and may block
 * for ever. Must not know who asks, nor remember anything of a process.
 */
#include "reader_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "proc/memory.h"
#include "proc/procfs.h"
#include "python/layout.h"
#include "python/thread_find.h"
#include "python/thread_names.h"

/* Hybrid hierarchies have a line for each controller. */
#define CGROUP_TEXT_MAX 65536

static void read_cgroup(pid_t pid, char *buffer, size_t capacity)
{
	char *text = NULL;
	size_t size = 0;

	if (procfs_read_file(pid, "cgroup", CGROUP_TEXT_MAX, &text, &size, NULL) < 0)
		return;
	if (size >= capacity)
		size = capacity - 1;
	memcpy(buffer, text, size);
	buffer[size] = '\0';
	free(text);
}

static void serve_look(struct reader_helper *helper, const struct reader_request *request)
{
	const struct target_question question = { .pid = request->pid,
						  .own_pid = helper->owner,
						  .assume_series = helper->assume_series,
						  .seen = helper->seen };
	struct reader_found *found = calloc(1, sizeof(*found));
	struct target_answer *answer = malloc(sizeof(*answer));
	struct reader_process *process;

	if (!found || !answer) {
		reader_reply(helper, request, -ENOMEM, NULL, 0, NULL, 0);
		goto out;
	}
	process = &found->process;
	process->code = target_look(&question, answer, &process->err);
	process->facts = answer->facts;
	process->program = answer->program;
	process->program_file = answer->program_file;
	process->inside_pid = (uint32_t)answer->facts.inside_pid;
	if (!process->code) {
		process->err = (struct err){ 0 };
		process->process = answer->process;
		found->row = (uint32_t)(answer->process.build.row - layout_rows);
		process->process.build.row = NULL;
	}
	if (process->code != -ESRCH)
		read_cgroup(request->pid, process->cgroup, sizeof(process->cgroup));
	reader_reply(helper, request, 0, found, sizeof(*found), NULL, 0);
out:
	free(found);
	free(answer);
}

static size_t code_size(const struct pbp_code *record)
{
	return (size_t)record->name.size + record->qualname.size + record->filename.size +
	       record->linetable_size;
}

static void serve_code(struct reader_helper *helper, const struct reader_request *request)
{
	struct code_copy copy = { 0 };
	struct memory memory;
	int code;

	code = memory_open_process(request->pid, &memory);
	if (!code)
		code = code_read(&memory, &request->target.layout, request->addr, request->identity,
				 &copy);
	if (code)
		reader_reply(helper, request, code, NULL, 0, NULL, 0);
	else
		reader_reply(helper, request, 0, &copy.record, sizeof(copy.record), copy.data,
			     code_size(&copy.record));
	free(copy.data);
}

static void serve_thread(struct reader_helper *helper, const struct reader_request *request)
{
	uint64_t found[2]; /* the thread state, and its interpreter */
	struct memory memory;
	int code;

	code = memory_open_process(request->pid, &memory);
	if (!code)
		code = thread_find(&memory, &request->target, request->thread_id, &found[0],
				   &found[1]);
	reader_reply(helper, request, code, found, code ? 0 : sizeof(found), NULL, 0);
}

static void serve_threads(struct reader_helper *helper, const struct reader_request *request)
{
	const struct layout_row *row = &layout_rows[request->row];
	struct thread_name *names = NULL;
	struct reader_thread *threads;
	size_t nthreads = 0;
	int code;

	code = thread_names_read(request->pid, &request->target, row, READER_THREADS_MAX, &names,
				 &nthreads);
	threads = code ? NULL : calloc(nthreads + 1, sizeof(*threads));
	if (!code && !threads)
		code = -ENOMEM;
	for (size_t i = 0; !code && i < nthreads; i++) {
		threads[i].tid = (uint32_t)names[i].tid;
		threads[i].thread_id = names[i].thread_id;
		memcpy(threads[i].name, names[i].name, sizeof(threads[i].name));
	}
	reader_reply(helper, request, code, threads, code ? 0 : nthreads * sizeof(*threads), NULL,
		     0);
	free(threads);
	free(names);
}

static void serve_list(struct reader_helper *helper, const struct reader_request *request)
{
	pid_t *pids = malloc(READER_PIDS_MAX * sizeof(*pids));
	ssize_t n = pids ? procfs_list_processes(pids, READER_PIDS_MAX) : -ENOMEM;

	if (n < 0)
		reader_reply(helper, request, (int)n, NULL, 0, NULL, 0);
	else
		reader_reply(helper, request, 0, pids, (size_t)n * sizeof(*pids), NULL, 0);
	free(pids);
}

void reader_serve_request(struct reader_helper *helper, const struct reader_request *request)
{
	switch ((enum reader_kind)request->kind) {
	case READER_LOOK:
		serve_look(helper, request);
		return;
	case READER_CODE:
		serve_code(helper, request);
		return;
	case READER_THREAD:
		serve_thread(helper, request);
		return;
	case READER_THREADS:
		serve_threads(helper, request);
		return;
	case READER_LIST:
		serve_list(helper, request);
		return;
	case READER_KIND_MAX:
		break;
	}
	reader_reply(helper, request, -EINVAL, NULL, 0, NULL, 0);
}

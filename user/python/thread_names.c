/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Joins the threads that the system knows with the Thread objects that Python has. Must not know how objects are
 * read, nor who wants the names.
 */
#include "python/thread_names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <config.h>

#include "proc/memory.h"
#include "proc/procfs.h"
#include "python/objects.h"
#include "python/pystr.h"

/* Raw bytes of a name that are read: as many as fill the room for it. */
#define RAW_NAME_BYTES (4 * THREAD_NAME_BYTES)

/*
 * Where a thread's control block, at which thread_id points on x86-64, has the thread's number in its own PID
 * namespace: struct pthread of glibc (nptl/descr.h: tid, behind a header of 704 bytes and a list) and of musl
 * (src/internal/pthread_impl.h: tid).
 */
static const uint32_t tid_offsets[] = { 0x2d0, 0x30 };

static int read_active(const struct objects *objects, struct objects_entry **ret_entries,
		       size_t *ret_nentries)
{
	const struct pbp_target *target = objects->target;
	uint64_t interp, next, modules, module, dict, active;
	int code;

	/* The newest interpreter comes first, the main one is the last. */
	code = memory_read_u64(objects->memory,
			       target->runtime_addr + target->layout.runtime_interpreters_head,
			       &interp);
	for (unsigned i = 0; !code && interp && i < PBP_INTERPRETERS_MAX; i++) {
		code = memory_read_u64(objects->memory, interp + target->layout.interp_next, &next);
		if (code || !next)
			break;
		interp = next;
	}
	if (!code && !interp)
		return -ENOENT;
	if (!code)
		code = memory_read_u64(objects->memory, interp + objects->row->interp_modules,
				       &modules);
	if (!code)
		code = objects_find_item(objects, modules, "threading", &module);
	if (!code)
		code = memory_read_u64(objects->memory,
				       module + objects->shift + objects->row->module_dict, &dict);
	if (!code)
		code = objects_find_item(objects, dict, "_active", &active);
	return code ? code : objects_read_dict(objects, active, ret_entries, ret_nentries);
}

static int read_name(const struct objects *objects, const struct objects_entry *entry,
		     struct thread_name *name)
{
	uint64_t text;
	int code = objects_read_int(objects, entry->key_addr, &name->thread_id);

	if (!code)
		code = objects_find_attribute(objects, entry->value_addr, "_name", &text);
	return code ? code
		    : pystr_read(objects->memory, &objects->target->layout, text, RAW_NAME_BYTES,
				 name->name, sizeof(name->name));
}

int thread_names_of_python(const struct memory *memory, const struct pbp_target *target,
			   const struct layout_row *row, struct thread_name **ret_names,
			   size_t *ret_nnames)
{
	struct objects_entry *entries = NULL;
	struct thread_name *names;
	struct objects objects;
	size_t nentries = 0, nnames = 0;
	int code;

	if (!objects_init(&objects, memory, target, row))
		return -ENOENT;
	code = read_active(&objects, &entries, &nentries);
	if (code)
		return code;
	if (nentries > THREAD_NAMES_MAX)
		nentries = THREAD_NAMES_MAX;
	names = calloc(nentries + 1, sizeof(*names));
	for (size_t i = 0; names && i < nentries; i++)
		nnames += read_name(&objects, &entries[i], &names[nnames]) == 0;
	free(entries);
	if (!names)
		return -ENOMEM;
	*ret_names = names;
	*ret_nnames = nnames;
	return 0;
}

/* A thread of the system. */
struct task {
	pid_t inside_tid;
	size_t i; /* of its name */
};

static int compare_tasks(const void *a, const void *b)
{
	const struct task *one = a, *other = b;

	return (one->inside_tid > other->inside_tid) - (one->inside_tid < other->inside_tid);
}

/* All threads with the system's names; those that ended meanwhile are left out. tasks come in order. */
static int read_tasks(pid_t pid, size_t max, struct thread_name **ret_names,
		      struct task **ret_tasks, size_t *ret_n)
{
	pid_t *tids = malloc(max * sizeof(*tids));
	char comm[PROCFS_COMM_SIZE];
	ssize_t ntids = tids ? procfs_list_threads(pid, tids, max) : -ENOMEM;
	struct thread_name *names = ntids < 0 ? NULL : calloc((size_t)ntids + 1, sizeof(*names));
	struct task *tasks = ntids < 0 ? NULL : calloc((size_t)ntids + 1, sizeof(*tasks));
	size_t n = 0;

	for (ssize_t i = 0; names && tasks && i < ntids; i++) {
		struct task *task = &tasks[n];

		if (procfs_read_thread(pid, tids[i], comm, &task->inside_tid) < 0)
			continue;
		/* Before NSpid: of a process in our own namespace both are the same. */
		if (!task->inside_tid)
			task->inside_tid = tids[i];
		task->i = n;
		names[n].tid = tids[i];
		snprintf(names[n++].name, sizeof(names->name), "%.*s", THREAD_NAME_BYTES - 1, comm);
	}
	free(tids);
	if (!names || !tasks) {
		free(names);
		free(tasks);
		return ntids < 0 ? (int)ntids : -ENOMEM;
	}
	qsort(tasks, n, sizeof(*tasks), compare_tasks);
	*ret_names = names;
	*ret_tasks = tasks;
	*ret_n = n;
	return 0;
}

/* The system's thread whose control block that is. */
static const struct task *find_task(const struct memory *memory, uint64_t thread_id,
				    const struct task *tasks, size_t ntasks)
{
	const struct task *found = NULL;
	struct task wanted = { 0 };
	uint32_t tid;

	for (size_t i = 0; !found && i < sizeof(tid_offsets) / sizeof(tid_offsets[0]); i++) {
		if (memory_read_u32(memory, thread_id + tid_offsets[i], &tid))
			continue;
		wanted.inside_tid = (pid_t)tid;
		found = bsearch(&wanted, tasks, ntasks, sizeof(*tasks), compare_tasks);
	}
	return found;
}

int thread_names_read(pid_t pid, const struct pbp_target *target, const struct layout_row *row,
		      size_t max, struct thread_name **ret_names, size_t *ret_nnames)
{
	struct thread_name *names = NULL, *of_python = NULL;
	struct task *tasks = NULL;
	size_t n = 0, nof_python = 0;
	struct memory memory;
	int code = memory_open_process(pid, &memory);

	if (!code)
		code = read_tasks(pid, max, &names, &tasks, &n);
	if (code)
		return code;
	/* Without them the system's names stand. */
	thread_names_of_python(&memory, target, row, &of_python, &nof_python);
	for (size_t i = 0; i < nof_python; i++) {
		const struct task *task = find_task(&memory, of_python[i].thread_id, tasks, n);

		if (!task)
			continue;
		names[task->i].thread_id = of_python[i].thread_id;
		memcpy(names[task->i].name, of_python[i].name, sizeof(names->name));
	}
	memory_close(&memory);
	free(of_python);
	free(tasks);
	*ret_names = names;
	*ret_nnames = n;
	return 0;
}

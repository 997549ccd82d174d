/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds, adds, removes, and gives back everything that hangs on an entry. What a record or an answer means for a process
 * is not known here: that is recognition.c.
 */
#include "processes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "base/strtab.h"
#include "proc/pid_namespace.h"

int processes_init(struct processes *table)
{
	*table = (struct processes){ .pythons = strtab_new(), .executables = strtab_new() };
	if (table->pythons && table->executables)
		return 0;
	processes_done(table);
	return -ENOMEM;
}

void processes_done(struct processes *table)
{
	struct process *process, *next;

	HASH_ITER (hh_id, table->by_id, process, next)
		processes_remove(table, process);
	strtab_free(table->pythons);
	strtab_free(table->executables);
	table->pythons = table->executables = NULL;
}

struct process *processes_find(struct processes *table, uint32_t id)
{
	struct process *process = table->last;

	if (process && process->id == id)
		return process;
	HASH_FIND(hh_id, table->by_id, &id, sizeof(id), process);
	if (process)
		table->last = process;
	return process;
}

struct process *processes_find_pid(struct processes *table, pid_t pid)
{
	struct process *process;

	HASH_FIND(hh_pid, table->by_pid, &pid, sizeof(pid), process);
	return process;
}

void processes_forget_pid(struct processes *table, struct process *process)
{
	if (processes_find_pid(table, process->pid) == process)
		HASH_DELETE(hh_pid, table->by_pid, process);
}

int processes_add(struct processes *table, uint32_t id, pid_t pid, struct process **ret_process)
{
	struct process *process = calloc(1, sizeof(*process)), *earlier;

	if (!process)
		return -ENOMEM;
	process->id = id;
	process->pid = process->seen_pid = pid;
	HASH_ADD(hh_id, table->by_id, id, sizeof(process->id), process);
	if (!process->hh_id.tbl) { /* no memory for the table */
		free(process);
		return -ENOMEM;
	}
	earlier = processes_find_pid(table, pid);
	if (earlier)
		processes_forget_pid(table, earlier);
	HASH_ADD(hh_pid, table->by_pid, pid, sizeof(process->pid), process);
	if (!process->hh_pid.tbl) {
		HASH_DELETE(hh_id, table->by_id, process);
		free(process);
		return -ENOMEM;
	}
	*ret_process = process;
	return 0;
}

static void leave_place(struct processes *table, struct process *process)
{
	struct place *place = process->place;

	process->place = NULL;
	if (!place || --place->nusers)
		return;
	HASH_DEL(table->places, place);
	free(place->path);
	free(place);
}

void processes_strip(struct process *process)
{
	struct met_thread *thread, *next;

	free(process->command);
	process->command = NULL;
	HASH_ITER (hh, process->threads, thread, next) {
		HASH_DEL(process->threads, thread);
		free(thread);
	}
}

void processes_remove(struct processes *table, struct process *process)
{
	processes_strip(process);
	leave_place(table, process);
	processes_wait_no_more(table, process);
	processes_forget_tick(table, process);
	if (process->replaced) {
		processes_note_replaced(table, process, false);
	} else if (process->prev_left) {
		DL_DELETE2(table->left, process, prev_left, next_left);
		table->nleft--;
	}
	processes_forget_pid(table, process);
	HASH_DELETE(hh_id, table->by_id, process);
	if (table->last == process)
		table->last = NULL;
	free(process);
}

int processes_set_command(struct process *process, const char *arguments, size_t size)
{
	char *command;

	while (size && !arguments[size - 1])
		size--;
	if (!size)
		return 0;
	command = malloc(size + 1);
	if (!command)
		return -ENOMEM;
	for (size_t i = 0; i < size; i++)
		command[i] = arguments[i] ? arguments[i] : ' ';
	command[size] = 0;
	free(process->command);
	process->command = command;
	return 0;
}

/* The first process of a container may still have the host's node name, and its runtime no file yet. */
static void name_place(struct place *place, const char *node_name)
{
	if (place->container.id[0] && !place->container.name[0])
		container_find_names(pid_namespace_host_root(), node_name, &place->container);
}

int processes_set_place(struct processes *table, struct process *process, const char *path,
			const char *node_name)
{
	struct place *place;

	if (process->place && !strcmp(process->place->path, path)) {
		name_place(process->place, node_name);
		return 0;
	}
	HASH_FIND_STR(table->places, path, place);
	if (!place) {
		place = calloc(1, sizeof(*place));
		if (!place)
			return -ENOMEM;
		place->path = strdup(path);
		if (place->path)
			HASH_ADD_KEYPTR(hh, table->places, place->path, strlen(place->path), place);
		if (!place->path || !place->hh.tbl) {
			free(place->path);
			free(place);
			return -ENOMEM;
		}
		container_parse_path(path, &place->container);
	}
	name_place(place, node_name);
	place->nusers++;
	leave_place(table, process);
	process->place = place;
	return 0;
}

static int intern(struct strtab *strtab, const char *text, const char **ret_text)
{
	uint32_t id;
	int code = strtab_add(strtab, text, &id);

	if (!code)
		*ret_text = strtab_text(strtab, id);
	return code;
}

int processes_intern(struct processes *table, const char *text, const char **ret_text)
{
	return intern(table->pythons, text, ret_text);
}

int processes_intern_executable(struct processes *table, const char *path, const char **ret_path)
{
	if (strtab_count(table->executables) >= PROCESSES_EXECUTABLES_MAX)
		path = "";
	return intern(table->executables, path, ret_path);
}

void processes_wait(struct processes *table, struct process *process, uint64_t ask_ns)
{
	process->ask_ns = ask_ns;
	if (!process->prev_waiting)
		DL_APPEND2(table->waiting, process, prev_waiting, next_waiting);
}

void processes_wait_no_more(struct processes *table, struct process *process)
{
	if (!process->prev_waiting)
		return;
	DL_DELETE2(table->waiting, process, prev_waiting, next_waiting);
	process->prev_waiting = process->next_waiting = NULL;
}

struct process *processes_next_due(struct processes *table, uint64_t now_ns)
{
	struct process *process;

	DL_FOREACH2(table->waiting, process, next_waiting)
	{
		if (process->ask_ns > now_ns)
			continue;
		processes_wait_no_more(table, process);
		return process;
	}
	return NULL;
}

uint64_t processes_due_ns(const struct processes *table)
{
	const struct process *process;
	uint64_t due = 0;

	DL_FOREACH2(table->waiting, process, next_waiting)
	if (!due || process->ask_ns < due)
		due = process->ask_ns;
	return due;
}

void processes_note_tick(struct processes *table, struct process *process)
{
	process->ticked = true;
	if (!process->prev_ticked)
		DL_APPEND2(table->ticked, process, prev_ticked, next_ticked);
}

void processes_forget_tick(struct processes *table, struct process *process)
{
	process->ticked = false;
	if (!process->prev_ticked)
		return;
	DL_DELETE2(table->ticked, process, prev_ticked, next_ticked);
	process->prev_ticked = process->next_ticked = NULL;
}

void processes_note_replaced(struct processes *table, struct process *process, bool replaced)
{
	if (process->replaced == replaced)
		return;
	process->replaced = replaced;
	if (replaced) {
		DL_APPEND2(table->replaced, process, prev_left, next_left);
		return;
	}
	DL_DELETE2(table->replaced, process, prev_left, next_left);
	process->prev_left = process->next_left = NULL;
}

void processes_note_left(struct processes *table, struct process *process)
{
	if (process->prev_left)
		return;
	DL_APPEND2(table->left, process, prev_left, next_left);
	table->nleft++;
}

bool processes_met_thread(struct process *process, uint32_t tid)
{
	struct met_thread *thread;

	HASH_FIND(hh, process->threads, &tid, sizeof(tid), thread);
	if (thread || HASH_COUNT(process->threads) >= PROCESSES_THREADS_MAX)
		return false;
	thread = calloc(1, sizeof(*thread));
	if (!thread)
		return false;
	thread->tid = tid;
	HASH_ADD(hh, process->threads, tid, sizeof(thread->tid), thread);
	if (!thread->hh.tbl) {
		free(thread);
		return false;
	}
	return true;
}

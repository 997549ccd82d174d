/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What containers, commands, processes and threads are called for people: what tells one apart, then, as far as there is
 * room, what helps to know it. Every text is the target's own choice.
 */
#include "report/roots.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/strbuf.h"
#include "profile/profile.h"
#include "report/command.h"
#include "report/names.h"
#include "report/style.h"
#include "report/table.h"

/* A command name or thread name is cut to so many columns; anything else to no less than the least. */
#define NAME_COLUMNS  40
#define LEAST_COLUMNS 12

/* Digits of a container's id, as docker ps shows them. */
#define ID_DIGITS 12

/* What is left of the columns behind byte `start` of the line. */
static size_t room(const struct strbuf *line, size_t start, size_t columns)
{
	size_t used;

	if (strbuf_error(line))
		return LEAST_COLUMNS;
	used = table_columns(strbuf_text(line) + start);
	return columns > used + LEAST_COLUMNS ? columns - used : LEAST_COLUMNS;
}

static void add_name(struct strbuf *line, const char *name, size_t columns, bool unicode)
{
	table_add_text(line, name, columns < NAME_COLUMNS ? columns : NAME_COLUMNS, unicode);
}

/* Two spaces and what helps to know it, if there is anything. */
static void add_detail(struct strbuf *line, size_t start, const char *detail, size_t columns,
		       bool unicode, bool color)
{
	if (!detail[0])
		return;
	strbuf_add(line, "  ");
	/* The colour takes no columns, so the room is measured before it. */
	columns = room(line, start, columns);
	strbuf_add(line, style_faint(color));
	table_add_text(line, detail, columns, unicode);
	strbuf_add(line, style_end(color));
}

static void add_container(struct strbuf *line, const struct profile_process *process,
			  size_t columns, bool unicode, bool color)
{
	const size_t start = line->length;
	const char *name = process->container;
	size_t id_columns;
	char id[ID_DIGITS + 1] = "";

	strncat(id, process->container_id, ID_DIGITS);
	/* What has no name of its own is called by the beginning of its id. */
	if (!name[0] || strncmp(name, process->container_id, ID_DIGITS) == 0) {
		table_add_text(line, id[0] ? id : "[host]", columns, unicode);
		return;
	}
	id_columns = id[0] ? strlen("  ") + table_columns(id) : 0;
	columns = columns > id_columns + LEAST_COLUMNS ? columns : id_columns + LEAST_COLUMNS;
	table_add_text(line, name, columns - id_columns, unicode);
	add_detail(line, start, id, columns, unicode, color);
}

/* "python3 worker.py x 64 processes" */
static void add_command(struct strbuf *line, const char *command, uint64_t nprocesses,
			size_t columns, bool unicode)
{
	char times[48] = "";

	if (nprocesses > 1)
		snprintf(times, sizeof(times), " %s %" PRIu64 " processes", unicode ? "×" : "x",
			 nprocesses);
	columns = columns > table_columns(times) ? columns - table_columns(times) : 0;
	table_add_text(line, command, columns > LEAST_COLUMNS ? columns : LEAST_COLUMNS, unicode);
	strbuf_add(line, times);
}

static void add_process(struct strbuf *line, const struct root *root, size_t columns, bool unicode,
			bool color)
{
	const struct profile_process *process = root->process;
	const size_t start = line->length;
	struct strbuf command;

	if (process->count > 1) {
		strbuf_init(&command);
		command_add_name(&command, process);
		add_command(line, strbuf_text(&command), process->count, columns, unicode);
		strbuf_done(&command);
		return;
	}
	if (!process->pid) {
		add_name(line, process->comm[0] ? process->comm : NAMES_PROCESS, columns, unicode);
		return;
	}
	add_name(line, process->comm, columns, unicode);
	strbuf_add_format(line, " [%d", process->pid);
	if (process->inside_pid != 0 && process->inside_pid != process->pid)
		strbuf_add_format(line, ", inside %d", process->inside_pid);
	strbuf_add_char(line, ']');
	add_detail(line, start, command_arguments(process), columns, unicode, color);
}

static void add_thread(struct strbuf *line, const struct root *root, size_t columns, bool unicode,
		       bool color)
{
	const size_t start = line->length;
	struct strbuf process;

	add_name(line, root->text[0] ? root->text : NAMES_THREAD, columns, unicode);
	if (!root->of_several)
		strbuf_add_format(line, " [%d]", root->thread->tid);
	if (!root->names_process)
		return;
	strbuf_init(&process);
	names_add_process(&process, root->process);
	add_detail(line, start, strbuf_text(&process), columns, unicode, color);
	strbuf_done(&process);
}

void roots_add_label(struct strbuf *line, const struct root *root, size_t columns, bool unicode,
		     bool color)
{
	switch (root->kind) {
	case ROOT_CONTAINER:
		add_container(line, root->process, columns, unicode, color);
		return;
	case ROOT_COMMAND:
		add_command(line, root->text, root->nprocesses, columns, unicode);
		return;
	case ROOT_PROCESS:
		add_process(line, root, columns, unicode, color);
		return;
	case ROOT_THREAD:
		add_thread(line, root, columns, unicode, color);
		return;
	}
}

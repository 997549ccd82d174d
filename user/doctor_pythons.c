/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sorts the answers about all processes of the host into Pythons and others, and lays the Pythons out as a table. Every
 * text of a line is somebody else's choice. Must not know how processes are looked at.
 */
#include "doctor_pythons.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "container/container.h"
#include "doctor_list.h"
#include "python/version.h"
#include "reader.h"
#include "report/style.h"
#include "report/table.h"

/* Digits of a container's id, as docker ps shows them. */
#define ID_DIGITS 12

/* Columns in front of the table, between two of its columns, and of its widest pid (4194304 is the most). */
#define TABLE_INDENT 4
#define TABLE_GAP    2
#define PID_COLUMNS  7

static const struct {
	const char *title;
	size_t columns; /* at most; a longer text is cut in its middle */
} table_columns_of[PYTHON_COLUMNS] = {
	[COLUMN_NAME] = { "NAME", 16 },		  [COLUMN_VERSION] = { "VERSION", 32 },
	[COLUMN_CONTAINER] = { "CONTAINER", 40 }, [COLUMN_FOUND] = { "FOUND BY", 36 },
	[COLUMN_FILE] = { "IN FILE", 44 },	  [COLUMN_SUPPORTED] = { "SUPPORTED", 160 },
};

/* Shorter than in what is told of one process. */
static const char *const found_by[] = {
	[PYTHON_FOUND_SYMBOL] = "symbol _PyRuntime",
	[PYTHON_FOUND_SECTION] = "section .PyRuntime",
	[PYTHON_FOUND_COOKIE] = "cookie of _PyRuntime",
	[PYTHON_FOUND_OLD_SYMBOL] = "symbol interp_head",
	[PYTHON_FOUND_DECODED] = "code of PyInterpreterState_Head()",
};

void doctor_pythons_init(struct doctor_pythons *pythons, const char *host_root)
{
	*pythons = (struct doctor_pythons){ .host_root = host_root };
}

void doctor_pythons_done(struct doctor_pythons *pythons)
{
	for (size_t i = 0; i < pythons->nlines; i++) {
		for (int column = 0; column < PYTHON_COLUMNS; column++)
			free(pythons->lines[i].texts[column]);
	}
	free(pythons->lines);
}

/* ---- one process ---- */

static void describe_container(const struct doctor_pythons *pythons, const char *cgroup,
			       char *buffer, size_t capacity)
{
	struct container container = { 0 };
	char path[CONTAINER_PATH_SIZE];

	if (container_choose_path(cgroup, path, sizeof(path))) {
		container_parse_path(path, &container);
		container_find_names(pythons->host_root, "", &container);
	}
	if (!container.id[0])
		snprintf(buffer, capacity, "%s", *cgroup ? "host" : "");
	else if (container.name[0])
		snprintf(buffer, capacity, "%s", container.name);
	else
		snprintf(buffer, capacity, "%.*s", ID_DIGITS, container.id);
}

static const char *found_text(const struct python_build *build)
{
	size_t how = (size_t)build->found;

	return how < sizeof(found_by) / sizeof(*found_by) ? found_by[how] : "";
}

/* Why it is not supported, without the pid that the line begins with. */
static const char *reason_of(const struct reader_process *process)
{
	const char *message = process->err.message;
	char pid[32];
	size_t length = (size_t)snprintf(pid, sizeof(pid), "pid %d: ", process->pid);

	if (!*message)
		return strerror(-process->code);
	return strncmp(message, pid, length) == 0 ? message + length : message;
}

/* Texts in the order of the columns. */
static void add_line(struct doctor_pythons *pythons, pid_t pid,
		     const char *const texts[PYTHON_COLUMNS])
{
	struct python_line *line;

	if (array_reserve(&pythons->lines, &pythons->capacity, pythons->nlines + 1,
			  sizeof(*pythons->lines))) {
		pythons->failed = true;
		return;
	}
	line = &pythons->lines[pythons->nlines++];
	line->pid = pid;
	for (int column = 0; column < PYTHON_COLUMNS; column++) {
		line->texts[column] = strdup(texts[column]);
		pythons->failed |= !line->texts[column];
	}
}

static void add_python(struct doctor_pythons *pythons, const struct reader_process *process)
{
	const struct python_build *build = &process->process.build;
	char version[VERSION_DESCRIPTION_SIZE] = "", container[CONTAINER_NAME_SIZE];
	char file[PATH_MAX + 16] = "", supported[sizeof(process->err.message) + 8] = "yes";

	describe_container(pythons, process->cgroup, container, sizeof(container));
	if (process->code) {
		snprintf(supported, sizeof(supported), "no: %s", reason_of(process));
	} else {
		version_describe(build, version, sizeof(version));
		snprintf(file, sizeof(file), "%s%s", build->found_in,
			 build->from_memory ? " (gone)" : "");
		pythons->nsupported++;
	}
	add_line(pythons, process->pid,
		 (const char *const[PYTHON_COLUMNS]){
			 [COLUMN_NAME] = process->facts.id.pid ? process->facts.comm : "",
			 [COLUMN_VERSION] = version,
			 [COLUMN_CONTAINER] = container,
			 [COLUMN_FOUND] = process->code ? "" : found_text(build),
			 [COLUMN_FILE] = file,
			 [COLUMN_SUPPORTED] = supported,
		 });
}

void doctor_pythons_add(struct doctor_pythons *pythons, const struct reader_process *process)
{
	const struct process_facts *facts = &process->facts;

	switch (-process->code) {
	case ENOENT:
		pythons->nothers++;
		return;
	case ESRCH:
		pythons->nended++;
		return;
	case EPERM:
	case EACCES:
		pythons->nforbidden++;
		pythons->forbidden = process->code;
		return;
	case EINVAL:
		if (facts->id.pid && facts->kernel_thread)
			pythons->nkernel++;
		else if (facts->id.pid && facts->zombie)
			pythons->nended++;
		else
			pythons->nothers++;
		return;
	default:
		add_python(pythons, process);
	}
}

/* ---- the table ---- */

static int by_pid(const void *a, const void *b)
{
	const struct python_line *one = a, *other = b;

	return (one->pid > other->pid) - (one->pid < other->pid);
}

static size_t columns_of(const struct doctor_pythons *pythons, int column)
{
	size_t widest = table_columns(table_columns_of[column].title);

	for (size_t i = 0; i < pythons->nlines; i++) {
		const char *text = pythons->lines[i].texts[column];
		size_t columns = text ? table_columns(text) : 0;

		if (columns > widest)
			widest = columns;
	}
	return widest < table_columns_of[column].columns ? widest
							 : table_columns_of[column].columns;
}

static void write_line(const char *pid, char *const texts[PYTHON_COLUMNS],
		       const size_t columns[PYTHON_COLUMNS], bool unicode, struct strbuf *text)
{
	strbuf_add_format(text, "%*s%*s", TABLE_INDENT, "", PID_COLUMNS, pid);
	for (int column = 0; column < PYTHON_COLUMNS; column++) {
		const char *what = texts[column] && *texts[column] ? texts[column] : "-";
		size_t start;

		strbuf_add_format(text, "%*s", TABLE_GAP, "");
		start = text->length;
		table_add_text(text, what, columns[column], unicode);
		if (column + 1 < PYTHON_COLUMNS)
			table_pad(text, start, columns[column]);
	}
}

static void write_table(const struct doctor_pythons *pythons, bool unicode,
			struct findings *findings)
{
	size_t columns[PYTHON_COLUMNS];
	char *titles[PYTHON_COLUMNS], pid[16];

	for (int column = 0; column < PYTHON_COLUMNS; column++) {
		columns[column] = columns_of(pythons, column);
		titles[column] = (char *)(uintptr_t)table_columns_of[column].title;
	}
	strbuf_add(&findings->text, style_faint(findings->color));
	write_line("PID", titles, columns, unicode, &findings->text);
	strbuf_add_format(&findings->text, "%s\n", style_end(findings->color));
	for (size_t i = 0; i < pythons->nlines; i++) {
		snprintf(pid, sizeof(pid), "%d", pythons->lines[i].pid);
		write_line(pid, pythons->lines[i].texts, columns, unicode, &findings->text);
		strbuf_add_char(&findings->text, '\n');
	}
}

/* One more clause of the sentence about those without a line: "214 are no Python, 98 are threads of the kernel". */
__attribute__((format(printf, 3, 4))) static void add_clause(struct strbuf *clauses, size_t n,
							     const char *format, ...)
{
	char clause[128];
	va_list arguments;

	if (!n)
		return;
	va_start(arguments, format);
	vsnprintf(clause, sizeof(clause), format, arguments);
	va_end(arguments);
	strbuf_add_format(clauses, "%s%zu %s", clauses->length ? ", " : "", n, clause);
}

static void write_counts(const struct doctor_pythons *pythons, struct findings *findings)
{
	struct strbuf clauses;

	strbuf_init(&clauses);
	add_clause(&clauses, pythons->nothers, "process%s no Python",
		   pythons->nothers == 1 ? " is" : "es are");
	add_clause(&clauses, pythons->nkernel, "%s of the kernel",
		   pythons->nkernel == 1 ? "is a thread" : "are threads");
	add_clause(&clauses, pythons->nended, "%s ended", pythons->nended == 1 ? "has" : "have");
	add_clause(&clauses, pythons->nforbidden, "may not be looked at (%s)",
		   strerror(-pythons->forbidden));
	add_clause(&clauses, pythons->nleft,
		   "were not looked at, as others did not answer in time");
	if (clauses.length)
		findings_detail(findings, "%s", strbuf_text(&clauses));
	findings->text.failed |= clauses.failed;
	strbuf_done(&clauses);
}

void doctor_pythons_write(struct doctor_pythons *pythons, bool unicode, struct findings *findings)
{
	static const char label[] = "Python processes";

	if (!pythons->nlines)
		findings_add(findings, FINDING_NOTE, label, "none");
	else if (pythons->nsupported == pythons->nlines)
		findings_add(findings, FINDING_OK, label, "%zu, supported", pythons->nlines);
	else
		findings_add(findings, FINDING_NOTE, label, "%zu, of which %zu %s supported",
			     pythons->nlines, pythons->nsupported,
			     pythons->nsupported == 1 ? "is" : "are");
	write_counts(pythons, findings);
	if (pythons->nlines) {
		qsort(pythons->lines, pythons->nlines, sizeof(*pythons->lines), by_pid);
		write_table(pythons, unicode, findings);
	}
	findings->text.failed |= pythons->failed;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes to standard error only. The product is the reports' business, errors are main's. */
#include "telling.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/strbuf.h"
#include "capture/counter_names.h"
#include "python/layout.h"
#include "python/target.h"
#include "python/version.h"

void tell_found(const struct python_process *process, unsigned verbose)
{
	const struct python_build *build = &process->build;
	char version[VERSION_DESCRIPTION_SIZE];
	struct strbuf text;

	if (!verbose)
		return;
	strbuf_init(&text);
	strbuf_add_format(&text, "pid %d (", process->id.pid);
	strbuf_add_sanitized(&text, process->comm, strlen(process->comm));
	version_describe(build, version, sizeof(version));
	strbuf_add_format(&text, "): CPython %s in ", version);
	strbuf_add_sanitized(&text, build->found_in, strlen(build->found_in));
	fprintf(stderr, "%s\n", strbuf_text(&text));
	strbuf_done(&text);
	if (verbose > 1)
		layout_write(&process->target.layout, stderr);
}

void tell_process(unsigned verbose, int pid, const char *comm, const char *what)
{
	struct strbuf text;

	if (!verbose)
		return;
	strbuf_init(&text);
	strbuf_add_format(&text, "pid %d (", pid);
	strbuf_add_sanitized(&text, comm, strlen(comm));
	strbuf_add_format(&text, "): %s\n", what);
	fputs(strbuf_text(&text), stderr);
	strbuf_done(&text);
}

void tell_refused(const struct err *err)
{
	struct err told = *err;

	told.hint[0] = 0;
	err_wrap(&told, "not sampled");
	err_print(&told, "pybpfprof", stderr);
}

bool progress_due(const struct progress *progress, uint64_t now_ns)
{
	return now_ns - progress->shown_ns >= CLOCK_NS_PER_SECOND && isatty(STDERR_FILENO);
}

void progress_show(struct progress *progress, uint64_t now_ns,
		   const struct progress_numbers *numbers, bool until_interrupt)
{
	char written[32] = "";

	progress->shown_ns = now_ns;
	if (numbers->records)
		snprintf(written, sizeof(written), ", %.1f MB written",
			 (double)numbers->bytes / 1e6);
	fprintf(stderr,
		"\r%" PRIu64 " s, %" PRIu64 " samples, %" PRIu64 " process%s, %" PRIu64
		" lost%s%s ",
		(uint64_t)(numbers->elapsed_ns / CLOCK_NS_PER_SECOND), numbers->samples,
		numbers->processes, numbers->processes == 1 ? "" : "es", numbers->lost, written,
		until_interrupt ? " (Ctrl-C ends)" : "");
}

void progress_hide(const struct progress *progress)
{
	if (progress->shown_ns)
		fprintf(stderr, "\r%79s\r", "");
}

/* The path as a shell takes it; control characters are not what it is called, but they shall not reach a terminal. */
static void add_path(struct strbuf *text, const char *path)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-_./+,:@%=";
	const bool quote = path[strspn(path, plain)] != 0;

	if (quote)
		strbuf_add_char(text, '\'');
	for (; *path; path++)
		if (*path == '\'')
			strbuf_add(text, "'\\''");
		else
			strbuf_add_char(text, *path);
	if (quote)
		strbuf_add_char(text, '\'');
}

void tell_wrote(const char *path, const char *size, const char *next)
{
	struct strbuf raw, text;

	strbuf_init(&raw);
	strbuf_init(&text);
	strbuf_add_format(&raw, "wrote %s%s%s%s", path, *size ? " (" : "", size, *size ? ")" : "");
	if (next) {
		strbuf_add_format(&raw, "; next: %s ", next);
		add_path(&raw, path);
	}
	strbuf_add_sanitized(&text, strbuf_text(&raw), strlen(strbuf_text(&raw)));
	fprintf(stderr, "%s\n", strbuf_text(&text));
	strbuf_done(&text);
	strbuf_done(&raw);
}

void tell_counters(const uint64_t counters[PBP_COUNT_MAX])
{
	for (int counter = 0; counter < PBP_COUNT_MAX; counter++)
		fprintf(stderr, "%-24s %12" PRIu64 "  %s\n", counter_name(counter),
			counters[counter], counter_meaning(counter));
}

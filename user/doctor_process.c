/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Examines processes, one after the other, with the eyes of detection and of the target check, and tells what they saw.
 * Decides nothing itself: whether a process is supported, and why not, is target_look()'s word.
 */
#include "doctor_process.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "doctor_host.h"
#include "doctor_list.h"
#include "doctor_look.h"
#include "options.h"
#include "proc/maps.h"
#include "proc/memory.h"
#include "python/layout.h"
#include "python/version.h"

#define LAYOUT_FIELDS (sizeof(struct pbp_layout) / sizeof(__u32))

_Static_assert(LAYOUT_FIELDS <= LAYOUT_FIELDS_MAX, "every field has its origin");

static const char *const found_by[] = {
	[PYTHON_FOUND_SYMBOL] = "by the symbol _PyRuntime",
	[PYTHON_FOUND_SECTION] = "by the section .PyRuntime",
	[PYTHON_FOUND_COOKIE] = "by the cookie that _PyRuntime begins with, in writable memory,",
	[PYTHON_FOUND_OLD_SYMBOL] = "by the symbol interp_head",
	[PYTHON_FOUND_DECODED] = "by the machine code of PyInterpreterState_Head()",
};

static const char *const origin_names[] = {
	[LAYOUT_FROM_ROW] = "row",
	[LAYOUT_FROM_PROCESS] = "process",
	[LAYOUT_DERIVED] = "derived",
};

void doctor_build(const struct python_build *build, size_t nbuilds, struct findings *findings)
{
	const char *kind = build->debug ? "debug" : "release";

	if (build->assumed)
		findings_add(findings, FINDING_NOTE, "version",
			     "CPython %s, read as if it were %s, as was asked for", build->version,
			     build->row->name);
	else
		findings_add(findings, FINDING_OK, "version", "CPython %s", build->version);
	findings_add(findings, FINDING_OK, "build", "%s, %s%s", kind,
		     build->free_threaded ? "free-threaded" : "with the GIL",
		     build->trace_refs ? ", every object traced (Py_TRACE_REFS)" : "");
	findings_add(findings, FINDING_OK, "runtime", "found %s in %s%s",
		     build->found < sizeof(found_by) / sizeof(*found_by) ? found_by[build->found]
									 : "",
		     build->found_in,
		     build->from_memory ? ", which is gone: read from the process's memory" : "");
	if (build->runtime_size)
		findings_detail(findings, "at 0x%" PRIx64 ", %" PRIu64 " bytes%s",
				build->runtime_addr, build->runtime_size,
				build->runtime_size_known ? ", as in a build that was compared"
							  : "");
	else
		findings_detail(findings, "at 0x%" PRIx64, build->runtime_addr);
	if (nbuilds > 1)
		findings_detail(findings, "the one in use of %zu interpreters that are mapped",
				nbuilds);
}

static void list_fields(const uint32_t *values, const uint8_t *origins, struct findings *findings)
{
	for (size_t i = 0; i < LAYOUT_FIELDS; i++) {
		if (values[i] == PBP_ABSENT)
			findings_detail(findings, "%-26s %6s", layout_field_name(i), "-");
		else
			findings_detail(findings, "%-26s %6" PRIu32 "  %s", layout_field_name(i),
					values[i], origin_names[origins[i]]);
	}
}

void doctor_offsets(const struct python_process *process, unsigned verbose,
		    struct findings *findings)
{
	unsigned counts[sizeof(origin_names) / sizeof(*origin_names)] = { 0 }, absent = 0;
	uint32_t values[LAYOUT_FIELDS];

	memcpy(values, &process->target.layout, sizeof(values));
	for (size_t i = 0; i < LAYOUT_FIELDS; i++) {
		if (values[i] == PBP_ABSENT)
			absent++;
		else
			counts[process->origins[i]]++;
	}
	findings_add(findings, FINDING_OK, "offsets",
		     "%u from the process's own _Py_DebugOffsets, %u from the row %s, %u derived",
		     counts[LAYOUT_FROM_PROCESS], counts[LAYOUT_FROM_ROW], process->build.row->name,
		     counts[LAYOUT_DERIVED]);
	if (verbose)
		list_fields(values, process->origins, findings);
	else
		findings_detail(findings, "%u fields that this build has not; -v lists all",
				absent);
}

void doctor_threads(const struct python_thread *threads, ssize_t nthreads, unsigned verbose,
		    struct findings *findings)
{
	ssize_t nshown = nthreads, nrunning = 0, nactive = 0;

	if (nthreads < 0) {
		findings_add(findings, FINDING_NO, "thread states", "cannot be read: %s",
			     strerror((int)-nthreads));
		return;
	}
	for (ssize_t i = 0; i < nthreads; i++) {
		nrunning += threads[i].has_frame;
		nactive += threads[i].active;
	}
	findings_add(findings, nthreads ? FINDING_OK : FINDING_NOTE, "thread states",
		     "%zd%s, %zd of them in Python code, %zd active", nthreads,
		     nthreads == DOCTOR_THREADS_MAX ? " or more" : "", nrunning, nactive);
	if (!verbose && nshown > DOCTOR_THREADS_SHOWN)
		nshown = DOCTOR_THREADS_SHOWN;
	for (ssize_t i = 0; i < nshown; i++)
		findings_detail(
			findings,
			"0x%" PRIx64 " of interpreter 0x%" PRIx64 ", thread id 0x%" PRIx64 ": %s%s",
			threads[i].tstate_addr, threads[i].interp_addr, threads[i].thread_id,
			threads[i].has_frame ? "in Python code" : "not in Python code",
			threads[i].active ? ", active" : "");
	if (nshown < nthreads)
		findings_detail(findings, "and %zd more, which -v lists", nthreads - nshown);
}

/* From 3.15 on CPython names the memory of its compiled code (Python/jit.c), where the kernel has such names. */
static bool is_compiled_code(const struct mapping *mapping)
{
	return mapping->executable && !strcmp(mapping->path, "[anon:cpython:jit]");
}

/* No name says what it is, and compiled code looks like this. */
static bool may_be_compiled_code(const struct mapping *mapping)
{
	return mapping->executable && !mapping_is_file(mapping) && !*mapping->path;
}

void doctor_jit(const struct memory *memory, const struct python_process *process,
		const struct maps *maps, const struct python_thread *threads, size_t nthreads,
		struct findings *findings)
{
	uint32_t executor_off = process->target.layout.tstate_executor;
	size_t nrunning = 0, ncompiled = 0, nmappings = 0;
	uint64_t executor;

	if (executor_off == PBP_ABSENT)
		return;
	for (size_t i = 0; i < nthreads; i++) {
		if (!memory_read_u64(memory, threads[i].tstate_addr + executor_off, &executor))
			nrunning += executor != 0;
	}
	for (size_t i = 0; maps && i < maps->nmappings; i++) {
		ncompiled += is_compiled_code(&maps->mappings[i]);
		nmappings += may_be_compiled_code(&maps->mappings[i]);
	}
	if (nrunning)
		findings_add(findings, FINDING_OK, "JIT",
			     "at work: %zu thread%s in compiled code just now, where lines are "
			     "approximate",
			     nrunning, nrunning == 1 ? "" : "s");
	else if (ncompiled)
		findings_add(findings, FINDING_OK, "JIT",
			     "at work: it has compiled code, which no thread is in just now");
	else if (nmappings)
		findings_add(findings, FINDING_NOTE, "JIT",
			     "perhaps: no thread in compiled code just now, but %zu mapping%s that "
			     "may hold some",
			     nmappings, nmappings == 1 ? "" : "s");
	else if (maps)
		findings_add(findings, FINDING_OK, "JIT", "not at work");
	else
		findings_add(findings, FINDING_NOTE, "JIT", "not known");
}

static void examine_living(const struct python_process *process, unsigned verbose,
			   struct findings *findings)
{
	struct python_thread *threads = calloc(DOCTOR_THREADS_MAX, sizeof(*threads));
	struct memory memory = { 0 };
	struct maps maps = { 0 };
	ssize_t nthreads = -ENOMEM;
	bool have_maps = !maps_read(process->id.pid, &maps, NULL);

	if (threads)
		nthreads = memory_open_process(process->id.pid, &memory);
	if (!nthreads)
		nthreads = target_threads(&memory, &process->target, threads, DOCTOR_THREADS_MAX);
	doctor_jit(&memory, process, have_maps ? &maps : NULL, threads,
		   nthreads > 0 ? (size_t)nthreads : 0, findings);
	doctor_threads(threads, nthreads, verbose, findings);
	maps_done(&maps);
	memory_close(&memory);
	free(threads);
}

/* What is to be seen of a process that was refused: its interpreter, unless that is what was refused. */
static void examine_refused(const struct process_facts *facts, uint16_t assume_series,
			    struct findings *findings)
{
	struct python_builds builds;
	struct memory memory = { 0 };

	if (!memory_open_process(facts->id.pid, &memory) &&
	    !detect_python(facts, &memory, assume_series, &builds, NULL)) {
		for (size_t i = 0; i < builds.nbuilds && i < PYTHON_BUILDS_MAX; i++)
			doctor_build(&builds.builds[i], 1, findings);
	}
	memory_close(&memory);
}

static void refuse(const char *label, const struct err *err, struct findings *findings)
{
	findings_add(findings, FINDING_NO, label, "%s", err->message);
	if (*err->hint)
		findings_detail(findings, "hint: %s", err->hint);
}

static void introduce(const struct process_facts *facts, struct findings *findings)
{
	findings_add(findings, FINDING_OK, "process", "pid %d (%s)", facts->id.pid, facts->comm);
	if (*facts->exe)
		findings_detail(findings, "program %s", facts->exe);
	if (*facts->command_line)
		findings_detail(findings, "command %s", facts->command_line);
}

static void examine_process(const struct options *options, pid_t pid, struct reader_process *answer,
			    struct findings *findings)
{
	struct err err;
	int code = doctor_look_at(pid, options->assume_series, answer, &err);

	if (code) {
		refuse("supported", &err, findings);
		return;
	}
	if (answer->facts.id.pid)
		introduce(&answer->facts, findings);
	if (!answer->code) {
		doctor_build(&answer->process.build, answer->process.nbuilds, findings);
		doctor_offsets(&answer->process, options->verbose, findings);
		/* It has just answered; should it block from now on, that is to be seen, and Ctrl-C ends it. */
		examine_living(&answer->process, options->verbose, findings);
		findings_add(findings, FINDING_OK, "supported", "its stacks can be read");
		return;
	}
	if (answer->facts.id.pid && answer->code != -ETIMEDOUT)
		examine_refused(&answer->facts, options->assume_series, findings);
	refuse("supported", &answer->err, findings);
}

void doctor_processes(const struct options *options, struct findings *findings)
{
	struct reader_process *answer = calloc(1, sizeof(*answer));

	if (!answer) {
		findings->text.failed = true;
		return;
	}
	for (size_t i = 0; i < options->npids; i++) {
		if (i)
			strbuf_add_char(&findings->text, '\n');
		examine_process(options, options->pids[i], answer, findings);
	}
	free(answer);
	if (options->npids > 1)
		strbuf_add_char(&findings->text, '\n');
	if (doctor_host_allows())
		findings_add(findings, FINDING_OK, "this host", "sampling works here");
	else
		findings_add(findings, FINDING_NO, "this host",
			     "sampling does not work here: pybpfprof doctor (without -p) says why");
}

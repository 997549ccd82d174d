/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The doctor's judgement over made-up facts: which of them hinder sampling, what he says of them, and that nothing
 * of a process reaches the terminal as it is. Finding the facts out is the end-to-end test's part.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "doctor_host.h"
#include "doctor_list.h"
#include "doctor_process.h"
#include "doctor_pythons.h"
#include "options.h"
#include "proc/maps.h"
#include "proc/memory.h"
#include "reader.h"
#include "report/table.h"

/* ---- this host ---- */

static struct host_facts healthy(void)
{
	struct host_facts facts = {
		.release = "6.18.44-test",
		.privileges = { { "CAP_BPF", "load", true, "CAP_BPF" },
				{ "CAP_PERFMON", "open", true, "CAP_SYS_ADMIN" },
				{ "CAP_SYS_PTRACE", "look", true, "CAP_SYS_PTRACE" },
				{ "CAP_CHECKPOINT_RESTORE", "follow", false, "CAP_SYS_ADMIN" } },
		.nprivileges = 4,
		.own_users = HOST_YES,
		.own_pids = HOST_YES,
		.load_ns = 84600000,
		.verified = 91739,
		.nevents = 2,
		.nattached = 2,
		.perf_event_paranoid = 2,
		.ptrace_scope = 1,
		.lockdown = "none",
		.memlock = RLIM_INFINITY,
	};

	return facts;
}

/* The line of that label, with its mark in front; "" when there is none. */
static const char *line_of(const struct findings *findings, const char *label)
{
	static char line[FINDING_TEXT_SIZE];
	const char *text = strbuf_text(&findings->text);

	for (; *text; text += strcspn(text, "\n") + 1) {
		if (strncmp(text + 4, label, strlen(label)) != 0 || text[4 + strlen(label)] != ' ')
			continue;
		snprintf(line, sizeof(line), "%.*s", (int)strcspn(text, "\n"), text);
		return line;
	}
	return "";
}

/* Judge, and expect a line with that mark and that word; and whether sampling works all in all. */
static void expect(const struct host_facts *facts, const char *label, const char *mark,
		   const char *word, bool works)
{
	struct findings findings;
	const char *line;

	findings_init(&findings, 22, false);
	host_judge(facts, &findings);
	line = line_of(&findings, label);
	if (strncmp(line, mark, 2) != 0 || !strstr(line, word))
		fail_msg("%s: '%s' is not '%s … %s'", label, line, mark, word);
	if (works != !findings.nrefusals)
		fail_msg("%s: %u refusals", label, findings.nrefusals);
	line = line_of(&findings, "sampling");
	assert_memory_equal(line, works ? "ok" : "no", 2);
	findings_done(&findings);
}

static void a_healthy_host_has_no_complaint(void **state)
{
	struct host_facts facts = healthy();

	(void)state;
	expect(&facts, "CAP_BPF", "ok", "load", true);
	expect(&facts, "CAP_PERFMON", "ok", "CAP_SYS_ADMIN stands for it", true);
	expect(&facts, "kernel", "ok", "6.18.44-test", true);
	expect(&facts, "BPF program", "ok", "85 ms", true);
	expect(&facts, "BPF program", "ok", "91739 instructions", true);
	expect(&facts, "CPU clock events", "ok", "2 CPUs", true);
	expect(&facts, "lockdown", "ok", "none", true);
	facts.verified = 0;
	facts.nevents = 1;
	expect(&facts, "BPF program", "ok", "85 ms", true);
	expect(&facts, "CPU clock events", "ok", "1 CPU", true);
}

static void every_missing_need_is_a_refusal_with_a_remedy(void **state)
{
	struct host_facts facts = healthy();

	(void)state;
	facts.privileges[2].held_as = NULL;
	expect(&facts, "CAP_SYS_PTRACE", "no", "sudo", false);
	facts = healthy();
	facts.btf = -ENOENT;
	expect(&facts, "BTF", "no", "CONFIG_DEBUG_INFO_BTF", false);
	facts = healthy();
	facts.ring_buffer = -EINVAL;
	expect(&facts, "BPF ring buffer", "no", "5.8", false);
	facts.ring_buffer = -EPERM;
	expect(&facts, "BPF ring buffer", "no", "CAP_BPF", false);
	facts = healthy();
	facts.event = -EACCES;
	facts.event_cpu = 7;
	expect(&facts, "CPU clock events", "no", "CPU 7", false);
	expect(&facts, "CPU clock events", "no", "CAP_PERFMON", false);
	expect(&facts, "attached", "--", "not tried", false);
	facts = healthy();
	facts.nevents = 0;
	expect(&facts, "CPU clock events", "no", "0 CPUs", false);
	facts = healthy();
	facts.attach = err_set(&facts.attach_err, -EMFILE, "cannot attach");
	expect(&facts, "attached", "no", "cannot attach", false);
	facts = healthy();
	facts.ptrace_scope = 3;
	expect(&facts, "ptrace_scope", "no", "reboot", false);
}

static void a_program_that_does_not_load_gives_its_own_reason(void **state)
{
	struct host_facts facts = healthy();

	(void)state;
	facts.load = err_set(&facts.load_err, -EINVAL, "cannot load: because");
	err_hint(&facts.load_err, "do this");
	expect(&facts, "BPF program", "no", "cannot load: because: do this", false);
	expect(&facts, "BPF statistics", "--", "not tried", false);
	expect(&facts, "attached", "--", "not tried", false);
}

static void what_only_makes_things_poorer_is_a_note(void **state)
{
	struct host_facts facts = healthy();

	(void)state;
	facts.privileges[3].held_as = NULL;
	expect(&facts, "CAP_CHECKPOINT_RESTORE", "--", "missing", true);
	facts = healthy();
	facts.cost = -ENODATA;
	expect(&facts, "BPF statistics", "--", "CAP_SYS_ADMIN", true);
	facts = healthy();
	facts.own_users = facts.own_pids = HOST_UNKNOWN;
	expect(&facts, "user namespace", "--", "/proc", true);
	expect(&facts, "PID namespace", "--", "/proc", true);
	facts.own_pids = HOST_NO;
	expect(&facts, "PID namespace", "--", "only the processes in it", true);
	expect(&facts, "PID namespace", "--", "--pid=host", true);
	facts = healthy();
	facts.lockdown[0] = '\0';
	expect(&facts, "lockdown", "--", "not known", true);
	facts = healthy();
	facts.perf_event_paranoid = HOST_SETTING_ABSENT;
	expect(&facts, "perf_event_paranoid", "--", "not known", true);
}

/* An old kernel, lockdown and a foreign user namespace matter only where the program does not load. */
static void a_cause_is_blamed_only_where_there_is_a_failure(void **state)
{
	static const struct {
		const char *label, *word;
	} causes[] = { { "kernel", "5.10.0" },
		       { "memory lock limit", "8192 kB" },
		       { "lockdown", "lockdown=integrity" },
		       { "user namespace", "not the host's" } };
	struct host_facts facts = healthy();

	(void)state;
	strcpy(facts.release, "5.10.0-36-amd64");
	strcpy(facts.lockdown, "confidentiality");
	facts.own_users = HOST_NO;
	facts.memlock = 8 << 20;
	for (size_t i = 0; i < sizeof(causes) / sizeof(*causes); i++)
		expect(&facts, causes[i].label, "--", causes[i].word, true);
	expect(&facts, "CAP_BPF", "--", "only in our user namespace", true);
	facts.load = err_set(&facts.load_err, -EPERM, "x");
	for (size_t i = 0; i < sizeof(causes) / sizeof(*causes); i++)
		expect(&facts, causes[i].label, "no", causes[i].word, false);
}

static void the_memory_lock_limit_is_told_of_old_kernels_only(void **state)
{
	static const char *const releases[] = { "5.11.0", "6.1.0", "10.0", "strange" };
	struct host_facts facts = healthy();
	struct findings findings;

	(void)state;
	facts.memlock = 65536;
	for (size_t i = 0; i < sizeof(releases) / sizeof(*releases); i++) {
		strcpy(facts.release, releases[i]);
		findings_init(&findings, 22, false);
		host_judge(&facts, &findings);
		assert_string_equal(line_of(&findings, "memory lock limit"), "");
		assert_memory_equal(line_of(&findings, "kernel"), "ok", 2);
		findings_done(&findings);
	}
	strcpy(facts.release, "4.18.0-553.el8");
	expect(&facts, "memory lock limit", "--", "64 kB", true);
}

static void ptrace_scope_binds_those_without_the_capability(void **state)
{
	struct host_facts facts = healthy();

	(void)state;
	expect(&facts, "ptrace_scope", "ok", "1", true);
	facts.ptrace_scope = HOST_SETTING_ABSENT;
	expect(&facts, "ptrace_scope", "ok", "no Yama", true);
	facts.privileges[1].held_as = facts.privileges[2].held_as = NULL;
	facts.ptrace_scope = 0;
	expect(&facts, "ptrace_scope", "ok", "0", false);
	facts.ptrace_scope = 2;
	expect(&facts, "ptrace_scope", "--", "CAP_SYS_PTRACE", false);
	expect(&facts, "perf_event_paranoid", "--", "CAP_PERFMON", false);
}

static void missing_privileges_end_in_the_ways_to_get_them(void **state)
{
	struct host_facts facts = healthy();
	struct findings findings;

	(void)state;
	facts.privileges[0].held_as = NULL;
	facts.privileged = err_set(&facts.privileges_err, -EPERM, "missing");
	err_hint(&facts.privileges_err, "three ways");
	findings_init(&findings, 22, false);
	host_judge(&facts, &findings);
	assert_non_null(strstr(strbuf_text(&findings.text), "hint: three ways\n"));
	findings_done(&findings);
}

static void the_mode_of_lockdown_stands_between_brackets(void **state)
{
	static const struct {
		const char *text, *mode;
	} cases[] = { { "none [integrity] confidentiality\n", "integrity" },
		      { "[none] integrity confidentiality\n", "none" },
		      { "none integrity", "" },
		      { "", "" },
		      { "[", "" },
		      { "]x[", "" },
		      { "[]", "" },
		      { "[12345678901]", "12345678901" },
		      { "[123456789012]", "" } };
	char mode[12];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		host_parse_lockdown(cases[i].text, mode, sizeof(mode));
		assert_string_equal(mode, cases[i].mode);
	}
}

/* ---- one process ---- */

static struct python_process a_process(void)
{
	struct python_process process = { .id = { .pid = 812 }, .comm = "python3", .nbuilds = 1 };
	uint32_t *fields = (uint32_t *)&process.target.layout;

	process.build = (struct python_build){ .version = "9.8.7",
					       .found_in = "/usr/bin/python",
					       .row = &layout_rows[0],
					       .found = PYTHON_FOUND_SYMBOL,
					       .runtime_addr = 0xa8d2e0 };
	for (size_t i = 0; layout_field_name(i); i++)
		fields[i] = PBP_ABSENT;
	return process;
}

static const char *build_text(const struct python_build *build, size_t nbuilds)
{
	static char text[FINDING_TEXT_SIZE];
	struct findings findings;

	findings_init(&findings, 13, false);
	doctor_build(build, nbuilds, &findings);
	assert_int_equal(findings.nrefusals, 0);
	snprintf(text, sizeof(text), "%s", strbuf_text(&findings.text));
	findings_done(&findings);
	return text;
}

static void a_build_is_told_by_its_flavour_and_its_runtime(void **state)
{
	struct python_build build = a_process().build;

	(void)state;
	assert_string_equal(build_text(&build, 1),
			    "ok  version        CPython 9.8.7\n"
			    "ok  build          release, with the GIL\n"
			    "ok  runtime        found by the symbol _PyRuntime in /usr/bin/python\n"
			    "                   at 0xa8d2e0\n");
	build.debug = build.free_threaded = build.trace_refs = build.from_memory = true;
	build.runtime_size = 1234;
	assert_non_null(strstr(build_text(&build, 1), "debug, free-threaded, every object traced"));
	assert_non_null(strstr(build_text(&build, 1), "which is gone: read from the process's"));
	assert_non_null(strstr(build_text(&build, 1), "1234 bytes\n"));
	assert_null(strstr(build_text(&build, 1), "interpreters"));
	assert_non_null(strstr(build_text(&build, 3), "the one in use of 3 interpreters"));
}

static void an_assumed_version_is_marked(void **state)
{
	struct python_build build = a_process().build;
	char expected[128];

	(void)state;
	build.assumed = true;
	snprintf(expected, sizeof(expected),
		 "--  version        CPython 9.8.7, read as if it were %s", layout_rows[0].name);
	assert_memory_equal(build_text(&build, 1), expected, strlen(expected));
}

static void every_way_of_finding_has_words_of_its_own(void **state)
{
	struct python_build build = a_process().build;
	char texts[PYTHON_FOUND_DECODED + 1][FINDING_TEXT_SIZE];

	(void)state;
	for (int i = 0; i <= PYTHON_FOUND_DECODED; i++) {
		build.found = (enum python_found)i;
		snprintf(texts[i], sizeof(texts[i]), "%s", build_text(&build, 1));
		assert_non_null(strstr(texts[i], "found by the "));
		for (int j = 0; j < i; j++)
			assert_string_not_equal(texts[i], texts[j]);
	}
}

static void offsets_are_counted_by_origin_and_listed_on_demand(void **state)
{
	struct python_process process = a_process();
	uint32_t *fields = (uint32_t *)&process.target.layout;
	char expected[128];
	struct findings findings;
	size_t nlines = 0;

	(void)state;
	fields[0] = 8;
	fields[1] = 16;
	fields[2] = 24;
	process.origins[0] = LAYOUT_FROM_PROCESS;
	process.origins[1] = process.origins[2] = LAYOUT_DERIVED;
	process.origins[3] = LAYOUT_FROM_PROCESS; /* absent: does not count */
	findings_init(&findings, 13, false);
	doctor_offsets(&process, 0, &findings);
	snprintf(expected, sizeof(expected),
		 "ok  offsets        1 from the process's own _Py_DebugOffsets, 0 from the row %s, "
		 "2 derived\n",
		 layout_rows[0].name);
	assert_memory_equal(strbuf_text(&findings.text), expected, strlen(expected));
	strbuf_clear(&findings.text);
	doctor_offsets(&process, 1, &findings);
	for (size_t i = 0; layout_field_name(i); i++) {
		assert_non_null(strstr(strbuf_text(&findings.text), layout_field_name(i)));
		nlines++;
	}
	assert_int_equal(nlines, sizeof(struct pbp_layout) / sizeof(uint32_t));
	snprintf(expected, sizeof(expected), "%s%*s 16  derived\n", layout_field_name(1),
		 (int)(26 - strlen(layout_field_name(1)) + 4), "");
	assert_non_null(strstr(strbuf_text(&findings.text), expected));
	findings_done(&findings);
}

static void thread_states_are_counted_and_listed_up_to_a_limit(void **state)
{
	struct python_thread threads[DOCTOR_THREADS_SHOWN + 3] = {
		{ 0x1000, 0x2000, 0x3000, true, true },
		{ 0x1100, 0x2000, 0x3100, true, false },
	};
	const ssize_t nthreads = DOCTOR_THREADS_SHOWN + 3;
	struct findings findings;
	const char *text;

	(void)state;
	findings_init(&findings, 13, false);
	doctor_threads(threads, nthreads, 0, &findings);
	text = strbuf_text(&findings.text);
	assert_non_null(
		strstr(text, "ok  thread states  19, 2 of them in Python code, 1 active\n"));
	assert_non_null(strstr(text,
			       "0x1000 of interpreter 0x2000, thread id 0x3000: in Python code, "
			       "active\n"));
	assert_non_null(strstr(text, "thread id 0x3100: in Python code\n"));
	assert_non_null(strstr(text, ": not in Python code\n"));
	assert_non_null(strstr(text, "and 3 more, which -v lists\n"));
	strbuf_clear(&findings.text);
	doctor_threads(threads, nthreads, 1, &findings);
	assert_null(strstr(strbuf_text(&findings.text), "more"));
	assert_int_equal(findings.nrefusals, 0);
	doctor_threads(threads, -ESRCH, 0, &findings);
	assert_non_null(strstr(strbuf_text(&findings.text), "cannot be read: No such process"));
	assert_int_equal(findings.nrefusals, 1);
	findings_done(&findings);
}

/* ---- the JIT ---- */

#define EXECUTOR_OFF 64

/* Whose thread state's executor is not 0: the address in the context. */
static int read_executor(void *context, uint64_t addr, void *buffer, size_t size)
{
	uint64_t executor = addr - EXECUTOR_OFF == *(const uint64_t *)context;

	assert_int_equal(size, sizeof(executor));
	memcpy(buffer, &executor, size);
	return 0;
}

static const char *jit_text(const struct python_process *process, uint64_t in_jit,
			    const struct maps *maps)
{
	static char text[FINDING_TEXT_SIZE];
	struct python_thread threads[2] = { { .tstate_addr = 0x10000 },
					    { .tstate_addr = 0x20000 } };
	struct memory memory = { .read = read_executor, .context = &in_jit };
	struct findings findings;

	findings_init(&findings, 3, false);
	doctor_jit(&memory, process, maps, threads, 2, &findings);
	snprintf(text, sizeof(text), "%s", strbuf_text(&findings.text));
	findings_done(&findings);
	return text;
}

static void the_jit_shows_in_thread_states_or_in_memory(void **state)
{
	static const char map[] = "1000-2000 r-xp 00000000 00:00 0\n";
	static const char named_map[] = "1000-2000 r-xp 00000000 00:00 0 [anon:cpython:jit]\n";
	static const char no_jit_map[] =
		"1000-2000 rw-p 00000000 00:00 0\n"
		"3000-4000 r-xp 00000000 00:00 0 [vdso]\n"
		"4000-5000 r-xp 00000000 00:00 0 [anon:cpython:perf_trampoline]\n"
		"5000-6000 r-xp 00000000 08:01 7 /lib/x.so\n";
	struct python_process process = a_process();
	struct maps with, named, without;

	(void)state;
	assert_int_equal(maps_parse(map, strlen(map), &with, NULL), 0);
	assert_int_equal(maps_parse(named_map, strlen(named_map), &named, NULL), 0);
	assert_int_equal(maps_parse(no_jit_map, strlen(no_jit_map), &without, NULL), 0);
	assert_string_equal(jit_text(&process, 0x20000, &with), "");
	process.target.layout.tstate_executor = EXECUTOR_OFF;
	assert_non_null(
		strstr(jit_text(&process, 0x20000, &without), "ok  JIT  at work: 1 thread "));
	assert_non_null(strstr(jit_text(&process, 0, &with), "--  JIT  perhaps"));
	assert_non_null(strstr(jit_text(&process, 0, &named), "ok  JIT  at work: it has"));
	assert_string_equal(jit_text(&process, 0, &without), "ok  JIT  not at work\n");
	assert_string_equal(jit_text(&process, 0, NULL), "--  JIT  not known\n");
	maps_done(&with);
	maps_done(&named);
	maps_done(&without);
}

/* ---- the host's Pythons ---- */

#define DIGITS_64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

/* What the reader says of one that is supported; static, as it is large. */
static struct reader_process *a_python(pid_t pid)
{
	static struct reader_process process;

	memset(&process, 0, sizeof(process));
	process.pid = process.facts.id.pid = pid;
	strcpy(process.facts.comm, "python3");
	strcpy(process.cgroup, "0::/user.slice\n");
	process.process = a_process();
	return &process;
}

static struct reader_process *refused(pid_t pid, int code, const char *message)
{
	struct reader_process *process = a_python(pid);

	memset(&process->process, 0, sizeof(process->process));
	process->code = code;
	err_set(&process->err, code, "%s", message);
	return process;
}

static const char *pythons_text(struct doctor_pythons *pythons)
{
	static char text[65536];
	struct findings findings;

	findings_init(&findings, 16, false);
	doctor_pythons_write(pythons, false, &findings);
	assert_int_equal(findings.nrefusals, 0);
	assert_int_equal(strbuf_error(&findings.text), 0);
	assert_true(findings.text.length < sizeof(text));
	strcpy(text, strbuf_text(&findings.text));
	findings_done(&findings);
	doctor_pythons_done(pythons);
	return text;
}

static void every_python_has_a_line_in_the_order_of_pids(void **state)
{
	struct doctor_pythons pythons;
	struct reader_process *process;

	(void)state;
	doctor_pythons_init(&pythons, "/no such folder");
	process = a_python(1234567);
	process->process.build.debug = true;
	process->process.build.from_memory = true;
	strcpy(process->cgroup, "0::/docker/" DIGITS_64 "\n");
	doctor_pythons_add(&pythons, process);
	doctor_pythons_add(&pythons, a_python(812));
	assert_string_equal(pythons_text(&pythons),
			    "ok  Python processes  2, supported\n"
			    "        PID  NAME     VERSION        CONTAINER     FOUND BY           "
			    "IN FILE                 SUPPORTED\n"
			    "        812  python3  9.8.7          host          symbol _PyRuntime  "
			    "/usr/bin/python         yes\n"
			    "    1234567  python3  9.8.7 (debug)  0123456789ab  symbol _PyRuntime  "
			    "/usr/bin/python (gone)  yes\n");
}

static void every_way_of_finding_is_told_apart_in_the_list(void **state)
{
	char texts[PYTHON_FOUND_DECODED + 1][1024];

	(void)state;
	for (int i = 0; i <= PYTHON_FOUND_DECODED; i++) {
		struct doctor_pythons pythons;
		struct reader_process *process = a_python(1);

		doctor_pythons_init(&pythons, "/no such folder");
		process->process.build.found = (enum python_found)i;
		doctor_pythons_add(&pythons, process);
		snprintf(texts[i], sizeof(texts[i]), "%s", pythons_text(&pythons));
		assert_non_null(strstr(texts[i], "  /usr/bin/python  yes\n"));
		for (int j = 0; j < i; j++)
			assert_string_not_equal(texts[i], texts[j]);
	}
}

static void what_cannot_be_sampled_has_its_reason_in_its_line(void **state)
{
	struct doctor_pythons pythons;
	struct reader_process *silent;
	const char *text;

	(void)state;
	doctor_pythons_init(&pythons, "/no such folder");
	doctor_pythons_add(&pythons, refused(7, -ENOTSUP, "pid 7: CPython 9.9 is not supported"));
	doctor_pythons_add(&pythons, refused(77, -EAGAIN, "pid 7: starting"));
	doctor_pythons_add(&pythons, refused(8, -EBADMSG, ""));
	doctor_pythons_add(&pythons, a_python(9));
	/* One that does not answer says nothing of itself either. */
	silent = refused(6, -ETIMEDOUT, "pid 6: did not answer");
	silent->facts = (struct process_facts){ 0 };
	silent->cgroup[0] = '\0';
	doctor_pythons_add(&pythons, silent);
	text = pythons_text(&pythons);
	assert_non_null(strstr(text, "--  Python processes  5, of which 1 is supported\n"));
	assert_non_null(strstr(
		text, "      6  -        -        -          -                  -                "
		      "no: did not answer\n"));
	assert_non_null(strstr(text, "  no: CPython 9.9 is not supported\n"));
	assert_non_null(strstr(text, "  no: pid 7: starting\n"));
	assert_non_null(strstr(text, "  no: Bad message\n"));
}

static void processes_that_are_no_python_are_counted(void **state)
{
	static const struct {
		int code;
		bool kernel, zombie;
	} others[] = {
		{ -ENOENT, false, false }, { -ENOENT, false, false }, { -ENOENT, false, false },
		{ -EINVAL, true, false },  { -EINVAL, true, false },  { -EINVAL, false, true },
		{ -ESRCH, false, false },  { -EPERM, false, false },
	};
	struct doctor_pythons pythons;

	(void)state;
	doctor_pythons_init(&pythons, "/no such folder");
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		struct reader_process *process = refused((pid_t)i + 1, others[i].code, "x");

		process->facts.kernel_thread = others[i].kernel;
		process->facts.zombie = others[i].zombie;
		doctor_pythons_add(&pythons, process);
	}
	pythons.nleft = 5;
	assert_string_equal(
		pythons_text(&pythons),
		"--  Python processes  none\n"
		"                      3 processes are no Python, 2 are threads of the kernel, 2 have "
		"ended, 1 may not be looked at (Operation not permitted), 5 were not looked at, as "
		"others did not answer in time\n");
	doctor_pythons_init(&pythons, "");
	doctor_pythons_add(&pythons, refused(1, -ENOENT, "x"));
	assert_non_null(strstr(pythons_text(&pythons), " 1 process is no Python\n"));
}

/* Columns of the widest line, and no line but those that were meant. */
static void hostile_texts_neither_break_nor_widen_the_list(void **state)
{
	struct doctor_pythons pythons;
	struct reader_process *process = a_python(5);
	const char *line;
	size_t nlines = 0;
	char *text;

	(void)state;
	doctor_pythons_init(&pythons, "/no such folder");
	memset(process->facts.comm, '\n', sizeof(process->facts.comm) - 1);
	memset(process->process.build.found_in, '\033',
	       sizeof(process->process.build.found_in) - 1);
	snprintf(process->cgroup, sizeof(process->cgroup), "0::/lxc.payload.%s\n",
		 "a\033[2J\r" DIGITS_64 DIGITS_64);
	doctor_pythons_add(&pythons, process);
	process = refused(6, -ENOTSUP, "");
	memset(process->err.message, '\t', sizeof(process->err.message) - 1);
	doctor_pythons_add(&pythons, process);
	text = strdup(pythons_text(&pythons));
	assert_non_null(text);
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		assert_true(table_columns(line) <= 340);
		for (const char *c = line; *c; c++)
			assert_true((unsigned char)*c >= ' ' && *c != 0x7f);
		nlines++;
	}
	assert_int_equal(nlines, 4);
	free(text);
}

/* ---- the list ---- */

static void nothing_of_a_process_reaches_the_terminal_as_it_is(void **state)
{
	struct findings findings;

	(void)state;
	findings_init(&findings, 4, false);
	findings_add(&findings, FINDING_NO, "evil", "%s", "\033[2Ja\nok  fake\x9b");
	findings_detail(&findings, "%s", "b\r\x7f");
	assert_string_equal(strbuf_text(&findings.text), "no  evil  \\x1b[2Ja\\x0aok  fake\\x9b\n"
							 "          b\\x0d\\x7f\n");
	findings_done(&findings);
}

static void long_sentences_are_cut_and_long_labels_push(void **state)
{
	static char sentence[2 * FINDING_TEXT_SIZE];
	struct findings findings;

	(void)state;
	memset(sentence, 'x', sizeof(sentence) - 1);
	findings_init(&findings, 2, false);
	findings_add(&findings, FINDING_NOTE, "label", "y");
	assert_string_equal(strbuf_text(&findings.text), "--  label  y\n");
	findings_detail(&findings, "%s", sentence);
	assert_true(strlen(strbuf_text(&findings.text)) < FINDING_TEXT_SIZE + 32);
	findings_done(&findings);
}

static void colours_are_on_the_mark_only_and_only_when_asked_for(void **state)
{
	static const enum finding all[] = { FINDING_OK, FINDING_NO, FINDING_NOTE };
	static const char *const marks[] = { "ok", "no", "--" };
	char begins[3][16];
	struct findings findings;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		const char *text, *mark;

		findings_init(&findings, 1, true);
		findings_add(&findings, all[i], "a", "b");
		text = strbuf_text(&findings.text);
		mark = strstr(text, marks[i]);
		assert_non_null(mark);
		snprintf(begins[i], sizeof(begins[i]), "%.*s", (int)(mark - text), text);
		assert_memory_equal(begins[i], "\033[", 2);
		assert_string_equal(mark + 2, "\033[0m  a  b\n");
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(begins[i], begins[j]);
		findings_done(&findings);
	}
}

/* ---- the verb ---- */

/* The options of these arguments; a refusal shows in err. */
static struct options parse(char *first, char *second, char *third, struct err *err)
{
	char program[] = "pybpfprof";
	char *argv[] = { program, first, second, third, NULL };
	struct options options = { 0 };
	int argc = 1;

	while (argv[argc])
		argc++;
	*err = (struct err){ 0 };
	options_parse(&options, argc, argv, err);
	return options;
}

#define WORD(text) ((char[]){ text })

static void the_verb_may_be_cut_and_needs_no_process(void **state)
{
	struct err err;
	struct options options = parse(WORD("doctor"), NULL, NULL, &err);

	(void)state;
	assert_int_equal(err.code, 0);
	assert_int_equal(options.verb, OPTIONS_DOCTOR);
	assert_int_equal(options.npids, 0);
	options = parse(WORD("do"), WORD("-vp"), WORD("7,8"), &err);
	assert_int_equal(err.code, 0);
	assert_int_equal(options.verb, OPTIONS_DOCTOR);
	assert_int_equal(options.npids, 2);
	assert_int_equal(options.pids[0], 7);
	assert_int_equal(options.pids[1], 8);
	assert_int_equal(options.verbose, 1);
	options = parse(WORD("-p"), WORD("7"), WORD("doc"), &err);
	assert_int_equal(options.verb, OPTIONS_DOCTOR);
	options = parse(WORD("-p"), WORD("7"), NULL, &err);
	assert_int_equal(options.verb, OPTIONS_SAMPLE);
}

static void other_words_are_refused(void **state)
{
	static char words[][16] = { "doctors", "docter", "", "octor" };
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		parse(words[i], NULL, NULL, &err);
		assert_int_equal(err.code, -EINVAL);
		assert_non_null(strstr(err.message, "is no verb"));
		assert_int_equal(strstr(err.hint, "'doctor'") != NULL, *words[i] != 0);
	}
	parse(WORD("doctor"), WORD("doctor"), NULL, &err);
	assert_non_null(strstr(err.message, "too many"));
	parse(WORD("doctor"), WORD("812"), NULL, &err);
	assert_non_null(strstr(err.hint, "-p 812"));
	assert_int_equal(parse(WORD("--"), WORD("doctor"), NULL, &err).verb, OPTIONS_SAMPLE);
}

static void what_only_sampling_takes_is_refused(void **state)
{
	struct err err;

	(void)state;
	parse(WORD("doctor"), WORD("-d"), WORD("3"), &err);
	assert_non_null(strstr(err.message, "--duration"));
	assert_non_null(strstr(err.hint, "--pid"));
	assert_null(strstr(err.hint, "--rate"));
	parse(WORD("--ascii"), WORD("doctor"), NULL, &err);
	assert_non_null(strstr(err.message, "--ascii"));
	parse(WORD("--no-color"), WORD("doctor"), NULL, &err);
	assert_int_equal(err.code, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_healthy_host_has_no_complaint),
		cmocka_unit_test(every_missing_need_is_a_refusal_with_a_remedy),
		cmocka_unit_test(a_program_that_does_not_load_gives_its_own_reason),
		cmocka_unit_test(what_only_makes_things_poorer_is_a_note),
		cmocka_unit_test(a_cause_is_blamed_only_where_there_is_a_failure),
		cmocka_unit_test(the_memory_lock_limit_is_told_of_old_kernels_only),
		cmocka_unit_test(ptrace_scope_binds_those_without_the_capability),
		cmocka_unit_test(missing_privileges_end_in_the_ways_to_get_them),
		cmocka_unit_test(the_mode_of_lockdown_stands_between_brackets),
		cmocka_unit_test(a_build_is_told_by_its_flavour_and_its_runtime),
		cmocka_unit_test(an_assumed_version_is_marked),
		cmocka_unit_test(every_way_of_finding_has_words_of_its_own),
		cmocka_unit_test(offsets_are_counted_by_origin_and_listed_on_demand),
		cmocka_unit_test(thread_states_are_counted_and_listed_up_to_a_limit),
		cmocka_unit_test(the_jit_shows_in_thread_states_or_in_memory),
		cmocka_unit_test(every_python_has_a_line_in_the_order_of_pids),
		cmocka_unit_test(every_way_of_finding_is_told_apart_in_the_list),
		cmocka_unit_test(what_cannot_be_sampled_has_its_reason_in_its_line),
		cmocka_unit_test(processes_that_are_no_python_are_counted),
		cmocka_unit_test(hostile_texts_neither_break_nor_widen_the_list),
		cmocka_unit_test(nothing_of_a_process_reaches_the_terminal_as_it_is),
		cmocka_unit_test(long_sentences_are_cut_and_long_labels_push),
		cmocka_unit_test(colours_are_on_the_mark_only_and_only_when_asked_for),
		cmocka_unit_test(the_verb_may_be_cut_and_needs_no_process),
		cmocka_unit_test(other_words_are_refused),
		cmocka_unit_test(what_only_sampling_takes_is_refused),
	};

	return cmocka_run_group_tests_name("doctor", tests, NULL, NULL);
}

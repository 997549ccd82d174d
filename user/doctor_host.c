/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the facts about this kernel and our privileges mean for sampling, with the remedy where there is one. Asks
 * nobody anything, so that every answer can be tested on any machine.
 */
#include "doctor_host.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "base/clock.h"
#include "doctor_list.h"

/* What the BPF program needs, as the README says; kernels below it charge BPF maps to RLIMIT_MEMLOCK. */
#define KERNEL_MAJOR 5
#define KERNEL_MINOR 11

/* Below this the maps do not fit: the ring buffer alone has 4 MB (user/capture/capture.c). */
#define MEMLOCK_BYTES (64ULL << 20)

static bool lacks(const struct host_facts *facts, const char *name)
{
	for (int i = 0; i < facts->nprivileges; i++) {
		if (!strcmp(facts->privileges[i].name, name))
			return !facts->privileges[i].held_as;
	}
	return false;
}

/* A means to an end that is reached all the same is only worth a note. */
static enum finding means(const struct host_facts *facts)
{
	return facts->load ? FINDING_NO : FINDING_NOTE;
}

static void judge_privileges(const struct host_facts *facts, struct findings *findings)
{
	for (int i = 0; i < facts->nprivileges; i++) {
		const struct privilege *privilege = &facts->privileges[i];

		if (privilege->held_as && facts->own_users == HOST_NO)
			findings_add(findings, FINDING_NOTE, privilege->name,
				     "to %s, but only in our user namespace", privilege->use);
		else if (privilege->held_as && strcmp(privilege->held_as, privilege->name) != 0)
			findings_add(findings, FINDING_OK, privilege->name,
				     "to %s; %s stands for it", privilege->use, privilege->held_as);
		else if (privilege->held_as)
			findings_add(findings, FINDING_OK, privilege->name, "to %s",
				     privilege->use);
		else
			findings_add(findings, privilege->needed ? FINDING_NO : FINDING_NOTE,
				     privilege->name,
				     "missing, to %s: run with sudo, or grant it with setcap",
				     privilege->use);
	}
	if (facts->nprivileges < 0)
		findings_add(findings, FINDING_NOTE, "capabilities", "not known: %s",
			     strerror(-facts->nprivileges));
}

static void judge_namespaces(const struct host_facts *facts, struct findings *findings)
{
	static const char unknown[] = "not known: is /proc mounted?";

	if (facts->own_users == HOST_YES)
		findings_add(findings, FINDING_OK, "user namespace", "the host's");
	else if (facts->own_users == HOST_NO)
		findings_add(findings, means(facts), "user namespace",
			     "not the host's, so capabilities held in it do not count for BPF: run "
			     "as root of the host (rootless containers cannot)");
	else
		findings_add(findings, FINDING_NOTE, "user namespace", "%s", unknown);
	if (facts->own_pids == HOST_YES)
		findings_add(findings, FINDING_OK, "PID namespace", "the host's");
	else if (facts->own_pids == HOST_NO)
		findings_add(
			findings, FINDING_NOTE, "PID namespace",
			"not the host's, so only the processes in it are seen and sampled: for all "
			"others run on the host, or in a container that has its PIDs (docker run "
			"--pid=host, hostPID: true)");
	else
		findings_add(findings, FINDING_NOTE, "PID namespace", "%s", unknown);
}

/* False also when the release does not begin with a version. */
static bool kernel_is_old(const char *release)
{
	unsigned major, minor;

	return sscanf(release, "%u.%u", &major, &minor) == 2 &&
	       (major < KERNEL_MAJOR || (major == KERNEL_MAJOR && minor < KERNEL_MINOR));
}

static void judge_kernel(const struct host_facts *facts, struct findings *findings)
{
	bool old = kernel_is_old(facts->release);

	if (old)
		findings_add(findings, means(facts), "kernel",
			     "Linux %s, older than %d.%d: use a newer one", facts->release,
			     KERNEL_MAJOR, KERNEL_MINOR);
	else
		findings_add(findings, FINDING_OK, "kernel", "Linux %s, %d.%d or later is needed",
			     facts->release, KERNEL_MAJOR, KERNEL_MINOR);
	if (old && facts->memlock < MEMLOCK_BYTES)
		findings_add(findings, means(facts), "memory lock limit",
			     "%" PRIu64 " kB, to which a kernel this old charges BPF maps: ulimit "
			     "-l unlimited",
			     facts->memlock >> 10);
	if (facts->btf)
		findings_add(findings, FINDING_NO, "BTF",
			     "cannot read /sys/kernel/btf/vmlinux: %s: use a kernel built with "
			     "CONFIG_DEBUG_INFO_BTF=y, as those of the large distributions are",
			     strerror(-facts->btf));
	else
		findings_add(findings, FINDING_OK, "BTF", "/sys/kernel/btf/vmlinux");
	if (!*facts->lockdown)
		findings_add(findings, FINDING_NOTE, "lockdown",
			     "not known: no /sys/kernel/security/lockdown");
	else if (!strcmp(facts->lockdown, "confidentiality"))
		findings_add(findings, means(facts), "lockdown",
			     "confidentiality, under which BPF may not read memory: boot with "
			     "lockdown=integrity");
	else
		findings_add(findings, FINDING_OK, "lockdown", "%s", facts->lockdown);
}

static void judge_program(const struct host_facts *facts, struct findings *findings)
{
	uint64_t ms = (facts->load_ns + 500000) / 1000000;

	if (facts->ring_buffer)
		findings_add(
			findings, FINDING_NO, "BPF ring buffer", "%s: %s",
			strerror(-facts->ring_buffer),
			facts->ring_buffer == -EPERM || facts->ring_buffer == -EACCES
				? "CAP_BPF is missing, or a container's seccomp profile forbids "
				  "bpf(): use a privileged one"
				: "Linux 5.8 or later with CONFIG_BPF_SYSCALL is needed");
	else
		findings_add(findings, FINDING_OK, "BPF ring buffer", "can be made");
	if (facts->load)
		findings_add(findings, FINDING_NO, "BPF program", "%s%s%s", facts->load_err.message,
			     *facts->load_err.hint ? ": " : "", facts->load_err.hint);
	else if (facts->verified)
		findings_add(findings, FINDING_OK, "BPF program",
			     "verified and loaded in %" PRIu64
			     " ms: the verifier went through %" PRIu64 " instructions",
			     ms, facts->verified);
	else
		findings_add(findings, FINDING_OK, "BPF program",
			     "verified and loaded in %" PRIu64 " ms", ms);
	if (facts->load)
		findings_add(findings, FINDING_NOTE, "BPF statistics",
			     "not tried, for the program is not loaded");
	else if (facts->cost)
		findings_add(findings, FINDING_NOTE, "BPF statistics",
			     "not for us, so reports lack what a sample costs in the kernel: grant "
			     "CAP_SYS_ADMIN, or sysctl kernel.bpf_stats_enabled=1");
	else
		findings_add(findings, FINDING_OK, "BPF statistics",
			     "kept: reports say what a sample costs in the kernel");
}

static void judge_events(const struct host_facts *facts, struct findings *findings)
{
	if (facts->event)
		findings_add(findings, FINDING_NO, "CPU clock events",
			     "cannot be opened on CPU %d: %s: %s", facts->event_cpu,
			     strerror(-facts->event),
			     facts->event == -EPERM || facts->event == -EACCES
				     ? "CAP_PERFMON is missing, or a container's seccomp profile "
				       "forbids perf_event_open(): use a privileged one"
				     : "a kernel with CONFIG_PERF_EVENTS is needed");
	else
		findings_add(findings, facts->nevents ? FINDING_OK : FINDING_NO, "CPU clock events",
			     "on %u CPU%s", facts->nevents, facts->nevents == 1 ? "" : "s");
	if (facts->load || facts->event)
		findings_add(findings, FINDING_NOTE, "attached",
			     "not tried: first the program, or the events");
	else if (facts->attach)
		findings_add(findings, FINDING_NO, "attached", "%s%s%s", facts->attach_err.message,
			     *facts->attach_err.hint ? ": " : "", facts->attach_err.hint);
	else
		findings_add(findings, FINDING_OK, "attached",
			     "the program to the events of %u CPU%s, and taken away again",
			     facts->nattached, facts->nattached == 1 ? "" : "s");
}

static void judge_settings(const struct host_facts *facts, struct findings *findings)
{
	bool perfmon = !lacks(facts, "CAP_PERFMON");
	bool ptrace = !lacks(facts, "CAP_SYS_PTRACE");

	if (facts->perf_event_paranoid == HOST_SETTING_ABSENT)
		findings_add(findings, FINDING_NOTE, "perf_event_paranoid",
			     "not known: no /proc/sys/kernel/perf_event_paranoid");
	else
		findings_add(findings, perfmon ? FINDING_OK : FINDING_NOTE, "perf_event_paranoid",
			     perfmon ? "%d, which does not bind CAP_PERFMON"
				     : "%d, which binds us: CAP_PERFMON is what is needed",
			     facts->perf_event_paranoid);
	/* security/yama/yama_lsm.c: YAMA_SCOPE_NO_ATTACH holds for everybody; lower ones spare CAP_SYS_PTRACE. */
	if (facts->ptrace_scope == HOST_SETTING_ABSENT)
		findings_add(findings, FINDING_OK, "ptrace_scope", "no Yama in this kernel");
	else if (facts->ptrace_scope >= 3)
		findings_add(findings, FINDING_NO, "ptrace_scope",
			     "%d: nobody may read another process's memory until the next boot; "
			     "set kernel.yama.ptrace_scope below 3 in /etc/sysctl.d and reboot",
			     facts->ptrace_scope);
	else
		findings_add(findings, ptrace || !facts->ptrace_scope ? FINDING_OK : FINDING_NOTE,
			     "ptrace_scope",
			     ptrace || !facts->ptrace_scope
				     ? "%d, which does not bind us"
				     : "%d, which binds us: CAP_SYS_PTRACE is what is needed",
			     facts->ptrace_scope);
}

void host_judge(const struct host_facts *facts, struct findings *findings)
{
	judge_privileges(facts, findings);
	judge_namespaces(facts, findings);
	judge_kernel(facts, findings);
	judge_program(facts, findings);
	judge_events(facts, findings);
	judge_settings(facts, findings);
	if (!findings->nrefusals) {
		findings_add(findings, FINDING_OK, "sampling",
			     "works here; whether a certain process is read, doctor -p PID says");
		return;
	}
	findings_add(findings, FINDING_NO, "sampling", "does not work here, for the reason%s above",
		     findings->nrefusals == 1 ? "" : "s");
	if (facts->privileged)
		findings_detail(findings, "hint: %s", facts->privileges_err.hint);
}

void host_parse_lockdown(const char *text, char *ret_mode, size_t capacity)
{
	const char *begin = strchr(text, '['), *end = begin ? strchr(begin, ']') : NULL;
	size_t length = end ? (size_t)(end - begin) - 1 : 0;

	if (length >= capacity)
		length = 0;
	memcpy(ret_mode, begin ? begin + 1 : text, length);
	ret_mode[length] = '\0';
}

void doctor_host(struct findings *findings)
{
	struct host_facts facts;

	host_facts_read(&facts);
	host_judge(&facts, findings);
}

bool doctor_host_allows(void)
{
	struct findings findings;
	bool allows;

	findings_init(&findings, 0, false);
	doctor_host(&findings);
	allows = !findings.nrefusals;
	findings_done(&findings);
	return allows;
}

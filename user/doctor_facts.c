/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Asks the kernel what it allows, by trying wherever trying is possible: settings promise, a loaded program proves.
 * Must not know what an answer means; that is doctor_host.c.
 */
#include "doctor_host.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/clock.h"
#include "capture/capture.h"
#include "capture/source.h"
#include "proc/pid_namespace.h"

/* Inode number of the first user namespace, which never changes: include/linux/proc_ns.h. */
#define FIRST_USER_NAMESPACE 0xEFFFFFFDU

/* What the trial asks for: the smallest ring, and a tick that does not come while we look. */
#define TRIAL_RING_BYTES ((uint32_t)sysconf(_SC_PAGESIZE))
#define TRIAL_PERIOD_NS	 CLOCK_NS_PER_SECOND
#define TRIAL_DEPTH	 128

/* Of a file under /proc or /sys, its first bytes as text. 0 or a negative errno. */
static int read_text(const char *path, char *buffer, size_t capacity)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buffer, capacity - 1);
	int code = n < 0 ? -errno : 0;

	if (fd >= 0)
		close(fd);
	buffer[n < 0 ? 0 : n] = '\0';
	return code;
}

static int32_t read_setting(const char *path)
{
	char text[32], *end;
	long value;

	if (read_text(path, text, sizeof(text)))
		return HOST_SETTING_ABSENT;
	value = strtol(text, &end, 10);
	return end == text || value < -INT16_MAX || value > INT16_MAX ? HOST_SETTING_ABSENT
								      : (int32_t)value;
}

static enum host_answer are_users_the_hosts(void)
{
	struct stat stat_of;

	if (stat("/proc/self/ns/user", &stat_of))
		return HOST_UNKNOWN;
	return stat_of.st_ino == FIRST_USER_NAMESPACE ? HOST_YES : HOST_NO;
}

static enum host_answer are_pids_the_hosts(void)
{
	struct pid_namespace namespace;

	pid_namespace_read(&namespace);
	if (!namespace.known)
		return HOST_UNKNOWN;
	return namespace.initial ? HOST_YES : HOST_NO;
}

/* By the system call itself: which maps there are is no secret of the capture folder, how ours are made is. */
static int try_ring_buffer(void)
{
	union bpf_attr attr;
	long fd;

	memset(&attr, 0, sizeof(attr));
	attr.map_type = BPF_MAP_TYPE_RINGBUF;
	attr.max_entries = TRIAL_RING_BYTES;
	fd = syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
	if (fd < 0)
		return -errno;
	close((int)fd);
	return 0;
}

/* What our descriptors say of the programs behind them (kernel/bpf/syscall.c: bpf_prog_show_fdinfo(), Linux 5.16). */
static uint64_t count_verified(void)
{
	DIR *folder = opendir("/proc/self/fdinfo");
	unsigned long long value;
	const struct dirent *entry;
	uint64_t total = 0;
	char path[300], text[1024];

	while (folder && (entry = readdir(folder))) {
		const char *found;

		snprintf(path, sizeof(path), "/proc/self/fdinfo/%s", entry->d_name);
		if (read_text(path, text, sizeof(text)))
			continue;
		found = strstr(text, "\nverified_insns:");
		if (found && sscanf(found, "\nverified_insns: %llu", &value) == 1)
			total += value;
	}
	if (folder)
		closedir(folder);
	return total;
}

static void try_program(struct host_facts *facts)
{
	struct capture_settings settings = { .period_ns = TRIAL_PERIOD_NS,
					     .max_depth = TRIAL_DEPTH };
	struct capture_handlers handlers = { 0 };
	struct capture *capture = NULL;
	uint64_t began_ns = clock_monotonic_ns(), ns, runs;

	facts->load = capture_new(&settings, &handlers, &capture, &facts->load_err);
	facts->load_ns = clock_monotonic_ns() - began_ns;
	if (facts->load)
		return;
	facts->verified = count_verified();
	facts->cost = capture_cost(capture, &ns, &runs);
	if (!facts->event) {
		facts->attach = capture_attach(capture, NULL, 0, &facts->attach_err);
		facts->nattached = capture_ncpus(capture);
	}
	capture_free(capture);
}

static void try_events(struct host_facts *facts)
{
	long ncpus = sysconf(_SC_NPROCESSORS_CONF);

	for (int cpu = 0; cpu < ncpus; cpu++) {
		int fd = event_sources[0]->open(cpu, TRIAL_PERIOD_NS);

		if (fd >= 0) {
			facts->nevents++;
			close(fd);
		} else if (fd != -ENODEV && !facts->event) {
			facts->event = fd;
			facts->event_cpu = cpu;
		}
	}
}

void host_facts_read(struct host_facts *ret_facts)
{
	struct host_facts facts = { 0 };
	struct utsname name;
	struct rlimit limit;
	char text[128];

	if (!uname(&name))
		snprintf(facts.release, sizeof(facts.release), "%s", name.release);
	facts.nprivileges = privileges_read(facts.privileges, NULL);
	facts.privileged = privileges_check(&facts.privileges_err);
	facts.own_users = are_users_the_hosts();
	facts.own_pids = are_pids_the_hosts();
	facts.btf = access("/sys/kernel/btf/vmlinux", R_OK) ? -errno : 0;
	facts.ring_buffer = try_ring_buffer();
	try_events(&facts);
	try_program(&facts);
	facts.perf_event_paranoid = read_setting("/proc/sys/kernel/perf_event_paranoid");
	facts.ptrace_scope = read_setting("/proc/sys/kernel/yama/ptrace_scope");
	if (!read_text("/sys/kernel/security/lockdown", text, sizeof(text)))
		host_parse_lockdown(text, facts.lockdown, sizeof(facts.lockdown));
	facts.memlock = getrlimit(RLIMIT_MEMLOCK, &limit) ? RLIM_INFINITY : limit.rlim_cur;
	*ret_facts = facts;
}

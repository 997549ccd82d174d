/* SPDX-License-Identifier: GPL-2.0-only */
/* Asks the kernel for our effective capabilities and names those that are missing. */
#include "proc/privileges.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>

/* In words, what each is for; a capability that stands for it too, -1: none. */
static const struct {
	cap_value_t capability, instead;
	const char *name, *use;
} needed[] = {
	{ CAP_BPF, CAP_SYS_ADMIN, "CAP_BPF", "load the BPF program" },
	{ CAP_PERFMON, CAP_SYS_ADMIN, "CAP_PERFMON", "open perf events and read stacks" },
	{ CAP_SYS_PTRACE, -1, "CAP_SYS_PTRACE", "look at other users' processes" },
};

static bool effective(cap_t capabilities, cap_value_t capability)
{
	cap_flag_value_t value = CAP_CLEAR;

	return capability >= 0 && !cap_get_flag(capabilities, capability, CAP_EFFECTIVE, &value) &&
	       value == CAP_SET;
}

int privileges_check(struct err *err)
{
	cap_t capabilities = cap_get_proc();
	char missing[256] = "";
	size_t length = 0;

	if (!capabilities)
		return err_set(err, -errno, "cannot read our own capabilities: %s",
			       strerror(errno));
	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++) {
		if (effective(capabilities, needed[i].capability) ||
		    effective(capabilities, needed[i].instead))
			continue;
		length += (size_t)snprintf(missing + length, sizeof(missing) - length, "%s%s (%s)",
					   length ? ", " : "", needed[i].name, needed[i].use);
	}
	cap_free(capabilities);
	if (!length)
		return 0;
	err_set(err, -EPERM, "missing privileges: %s", missing);
	err_hint(err, "run it with sudo; or once: sudo setcap "
		      "cap_bpf,cap_perfmon,cap_sys_ptrace+ep $(command -v pybpfprof); "
		      "or in a container: one that is privileged and has the host's PIDs");
	return -EPERM;
}

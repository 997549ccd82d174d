/* SPDX-License-Identifier: GPL-2.0-only */
/* Asks the kernel for our effective capabilities, names those that are missing, and gives them up. */
#include "proc/privileges.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/capability.h>
#include <unistd.h>

/* In words, what each is for; a capability that stands for it too, NULL: none. */
static const struct {
	cap_value_t capability, instead;
	const char *name, *use;
	bool needed;
	const char *instead_name;
} known[] = {
	{ CAP_BPF, CAP_SYS_ADMIN, "CAP_BPF", "load the BPF program", true, "CAP_SYS_ADMIN" },
	{ CAP_PERFMON, CAP_SYS_ADMIN, "CAP_PERFMON", "open perf events and read stacks", true,
	  "CAP_SYS_ADMIN" },
	{ CAP_SYS_PTRACE, -1, "CAP_SYS_PTRACE", "look at other users' processes", true, NULL },
	/* fs/proc/base.c: proc_map_files_get_link() */
	{ CAP_CHECKPOINT_RESTORE, CAP_SYS_ADMIN, "CAP_CHECKPOINT_RESTORE",
	  "open programs and libraries that were replaced since they started", false,
	  "CAP_SYS_ADMIN" },
};

_Static_assert(sizeof(known) / sizeof(*known) == PRIVILEGES_MAX, "the header says how many");

static bool effective(cap_t capabilities, cap_value_t capability)
{
	cap_flag_value_t value = CAP_CLEAR;

	return capability >= 0 && !cap_get_flag(capabilities, capability, CAP_EFFECTIVE, &value) &&
	       value == CAP_SET;
}

int privileges_read(struct privilege ret_privileges[PRIVILEGES_MAX], struct err *err)
{
	cap_t capabilities = cap_get_proc();

	if (!capabilities)
		return err_set(err, -errno, "cannot read our own capabilities: %s",
			       strerror(errno));
	for (size_t i = 0; i < PRIVILEGES_MAX; i++) {
		const char *held_as = NULL;

		if (effective(capabilities, known[i].capability))
			held_as = known[i].name;
		else if (effective(capabilities, known[i].instead))
			held_as = known[i].instead_name;
		ret_privileges[i] = (struct privilege){ .name = known[i].name,
							.use = known[i].use,
							.needed = known[i].needed,
							.held_as = held_as };
	}
	cap_free(capabilities);
	return PRIVILEGES_MAX;
}

int privileges_check(struct err *err)
{
	struct privilege privileges[PRIVILEGES_MAX];
	char missing[256] = "";
	size_t length = 0;
	int n = privileges_read(privileges, err);

	if (n < 0)
		return n;
	for (int i = 0; i < n; i++) {
		if (privileges[i].needed && !privileges[i].held_as)
			length += (size_t)snprintf(missing + length, sizeof(missing) - length,
						   "%s%s (%s)", length ? ", " : "",
						   privileges[i].name, privileges[i].use);
	}
	if (!length)
		return 0;
	err_set(err, -EPERM, "missing privileges: %s", missing);
	err_hint(err, "run it with sudo; or once: sudo setcap "
		      "cap_bpf,cap_perfmon,cap_sys_ptrace+ep $(command -v pybpfprof); "
		      "or in a container: one that is privileged and has the host's PIDs");
	return -EPERM;
}

int privileges_drop(struct err *err)
{
	cap_t none;
	int code = 0;

	if (geteuid() == 0)
		return 0;
	none = cap_init();
	if (!none || cap_set_proc(none))
		code = err_set(err, -errno, "cannot give up our capabilities: %s", strerror(errno));
	cap_free(none);
	return code;
}

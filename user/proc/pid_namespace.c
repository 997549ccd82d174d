/* SPDX-License-Identifier: GPL-2.0-only */
/* Asks /proc which PID namespace we are in, and where the host's files are. Must not know what pids are used for. */
#include "proc/pid_namespace.h"

#include <sys/stat.h>

/* The number of the first one, which never changes: include/linux/proc_ns.h, PROC_PID_INIT_INO. */
#define INITIAL_NUMBER 0xEFFFFFFCU

#define HOST_ROOT "/proc/1/root"

void pid_namespace_read(struct pid_namespace *ret_namespace)
{
	struct pid_namespace namespace = { 0 };
	struct stat status;

	if (!stat("/proc/self/ns/pid", &status)) {
		namespace.known = true;
		namespace.number = (uint32_t)status.st_ino;
		namespace.initial = namespace.number == INITIAL_NUMBER;
	}
	*ret_namespace = namespace;
}

const char *pid_namespace_host_root(void)
{
	struct pid_namespace namespace;
	struct stat host, own;

	pid_namespace_read(&namespace);
	/* Elsewhere process 1 is one of our container's. */
	if (!namespace.initial || stat(HOST_ROOT "/", &host) || stat("/", &own))
		return "";
	return host.st_dev == own.st_dev && host.st_ino == own.st_ino ? "" : HOST_ROOT;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Asks the system once; nothing here changes while a run goes on. Knows no process. */
#include "run_facts.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

/* Of the kernel's random number for this boot, a line of 36 characters. Without it two boots have the same pids. */
static void read_boot_id(char *text, int size)
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	if (!file || !fgets(text, size, file))
		*text = 0;
	text[strcspn(text, "\n")] = 0;
	if (file)
		fclose(file);
}

void run_facts_read(struct run_facts *facts)
{
	char host[HOST_NAME_MAX + 1] = "", boot_id[64];
	struct utsname name;

	*facts = (struct run_facts){ .tool = "pybpfprof " PBP_VERSION };
	gethostname(host, sizeof(host) - 1);
	read_boot_id(boot_id, sizeof(boot_id));
	if (*host || *boot_id)
		snprintf(facts->machine, sizeof(facts->machine), "%s %s", host, boot_id);
	if (!uname(&name))
		snprintf(facts->system, sizeof(facts->system), "%s %s %s", name.sysname,
			 name.release, name.machine);
}

struct profile_run run_facts_run(const struct run_facts *facts)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (struct profile_run){
		.began_unix_ns = now.tv_sec * (int64_t)CLOCK_NS_PER_SECOND + now.tv_nsec,
		.tool = facts->tool,
		.machine = facts->machine,
		.system = facts->system,
	};
}

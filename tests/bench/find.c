/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How long finding the interpreter of a process takes, and what is read for it: the first time, when none of its
 * files was seen before, and again. Prints one line per pid.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "proc/maps.h"
#include "proc/memory.h"
#include "proc/procfs.h"
#include "python/binaries.h"
#include "python/detect.h"
#include "python/target.h"

struct cost {
	uint64_t ns, reads, bytes;
};

/* Read calls and bytes of this process so far (proc(5): syscr, rchar). */
static void read_io(struct cost *cost)
{
	FILE *io = fopen("/proc/self/io", "re");
	char line[128];

	while (io && fgets(line, sizeof(line), io)) {
		sscanf(line, "rchar: %" SCNu64, &cost->bytes);
		sscanf(line, "syscr: %" SCNu64, &cost->reads);
	}
	if (io)
		fclose(io);
}

/* One detection; /proc/self/io itself is one read each time. */
static int find(const struct process_facts *facts, struct cost *ret_cost)
{
	static struct python_builds builds;
	struct cost before = { 0 }, after = { 0 };
	struct memory memory = { 0 };
	struct err err = { 0 };
	uint64_t start;
	int code = memory_open_process(facts->id.pid, &memory);

	read_io(&before);
	start = clock_monotonic_ns();
	if (!code)
		code = detect_python(facts, &memory, 0, &builds, &err);
	ret_cost->ns = clock_monotonic_ns() - start;
	read_io(&after);
	ret_cost->reads = after.reads - before.reads - 1;
	ret_cost->bytes = after.bytes - before.bytes;
	memory_close(&memory);
	if (code)
		err_print(&err, "find", stderr);
	return code;
}

static int report(pid_t pid)
{
	struct process_facts facts;
	struct cost first, again;
	uint64_t nfiles = binaries_nread();
	struct err err = { 0 };

	if (procfs_read_process(pid, &facts, &err)) {
		err_print(&err, "find", stderr);
		return 1;
	}
	if (find(&facts, &first))
		return 1;
	nfiles = binaries_nread() - nfiles;
	if (find(&facts, &again))
		return 1;
	printf("%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
	       "\n",
	       nfiles, first.ns, first.reads, first.bytes, again.ns, again.reads, again.bytes);
	return 0;
}

int main(int argc, char **argv)
{
	int failed = 0;

	for (int i = 1; i < argc; i++) {
		binaries_forget();
		failed |= report((pid_t)strtol(argv[i], NULL, 10));
	}
	return failed;
}

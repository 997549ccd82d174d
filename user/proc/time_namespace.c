/* SPDX-License-Identifier: GPL-2.0-only */
/* Asks /proc which time namespace we are in, and by how much its clocks are shifted. Must not know who compares times. */
#include "proc/time_namespace.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

/* The number of the first one, which never changes: include/linux/proc_ns.h, PROC_TIME_INIT_INO. */
#define INITIAL_NUMBER 0xEFFFFFFAU

#define OFFSETS "/proc/self/timens_offsets"

bool time_namespace_shifts(const char *text)
{
	long long seconds, nanoseconds;
	int length;

	/* The name of a clock, seconds, nanoseconds: kernel/time/namespace.c, show_offset() */
	while (sscanf(text, "%*15s %lld %lld %n", &seconds, &nanoseconds, &length) == 2) {
		if (seconds || nanoseconds)
			return true;
		text += length;
	}
	return false;
}

int time_namespace_check(struct err *err)
{
	struct stat status;
	char text[256];
	size_t size;
	FILE *file;

	if (stat("/proc/self/ns/time", &status) || status.st_ino == INITIAL_NUMBER)
		return 0;
	file = fopen(OFFSETS, "re");
	if (!file)
		return 0;
	size = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[size] = '\0';
	if (!time_namespace_shifts(text))
		return 0;
	err_set(err, -ENOTSUP, "the clocks here are shifted against the kernel's (" OFFSETS ")");
	err_hint(err, "run it outside of this time namespace");
	return -ENOTSUP;
}

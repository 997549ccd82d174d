/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * `linked MILLISECONDS ARGUMENT...` is linked with a CPython library, is busy in C for that long, and then runs as the
 * interpreter with these arguments would. It is built once for all versions: libpython-any.so is whatever its
 * environment has under that name.
 */
#include <stdint.h>
#include <stdlib.h>
#include <time.h>

int Py_BytesMain(int argc, char **argv); /* 3.8 and later */

static uint64_t used_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

int main(int argc, char **argv)
{
	uint64_t end;

	if (argc < 2)
		return 2;
	end = used_ns() + strtoull(argv[1], NULL, 10) * 1000000u;
	while (used_ns() < end)
		continue;
	argv[1] = argv[0];
	return Py_BytesMain(argc - 1, argv + 1);
}

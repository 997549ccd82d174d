/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A program that is no Python until it loads one: `embed LIBPYTHON MILLISECONDS ARGUMENT...` is busy in C for that
 * long, loads the library then, and runs as the interpreter with these arguments would. It is linked with nothing
 * of CPython, so that one build serves every version, and its name says nothing.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static uint64_t now_ns(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

int main(int argc, char **argv)
{
	int (*run)(int, char **);
	uint64_t end;
	void *library;

	if (argc < 3)
		return 2;
	end = now_ns() + strtoull(argv[2], NULL, 10) * 1000000u;
	while (now_ns() < end)
		continue;
	/* Global, because modules that are shared objects look the interpreter's symbols up there. */
	library = dlopen(argv[1], RTLD_NOW | RTLD_GLOBAL);
	if (!library) {
		fprintf(stderr, "%s\n", dlerror());
		return 1;
	}
	run = (int (*)(int, char **))dlsym(library, "Py_BytesMain"); /* 3.8 and later */
	if (!run) {
		fprintf(stderr, "no Py_BytesMain in %s\n", argv[1]);
		return 1;
	}
	argv[2] = argv[0];
	return run(argc - 2, argv + 2);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* A forked launcher that stands for pybpfprof with a command, for the tests of user/launch*.c. */
#ifndef PBP_SUPPORT_LAUNCHER_H
#define PBP_SUPPORT_LAUNCHER_H

#include <stddef.h>
#include <sys/types.h>

#include "launch.h"

/* Exit status of a forked process when it is the test that is wrong. */
#define LAUNCHER_WRONG 99

/* Arguments that may be written to, as execve has them. */
#define COMMAND(...)  ((char *const[]){ __VA_ARGS__, NULL })
#define TEXT(literal) ((char[]){ literal })
#define SHELL(line)   COMMAND(TEXT("sh"), TEXT("-c"), TEXT(line))

#define SKIP_UNLESS_ROOT()                                                   \
	do {                                                                 \
		if (geteuid()) {                                             \
			print_message("skipped: %s needs root\n", __func__); \
			skip();                                              \
		}                                                            \
	} while (0)

struct launcher_run {
	int status; /* of waitpid */
	char output[8192]; /* standard output */
};

/* What a launcher does at some point. */
typedef void launcher_step(struct launch *launch);

/* Be one, as main and session are: note, ignore, block, prepare, release, follow to the end. */
_Noreturn void launcher_be(char *const argv[], launcher_step *before, launcher_step *between);

/*
 * Fork one and wait for its end. at_start: makes what it finds as if inherited; before, between: called before preparing
 * and before releasing. Each may be NULL.
 */
struct launcher_run launcher_run(char *const argv[], void (*at_start)(void), launcher_step *before,
				 launcher_step *between);
void launcher_assert_exit(struct launcher_run run, int code);
/* Exit 0, and nothing else written. */
void launcher_assert_output(struct launcher_run run, const char *output);

/* Fork one and let it run; its standard output can be read from *ret_output. */
pid_t launcher_start(char *const argv[], void (*at_start)(void), int *ret_output);

/* Everything up to the end, cut; and the next line without its end, "" at the end. */
void launcher_read_all(int fd, char *buffer, size_t capacity);
void launcher_read_line(int fd, char *line, size_t capacity);

/* A test's own folder, which all may enter; SUDO_UID and SUDO_GID are unset. For cmocka's set-up and tear-down. */
extern char launcher_folder[64];
int launcher_make_folder(void **state);
int launcher_remove_folder(void **state);

/* A file in it; the path is valid until the next call. */
const char *launcher_make_file(const char *name, const char *text, mode_t mode);

/* An at_start: PATH is the folder, behind what cannot be searched and before the system's. */
void launcher_path_is_folder(void);

#define test_in_folder(test) \
	cmocka_unit_test_setup_teardown(test, launcher_make_folder, launcher_remove_folder)

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A reason: an error code, a message for a person, and a hint what to type. Setting a reason returns its
 * code, so that the failing line is `return err_set(err, -ENOENT, …)`. Only main prints a reason.
 */
#ifndef PBP_BASE_ERR_H
#define PBP_BASE_ERR_H

#include <stdio.h>

struct err {
	int code; /* negative errno, 0: none set */
	char message
		[768]; /* lower case, no full stop; what failed first, the system's words last */
	char hint[512]; /* what to do, empty: nothing known */
};

/* Set code (a negative errno) and message, drop any hint. Longer messages are cut. err may be NULL. Returns code. */
__attribute__((format(printf, 3, 4))) int err_set(struct err *err, int code, const char *format,
						  ...);

/* Give the reason a hint. Returns the reason's code (0 when err is NULL). */
__attribute__((format(printf, 2, 3))) int err_hint(struct err *err, const char *format, ...);

/* Put context in front: "CONTEXT: MESSAGE". Returns the reason's code (0 when err is NULL). */
__attribute__((format(printf, 2, 3))) int err_wrap(struct err *err, const char *format, ...);

/* Write "PROGRAM: MESSAGE" and, if there is one, a second line "hint: HINT". Control characters become \xNN. */
void err_print(const struct err *err, const char *program, FILE *stream);

#endif

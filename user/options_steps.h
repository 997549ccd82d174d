/* SPDX-License-Identifier: GPL-2.0-only */
/* The steps of parsing a command line beside the options themselves. Only options.c takes them. */
#ifndef PBP_OPTIONS_STEPS_H
#define PBP_OPTIONS_STEPS_H

#include "base/err.h"

struct option_parse;

/* All return 0, or -EINVAL with a reason. */

/* An argument that belongs to no option: the verb, then the files that it reads, which are put to the front of argv. */
int option_take_argument(struct option_parse *parse, char *argv[], char *argument, struct err *err);

/* What stands behind "--", from argv[begin] on: the command, or more files whatever their names begin with. */
int option_take_rest(struct option_parse *parse, int argc, char *argv[], int begin,
		     struct err *err);

/* After the last argument. */
int options_settle(struct option_parse *parse, struct err *err);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the text behind an option to its field, one function for each that says what is printed, of which rows, and where.
 * Each returns 0, or a negative errno with a reason to which the caller adds the option's name. Only the files options*.c
 * know of them.
 */
#ifndef PBP_OPTIONS_PRINTING_H
#define PBP_OPTIONS_PRINTING_H

#include "base/err.h"

struct option_parse;

int option_parse_format(struct option_parse *parse, const char *text, struct err *err);
int option_parse_output(struct option_parse *parse, const char *text, struct err *err);
int option_parse_by(struct option_parse *parse, const char *text, struct err *err);
int option_parse_sort(struct option_parse *parse, const char *text, struct err *err);
int option_parse_limit(struct option_parse *parse, const char *text, struct err *err);
int option_parse_callers(struct option_parse *parse, const char *text, struct err *err);
int option_parse_callees(struct option_parse *parse, const char *text, struct err *err);
int option_parse_numbers(struct option_parse *parse, const char *text, struct err *err);
int option_parse_threshold(struct option_parse *parse, const char *text, struct err *err);
int option_parse_hide(struct option_parse *parse, const char *text, struct err *err);
int option_parse_show(struct option_parse *parse, const char *text, struct err *err);
int option_parse_hide_regex(struct option_parse *parse, const char *text, struct err *err);
int option_parse_show_regex(struct option_parse *parse, const char *text, struct err *err);
int option_parse_normalize(struct option_parse *parse, const char *text, struct err *err);

#endif

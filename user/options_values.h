/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From the text behind an option to its field, one function for each kind of value that says what is sampled and how. Each
 * returns 0, or a negative errno with a reason to which the caller adds the option's name. Only the files options*.c know of
 * them.
 */
#ifndef PBP_OPTIONS_VALUES_H
#define PBP_OPTIONS_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct option_parse;

/* Samples a second. */
#define OPTION_RATE_MIN	    1
#define OPTION_RATE_MAX	    20000
#define OPTION_RATE_DEFAULT 1000

/* A decimal number without sign; false when the text is anything else or the number larger than max. */
bool option_parse_whole(const char *text, uint64_t max, uint64_t *ret_number);

/* Names with commas between, for messages. Begins zeroed; what finds no room is left out. */
struct option_names {
	char text[480];
	size_t length;
};
void option_names_add(struct option_names *names, const char *name);

int option_parse_pid(struct option_parse *parse, const char *text, struct err *err);
int option_parse_name(struct option_parse *parse, const char *text, struct err *err);
int option_parse_container(struct option_parse *parse, const char *text, struct err *err);
int option_parse_cgroup(struct option_parse *parse, const char *text, struct err *err);
int option_parse_unit(struct option_parse *parse, const char *text, struct err *err);
int option_parse_assume_layout(struct option_parse *parse, const char *text, struct err *err);
int option_parse_rate(struct option_parse *parse, const char *text, struct err *err);
int option_parse_interval(struct option_parse *parse, const char *text, struct err *err);
int option_parse_duration(struct option_parse *parse, const char *text, struct err *err);
int option_parse_max_depth(struct option_parse *parse, const char *text, struct err *err);

#endif

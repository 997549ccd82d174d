/* SPDX-License-Identifier: GPL-2.0-only */
/* Patterns that users type: globs of whole texts, and regular expressions searched in them. */
#ifndef PBP_BASE_PATTERN_H
#define PBP_BASE_PATTERN_H

#include <stdbool.h>

#include "base/err.h"

enum pattern_kind {
	PATTERN_GLOB, /* fnmatch(3): * also matches '/', the whole text must match */
	PATTERN_REGEX, /* PCRE2, which reads what Python's re reads but for rare cases; matches anywhere */
};

struct pattern;

/* 0, -ENOMEM, or -EINVAL with the place in the text and what is wrong there. The text is copied. */
int pattern_new(enum pattern_kind kind, const char *text, struct pattern **ret_pattern,
		struct err *err);

/* NULL is fine. */
void pattern_free(struct pattern *pattern);

/* A search that takes too many steps (a bounded number) does not match. Text may be anything up to its NUL. */
bool pattern_matches(const struct pattern *pattern, const char *text);

#endif

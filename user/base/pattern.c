/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Globs by fnmatch(3), regular expressions by PCRE2. The pattern is the user's own, the texts are anybody's: so what a
 * search may take is bounded, and a text need not be UTF-8.
 */
#include "base/pattern.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* Steps of one search, about a millisecond, and memory for it. Beyond them it counts as no match. */
#define STEPS_MAX    100000
#define HEAP_KIB_MAX (16 * 1024)

/* Bytes of a pattern that an error message repeats. */
#define SHOWN_BYTES 120

/*
 * As Python's re has it for texts: classes know all letters, and \uNNNN is a character. \C would cut characters in
 * pieces. PCRE2_MATCH_INVALID_UTF (10.34) looks for matches in the valid pieces of a text.
 */
#define COMPILE_FLAGS \
	(PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF | PCRE2_ALT_BSUX | PCRE2_NEVER_BACKSLASH_C)

struct pattern {
	enum pattern_kind kind;
	char *glob;
	pcre2_code *regex;
	pcre2_match_data *match;
	pcre2_match_context *limits;
};

static int compile(struct pattern *pattern, const char *text, struct err *err)
{
	PCRE2_UCHAR message[256];
	PCRE2_SIZE offset = 0;
	int number = 0;

	pattern->regex = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, COMPILE_FLAGS,
				       &number, &offset, NULL);
	if (!pattern->regex) {
		pcre2_get_error_message(number, message, sizeof(message));
		return err_set(err, -EINVAL, "not a regular expression: \"%.*s\": at byte %zu: %s",
			       SHOWN_BYTES, text, (size_t)offset + 1, (const char *)message);
	}
	/* Whether it matches is all that is asked, so one pair of offsets is enough. */
	pattern->match = pcre2_match_data_create(1, NULL);
	pattern->limits = pcre2_match_context_create(NULL);
	if (!pattern->match || !pattern->limits)
		return err_set(err, -ENOMEM, "cannot keep a regular expression: %s",
			       strerror(ENOMEM));
	pcre2_set_match_limit(pattern->limits, STEPS_MAX);
	pcre2_set_depth_limit(pattern->limits, STEPS_MAX);
	pcre2_set_heap_limit(pattern->limits, HEAP_KIB_MAX);
	return 0;
}

int pattern_new(enum pattern_kind kind, const char *text, struct pattern **ret_pattern,
		struct err *err)
{
	struct pattern *pattern = calloc(1, sizeof(*pattern));
	int code = 0;

	if (!pattern)
		return err_set(err, -ENOMEM, "cannot keep a pattern: %s", strerror(ENOMEM));
	pattern->kind = kind;
	switch (kind) {
	case PATTERN_GLOB:
		pattern->glob = strdup(text);
		if (!pattern->glob)
			code = err_set(err, -ENOMEM, "cannot keep a pattern: %s", strerror(ENOMEM));
		break;
	case PATTERN_REGEX:
		code = compile(pattern, text, err);
		break;
	}
	if (code)
		pattern_free(pattern);
	else
		*ret_pattern = pattern;
	return code;
}

void pattern_free(struct pattern *pattern)
{
	if (!pattern)
		return;
	free(pattern->glob);
	pcre2_match_context_free(pattern->limits);
	pcre2_match_data_free(pattern->match);
	pcre2_code_free(pattern->regex);
	free(pattern);
}

bool pattern_matches(const struct pattern *pattern, const char *text)
{
	if (pattern->kind == PATTERN_GLOB)
		return fnmatch(pattern->glob, text, 0) == 0;
	/* 0 is a match of more groups than there are offsets for; errors, which the limits are, are negative. */
	return pcre2_match(pattern->regex, (PCRE2_SPTR)text, strlen(text), 0, 0, pattern->match,
			   pattern->limits) >= 0;
}

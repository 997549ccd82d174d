/* SPDX-License-Identifier: GPL-2.0-only */
/* Makes restrictions of words (ProfileBrowser.generic in CPython's Lib/pstats.py). What they do is report/restrict.c's. */
#include "browse_restrictions.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/pattern.h"

#define DIGITS "0123456789"

static int parse_rows(const char *word, uint32_t *ret_rows, struct err *err)
{
	const unsigned long long rows = strtoull(word, NULL, 10);

	if (rows > UINT32_MAX)
		return err_set(err, -EINVAL, "'%s' is more rows than there can be", word);
	*ret_rows = (uint32_t)rows;
	return 0;
}

/* Is it a number that is not whole, or has a sign? Words such as "inf" and "1e5" are names, which pstats forgets. */
static bool is_number(const char *word)
{
	const char *digits = word + (*word == '-' || *word == '+');

	return *digits && strpbrk(digits, DIGITS) && !digits[strspn(digits, DIGITS ".")];
}

static int parse_part(const char *word, double *ret_part, struct err *err)
{
	char *end;
	const double part = strtod(word, &end);

	if (*end || part < 0 || part > 1)
		return err_set(err, -EINVAL, "'%s' is no fraction from 0 to 1", word);
	*ret_part = part;
	return 0;
}

static int parse_word(struct browse_restrictions *restrictions, const char *word, struct err *err)
{
	struct report_restriction *restriction = &restrictions->restrictions[restrictions->count];
	struct pattern **pattern = &restrictions->patterns[restrictions->count];
	int code;

	if (!word[strspn(word, DIGITS)]) {
		restriction->kind = REPORT_RESTRICT_ROWS;
		code = parse_rows(word, &restriction->rows, err);
	} else if (is_number(word)) {
		restriction->kind = REPORT_RESTRICT_PART;
		code = parse_part(word, &restriction->part, err);
	} else {
		restriction->kind = REPORT_RESTRICT_PATTERN;
		code = pattern_new(PATTERN_REGEX, word, pattern, err);
		if (!code)
			restriction->pattern = *pattern;
	}
	if (!code)
		restrictions->count++;
	return code;
}

int browse_restrictions_parse(struct browse_restrictions *restrictions, char *text, struct err *err)
{
	char *word;
	int code = 0;

	*restrictions = (struct browse_restrictions){ .count = 0 };
	while (!code && (word = strsep(&text, " \t"))) {
		if (!*word)
			continue;
		if (restrictions->count == REPORT_RESTRICTIONS_MAX)
			code = err_set(err, -EINVAL, "more than %d restrictions",
				       REPORT_RESTRICTIONS_MAX);
		else
			code = parse_word(restrictions, word, err);
	}
	if (code)
		browse_restrictions_done(restrictions);
	return code;
}

void browse_restrictions_done(struct browse_restrictions *restrictions)
{
	uint32_t i;

	for (i = 0; i < restrictions->count; i++)
		pattern_free(restrictions->patterns[i]);
	restrictions->count = 0;
}

void browse_restrictions_explain(FILE *out)
{
	fputs("restrictions, each of what the one before left:\n"
	      "  10      the first 10 rows; 0: all\n"
	      "  0.5     the first half of the rows\n"
	      "  json    rows whose PATH:LINE(NAME) matches this regular expression\n",
	      out);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Expected bytes in files: compared, shown, rewritten. Knows nothing of what they are. */
#include "support/golden_check.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "support/golden.h"

static void update(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

/* On stderr, since the report is more than a line. */
static void show_difference(const char *path, const char *text)
{
	char command[512];
	FILE *diff;

	snprintf(command, sizeof(command), "diff -u --label expected %s --label found - >&2", path);
	diff = popen(command, "we");
	assert_non_null(diff);
	fputs(text, diff);
	pclose(diff);
}

bool golden_check(const char *path, const char *text, bool updating)
{
	char *expected;
	bool equal;

	if (updating) {
		update(path, text);
		return true;
	}
	expected = golden_read(path);
	equal = expected && strcmp(expected, text) == 0;
	if (!equal) {
		print_error("%s differs\n", path);
		show_difference(expected ? path : "/dev/null", text);
	}
	free(expected);
	return equal;
}

void golden_make_folder(const char *path)
{
	if (mkdir(path, 0777) && errno != EEXIST)
		fail_msg("%s: %s", path, strerror(errno));
}

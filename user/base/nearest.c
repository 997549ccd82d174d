/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Finds the name that is nearest to a mistyped one, for "did you mean". Must not know what is named.
 */
#include "base/nearest.h"

#include <stdint.h>
#include <string.h>

/* Longer texts are no slips of the finger. */
#define LENGTH_MAX 32

static size_t smaller(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* How many letters must be changed, put in, taken out, or swapped with their neighbour. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t na = strlen(a), nb = strlen(b);
	size_t d[LENGTH_MAX + 1][LENGTH_MAX + 1];

	if (na > LENGTH_MAX || nb > LENGTH_MAX)
		return SIZE_MAX;
	for (size_t i = 0; i <= na; i++) {
		for (size_t j = 0; j <= nb; j++) {
			if (i == 0 || j == 0) {
				d[i][j] = i + j;
				continue;
			}
			d[i][j] = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);
			d[i][j] = smaller(d[i][j], d[i - 1][j] + 1);
			d[i][j] = smaller(d[i][j], d[i][j - 1] + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				d[i][j] = smaller(d[i][j], d[i - 2][j - 2] + 1);
		}
	}
	return d[na][nb];
}

void nearest_init(struct nearest *nearest, const char *typed)
{
	size_t length = strlen(typed);

	nearest->typed = typed;
	nearest->name = NULL;
	/* The first distance that is too far: a third of the letters may be wrong, of two or three one. */
	nearest->distance = length < 2 ? 0 : length / 3 + 2;
	if (length == 2 || length == 3)
		nearest->distance = 2;
}

void nearest_offer(struct nearest *nearest, const char *name)
{
	size_t length = strlen(nearest->typed), distance;

	if (length >= 2 && (!strncmp(nearest->typed, name, length) ||
			    !strncmp(nearest->typed, name, strlen(name))))
		distance = strcmp(nearest->typed, name) != 0;
	else
		distance = edit_distance(nearest->typed, name);
	if (distance < nearest->distance) {
		nearest->distance = distance;
		nearest->name = name;
	}
}

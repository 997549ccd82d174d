/* SPDX-License-Identifier: GPL-2.0-only */
/* Sorts paths by their ends: what shares the most parts with a path then stands beside it. Knows nothing of files. */
#include "report/tails.h"

#include <stdbool.h>
#include <stdlib.h>

/* The character so many before the end; the path's end and '/' come first, so that whole parts stay together. */
static int from_end(const struct tail *tail, size_t distance)
{
	char character;

	if (distance > tail->length)
		return 0;
	character = tail->path[tail->length - distance];
	return character == '/' ? 1 : 2 + (unsigned char)character;
}

/* Bytes that both end in. */
static size_t common_length(const struct tail *a, const struct tail *b)
{
	size_t distance = 1;

	while (from_end(a, distance) == from_end(b, distance) && from_end(a, distance) != 0)
		distance++;
	return distance - 1;
}

static int compare_tails(const void *left, const void *right)
{
	const struct tail *a = left, *b = right;
	const size_t distance = common_length(a, b) + 1;

	return from_end(a, distance) - from_end(b, distance);
}

/* Where the part begins that ends before `end`; a '/' that ends it belongs to it. */
static size_t part_start(const struct tail *tail, size_t end)
{
	while (end > 0 && tail->path[end - 1] == '/')
		end--;
	while (end > 0 && tail->path[end - 1] != '/')
		end--;
	return end;
}

/* Where the shortest tail begins that the other path does not end in. */
static size_t apart_from(const struct tail *tail, const struct tail *other)
{
	const size_t common = common_length(tail, other), first = tail->length - common;
	size_t start = part_start(tail, tail->length);

	/* Shared is a tail with the '/' before it, or one that is the whole other path. */
	while (start > 0 && (start > first || (start == first && other->length == common)))
		start = part_start(tail, start);
	return start;
}

static bool are_equal(const struct tail *a, const struct tail *b)
{
	return a->length == b->length && common_length(a, b) == a->length;
}

void tails_find(struct tail *tails, size_t count)
{
	size_t i, other;

	qsort(tails, count, sizeof(*tails), compare_tails);
	for (i = 0; i < count; i++) {
		size_t *start = &tails[i].start;

		*start = part_start(&tails[i], tails[i].length);
		for (other = i; other > 0 && are_equal(&tails[i], &tails[other - 1]);)
			other--;
		if (other > 0)
			*start = apart_from(&tails[i], &tails[other - 1]);
		for (other = i + 1; other < count && are_equal(&tails[i], &tails[other]);)
			other++;
		if (other < count && apart_from(&tails[i], &tails[other]) < *start)
			*start = apart_from(&tails[i], &tails[other]);
	}
}

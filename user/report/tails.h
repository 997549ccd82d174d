/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How much of the end of a path tells it apart from other paths:
 *
 *   /srv/shop/views.py  ->  shop/views.py
 *   /srv/blog/views.py  ->  blog/views.py
 *   /srv/blog/urls.py   ->  urls.py
 */
#ifndef PBP_REPORT_TAILS_H
#define PBP_REPORT_TAILS_H

#include <stddef.h>

struct tail {
	const char *path; /* the caller's; equal ones have equal starts */
	size_t length; /* bytes of it to look at */
	size_t start; /* the answer: the shortest tail of whole parts that no other path ends in begins here */
};

/* Set the start of each, and sort them: by their paths, read from the end. */
void tails_find(struct tail *tails, size_t count);

#endif

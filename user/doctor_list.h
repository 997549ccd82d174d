/* SPDX-License-Identifier: GPL-2.0-only */
/* The doctor's findings as text: a mark, a label and a sentence each, aligned. */
#ifndef PBP_DOCTOR_LIST_H
#define PBP_DOCTOR_LIST_H

#include <stdbool.h>

#include "base/strbuf.h"

enum finding {
	FINDING_OK, /* ok */
	FINDING_NO, /* no: sampling will not work */
	FINDING_NOTE, /* --: good to know, or not known */
};

struct findings {
	struct strbuf text;
	int label_width; /* columns; a longer label pushes its sentence to the right */
	bool color;
	unsigned nrefusals; /* how many say no */
};

/* Bytes of one sentence before it is made harmless; what is longer is cut. */
#define FINDING_TEXT_SIZE 8192

void findings_init(struct findings *findings, int label_width, bool color);
void findings_done(struct findings *findings);

/*
 * Add a line. The sentence may hold what a process chose: it is sanitized as a whole. The label is ours. Running out
 * of memory shows in strbuf_error(&findings->text).
 */
__attribute__((format(printf, 4, 5))) void findings_add(struct findings *findings,
							enum finding finding, const char *label,
							const char *format, ...);

/* A line that belongs to the one before, under its sentence. */
__attribute__((format(printf, 2, 3))) void findings_detail(struct findings *findings,
							   const char *format, ...);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* What is known of main executables: what BPF was told of them, and whether a process of theirs ever was Python. */
#ifndef PBP_PROGRAMS_H
#define PBP_PROGRAMS_H

#include <stdbool.h>
#include <stdint.h>

#include "process.h"

struct programs;

struct program_facts {
	uint32_t verdict; /* enum pbp_verdict, as BPF was told; UNKNOWN: nothing */
	bool python; /* a process of it was */
	const char *
		version; /* for people, of that process; lives as long as whoever gave it keeps it. NULL: not known */
	const char *executable; /* file that had its runtime, likewise */
};

/* NULL when memory runs out. */
struct programs *programs_new(void);
void programs_free(struct programs *programs);

/* NULL: nothing is known of the file, or it has no identity. Lives until the next programs_note(). */
const struct program_facts *programs_find(const struct programs *programs,
					  const struct pbp_file_key *file);

/* Keep what is known now. Beyond PBP_PROGRAMS_MAX files the oldest goes. 0 (also without an identity) or -ENOMEM. */
int programs_note(struct programs *programs, const struct pbp_file_key *file,
		  const struct program_facts *facts);

#endif

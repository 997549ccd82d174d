/* SPDX-License-Identifier: GPL-2.0-only */
/* A bounded table by file. It knows no process: several run one file, one after the other or at once. */
#include "programs.h"

#include <errno.h>
#include <stdlib.h>

#include "base/hash.h"
#include "config.h"

struct program {
	struct pbp_file_key file;
	struct program_facts facts;
	UT_hash_handle hh;
};

struct programs {
	struct program *by_file; /* in the order in which they were added */
};

PBP_STATIC_ASSERT(sizeof(struct pbp_file_key) == 32, "a key without padding");

struct programs *programs_new(void)
{
	return calloc(1, sizeof(struct programs));
}

void programs_free(struct programs *programs)
{
	struct program *program, *next;

	if (!programs)
		return;
	HASH_ITER (hh, programs->by_file, program, next) {
		HASH_DEL(programs->by_file, program);
		free(program);
	}
	free(programs);
}

static struct program *find(const struct programs *programs, const struct pbp_file_key *file)
{
	struct program *program = NULL;

	if (file->inode)
		HASH_FIND(hh, programs->by_file, file, sizeof(*file), program);
	return program;
}

const struct program_facts *programs_find(const struct programs *programs,
					  const struct pbp_file_key *file)
{
	const struct program *program = find(programs, file);

	return program ? &program->facts : NULL;
}

int programs_note(struct programs *programs, const struct pbp_file_key *file,
		  const struct program_facts *facts)
{
	struct program *program = find(programs, file), *oldest;

	if (!file->inode)
		return 0;
	if (program) {
		program->facts = *facts;
		return 0;
	}
	if (HASH_COUNT(programs->by_file) >= PBP_PROGRAMS_MAX) {
		oldest = programs->by_file;
		HASH_DEL(programs->by_file, oldest);
		free(oldest);
	}
	program = calloc(1, sizeof(*program));
	if (!program)
		return -ENOMEM;
	program->file = *file;
	program->facts = *facts;
	HASH_ADD(hh, programs->by_file, file, sizeof(program->file), program);
	if (!program->hh.tbl) {
		free(program);
		return -ENOMEM;
	}
	return 0;
}

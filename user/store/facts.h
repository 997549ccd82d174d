/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Facts that pprof has no place for, as lines of a saved profile's comments:
 *
 *   pybpfprof run 2774092713 {"tool":"pybpfprof 0.1.0","account":{"complete":20979, ...}, ...}
 *   pybpfprof process 812 0 {"start_time":4711,"command":"python3 app.py", ...}
 *
 * A run has a number that other runs have not, also of other files, which other tools may merge; a process has the two
 * that the samples' labels pid and program say (0 where there is no label program). A later line takes the place of an
 * earlier one of the same numbers.
 */
#ifndef PBP_STORE_FACTS_H
#define PBP_STORE_FACTS_H

#include <stdbool.h>
#include <stdint.h>

struct profile;
struct profile_process;
struct profile_run;
struct strbuf;

enum facts_kind {
	FACTS_NONE, /* another tool's comment */
	FACTS_RUN,
	FACTS_PROCESS,
};

struct facts_head {
	enum facts_kind kind;
	uint32_t run; /* its number */
	int32_t pid;
	uint32_t program;
	const char *json; /* the rest, in the line */
};

/* The line without its end, added to `line`. -ENOMEM, or 0. */
int facts_write_run(struct strbuf *line, uint32_t number, const struct profile_run *run);
int facts_write_process(struct strbuf *line, uint32_t program,
			const struct profile_process *process);

/* The number of a run: who sampled when and where. */
uint32_t facts_run_number(const struct profile_run *run);

/* What a comment is the line of. */
struct facts_head facts_head(const char *comment);

/* Add the run that the line tells of to the profile. 0, -EBADMSG when it is no such JSON, or an error of the profile. */
int facts_read_run(const struct facts_head *head, struct profile *profile);

/* The process that the line tells of, its texts the caller's until facts_free_process(). 0, -EBADMSG or -ENOMEM. */
int facts_read_process(const struct facts_head *head, struct profile_process *ret_process);
void facts_free_process(const struct profile_process *process);

/*
 * What two files tell of one process, in any order to the same result: what one does not know the other does, of texts
 * that differ the one that sorts last stands, and CPU times add up if both are known.
 */
struct profile_process facts_merge_processes(const struct profile_process *a,
					     const struct profile_process *b);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Facts that pprof has no place for, as lines of a saved profile's comments:
 *
 *   pybpfprof run 0 {"tool":"pybpfprof 0.1.0","account":{"complete":20979, ...}, ...}
 *   pybpfprof process 812 0 {"start_time":4711,"command":"python3 app.py", ...}
 *
 * A run has a number in its file, a process the two that the samples' labels pid and program have (program is 0 where
 * there is no such label). A later line takes the place of an earlier one of the same numbers.
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
	int32_t number; /* of the run, or the pid */
	uint32_t program; /* 0 of a run */
	const char *json; /* the rest, in the line */
};

/* The line without its end, added to `line`. -ENOMEM, or 0. */
int facts_write_run(struct strbuf *line, int32_t number, const struct profile_run *run);
int facts_write_process(struct strbuf *line, uint32_t program,
			const struct profile_process *process);

/* A run's line with another number. */
void facts_renumber_run(struct strbuf *line, int32_t number, const char *run_line);

/* What a comment is the line of. */
struct facts_head facts_head(const char *comment);

/* Add what the line tells of to the profile. 0, -EBADMSG when it is no such JSON, or an error of the profile. */
int facts_read_run(const struct facts_head *head, struct profile *profile);
int facts_read_process(const struct facts_head *head, struct profile *profile,
		       uint32_t *ret_process);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a report puts a profile's rows under: containers, commands, processes, threads.
 *
 *   0 ─┬─ web-1 ─┬─ python3 [812] ─┬─ MainThread [812]
 *      │         │                 └─ worker [815]
 *      │         └─ python3 job.py × 64 processes
 *      └─ [host] ── python3 [77]
 */
#ifndef PBP_REPORT_ROOTS_H
#define PBP_REPORT_ROOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct profile;
struct profile_process;
struct profile_thread;
struct strbuf;
struct strtab;

/* Levels, the outermost first. */
#define ROOTS_CONTAINERS (1u << 0)
#define ROOTS_COMMANDS	 (1u << 1)
#define ROOTS_PROCESSES	 (1u << 2)
#define ROOTS_THREADS	 (1u << 3)
/* With ROOTS_PROCESSES: more than so many of one command are one root. */
#define ROOTS_FOLD_MANY (1u << 4)
#define ROOTS_MANY	20

enum root_kind { ROOT_CONTAINER, ROOT_COMMAND, ROOT_PROCESS, ROOT_THREAD };

struct root {
	enum root_kind kind;
	bool names_process; /* a thread that does not stand under its process, which is one of several */
	bool of_several; /* threads of one name in processes that are shown as one: has no tid */
	uint32_t parent; /* smaller than its own index; 0: none */
	const char *
		text; /* not sanitized. Container: id, else name, "": the host; command; thread: name */
	const struct profile_process *process; /* of several: one of them */
	const struct profile_thread *thread; /* NULL unless a thread */
	uint64_t nprocesses; /* that have samples */
	uint64_t samples, weight_ns; /* of rows that stand right under it */
	uint64_t
		kernel_ns; /* of processes that do so; PROFILE_TIME_UNKNOWN if one is not known. Not of threads */
};

/* Open for reading; valid until the profile is added to. */
struct roots {
	struct root *roots; /* [0] is the profile itself */
	uint32_t count;
	uint32_t *of_row; /* row of the profile -> its innermost root, 0: none */
	struct strtab *texts;
};

/*
 * Rows without a thread stand under the root of their process; where threads are the only level they have one for it.
 * 0 or -ENOMEM; fills a caller's struct, which roots_done() empties even after a failure.
 */
int roots_init(struct roots *roots, const struct profile *profile, unsigned levels);
void roots_done(struct roots *roots);

/* The levels that stacks are put under: processes if several have samples, threads if they were kept apart. */
unsigned roots_levels_of_stacks(const struct profile *profile);

/* The same for people: containers if there are any, and many processes of one command folded. */
unsigned roots_levels_of_tree(const struct profile *profile);

/* An order that differs between any two and not between runs. */
int roots_compare(const struct root *left, const struct root *right);

/* Add what the root is called, sanitized, in about `columns` columns: what tells it apart is never cut. */
void roots_add_label(struct strbuf *line, const struct root *root, size_t columns, bool unicode,
		     bool color);

#endif

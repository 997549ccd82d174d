/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The table of processes of a run: what is known of each id of the wire while its program lives. Nothing of an id stays
 * here once it is removed, so that the table is as large as the host is busy, however long the run.
 *
 *   id  ──▶ process ──▶ place    its cgroup in words, shared by all processes in it
 *   pid ──▶ process ──▶ python   its version in words, one of a few
 */
#ifndef PBP_PROCESSES_H
#define PBP_PROCESSES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/hash.h"
#include "container/container.h"
#include "process.h"
#include "proc/procfs.h"

struct layout_row;

enum process_state {
	PROCESS_UNKNOWN, /* its samples are not yet recognised */
	PROCESS_SAMPLED,
	PROCESS_OTHER, /* its samples are not ours */
	PROCESS_GONE, /* ended before it was known; what it was may still turn out by its file */
};

/* A cgroup and what people call it. */
struct place {
	struct container container;
	char *path; /* the key */
	uint32_t nusers;
	UT_hash_handle hh;
};

/* A thread that was met, where threads are kept apart. */
struct met_thread {
	uint32_t tid;
	UT_hash_handle hh;
};

/* One program of one process. Texts are the target's own choice. */
struct process {
	uint32_t id; /* of the wire */
	pid_t pid; /* in the initial PID namespace */
	pid_t seen_pid; /* in ours, where /proc shows it */
	int32_t inside_pid; /* in its own; 0: not known */
	uint64_t start_time; /* ns since boot; 0: only start_ticks is known */
	uint64_t start_ticks; /* likewise in clock ticks */
	struct pbp_file_key file; /* its main executable; all 0: not known */
	char comm[PROCFS_COMM_SIZE];
	char *command; /* with spaces between; NULL: not known */
	const char *python; /* version for people, the table's; NULL: not known */
	const char *executable; /* file that has its runtime, likewise */
	struct place *place; /* NULL: not known */
	enum process_state state;
	const struct layout_row *row; /* of its build; NULL: not known */
	uint32_t layout; /* its index, valid when sampled */
	struct pbp_runtime runtime; /* all 0: not known, as when its file alone told what it is */
	uint64_t
		kernel_base_ns; /* the kernel's CPU time of the process when the program's began to count */
	uint64_t kernel_last_ns; /* and at the last reading */
	uint64_t waits_since_ns; /* since when it is asked again and again; 0: it is not */
	uint64_t ask_ns; /* when to ask next, valid in the list of waiting ones */
	uint64_t named_ns; /* when its threads' names were asked for; 0: never */
	uint32_t nasked; /* how often it was asked while it waits */
	bool chosen; /* by a filter, or as a child of one chosen */
	bool in_pipeline;
	bool asked; /* the reader has a request about it */
	bool ask_again; /* and shall have another one after it */
	bool unproved; /* put by what it was a moment before: it may have executed something in between */
	bool starting; /* is Python, but was not initialised yet when it was looked at last */
	bool replaced; /* by an exec; told when what replaced it is known */
	bool ticked; /* since the last reading of its CPU time */
	bool unnamed; /* threads turned up since their names were asked for */
	struct met_thread *threads;
	UT_hash_handle hh_id, hh_pid;
	struct process *next_waiting, *prev_waiting;
	struct process *next_ticked, *prev_ticked;
	struct process *next_left, *prev_left; /* in the list of those replaced, or gone */
};

struct processes {
	struct process *by_id, *by_pid;
	struct process *last; /* found last by its id */
	struct process *waiting; /* to be asked again */
	struct process *ticked;
	struct process *left; /* gone, the oldest first */
	size_t nleft;
	struct process *replaced; /* by an exec, and not told yet */
	struct place *places;
	struct strtab *pythons, *executables;
};

/* 0 or -ENOMEM. */
int processes_init(struct processes *table);
void processes_done(struct processes *table);

/* NULL: there is none. */
struct process *processes_find(struct processes *table, uint32_t id);
struct process *processes_find_pid(struct processes *table, pid_t pid);

/* Add one that is not there yet. Of several with one pid the last added is found by it. 0 or -ENOMEM. */
int processes_add(struct processes *table, uint32_t id, pid_t pid, struct process **ret_process);
void processes_remove(struct processes *table, struct process *process);

/* The pid goes on with another program, or is given back. */
void processes_forget_pid(struct processes *table, struct process *process);

/*
 * What is its own and only serves to describe it is given back. Where it belongs to stays: no answer of the reader tells the
 * node name.
 */
void processes_strip(struct process *process);

/* Arguments with a zero behind each, size bytes; what is not set stays as it was. 0 or -ENOMEM. */
int processes_set_command(struct process *process, const char *arguments, size_t size);

/* Its cgroup, as a path from the root of its hierarchy, and the host name inside. 0 or -ENOMEM. */
int processes_set_place(struct processes *table, struct process *process, const char *path,
			const char *node_name);

/* Keep a version's text. 0, -ENOMEM or -EOVERFLOW. */
int processes_intern(struct processes *table, const char *text, const char **ret_text);

/* Likewise the path of a file that has a runtime. After PROCESSES_EXECUTABLES_MAX of them "": paths are long, and anybody's. */
int processes_intern_executable(struct processes *table, const char *path, const char **ret_path);
#define PROCESSES_EXECUTABLES_MAX 4096

/* Ask it again at that time; replaces an earlier time. */
void processes_wait(struct processes *table, struct process *process, uint64_t ask_ns);
void processes_wait_no_more(struct processes *table, struct process *process);
/* One that is due, taken out of the list. NULL: none is. */
struct process *processes_next_due(struct processes *table, uint64_t now_ns);
/* When the first one is due. 0: none waits. */
uint64_t processes_due_ns(const struct processes *table);

/* The lists of which a process is or is not: those that ticked, were replaced by an exec, are gone. */
void processes_note_tick(struct processes *table, struct process *process);
void processes_forget_tick(struct processes *table, struct process *process);
void processes_note_replaced(struct processes *table, struct process *process, bool replaced);
void processes_note_left(struct processes *table, struct process *process);

/* A thread of it ran. True: for the first time. Beyond PROCESSES_THREADS_MAX none is new. */
#define PROCESSES_THREADS_MAX 65536
bool processes_met_thread(struct process *process, uint32_t tid);

#endif

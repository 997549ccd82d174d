/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel tells of a process under /proc. The texts in it are the process's own choice: bounded
 * here, never sanitized, so whoever prints them must do that.
 */
#ifndef PBP_PROC_PROCFS_H
#define PBP_PROC_PROCFS_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* 15 bytes for a program; some kernel threads are shown with longer names. */
#define PROCFS_COMM_SIZE	 64
#define PROCFS_COMMAND_LINE_SIZE 1024

/* What tells a process from an earlier one with the same number. */
struct process_id {
	pid_t pid;
	uint64_t start_time; /* clock ticks after boot, /proc/PID/stat field 22 */
};

struct process_facts {
	struct process_id id;
	pid_t thread_group; /* id.pid, unless that is the number of another thread than the first */
	char comm[PROCFS_COMM_SIZE];
	char state; /* R, S, D, T, Z … as in /proc/PID/stat */
	bool zombie; /* ended, or just ending: has no memory any more */
	bool kernel_thread;
	uint64_t start_code; /* mm_struct.start_code; 0: not told, 1: not permitted */
	pid_t inside_pid; /* its number in its own PID namespace; 0: not known (kernels before 4.1) */
	char command_line
		[PROCFS_COMMAND_LINE_SIZE]; /* arguments with spaces between, cut; may be empty */
	char exe[PATH_MAX]; /* the program's path as the kernel tells it; empty when not permitted */
};

/*
 * Parse the text of /proc/PID/stat: fills id, comm, state, zombie, kernel_thread and start_code, and leaves the rest
 * as it is. -EBADMSG when it does not have the form that proc(5) describes. The text need not end in a NUL.
 */
int procfs_parse_stat(const char *text, size_t size, struct process_facts *facts, struct err *err);

/*
 * Everything about the process now. -ESRCH: there is none; -EACCES: it is hidden from us (hidepid). What only
 * its owner may see (exe, command line) is left empty without an error.
 */
int procfs_read_process(pid_t pid, struct process_facts *ret_facts, struct err *err);

/*
 * The whole of /proc/PID/NAME, at most limit bytes, in memory that the caller frees; a NUL that is not counted
 * follows the last byte. -ESRCH when the process is gone, -E2BIG past the limit, else what the kernel says.
 */
int procfs_read_file(pid_t pid, const char *name, size_t limit, char **ret_text, size_t *ret_size,
		     struct err *err);

/*
 * What /proc/PID/stat shows as start time, in clock ticks, of a process that the kernel has started at that time in
 * ns since boot (task_struct.start_boottime). In a time namespace of our own the file's is moved by its offset.
 */
uint64_t procfs_start_ticks(uint64_t start_boottime_ns);

/*
 * The numbers of all entries of /proc, or of the threads in /proc/PID/task, that are there now: at most max of them.
 * Returns how many, or a negative errno; -ESRCH: no such process.
 */
ssize_t procfs_list_processes(pid_t *ret_pids, size_t max);
ssize_t procfs_list_threads(pid_t pid, pid_t *ret_tids, size_t max);

/* A thread's name for the system, not sanitized, and its number in its own PID namespace (0: not known). */
int procfs_read_thread(pid_t pid, pid_t tid, char name[PROCFS_COMM_SIZE], pid_t *ret_inside_tid);

/* Time that all online CPUs together were idle since boot, each in steps of 10 ms (/proc/stat). 0: not known. */
#define PROCFS_IDLE_STEP_NS 10000000ULL
uint64_t procfs_idle_ns(void);

#endif

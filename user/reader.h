/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reading targets from a process of our own that may hang: everything that is read from a target (its memory, its /proc
 * entries, its files) can block without end, behind FUSE, NFS or a held lock. So a helper process reads, one request
 * after the other; one that does not answer in time is killed, or left alone where it cannot be, and replaced.
 * Nothing here waits.
 */
#ifndef PBP_READER_H
#define PBP_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "process.h"
#include "python/code_read.h"
#include "python/target.h"
#include "target.h"

struct layout_row;
struct reader;

/*
 * A request is given up after this time, counted from when the helper begins with it, however busy the machine is; after the
 * second one when the helper has hung all the while.
 */
#define READER_DEADLINE_NS 8000000000ULL
#define READER_HANGS_NS	   300000000ULL
/* Requests waiting at most: of looks, searches and lists, and as many of code objects and names behind them. */
#define READER_REQUESTS_MAX 4096

/* What was found out of a process. */
struct reader_process {
	uint32_t target; /* as asked */
	pid_t pid; /* likewise */
	/*
	 * 0: process is filled. -ENOENT: not Python; -EAGAIN: may become one soon, ask again; -ESRCH: gone; -ETIMEDOUT: it did
	 * not answer; others as target_read's, told in err.
	 */
	int code;
	struct err err;
	struct process_facts facts; /* valid when facts.id.pid is not 0 */
	struct python_process process;
	/*
	 * What its main executable is for all processes, as program_judge() says; SAMPLED and LOADING only with code 0. The
	 * layout's index is not set.
	 */
	struct pbp_program program;
	struct pbp_file_key
		program_file; /* which executable that was, as stat tells it; all 0: not known */
	char cgroup[4096]; /* text of /proc/PID/cgroup; "" when not read */
	uint32_t inside_pid; /* in its own PID namespace; 0: not known */
};

/*
 * Was that executable the one looked at? The process may have executed another one since BPF told of it. Inode and
 * device are not compared: overlayfs and btrfs show stat others than the kernel's own.
 */
bool reader_process_runs(const struct reader_process *process, const struct pbp_file_key *file);

/* Names of threads, for -t. */
struct reader_thread {
	uint32_t tid; /* in the initial PID namespace */
	uint64_t thread_id; /* pthread_self(); 0: not known */
	char name
		[64]; /* threading.Thread.name where that was found, else the system's; cut, not sanitized */
};

/*
 * All are set. They are called by reader_take alone, and may ask again at once; what they are given lives for the call.
 */
struct reader_handlers {
	void (*process)(void *context, const struct reader_process *process);
	/* code: 0, or why the copy has no more than the address and identity that were asked for. */
	void (*code)(void *context, uint32_t target, int code, const struct code_copy *copy);
	/* code: 0, or why the addresses are 0. */
	void (*thread)(void *context, uint32_t target, uint32_t tid, uint64_t start_time, int code,
		       uint64_t tstate_addr, uint64_t interp_addr);
	/* nthreads is 0 when they could not be read. */
	void (*threads)(void *context, uint32_t target, const struct reader_thread *threads,
			size_t nthreads);
	/* All processes that there are; npids is 0 when /proc could not be read. */
	void (*list)(void *context, const pid_t *pids, size_t npids);
	/*
	 * The helper did not answer about this process, or ended twice over it, and was replaced. All requests about this
	 * target that were waiting are answered with -ETIMEDOUT right behind, new ones return that; with target 0 the one
	 * request alone.
	 */
	void (*blocked)(void *context, uint32_t target, pid_t pid);
	void *context;
};

/*
 * Fork the helper. Call it before anything is opened that the helper must not hold; one that replaces it closes all
 * descriptors that it inherits. It is a child process: SIGCHLD comes when it ends, and nobody else may wait for it.
 * 0 or a negative errno.
 */
int reader_new(const struct reader_handlers *handlers, uint16_t assume_series,
	       struct reader **ret_reader, struct err *err);
/* No handler is called. In a forked child of ours it does nothing. */
void reader_free(struct reader *reader);

/* To be watched for reading, always the same one; reader_take is to be called then. It also wakes for deadlines. */
int reader_fd(const struct reader *reader);

/*
 * Hand the answers that have come to the handlers, and replace a helper that is late. Never blocks. now_ns is
 * CLOCK_MONOTONIC. 0 or a negative errno.
 */
int reader_take(struct reader *reader, uint64_t now_ns);

/*
 * Ask. All return 0, -EAGAIN (too many requests), -ETIMEDOUT (this target has blocked a helper), -ENOMEM or another
 * negative errno. target is any number that stands for one program of one process and for no other later, or 0.
 *
 * A process that is not initialised yet is accepted (code 0) if another one of the same file was seen live by the same
 * helper: its list of thread states may be empty.
 */
int reader_look(struct reader *reader, uint32_t target, pid_t pid);
int reader_code(struct reader *reader, uint32_t target, pid_t pid, const struct pbp_layout *layout,
		uint64_t addr, uint64_t identity);
int reader_find_thread(struct reader *reader, pid_t pid, const struct pbp_target *target,
		       uint32_t tid, uint64_t thread_id, uint64_t start_time);
/* All threads of the process. row: the build's. */
int reader_name_threads(struct reader *reader, pid_t pid, const struct pbp_target *target,
			const struct layout_row *row);
int reader_list(struct reader *reader);

/* Requests that have no answer yet. */
size_t reader_pending(const struct reader *reader);
uint64_t reader_nreplaced(const struct reader *reader);
/* CPU time of all helpers so far, and the largest resident set that one of them has had. */
void reader_cost(const struct reader *reader, uint64_t *ret_cpu_ns, uint64_t *ret_memory_bytes);

#endif

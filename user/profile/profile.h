/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A profile: processes, symbols and stacks interned to small ids, the weight on each stack, and the run's
 * account. Pure data: no system calls, nothing of where the samples came from.
 *
 *   process ──┐
 *             ├──▶ row: samples, weight in ns
 *   stack ────┘
 *     a tree: a stack is (caller's stack, symbol); id 0 is the empty stack
 */
#ifndef PBP_PROFILE_PROFILE_H
#define PBP_PROFILE_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "profile/account.h"
#include "profile/symbol.h"

struct profile;

/*
 * A program of a process, or, in a long run, all ended processes of one command together. Strings are copied. Texts come
 * from the target and are not sanitized here; reports do that.
 */
struct profile_process {
	int32_t pid; /* in the initial PID namespace; of several together the first one's */
	int32_t inside_pid; /* as the process itself sees it, equal to pid outside of containers; 0: not known */
	uint64_t
		start_time; /* clock ticks after boot, /proc/PID/stat field 22: with pid the process's identity */
	uint32_t program; /* which program of the process: grows with each execve */
	uint32_t count; /* processes that this stands for; 1 or more */
	const char *comm; /* command name, never NULL */
	const char *command; /* command line with spaces between, "" when unknown */
	const char *python; /* version for people, "3.11.7"; empty when unknown */
	const char *container; /* name for people of the container or pod; "": the host itself */
	const char *container_id; /* "" when there is none */
	const char *unit; /* systemd unit; "" when there is none */
	const char *
		executable; /* file that has the runtime, as the process names it; "" when unknown */
	const char
		*machine; /* whose pid this is: machine and boot, see profile_run; "": not known */
	uint64_t
		kernel_ns; /* CPU time as the kernel counted it while it was sampled; PROFILE_TIME_UNKNOWN */
};
#define PROFILE_TIME_UNKNOWN UINT64_MAX

/* One run of a profiler. A profile that was merged has several; its account is the sum of theirs. */
struct profile_run {
	int64_t began_unix_ns; /* CLOCK_REALTIME at the first tick; 0: not known */
	const char *tool; /* who sampled, "pybpfprof 0.1.0"; "": not known */
	const char *
		machine; /* "HOST BOOT_ID": two processes of one pid on other machines are not the same; "": not known */
	const char *system; /* "Linux 6.18.1 x86_64"; "": not known */
	struct account account;
};

struct profile_thread {
	int32_t tid; /* in the initial PID namespace */
	const char *name; /* threading.Thread.name, else the system's; "" when unknown */
};

/* One row. Index order is the order of first appearance. */
struct profile_row {
	uint32_t process; /* index */
	uint32_t thread; /* index; PROFILE_NO_ID: threads are not kept apart */
	uint32_t stack; /* id of the leaf-most node */
	uint64_t samples;
	uint64_t weight_ns;
};

/* One sample by itself, of profiles that keep each sample's time. Its weight is also in its row. */
struct profile_moment {
	uint64_t time_ns; /* CLOCK_MONOTONIC of its machine */
	uint64_t weight_ns;
	uint32_t row; /* index; samples 1 */
};

/* What weights are, where they are no time: profiles of other tools that only count. */
enum profile_unit {
	PROFILE_UNIT_TIME, /* nanoseconds of CPU time */
	PROFILE_UNIT_COUNT, /* weight_ns is a count of something */
};

#define PROFILE_STACK_EMPTY 0u
#define PROFILE_NO_ID	    UINT32_MAX

/* NULL when memory runs out. The profile owns everything that is added to it. */
struct profile *profile_new(void);
void profile_free(struct profile *profile);

/* All adders return a negative errno on failure (-ENOMEM; -EOVERFLOW past 2^32 - 2 ids), 0 on success. */

/*
 * Equal (machine, pid, start_time, program) gives the same index again, with the newer texts and numbers. A text may be NULL for
 * "", and a count 0 for 1.
 */
int profile_add_process(struct profile *profile, const struct profile_process *process,
			uint32_t *ret_process);

/* Equal symbols give the same id. See profile/symbol.h; the texts are copied. */
int profile_add_symbol(struct profile *profile, const struct symbol *symbol, uint32_t *ret_symbol);

/* The stack that is `caller` with `symbol` called from it. Equal pairs give the same id; a caller's id is
 * always smaller than its callees' ids. */
int profile_add_stack(struct profile *profile, uint32_t caller, uint32_t symbol,
		      uint32_t *ret_stack);

/* A thread; equal (tid, name) gives the same index again. */
int profile_add_thread(struct profile *profile, const struct profile_thread *thread,
		       uint32_t *ret_thread);

/* Add to the row of (process, thread, stack). */
int profile_add_weight(struct profile *profile, uint32_t process, uint32_t thread, uint32_t stack,
		       uint64_t samples, uint64_t weight_ns);

/* Keep the time of a sample whose weight was or will be added to the row of (process, thread, stack). */
int profile_add_moment(struct profile *profile, uint32_t process, uint32_t thread, uint32_t stack,
		       uint64_t time_ns, uint64_t weight_ns);

/* Add a run, whose account is added to the profile's; the first one's takes its place. Texts are copied. */
int profile_add_run(struct profile *profile, const struct profile_run *run);

/*
 * Forget rows and moments, and all sums of them; processes, threads, symbols and stacks keep their ids. What streams a
 * profile writes what is new and then calls this.
 */
void profile_clear_rows(struct profile *profile);

void profile_set_unit(struct profile *profile, enum profile_unit unit);

/* Ids and indexes run from 0 to count - 1. Pointers live until the next add to the profile. */
size_t profile_nprocesses(const struct profile *profile);
const struct profile_process *profile_process(const struct profile *profile, uint32_t process);
size_t profile_nthreads(const struct profile *profile);
const struct profile_thread *profile_thread(const struct profile *profile, uint32_t thread);
size_t profile_nsymbols(const struct profile *profile);
const struct symbol *profile_symbol(const struct profile *profile, uint32_t symbol);
size_t profile_nstacks(const struct profile *profile); /* the empty stack 0 included */
uint32_t profile_stack_caller(const struct profile *profile, uint32_t stack);
uint32_t profile_stack_symbol(const struct profile *profile,
			      uint32_t stack); /* PROFILE_NO_ID for stack 0 */
size_t profile_nrows(const struct profile *profile);
const struct profile_row *profile_row(const struct profile *profile, size_t row);
size_t profile_nmoments(const struct profile *profile);
const struct profile_moment *profile_moment(const struct profile *profile, size_t moment);
size_t profile_nruns(const struct profile *profile);
const struct profile_run *profile_run(const struct profile *profile, size_t run);
enum profile_unit profile_unit(const struct profile *profile);

/* Sums over all rows. */
uint64_t profile_samples(const struct profile *profile);
uint64_t profile_weight_ns(const struct profile *profile);

/* The account of all runs together, zero until filled by who ran it or by profile_add_run(). */
struct account *profile_account(struct profile *profile);
const struct account *profile_account_const(const struct profile *profile);

#endif

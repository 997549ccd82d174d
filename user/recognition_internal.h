/* SPDX-License-Identifier: GPL-2.0-only */
/* The insides of struct recognition, for the files recognition*.c alone. */
#ifndef PBP_RECOGNITION_INTERNAL_H
#define PBP_RECOGNITION_INTERNAL_H

#include "base/strbuf.h"
#include "processes.h"
#include "recognition.h"

/* Processes that ended before they were known, remembered for what their files turn out to be. */
#define RECOGNITION_GONE_MAX 1024
/* Processes that did not answer and are named; and kinds of refusal that are told. */
#define RECOGNITION_NAMED_MAX	 32
#define RECOGNITION_REFUSALS_MAX 1024

struct recognition {
	struct recognition_settings settings;
	struct processes table;
	struct programs *programs;
	struct cpu_times *times; /* when recording began */
	uint64_t began_boot_ns; /* when that was, since boot; 0: not yet */
	struct strtab *refusals; /* executable and reason, each told once */
	struct recognition_counts counts;
	const char *versions[PBP_LAYOUTS_MAX]; /* by layout, the last that was met */
	struct strbuf blocked; /* lines */
	uint64_t nblocked;
	struct err refused; /* the last one by number */
	pid_t refused_pid;
};

/* What the pipeline is to know of a process; kernel_ns as in struct profile_process. */
int recognition_describe(struct recognition *recognition, const struct process *process,
			 uint64_t kernel_ns);
int recognition_add_target(struct recognition *recognition, struct process *process);

/* Its samples were nobody's. */
void recognition_disown(struct recognition *recognition, struct process *process);

/* Is it Python? The reader is asked. 0, -ENOMEM, -EOVERFLOW. */
int recognition_ask(struct recognition *recognition, struct process *process, uint64_t now_ns);
/* It is Python, but just starting: again soon. */
void recognition_ask_later(struct recognition *recognition, struct process *process,
			   uint64_t now_ns);
/* It is sampled from now on, by the layout of that index, which BPF knows; or not. */
int recognition_sampled(struct recognition *recognition, struct process *process, uint32_t layout);
int recognition_other(struct recognition *recognition, struct process *process);

/* Fill what is not known of its Python, version and executable, as far as its file or its layout tell. */
void recognition_name_program(const struct recognition *recognition, struct process *process,
			      uint32_t layout);

/* Did the user choose it by its number, which is the one that we see? */
bool recognition_is_numbered(const struct recognition *recognition, pid_t pid);

/* The addresses that the reader found. */
struct pbp_runtime recognition_runtime(const struct pbp_target *target);

/* What BPF knows of it. False: its addresses are not known here. */
bool recognition_target(const struct recognition *recognition, const struct process *process,
			struct pbp_target *ret_target);

/* Its CPU time now, into kernel_last_ns. Negative: it has ended. */
int recognition_read_time(struct recognition *recognition, struct process *process);
/*
 * The program began at time_ns, some of the process's CPU time ago: its base is what the process had used by then, and at
 * least what it is now.
 */
void recognition_set_base(struct recognition *recognition, struct process *process,
			  uint64_t time_ns, uint64_t now_ns);

/* The program of the process is over, after kernel_ns of CPU time of the process. */
int recognition_leave(struct recognition *recognition, struct process *process, uint64_t kernel_ns);

#endif

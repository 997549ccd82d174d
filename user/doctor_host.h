/* SPDX-License-Identifier: GPL-2.0-only */
/* What this kernel and our privileges allow: facts, and what they mean for sampling. */
#ifndef PBP_DOCTOR_HOST_H
#define PBP_DOCTOR_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "proc/privileges.h"

struct findings;

enum host_answer {
	HOST_UNKNOWN, /* the kernel does not tell us */
	HOST_YES,
	HOST_NO,
};

/* A kernel setting that may not exist. */
#define HOST_SETTING_ABSENT INT32_MIN

/* Codes are 0 or a negative errno. */
struct host_facts {
	char release[65]; /* of the kernel, as uname tells it */
	struct privilege privileges[PRIVILEGES_MAX];
	int nprivileges; /* or a negative errno */
	int privileged; /* are all there that are needed? */
	struct err privileges_err; /* which are not, and the ways to get them */
	enum host_answer own_users, own_pids; /* are our user and PID namespaces the host's? */
	int btf; /* its file can be read */
	int ring_buffer; /* one can be made */
	int load; /* the BPF program */
	struct err load_err;
	uint64_t load_ns; /* time that opening and loading took */
	uint64_t
		verified; /* instructions that the verifier went through; 0: the kernel does not tell */
	int cost; /* BPF run-time statistics */
	int event; /* first failure to open the event source on a CPU */
	int event_cpu; /* which CPU that was */
	uint32_t nevents; /* CPUs on which it can be opened */
	int attach; /* program to event; only if load and event are 0 */
	struct err attach_err;
	uint32_t nattached; /* CPUs */
	int32_t perf_event_paranoid, ptrace_scope; /* HOST_SETTING_ABSENT */
	char lockdown[32]; /* its mode; "": not told */
	uint64_t memlock; /* bytes of memory that we may lock, RLIM_INFINITY for any */
};

/* Find out. Loads the BPF program, attaches it and takes it away again; no tick of it is counted. */
void host_facts_read(struct host_facts *ret_facts);

/* The mode between brackets in the text of /sys/kernel/security/lockdown; "" when there is none or it is too long. */
void host_parse_lockdown(const char *text, char *ret_mode, size_t capacity);

/* One line for each fact, and one for all of them together. */
void host_judge(const struct host_facts *facts, struct findings *findings);

/* Both. */
void doctor_host(struct findings *findings);

/* Both without a word: does sampling work here? */
bool doctor_host_allows(void);

#endif

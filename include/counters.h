/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Everything that BPF counts, one line each: identifier, and one sentence of meaning. The law that always
 * adds up, printed at the end of every run:
 *
 *   asked   = seen + missed
 *   seen    = samples + lost + not ours
 *   samples = complete + truncated + unreadable + native + not yet recognised
 */
#ifndef PBP_INCLUDE_COUNTERS_H
#define PBP_INCLUDE_COUNTERS_H

#define PBP_COUNTERS(X)                                                                           \
	X(TICKS_SEEN, "ticks seen", "ticks of the event source that ran the BPF program")         \
	X(TICKS_MISSED, "ticks missed", "ticks that never came: a gap of more than 1.5 periods")  \
	X(NOT_OURS, "not ours", "ticks of processes that are not sampled, and of idle CPUs")      \
	X(IDLE, "idle", "of which met the idle task: the CPU had nothing to run")                 \
	X(COMPLETE, "complete", "samples whose stack was read down to its root")                  \
	X(TRUNCATED, "truncated", "samples whose stack is deeper than --max-depth")               \
	X(UNREADABLE, "unreadable", "samples whose stack could not be read to its root")          \
	X(NATIVE, "native", "samples of a thread that runs no Python code")                       \
	X(NOT_RECOGNISED, "not yet recognised",                                                   \
	  "samples of a process that user space has not looked at yet")                           \
	X(LOST, "lost", "samples that found the ring buffer full")                                \
	X(REPAIRED, "repaired", "complete samples that hit a half-switched frame pointer")        \
	X(JIT, "in JIT code", "complete samples of a thread in JIT-compiled code")                \
	X(CODES, "code records", "code objects sent with their names")                            \
	X(CODES_DEFERRED, "code records deferred", "code objects announced now, named later")     \
	X(IDENTITY_READS, "identities checked", "code objects whose identity was read again")     \
	X(WINDOWS, "windows", "page-clipped reads of frames")                                     \
	X(SINGLE_READS, "single reads", "frames read alone because their window failed")          \
	X(FAULTS, "faults", "reads of target memory that failed")                                 \
	X(THREAD_LISTS, "thread lists walked", "searches for a thread's state")                   \
	X(STARTED, "programs announced", "forks, executions and first sights told to user space") \
	X(STARTED_LOST, "announcements lost", "of these, found the ring buffer or the map full")  \
	X(PROGRAMS_KNOWN, "programs known", "executions recognised by their file alone")          \
	X(LIBRARIES_KNOWN, "libraries known", "processes recognised by their library's file")     \
	X(FORKS, "forks followed", "children that took over what was known of their parent")      \
	X(THREAD_LISTS_CUT, "thread lists cut", "searches that ended at the limit of thread states")

enum pbp_counter {
#define PBP_COUNTER_ENUM(id, name, meaning) PBP_COUNT_##id,
	PBP_COUNTERS(PBP_COUNTER_ENUM)
#undef PBP_COUNTER_ENUM
		PBP_COUNT_MAX
};

#endif

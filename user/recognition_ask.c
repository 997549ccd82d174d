/* SPDX-License-Identifier: GPL-2.0-only */
/* When the reader is asked about a process, and when again. What its answers mean is in recognition_answer.c. */
#include <errno.h>

#include "recognition_internal.h"

/* When a process that is starting is asked again: soon, then in proportion to how long it has been starting. */
#define WAIT_FIRST_NS 2000000ULL
#define WAIT_LATER_NS 100000000ULL
#define WAIT_MAX_NS   5000000000ULL
#define WAIT_SHARE    50
/* When the reader had no room for the request. */
#define WAIT_ROOM_NS 10000000ULL

int recognition_ask(struct recognition *recognition, struct process *process, uint64_t now_ns)
{
	const struct recognition_actions *actions = &recognition->settings.actions;
	int code;

	processes_wait_no_more(&recognition->table, process);
	if (process->asked) {
		process->ask_again = true;
		return 0;
	}
	code = actions->look(actions->context, process->id, process->seen_pid);
	if (code == -ETIMEDOUT)
		return process->state == PROCESS_SAMPLED ? 0
							 : recognition_other(recognition, process);
	if (code) {
		processes_wait(&recognition->table, process, now_ns + WAIT_ROOM_NS);
		return code == -ENOMEM ? code : 0;
	}
	process->asked = true;
	return 0;
}

int recognition_ask_due(struct recognition *recognition, uint64_t now_ns)
{
	struct process *process;
	int code = 0;

	while (!code && (process = processes_next_due(&recognition->table, now_ns)))
		code = recognition_ask(recognition, process, now_ns);
	return code;
}

uint64_t recognition_due_ns(const struct recognition *recognition)
{
	return processes_due_ns(&recognition->table);
}

/* 2 ms, 5 ms, then doubled up to 100 ms; and after five seconds a fiftieth of the time that it has waited so far. */
static uint64_t wait_ns(const struct process *process, uint64_t now_ns)
{
	static const uint64_t steps[] = { WAIT_FIRST_NS, 5000000, 10000000, 20000000, 50000000 };
	uint64_t share = (now_ns - process->waits_since_ns) / WAIT_SHARE;

	if (process->nasked < sizeof(steps) / sizeof(*steps))
		return steps[process->nasked];
	if (share < WAIT_LATER_NS)
		return WAIT_LATER_NS;
	return share < WAIT_MAX_NS ? share : WAIT_MAX_NS;
}

void recognition_ask_later(struct recognition *recognition, struct process *process,
			   uint64_t now_ns)
{
	if (!process->waits_since_ns)
		process->waits_since_ns = now_ns;
	processes_wait(&recognition->table, process, now_ns + wait_ns(process, now_ns));
	process->nasked++;
}

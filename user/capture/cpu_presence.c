/* SPDX-License-Identifier: GPL-2.0-only */
/* Pure arithmetic of times: asks no kernel, reads no clock. */
#include "capture/cpu_presence.h"

/* A CPU that is there is not silent for so long but when it sleeps, or when the host of a virtual machine is busy. */
#define SILENT_NS      100000000ULL
#define SILENT_PERIODS 4

static uint64_t later(uint64_t one_ns, uint64_t other_ns)
{
	return one_ns > other_ns ? one_ns : other_ns;
}

static uint64_t ticks_between(uint64_t from_ns, uint64_t to_ns, uint64_t period_ns)
{
	return to_ns > from_ns ? (to_ns - from_ns) / period_ns : 0;
}

bool cpu_presence_is_silent(const struct cpu_presence *cpu, uint64_t last_ns, uint64_t now_ns,
			    uint64_t period_ns)
{
	uint64_t since_ns = later(cpu->opened_ns, last_ns);

	return now_ns > since_ns &&
	       now_ns - since_ns > later(SILENT_NS, SILENT_PERIODS * period_ns);
}

void cpu_presence_found_away(struct cpu_presence *cpu, uint64_t last_ns, uint64_t now_ns)
{
	uint64_t since_ns = later(cpu->seen_away_ns, last_ns);

	if (!last_ns || now_ns <= since_ns)
		return;
	cpu->away_ns += now_ns - since_ns;
	cpu->seen_away_ns = now_ns;
}

void cpu_presence_opened(struct cpu_presence *cpu, uint64_t last_ns, uint64_t now_ns,
			 uint64_t period_ns)
{
	cpu->opened_ns = now_ns;
	if (last_ns)
		cpu->missed += cpu_presence_missed_at_end(cpu, last_ns, now_ns, period_ns);
}

uint64_t cpu_presence_missed_at_end(const struct cpu_presence *cpu, uint64_t last_ns,
				    uint64_t end_ns, uint64_t period_ns)
{
	return ticks_between(later(cpu->seen_away_ns, last_ns), end_ns, period_ns);
}

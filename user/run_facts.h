/* SPDX-License-Identifier: GPL-2.0-only */
/* What a saved profile says of the run that made it: when, by whom, on which machine. */
#ifndef PBP_RUN_FACTS_H
#define PBP_RUN_FACTS_H

#include <stdint.h>

#include "profile/profile.h"

struct run_facts {
	char tool[64];
	char machine[320]; /* "HOST BOOT_ID" */
	char system[256];
};

/* What is not known becomes "". */
void run_facts_read(struct run_facts *facts);

/* As a profile has it, beginning now; its account is zero. Texts are the facts'. */
struct profile_run run_facts_run(const struct run_facts *facts);

#endif

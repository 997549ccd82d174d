/* SPDX-License-Identifier: GPL-2.0-only */
/* The fixture of tests that run with every build: a process with one interpreter and one thread. */
#include "support/host_bpf.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#define STAGE_THREAD_ID 0x7f00deadb000ULL
#define STAGE_TID	4242
#define TESTS_MAX	2048

static int set_up(void **state)
{
	struct host_stage *stage = calloc(1, sizeof(*stage));

	if (!stage)
		return -1;
	host_reset();
	stage->memory = fake_memory_new();
	fake_python_init(&stage->python, stage->memory, *state, 1);
	stage->interp = fake_interp(&stage->python);
	stage->tstate = fake_tstate(&stage->python, stage->interp, STAGE_THREAD_ID);
	host_thread_init(&stage->thread, &stage->python, STAGE_TID, STAGE_THREAD_ID);
	*state = stage;
	return 0;
}

void *host_alloc(struct host_stage *stage, size_t size)
{
	void *block = calloc(1, size);

	if (!block || stage->nblocks == HOST_BLOCKS_MAX)
		abort();
	stage->blocks[stage->nblocks++] = block;
	return block;
}

static int tear_down(void **state)
{
	struct host_stage *stage = *state;

	host_forget();
	while (stage->nblocks)
		free(stage->blocks[--stage->nblocks]);
	fake_memory_free(stage->memory);
	free(stage);
	return 0;
}

size_t host_ntests(size_t nbodies)
{
	size_t nbuilds = 0;

	fake_builds(&nbuilds);
	return nbodies * nbuilds;
}

/* The names live as long as the program, as cmocka wants it. */
void host_make_tests(const struct host_test *bodies, size_t nbodies, struct CMUnitTest *tests)
{
	size_t nbuilds = 0;
	const struct fake_build *builds = fake_builds(&nbuilds);
	static char names[TESTS_MAX][160];

	if (nbodies * nbuilds > TESTS_MAX)
		abort();
	for (size_t i = 0; i < nbodies * nbuilds; i++) {
		const struct fake_build *build = &builds[i % nbuilds];

		snprintf(names[i], sizeof(names[i]), "%s: %s", build->name,
			 bodies[i / nbuilds].name);
		tests[i] = (struct CMUnitTest){
			.name = names[i],
			.test_func = bodies[i / nbuilds].run,
			.setup_func = set_up,
			.teardown_func = tear_down,
			.initial_state = (void *)(uintptr_t)build,
		};
	}
}

bool host_has_counter(const struct host_stage *stage)
{
	return stage->python.target.code_counter_addr ||
	       stage->python.layout->interp_code_counter != PBP_ABSENT;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Tests of user/python/program.c: which main executables are decided for all their processes, and which never. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "python/program.h"
#include "python/target.h"

#define BIAS 0x550000000000ULL

struct stage {
	struct python_builds builds;
	struct python_process process;
	uint64_t start_code;
};

/* A process whose main executable has the runtime that is in use. */
static struct stage *stage_new(void)
{
	struct stage *stage = calloc(1, sizeof(*stage));

	assert_non_null(stage);
	stage->builds.nbuilds = 1;
	stage->builds.program = (struct python_program){
		.examined = true, .has_runtime = true, .code_start = 0x4000, .bias = BIAS
	};
	stage->process.nbuilds = 1;
	stage->process.build.in_program = true;
	stage->process.build.file = 7;
	stage->process.build.bias = BIAS;
	stage->process.target.runtime_addr = BIAS + 0x10000;
	stage->process.target.code_type_addr = BIAS + 0x20000;
	stage->process.target.thread_pointer_bias = 16;
	stage->start_code = BIAS + 0x4000;
	return stage;
}

static struct pbp_program judge(const struct stage *stage)
{
	return program_judge(&stage->builds, stage->start_code, &stage->process);
}

static void an_executable_with_the_runtime_in_use_is_sampled_by_linked_addresses(void **state)
{
	struct stage *stage = stage_new();
	const struct pbp_program program = judge(stage);

	(void)state;
	assert_int_equal(program.verdict, PBP_VERDICT_SAMPLED);
	assert_int_equal(program.layout, 0);
	assert_int_equal(program.linked_start, 0x4000);
	assert_int_equal(program.linked.runtime_addr, 0x10000);
	assert_int_equal(program.linked.code_type_addr, 0x20000);
	/* What is not there has no address anywhere, and a bias of the thread pointer is none of the executable. */
	assert_int_equal(program.linked.current_tstate_addr, 0);
	assert_int_equal(program.linked.code_counter_addr, 0);
	assert_int_equal(program.linked.thread_pointer_bias, 16);
	free(stage);
}

static void whatever_may_differ_in_another_process_is_left_undecided(void **state)
{
	(void)state;
	for (int i = 0; i < 8; i++) {
		struct stage *stage = stage_new();

		switch (i) {
		case 0:
			stage->builds.program.examined = false;
			break;
		case 1:
			stage->process.build.in_program = false;
			break;
		case 2: /* the file changed while it was read */
			stage->process.build.file = 0;
			break;
		case 3: /* a library may be the one in use elsewhere */
			stage->process.nbuilds = 2;
			break;
		case 4: /* the process moved the start of its code */
			stage->start_code += 0x1000;
			break;
		case 5: /* not told, or not permitted */
			stage->start_code = 1;
			break;
		case 6: /* a type of another file */
			stage->process.build.code_type_addr = BIAS + 0x30000;
			break;
		default:
			stage->builds.program.code_start = 0;
			break;
		}
		assert_int_equal(judge(stage).verdict, PBP_VERDICT_UNKNOWN);
		free(stage);
	}
}

/* A process whose main executable is linked with the library that has the runtime in use. */
static struct stage *stage_with_library(void)
{
	struct stage *stage = stage_new();
	struct python_build *build = &stage->process.build;

	stage->builds.program.has_runtime = false;
	stage->builds.program.needs_libpython = true;
	stage->builds.program.debug_addr = 0x3e08;
	build->in_program = false;
	build->bias = 2 * BIAS;
	build->code_start = 0x9000;
	build->dynamic_addr = 0x4d00;
	build->key = (struct pbp_file_key){ .inode = 4, .size = 5, .changed_ns = 6, .device = 7 };
	stage->process.target.runtime_addr = 2 * BIAS + 0x10000;
	stage->process.target.code_type_addr = 2 * BIAS + 0x20000;
	return stage;
}

static void one_linked_with_the_library_in_use_is_found_by_that(void **state)
{
	struct stage *stage = stage_with_library();
	const struct pbp_program program = judge(stage);

	(void)state;
	assert_int_equal(program.verdict, PBP_VERDICT_LOADING);
	assert_int_equal(program.linked_start, 0x4000);
	assert_int_equal(program.linked.runtime_addr, 0x10000);
	assert_int_equal(program.linked.code_type_addr, 0x20000);
	assert_int_equal(program.linked.code_counter_addr, 0);
	assert_int_equal(program.linked.thread_pointer_bias, 16);
	assert_int_equal(program.library.debug_addr, 0x3e08);
	assert_int_equal(program.library.dynamic, 0x4d00);
	assert_int_equal(program.library.code_start, 0x9000);
	/* The kernel may know it by another inode than stat shows. */
	assert_int_equal(program.library.file.inode, 0);
	assert_int_equal(program.library.file.device, 0);
	assert_int_equal(program.library.file.size, 5);
	assert_int_equal(program.library.file.changed_ns, 6);
	free(stage);
}

static void a_library_that_may_not_be_the_one_in_use_elsewhere_is_left_undecided(void **state)
{
	(void)state;
	for (int i = 0; i < 12; i++) {
		struct stage *stage = stage_with_library();

		switch (i) {
		case 0:
			stage->builds.program.examined = false;
			break;
		case 1: /* it was opened late */
			stage->builds.program.needs_libpython = false;
			break;
		case 2:
			stage->builds.program.has_runtime = true;
			break;
		case 3: /* without a dynamic linker's list */
			stage->builds.program.debug_addr = 0;
			break;
		case 4:
			stage->process.nbuilds = 2;
			break;
		case 5:
			stage->builds.refused.code = -ENOTSUP;
			break;
		case 6: /* the addresses are not all the library's */
			stage->process.build.copied = true;
			break;
		case 7: /* read from memory */
			stage->process.build.key = (struct pbp_file_key){ 0 };
			break;
		case 8:
			stage->process.build.file = 0;
			break;
		case 9:
			stage->process.build.dynamic_addr = 0;
			break;
		case 10:
			stage->start_code += 0x1000;
			break;
		default:
			stage->process.build.code_type_addr = 2 * BIAS + 0x30000;
			break;
		}
		assert_int_equal(judge(stage).verdict, PBP_VERDICT_UNKNOWN);
		assert_int_equal(judge(stage).linked.runtime_addr, 0);
		free(stage);
	}
}

static void an_exported_runtime_is_in_use_beside_libraries(void **state)
{
	struct stage *stage = stage_new();

	(void)state;
	stage->process.nbuilds = 2;
	stage->builds.program.exported = true;
	assert_int_equal(judge(stage).verdict, PBP_VERDICT_SAMPLED);
	free(stage);
}

static void only_what_has_nothing_of_python_is_other(void **state)
{
	struct python_builds *builds = calloc(1, sizeof(*builds));
	const struct python_program plain = { .examined = true, .code_start = 0x4000 };

	(void)state;
	assert_non_null(builds);
	builds->program = plain;
	assert_int_equal(program_judge(builds, 0x4000, NULL).verdict, PBP_VERDICT_OTHER);
	builds->program.needs_libpython = true;
	assert_int_equal(program_judge(builds, 0x4000, NULL).verdict, PBP_VERDICT_UNKNOWN);
	builds->program = plain;
	builds->program.needs_unknown = true;
	assert_int_equal(program_judge(builds, 0x4000, NULL).verdict, PBP_VERDICT_UNKNOWN);
	builds->program = plain;
	builds->program.has_runtime = true;
	assert_int_equal(program_judge(builds, 0x4000, NULL).verdict, PBP_VERDICT_UNKNOWN);
	builds->program = plain;
	builds->program.examined = false;
	assert_int_equal(program_judge(builds, 0x4000, NULL).verdict, PBP_VERDICT_UNKNOWN);
	/* It loaded one, supported or not. */
	builds->program = plain;
	builds->nbuilds = 1;
	assert_int_equal(program_judge(builds, 0x4000, NULL).verdict, PBP_VERDICT_UNKNOWN);
	builds->nbuilds = 0;
	builds->refused.code = -ENOTSUP;
	assert_int_equal(program_judge(builds, 0x4000, NULL).verdict, PBP_VERDICT_UNKNOWN);
	free(builds);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			an_executable_with_the_runtime_in_use_is_sampled_by_linked_addresses),
		cmocka_unit_test(whatever_may_differ_in_another_process_is_left_undecided),
		cmocka_unit_test(one_linked_with_the_library_in_use_is_found_by_that),
		cmocka_unit_test(
			a_library_that_may_not_be_the_one_in_use_elsewhere_is_left_undecided),
		cmocka_unit_test(an_exported_runtime_is_in_use_beside_libraries),
		cmocka_unit_test(only_what_has_nothing_of_python_is_other),
	};

	return cmocka_run_group_tests_name("program", tests, NULL, NULL);
}

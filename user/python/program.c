/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From what one process has shown of its main executable to what holds for every process that executes it. Must not
 * read anything.
 */
#include "python/program.h"

#include "python/detect.h"
#include "python/target.h"

static uint64_t linked(uint64_t addr, uint64_t bias)
{
	return addr ? addr - bias : 0;
}

/*
 * The kernel's start_code is the lowest address of the executable segments (fs/binfmt_elf.c, load_elf_binary; before
 * 5.10 of all segments), unless the process changed it (prctl PR_SET_MM): believed only where file and process agree.
 */
static bool starts_as_linked(const struct python_program *program, uint64_t start_code)
{
	return program->code_start && start_code == program->code_start + program->bias;
}

struct pbp_program program_judge(const struct python_builds *builds, uint64_t start_code,
				 const struct python_process *process)
{
	const struct python_program *program = &builds->program;
	struct pbp_program verdict = { .verdict = PBP_VERDICT_UNKNOWN };
	const struct pbp_target *target;
	uint64_t bias = program->bias;

	if (!program->examined)
		return verdict;
	if (!builds->nbuilds && !builds->refused.code && !program->has_runtime &&
	    !program->needs_libpython && !program->needs_unknown)
		verdict.verdict = PBP_VERDICT_OTHER;
	if (!process || !process->build.in_program || !process->build.file ||
	    (process->nbuilds > 1 && !program->exported) || !starts_as_linked(program, start_code))
		return verdict;
	target = &process->target;
	/* A type that is not the executable's own moves by another bias. */
	if (process->build.code_type_addr &&
	    process->build.code_type_addr != target->code_type_addr)
		return verdict;
	verdict.verdict = PBP_VERDICT_SAMPLED;
	verdict.linked_start = program->code_start;
	verdict.linked = (struct pbp_runtime){
		.runtime_addr = linked(target->runtime_addr, bias),
		.current_tstate_addr = linked(target->current_tstate_addr, bias),
		.code_type_addr = linked(target->code_type_addr, bias),
		.code_counter_addr = linked(target->code_counter_addr, bias),
		.thread_pointer_bias = target->thread_pointer_bias,
	};
	return verdict;
}

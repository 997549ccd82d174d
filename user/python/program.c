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

/* The addresses of a target in a file that was moved by the bias. */
static struct pbp_runtime linked_runtime(const struct pbp_target *target, uint64_t bias)
{
	return (struct pbp_runtime){
		.runtime_addr = linked(target->runtime_addr, bias),
		.current_tstate_addr = linked(target->current_tstate_addr, bias),
		.code_type_addr = linked(target->code_type_addr, bias),
		.code_counter_addr = linked(target->code_counter_addr, bias),
		.thread_pointer_bias = target->thread_pointer_bias,
	};
}

/* Is the runtime in use the program's own, in every process of it? */
static bool has_it(const struct python_program *program, const struct python_process *process)
{
	return process->build.in_program && (process->nbuilds == 1 || program->exported);
}

/*
 * Or is it that of the one library that it is linked with? The dynamic linker has mapped that before the program begins,
 * but which file that is, another process's environment may decide otherwise.
 */
static bool is_linked_with_it(const struct python_builds *builds,
			      const struct python_process *process)
{
	const struct python_program *program = &builds->program;
	const struct python_build *build = &process->build;

	return program->needs_libpython && !program->has_runtime && program->debug_addr &&
	       !build->in_program && !build->copied && build->key.size && build->code_start &&
	       build->dynamic_addr && process->nbuilds == 1 && !builds->refused.code;
}

struct pbp_program program_judge(const struct python_builds *builds, uint64_t start_code,
				 const struct python_process *process)
{
	const struct python_program *program = &builds->program;
	struct pbp_program verdict = { .verdict = PBP_VERDICT_UNKNOWN };
	const struct python_build *build;
	const struct pbp_target *target;

	if (!program->examined)
		return verdict;
	if (!builds->nbuilds && !builds->refused.code && !program->has_runtime &&
	    !program->needs_libpython && !program->needs_unknown)
		verdict.verdict = PBP_VERDICT_OTHER;
	if (!process || !process->build.file || !starts_as_linked(program, start_code))
		return verdict;
	build = &process->build;
	target = &process->target;
	/* A type that is not the file's own moves by another bias. */
	if (build->code_type_addr && build->code_type_addr != target->code_type_addr)
		return verdict;
	verdict.linked_start = program->code_start;
	verdict.linked = linked_runtime(target, build->bias);
	if (has_it(program, process)) {
		verdict.verdict = PBP_VERDICT_SAMPLED;
	} else if (is_linked_with_it(builds, process)) {
		verdict.verdict = PBP_VERDICT_LOADING;
		verdict.library = (struct pbp_library){
			.file = { .size = build->key.size, .changed_ns = build->key.changed_ns },
			.dynamic = build->dynamic_addr,
			.code_start = build->code_start,
			.debug_addr = program->debug_addr,
		};
	} else {
		verdict = (struct pbp_program){ .verdict = PBP_VERDICT_UNKNOWN };
	}
	return verdict;
}

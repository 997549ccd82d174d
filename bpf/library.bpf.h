/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Python in a shared library: where that lies in a process is known only once the dynamic linker has mapped it, so the
 * ticks look for it. Where it should be, the dynamic linker says; which file really is there, the kernel.
 */
#ifndef PBP_BPF_LIBRARY_BPF_H
#define PBP_BPF_LIBRARY_BPF_H

#include "admit.bpf.h"
#include "lifecycle.bpf.h"
#include "link_map.h"

/* CPU time that a process may use without its library before user space is asked. Mapping it takes about a tenth. */
#define LOADING_MAX_NS 5000000ULL

/* What the kernel has mapped at an address. */
struct library_mapping {
	struct pbp_file_key file;
	__u64 start;
};

static long library_take_mapping(struct task_struct *task, struct vm_area_struct *vma,
				 struct library_mapping *mapping)
{
	inode_key(BPF_CORE_READ(vma, vm_file, f_inode), &mapping->file);
	mapping->start = vma->vm_start;
	return 0;
}

/*
 * Is that the library? User space knows size and time of change alone: overlayfs and btrfs show it another inode than the
 * kernel has. So the first process that maps such a file tells the rest of the key, which from then on must be the same.
 */
static __always_inline int library_is(struct pbp_file_key *known, const struct pbp_file_key *file)
{
	if (!file->inode || file->size != known->size || file->changed_ns != known->changed_ns)
		return 0;
	if (!known->inode)
		*known = *file;
	return file->inode == known->inode && file->device == known->device &&
	       file->generation == known->generation;
}

/* It is Python from now on. Negative: user space could not be told. */
static __always_inline long library_take(struct pbp_process *process,
					 const struct pbp_program *program, __u32 pid, __u64 bias)
{
	struct pbp_recognised record = {
		.header = { .kind = PBP_KIND_RECOGNISED, .size = sizeof(record) },
		.target = process->id,
		.pid = pid,
		.layout = program->layout,
	};

	/* One that is not announced yet will be, as what it is then. */
	if (process->announced && ring_send(&record, sizeof(record)))
		return -1;
	process->layout = program->layout;
	runtime_move(&process->runtime, &program->linked, bias);
	barrier(); /* another thread of it may tick on another CPU */
	process->verdict = PBP_VERDICT_SAMPLED;
	counted_elsewhere(PBP_COUNT_LIBRARIES_KNOWN);
	return 0;
}

/* A verdict for the LOADING process of the current task; stays LOADING while there is nothing to decide by. */
static __always_inline void library_judge(struct pbp_scratch *s, struct pbp_process *process,
					  struct task_struct *task)
{
	struct library_mapping mapping = {};
	struct pbp_file_key file;
	struct pbp_program *program;
	__u64 program_bias, bias;

	file_key(task, &file);
	program = bpf_map_lookup_elem(&programs, &file);
	if (program && program->verdict == PBP_VERDICT_LOADING) {
		program_bias = BPF_CORE_READ(task, mm, start_code) - program->linked_start;
		/* The second also fails where the mappings are just being changed. */
		if (link_map_bias(s, &program->library, program_bias, &bias) ||
		    bpf_find_vma(task, bias + program->library.code_start, library_take_mapping,
				 &mapping, 0)) {
			process->loading_ns += settings.period_ns;
			if (process->loading_ns < LOADING_MAX_NS)
				return;
		} else if (mapping.start == ((bias + program->library.code_start) &
					     ~(__u64)(PBP_PAGE_BYTES - 1)) &&
			   library_is(&program->library.file, &mapping.file)) {
			library_take(process, program, (__u32)task->tgid, bias);
			return;
		}
	}
	/* Another library than the known one, or none: user space is to look. */
	process->exec_vm = 0;
	process->verdict = PBP_VERDICT_UNKNOWN;
}

/* The tick met a process that is LOADING. 1: it has a verdict now. A global function: verified once. */
PBP_GLOBAL int library_find(__u32 cpu)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct pbp_scratch *s = scratch_of(cpu);
	struct pbp_process *process = process_find(task);

	barrier_var(process); /* or clang tests what it was found by in its place */
	if (!s || !process || process->verdict != PBP_VERDICT_LOADING || !task->mm)
		return 0;
	library_judge(s, process, task);
	return process->verdict != PBP_VERDICT_LOADING;
}

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Joins what procfs, the files and the memory of one process say into a target, and checks it in the live
 * process. Must not know how samples are taken, nor spell a version.
 */
#include "python/target.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <config.h>

#include "proc/memory.h"
#include "python/debug_offsets.h"
#include "python/detect.h"
#include "python/layout.h"

/* The process runs while it is read, so a chain of frames may be torn: ask this often. */
#define FRAME_TRIES 16
/* Shims that may stand above the first Python frame; two were seen. */
#define SHIMS_MAX 8

#define PERMISSION_HINT                                                                  \
	"run as root (sudo), or grant CAP_SYS_PTRACE; in a container it needs the same " \
	"capability and the host's PID namespace"

#define LIST_HINT "list the Python processes: pgrep -a python"

static bool is_user_address(uint64_t addr)
{
	return addr >= MEMORY_ADDR_MIN && addr < MEMORY_ADDR_END && addr % sizeof(uint64_t) == 0;
}

/* A pointer read from the process; -EBADMSG when it cannot be one. */
static int read_pointer(const struct memory *memory, uint64_t addr, uint64_t *ret_pointer)
{
	uint64_t pointer;
	int r;

	r = memory_read_u64(memory, addr, &pointer);
	if (r < 0)
		return r;
	if (pointer && !is_user_address(pointer))
		return -EBADMSG;
	*ret_pointer = pointer;
	return 0;
}

/*
 * Could this be a thread's pthread_self()? On x86-64 the thread control block of both glibc and musl has a
 * pointer to itself first, which is what fs:0 reads; elsewhere memory must be there.
 */
static bool is_thread_id(const struct memory *memory, uint64_t thread_id)
{
	uint64_t self;

	if (!is_user_address(thread_id) || memory_read_u64(memory, thread_id, &self) < 0)
		return false;
#ifdef __x86_64__
	return self == thread_id;
#else
	return true;
#endif
}

/* Does the thread state's first Python frame point to a code object? */
static bool has_frame(const struct memory *memory, const struct pbp_target *target, uint64_t tstate)
{
	const struct pbp_layout *layout = &target->layout;
	uint64_t frame, code, type;
	uint8_t owner;

	if (read_pointer(memory, tstate + layout->tstate_frame, &frame) < 0 || !frame)
		return false;
	if (layout->cframe_current_frame != PBP_ABSENT &&
	    read_pointer(memory, frame + layout->cframe_current_frame, &frame) < 0)
		return false;
	for (int i = 0; i < SHIMS_MAX && frame; i++) {
		owner = 0;
		if (layout->frame_shim_owner &&
		    memory_read(memory, frame + layout->frame_owner, &owner, sizeof(owner)) < 0)
			return false;
		if (!layout->frame_shim_owner || owner < layout->frame_shim_owner)
			return memory_read_u64(memory, frame + layout->frame_code, &code) == 0 &&
			       memory_read_u64(memory,
					       (code & ~(uint64_t)layout->frame_code_tag) +
						       layout->object_type,
					       &type) == 0 &&
			       type == target->code_type_addr;
		if (read_pointer(memory, frame + layout->frame_previous, &frame) < 0)
			return false;
	}
	return false;
}

/* What one walk over an interpreter's thread states found. */
struct threads {
	size_t nstates;
	bool have_thread_id, have_frame;
};

static int walk_threads(const struct memory *memory, const struct pbp_target *target,
			uint64_t interp, struct threads *threads)
{
	const struct pbp_layout *layout = &target->layout;
	uint64_t tstate, thread_id;
	int r;

	r = read_pointer(memory, interp + layout->interp_threads_head, &tstate);
	while (!r && tstate && threads->nstates < PBP_THREAD_STATES_MAX) {
		threads->nstates++;
		r = memory_read_u64(memory, tstate + layout->tstate_thread_id, &thread_id);
		if (r < 0)
			break;
		threads->have_thread_id |= is_thread_id(memory, thread_id);
		threads->have_frame |= has_frame(memory, target, tstate);
		r = read_pointer(memory, tstate + layout->tstate_next, &tstate);
	}
	return r;
}

/* All interpreters; the first failure ends it. */
static int walk_interpreters(const struct memory *memory, const struct pbp_target *target,
			     struct threads *threads)
{
	uint64_t interp;
	int r;

	r = read_pointer(memory, target->runtime_addr + target->layout.runtime_interpreters_head,
			 &interp);
	if (!r && !interp)
		return -EAGAIN;
	for (int i = 0; i < PBP_INTERPRETERS_MAX && !r && interp; i++) {
		r = walk_threads(memory, target, interp, threads);
		if (!r)
			r = read_pointer(memory, interp + target->layout.interp_next, &interp);
	}
	return r;
}

/*
 * Is everything where the layout says? The process goes on while it is read, so a try may fail; a build of a
 * size that no row lists must show a frame with a code object before it is believed.
 */
static int check_live(const struct memory *memory, const struct python_build *build,
		      const struct pbp_target *target, struct err *err)
{
	struct threads threads = { 0 };
	int r = 0;

	for (int i = 0; i < FRAME_TRIES; i++) {
		threads = (struct threads){ 0 };
		r = walk_interpreters(memory, target, &threads);
		if (r == -EAGAIN || r == -EPERM || r == -EACCES || r == -ESRCH)
			break;
		if (!r && threads.have_thread_id &&
		    (threads.have_frame || build->runtime_size_known))
			return 0;
	}
	if (r == -EAGAIN || (!r && !threads.nstates)) {
		err_set(err, -EAGAIN, "its Python runtime is not initialised");
		err_hint(err, "it is just starting or ending, or embeds Python and has not used it "
			      "yet: try again");
		return -EAGAIN;
	}
	if (r == -EPERM || r == -EACCES || r == -ESRCH)
		return err_set(err, r, "cannot read its memory: %s", strerror(-r));
	if (r < 0)
		return err_set(err, -EBADMSG, "its memory is not laid out as CPython %s has it: %s",
			       build->version, r == -EBADMSG ? "a pointer is none" : strerror(-r));
	return err_set(err, -EBADMSG, "its memory is not laid out as CPython %s has it: %s",
		       build->version,
		       threads.have_thread_id ? "no frame of a code object in any thread"
					      : "no thread state of a living thread");
}

/* The row's layout, and over it what the process says itself where this version can. */
static int read_layout(const struct memory *memory, const struct python_build *build,
		       struct pbp_layout *ret_layout, struct err *err)
{
	unsigned char block[DEBUG_OFFSETS_BYTES_MAX];
	size_t size = debug_offsets_size(build->row);
	int r;

	if (size == 0) {
		layout_from_row(build->row, build->hexversion, 0, ret_layout);
		return layout_check(ret_layout, err);
	}
	if (size > sizeof(block))
		return err_set(err, -E2BIG, "CPython's own table of offsets is too large");
	r = memory_read(memory, build->runtime_addr, block, size);
	if (r < 0)
		return err_set(err, r, "cannot read CPython's own table of offsets: %s",
			       strerror(-r));
	r = debug_offsets_apply(block, size, build->row, ret_layout, err);
	if (r == -ENOTSUP)
		version_hint_supported(err);
	return r;
}

int target_read_memory(const struct memory *memory, const struct python_build *build,
		       struct pbp_target *ret_target, struct err *err)
{
	struct pbp_target target = {
		.runtime_addr = build->runtime_addr,
		.code_type_addr = build->code_type_addr,
		.code_counter_addr = build->code_counter_addr,
	};
	int r;

	r = read_layout(memory, build, &target.layout, err);
	if (r < 0)
		return r;
	r = check_live(memory, build, &target, err);
	if (r < 0)
		return r;
	*ret_target = target;
	return 0;
}

/* Processes that never can be sampled. */
static int check_facts(const struct process_facts *facts, struct err *err)
{
	pid_t pid = facts->id.pid;

	if (facts->thread_group != pid) {
		err_set(err, -EINVAL, "%d is a thread of process %d (%s)", pid, facts->thread_group,
			facts->comm);
		err_hint(err, "give the process: -p %d", facts->thread_group);
		return -EINVAL;
	}
	if (facts->kernel_thread) {
		err_set(err, -EINVAL, "pid %d (%s) is a thread of the kernel, which runs no Python",
			pid, facts->comm);
		err_hint(err, LIST_HINT);
		return -EINVAL;
	}
	if (facts->zombie) {
		err_set(err, -EINVAL, "pid %d (%s) has ended and only waits for its parent", pid,
			facts->comm);
		err_hint(err, "a zombie uses no CPU: give a process that is alive");
		return -EINVAL;
	}
	if (pid == getpid()) {
		err_set(err, -EINVAL, "pid %d is this profiler itself", pid);
		err_hint(err, LIST_HINT);
		return -EINVAL;
	}
	return 0;
}

/* The number may have gone to another process while we looked. */
static int check_same_process(const struct process_id *id, struct err *err)
{
	struct process_facts now;
	int r;

	r = procfs_read_process(id->pid, &now, err);
	if (r < 0)
		return r;
	if (now.id.start_time != id->start_time || now.zombie)
		return err_set(err, -ESRCH, "pid %d: the process ended while it was looked at",
			       id->pid);
	return 0;
}

static int read_live(pid_t pid, const struct python_build *build, struct pbp_target *ret_target,
		     struct err *err)
{
	struct memory memory = { 0 };
	int r;

	r = memory_open_process(pid, &memory);
	if (r < 0)
		return err_set(err, r, "pid %d: cannot open its memory: %s", pid, strerror(-r));
	r = target_read_memory(&memory, build, ret_target, err);
	memory_close(&memory);
	if (r < 0)
		err_wrap(err, "pid %d", pid);
	return r;
}

int target_read(pid_t pid, struct python_process *ret_process, struct err *err)
{
	struct python_process process = { 0 };
	struct process_facts facts;
	struct python_build build;
	struct err why_ended;
	int r, ended;

	r = procfs_read_process(pid, &facts, err);
	if (r == -ESRCH)
		err_hint(err, LIST_HINT);
	if (r < 0)
		return r;
	r = check_facts(&facts, err);
	if (r < 0)
		return r;
	r = detect_python(&facts, &build, err);
	if (!r)
		r = read_live(pid, &build, &process.target, err);
	if (r == -EPERM || r == -EACCES) {
		err_set(err, r, "not permitted to look at pid %d (%s): %s", pid, facts.comm,
			strerror(-r));
		err_hint(err, "%s", PERMISSION_HINT);
		return r;
	}
	/* An end in between explains every other failure better. */
	ended = check_same_process(&facts.id, &why_ended);
	if (ended < 0 && err)
		*err = why_ended;
	if (ended < 0 || r < 0)
		return ended < 0 ? ended : r;

	process.id = facts.id;
	memcpy(process.comm, facts.comm, sizeof(process.comm));
	memcpy(process.version, build.version, sizeof(process.version));
	memcpy(process.found_in, build.found_in, sizeof(process.found_in));
	*ret_process = process;
	return 0;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Processes of every kind that cannot be a target, and the live check over a made-up interpreter in a buffer,
 * once per layout row.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/memory.h"
#include "python/debug_offsets.h"
#include "python/detect.h"
#include "python/layout.h"
#include "python/target.h"

/* Where the made-up interpreter has what. */
#define BASE	    0x500000ULL
#define RUNTIME	    (BASE + 0x1000)
#define INTERP	    (BASE + 0x2000)
#define TSTATE	    (BASE + 0x9000)
#define CFRAME	    (BASE + 0xa000)
#define SHIM	    (BASE + 0xb000)
#define FRAME	    (BASE + 0xb100)
#define CODE	    (BASE + 0xc000)
#define CODE_TYPE   (BASE + 0xd000)
#define THREAD	    (BASE + 0xe000)
#define TYPE_NAME   (BASE + 0xf000)
#define HOLDER	    (BASE + 0xf100)
#define SPACE_BYTES 0x10000

struct space {
	unsigned char bytes[SPACE_BYTES];
	uint64_t hole; /* reading this address fails; 0: none */
	int hole_code;
	size_t nreads;
};

static int read_space(void *context, uint64_t addr, void *buffer, size_t size)
{
	struct space *space = context;

	space->nreads++;
	if (space->hole && addr <= space->hole && space->hole < addr + size)
		return space->hole_code;
	if (addr < BASE || addr - BASE > SPACE_BYTES || SPACE_BYTES - (addr - BASE) < size)
		return -EFAULT;
	memcpy(buffer, space->bytes + (addr - BASE), size);
	return 0;
}

static void put(struct space *space, uint64_t addr, uint64_t value)
{
	assert_true(addr >= BASE && addr + sizeof(value) <= BASE + SPACE_BYTES);
	memcpy(space->bytes + (addr - BASE), &value, sizeof(value));
}

/* Lay out one interpreter with one thread in one frame, above which a shim stands where there are shims. */
static void lay_out(struct space *space, const struct pbp_layout *l)
{
	uint64_t top = l->frame_shim_owner ? SHIM : FRAME;

	memset(space, 0, sizeof(*space));
	put(space, RUNTIME + l->runtime_interpreters_head, INTERP);
	put(space, INTERP + l->interp_threads_head, TSTATE);
	put(space, TSTATE + l->tstate_thread_id, THREAD);
	put(space, THREAD, THREAD);
	if (l->cframe_current_frame != PBP_ABSENT) {
		put(space, TSTATE + l->tstate_frame, CFRAME);
		put(space, CFRAME + l->cframe_current_frame, top);
	} else {
		put(space, TSTATE + l->tstate_frame, top);
	}
	put(space, FRAME + l->frame_code, CODE);
	put(space, CODE + l->object_type, CODE_TYPE);
	put(space, CODE_TYPE + l->type_name, TYPE_NAME);
	memcpy(space->bytes + (TYPE_NAME - BASE), "code", sizeof("code"));
	if (l->frame_shim_owner) {
		put(space, SHIM + l->frame_previous, FRAME);
		space->bytes[SHIM + l->frame_owner - BASE] = (unsigned char)l->frame_shim_owner;
	}
}

static struct python_build build_of(const struct layout_row *row)
{
	struct python_build build = { .row = row,
				      .hexversion = (uint32_t)row->series << 16 | 0x1f0,
				      .runtime_addr = RUNTIME,
				      .runtime_size_known = true,
				      .code_type_addr = CODE_TYPE,
				      .current_tstate_addr = HOLDER,
				      .code_counter_addr = 0x1234 };

	snprintf(build.version, sizeof(build.version), "%s", row->name);
	return build;
}

static int check(struct space *space, const struct python_build *build, struct pbp_target *target,
		 struct err *err)
{
	const struct memory memory = { .read = read_space, .context = space };

	*err = (struct err){ 0 };
	space->nreads = 0;
	return target_read_memory(&memory, build, target, NULL, err);
}

typedef void row_test(struct space *space, struct python_build *build, const struct pbp_layout *l);

/* Once per row whose layout does not come from the process. */
static void for_each_row(row_test *test)
{
	struct space *space = malloc(sizeof(*space));
	struct python_build build;
	struct pbp_layout layout;
	int nrows = 0;

	assert_non_null(space);
	for (const struct layout_row *row = layout_rows; row->name; row++) {
		if (debug_offsets_size(row))
			continue;
		build = build_of(row);
		layout_from_row(row, build.hexversion, 0, &layout);
		lay_out(space, &layout);
		test(space, &build, &layout);
		nrows++;
	}
	assert_true(nrows > 0);
	free(space);
}

static void expect_good(struct space *space, struct python_build *build, const struct pbp_layout *l)
{
	struct pbp_target target;
	struct err err;

	assert_int_equal(check(space, build, &target, &err), 0);
	assert_int_equal(target.runtime_addr, RUNTIME);
	assert_int_equal(target.code_type_addr, CODE_TYPE);
	assert_int_equal(target.code_counter_addr, 0x1234);
	assert_int_equal(target.id, 0);
	if (l->runtime_tstate_current == PBP_ABSENT)
		assert_int_equal(target.current_tstate_addr, HOLDER);
	else
		assert_int_equal(target.current_tstate_addr, RUNTIME + l->runtime_tstate_current);
	assert_memory_equal(&target.layout, l, sizeof(*l));
	/* of a size that no row lists: the frame is the evidence */
	build->runtime_size_known = false;
	assert_int_equal(check(space, build, &target, &err), 0);
}

static void a_sound_interpreter_is_a_target(void **state)
{
	(void)state;
	for_each_row(expect_good);
}

static void expect_uninitialised(struct space *space, struct python_build *build,
				 const struct pbp_layout *l)
{
	struct pbp_target target;
	struct err err;

	put(space, INTERP + l->interp_threads_head, 0);
	assert_int_equal(check(space, build, &target, &err), -EAGAIN);
	put(space, RUNTIME + l->runtime_interpreters_head, 0);
	assert_int_equal(check(space, build, &target, &err), -EAGAIN);
	assert_non_null(strstr(err.message, "initialised"));
	assert_true(err.hint[0]);
}

static void an_empty_runtime_is_not_initialised(void **state)
{
	(void)state;
	for_each_row(expect_uninitialised);
}

static void expect_bad_pointers(struct space *space, struct python_build *build,
				const struct pbp_layout *l)
{
	static const uint64_t pointers[] = { 1, INTERP + 1,    0xffff888000000000, 0x800000000000,
					     8, 0x700000000000 };
	struct pbp_target target;
	struct err err;

	for (size_t i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++) {
		lay_out(space, l);
		put(space, RUNTIME + l->runtime_interpreters_head, pointers[i]);
		assert_int_equal(check(space, build, &target, &err), -EBADMSG);
		assert_non_null(strstr(err.message, build->version));
		lay_out(space, l);
		put(space, INTERP + l->interp_threads_head, pointers[i]);
		assert_int_equal(check(space, build, &target, &err), -EBADMSG);
		lay_out(space, l);
		put(space, INTERP + l->interp_next, pointers[i]);
		assert_int_equal(check(space, build, &target, &err), -EBADMSG);
		lay_out(space, l);
		put(space, TSTATE + l->tstate_next, pointers[i]);
		assert_int_equal(check(space, build, &target, &err), -EBADMSG);
		/* An implausible thread, among others a number of no memory at all. */
		lay_out(space, l);
		put(space, TSTATE + l->tstate_thread_id, pointers[i]);
		assert_int_equal(check(space, build, &target, &err), -EBADMSG);
		assert_non_null(strstr(err.message, "thread"));
	}
}

static void pointers_that_are_none_are_refused(void **state)
{
	(void)state;
	for_each_row(expect_bad_pointers);
}

static void expect_frame_needed(struct space *space, struct python_build *build,
				const struct pbp_layout *l)
{
	struct pbp_target target;
	struct err err;

	/* A thread that is between two calls has no frame: fine for a build that is known. */
	put(space, CODE + l->object_type, CODE_TYPE + 8);
	assert_int_equal(check(space, build, &target, &err), 0);
	build->runtime_size_known = false;
	assert_int_equal(check(space, build, &target, &err), -EBADMSG);
	assert_non_null(strstr(err.message, "code object"));
	lay_out(space, l);
	put(space, FRAME + l->frame_code, CODE | l->frame_code_tag);
	assert_int_equal(check(space, build, &target, &err), 0);
	put(space, TSTATE + l->tstate_frame, 0);
	assert_int_equal(check(space, build, &target, &err), -EAGAIN);
	assert_non_null(strstr(err.message, "none of its threads"));
	assert_true(err.hint[0]);
	build->runtime_size_known = true;
	assert_int_equal(check(space, build, &target, &err), 0);
}

static void an_unknown_build_must_show_a_code_object(void **state)
{
	(void)state;
	for_each_row(expect_frame_needed);
}

/* PyCode_Type is not exported, or it is another Python's: the type that a frame leads to is taken. */
static void expect_type_by_frame(struct space *space, struct python_build *build,
				 const struct pbp_layout *l)
{
	static const uint64_t symbols[] = { 0, CODE_TYPE + 0x400 };
	struct pbp_target target;
	struct err err;

	for (size_t i = 0; i < 2; i++) {
		lay_out(space, l);
		build->code_type_addr = symbols[i];
		assert_int_equal(check(space, build, &target, &err), 0);
		assert_int_equal(target.code_type_addr, CODE_TYPE);
	}
	/* By its name alone: "code", no more and no less. */
	build->runtime_size_known = false;
	space->bytes[TYPE_NAME - BASE + 4] = 'r';
	assert_int_equal(check(space, build, &target, &err), -EBADMSG);
	space->bytes[TYPE_NAME - BASE + 3] = 0;
	assert_int_equal(check(space, build, &target, &err), -EBADMSG);
	/* Without symbol and frame there is nothing to go by, be the build known or not. */
	lay_out(space, l);
	build->runtime_size_known = true;
	build->code_type_addr = 0;
	put(space, TSTATE + l->tstate_frame, 0);
	assert_int_equal(check(space, build, &target, &err), -EAGAIN);
}

static void the_type_of_code_objects_is_seen_in_a_frame(void **state)
{
	(void)state;
	for_each_row(expect_type_by_frame);
}

static void expect_shifted(struct space *space, struct python_build *build,
			   const struct pbp_layout *l)
{
	const struct memory memory = { .read = read_space, .context = space };
	struct pbp_layout shifted = *l;
	uint8_t origins[LAYOUT_FIELDS_MAX];
	struct pbp_target target;
	struct err err;

	layout_shift_objects(&shifted, 16);
	if (layout_check(&shifted, NULL))
		return; /* so large were a debug build's objects in versions that move none */
	lay_out(space, &shifted);
	build->trace_refs = true;
	build->runtime_size_known = false;
	assert_int_equal(target_read_memory(&memory, build, &target, origins, &err), 0);
	assert_memory_equal(&target.layout, &shifted, sizeof(shifted));
	for (size_t i = 0; layout_field_name(i); i++) {
		bool moved = memcmp((const uint32_t *)l + i, (const uint32_t *)&shifted + i, 4);

		assert_int_equal(origins[i], moved ? LAYOUT_DERIVED : LAYOUT_FROM_ROW);
	}
	build->trace_refs = false;
	assert_int_equal(check(space, build, &target, &err), -EBADMSG);
}

static void objects_with_two_more_words_in_front_are_read(void **state)
{
	(void)state;
	for_each_row(expect_shifted);
}

static void expect_threads(struct space *space, struct python_build *build,
			   const struct pbp_layout *l)
{
	const struct memory memory = { .read = read_space, .context = space };
	const uint64_t second = TSTATE + 0x800;
	struct python_thread threads[4];
	struct pbp_target target;
	struct err err;

	put(space, TSTATE + l->tstate_next, second);
	put(space, second + l->tstate_thread_id, THREAD + 64);
	assert_int_equal(check(space, build, &target, &err), 0);
	if (l->tstate_status != PBP_ABSENT)
		put(space, second + l->tstate_status, 1ULL << l->tstate_active_bit);
	else
		put(space, target.current_tstate_addr, second);
	assert_int_equal(target_threads(&memory, &target, threads, 4), 2);
	assert_int_equal(threads[0].tstate_addr, TSTATE);
	assert_int_equal(threads[0].interp_addr, INTERP);
	assert_int_equal(threads[0].thread_id, THREAD);
	assert_true(threads[0].has_frame && !threads[0].active);
	assert_int_equal(threads[1].tstate_addr, second);
	assert_int_equal(threads[1].thread_id, THREAD + 64);
	assert_true(!threads[1].has_frame && threads[1].active);

	assert_int_equal(target_threads(&memory, &target, threads, 1), 1);
	assert_int_equal(target_threads(&memory, &target, threads, 0), 0);
	put(space, second + l->tstate_next, TSTATE); /* round and round */
	assert_int_equal(target_threads(&memory, &target, threads, 4), 4);
	put(space, second + l->tstate_next, 1);
	assert_int_equal(target_threads(&memory, &target, threads, 4), -EBADMSG);
	put(space, RUNTIME + l->runtime_interpreters_head, 0);
	assert_int_equal(target_threads(&memory, &target, threads, 4), 0);
}

static void thread_states_are_listed(void **state)
{
	(void)state;
	for_each_row(expect_threads);
}

static void expect_bounded(struct space *space, struct python_build *build,
			   const struct pbp_layout *l)
{
	struct pbp_target target;
	struct err err;

	put(space, INTERP + l->interp_next, INTERP);
	put(space, TSTATE + l->tstate_next, TSTATE);
	assert_int_equal(check(space, build, &target, &err), 0);
	/* and when nothing of it is ever good */
	build->runtime_size_known = false;
	put(space, CODE + l->object_type, 0);
	assert_int_equal(check(space, build, &target, &err), -EBADMSG);
	assert_true(space->nreads < 2000000);
}

static void lists_that_never_end_do(void **state)
{
	(void)state;
	for_each_row(expect_bounded);
}

static void expect_read_errors(struct space *space, struct python_build *build,
			       const struct pbp_layout *l)
{
	struct pbp_target target;
	struct err err;

	space->hole = RUNTIME + l->runtime_interpreters_head;
	space->hole_code = -EPERM;
	assert_int_equal(check(space, build, &target, &err), -EPERM);
	space->hole_code = -ESRCH;
	assert_int_equal(check(space, build, &target, &err), -ESRCH);
	space->hole_code = -EFAULT;
	assert_int_equal(check(space, build, &target, &err), -EBADMSG);
	space->hole = TSTATE + l->tstate_thread_id;
	assert_int_equal(check(space, build, &target, &err), -EBADMSG);
}

static void what_cannot_be_read_is_told_by_its_reason(void **state)
{
	(void)state;
	for_each_row(expect_read_errors);
}

static void a_table_of_offsets_that_is_none_is_refused(void **state)
{
	struct space *space = calloc(1, sizeof(*space));
	struct pbp_target target;
	struct err err;

	(void)state;
	for (const struct layout_row *row = layout_rows; row->name; row++) {
		struct python_build build = build_of(row);

		if (!debug_offsets_size(row))
			continue;
		assert_int_equal(check(space, &build, &target, &err), -EBADMSG);
		assert_int_equal(err.code, -EBADMSG);
		assert_true(err.message[0]);
		space->hole = RUNTIME + 8;
		space->hole_code = -EFAULT;
		assert_int_equal(check(space, &build, &target, &err), -EFAULT);
		space->hole = 0;
	}
	free(space);
}

static void expect_refused(pid_t pid, int code, const char *word, const char *hint)
{
	struct python_process *process = malloc(sizeof(*process));
	struct err err = { 0 };

	assert_int_equal(target_read(pid, 0, process, &err), code);
	assert_int_equal(err.code, code);
	if (!strstr(err.message, word) || !strstr(err.hint, hint))
		fail_msg("'%s' / '%s'", err.message, err.hint);
	free(process);
}

static void we_do_not_sample_ourselves(void **state)
{
	(void)state;
	expect_refused(getpid(), -EINVAL, "itself", "pgrep");
}

static void a_process_that_is_not_there_is_refused(void **state)
{
	pid_t child = fork();

	(void)state;
	if (child == 0)
		_exit(0);
	waitpid(child, NULL, 0);
	expect_refused(child, -ESRCH, "no such process", "pgrep");
}

static void a_zombie_is_refused(void **state)
{
	siginfo_t info;
	pid_t child = fork();

	(void)state;
	if (child == 0)
		_exit(0);
	assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
	expect_refused(child, -EINVAL, "has ended", "alive");
	waitpid(child, NULL, 0);
}

static void a_process_that_is_not_python_is_refused(void **state)
{
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		raise(SIGSTOP);
		_exit(0);
	}
	assert_int_equal(waitpid(child, NULL, WUNTRACED), child);
	expect_refused(child, -ENOENT, "is not a CPython process", "pgrep");
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void *refuse_thread(void *unused)
{
	char hint[32];

	(void)unused;
	snprintf(hint, sizeof(hint), "-p %d", getpid());
	expect_refused(gettid(), -EINVAL, "is a thread of process", hint);
	return NULL;
}

static void the_number_of_a_thread_is_refused_with_its_process(void **state)
{
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, refuse_thread, NULL), 0);
	pthread_join(thread, NULL);
}

static void a_kernel_thread_is_refused(void **state)
{
	struct process_facts facts;

	(void)state;
	/* kthreadd, unless we are in a PID namespace of our own */
	if (procfs_read_process(2, &facts, NULL) < 0 || !facts.kernel_thread)
		skip();
	expect_refused(2, -EINVAL, "kernel", "pgrep");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sound_interpreter_is_a_target),
		cmocka_unit_test(an_empty_runtime_is_not_initialised),
		cmocka_unit_test(pointers_that_are_none_are_refused),
		cmocka_unit_test(an_unknown_build_must_show_a_code_object),
		cmocka_unit_test(the_type_of_code_objects_is_seen_in_a_frame),
		cmocka_unit_test(objects_with_two_more_words_in_front_are_read),
		cmocka_unit_test(thread_states_are_listed),
		cmocka_unit_test(lists_that_never_end_do),
		cmocka_unit_test(what_cannot_be_read_is_told_by_its_reason),
		cmocka_unit_test(a_table_of_offsets_that_is_none_is_refused),
		cmocka_unit_test(we_do_not_sample_ourselves),
		cmocka_unit_test(a_process_that_is_not_there_is_refused),
		cmocka_unit_test(a_zombie_is_refused),
		cmocka_unit_test(a_process_that_is_not_python_is_refused),
		cmocka_unit_test(the_number_of_a_thread_is_refused_with_its_process),
		cmocka_unit_test(a_kernel_thread_is_refused),
	};

	return cmocka_run_group_tests_name("target", tests, NULL, NULL);
}

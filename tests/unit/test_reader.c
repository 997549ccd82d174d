/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests of user/reader*.c: helpers that hang, die or lie, made so by what they serve with. Time is what reader_take is
 * told; only answers that must come are waited for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "python/layout.h"
#include "reader.h"
#include "reader_internal.h"

#define SECOND	  1000000000ULL
#define WAIT_MS	  20000
#define NOTED_MAX 64

/* What the made-up helper does, by the number of the process. */
enum made_pid {
	PID_PLAIN = 100,
	PID_HANG,
	PID_STOP,
	PID_DIE,
	PID_DIE_ONCE,
	PID_LIE,
	PID_UNASKED,
	PID_HALF,
	PID_HUGE,
};

/* Seen by all processes of a test. */
struct shared {
	unsigned nserved;
	uint32_t served[NOTED_MAX]; /* target ids */
	unsigned ndied;
	bool hang; /* over everything */
};

/* What the handlers were told. */
struct told {
	struct reader *reader;
	unsigned nprocesses, ncodes, nthread, nthreads, nlists, nblocked;
	struct reader_process process; /* the last */
	int code;
	uint32_t target;
	size_t nbytes, npids;
	bool lists_us, bytes_are_right, ask_again;
	uint32_t blocked[NOTED_MAX];
};

static struct shared *shared;

static unsigned count_descriptors(void)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned n = 0;

	while (folder && readdir(folder))
		n++;
	if (folder)
		closedir(folder);
	return n - 3; /* ".", "..", and the folder's own */
}

/* An answer that tells of the helper itself. */
static void reply_plainly(struct reader_helper *helper, const struct reader_request *request)
{
	struct reader_found *found = calloc(1, sizeof(*found));
	struct process_facts *facts;

	if (!found)
		abort();
	facts = &found->process.facts;
	found->process.code = -ENOENT;
	facts->id.pid = request->pid;
	facts->id.start_time = (uint64_t)getpid();
	facts->start_code = count_descriptors();
	prctl(PR_GET_NAME, facts->comm);
	reader_reply(helper, request, 0, found, sizeof(*found), NULL, 0);
	free(found);
}

static void reply_hugely(struct reader_helper *helper, const struct reader_request *request)
{
	struct pbp_code record = { .code_addr = request->addr,
				   .identity = request->identity,
				   .linetable_size = CODE_READ_LINETABLE_MAX,
				   .linetable_full_size = CODE_READ_LINETABLE_MAX + 1 };
	unsigned char *bytes = malloc(CODE_READ_LINETABLE_MAX);

	if (!bytes)
		abort();
	for (size_t i = 0; i < CODE_READ_LINETABLE_MAX; i++)
		bytes[i] = (unsigned char)(i % 251);
	reader_reply(helper, request, 0, &record, sizeof(record), bytes, CODE_READ_LINETABLE_MAX);
	free(bytes);
}

static void serve(struct reader_helper *helper, const struct reader_request *request)
{
	struct reader_request other = *request;
	uint64_t half = request->number;

	shared->served[shared->nserved++ % NOTED_MAX] = request->target_id;
	switch (shared->hang ? PID_HANG : request->pid) {
	case PID_HANG:
		for (;;)
			pause();
	case PID_STOP:
		raise(SIGSTOP);
		break;
	case PID_DIE_ONCE:
		if (shared->ndied++)
			break;
		_exit(1);
	case PID_DIE:
		_exit(1);
	case PID_LIE:
		other.number++;
		reply_plainly(helper, &other);
		return;
	case PID_UNASKED:
		reply_plainly(helper, request);
		break;
	case PID_HALF:
		if (write(helper->socket, &half, sizeof(half)) < 0)
			_exit(2);
		for (;;)
			pause();
	case PID_HUGE:
		reply_hugely(helper, request);
		return;
	default:
		break;
	}
	if (request->kind == READER_LOOK)
		reply_plainly(helper, request);
	else
		reader_reply(helper, request, -ENODATA, NULL, 0, NULL, 0);
}

static void on_process(void *context, const struct reader_process *process)
{
	struct told *told = context;

	told->nprocesses++;
	told->process = *process;
	told->code = process->code;
	told->target = process->target;
	if (told->ask_again) {
		told->ask_again = false;
		assert_int_equal(reader_look(told->reader, process->target + 1, PID_PLAIN), 0);
	}
}

static void on_code(void *context, uint32_t target, int code, const struct code_copy *copy)
{
	struct told *told = context;

	told->ncodes++;
	told->code = code;
	told->target = target;
	assert_int_equal(copy->record.code_addr, 0x1000);
	assert_int_equal(copy->record.identity, 77);
	told->nbytes = copy->record.linetable_size;
	told->bytes_are_right = true;
	for (size_t i = 0; i < told->nbytes; i++)
		told->bytes_are_right &= copy->data[i] == i % 251;
}

static void on_thread(void *context, uint32_t target, uint32_t tid, uint64_t start_time, int code,
		      uint64_t tstate_addr, uint64_t interp_addr)
{
	struct told *told = context;

	told->nthread++;
	told->target = target;
	told->code = code;
	assert_int_equal(tid, 4242);
	assert_int_equal(start_time, 99);
	if (code)
		assert_true(!tstate_addr && !interp_addr);
}

static void on_threads(void *context, uint32_t target, const struct reader_thread *threads,
		       size_t nthreads)
{
	struct told *told = context;

	told->nthreads++;
	told->target = target;
	told->nbytes = nthreads;
	if (nthreads)
		assert_true(strlen(threads[0].name) < sizeof(threads[0].name));
}

static void on_list(void *context, const pid_t *pids, size_t npids)
{
	struct told *told = context;

	told->nlists++;
	told->npids = npids;
	for (size_t i = 0; i < npids; i++)
		told->lists_us |= pids[i] == getpid();
}

static void on_blocked(void *context, uint32_t target, pid_t pid)
{
	struct told *told = context;

	told->blocked[told->nblocked++ % NOTED_MAX] = target;
	assert_true(pid >= PID_PLAIN);
}

static struct reader_handlers handlers_of(struct told *told)
{
	return (struct reader_handlers){ .process = on_process,
					 .code = on_code,
					 .thread = on_thread,
					 .threads = on_threads,
					 .list = on_list,
					 .blocked = on_blocked,
					 .context = told };
}

static struct reader *open_reader(struct told *told, reader_serve *how)
{
	const struct reader_handlers handlers = handlers_of(told);

	*told = (struct told){ 0 };
	*shared = (struct shared){ 0 };
	assert_int_equal(reader_new_serving(&handlers, 0, how, &told->reader, NULL), 0);
	return told->reader;
}

/* Take until nothing is asked for any more, by a clock that stands still. */
static void take_all(struct reader *reader)
{
	uint64_t now = clock_monotonic_ns();

	while (reader_pending(reader)) {
		struct pollfd watched = { .fd = reader_fd(reader), .events = POLLIN };

		assert_int_equal(poll(&watched, 1, WAIT_MS), 1);
		assert_int_equal(reader_take(reader, now), 0);
	}
}

/* Let time pass until the helper must be late. */
static void pass_deadline(struct reader *reader)
{
	uint64_t now = clock_monotonic_ns(), replaced = reader_nreplaced(reader);

	/* Of one step a part counts only. */
	for (unsigned i = 1; i <= 8 && reader_nreplaced(reader) == replaced; i++)
		assert_int_equal(reader_take(reader, now + i * SECOND), 0);
	assert_int_equal(reader_nreplaced(reader), replaced + 1);
}

/* Until the helper has begun with as many requests. */
static void wait_until_served(unsigned n)
{
	const struct timespec moment = { .tv_nsec = 1000000 };

	for (unsigned i = 0; i < WAIT_MS && *(volatile unsigned *)&shared->nserved < n; i++)
		nanosleep(&moment, NULL);
	assert_true(shared->nserved >= n);
}

static void wait_for_end(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd watched = { .fd = fd, .events = POLLIN };

	if (fd < 0) {
		assert_int_equal(errno, ESRCH);
		return;
	}
	assert_int_equal(poll(&watched, 1, WAIT_MS), 1);
	close(fd);
}

static void a_process_that_is_not_python_is_told_with_what_it_is(void **state)
{
	struct told told;
	struct reader *reader = open_reader(&told, reader_serve_request);
	struct pbp_file_key file;
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		for (;;)
			pause();
	}
	assert_int_equal(reader_look(reader, 5, pid), 0);
	assert_int_equal(reader_pending(reader), 1);
	take_all(reader);
	assert_int_equal(told.nprocesses, 1);
	assert_int_equal(told.code, -ENOENT);
	assert_int_equal(told.target, 5);
	assert_non_null(strstr(told.process.err.message, "not a CPython process"));
	assert_int_equal(told.process.facts.id.pid, pid);
	assert_true(told.process.facts.id.start_time > 0);
	assert_true(told.process.inside_pid > 0 && told.process.inside_pid <= (uint32_t)pid);
	assert_non_null(strstr(told.process.cgroup, ":/"));
	assert_int_equal(told.process.program.verdict, PBP_VERDICT_OTHER);
	assert_true(told.process.program_file.inode && told.process.program_file.size > 1000);
	assert_true(reader_process_runs(&told.process, &told.process.program_file));
	file = told.process.program_file;
	file.changed_ns++;
	assert_false(reader_process_runs(&told.process, &file));
	file = (struct pbp_file_key){ 0 };
	assert_false(reader_process_runs(&told.process, &file));
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	assert_int_equal(reader_look(reader, 6, pid), 0);
	take_all(reader);
	assert_int_equal(told.code, -ESRCH);
	assert_int_equal(told.process.facts.id.pid, 0);
	reader_free(reader);
}

static void the_profiler_itself_is_refused(void **state)
{
	struct told told;
	struct reader *reader = open_reader(&told, reader_serve_request);

	(void)state;
	assert_int_equal(reader_look(reader, 5, getpid()), 0);
	take_all(reader);
	assert_int_equal(told.code, -EINVAL);
	assert_non_null(strstr(told.process.err.message, "is this profiler itself"));
	reader_free(reader);
}

static void every_kind_of_question_is_answered_by_its_handler(void **state)
{
	struct told told;
	struct reader *reader = open_reader(&told, reader_serve_request);
	struct pbp_target target = { .id = 9, .runtime_addr = 0x10000 };
	const struct layout_row *row = layout_rows;

	(void)state;
	target.layout = row->layout;
	assert_int_equal(reader_list(reader), 0);
	take_all(reader);
	assert_int_equal(told.nlists, 1);
	assert_true(told.npids >= 2 && told.lists_us);
	assert_int_equal(reader_find_thread(reader, getpid(), &target, 4242, 1, 99), 0);
	take_all(reader);
	assert_int_equal(told.nthread, 1);
	assert_int_equal(told.target, 9);
	assert_int_equal(told.code, -EFAULT);
	assert_int_equal(reader_code(reader, 8, getpid(), &row->layout, 0x1000, 77), 0);
	take_all(reader);
	assert_int_equal(told.ncodes, 1);
	assert_int_equal(told.target, 8);
	assert_int_equal(told.code, -EFAULT);
	assert_int_equal(reader_name_threads(reader, getpid(), &target, row), 0);
	take_all(reader);
	assert_int_equal(told.nthreads, 1);
	assert_int_equal(told.target, 9);
	assert_int_equal(told.nbytes, 1);
	reader_free(reader);
}

static void looks_go_before_names(void **state)
{
	const uint32_t order[] = { 1, 3, 4, 2 };
	struct told told;
	struct reader *reader = open_reader(&told, serve);
	const struct pbp_layout *layout = &layout_rows[0].layout;

	(void)state;
	assert_int_equal(reader_code(reader, 1, PID_PLAIN, layout, 0x1000, 77), 0);
	assert_int_equal(reader_code(reader, 2, PID_PLAIN, layout, 0x1000, 77), 0);
	assert_int_equal(reader_look(reader, 3, PID_PLAIN), 0);
	assert_int_equal(reader_look(reader, 4, PID_PLAIN), 0);
	assert_int_equal(reader_pending(reader), 4);
	take_all(reader);
	assert_memory_equal(shared->served, order, sizeof(order));
	assert_int_equal(told.ncodes, 2);
	assert_int_equal(told.nprocesses, 2);
	reader_free(reader);
}

static void a_handler_may_ask_again_at_once(void **state)
{
	struct told told;
	struct reader *reader = open_reader(&told, serve);

	(void)state;
	told.ask_again = true;
	assert_int_equal(reader_look(reader, 1, PID_PLAIN), 0);
	take_all(reader);
	assert_int_equal(told.nprocesses, 2);
	assert_int_equal(told.target, 2);
	reader_free(reader);
}

/* A helper that is stuck over one process, with other questions waiting. */
static void check_stuck(pid_t stuck, bool ends)
{
	struct told told;
	struct reader *reader = open_reader(&told, serve);
	const struct pbp_layout *layout = &layout_rows[0].layout;

	assert_int_equal(reader_look(reader, 1, stuck), 0);
	assert_int_equal(reader_look(reader, 2, PID_PLAIN), 0);
	assert_int_equal(reader_code(reader, 1, stuck, layout, 0x1000, 77), 0);
	assert_int_equal(reader_code(reader, 3, PID_PLAIN, layout, 0x1000, 77), 0);
	wait_until_served(1);
	assert_int_equal(told.nprocesses, 0);
	if (!ends)
		pass_deadline(reader);
	take_all(reader);
	assert_int_equal(told.nblocked, 1);
	assert_int_equal(told.blocked[0], 1);
	assert_int_equal(told.nprocesses, 2);
	assert_int_equal(told.process.target, 2);
	assert_int_equal(told.process.code, -ENOENT);
	assert_int_equal(told.ncodes, 2);
	assert_int_equal(told.target, 3);
	assert_int_equal(told.code, -ENODATA);
	assert_int_equal(reader_look(reader, 1, stuck), -ETIMEDOUT);
	assert_int_equal(reader_code(reader, 1, stuck, layout, 0x1000, 77), -ETIMEDOUT);
	assert_int_equal(reader_pending(reader), 0);
	/* Another program, or another process, may answer. */
	assert_int_equal(reader_look(reader, 4, PID_PLAIN), 0);
	take_all(reader);
	assert_int_equal(told.target, 4);
	assert_int_equal(told.process.facts.id.pid, PID_PLAIN);
	reader_free(reader);
}

static void a_helper_that_hangs_is_replaced_and_others_are_answered(void **state)
{
	(void)state;
	check_stuck(PID_HANG, false);
}

static void a_helper_that_is_stopped_is_replaced(void **state)
{
	(void)state;
	check_stuck(PID_STOP, false);
}

static void a_helper_that_stops_amid_an_answer_is_replaced(void **state)
{
	(void)state;
	check_stuck(PID_HALF, false);
}

static void a_helper_that_dies_over_a_process_again_blocks_that_one_alone(void **state)
{
	(void)state;
	check_stuck(PID_DIE, true);
}

static void a_helper_that_lies_is_replaced(void **state)
{
	(void)state;
	check_stuck(PID_LIE, true);
}

static void a_helper_that_died_of_something_else_is_asked_again(void **state)
{
	struct told told;
	struct reader *reader = open_reader(&told, serve);

	(void)state;
	assert_int_equal(reader_look(reader, 1, PID_DIE_ONCE), 0);
	take_all(reader);
	assert_int_equal(reader_nreplaced(reader), 1);
	assert_int_equal(told.nblocked, 0);
	assert_int_equal(told.nprocesses, 1);
	assert_int_equal(told.code, -ENOENT);
	reader_free(reader);
}

static void an_answer_that_nobody_asked_for_ends_the_helper(void **state)
{
	struct told told;
	struct reader *reader = open_reader(&told, serve);

	(void)state;
	assert_int_equal(reader_look(reader, 1, PID_UNASKED), 0);
	for (unsigned i = 0; i < WAIT_MS && !reader_nreplaced(reader); i++) {
		struct pollfd watched = { .fd = reader_fd(reader), .events = POLLIN };

		assert_int_equal(poll(&watched, 1, WAIT_MS), 1);
		assert_int_equal(reader_take(reader, clock_monotonic_ns()), 0);
	}
	assert_int_equal(reader_nreplaced(reader), 1);
	assert_int_equal(told.nprocesses, 1);
	assert_int_equal(told.nblocked, 0);
	reader_free(reader);
}

static void a_process_without_a_target_fails_alone(void **state)
{
	struct told told;
	struct reader *reader = open_reader(&told, serve);

	(void)state;
	assert_int_equal(reader_look(reader, 0, PID_HANG), 0);
	assert_int_equal(reader_look(reader, 0, PID_PLAIN), 0);
	wait_until_served(1);
	pass_deadline(reader);
	take_all(reader);
	assert_int_equal(told.nblocked, 1);
	assert_int_equal(told.blocked[0], 0);
	assert_int_equal(told.nprocesses, 2);
	assert_int_equal(told.process.pid, PID_PLAIN);
	assert_int_equal(told.code, -ENOENT);
	assert_int_equal(reader_look(reader, 0, PID_PLAIN), 0);
	reader_free(reader);
}

static void time_in_which_nobody_looked_does_not_make_a_helper_late(void **state)
{
	struct told told;
	struct reader *reader = open_reader(&told, serve);
	uint64_t now;

	(void)state;
	assert_int_equal(reader_look(reader, 1, PID_HANG), 0);
	now = clock_monotonic_ns();
	assert_int_equal(reader_take(reader, now + 3600 * SECOND), 0);
	assert_int_equal(reader_nreplaced(reader), 0);
	/* A clock that goes back does no harm. */
	assert_int_equal(reader_take(reader, now), 0);
	assert_int_equal(reader_nreplaced(reader), 0);
	wait_until_served(1);
	pass_deadline(reader);
	assert_int_equal(told.nblocked, 1);
	reader_free(reader);
}

static void a_list_that_hangs_is_answered_by_nothing_and_may_be_asked_for_again(void **state)
{
	struct told told;
	struct reader *reader = open_reader(&told, serve);

	(void)state;
	shared->hang = true;
	assert_int_equal(reader_list(reader), 0);
	wait_until_served(1);
	shared->hang = false;
	pass_deadline(reader);
	assert_int_equal(told.nlists, 1);
	assert_int_equal(told.npids, 0);
	assert_int_equal(told.nblocked, 0);
	assert_int_equal(reader_list(reader), 0);
	take_all(reader);
	assert_int_equal(told.nlists, 2);
	reader_free(reader);
}

static void the_largest_code_object_arrives_whole(void **state)
{
	struct told told;
	struct reader *reader = open_reader(&told, serve);

	(void)state;
	assert_int_equal(reader_code(reader, 1, PID_HUGE, &layout_rows[0].layout, 0x1000, 77), 0);
	take_all(reader);
	assert_int_equal(told.code, 0);
	assert_int_equal(told.nbytes, CODE_READ_LINETABLE_MAX);
	assert_true(told.bytes_are_right);
	assert_int_equal(reader_code(reader, 2, PID_PLAIN, &layout_rows[0].layout, 0x1000, 77), 0);
	take_all(reader);
	assert_int_equal(told.ncodes, 2);
	assert_int_equal(told.code, -ENODATA);
	assert_int_equal(reader_nreplaced(reader), 0);
	reader_free(reader);
}

static void as_many_requests_wait_as_the_limit_allows(void **state)
{
	struct told told;
	struct reader *reader = open_reader(&told, serve);
	const struct pbp_layout *layout = &layout_rows[0].layout;

	(void)state;
	for (unsigned i = 0; i <= READER_REQUESTS_MAX; i++)
		assert_int_equal(reader_code(reader, 1, PID_PLAIN, layout, 0x1000, 77), 0);
	assert_int_equal(reader_code(reader, 1, PID_PLAIN, layout, 0x1000, 77), -EAGAIN);
	/* Names do not keep processes from being recognised. */
	assert_int_equal(reader_look(reader, 2, PID_PLAIN), 0);
	assert_int_equal(reader_pending(reader), READER_REQUESTS_MAX + 2);
	take_all(reader);
	assert_int_equal(told.ncodes, READER_REQUESTS_MAX + 1);
	assert_int_equal(told.nprocesses, 1);
	reader_free(reader);
}

static void the_helper_has_a_name_and_nothing_of_ours_and_ends_with_the_reader(void **state)
{
	struct told told;
	struct reader *reader = open_reader(&told, serve);
	uint64_t cpu_ns, memory_bytes;
	pid_t helper;

	(void)state;
	for (int round = 0; round < 2; round++) {
		assert_int_equal(reader_look(reader, (uint32_t)round + 1, PID_PLAIN), 0);
		take_all(reader);
		assert_string_equal(told.process.facts.comm, "pybpfprof-read");
		/* Standard streams and the socket. */
		assert_int_equal(told.process.facts.start_code, 4);
		helper = (pid_t)told.process.facts.id.start_time;
		kill(helper, SIGINT);
		kill(helper, SIGTERM);
		kill(helper, SIGHUP);
		kill(helper, SIGTSTP);
	}
	assert_int_equal(reader_nreplaced(reader), 0);
	reader_cost(reader, &cpu_ns, &memory_bytes);
	assert_true(cpu_ns > 0 && memory_bytes > 100000);
	reader_free(reader);
	assert_int_equal(kill(helper, 0), -1);
	assert_int_equal(errno, ESRCH);
}

static void the_helper_ends_when_its_owner_does(void **state)
{
	struct told told;
	int pipes[2], status;
	pid_t owner, helper = 0;

	(void)state;
	assert_int_equal(pipe(pipes), 0);
	owner = fork();
	if (owner == 0) {
		struct reader *reader = open_reader(&told, serve);

		reader_look(reader, 1, PID_PLAIN);
		take_all(reader);
		helper = (pid_t)told.process.facts.id.start_time;
		_exit(write(pipes[1], &helper, sizeof(helper)) != sizeof(helper));
	}
	assert_int_equal(read(pipes[0], &helper, sizeof(helper)), sizeof(helper));
	assert_true(helper > 0 && helper != owner);
	assert_int_equal(waitpid(owner, &status, 0), owner);
	assert_int_equal(status, 0);
	wait_for_end(helper);
	close(pipes[0]);
	close(pipes[1]);
}

static void a_forked_child_leaves_the_helper_alone(void **state)
{
	struct told told;
	struct reader *reader = open_reader(&told, serve);
	pid_t child = fork();
	int status;

	(void)state;
	if (child == 0) {
		reader_free(reader);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(reader_look(reader, 1, PID_PLAIN), 0);
	take_all(reader);
	assert_int_equal(told.nprocesses, 1);
	assert_int_equal(reader_nreplaced(reader), 0);
	reader_free(reader);
}

/* ---- answers, without a helper ---- */

static int take(struct told *told, const struct reader_request *request,
		const struct reader_answer *answer, const void *data)
{
	const struct reader_handlers handlers = handlers_of(told);
	void *copy = malloc(answer->size + 1);
	int r;

	*told = (struct told){ 0 };
	assert_non_null(copy);
	memcpy(copy, data, answer->size);
	r = reader_answer_take(&handlers, request, answer, copy);
	if (r)
		assert_int_equal(told->nprocesses + told->ncodes + told->nthread + told->nthreads +
					 told->nlists,
				 0);
	free(copy);
	return r;
}

/* A live Python process as an honest helper tells it. */
static void fill_found(struct reader_found *found)
{
	struct reader_process *process = &found->process;

	memset(found, 0, sizeof(*found));
	process->facts.id.pid = PID_PLAIN;
	process->process.id.pid = PID_PLAIN;
	process->process.nbuilds = 1;
	process->process.target.layout = layout_rows[found->row].layout;
	process->program.verdict = PBP_VERDICT_SAMPLED;
}

static void an_honest_answer_is_taken_with_its_row(void **state)
{
	const struct reader_request request = {
		.number = 3, .kind = READER_LOOK, .target_id = 7, .pid = PID_PLAIN
	};
	const struct reader_answer answer = { .number = 3,
					      .kind = READER_LOOK,
					      .size = sizeof(struct reader_found) };
	struct reader_found *found = malloc(sizeof(*found));
	struct told told;

	(void)state;
	assert_non_null(found);
	found->row = 0;
	fill_found(found);
	assert_int_equal(take(&told, &request, &answer, found), 0);
	assert_int_equal(told.nprocesses, 1);
	assert_int_equal(told.target, 7);
	assert_ptr_equal(told.process.process.build.row, &layout_rows[0]);
	free(found);
}

/* Each field of a hostile answer that could do harm, one at a time. */
static void a_hostile_process_is_refused(void **state)
{
	const struct reader_request request = {
		.number = 3, .kind = READER_LOOK, .target_id = 7, .pid = PID_PLAIN
	};
	const struct reader_answer answer = { .number = 3,
					      .kind = READER_LOOK,
					      .size = sizeof(struct reader_found) };
	struct reader_found *found = malloc(sizeof(*found));
	struct reader_process *process = &found->process;
	const uint32_t huge = 1000000;
	struct told told;

	(void)state;
	for (unsigned i = 0; i < 11; i++) {
		found->row = 0;
		fill_found(found);
		switch (i) {
		case 0:
			found->row = huge;
			break;
		case 1:
			process->code = 1;
			break;
		case 2:
			process->facts.id.pid = 1;
			break;
		case 3:
			process->process.id.pid = 1;
			break;
		case 4:
			process->process.nbuilds = 0;
			break;
		case 5:
			process->process.nbuilds = PYTHON_BUILDS_MAX + 1;
			break;
		case 6:
			process->process.origins[5] = LAYOUT_DERIVED + 1;
			break;
		case 7:
			process->process.target.layout.frame_size = huge;
			break;
		case 8:
			memcpy(&process->process.build.found, &huge, sizeof(huge));
			break;
		case 9:
			process->program.verdict = PBP_VERDICT_MAX;
			break;
		default: /* a program to be sampled, of a process that is not */
			process->code = -ENOENT;
			break;
		}
		assert_int_equal(take(&told, &request, &answer, found), -EBADMSG);
	}
	free(found);
}

static void what_is_no_text_or_truth_value_becomes_one(void **state)
{
	const struct reader_request request = {
		.number = 3, .kind = READER_LOOK, .target_id = 7, .pid = PID_PLAIN
	};
	const struct reader_answer answer = { .number = 3,
					      .kind = READER_LOOK,
					      .size = sizeof(struct reader_found) };
	struct reader_found *found = malloc(sizeof(*found));
	struct reader_process *process = &found->process;
	struct told told;

	(void)state;
	assert_non_null(found);
	found->row = 0;
	fill_found(found);
	memset(process->facts.exe, 'x', sizeof(process->facts.exe));
	memset(process->facts.comm, 'x', sizeof(process->facts.comm));
	memset(process->cgroup, 'x', sizeof(process->cgroup));
	memset(process->process.build.found_in, 'x', sizeof(process->process.build.found_in));
	memset(&process->process.build.debug, 0x55, 1);
	memset(&process->facts.zombie, 0x55, 1);
	process->program.layout = 99;
	assert_int_equal(take(&told, &request, &answer, found), 0);
	assert_int_equal(strlen(told.process.facts.exe), sizeof(told.process.facts.exe) - 1);
	assert_int_equal(strlen(told.process.facts.comm), sizeof(told.process.facts.comm) - 1);
	assert_int_equal(strlen(told.process.cgroup), sizeof(told.process.cgroup) - 1);
	assert_int_equal(strlen(told.process.process.build.found_in),
			 sizeof(told.process.process.build.found_in) - 1);
	assert_true(told.process.process.build.debug == true);
	assert_true(told.process.facts.zombie == true);
	assert_int_equal(told.process.program.layout, 0);
	free(found);
}

static void an_answer_to_another_question_is_refused(void **state)
{
	const struct reader_request request = {
		.number = 3, .kind = READER_THREAD, .tid = 4242, .start_time = 99
	};
	const struct reader_answer good = { .number = 3, .kind = READER_THREAD, .size = 16 };
	const uint64_t found[4] = { 0x1000, 0x2000 };
	struct reader_answer answer = good;
	struct told told;

	(void)state;
	assert_int_equal(take(&told, &request, &good, found), 0);
	assert_int_equal(told.nthread, 1);
	answer.number = 2;
	assert_int_equal(take(&told, &request, &answer, found), -EBADMSG);
	answer = good;
	answer.kind = READER_LIST;
	assert_int_equal(take(&told, &request, &answer, found), -EBADMSG);
	answer = good;
	answer.size = 8;
	assert_int_equal(take(&told, &request, &answer, found), -EBADMSG);
	answer.size = 32;
	assert_int_equal(take(&told, &request, &answer, found), -EBADMSG);
	answer = good;
	answer.code = 5;
	assert_int_equal(take(&told, &request, &answer, found), -EBADMSG);
	answer.code = -4096;
	assert_int_equal(take(&told, &request, &answer, found), -EBADMSG);
	answer.code = -EFAULT; /* and bytes all the same */
	assert_int_equal(take(&told, &request, &answer, found), -EBADMSG);
	answer.size = 0;
	assert_int_equal(take(&told, &request, &answer, found), 0);
	assert_int_equal(told.code, -EFAULT);
}

static void a_hostile_code_object_is_refused(void **state)
{
	const struct reader_request request = {
		.number = 1, .kind = READER_CODE, .addr = 0x1000, .identity = 77
	};
	struct {
		struct pbp_code record;
		uint8_t bytes[16];
	} data = { .bytes = { 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15 } };
	const struct pbp_code good = { .code_addr = 0x1000,
				       .identity = 77,
				       .linetable_size = 8,
				       .linetable_full_size = 8,
				       .name = { .kind = 1, .size = 8 } };
	const struct reader_answer answer = { .number = 1,
					      .kind = READER_CODE,
					      .size = sizeof(struct pbp_code) + 16 };
	struct reader_answer small = answer;
	struct told told;

	(void)state;
	data.record = good;
	assert_int_equal(take(&told, &request, &answer, &data), 0);
	assert_int_equal(told.nbytes, 8);
	for (unsigned i = 0; i < 8; i++) {
		data.record = good;
		switch (i) {
		case 0:
			data.record.code_addr = 0x2000;
			break;
		case 1:
			data.record.identity = 78;
			break;
		case 2:
			data.record.name.size = 9;
			break;
		case 3:
			data.record.name.kind = 3;
			break;
		case 4:
			data.record.linetable_full_size = 7;
			break;
		case 5:
			data.record.flags = PBP_CODE_DEFERRED;
			break;
		case 6: /* in 32 bits the sum would be right again */
			data.record.name.size = 0;
			data.record.qualname.size = 0xffffffff;
			data.record.filename.size = 9;
			break;
		default:
			data.record.name.kind = PBP_STRING_UNREAD;
			break;
		}
		assert_int_equal(take(&told, &request, &answer, &data), -EBADMSG);
	}
	small.size = sizeof(struct pbp_code) - 1;
	assert_int_equal(take(&told, &request, &small, &data), -EBADMSG);
}

static void hostile_lists_are_refused(void **state)
{
	struct reader_request request = { .number = 1, .kind = READER_LIST };
	struct reader_answer answer = { .number = 1, .kind = READER_LIST, .size = 8 };
	struct reader_thread thread = { .tid = 1 };
	pid_t pids[2] = { 1, 2 };
	struct told told;

	(void)state;
	assert_int_equal(take(&told, &request, &answer, pids), 0);
	assert_int_equal(told.npids, 2);
	answer.size = 7;
	assert_int_equal(take(&told, &request, &answer, pids), -EBADMSG);
	answer.size = 8;
	pids[1] = -1; /* kill() would take it for everybody */
	assert_int_equal(take(&told, &request, &answer, pids), -EBADMSG);
	request.kind = answer.kind = READER_THREADS;
	memset(thread.name, 'x', sizeof(thread.name));
	answer.size = sizeof(thread);
	assert_int_equal(take(&told, &request, &answer, &thread), 0);
	assert_int_equal(told.nbytes, 1);
	answer.size = sizeof(thread) - 1;
	assert_int_equal(take(&told, &request, &answer, &thread), -EBADMSG);
}

static void no_answer_may_be_larger_than_its_kind_allows(void **state)
{
	const struct reader_request request = { .number = 1, .kind = READER_CODE };
	struct reader_answer answer = { .number = 1, .kind = READER_CODE };
	struct told told;
	const struct reader_handlers handlers = handlers_of(&told);

	(void)state;
	answer.size = reader_answer_limit(READER_CODE) + 1;
	assert_int_equal(reader_answer_take(&handlers, &request, &answer, NULL), -EBADMSG);
	assert_true(reader_answer_limit(READER_CODE) > CODE_READ_LINETABLE_MAX);
	assert_true(reader_answer_limit(READER_CODE) < 10 << 20);
	assert_int_equal(reader_answer_limit(READER_KIND_MAX), 0);
	assert_int_equal(reader_answer_limit(UINT32_MAX), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_that_is_not_python_is_told_with_what_it_is),
		cmocka_unit_test(the_profiler_itself_is_refused),
		cmocka_unit_test(every_kind_of_question_is_answered_by_its_handler),
		cmocka_unit_test(looks_go_before_names),
		cmocka_unit_test(a_handler_may_ask_again_at_once),
		cmocka_unit_test(a_helper_that_hangs_is_replaced_and_others_are_answered),
		cmocka_unit_test(a_helper_that_is_stopped_is_replaced),
		cmocka_unit_test(a_helper_that_stops_amid_an_answer_is_replaced),
		cmocka_unit_test(a_helper_that_dies_over_a_process_again_blocks_that_one_alone),
		cmocka_unit_test(a_helper_that_lies_is_replaced),
		cmocka_unit_test(a_helper_that_died_of_something_else_is_asked_again),
		cmocka_unit_test(an_answer_that_nobody_asked_for_ends_the_helper),
		cmocka_unit_test(a_process_without_a_target_fails_alone),
		cmocka_unit_test(time_in_which_nobody_looked_does_not_make_a_helper_late),
		cmocka_unit_test(
			a_list_that_hangs_is_answered_by_nothing_and_may_be_asked_for_again),
		cmocka_unit_test(the_largest_code_object_arrives_whole),
		cmocka_unit_test(as_many_requests_wait_as_the_limit_allows),
		cmocka_unit_test(
			the_helper_has_a_name_and_nothing_of_ours_and_ends_with_the_reader),
		cmocka_unit_test(the_helper_ends_when_its_owner_does),
		cmocka_unit_test(a_forked_child_leaves_the_helper_alone),
		cmocka_unit_test(an_honest_answer_is_taken_with_its_row),
		cmocka_unit_test(a_hostile_process_is_refused),
		cmocka_unit_test(what_is_no_text_or_truth_value_becomes_one),
		cmocka_unit_test(an_answer_to_another_question_is_refused),
		cmocka_unit_test(a_hostile_code_object_is_refused),
		cmocka_unit_test(hostile_lists_are_refused),
		cmocka_unit_test(no_answer_may_be_larger_than_its_kind_allows),
	};

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		return 1;
	return cmocka_run_group_tests_name("reader", tests, NULL, NULL);
}

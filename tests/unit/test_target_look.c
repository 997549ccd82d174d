/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The system's Python, live and stopped at its first instruction: what is accepted of a build that was seen before,
 * what its main executable is for all processes, and what its threads are called. Skipped where there is none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include "python/binaries.h"
#include "python/seen_live.h"
#include "python/target.h"
#include "python/thread_names.h"

#define PYTHON "/usr/bin/python3"
#define SCRIPT                                                                                       \
	"import sys, threading, time\n"                                                              \
	"class Named(threading.Thread):\n"                                                           \
	"    pass\n"                                                                                 \
	"for name in 'a name that is longer than the kernel keeps', 'gr\\u00fc\\u00df', 'x' * 90:\n" \
	"    Named(target=time.sleep, args=(600,), name=name, daemon=True).start()\n"                \
	"sys.stdout.write('!')\n"                                                                    \
	"sys.stdout.flush()\n"                                                                       \
	"time.sleep(600)\n"

/* A Python that runs the script; skips the test where there is none. */
static pid_t start_live(void)
{
	int ready[2];
	pid_t child;
	char byte;

	if (access(PYTHON, X_OK) < 0)
		skip();
	assert_int_equal(pipe(ready), 0);
	child = fork();
	if (child == 0) {
		alarm(60);
		dup2(ready[1], 1);
		close(ready[0]);
		close(ready[1]);
		execl(PYTHON, PYTHON, "-S", "-c", SCRIPT, (char *)NULL);
		_exit(127);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return child;
}

/* One that was just executed. */
static pid_t start_stopped(void)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		alarm(60);
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		execl(PYTHON, PYTHON, "-c", "pass", (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSTOPPED(status));
	return child;
}

static void end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static int look(pid_t pid, struct seen_live *seen, struct target_answer *answer, struct err *err)
{
	const struct target_question question = { .pid = pid, .own_pid = getpid(), .seen = seen };

	*err = (struct err){ 0 };
	return target_look(&question, answer, err);
}

static void a_process_that_has_not_begun_is_accepted_once_its_build_was_seen_live(void **state)
{
	struct target_answer *live = malloc(sizeof(*live)), *stopped = malloc(sizeof(*stopped));
	struct seen_live *seen = seen_live_new();
	pid_t running = start_live(), halted = start_stopped();
	uint64_t move;
	struct err err;

	(void)state;
	assert_true(live && stopped && seen);
	if (look(halted, seen, stopped, &err) == -ENOENT) {
		/* its runtime is in a library, which is not mapped yet */
		end(running);
		end(halted);
		skip();
	}
	assert_int_equal(look(halted, seen, stopped, &err), -EAGAIN);
	assert_int_equal(stopped->facts.id.pid, halted);
	assert_int_equal(stopped->program.verdict, PBP_VERDICT_UNKNOWN);
	assert_int_equal(look(running, seen, live, &err), 0);
	assert_int_equal(look(halted, NULL, stopped, &err), -EAGAIN);
	assert_int_equal(look(halted, seen, stopped, &err), 0);
	assert_int_equal(stopped->process.id.pid, halted);
	assert_ptr_equal(stopped->process.build.row, live->process.build.row);
	move = stopped->process.build.bias - live->process.build.bias;
	assert_int_equal(stopped->process.target.runtime_addr,
			 live->process.target.runtime_addr + move);
	assert_int_equal(stopped->process.target.code_type_addr,
			 live->process.target.code_type_addr + move);
	assert_memory_equal(&stopped->process.target.layout, &live->process.target.layout,
			    sizeof(live->process.target.layout));
	assert_memory_equal(&stopped->program, &live->program, sizeof(live->program));
	/* Forgotten files are other files. */
	binaries_forget();
	assert_int_equal(look(halted, seen, stopped, &err), -EAGAIN);
	end(running);
	end(halted);
	seen_live_free(seen);
	free(live);
	free(stopped);
}

static void the_main_executable_is_told_by_linked_addresses(void **state)
{
	struct target_answer *answer = malloc(sizeof(*answer));
	pid_t pid = start_live();
	const struct pbp_target *target;
	const struct pbp_program *program;
	uint64_t bias;
	struct err err;

	(void)state;
	assert_non_null(answer);
	assert_int_equal(look(pid, NULL, answer, &err), 0);
	end(pid);
	if (answer->program.verdict == PBP_VERDICT_LOADING) {
		assert_false(answer->process.build.in_program);
		assert_int_equal(answer->program.linked.runtime_addr + answer->process.build.bias,
				 answer->process.target.runtime_addr);
		free(answer);
		return;
	}
	if (!answer->process.build.in_program) {
		assert_int_equal(answer->program.verdict, PBP_VERDICT_UNKNOWN);
		skip();
	}
	target = &answer->process.target;
	program = &answer->program;
	assert_int_equal(program->verdict, PBP_VERDICT_SAMPLED);
	/* What BPF does with it. */
	bias = answer->facts.start_code - program->linked_start;
	assert_int_equal(bias % 4096, 0);
	assert_int_equal(program->linked.runtime_addr + bias, target->runtime_addr);
	assert_int_equal(program->linked.code_type_addr + bias, target->code_type_addr);
	assert_int_equal(program->linked.current_tstate_addr +
				 (program->linked.current_tstate_addr ? bias : 0),
			 target->current_tstate_addr);
	free(answer);
}

static const struct thread_name *find_name(const struct thread_name *names, size_t nnames,
					   const char *begin)
{
	for (size_t i = 0; i < nnames; i++) {
		if (!strncmp(names[i].name, begin, strlen(begin)))
			return &names[i];
	}
	fail_msg("no thread is called %s", begin);
	return NULL;
}

static void threads_have_the_names_that_python_gives_them(void **state)
{
	struct target_answer *answer = malloc(sizeof(*answer));
	pid_t pid = start_live();
	struct thread_name *names = NULL;
	const struct thread_name *name;
	size_t nnames = 0;
	struct err err;

	(void)state;
	assert_non_null(answer);
	assert_int_equal(look(pid, NULL, answer, &err), 0);
	assert_int_equal(thread_names_read(pid, &answer->process.target, answer->process.build.row,
					   100, &names, &nnames),
			 0);
	assert_int_equal(nnames, 4);
	name = find_name(names, nnames, "MainThread");
	assert_int_equal(name->tid, pid);
	assert_true(name->thread_id != 0);
	assert_string_equal(find_name(names, nnames, "a name")->name,
			    "a name that is longer than the kernel keeps");
	assert_string_equal(find_name(names, nnames, "gr")->name, "gr\303\274\303\237");
	assert_true(strlen(find_name(names, nnames, "xxx")->name) < THREAD_NAME_BYTES);
	for (size_t i = 0; i < nnames; i++) {
		for (size_t j = 0; j < i; j++) {
			assert_true(names[i].tid != names[j].tid);
			assert_true(names[i].thread_id != names[j].thread_id);
		}
	}
	free(names);
	/* Where Python's objects cannot be found the system's names stand. */
	answer->process.target.runtime_addr = 0x1000;
	assert_int_equal(thread_names_read(pid, &answer->process.target, answer->process.build.row,
					   100, &names, &nnames),
			 0);
	assert_int_equal(nnames, 4);
	assert_int_equal(find_name(names, nnames, "python3")->thread_id, 0);
	free(names);
	end(pid);
	assert_int_equal(thread_names_read(pid, &answer->process.target, answer->process.build.row,
					   100, &names, &nnames),
			 -ESRCH);
	free(answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_process_that_has_not_begun_is_accepted_once_its_build_was_seen_live),
		cmocka_unit_test(the_main_executable_is_told_by_linked_addresses),
		cmocka_unit_test(threads_have_the_names_that_python_gives_them),
	};

	return cmocka_run_group_tests_name("target_look", tests, NULL, NULL);
}

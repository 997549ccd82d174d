/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests of user/proc/memory.c: the checks in front of every kind of memory, and live reads of a child process.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proc/memory.h"

struct call {
	int count;
	uint64_t addr;
	size_t size;
	int result;
};

static int note_call(void *context, uint64_t addr, void *buffer, size_t size)
{
	struct call *call = context;

	call->count++;
	call->addr = addr;
	call->size = size;
	if (call->result == 0)
		memset(buffer, 0x11, size);
	return call->result;
}

static void a_read_is_handed_to_the_memory_as_it_is(void **state)
{
	struct call call = { 0 };
	struct memory memory = { note_call, &call };
	uint8_t buffer[24];

	(void)state;
	assert_int_equal(memory_read(&memory, 0x7f0000001234, buffer, sizeof(buffer)), 0);
	assert_int_equal(call.count, 1);
	assert_int_equal(call.addr, 0x7f0000001234);
	assert_int_equal(call.size, sizeof(buffer));
	assert_int_equal(buffer[23], 0x11);
}

static void addresses_that_no_process_has_are_refused_before_the_read(void **state)
{
	struct call call = { 0 };
	struct memory memory = { note_call, &call };
	uint8_t buffer[16];

	(void)state;
	assert_int_equal(memory_read(&memory, 0, buffer, 8), -EFAULT);
	assert_int_equal(memory_read(&memory, MEMORY_ADDR_MIN - 1, buffer, 8), -EFAULT);
	assert_int_equal(memory_read(&memory, MEMORY_ADDR_END - 7, buffer, 8), -EFAULT);
	assert_int_equal(memory_read(&memory, MEMORY_ADDR_END, buffer, 1), -EFAULT);
	assert_int_equal(memory_read(&memory, UINT64_MAX, buffer, 16), -EFAULT);
	assert_int_equal(call.count, 0);
	assert_int_equal(memory_read(&memory, MEMORY_ADDR_MIN, buffer, 8), 0);
	assert_int_equal(memory_read(&memory, MEMORY_ADDR_END - 8, buffer, 8), 0);
	assert_int_equal(call.count, 2);
}

static void a_read_larger_than_the_limit_is_refused(void **state)
{
	struct call call = { 0 };
	struct memory memory = { note_call, &call };
	uint8_t byte;

	(void)state;
	assert_int_equal(memory_read(&memory, 0x10000, &byte, MEMORY_READ_MAX + 1), -E2BIG);
	assert_int_equal(memory_read(&memory, 0x10000, &byte, SIZE_MAX), -E2BIG);
	assert_int_equal(call.count, 0);
}

static void a_read_of_nothing_succeeds_anywhere(void **state)
{
	struct call call = { .result = -EFAULT };
	struct memory memory = { note_call, &call };

	(void)state;
	assert_int_equal(memory_read(&memory, 0, NULL, 0), 0);
	assert_int_equal(call.count, 0);
}

static void a_failed_number_leaves_the_result_alone(void **state)
{
	struct call call = { .result = -ESRCH };
	struct memory memory = { note_call, &call };
	uint64_t wide = 7;
	uint32_t narrow = 8;

	(void)state;
	assert_int_equal(memory_read_u64(&memory, 0x2000, &wide), -ESRCH);
	assert_int_equal(memory_read_u32(&memory, 0x2000, &narrow), -ESRCH);
	assert_int_equal(wide, 7);
	assert_int_equal(narrow, 8);
	call.result = 0;
	assert_int_equal(memory_read_u64(&memory, 0x2000, &wide), 0);
	assert_int_equal(memory_read_u32(&memory, 0x2000, &narrow), 0);
	assert_true(wide == 0x1111111111111111ULL);
	assert_int_equal(narrow, 0x11111111);
}

/* A page of the child that holds a known pattern, and behind it a page that is not mapped. */
static char *mapped_page(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *pages =
		mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_ptr_not_equal(pages, MAP_FAILED);
	memset(pages, 'p', page);
	assert_int_equal(munmap(pages + page, page), 0);
	return pages;
}

static void a_live_process_is_read_whole_or_not_at_all(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	char *pages = mapped_page();
	struct memory memory;
	char buffer[64];
	int status;
	pid_t pid = fork();

	(void)state;
	assert_true(pid >= 0);
	if (pid == 0) {
		for (;;)
			pause();
	}
	/* The child's copy is read, not ours. */
	memset(pages, 'q', page);
	assert_int_equal(memory_open_process(pid, &memory), 0);
	assert_int_equal(memory_read(&memory, (uintptr_t)pages + page - 64, buffer, 64), 0);
	assert_int_equal(buffer[0], 'p');
	assert_int_equal(buffer[63], 'p');
	assert_int_equal(memory_read(&memory, (uintptr_t)pages + page - 32, buffer, 64), -EFAULT);
	assert_int_equal(memory_read(&memory, (uintptr_t)pages + page, buffer, 8), -EFAULT);

	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(memory_read(&memory, (uintptr_t)pages, buffer, 8), -ESRCH);
	memory_close(&memory);
	assert_int_equal(memory_read(&memory, (uintptr_t)pages, buffer, 8), -EBADF);
	munmap(pages, page);
}

static void a_pid_that_cannot_be_is_refused(void **state)
{
	struct memory memory;

	(void)state;
	assert_int_equal(memory_open_process(0, &memory), -EINVAL);
	assert_int_equal(memory_open_process(-1, &memory), -EINVAL);
	memory_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_read_is_handed_to_the_memory_as_it_is),
		cmocka_unit_test(addresses_that_no_process_has_are_refused_before_the_read),
		cmocka_unit_test(a_read_larger_than_the_limit_is_refused),
		cmocka_unit_test(a_read_of_nothing_succeeds_anywhere),
		cmocka_unit_test(a_failed_number_leaves_the_result_alone),
		cmocka_unit_test(a_live_process_is_read_whole_or_not_at_all),
		cmocka_unit_test(a_pid_that_cannot_be_is_refused),
	};

	return cmocka_run_group_tests_name("memory", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Tests of bpf/link_map.h on the host: the dynamic linker's list as it grows, and as a hostile process writes it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "support/fake_memory.h"
#include "support/host_bpf.h"

#define PROGRAM 0x550000000000ULL /* its load bias */
#define DEBUG	0x7f0000001000ULL /* struct r_debug */
#define MAPS	0x7f0000002000ULL
#define BIAS	0x7e0000000000ULL /* the library's */

static const struct pbp_library library = { .dynamic = 0x4d00, .debug_addr = 0x3e08 };

static uint64_t map_at(size_t i)
{
	return MAPS + 64 * i;
}

/* An entry whose dynamic section is linked there; next 0: the last. */
static void write_map(struct fake_memory *memory, size_t i, uint64_t bias, uint64_t linked,
		      uint64_t next)
{
	fake_memory_write_u64(memory, map_at(i), bias);
	fake_memory_write_u64(memory, map_at(i) + 16, bias + linked);
	fake_memory_write_u64(memory, map_at(i) + 24, next);
}

/* A program and n libraries, none of them the one that is looked for. */
static struct fake_memory *memory_with(size_t n)
{
	struct fake_memory *memory = fake_memory_new();

	host_reset();
	fake_memory_map(memory, PROGRAM + 0x3000, FAKE_PAGE);
	fake_memory_map(memory, DEBUG, FAKE_PAGE);
	fake_memory_map(memory, MAPS, 4 * FAKE_PAGE);
	fake_memory_write_u64(memory, PROGRAM + library.debug_addr, DEBUG);
	fake_memory_write_u64(memory, DEBUG + 8, MAPS);
	for (size_t i = 0; i <= n; i++)
		write_map(memory, i, BIAS + 0x10000000 * (i + 1), library.dynamic + 16 * (i + 1),
			  i < n ? map_at(i + 1) : 0);
	return memory;
}

static void check_found(struct fake_memory *memory)
{
	uint64_t bias;

	assert_int_equal(host_link_map_bias(memory, &library, PROGRAM, &bias), 0);
	assert_true(bias == BIAS);
}

static void check_missing(struct fake_memory *memory)
{
	uint64_t bias;

	assert_int_not_equal(host_link_map_bias(memory, &library, PROGRAM, &bias), 0);
}

static void done(struct fake_memory *memory)
{
	fake_memory_free(memory);
	host_forget();
}

static void a_library_is_found_by_its_dynamic_section_wherever_it_stands(void **state)
{
	(void)state;
	for (size_t i = 0; i < 12; i++) {
		struct fake_memory *memory = memory_with(11);

		write_map(memory, i, BIAS, library.dynamic, i < 11 ? map_at(i + 1) : 0);
		check_found(memory);
		done(memory);
	}
}

static void what_is_not_mapped_yet_is_found_later(void **state)
{
	struct fake_memory *memory = memory_with(3);

	(void)state;
	/* The dynamic linker has not begun: the program's word is as its file has it, then it leads to an empty list. */
	fake_memory_write_u64(memory, PROGRAM + library.debug_addr, 0);
	check_missing(memory);
	fake_memory_write_u64(memory, PROGRAM + library.debug_addr, DEBUG);
	fake_memory_write_u64(memory, DEBUG + 8, 0);
	check_missing(memory);
	fake_memory_write_u64(memory, DEBUG + 8, MAPS);
	check_missing(memory);
	write_map(memory, 4, BIAS, library.dynamic, 0);
	check_missing(memory);
	fake_memory_write_u64(memory, map_at(3) + 24, map_at(4));
	check_found(memory);
	done(memory);
}

static void memory_that_is_not_resident_is_not_there_yet(void **state)
{
	static const uint64_t pages[] = { PROGRAM + 0x3000, DEBUG, MAPS };

	(void)state;
	for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++) {
		struct fake_memory *memory = memory_with(3);

		write_map(memory, 3, BIAS, library.dynamic, 0);
		fake_memory_evict(memory, pages[i], FAKE_PAGE);
		check_missing(memory);
		fake_memory_bring_in(memory, pages[i], FAKE_PAGE);
		check_found(memory);
		done(memory);
	}
}

static void a_list_without_end_is_given_up(void **state)
{
	struct fake_memory *memory = memory_with(3);

	(void)state;
	fake_memory_write_u64(memory, map_at(3) + 24, map_at(0));
	check_missing(memory);
	assert_in_range(fake_memory_reads(memory), 4, 64);
	done(memory);
}

/* pbp_host_read() ends the test if one gets as far as the kernel's helper. */
static void addresses_that_no_process_has_are_not_read(void **state)
{
	static const uint64_t wild[] = { 1, 0x800000000000ULL, 0xffff888000000000ULL, ~0ULL };

	(void)state;
	for (size_t i = 0; i < sizeof(wild) / sizeof(*wild); i++) {
		struct fake_memory *memory = memory_with(3);
		uint64_t bias;

		assert_int_not_equal(host_link_map_bias(memory, &library, wild[i], &bias), 0);
		fake_memory_write_u64(memory, map_at(1) + 24, wild[i]);
		check_missing(memory);
		fake_memory_write_u64(memory, DEBUG + 8, wild[i]);
		check_missing(memory);
		fake_memory_write_u64(memory, PROGRAM + library.debug_addr, wild[i]);
		check_missing(memory);
		done(memory);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_library_is_found_by_its_dynamic_section_wherever_it_stands),
		cmocka_unit_test(what_is_not_mapped_yet_is_found_later),
		cmocka_unit_test(memory_that_is_not_resident_is_not_there_yet),
		cmocka_unit_test(a_list_without_end_is_given_up),
		cmocka_unit_test(addresses_that_no_process_has_are_not_read),
	};

	return cmocka_run_group_tests_name("link_map", tests, NULL, NULL);
}

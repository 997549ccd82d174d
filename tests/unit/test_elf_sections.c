/* SPDX-License-Identifier: GPL-2.0-only */
/* Sections by name, and the symbols that are in .symtab alone: read whole, or not at all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc/elf.h"
#include "proc/memory.h"
#include "support/made_elf.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void sections_and_symtab_are_asked_last(void **state)
{
	struct elf_symbol symbols[] = { { .name = "hidden" },
					{ .name = "twice" },
					{ .name = "alpha" } };
	uint64_t addr = 0, size = 0;
	struct elf_image *image;
	unsigned reads, again;
	struct made_elf made;
	size_t bytes;
	int fd;

	(void)state;
	made_elf_init(&made, 20, MADE_ELF_GNU_HASH);
	assert_int_equal(made_elf_open(made.bytes, made.size, &image, &fd, NULL), 0);
	assert_int_equal(elf_image_find_symbols(image, symbols, 3, NULL), 0);
	assert_true(symbols[0].found && symbols[1].found && symbols[2].found);
	assert_false(symbols[0].dynamic || symbols[1].dynamic);
	assert_true(symbols[2].dynamic);
	assert_int_equal(symbols[0].addr, MADE_ELF_ADDR + 101);
	/* not the static one */
	assert_int_equal(symbols[1].addr, MADE_ELF_ADDR + 103);
	assert_int_equal(elf_image_find_section(image, ".Special", &addr, &size), 0);
	assert_int_equal(addr, MADE_ELF_ADDR + 40);
	assert_int_equal(size, 24);
	assert_int_equal(elf_image_find_section(image, ".strtab", &addr, &size), -ENOENT);
	elf_image_cost(image, &reads, &bytes);
	assert_true(reads <= 10);
	/* asking again costs nothing */
	assert_int_equal(elf_image_find_symbols(image, symbols, 3, NULL), 0);
	assert_true(symbols[0].found && symbols[1].found && symbols[2].found);
	assert_int_equal(elf_image_find_section(image, ".Special", &addr, &size), 0);
	elf_image_cost(image, &again, &bytes);
	assert_int_equal(again, reads);
	elf_image_close(image);
	close(fd);
	made_elf_done(&made);
}

static void a_symtab_without_room_is_not_read(void **state)
{
	static const uint64_t sizes[] = { 950 * 1024, ELF_READ_BYTES_MAX, 1ULL << 40, UINT64_MAX,
					  UINT64_MAX - 96 * 1024 };
	struct elf_symbol symbols[] = { { .name = "hidden" }, { .name = "alpha" } };
	uint64_t addr, size, value;
	struct elf_image *image;
	struct made_elf made;
	int fd;

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(sizes); i++) {
		made_elf_init(&made, 20, MADE_ELF_GNU_HASH);
		made_elf_section(&made, 1 + i % 2)->sh_size = sizes[i / 2];
		assert_int_equal(made_elf_open(made.bytes, made.size, &image, &fd, NULL), 0);
		assert_int_equal(elf_image_find_symbols(image, symbols, 2, NULL), 0);
		assert_false(symbols[0].found);
		assert_true(symbols[1].found);
		assert_int_equal(elf_image_find_section(image, ".Special", &addr, &size), 0);
		assert_int_equal(elf_image_read(image, MADE_ELF_ADDR, &value, 8), 0);
		elf_image_close(image);
		close(fd);
		made_elf_done(&made);
	}
}

static void nobody_minds_sections_that_are_nowhere(void **state)
{
	struct elf_image *image;
	uint64_t addr, size;
	struct made_elf made;
	int fd;

	(void)state;
	for (int i = 0; i < 3; i++) {
		made_elf_init(&made, 20, MADE_ELF_GNU_HASH);
		if (i == 0)
			made_elf_header(&made)->e_shoff = 1ULL << 40;
		else if (i == 1)
			made_elf_header(&made)->e_shoff = UINT64_MAX;
		else
			made_elf_header(&made)->e_shentsize = 1;
		assert_int_equal(made_elf_open(made.bytes, made.size, &image, &fd, NULL), 0);
		check_elf_exported(image);
		assert_int_equal(elf_image_find_section(image, ".Special", &addr, &size), -ENOENT);
		elf_image_close(image);
		close(fd);
		made_elf_done(&made);
	}
}

static void only_so_many_sections_are_looked_at(void **state)
{
	struct elf_image *image;
	struct made_elf made;
	struct err err;
	int fd;

	(void)state;
	made_elf_init(&made, 20, MADE_ELF_GNU_HASH);
	made_elf_header(&made)->e_shnum = 2048;
	assert_int_equal(made_elf_open(made.bytes, made.size, &image, &fd, &err), 0);
	elf_image_close(image);
	close(fd);
	made_elf_header(&made)->e_shnum = 2049;
	assert_int_equal(made_elf_open(made.bytes, made.size, &image, &fd, &err), -EFBIG);
	assert_non_null(strstr(err.message, "too many sections"));
	close(fd);
	made_elf_done(&made);
}

static void strings_that_do_not_end_are_read_no_further(void **state)
{
	struct elf_symbol symbols[] = { { .name = "hidden" }, { .name = "twice" } };
	struct elf_image *image;
	struct made_elf made;
	uint64_t addr, size;
	int fd;

	(void)state;
	made_elf_init(&made, 20, MADE_ELF_GNU_HASH);
	/* both end in the middle of the last name */
	made_elf_section(&made, 2)->sh_size = 12;
	made_elf_section(&made, 3)->sh_size = 31;
	assert_int_equal(made_elf_open(made.bytes, made.size, &image, &fd, NULL), 0);
	assert_int_equal(elf_image_find_symbols(image, symbols, 2, NULL), 0);
	assert_true(symbols[0].found);
	assert_false(symbols[1].found);
	assert_int_equal(elf_image_find_section(image, ".Special", &addr, &size), -ENOENT);
	elf_image_close(image);
	close(fd);
	made_elf_done(&made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sections_and_symtab_are_asked_last),
		cmocka_unit_test(a_symtab_without_room_is_not_read),
		cmocka_unit_test(nobody_minds_sections_that_are_nowhere),
		cmocka_unit_test(only_so_many_sections_are_looked_at),
		cmocka_unit_test(strings_that_do_not_end_are_read_no_further),
	};

	return cmocka_run_group_tests_name("elf_sections", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an image costs, whatever it is: a million symbols, files with holes, any byte cut and any bit flipped, in
 * files and in memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "proc/elf.h"
#include "proc/memory.h"
#include "support/made_elf.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void what_memory_cannot_give_is_told_as_it_tells(void **state)
{
	struct elf_symbol symbols[2 * MADE_ELF_NEXPORTED];
	struct loaded_elf loaded = { 0 };
	const struct memory memory = { .read = loaded_elf_read, .context = &loaded };
	struct elf_image *image;
	struct made_elf made;
	struct err err;
	int r = -ESRCH;

	(void)state;
	made_elf_init(&made, 20, MADE_ELF_GNU_HASH);
	loaded.bytes = made.bytes;
	loaded.size = made.size;
	assert_int_equal(elf_image_open_memory(&memory, LOADED_ELF_ADDR - 0x1000, &image, &err),
			 -EFAULT);
	assert_int_equal(elf_image_open_memory(&memory, UINT64_MAX - 7, &image, &err), -ENOEXEC);
	for (unsigned n = 1; r == -ESRCH; n++) {
		loaded.nreads = 0;
		loaded.fail_at = n;
		r = elf_image_open_memory(&memory, LOADED_ELF_ADDR, &image, &err);
		if (r < 0) {
			assert_in_range(n, 1, 2);
			continue;
		}
		r = find_elf_exported(image, symbols, &err);
		elf_image_close(image);
	}
	assert_int_equal(r, 0);
	assert_true(loaded.nreads > 3);
	made_elf_done(&made);
}

static void an_image_in_memory_must_be_where_it_can_be(void **state)
{
	struct loaded_elf loaded = { 0 };
	const struct memory memory = { .read = loaded_elf_read, .context = &loaded };
	struct elf_image *image;
	struct made_elf made;
	struct err err;

	(void)state;
	made_elf_init(&made, 20, MADE_ELF_GNU_HASH);
	loaded.bytes = made.bytes;
	loaded.size = made.size;
	made_elf_header(&made)->e_type = ET_EXEC;
	assert_int_equal(elf_image_open_memory(&memory, LOADED_ELF_ADDR, &image, &err), -EBADMSG);
	assert_non_null(strstr(err.message, "another address"));
	made_elf_segment(&made, 0)->p_vaddr = LOADED_ELF_ADDR;
	assert_int_equal(elf_image_open_memory(&memory, LOADED_ELF_ADDR, &image, &err), 0);
	elf_image_close(image);
	made_elf_segment(&made, 0)->p_offset = 0x1000;
	assert_int_equal(elf_image_open_memory(&memory, LOADED_ELF_ADDR, &image, &err), -EBADMSG);
	assert_non_null(strstr(err.message, "header is not loaded"));
	/* Section headers are not looked at: the page where their number is may hold anything. */
	made_elf_segment(&made, 0)->p_offset = 0;
	made_elf_header(&made)->e_shnum = 0xffff;
	assert_int_equal(elf_image_open_memory(&memory, LOADED_ELF_ADDR, &image, &err), 0);
	elf_image_close(image);
	made_elf_done(&made);
}

static void a_million_symbols_cost_no_more_than_is_promised(void **state)
{
	struct elf_symbol symbols[MADE_ELF_NEXPORTED], all[2 * MADE_ELF_NEXPORTED];
	struct loaded_elf loaded = { 0 };
	const struct memory memory = { .read = loaded_elf_read, .context = &loaded };
	uint64_t addr, size, value;
	struct elf_image *image;
	struct made_elf made;
	unsigned reads;
	size_t bytes;
	int fd, r;

	(void)state;
	for (size_t i = 0; i < MADE_ELF_NEXPORTED; i++)
		symbols[i].name = made_elf_exported[i];
	made_elf_init(&made, 1000 * 1000, MADE_ELF_GNU_HASH);
	assert_true(made.size > 40 * 1000 * 1000);
	assert_int_equal(made_elf_open(made.bytes, made.size, &image, &fd, NULL), 0);
	assert_int_equal(elf_image_find_symbols(image, symbols, MADE_ELF_NEXPORTED, NULL), 0);
	for (size_t i = 0; i < MADE_ELF_NEXPORTED; i++)
		assert_true(symbols[i].found && symbols[i].addr == MADE_ELF_ADDR + i);
	assert_int_equal(elf_image_find_section(image, ".Special", &addr, &size), 0);
	assert_int_equal(elf_image_read(image, MADE_ELF_ADDR, &value, 8), 0);
	elf_image_cost(image, &reads, &bytes);
	assert_in_range(reads, 20, 58);
	assert_in_range(bytes, 1, 960 * 1024);
	elf_image_close(image);
	close(fd);

	loaded.bytes = made.bytes;
	loaded.size = made.size;
	assert_int_equal(elf_image_open_memory(&memory, LOADED_ELF_ADDR, &image, NULL), 0);
	assert_int_equal(elf_image_find_symbols(image, symbols, MADE_ELF_NEXPORTED, NULL), 0);
	for (size_t i = 0; i < MADE_ELF_NEXPORTED; i++)
		assert_true(symbols[i].found && symbols[i].addr == MADE_ELF_ADDR + i);
	assert_in_range(loaded.nreads, 20, ELF_READS_MAX);
	assert_in_range(loaded.nbytes, 1, ELF_READ_BYTES_MAX);
	elf_image_close(image);
	made_elf_done(&made);

	/* Chains of strings all over the file: refused, when it is too much. */
	made_elf_init(&made, 1000 * 1000, MADE_ELF_SYSV_HASH);
	assert_int_equal(made_elf_open(made.bytes, made.size, &image, &fd, NULL), 0);
	r = find_elf_exported(image, all, NULL);
	assert_int_equal(r, -EFBIG);
	check_elf_cost(image);
	elf_image_close(image);
	close(fd);
	made_elf_done(&made);
}

static void a_sparse_file_of_4_gb_costs_no_more_than_is_promised(void **state)
{
	const size_t huge = 1ULL << 32;
	struct elf_symbol symbols[2 * MADE_ELF_NEXPORTED];
	struct elf_image *image;
	struct made_elf made;
	uint64_t value;
	int fd, r;

	(void)state;
	for (int i = 0; i < 5; i++) {
		made_elf_init(&made, 20, i == 3 ? MADE_ELF_SYSV_HASH : MADE_ELF_GNU_HASH);
		made_elf_segment(&made, 0)->p_filesz = made_elf_segment(&made, 0)->p_memsz = huge;
		if (i == 0)
			made_elf_segment(&made, 1)->p_vaddr = MADE_ELF_ADDR + huge / 2;
		if (i == 1) /* the chains lead into the hole */
			made_elf_words(&made, made.gnu_hash)[2] = 0x10000000;
		if (i == 2)
			made_elf_entry(&made, DT_SYMTAB)->d_un.d_ptr = MADE_ELF_ADDR + huge - 4096;
		if (i == 3)
			made_elf_words(&made, made.hash)[0] = 0x20000000;
		if (i == 4) {
			made_elf_entry(&made, DT_STRTAB)->d_un.d_ptr = MADE_ELF_ADDR;
			made_elf_entry(&made, DT_STRSZ)->d_un.d_val = huge;
			made_elf_segment(&made, 1)->p_filesz = huge / 2;
			made_elf_section(&made, 1)->sh_size = made_elf_section(&made, 2)->sh_size =
				huge / 2;
		}
		assert_int_equal(made_elf_open(made.bytes, made.size, &image, &fd, NULL), 0);
		assert_int_equal(ftruncate(fd, (off_t)huge), 0);
		r = find_elf_exported(image, symbols, NULL);
		assert_true(r == 0 || r == -EFBIG || r == -EBADMSG);
		assert_false(r == 0 && symbols[0].found);
		assert_int_equal(elf_image_read(image, MADE_ELF_ADDR + huge - 8, &value, 8),
				 r == -EFBIG ? -EFBIG : 0);
		check_elf_cost(image);
		elf_image_close(image);
		close(fd);
		made_elf_done(&made);
	}
}

static void what_has_cost_enough_answers_no_more(void **state)
{
	struct elf_symbol symbols[2 * MADE_ELF_NEXPORTED];
	struct elf_image *image;
	uint64_t addr, size;
	struct made_elf made;
	struct err err;
	char *buffer = malloc(ELF_READ_BYTES_MAX);
	unsigned reads;
	size_t bytes;
	int fd;

	(void)state;
	made_elf_init(&made, 40 * 1000, MADE_ELF_GNU_HASH);
	assert_true(made.size > ELF_READ_BYTES_MAX);
	/* by number */
	assert_int_equal(made_elf_open(made.bytes, made.size, &image, &fd, NULL), 0);
	for (elf_image_cost(image, &reads, &bytes); reads < ELF_READS_MAX; reads++)
		assert_int_equal(elf_image_read(image, MADE_ELF_ADDR, buffer, 1), 0);
	assert_int_equal(elf_image_read(image, MADE_ELF_ADDR, buffer, 1), -EFBIG);
	memset(symbols, 0xff, sizeof(symbols));
	assert_int_equal(find_elf_exported(image, symbols, &err), -EFBIG);
	assert_non_null(strstr(err.message, "64 reads of 1024 KB"));
	for (size_t i = 0; i < COUNT(symbols); i++)
		assert_false(symbols[i].found);
	assert_int_equal(elf_image_find_section(image, ".Special", &addr, &size), -EFBIG);
	assert_int_equal(elf_image_soname(image, buffer, 16), -EFBIG);
	check_elf_cost(image);
	elf_image_close(image);
	close(fd);
	/* by size */
	assert_int_equal(made_elf_open(made.bytes, made.size, &image, &fd, NULL), 0);
	assert_int_equal(elf_image_read(image, MADE_ELF_ADDR, buffer, ELF_READ_BYTES_MAX), -EFBIG);
	elf_image_cost(image, &reads, &bytes);
	assert_int_equal(elf_image_read(image, MADE_ELF_ADDR, buffer, ELF_READ_BYTES_MAX - bytes),
			 0);
	assert_memory_equal(buffer, made.bytes, ELF_READ_BYTES_MAX - bytes);
	assert_int_equal(elf_image_read(image, MADE_ELF_ADDR, buffer, 1), -EFBIG);
	assert_int_equal(find_elf_exported(image, symbols, &err), -EFBIG);
	elf_image_cost(image, &reads, &bytes);
	assert_int_equal(bytes, ELF_READ_BYTES_MAX);
	elf_image_close(image);
	close(fd);
	made_elf_done(&made);
	free(buffer);
}

static void segments_are_told_as_linked(void **state)
{
	struct elf_segment segment = { .writable = true };
	struct elf_image *image;
	struct made_elf made;
	int fd;

	(void)state;
	made_elf_init(&made, 20, MADE_ELF_GNU_HASH);
	made_elf_segment(&made, 0)->p_memsz += 0x5000;
	assert_int_equal(made_elf_open(made.bytes, made.size, &image, &fd, NULL), 0);
	assert_true(elf_image_segment(image, 0, &segment));
	assert_int_equal(segment.addr, MADE_ELF_ADDR);
	assert_int_equal(segment.file_size, made.size);
	assert_int_equal(segment.size, made.size + 0x5000);
	assert_true(segment.executable);
	assert_false(segment.writable);
	/* PT_DYNAMIC is not loaded by itself */
	assert_false(elf_image_segment(image, 1, &segment));
	assert_false(elf_image_segment(image, SIZE_MAX, &segment));
	elf_image_close(image);
	close(fd);
	made_elf_done(&made);
}

static void ask_file(int fd)
{
	struct elf_image *image;

	if (elf_image_open(fd, &image, NULL) < 0)
		return;
	ask_elf_everything(image);
	elf_image_close(image);
}

static void ask_memory(const unsigned char *bytes, size_t size)
{
	struct loaded_elf loaded = { .bytes = bytes, .size = size };
	const struct memory memory = { .read = loaded_elf_read, .context = &loaded };
	struct elf_image *image;

	if (elf_image_open_memory(&memory, LOADED_ELF_ADDR, &image, NULL) < 0)
		return;
	ask_elf_everything(image);
	assert_in_range(loaded.nreads, 1, ELF_READS_MAX);
	assert_in_range(loaded.nbytes, 1, ELF_READ_BYTES_MAX);
	elf_image_close(image);
}

static void the_lowest_segment_tells_where_memory_begins(void **state)
{
	struct loaded_elf loaded = { 0 };
	const struct memory memory = { .read = loaded_elf_read, .context = &loaded };
	struct elf_image *image;
	struct made_elf made;
	Elf64_Phdr *segments;
	uint64_t bias;

	(void)state;
	made_elf_init(&made, 20, MADE_ELF_GNU_HASH);
	loaded.bytes = made.bytes;
	loaded.size = made.size;
	segments = made_elf_segment(&made, 0);
	/* it may begin within its page */
	segments[0].p_offset += 64;
	segments[0].p_vaddr += 64;
	segments[0].p_filesz -= 64;
	segments[0].p_memsz -= 64;
	assert_int_equal(elf_image_open_memory(&memory, LOADED_ELF_ADDR, &image, NULL), 0);
	check_elf_exported(image);
	elf_image_close(image);
	/* and need not be the first in the table */
	segments[1] = segments[0];
	segments[0].p_offset += 0x1000;
	segments[0].p_vaddr += 0x1000;
	assert_int_equal(elf_image_open_memory(&memory, LOADED_ELF_ADDR, &image, NULL), 0);
	assert_int_equal(elf_image_load_bias(image, 0, 0, &bias), 0);
	assert_int_equal(bias, LOADED_ELF_ADDR - MADE_ELF_ADDR);
	elf_image_close(image);
	made_elf_done(&made);
}

static void what_was_cut_off_is_not_made_up(void **state)
{
	struct elf_symbol symbols[2 * MADE_ELF_NEXPORTED];
	struct elf_image *image;
	struct made_elf made;
	int fd;

	(void)state;
	made_elf_init(&made, 20, MADE_ELF_GNU_HASH);
	for (size_t cut = made.symbols; cut <= made.gnu_hash; cut++) {
		assert_int_equal(made_elf_open(made.bytes, cut, &image, &fd, NULL), 0);
		assert_int_equal(find_elf_exported(image, symbols, NULL), -EBADMSG);
		elf_image_close(image);
		close(fd);
	}
	made_elf_done(&made);
}

static void an_image_cut_at_any_byte_gives_errors_and_nothing_worse(void **state)
{
	struct made_elf made;
	int fd;

	(void)state;
	for (size_t style = 0; style < COUNT(made_elf_styles); style++) {
		made_elf_init(&made, 12, made_elf_styles[style]);
		fd = memfd_create("test_elf", MFD_CLOEXEC);
		assert_int_equal(write(fd, made.bytes, made.size), made.size);
		for (size_t cut = made.size; cut-- > 0;) {
			assert_int_equal(ftruncate(fd, (off_t)cut), 0);
			ask_file(fd);
			ask_memory(made.bytes, cut);
		}
		close(fd);
		made_elf_done(&made);
	}
}

static void any_flipped_bit_gives_errors_and_nothing_worse(void **state)
{
	struct made_elf made;

	(void)state;
	for (size_t style = 0; style < COUNT(made_elf_styles); style++) {
		int fd = memfd_create("test_elf", MFD_CLOEXEC);

		made_elf_init(&made, 12, made_elf_styles[style]);
		assert_int_equal(write(fd, made.bytes, made.size), made.size);
		for (size_t bit = 0; bit < made.size * 8; bit++) {
			made.bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
			ask_memory(made.bytes, made.size);
			/* the file a bit less often: it is slower */
			if (bit % 3 == 0) {
				assert_int_equal(
					pwrite(fd, made.bytes + bit / 8, 1, (off_t)(bit / 8)), 1);
				ask_file(fd);
			}
			made.bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
			if (bit % 3 == 0)
				assert_int_equal(
					pwrite(fd, made.bytes + bit / 8, 1, (off_t)(bit / 8)), 1);
		}
		close(fd);
		made_elf_done(&made);
	}
}

/* Several words at once, changed to small and to large numbers. */
static void garbled_words_give_errors_and_nothing_worse(void **state)
{
	static const uint32_t values[] = { 0,	       1,	   2,
					   0x7f,       0x1000,	   MADE_ELF_ADDR,
					   0x7fffffff, 0x80000000, 0xffffffff };
	uint32_t random = 4711;
	unsigned char *bytes;
	struct made_elf made;

	(void)state;
	for (size_t turn = 0; turn < 20000; turn++) {
		if (turn % 5000 == 0)
			made_elf_init(&made, 12,
				      made_elf_styles[turn / 5000 % COUNT(made_elf_styles)]);
		bytes = malloc(made.size);
		memcpy(bytes, made.bytes, made.size);
		for (size_t i = 0; i < 1 + turn % 4; i++) {
			random = random * 1664525 + 1013904223;
			memcpy(bytes + 64 + (random >> 8) % ((made.size - 68) / 4) * 4,
			       &values[(random >> 4) % COUNT(values)], sizeof(values[0]));
		}
		ask_memory(bytes, made.size);
		free(bytes);
		if (turn % 5000 == 4999)
			made_elf_done(&made);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_memory_cannot_give_is_told_as_it_tells),
		cmocka_unit_test(an_image_in_memory_must_be_where_it_can_be),
		cmocka_unit_test(a_million_symbols_cost_no_more_than_is_promised),
		cmocka_unit_test(a_sparse_file_of_4_gb_costs_no_more_than_is_promised),
		cmocka_unit_test(what_has_cost_enough_answers_no_more),
		cmocka_unit_test(segments_are_told_as_linked),
		cmocka_unit_test(the_lowest_segment_tells_where_memory_begins),
		cmocka_unit_test(what_was_cut_off_is_not_made_up),
		cmocka_unit_test(an_image_cut_at_any_byte_gives_errors_and_nothing_worse),
		cmocka_unit_test(any_flipped_bit_gives_errors_and_nothing_worse),
		cmocka_unit_test(garbled_words_give_errors_and_nothing_worse),
	};

	return cmocka_run_group_tests_name("elf_source", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ELF images of real files: this program, and small ones made by the compiler where there is one; what their headers
 * say; and truncated and garbled copies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc/elf.h"
#include "proc/maps.h"
#include "support/made_elf.h"

/* Looked for by the tests; in .symtab of this program. */
int test_elf_landmark[7] = { 0x1234567, 2, 3 };

#define SOURCE                                                                  \
	"long landmark[5] = { 0x5ca1ab1e, 1 };\n"                               \
	"const unsigned long fixed = 0x030b07f0;\n"                             \
	"long zeroed[9];\n"                                                     \
	"__attribute__((section(\\\".Special\\\"))) long special[3] = { 7 };\n" \
	"__thread int per_thread = 3;\n"                                        \
	"int main(void) { return (int)(landmark[1] + zeroed[0] + special[1] + per_thread); }\n"

static char folder[] = "/tmp/test_elf.XXXXXX";

/* Compile SOURCE; false: there is no compiler that can. The path is written to ret_path. */
static bool compile(const char *name, const char *flags, char *ret_path, size_t capacity)
{
	char command[2048];

	snprintf(ret_path, capacity, "%s/%s", folder, name);
	snprintf(command, sizeof(command),
		 "printf '%%b' \"%s\" | ${CC:-cc} -x c -O0 %s -o %s - 2>/dev/null", SOURCE, flags,
		 ret_path);
	return system(command) == 0;
}

static int open_image(const char *path, struct elf_image **ret_image, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(elf_image_open(fd, ret_image, err), 0);
	return fd;
}

static void our_own_program_tells_where_its_data_is(void **state)
{
	struct elf_symbol symbols[] = { { .name = "test_elf_landmark" },
					{ .name = "no_such_symbol_anywhere" },
					{ .name = "malloc" } };
	uint64_t here = (uint64_t)(uintptr_t)&open_image, bias = 1;
	struct elf_image *image;
	struct maps maps;
	int value, fd;

	(void)state;
	fd = open_image("/proc/self/exe", &image, NULL);
	assert_true(fd >= 0);
#ifdef __x86_64__
	assert_int_equal(elf_image_machine(image), ELF_MACHINE_X86_64);
#endif
	assert_int_equal(elf_image_find_symbols(image, symbols, 3, NULL), 0);
	assert_true(symbols[0].found);
	assert_int_equal(symbols[0].size, sizeof(test_elf_landmark));
	assert_false(symbols[1].found);

	assert_int_equal(maps_read(getpid(), &maps, NULL), 0);
	for (size_t i = 0; i < maps.nmappings; i++) {
		if (maps.mappings[i].start <= here && here < maps.mappings[i].end)
			assert_int_equal(elf_image_load_bias(image, maps.mappings[i].start,
							     maps.mappings[i].offset, &bias),
					 0);
	}
	maps_done(&maps);
	assert_int_equal(symbols[0].addr + bias, (uint64_t)(uintptr_t)test_elf_landmark);
	assert_int_equal(elf_image_read(image, symbols[0].addr, &value, sizeof(value)), 0);
	assert_int_equal(value, test_elf_landmark[0]);
	elf_image_close(image);
	close(fd);
}

static void check_kind(const char *name, const char *flags, bool relocatable, bool symtab,
		       bool dynamic, bool has_libc)
{
	struct elf_symbol symbols[] = { { .name = "landmark" },
					{ .name = "fixed" },
					{ .name = "zeroed" },
					{ .name = "per_thread" },
					{ .name = "__libc_start_main" } };
	uint64_t addr = 0, size = 0, value = 0;
	struct elf_image *image;
	char path[256];
	int fd;

	if (!compile(name, flags, path, sizeof(path)))
		skip();
	fd = open_image(path, &image, NULL);
	assert_true(fd >= 0);
	assert_int_equal(elf_image_is_relocatable(image), relocatable);
	assert_int_equal(elf_image_find_symbols(image, symbols, 5, NULL), 0);
	assert_int_equal(symbols[0].found, symtab || dynamic);
	assert_int_equal(symbols[0].dynamic, dynamic);
	/* A thread's variable has no address, an undefined symbol none here. */
	assert_false(symbols[3].found);
	assert_int_equal(symbols[4].found, has_libc);
	if (symbols[0].found) {
		assert_int_equal(symbols[0].size, 40);
		assert_int_equal(elf_image_read(image, symbols[0].addr, &value, 8), 0);
		assert_int_equal(value, 0x5ca1ab1e);
		assert_int_equal(elf_image_read(image, symbols[1].addr, &value, 8), 0);
		assert_int_equal(value, 0x030b07f0);
		/* .bss is not in the file */
		assert_int_equal(elf_image_read(image, symbols[2].addr + 32, &value, 8), -ENOENT);
	}
	assert_int_equal(elf_image_find_section(image, ".Special", &addr, &size), 0);
	assert_int_equal(size, 24);
	assert_int_equal(elf_image_read(image, addr, &value, 8), 0);
	assert_int_equal(value, 7);
	assert_int_equal(elf_image_find_section(image, ".NoSuch", &addr, &size), -ENOENT);
	/* .comment is in the file but never in memory */
	assert_int_equal(elf_image_find_section(image, ".comment", &addr, &size), -ENOENT);
	check_elf_cost(image);
	elf_image_close(image);
	close(fd);
}

static void a_pie_is_relocatable(void **state)
{
	(void)state;
	check_kind("pie", "-fPIE -pie", true, true, false, false);
}

static void a_non_pie_is_not(void **state)
{
	(void)state;
	check_kind("nopie", "-fno-pie -no-pie", false, true, false, false);
}

static void a_stripped_program_keeps_its_sections(void **state)
{
	(void)state;
	check_kind("stripped", "-fno-pie -no-pie -s", false, false, false, false);
}

static void a_stripped_program_keeps_what_it_exports(void **state)
{
	(void)state;
	check_kind("exporting", "-fno-pie -no-pie -s -rdynamic", false, false, true, false);
}

static void a_stripped_library_keeps_what_it_exports(void **state)
{
	(void)state;
	check_kind("library.so", "-fPIC -shared -s -Wl,-soname,libthing.so.1", true, false, true,
		   false);
}

static void either_kind_of_hash_table_will_do(void **state)
{
	(void)state;
	check_kind("gnu.so", "-fPIC -shared -s -Wl,--hash-style=gnu", true, false, true, false);
	check_kind("sysv.so", "-fPIC -shared -s -Wl,--hash-style=sysv", true, false, true, false);
	check_kind("both.so", "-fPIC -shared -s -Wl,--hash-style=both", true, false, true, false);
}

static void a_static_program_has_its_symbols_in_symtab_alone(void **state)
{
	(void)state;
	check_kind("static", "-static -fno-pie", false, true, false, true);
	check_kind("static-pie", "-static-pie -fPIE", true, true, false, true);
	check_kind("static-stripped", "-static -fno-pie -s", false, false, false, false);
}

static void a_library_has_a_soname_and_a_program_none(void **state)
{
	char path[256], soname[64];
	struct elf_image *image;
	int fd;

	(void)state;
	if (!compile("named.so", "-fPIC -shared -Wl,-soname,libthing.so.1", path, sizeof(path)))
		skip();
	fd = open_image(path, &image, NULL);
	assert_true(fd >= 0);
	assert_int_equal(elf_image_soname(image, soname, sizeof(soname)), 0);
	assert_string_equal(soname, "libthing.so.1");
	assert_int_equal(elf_image_soname(image, soname, 4), 0);
	assert_string_equal(soname, "lib");
	elf_image_close(image);
	close(fd);
	fd = open_image("/proc/self/exe", &image, NULL);
	assert_true(fd >= 0);
	assert_int_equal(elf_image_soname(image, soname, sizeof(soname)), -ENOENT);
	elf_image_close(image);
	close(fd);
}

/* An ELF header with one loadable segment, for the arithmetic of the load bias. */
struct small {
	Elf64_Ehdr header;
	Elf64_Phdr segment;
};

static struct small small_image(uint16_t type)
{
	struct small small = {
		.header = { .e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
			    .e_type = type,
			    .e_machine = EM_X86_64,
			    .e_version = EV_CURRENT,
			    .e_phoff = sizeof(Elf64_Ehdr),
			    .e_ehsize = sizeof(Elf64_Ehdr),
			    .e_phentsize = sizeof(Elf64_Phdr),
			    .e_phnum = 1 },
		.segment = { .p_type = PT_LOAD,
			     .p_flags = PF_R | PF_X,
			     .p_offset = 0x5010,
			     .p_vaddr = 0x45010,
			     .p_filesz = 0x10000,
			     .p_memsz = 0x10000,
			     .p_align = 0x1000 },
	};

	return small;
}

static void the_load_bias_follows_from_any_mapping_of_the_code(void **state)
{
	struct small small = small_image(ET_DYN);
	struct elf_image *image;
	uint64_t bias;
	int fd;

	(void)state;
	assert_int_equal(made_elf_open(&small, sizeof(small), &image, &fd, NULL), 0);
	assert_int_equal(elf_image_load_bias(image, 0x7f0000045000, 0x5000, &bias), 0);
	assert_int_equal(bias, 0x7f0000000000);
	/* the second half of the segment, as after mprotect */
	assert_int_equal(elf_image_load_bias(image, 0x7f0000049000, 0x9000, &bias), 0);
	assert_int_equal(bias, 0x7f0000000000);
	assert_int_equal(elf_image_load_bias(image, 0x7f0000000000, 0x4000, &bias), -ENOENT);
	assert_int_equal(elf_image_load_bias(image, 0x7f0000000000, 0x16000, &bias), -ENOENT);
	elf_image_close(image);
	close(fd);

	small = small_image(ET_EXEC);
	assert_int_equal(made_elf_open(&small, sizeof(small), &image, &fd, NULL), 0);
	assert_int_equal(elf_image_load_bias(image, 0x45000, 0x5000, &bias), 0);
	assert_int_equal(bias, 0);
	assert_int_equal(elf_image_load_bias(image, 0x46000, 0x5000, &bias), -EBADMSG);
	elf_image_close(image);
	close(fd);

	small = small_image(ET_DYN);
	small.segment.p_flags = PF_R;
	assert_int_equal(made_elf_open(&small, sizeof(small), &image, &fd, NULL), 0);
	assert_int_equal(elf_image_load_bias(image, 0x45000, 0x5000, &bias), -ENOENT);
	elf_image_close(image);
	close(fd);
}

static void other_kinds_of_files_are_refused_by_name(void **state)
{
	static const struct {
		size_t at;
		unsigned char byte;
		int code;
		const char *word;
	} changes[] = {
		{ 1, 'X', -ENOEXEC, "not an ELF" },
		{ EI_CLASS, ELFCLASS32, -ENOEXEC, "64-bit" },
		{ EI_DATA, ELFDATA2MSB, -ENOEXEC, "little-endian" },
		{ offsetof(Elf64_Ehdr, e_machine), EM_386, -ENOEXEC, "machine" },
		{ offsetof(Elf64_Ehdr, e_type), ET_CORE, -ENOEXEC, "program" },
		{ offsetof(Elf64_Ehdr, e_type), ET_REL, -ENOEXEC, "program" },
		{ offsetof(Elf64_Ehdr, e_phnum) + 1, 0xff, -EFBIG, "segments" },
		{ offsetof(Elf64_Ehdr, e_phentsize), 1, -EBADMSG, "program headers" },
		{ offsetof(Elf64_Ehdr, e_shoff), 1, -EFBIG, "sections" },
		{ offsetof(Elf64_Ehdr, e_phnum), 9, -EBADMSG, "cut" },
		{ offsetof(Elf64_Ehdr, e_phoff) + 7, 0xff, -EBADMSG, "cut" },
		{ offsetof(struct small, segment.p_vaddr) + 7, 0x40, -EBADMSG, "program headers" },
		{ offsetof(struct small, segment.p_offset) + 7, 0x40, -EBADMSG, "program headers" },
		{ offsetof(struct small, segment.p_memsz) + 7, 0x40, -EBADMSG, "program headers" },
		{ offsetof(struct small, segment.p_filesz) + 7, 1, -EBADMSG, "program headers" },
	};
	struct elf_image *image;
	struct small small;
	struct err err;
	int fd;

	(void)state;
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		small = small_image(ET_DYN);
		((unsigned char *)&small)[changes[i].at] = changes[i].byte;
		assert_int_equal(made_elf_open(&small, sizeof(small), &image, &fd, &err),
				 changes[i].code);
		assert_non_null(strstr(err.message, changes[i].word));
		close(fd);
	}
	assert_int_equal(made_elf_open("#!/bin/sh\n", 10, &image, &fd, &err), -ENOEXEC);
	close(fd);
	assert_int_equal(made_elf_open("", 0, &image, &fd, &err), -ENOEXEC);
	close(fd);
	fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(elf_image_open(fd, &image, &err), -ENOEXEC);
	close(fd);
}

static void ask_file(int fd)
{
	struct elf_image *image;

	if (elf_image_open(fd, &image, NULL) < 0)
		return;
	ask_elf_everything(image);
	elf_image_close(image);
}

static unsigned char *read_own_program(size_t *ret_size)
{
	int fd = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	unsigned char *bytes;
	struct stat status;

	assert_int_equal(fstat(fd, &status), 0);
	bytes = malloc((size_t)status.st_size);
	assert_int_equal(read(fd, bytes, (size_t)status.st_size), status.st_size);
	close(fd);
	*ret_size = (size_t)status.st_size;
	return bytes;
}

static void truncated_files_give_errors_and_nothing_worse(void **state)
{
	struct elf_symbol symbol = { .name = "test_elf_landmark" };
	struct elf_image *image;
	size_t size, step;
	unsigned char *bytes = read_own_program(&size);
	int fd = memfd_create("test_elf", MFD_CLOEXEC);

	(void)state;
	assert_int_equal(write(fd, bytes, size), size);
	/* cut while it is open */
	assert_int_equal(elf_image_open(fd, &image, NULL), 0);
	assert_int_equal(ftruncate(fd, 4096), 0);
	if (elf_image_find_symbols(image, &symbol, 1, NULL) == 0)
		assert_false(symbol.found);
	elf_image_close(image);

	step = size / 97 + 1;
	for (size_t cut = size; cut > step; cut -= step) {
		assert_int_equal(pwrite(fd, bytes, cut, 0), cut);
		assert_int_equal(ftruncate(fd, (off_t)cut), 0);
		ask_file(fd);
	}
	for (size_t cut = 0; cut < 200; cut++) {
		assert_int_equal(ftruncate(fd, (off_t)cut), 0);
		assert_int_equal(pwrite(fd, bytes, cut, 0), cut);
		ask_file(fd);
	}
	close(fd);
	free(bytes);
}

static void garbled_files_give_errors_and_nothing_worse(void **state)
{
	uint32_t random = 12345;
	size_t size, at, section_headers;
	unsigned char *bytes = read_own_program(&size), saved[8];
	int fd = memfd_create("test_elf", MFD_CLOEXEC);

	(void)state;
	memcpy(&section_headers, bytes + offsetof(Elf64_Ehdr, e_shoff), sizeof(section_headers));
	assert_int_equal(write(fd, bytes, size), size);
	for (int turn = 0; turn < 600; turn++) {
		random = random * 1664525 + 1013904223;
		/* in turn the header, the program headers and the section headers */
		at = turn % 3 == 0   ? (random >> 8) % 64
		     : turn % 3 == 1 ? 64 + (random >> 8) % 600
				     : section_headers + (random >> 8) % (size - section_headers);
		if (at + sizeof(saved) > size)
			continue;
		memcpy(saved, bytes + at, sizeof(saved));
		for (size_t i = 0; i < sizeof(saved) && i <= (random & 7); i++)
			bytes[at + i] = (unsigned char)(random >> (8 + i));
		assert_int_equal(pwrite(fd, bytes + at, sizeof(saved), (off_t)at), sizeof(saved));
		ask_file(fd);
		memcpy(bytes + at, saved, sizeof(saved));
		assert_int_equal(pwrite(fd, saved, sizeof(saved), (off_t)at), sizeof(saved));
	}
	close(fd);
	free(bytes);
}

static int make_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(our_own_program_tells_where_its_data_is),
		cmocka_unit_test(a_pie_is_relocatable),
		cmocka_unit_test(a_non_pie_is_not),
		cmocka_unit_test(a_stripped_program_keeps_its_sections),
		cmocka_unit_test(a_stripped_program_keeps_what_it_exports),
		cmocka_unit_test(a_stripped_library_keeps_what_it_exports),
		cmocka_unit_test(either_kind_of_hash_table_will_do),
		cmocka_unit_test(a_static_program_has_its_symbols_in_symtab_alone),
		cmocka_unit_test(a_library_has_a_soname_and_a_program_none),
		cmocka_unit_test(the_load_bias_follows_from_any_mapping_of_the_code),
		cmocka_unit_test(other_kinds_of_files_are_refused_by_name),
		cmocka_unit_test(truncated_files_give_errors_and_nothing_worse),
		cmocka_unit_test(garbled_files_give_errors_and_nothing_worse),
	};

	return cmocka_run_group_tests_name("elf", tests, make_folder, remove_folder);
}

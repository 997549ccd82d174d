/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dynamic symbols by either kind of hash table, in files and in memory, relocated or not; and tables that make no
 * sense.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "proc/elf.h"
#include "proc/memory.h"
#include "support/made_elf.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static void every_name_is_found_by_hash_and_no_other(void **state)
{
	static const size_t sizes[] = { MADE_ELF_NEXPORTED, 11, 100, 5000 };
	struct elf_image *image;
	struct made_elf made;
	int fd;

	(void)state;
	for (size_t style = 0; style < COUNT(made_elf_styles); style++) {
		for (size_t i = 0; i < COUNT(sizes); i++) {
			made_elf_init(&made, sizes[i], made_elf_styles[style]);
			assert_int_equal(made_elf_open(made.bytes, made.size, &image, &fd, NULL),
					 0);
			check_elf_exported(image);
			elf_image_close(image);
			close(fd);
			made_elf_done(&made);
		}
	}
}

static void memory_answers_as_the_file_does_relocated_or_not(void **state)
{
	for (size_t i = 0; i < 2 * COUNT(made_elf_styles); i++) {
		const uint64_t bias = LOADED_ELF_ADDR - MADE_ELF_ADDR;
		struct loaded_elf loaded = { 0 };
		const struct memory memory = { .read = loaded_elf_read, .context = &loaded };
		uint64_t at, size, value;
		struct elf_image *image;
		struct made_elf made;
		unsigned reads;
		size_t bytes;

		(void)state;
		made_elf_init(&made, 300, made_elf_styles[i / 2]);
		made_elf_relocate(&made, i % 2 ? bias : 0);
		/* what the file does not have, .bss, memory has */
		made_elf_segment(&made, 0)->p_filesz -= 64;
		loaded.bytes = made.bytes;
		loaded.size = made.size;
		assert_int_equal(elf_image_open_memory(&memory, LOADED_ELF_ADDR, &image, NULL), 0);
		check_elf_exported(image);
		assert_int_equal(elf_image_load_bias(image, 0, 0, &at), 0);
		assert_int_equal(at, bias);
		assert_int_equal(elf_image_read(image, MADE_ELF_ADDR, &value, 4), 0);
		assert_memory_equal(&value, ELFMAG, 4);
		assert_int_equal(elf_image_read(image, MADE_ELF_ADDR - 1, &value, 4), -ENOENT);
		assert_int_equal(elf_image_read(image, MADE_ELF_ADDR + made.size - 8, &value, 8),
				 0);
		assert_memory_equal(&value, made.bytes + made.size - 8, 8);
		assert_int_equal(elf_image_read(image, MADE_ELF_ADDR + made.size - 3, &value, 4),
				 -ENOENT);
		assert_int_equal(elf_image_find_section(image, ".Special", &at, &size), -ENOENT);
		elf_image_cost(image, &reads, &bytes);
		assert_int_equal(reads, loaded.nreads);
		assert_int_equal(bytes, loaded.nbytes);
		elf_image_close(image);
		made_elf_done(&made);
	}
}

static void a_library_of_ours_is_read_from_our_memory(void **state)
{
	struct elf_symbol symbols[] = { { .name = "getppid" },
					{ .name = "environ" },
					{ .name = "no_such" } };
	void *library = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
	struct elf_segment segment;
	struct elf_image *image;
	struct memory memory;
	uint64_t bias, base;
	char soname[32], code[16];
	size_t nwritable = 0;
	Dl_info found;

	(void)state;
	if (!library)
		skip();
	assert_true(dladdr(dlsym(library, "getppid"), &found) != 0);
	base = (uint64_t)(uintptr_t)found.dli_fbase;
	assert_int_equal(memory_open_process(getpid(), &memory), 0);
	assert_int_equal(elf_image_open_memory(&memory, base, &image, NULL), 0);
	assert_int_equal(elf_image_find_symbols(image, symbols, 3, NULL), 0);
	assert_int_equal(elf_image_load_bias(image, 0, 0, &bias), 0);
	assert_int_equal(bias, base);
	for (size_t i = 0; i < 2; i++) {
		assert_true(symbols[i].found);
		assert_int_equal(symbols[i].addr + bias,
				 (uint64_t)(uintptr_t)dlsym(library, symbols[i].name));
	}
	assert_false(symbols[2].found);
	assert_int_equal(elf_image_read(image, symbols[0].addr, code, sizeof(code)), 0);
	assert_memory_equal(code, dlsym(library, "getppid"), sizeof(code));
	assert_int_equal(elf_image_soname(image, soname, sizeof(soname)), 0);
	assert_string_equal(soname, "libc.so.6");
	for (size_t i = 0; elf_image_segment(image, i, &segment); i++)
		nwritable += segment.writable && segment.size > segment.file_size;
	assert_int_equal(nwritable, 1); /* .data and .bss */
	check_elf_cost(image);
	elf_image_close(image);
	memory_close(&memory);
	dlclose(library);
}

/* The kernel's own library, which nobody relocates and which is in no file. */
static void the_vdso_is_read_from_our_memory(void **state)
{
	struct elf_symbol symbols[] = { { .name = "__vdso_clock_gettime" },
					{ .name = "__kernel_clock_gettime" },
					{ .name = "no_such" } };
	const uint64_t base = getauxval(AT_SYSINFO_EHDR);
	struct elf_image *image;
	struct memory memory;

	(void)state;
	if (!base)
		skip();
	assert_int_equal(memory_open_process(getpid(), &memory), 0);
	assert_int_equal(elf_image_open_memory(&memory, base, &image, NULL), 0);
	assert_int_equal(elf_image_find_symbols(image, symbols, 3, NULL), 0);
	assert_true(symbols[0].found || symbols[1].found);
	assert_false(symbols[2].found);
	check_elf_cost(image);
	elf_image_close(image);
	memory_close(&memory);
}

/* Find the exported names in an image that is not sound. */
static int find_in(struct made_elf *made, struct elf_symbol *symbols)
{
	struct elf_image *image;
	int fd, r;

	r = made_elf_open(made->bytes, made->size, &image, &fd, NULL);
	if (r == 0) {
		r = find_elf_exported(image, symbols, NULL);
		check_elf_cost(image);
		elf_image_close(image);
	}
	close(fd);
	return r;
}

static void chains_that_do_not_end_are_left(void **state)
{
	struct elf_symbol symbols[2 * MADE_ELF_NEXPORTED];
	struct made_elf made;

	(void)state;
	/* every symbol is the next of itself */
	made_elf_init(&made, 20, MADE_ELF_SYSV_HASH);
	for (uint32_t i = 0; i < 21; i++)
		made_elf_words(&made, made.hash)[2 + made.nbuckets + i] = i;
	assert_int_equal(find_in(&made, symbols), -EBADMSG);
	made_elf_done(&made);
	/* in a ring through all */
	made_elf_init(&made, 20, MADE_ELF_SYSV_HASH);
	for (uint32_t i = 1; i < 21; i++)
		made_elf_words(&made, made.hash)[2 + made.nbuckets + i] = i % 20 + 1;
	assert_int_equal(find_in(&made, symbols), -EBADMSG);
	made_elf_done(&made);
	/* no last symbol in any bucket: hashes to the end of the image */
	made_elf_init(&made, 20, MADE_ELF_GNU_HASH);
	for (size_t i = 0; i < 20; i++)
		made_elf_words(&made, made.gnu_hash)[6 + made.nbuckets + i] &= ~1U;
	made_elf_header(&made)->e_shoff = 0;
	memset(made.bytes + made.symtab, 0, made.size - made.symtab);
	assert_int_equal(find_in(&made, symbols), -EBADMSG);
	made_elf_done(&made);
	/* and none in a table larger than anybody has */
	made_elf_init(&made, 20000, MADE_ELF_GNU_HASH);
	for (size_t i = 0; i < 20000; i++)
		made_elf_words(&made, made.gnu_hash)[6 + made.nbuckets + i] &= ~1U;
	assert_int_equal(find_in(&made, symbols), -EBADMSG);
	made_elf_done(&made);
}

/* One number of a made image, changed to what makes no sense. */
struct nonsense {
	unsigned style;
	size_t (*place)(struct made_elf *made);
	int width;
	uint64_t value;
};

#define PLACE(name, expression)                   \
	static size_t name(struct made_elf *made) \
	{                                         \
		return (size_t)(expression);      \
	}
#define OFFSET_IN(made, pointer) ((unsigned char *)(pointer) - (made)->bytes)

PLACE(gnu_bucket_count, made->gnu_hash)
PLACE(gnu_first_symbol, made->gnu_hash + 4)
PLACE(gnu_bloom_size, made->gnu_hash + 8)
PLACE(hash_bucket_count, made->hash)
PLACE(hash_symbol_count, made->hash + 4)
PLACE(symbols_addr, OFFSET_IN(made, &made_elf_entry(made, DT_SYMTAB)->d_un))
PLACE(strings_addr, OFFSET_IN(made, &made_elf_entry(made, DT_STRTAB)->d_un))
PLACE(strings_size, OFFSET_IN(made, &made_elf_entry(made, DT_STRSZ)->d_un))
PLACE(gnu_hash_addr, OFFSET_IN(made, &made_elf_entry(made, DT_GNU_HASH)->d_un))
PLACE(segment_addr, OFFSET_IN(made, &made_elf_segment(made, 0)->p_vaddr))
PLACE(segment_offset, OFFSET_IN(made, &made_elf_segment(made, 0)->p_offset))
PLACE(segment_file_size, OFFSET_IN(made, &made_elf_segment(made, 0)->p_filesz))
PLACE(dynamic_addr, OFFSET_IN(made, &made_elf_segment(made, 1)->p_vaddr))
PLACE(symtab_link, OFFSET_IN(made, &made_elf_section(made, 1)->sh_link))
PLACE(symtab_entry_size, OFFSET_IN(made, &made_elf_section(made, 1)->sh_entsize))
PLACE(symtab_flags, OFFSET_IN(made, &made_elf_section(made, 1)->sh_flags))
PLACE(symtab_offset, OFFSET_IN(made, &made_elf_section(made, 1)->sh_offset))

static void numbers_that_make_no_sense_are_refused(void **state)
{
	static const struct nonsense changes[] = {
		{ MADE_ELF_GNU_HASH, gnu_bucket_count, 4, 0xffffffff },
		{ MADE_ELF_GNU_HASH, gnu_first_symbol, 4, 0xffffffff },
		{ MADE_ELF_GNU_HASH, gnu_bloom_size, 4, 0xffffffff },
		{ MADE_ELF_SYSV_HASH, hash_bucket_count, 4, 0xffffffff },
		{ MADE_ELF_SYSV_HASH, hash_symbol_count, 4, 1 },
		{ MADE_ELF_GNU_HASH, symbols_addr, 8, UINT64_MAX },
		{ MADE_ELF_GNU_HASH, symbols_addr, 8, MADE_ELF_ADDR - 1 },
		{ MADE_ELF_GNU_HASH, strings_addr, 8, UINT64_MAX },
		{ MADE_ELF_GNU_HASH, strings_size, 8, UINT64_MAX },
		{ MADE_ELF_GNU_HASH, strings_size, 8, 1 << 20 },
		{ MADE_ELF_GNU_HASH, gnu_hash_addr, 8, 1ULL << 63 },
		{ MADE_ELF_GNU_HASH, segment_addr, 8, UINT64_MAX - 100 },
		{ MADE_ELF_GNU_HASH, segment_addr, 8, 1ULL << 62 },
		{ MADE_ELF_GNU_HASH, segment_offset, 8, UINT64_MAX - 100 },
		{ MADE_ELF_GNU_HASH, segment_file_size, 8, UINT64_MAX },
		{ MADE_ELF_GNU_HASH, dynamic_addr, 8, UINT64_MAX },
		{ MADE_ELF_GNU_HASH, dynamic_addr, 8, 0 },
		{ MADE_ELF_GNU_HASH, symtab_link, 4, 5 },
		{ MADE_ELF_GNU_HASH, symtab_link, 4, 4 },
		{ MADE_ELF_GNU_HASH, symtab_entry_size, 8, 0 },
		{ MADE_ELF_GNU_HASH, symtab_flags, 8, SHF_COMPRESSED },
		{ MADE_ELF_GNU_HASH, symtab_offset, 8, UINT64_MAX - 8 },
		{ MADE_ELF_GNU_HASH, symtab_offset, 8, 1ULL << 40 },
	};
	struct elf_symbol symbols[2 * MADE_ELF_NEXPORTED];
	struct made_elf made;

	(void)state;
	for (size_t i = 0; i < COUNT(changes); i++) {
		made_elf_init(&made, 20, changes[i].style);
		assert_int_equal(find_in(&made, symbols), 0);
		memcpy(made.bytes + changes[i].place(&made), &changes[i].value,
		       (size_t)changes[i].width);
		if (find_in(&made, symbols) != -EBADMSG)
			fail_msg("change %zu was believed", i);
		made_elf_done(&made);
	}
}

/* The made one names no libraries: its soname stands in for one, as often as wanted. */
static void libraries_that_it_is_linked_with_are_asked_for_by_name(void **state)
{
	struct elf_image *image;
	struct made_elf made;
	bool needs = true;
	int fd;

	(void)state;
	made_elf_init(&made, 20, MADE_ELF_GNU_HASH);
	assert_int_equal(made_elf_open(made.bytes, made.size, &image, &fd, NULL), 0);
	assert_int_equal(elf_image_needs(image, "libmade", &needs), 0);
	assert_false(needs);
	elf_image_close(image);
	close(fd);
	made_elf_entry(&made, DT_SONAME)->d_tag = DT_NEEDED;
	assert_int_equal(made_elf_open(made.bytes, made.size, &image, &fd, NULL), 0);
	assert_int_equal(elf_image_needs(image, "libmade", &needs), 0);
	assert_true(needs);
	assert_int_equal(elf_image_needs(image, "libpython", &needs), 0);
	assert_false(needs);
	elf_image_close(image);
	close(fd);
	/* a name that lies outside of the strings */
	made_elf_entry(&made, DT_NEEDED)->d_un.d_val = UINT64_MAX;
	assert_int_equal(made_elf_open(made.bytes, made.size, &image, &fd, NULL), 0);
	assert_int_equal(elf_image_needs(image, "libmade", &needs), -EBADMSG);
	elf_image_close(image);
	close(fd);
	made_elf_done(&made);
}

static void the_word_for_debuggers_is_found_where_there_is_one(void **state)
{
	struct elf_image *image;
	struct made_elf made;
	uint64_t addr, debug_addr;
	int fd;

	(void)state;
	made_elf_init(&made, 20, MADE_ELF_GNU_HASH);
	assert_int_equal(made_elf_open(made.bytes, made.size, &image, &fd, NULL), 0);
	assert_int_equal(elf_image_dynamic(image, &addr, &debug_addr), 0);
	assert_int_equal(addr, MADE_ELF_ADDR + made.dynamic);
	assert_int_equal(debug_addr, 0);
	elf_image_close(image);
	close(fd);
	made_elf_entry(&made, DT_STRSZ)[1].d_tag = DT_DEBUG;
	assert_int_equal(made_elf_open(made.bytes, made.size, &image, &fd, NULL), 0);
	assert_int_equal(elf_image_dynamic(image, &addr, &debug_addr), 0);
	assert_int_equal(debug_addr,
			 addr + (uint64_t)((unsigned char *)&made_elf_entry(&made, DT_DEBUG)->d_un -
					   (made.bytes + made.dynamic)));
	elf_image_close(image);
	close(fd);
	made_elf_done(&made);
}

static void a_table_without_buckets_has_no_symbols(void **state)
{
	struct elf_symbol symbols[2 * MADE_ELF_NEXPORTED];
	struct made_elf made;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		made_elf_init(&made, 20, made_elf_styles[i]);
		made_elf_words(&made, i ? made.hash : made.gnu_hash)[0] = 0;
		assert_int_equal(find_in(&made, symbols), 0);
		assert_false(symbols[0].found);
		made_elf_done(&made);
	}
}

static void only_what_has_an_address_here_is_found(void **state)
{
	static const struct {
		uint16_t section;
		unsigned char type;
		bool found;
	} kinds[] = {
		{ 1, STT_OBJECT, true },	{ 1, STT_FUNC, true },
		{ 1, STT_NOTYPE, true },	{ 1, STT_TLS, false },
		{ 1, STT_GNU_IFUNC, false },	{ SHN_UNDEF, STT_FUNC, false },
		{ SHN_ABS, STT_NOTYPE, false },
	};
	struct elf_symbol symbols[2 * MADE_ELF_NEXPORTED];
	struct made_elf made;
	Elf64_Sym *symbol;

	(void)state;
	for (size_t i = 0; i < 2 * COUNT(kinds); i++) {
		made_elf_init(&made, 20, made_elf_styles[i % 2]);
		for (size_t at = 1; at <= 20; at++) {
			symbol = (Elf64_Sym *)(made.bytes + made.symbols) + at;
			symbol->st_shndx = kinds[i / 2].section;
			symbol->st_info = ELF64_ST_INFO(STB_GLOBAL, kinds[i / 2].type);
		}
		assert_int_equal(find_in(&made, symbols), 0);
		assert_int_equal(symbols[0].found, kinds[i / 2].found);
		made_elf_done(&made);
	}
}

static void a_name_must_lie_in_the_strings(void **state)
{
	size_t nfound = 0;
	struct elf_symbol symbols[2 * MADE_ELF_NEXPORTED];
	struct elf_image *image;
	char soname[32];
	struct made_elf made;
	int fd;

	(void)state;
	made_elf_init(&made, MADE_ELF_NEXPORTED, MADE_ELF_GNU_HASH);
	/* all names begin behind the strings, or their end does */
	for (size_t i = 1; i <= MADE_ELF_NEXPORTED; i++)
		((Elf64_Sym *)(made.bytes + made.symbols))[i].st_name = UINT32_MAX - (uint32_t)i;
	assert_int_equal(find_in(&made, symbols), 0);
	assert_false(symbols[0].found);
	made_elf_done(&made);

	/* the last name's end lies behind: "om" of "omega" is left, and the library's own is gone */
	made_elf_init(&made, MADE_ELF_NEXPORTED, MADE_ELF_GNU_HASH);
	made_elf_entry(&made, DT_STRSZ)->d_un.d_val -= sizeof("ega") + sizeof("libmade.so.1");
	assert_int_equal(find_in(&made, symbols), 0);
	for (size_t i = 0; i < MADE_ELF_NEXPORTED; i++)
		nfound += symbols[i].found;
	assert_int_equal(nfound, MADE_ELF_NEXPORTED - 1);
	assert_false(symbols[MADE_ELF_NEXPORTED - 1].found);
	made_elf_done(&made);

	made_elf_init(&made, MADE_ELF_NEXPORTED, MADE_ELF_GNU_HASH);
	made_elf_entry(&made, DT_STRSZ)->d_un.d_val--;
	assert_int_equal(made_elf_open(made.bytes, made.size, &image, &fd, NULL), 0);
	assert_int_equal(elf_image_soname(image, soname, sizeof(soname)), -EBADMSG);
	assert_int_equal(elf_image_soname(image, soname, 4), 0);
	assert_string_equal(soname, "lib");
	elf_image_close(image);
	close(fd);
	made_elf_entry(&made, DT_SONAME)->d_un.d_val = UINT64_MAX;
	assert_int_equal(made_elf_open(made.bytes, made.size, &image, &fd, NULL), 0);
	assert_int_equal(elf_image_soname(image, soname, sizeof(soname)), -EBADMSG);
	elf_image_close(image);
	close(fd);
	made_elf_done(&made);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_name_is_found_by_hash_and_no_other),
		cmocka_unit_test(memory_answers_as_the_file_does_relocated_or_not),
		cmocka_unit_test(a_library_of_ours_is_read_from_our_memory),
		cmocka_unit_test(the_vdso_is_read_from_our_memory),
		cmocka_unit_test(chains_that_do_not_end_are_left),
		cmocka_unit_test(numbers_that_make_no_sense_are_refused),
		cmocka_unit_test(libraries_that_it_is_linked_with_are_asked_for_by_name),
		cmocka_unit_test(the_word_for_debuggers_is_found_where_there_is_one),
		cmocka_unit_test(a_table_without_buckets_has_no_symbols),
		cmocka_unit_test(only_what_has_an_address_here_is_found),
		cmocka_unit_test(a_name_must_lie_in_the_strings),
	};

	return cmocka_run_group_tests_name("elf_dynamic", tests, NULL, NULL);
}

/* SPDX-License-Identifier: GPL-2.0-only */
/* Builds ELF images byte by byte; must not use the code that reads them, but to open one and to ask it. */
#include "support/made_elf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

const unsigned made_elf_styles[MADE_ELF_NSTYLES] = { MADE_ELF_GNU_HASH, MADE_ELF_SYSV_HASH,
						     MADE_ELF_GNU_HASH | MADE_ELF_SYSV_HASH };

const char *const made_elf_exported[MADE_ELF_NEXPORTED] = {
	"alpha", "beta",	  "gamma",   "delta",	    "epsilon",
	"zeta",	 "a_longer_name", "another", "_underscore", "omega",
};

static size_t name_of(size_t i, char *name)
{
	if (i < MADE_ELF_NEXPORTED)
		return (size_t)sprintf(name, "%s", made_elf_exported[i]) + 1;
	return (size_t)sprintf(name, "other_symbol_%07u", (unsigned)i) + 1;
}

static uint32_t gnu_hash_of(const char *name)
{
	uint32_t hash = 5381;

	for (; *name; name++)
		hash = hash * 33 + (unsigned char)*name;
	return hash;
}

static uint32_t sysv_hash_of(const char *name)
{
	uint32_t hash = 0, top;

	for (; *name; name++) {
		hash = (hash << 4) + (unsigned char)*name;
		top = hash & 0xf0000000;
		hash = (hash ^ top >> 24) & ~top;
	}
	return hash;
}

static size_t add(struct made_elf *made, const void *bytes, size_t size)
{
	const size_t at = (made->size + 7) / 8 * 8;

	memcpy(made->bytes + at, bytes, size);
	made->size = at + size;
	return at;
}

/* .dynsym and .dynstr, in an order that has the symbols of one bucket of DT_GNU_HASH together. */
static void add_dynamic_symbols(struct made_elf *made, size_t nsymbols, uint32_t *hashes,
				uint32_t *sysv_hashes, size_t *ret_strings_size)
{
	uint32_t *begins = calloc(made->nbuckets + 1, sizeof(*begins));
	Elf64_Sym *symbols = calloc(nsymbols + 1, sizeof(*symbols));
	char *strings = calloc(nsymbols + 1, 24), name[32];
	size_t at, used = 1, length;

	for (size_t i = 0; i < nsymbols; i++) {
		name_of(i, name);
		begins[gnu_hash_of(name) % made->nbuckets + 1]++;
	}
	for (size_t i = 0; i < made->nbuckets; i++)
		begins[i + 1] += begins[i];
	for (size_t i = 0; i < nsymbols; i++) {
		length = name_of(i, name);
		at = 1 + begins[gnu_hash_of(name) % made->nbuckets]++;
		hashes[at] = gnu_hash_of(name);
		sysv_hashes[at] = sysv_hash_of(name);
		symbols[at] = (Elf64_Sym){ .st_name = (uint32_t)used,
					   .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT),
					   .st_shndx = 1,
					   .st_value = MADE_ELF_ADDR + i,
					   .st_size = 8 };
		memcpy(strings + used, name, length);
		used += length;
	}
	made->symbols = add(made, symbols, (nsymbols + 1) * sizeof(*symbols));
	/* the name of the library, last */
	memcpy(strings + used, "libmade.so.1", 13);
	used += 13;
	made->strings = add(made, strings, used);
	*ret_strings_size = used;
	free(begins);
	free(symbols);
	free(strings);
}

static void add_gnu_hash(struct made_elf *made, size_t nsymbols, const uint32_t *hashes)
{
	const uint32_t header[] = { made->nbuckets, 1, 1, 6, UINT32_MAX, UINT32_MAX };
	uint32_t *table = calloc(made->nbuckets + nsymbols, sizeof(*table)), bucket;

	made->gnu_hash = add(made, header, sizeof(header));
	for (size_t i = nsymbols; i > 0; i--) {
		bucket = hashes[i] % made->nbuckets;
		table[made->nbuckets + i - 1] = hashes[i] & ~1U;
		if (!table[bucket])
			table[made->nbuckets + i - 1] |= 1;
		table[bucket] = (uint32_t)i;
	}
	memcpy(made->bytes + made->size, table, (made->nbuckets + nsymbols) * sizeof(*table));
	made->size += (made->nbuckets + nsymbols) * sizeof(*table);
	free(table);
}

static void add_sysv_hash(struct made_elf *made, size_t nsymbols, const uint32_t *hashes)
{
	const size_t size = 2 + made->nbuckets + nsymbols + 1;
	uint32_t *table = calloc(size, sizeof(*table)), *bucket;

	table[0] = made->nbuckets;
	table[1] = (uint32_t)nsymbols + 1;
	for (uint32_t i = 1; i <= nsymbols; i++) {
		bucket = &table[2 + hashes[i] % made->nbuckets];
		table[2 + made->nbuckets + i] = *bucket;
		*bucket = i;
	}
	made->hash = add(made, table, size * sizeof(*table));
	free(table);
}

#define SYMTAB_STRINGS "\0hidden\0twice\0"
#define SECTION_NAMES  "\0.symtab\0.strtab\0.shstrtab\0.Special\0"

/* .symtab: a static variable, and another that has the name of a global one. */
static void add_sections(struct made_elf *made)
{
	const Elf64_Sym symtab[] = {
		{ .st_name = 0 },
		{ .st_name = 1,
		  .st_info = STT_OBJECT,
		  .st_shndx = 4,
		  .st_value = MADE_ELF_ADDR + 101 },
		{ .st_name = 8,
		  .st_info = STT_OBJECT,
		  .st_shndx = 4,
		  .st_value = MADE_ELF_ADDR + 102 },
		{ .st_name = 8,
		  .st_info = ELF64_ST_INFO(STB_GLOBAL, STT_OBJECT),
		  .st_shndx = 4,
		  .st_value = MADE_ELF_ADDR + 103 },
	};
	Elf64_Shdr sections[5] = {
		[1] = { .sh_name = 1,
			.sh_type = SHT_SYMTAB,
			.sh_size = sizeof(symtab),
			.sh_link = 2,
			.sh_info = 3,
			.sh_entsize = sizeof(Elf64_Sym) },
		[2] = { .sh_name = 9, .sh_type = SHT_STRTAB, .sh_size = sizeof(SYMTAB_STRINGS) },
		[3] = { .sh_name = 17, .sh_type = SHT_STRTAB, .sh_size = sizeof(SECTION_NAMES) },
		[4] = { .sh_name = 27,
			.sh_type = SHT_PROGBITS,
			.sh_flags = SHF_ALLOC,
			.sh_addr = MADE_ELF_ADDR + 40,
			.sh_size = 24 },
	};

	made->symtab = sections[1].sh_offset = add(made, symtab, sizeof(symtab));
	sections[2].sh_offset = add(made, SYMTAB_STRINGS, sizeof(SYMTAB_STRINGS));
	sections[3].sh_offset = add(made, SECTION_NAMES, sizeof(SECTION_NAMES));
	made->sections = add(made, sections, sizeof(sections));
}

static void add_headers(struct made_elf *made, const Elf64_Dyn *dynamic, size_t dynamic_size)
{
	const Elf64_Ehdr header = {
		.e_ident = { 0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT },
		.e_type = ET_DYN,
		.e_machine = EM_X86_64,
		.e_version = EV_CURRENT,
		.e_phoff = sizeof(Elf64_Ehdr),
		.e_shoff = made->sections,
		.e_ehsize = sizeof(Elf64_Ehdr),
		.e_phentsize = sizeof(Elf64_Phdr),
		.e_phnum = 2,
		.e_shentsize = sizeof(Elf64_Shdr),
		.e_shnum = 5,
		.e_shstrndx = 3,
	};
	const Elf64_Phdr segments[] = {
		{ .p_type = PT_LOAD,
		  .p_flags = PF_R | PF_X,
		  .p_vaddr = MADE_ELF_ADDR,
		  .p_filesz = made->size,
		  .p_memsz = made->size,
		  .p_align = 0x1000 },
		{ .p_type = PT_DYNAMIC,
		  .p_flags = PF_R,
		  .p_offset = made->dynamic,
		  .p_vaddr = MADE_ELF_ADDR + made->dynamic,
		  .p_filesz = dynamic_size,
		  .p_memsz = dynamic_size },
	};

	memcpy(made->bytes, &header, sizeof(header));
	memcpy(made->bytes + header.e_phoff, segments, sizeof(segments));
	memcpy(made->bytes + made->dynamic, dynamic, dynamic_size);
}

void made_elf_init(struct made_elf *made, size_t nsymbols, unsigned styles)
{
	uint32_t *hashes = calloc(nsymbols + 1, sizeof(*hashes));
	uint32_t *sysv_hashes = calloc(nsymbols + 1, sizeof(*hashes));
	Elf64_Dyn dynamic[8] = { { .d_tag = DT_NULL } };
	size_t strings_size, n = 0;

	*made = (struct made_elf){ .bytes = calloc(1, 64 * 1024 + nsymbols * 72),
				   /* as GNU ld: never more buckets than that */
				   .nbuckets =
					   nsymbols > 100000 ? 32771 : (uint32_t)nsymbols / 4 + 1 };
	assert_true(made->bytes && hashes && sysv_hashes);
	made->dynamic = sizeof(Elf64_Ehdr) + 2 * sizeof(Elf64_Phdr);
	made->size = made->dynamic + sizeof(dynamic);
	add_dynamic_symbols(made, nsymbols, hashes, sysv_hashes, &strings_size);
	dynamic[n++] = (Elf64_Dyn){ DT_SONAME, { strings_size - 13 } };
	dynamic[n++] = (Elf64_Dyn){ DT_SYMTAB, { MADE_ELF_ADDR + made->symbols } };
	dynamic[n++] = (Elf64_Dyn){ DT_STRTAB, { MADE_ELF_ADDR + made->strings } };
	dynamic[n++] = (Elf64_Dyn){ DT_STRSZ, { strings_size } };
	if (styles & MADE_ELF_GNU_HASH) {
		add_gnu_hash(made, nsymbols, hashes);
		dynamic[n++] = (Elf64_Dyn){ DT_GNU_HASH, { MADE_ELF_ADDR + made->gnu_hash } };
	}
	if (styles & MADE_ELF_SYSV_HASH) {
		add_sysv_hash(made, nsymbols, sysv_hashes);
		dynamic[n++] = (Elf64_Dyn){ DT_HASH, { MADE_ELF_ADDR + made->hash } };
	}
	add_sections(made);
	add_headers(made, dynamic, sizeof(dynamic));
	free(hashes);
	free(sysv_hashes);
}

Elf64_Ehdr *made_elf_header(struct made_elf *made)
{
	return (Elf64_Ehdr *)made->bytes;
}

Elf64_Phdr *made_elf_segment(struct made_elf *made, size_t i)
{
	return (Elf64_Phdr *)(made->bytes + sizeof(Elf64_Ehdr)) + i;
}

Elf64_Shdr *made_elf_section(struct made_elf *made, size_t i)
{
	return (Elf64_Shdr *)(made->bytes + made->sections) + i;
}

Elf64_Dyn *made_elf_entry(struct made_elf *made, int64_t tag)
{
	Elf64_Dyn *entry = (Elf64_Dyn *)(made->bytes + made->dynamic);

	while (entry->d_tag != tag)
		entry++;
	return entry;
}

uint32_t *made_elf_words(struct made_elf *made, size_t offset)
{
	return (uint32_t *)(made->bytes + offset);
}

void made_elf_relocate(struct made_elf *made, uint64_t bias)
{
	static const int64_t tags[] = { DT_SYMTAB, DT_STRTAB, DT_GNU_HASH, DT_HASH };
	Elf64_Dyn *entry = (Elf64_Dyn *)(made->bytes + made->dynamic);

	for (; entry->d_tag != DT_NULL; entry++) {
		for (size_t i = 0; i < COUNT(tags); i++) {
			if (entry->d_tag == tags[i])
				entry->d_un.d_ptr += bias;
		}
	}
}

int loaded_elf_read(void *context, uint64_t addr, void *buffer, size_t size)
{
	struct loaded_elf *loaded = context;

	if (++loaded->nreads == loaded->fail_at)
		return -ESRCH;
	if (addr < LOADED_ELF_ADDR || addr - LOADED_ELF_ADDR > loaded->size ||
	    size > loaded->size - (addr - LOADED_ELF_ADDR))
		return -EFAULT;
	memcpy(buffer, loaded->bytes + (addr - LOADED_ELF_ADDR), size);
	loaded->nbytes += size;
	return 0;
}

void made_elf_done(struct made_elf *made)
{
	free(made->bytes);
}

int made_elf_open(const void *bytes, size_t size, struct elf_image **ret_image, int *ret_fd,
		  struct err *err)
{
	*ret_fd = memfd_create("test_elf", MFD_CLOEXEC);
	assert_true(*ret_fd >= 0);
	assert_int_equal(write(*ret_fd, bytes, size), size);
	return elf_image_open(*ret_fd, ret_image, err);
}

int find_elf_exported(struct elf_image *image, struct elf_symbol symbols[2 * MADE_ELF_NEXPORTED],
		      struct err *err)
{
	static const char *const missing[MADE_ELF_NEXPORTED] = {
		"Alpha", "alph",    "alphabet", "",    "nu",
		"xi",	 "omicron", "pi",	"rho", "sigma_of_greek"
	};

	for (size_t i = 0; i < MADE_ELF_NEXPORTED; i++) {
		symbols[i].name = made_elf_exported[i];
		symbols[MADE_ELF_NEXPORTED + i].name = missing[i];
	}
	return elf_image_find_symbols(image, symbols, 2 * MADE_ELF_NEXPORTED, err);
}

void check_elf_cost(const struct elf_image *image)
{
	unsigned reads;
	size_t bytes;

	elf_image_cost(image, &reads, &bytes);
	assert_in_range(reads, 1, ELF_READS_MAX);
	assert_in_range(bytes, 1, ELF_READ_BYTES_MAX);
}

void check_elf_exported(struct elf_image *image)
{
	struct elf_symbol symbols[2 * MADE_ELF_NEXPORTED];
	char soname[32];

	assert_int_equal(find_elf_exported(image, symbols, NULL), 0);
	for (size_t i = 0; i < MADE_ELF_NEXPORTED; i++) {
		assert_true(symbols[i].found);
		assert_true(symbols[i].dynamic);
		assert_int_equal(symbols[i].addr, MADE_ELF_ADDR + i);
		assert_int_equal(symbols[i].size, 8);
		assert_false(symbols[MADE_ELF_NEXPORTED + i].found);
	}
	assert_int_equal(elf_image_soname(image, soname, sizeof(soname)), 0);
	assert_string_equal(soname, "libmade.so.1");
	check_elf_cost(image);
}

void ask_elf_everything(struct elf_image *image)
{
	struct elf_symbol symbols[] = { { .name = "test_elf_landmark" },
					{ .name = "main" },
					{ .name = "alpha" },
					{ .name = "hidden" } };
	struct elf_segment segment;
	uint64_t a, b, value;
	char soname[32];

	elf_image_find_symbols(image, symbols, COUNT(symbols), NULL);
	for (size_t i = 0; i < COUNT(symbols); i++) {
		if (symbols[i].found)
			elf_image_read(image, symbols[i].addr, &value, sizeof(value));
	}
	elf_image_find_section(image, ".data", &a, &b);
	if (elf_image_soname(image, soname, sizeof(soname)) == 0)
		assert_in_range(strnlen(soname, sizeof(soname)), 0, sizeof(soname) - 1);
	elf_image_load_bias(image, LOADED_ELF_ADDR, 0x1000, &a);
	for (size_t i = 0; elf_image_segment(image, i, &segment); i++)
		elf_image_read(image, segment.addr, &value, sizeof(value));
	check_elf_cost(image);
}

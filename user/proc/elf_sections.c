/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The sections of an ELF file, which only the linker needs: found by name, and .symtab, which has the symbols that
 * nobody else binds to. An image in memory has none of it.
 */
#include "proc/elf_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NAMES_SIZE_MAX (64UL * 1024)

/* What is not spent on .symtab: for the sections' names, and for reading what symbols lead to. */
#define READS_KEPT 16
#define BYTES_KEPT (96UL * 1024)

/* A section's bytes in memory of the caller's, with a zero behind them. */
static int read_section(struct elf_image *image, const Elf64_Shdr *section, void **ret_bytes)
{
	char *bytes;
	int r;

	bytes = malloc(section->sh_size + 1);
	if (!bytes)
		return -ENOMEM;
	r = elf_source_read(image, section->sh_offset, bytes, section->sh_size);
	if (r < 0) {
		free(bytes);
		return r;
	}
	bytes[section->sh_size] = '\0';
	*ret_bytes = bytes;
	return 0;
}

static int read_headers(struct elf_image *image, struct elf_sections *sections)
{
	const Elf64_Ehdr *header = &image->header;
	/* Their number was checked with the header. */
	const size_t size = header->e_shnum * sizeof(sections->headers[0]);
	int r;

	if (image->memory || !header->e_shoff)
		return -ENOENT;
	if (header->e_shentsize != sizeof(sections->headers[0]))
		return -ENOENT;
	sections->headers = malloc(size);
	if (!sections->headers)
		return -ENOMEM;
	r = elf_source_read(image, header->e_shoff, sections->headers, size);
	if (r == 0)
		sections->nheaders = header->e_shnum;
	/* No loader looks at the sections, and packers leave any offset there: a program like others. */
	return r == -EBADMSG ? -ENOENT : r;
}

/* -ENOENT: the image has no sections. */
static int load_headers(struct elf_image *image)
{
	struct elf_sections *sections = &image->sections;

	if (!sections->once.tried) {
		sections->once.tried = true;
		sections->once.result = read_headers(image, sections);
	}
	return sections->once.result;
}

/* Are the section's bytes in the file, as they are? */
static bool is_plain(const Elf64_Shdr *section, uint32_t type)
{
	return section->sh_type == type && !(section->sh_flags & SHF_COMPRESSED);
}

static int read_names(struct elf_image *image, struct elf_sections *sections)
{
	const Elf64_Shdr *section;
	void *bytes;
	int r;

	if (image->header.e_shstrndx >= sections->nheaders)
		return -ENOENT;
	section = &sections->headers[image->header.e_shstrndx];
	if (!is_plain(section, SHT_STRTAB))
		return -ENOENT;
	if (section->sh_size > NAMES_SIZE_MAX)
		return -EFBIG;
	r = read_section(image, section, &bytes);
	if (r < 0)
		return r;
	sections->names = bytes;
	sections->names_size = section->sh_size;
	return 0;
}

/* -ENOENT: the sections have no names. */
static int load_names(struct elf_image *image)
{
	struct elf_sections *sections = &image->sections;

	if (!sections->names_once.tried) {
		sections->names_once.tried = true;
		sections->names_once.result = read_names(image, sections);
	}
	return sections->names_once.result;
}

int elf_image_find_section(struct elf_image *image, const char *name, uint64_t *ret_addr,
			   uint64_t *ret_size)
{
	const struct elf_sections *sections = &image->sections;
	const Elf64_Shdr *section;
	int r;

	r = load_headers(image);
	if (r == 0)
		r = load_names(image);
	if (r < 0)
		return r;
	for (size_t i = 0; i < sections->nheaders; i++) {
		section = &sections->headers[i];
		if (!(section->sh_flags & SHF_ALLOC) || section->sh_name >= sections->names_size ||
		    strcmp(sections->names + section->sh_name, name) != 0)
			continue;
		*ret_addr = section->sh_addr;
		*ret_size = section->sh_size;
		return 0;
	}
	return -ENOENT;
}

static int read_symtab(struct elf_image *image, struct elf_symtab *symtab)
{
	const Elf64_Shdr *table = NULL, *strings;
	void *bytes;
	int r;

	r = load_headers(image);
	if (r < 0)
		return r;
	for (size_t i = 0; i < image->sections.nheaders && !table; i++) {
		if (image->sections.headers[i].sh_type == SHT_SYMTAB)
			table = &image->sections.headers[i];
	}
	if (!table)
		return -ENOENT;
	if (!is_plain(table, SHT_SYMTAB) || table->sh_entsize != sizeof(Elf64_Sym) ||
	    table->sh_link >= image->sections.nheaders)
		return -EBADMSG;
	strings = &image->sections.headers[table->sh_link];
	if (!is_plain(strings, SHT_STRTAB))
		return -EBADMSG;
	if (table->sh_size > ELF_READ_BYTES_MAX || strings->sh_size > ELF_READ_BYTES_MAX ||
	    !elf_source_affords(image, 2 + READS_KEPT,
				table->sh_size + strings->sh_size + BYTES_KEPT))
		return -ENOENT;
	r = read_section(image, table, &bytes);
	if (r < 0)
		return r;
	symtab->symbols = bytes;
	r = read_section(image, strings, &bytes);
	if (r < 0)
		return r;
	symtab->strings = bytes;
	symtab->strings_size = strings->sh_size;
	symtab->nsymbols = table->sh_size / sizeof(Elf64_Sym);
	symtab->nlocal = table->sh_info < symtab->nsymbols ? table->sh_info : symtab->nsymbols;
	return 0;
}

/* Look for the names among some of the symbols. Returns how many names are still missing. */
static size_t match(const struct elf_symtab *symtab, size_t begin, size_t end,
		    struct elf_symbol *symbols, size_t nsymbols)
{
	size_t nmissing = 0;
	const Elf64_Sym *from;

	for (size_t i = 0; i < nsymbols; i++)
		nmissing += !symbols[i].found;
	for (size_t at = begin; at < end && nmissing; at++) {
		from = &symtab->symbols[at];
		if (!elf_symbol_is_definition(from) || from->st_name >= symtab->strings_size)
			continue;
		for (size_t i = 0; i < nsymbols; i++) {
			if (symbols[i].found ||
			    strcmp(symtab->strings + from->st_name, symbols[i].name) != 0)
				continue;
			elf_symbol_set(&symbols[i], from, false);
			nmissing--;
		}
	}
	return nmissing;
}

int elf_symtab_find(struct elf_image *image, struct elf_symbol *symbols, size_t nsymbols)
{
	struct elf_symtab *symtab = &image->symtab;

	if (!symtab->once.tried) {
		symtab->once.tried = true;
		symtab->once.result = read_symtab(image, symtab);
	}
	if (symtab->once.result < 0)
		return symtab->once.result == -ENOENT ? 0 : symtab->once.result;
	/* A static variable of some other file may have the name too: global symbols first. */
	if (match(symtab, symtab->nlocal, symtab->nsymbols, symbols, nsymbols))
		match(symtab, 0, symtab->nlocal, symbols, nsymbols);
	return 0;
}

void elf_sections_done(struct elf_image *image)
{
	free(image->sections.headers);
	free(image->sections.names);
	free(image->symtab.symbols);
	free(image->symtab.strings);
}

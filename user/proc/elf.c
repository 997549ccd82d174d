/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Answers questions about an ELF file through libelf, which reads it piece by piece (ELF_C_READ): a mapped
 * file that its owner truncates would end us with SIGBUS. No libelf type leaves this file; it must not know
 * that the images are Python's.
 */
#include "proc/elf.h"

#include <elf.h>
#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A debug build of libpython has 1 MB of symbols; the largest browsers have some 100 MB. */
#define TABLE_BYTES_MAX	    (256UL * 1024 * 1024)
#define SECTION_NAMES_MAX   (1024UL * 1024)
#define DYNAMIC_BYTES_MAX   (64UL * 1024)
#define PROGRAM_HEADERS_MAX 128

struct elf_image {
	int fd;
	Elf *elf;
	Elf64_Ehdr header;
	Elf64_Phdr program_headers[PROGRAM_HEADERS_MAX];
	size_t nprogram_headers;
};

/* A section's bytes with its string table, both in memory that libelf owns. */
struct table {
	Elf_Data *data;
	const char *strings;
	size_t strings_size;
	size_t nentries;
};

/* 0 when exactly size bytes are there. */
static int read_at(int fd, uint64_t offset, void *buffer, size_t size)
{
	char *to = buffer;
	ssize_t n;

	if (offset > INT64_MAX - size)
		return -EBADMSG;
	while (size) {
		n = pread(fd, to, size, (off_t)offset);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EBADMSG;
		to += n;
		offset += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

/*
 * Before libelf sees the file: is it of the kinds we know, and are its header tables small? The extended
 * numbering of 65,280 sections and more, where a header asks for as much memory as it likes, is refused.
 */
static int check_header(const Elf64_Ehdr *header, struct err *err)
{
	if (memcmp(header->e_ident, ELFMAG, SELFMAG) != 0)
		return err_set(err, -ENOEXEC, "not an ELF file");
	if (header->e_ident[EI_CLASS] != ELFCLASS64)
		return err_set(err, -ENOEXEC, "not a 64-bit ELF file");
	if (header->e_ident[EI_DATA] != ELFDATA2LSB)
		return err_set(err, -ENOEXEC, "not a little-endian ELF file");
	if (header->e_machine != EM_X86_64 && header->e_machine != EM_AARCH64)
		return err_set(err, -ENOEXEC, "an ELF file for another machine");
	if (header->e_type != ET_EXEC && header->e_type != ET_DYN)
		return err_set(err, -ENOEXEC, "neither an ELF program nor a library");
	if (header->e_phnum > PROGRAM_HEADERS_MAX)
		return err_set(err, -EFBIG, "an ELF file of %u segments", header->e_phnum);
	if (header->e_phnum && header->e_phentsize != sizeof(Elf64_Phdr))
		return err_set(err, -EBADMSG, "an ELF file with malformed program headers");
	if (header->e_shoff && (header->e_shnum == 0 || header->e_shnum >= SHN_LORESERVE))
		return err_set(err, -EFBIG, "an ELF file of too many sections");
	return 0;
}

static int read_headers(struct elf_image *image, struct err *err)
{
	size_t n;
	int r;

	r = read_at(image->fd, 0, &image->header, sizeof(image->header));
	if (r == -EBADMSG)
		return err_set(err, -ENOEXEC, "not an ELF file");
	if (r < 0)
		return err_set(err, r, "cannot read it: %s", strerror(-r));
	r = check_header(&image->header, err);
	if (r < 0)
		return r;
	n = image->header.e_phnum;
	r = read_at(image->fd, image->header.e_phoff, image->program_headers,
		    n * sizeof(image->program_headers[0]));
	if (r < 0)
		return err_set(err, -EBADMSG, "an ELF file that was cut");
	image->nprogram_headers = n;
	return 0;
}

int elf_image_open(int fd, struct elf_image **ret_image, struct err *err)
{
	struct elf_image *image;
	struct stat status;
	int r;

	if (fstat(fd, &status) < 0) {
		r = -errno;
		return err_set(err, r, "cannot stat it: %s", strerror(-r));
	}
	if (!S_ISREG(status.st_mode))
		return err_set(err, -ENOEXEC, "not a regular file");
	image = calloc(1, sizeof(*image));
	if (!image)
		return err_set(err, -ENOMEM, "%s", strerror(ENOMEM));
	image->fd = fd;
	r = read_headers(image, err);
	if (r < 0)
		goto out;
	elf_version(EV_CURRENT);
	image->elf = elf_begin(fd, ELF_C_READ, NULL);
	if (!image->elf || elf_kind(image->elf) != ELF_K_ELF) {
		r = err_set(err, -EBADMSG, "a malformed ELF file");
		goto out;
	}
	*ret_image = image;
	image = NULL;
out:
	elf_image_close(image);
	return r;
}

void elf_image_close(struct elf_image *image)
{
	if (!image)
		return;
	elf_end(image->elf);
	free(image);
}

enum elf_machine elf_image_machine(const struct elf_image *image)
{
	return image->header.e_machine == EM_AARCH64 ? ELF_MACHINE_AARCH64 : ELF_MACHINE_X86_64;
}

bool elf_image_is_relocatable(const struct elf_image *image)
{
	return image->header.e_type == ET_DYN;
}

/*
 * A section's bytes. Compressed sections are refused (libelf would let a small file ask for gigabytes), and so
 * are those without bytes in the file.
 */
static Elf_Data *section_bytes(Elf_Scn *section, size_t limit)
{
	GElf_Shdr header;
	Elf_Data *data;

	if (!section || !gelf_getshdr(section, &header) || header.sh_type == SHT_NOBITS ||
	    header.sh_flags & SHF_COMPRESSED || header.sh_size > limit)
		return NULL;
	data = elf_getdata(section, NULL);
	return data && data->d_buf && data->d_size <= limit ? data : NULL;
}

/* The text at offset, NULL when its end lies outside of the string table. */
static const char *string_at(const char *strings, size_t size, size_t offset)
{
	if (offset >= size || !memchr(strings + offset, '\0', size - offset))
		return NULL;
	return strings + offset;
}

int elf_image_find_section(struct elf_image *image, const char *name, uint64_t *ret_addr,
			   uint64_t *ret_size)
{
	Elf_Data *names;
	Elf_Scn *section = NULL;
	GElf_Shdr header;
	const char *found;

	names = section_bytes(elf_getscn(image->elf, image->header.e_shstrndx), SECTION_NAMES_MAX);
	if (!names)
		return -ENOENT;
	while ((section = elf_nextscn(image->elf, section))) {
		if (!gelf_getshdr(section, &header) || !(header.sh_flags & SHF_ALLOC))
			continue;
		found = string_at(names->d_buf, names->d_size, header.sh_name);
		if (!found || strcmp(found, name) != 0)
			continue;
		*ret_addr = header.sh_addr;
		*ret_size = header.sh_size;
		return 0;
	}
	return -ENOENT;
}

/* The first section of the type with its strings. -ENOENT: none, -EBADMSG: one that makes no sense. */
static int find_table(struct elf_image *image, uint32_t type, size_t limit, struct table *ret_table)
{
	Elf_Data *strings;
	Elf_Scn *section = NULL;
	GElf_Shdr header;

	do {
		section = elf_nextscn(image->elf, section);
		if (!section)
			return -ENOENT;
		if (!gelf_getshdr(section, &header))
			return -EBADMSG;
	} while (header.sh_type != type);
	/* A separate debug file keeps the header of .dynsym but not its bytes: SHT_NOBITS, not found here. */
	if (header.sh_size == 0 || header.sh_entsize == 0)
		return -EBADMSG;
	ret_table->data = section_bytes(section, limit);
	strings = section_bytes(elf_getscn(image->elf, header.sh_link), TABLE_BYTES_MAX);
	if (!ret_table->data || !strings)
		return -EBADMSG;
	ret_table->strings = strings->d_buf;
	ret_table->strings_size = strings->d_size;
	ret_table->nentries = ret_table->data->d_size / header.sh_entsize;
	return 0;
}

/* Is the symbol a definition that a program can refer to by address? */
static bool is_definition(const GElf_Sym *symbol)
{
	int type = GELF_ST_TYPE(symbol->st_info);

	return symbol->st_shndx != SHN_UNDEF && symbol->st_shndx != SHN_ABS &&
	       (type == STT_OBJECT || type == STT_FUNC || type == STT_NOTYPE);
}

/* Give every name that is still missing its symbol of this table. Returns how many stay missing. */
static size_t match_table(const struct table *table, bool dynamic, struct elf_symbol *symbols,
			  size_t nsymbols)
{
	size_t nmissing = 0;
	const char *name;
	GElf_Sym symbol;

	for (size_t i = 0; i < nsymbols; i++)
		nmissing += !symbols[i].found;
	for (size_t at = 0; at < table->nentries && at < INT32_MAX && nmissing; at++) {
		if (!gelf_getsym(table->data, (int)at, &symbol))
			break;
		if (!is_definition(&symbol))
			continue;
		name = string_at(table->strings, table->strings_size, symbol.st_name);
		if (!name)
			continue;
		for (size_t i = 0; i < nsymbols; i++) {
			if (symbols[i].found || strcmp(name, symbols[i].name) != 0)
				continue;
			symbols[i].found = true;
			symbols[i].dynamic = dynamic;
			symbols[i].addr = symbol.st_value;
			symbols[i].size = symbol.st_size;
			nmissing--;
		}
	}
	return nmissing;
}

int elf_image_find_symbols(struct elf_image *image, struct elf_symbol *symbols, size_t nsymbols,
			   struct err *err)
{
	static const struct {
		uint32_t type;
		bool dynamic;
	} tables[] = { { SHT_DYNSYM, true }, { SHT_SYMTAB, false } };
	struct table table;
	size_t nmissing = nsymbols;
	int r;

	for (size_t i = 0; i < nsymbols; i++)
		symbols[i] = (struct elf_symbol){ .name = symbols[i].name };
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]) && nmissing; i++) {
		r = find_table(image, tables[i].type, TABLE_BYTES_MAX, &table);
		if (r == -ENOENT)
			continue;
		if (r < 0)
			return err_set(err, r, "an ELF file with a malformed symbol table");
		nmissing = match_table(&table, tables[i].dynamic, symbols, nsymbols);
	}
	return 0;
}

int elf_image_soname(struct elf_image *image, char *buffer, size_t capacity)
{
	struct table table;
	const char *name;
	size_t length;
	GElf_Dyn entry;

	if (find_table(image, SHT_DYNAMIC, DYNAMIC_BYTES_MAX, &table) < 0)
		return -ENOENT;
	for (size_t at = 0; at < table.nentries && at < INT32_MAX; at++) {
		if (!gelf_getdyn(table.data, (int)at, &entry) || entry.d_tag == DT_NULL)
			break;
		if (entry.d_tag != DT_SONAME)
			continue;
		name = string_at(table.strings, table.strings_size, entry.d_un.d_val);
		if (!name || !capacity)
			break;
		length = strnlen(name, capacity - 1);
		memcpy(buffer, name, length);
		buffer[length] = '\0';
		return 0;
	}
	return -ENOENT;
}

int elf_image_load_bias(struct elf_image *image, uint64_t start, uint64_t offset,
			uint64_t *ret_bias)
{
	uint64_t page_mask = (uint64_t)sysconf(_SC_PAGESIZE) - 1, first, bias;
	const Elf64_Phdr *segment;

	for (size_t i = 0; i < image->nprogram_headers; i++) {
		segment = &image->program_headers[i];
		/* The kernel and ld.so map whole pages: the mapping begins a little before the segment. */
		first = segment->p_offset & ~page_mask;
		if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X) || offset < first ||
		    offset - first >= segment->p_filesz + (segment->p_offset - first))
			continue;
		bias = start - offset + segment->p_offset - segment->p_vaddr;
		if (bias && !elf_image_is_relocatable(image))
			return -EBADMSG;
		*ret_bias = bias;
		return 0;
	}
	return -ENOENT;
}

int elf_image_read(struct elf_image *image, uint64_t addr, void *buffer, size_t size)
{
	const Elf64_Phdr *segment;

	for (size_t i = 0; i < image->nprogram_headers; i++) {
		segment = &image->program_headers[i];
		if (segment->p_type != PT_LOAD || addr < segment->p_vaddr ||
		    addr - segment->p_vaddr > segment->p_filesz ||
		    segment->p_filesz - (addr - segment->p_vaddr) < size)
			continue;
		if (read_at(image->fd, segment->p_offset + (addr - segment->p_vaddr), buffer,
			    size) < 0)
			return -ENOENT;
		return 0;
	}
	return -ENOENT;
}

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ELF images: what their headers say, and the order in which symbols are looked for. libelf lends its hash
 * functions only; it reads as much as a file's headers tell it to. Must not know that the images are Python's.
 */
#include "proc/elf.h"

#include <elf.h>
#include <errno.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proc/elf_internal.h"

/* A program has some 40, with one for each function of its own still some hundred. */
#define SECTIONS_MAX 2048
/* No address or offset of an image is above, so that sums of two do not overflow. */
#define ADDR_END (1ULL << 62)

/* Is it of the kinds we know, and are its header tables small? Extended numbering is not. */
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
	if (header->e_phnum > ELF_PROGRAM_HEADERS_MAX)
		return err_set(err, -EFBIG, "an ELF file of %u segments", header->e_phnum);
	if (header->e_phnum && header->e_phentsize != sizeof(Elf64_Phdr))
		return err_set(err, -EBADMSG, "an ELF file with malformed program headers");
	return 0;
}

/* Those of an image in memory are not there, whatever its header says. */
static int check_section_count(const Elf64_Ehdr *header, struct err *err)
{
	if (header->e_shoff && (header->e_shnum == 0 || header->e_shnum > SECTIONS_MAX))
		return err_set(err, -EFBIG, "an ELF file of too many sections");
	return 0;
}

/* As the kernel asks of a loaded segment (fs/binfmt_elf.c, elf_load), and its place is one that can be. */
static bool segment_is_sound(const Elf64_Phdr *segment)
{
	return segment->p_type != PT_LOAD ||
	       (segment->p_filesz <= segment->p_memsz && segment->p_vaddr < ADDR_END &&
		segment->p_memsz < ADDR_END && segment->p_offset < ADDR_END);
}

/* Read header and program headers, the file's from its begin, the memory's from base. */
static int read_headers(struct elf_image *image, uint64_t base, struct err *err)
{
	size_t n;
	int r;

	r = elf_source_read(image, base, &image->header, sizeof(image->header));
	if (r == -EBADMSG)
		return err_set(err, -ENOEXEC, "not an ELF file");
	if (r < 0)
		return err_set(err, r, "cannot read it: %s", strerror(-r));
	r = check_header(&image->header, err);
	if (r < 0)
		return r;
	n = image->header.e_phnum;
	if (image->header.e_phoff >= ADDR_END)
		return err_set(err, -EBADMSG, "an ELF file that was cut");
	r = elf_source_read(image, base + image->header.e_phoff, image->program_headers,
			    n * sizeof(image->program_headers[0]));
	if (r == -EBADMSG)
		return err_set(err, r, "an ELF file that was cut");
	if (r < 0)
		return err_set(err, r, "cannot read it: %s", strerror(-r));
	for (size_t i = 0; i < n; i++) {
		if (!segment_is_sound(&image->program_headers[i]))
			return err_set(err, -EBADMSG, "an ELF file with malformed program headers");
	}
	image->nprogram_headers = n;
	return 0;
}

static struct elf_image *image_new(int fd, const struct memory *memory)
{
	struct elf_image *image = calloc(1, sizeof(*image));

	if (image) {
		image->fd = fd;
		image->memory = memory;
	}
	return image;
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
	image = image_new(fd, NULL);
	if (!image)
		return err_set(err, -ENOMEM, "%s", strerror(ENOMEM));
	r = read_headers(image, 0, err);
	if (r == 0)
		r = check_section_count(&image->header, err);
	if (r < 0)
		elf_image_close(image);
	else
		*ret_image = image;
	return r;
}

static uint64_t page_mask(void)
{
	return (uint64_t)sysconf(_SC_PAGESIZE) - 1;
}

/* The segment that begins with the ELF header is the lowest one. */
static int find_bias(struct elf_image *image, uint64_t base, struct err *err)
{
	const Elf64_Phdr *segment, *lowest = NULL;

	for (size_t i = 0; i < image->nprogram_headers; i++) {
		segment = &image->program_headers[i];
		if (segment->p_type == PT_LOAD && (!lowest || segment->p_vaddr < lowest->p_vaddr))
			lowest = segment;
	}
	if (!lowest || lowest->p_offset & ~page_mask())
		return err_set(err, -EBADMSG, "an ELF file whose header is not loaded");
	image->bias = base - (lowest->p_vaddr & ~page_mask());
	if (image->bias && !elf_image_is_relocatable(image))
		return err_set(err, -EBADMSG, "an ELF program at another address than linked for");
	return 0;
}

int elf_image_open_memory(const struct memory *memory, uint64_t base, struct elf_image **ret_image,
			  struct err *err)
{
	struct elf_image *image = image_new(-1, memory);
	int r;

	if (!image)
		return err_set(err, -ENOMEM, "%s", strerror(ENOMEM));
	r = read_headers(image, base, err);
	if (r == 0)
		r = find_bias(image, base, err);
	if (r < 0)
		elf_image_close(image);
	else
		*ret_image = image;
	return r;
}

void elf_image_close(struct elf_image *image)
{
	if (!image)
		return;
	elf_sections_done(image);
	elf_source_done(image);
	free(image);
}

void elf_image_cost(const struct elf_image *image, unsigned *ret_reads, size_t *ret_bytes)
{
	*ret_reads = image->nreads;
	*ret_bytes = image->nbytes;
}

enum elf_machine elf_image_machine(const struct elf_image *image)
{
	return image->header.e_machine == EM_AARCH64 ? ELF_MACHINE_AARCH64 : ELF_MACHINE_X86_64;
}

bool elf_image_is_relocatable(const struct elf_image *image)
{
	return image->header.e_type == ET_DYN;
}

bool elf_symbol_is_definition(const Elf64_Sym *symbol)
{
	const int type = ELF64_ST_TYPE(symbol->st_info);

	return symbol->st_shndx != SHN_UNDEF && symbol->st_shndx != SHN_ABS &&
	       (type == STT_OBJECT || type == STT_FUNC || type == STT_NOTYPE);
}

void elf_symbol_set(struct elf_symbol *symbol, const Elf64_Sym *from, bool dynamic)
{
	symbol->found = true;
	symbol->dynamic = dynamic;
	symbol->addr = from->st_value;
	symbol->size = from->st_size;
}

static int say_why(int code, struct err *err)
{
	if (code == -EBADMSG)
		return err_set(err, code, "an ELF file with a malformed symbol table");
	if (code == -EFBIG)
		return err_set(err, code,
			       "an ELF file whose symbols take more than %d reads of %zu KB",
			       ELF_READS_MAX, ELF_READ_BYTES_MAX / 1024);
	return err_set(err, code, "cannot read its symbols: %s", strerror(-code));
}

int elf_image_find_symbols(struct elf_image *image, struct elf_symbol *symbols, size_t nsymbols,
			   struct err *err)
{
	size_t nmissing = 0;
	int r;

	for (size_t i = 0; i < nsymbols; i++)
		symbols[i] = (struct elf_symbol){ .name = symbols[i].name };
	for (size_t i = 0; i < nsymbols; i++) {
		r = elf_dynamic_find(image, (uint32_t)elf_gnu_hash(symbols[i].name),
				     (uint32_t)elf_hash(symbols[i].name), &symbols[i]);
		if (r < 0)
			return say_why(r, err);
		nmissing += !symbols[i].found;
	}
	if (!nmissing)
		return 0;
	r = elf_symtab_find(image, symbols, nsymbols);
	return r < 0 ? say_why(r, err) : 0;
}

int elf_image_load_bias(struct elf_image *image, uint64_t start, uint64_t offset,
			uint64_t *ret_bias)
{
	uint64_t first, bias;
	const Elf64_Phdr *segment;

	if (image->memory) {
		*ret_bias = image->bias;
		return 0;
	}
	for (size_t i = 0; i < image->nprogram_headers; i++) {
		segment = &image->program_headers[i];
		/* The kernel and ld.so map whole pages: the mapping begins a little before the segment. */
		first = segment->p_offset & ~page_mask();
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

bool elf_image_segment(const struct elf_image *image, size_t i, struct elf_segment *ret_segment)
{
	const Elf64_Phdr *segment;

	for (size_t at = 0; at < image->nprogram_headers; at++) {
		segment = &image->program_headers[at];
		if (segment->p_type != PT_LOAD || i-- > 0)
			continue;
		*ret_segment = (struct elf_segment){
			.addr = segment->p_vaddr,
			.size = segment->p_memsz,
			.file_size = segment->p_filesz,
			.writable = segment->p_flags & PF_W,
			.executable = segment->p_flags & PF_X,
		};
		return true;
	}
	return false;
}

int elf_image_read(struct elf_image *image, uint64_t addr, void *buffer, size_t size)
{
	const Elf64_Phdr *segment = elf_source_segment(image, addr, size);
	int r;

	if (!segment)
		return -ENOENT;
	r = elf_source_read(image, elf_source_place(image, segment, addr), buffer, size);
	return r == -EBADMSG ? -ENOENT : r;
}

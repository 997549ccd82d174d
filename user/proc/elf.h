/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An ELF image that a process has mapped, read from its file or from the process's memory: symbols, sections, load
 * bias. The file may be written by anybody and may change while it is read: it is never mapped, what makes no sense
 * is -EBADMSG, and one image costs at most ELF_READS_MAX reads of ELF_READ_BYTES_MAX bytes together, however large
 * the file is; what would take more is -EFBIG. What reading itself can return, -EIO or a memory's errors, every
 * question can.
 */
#ifndef PBP_PROC_ELF_H
#define PBP_PROC_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct memory;
struct elf_image;

/* What one image may cost, over all questions asked of it. What was read is kept: at most as much memory. */
#define ELF_READS_MAX	   64
#define ELF_READ_BYTES_MAX ((size_t)1 << 20)

enum elf_machine {
	ELF_MACHINE_X86_64,
	ELF_MACHINE_AARCH64,
};

/* One symbol looked for. */
struct elf_symbol {
	const char *name; /* in; literal or the caller's */
	bool found;
	bool dynamic; /* found in .dynsym: other objects of the process bind to it */
	uint64_t addr; /* as linked: add the load bias */
	uint64_t size; /* bytes, 0: the file does not say */
};

/*
 * Look at the regular file behind fd, which stays the caller's and must live as long as the image; its file
 * offset is left alone. -ENOEXEC: not a 64-bit little-endian ELF program or library for x86-64 or aarch64;
 * -EFBIG, -EBADMSG: one that is not to be trusted.
 */
int elf_image_open(int fd, struct elf_image **ret_image, struct err *err);
/*
 * The same for an image as the dynamic linker has loaded it, whose ELF header is at base: for a file that is gone.
 * memory stays the caller's and must live as long. It has neither sections nor .symtab. Errors as above.
 */
int elf_image_open_memory(const struct memory *memory, uint64_t base, struct elf_image **ret_image,
			  struct err *err);
void elf_image_close(struct elf_image *image); /* NULL is fine */

/* What was read of the image so far. */
void elf_image_cost(const struct elf_image *image, unsigned *ret_reads, size_t *ret_bytes);

enum elf_machine elf_image_machine(const struct elf_image *image);

/* May the image be loaded anywhere (PIE, shared library), or only at the address it was linked for? */
bool elf_image_is_relocatable(const struct elf_image *image);

/* Address and size of the section of that name that is loaded. -ENOENT: none, or no sections at all. */
int elf_image_find_section(struct elf_image *image, const char *name, uint64_t *ret_addr,
			   uint64_t *ret_size);

/*
 * Look the names up together: defined data, function or untyped symbols in the dynamic symbol table, by its hash
 * table, a handful of reads for each name at most, and in .symtab what is still missing then. That is read whole,
 * if there is room for it beside what later questions may cost; if not, those names stay missing, which is no
 * error. Sets everything but the names. -EBADMSG: a table makes no sense; -EFBIG: too many names of too large a
 * table. After an error those that were found are right, and others may not have been looked for.
 */
int elf_image_find_symbols(struct elf_image *image, struct elf_symbol *symbols, size_t nsymbols,
			   struct err *err);

/* The name by which others are linked to this library, cut to capacity bytes with its zero. -ENOENT: none. */
int elf_image_soname(struct elf_image *image, char *buffer, size_t capacity);

/*
 * Is the image linked with a library in whose name the part occurs? -ENOENT: it is not linked dynamically; -EFBIG: it
 * names more libraries than are looked at; -EBADMSG: its tables make no sense.
 */
int elf_image_needs(struct elf_image *image, const char *part, bool *ret_needs);

/*
 * Where its dynamic section lies as linked, and in that the word that the dynamic linker of a program sets to the address of
 * its struct r_debug (DT_DEBUG; <link.h>); 0: there is none, as in libraries. Errors as above.
 */
int elf_image_dynamic(struct elf_image *image, uint64_t *ret_addr, uint64_t *ret_debug_addr);

/*
 * What to add to linked addresses, from the executable mapping that begins at start and shows the file from
 * offset. -ENOENT: no executable segment of the file is there; -EBADMSG: an image that cannot be moved was. An
 * image in memory knows its bias, and succeeds whatever the mapping.
 */
int elf_image_load_bias(struct elf_image *image, uint64_t start, uint64_t offset,
			uint64_t *ret_bias);

/* The i-th loaded segment of the image, as linked, in the file's order. False: there are no more. */
struct elf_segment {
	uint64_t addr, size, file_size; /* bytes */
	bool writable, executable;
};
bool elf_image_segment(const struct elf_image *image, size_t i, struct elf_segment *ret_segment);

/*
 * Exactly size bytes from a linked address: as the file has them before any relocation, or as they are in memory.
 * -ENOENT: not in the image; -EFBIG: it has cost enough.
 */
int elf_image_read(struct elf_image *image, uint64_t addr, void *buffer, size_t size);

#endif

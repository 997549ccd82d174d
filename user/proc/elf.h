/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An ELF file that a process has mapped: symbols, sections, load bias. The file may be written by anybody and
 * may change while it is read: sizes are bounded, it is never mapped, and what makes no sense is -EBADMSG.
 */
#ifndef PBP_PROC_ELF_H
#define PBP_PROC_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct elf_image;

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
void elf_image_close(struct elf_image *image); /* NULL is fine */

enum elf_machine elf_image_machine(const struct elf_image *image);

/* May the image be loaded anywhere (PIE, shared library), or only at the address it was linked for? */
bool elf_image_is_relocatable(const struct elf_image *image);

/* Address and size of the section of that name that is loaded. -ENOENT: none. */
int elf_image_find_section(struct elf_image *image, const char *name, uint64_t *ret_addr,
			   uint64_t *ret_size);

/*
 * Look the names up together: defined data, function or untyped symbols in .dynsym, and in .symtab what is still
 * missing then. Sets everything but the names; fails only when a table makes no sense, -EBADMSG.
 */
int elf_image_find_symbols(struct elf_image *image, struct elf_symbol *symbols, size_t nsymbols,
			   struct err *err);

/* The name by which others are linked to this library, cut to capacity. -ENOENT: none. */
int elf_image_soname(struct elf_image *image, char *buffer, size_t capacity);

/*
 * What to add to linked addresses, from the executable mapping that begins at start and shows the file from
 * offset. -ENOENT: no executable segment of the file is there; -EBADMSG: an image that cannot be moved was.
 */
int elf_image_load_bias(struct elf_image *image, uint64_t start, uint64_t offset,
			uint64_t *ret_bias);

/* Exactly size bytes from a linked address, as the file has them before any relocation. -ENOENT: not in the file. */
int elf_image_read(struct elf_image *image, uint64_t addr, void *buffer, size_t size);

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ELF libraries made by hand, as sound or as strange as a test wants them, in a file or in a process's memory. All
 * of one lies in one segment:
 *
 *	header | program headers | dynamic | .dynsym | .dynstr | hash tables | .symtab | its strings | sections
 */
#ifndef PBP_SUPPORT_MADE_ELF_H
#define PBP_SUPPORT_MADE_ELF_H

#include <elf.h>
#include <stddef.h>
#include <stdint.h>

#include "proc/elf.h"
#include "proc/memory.h"

/* The address that it is linked for. */
#define MADE_ELF_ADDR 0x200000ULL

struct made_elf {
	unsigned char *bytes;
	size_t size;
	size_t dynamic, gnu_hash, hash, symbols, strings, symtab, sections; /* offsets */
	uint32_t nbuckets; /* of either hash table */
};

enum made_elf_hash {
	MADE_ELF_GNU_HASH = 1,
	MADE_ELF_SYSV_HASH = 2,
};

/* Each alone, and both. */
#define MADE_ELF_NSTYLES 3
extern const unsigned made_elf_styles[MADE_ELF_NSTYLES];

/*
 * The dynamic symbols are these and then as many others as wanted; the address of the n-th is MADE_ELF_ADDR + n, its
 * size 8. In .symtab are "hidden" (at + 101) and "twice", static (+ 102) and global (+ 103). The section .Special
 * has 24 bytes at + 40; the library's name is libmade.so.1.
 */
#define MADE_ELF_NEXPORTED 10
extern const char *const made_elf_exported[MADE_ELF_NEXPORTED];

/* At least MADE_ELF_NEXPORTED symbols; styles are of enum made_elf_hash. */
void made_elf_init(struct made_elf *made, size_t nsymbols, unsigned styles);
void made_elf_done(struct made_elf *made);

/* What a test may change: headers, the dynamic entry of a tag that it has, and words at any offset. */
Elf64_Ehdr *made_elf_header(struct made_elf *made);
Elf64_Phdr *made_elf_segment(struct made_elf *made, size_t i);
Elf64_Shdr *made_elf_section(struct made_elf *made, size_t i);
Elf64_Dyn *made_elf_entry(struct made_elf *made, int64_t tag);
uint32_t *made_elf_words(struct made_elf *made, size_t offset);

/* Add the bias to the addresses in the dynamic entries, as glibc's ld.so does. */
void made_elf_relocate(struct made_elf *made, uint64_t bias);

/* Open it from a file that is nowhere on disk. The descriptor is the caller's, also on failure. */
int made_elf_open(const void *bytes, size_t size, struct elf_image **ret_image, int *ret_fd,
		  struct err *err);

/* A process's memory that has an image at LOADED_ELF_ADDR, and counts by itself what is read of it. */
#define LOADED_ELF_ADDR 0x7f0000000000ULL

struct loaded_elf {
	const unsigned char *bytes;
	size_t size;
	unsigned nreads;
	size_t nbytes;
	unsigned fail_at; /* the n-th read ends with -ESRCH, 0: none */
};

/* For a struct memory whose context is a struct loaded_elf. */
int loaded_elf_read(void *context, uint64_t addr, void *buffer, size_t size);

/* Look for the exported names, and for as many that are not there, in one question. */
int find_elf_exported(struct elf_image *image, struct elf_symbol symbols[2 * MADE_ELF_NEXPORTED],
		      struct err *err);

/* The test fails if an image as made does not answer that and its soname rightly. */
void check_elf_exported(struct elf_image *image);

/*
 * Ask every question. Whether the answers are right is not checked but what they cost: beside it only memory errors
 * can fail here, which the sanitizers see.
 */
void ask_elf_everything(struct elf_image *image);

/* The test fails if the image has cost nothing or more than the limits of proc/elf.h. */
void check_elf_cost(const struct elf_image *image);

#endif

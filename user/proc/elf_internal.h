/* SPDX-License-Identifier: GPL-2.0-only */
/* The insides of struct elf_image, for the elf*.c files of this folder alone. */
#ifndef PBP_PROC_ELF_INTERNAL_H
#define PBP_PROC_ELF_INTERNAL_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proc/elf.h"

#define ELF_PROGRAM_HEADERS_MAX 128
/* Libraries that an image is linked with; the largest desktop programs name some 150. */
#define ELF_NEEDED_MAX 256

/* Some bytes of the image, kept since they were read: a hash table's answers lie close together. */
struct elf_block {
	uint64_t addr; /* of the first, as linked */
	size_t size;
	unsigned char *bytes;
};

/* What is read once, at the first question that needs it. */
struct elf_once {
	bool tried;
	int result; /* of the only try */
};

/* What PT_DYNAMIC says. Addresses are as linked, 0: there is none. */
struct elf_dynamic {
	struct elf_once once;
	uint64_t addr, debug_addr; /* of itself, and of the value of its DT_DEBUG */
	uint64_t symbols_addr, gnu_hash_addr, hash_addr;
	uint64_t strings_addr, strings_size; /* inside of one segment */
	uint64_t soname; /* offset in the strings, 0: none */
	uint64_t needed[ELF_NEEDED_MAX]; /* likewise, of the libraries' names */
	size_t nneeded; /* all of them, also those beyond */
};

struct elf_sections {
	struct elf_once once, names_once;
	Elf64_Shdr *headers;
	size_t nheaders;
	char *names;
	size_t names_size;
};

/* .symtab with its strings. */
struct elf_symtab {
	struct elf_once once;
	Elf64_Sym *symbols;
	size_t nsymbols, nlocal; /* the first nlocal are local symbols */
	char *strings;
	size_t strings_size;
};

struct elf_image {
	int fd; /* -1: it is read from memory */
	const struct memory *memory;
	uint64_t bias; /* of an image in memory */
	Elf64_Ehdr header;
	Elf64_Phdr program_headers[ELF_PROGRAM_HEADERS_MAX];
	size_t nprogram_headers;

	unsigned nreads;
	size_t nbytes;
	struct elf_block blocks[ELF_READS_MAX]; /* each was one read */
	size_t nblocks;

	struct elf_dynamic dynamic;
	struct elf_sections sections;
	struct elf_symtab symtab;
};

/*
 * Every byte of an image comes through this: size bytes from an offset in the file, or an address in the memory.
 * All of them, or -EBADMSG when the file ends before; -EFBIG, and nothing is read, when the image has cost enough;
 * or what the system returned.
 */
int elf_source_read(struct elf_image *image, uint64_t at, void *buffer, size_t size);
/* May that many reads of so many bytes together still be had? */
bool elf_source_affords(const struct elf_image *image, unsigned nreads, size_t nbytes);

/* The loaded segment that has the whole range of linked addresses; in a file only what the file has. NULL: none. */
const Elf64_Phdr *elf_source_segment(const struct elf_image *image, uint64_t addr, uint64_t size);
/* Where the segment's byte at a linked address is: an offset in the file, or an address in the memory. */
uint64_t elf_source_place(const struct elf_image *image, const Elf64_Phdr *segment, uint64_t addr);

/*
 * Bytes from a linked address on, kept with the image: 1 or more, *ret_size says how many. Errors as
 * elf_source_read, and -EBADMSG where there is nothing, -ENOMEM.
 */
int elf_source_peek(struct elf_image *image, uint64_t addr, const unsigned char **ret_bytes,
		    size_t *ret_size);
/* Exactly size of them. */
int elf_source_copy(struct elf_image *image, uint64_t addr, void *buffer, size_t size);
void elf_source_done(struct elf_image *image);

/* Can the symbol be referred to by address: is it defined here, and data, a function or of no type? */
bool elf_symbol_is_definition(const Elf64_Sym *symbol);
void elf_symbol_set(struct elf_symbol *symbol, const Elf64_Sym *from, bool dynamic);

/* The name in the dynamic symbol table, by its hashes (those of libelf). 0, with symbol->found true or not. */
int elf_dynamic_find(struct elf_image *image, uint32_t gnu_hash, uint32_t hash,
		     struct elf_symbol *symbol);

/* The names that are not found yet in .symtab, if there is room for reading it. */
int elf_symtab_find(struct elf_image *image, struct elf_symbol *symbols, size_t nsymbols);
void elf_sections_done(struct elf_image *image);

#endif

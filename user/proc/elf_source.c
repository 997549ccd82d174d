/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where an ELF image's bytes come from, a file or a process's memory, and what they may cost: every read is
 * counted here. Must not know what the bytes mean beyond the loaded segments.
 */
#include "proc/elf_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proc/memory.h"

/*
 * So large that as many as may be read are what may be read, and that the tables of a libpython, some 100 KB,
 * are read in about seven.
 */
#define BLOCK_SIZE (ELF_READ_BYTES_MAX / ELF_READS_MAX)

bool elf_source_affords(const struct elf_image *image, unsigned nreads, size_t nbytes)
{
	return nreads <= ELF_READS_MAX - image->nreads &&
	       nbytes <= ELF_READ_BYTES_MAX - image->nbytes;
}

/* One read: *ret_size is less than size at the end of a file, 0 behind it. */
static int read_once(struct elf_image *image, uint64_t at, void *buffer, size_t size,
		     size_t *ret_size)
{
	ssize_t n;
	int r;

	if (at > INT64_MAX - size)
		return -EBADMSG;
	do {
		if (!elf_source_affords(image, 1, size))
			return -EFBIG;
		image->nreads++;
		if (image->memory) {
			r = memory_read(image->memory, at, buffer, size);
			n = r < 0 ? r : (ssize_t)size;
		} else {
			n = pread(image->fd, buffer, size, (off_t)at);
			if (n < 0)
				n = -errno;
		}
	} while (n == -EINTR);
	if (n < 0)
		return (int)n;
	image->nbytes += (size_t)n;
	*ret_size = (size_t)n;
	return 0;
}

int elf_source_read(struct elf_image *image, uint64_t at, void *buffer, size_t size)
{
	char *to = buffer;
	size_t n;
	int r;

	while (size) {
		r = read_once(image, at, to, size, &n);
		if (r < 0)
			return r;
		if (n == 0)
			return -EBADMSG;
		to += n;
		at += n;
		size -= n;
	}
	return 0;
}

static uint64_t segment_size(const struct elf_image *image, const Elf64_Phdr *segment)
{
	return image->memory ? segment->p_memsz : segment->p_filesz;
}

const Elf64_Phdr *elf_source_segment(const struct elf_image *image, uint64_t addr, uint64_t size)
{
	const Elf64_Phdr *segment;
	uint64_t available;

	for (size_t i = 0; i < image->nprogram_headers; i++) {
		segment = &image->program_headers[i];
		available = segment_size(image, segment);
		if (segment->p_type == PT_LOAD && addr >= segment->p_vaddr &&
		    addr - segment->p_vaddr <= available &&
		    available - (addr - segment->p_vaddr) >= size)
			return segment;
	}
	return NULL;
}

uint64_t elf_source_place(const struct elf_image *image, const Elf64_Phdr *segment, uint64_t addr)
{
	return image->memory ? image->bias + addr : segment->p_offset + (addr - segment->p_vaddr);
}

/* Read the block around the address, inside of its segment. */
static int read_block(struct elf_image *image, uint64_t addr, struct elf_block **ret_block)
{
	const Elf64_Phdr *segment = elf_source_segment(image, addr, 1);
	struct elf_block *block = &image->blocks[image->nblocks];
	uint64_t begin = addr - addr % BLOCK_SIZE, end;
	unsigned char *bytes;
	size_t size;
	int r;

	if (!segment)
		return -EBADMSG;
	end = begin + BLOCK_SIZE;
	if (begin < segment->p_vaddr)
		begin = segment->p_vaddr;
	if (end - segment->p_vaddr > segment_size(image, segment))
		end = segment->p_vaddr + segment_size(image, segment);
	bytes = malloc(end - begin);
	if (!bytes)
		return -ENOMEM;
	r = read_once(image, elf_source_place(image, segment, begin), bytes, end - begin, &size);
	if (r < 0) {
		free(bytes);
		return r;
	}
	/* There is a place for it: peek checked. */
	*block = (struct elf_block){ .addr = begin, .size = size, .bytes = bytes };
	image->nblocks++;
	*ret_block = block;
	return 0;
}

int elf_source_peek(struct elf_image *image, uint64_t addr, const unsigned char **ret_bytes,
		    size_t *ret_size)
{
	struct elf_block *block = NULL;
	int r;

	for (size_t i = 0; i < image->nblocks && !block; i++) {
		if (addr >= image->blocks[i].addr &&
		    addr - image->blocks[i].addr < image->blocks[i].size)
			block = &image->blocks[i];
	}
	if (!block) {
		if (image->nblocks == ELF_READS_MAX)
			return -EFBIG;
		r = read_block(image, addr, &block);
		if (r < 0)
			return r;
		/* The file ends before its segment does. */
		if (addr - block->addr >= block->size)
			return -EBADMSG;
	}
	*ret_bytes = block->bytes + (addr - block->addr);
	*ret_size = block->size - (addr - block->addr);
	return 0;
}

int elf_source_copy(struct elf_image *image, uint64_t addr, void *buffer, size_t size)
{
	const unsigned char *bytes;
	char *to = buffer;
	size_t n;
	int r;

	while (size) {
		r = elf_source_peek(image, addr, &bytes, &n);
		if (r < 0)
			return r;
		n = n < size ? n : size;
		memcpy(to, bytes, n);
		to += n;
		addr += n;
		size -= n;
	}
	return 0;
}

void elf_source_done(struct elf_image *image)
{
	for (size_t i = 0; i < image->nblocks; i++)
		free(image->blocks[i].bytes);
}

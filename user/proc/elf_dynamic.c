/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The symbols of an ELF image that the dynamic linker knows, by its own hash tables (gABI "Hash Table"; binutils'
 * DT_GNU_HASH), which lead to a name in a handful of small reads however many symbols there are. Must not know
 * whether file or memory answers.
 */
#include "proc/elf_internal.h"

#include <errno.h>
#include <string.h>

/* A program has some 30 entries, one of them for each library that it needs. */
#define DYNAMIC_ENTRIES_MAX 1024
/*
 * Symbols of one hash bucket that are looked at. Linkers make one bucket for a few symbols; GNU ld stops at
 * 32,771 buckets, so a million symbols share them by thirty.
 */
#define CHAIN_MAX 4096

/*
 * The tables' addresses: as linked in the file, but glibc's ld.so adds the load bias to them in memory
 * (elf/get-dynamic-info.h), while musl's and the kernel, for the vDSO, leave them.
 */
static int table_addr(const struct elf_image *image, uint64_t value, uint64_t *ret_addr)
{
	if (image->memory && elf_source_segment(image, value - image->bias, 1))
		value -= image->bias;
	else if (!elf_source_segment(image, value, 1))
		return -EBADMSG;
	*ret_addr = value;
	return 0;
}

static int take_entry(const struct elf_image *image, const Elf64_Dyn *entry,
		      struct elf_dynamic *dynamic)
{
	const uint64_t value = entry->d_un.d_val;

	switch (entry->d_tag) {
	case DT_SYMTAB:
		return table_addr(image, value, &dynamic->symbols_addr);
	case DT_STRTAB:
		return table_addr(image, value, &dynamic->strings_addr);
	case DT_GNU_HASH:
		return table_addr(image, value, &dynamic->gnu_hash_addr);
	case DT_HASH:
		return table_addr(image, value, &dynamic->hash_addr);
	case DT_STRSZ:
		dynamic->strings_size = value;
		return 0;
	case DT_NEEDED:
		if (dynamic->nneeded++ < ELF_NEEDED_MAX)
			dynamic->needed[dynamic->nneeded - 1] = value;
		return 0;
	case DT_SONAME:
		dynamic->soname = value;
		return 0;
	default:
		return 0;
	}
}

static int read_dynamic(struct elf_image *image, struct elf_dynamic *dynamic)
{
	Elf64_Dyn entries[DYNAMIC_ENTRIES_MAX];
	const Elf64_Phdr *segment = NULL;
	size_t nentries;
	int r;

	for (size_t i = 0; i < image->nprogram_headers && !segment; i++) {
		if (image->program_headers[i].p_type == PT_DYNAMIC)
			segment = &image->program_headers[i];
	}
	/* A separate debug file keeps the header alone. */
	if (!segment || segment->p_filesz == 0)
		return -ENOENT;
	nentries = segment->p_filesz / sizeof(entries[0]);
	if (nentries > DYNAMIC_ENTRIES_MAX)
		nentries = DYNAMIC_ENTRIES_MAX;
	r = elf_image_read(image, segment->p_vaddr, entries, nentries * sizeof(entries[0]));
	if (r < 0)
		return r == -ENOENT ? -EBADMSG : r;
	dynamic->addr = segment->p_vaddr;
	for (size_t i = 0; i < nentries && entries[i].d_tag != DT_NULL; i++) {
		if (entries[i].d_tag == DT_DEBUG)
			dynamic->debug_addr = segment->p_vaddr + i * sizeof(entries[0]) +
					      offsetof(Elf64_Dyn, d_un);
		r = take_entry(image, &entries[i], dynamic);
		if (r < 0)
			return r;
	}
	if (dynamic->strings_addr &&
	    !elf_source_segment(image, dynamic->strings_addr, dynamic->strings_size))
		return -EBADMSG;
	return 0;
}

/* -ENOENT: the image is not linked dynamically. */
static int load_dynamic(struct elf_image *image)
{
	struct elf_dynamic *dynamic = &image->dynamic;

	if (!dynamic->once.tried) {
		dynamic->once.tried = true;
		dynamic->once.result = read_dynamic(image, dynamic);
	}
	return dynamic->once.result;
}

/* Is the string at an offset of the string table the name? 1: it is, 0: it is not. */
static int is_name(struct elf_image *image, uint64_t offset, const char *name)
{
	const struct elf_dynamic *dynamic = &image->dynamic;
	size_t left = strlen(name) + 1, n;
	const unsigned char *bytes;
	int r;

	if (offset > dynamic->strings_size || left > dynamic->strings_size - offset)
		return 0;
	for (; left; left -= n, name += n, offset += n) {
		r = elf_source_peek(image, dynamic->strings_addr + offset, &bytes, &n);
		if (r < 0)
			return r;
		n = n < left ? n : left;
		if (memcmp(bytes, name, n) != 0)
			return 0;
	}
	return 1;
}

/* Is the symbol of that number the one looked for? Fills it in if so. */
static int check_symbol(struct elf_image *image, uint32_t number, struct elf_symbol *symbol)
{
	Elf64_Sym found;
	int r;

	r = elf_source_copy(image, image->dynamic.symbols_addr + number * sizeof(found), &found,
			    sizeof(found));
	if (r < 0)
		return r;
	if (!elf_symbol_is_definition(&found))
		return 0;
	r = is_name(image, found.st_name, symbol->name);
	if (r > 0)
		elf_symbol_set(symbol, &found, true);
	return r < 0 ? r : 0;
}

/*
 *	header | bloom filter | bucket -> number of its first symbol | a hash for each symbol from first_symbol on
 *
 * A bucket's symbols follow one another; bit 0 of the hash marks the last. The filter is left out: it saves
 * the dynamic linker much, but here it is one read more for each name that is there.
 */
static int find_by_gnu_hash(struct elf_image *image, uint32_t wanted, struct elf_symbol *symbol)
{
	struct {
		uint32_t nbuckets, first_symbol, nbloom_words, bloom_shift;
	} header;
	const uint64_t table = image->dynamic.gnu_hash_addr;
	uint64_t buckets, hashes;
	uint32_t number, hash;
	int r;

	r = elf_source_copy(image, table, &header, sizeof(header));
	if (r < 0 || header.nbuckets == 0)
		return r;
	buckets = table + sizeof(header) + header.nbloom_words * sizeof(uint64_t);
	hashes = buckets + header.nbuckets * sizeof(uint32_t);
	r = elf_source_copy(image, buckets + wanted % header.nbuckets * sizeof(number), &number,
			    sizeof(number));
	if (r < 0 || number == STN_UNDEF)
		return r;
	if (number < header.first_symbol || number > UINT32_MAX - CHAIN_MAX)
		return -EBADMSG;
	for (unsigned i = 0; i < CHAIN_MAX; i++, number++) {
		r = elf_source_copy(image, hashes + (number - header.first_symbol) * sizeof(hash),
				    &hash, sizeof(hash));
		if (r == 0 && (hash | 1) == (wanted | 1))
			r = check_symbol(image, number, symbol);
		if (r < 0 || symbol->found || hash & 1)
			return r;
	}
	return -EBADMSG;
}

/*
 *	header | bucket -> number of its first symbol | symbol -> number of the next in its bucket, 0 at the end
 */
static int find_by_hash(struct elf_image *image, uint32_t wanted, struct elf_symbol *symbol)
{
	struct {
		uint32_t nbuckets, nsymbols;
	} header;
	const uint64_t table = image->dynamic.hash_addr, buckets = table + sizeof(header);
	uint64_t nexts, at;
	uint32_t number;
	int r;

	r = elf_source_copy(image, table, &header, sizeof(header));
	if (r < 0 || header.nbuckets == 0)
		return r;
	nexts = buckets + header.nbuckets * sizeof(number);
	at = buckets + wanted % header.nbuckets * sizeof(number);
	for (unsigned i = 0; i < CHAIN_MAX; i++) {
		r = elf_source_copy(image, at, &number, sizeof(number));
		if (r < 0 || number == STN_UNDEF)
			return r;
		if (number >= header.nsymbols)
			return -EBADMSG;
		r = check_symbol(image, number, symbol);
		if (r < 0 || symbol->found)
			return r;
		at = nexts + number * sizeof(number);
	}
	return -EBADMSG;
}

int elf_dynamic_find(struct elf_image *image, uint32_t gnu_hash, uint32_t hash,
		     struct elf_symbol *symbol)
{
	const struct elf_dynamic *dynamic = &image->dynamic;
	int r;

	r = load_dynamic(image);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (!dynamic->symbols_addr || !dynamic->strings_addr)
		return 0;
	if (dynamic->gnu_hash_addr)
		return find_by_gnu_hash(image, gnu_hash, symbol);
	if (dynamic->hash_addr)
		return find_by_hash(image, hash, symbol);
	return 0;
}

/* The string at an offset of the string table, cut to capacity bytes (not 0) with its zero. */
static int copy_string(struct elf_image *image, uint64_t offset, char *buffer, size_t capacity)
{
	const struct elf_dynamic *dynamic = &image->dynamic;
	size_t length;
	int r;

	if (!dynamic->strings_addr || offset >= dynamic->strings_size)
		return -EBADMSG;
	for (length = 0; length < capacity - 1; length++) {
		if (length >= dynamic->strings_size - offset)
			return -EBADMSG;
		r = elf_source_copy(image, dynamic->strings_addr + offset + length, &buffer[length],
				    1);
		if (r < 0)
			return r;
		if (!buffer[length])
			return 0;
	}
	buffer[length] = '\0';
	return 0;
}

int elf_image_soname(struct elf_image *image, char *buffer, size_t capacity)
{
	const struct elf_dynamic *dynamic = &image->dynamic;
	int r;

	r = load_dynamic(image);
	if (r < 0)
		return r;
	if (!dynamic->soname || !dynamic->strings_addr || !capacity)
		return -ENOENT;
	return copy_string(image, dynamic->soname, buffer, capacity);
}

int elf_image_needs(struct elf_image *image, const char *part, bool *ret_needs)
{
	const struct elf_dynamic *dynamic = &image->dynamic;
	char name[256];
	int r;

	r = load_dynamic(image);
	if (r < 0)
		return r;
	if (dynamic->nneeded > ELF_NEEDED_MAX)
		return -EFBIG;
	for (size_t i = 0; i < dynamic->nneeded; i++) {
		r = copy_string(image, dynamic->needed[i], name, sizeof(name));
		if (r < 0)
			return r;
		if (strstr(name, part)) {
			*ret_needs = true;
			return 0;
		}
	}
	*ret_needs = false;
	return 0;
}

int elf_image_dynamic(struct elf_image *image, uint64_t *ret_addr, uint64_t *ret_debug_addr)
{
	int r = load_dynamic(image);

	if (r < 0)
		return r;
	*ret_addr = image->dynamic.addr;
	*ret_debug_addr = image->dynamic.debug_addr;
	return 0;
}

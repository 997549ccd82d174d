/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Prints what the profiler believes of a version: its row, or its row under the _Py_DebugOffsets of a libpython
 * or interpreter file. The other side of check.sh's comparison.
 */
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "python/debug_offsets.h"
#include "python/layout.h"

/* Which row, as the command line says it. */
struct which {
	uint32_t hexversion;
	bool free_threaded;
	uint64_t runtime_size;
	const struct layout_row *row;
};

/* Where the file has the block: at the start of its section .PyRuntime, or, if it is no ELF file, of itself. */
static off_t find_block(int fd)
{
	Elf *elf = elf_begin(fd, ELF_C_READ, NULL);
	Elf_Scn *section = NULL;
	size_t names = 0;
	off_t found = -1;

	if (!elf || elf_kind(elf) != ELF_K_ELF) {
		elf_end(elf);
		return 0;
	}
	elf_getshdrstrndx(elf, &names);
	while (found < 0 && (section = elf_nextscn(elf, section))) {
		GElf_Shdr header;
		const char *name;

		if (!gelf_getshdr(section, &header))
			continue;
		name = elf_strptr(elf, names, header.sh_name);
		if (name && strcmp(name, ".PyRuntime") == 0 && header.sh_type == SHT_PROGBITS)
			found = (off_t)header.sh_offset;
	}
	elf_end(elf);
	return found;
}

static int print_described(const struct which *which, const char *path)
{
	uint8_t block[DEBUG_OFFSETS_BYTES_MAX];
	const size_t size = debug_offsets_size(which->row);
	struct pbp_layout layout;
	struct err err;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t at;
	ssize_t n;

	if (fd < 0 || elf_version(EV_CURRENT) == EV_NONE) {
		perror(path);
		return 1;
	}
	at = find_block(fd);
	n = at < 0 ? -1 : pread(fd, block, size, at);
	close(fd);
	if (n != (ssize_t)size) {
		fprintf(stderr, "%s: no _Py_DebugOffsets\n", path);
		return 1;
	}
	if (debug_offsets_apply(block, size, which->row, false, &layout, NULL, &err)) {
		fprintf(stderr, "%s: %s\n", path, err.message);
		return 1;
	}
	layout_write(&layout, stdout);
	return 0;
}

/*
 * The row with the counter of code objects, as far as it has one for this release or the block will confirm it: the
 * headers say whether that is right.
 */
static int print_row(const struct which *which, uint32_t extra)
{
	const struct layout_row *row = which->row;
	const struct layout_counter_release *release = row->counter_releases;
	struct pbp_layout layout;
	struct err err;

	while (release->hexversion && release->hexversion != which->hexversion)
		release++;
	layout_from_row(row, which->hexversion, release->interp_size, &layout);
	if (!row->counter_releases[0].hexversion) {
		layout.interp_code_counter = row->layout.interp_code_counter;
		layout.interp_code_counter_size = row->layout.interp_code_counter_size;
	}
	layout_shift_objects(&layout, extra);
	if (layout_check(&layout, &err)) {
		fprintf(stderr, "%s\n", err.message);
		return 1;
	}
	layout_write(&layout, stdout);
	return 0;
}

static void print_position(const char *owner, const char *entry, uint16_t at)
{
	if (at)
		printf("%s.%s %u\n", owner, entry, at);
}

static void print_positions(const struct debug_offsets_table *table)
{
	if (!table)
		return;
	printf("size %u\n", table->size);
#define PRINT_SIZE(owner, max)	 print_position(#owner, "size", table->owner##_size_at);
#define PRINT(owner, entry, ...) print_position(#owner, #entry, table->owner##_##entry);
	DEBUG_OFFSETS_STRUCTS(PRINT_SIZE)
	DEBUG_OFFSETS_ENTRIES(PRINT)
	DEBUG_OFFSETS_NEIGHBOURS(PRINT)
#undef PRINT_SIZE
#undef PRINT
}

static void print_size(const struct which *which)
{
	const struct layout_row *found = layout_row_by_runtime_size(which->runtime_size);

	puts(!found ? "unknown" : found == which->row ? "known" : "another");
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	struct which which;

	if (strcmp(what, "list") == 0) {
		for (const struct layout_row *row = layout_rows; row->name; row++)
			printf("%s (%llu)\n", row->name, (unsigned long long)row->runtime_sizes[0]);
		return 0;
	}
	if (argc < 5) {
		fprintf(stderr,
			"usage: rows list | rows describes|name|size|positions|row|described HEXVERSION FREE_THREADED RUNTIME_SIZE [EXTRA|FILE]\n");
		return 2;
	}
	which.hexversion = (uint32_t)strtoul(argv[2], NULL, 16);
	which.free_threaded = strcmp(argv[3], "1") == 0;
	which.runtime_size = strtoull(argv[4], NULL, 10);
	which.row =
		layout_row_by_version(which.hexversion, which.free_threaded, which.runtime_size);
	if (strcmp(what, "describes") == 0) {
		puts(!which.row ? "none" : debug_offsets_size(which.row) ? "yes" : "no");
		return 0;
	}
	if (!which.row) {
		fprintf(stderr, "no row for %s\n", argv[2]);
		return 1;
	}
	if (strcmp(what, "name") == 0)
		printf("%s (%llu)\n", which.row->name,
		       (unsigned long long)which.row->runtime_sizes[0]);
	else if (strcmp(what, "size") == 0)
		print_size(&which);
	else if (strcmp(what, "positions") == 0)
		print_positions(which.row->debug_offsets);
	else if (strcmp(what, "described") == 0)
		return argc > 5 ? print_described(&which, argv[5]) : 2;
	else
		return print_row(&which, argc > 5 ? (uint32_t)strtoul(argv[5], NULL, 10) : 0);
	return 0;
}

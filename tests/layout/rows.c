/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Prints what the profiler believes of a version: its row, or its row under the _Py_DebugOffsets of a libpython
 * or interpreter file. The other side of check.sh's comparison.
 */
#include <errno.h>
#include <fcntl.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "python/debug_offsets.h"
#include "python/layout.h"

/* The bytes at the start of the file's section .PyRuntime: 0, or 1 with a sentence on stderr. */
static int read_runtime_section(const char *path, uint8_t *block, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	Elf *elf = fd >= 0 ? elf_begin(fd, ELF_C_READ, NULL) : NULL;
	Elf_Scn *section = NULL;
	size_t names = 0;
	int rc = 1;

	if (elf)
		elf_getshdrstrndx(elf, &names);
	while (elf && rc && (section = elf_nextscn(elf, section))) {
		GElf_Shdr header;
		const char *name;

		if (!gelf_getshdr(section, &header))
			continue;
		name = elf_strptr(elf, names, header.sh_name);
		if (name && strcmp(name, ".PyRuntime") == 0 && header.sh_type == SHT_PROGBITS &&
		    pread(fd, block, size, (off_t)header.sh_offset) == (ssize_t)size)
			rc = 0;
	}
	if (rc)
		fprintf(stderr, "%s: no section .PyRuntime\n", path);
	elf_end(elf);
	if (fd >= 0)
		close(fd);
	return rc;
}

static int print_described(const struct layout_row *row, const char *path)
{
	uint8_t block[DEBUG_OFFSETS_BYTES_MAX];
	struct pbp_layout layout;
	struct err err;

	if (elf_version(EV_CURRENT) == EV_NONE ||
	    read_runtime_section(path, block, debug_offsets_size(row)))
		return 1;
	if (debug_offsets_apply(block, debug_offsets_size(row), row, &layout, &err)) {
		fprintf(stderr, "%s: %s\n", path, err.message);
		return 1;
	}
	layout_write(&layout, stdout);
	return 0;
}

/* With the counter of code objects if the row has it for this release; the headers say whether that is right. */
static int print_row(const struct layout_row *row, uint32_t hexversion)
{
	const struct layout_counter_release *release = row->counter_releases;
	struct pbp_layout layout;
	struct err err;

	while (release->hexversion && release->hexversion != hexversion)
		release++;
	layout_from_row(row, hexversion, release->interp_size, &layout);
	if (layout_check(&layout, &err)) {
		fprintf(stderr, "%s\n", err.message);
		return 1;
	}
	layout_write(&layout, stdout);
	return 0;
}

int main(int argc, char **argv)
{
	const struct layout_row *row;

	if (argc != 3 && argc != 4) {
		fprintf(stderr,
			"usage: rows row|describes HEXVERSION | rows described HEXVERSION FILE | rows size HEXVERSION BYTES\n");
		return 2;
	}
	row = layout_row_by_version((uint32_t)strtoul(argv[2], NULL, 16));
	if (strcmp(argv[1], "describes") == 0) {
		puts(!row ? "none" : debug_offsets_size(row) ? "yes" : "no");
		return 0;
	}
	if (!row) {
		fprintf(stderr, "no row for %s\n", argv[2]);
		return 1;
	}
	if (strcmp(argv[1], "size") == 0 && argc == 4) {
		const struct layout_row *found =
			layout_row_by_runtime_size(strtoull(argv[3], NULL, 10));

		puts(!found ? "unknown" : found == row ? "known" : "another");
		return 0;
	}
	if (strcmp(argv[1], "described") == 0 && argc == 4)
		return print_described(row, argv[3]);
	return print_row(row, (uint32_t)strtoul(argv[2], NULL, 16));
}

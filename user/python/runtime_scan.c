/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Searches an image's initialised data for the head of _Py_DebugOffsets. Must not know what else tells of a
 * runtime; the budget is the image's own.
 */
#include "python/runtime_scan.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>

#include "proc/elf.h"
#include "python/debug_offsets.h"

#define CHUNK_BYTES (128 * 1024)
#define ALIGNMENT   sizeof(uint64_t)

/* The last head in the bytes, which begin at an aligned address; SIZE_MAX: none. */
static size_t find_head(const unsigned char *bytes, size_t size)
{
	uint32_t hexversion;
	bool free_threaded;

	for (size_t at = size / ALIGNMENT * ALIGNMENT; at >= ALIGNMENT;) {
		at -= ALIGNMENT;
		if (debug_offsets_identify(bytes + at, size - at, &hexversion, &free_threaded,
					   NULL) == 0)
			return at;
	}
	return SIZE_MAX;
}

/*
 * From the end backwards: linkers put the section of the runtime behind the ordinary data, so in a large program it
 * is near the end. Chunks overlap by a head.
 */
static int scan_segment(struct elf_image *image, const struct elf_segment *segment,
			unsigned char *buffer, uint64_t *ret_addr)
{
	uint64_t start = (segment->addr + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
	uint64_t end = segment->addr + segment->file_size;
	uint64_t at = end;
	size_t found;
	int r;

	while (at > start) {
		uint64_t until =
			end - at < DEBUG_OFFSETS_HEAD_BYTES ? end : at + DEBUG_OFFSETS_HEAD_BYTES;

		at = at - start > CHUNK_BYTES ? (at - CHUNK_BYTES) / ALIGNMENT * ALIGNMENT : start;
		r = elf_image_read(image, at, buffer, (size_t)(until - at));
		if (r < 0)
			return r;
		found = find_head(buffer, (size_t)(until - at));
		if (found != SIZE_MAX) {
			*ret_addr = at + found;
			return 0;
		}
	}
	return -ENOENT;
}

int runtime_scan(struct elf_image *image, uint64_t *ret_addr)
{
	unsigned char *buffer = malloc(CHUNK_BYTES + ALIGNMENT + DEBUG_OFFSETS_HEAD_BYTES);
	struct elf_segment segment;
	int r = -ENOENT;

	if (!buffer)
		return -ENOMEM;
	for (size_t i = 0; r == -ENOENT && elf_image_segment(image, i, &segment); i++) {
		if (segment.writable && segment.addr <= UINT64_MAX - segment.file_size)
			r = scan_segment(image, &segment, buffer, ret_addr);
	}
	free(buffer);
	return r == 0 || r == -ENOMEM ? r : -ENOENT;
}

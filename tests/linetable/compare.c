/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Compares user/python/linetable.c with an interpreter's own answers, as dump.py writes them: every code unit of
 * every code object, or every byte where instructions have no fixed length. Also says which format a version has, so
 * that no version is spelled here.
 *
 * A record: u32 bytes of the table, s32 first line, u32 runs, u32 bytes of bytecode; the table; per run
 * s32 bytes, s32 line.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "python/layout.h"
#include "python/linetable.h"

#define TABLE_MAX (64U << 20)
#define RUNS_MAX  (16U << 20)
#define SHOWN_MAX 5

struct head {
	uint32_t table_size;
	int32_t first_line;
	uint32_t nruns;
	uint32_t code_size;
};

struct run {
	int32_t bytes, line;
};

struct counts {
	uint64_t codes, units, no_line, differences;
};

static void compare(const struct pbp_layout *layout, const struct head *head, const uint8_t *table,
		    const struct run *runs, struct counts *counts)
{
	const enum pbp_linetable_format format =
		(enum pbp_linetable_format)layout->linetable_format;
	const int32_t unit = (int32_t)layout->frame_instr_bytes;
	uint32_t offset = 0;

	for (uint32_t i = 0; i < head->nruns; i++) {
		for (int32_t done = 0; done < runs[i].bytes;
		     done += unit, offset += (uint32_t)unit) {
			int32_t line = linetable_line(format, table, head->table_size,
						      head->first_line, offset);

			counts->units++;
			counts->no_line += runs[i].line == LINETABLE_NO_LINE;
			if (line == runs[i].line)
				continue;
			if (counts->differences++ < SHOWN_MAX)
				printf("# code object %" PRIu64 ", first line %" PRId32
				       ", byte %" PRIu32 ": %" PRId32 ", but Python says %" PRId32
				       "\n",
				       counts->codes, head->first_line, offset, line, runs[i].line);
		}
	}
	if (offset != head->code_size) {
		printf("# code object %" PRIu64 ": %" PRIu32 " of %" PRIu32 " bytes compared\n",
		       counts->codes, offset, head->code_size);
		counts->differences++;
	}
	counts->codes++;
}

/* 0, -EPIPE when the stream ends inside a record, -EINVAL when it is no dump, -ENOMEM. */
static int compare_all(const struct pbp_layout *layout, FILE *stream, struct counts *counts)
{
	struct head head;
	size_t n;
	int rc = 0;

	while (rc == 0 && (n = fread(&head, 1, sizeof(head), stream)) != 0) {
		uint8_t *table = NULL;
		struct run *runs = NULL;

		if (n != sizeof(head))
			return -EPIPE;
		if (head.table_size > TABLE_MAX || head.nruns > RUNS_MAX)
			return -EINVAL;
		/* Exactly as large as the table, so that the sanitizer sees a read beyond it. */
		table = malloc(head.table_size ? head.table_size : 1);
		runs = calloc(head.nruns ? head.nruns : 1, sizeof(*runs));
		if (!table || !runs)
			rc = -ENOMEM;
		else if (fread(table, 1, head.table_size, stream) != head.table_size ||
			 fread(runs, sizeof(*runs), head.nruns, stream) != head.nruns)
			rc = -EPIPE;
		else
			compare(layout, &head, table, runs, counts);
		free(table);
		free(runs);
	}
	return rc;
}

int main(int argc, char **argv)
{
	const struct layout_row *row;
	struct counts counts = { 0 };
	int rc;

	row = argc == 3 ? layout_row_by_version((uint32_t)strtoul(argv[2], NULL, 16), false, 0)
			: NULL;
	if (argc == 3 && strcmp(argv[1], "format") == 0) {
		if (row)
			printf("%" PRIu32 "\n", row->layout.linetable_format);
		else
			puts("none");
		return 0;
	}
	if (argc != 3 || strcmp(argv[1], "compare") != 0 || !row) {
		fprintf(stderr, "usage: compare format|compare HEXVERSION\n");
		return 2;
	}
	rc = compare_all(&row->layout, stdin, &counts);
	printf("# %" PRIu64 " code objects, %" PRIu64 " instructions, %" PRIu64
	       " without a line, %" PRIu64 " differences\n",
	       counts.codes, counts.units, counts.no_line, counts.differences);
	if (rc)
		printf("# the dump is broken: %s\n", strerror(-rc));
	/* A dump of nothing proves nothing. */
	return rc || counts.differences || counts.codes == 0;
}

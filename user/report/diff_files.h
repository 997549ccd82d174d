/* SPDX-License-Identifier: GPL-2.0-only */
/* Which files of two profiles are the same. The rule is in diff_match.h, the only user. */
#ifndef PBP_REPORT_DIFF_FILES_H
#define PBP_REPORT_DIFF_FILES_H

#include <stddef.h>
#include <stdint.h>

struct profile;
struct strtab;
struct diff_file;

#define DIFF_FILES_NONE UINT32_MAX

struct diff_files {
	struct strtab *paths; /* of both profiles, each once */
	struct diff_file *files; /* by the path's id */
	size_t count;
	uint32_t nmoved; /* files of base that have another path */
};

/* 0, -ENOMEM or -EOVERFLOW; fills a caller's struct, which diff_files_done() empties even after a failure. */
int diff_files_init(struct diff_files *files, const struct profile *base,
		    const struct profile *fresh);
void diff_files_done(struct diff_files *files);

/* The id of a path of either profile; 0, -ENOMEM or -EOVERFLOW. */
int diff_files_find(const struct diff_files *files, const char *path, uint32_t *ret_file);

/* The file of the fresh profile that this one of the base is, or DIFF_FILES_NONE; and its path. */
uint32_t diff_files_match(const struct diff_files *files, uint32_t file);
const char *diff_files_path(const struct diff_files *files, uint32_t file);

#endif

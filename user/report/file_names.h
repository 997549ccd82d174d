/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a profile's files are called in reports for people: "json/decoder.py" for what lies in a library, of other paths as
 * much of the end as tells them apart.
 */
#ifndef PBP_REPORT_FILE_NAMES_H
#define PBP_REPORT_FILE_NAMES_H

struct profile;
struct report_options;

struct file_names;

/* Of the options strip_dirs and full_paths count. NULL when memory runs out. Valid until the profile is added to. */
struct file_names *file_names_new(const struct profile *profile,
				  const struct report_options *options);
void file_names_free(struct file_names *names);

/* `file` is a text of one of the profile's symbols; what is returned lies inside it. Not sanitized. */
const char *file_names_get(const struct file_names *names, const char *file);

/* The path without its folders, as pstats' strip_dirs() has it; one that ends in '/' as it is. Lies inside `file`. */
const char *file_names_strip(const char *file);

#endif
